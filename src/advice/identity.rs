//! What there is to say about signing in: Entra, Graph and Intune with credentials.

words! {
    EntraCloudWrong {
        meaning: "The tenant belongs to another Microsoft cloud than the one that was asked.",
        seen: "The discovery document names another cloud's instance, or Entra refused with a code for national clouds \
            (AADSTS90038, 900382, 900432, 90051).",
        next: "Give the tenant's own cloud with --cloud, and set Location (Sovereign Cloud) in Jamf Pro to the same.",
    }
    EntraProxyRestricts {
        meaning: "Entra refused because of tenant restrictions that a proxy on the way adds to requests.",
        seen: "AADSTS500021, 500022 or 50002. Only a box that reads the TLS connection can add them, so it proves one.",
        next: "Ask the proxy team to add this tenant to the restrictions' list, or to exempt the sign-in host for this \
            machine.",
    }
    EntraAppRefused {
        meaning: "Entra does not let this application sign in, whatever its secret.",
        seen: "An answer with `unauthorized_client`, or a code such as AADSTS700016 (not known), 7000112 (disabled) or \
            7000229 (no enterprise application).",
        next: "Compare --client-id with the Application (client) ID in the Entra admin center, and see that its \
            enterprise application exists and is enabled.",
    }
    EntraSecretWrong {
        meaning: "Entra does not accept the client secret.",
        seen: "An answer with `invalid_client`, usually AADSTS7000215. This program encodes the secret as a form \
            demands, so its characters are not the cause.",
        next: "Make a new client secret, copy its Value (not its ID), and give that to Jamf Pro and to this program.",
    }
    EntraSecretExpired {
        meaning: "The client secret has expired.",
        seen: "AADSTS7000222 from the token endpoint, or the end date of the last secret of the registration itself.",
        next: "Make a new client secret and give its Value to Jamf Pro; old and new work side by side until then.",
    }
    EntraSecretExpiring {
        meaning: "The last client secret of the registration expires soon.",
        seen: "The end dates that the application reads of its own registration: the latest is less than 30 days away.",
        next: "Make a new client secret in good time and give its Value to Jamf Pro: the day it ends, Macs stop syncing.",
    }
    EntraPolicyBlocks {
        meaning: "A policy of the tenant blocks the sign-in of this application.",
        seen: "A code such as AADSTS53003 (Conditional Access), 7005050 (place) or 7002101 (secrets forbidden).",
        next: "Read the service principal's sign-in log; run this from the Jamf Pro server's own network, for the answer \
            depends on where it comes from.",
    }
    EntraApiMissing {
        meaning: "The tenant has no working API of that name.",
        seen: "An answer with `invalid_resource`, or AADSTS500011 or 500014: the API's service principal is missing or \
            disabled.",
        next: "Look at the Intune licence of the tenant, and compare --tenant and --cloud.",
    }
    EntraSignInRefused {
        meaning: "Entra refused the token for another reason.",
        seen: "An error answer of Entra's own whose code is not one of the kinds above; the row shows it with its trace \
            id.",
        next: "Open the look-up link in the evidence.",
    }
    EntraPermissionMissing {
        meaning: "The application lacks a permission that the integration needs.",
        seen: "A token was granted, and its `roles` lack the permission: it was not added, or nobody consented. The \
            token cannot tell which.",
        next: "Add the application permission that the evidence names, and choose Grant admin consent.",
    }
    EntraPermissionExtra {
        meaning: "The application has a permission that the integration does not allow.",
        seen: "The token's `roles` hold more than the permission profile has. Delegated permissions never show in it.",
        next: "Remove the permission that the evidence names from the registration, and its consent from the enterprise \
            application.",
    }
    EntraTokenUnfit {
        meaning: "A token was granted that is not the one that was asked for.",
        seen: "Its audience, tenant, application or time does not fit, or it is a user's (`scp`).",
        next: "Show what the row learned to your identity administrators; if a proxy answers for Entra, ask its team.",
    }
    EntraTokenUnreadable {
        meaning: "What was granted is no token that can be read.",
        seen: "No `access_token`, or one that is not three parts of base64url with JSON in the middle.",
        next: "See with the rows of entra.token whether it is Entra that answers; if it is, tell the authors of this \
            program.",
    }
    EntraRegistrationUnfit {
        meaning: "The application's own registration is not as the guide for Jamf Pro says.",
        seen: "Redirect URIs, supported account types or requested permissions that the application read about itself.",
        next: "Correct what the evidence names under App registrations in the Entra admin center.",
    }
    EntraNotCheckable {
        meaning: "This cannot be looked at with the permissions that the application has.",
        seen: "The token for Graph lacks the role that the question needs, or the cloud has no such interface.",
        next: "Nothing has to be done for it; where the row names a page, look there.",
    }
    GraphRefused {
        meaning: "Microsoft Graph refused a call although a token was shown.",
        seen: "Status 401 or 403 with Graph's own error code.",
        next: "Compare the token's permissions with those that the call needs.",
    }
    GraphUnexpected {
        meaning: "Microsoft Graph answered without what is due.",
        seen: "JSON of another shape, or a service address that is none of Intune's.",
        next: "Run again; if it stays, show the row to your identity administrators.",
    }
    IntuneConnectorUnfit {
        meaning: "Intune's connector for Jamf Pro is not working as set up.",
        seen: "Its state, the application it expects, or its last heartbeat, as Graph tells them to an administrator.",
        next: "Look in the Intune admin center under Tenant administration > Connectors and tokens, and in Jamf Pro's \
            settings.",
    }
}
