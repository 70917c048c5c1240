//! A Jamf Pro server: what it tells without a login, in whatever state it is.

use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::answers::{Asked, Desk, Reply, identifier, json_body, text};
use super::world::JamfState;

/// The API client that this server has.
pub(super) const CLIENT: &str = "6d1f0c52-3b7e-4a0c-9d55-2f6f3f1f8a17";
pub(super) const SECRET: &str = "Lq+7/xT~w%2B&v=9 Zr_k-lab";

pub(super) fn reply(desk: &Desk, asked: &Asked) -> Reply {
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

/// A release that has none of the newer addresses: where it is asked for one, it has no such page.
pub(super) fn older(desk: &Desk, asked: &Asked) -> Reply {
    match asked.path.as_str() {
        "api/v1/oauth/token" | "api/v1/health-check" | "api/startup-status" => missing(),
        "api/oauth/token" if asked.method == Method::POST => grant(asked),
        _ => healthy(desk, asked),
    }
}

fn healthy(desk: &Desk, asked: &Asked) -> Reply {
    if let Some(reply) = posted(desk, asked) {
        return reply;
    }
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
        "api/v1/notifications" if signed_in(asked) => {
            let entry = |kind: &&str| json!({ "type": kind, "id": "1", "params": { "days": 12, "name": "lab" } });
            let all: Vec<Value> = desk.answers.jamf_notifies.iter().map(entry).collect();
            json_body(StatusCode::OK, &Value::Array(all))
        }
        "api/v1/jamf-pro-version" if signed_in(asked) => json_body(
            StatusCode::OK,
            &json!({ "version": desk.answers.jamf_version }),
        ),
        path if path.starts_with("api/") => unauthorized(),
        _ => missing(),
    }
}

fn missing() -> Reply {
    text(
        StatusCode::NOT_FOUND,
        "text/html;charset=UTF-8",
        "<html><body>404</body></html>",
    )
}

/// The answer to whatever is not a mere question.
fn posted(desk: &Desk, asked: &Asked) -> Option<Reply> {
    // Older servers have no API clients.
    let clients = desk.answers.jamf_version.starts_with("11.");
    let reply = match (&asked.method, asked.path.as_str()) {
        (&Method::GET | &Method::HEAD, _) => return None,
        (&Method::POST, "api/v1/oauth/token") if clients => grant(asked),
        (&Method::POST, "api/v1/auth/invalidate-token") => take_back(asked),
        (&Method::POST, path) if path.ends_with("oauth/token") => missing(),
        _ => text(
            StatusCode::METHOD_NOT_ALLOWED,
            "text/html;charset=utf-8",
            "<html><head><title>HTTP Status 405</title></head><body></body></html>",
        ),
    };
    Some(reply)
}

fn version(desk: &Desk) -> Reply {
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

fn unauthorized() -> Reply {
    let error = json!({ "code": "INVALID_TOKEN", "description": "Unauthorized" });
    json_body(
        StatusCode::UNAUTHORIZED,
        &json!({ "httpStatus": 401, "errors": [error] }),
    )
}

/// No more lenient than the API: a form, the whole of it as it was meant, and each client once.
fn grant(asked: &Asked) -> Reply {
    let kind = asked.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(&asked.body)
        .into_owned()
        .collect();
    let field = |name: &str| {
        let found = fields.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let mut memory = asked.journal.memory();
    let error = if kind != "application/x-www-form-urlencoded" {
        Some("invalid_request")
    } else if field("grant_type") != "client_credentials" {
        Some("unsupported_grant_type")
    } else if field("client_id") != CLIENT || field("client_secret") != SECRET {
        Some("invalid_client")
    } else {
        None
    };
    if let Some(error) = error {
        memory.objections.push(format!("token request: {error}"));
        return json_body(StatusCode::BAD_REQUEST, &json!({ "error": error }));
    }
    if !memory.granted.is_empty() {
        memory.objections.push("a second token request".to_owned());
    }
    let token = format!("labtoken.{}.{}", identifier(), identifier());
    memory.granted.push(token.clone());
    let granted = json!({
        "access_token": token, "scope": "api-role:2", "token_type": "Bearer", "expires_in": 599,
    });
    json_body(StatusCode::OK, &granted)
}

/// The token that a request carries.
fn bearer(asked: &Asked) -> Option<String> {
    let value = asked.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    Some(value.strip_prefix("Bearer ")?.to_owned())
}

fn signed_in(asked: &Asked) -> bool {
    // Without a token the answer is 401, as everybody gets it; a bad one is a mistake.
    let Some(token) = bearer(asked) else {
        return false;
    };
    let mut memory = asked.journal.memory();
    let good = memory.granted.contains(&token) && !memory.given_back.contains(&token);
    if !good {
        let path = &asked.path;
        memory
            .objections
            .push(format!("{path}: a token that is not good"));
    }
    good
}

fn take_back(asked: &Asked) -> Reply {
    if !signed_in(asked) {
        return unauthorized();
    }
    let token = bearer(asked).unwrap_or_default();
    asked.journal.memory().given_back.push(token);
    let mut reply = text(StatusCode::NO_CONTENT, "application/json", "");
    reply.headers_mut().remove(header::CONTENT_TYPE);
    reply
}
