//! Entra's login hosts: the token endpoint without credentials, tenant discovery, and the headers by which a client can
//! tell the real service from something that stands in for it.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::answers::{Asked, Desk, Reply, identifier, json_body, of_microsoft, put, text};
use super::sign_in;
use super::world::{LOGIN, Service, SignIn, TENANT, TENANT_ID, TokenDesk};

/// An answer that Entra gives to a request it does not grant.
pub(super) struct Refusal {
    status: StatusCode,
    error: &'static str,
    code: u32,
    says: String,
}

pub(super) fn refusal(
    status: StatusCode,
    error: &'static str,
    code: u32,
    says: impl Into<String>,
) -> Refusal {
    Refusal {
        status,
        error,
        code,
        says: says.into(),
    }
}

pub(super) fn reply(desk: &Desk, asked: &Asked) -> Reply {
    let segments: Vec<&str> = asked.path.split('/').collect();
    match segments[..] {
        ["common", "oauth2"] => {
            let page = "<!DOCTYPE html><html><head><title>Sign in to your account</title></head><body></body></html>";
            fingerprinted(
                text(StatusCode::OK, "text/html; charset=utf-8", page),
                &identifier(),
                "",
            )
        }
        [_tenant, "oauth2", "token"] | [_tenant, "oauth2", "v2.0", "token"]
            if desk.service == Service::Login =>
        {
            token(desk, asked)
        }
        [tenant, "v2.0", ".well-known", "openid-configuration"]
            if desk.service == Service::Login =>
        {
            discovery(desk, asked, tenant)
        }
        _ => {
            let page = "<html><head><title>404</title></head><body></body></html>";
            fingerprinted(
                text(StatusCode::NOT_FOUND, "text/html", page),
                &identifier(),
                "",
            )
        }
    }
}

fn token(desk: &Desk, asked: &Asked) -> Reply {
    if asked.method != Method::POST {
        let says = format!(
            "The endpoint only accepts POST, OPTIONS requests. Received a {} request.",
            asked.method
        );
        return refuse(
            desk,
            asked,
            &refusal(
                StatusCode::METHOD_NOT_ALLOWED,
                "invalid_request",
                900_561,
                says,
            ),
        );
    }
    match desk.answers.token {
        TokenDesk::Reads => judged(desk, asked),
        TokenDesk::BlockPage => block_page(desk),
        TokenDesk::Throttled => {
            let says =
                "TenantThrottlingError: there are too many incoming requests for this tenant.";
            let refused = refusal(
                StatusCode::TOO_MANY_REQUESTS,
                "temporarily_unavailable",
                90_055,
                says,
            );
            let mut reply = refuse(desk, asked, &refused);
            put(&mut reply, "retry-after", "30");
            reply
        }
    }
}

/// An empty form is refused by its first missing field; a whole one is judged by who signs in.
fn judged(desk: &Desk, asked: &Asked) -> Reply {
    let kind = asked
        .headers
        .get("content-type")
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let form = kind.split(';').next().unwrap_or_default().trim();
    if !form.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let says = "Invalid request. Request is malformed or invalid.";
        let refused = refusal(StatusCode::BAD_REQUEST, "invalid_request", 9_002_313, says);
        return refuse(desk, asked, &refused);
    }
    match sign_in::judged(desk, asked) {
        Ok(granted) => {
            let reply = json_body(StatusCode::OK, &granted);
            let mut reply = fingerprinted(reply, &identifier(), "");
            put(&mut reply, "cache-control", "no-store, no-cache");
            put(&mut reply, "pragma", "no-cache");
            reply
        }
        Err(refused) => refuse(desk, asked, &refused),
    }
}

fn discovery(desk: &Desk, asked: &Asked, tenant: &str) -> Reply {
    let shared = ["common", "organizations", "consumers"]
        .iter()
        .any(|name| tenant.eq_ignore_ascii_case(name));
    let ours = tenant.eq_ignore_ascii_case(TENANT) || tenant.eq_ignore_ascii_case(TENANT_ID);
    if !(shared || (ours && desk.answers.tenant_known)) {
        let says = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
             correct cloud. Check with your subscription administrator, this may happen if there are no active \
             subscriptions for the tenant."
        );
        return refuse(
            desk,
            asked,
            &refusal(StatusCode::BAD_REQUEST, "invalid_tenant", 90_002, says),
        );
    }
    let (path, issuer) = if shared {
        (tenant, "{tenantid}")
    } else {
        (TENANT_ID, TENANT_ID)
    };
    let base = format!("https://{LOGIN}");
    // Every cloud calls itself by its sign-in host, without the first word.
    let own = desk
        .host
        .strip_prefix("login.")
        .unwrap_or("microsoftonline.com");
    let elsewhere = !shared && desk.answers.sign_in == SignIn::OtherCloud;
    let body = json!({
        "token_endpoint": format!("{base}/{path}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{base}/{path}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "issuer": format!("{base}/{issuer}/v2.0"),
        "authorization_endpoint": format!("{base}/{path}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{base}/{path}/oauth2/v2.0/devicecode"),
        "tenant_region_scope": if shared { Value::Null } else { json!("EU") },
        "cloud_instance_name": if elsewhere { "microsoftonline.us" } else { own },
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": if elsewhere { "graph.microsoft.us" } else { "graph.microsoft.com" },
        "rbac_url": "https://pas.windows.net",
    });
    let mut reply = fingerprinted(json_body(StatusCode::OK, &body), &identifier(), "");
    put(&mut reply, "cache-control", "max-age=86400, private");
    reply
}

/// The recorded shape of an error: identifiers and time in the text and beside it.
fn refuse(desk: &Desk, asked: &Asked, refused: &Refusal) -> Reply {
    let trace = identifier();
    let given = asked
        .headers
        .get("client-request-id")
        .and_then(|given| given.to_str().ok());
    let correlation = given.map_or_else(identifier, str::to_owned);
    let stamp = stamp(desk.clock());
    let code = refused.code;
    let body = json!({
        "error": refused.error,
        "error_description": format!(
            "AADSTS{code}: {}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {stamp}", refused.says
        ),
        "error_codes": [code],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("https://{LOGIN}/error?code={code}"),
    });
    let reply = json_body(refused.status, &body);
    let mut reply = fingerprinted(reply, &trace, &code.to_string());
    put(&mut reply, "cache-control", "no-store, no-cache");
    put(&mut reply, "pragma", "no-cache");
    reply
}

fn fingerprinted(reply: Reply, trace: &str, code: &str) -> Reply {
    let mut reply = of_microsoft(reply);
    put(&mut reply, "x-content-type-options", "nosniff");
    put(&mut reply, "p3p", r#"CP="DSP CUR OTPi IND OTRi ONL FIN""#);
    put(&mut reply, "x-ms-request-id", trace);
    put(
        &mut reply,
        "x-ms-ests-server",
        "2.1.21750.8 - NEULR1 ProdSlices",
    );
    put(
        &mut reply,
        "x-ms-clitelem",
        &format!("1,{},0,,", if code.is_empty() { "0" } else { code }),
    );
    put(
        &mut reply,
        "set-cookie",
        "x-ms-gateway-slice=estsfd; path=/; secure; samesite=none; httponly",
    );
    put(
        &mut reply,
        "set-cookie",
        "stsservicecookie=estsfd; path=/; secure; samesite=none; httponly",
    );
    reply
}

/// What a filter says in Entra's place: none of the headers above, and a page where JSON was promised.
fn block_page(desk: &Desk) -> Reply {
    let page = format!(
        "<!DOCTYPE html><html><head><title>Access denied</title></head><body><h1>This page is blocked</h1>\
         <p>Access to {} was blocked by your organisation's web policy. Category: Cloud applications.</p></body></html>",
        desk.host
    );
    text(StatusCode::FORBIDDEN, "text/html; charset=utf-8", page)
}

fn stamp(at: OffsetDateTime) -> String {
    let (hour, minute, second) = at.to_hms();
    let month = u8::from(at.month());
    format!(
        "{}-{month:02}-{:02} {hour:02}:{minute:02}:{second:02}Z",
        at.year(),
        at.day()
    )
}
