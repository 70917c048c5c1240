//! Faults of the resolver.

use super::super::proof::Proof;
use super::super::proof::Question::Name;
use super::Row;

pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "dns-sinkhole",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("entra.app/*", "fail", "dns_sinkhole"),
            ("intune.frontend/*", "fail", "dns_sinkhole"),
            ("intune.connector/*", "fail", "dns_sinkhole"),
            // The retired name of Microsoft's is not there to be sunk.
            ("entra.token/*", "fail", "dns_sinkhole"),
            ("entra.graph/*", "fail", "dns_sinkhole"),
            ("entra.device-login/*", "fail", "dns_sinkhole"),
            ("entra.registration/*", "fail", "dns_sinkhole"),
            ("intune.manage/*", "fail", "dns_sinkhole"),
        ],
        lines: &[
            ("entra.app", "fail"),
            ("intune.frontend", "fail"),
            ("intune.connector", "fail"),
            ("entra.token", "fail"),
            ("entra.graph", "fail"),
            ("entra.device-login", "fail"),
            ("entra.registration", "fail"),
            ("intune.manage", "fail"),
        ],
        never: &[
            "tcp_refused_rst",
            "tcp_silent",
            "dns_nodata",
            "dns_nxdomain",
        ],
        proofs: &[
            Proof {
                question: Name("graph.microsoft.com"),
                faulty: "NOERROR 0.0.0.0",
                healthy: "NOERROR 20.190.190.131",
            },
            Proof {
                question: Name("login.microsoftonline.com"),
                faulty: "NOERROR 0.0.0.0",
                healthy: "NOERROR 20.190.160.14 40.126.32.68",
            },
        ],
    },
    Row {
        fault: "dns-bogon",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("apple.push.device/*", "fail", "dns_bogon"),
            // One address, and none of Apple's, is no sample of Apple's block.
            ("apple.push.block/*", "inconclusive", "inconclusive_sample"),
        ],
        lines: &[
            ("apple.push.device", "fail"),
            ("apple.push.block", "inconclusive"),
        ],
        never: &["range_closed", "dns_sinkhole", "tls_cert_untrusted"],
        proofs: &[Proof {
            question: Name("6-courier.push.apple.com"),
            faulty: "NOERROR 10.10.34.36",
            healthy: "NOERROR 17.249.185.12 17.249.25.246",
        }],
    },
    Row {
        fault: "dns-nxdomain",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("entra.app/registration", "fail", "dns_nxdomain"),
            ("intune.frontend/*", "fail", "dns_nxdomain"),
            ("intune.connector/*", "fail", "dns_nxdomain"),
            ("entra.registration/*", "fail", "dns_nxdomain"),
            ("entra.graph/*", "fail", "dns_nxdomain"),
        ],
        lines: &[
            ("entra.app", "fail"),
            ("intune.frontend", "fail"),
            ("intune.connector", "fail"),
            ("entra.registration", "fail"),
            ("entra.graph", "fail"),
        ],
        never: &["dns_servfail", "dns_nodata", "dns_timeout"],
        proofs: &[
            Proof {
                question: Name("graph.microsoft.com"),
                faulty: "NXDOMAIN",
                healthy: "NOERROR 20.190.190.131",
            },
            Proof {
                question: Name("enterpriseregistration.windows.net"),
                faulty: "NXDOMAIN",
                healthy: "NOERROR 40.126.32.74",
            },
        ],
    },
    Row {
        fault: "dns-alias-denied",
        verdict: "inconclusive",
        exit: 3,
        checks: &[
            ("apple.push.device/courier-5223-16", "fail", "dns_nxdomain"),
            ("apple.push.device/courier-5223-36", "fail", "dns_nxdomain"),
            ("apple.push.device/courier-443-16", "fail", "dns_nxdomain"),
            ("apple.push.device/courier-443-36", "fail", "dns_nxdomain"),
            ("apple.push.block/*", "inconclusive", "inconclusive_sample"),
        ],
        lines: &[
            ("apple.push.device", "degraded"),
            ("apple.push.block", "inconclusive"),
        ],
        never: &["dns_sinkhole", "dns_nodata", "tcp_silent"],
        proofs: &[
            Proof {
                question: Name("36-courier.push.apple.com"),
                faulty: "NXDOMAIN",
                healthy: "NOERROR 17.188.131.88 17.188.180.73",
            },
            Proof {
                question: Name("16-courier.push.apple.com"),
                faulty: "NXDOMAIN",
                healthy: "NOERROR 17.252.11.14 17.252.27.21",
            },
        ],
    },
    Row {
        fault: "dns-silent",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("entra.app/*", "fail", "dns_timeout"),
            ("intune.frontend/*", "fail", "dns_timeout"),
            ("intune.connector/*", "fail", "dns_timeout"),
            // Only what a dead resolver cannot hurt, for it is gone or misprinted, is skipped.
            ("entra.azure-ad-graph/*", "skipped", "local_retired"),
            ("jamf.misprint/*", "skipped", "local_misprint"),
            ("apple.push.device/*", "fail", "dns_timeout"),
            ("apple.push.block/*", "fail", "dns_timeout"),
            ("apple.portal/*", "fail", "dns_timeout"),
            ("apple.sso.association/*", "fail", "dns_timeout"),
            ("apple.time/*", "fail", "dns_timeout"),
            ("entra.*", "fail", "dns_timeout"),
            ("intune.*", "fail", "dns_timeout"),
            ("jamf.https/*", "fail", "dns_timeout"),
            ("jamf.version*", "fail", "dns_timeout"),
            ("jamf.hosting/*", "fail", "dns_timeout"),
            ("jamf.tls/*", "fail", "dns_timeout"),
            ("jamf.notifications/*", "fail", "dns_timeout"),
        ],
        lines: EVERYTHING,
        never: &[
            "dns_servfail",
            "dns_nxdomain",
            "net_offline",
            "tcp_silent",
            "local_route_missing",
        ],
        proofs: &[Proof {
            question: Name("graph.microsoft.com"),
            faulty: "no answer",
            healthy: "NOERROR 20.190.190.131",
        }],
    },
    Row {
        fault: "dns-servfail",
        verdict: "fail",
        exit: 1,
        checks: &[
            ("entra.app/*", "fail", "dns_servfail"),
            ("intune.frontend/*", "fail", "dns_servfail"),
            ("intune.connector/*", "fail", "dns_servfail"),
            ("entra.azure-ad-graph/*", "skipped", "local_retired"),
            ("jamf.misprint/*", "skipped", "local_misprint"),
            ("apple.push.device/*", "fail", "dns_servfail"),
            ("apple.push.block/*", "fail", "dns_servfail"),
            ("apple.portal/*", "fail", "dns_servfail"),
            ("apple.sso.association/*", "fail", "dns_servfail"),
            ("apple.time/*", "fail", "dns_servfail"),
            ("entra.*", "fail", "dns_servfail"),
            ("intune.*", "fail", "dns_servfail"),
            ("jamf.https/*", "fail", "dns_servfail"),
            ("jamf.version*", "fail", "dns_servfail"),
            ("jamf.hosting/*", "fail", "dns_servfail"),
            ("jamf.tls/*", "fail", "dns_servfail"),
            ("jamf.notifications/*", "fail", "dns_servfail"),
        ],
        lines: EVERYTHING,
        never: &[
            "dns_timeout",
            "dns_nxdomain",
            "net_offline",
            "dns_unreachable",
        ],
        proofs: &[Proof {
            question: Name("graph.microsoft.com"),
            faulty: "SERVFAIL",
            healthy: "NOERROR 20.190.190.131",
        }],
    },
];

/// What no Mac can use without a resolver.
const EVERYTHING: &[(&str, &str)] = &[
    ("apple.portal", "fail"),
    ("apple.push.device", "fail"),
    ("apple.push.block", "fail"),
    ("apple.sso.association", "fail"),
    ("apple.time", "fail"),
    ("entra.token", "fail"),
    ("entra.device-login", "fail"),
    ("entra.registration", "fail"),
    ("entra.graph", "fail"),
    ("intune.manage", "fail"),
    ("entra.app", "fail"),
    ("intune.frontend", "fail"),
    ("intune.connector", "fail"),
    ("jamf.https", "fail"),
    ("jamf.version", "fail"),
    ("jamf.version.compliance", "fail"),
    ("jamf.hosting", "fail"),
    ("jamf.tls", "fail"),
    ("jamf.notifications", "fail"),
];
