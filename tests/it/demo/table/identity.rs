//! Faults of the tenant and of the application that signs in: nobody's network.

use super::super::proof::Proof;
use super::super::proof::Question::SignIn;
use super::{LOGIN, Row, SIGN_IN};

const GRANTED: &str = "200 application/json, roles [\"update_device_attributes\"]";

pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "expired-secret",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("entra.app/*", "fail", "entra_secret_expired"),
            ("intune.frontend/*", "fail", "entra_secret_expired"),
        ],
        lines: &[("entra.app", "fail"), ("intune.frontend", "fail")],
        never: &[
            "http_status",
            "http_block_page",
            "tls_intercepted",
            "entra_secret_wrong",
        ],
        proofs: &[Proof {
            question: SignIn(LOGIN, SIGN_IN),
            faulty: "401 application/json AADSTS7000222",
            healthy: GRANTED,
        }],
    },
    Row {
        fault: "wrong-secret",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("entra.app/*", "fail", "entra_secret_wrong"),
            ("intune.frontend/*", "fail", "entra_secret_wrong"),
        ],
        lines: &[("entra.app", "fail"), ("intune.frontend", "fail")],
        never: &[
            "http_status",
            "http_block_page",
            "tls_intercepted",
            "entra_secret_expired",
        ],
        proofs: &[Proof {
            question: SignIn(LOGIN, SIGN_IN),
            faulty: "401 application/json AADSTS7000215",
            healthy: GRANTED,
        }],
    },
    Row {
        fault: "secret-id-pasted",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("entra.app/*", "fail", "entra_secret_wrong"),
            ("intune.frontend/*", "fail", "entra_secret_wrong"),
        ],
        lines: &[("entra.app", "fail"), ("intune.frontend", "fail")],
        never: &[
            "http_status",
            "http_block_page",
            "tls_intercepted",
            "entra_secret_expired",
        ],
        proofs: &[Proof {
            question: SignIn(LOGIN, SIGN_IN),
            faulty: "401 application/json AADSTS7000215",
            healthy: GRANTED,
        }],
    },
    Row {
        fault: "no-consent",
        verdict: "fail",
        exit: 1,
        checks: &[
            (
                "entra.app/intune-permission",
                "fail",
                "entra_permission_missing",
            ),
            ("entra.app/registration", "skipped", "entra_not_checkable"),
            ("intune.frontend/*", "skipped", "entra_not_checkable"),
        ],
        lines: &[("entra.app", "fail")],
        never: &[
            "http_status",
            "http_block_page",
            "tls_intercepted",
            "entra_permission_extra",
        ],
        proofs: &[Proof {
            question: SignIn(LOGIN, SIGN_IN),
            faulty: "200 application/json, roles null",
            healthy: GRANTED,
        }],
    },
    Row {
        fault: "extra-permission",
        verdict: "fail",
        exit: 1,
        checks: &[(
            "entra.app/intune-permission",
            "fail",
            "entra_permission_extra",
        )],
        lines: &[("entra.app", "fail")],
        never: &[
            "http_status",
            "http_block_page",
            "tls_intercepted",
            "entra_permission_missing",
        ],
        proofs: &[Proof {
            question: SignIn(LOGIN, SIGN_IN),
            faulty: "200 application/json, roles [\"update_device_attributes\",\"get_device_compliance\"]",
            healthy: GRANTED,
        }],
    },
    Row {
        fault: "tenant-wrong-cloud",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("entra.token/tenant", "fail", "entra_cloud_wrong"),
            ("entra.app/*", "fail", "entra_cloud_wrong"),
            ("intune.frontend/*", "fail", "entra_cloud_wrong"),
        ],
        lines: &[
            ("entra.token", "fail"),
            ("entra.app", "fail"),
            ("intune.frontend", "fail"),
        ],
        never: &[
            "http_status",
            "http_block_page",
            "tls_intercepted",
            "entra_tenant_unknown",
        ],
        proofs: &[Proof {
            question: SignIn(LOGIN, SIGN_IN),
            faulty: "400 application/json AADSTS90038",
            healthy: GRANTED,
        }],
    },
];
