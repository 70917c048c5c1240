//! Causes in the Jamf Pro server itself, by its own word.

use super::super::facts::{Facts, Row};
use super::super::{Cause, has_code};
use crate::code::{Code, Owner};
use crate::finding::Confidence;

/// A state of the server, how it is told apart, and what follows.
struct Kind {
    codes: &'static [Code],
    /// What the same server then answers to other questions.
    besides: &'static [Code],
    code: &'static str,
    owner: Owner,
    title: &'static str,
    summary: &'static str,
    remedy: &'static str,
}

/// A server that does not work yet says so wherever it is asked.
const NOT_READY: &[Code] = &[
    Code::HttpServerError,
    Code::HttpThrottled,
    Code::JamfNotTold,
];

const KINDS: [Kind; 10] = [
    Kind {
        codes: &[Code::JamfStarting, Code::JamfUpgrading],
        besides: NOT_READY,
        code: "jamf_starting",
        owner: Owner::Server,
        title: "Jamf Pro is starting",
        summary: "The way to the Jamf Pro server is open, and by its own word it has not finished its start or an \
                  upgrade; until it has, no Mac can check in.",
        remedy: "Let the server finish its start; if it stays at the same step, JAMFSoftwareServer.log has the reason.",
    },
    Kind {
        codes: &[
            Code::JamfDatabaseError,
            Code::JamfStartFailed,
            Code::JamfSetupAssistant,
        ],
        besides: NOT_READY,
        code: "jamf_not_working",
        owner: Owner::Server,
        title: "Jamf Pro is up and not working",
        summary: "The way to the Jamf Pro server is open, and by its own word it cannot do its work. The network is not \
                  at fault.",
        remedy: "Read JAMFSoftwareServer.log on the server: its start or its database failed, or it was never set up.",
    },
    Kind {
        codes: &[Code::JamfTooOld],
        // What a newer one would have told.
        besides: &[Code::JamfNotTold],
        code: "jamf_too_old",
        owner: Owner::Server,
        title: "Jamf Pro is too old",
        summary: "The Jamf Pro server works and is older than what it is to be joined with accepts. The network is not \
                  at fault.",
        remedy: "Update Jamf Pro to a version that its vendor and Microsoft still support.",
    },
    Kind {
        codes: &[Code::JamfCaExpiring],
        besides: &[],
        code: "jamf_authority_ends",
        owner: Owner::Server,
        title: "The authority built into Jamf Pro has to be renewed",
        summary: "Every Mac trusts Jamf Pro and proves itself by the certificate authority that is built into it; when \
                  that ends, both end.",
        remedy: "Renew the built-in authority in Jamf Pro while every Mac still checks in.",
    },
    Kind {
        codes: &[Code::JamfClientRefused],
        besides: &[],
        code: "jamf_client_refused",
        owner: Owner::Server,
        title: "Jamf Pro refuses the API client",
        summary: "The way to the Jamf Pro server is open, and it grants no token for the id and the secret that were \
                  given; what it would have told stays unknown.",
        remedy: "Compare the client's id with Jamf Pro's settings (System, API Roles and Clients), and make a new secret \
                 if the old one is in doubt.",
    },
    Kind {
        codes: &[Code::JamfTokenRefused],
        besides: &[],
        code: "jamf_token_refused",
        owner: Owner::Server,
        title: "Jamf Pro does not take its own token",
        summary: "The way to the Jamf Pro server is open, it granted a token to the API client, and it answers calls \
                  with that token as if there were none; what it would have told stays unknown.",
        remedy: "See whether a reverse proxy or load balancer before Jamf Pro takes the header Authorization out of \
                 requests.",
    },
    Kind {
        codes: &[Code::JamfAppleFailure],
        besides: &[],
        code: "jamf_cannot_reach_apple",
        owner: Owner::Network,
        title: "Jamf Pro reports that it cannot reach Apple",
        summary: "By its own word the Jamf Pro server cannot reach Apple's push service, so that no Mac is woken for a \
                  command. That is the server's network, not the one of this machine.",
        remedy: "Allow TCP 443 or 2197 from the Jamf Pro server to api.push.apple.com, without TLS inspection.",
    },
    Kind {
        codes: &[Code::JamfMicrosoftFailure],
        besides: &[],
        code: "jamf_cannot_reach_microsoft",
        owner: Owner::Identity,
        title: "Jamf Pro reports that it cannot work with Microsoft",
        summary: "By its own word the Jamf Pro server's connection to Microsoft fails, so that compliance does not reach \
                  Intune. Consent, licences and secrets fail like this more often than networks.",
        remedy: "Renew the consent of the integration in Jamf Pro; for a server of one's own see also that it reaches \
                 the sign-in host, Graph and *.manage.microsoft.com.",
    },
    Kind {
        codes: &[Code::JamfPushCertExpired, Code::JamfPushCertExpiring],
        besides: &[],
        code: "push_certificate",
        owner: Owner::Server,
        title: "The push certificate of Jamf Pro has to be renewed",
        summary: "By its own word the Jamf Pro server's push certificate has ended or is about to: without it no command \
                  reaches any Mac, which looks like a blocked network and is none.",
        remedy: "Renew the push certificate at identity.apple.com with the very Apple Account that made it.",
    },
    Kind {
        codes: &[Code::JamfCertificateEnds],
        besides: &[],
        code: "jamf_certificates",
        owner: Owner::Server,
        title: "Certificates or tokens of Jamf Pro have to be renewed",
        summary: "By its own word a certificate or a token of the Jamf Pro server has ended or is about to.",
        remedy: "Renew in Jamf Pro what the evidence names.",
    },
];

pub(in super::super) fn state(facts: &Facts<'_>) -> Vec<Cause> {
    KINDS.iter().flat_map(|kind| of_kind(facts, kind)).collect()
}

fn of_kind(facts: &Facts<'_>, kind: &Kind) -> Vec<Cause> {
    let groups = facts.group(|row| {
        let is = kind.codes.iter().any(|code| has_code(row, *code));
        is.then(|| row.host().to_owned())
    });
    let cause = |(host, mut rows): (String, Vec<usize>)| {
        let evidence = facts.said(&rows);
        rows.extend(facts.find(|row| {
            let besides = kind.besides.iter().any(|code| has_code(row, *code));
            besides && row.check.probe == "jamf" && row.host() == host
        }));
        Cause {
            code: kind.code,
            title: format!("{}: {host}", kind.title),
            summary: kind.summary.to_owned(),
            confidence: Confidence::Certain,
            owner: kind.owner,
            rows,
            evidence,
            remedy: kind.remedy.to_owned(),
            request: None,
        }
    };
    groups.into_iter().map(cause).collect()
}

/// What terminates the server's TLS falls short of what Apple announces.
pub(in super::super) fn transport(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| has_code(row, Code::TlsBelowAts).then(|| row.host().to_owned()));
    let cause = |(host, mut rows): (String, Vec<usize>)| {
        let evidence = facts.said(&rows);
        let refused = facts.find(|row| row.host() == host && is_older(row));
        let today = if refused.is_empty() {
            format!("Macs accept the TLS of {host} today.")
        } else {
            format!("{host} speaks neither TLS 1.2 nor 1.3, so this program could ask it nothing.")
        };
        rows.extend(refused);
        Cause {
            code: "tls_outdated",
            title: format!("{host} speaks TLS that Apple will refuse"),
            summary: format!(
                "{today} Apple announces that coming systems may refuse management servers \
             whose TLS falls short of App Transport Security, and this one does."
            ),
            confidence: Confidence::High,
            owner: Owner::Server,
            evidence,
            rows,
            remedy: format!(
                "Renew the certificate of {host}, or update what terminates its TLS, with https://support.apple.com/126655 \
             at hand."
            ),
            request: None,
        }
    };
    groups.into_iter().map(cause).collect()
}

/// Whether the server refused the very versions of TLS that it was offered (alert 70, `protocol_version`).
fn is_older(row: &Row<'_>) -> bool {
    let tls = row.check.stages.tls.as_deref();
    has_code(row, Code::TlsAlertOurs) && tls.is_some_and(|tls| tls.seen.alert == Some(70))
}
