//! Causes that time servers show.

use super::super::facts::{Facts, Row, keeper, list};
use super::super::request::Wish;
use super::super::{Cause, has_code};
use crate::code::{Code, Owner};
use crate::finding::{Confidence, Verdict};

/// Nobody tells this machine the time over UDP: it is refused on the way, or every server is silent.
pub(in super::super) fn blocked(facts: &Facts<'_>) -> Vec<Cause> {
    let rejected = |row: &Row<'_>| has_code(row, Code::NtpRejected);
    let rows = facts.find(|row| rejected(row) || has_code(row, Code::NtpSilent));
    let told = facts.all.iter().any(tells_time);
    let is_rejected = rows.iter().any(|index| rejected(&facts.rows[*index]));
    if rows.is_empty() || (told && !is_rejected) {
        return Vec::new();
    }
    let hosts = list(rows.iter().map(|index| facts.rows[*index].host()));
    let (confidence, why) = match (is_rejected, rows.len()) {
        (true, _) => (Confidence::Certain, "a box on the way refuses the question"),
        // One server may be down; that several are at once is less likely than a rule.
        (false, 2..) => (Confidence::High, "none of several servers answers"),
        (false, _) => (
            Confidence::Medium,
            "the only server that was asked is silent",
        ),
    };
    vec![Cause {
        code: "time_blocked",
        title: format!("The time servers {hosts} cannot be asked from here"),
        summary: format!(
            "SNTP over UDP gets no answer, and {why}: UDP is filtered between this machine and its time \
             servers. A Mac whose clock drifts by more than five minutes can no longer sign in."
        ),
        confidence,
        owner: Owner::Network,
        evidence: facts.said(&rows),
        rows,
        remedy: format!(
            "Let UDP 123 out to {hosts}; or, where the site has a time server of its own, name it with \
             --set time_server=HOST and have the Macs use it."
        ),
        request: Some(Wish::Allow),
    }]
}

/// Answers that nobody asked for: who gives them has not seen the question.
pub(in super::super) fn forged(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| has_code(row, Code::NtpForeign));
    if rows.is_empty() {
        return Vec::new();
    }
    let hosts = list(rows.iter().map(|index| facts.rows[*index].host()));
    vec![Cause {
        code: "time_forged",
        title: format!("Answers in the name of {hosts} belong to other questions"),
        summary: "Each question for the time carries a random mark, and the answers that come back carry \
                  another one: a box repeats old answers, or somebody guesses. None was believed."
            .to_owned(),
        confidence: Confidence::Medium,
        owner: Owner::Network,
        evidence: facts.said(&rows),
        rows,
        remedy: "Find out what answers UDP 123 in the servers' place on the way.".to_owned(),
        request: None,
    }]
}

/// Servers that are reached and are of no use, those of one code together.
pub(in super::super) fn server_fault(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| row.check.code.filter(|code| is_server_fault(*code)));
    let cause = |(code, rows): (Code, Vec<usize>)| {
        let hosts = list(rows.iter().map(|index| facts.rows[*index].host()));
        let what = match code {
            Code::NtpSilent => "do not answer, while another time server does",
            Code::NtpRefused => "say that no time server listens there",
            Code::NtpKiss => "decline to serve this machine",
            Code::NtpUnsynchronised => "do not know the time themselves",
            Code::NtpDisagrees => "stand alone with their time",
            _ => "answer with something else than the time",
        };
        let is_alone = code == Code::NtpDisagrees;
        Cause {
            code: "time_server_fault",
            title: format!("The time servers {hosts} {what}"),
            summary: format!(
                "The time servers {hosts} {what}. {}",
                if is_alone {
                    "The HTTPS Date headers of this run agree with this machine's clock, so it is not the \
                     clock that is wrong."
                } else {
                    "UDP 123 is not what stands in the way."
                }
            ),
            confidence: Confidence::High,
            owner: keeper(facts.rows[rows[0]].host()),
            evidence: facts.said(&rows),
            rows,
            remedy:
                "Have the Macs use another time server, and name it with --set time_server=HOST."
                    .to_owned(),
            request: Some(Wish::Ask("see why these time servers are of no use here")),
        }
    };
    groups.into_iter().map(cause).collect()
}

const fn is_server_fault(code: Code) -> bool {
    matches!(
        code,
        Code::NtpSilent
            | Code::NtpRefused
            | Code::NtpKiss
            | Code::NtpUnsynchronised
            | Code::NtpMalformed
            | Code::NtpDisagrees
    )
}

/// Whether a time server answered and agreed.
fn tells_time(row: &Row<'_>) -> bool {
    row.check.probe == "ntp" && row.check.verdict == Verdict::Pass
}
