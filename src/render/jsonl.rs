//! A line of JSON as each check ends, and one for the run: for pipes that read along.
//!
//! Rows stand in the order in which they ended, or in the plan's when a saved report is drawn. A row
//! that the end of the run judged anew comes again as `revised`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{row, safe};
use crate::report::{Check, Report};

/// What has been written of a run so far.
#[derive(Debug, Default)]
pub struct Stream {
    written: BTreeMap<String, Value>,
}

impl Stream {
    /// A check has ended.
    pub fn row(&mut self, id: &str, check: &Check, out: &mut dyn Write) -> io::Result<()> {
        let check = serde_json::to_value(&*safe::cleaned(check)?)?;
        let event = match self.written.get(id) {
            None => "ended",
            Some(before) if *before != check => "revised",
            Some(_) => return Ok(()),
        };
        serde_json::to_writer(
            &mut *out,
            &json!({"event": event, "id": id, "check": check}),
        )?;
        writeln!(out)?;
        self.written.insert(id.to_owned(), check);
        Ok(())
    }

    /// The run has ended: the rows that are missing or judged anew, then the run itself.
    pub fn finish(&mut self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let report = &*safe::cleaned(report)?;
        for (prerequisite, check) in report.checks() {
            self.row(&row::id(prerequisite, check), check, out)?;
        }
        let mut run = serde_json::to_value(report)?;
        if let Some(prerequisites) = run["prerequisites"].as_array_mut() {
            for prerequisite in prerequisites {
                if let Some(fields) = prerequisite.as_object_mut() {
                    fields.remove("checks");
                }
            }
        }
        run["event"] = json!("run");
        serde_json::to_writer(&mut *out, &run)?;
        writeln!(out)
    }
}
