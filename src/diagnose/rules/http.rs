//! Causes in the answers themselves.

use super::super::facts::Facts;
use super::super::request::Wish;
use super::super::{Cause, has_code};
use crate::code::{Code, Owner};
use crate::finding::Confidence;
use crate::net::space;

/// Somebody has to sign in before this network lets anything through.
pub(in super::super) fn captive_portal(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| has_code(row, Code::HttpCaptivePortal));
    let Some(first) = rows.first() else {
        return Vec::new();
    };
    let message = facts.rows[*first].check.message.clone();
    vec![Cause {
        code: "captive_portal",
        title: "A captive portal holds this network back".to_owned(),
        summary: "A sign-in portal answers a plain request in the place of the host that was asked, so \
                  what fails here says nothing yet about the rules of the network behind it."
            .to_owned(),
        confidence: Confidence::High,
        owner: Owner::Device,
        rows,
        evidence: vec![message],
        remedy: "Open a browser on this machine, sign in at the portal, and run again. Macs that are to \
                 be managed here without a user need an exception from the portal."
            .to_owned(),
        request: None,
    }]
}

/// A page stands where an API should answer.
pub(in super::super) fn block_page(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| {
        let page = has_code(row, Code::HttpBlockPage) || has_code(row, Code::EntraNotGenuine);
        page.then(|| row.host().to_owned())
    });
    let cause = |(host, rows): (String, Vec<usize>)| Cause {
        code: "block_page",
        title: format!("A page answers in the place of {host}"),
        summary: format!(
            "An HTML page without the service's own marks answers for {host}: a proxy's block \
             page, a portal, or a box that speaks for the host."
        ),
        confidence: if rows.len() > 1 {
            Confidence::High
        } else {
            Confidence::Medium
        },
        owner: Owner::Proxy,
        evidence: rows
            .iter()
            .map(|index| facts.rows[*index].check.message.clone())
            .collect(),
        rows,
        remedy: format!("Ask whoever runs the web filter to let {host} pass unchanged."),
        request: Some(Wish::Allow),
    };
    groups.into_iter().map(cause).collect()
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
        evidence: vec![facts.rows[rows[0]].check.message.clone()],
        rows,
        remedy:
            "Compare --tenant and --cloud with the tenant's properties in the Entra admin center."
                .to_owned(),
        request: None,
    }]
}

/// The service is reached and is in trouble itself.
pub(in super::super) fn trouble(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| {
        let trouble = has_code(row, Code::HttpServerError) || has_code(row, Code::HttpThrottled);
        trouble.then(|| row.host().to_owned())
    });
    let cause = |(host, rows): (String, Vec<usize>)| {
        let (owner, remedy) = match space::vendor(&host) {
            Some(_) => (
                Owner::Vendor,
                format!("Look at the status page of whoever runs {host}, and try again later."),
            ),
            None => (
                Owner::Server,
                format!("Look at the log of {host} and at the service behind it."),
            ),
        };
        Cause {
            code: "service_trouble",
            title: format!("{host} is reached and in trouble itself"),
            summary: format!("{host} answers with an error of its own; the way there is proven."),
            confidence: Confidence::High,
            owner,
            evidence: vec![facts.rows[rows[0]].check.message.clone()],
            rows,
            remedy,
            request: None,
        }
    };
    groups.into_iter().map(cause).collect()
}
