//! A session as an API client: one token for the whole run, given back at its end. Nothing is changed on the server.

use std::slice;
use std::sync::Arc;

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::{Spec, unexpected, untold};
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::http::{HttpSeen, Request};
use crate::net::secret::{Credential, Place, Secret, SecretName};
use crate::probe::ask::{Ask, LadderSeen, Seen, Want};
use crate::probe::context::{Context, cut_code, finding, verdict_of};
use crate::probe::http::{is_page, trouble};
use crate::probe::judge::{self, Demand};

/// What the schemas of servers since 11.23 name, and what Jamf's guides and most scripts use.
pub(super) const TOKEN: &str = "/api/v1/oauth/token";
const OLD_TOKEN: &str = "/api/oauth/token";
const GIVE_BACK: &str = "/api/v1/auth/invalidate-token";

/// The token request, with the secret if there is one.
pub(super) fn want(spec: &Spec, path: &str, secret: Option<Secret>) -> Want {
    let mut want = spec.request(path).want();
    if let Some(request) = &mut want.request {
        let client = spec.client.as_deref().unwrap_or_default();
        let client: String = byte_serialize(client.as_bytes()).collect();
        let form = format!("grant_type=client_credentials&client_id={client}");
        "POST".clone_into(&mut request.method);
        request.headers = vec![
            (
                "content-type".to_owned(),
                "application/x-www-form-urlencoded".to_owned(),
            ),
            ("accept".to_owned(), "application/json".to_owned()),
        ];
        request.body = Some(form.into_bytes());
        request.credential =
            secret.map(|secret| credential(spec, secret, Place::Field("client_secret")));
    }
    want
}

fn credential(spec: &Spec, secret: Secret, place: Place) -> Credential {
    Credential {
        secret,
        place,
        accepts: spec.stores.clone(),
    }
}

/// A token ends by itself, some within a minute; a server is not left with one that nobody needs.
fn give_back(spec: &Spec) -> Option<Request> {
    let mut request = spec.request(GIVE_BACK).want().request?;
    "POST".clone_into(&mut request.method);
    request.body = Some(Vec::new());
    Some(request)
}

/// A token is used at once and given back: `expires_in`, whatever it is, decides nothing. One that has ended too soon shows
/// by the 401 that it brings.
async fn token(spec: &Spec, ask: &Ask) -> Option<Secret> {
    let secret = ask.secret(SecretName::JamfClientSecret)?;
    for path in [TOKEN, OLD_TOKEN] {
        let want = want(spec, path, Some(secret.clone()));
        let answer = ask.call_for_token(&want, give_back(spec)?).await?;
        if answer.status != Some(404) {
            return answer.token.clone().filter(|_| answer.status == Some(200));
        }
    }
    None
}

/// One answer of the API, asked for with the run's token.
pub(super) async fn get(spec: &Spec, ask: &Ask, path: &str) -> Option<Arc<HttpSeen>> {
    let token = token(spec, ask).await?;
    let mut want = spec.request(path).want();
    if let Some(request) = &mut want.request {
        request.headers = vec![("accept".to_owned(), "application/json".to_owned())];
        request.credential = Some(credential(spec, token, Place::Bearer));
    }
    ask.call(&want).await
}

/// The last call that the row made, at each address and on each way: the others led to it. With the path that it asked.
/// A later call goes round what an earlier one could not reach, so that what failed there counts as well.
pub(super) fn last(seen: &Seen) -> (Seen, &str) {
    let Some(last) = seen.ladders.last() else {
        return (seen.clone(), "");
    };
    let request = last.ladder.request.as_ref();
    let of_call = |one: &LadderSeen| one.ladder.request.as_ref() == request;
    let again = |one: &LadderSeen| {
        let same = |other: &LadderSeen| {
            other.ladder.address == one.ladder.address && other.ladder.via == one.ladder.via
        };
        seen.ladders
            .iter()
            .any(|other| of_call(other) && same(other))
    };
    let counts =
        |one: &&LadderSeen| of_call(one) || (one.observation.failure().is_some() && !again(one));
    let alone = Seen {
        ladders: seen.ladders.iter().filter(counts).cloned().collect(),
        ..seen.clone()
    };
    (alone, request.map_or("", |request| request.path.as_str()))
}

/// The findings of a session's last call. An answer that leaves the question open is told before the addresses that gave
/// none, which the common judgement would name in its place.
pub(super) fn ladders(seen: &Seen, demand: &Demand<'_>, context: &Context<'_>) -> Vec<Finding> {
    let Some((last, before)) = seen.ladders.split_last() else {
        return judge::ladders(seen, demand, context);
    };
    let with = |ladders: &[LadderSeen]| Seen {
        ladders: ladders.to_vec(),
        ..seen.clone()
    };
    let mut findings = judge::ladders(&with(slice::from_ref(last)), demand, context);
    let open = matches!(verdict_of(&findings), Verdict::Fail | Verdict::Inconclusive);
    if !last.observation.is_done() || !open {
        return judge::ladders(seen, demand, context);
    }
    let others = judge::each_address(&with(before), demand, context);
    findings.extend(others.into_iter().flatten().map(|mut other| {
        if matches!(other.verdict, Verdict::Fail | Verdict::Inconclusive) {
            other.verdict = Verdict::Degraded;
        }
        other
    }));
    findings.sort_by_key(Finding::stage);
    findings.dedup();
    findings
}

/// Whether nothing but a token was got here, and then used elsewhere.
pub(super) fn is_granted(seen: &Seen) -> bool {
    let last = seen.ladders.last();
    let answer = last.and_then(|last| last.observation.seen.http.as_deref());
    answer.is_some_and(|answer| answer.token.is_some() && answer.status == Some(200))
}

/// Whether a path is one by which tokens are granted.
pub(super) fn grants(path: &str) -> bool {
    path.ends_with(TOKEN) || path.ends_with(OLD_TOKEN)
}

/// What came in the place of a token.
pub(super) fn judge_grant(answer: &HttpSeen, context: &Context<'_>) -> Vec<Finding> {
    const WISH: &str = "a token for the API client";
    if answer.token.is_some() && answer.status == Some(200) {
        let (code, end) = cut_code(context);
        let actual = format!("a token was granted, and {end} before it was of use");
        return vec![finding(code, Verdict::Inconclusive, WISH, actual)];
    }
    if let Some(error) = refusal(answer) {
        let status = answer.status.unwrap_or_default();
        let actual = format!("Jamf Pro grants no token: {error} (status {status})");
        // What a token would have shown is not known.
        let code = Code::JamfClientRefused;
        return vec![finding(code, Verdict::Inconclusive, WISH, actual)];
    }
    if answer.status == Some(200) && answer.json.is_some() {
        return unexpected(WISH, answer);
    }
    // Before 10.49 there were no API clients.
    left_open("anything to an API client", answer)
}

/// The server's word for why it grants no token, by which it is known to be the token endpoint that answers.
fn refusal(answer: &HttpSeen) -> Option<&str> {
    let json = answer.json.as_ref()?;
    let said = json.get("error").and_then(Value::as_str);
    match answer.status? {
        400 | 403 => said,
        401 => Some(said.unwrap_or("the sign-in is not accepted")),
        _ => None,
    }
}

/// An answer that leaves open what somebody signed in to learn. It was asked for, so it is not left out in silence.
pub(super) fn left_open(what: &str, answer: &HttpSeen) -> Vec<Finding> {
    let status = answer.status.unwrap_or_default();
    let unknown = Verdict::Inconclusive;
    let (code, verdict) = match status {
        300..=399 => (Code::HttpRedirected, unknown),
        200 if answer.body_bytes > 0 && !is_page(answer) => (Code::HttpNotJson, unknown),
        _ => trouble(status, answer).map_or((Code::JamfNotTold, unknown), |trouble| {
            (trouble.code, trouble.verdict)
        }),
    };
    vec![untold(what, answer, code, verdict)]
}

/// What came in the place of what a token was to open.
pub(super) fn unopened(what: &str, answer: &HttpSeen) -> Vec<Finding> {
    match answer.status {
        Some(200) if answer.json.is_some() => unexpected(what, answer),
        Some(401) => {
            let actual =
                "Jamf Pro does not take the token that it granted in this very run: status 401";
            let code = Code::JamfTokenRefused;
            vec![finding(
                code,
                Verdict::Inconclusive,
                what,
                actual.to_owned(),
            )]
        }
        _ => left_open(what, answer),
    }
}

/// A note if the token could not be given back: it then lasts for as long as the server said.
pub(super) fn kept(seen: &Seen) -> Option<Finding> {
    let kept = seen.given_back.iter().find(|given| {
        let status = given.seen.http.as_deref().and_then(|answer| answer.status);
        // 401: it had ended already.
        !given.is_pending() && !matches!(status, Some(200..=299 | 401))
    })?;
    let status = kept.seen.http.as_deref().and_then(|answer| answer.status);
    let actual = match (status, kept.failure()) {
        (Some(status), _) => format!("status {status}"),
        (None, Some(failure)) => failure.detail.clone(),
        (None, None) => "no answer".to_owned(),
    };
    Some(finding(
        Code::JamfTokenKept,
        Verdict::Pass,
        "status 204 for the token that is given back",
        format!("the token could not be given back and ends by itself: {actual}"),
    ))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::super::health::tests::any_json;
    use super::*;
    use crate::finding::Expectation;
    use crate::net::ladder::Rungs;
    use crate::net::{End, Failure, Observation};
    use crate::probe::context::{Inspection, ProxyPolicy, RunFacts};

    fn code(status: u16, json: &str) -> &'static str {
        let run = RunFacts::default();
        judge_grant(&answer(status, json), &context(&run))[0]
            .code
            .name()
    }

    fn answer(status: u16, json: &str) -> HttpSeen {
        HttpSeen {
            status: Some(status),
            json: serde_json::from_str(json).ok(),
            body_bytes: json.len(),
            ..HttpSeen::default()
        }
    }

    fn context(run: &RunFacts) -> Context<'_> {
        Context {
            expect: Expectation::Http,
            inspection: Inspection::Forbidden,
            proxy: ProxyPolicy::Never,
            cut: None,
            fast: false,
            now: Timestamp::UNIX_EPOCH,
            run,
        }
    }

    #[test]
    fn what_comes_in_the_place_of_a_token_has_its_code() {
        for (status, json, expected) in [
            (400, r#"{"error":"invalid_client"}"#, "jamf_client_refused"),
            (401, r#"{"error":"invalid_client"}"#, "jamf_client_refused"),
            (
                401,
                r#"{"httpStatus":401,"errors":[]}"#,
                "jamf_client_refused",
            ),
            (400, r#"{"error":7}"#, "jamf_not_told"),
            (200, r#"{"expires_in":"599"}"#, "jamf_unexpected"),
            (200, "[]", "jamf_unexpected"),
            (200, "{not json", "http_not_json"),
            (200, "", "jamf_not_told"),
            (302, "", "http_redirected"),
            (404, "", "jamf_not_told"),
            (429, "", "http_throttled"),
            (503, "{}", "http_server_error"),
        ] {
            assert_eq!(code(status, json), expected, "{status} {json}");
        }
    }

    #[test]
    fn a_token_that_opens_nothing_is_told_from_a_server_that_does_not_know_the_question() {
        for (status, json, expected) in [
            (200, "{}", "jamf_unexpected"),
            (200, "text", "http_not_json"),
            (401, r#"{"httpStatus":401}"#, "jamf_token_refused"),
            (403, "{}", "jamf_not_told"),
            (404, "", "jamf_not_told"),
            (500, "", "http_server_error"),
        ] {
            let found = unopened("a list", &answer(status, json));
            assert_eq!(found[0].code.name(), expected, "{status} {json}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_to_the_token_request_is_one_finding(
            status in any::<u16>(), json in any_json(), body_bytes in 0..9_usize, parsed in any::<bool>(),
        ) {
            let json = parsed.then_some(json);
            let answer = HttpSeen { status: Some(status), json, body_bytes, ..HttpSeen::default() };
            let run = RunFacts::default();
            prop_assert_eq!(judge_grant(&answer, &context(&run)).len(), 1);
            prop_assert_eq!(unopened("a list", &answer).len(), 1);
        }
    }

    #[test]
    fn a_token_that_stays_with_us_is_told() {
        let given = |status: Option<u16>, end| Seen {
            given_back: vec![Observation {
                seen: Rungs {
                    http: Some(Arc::new(HttpSeen {
                        status,
                        ..HttpSeen::default()
                    })),
                    ..Rungs::default()
                },
                end,
            }],
            ..Seen::default()
        };
        for good in [204, 200, 401] {
            assert_eq!(kept(&given(Some(good), End::Done)), None);
        }
        assert_eq!(kept(&given(None, End::Pending)), None);
        let lost = Failure::new(Code::HttpEof, "closed");
        for kept_here in [given(Some(500), End::Done), given(None, End::Failed(lost))] {
            let found = kept(&kept_here).expect("a note");
            assert_eq!(
                (found.code.name(), found.verdict),
                ("jamf_token_kept", Verdict::Pass)
            );
        }
    }
}
