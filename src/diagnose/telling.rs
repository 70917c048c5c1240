//! A diagnosis told in full: what its rule says, with what it does to Macs, the steps that mend it, the vendors'
//! sentences and the change request, all made of the rows that it explains.

use super::facts::Row;
use super::request::Wish;
use super::{Asked, Cause, impact, meaning, request};
use crate::code::Owner;
use crate::finding::Diagnosis;
use crate::report::Vantage;

/// `rows` are those that the cause explains, `all` those that ran.
pub(super) fn told(
    cause: &Cause,
    rows: &[&Row<'_>],
    all: &[Row<'_>],
    vantage: &Vantage,
    asked: Asked<'_>,
) -> Diagnosis {
    let wish = wish(cause);
    let mut diagnosis = Diagnosis {
        id: String::new(),
        code: cause.code.to_owned(),
        title: cause.title.clone(),
        summary: cause.summary.clone(),
        confidence: cause.confidence,
        owner: cause.owner,
        affects: rows.iter().map(|row| row.id.clone()).collect(),
        impact: impact::of(rows, all),
        evidence: cause.evidence.clone(),
        remedy: cause.remedy.clone(),
        steps: steps(cause),
        verify: request::again(asked, rows, cause.code),
        // No vendor's sentence is about this very machine.
        sources: match cause.owner {
            Owner::Device => Vec::new(),
            _ => request::sources(wish, rows),
        },
        change_request: None,
    };
    diagnosis.change_request =
        wish.map(|wish| request::text(wish, &diagnosis, rows, vantage, asked));
    diagnosis
}

/// What a rule does not ask for by itself is asked of whoever else owns it; nobody but the reader can mend this
/// machine.
const fn wish(cause: &Cause) -> Option<Wish> {
    match (cause.request, cause.owner) {
        (Some(wish), _) => Some(wish),
        (None, Owner::Device) => None,
        (None, _) => Some(Wish::Repair),
    }
}

fn steps(cause: &Cause) -> Vec<String> {
    let further = meaning(cause.code).map_or(&[][..], |known| known.steps);
    let mut steps = vec![cause.remedy.clone()];
    steps.extend(further.iter().map(|step| (*step).to_owned()));
    steps.push("Run again, and see these rows pass:".to_owned());
    steps
}
