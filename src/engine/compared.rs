//! `--compare-dns` over all rows: of which names two DNS servers say the same.

use std::collections::BTreeMap;

use super::Row;
use super::rows::Judging;
use crate::plan::Plan;
use crate::probe::Agreement;
use crate::report::DnsComparison;

/// None without a server to compare with.
pub(super) fn summary(plan: &Plan, rows: &[Row], judging: &Judging) -> Option<DnsComparison> {
    let comparison = plan.comparison.as_ref()?;
    let mut seen: BTreeMap<String, Vec<Agreement>> = BTreeMap::new();
    for (row, outcome) in plan.rows.iter().zip(rows) {
        let Ok(spec) = &row.todo else { continue };
        let context = judging.context(row, outcome.cut, &outcome.facts);
        for compared in &outcome.seen.compared {
            let agreement = compared.agreement(&outcome.seen, spec.accepts(), &context);
            let of_name = seen.entry(compared.host.to_string()).or_default();
            of_name.push(agreement);
        }
    }
    let mut summary = DnsComparison {
        server: comparison.server,
        agree: Vec::new(),
        differ: Vec::new(),
        undecided: Vec::new(),
        not_sent: comparison.withheld.iter().cloned().collect(),
    };
    for (name, all) in seen {
        let agrees = |one: &Agreement| matches!(one, Agreement::Agree(_));
        let list = if all.contains(&Agreement::Differ) {
            &mut summary.differ
        } else if all.iter().any(agrees) {
            &mut summary.agree
        } else {
            &mut summary.undecided
        };
        list.push(name);
    }
    Some(summary)
}

/// What the reader should know of it before the matrix.
pub(super) fn remark(summary: &DnsComparison) -> String {
    let mut parts = vec![format!(
        "DNS compared with {}: {} alike, {} different",
        summary.server,
        summary.agree.len(),
        summary.differ.len()
    )];
    let lists = [
        ("undecided", &summary.undecided),
        ("not sent there", &summary.not_sent),
    ];
    for (what, names) in lists {
        let more = match names.len() {
            0 => continue,
            1..=3 => String::new(),
            count => format!(" and {} more", count - 3),
        };
        let first: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
        parts.push(format!("{what}: {}{more}", first.join(", ")));
    }
    let mut text = parts.join(", ");
    if !summary.not_sent.is_empty() {
        let them = if summary.not_sent.len() == 1 {
            "it"
        } else {
            "them"
        };
        text.push_str(" (--compare-internal sends ");
        text.push_str(them);
        text.push(')');
    }
    text
}
