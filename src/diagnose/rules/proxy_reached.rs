//! A proxy that some connections reach and others do not: "it cannot be reached" would be a lie.

use super::super::Cause;
use super::super::facts::{Facts, Row};
use super::super::request::Wish;
use super::proxies::carries;
use crate::finding::Verdict;
use crate::net::counted;

/// Says so in the words of the cause, where this run has reached the proxy elsewhere.
pub(super) fn correct(facts: &Facts<'_>, proxy: &str, cause: &mut Cause) {
    let others = carries(facts, proxy);
    if facts.each(&cause.rows).all(|row| works_through(row, proxy)) {
        cause.title = format!("The proxy {proxy} does not answer at each of its addresses");
        cause.summary = format!(
            "{proxy} is reached at one of the addresses of its name and not at another, which applications may take first: \
             they wait, or fail."
        );
    } else if others > 0 {
        let (others, rows) = (counted(others, "row"), counted(cause.rows.len(), "row"));
        cause.title = format!("The proxy {proxy} does not take every connection");
        cause.summary = format!(
            "{proxy} carries {others} of this run to the end, and for {rows} no TCP connection to it came about: it runs \
             and can be reached, but not by every connection. What it would have let through for these is not known."
        );
        cause.remedy = format!(
            "See whether {proxy} is overloaded or at its limit of connections, and whether a box on the way to it limits \
             how many new ones come about."
        );
        cause.request = Some(Wish::Ask(
            "see why the proxy, or a box on the way to it, does not take every connection",
        ));
    }
}

/// Whether the row's own way is through the proxy, and works.
fn works_through(row: &Row<'_>, proxy: &str) -> bool {
    row.check.verdict == Verdict::Degraded && row.proxy().as_deref() == Some(proxy)
}
