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
        seen: "The address that tells it gave another status, another text or an error of the \
            server; older servers and what stands before one may not have it.",
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
}
