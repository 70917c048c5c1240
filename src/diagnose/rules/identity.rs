//! Causes that a service itself tells whoever signs in: credentials, consent, the registration. Never the network's.

use super::super::facts::Facts;
use super::super::{Cause, has_code, meaning};
use crate::advice;
use crate::code::{Code, Owner};
use crate::finding::Confidence;

/// The row's code and the name of its diagnosis, the one that hides the others first.
const TOLD: [Told; 17] = [
    Told {
        sign: Code::EntraCloudWrong,
        code: "cloud_wrong",
    },
    Told {
        sign: Code::EntraProxyRestricts,
        code: "proxy_restricts_tenants",
    },
    Told {
        sign: Code::EntraAppRefused,
        code: "app_refused",
    },
    Told {
        sign: Code::EntraSecretWrong,
        code: "secret_wrong",
    },
    Told {
        sign: Code::EntraSecretExpired,
        code: "secret_expired",
    },
    Told {
        sign: Code::EntraSecretExpiring,
        code: "secret_expiring",
    },
    Told {
        sign: Code::EntraPolicyBlocks,
        code: "policy_blocks_app",
    },
    Told {
        sign: Code::EntraApiMissing,
        code: "api_missing",
    },
    Told {
        sign: Code::EntraSignInRefused,
        code: "sign_in_refused",
    },
    Told {
        sign: Code::EntraPermissionMissing,
        code: "consent_missing",
    },
    Told {
        sign: Code::EntraPermissionExtra,
        code: "permission_extra",
    },
    Told {
        sign: Code::EntraTokenUnfit,
        code: "token_unfit",
    },
    Told {
        sign: Code::EntraTokenUnreadable,
        code: "token_unreadable",
    },
    Told {
        sign: Code::EntraRegistrationUnfit,
        code: "registration_unfit",
    },
    Told {
        sign: Code::GraphRefused,
        code: "graph_refused",
    },
    Told {
        sign: Code::GraphUnexpected,
        code: "graph_unexpected",
    },
    Told {
        sign: Code::IntuneConnectorUnfit,
        code: "connector_unfit",
    },
];

struct Told {
    sign: Code,
    code: &'static str,
}

/// One cause for each code, whatever number of rows has it.
pub(in super::super) fn told(facts: &Facts<'_>) -> Vec<Cause> {
    let cause = |told: &Told| {
        let (code, name) = (told.sign, told.code);
        let rows = facts.find(|row| has_code(row, code));
        let first = rows.first()?;
        let known = meaning(name)?;
        // The finding's own advice is that of the very code that Entra gave.
        let findings = &facts.rows[*first].check.findings;
        let advice = findings.iter().find(|finding| finding.code == code);
        Some(Cause {
            code: name,
            title: known.meaning.trim_end_matches('.').to_owned(),
            summary: format!(
                "{} {}",
                advice::of(code).meaning,
                match known.owner {
                    Owner::Network =>
                        "Entra says so itself, and only a box that reads the connection can cause it.",
                    Owner::Vendor =>
                        "The way there is proven by the answer: the network is not at fault.",
                    _ =>
                        "The service says so itself, over a chain that proves it: the network is not at fault.",
                }
            ),
            confidence: Confidence::High,
            owner: known.owner,
            evidence: facts.said(&rows),
            rows,
            remedy: advice
                .map_or(known.next, |finding| finding.advice.as_str())
                .to_owned(),
            request: None,
        })
    };
    TOLD.iter().filter_map(cause).collect()
}
