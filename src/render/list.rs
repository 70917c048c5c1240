//! `--list`: every destination of a plan, with nothing sent.

use std::io::{self, Write};

use crate::plan::{CANARY, Plan};

pub fn write(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let mut lines: Vec<(String, String, String)> = Vec::new();
    for row in &plan.rows {
        let expect = row.check.expect.to_string();
        let spec = match &row.todo {
            Ok(spec) => spec,
            Err(reason) => {
                let what = format!("skipped, {}", reason.sentence());
                lines.push((plan.id(row), what, String::new()));
                continue;
            }
        };
        let kind = spec.kind();
        let wants = spec.wants();
        if wants.is_empty() {
            let what = format!("{kind} {}", spec.target().host);
            lines.push((plan.id(row), what, expect.clone()));
        }
        for want in wants {
            let what = format!("{kind} {}:{}", want.host.authority(), want.port);
            lines.push((plan.id(row), what, expect.clone()));
        }
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
        if expect.is_empty() {
            writeln!(out, "{id:width$}  {what}")?;
        } else {
            writeln!(out, "{id:width$}  {what}  ({expect})")?;
        }
    }
    Ok(())
}
