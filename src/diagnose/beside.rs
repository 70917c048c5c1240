//! Which proxies a row fell short at: of several dead ones each is somebody's to mend, whichever decides the row.

use std::collections::BTreeSet;

use super::is_trouble;
use super::rules::proxies;
use crate::finding::Finding;
use crate::report::{Check, Prerequisite, Stages};

/// A row as it were if one more of the proxies that failed it had decided it.
pub(super) struct Beside {
    /// Its prerequisite's place in the report.
    pub(super) prerequisite: usize,
    pub(super) check: Check,
}

/// One for each further proxy at fault of each row in trouble.
pub(super) fn ways(prerequisites: &[Prerequisite]) -> Vec<Beside> {
    let mut ways = Vec::new();
    for (place, one) in prerequisites.iter().enumerate() {
        let trouble = one.checks.iter().filter(|check| is_trouble(check.verdict));
        ways.extend(trouble.flat_map(of_row).map(|check| Beside {
            prerequisite: place,
            check,
        }));
    }
    ways
}

fn of_row(check: &Check) -> Vec<Check> {
    // A proxy that took the row on is not at fault beside what the row failed at then, whatever another address of it did.
    let decides = decides(check).filter(|one| proxies::is_blamed_for(one.code));
    let own = decides
        .and_then(|one| one.proxy.clone())
        .or_else(|| on_the_way(check));
    let mut known: BTreeSet<String> = own.into_iter().collect();
    let dead = check.findings.iter().filter(|finding| {
        let proxy = finding.proxy.as_ref();
        is_trouble(finding.verdict)
            && proxies::is_blamed_for(finding.code)
            && proxy.is_some_and(|proxy| known.insert(proxy.clone()))
    });
    dead.map(|finding| Check {
        code: Some(finding.code),
        message: finding.actual.clone(),
        findings: vec![finding.clone()],
        // What was seen there is of the way that was taken.
        stages: Stages::default(),
        addresses: Vec::new(),
        application: None,
        follow_ups: Vec::new(),
        ..check.clone()
    })
    .collect()
}

/// The proxy that a row fell short at: of several ways the row's own may be another one, which has worked.
pub(super) fn at_fault(check: &Check) -> Option<String> {
    decides(check)
        .and_then(|one| one.proxy.clone())
        .or_else(|| on_the_way(check))
}

/// What decides the row, if it is about a proxy.
fn decides(check: &Check) -> Option<&Finding> {
    let mut findings = check.findings.iter();
    findings.find(|one| Some(one.code) == check.code && one.proxy.is_some())
}

/// The proxy on a row's own way.
pub(super) fn on_the_way(check: &Check) -> Option<String> {
    check.path.as_ref()?.proxy().cloned()
}
