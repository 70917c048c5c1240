//! Faults of the servers at the other end, and of what answers in their place.

use super::super::proof::Proof;
use super::super::proof::Question::{Chain, Clock, Form, Get, Port, Says};
use super::{
    DEVICE, GRAPH, JAMF, LOGIN, LOGIN_TOO, MANAGE, REGISTRATION, Row, TENANT, TOKEN, TRUSTED,
};

/// The lines of the matrix that ask the Jamf Pro server.
const JAMF_LINES: &[(&str, &str)] = &[
    ("jamf.https", "fail"),
    ("jamf.version", "fail"),
    ("jamf.version.compliance", "fail"),
    ("jamf.hosting", "fail"),
    ("jamf.tls", "fail"),
];

pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "cert-expired",
        verdict: "fail",
        exit: 1,
        checks: &[("entra.token/*", "fail", "tls_cert_expired")],
        lines: &[("entra.token", "fail")],
        never: &[
            "tls_cert_untrusted",
            "tls_intercepted",
            "http_clock_skew",
            "tls_cert_not_yet_valid",
        ],
        proofs: &[
            Proof {
                question: Chain(LOGIN, "public"),
                faulty: "10 (certificate has expired)",
                healthy: TRUSTED,
            },
            Proof {
                question: Chain(LOGIN_TOO, "public"),
                faulty: "10 (certificate has expired)",
                healthy: TRUSTED,
            },
        ],
    },
    Row {
        fault: "cert-wrong-name",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("jamf.https/*", "fail", "tls_cert_name"),
            ("jamf.version*", "fail", "tls_cert_name"),
            ("jamf.hosting/*", "fail", "tls_cert_name"),
            ("jamf.tls/*", "fail", "tls_cert_name"),
        ],
        lines: JAMF_LINES,
        never: &["tls_cert_untrusted", "tls_intercepted"],
        proofs: &[Proof {
            question: Chain(JAMF, "public"),
            faulty: "62 (hostname mismatch)",
            healthy: TRUSTED,
        }],
    },
    Row {
        fault: "cert-chain-incomplete",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("jamf.https/*", "fail", "tls_chain_incomplete"),
            ("jamf.version*", "fail", "tls_chain_incomplete"),
            ("jamf.hosting/*", "fail", "tls_chain_incomplete"),
            ("jamf.tls/*", "fail", "tls_chain_incomplete"),
        ],
        lines: JAMF_LINES,
        never: &["tls_cert_untrusted", "tls_intercepted", "tls_cert_name"],
        proofs: &[Proof {
            question: Chain(JAMF, "public"),
            faulty: "21 (unable to verify the first certificate)",
            healthy: TRUSTED,
        }],
    },
    Row {
        fault: "block-page",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("entra.token/path", "fail", "http_block_page"),
            ("entra.token/genuine", "fail", "entra_not_genuine"),
        ],
        lines: &[("entra.token", "fail")],
        never: &[
            "http_throttled",
            "tls_intercepted",
            "entra_tenant_unknown",
            "http_server_error",
        ],
        proofs: &[Proof {
            question: Form(LOGIN, TOKEN),
            faulty: "403 text/html",
            healthy: "400 application/json AADSTS900144",
        }],
    },
    Row {
        fault: "entra-throttled",
        verdict: "degraded",
        exit: 0,
        checks: &[("entra.token/path", "degraded", "http_throttled")],
        lines: &[("entra.token", "degraded")],
        never: &["http_block_page", "entra_not_genuine", "http_server_error"],
        proofs: &[Proof {
            question: Form(LOGIN, TOKEN),
            faulty: "429 application/json AADSTS90055",
            healthy: "400 application/json AADSTS900144",
        }],
    },
    Row {
        fault: "tenant-unknown",
        verdict: "fail",
        exit: 1,
        checks: &[("entra.token/tenant", "fail", "entra_tenant_unknown")],
        lines: &[("entra.token", "fail")],
        never: &["entra_not_genuine", "http_block_page", "http_status"],
        proofs: &[Proof {
            question: Get(LOGIN, TENANT),
            faulty: "400 application/json AADSTS90002",
            healthy: "200 application/json",
        }],
    },
    Row {
        fault: "clock-skew",
        verdict: "degraded",
        exit: 0,
        checks: &[
            ("entra.azure-ad-graph/*", "skipped", "local_retired"),
            ("apple.portal/*", "degraded", "http_clock_skew"),
            ("entra.*", "degraded", "http_clock_skew"),
            ("intune.*", "degraded", "http_clock_skew"),
            ("jamf.https/*", "degraded", "http_clock_skew"),
            ("jamf.version*", "degraded", "http_clock_skew"),
            ("jamf.hosting/*", "degraded", "http_clock_skew"),
        ],
        lines: &[
            ("apple.portal", "degraded"),
            ("entra.token", "degraded"),
            ("entra.graph", "degraded"),
            ("entra.device-login", "degraded"),
            ("entra.registration", "degraded"),
            ("intune.manage", "degraded"),
            ("jamf.https", "degraded"),
            ("jamf.version", "degraded"),
            ("jamf.version.compliance", "degraded"),
            ("jamf.hosting", "degraded"),
        ],
        never: &["tls_cert_expired", "tls_cert_not_yet_valid"],
        proofs: &[
            Proof {
                question: Clock(LOGIN),
                faulty: "60 min ahead",
                healthy: "0 min ahead",
            },
            Proof {
                question: Clock(DEVICE),
                faulty: "60 min ahead",
                healthy: "0 min ahead",
            },
            Proof {
                question: Clock(JAMF),
                faulty: "60 min ahead",
                healthy: "0 min ahead",
            },
        ],
    },
    Row {
        fault: "server-clock",
        verdict: "degraded",
        exit: 0,
        checks: &[
            ("jamf.https/*", "degraded", "http_clock_skew"),
            ("jamf.version*", "degraded", "http_clock_skew"),
            ("jamf.hosting/*", "degraded", "http_clock_skew"),
        ],
        lines: &[
            ("jamf.https", "degraded"),
            ("jamf.version", "degraded"),
            ("jamf.version.compliance", "degraded"),
            ("jamf.hosting", "degraded"),
        ],
        never: &["tls_cert_expired", "tls_cert_not_yet_valid"],
        proofs: &[Proof {
            question: Clock(JAMF),
            faulty: "60 min ahead",
            healthy: "0 min ahead",
        }],
    },
    Row {
        fault: "stalled",
        verdict: "fail",
        exit: 1,
        checks: &[("intune.manage/manage", "fail", "tls_silent_peer")],
        lines: &[("intune.manage", "fail")],
        never: &[
            "tcp_silent",
            "tls_silent_path",
            "tls_silent",
            "http_timeout_headers",
        ],
        proofs: &[Proof {
            question: Chain(MANAGE, "public"),
            faulty: "silence",
            healthy: TRUSTED,
        }],
    },
    Row {
        fault: "http-stalled",
        verdict: "fail",
        exit: 1,
        checks: &[("entra.graph/https", "fail", "http_timeout_headers")],
        lines: &[("entra.graph", "fail")],
        never: &[
            "tls_silent_peer",
            "tls_silent_path",
            "tcp_silent",
            "http_eof",
        ],
        proofs: &[
            // Exit code 28: the time was up.
            Proof {
                question: Get(GRAPH, "/v1.0/servicePrincipals"),
                faulty: "curl Some(28)",
                healthy: "401 application/json",
            },
        ],
    },
    Row {
        fault: "not-tls",
        verdict: "fail",
        exit: 1,
        checks: &[("entra.registration/discover", "fail", "tls_not_tls")],
        lines: &[("entra.registration", "fail")],
        never: &["tls_eof", "tls_alert", "http_status", "tls_intercepted"],
        proofs: &[Proof {
            question: Chain(REGISTRATION, "public"),
            faulty: "not TLS",
            healthy: TRUSTED,
        }],
    },
    Row {
        fault: "tls-reset",
        verdict: "fail",
        exit: 1,
        checks: &[("entra.graph/https", "fail", "tls_reset_peer")],
        lines: &[("entra.graph", "fail")],
        never: &[
            "tcp_reset_at_connect",
            "tcp_refused_rst",
            "tls_reset_path",
            "tls_eof",
        ],
        proofs: &[Proof {
            question: Chain(GRAPH, "public"),
            faulty: "reset",
            healthy: TRUSTED,
        }],
    },
    Row {
        fault: "jamf-down",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("jamf.https/*", "fail", "tcp_refused_rst"),
            ("jamf.version*", "fail", "tcp_refused_rst"),
            ("jamf.hosting/*", "fail", "tcp_refused_rst"),
            ("jamf.tls/*", "fail", "tcp_refused_rst"),
        ],
        lines: JAMF_LINES,
        never: &["tcp_silent", "dns_nxdomain", "tcp_reset_at_connect"],
        proofs: &[Proof {
            question: Port(JAMF.address, JAMF.port),
            faulty: "1 closed",
            healthy: "1 open",
        }],
    },
    Row {
        fault: "jamf-starting",
        verdict: "degraded",
        exit: 0,
        checks: &[
            ("jamf.https/*", "degraded", "jamf_starting"),
            ("jamf.version*", "skipped", "jamf_not_told"),
            ("jamf.hosting/*", "skipped", "jamf_not_told"),
        ],
        lines: &[("jamf.https", "degraded")],
        never: &["http_block_page", "http_server_error", "entra_unexpected"],
        proofs: &[Proof {
            question: Get(JAMF, "/api/v1/health-check"),
            faulty: "503 application/json",
            healthy: "204",
        }],
    },
    Row {
        fault: "jamf-upgrading",
        verdict: "degraded",
        exit: 0,
        checks: &[
            ("jamf.https/*", "degraded", "jamf_upgrading"),
            ("jamf.version*", "skipped", "jamf_not_told"),
            ("jamf.hosting/*", "skipped", "jamf_not_told"),
        ],
        lines: &[("jamf.https", "degraded")],
        never: &["http_block_page", "http_server_error", "entra_unexpected"],
        proofs: &[Proof {
            question: Get(JAMF, "/api/v1/health-check"),
            faulty: "200 text/html",
            healthy: "204",
        }],
    },
    Row {
        fault: "jamf-database-error",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("jamf.https/*", "fail", "jamf_database_error"),
            ("jamf.version*", "skipped", "jamf_not_told"),
            ("jamf.hosting/*", "skipped", "jamf_not_told"),
        ],
        lines: &[("jamf.https", "fail")],
        never: &["http_block_page", "http_server_error", "entra_unexpected"],
        proofs: &[Proof {
            question: Get(JAMF, "/api/v1/health-check"),
            faulty: "503 application/json",
            healthy: "204",
        }],
    },
    Row {
        fault: "jamf-setup-assistant",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("jamf.https/*", "fail", "jamf_setup_assistant"),
            ("jamf.hosting/*", "skipped", "jamf_not_told"),
        ],
        lines: &[("jamf.https", "fail")],
        never: &["http_block_page", "http_server_error", "entra_unexpected"],
        proofs: &[Proof {
            question: Get(JAMF, "/api/v1/health-check"),
            faulty: "503 application/json",
            healthy: "204",
        }],
    },
    Row {
        fault: "jamf-too-old",
        verdict: "fail",
        exit: 1,
        checks: &[("jamf.version*", "fail", "jamf_too_old")],
        lines: &[
            ("jamf.version", "fail"),
            ("jamf.version.compliance", "fail"),
        ],
        never: &["http_block_page", "http_server_error", "entra_unexpected"],
        proofs: &[Proof {
            question: Says(JAMF, "/JSSCheckConnection"),
            faulty: "10.0.0-t1509000000",
            healthy: "11.20.0-t1750000000000",
        }],
    },
];
