//! What is said of causes that are nobody's network: sign-in, permissions, the application's registration.

use super::Meaning;
use crate::code::{Code, Owner};
use crate::finding::Confidence::High;

/// Each of these is what a service itself says, over a chain that proves it; one code of rows is one cause.
macro_rules! told {
    ($($code:literal $sign:ident $owner:ident $meaning:literal $seen:literal $next:literal $step:literal,)*) => {
        pub(super) const MEANINGS: &[Meaning] = &[$(Meaning {
            code: $code,
            owner: Owner::$owner,
            meaning: $meaning,
            signs: &[Code::$sign],
            seen: $seen,
            confidence: &[(High, "the service itself says so")],
            next: $next,
            steps: &[$step],
        },)*];
    };
}

told! {
    "cloud_wrong" EntraCloudWrong Identity
        "The tenant belongs to another Microsoft cloud."
        "What discovery or Entra's refusal says of the tenant's cloud."
        "Give the tenant's own cloud with --cloud, and set Location (Sovereign Cloud) in Jamf Pro to the same."
        "Compare the portal that the tenant's administrators use: portal.azure.com, .us or .cn.",
    "proxy_restricts_tenants" EntraProxyRestricts Network
        "A proxy that reads the connection restricts which tenants may sign in."
        "Entra's refusal for tenant restrictions, which only a proxy can have added."
        "Have the tenant added to the proxy's list, or the sign-in host exempted from inspection."
        "Find the header Restrict-Access-To-Tenants, or sec-Restrict-Tenant-Access-Policy, in the proxy's rules.",
    "app_refused" EntraAppRefused Identity
        "Entra does not let the application sign in."
        "Entra's refusal of the client id."
        "Compare the client id, and see that its enterprise application exists and is enabled."
        "Grant admin consent again if the enterprise application is missing.",
    "secret_wrong" EntraSecretWrong Identity
        "Entra does not accept the client secret."
        "Entra's refusal of the secret."
        "Make a new client secret and use its Value."
        "See that Jamf Pro has the same Value: an old one in its settings fails in the same way.",
    "secret_expired" EntraSecretExpired Identity
        "The client secret has expired."
        "Entra's refusal, or the registration's own dates."
        "Make a new client secret and give its Value to Jamf Pro."
        "Note the new end date: the day it ends, Macs stop syncing.",
    "secret_expiring" EntraSecretExpiring Identity
        "The client secret expires soon."
        "The dates that the application reads of its own registration."
        "Make a new client secret in good time and give its Value to Jamf Pro."
        "Remove the old one when Jamf Pro works with the new.",
    "policy_blocks_app" EntraPolicyBlocks Identity
        "A policy of the tenant blocks the application's sign-in."
        "Entra's refusal for a policy."
        "Read the service principal's sign-in log, and adapt the policy that it names."
        "Run again from the Jamf Pro server's own network: the answer depends on the place.",
    "api_missing" EntraApiMissing Identity
        "The tenant has no working Intune API."
        "Entra's refusal of the resource."
        "Look at the Intune licence of the tenant, and compare --tenant and --cloud."
        "See under Enterprise applications that Microsoft Intune API is enabled.",
    "sign_in_refused" EntraSignInRefused Identity
        "Entra refuses the sign-in for another reason."
        "Entra's refusal, with its trace id."
        "Open the look-up link in the evidence."
        "Give trace id, correlation id and timestamp to Microsoft's support.",
    "consent_missing" EntraPermissionMissing Identity
        "The application lacks a permission, or consent to it."
        "The roles of a token that was granted."
        "Add the application permission that the evidence names, and grant admin consent."
        "Wait some minutes after it: a token that is already granted keeps its roles until it ends.",
    "permission_extra" EntraPermissionExtra Identity
        "The application has a permission that the integration does not allow."
        "The roles of a token that was granted."
        "Remove the permission that the evidence names, and its consent."
        "Leave only update_device_attributes under Intune; what else is allowed says the permission profile.",
    "token_unfit" EntraTokenUnfit Identity
        "A token was granted that is not the one that was asked for."
        "The claims of the token."
        "Show the evidence to the identity administrators."
        "See with the rows of the token endpoint whether it is Entra that answers.",
    "token_unreadable" EntraTokenUnreadable Identity
        "What was granted is no token."
        "The answer to a token request that succeeded."
        "See whether it is Entra that answers."
        "Compare with the same run from another network.",
    "registration_unfit" EntraRegistrationUnfit Identity
        "The application's registration is not as the guide says."
        "What the application reads of its own registration."
        "Correct what the evidence names under App registrations."
        "Look at the row again after each change: each further point shows by itself.",
    "graph_refused" GraphRefused Identity
        "Microsoft Graph refuses a call."
        "Graph's own error code."
        "Compare the token's permissions with those that the call needs."
        "Take a fresh token: an administrator's ends after about an hour.",
    "graph_unexpected" GraphUnexpected Vendor
        "Microsoft Graph answers without what is due."
        "The shape of Graph's answer."
        "Show the evidence to the identity administrators if it stays."
        "Look at Microsoft's service health.",
    "connector_unfit" IntuneConnectorUnfit Identity
        "Intune's connector for Jamf Pro does not work as set up."
        "What Graph tells an administrator of the connector."
        "Look in the Intune admin center under Connectors and tokens."
        "Compare the application id there with the one in Jamf Pro, and repeat the connection from Jamf Pro.",
}
