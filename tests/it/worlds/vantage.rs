//! What each vantage cannot show, and how to find out, where the server is the organisation's own and where it is Jamf's.

use std::net::IpAddr;

use mdm_preflight::lab::{Guest, Lab, Part};

use super::ground::Ground;

const CLOUD: &str = "https://acme.jamfcloud.com";
/// The lab's own.
const OWN: &str = "https://jamf.example.com:8443";
const NOTIFICATIONS: &str = "see Jamf Pro's notifications (GET /api/v1/notifications";

/// The server's URL, the roles, what the report remarks, and what it does not.
type Case = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const CASES: &[Case] = &[
    (
        CLOUD,
        &["client"],
        &[
            "what Jamf Cloud itself reaches (apple.push.provider) cannot be seen from here",
            NOTIFICATIONS,
        ],
        &["--from", "what Macs reach"],
    ),
    (
        CLOUD,
        &["client", "jamf-server"],
        &[
            "show this machine's network and not that of Jamf Cloud",
            NOTIFICATIONS,
        ],
        &["cannot be seen from here"],
    ),
    (
        CLOUD,
        &["jamf-server"],
        &[
            "what Macs reach (apple.push.device, apple.push.block and ",
            "not that of Jamf Cloud",
        ],
        &["what Jamf Cloud itself"],
    ),
    (
        OWN,
        &["client"],
        &[
            "what the Jamf Pro server itself reaches (apple.push.provider)",
            "--from jamf-server",
        ],
        &["what Macs reach"],
    ),
    (
        OWN,
        &["client", "jamf-server"],
        &[],
        &["seen from here", "Jamf Cloud"],
    ),
];

#[test]
fn a_report_says_what_its_vantage_cannot_show() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.invite(vec![Guest {
        host: "acme.jamfcloud.com",
        addresses: vec![IpAddr::from([18, 184, 129, 1])],
        ports: vec![443],
        plays: Part::Jamf,
    }]);
    ground.serve(None, None);
    for &(jamf, roles, says, silent) in CASES {
        let mut arguments = vec![
            "check",
            "--jamf",
            jamf,
            "--tenant",
            Lab::tenant(),
            "--format",
            "json",
        ];
        for role in roles {
            arguments.extend(["--from", role]);
        }
        let run = ground.preflight(&arguments);
        assert_eq!(run.code, Some(0), "{run:?}");
        let report = run.json();
        let remarks = report["remarks"].to_string();
        let hosted = jamf == CLOUD && roles.contains(&"jamf-server");
        let push = report["prerequisites"].as_array().unwrap().iter();
        let mut push = push.filter(|one| one["id"] == "apple.push.provider");
        let check = &push.next().unwrap()["checks"][0];
        // What Jamf Cloud sends is not the customer's, whatever this machine's network makes of it.
        assert_eq!(check["code"] == "local_vendor_hosted", hosted, "{check}");
        for words in says {
            assert!(
                remarks.contains(words),
                "{jamf} {roles:?}: {words}\n{remarks}"
            );
        }
        for words in silent {
            assert!(
                !remarks.contains(words),
                "{jamf} {roles:?}: {words}\n{remarks}"
            );
        }
    }
    // What nobody asked for is not missed.
    let run = ground.preflight(&["check", "--only", "apple.push.block", "--format", "json"]);
    assert!(!run.stdout.contains("cannot be seen from here"), "{run:?}");
}
