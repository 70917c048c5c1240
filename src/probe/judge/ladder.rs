//! Judging one ladder: what its end makes of the row.

use super::{Demand, weight};
use crate::code::{Code, Stage};
use crate::finding::{Expectation, Finding, Verdict};
use crate::net::Failure;
use crate::net::http::HttpSeen;
use crate::net::tunnel::Via;
use crate::net::wire::Family;
use crate::probe::ask::{LadderSeen, Rung};
use crate::probe::chain;
use crate::probe::context::{Context, ProxyPolicy, cut_code, finding, is_tolerated};

/// The findings of one ladder.
pub(super) fn one_ladder(
    ladder: &LadderSeen,
    demand: &Demand<'_>,
    context: &Context<'_>,
) -> Vec<Finding> {
    let observation = &ladder.observation;
    if context.expect == Expectation::PathOpen
        && let Some(failure) = observation.failure()
        && failure.code == Code::TcpRefusedRst
    {
        return Vec::new();
    }
    if observation.is_pending() {
        return vec![unfinished(ladder, context)];
    }
    let mut findings = Vec::new();
    if let Some(tls) = &observation.seen.tls
        && tls.version.is_some()
    {
        findings.extend(chain::judge(ladder, tls, demand.accepts, context));
        findings.extend(large_hello(ladder));
    }
    let lost = http2_lost(ladder);
    if let Some(failure) = observation.failure() {
        findings.push(lost.unwrap_or_else(|| failed(ladder, failure, context)));
        return findings;
    }
    findings.extend(lost);
    if let Some(http) = &observation.seen.http {
        let proven = observation.seen.tls.as_deref().is_some_and(chain::proves);
        findings.extend((demand.answer)(http, proven));
        findings.extend(clock(http, context));
    }
    let place = (Family::of(ladder.ladder.address), ladder.ladder.port);
    let direct = ladder.ladder.via.is_direct();
    if demand.rung == Rung::Tcp && direct && context.run.canary.contains(&place) {
        findings.push(finding(
            Code::TcpTransparentProxy,
            Verdict::Inconclusive,
            "an answer from the peer itself",
            format!(
                "port {} also connects at an {} address that nobody may answer",
                ladder.ladder.port,
                if ladder.ladder.address.is_ipv6() {
                    "IPv6"
                } else {
                    "IPv4"
                }
            ),
        ));
    }
    findings
}

fn failed(ladder: &LadderSeen, failure: &Failure, context: &Context<'_>) -> Finding {
    // A proxy's own words begin with its name.
    let actual = match failure.code.stage() {
        Stage::Proxy => failure.detail.clone(),
        _ => format!("{}: {}", peer(ladder), failure.detail),
    };
    let uninvited =
        failure.code == Code::ProxyAuthRequired && context.proxy == ProxyPolicy::Unauthenticated;
    let expected = if uninvited {
        "a way through the proxy without a sign-in, which the vendor demands for this host"
    } else {
        context.expect.name()
    };
    let said = finding(failure.code, weight(failure.code), expected, actual);
    let via = ladder.ladder.via.proxy();
    Finding {
        proxy: via.map(ToString::to_string),
        ..said
    }
}

/// The peer as it was dialled; behind a proxy, as the proxy was asked for it.
fn peer(ladder: &LadderSeen) -> String {
    match &ladder.ladder.via {
        Via::Direct => format!("{}:{}", ladder.ladder.address, ladder.ladder.port),
        Via::Tunnel(tunnel) => format!("{tunnel} through {}", tunnel.proxy),
        Via::Forward(proxy) => format!("{} through {proxy}", ladder.host),
    }
}

/// A service that is offered HTTP/2 alone speaks nothing else: a peer that chooses nothing, or says that it knows none
/// of what is offered, is not that service.
fn http2_lost(ladder: &LadderSeen) -> Option<Finding> {
    const NO_APPLICATION_PROTOCOL: u8 = 120;
    let tls = ladder.observation.seen.tls.as_deref()?;
    let only = ladder.ladder.hello.as_ref()?.alpn == ["h2"];
    let chosen = match (&tls.version, tls.alpn.as_deref()) {
        _ if tls.alert == Some(NO_APPLICATION_PROTOCOL) => "refuses every protocol",
        (Some(_), None) => "chooses no protocol",
        (Some(_), Some("h2")) | (None, _) => return None,
        (Some(_), Some(_)) => "chooses another protocol",
    };
    only.then(|| {
        finding(
            Code::TlsHttp2Lost,
            Verdict::Fail,
            "h2, which the service requires",
            format!("{}: {chosen} where h2 alone is offered", peer(ladder)),
        )
    })
}

/// The ordinary handshake went through, and the hello of a Mac's size did not arrive at the same address.
fn large_hello(ladder: &LadderSeen) -> Option<Finding> {
    let failure = ladder.large.as_ref()?.failure()?;
    (failure.code == Code::TlsLargeHelloLost).then(|| {
        finding(
            failure.code,
            Verdict::Fail,
            "a hello of the size that Macs send arrives as the small one does",
            format!(
                "{}:{}: {}, while a small one is answered",
                ladder.ladder.address, ladder.ladder.port, failure.detail
            ),
        )
    })
}

fn unfinished(ladder: &LadderSeen, context: &Context<'_>) -> Finding {
    let stage = match (&ladder.observation.seen.tcp, &ladder.observation.seen.tls) {
        (None, _) => "connect",
        _ if !ladder.ladder.via.is_direct() && ladder.observation.seen.proxy.is_none() => {
            "proxy's answer"
        }
        (_, None) if ladder.ladder.hello.is_some() => "TLS handshake",
        _ => "answer",
    };
    let (code, end) = cut_code(context);
    finding(
        code,
        Verdict::Inconclusive,
        context.expect.name(),
        format!("{}: waiting for the {stage} when {end}", peer(ladder)),
    )
}

/// A `Date` that differs from this machine's clock by more than Entra tolerates.
fn clock(http: &HttpSeen, context: &Context<'_>) -> Option<Finding> {
    let skew = http.date_skew_s.filter(|skew| !is_tolerated(*skew))?;
    let side = if skew > 0 { "ahead of" } else { "behind" };
    let but = context.run.clock.set_by();
    let but = but.map_or_else(String::new, |server| {
        format!(", with which the time server {server} agrees")
    });
    Some(finding(
        Code::HttpClockSkew,
        Verdict::Degraded,
        "within 300 s of this machine's clock",
        format!(
            "the server's clock is {} s {side} this machine's{but}",
            skew.abs()
        ),
    ))
}
