//! In which order the rows of a run are begun.

use std::collections::HashMap;

use super::{Plan, Row};
use crate::net::space;

impl Plan {
    /// One row of each owner and port, then a second of each, and so on: a box that refuses many rows sends its first
    /// few ICMP errors at once and rations the rest, so that neighbours in a profile would use up each other's evidence.
    pub fn interleaved(&self) -> Vec<usize> {
        let mut seen: HashMap<(String, Option<u16>), usize> = HashMap::new();
        let mut turns: Vec<(usize, usize)> = Vec::with_capacity(self.rows.len());
        for (index, row) in self.rows.iter().enumerate() {
            let turn = seen.entry(group(row)).or_default();
            turns.push((*turn, index));
            *turn += 1;
        }
        turns.sort_unstable();
        turns.into_iter().map(|(_, index)| index).collect()
    }
}

/// Whose network a row leads to, as far as a name tells, and to which port.
fn group(row: &Row) -> (String, Option<u16>) {
    let Ok(spec) = &row.todo else {
        return (String::new(), None);
    };
    let target = spec.target();
    (space::owner(&target.host), target.port)
}

#[cfg(test)]
mod tests {
    use super::super::Selection;
    use super::*;
    use crate::profile::{Role, target_profile};

    #[test]
    fn neighbours_of_one_owner_and_port_are_spread() {
        let targets = [
            "tcp://a.apple.com:5223",
            "tcp://b.apple.com:5223",
            "tcp://c.apple.com:5223",
            "tcp://a.apple.com:443",
            "tcp://login.microsoftonline.com:443",
            "tcp://graph.microsoft.com:443",
        ]
        .map(str::to_owned);
        let profile = target_profile(&targets, None).expect("targets");
        let selection = Selection {
            roles: vec![Role::Client],
            ..Selection::default()
        };
        let plan = Plan::of(&[profile], &selection).expect("nothing is left out");
        assert_eq!(plan.interleaved(), [0, 3, 4, 1, 5, 2]);
    }
}
