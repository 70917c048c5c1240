//! What the race that applications run among a row's addresses adds to the verdict on each of them.

use std::net::IpAddr;

use crate::net::tunnel::Via;
use crate::probe::application::{NOTICED_MS, pick, pick_at};
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
    /// `order` is that of the addresses on the way that decides; `works` tells it of the one at a place in it.
    pub(super) fn of(seen: &Seen, order: Vec<IpAddr>, works: impl Fn(usize) -> bool) -> Self {
        let way = seen.on_taken().next().map(|one| &one.ladder.via);
        let picked = match way.and_then(Via::proxy) {
            Some(proxy) => pick_at(proxy, seen),
            None => pick(seen),
        };
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
