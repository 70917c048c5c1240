//! Worlds in which a block of Apple's is open, closed in part, closed by half, or too little seen to say.

use std::net::IpAddr;

use mdm_preflight::lab::{Guest, Part};
use serde_json::Value;

use super::case::{checks, text};
use super::ground::{Ground, Place};
use crate::binary::Run;

/// The couriers of the usual sample.
const SAMPLE: [&str; 5] = [
    "6-courier.push.apple.com",
    "16-courier.push.apple.com",
    "26-courier.push.apple.com",
    "36-courier.push.apple.com",
    "46-courier.push.apple.com",
];
pub(super) const BLOCK: &[&str] = &["check", "--only", "apple.push.block", "--format", "json"];

struct World {
    name: &'static str,
    /// The addresses of the sampled couriers; empty: the lab's own, in all five IPv4 blocks.
    couriers: [&'static [&'static str]; 5],
    /// Whether the client has a way out over IPv6.
    v6: bool,
    /// Statements of the router's filter.
    filter: &'static str,
    /// What a foreign client sees if and only if the filter is there.
    proof: (&'static str, &'static str),
    arguments: &'static [&'static str],
    expect: Expect,
}

/// Of both rows of the block, on 5223 and on 443.
pub(super) struct Expect {
    pub(super) verdict: &'static str,
    pub(super) exit: i32,
    pub(super) code: &'static str,
    pub(super) says: &'static [&'static str],
}

pub(super) const OPEN: Expect = Expect {
    verdict: "pass",
    exit: 0,
    code: "",
    says: &[],
};

const WORLD: World = World {
    name: "",
    couriers: [&[]; 5],
    v6: false,
    filter: "",
    proof: ("", ""),
    arguments: BLOCK,
    expect: OPEN,
};

/// Two IPv4 addresses each, as in the lab, and one IPv6 address: five in all four blocks.
pub(super) const DUAL: [&[&str]; 5] = [
    &["17.249.25.246", "17.249.185.12", "2620:149:a44::6"],
    &["17.252.11.14", "17.252.27.21", "2403:300:a42::16"],
    &["17.57.146.20", "17.57.146.52", "2403:300:a51::26"],
    &["17.188.180.73", "17.188.131.88", "2a01:b740:a42::36"],
    &["17.188.20.14", "17.188.21.40", "2a01:b740:a42::46"],
];

pub(super) const CURL: &str = "curl -sSk -m 3 -o /dev/null";

pub(super) fn guests(couriers: [&'static [&'static str]; 5]) -> Vec<Guest> {
    let named = SAMPLE.into_iter().zip(couriers);
    named
        .filter(|(_, addresses)| !addresses.is_empty())
        .map(|(host, addresses)| courier(host, addresses))
        .collect()
}

pub(super) fn courier(host: &'static str, addresses: &[&str]) -> Guest {
    // A name can also be there without an address.
    let parsed = |text: &&str| (*text != "none").then(|| text.parse::<IpAddr>().unwrap());
    Guest {
        host,
        addresses: addresses.iter().filter_map(parsed).collect(),
        ports: vec![443, 5223],
        plays: Part::Courier,
    }
}

pub(super) fn ground_of(v6: bool, guests: Vec<Guest>) -> Ground {
    let mut ground = Ground::new();
    if v6 {
        ground.ip(Place::Client, "route add default via fd77:1::1\n");
    }
    ground.invite(guests);
    ground.serve(None, None);
    ground
}

pub(super) fn differs(name: &str, run: &Run, expect: &Expect) -> String {
    let Ok(report) = serde_json::from_str::<Value>(&run.stdout) else {
        return format!("{name}: no report: {run:?}\n");
    };
    let mut wrong: Vec<String> = Vec::new();
    let mut say = |what: String| wrong.push(format!("{name}: {what}\n"));
    if run.code != Some(expect.exit) || text(&report, "verdict") != expect.verdict {
        say(format!("{} and exit {:?}", report["verdict"], run.code));
    }
    let blocks: Vec<_> = checks(&report)
        .into_iter()
        .filter(|check| check.id.contains("/block-"))
        .collect();
    if blocks.len() != 2 {
        say(format!("{} rows of the block", blocks.len()));
    }
    for check in blocks {
        let code = text(check.report, "code");
        let message = text(check.report, "message");
        let right = text(check.report, "verdict") == expect.verdict && code == expect.code;
        if !right || !expect.says.iter().all(|words| message.contains(words)) {
            say(format!("{} {code}: {message}", check.report["verdict"]));
        }
    }
    wrong.concat()
}

fn play(world: &World) -> String {
    let ground = ground_of(world.v6, guests(world.couriers));
    if world.filter.is_empty() {
        return differs(
            world.name,
            &ground.preflight(world.arguments),
            &world.expect,
        );
    }
    let mut wrong = String::new();
    let proven = |there: bool| {
        let said = ground.foreign(&format!("{CURL} {}", world.proof.0));
        if said.contains(world.proof.1) == there {
            return String::new();
        }
        format!("{}: curl does not agree: {said}\n", world.name)
    };
    ground.filter(world.filter);
    wrong += &proven(true);
    wrong += &differs(
        world.name,
        &ground.preflight(world.arguments),
        &world.expect,
    );
    ground.filter("");
    wrong += &proven(false);
    let mended = format!("{}, mended", world.name);
    wrong + &differs(&mended, &ground.preflight(world.arguments), &OPEN)
}

fn play_all(worlds: &[World]) {
    if !super::possible() {
        return;
    }
    let wrong: String = std::thread::scope(|scope| {
        let all: Vec<_> = worlds
            .iter()
            .map(|world| scope.spawn(move || play(world)))
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_reach_of_an_open_block_is_stated_for_each_family() {
    play_all(&[
        World {
            name: "IPv4 alone",
            couriers: [
                DUAL[0],
                DUAL[1],
                DUAL[2],
                &["17.57.146.20"],
                &["17.57.146.52"],
            ],
            expect: Expect {
                says: &[
                    "open to 6 of 6 addresses in 3 of 5 published blocks",
                    "17.188.128.0/18, 17.188.20.0/23 not seen from here",
                    "IPv6 not tested, this machine has no route for it",
                ],
                ..OPEN
            },
            ..WORLD
        },
        World {
            name: "dual stack",
            couriers: DUAL,
            v6: true,
            expect: Expect {
                says: &[
                    "IPv4 open to 10 of 10 addresses in 5 of 5 published blocks",
                    "IPv6 open to 5 of 5 addresses in 4 of 4 published blocks",
                ],
                ..OPEN
            },
            ..WORLD
        },
        World {
            name: "Apple's, but not published",
            couriers: [DUAL[0], DUAL[1], DUAL[2], DUAL[3], &["17.100.1.9"]],
            expect: Expect {
                says: &["1 in 17.0.0.0/8 but in no published block"],
                ..OPEN
            },
            ..WORLD
        },
        World {
            name: "not Apple's",
            couriers: [DUAL[0], DUAL[1], DUAL[2], DUAL[3], &["23.55.1.9"]],
            expect: Expect {
                verdict: "degraded",
                code: "dns_outside_block",
                says: &["23.55.1.9 outside it"],
                ..OPEN
            },
            ..WORLD
        },
    ]);
}

#[test]
fn a_closed_part_is_named_and_its_share_decides() {
    play_all(&[
        World {
            name: "one sub-block closed",
            couriers: DUAL,
            filter: "ip daddr 17.188.20.0/23 drop",
            proof: ("https://17.188.20.14:5223/", "exit=28"),
            expect: Expect {
                verdict: "degraded",
                code: "range_partial",
                says: &["open to 8 of 10 addresses", "closed in 17.188.20.0/23"],
                ..OPEN
            },
            ..WORLD
        },
        World {
            name: "half of a sub-block closed",
            couriers: DUAL,
            filter: "ip daddr 17.188.180.73 reject with tcp reset",
            proof: ("https://17.188.180.73:5223/", "exit=7"),
            expect: Expect {
                verdict: "degraded",
                code: "range_partial",
                says: &["closed in 17.188.128.0/18 (1 of 2 addresses)"],
                ..OPEN
            },
            ..WORLD
        },
        World {
            name: "half closed",
            couriers: DUAL,
            filter: "ip daddr { 17.188.0.0/16, 17.249.25.246 } drop",
            proof: ("https://17.249.25.246:443/", "exit=28"),
            expect: Expect {
                verdict: "fail",
                exit: 1,
                code: "range_closed",
                says: &[
                    "open to 5 of 10 addresses",
                    "closed in 17.188.20.0/23, 17.188.128.0/18, 17.249.0.0/16 (1 of 2 addresses)",
                ],
            },
            ..WORLD
        },
    ]);
}

#[test]
fn the_blocks_of_ipv6_are_judged_likewise_where_there_is_a_route() {
    play_all(&[
        World {
            name: "one IPv6 block closed",
            couriers: DUAL,
            v6: true,
            filter: "ip6 daddr 2403:300:a42::/48 drop",
            proof: ("https://[2403:300:a42::16]:5223/", "exit=28"),
            expect: Expect {
                verdict: "degraded",
                code: "range_partial",
                says: &["open to 4 of 5 addresses", "closed in 2403:300:a42::/48"],
                ..OPEN
            },
            ..WORLD
        },
        World {
            name: "IPv6 closed altogether",
            couriers: DUAL,
            v6: true,
            filter: "ip6 daddr ::/0 drop",
            proof: ("https://[2620:149:a44::6]:443/", "exit=28"),
            expect: Expect {
                verdict: "degraded",
                code: "tcp_silent",
                says: &["open to 0 of 5 addresses"],
                ..OPEN
            },
            ..WORLD
        },
        World {
            name: "both closed",
            couriers: DUAL,
            v6: true,
            filter: "tcp dport { 443, 5223 } drop",
            proof: ("https://[2620:149:a44::6]:443/", "exit=28"),
            expect: Expect {
                verdict: "fail",
                exit: 1,
                code: "tcp_silent",
                says: &["open to 0 of 10 addresses"],
            },
            ..WORLD
        },
    ]);
}

#[test]
fn too_few_addresses_or_hosts_say_nothing() {
    const FEW: Expect = Expect {
        verdict: "inconclusive",
        exit: 3,
        code: "inconclusive_sample",
        says: &["hosts with an answer: 5; addresses to dial: 3"],
    };
    play_all(&[
        World {
            name: "three addresses",
            couriers: [
                DUAL[0],
                &["17.252.11.14"],
                &["17.252.11.14"],
                &["17.249.25.246"],
                &["17.249.25.246"],
            ],
            expect: FEW,
            ..WORLD
        },
        World {
            name: "four couriers",
            couriers: [DUAL[0], DUAL[1], DUAL[2], DUAL[3], &["none"]],
            expect: Expect {
                says: &["hosts with an answer: 4; addresses to dial: 8"],
                ..FEW
            },
            ..WORLD
        },
    ]);
}
