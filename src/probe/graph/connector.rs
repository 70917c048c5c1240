//! Intune's connector for Jamf Pro, as Graph tells it to an administrator: the older one of Conditional Access and the
//! newer one of Device Compliance.

use jiff::Timestamp;
use serde_json::Value;

use super::super::app::AppSeen;
use super::super::ask::{Ask, Seen};
use super::super::context::{Context, finding};
use super::{Spec, objection, unexpected};
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::http::{HttpSeen, Request};
use crate::net::printable;
use crate::net::secret::SecretName;

const PARTNERS: &str = "/v1.0/deviceManagement/deviceManagementPartners";
const COMPLIANCE: &str = "/v1.0/deviceManagement/complianceManagementPartners";
const EXPECTED: &str = "a connector for Jamf Pro that is enabled";
/// Jamf Pro reports far more often than once a day.
const QUIET_HOURS: i64 = 24;

pub(super) async fn observe(spec: &Spec, ask: &Ask) {
    let Some(token) = ask.secret(SecretName::AdminToken) else {
        return;
    };
    ask.fact("client_request_id", ask.correlation());
    for (path, prefix) in [(PARTNERS, "connector"), (COMPLIANCE, "compliance")] {
        let Some(answer) = ask.call(&spec.get(path, &token, ask)).await else {
            return;
        };
        let Some(partner) = answer.json.as_ref().and_then(jamf) else {
            continue;
        };
        for (key, name) in [
            ("partnerState", "state"),
            ("partnerAppType", "type"),
            ("singleTenantAppId", "app_id"),
            ("lastHeartbeatDateTime", "last_heartbeat"),
            (
                "whenPartnerDevicesWillBeRemovedDateTime",
                "devices_removed_at",
            ),
            ("isConfigured", "configured"),
            ("macOsOnboarded", "macs_onboarded"),
        ] {
            if let Some(value) = partner.get(key).filter(|value| !value.is_null()) {
                ask.fact(&format!("{prefix}_{name}"), value.clone());
            }
        }
    }
}

pub(super) fn judge(
    spec: &Spec,
    request: &Request,
    answer: &HttpSeen,
    context: &Context<'_>,
) -> Vec<Finding> {
    if let Some(objection) = objection(answer, EXPECTED) {
        return vec![objection];
    }
    let json = answer
        .json
        .as_ref()
        .filter(|json| json.get("value").is_some_and(Value::is_array));
    let Some(json) = json else {
        return vec![unexpected(EXPECTED, "JSON without a list of partners")];
    };
    // Most tenants have one of the two: whether there is any at all is for the older list's row to say.
    let Some(partner) = jamf(json) else {
        return Vec::new();
    };
    let older = request.path == PARTNERS;
    let mut found = Vec::new();
    let mut unfit = |verdict, expected: &str, actual: String| {
        found.push(finding(
            Code::IntuneConnectorUnfit,
            verdict,
            expected,
            actual,
        ));
    };
    let state = partner
        .get("partnerState")
        .and_then(Value::as_str)
        .unwrap_or("not told");
    match state {
        "enabled" => {}
        "unknown" | "not told" => unfit(
            Verdict::Degraded,
            EXPECTED,
            "Graph does not tell its state".to_owned(),
        ),
        other => unfit(
            Verdict::Fail,
            EXPECTED,
            format!("its state is {}", printable(other, 60)),
        ),
    }
    // The Cloud Connector's application is Jamf's own, whatever stands in this field.
    let own = partner.get("partnerAppType").and_then(Value::as_str) != Some("multiTenantApp");
    let app = partner.get("singleTenantAppId").and_then(Value::as_str);
    if let (true, Some(ours), Some(theirs)) = (older && own, spec.client_id.as_deref(), app)
        && !theirs.is_empty()
        && !theirs.eq_ignore_ascii_case(ours)
    {
        let actual = format!(
            "the connector expects the application {}",
            printable(theirs, 60)
        );
        unfit(
            Verdict::Fail,
            &format!("a connector for the application {ours}"),
            actual,
        );
    }
    found.extend(in_time(partner, state == "enabled", context.now));
    found
}

/// Whether Jamf Pro was heard of late, and whether its Macs are about to be removed.
fn in_time(partner: &Value, enabled: bool, now: Timestamp) -> Vec<Finding> {
    let unfit = |expected: &str, actual: String| {
        finding(
            Code::IntuneConnectorUnfit,
            Verdict::Degraded,
            expected,
            actual,
        )
    };
    let mut found = Vec::new();
    if let Some(beat) = time(partner, "lastHeartbeatDateTime")
        && enabled
    {
        let hours = (now.as_second() - beat.as_second()) / 3600;
        if hours >= QUIET_HOURS {
            let expected = format!("a heartbeat within {QUIET_HOURS} hours");
            let actual = format!("the last heartbeat was {hours} hours ago, at {beat}");
            found.push(unfit(&expected, actual));
        }
    }
    if let Some(removed) = time(partner, "whenPartnerDevicesWillBeRemovedDateTime") {
        let actual = format!("its Macs are removed from Intune at {removed}");
        found.push(unfit("no date of removal", actual));
    }
    found
}

/// The state that each of the two connectors is in, and when Jamf Pro was heard.
pub(super) fn words(app: &AppSeen, now: Timestamp) -> Option<String> {
    let of = |prefix: &str| {
        let state = app.text(&format!("{prefix}_state"))?;
        let beat = app.text(&format!("{prefix}_last_heartbeat"));
        let beat = beat.and_then(|beat| set(beat.parse().ok()?));
        Some(match beat {
            Some(beat) => format!("{state}, last heartbeat {} ago", age(beat, now)),
            None => format!("{state}, no heartbeat is told"),
        })
    };
    let newer = of("compliance").map(|words| format!("for Device Compliance {words}"));
    let all: Vec<String> = of("connector").into_iter().chain(newer).collect();
    (!all.is_empty()).then(|| format!("the connector is {}", all.join("; ")))
}

fn age(then: Timestamp, now: Timestamp) -> String {
    let minutes = (now.as_second() - then.as_second() + 30) / 60;
    if minutes < 120 {
        format!("{minutes} min")
    } else {
        format!("{} hours", minutes / 60)
    }
}

/// Neither list has an entry of Jamf's.
pub(super) fn missing(seen: &Seen) -> Option<Finding> {
    let answers = || {
        let ladders = seen.ladders.iter();
        ladders.filter_map(|ladder| ladder.observation.seen.http.as_deref()?.json.as_ref())
    };
    if answers().count() < 2 || answers().any(|json| jamf(json).is_some()) {
        return None;
    }
    // By what name Graph lists Jamf is not published.
    let all = answers().filter_map(|json| json.get("value")?.as_array());
    let names: Vec<String> = all
        .flatten()
        .take(8)
        .map(|one| {
            let name = one.get("displayName").and_then(Value::as_str);
            printable(name.unwrap_or("one without a name"), 60)
        })
        .collect();
    let (verdict, actual) = if names.is_empty() {
        let none = "Intune lists no connector for Jamf Pro in this tenant";
        (Verdict::Fail, none.to_owned())
    } else {
        let listed = names.join(", ");
        let others = format!("no partner that Intune lists is named Jamf: {listed}");
        (Verdict::Degraded, others)
    };
    let code = Code::IntuneConnectorUnfit;
    Some(finding(code, verdict, EXPECTED, actual))
}

/// The entry of Jamf among the partners.
fn jamf(json: &Value) -> Option<&Value> {
    let partners = json.get("value")?.as_array()?;
    partners.iter().find(|one| {
        let name = one.get("displayName").and_then(Value::as_str);
        name.is_some_and(|name| name.to_ascii_lowercase().contains("jamf"))
    })
}

fn time(partner: &Value, key: &str) -> Option<Timestamp> {
    set(partner.get(key)?.as_str()?.parse().ok()?)
}

/// Graph writes the year 1 where no time is set.
fn set(time: Timestamp) -> Option<Timestamp> {
    (time > Timestamp::UNIX_EPOCH).then_some(time)
}
