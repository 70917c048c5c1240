//! Words for what a Jamf Pro server tells of itself.

words! {
    JamfStarting {
        meaning: "Jamf Pro is reached and has not finished starting; Macs cannot check in until it \
            has.",
        seen: "The health check is not 204, and `/api/startup-status` names a step of the start \
            that is not the last.",
        next: "Wait some minutes and run again. If it stays at one step, its administrators find \
            the reason in JAMFSoftwareServer.log.",
    }
    JamfUpgrading {
        meaning: "Jamf Pro is reached and changes its database, as after an update; Macs cannot \
            check in until that is done.",
        seen: "The health check is not 204, and `/api/startup-status` names a step of a database \
            or certificate migration.",
        next: "Let it finish: a restart in the midst of it can damage the database. Run again \
            when its administrators say that the update is over.",
    }
    JamfDatabaseError {
        meaning: "Jamf Pro is reached, and has no database that it can work with.",
        seen: "An error code of `/api/startup-status` that begins with DATABASE, or \
            DBConnectionError on the old health page.",
        next: "Show the detail to the administrators of Jamf Pro and of its MySQL server; the \
            network of the Macs is not at fault.",
    }
    JamfStartFailed {
        meaning: "Jamf Pro is reached, and its start ended in an error.",
        seen: "An error code of `/api/startup-status`, or an entry of the old health page, that \
            is not about the database.",
        next: "Show the detail to the administrators of Jamf Pro; OLD_VERSION_ERROR, for one, \
            means that the database belongs to another version.",
    }
    JamfSetupAssistant {
        meaning: "Jamf Pro is reached and was never set up: it waits for its first administrator.",
        seen: "`/api/startup-status` says that the setup assistant is necessary.",
        next: "Check that the URL is that of the server in use; on a new one, finish its setup \
            assistant, which anybody who reaches it could do.",
    }
    JamfTooOld {
        meaning: "Jamf Pro is older than what it is to be joined with accepts.",
        seen: "The version that the server gives without a login is below the `least` of the row.",
        next: "Have the administrators of Jamf Pro update it; no rule of the network changes \
            this.",
    }
    JamfNotTold {
        meaning: "The Jamf Pro server leaves this question open.",
        seen: "The address that tells it gave another status or another text; older servers and \
            what stands before one may not have it. Without a sign-in that is no fault and the row \
            is skipped; where an API client was given, the row is inconclusive.",
        next: "Read it in Jamf Pro itself. If the server has trouble, the row of its health says \
            which.",
    }
    JamfUnexpected {
        meaning: "Jamf Pro answered with JSON of another shape than its documentation has.",
        seen: "Status 200 and JSON in which the member that was asked for is missing or has \
            another type.",
        next: "Compare with the same address in a browser; a newer Jamf Pro may have changed it, \
            and then this program has to follow.",
    }
    JamfCaExpiring {
        meaning: "The certificate authority built into Jamf Pro is near its end.",
        seen: "Its `notAfter`, as the server itself gives it, is less than 60 days away.",
        next: "Renew it in Jamf Pro (Settings, Global, PKI certificates) while every Mac still \
            checks in, so that each gets the new one.",
    }
    JamfClientRefused {
        meaning: "Jamf Pro does not take the id and the secret of the API client.",
        seen: "The token endpoint answered 400, 401 or 403 with an OAuth error such as \
            `invalid_client`, or 401 with JSON of its own.",
        next: "Compare --jamf-client-id with Settings, System, API Roles and Clients; see that the \
            client is enabled, and make a new secret if the old one is in doubt.",
    }
    JamfTokenRefused {
        meaning: "Jamf Pro granted a token and does not take it.",
        seen: "A call with the token of this very run was answered by 401.",
        next: "See whether a proxy before the server takes the header `Authorization` out of requests, whether its \
            nodes' clocks agree, and how long the API client's tokens live.",
    }
    JamfTokenKept {
        meaning: "The token of this run could not be given back to Jamf Pro.",
        seen: "`/api/v1/auth/invalidate-token` answered neither 2xx nor 401, or not at all.",
        next: "Nothing has to be done: the token ends by itself, within the lifetime that the API \
            client has.",
    }
    JamfAppleFailure {
        meaning: "Jamf Pro itself cannot reach Apple's push service: no Mac is woken.",
        seen: "The notification APNS_CONNECTION_FAILURE, read from the server with an API client.",
        next: "For a server of your own, run this program on it with `--from jamf-server`; on Jamf \
            Cloud, ask Jamf.",
    }
    JamfMicrosoftFailure {
        meaning: "Jamf Pro itself cannot work with Microsoft: compliance does not reach Intune.",
        seen: "A notification about Device Compliance, Conditional Access or the old Intune \
            integration, read from the server with an API client; the detail names it.",
        next: "Look at the consent, the licence and the secret of the integration first; for a \
            server of your own also at its way to Microsoft, with `--from jamf-server`.",
    }
    JamfPushCertExpired {
        meaning: "The push certificate of Jamf Pro no longer counts: no command reaches any Mac, on \
            the best of networks.",
        seen: "The notification PUSH_CERT_EXPIRED or APNS_CERT_REVOKED, read from the server with \
            an API client.",
        next: "Renew it at identity.apple.com with the Apple Account that made it: a certificate of \
            another topic would mean to enrol every Mac anew.",
    }
    JamfPushCertExpiring {
        meaning: "The push certificate of Jamf Pro ends soon.",
        seen: "The notification PUSH_CERT_WILL_EXPIRE, with its days where the server gives them.",
        next: "Renew it in time, with the very Apple Account that made it.",
    }
    JamfCertificateEnds {
        meaning: "Another certificate or token of Jamf Pro has ended or ends soon.",
        seen: "A notification about its web certificate, its built-in authority, its push proxy or \
            automated enrolment, read from the server with an API client; the detail names it.",
        next: "Have the administrators of Jamf Pro renew what the detail names.",
    }
}
