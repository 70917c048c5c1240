//! What is not the network's fault, where every row passes: one line, or the whole table.

use std::io::{self, Write};

use super::Look;
use super::text::{item, paragraph};
use crate::advice::{ELSEWHERE, NOT_NETWORK};

pub(super) fn hint() -> String {
    format!(
        "Nothing to do. If Macs still do not sync, the network seen from here is not the cause; half of what is reported \
         is configuration: `mdm-preflight explain {NOT_NETWORK}`."
    )
}

/// Symptom, cause and where to look, one after another.
pub fn write(look: Look, out: &mut dyn Write) -> io::Result<()> {
    let text = "What keeps Macs from syncing although every row of a report passes";
    paragraph(text, 0, look, out)?;
    for one in ELSEWHERE {
        writeln!(out)?;
        paragraph(one.symptom, 0, look, out)?;
        item("Cause: ", one.cause, 2, look, out)?;
        item("Look at: ", one.look, 2, look, out)?;
        writeln!(out, "  {}", one.source)?;
    }
    Ok(())
}
