//! What is seen and what it is called: each code by its literal name, so that no two of them can be exchanged.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;

use super::ask::{LadderSeen, Seen};
use super::context::{Context, Cut, Inspection, ProxyPolicy, RunFacts};
use super::{Spec, dns, http, tcp, tls};
use crate::code::Code;
use crate::finding::{Expectation, Finding, deciding};
use crate::net::endpoint::{Address, Host};
use crate::net::http::HttpSeen;
use crate::net::ladder::{Hello, Ladder, Rungs};
use crate::net::names::{Decider, NameSeen};
use crate::net::system::SystemSeen;
use crate::net::tls::TlsSeen;
use crate::net::trust::{StoreName, StoreVerdict};
use crate::net::tunnel::Via;
use crate::net::wire::{Family, WireAnswer, WireSeen};
use crate::net::{ConnectTry, End, Failure, Observation, TcpSeen};

const VENDOR: &str = "graph.microsoft.com";
const ADDRESS: &str = "20.190.190.131";

fn host(name: &str) -> Host {
    name.parse().expect("a host")
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

pub(super) fn context(expect: Expectation, run: &RunFacts, cut: Option<Cut>) -> Context<'_> {
    Context {
        expect,
        inspection: Inspection::Forbidden,
        proxy: ProxyPolicy::Never,
        cut,
        fast: false,
        now: Timestamp::UNIX_EPOCH,
        run,
    }
}

/// The deciding code and the verdict, as a report shows them; `-` for a clean pass.
fn shown(findings: &[Finding]) -> (&'static str, &'static str) {
    let decides = deciding(findings);
    decides.map_or(("-", "pass"), |finding| {
        (finding.code.name(), finding.verdict.name())
    })
}

fn answer(
    server: u8,
    transport: &str,
    found: &[&str],
    failure: Option<Code>,
) -> (Family, Observation<WireSeen>) {
    let seen = WireSeen {
        resolver: format!("192.0.2.{server}:53").parse().expect("a server"),
        rcode: failure.is_none().then(|| "NOERROR".to_owned()),
        ms: 1.0,
        tries: 1,
        transport: transport.to_owned(),
        cname: Vec::new(),
        answers: found
            .iter()
            .map(|one| WireAnswer {
                address: address(one),
                ttl: 60,
            })
            .collect(),
        more: 0,
        authoritative: false,
        soa: None,
        truncated: false,
        ede: None,
        edns: true,
        udp_error: None,
        icmp: None,
        ignored: 0,
    };
    let end = failure.map_or(End::Done, |code| End::Failed(Failure::new(code, "said")));
    (Family::V4, Observation { seen, end })
}

fn name(found: &[&str], wire: Vec<(Family, Observation<WireSeen>)>) -> NameSeen {
    NameSeen {
        host: host(VENDOR),
        decider: Decider::Dns,
        addresses: found.iter().map(|one| address(one)).collect(),
        wire,
        system: None,
    }
}

fn of_name(name: NameSeen, expect: Expectation, cut: Option<Cut>) -> (&'static str, &'static str) {
    let seen = Seen {
        names: vec![name],
        ..Seen::default()
    };
    let run = RunFacts::default();
    let spec = Spec::Dns(dns::Spec { name: host(VENDOR) });
    shown(&spec.judge(&seen, &context(expect, &run, cut)))
}

#[test]
fn each_way_in_which_a_name_goes_wrong_has_its_own_code() {
    let good = || vec![answer(1, "udp", &[ADDRESS], None)];
    let failed = |code| name(&[], vec![answer(1, "udp", &[], Some(code))]);
    let beside = |code| {
        name(
            &[ADDRESS],
            vec![
                answer(1, "udp", &[], Some(code)),
                answer(2, "udp", &[ADDRESS], None),
            ],
        )
    };
    let family = |code| {
        let (_, other) = answer(1, "udp", &[], Some(code));
        let both = vec![answer(1, "udp", &[ADDRESS], None), (Family::V6, other)];
        name(&[ADDRESS], both)
    };
    for (name, expected) in [
        (name(&[ADDRESS], good()), ("-", "pass")),
        (name(&["0.0.0.0"], good()), ("dns_sinkhole", "fail")),
        (name(&["127.0.0.1"], good()), ("dns_sinkhole", "fail")),
        (name(&["10.1.2.3"], good()), ("dns_bogon", "degraded")),
        (
            name(&[], vec![answer(1, "udp", &[], None)]),
            ("dns_nodata", "fail"),
        ),
        (
            name(&[ADDRESS], vec![answer(1, "tcp", &[ADDRESS], None)]),
            ("dns_udp_blocked", "degraded"),
        ),
        (beside(Code::DnsTimeout), ("dns_server_silent", "degraded")),
        (beside(Code::DnsServfail), ("-", "pass")),
        (family(Code::DnsTimeout), ("dns_family_silent", "degraded")),
        (family(Code::DnsServfail), ("dns_family_failed", "degraded")),
        (family(Code::DnsNxdomain), ("dns_family_failed", "degraded")),
        (family(Code::DnsNodata), ("-", "pass")),
        (family(Code::DnsUnreachable), ("-", "pass")),
        (failed(Code::DnsNxdomain), ("dns_nxdomain", "fail")),
        (failed(Code::DnsServfail), ("dns_servfail", "fail")),
        (failed(Code::DnsRefused), ("dns_refused", "fail")),
        (failed(Code::DnsFormerr), ("dns_formerr", "fail")),
        (failed(Code::DnsNotimp), ("dns_notimp", "fail")),
        (failed(Code::DnsDnssecBogus), ("dns_dnssec_bogus", "fail")),
        (failed(Code::DnsTcpBlocked), ("dns_tcp_blocked", "fail")),
        (failed(Code::DnsOther), ("dns_other", "fail")),
    ] {
        assert_eq!(of_name(name, Expectation::Resolves, None), expected);
    }
}

#[test]
fn an_agents_own_addresses_are_a_note_and_a_differing_system_a_remark() {
    let synthetic = name(
        &["198.18.0.7"],
        vec![answer(1, "udp", &["198.18.0.7"], None)],
    );
    let seen = Seen {
        names: vec![synthetic],
        ..Seen::default()
    };
    let run = RunFacts::default();
    let spec = Spec::Dns(dns::Spec { name: host(VENDOR) });
    let findings = spec.judge(&seen, &context(Expectation::Resolves, &run, None));
    let said: Vec<_> = findings
        .iter()
        .map(|f| (f.code.name(), f.verdict.name()))
        .collect();
    assert_eq!(said, [("dns_synthetic", "pass")]);
    let system = SystemSeen {
        addresses: vec![address(ADDRESS)],
        more: 0,
        canonical: None,
        error: None,
        ms: 1.0,
    };
    let differs = NameSeen {
        decider: Decider::System,
        system: Some(Observation {
            seen: system,
            end: End::Done,
        }),
        ..name(&[ADDRESS], vec![answer(1, "udp", &["203.0.113.9"], None)])
    };
    let expected = ("dns_system_differs", "degraded");
    assert_eq!(of_name(differs, Expectation::Resolves, None), expected);
}

#[test]
fn a_name_that_should_not_exist_passes_on_nxdomain_alone() {
    let failed = |code| name(&[], vec![answer(1, "udp", &[], Some(code))]);
    let nxdomain = |name| of_name(name, Expectation::Nxdomain, None);
    assert_eq!(nxdomain(failed(Code::DnsNxdomain)), ("-", "pass"));
    for code in Code::ALL.iter().filter(|code| **code != Code::DnsNxdomain) {
        assert_eq!(nxdomain(failed(*code)), (code.name(), "inconclusive"));
    }
    let exists = name(&[ADDRESS], vec![answer(1, "udp", &[ADDRESS], None)]);
    assert_eq!(nxdomain(exists), ("dns_resolves", "fail"));
    for (cut, expected) in [
        (Cut::Deadline, "inconclusive_deadline"),
        (Cut::Interrupted, "inconclusive_interrupted"),
    ] {
        let said = of_name(name(&[], Vec::new()), Expectation::Nxdomain, Some(cut));
        assert_eq!(said, (expected, "inconclusive"));
    }
}

pub(super) fn rungs(tls: Option<TlsSeen>, http: Option<HttpSeen>) -> Rungs {
    let local = "198.51.100.2:4000".parse().ok();
    Rungs {
        begun: None,
        proxy: None,
        tcp: Some(Arc::new(TcpSeen {
            ms: 1.0,
            rtt_ms: None,
            rtt_us: None,
            peer: (address(ADDRESS), 443).into(),
            dialled: None,
            shared: false,
            local,
            icmp: None,
            connects: vec![ConnectTry {
                at_ms: 0.0,
                local,
                end: "connected".to_owned(),
            }],
        })),
        tls: tls.map(Arc::new),
        http: http.map(Arc::new),
    }
}

pub(super) fn ladder(attempt: u32, seen: Rungs, end: End) -> LadderSeen {
    LadderSeen {
        host: host(VENDOR),
        large: None,
        ladder: Arc::new(Ladder {
            address: address(ADDRESS),
            port: 443,
            detour: None,
            via: Via::Direct,
            hello: Some(Hello {
                name: VENDOR.to_owned(),
                alpn: Vec::new(),
                strict: false,
            }),
            request: None,
            attempt,
            hedged: true,
        }),
        observation: Observation { seen, end },
    }
}

fn of_ladders(
    spec: &Spec,
    ladders: Vec<LadderSeen>,
    expect: Expectation,
    run: &RunFacts,
) -> Vec<Finding> {
    let good = vec![answer(1, "udp", &[ADDRESS], None)];
    let seen = Seen {
        names: vec![name(&[ADDRESS], good)],
        ladders,
        ..Seen::default()
    };
    spec.judge(&seen, &context(expect, run, None))
}

/// A chain that public roots vouch for; it ends so many days after the run.
fn chain(days: i64) -> TlsSeen {
    let second = days * 86_400;
    let ends = Timestamp::from_second(second).expect("a time").to_string();
    let verdict = StoreVerdict {
        chain: "ok".to_owned(),
        name: "ok".to_owned(),
        without_dates: "ok".to_owned(),
    };
    let mut seen = TlsSeen {
        version: Some("TLS1.3".to_owned()),
        stores: [(StoreName::Public, verdict)].into(),
        trusted_by: vec![StoreName::Public],
        ..TlsSeen::default()
    };
    seen.chain.resize_with(1, Default::default);
    seen.chain[0].not_after = ends;
    seen
}

fn url() -> Address {
    format!("https://{VENDOR}/").parse().expect("a URL")
}

#[test]
fn each_answer_that_is_not_the_right_one_has_its_own_code() {
    let mut spec = http::Spec::new(url());
    spec.status = vec![200];
    let mut json = spec.clone();
    json.json = true;
    let mut known = spec.clone();
    known.contains = Some("Success".to_owned());
    let (spec, json, known) = (Spec::Http(spec), Spec::Http(json), Spec::Http(known));
    for (spec, status, kind, skew, expected) in [
        (&spec, 200, "text/plain", 0, ("-", "pass")),
        (&spec, 302, "text/plain", 0, ("http_redirected", "fail")),
        (&spec, 404, "text/plain", 0, ("http_status", "fail")),
        // Over a chain that proves the host, a page of its own is no block page.
        (&spec, 403, "text/html", 0, ("http_status", "fail")),
        (&spec, 429, "text/plain", 0, ("http_throttled", "degraded")),
        (
            &spec,
            503,
            "text/plain",
            0,
            ("http_server_error", "degraded"),
        ),
        (&json, 200, "text/plain", 0, ("http_not_json", "fail")),
        (
            &known,
            200,
            "text/plain",
            0,
            ("http_body_unexpected", "fail"),
        ),
        (&json, 200, "text/html", 0, ("http_block_page", "fail")),
        (
            &spec,
            200,
            "text/plain",
            301,
            ("http_clock_skew", "degraded"),
        ),
        (&spec, 200, "text/plain", -300, ("-", "pass")),
    ] {
        let http = HttpSeen {
            status: Some(status),
            content_type: Some(kind.to_owned()),
            date_skew_s: Some(skew),
            ..HttpSeen::default()
        };
        let seen = rungs(Some(chain(90)), Some(http));
        let run = RunFacts::default();
        let found = of_ladders(
            spec,
            vec![ladder(0, seen, End::Done)],
            Expectation::Http,
            &run,
        );
        assert_eq!(shown(&found), expected, "{status} {kind} {skew}");
    }
}

#[test]
fn a_certificate_that_ends_soon_degrades() {
    let spec = Spec::Tls(tls::Spec::new(host(VENDOR), 443));
    for (days, expected) in [(20, ("tls_cert_expiring", "degraded")), (21, ("-", "pass"))] {
        let one = ladder(0, rungs(Some(chain(days)), None), End::Done);
        let run = RunFacts::default();
        let found = of_ladders(&spec, vec![one], Expectation::Tls, &run);
        assert_eq!(shown(&found), expected, "{days}");
    }
}

#[test]
fn a_private_authority_is_a_note_where_the_row_accepts_it_and_a_fault_where_not() {
    let mut private = chain(90);
    let verdict = private
        .stores
        .remove(&StoreName::Public)
        .expect("it is there");
    private.stores.insert(StoreName::System, verdict);
    private.trusted_by = vec![StoreName::System];
    private.chain[0].issuer = "CN=Own CA".to_owned();
    private.chain[0].self_signed = true;
    let empty = TlsSeen {
        version: Some("TLS1.3".to_owned()),
        ..TlsSeen::default()
    };
    let system = vec![StoreName::Public, StoreName::System];
    for (seen, stores, expected) in [
        (private.clone(), system, ("tls_private_ca", "pass")),
        (
            private,
            vec![StoreName::Public],
            ("tls_intercepted", "fail"),
        ),
        (empty, vec![StoreName::Public], ("tls_other", "fail")),
    ] {
        let mut spec = tls::Spec::new(host(VENDOR), 443);
        spec.stores = stores;
        let one = ladder(0, rungs(Some(seen), None), End::Done);
        let run = RunFacts::default();
        let found = of_ladders(&Spec::Tls(spec), vec![one], Expectation::Tls, &run);
        let said: Vec<_> = found
            .iter()
            .map(|f| (f.code.name(), f.verdict.name()))
            .collect();
        assert_eq!(said, [expected]);
    }
}

/// Whatever fails, a failure keeps the code that the network gave it, and only this program's own troubles
/// are not held against the network.
#[test]
fn a_failure_keeps_its_code() {
    let own = [
        "local_internal",
        "local_descriptors",
        "local_source_unusable",
        "tls_alert_ours",
        "http_credential_withheld",
    ];
    let spec = Spec::Tcp(tcp::Spec::new(host(VENDOR), 443));
    for code in Code::ALL {
        let end = End::Failed(Failure::new(*code, "said"));
        let run = RunFacts::default();
        let one = ladder(0, Rungs::default(), end);
        let found = of_ladders(&spec, vec![one], Expectation::Connected, &run);
        let verdict = if own.contains(&code.name()) {
            "inconclusive"
        } else {
            "fail"
        };
        assert_eq!(shown(&found), (code.name(), verdict));
    }
}

#[test]
fn attempts_are_mixed_only_if_some_work_and_some_fail() {
    let spec = Spec::Tcp(tcp::Spec::new(host(VENDOR), 443));
    let failed = |code| End::Failed(Failure::new(code, "said"));
    let refused = || failed(Code::TcpRefusedRst);
    for (ends, expected) in [
        (vec![End::Done, End::Done], ("-", "pass")),
        (vec![refused(), refused()], ("tcp_refused_rst", "fail")),
        (vec![End::Done, refused()], ("tcp_mixed", "degraded")),
        (vec![refused(), End::Done], ("tcp_mixed", "degraded")),
        (
            vec![failed(Code::TlsSilentPeer), End::Done],
            ("tls_mixed", "degraded"),
        ),
        (
            vec![
                failed(Code::HttpEof),
                End::Done,
                failed(Code::HttpTruncated),
            ],
            ("http_mixed", "degraded"),
        ),
        (
            vec![failed(Code::HttpEof), refused(), End::Done],
            ("tcp_mixed", "degraded"),
        ),
        (
            vec![End::Done, End::Pending],
            ("inconclusive_deadline", "inconclusive"),
        ),
        (
            vec![End::Pending, End::Done, refused()],
            ("tcp_mixed", "degraded"),
        ),
        (vec![End::Pending, refused()], ("tcp_refused_rst", "fail")),
        (
            vec![failed(Code::LocalDescriptors), End::Done],
            ("local_descriptors", "inconclusive"),
        ),
    ] {
        let ladders = (0..)
            .zip(ends)
            .map(|(attempt, end)| ladder(attempt, rungs(None, None), end));
        let run = RunFacts::default();
        let found = of_ladders(&spec, ladders.collect(), Expectation::Connected, &run);
        assert_eq!(shown(&found), expected);
    }
}

/// Answers that work at all are held beside each other too: one old member behind an address is no noise.
#[test]
fn attempts_of_which_some_are_in_trouble_are_mixed_as_well() {
    let url = format!("https://{VENDOR}/").parse().expect("a URL");
    let spec = Spec::Http(http::Spec::new(url));
    let answer = |status, date_skew_s| HttpSeen {
        status: Some(status),
        date_skew_s: Some(date_skew_s),
        ..HttpSeen::default()
    };
    let good = || Some(answer(200, 0));
    for (answers, code, said) in [
        (vec![good(), good()], "-", ""),
        (
            vec![good(), Some(answer(503, 0)), Some(answer(502, 0))],
            "http_mixed",
            "3 of 3 attempts work, 2 of them with http_server_error",
        ),
        (
            vec![Some(answer(200, 900)), good()],
            "http_mixed",
            "2 of 2 attempts work, 1 of them with http_clock_skew",
        ),
        (
            vec![Some(answer(503, 0)), None],
            "http_mixed",
            "1 of 2 attempts work; 1 end with http_timeout_headers",
        ),
        (
            vec![Some(answer(503, 0)), Some(answer(502, 0))],
            "http_server_error",
            "status 503, no content type",
        ),
        (
            vec![good(), Some(answer(429, 0))],
            "http_throttled",
            "2 of 2 attempts work, 1 of them with http_throttled",
        ),
    ] {
        let one = |(attempt, answer): (u32, Option<HttpSeen>)| {
            let end = match answer {
                Some(_) => End::Done,
                None => End::Failed(Failure::new(Code::HttpTimeoutHeaders, "said")),
            };
            ladder(attempt, rungs(None, answer), end)
        };
        let run = RunFacts::default();
        let ladders = (0..).zip(answers).map(one).collect();
        let found = of_ladders(&spec, ladders, Expectation::Http, &run);
        assert_eq!(shown(&found).0, code, "{found:?}");
        let actual = found.first().map_or("", |finding| finding.actual.as_str());
        assert!(actual.ends_with(said), "{actual}");
    }
}

#[test]
fn an_open_port_that_the_canary_has_too_proves_nothing() {
    let spec = Spec::Tcp(tcp::Spec::new(host(VENDOR), 443));
    for (canary, expected) in [
        (443, ("tcp_transparent_proxy", "inconclusive")),
        (80, ("-", "pass")),
    ] {
        let run = RunFacts {
            canary: BTreeSet::from([(Family::V4, canary)]),
            ..RunFacts::default()
        };
        let one = ladder(0, rungs(None, None), End::Done);
        let found = of_ladders(&spec, vec![one], Expectation::Connected, &run);
        assert_eq!(shown(&found), expected);
    }
}

/// Nobody's service and a misprinted port bear names of their own, whatever was seen there.
#[test]
fn what_no_product_needs_is_named_as_such() {
    use super::{context, judge_misprint, judge_retired};
    use crate::finding::Verdict;

    let silent = context::finding(Code::TcpSilent, Verdict::Fail, "", String::new());
    let findings = [silent];
    let seen = Seen::default();
    let retired = judge_retired(&findings, &seen, "2021-03-31", "api.push.apple.com");
    assert_eq!(
        (retired[0].code.name(), retired[0].verdict),
        ("local_retired", Verdict::Skipped)
    );
    let misprint = judge_misprint(&findings, "no product needs it");
    assert_eq!(
        (misprint[0].code.name(), misprint[0].verdict),
        ("local_misprint", Verdict::Skipped)
    );
    assert_eq!(judge_misprint(&[], "no")[0].verdict, Verdict::Pass);
}

/// A page where a status was promised, from whoever it may be.
#[test]
fn a_page_that_no_chain_vouches_for_is_a_block_page() {
    let plain = "http://plain.example/".parse().expect("a URL");
    let mut spec = http::Spec::new(plain);
    spec.status = vec![204];
    let http = HttpSeen {
        status: Some(403),
        content_type: Some("text/html".to_owned()),
        ..HttpSeen::default()
    };
    let one = ladder(0, rungs(None, Some(http)), End::Done);
    let run = RunFacts::default();
    let found = of_ladders(&Spec::Http(spec), vec![one], Expectation::Http, &run);
    assert_eq!(shown(&found), ("http_block_page", "fail"));
}
