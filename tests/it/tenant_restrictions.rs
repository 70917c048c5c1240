//! What Entra's token endpoint says that is nobody's credentials: a proxy that restricts tenants has left its mark, or the
//! service has too much to do.

use serde_json::Value;

use crate::binary;
use crate::tls_server::{Asked, Reply, Server};

/// Entra, which refuses every whole form like this; an empty one as it always does.
fn entra(status: u16, error: &'static str, code: u32) -> Server {
    Server::new(move |asked: &Asked| {
        let (status, error, code) = if asked.body.contains("client_secret=") {
            (status, error, code)
        } else {
            (400, "invalid_request", 900_144)
        };
        let body = format!(
            r#"{{"error":"{error}","error_description":"AADSTS{code}: refused.","error_codes":[{code}],
                "timestamp":"2026-11-25 08:00:00Z","trace_id":"8d0c2f0e-5b41-4c9a-a7a1-0d9f2f1b3c00",
                "correlation_id":"0f7d2b1c-9c3e-4f60-8a51-7d5f3e2b1a90"}}"#
        );
        Reply {
            head: "x-ms-ests-server: 2.1.1 - NEULR1 ProdSlices\r\nx-ms-request-id: 8d0c2f0e-5b41-4c9a-a7a1-0d9f2f1b3c00\r\n\
                   p3p: CP=\"DSP CUR OTPi IND OTRi ONL FIN\"\r\nRetry-After: 30\r\n"
                .to_owned(),
            ..Reply::new(status, "application/json; charset=utf-8", &body)
        }
    })
}

fn report(server: &Server) -> Value {
    let host = "login.microsoftonline.com";
    let (root, resolve) = (
        format!("public={}", Server::root()),
        format!("{host}:127.0.0.1"),
    );
    let detour = format!("{host}:443:{}", server.at);
    let mut command = binary::command(&[
        "check",
        "--tenant",
        "contoso.onmicrosoft.com",
        "--client-id",
        "3f0a1c52-7d64-4f0e-9d3b-5b1f6c0a9e21",
        "--only",
        "entra.app/intune-permission",
        "--skip",
        "canary",
        "--format",
        "json",
        "-4",
        "--roots",
        &root,
        "--resolve",
        &resolve,
        "--connect-to",
        &detour,
    ]);
    command.env("MDM_PREFLIGHT_CLIENT_SECRET", "8Q~of-the-tests");
    binary::finish(command).json()
}

/// Verdict, code, and the diagnosis with its owner.
fn shown(status: u16, error: &'static str, code: u32) -> [String; 4] {
    let server = entra(status, error, code);
    let report = report(&server);
    let all = report["prerequisites"].as_array().unwrap().iter();
    let mut checks = all.flat_map(|one| one["checks"].as_array().unwrap());
    let row = checks.find(|row| row["id"] == "intune-permission").unwrap();
    let found = report["diagnoses"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{code}: {found:?}");
    let whole = server.asked();
    let whole = whole.iter().filter(|one| one.body.contains("secret="));
    assert_eq!(whole.count(), 1, "{code}: nobody asks a second time");
    [
        &row["verdict"],
        &row["code"],
        &found[0]["code"],
        &found[0]["owner"],
    ]
    .map(|text| text.as_str().unwrap_or("-").to_owned())
}

#[test]
fn tenant_restrictions_prove_a_proxy_that_reads_the_connection() {
    for code in [500_021, 500_022, 50_002] {
        let shown = shown(400, "access_denied", code);
        let expected = [
            "fail",
            "entra_proxy_restricts",
            "proxy_restricts_tenants",
            "network",
        ];
        assert_eq!(shown, expected, "{code}");
    }
}

#[test]
fn a_service_with_too_much_to_do_is_degraded_and_the_way_to_it_proven() {
    for (status, error, code, (expected, cause)) in [
        (
            429,
            "temporarily_unavailable",
            90_055,
            ("http_throttled", "service_trouble"),
        ),
        (
            503,
            "temporarily_unavailable",
            90_033,
            ("http_server_error", "vendor_outage"),
        ),
        (
            500,
            "server_error",
            90_000,
            ("http_server_error", "vendor_outage"),
        ),
    ] {
        let shown = shown(status, error, code);
        let expected = ["degraded", expected, cause, "vendor"];
        assert_eq!(shown, expected, "{status}");
    }
}
