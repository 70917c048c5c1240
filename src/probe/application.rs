//! What an application would see of a row's addresses: the race of RFC 8305 ("Happy Eyeballs"), run over times that were
//! measured side by side. Nothing is sent for it.

use std::net::IpAddr;

use super::ask::{LadderSeen, Seen};
use crate::net::TcpSeen;
use crate::net::names::NameSeen;
use crate::net::proxy::Proxy;
use crate::net::wire::Family;

/// How long an application waits for IPv6 addresses when it has IPv4 ones (RFC 8305, section 3).
const RESOLUTION_DELAY_MS: f64 = 50.0;
/// How long it waits for one connect before it begins the next beside it (section 5).
const ATTEMPT_DELAY_MS: f64 = 250.0;
/// A delay that somebody notices; less is the network's own noise.
pub const NOTICED_MS: f64 = 100.0;

/// The address that wins the race, and what the others cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pick {
    pub address: IpAddr,
    /// From the start of the look-ups to the connection.
    pub ms: f64,
    /// How much sooner it, or another, would have been connected if it had been tried alone.
    pub late_ms: f64,
}

/// What is known of one address that was dialled.
#[derive(Clone, Copy, Debug)]
struct Runner {
    address: IpAddr,
    /// When its look-up was over.
    known_ms: f64,
    connected: bool,
    /// When its connect was over, counted from its own start; never, if it was silent.
    took_ms: Option<f64>,
}

/// The race among the addresses that the row dialled itself, if there were several of one host. Those of several hosts do
/// not race: a row of several calls, or of a block, asks each of them.
pub fn pick(seen: &Seen) -> Option<Pick> {
    let direct = seen.ladders.iter().filter(|one| one.ladder.via.is_direct());
    let names: Vec<&NameSeen> = seen.names.iter().collect();
    pick_among(&direct.collect::<Vec<_>>(), &names)
}

/// The same among the addresses of a proxy's name.
pub(super) fn pick_at(proxy: &Proxy, seen: &Seen) -> Option<Pick> {
    let through = |one: &&LadderSeen| one.ladder.via.proxy() == Some(proxy);
    let names = seen.proxies.iter().map(|one| &one.name);
    let names: Vec<&NameSeen> = names.filter(|name| name.host == proxy.host).collect();
    let through = seen.ladders.iter().filter(through);
    pick_among(&through.collect::<Vec<_>>(), &names)
}

fn pick_among(ladders: &[&LadderSeen], names: &[&NameSeen]) -> Option<Pick> {
    let mut runners = runners(ladders, names);
    let mut hosts = ladders.iter().map(|one| &one.host);
    let first = hosts.next()?;
    if runners.len() < 2 || !hosts.all(|host| host == first) {
        return None;
    }
    in_order(&mut runners, first_family(ladders, names));
    race(&runners)
}

/// The system's own look-up has sorted the addresses already, by what this machine would send from (RFC 6724).
fn first_family(ladders: &[&LadderSeen], names: &[&NameSeen]) -> Family {
    let dialled = ladders.iter().map(|one| one.ladder.address);
    let system = names.iter().filter_map(|name| name.system.as_ref());
    let mut sorted = system.flat_map(|answer| &answer.seen.addresses);
    sorted
        .find(|address| dialled.clone().any(|one| one == **address))
        .map_or(Family::V6, |first| Family::of(*first))
}

fn runners(ladders: &[&LadderSeen], names: &[&NameSeen]) -> Vec<Runner> {
    let mut runners: Vec<Runner> = Vec::new();
    for one in ladders {
        let address = one.ladder.address;
        // What stands first on the way is one host's: the peer's own, or the proxy's, of which there is one name.
        let mut of_host = names.iter().filter(|name| name.host == one.host);
        let name = if one.ladder.via.is_direct() {
            of_host.next()
        } else {
            names.first()
        };
        let known_ms = name.map_or(0.0, |name| known_ms(name, Family::of(address)));
        if !runners.iter().any(|runner| runner.address == address) {
            runners.push(runner(one, known_ms));
        }
    }
    runners
}

fn runner(seen: &LadderSeen, known_ms: f64) -> Runner {
    let tcp = seen.observation.seen.tcp.as_deref();
    let connected = tcp.is_some_and(TcpSeen::is_connected);
    // What came back refused it; nothing came back from a silent one.
    let refused = |tcp: &TcpSeen| !tcp.connects.iter().any(|one| one.end == "silent");
    Runner {
        address: seen.ladder.address,
        known_ms,
        connected,
        took_ms: tcp
            .filter(|tcp| connected || refused(tcp))
            .map(|tcp| tcp.ms),
    }
}

/// When a family's addresses were there: the system gives both at once, the wire each by itself.
fn known_ms(name: &NameSeen, family: Family) -> f64 {
    if !name.decider.is_look_up() {
        return 0.0;
    }
    let system = name.system.as_ref().filter(|answer| answer.is_done());
    if let Some(answer) = system {
        return answer.seen.ms;
    }
    let wire = name
        .wire
        .iter()
        .find(|(of, answer)| *of == family && answer.is_done());
    wire.map_or(0.0, |(_, answer)| answer.seen.ms)
}

/// The families take turns; the other begins if the answer for the first is late.
fn in_order(runners: &mut Vec<Runner>, first: Family) {
    let (first, second): (Vec<Runner>, Vec<Runner>) = runners
        .drain(..)
        .partition(|one| Family::of(one.address) == first);
    let late = match (first.first(), second.first()) {
        (Some(first), Some(second)) => first.known_ms > second.known_ms + RESOLUTION_DELAY_MS,
        _ => false,
    };
    let (first, second) = if late {
        (second, first)
    } else {
        (first, second)
    };
    let mut second = second.into_iter();
    for one in first {
        runners.push(one);
        runners.extend(second.next());
    }
    runners.extend(second);
}

/// The first to connect, if each begins when the one before has failed or has been waited for.
fn race(runners: &[Runner]) -> Option<Pick> {
    let mut winner: Option<(IpAddr, f64)> = None;
    let mut next_ms = 0.0_f64;
    for runner in runners {
        let begins = next_ms.max(runner.known_ms);
        let ends = runner.took_ms.map(|took| begins + took);
        if runner.connected
            && let Some(ends) = ends
            && winner.is_none_or(|(_, best)| ends < best)
        {
            winner = Some((runner.address, ends));
        }
        let failed = ends.filter(|_| !runner.connected);
        let patience = begins + ATTEMPT_DELAY_MS;
        next_ms = failed.map_or(patience, |failed| failed.min(patience));
        if winner.is_some_and(|(_, best)| best <= next_ms) {
            break;
        }
    }
    let (address, ms) = winner?;
    let alone = runners.iter().filter(|one| one.connected);
    let soonest = alone
        .filter_map(|one| Some(one.known_ms + one.took_ms?))
        .min_by(f64::total_cmp)?;
    Some(Pick {
        address,
        ms,
        late_ms: ms - soonest,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::net::End;
    use crate::net::endpoint::Host;
    use crate::probe::tests::{ladder, rungs};

    fn runner(address: &str, known_ms: f64, connected: bool, took_ms: Option<f64>) -> Runner {
        Runner {
            address: address.parse().expect("an address"),
            known_ms,
            connected,
            took_ms,
        }
    }

    fn shown(mut runners: Vec<Runner>) -> Option<(String, f64, f64)> {
        in_order(&mut runners, Family::V6);
        let pick = race(&runners)?;
        Some((pick.address.to_string(), pick.ms, pick.late_ms))
    }

    #[test]
    fn the_race_is_that_of_the_rfc() {
        let (six, four) = ("2001:db8::1", "192.0.2.1");
        let cases = [
            // Both work: IPv6 has a head start, even if it is a little slower.
            (true, Some(30.0), true, Some(10.0), Some((six, 35.0, 20.0))),
            // IPv6 answers later than the head start allows.
            (
                true,
                Some(400.0),
                true,
                Some(10.0),
                Some((four, 265.0, 250.0)),
            ),
            // IPv6 is silent, refused, and fails at once.
            (false, None, true, Some(10.0), Some((four, 265.0, 250.0))),
            (false, Some(3.0), true, Some(10.0), Some((four, 18.0, 3.0))),
            // Only IPv6 works, and IPv4 costs nothing.
            (true, Some(30.0), false, None, Some((six, 35.0, 0.0))),
            (false, None, false, None, None),
        ];
        for (v6, v6_ms, v4, v4_ms, expected) in cases {
            let runners = vec![runner(four, 5.0, v4, v4_ms), runner(six, 5.0, v6, v6_ms)];
            let expected = expected.map(|(address, ms, late)| (address.to_owned(), ms, late));
            assert_eq!(shown(runners), expected, "{v6_ms:?} {v4_ms:?}");
        }
    }

    #[test]
    fn the_addresses_of_different_hosts_do_not_race() {
        let at = |address: &str, host: &str| {
            let mut one = ladder(0, rungs(None, None), End::Done);
            Arc::make_mut(&mut one.ladder).address = address.parse().expect("an address");
            one.host = Host::Name(host.to_owned());
            one
        };
        let winner = |second: &str| {
            let ladders = vec![at("192.0.2.1", "a.test"), at("192.0.2.2", second)];
            let seen = Seen {
                ladders,
                ..Seen::default()
            };
            pick(&seen).map(|pick| pick.address.to_string())
        };
        assert_eq!(winner("a.test").as_deref(), Some("192.0.2.1"));
        assert_eq!(winner("b.test"), None);
    }

    #[test]
    fn ipv6_addresses_that_come_late_are_not_waited_for() {
        let late = |known_ms| {
            vec![
                runner("2001:db8::1", known_ms, true, Some(10.0)),
                runner("192.0.2.1", 5.0, true, Some(10.0)),
            ]
        };
        let address = |known_ms| shown(late(known_ms)).map(|(address, ..)| address);
        assert_eq!(address(50.0), Some("2001:db8::1".to_owned()));
        assert_eq!(address(60.0), Some("192.0.2.1".to_owned()));
    }

    #[test]
    fn the_families_take_turns() {
        let mut runners: Vec<Runner> = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"]
            .map(|address| runner(address, 0.0, true, None))
            .into();
        in_order(&mut runners, Family::V6);
        let order: Vec<String> = runners.iter().map(|one| one.address.to_string()).collect();
        assert_eq!(
            order,
            ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"]
        );
    }
}
