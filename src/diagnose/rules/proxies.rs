//! Causes at a proxy: one that cannot be reached, one that refuses, one that asks for a sign-in, one that is told wrongly.

use std::collections::{BTreeMap, BTreeSet};

use super::super::argument::Argument;
use super::super::facts::{Facts, Row, meanings, owners};
use super::super::request::Wish;
use super::super::{Cause, has_code};
use super::proxy_reached;
use crate::code::{Code, Owner};
use crate::finding::Verdict;
use crate::net::counted;

/// So many owners are named, each in a line.
const OWNERS: usize = 12;

/// What one kind of trouble with a proxy is called and who mends it.
struct Kind {
    code: &'static str,
    signs: &'static [Code],
    owner: Owner,
    title: fn(&str, &str) -> String,
    summary: fn(&str, &str) -> String,
    remedy: fn(&str, &str) -> String,
    request: Wish,
    /// Whether the proxy itself said so, which no other box can.
    spoken: bool,
}

const KINDS: [Kind; 7] = [
    Kind {
        code: "proxy_unresolved",
        signs: &[Code::ProxyUnresolved],
        owner: Owner::Dns,
        title: |proxy, _| format!("The name of the proxy {proxy} has no address"),
        summary: |proxy, _| {
            format!(
                "This machine is told to use {proxy}, whose name nobody can look up here: whatever the proxy is to \
                 carry fails before a packet is sent."
            )
        },
        remedy: |proxy, _| {
            format!(
                "Correct the proxy setting or the PAC file that names {proxy}, or enter the name in the DNS."
            )
        },
        request: Wish::Ask("enter the proxy's name in the internal DNS, or say what its name is"),
        spoken: false,
    },
    Kind {
        code: "proxy_unreachable",
        signs: &[Code::ProxyUnreachable],
        owner: Owner::Network,
        title: |proxy, _| format!("The proxy {proxy} cannot be reached"),
        summary: |proxy, _| {
            format!(
                "No TCP connection to {proxy} comes about from here. What it would have let through is not known."
            )
        },
        remedy: |proxy, _| {
            format!(
                "See whether {proxy} runs, whether its port is right, and let this network reach it."
            )
        },
        request: Wish::Ask("let this network reach the proxy, or say which proxy it is to use"),
        spoken: false,
    },
    Kind {
        code: "proxy_misconfigured",
        signs: &[Code::ProxyProtocol, Code::ProxyTlsFailed],
        owner: Owner::Proxy,
        title: |proxy, _| format!("What answers at {proxy} is not a proxy of that kind"),
        summary: |proxy, _| {
            format!(
                "A connection to {proxy} comes about, and what answers there does not speak the protocol of the \
                 setting, or shows a certificate that this system does not accept."
            )
        },
        remedy: |_, _| {
            "Correct scheme and port in the proxy setting; for a proxy over TLS, install its authority on this \
             machine."
                .to_owned()
        },
        request: Wish::Ask("say on which port, and by which protocol, the proxy is to be used"),
        spoken: false,
    },
    Kind {
        code: "proxy_sign_in",
        signs: &[Code::ProxyAuthRequired],
        owner: Owner::Proxy,
        title: |proxy, subject| format!("The proxy {proxy} demands a sign-in for {subject}"),
        summary: |proxy, subject| {
            format!(
                "{proxy} wants a sign-in before it passes anything on to {subject}. A Mac's background services \
                 cannot answer that question, and for some hosts Microsoft demands access without a sign-in in writing."
            )
        },
        remedy: |_, subject| format!("Let {subject} pass without a sign-in, by destination."),
        request: Wish::Allow,
        spoken: true,
    },
    Kind {
        code: "proxy_login_refused",
        signs: &[Code::ProxyLoginRefused],
        owner: Owner::Proxy,
        title: |proxy, _| format!("The proxy {proxy} does not accept the user name and password"),
        summary: |proxy, subject| {
            format!(
                "{proxy} was sent the user name and password of this run and refuses them, so that nothing is known of what \
                 it lets through to {subject}."
            )
        },
        remedy: |_, subject| {
            format!(
                "Check the user name and password that this run was given; a Mac's background services have none, so let \
                 {subject} pass without a sign-in."
            )
        },
        request: Wish::Ask("say which user name and password this machine is to use at the proxy"),
        spoken: true,
    },
    Kind {
        code: "proxy_refuses",
        signs: &[Code::ProxyDenied],
        owner: Owner::Proxy,
        title: |proxy, subject| format!("The proxy {proxy} refuses {subject}"),
        summary: |proxy, subject| {
            format!(
                "{proxy} is reached and says itself that its rules do not let {subject} through."
            )
        },
        remedy: |_, subject| {
            format!("Allow CONNECT to {subject} in the proxy's rules, on the ports named below.")
        },
        request: Wish::Allow,
        spoken: true,
    },
    Kind {
        code: "proxy_cannot_reach",
        signs: &[Code::ProxyBadGateway, Code::ProxySilent, Code::ProxyClosed],
        owner: Owner::Proxy,
        title: |proxy, subject| format!("The proxy {proxy} does not get through to {subject}"),
        summary: |proxy, subject| {
            format!(
                "{proxy} is reached and does not bring about a connection to {subject}: its own look-up, or its own \
                 way out, fails."
            )
        },
        remedy: |proxy, subject| {
            format!(
                "Look in the log of {proxy} for {subject}, and at the firewall between it and the internet."
            )
        },
        request: Wish::Allow,
        spoken: true,
    },
];

/// Whether a code is a proxy's fault, or that of the way to it.
pub(in super::super) fn is_blamed_for(code: Code) -> bool {
    KINDS.iter().any(|kind| kind.signs.contains(&code))
}

pub(in super::super) fn proxies(facts: &Facts<'_>) -> Vec<Cause> {
    KINDS.iter().flat_map(|kind| of_kind(facts, kind)).collect()
}

fn of_kind(facts: &Facts<'_>, kind: &Kind) -> Vec<Cause> {
    let groups = facts.group(|row| {
        let code = row.check.code?;
        let proxy = row.at_fault()?;
        // Whatever carries other rows is a proxy of that kind.
        let no_proxy = code != Code::ProxyProtocol || carries(facts, &proxy) == 0;
        let is = if no_proxy {
            kind.signs.contains(&code)
        } else {
            kind.code == "proxy_cannot_reach"
        };
        is.then_some(proxy)
    });
    let cause = |(proxy, rows): (String, Vec<usize>)| {
        let subject = facts.subject(&rows);
        let mut argument = Argument::default();
        let shown = facts.said(&rows);
        argument.notes(shown.iter().cloned());
        argument.notes(what_it_carries(facts, &proxy));
        argument.notes(shared(facts, &rows));
        if kind.spoken {
            // Silence, a closed connection and gibberish are no words.
            let said = facts.each(&rows).any(|row| {
                let silent = [Code::ProxySilent, Code::ProxyClosed, Code::ProxyProtocol];
                row.check.code.is_some_and(|code| !silent.contains(&code))
            });
            if said {
                argument.proof("the proxy says so itself");
            }
        }
        for line in alike(facts, &rows, &shown) {
            argument.signal(line);
        }
        let mut cause = Cause {
            code: kind.code,
            title: (kind.title)(&proxy, &subject),
            summary: (kind.summary)(&proxy, &subject),
            confidence: argument.confidence(),
            owner: kind.owner,
            evidence: argument.lines(),
            remedy: (kind.remedy)(&proxy, &subject),
            rows,
            request: Some(kind.request),
        };
        if kind.code == "proxy_unreachable" {
            proxy_reached::correct(facts, &proxy, &mut cause);
        }
        cause
    };
    groups.into_iter().map(cause).collect()
}

/// A line for each owner: what one of its rows said, where that is shown already. What a row only shares shows nothing
/// further.
fn alike(facts: &Facts<'_>, rows: &[usize], shown: &[String]) -> Vec<String> {
    let mut owners: BTreeMap<String, Option<String>> = BTreeMap::new();
    for row in facts.each(rows).filter(|row| !is_shared(row)) {
        let line = owners.entry(row.owner()).or_default();
        if line.is_none() {
            *line = Some(row.said()).filter(|said| shown.contains(said));
        }
    }
    let further = owners.len().saturating_sub(OWNERS);
    let line = |(owner, line): (String, Option<String>)| {
        line.unwrap_or_else(|| format!("the same for what is sent to {owner}"))
    };
    let mut lines: Vec<String> = owners.into_iter().take(OWNERS).map(line).collect();
    if further > 0 {
        let others = counted(further, "other owner");
        lines.push(format!("the same for what is sent to {others}"));
    }
    lines
}

fn is_shared(row: &Row<'_>) -> bool {
    let tcp = row.check.stages.tcp.as_ref();
    row.beside.is_none() && tcp.is_some_and(|tcp| tcp.shared)
}

/// That not each row has a connection of its own.
fn shared(facts: &Facts<'_>, rows: &[usize]) -> Option<String> {
    let shared = facts.each(rows).filter(|row| is_shared(row)).count();
    let rows = counted(shared, "row");
    (shared > 0).then(|| format!("{rows} waited for what came of the connections of others"))
}

fn what_it_carries(facts: &Facts<'_>, through: &str) -> Option<String> {
    let works = carries(facts, through);
    (works > 0).then(|| {
        let rows = counted(works, "other row");
        format!("the same proxy carries {rows} to its end")
    })
}

/// How many rows work through the proxy.
pub(super) fn carries(facts: &Facts<'_>, through: &str) -> usize {
    facts.all.iter().filter(|row| carried(row, through)).count()
}

/// Whether the row works through the proxy.
fn carried(row: &Row<'_>, through: &str) -> bool {
    let works = matches!(row.check.verdict, Verdict::Pass | Verdict::Degraded);
    let by = row.check.stages.proxy.as_deref();
    works && by.is_some_and(|seen| seen.passed_on && seen.proxy == through)
}

/// A handshake that ends without a word that TLS has for it.
const BROKEN: [Code; 4] = [
    Code::TlsSilent,
    Code::TlsReset,
    Code::TlsEof,
    Code::TlsNotTls,
];

/// A request in the clear that comes to nothing, where no handshake has shown that the peer is there.
const UNANSWERED: [Code; 4] = [
    Code::HttpTimeoutHeaders,
    Code::HttpTimeoutBody,
    Code::HttpEof,
    Code::HttpProtocol,
];

/// The proxy has agreed, and what it passes on breaks off: from here that is nobody's but of the proxy or of whatever is
/// behind it.
pub(in super::super) fn tunnels(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| {
        let code = row.check.code?;
        let stages = &row.check.stages;
        let breaks = BROKEN.contains(&code) || (UNANSWERED.contains(&code) && stages.tls.is_none());
        let passed_on = stages.proxy.as_deref().is_some_and(|seen| seen.passed_on);
        row.proxy().filter(|_| breaks && passed_on)
    });
    let cause = |(proxy, rows): (String, Vec<usize>)| {
        let subject = facts.subject(&rows);
        let codes: BTreeSet<Code> = facts.each(&rows).filter_map(|row| row.check.code).collect();
        let mut argument = Argument::default();
        argument.notes(facts.said(&rows));
        argument.notes(what_it_carries(facts, &proxy));
        for owner in owners(facts.each(&rows)) {
            argument.signal(format!(
                "the proxy agreed to a way to {owner}, and it broke off"
            ));
        }
        Cause {
            code: "proxy_tunnel_breaks",
            title: format!("What {proxy} passes on to {subject} breaks off"),
            summary: format!(
                "{proxy} agrees to a connection to {subject}, and what follows breaks off. {} Only the proxy is spoken \
                 to from here: the fault is its own, of a box behind it, or of the peer.",
                meanings(&codes)
            ),
            confidence: argument.confidence(),
            owner: Owner::Proxy,
            evidence: argument.lines(),
            remedy: format!(
                "Look in the log of {proxy} for {subject}, and see whether it inspects or filters what it passes on; then \
                 whether the hosts are served on another way."
            ),
            rows,
            request: Some(Wish::Ask(
                "see why connections break off that the proxy has agreed to pass on",
            )),
        }
    };
    groups.into_iter().map(cause).collect()
}

/// The PAC file that is to name the way cannot be had or read.
pub(in super::super) fn no_pac(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| has_code(row, Code::ProxyPacFailed));
    if rows.is_empty() {
        return Vec::new();
    }
    let mut argument = Argument::default();
    argument.notes(facts.said(&rows));
    argument.signal("each row asked the same file, and took the direct way as applications do");
    vec![Cause {
        code: "pac_failed",
        title: "The PAC file names no way".to_owned(),
        summary: "The proxy auto-configuration file that this machine is told to ask cannot be had, or fails when it \
                  is asked; applications then go straight to the internet, which this network may not allow."
            .to_owned(),
        confidence: argument.confidence(),
        owner: Owner::Proxy,
        evidence: argument.lines(),
        rows,
        remedy: "Mend the file at the line that is named, or make its address reachable from this network.".to_owned(),
        request: Some(Wish::Ask("mend the proxy auto-configuration file, or make it reachable")),
    }]
}

/// HTTP/2 is offered and does not arrive.
pub(in super::super) fn http2_lost(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| has_code(row, Code::TlsHttp2Lost));
    if rows.is_empty() {
        return Vec::new();
    }
    let subject = facts.subject(&rows);
    let mut argument = Argument::default();
    argument.notes(facts.said(&rows));
    argument.signal("the service speaks HTTP/2 only, and the handshake ended without it");
    let read = facts.each(&rows).any(|row| {
        row.check
            .stages
            .tls
            .as_ref()
            .is_some_and(|tls| tls.intercepted)
    });
    argument.signal_if(read, || "the chain was made on the way".to_owned());
    vec![Cause {
        code: "http2_lost",
        title: format!("HTTP/2 to {subject} is lost on the way"),
        summary: format!(
            "{subject} is reached and the handshake ends without HTTP/2, which the service requires: a proxy or a \
             firewall on the way ends the connection itself and speaks HTTP/1.1 only."
        ),
        confidence: argument.confidence(),
        owner: Owner::Network,
        evidence: argument.lines(),
        rows,
        remedy: format!(
            "Leave {subject} out of inspection, so that ALPN and HTTP/2 pass unchanged."
        ),
        request: Some(Wish::Exempt),
    }]
}
