//! What a Jamf Pro server cannot do by its own word: the notifications that its administrators see when they sign in.
//!
//! On Jamf Cloud this is the only way to learn whether the server reaches Apple and Microsoft. Only the types of the
//! notifications are kept, for their parameters name people and devices.

use serde_json::Value;

use super::{Question, Spec, session};
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::http::HttpSeen;
use crate::probe::ask::{Ask, Seen};
use crate::probe::context::finding;

pub(super) const PATH: &str = "/api/v1/notifications";
const WISH: &str = "no such notification in Jamf Pro";

/// A type of notification, as the server spells it, and what it means here.
struct Alarm {
    kind: &'static str,
    asked_by: Question,
    code: Code,
    verdict: Verdict,
    says: &'static str,
}

const fn alarm(
    kind: &'static str,
    asked_by: Question,
    code: Code,
    verdict: Verdict,
    says: &'static str,
) -> Alarm {
    Alarm {
        kind,
        asked_by,
        code,
        verdict,
        says,
    }
}

const fn ends(kind: &'static str, says: &'static str) -> Alarm {
    let code = Code::JamfCertificateEnds;
    alarm(kind, Question::Certificates, code, Verdict::Degraded, says)
}

const fn microsoft(kind: &'static str, says: &'static str) -> Alarm {
    let code = Code::JamfMicrosoftFailure;
    alarm(kind, Question::Microsoft, code, Verdict::Fail, says)
}

/// Those that speak of this integration; the others are named among the facts and judged by nobody.
const ALARMS: &[Alarm] = &[
    alarm(
        "APNS_CONNECTION_FAILURE",
        Question::Apple,
        Code::JamfAppleFailure,
        Verdict::Fail,
        "it cannot reach Apple's push service",
    ),
    alarm(
        "PUSH_CERT_EXPIRED",
        Question::Push,
        Code::JamfPushCertExpired,
        Verdict::Fail,
        "its push certificate has expired",
    ),
    alarm(
        "APNS_CERT_REVOKED",
        Question::Push,
        Code::JamfPushCertExpired,
        Verdict::Fail,
        "Apple has revoked its push certificate",
    ),
    alarm(
        "PUSH_CERT_WILL_EXPIRE",
        Question::Push,
        Code::JamfPushCertExpiring,
        Verdict::Degraded,
        "its push certificate expires soon",
    ),
    microsoft(
        "DEVICE_COMPLIANCE_CONNECTION_ERROR",
        "its connection for Device Compliance fails",
    ),
    microsoft(
        "CONDITIONAL_ACCESS_CONNECTION_ERROR",
        "its connection for Conditional Access fails",
    ),
    microsoft(
        "MII_HEARTBEAT_FAILED_NOTIFICATION",
        "its heartbeat to Intune fails",
    ),
    microsoft(
        "MII_INVENTORY_UPLOAD_FAILED_NOTIFICATION",
        "it cannot upload inventory to Intune",
    ),
    // The spelling is theirs.
    microsoft(
        "MII_UNATHORIZED_RESPONSE_NOTIFICATION",
        "Intune does not accept its sign-in",
    ),
    ends("TOMCAT_SSL_CERT_EXPIRED", "its web certificate has expired"),
    ends(
        "TOMCAT_SSL_CERT_WILL_EXPIRE",
        "its web certificate expires soon",
    ),
    ends("BUILT_IN_CA_EXPIRED", "its built-in authority has expired"),
    ends(
        "BUILT_IN_CA_EXPIRING",
        "its built-in authority expires soon",
    ),
    ends(
        "PUSH_PROXY_CERT_EXPIRED",
        "its push proxy's certificate has expired",
    ),
    ends(
        "DEP_INSTANCE_EXPIRED",
        "its token for automated enrolment has expired",
    ),
    ends(
        "DEP_INSTANCE_WILL_EXPIRE",
        "its token for automated enrolment expires soon",
    ),
];

/// One notification of the server.
#[derive(Debug, Eq, PartialEq)]
struct Told {
    kind: String,
    days: Option<i64>,
}

fn read(answer: &HttpSeen) -> Option<Vec<Told>> {
    let entries = answer.json.as_ref()?.as_array()?;
    let one = |entry: &Value| {
        let days = entry.get("params").and_then(|params| params.get("days"));
        let number = |days: &Value| days.as_i64().or_else(|| days.as_str()?.trim().parse().ok());
        Some(Told {
            kind: entry.get("type")?.as_str()?.to_owned(),
            days: days.and_then(number),
        })
    };
    entries.iter().map(one).collect()
}

pub(super) async fn observe(spec: &Spec, ask: &Ask) {
    let answer = session::get(spec, ask, PATH).await;
    let Some(told) = answer.as_deref().and_then(read) else {
        return;
    };
    let push = told.iter().find(|one| one.kind == "PUSH_CERT_WILL_EXPIRE");
    if let Some(days) = push.and_then(|one| one.days)
        && spec.ask == Question::Push
    {
        ask.fact("push_certificate_days", days);
    }
    let mut kinds: Vec<String> = told.into_iter().map(|one| one.kind).collect();
    kinds.sort();
    kinds.dedup();
    ask.fact("notifications", kinds);
}

pub(super) fn judge(spec: &Spec, answer: &HttpSeen) -> Vec<Finding> {
    let Some(told) = read(answer).filter(|_| answer.status == Some(200)) else {
        return session::unopened("its notifications", answer);
    };
    let asked = ALARMS.iter().filter(|alarm| alarm.asked_by == spec.ask);
    let found = asked.filter_map(|alarm| {
        let one = told.iter().find(|one| one.kind == alarm.kind)?;
        let days = one
            .days
            .filter(|_| alarm.kind.ends_with("EXPIRE") || alarm.kind.ends_with("EXPIRING"))
            .map_or_else(String::new, |days| format!(", in {days} days"));
        let actual = format!("Jamf Pro says that {}{days} ({})", alarm.says, alarm.kind);
        Some(finding(alarm.code, alarm.verdict, WISH, actual))
    });
    found.collect()
}

pub(super) fn words(seen: &Seen) -> Option<String> {
    let answers = seen
        .ladders
        .iter()
        .filter_map(|one| one.observation.seen.http.as_deref());
    let told = answers.filter_map(read).next_back()?;
    Some(match told.len() {
        0 => "no notifications".to_owned(),
        1 => "1 notification, and not about this".to_owned(),
        more => format!("{more} notifications, none of them about this"),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::health::tests::any_json;
    use super::*;

    fn answer(json: &str) -> HttpSeen {
        HttpSeen {
            status: Some(200),
            json: serde_json::from_str(json).ok(),
            ..HttpSeen::default()
        }
    }

    fn codes(ask: Question, json: &str) -> Vec<&'static str> {
        let base = "https://jamf.example.com".parse().expect("a URL");
        let spec = Spec {
            base,
            ask,
            least: None,
            client: None,
            stores: Vec::new(),
        };
        let found = judge(&spec, &answer(json));
        found.iter().map(|one| one.code.name()).collect()
    }

    #[test]
    fn each_notification_has_its_row_and_its_code() {
        let all = ALARMS
            .iter()
            .map(|alarm| format!(r#"{{"type":"{}","id":"1","params":{{}}}}"#, alarm.kind));
        let all = format!("[{}]", all.collect::<Vec<_>>().join(","));
        assert_eq!(codes(Question::Apple, &all), ["jamf_apple_failure"]);
        assert_eq!(
            codes(Question::Push, &all),
            [
                "jamf_push_cert_expired",
                "jamf_push_cert_expired",
                "jamf_push_cert_expiring"
            ]
        );
        assert_eq!(
            codes(Question::Microsoft, &all),
            ["jamf_microsoft_failure"; 5]
        );
        assert_eq!(
            codes(Question::Certificates, &all),
            ["jamf_certificate_ends"; 7]
        );
        let other = r#"[{"type":"PATCH_UPDATE","params":{"name":"x"}}]"#;
        assert!(codes(Question::Apple, other).is_empty());
        for odd in ["{}", "7", r#"[{"kind":"x"}]"#, r#"["x"]"#] {
            assert_eq!(codes(Question::Apple, odd), ["jamf_unexpected"], "{odd}");
        }
    }

    #[test]
    fn the_days_of_the_push_certificate_are_read_as_number_or_text() {
        for days in ["12", r#""12""#] {
            let json =
                format!(r#"[{{"type":"PUSH_CERT_WILL_EXPIRE","params":{{"days":{days}}}}}]"#);
            let told = read(&answer(&json)).expect("a list");
            assert_eq!(told[0].days, Some(12));
        }
    }

    proptest! {
        #[test]
        fn any_json_is_a_list_of_notifications_or_none(json in any_json()) {
            let seen = HttpSeen { status: Some(200), json: Some(json.clone()), ..HttpSeen::default() };
            prop_assert!(read(&seen).is_none() || json.is_array());
        }
    }
}
