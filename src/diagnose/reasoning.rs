//! Why each cause is claimed or is not: the signs of every diagnosis held against the rows in trouble.

use std::collections::BTreeSet;

use super::{MEANINGS, Meaning, is_trouble};
use crate::code::Code;
use crate::finding::{Diagnosis, Reasoning};
use crate::net::counted;
use crate::report::{Check, Prerequisite};

/// A line for each diagnosis there is; none if no row is in trouble.
pub fn reasoning(prerequisites: &[Prerequisite], diagnoses: &[Diagnosis]) -> Vec<Reasoning> {
    let mut trouble: Vec<(String, &Check)> = Vec::new();
    for prerequisite in prerequisites {
        let bad = prerequisite.checks.iter().filter(|c| is_trouble(c.verdict));
        trouble.extend(bad.map(|check| (format!("{}/{}", prerequisite.id, check.id), check)));
    }
    if trouble.is_empty() {
        return Vec::new();
    }
    MEANINGS
        .iter()
        .map(|cause| {
            let own: Vec<&Diagnosis> = diagnoses.iter().filter(|d| d.code == cause.code).collect();
            if own.is_empty() {
                not_found(cause, &trouble)
            } else {
                found(cause, &own)
            }
        })
        .collect()
}

fn found(cause: &Meaning, own: &[&Diagnosis]) -> Reasoning {
    let levels: BTreeSet<_> = own.iter().map(|one| one.confidence).collect();
    let why: Vec<String> = levels
        .into_iter()
        .rev()
        .map(|level| {
            let known = cause.confidence.iter().find(|(known, _)| *known == level);
            format!("{level}: {}", known.map_or(level.grounds(), |(_, why)| why))
        })
        .collect();
    Reasoning {
        diagnosis: cause.code.to_owned(),
        found: true,
        rows: own.iter().flat_map(|one| one.affects.clone()).collect(),
        why: why.join("; "),
    }
}

fn not_found(cause: &Meaning, trouble: &[(String, &Check)]) -> Reasoning {
    let showing: Vec<&(String, &Check)> = trouble
        .iter()
        .filter(|(_, check)| shows(check, cause.signs))
        .collect();
    let open = showing
        .iter()
        .filter(|(_, check)| check.explained_by.is_none());
    let others: BTreeSet<&str> = showing
        .iter()
        .filter_map(|(_, check)| check.explained_by.as_deref())
        .collect();
    let others = others.into_iter().collect::<Vec<_>>().join(", ");
    let why = match (showing.len(), open.count()) {
        (0, _) => {
            let signs: Vec<&str> = cause.signs.iter().map(|code| code.name()).collect();
            format!("no row in trouble shows {}", signs.join(", "))
        }
        (all, 0) => format!(
            "what shows its signs ({}) is explained by {others}",
            counted(all, "row")
        ),
        (_, open) => format!(
            "{} a sign of it, but not all that it needs: {}",
            match open {
                1 => "1 row that nothing explains shows".to_owned(),
                more => format!("{more} rows that nothing explains show"),
            },
            cause.seen
        ),
    };
    Reasoning {
        diagnosis: cause.code.to_owned(),
        found: false,
        rows: showing.iter().map(|(id, _)| id.clone()).collect(),
        why,
    }
}

fn shows(check: &Check, signs: &[Code]) -> bool {
    let codes = check.findings.iter().map(|finding| finding.code);
    let of_addresses = check.addresses.iter().filter_map(|address| address.code);
    codes
        .chain(check.code)
        .chain(of_addresses)
        .any(|code| signs.contains(&code))
}
