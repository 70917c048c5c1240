//! Judging a certificate chain: trusted by a store the row accepts, opened on the way, or at fault itself.

use jiff::Timestamp;

use super::ask::LadderSeen;
use super::context::{Context, Inspection, finding};
use crate::code::Code;
use crate::finding::{Expectation, Finding, Verdict};
use crate::net::certificate::Certificate;
use crate::net::endpoint::Host;
use crate::net::space;
use crate::net::tls::{TlsSeen, classify_chain, inspected_by};
use crate::net::trust::{StoreName, lacks_issuer};

/// A certificate that ends sooner than this is worth a warning.
const EXPIRY_NOTICE_DAYS: i64 = 21;

pub(super) fn judge(
    ladder: &LadderSeen,
    tls: &TlsSeen,
    accepts: &[StoreName],
    context: &Context<'_>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(code) = code(&ladder.host, tls, accepts, context) {
        findings.push(fault(code, tls, accepts, context));
    } else {
        findings.extend(private_ca(tls));
        findings.extend(expiring(tls, context.now));
    }
    findings
}

/// Whether a chain was made on the way, by the signatures that design.md names.
pub(crate) fn is_intercepted(
    host: &Host,
    tls: &TlsSeen,
    accepts: &[StoreName],
    context: &Context<'_>,
) -> bool {
    code(host, tls, accepts, context) == Some(Code::TlsIntercepted)
}

fn code(host: &Host, tls: &TlsSeen, accepts: &[StoreName], context: &Context<'_>) -> Option<Code> {
    // A system that trusts the inspecting product does not make its chain the host's own.
    if inspected_by(tls).is_some() {
        return Some(Code::TlsIntercepted);
    }
    let found = classify_chain(tls, accepts)?;
    let public = [StoreName::Public, StoreName::Apple];
    if vouched(tls, &public) {
        return Some(found);
    }
    let vendor_host = !accepts.contains(&StoreName::System);
    let administrator_added = vendor_host && tls.trusted_by.contains(&StoreName::System);
    let owners = issuer(tls).and_then(|issuer| context.run.private_issuers.get(issuer));
    let signs_unrelated = owners.is_some_and(|owners| {
        owners.len() > 1 && owners.contains(&space::owner(&host.to_string()))
    });
    let judged_by_chain = matches!(found, Code::TlsCertUntrusted | Code::TlsChainIncomplete);
    if judged_by_chain && (administrator_added || signs_unrelated) {
        return Some(Code::TlsIntercepted);
    }
    Some(found)
}

fn vouched(tls: &TlsSeen, stores: &[StoreName]) -> bool {
    stores.iter().any(|store| {
        tls.stores
            .get(store)
            .is_some_and(|verdict| verdict.chain == "ok")
    })
}

/// Whether nobody between can have made this chain: not an administrator's authority but public or Apple's roots, or the
/// one that was given for this very server, vouch for it.
pub(super) fn proves(tls: &TlsSeen) -> bool {
    let beyond_doubt = [StoreName::Public, StoreName::Apple, StoreName::JamfCa];
    inspected_by(tls).is_none()
        && tls
            .trusted_by
            .iter()
            .any(|store| beyond_doubt.contains(store))
}

/// The issuer of the last certificate shown: the root, or the closest to it that the peer sent.
pub(crate) fn issuer(tls: &TlsSeen) -> Option<&str> {
    tls.chain
        .last()
        .map(|certificate| certificate.issuer.as_str())
}

fn fault(code: Code, tls: &TlsSeen, accepts: &[StoreName], context: &Context<'_>) -> Finding {
    let verdict = match code {
        Code::TlsIntercepted
            if context.inspection == Inspection::Tolerated
                && context.expect != Expectation::NotIntercepted =>
        {
            Verdict::Degraded
        }
        _ => Verdict::Fail,
    };
    let stores: Vec<String> = accepts.iter().map(ToString::to_string).collect();
    let expected = format!("a chain to {}", stores.join(" or "));
    finding(code, verdict, &expected, describe(code, tls))
}

fn describe(code: Code, tls: &TlsSeen) -> String {
    let leaf = tls.chain.first();
    let issuer = issuer(tls).unwrap_or("nobody");
    match code {
        Code::TlsIntercepted => match inspected_by(tls) {
            Some(vendor) => format!("the chain was made by {issuer} ({vendor})"),
            None => format!("the chain was made by {issuer}, which signs no site of this owner"),
        },
        Code::TlsCertExpired => {
            let ended = leaf.map_or("", |leaf| leaf.not_after.as_str());
            format!("the certificate expired at {ended}")
        }
        Code::TlsCertNotYetValid => {
            let begins = leaf.map_or("", |leaf| leaf.not_before.as_str());
            format!("the certificate is valid only from {begins}")
        }
        Code::TlsCertName => format!(
            "the certificate is for {}, not for {}",
            tls.names.join(", "),
            tls.sni.as_deref().unwrap_or("this address")
        ),
        Code::TlsChainIncomplete => {
            let from = leaf.map_or_else(String::new, fetched_from);
            format!("the server sent no certificate of its issuer {issuer}{from}")
        }
        _ if lacks_issuer(&tls.chain) => {
            let from = leaf.map_or_else(String::new, fetched_from);
            format!(
                "signed by {issuer}, which the server did not send and no accepted store knows: a private root, or an \
                 authority below one{from}"
            )
        }
        _ => format!("the chain ends at {issuer}, which no accepted store knows"),
    }
}

/// Where the certificate says that its issuer's can be had.
fn fetched_from(leaf: &Certificate) -> String {
    leaf.ca_issuers
        .first()
        .map_or_else(String::new, |url| format!("; it should be at {url}"))
}

/// A customer's own host on a private CA is in order where the system knows it; the reader is told.
fn private_ca(tls: &TlsSeen) -> Option<Finding> {
    if vouched(tls, &[StoreName::Public, StoreName::Apple]) {
        return None;
    }
    let issuer = issuer(tls).unwrap_or("nobody");
    Some(finding(
        Code::TlsPrivateCa,
        Verdict::Pass,
        "a chain that the row accepts",
        format!("the chain ends at the private {issuer}"),
    ))
}

fn expiring(tls: &TlsSeen, now: Timestamp) -> Option<Finding> {
    let ends: Timestamp = tls.chain.first()?.not_after.parse().ok()?;
    let days = (ends.as_second() - now.as_second()) / 86_400;
    (days < EXPIRY_NOTICE_DAYS).then(|| {
        finding(
            Code::TlsCertExpiring,
            Verdict::Degraded,
            "a certificate with at least 21 days left",
            format!("the certificate expires in {days} days, at {ends}"),
        )
    })
}
