//! The closed vocabulary of causes: what each diagnosis claims, what it is argued from, how sure it can be and how
//! it is mended, for `explain` and for the reasoning of a report.
//!
//! A new diagnosis is a rule and an entry in one of the tables; the compiler demands every word of it.

mod device;
mod http;
mod identity;
mod jamf;
mod lies;
mod local;
mod names;
mod paths;
mod proxies;
mod tcp;
mod time;
mod tls;

use crate::code::{Code, Owner};
use crate::finding::Confidence;

/// What there is to say about the name of a diagnosis.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Meaning {
    pub code: &'static str,
    /// Who mends it as a rule; a diagnosis may name another owner.
    pub owner: Owner,
    pub meaning: &'static str,
    /// The codes of rows in which it shows: without one of them its rule finds nothing.
    pub signs: &'static [Code],
    /// Which observations it is argued from.
    pub seen: &'static str,
    /// The levels of confidence that it can have, and when.
    pub confidence: &'static [(Confidence, &'static str)],
    /// The first thing to do; a diagnosis says it in the words of its own run.
    pub next: &'static str,
    /// What to do after that, in order.
    pub steps: &'static [&'static str],
}

const TABLES: [&[Meaning]; 12] = [
    local::MEANINGS,
    device::MEANINGS,
    names::MEANINGS,
    lies::MEANINGS,
    tcp::MEANINGS,
    paths::MEANINGS,
    proxies::MEANINGS,
    tls::MEANINGS,
    http::MEANINGS,
    jamf::MEANINGS,
    identity::MEANINGS,
    time::MEANINGS,
];

const COUNT: usize = {
    let (mut count, mut table) = (0, 0);
    while table < TABLES.len() {
        count += TABLES[table].len();
        table += 1;
    }
    count
};

/// Every diagnosis that a report can carry, by the stage at which its evidence appears.
pub static MEANINGS: [Meaning; COUNT] = joined();

const fn joined() -> [Meaning; COUNT] {
    let mut all = [TABLES[0][0]; COUNT];
    let (mut count, mut table) = (0, 0);
    while table < TABLES.len() {
        let mut row = 0;
        while row < TABLES[table].len() {
            all[count] = TABLES[table][row];
            count += 1;
            row += 1;
        }
        table += 1;
    }
    all
}

/// The meaning of a diagnosis by its name.
pub fn meaning(code: &str) -> Option<&'static Meaning> {
    MEANINGS.iter().find(|known| known.code == code)
}
