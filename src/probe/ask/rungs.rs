//! How far up its ladder a row looks: what lies above is none of its business.

use crate::code::Stage;
use crate::net::ladder::Rungs;
use crate::net::tunnel::Via;
use crate::net::{End, Observation};

/// The last rung a row needs; a ladder that goes further goes on without it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::probe) enum Rung {
    Tcp,
    Tls,
    Http,
}

/// Whether the rung above which a row has no interest was passed: the stage's data stands, and the
/// next one has begun or the ladder has ended. A connection to a proxy alone is none to the peer.
pub(super) fn has(rungs: &Rungs, rung: Rung, via: &Via) -> bool {
    let connected = || rungs.tcp.as_deref().is_some_and(|tcp| tcp.local.is_some());
    let passed_on = || rungs.proxy.as_deref().is_some_and(|proxy| proxy.passed_on);
    match rung {
        Rung::Tcp => connected() && (via.is_direct() || passed_on()),
        Rung::Tls => rungs
            .tls
            .as_deref()
            .is_some_and(|tls| tls.version.is_some()),
        Rung::Http => false,
    }
}

/// A row that needs only the lower rungs is not failed by what happened above them.
pub(super) fn cut(
    mut observation: Observation<Rungs>,
    rung: Rung,
    via: &Via,
) -> Observation<Rungs> {
    let passed = has(&observation.seen, rung, via);
    if rung < Rung::Http {
        observation.seen.http = None;
    }
    if rung < Rung::Tls {
        observation.seen.tls = None;
    }
    let failed_above = match (&observation.end, rung) {
        (End::Pending, _) => passed,
        (End::Failed(failure), Rung::Tcp) => failure.stage > Stage::Proxy,
        (End::Failed(failure), Rung::Tls) => failure.stage > Stage::Tls,
        _ => false,
    };
    if failed_above {
        observation.end = End::Done;
    }
    observation
}
