//! What the race that applications run among a row's addresses adds to the verdict on each of them.

use std::net::IpAddr;

use crate::probe::application::{NOTICED_MS, pick};
use crate::probe::ask::Seen;

/// What there is to say of an address that fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Said {
    Nothing,
    /// Applications reach another one, so much later.
    Late(f64),
    /// Applications connect to this one, and what comes then fails: they race no further.
    Fails,
}

pub(super) struct Application {
    /// The addresses in the order in which they are judged.
    order: Vec<IpAddr>,
    chosen: Option<IpAddr>,
    /// Nothing that applications may choose in its place works in its family.
    fails: bool,
    late_ms: f64,
}

impl Application {
    /// `works` tells it of the address at a place in the order.
    pub(super) fn of(seen: &Seen, works: impl Fn(usize) -> bool) -> Self {
        let mut order: Vec<IpAddr> = Vec::new();
        for ladder in &seen.ladders {
            if !order.contains(&ladder.ladder.address) {
                order.push(ladder.ladder.address);
            }
        }
        // Behind a proxy there is no race.
        let direct = seen.ladders.iter().all(|one| one.ladder.via.is_direct());
        let picked = pick(seen).filter(|_| direct);
        let chosen = picked.map(|pick| pick.address);
        // Within a family names rotate, and another connection gets another address.
        let mut family = order
            .iter()
            .enumerate()
            .filter(|(_, one)| chosen.is_some_and(|chosen| chosen.is_ipv4() == one.is_ipv4()));
        let both = order.iter().any(IpAddr::is_ipv4) && order.iter().any(IpAddr::is_ipv6);
        Self {
            fails: both && chosen.is_some() && !family.any(|(at, _)| works(at)),
            late_ms: picked.map_or(0.0, |pick| pick.late_ms),
            order,
            chosen,
        }
    }

    pub(super) fn says(&self, at: usize) -> Said {
        let here = self.order.get(at);
        match self.chosen {
            Some(_) if self.fails && here.copied() == self.chosen => Said::Fails,
            Some(chosen)
                if self.late_ms >= NOTICED_MS
                    && here.is_some_and(|one| one.is_ipv4() != chosen.is_ipv4()) =>
            {
                Said::Late(self.late_ms)
            }
            _ => Said::Nothing,
        }
    }
}
