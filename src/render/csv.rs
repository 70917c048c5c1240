//! A line a check, for spreadsheets (RFC 4180).

use std::io::{self, Write};

use super::row;
use crate::code::Stage;
use crate::net::path::Path;
use crate::report::{Check, Prerequisite, Report};

const HEADER: [&str; 19] = [
    "prerequisite",
    "check",
    "severity",
    "verdict",
    "code",
    "stage",
    "probe",
    "host",
    "port",
    "expect",
    "message",
    "dns_ms",
    "tcp_ms",
    "tls_ms",
    "http_ms",
    "explained_by",
    "source",
    "proxy_ms",
    "path",
];

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{}\r\n", HEADER.join(","))?;
    for (prerequisite, check) in report.checks() {
        let cells: Vec<String> = cells(prerequisite, check)
            .iter()
            .map(|cell| quoted(cell))
            .collect();
        write!(out, "{}\r\n", cells.join(","))?;
    }
    Ok(())
}

fn cells(prerequisite: &Prerequisite, check: &Check) -> [String; 19] {
    let times = check.stages.times();
    let ms = |stage| {
        times
            .get(&stage)
            .map_or_else(String::new, |ms| format!("{ms:.3}"))
    };
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    let place = check.source.as_ref();
    [
        prerequisite.id.clone(),
        check.id.clone(),
        format!("{:?}", prerequisite.severity).to_lowercase(),
        check.verdict.to_string(),
        check.code.map_or_else(String::new, |code| code.to_string()),
        check.stage.map_or("", row::stage).to_owned(),
        check.probe.clone(),
        or_empty(&check.target.host),
        check
            .target
            .port
            .map_or_else(String::new, |p| p.to_string()),
        check.expect.to_string(),
        check.message.clone(),
        ms(Stage::Dns),
        ms(Stage::Tcp),
        ms(Stage::Tls),
        ms(Stage::Http),
        or_empty(&check.explained_by),
        place.map_or_else(String::new, |place| {
            format!("{}:{}", place.file, place.line)
        }),
        ms(Stage::Proxy),
        check
            .path
            .as_ref()
            .map_or_else(String::new, |path| match path {
                Path::Direct => "direct".to_owned(),
                Path::Proxy { proxy, .. } => proxy.clone(),
            }),
    ]
}

/// Quoted where needed. A cell that a spreadsheet would take for a formula begins with an apostrophe.
pub(super) fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@']);
    let cell = if formula {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_is_never_a_formula_and_never_two_cells() {
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("plain"), "plain");
    }
}
