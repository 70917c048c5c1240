//! A Jamf Pro server: what it tells without a login, in whatever state it is.

use http::{Method, StatusCode, header};
use serde_json::json;

use super::answers::{Asked, Desk, Reply, json_body, text};
use super::world::JamfState;

pub(super) fn reply(desk: Desk, asked: &Asked) -> Reply {
    if asked.method != Method::GET && asked.method != Method::HEAD {
        return text(
            StatusCode::METHOD_NOT_ALLOWED,
            "text/html;charset=utf-8",
            "<html><head><title>HTTP Status 405</title></head><body></body></html>",
        );
    }
    if asked.path == "api/startup-status" {
        return startup(desk.answers.jamf);
    }
    match desk.answers.jamf {
        JamfState::Healthy => healthy(desk, asked),
        JamfState::Upgrading => text(
            StatusCode::OK,
            "text/html;charset=UTF-8",
            "<html><head><title>Jamf Pro</title></head><body>Jamf Pro is being upgraded</body></html>",
        ),
        JamfState::SetupAssistant if asked.path == "JSSCheckConnection" => version(desk),
        JamfState::Starting | JamfState::DatabaseError | JamfState::SetupAssistant => {
            let code = match desk.answers.jamf {
                JamfState::Starting => "Initializing",
                JamfState::SetupAssistant => "SetupAssistant",
                _ => "DBConnectionError",
            };
            if asked.path == "healthCheck.html" {
                let said = json!([{ "healthCode": 1, "httpCode": 503, "description": code }]);
                return json_body(StatusCode::SERVICE_UNAVAILABLE, &said);
            }
            let errors = json!({ "httpStatus": 503, "errors": [{ "code": code, "description": "Not ready" }] });
            json_body(StatusCode::SERVICE_UNAVAILABLE, &errors)
        }
    }
}

fn healthy(desk: Desk, asked: &Asked) -> Reply {
    match asked.path.as_str() {
        "api/v1/health-check" => {
            let mut reply = text(StatusCode::NO_CONTENT, "application/json", "");
            reply.headers_mut().remove(header::CONTENT_TYPE);
            reply
        }
        "JSSCheckConnection" => version(desk),
        "healthCheck.html" => text(StatusCode::OK, "application/json", "[]"),
        "api/v1/cloud-information" => json_body(
            StatusCode::OK,
            &json!({
                "cloudInstance": desk.answers.jamf_cloud || desk.host.ends_with(".jamfcloud.com"), "rampInstance": false, "fedRampInstance": false,
                "govCloudInstance": false, "managedServiceProviderInstance": false,
                "highComplianceInstance": false, "fipsEnabled": false,
            }),
        ),
        "api/v1/pki/certificate-authority/active" => json_body(
            StatusCode::OK,
            &json!({
                "subjectX500Principal": "CN=Lab JSS Built-in Certificate Authority",
                "issuerX500Principal": "CN=Lab JSS Built-in Certificate Authority",
                "serialNumber": "00bc43bea0", "version": 3,
                "notBefore": (desk.clock() - time::Duration::days(700)).unix_timestamp(),
                "notAfter": (desk.clock() + time::Duration::days(2900)).unix_timestamp(),
                "signature": { "algorithm": "SHA256withRSA", "algorithmOid": "1.2.840.113549.1.1.11", "value": "00" },
                "keyUsage": ["digitalSignature", "keyEncipherment", "keyCertSign", "cRLSign"],
                "keyUsageExtended": ["1.3.6.1.5.5.7.3.1"],
                "sha1Fingerprint": "0".repeat(40), "sha256Fingerprint": "0".repeat(64),
            }),
        ),
        "" => text(
            StatusCode::OK,
            "text/html;charset=UTF-8",
            "<html><head><title>Jamf Pro Login</title></head><body></body></html>",
        ),
        path if path.starts_with("api/") => json_body(
            StatusCode::UNAUTHORIZED,
            &json!({ "httpStatus": 401, "errors": [{ "code": "INVALID_TOKEN", "description": "Unauthorized" }] }),
        ),
        _ => text(
            StatusCode::NOT_FOUND,
            "text/html;charset=UTF-8",
            "<html><body>404</body></html>",
        ),
    }
}

fn version(desk: Desk) -> Reply {
    text(
        StatusCode::OK,
        "text/plain;charset=UTF-8",
        desk.answers.jamf_version,
    )
}

fn startup(state: JamfState) -> Reply {
    let (step, percentage, error) = match state {
        JamfState::Healthy | JamfState::SetupAssistant => ("SERVER_INIT_COMPLETE", 100, None),
        JamfState::Starting => ("SERVER_INIT_VERIFYING_CACHE", 45, None),
        JamfState::Upgrading => ("SERVER_INIT_DB_TABLE_ALTER", 30, None),
        JamfState::DatabaseError => ("SERVER_INIT_START", 0, Some("DATABASE_ERROR")),
    };
    json_body(
        StatusCode::OK,
        &json!({
            "step": step, "stepCode": step, "stepParam": null, "percentage": percentage,
            "warning": null, "warningCode": null, "warningParam": null,
            "error": error.map(|_| "Could not connect to the database"), "errorCode": error,
            "setupAssistantNecessary": state == JamfState::SetupAssistant,
        }),
    )
}
