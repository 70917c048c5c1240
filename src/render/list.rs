//! `--list`: every destination of a plan, with nothing sent.

use std::io::{self, Write};

use crate::plan::{CANARY, Plan};

pub fn write(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let mut lines: Vec<(String, String, String)> = Vec::new();
    for row in &plan.rows {
        let what = match &row.todo {
            Ok(spec) => {
                let target = spec.target();
                let port = target
                    .port
                    .map_or_else(String::new, |port| format!(":{port}"));
                format!("{} {}{port}", spec.kind(), target.host)
            }
            Err(reason) => format!("skipped, {}", reason.sentence()),
        };
        lines.push((plan.id(row), what, row.check.expect.to_string()));
    }
    for port in &plan.canary {
        let id = format!("canary/{port}");
        lines.push((
            id,
            format!("tcp {CANARY}:{port}"),
            "no connection".to_owned(),
        ));
    }
    let width = lines.iter().map(|(id, _, _)| id.len()).max().unwrap_or(0);
    for (id, what, expect) in lines {
        if what.starts_with("skipped") {
            writeln!(out, "{id:width$}  {what}")?;
        } else {
            writeln!(out, "{id:width$}  {what}  ({expect})")?;
        }
    }
    Ok(())
}
