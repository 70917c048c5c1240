//! What the lab's web servers answer: Apple's push provider, Intune, device registration, Graph. Entra's login
//! host and Jamf Pro have files of their own.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::listen::Journal;
use super::sign_in::Granted;
use super::world::{Answers, ClockAhead, LOGIN, Service, TENANT, TENANT_ID};
use super::{entra, graph, jamf};

/// A form of more than this is not one that a client of the lab sends.
const LONGEST_BODY: usize = 64 * 1024;

pub(super) type Reply = Response<Full<Bytes>>;

/// One server's part in the world.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    pub(super) host: &'static str,
    pub(super) service: Service,
    pub(super) answers: Answers,
    /// What the world's Entra has granted so far.
    pub(super) granted: Granted,
}

/// A request with its body, read to the end.
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) journal: Journal,
}

impl Asked {
    /// Writes down what no client should do, for the tests to find.
    pub(super) fn object(&self, what: &str) {
        let line = format!("{} {}: {what}", self.method, self.path);
        self.journal.memory().objections.push(line);
    }
}

impl Desk {
    pub(super) async fn answer(
        self,
        request: Request<Incoming>,
        journal: Journal,
    ) -> Result<Reply, Infallible> {
        let (parts, body) = request.into_parts();
        let Ok(body) = Limited::new(body, LONGEST_BODY).collect().await else {
            return Ok(text(
                StatusCode::PAYLOAD_TOO_LARGE,
                "text/plain",
                "too large",
            ));
        };
        let path = parts.uri.path().trim_matches('/').to_owned();
        let asked = Asked {
            method: parts.method,
            path,
            headers: parts.headers,
            body: body.to_bytes(),
            journal,
        };
        let mut reply = self.reply(&asked);
        put(&mut reply, "date", &http_date(self.clock()));
        // Over HTTP/2 nobody else sees to it that the answer to HEAD has no body.
        if asked.method == Method::HEAD {
            *reply.body_mut() = Full::default();
        }
        Ok(reply)
    }

    fn reply(&self, asked: &Asked) -> Reply {
        match self.service {
            Service::Login | Service::DeviceLogin => entra::reply(self, asked),
            Service::Registration => of_microsoft(registration(asked)),
            Service::Graph => of_microsoft(graph::reply(self, asked)),
            Service::Intune => of_microsoft(intune(asked)),
            Service::PushProvider => push_provider(),
            Service::PushBag => push_bag(asked),
            Service::AppSites => app_sites(asked),
            Service::Captive => text(
                StatusCode::OK,
                "text/html",
                "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>",
            ),
            Service::Jamf => jamf::reply(self, asked),
            Service::OlderJamf => jamf::older(self, asked),
            Service::ShortLink => short_link(self.host),
            Service::Packages => packages(asked),
            Service::Web(status) => web(status),
            Service::Courier => text(StatusCode::NOT_FOUND, "text/plain", ""),
        }
    }

    pub(super) fn clock(&self) -> OffsetDateTime {
        let ahead = match self.answers.clock_ahead {
            ClockAhead::Everywhere => Duration::HOUR,
            ClockAhead::At(host) if host == self.host => Duration::HOUR,
            ClockAhead::At(_) | ClockAhead::Nowhere => Duration::ZERO,
        };
        OffsetDateTime::now_utc() + ahead
    }
}

/// What all of Microsoft's hosts have in common.
pub(super) fn of_microsoft(mut reply: Reply) -> Reply {
    put(
        &mut reply,
        "strict-transport-security",
        "max-age=31536000; includeSubDomains",
    );
    reply
}

/// One link leads to another, and that one to the package, whose name tells its version.
fn short_link(host: &str) -> Reply {
    let (status, to) = match host {
        "aka.ms" => (
            StatusCode::MOVED_PERMANENTLY,
            "https://go.microsoft.com/fwlink/?linkid=853070",
        ),
        _ => (
            StatusCode::FOUND,
            "https://officecdn.microsoft.com/pr/C1297A47-86C4-4C1F-97FA-950631F94777/MacAutoupdate/\
             CompanyPortal_5.2404.0-Installer.pkg",
        ),
    };
    let mut reply = text(status, "text/html; charset=utf-8", "");
    put(&mut reply, "location", to);
    reply
}

/// Whoever asks for more than the head of 83 MB is no friend of this network.
fn packages(asked: &Asked) -> Reply {
    if asked.method != Method::HEAD {
        return text(StatusCode::FORBIDDEN, "text/plain", "");
    }
    let mut reply = text(StatusCode::OK, "application/octet-stream", "");
    put(&mut reply, "accept-ranges", "bytes");
    reply
}

pub(super) fn text(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    reply
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}

pub(super) fn json_body(status: StatusCode, value: &Value) -> Reply {
    text(status, "application/json; charset=utf-8", value.to_string())
}

/// Sets a header; a value that cannot be one is left out.
pub(super) fn put(reply: &mut Reply, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().append(name, value);
    }
}

/// An identifier of the usual form, different every time.
pub(super) fn identifier() -> String {
    use std::hash::{BuildHasher, RandomState};
    let (a, b) = (
        RandomState::new().hash_one(0),
        RandomState::new().hash_one(1),
    );
    let (time, version) = (a >> 32, a & 0xfff);
    format!(
        "{time:08x}-{:04x}-4{version:03x}-{:04x}-{:012x}",
        (a >> 16) & 0xffff,
        0x8000 | (b >> 50),
        b & 0xffff_ffff_ffff
    )
}

/// The form that HTTP demands of a date.
pub(super) fn http_date(at: OffsetDateTime) -> String {
    let (month, weekday) = (at.month().to_string(), at.weekday().to_string());
    let (day, year) = (at.day(), at.year());
    let (hour, minute, second) = at.to_hms();
    format!(
        "{}, {day:02} {} {year} {hour:02}:{minute:02}:{second:02} GMT",
        &weekday[..3],
        &month[..3]
    )
}

/// The same for every request; a redirect leads where Company Portal's links lead.
fn web(status: u16) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut reply = text(status, "text/plain; charset=utf-8", "ok\n");
    if status.is_redirection() {
        put(
            &mut reply,
            "location",
            "https://officecdn.microsoft.com/CompanyPortal-Installer.pkg",
        );
    }
    reply
}

fn push_provider() -> Reply {
    let mut reply = text(
        StatusCode::METHOD_NOT_ALLOWED,
        "application/json",
        r#"{"reason":"MethodNotAllowed"}"#,
    );
    put(&mut reply, "apns-id", &identifier().to_uppercase());
    reply
}

fn push_bag(asked: &Asked) -> Reply {
    if asked.path != "bag" {
        return text(StatusCode::NOT_FOUND, "text/plain", "");
    }
    let bag = r#"<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
<key>APNSCourierHostcount</key><integer>50</integer>
<key>APNSCourierHostname</key><string>courier.push.apple.com</string>
<key>APNSCourierStatus</key><true/>
</dict></plist>
"#;
    text(StatusCode::OK, "application/x-apple-plist", bag)
}

fn app_sites(asked: &Asked) -> Reply {
    if asked.path.starts_with("a/v1/") {
        return json_body(
            StatusCode::OK,
            &json!({ "authsrv": { "apps": ["UBF8T346G9.com.microsoft.CompanyPortalMac"] } }),
        );
    }
    text(StatusCode::NOT_FOUND, "text/plain", "Not Found\n")
}

fn registration(asked: &Asked) -> Reply {
    let segments: Vec<&str> = asked.path.split('/').collect();
    let [_domain, "discover"] = segments[..] else {
        return text(
            StatusCode::NOT_FOUND,
            "text/html",
            "<html><body>Not found</body></html>",
        );
    };
    let base = "https://enterpriseregistration.windows.net/EnrollmentServer";
    let found = json!({
        "DeviceRegistrationService": {
            "RegistrationEndpoint": format!("{base}/DeviceEnrollmentWebService.svc"),
            "RegistrationResourceId": "urn:ms-drs:enterpriseregistration.windows.net",
            "ServiceVersion": "1.0",
        },
        "AuthenticationService": {
            "OAuth2": {
                "AuthCodeEndpoint": format!("https://{LOGIN}/{TENANT_ID}/oauth2/authorize"),
                "TokenEndpoint": format!("https://{LOGIN}/{TENANT_ID}/oauth2/token"),
            },
        },
        "IdentityProviderService": { "PassiveAuthEndpoint": format!("https://{LOGIN}/{TENANT}/wsfed") },
        "TenantInfo": { "TenantId": TENANT_ID, "TenantName": TENANT },
    });
    with_request_id(json_body(StatusCode::OK, &found))
}

fn intune(asked: &Asked) -> Reply {
    if !matches!(asked.method, Method::GET | Method::HEAD) {
        asked.object("something is sent to Intune");
    }
    if asked.headers.contains_key(header::AUTHORIZATION) {
        asked.object("a token is shown to Intune");
    }
    let (status, page) = match asked.path.as_str() {
        "" => (
            StatusCode::OK,
            "<html><head><title>Microsoft Intune</title></head><body></body></html>",
        ),
        _ => (StatusCode::NOT_FOUND, "<html><body>Not found</body></html>"),
    };
    with_request_id(text(status, "text/html; charset=utf-8", page))
}

fn with_request_id(mut reply: Reply) -> Reply {
    put(&mut reply, "x-ms-request-id", &identifier());
    reply
}
