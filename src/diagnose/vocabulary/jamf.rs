//! Causes in the Jamf Pro server itself.

use super::Meaning;
use crate::code::{Code, Owner};
use crate::finding::Confidence::{Certain, High};

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning {
        code: "jamf_starting",
        owner: Owner::Server,
        meaning: "Jamf Pro is reached and has not finished its start or an upgrade.",
        signs: &[Code::JamfStarting, Code::JamfUpgrading],
        seen: "The server's own startup status, asked for because its health check was not 204.",
        confidence: &[(Certain, "the server says so itself")],
        next: "Let it finish and run again.",
        steps: &["Do not restart it while it changes its database."],
    },
    Meaning {
        code: "jamf_not_working",
        owner: Owner::Server,
        meaning: "Jamf Pro is reached and by its own word cannot do its work.",
        signs: &[
            Code::JamfDatabaseError,
            Code::JamfStartFailed,
            Code::JamfSetupAssistant,
        ],
        seen: "An error of its database or its start, or a setup assistant that nobody has gone \
               through.",
        confidence: &[(Certain, "the server says so itself")],
        next: "Read JAMFSoftwareServer.log on the server.",
        steps: &[
            "See that its MySQL server runs and takes the password that Jamf Pro has.",
            "If it asks for its setup, see that the URL is that of the server in use.",
        ],
    },
    Meaning {
        code: "jamf_too_old",
        owner: Owner::Server,
        meaning: "Jamf Pro is older than what it is to be joined with accepts.",
        signs: &[Code::JamfTooOld],
        seen: "The version that the server itself gives, below the minimum of a row.",
        confidence: &[(Certain, "the server tells its version itself")],
        next: "Update Jamf Pro.",
        steps: &["Nothing else has to change for this row."],
    },
    Meaning {
        code: "jamf_authority_ends",
        owner: Owner::Server,
        meaning: "The certificate authority built into Jamf Pro ends soon.",
        signs: &[Code::JamfCaExpiring],
        seen: "Its last day, as the server itself gives it, less than 60 days away.",
        confidence: &[(Certain, "the server gives the date itself")],
        next: "Renew it in Jamf Pro while every Mac still checks in.",
        steps: &["See that every Mac has got the new one before the old one ends."],
    },
    Meaning {
        code: "tls_outdated",
        owner: Owner::Server,
        meaning: "The TLS of a management server is not what Apple announces to demand.",
        signs: &[Code::TlsBelowAts],
        seen: "TLS 1.2 without extended master secret, or TLS 1.2 and 1.3 refused as versions (alert 70). Small keys and \
               SHA-1 are not trusted today either, and are a fault of the certificate. Whether a server \
               insists on ciphers without forward secrecy cannot be seen: it refuses as one does that wants \
               older ciphers which Apple still has on its list.",
        confidence: &[(
            High,
            "what is missing was seen, what Apple will refuse is announced only",
        )],
        next: "Renew the certificate or update what terminates TLS, before coming systems refuse it.",
        steps: &["Read https://support.apple.com/126655 for the day and for the exceptions."],
    },
    Meaning {
        code: "jamf_client_refused",
        owner: Owner::Server,
        meaning: "Jamf Pro grants no token for the API client that was given.",
        signs: &[Code::JamfClientRefused],
        seen: "An OAuth error of its token endpoint.",
        confidence: &[(Certain, "the server says so itself")],
        next: "Compare id and secret with the API client in Jamf Pro.",
        steps: &["See that the client is enabled and has a role."],
    },
    Meaning {
        code: "jamf_token_refused",
        owner: Owner::Server,
        meaning: "Jamf Pro grants a token to the API client and then does not take it.",
        signs: &[Code::JamfTokenRefused],
        seen: "Status 401 to a call with the token that the same server granted in the same run.",
        confidence: &[(Certain, "the server says so itself")],
        next: "See whether a proxy before the server takes the header Authorization out of requests.",
        steps: &[
            "See that the clocks of the server's nodes agree.",
            "See how long the API client's tokens live, in Jamf Pro's API Roles and Clients.",
        ],
    },
    Meaning {
        code: "jamf_cannot_reach_apple",
        owner: Owner::Network,
        meaning: "Jamf Pro itself cannot reach Apple's push service.",
        signs: &[Code::JamfAppleFailure],
        seen: "Its own notification, read with an API client.",
        confidence: &[(Certain, "the server says so itself")],
        next: "Allow the server to reach api.push.apple.com.",
        steps: &[
            "Run this program on the server with --from jamf-server; where it is on Jamf Cloud, ask Jamf.",
        ],
    },
    Meaning {
        code: "jamf_cannot_reach_microsoft",
        owner: Owner::Identity,
        meaning: "Jamf Pro itself cannot work with Entra or Intune.",
        signs: &[Code::JamfMicrosoftFailure],
        seen: "Its own notifications, read with an API client.",
        confidence: &[(Certain, "the server says so itself")],
        next: "Renew the consent of the integration in Jamf Pro.",
        steps: &[
            "See that licences and secrets have not ended, then that the server reaches Microsoft.",
        ],
    },
    Meaning {
        code: "push_certificate",
        owner: Owner::Server,
        meaning: "The push certificate of Jamf Pro has ended or is about to.",
        signs: &[Code::JamfPushCertExpired, Code::JamfPushCertExpiring],
        seen: "Its own notification, read with an API client.",
        confidence: &[(Certain, "the server says so itself")],
        next: "Renew it with the Apple Account that made it.",
        steps: &[
            "See that its topic is the same as before: with another one, every Mac has to be enrolled anew.",
        ],
    },
    Meaning {
        code: "jamf_certificates",
        owner: Owner::Server,
        meaning: "A certificate or a token of Jamf Pro has ended or is about to.",
        signs: &[Code::JamfCertificateEnds],
        seen: "Its own notifications, read with an API client.",
        confidence: &[(Certain, "the server says so itself")],
        next: "Renew what the evidence names.",
        steps: &["Look in Jamf Pro again: the notification goes with its cause."],
    },
];
