//! `--list`: every destination of a plan, with nothing sent.

use std::io::{self, Write};
use std::net::SocketAddr;

use crate::plan::{CANARIES, Plan};

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
            let what = format!("{kind} {}", spec.asks());
            lines.push((plan.id(row), what, expect.clone()));
        }
        for want in wants {
            let what = format!("{kind} {}:{}", want.host.authority(), want.port);
            let request = want
                .request
                .map(|request| format!(", {} {}", request.method, request.path));
            let follows = if spec.follows() {
                ", and wherever that redirects over https"
            } else {
                ""
            };
            let held = match plan.silence {
                Some(silence) if spec.holds() => {
                    format!(", and again, silent for {} s", silence.as_secs_f64())
                }
                _ => String::new(),
            };
            let expect = format!("{expect}{}{follows}{held}", request.unwrap_or_default());
            lines.push((plan.id(row), what, expect));
        }
    }
    for (address, port) in CANARIES
        .iter()
        .flat_map(|a| plan.canary.iter().map(move |port| (*a, *port)))
    {
        let what = format!("tcp {}", SocketAddr::new(address, port));
        let expect = if address.is_ipv6() {
            "no connection; where there is an IPv6 route"
        } else {
            "no connection"
        };
        lines.push((format!("canary/{port}"), what, expect.to_owned()));
    }
    lines.extend(compared(plan));
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

/// The server of `--compare-dns` is a destination too.
fn compared(plan: &Plan) -> Vec<(String, String, String)> {
    let Some(comparison) = &plan.comparison else {
        return Vec::new();
    };
    let server = comparison.server;
    let asked = |name: &String| {
        let id = format!("compare-dns/{name}");
        (id, format!("dns {server}"), "the same answer".to_owned())
    };
    let withheld = |name: &String| {
        let id = format!("compare-dns/{name}");
        let what = "skipped, an internal name, see --compare-internal".to_owned();
        (id, what, String::new())
    };
    let asked = comparison.names.iter().map(asked);
    asked
        .chain(comparison.withheld.iter().map(withheld))
        .collect()
}
