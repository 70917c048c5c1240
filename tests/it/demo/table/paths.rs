//! Faults of the way: what drops, refuses or opens connections.

use super::super::proof::Proof;
use super::super::proof::Question::{Chain, Courier, Couriers, Proxied};
use super::{COURIER, FOREIGN, GRAPH, JAMF, Row, TRUSTED};

pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "push-5223-silent",
        verdict: "degraded",
        exit: 0,
        checks: &[
            ("apple.push.device/courier-5223-*", "fail", "tcp_silent"),
            ("apple.push.block/block-5223", "fail", "tcp_silent"),
        ],
        lines: &[
            ("apple.push.device", "degraded"),
            ("apple.push.block", "degraded"),
        ],
        never: &[
            "tcp_admin_prohibited",
            "tcp_transparent_proxy",
            "tls_silent_peer",
            "net_offline",
        ],
        proofs: &[Proof {
            question: Couriers(5223),
            faulty: "10 filtered",
            healthy: "10 open",
        }],
    },
    Row {
        fault: "push-all-silent",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("apple.push.device/*", "fail", "tcp_silent"),
            ("apple.push.block/*", "fail", "tcp_silent"),
        ],
        lines: &[("apple.push.device", "fail"), ("apple.push.block", "fail")],
        never: &[
            "tcp_admin_prohibited",
            "tcp_transparent_proxy",
            "net_offline",
        ],
        proofs: &[
            Proof {
                question: Couriers(5223),
                faulty: "10 filtered",
                healthy: "10 open",
            },
            Proof {
                question: Couriers(443),
                faulty: "10 filtered",
                healthy: "10 open",
            },
        ],
    },
    Row {
        fault: "courier-port-closed",
        verdict: "degraded",
        exit: 0,
        checks: &[
            (
                "apple.push.device/courier-5223-*",
                "fail",
                "tcp_refused_rst",
            ),
            ("apple.push.block/block-5223", "fail", "tcp_refused_rst"),
        ],
        lines: &[
            ("apple.push.device", "degraded"),
            ("apple.push.block", "degraded"),
        ],
        never: &["tcp_silent", "tcp_reset_at_connect", "tcp_admin_prohibited"],
        proofs: &[Proof {
            question: Couriers(5223),
            faulty: "10 closed",
            healthy: "10 open",
        }],
    },
    Row {
        fault: "range-partial",
        verdict: "degraded",
        exit: 0,
        checks: &[
            // The names of the one region that is lost altogether; those of half a region start at the other half.
            ("apple.push.device/courier-*-26", "fail", "tcp_silent"),
            ("apple.push.block/*", "degraded", "range_partial"),
        ],
        lines: &[
            ("apple.push.device", "degraded"),
            ("apple.push.block", "degraded"),
        ],
        never: &["range_closed", "tcp_admin_prohibited"],
        proofs: &[
            Proof {
                question: Couriers(5223),
                faulty: "3 filtered, 7 open",
                healthy: "10 open",
            },
            Proof {
                question: Couriers(443),
                faulty: "3 filtered, 7 open",
                healthy: "10 open",
            },
        ],
    },
    Row {
        fault: "tls-inspected",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("entra.app/*", "inconclusive", "tls_intercepted"),
            ("intune.frontend/*", "fail", "tls_intercepted"),
            ("intune.connector/*", "inconclusive", "tls_intercepted"),
            // Microsoft bans inspection for some of its hosts only; but a chain made on the way is nowhere Entra's own.
            ("entra.token/genuine", "fail", "tls_intercepted"),
            ("entra.token/*", "degraded", "tls_intercepted"),
            ("entra.graph/*", "degraded", "tls_intercepted"),
            ("entra.device-login/*", "fail", "tls_intercepted"),
            ("entra.registration/*", "fail", "tls_intercepted"),
            ("intune.manage/*", "fail", "tls_intercepted"),
            ("apple.push.device/*", "fail", "tls_intercepted"),
            ("apple.push.block/*", "fail", "tls_intercepted"),
            ("apple.sso.association/*", "fail", "tls_intercepted"),
            ("jamf.https/*", "fail", "tls_intercepted"),
            ("jamf.version*", "fail", "tls_intercepted"),
            ("jamf.hosting/*", "fail", "tls_intercepted"),
            ("jamf.tls/*", "fail", "tls_intercepted"),
            ("jamf.notifications/*", "fail", "tls_intercepted"),
        ],
        lines: &[
            ("entra.app", "inconclusive"),
            ("intune.frontend", "fail"),
            ("intune.connector", "inconclusive"),
            ("entra.token", "fail"),
            ("entra.graph", "degraded"),
            ("entra.device-login", "fail"),
            ("entra.registration", "fail"),
            ("intune.manage", "fail"),
            ("apple.push.device", "fail"),
            ("apple.push.block", "fail"),
            ("apple.sso.association", "fail"),
            ("jamf.https", "fail"),
            ("jamf.version", "fail"),
            ("jamf.version.compliance", "fail"),
            ("jamf.hosting", "fail"),
            ("jamf.tls", "fail"),
            ("jamf.notifications", "fail"),
        ],
        never: &[
            "tls_cert_name",
            "tls_cert_expired",
            "tls_chain_incomplete",
            "entra_not_genuine",
        ],
        proofs: &[
            Proof {
                question: Chain(GRAPH, "public"),
                faulty: FOREIGN,
                healthy: TRUSTED,
            },
            Proof {
                question: Chain(JAMF, "public"),
                faulty: FOREIGN,
                healthy: TRUSTED,
            },
            Proof {
                question: Courier(COURIER, 5223),
                faulty: FOREIGN,
                healthy: TRUSTED,
            },
        ],
    },
    Row {
        fault: "proxy-denies",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("entra.graph/https", "fail", "proxy_denied"),
            ("entra.app/registration", "fail", "proxy_denied"),
            ("intune.frontend/*", "fail", "proxy_denied"),
            ("intune.connector/*", "fail", "proxy_denied"),
        ],
        lines: &[
            ("entra.graph", "fail"),
            ("entra.app", "fail"),
            ("intune.frontend", "fail"),
            ("intune.connector", "fail"),
        ],
        never: &[
            "proxy_unreachable",
            "proxy_bad_gateway",
            "http_block_page",
            "tcp_refused_rst",
        ],
        proofs: &[Proof {
            question: Proxied(GRAPH),
            faulty: "403 000",
            healthy: "200 401",
        }],
    },
    Row {
        fault: "proxy-sign-in",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("apple.portal/*", "fail", "proxy_auth_required"),
            ("apple.sso.association/*", "fail", "proxy_auth_required"),
            ("entra.azure-ad-graph/*", "skipped", "local_retired"),
            ("entra.*", "fail", "proxy_auth_required"),
            ("intune.*", "fail", "proxy_auth_required"),
            ("jamf.https/*", "fail", "proxy_auth_required"),
            ("jamf.version*", "fail", "proxy_auth_required"),
            ("jamf.hosting/*", "fail", "proxy_auth_required"),
            ("jamf.tls/*", "fail", "proxy_auth_required"),
            ("jamf.notifications/*", "fail", "proxy_auth_required"),
        ],
        lines: &[
            ("apple.portal", "fail"),
            ("apple.sso.association", "fail"),
            ("entra.token", "fail"),
            ("entra.app", "fail"),
            ("entra.device-login", "fail"),
            ("entra.registration", "fail"),
            ("entra.graph", "fail"),
            ("intune.manage", "fail"),
            ("intune.frontend", "fail"),
            ("intune.connector", "fail"),
            ("jamf.https", "fail"),
            ("jamf.version", "fail"),
            ("jamf.version.compliance", "fail"),
            ("jamf.hosting", "fail"),
            ("jamf.tls", "fail"),
            ("jamf.notifications", "fail"),
        ],
        never: &[
            "proxy_denied",
            "proxy_login_refused",
            "http_captive_portal",
            "http_block_page",
        ],
        proofs: &[Proof {
            question: Proxied(GRAPH),
            faulty: "407 000",
            healthy: "200 401",
        }],
    },
];
