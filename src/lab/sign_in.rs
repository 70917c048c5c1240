//! How an application signs in at the lab's Entra: client credentials, as strictly as the real one takes them, and one
//! token for each API.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value, json};

use super::answers::{Asked, Desk};
use super::entra::{Refusal, refusal};
use super::world::{CLIENT_ID, SECRET, SignIn, TENANT, TENANT_ID, Trouble};

/// The API's own name ends with a slash.
const INTUNE: &str = "https://api.manage.microsoft.com/";
const INTUNE_SCOPE: &str = "https://api.manage.microsoft.com//.default";
pub(super) const GRAPH: &str = "https://graph.microsoft.com";

/// What this Entra has been asked for and has granted.
#[derive(Clone, Debug, Default)]
pub(super) struct Granted(Arc<Mutex<Grants>>);

#[derive(Debug, Default)]
struct Grants {
    /// Each token and its audience.
    tokens: Vec<(&'static str, String)>,
    /// Each request that showed a secret: the API, and the run's own identifier.
    asked: Vec<(String, String)>,
}

impl Granted {
    /// Whether this Entra has granted the token, for this audience.
    pub(super) fn is_for(&self, audience: &str, token: &str) -> bool {
        let granted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tokens = granted.tokens.iter();
        tokens.any(|(known, one)| *known == audience && one == token)
    }

    fn add(&self, audience: &'static str, token: &str) {
        let mut granted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        granted.tokens.push((audience, token.to_owned()));
    }

    /// Whether a run asks for the same API again, however it spells it and whatever became of the first request.
    fn again(&self, scope: &str, run: &str) -> bool {
        let api = scope.trim_end_matches(".default").trim_end_matches('/');
        let entry = (api.to_owned(), run.to_owned());
        let mut granted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let again = granted.asked.contains(&entry);
        granted.asked.push(entry);
        again
    }
}

pub(super) fn judged(desk: &Desk, asked: &Asked) -> Result<Value, Refusal> {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&asked.body)
        .into_owned()
        .collect();
    let field = |name: &str| {
        form.get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    };
    let invalid =
        |code, says: String| refusal(StatusCode::BAD_REQUEST, "invalid_request", code, says);
    for name in ["grant_type", "client_id"] {
        if field(name).is_none() {
            let says = format!("The request body must contain the following parameter: '{name}'.");
            return Err(invalid(900_144, says));
        }
    }
    let scope = field("scope").unwrap_or_default();
    if let Some(secret) = field("client_secret") {
        examined(desk, asked, scope, secret)?;
    }
    in_tenant(desk, asked)?;
    if field("client_id") != Some(CLIENT_ID) {
        let says = "Application was not found in the directory.";
        return Err(refusal(
            StatusCode::BAD_REQUEST,
            "unauthorized_client",
            700_016,
            says,
        ));
    }
    let secret = |code, says| refusal(StatusCode::UNAUTHORIZED, "invalid_client", code, says);
    match field("client_secret") {
        None => {
            return Err(secret(
                7_000_216,
                "'client_secret' is required for the 'client_credentials' grant type.",
            ));
        }
        Some(SECRET) if desk.answers.sign_in == SignIn::SecretExpired => {
            return Err(secret(
                7_000_222,
                "The provided client secret keys for app are expired.",
            ));
        }
        Some(SECRET) => {}
        Some(_) => {
            let says = "Invalid client secret provided. Ensure the secret being sent in the request is the client \
                        secret value, not the client secret ID.";
            return Err(secret(7_000_215, says));
        }
    }
    if let SignIn::Trouble(trouble) = desk.answers.sign_in {
        troubled(trouble, scope)?;
    }
    granted(desk, scope)
}

/// What the real one lets pass and no client should do, and what it takes for a loop.
fn examined(desk: &Desk, asked: &Asked, scope: &str, secret: &str) -> Result<(), Refusal> {
    if secret != desk.answers.typed.text() {
        asked.object("the secret is not the one that was typed");
    }
    let run = asked.headers.get("client-request-id");
    let Some(run) = run.and_then(|run| run.to_str().ok()) else {
        asked.object("no client-request-id, by which Microsoft's support finds a request");
        return Ok(());
    };
    if desk.granted.again(scope, run) {
        asked.object("a second request of this run for one API");
        let says =
            "The server terminated an operation because it encountered a client request loop.";
        return Err(refusal(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            50_196,
            says,
        ));
    }
    Ok(())
}

/// What keeps an application out although its secret is right.
fn troubled(trouble: Trouble, scope: &str) -> Result<(), Refusal> {
    let (error, code, says) = match trouble {
        Trouble::TenantRestricted => (
            "access_denied",
            500_021,
            "Access to the tenant is denied by the tenant restrictions of a proxy.",
        ),
        Trouble::AppUnknown => (
            "unauthorized_client",
            700_016,
            "Application was not found in the directory.",
        ),
        Trouble::PolicyBlocks => (
            "access_denied",
            53_003,
            "Access has been blocked by Conditional Access policies.",
        ),
        Trouble::ApiMissing if scope.starts_with(INTUNE) => (
            "invalid_resource",
            500_011,
            "The resource principal was not found in the tenant.",
        ),
        Trouble::UnknownRefusal => ("invalid_request", 9_999_999, "No more is said."),
        _ => return Ok(()),
    };
    Err(refusal(StatusCode::BAD_REQUEST, error, code, says))
}

/// The tenant is known here, and lives in this cloud.
fn in_tenant(desk: &Desk, asked: &Asked) -> Result<(), Refusal> {
    let path: Vec<&str> = asked.path.split('/').collect();
    let tenant = path.first().copied().unwrap_or_default();
    let ours = tenant.eq_ignore_ascii_case(TENANT) || tenant.eq_ignore_ascii_case(TENANT_ID);
    if !(ours && desk.answers.tenant_known) {
        let says = format!("Tenant '{tenant}' not found.");
        return Err(refusal(
            StatusCode::BAD_REQUEST,
            "invalid_tenant",
            90_002,
            says,
        ));
    }
    if desk.answers.sign_in == SignIn::OtherCloud {
        return Err(refusal(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            90_038,
            format!("Tenant '{tenant}' request is being redirected to the National Cloud."),
        ));
    }
    Ok(())
}

fn granted(desk: &Desk, scope: &str) -> Result<Value, Refusal> {
    let (audience, roles): (&'static str, &[&str]) = match (scope, desk.answers.sign_in) {
        (INTUNE_SCOPE, SignIn::NoConsent) => (INTUNE, &[]),
        (INTUNE_SCOPE, SignIn::ExtraPermission) => (
            INTUNE,
            &["update_device_attributes", "get_device_compliance"],
        ),
        (INTUNE_SCOPE, _) => (INTUNE, &["update_device_attributes"]),
        ("https://graph.microsoft.com/.default", SignIn::NoConsent) => (GRAPH, &[]),
        ("https://graph.microsoft.com/.default", _) => (GRAPH, &["Application.Read.All"]),
        (other, _) if other.ends_with("/.default") => {
            let says = "The resource principal was not found in the tenant.";
            return Err(refusal(
                StatusCode::BAD_REQUEST,
                "invalid_resource",
                500_011,
                says,
            ));
        }
        _ => {
            let says = "The provided value for the input parameter 'scope' is not valid.";
            return Err(refusal(
                StatusCode::BAD_REQUEST,
                "invalid_scope",
                1_002_012,
                says,
            ));
        }
    };
    let token = token(desk, audience, roles);
    desk.granted.add(audience, &token);
    Ok(
        json!({ "token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token }),
    )
}

fn token(desk: &Desk, audience: &str, roles: &[&str]) -> String {
    let now = desk.clock().unix_timestamp();
    let named = match desk.answers.sign_in {
        SignIn::Trouble(Trouble::OtherAudience) => "https://management.azure.com/",
        _ => audience,
    };
    let mut claims = json!({
        "aud": named, "iss": format!("https://sts.windows.net/{TENANT_ID}/"), "iat": now, "nbf": now,
        "exp": now + 3900, "appid": CLIENT_ID, "appidacr": "1", "tid": TENANT_ID, "ver": "1.0",
    });
    if !roles.is_empty() {
        claims["roles"] = json!(roles);
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    match desk.answers.sign_in {
        SignIn::Trouble(Trouble::Opaque) => "1.AAAA-opaque-of-the-lab".to_owned(),
        _ => format!(
            "{}.{}.bGFiLXNpZ25hdHVyZQ",
            part(&json!({"typ": "JWT", "alg": "none"})),
            part(&claims)
        ),
    }
}
