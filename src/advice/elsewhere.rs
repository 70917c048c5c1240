//! What keeps Macs from syncing although the network is in order: what people report, what it is, and where to look.

/// One thing that no rule of a firewall mends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Elsewhere {
    pub symptom: &'static str,
    pub cause: &'static str,
    pub look: &'static str,
    pub source: &'static str,
}

/// The word by which `explain` shows them all.
pub const NOT_NETWORK: &str = "not-network";

const TROUBLESHOOT: &str = "https://github.com/MicrosoftDocs/SupportArticles-docs/blob/09865adb5b5b5ca67017ffd7348b12fa45e7a9d8/support/mem/intune/device-protection/troubleshoot-jamf.md";
const TOKEN: &str = "https://github.com/MicrosoftDocs/SupportArticles-docs/blob/1da01c71ab9faa7b53473e89e27568f05afd26fa/support/mem/intune/device-protection/could-not-retrieve-access-token.md";
const COMPLIANCE: &str = "https://github.com/MicrosoftDocs/memdocs/blob/6c792ac03fb9ff43ec80279cb7fb8b12d8ca288e/intune/device-security/compliance/jamf-entra-id.md";
const CONNECTOR: &str = "https://github.com/MicrosoftDocs/memdocs/blob/447998861b5923398879dca4a8a1bc794d2df5ca/intune/device-security/conditional-access-integration/configure-jamf-cloud-connector.md";
const MANUAL: &str = "https://github.com/MicrosoftDocs/memdocs/blob/3dea53168d7b3d6caeee0fe051981acf71492ddb/intune/device-security/conditional-access-integration/setup-jamf-manually.md";

/// In the order in which it is worth looking.
pub const ELSEWHERE: &[Elsewhere] = &[
    Elsewhere {
        symptom: "Every command stays pending on every Mac.",
        cause: "The push certificate has expired, or was renewed under another Apple ID.",
        look: "Jamf Pro, Push Certificates: its date and its topic, which must not change on renewal.",
        source: "https://github.com/fleetdm/fleet/issues/37902",
    },
    Elsewhere {
        symptom: "Jamf Pro: \"Could not retrieve the access token for Microsoft Graph API.\"",
        cause: "The application lacks a permission, has one too many or no admin consent; a licence has expired; or \
                ports are closed at the Jamf Pro server.",
        look: "The application's permissions in Entra; then this program on the Jamf Pro server, with --from jamf-server.",
        source: TOKEN,
    },
    Elsewhere {
        symptom: "Jamf Pro: \"Unable to connect to Microsoft Intune. Check your Microsoft Intune Integration configuration.\"",
        cause: "A user or the tenant has no licence for Intune or for Jamf Pro.",
        look: "The licences in the Microsoft 365 admin center and in Jamf Pro.",
        source: TROUBLESHOOT,
    },
    Elsewhere {
        symptom: "Jamf Pro: \"Unable to send inventory information to Microsoft Intune.\"",
        cause: "The Jamf Pro licence has expired.",
        look: "Jamf Pro's activation code.",
        source: "https://github.com/MicrosoftDocs/SupportArticles-docs/blob/main/support/mem/intune/device-protection/unable-to-connect-send-inventory-information.md",
    },
    Elsewhere {
        symptom: "Company Portal: AccountNotOnboarded, or \"Portal launched without WPJ only arg while account is under \
                  partner management\".",
        cause: "The user opened Company Portal directly and not through Jamf Self Service.",
        look: "Have the user start the registration policy in Self Service.",
        source: COMPLIANCE,
    },
    Elsewhere {
        symptom: "\"Registration-only command line flag (-r) can only be used when partner management is enabled.\"",
        cause: "The integration is switched off in Jamf Pro, or was and has not settled yet.",
        look: "Jamf Pro, Global, Device Compliance (before 2025: Conditional Access).",
        source: TROUBLESHOOT,
    },
    Elsewhere {
        symptom: "A Mac is compliant in Jamf Pro and \"N/A\" or not compliant in Entra.",
        cause: "Its record in Entra is incomplete, or the groups of the compliance partner leave its user out, which \
                \"Add all users\" does too.",
        look: "`/usr/local/jamf/bin/jamfaad gatherAADInfo` on the Mac; then the partner's assignments in Intune.",
        source: COMPLIANCE,
    },
    Elsewhere {
        symptom: "Registration begins again and again.",
        cause: "A Conditional Access policy asks the registration itself for a compliant device.",
        look: "Exclude the \"User registration app for Device Compliance\" from that policy.",
        source: COMPLIANCE,
    },
    Elsewhere {
        symptom: "A policy is never evaluated for a Mac.",
        cause: "It is assigned to a group of devices; only groups of users count here.",
        look: "The policy's assignments in Intune.",
        source: TROUBLESHOOT,
    },
    Elsewhere {
        symptom: "The keychain asks for \"Microsoft Workplace Join Key\", or registration fails after Deny was chosen.",
        cause: "Each application needs \"Always Allow\" for that key once.",
        look: "Keychain Access on the Mac; register it again if the key was denied.",
        source: TROUBLESHOOT,
    },
    Elsewhere {
        symptom: "A Mac has two records, or is compliant in Intune and not in Entra.",
        cause: "It was registered several times, or enrolled before.",
        look: "Remove the old records and register it once more.",
        source: TROUBLESHOOT,
    },
    Elsewhere {
        symptom: "Macs become unresponsive in Jamf Pro one by one.",
        cause: "The token of a user has not been refreshed for a day, which needs a sign-in of the very user who \
                registered the Mac; a Mac that was off looks the same.",
        look: "The Mac's last check-in and its user's last sign-in; then this program on that Mac.",
        source: TROUBLESHOOT,
    },
    Elsewhere {
        symptom: "Sign-in fails with 530003.",
        cause: "The device's certificate was not presented: the SSO extension is missing, or the sign-in runs in an \
                embedded web view.",
        look: "The SSO extension's profile on the Mac. Inspection of device.login.microsoftonline.com does the same; \
               this program reports it.",
        source: "https://support.jamf.com/en/articles/11003428-jamf-connect-menu-bar-password-change-window-mot-passing-device-compliance-with-entra-id",
    },
    Elsewhere {
        symptom: "The connector shows Terminated.",
        cause: "The integration was switched off in Jamf Pro; Macs are removed after three months.",
        look: "Expected after a change to Device Compliance; else switch it on again.",
        source: MANUAL,
    },
    Elsewhere {
        symptom: "All Macs lose their status after the connection was changed.",
        cause: "More than 24 hours lay between removing the manual connection and configuring the Cloud Connector.",
        look: "Register the Macs again.",
        source: CONNECTOR,
    },
    Elsewhere {
        symptom: "The old integration (Conditional Access in Jamf Pro) cannot be configured or has stopped.",
        cause: "Microsoft ended its support on 2025-01-31; Device Compliance takes its place.",
        look: "Move to Device Compliance; it uses the same hosts on a Mac.",
        source: COMPLIANCE,
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_says_in_sentences_what_it_is_and_where_to_look() {
        for one in ELSEWHERE {
            for sentence in [one.symptom, one.cause, one.look] {
                let ends = sentence.ends_with('.') || sentence.ends_with(".\"");
                assert!(ends && !sentence.contains("  "), "{sentence}");
            }
            assert!(one.source.starts_with("https://"), "{}", one.source);
        }
        let symptoms: BTreeSet<&str> = ELSEWHERE.iter().map(|one| one.symptom).collect();
        assert_eq!(symptoms.len(), ELSEWHERE.len());
    }
}
