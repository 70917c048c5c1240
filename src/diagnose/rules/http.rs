//! Causes in the answers themselves.

use super::super::argument::Argument;
use super::super::facts::{Facts, keeper, owners};
use super::super::request::Wish;
use super::super::{Cause, has_code};
use crate::code::{Code, Owner};
use crate::finding::Confidence;
use crate::net::{counted, space};

/// Somebody has to sign in before this network lets anything through.
pub(in super::super) fn captive_portal(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| has_code(row, Code::HttpCaptivePortal));
    let Some(first) = rows.first() else {
        return Vec::new();
    };
    let mut argument = Argument::default();
    argument.note(facts.rows[*first].said());
    argument.signal("a plain request with a known answer got another one");
    argument.signal_if(rows.len() > 1, || {
        format!(
            "{} in this run are held back with it",
            counted(rows.len() - 1, "other row")
        )
    });
    vec![Cause {
        code: "captive_portal",
        title: "A captive portal holds this network back".to_owned(),
        summary:
            "A sign-in portal answers a plain request in the place of the host that was asked, so \
                  what fails here says nothing yet about the rules of the network behind it."
                .to_owned(),
        confidence: argument.confidence(),
        owner: Owner::Device,
        rows,
        evidence: argument.lines(),
        remedy: "Open a browser on this machine, sign in at the portal, and run again.".to_owned(),
        request: None,
    }]
}

/// A page stands where an API should answer. One filter is behind all of them.
pub(in super::super) fn block_page(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts
        .find(|row| has_code(row, Code::HttpBlockPage) || has_code(row, Code::EntraNotGenuine));
    if rows.is_empty() {
        return Vec::new();
    }
    let subject = facts.subject(&rows);
    let mut argument = Argument::default();
    argument.notes(facts.said(&rows));
    for owner in owners(facts.each(&rows)) {
        argument.signal(format!("a page without {owner}'s own marks answers for it"));
    }
    vec![Cause {
        code: "block_page",
        title: format!("A page answers in the place of {subject}"),
        summary: format!(
            "An HTML page without the service's own marks answers for {subject}: a proxy's block page, a \
             portal, or a box that speaks for the host."
        ),
        confidence: argument.confidence(),
        owner: Owner::Proxy,
        evidence: argument.lines(),
        rows,
        remedy: format!("Let {subject} pass the web filter unchanged."),
        request: Some(Wish::Allow),
    }]
}

/// Entra answers, and does not know the tenant.
pub(in super::super) fn tenant(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| has_code(row, Code::EntraTenantUnknown));
    if rows.is_empty() {
        return Vec::new();
    }
    vec![Cause {
        code: "tenant_unknown",
        title: "Entra does not know this tenant".to_owned(),
        summary:
            "Entra is reached and answers for itself; the tenant that was given does not exist \
                  in this cloud. The network is not at fault."
                .to_owned(),
        confidence: Confidence::High,
        owner: Owner::Identity,
        evidence: facts.said(&rows),
        rows,
        remedy:
            "Compare --tenant and --cloud with the tenant's properties in the Entra admin center."
                .to_owned(),
        request: Some(Wish::Ask("say which tenant and which cloud are to be used")),
    }]
}

/// A vendor's service is reached and answers with a server error.
pub(in super::super) fn outage(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| {
        let error = has_code(row, Code::HttpServerError);
        space::vendor(row.host()).filter(|_| error)
    });
    let cause = |(vendor, rows): (&'static str, Vec<usize>)| {
        let subject = facts.subject(&rows);
        Cause {
            code: "vendor_outage",
            title: format!("{vendor} has an outage: {subject} is reached and fails"),
            summary: format!(
                "{subject} answers with a server error of its own; the way there is proven, and nothing in \
                 this network mends it."
            ),
            confidence: spoken(facts, &rows).confidence(),
            owner: Owner::Vendor,
            evidence: spoken(facts, &rows).lines(),
            rows,
            remedy: format!("Look at the status page of {vendor}, and try again later."),
            request: Some(Wish::Ask(
                "look into the server errors with which these hosts answer",
            )),
        }
    };
    groups.into_iter().map(cause).collect()
}

/// What a host said of itself; with its own chain, nobody else can have said it.
fn spoken(facts: &Facts<'_>, rows: &[usize]) -> Argument {
    let mut argument = Argument::default();
    argument.notes(facts.said(rows));
    let proven = facts.each(rows).all(|row| {
        let tls = row.check.stages.tls.as_deref();
        tls.is_some_and(|tls| !tls.intercepted && !tls.seen.trusted_by.is_empty())
    });
    if proven {
        argument.proof("the answer came over the host's own certificate");
    } else {
        argument.signal("the answer came over a connection that proves nobody");
    }
    argument
}

/// The service is reached and is in trouble itself.
pub(in super::super) fn trouble(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| {
        let trouble = has_code(row, Code::HttpServerError) || has_code(row, Code::HttpThrottled);
        trouble.then(|| row.host().to_owned())
    });
    let cause = |(host, rows): (String, Vec<usize>)| {
        let owner = keeper(&host);
        let remedy = match owner {
            Owner::Vendor => {
                format!("Look at the status page of whoever runs {host}, and try again later.")
            }
            _ => format!("Look at the log of {host} and at the service behind it."),
        };
        Cause {
            code: "service_trouble",
            title: format!("{host} is reached and in trouble itself"),
            summary: format!("{host} answers with an error of its own; the way there is proven."),
            confidence: spoken(facts, &rows).confidence(),
            owner,
            evidence: spoken(facts, &rows).lines(),
            rows,
            remedy,
            request: Some(Wish::Ask(
                "look into the errors with which this host answers",
            )),
        }
    };
    groups.into_iter().map(cause).collect()
}
