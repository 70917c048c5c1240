//! From rows to prerequisites, and from prerequisites to the verdict of the run.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::finding::Verdict;
use crate::plan::{Plan, Reason, Row};
use crate::profile::{Group, Severity};
use crate::report::{Check, Control, Prerequisite, Report};

/// Puts every check under its prerequisite and judges the latter.
pub(super) fn prerequisites(plan: &Plan, checks: impl Iterator<Item = Check>) -> Vec<Prerequisite> {
    let mut all: Vec<Prerequisite> = plan
        .prerequisites
        .iter()
        .map(|asked| Prerequisite {
            id: asked.id.clone(),
            title: asked.title.clone(),
            severity: asked.severity,
            from: asked.from.clone(),
            verdict: Verdict::Skipped,
            reason: String::new(),
            why: asked.why.clone(),
            remedy: asked.remedy.clone(),
            sources: asked.sources.clone(),
            checks: Vec::new(),
        })
        .collect();
    let mut rows: Vec<Vec<&Row>> = vec![Vec::new(); all.len()];
    for row in &plan.rows {
        rows[row.prerequisite].push(row);
    }
    for (prerequisite, rows) in all.iter_mut().zip(&rows) {
        prerequisite.checks.reserve_exact(rows.len());
    }
    for (row, check) in plan.rows.iter().zip(checks) {
        all[row.prerequisite].checks.push(check);
    }
    controls(plan, &mut all);
    for (prerequisite, rows) in all.iter_mut().zip(rows) {
        let (verdict, reason) = judge(prerequisite, &rows);
        prerequisite.verdict = verdict;
        prerequisite.reason = reason;
    }
    all
}

/// What became of the check that a row names as its control.
fn controls(plan: &Plan, all: &mut [Prerequisite]) {
    if plan.rows.iter().all(|row| row.check.control.is_none()) {
        return;
    }
    let mut verdicts: BTreeMap<String, Verdict> = BTreeMap::new();
    for prerequisite in &*all {
        for check in &prerequisite.checks {
            verdicts.insert(format!("{}/{}", prerequisite.id, check.id), check.verdict);
        }
    }
    let mut rows = plan.rows.iter();
    for check in all
        .iter_mut()
        .flat_map(|prerequisite| &mut prerequisite.checks)
    {
        let named = rows.next().and_then(|row| row.check.control.as_deref());
        check.control = named.and_then(|id| {
            let verdict = *verdicts.get(id)?;
            let id = id.to_owned();
            Some(Control { id, verdict })
        });
    }
}

/// One thing that a prerequisite counts: a check, the checks that one pattern became, or those of an `all`.
struct Member {
    verdict: Verdict,
    title: String,
}

fn judge(prerequisite: &Prerequisite, rows: &[&Row]) -> (Verdict, String) {
    if let Some(missing) = untested(prerequisite, rows) {
        let reason = format!("not tested: variable {missing} not given");
        return (Verdict::Inconclusive, reason);
    }
    let mut verdicts = Vec::new();
    let mut reasons = Vec::new();
    let mut groups: Vec<(&Group, Vec<Member>)> = Vec::new();
    for (group, member) in members(prerequisite, rows) {
        match group {
            None => verdicts.push(member.verdict),
            Some(group) => match groups.iter_mut().find(|(known, _)| *known == group) {
                Some((_, known)) => known.push(member),
                None => groups.push((group, vec![member])),
            },
        }
    }
    for (group, members) in &groups {
        let (verdict, reason) = match group {
            Group::Any(_) => any(members),
            Group::Equal(_) => equal(members),
        };
        verdicts.push(verdict);
        reasons.extend(reason);
    }
    let verdict = Verdict::worst(verdicts);
    if reasons.is_empty() {
        reasons.extend(reason_of_checks(prerequisite, verdict));
    }
    (verdict, reasons.join("; "))
}

/// The variable for want of which no check of a required prerequisite could run.
fn untested(prerequisite: &Prerequisite, rows: &[&Row]) -> Option<String> {
    let missing = |row: &&Row| match &row.todo {
        Err(Reason::Variable(name)) => Some(name.clone()),
        _ => None,
    };
    let all_skipped = rows.iter().all(|row| row.todo.is_err());
    let name = rows.iter().find_map(missing)?;
    (prerequisite.severity == Severity::Required && all_skipped).then_some(name)
}

/// The members in the profile's order; the checks of one sample are one member, and so are those of one `all`.
fn members<'a>(prerequisite: &Prerequisite, rows: &[&'a Row]) -> Vec<(Option<&'a Group>, Member)> {
    let mut things: Vec<(&Row, &Check, Vec<Verdict>)> = Vec::new();
    for (row, check) in rows.iter().zip(&prerequisite.checks) {
        let sample = &row.check.sample_of;
        let same = |known: &&mut (&Row, &Check, Vec<Verdict>)| known.0.check.sample_of == *sample;
        let known = sample.as_ref().and_then(|_| things.iter_mut().find(same));
        match known {
            Some((_, _, verdicts)) => verdicts.push(check.verdict),
            None => things.push((row, check, vec![check.verdict])),
        }
    }
    let mut members: Vec<(&Row, Member)> = Vec::new();
    for (row, check, verdicts) in things {
        let title = check.title.split(", host ").next().unwrap_or(&check.title);
        let verdict = share(&verdicts);
        let all = &row.check.all;
        let same = |known: &&mut (&Row, Member)| known.0.check.all == *all;
        let known = all.as_ref().and_then(|_| members.iter_mut().find(same));
        if let Some((_, member)) = known {
            member.verdict = Verdict::worst([member.verdict, verdict]);
            member.title = format!("{} with {title}", member.title);
        } else {
            let title = title.to_owned();
            members.push((row, Member { verdict, title }));
        }
    }
    members
        .into_iter()
        .map(|(row, member)| (row.check.group.as_ref(), member))
        .collect()
}

/// Several checks that stand for one thing: all work, some, or none.
fn share(verdicts: &[Verdict]) -> Verdict {
    let works = |verdict: &&Verdict| matches!(verdict, Verdict::Pass | Verdict::Degraded);
    let counted = verdicts
        .iter()
        .filter(|verdict| **verdict != Verdict::Skipped);
    let (total, working) = (counted.clone().count(), counted.filter(works).count());
    if working > 0 && working < total {
        return Verdict::Degraded;
    }
    Verdict::worst(verdicts.iter().copied())
}

/// An ordered group: the first member is the wish, the rest are fallbacks.
fn any(members: &[Member]) -> (Verdict, Option<String>) {
    let verdicts: Vec<Verdict> = members.iter().map(|member| member.verdict).collect();
    let verdict = share(&verdicts);
    let works = |member: &&Member| matches!(member.verdict, Verdict::Pass | Verdict::Degraded);
    let lost: Vec<&str> = members
        .iter()
        .filter(|member| !works(member) && member.verdict != Verdict::Skipped)
        .map(|member| member.title.as_str())
        .collect();
    let Some(working) = members.iter().find(works) else {
        return (verdict, None);
    };
    if lost.is_empty() {
        return (verdict, None);
    }
    let first_lost = members.first().is_some_and(|first| !works(&first));
    let reason = if first_lost {
        format!(
            "running on the fallback: {} works, {} does not",
            working.title,
            lost.join(", ")
        )
    } else {
        format!(
            "{} works, its fallback does not: {}",
            working.title,
            lost.join(", ")
        )
    };
    (verdict, Some(reason))
}

/// A group of which one suffices.
fn equal(members: &[Member]) -> (Verdict, Option<String>) {
    let best = members
        .iter()
        .filter(|member| member.verdict.rank().is_some())
        .min_by_key(|member| member.verdict.rank());
    match best {
        Some(best) if matches!(best.verdict, Verdict::Pass | Verdict::Degraded) => {
            (best.verdict, None)
        }
        _ => (Verdict::worst(members.iter().map(|m| m.verdict)), None),
    }
}

/// The sentence of the worst check.
fn reason_of_checks(prerequisite: &Prerequisite, verdict: Verdict) -> Option<String> {
    let decides = prerequisite
        .checks
        .iter()
        .find(|check| check.verdict == verdict)?;
    (verdict != Verdict::Pass).then(|| decides.message.clone())
}

/// The worst of the required prerequisites; recommended ones can make a run degraded.
pub(super) fn run_verdict(prerequisites: &[Prerequisite]) -> Verdict {
    let verdicts = prerequisites.iter().filter_map(|prerequisite| {
        match (prerequisite.severity, prerequisite.verdict) {
            (_, Verdict::Skipped) | (Severity::Informational, _) => None,
            (Severity::Required, verdict) => Some(verdict),
            (Severity::Recommended, Verdict::Pass) => Some(Verdict::Pass),
            (Severity::Recommended, _) => Some(Verdict::Degraded),
        }
    });
    Verdict::worst(verdicts.chain([Verdict::Pass]))
}

/// An identifier that tells two runs of one machine apart.
pub(super) fn run_id(now: Timestamp) -> String {
    format!("{:x}-{:x}", now.as_nanosecond(), std::process::id())
}

/// Whether the report shows a mistake of this program itself.
pub fn has_internal_error(report: &Report) -> bool {
    report.checks().any(|(_, check)| {
        check.verdict != Verdict::Skipped && check.code == Some(crate::code::Code::LocalInternal)
    })
}
