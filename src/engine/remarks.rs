//! What the reader should know before the matrix: what was not tested, and what this vantage cannot show.

use crate::code::Code;
use crate::diagnose::Reasoned;
use crate::finding::Verdict;
use crate::net::wire::Family;
use crate::net::{Net, Reach, counted, space};
use crate::plan::{Plan, Reason, Row, hint};
use crate::profile::{Role, Severity};
use crate::report::{Address, Check, Prerequisite};

/// How a remark begins that belongs into the first line of a report.
const NOT_TESTED: &str = "not tested: ";
const OFFLINE: &str = "this machine is on no network; connect it and run again";
const PROVISIONAL: &str = "provisional: ";
const PORTAL: &str = "a captive portal holds this network back; sign in, run again";

/// What explains the verdict, in one line, and what makes it less than it seems.
pub(super) fn headline(
    reasoned: &Reasoned,
    prerequisites: &[Prerequisite],
    remarks: &[String],
) -> String {
    let urgent = |remark: &&String| {
        let begins = [NOT_TESTED, OFFLINE, PORTAL, PROVISIONAL];
        begins.iter().any(|begin| remark.starts_with(begin))
    };
    let ran = prerequisites.iter().flat_map(|p| &p.checks);
    let ran = ran.filter(|c| c.verdict != Verdict::Skipped).count();
    let open = reasoned.unexplained.len();
    let mut parts = Vec::new();
    // These say what their diagnosis says, and what to do.
    let said = |remark: &String| remark.starts_with(OFFLINE) || remark.starts_with(PORTAL);
    match reasoned.diagnoses.as_slice() {
        [] => {}
        [..] if remarks.iter().any(said) => {}
        [one] => parts.push(one.title.clone()),
        [first, rest @ ..] => parts.push(format!(
            "{}, and {}",
            first.title,
            counted(rest.len(), "more cause")
        )),
    }
    if open > 0 {
        parts.push(format!(
            "{} that no known cause explains",
            counted(open, "row")
        ));
    }
    parts.extend(remarks.iter().filter(urgent).cloned());
    if parts.is_empty() {
        let checks = prerequisites.iter().flat_map(|p| &p.checks);
        // A row that works at one address and was cut off at another is not decided either, whatever it is called.
        let unsure = checks.filter(|c| !matches!(c.verdict, Verdict::Pass | Verdict::Skipped));
        let end = match unsure.count() {
            0 => "nothing is in the way".to_owned(),
            some => {
                format!("{some} of them could not be decided, for reasons that their rows give")
            }
        };
        parts.push(format!("{} made, and {end}", counted(ran, "check")));
    }
    parts.join("; ")
}

pub(super) fn of(
    plan: &Plan,
    prerequisites: &[Prerequisite],
    net: &Net,
    on_jamf_cloud: Option<bool>,
) -> Vec<String> {
    let mut remarks = unset(plan, prerequisites);
    let offline = |check: &Check| check.code == Some(Code::NetOffline);
    if prerequisites.iter().flat_map(|p| &p.checks).any(offline) {
        remarks.push(OFFLINE.to_owned());
    }
    let portal = |check: &&Check| check.code == Some(Code::HttpCaptivePortal);
    if let Some(check) = prerequisites.iter().flat_map(|p| &p.checks).find(portal) {
        remarks.push(format!("{PORTAL} ({})", check.message));
    }
    if net.settings().reach == Reach::Closed {
        remarks.push("demo: an embedded lab on loopback, not your network".to_owned());
    }
    if let Some(option) = plan.by_discovery {
        remarks.push(format!(
            "Entra's discovery was asked, and nothing posted to its token endpoint, as always with {option}"
        ));
    }
    remarks.extend_from_slice(net.settings().proxies.remarks());
    if net.settings().fast {
        remarks.extend(cut_short(prerequisites));
    }
    remarks.extend(too_long(prerequisites));
    remarks.extend(not_held(plan, prerequisites));
    remarks.extend(untested_families(net, prerequisites));
    let cloud = on_jamf_cloud.unwrap_or_else(|| is_on_jamf_cloud(plan));
    remarks.extend(unseen(plan, cloud));
    remarks
}

/// Families that some row has an address of and that nothing was sent over.
fn untested_families(net: &Net, prerequisites: &[Prerequisite]) -> Vec<String> {
    let checks = prerequisites.iter().flat_map(|p| &p.checks);
    let addresses = checks.flat_map(|check| &check.addresses);
    let skipped: Vec<&Address> = addresses
        .filter(|address| address.verdict == Verdict::Skipped)
        .collect();
    let of_family = |family: Family| {
        let one = skipped.iter().find(|address| address.family == family)?;
        let why = match one.code {
            Some(Code::LocalRouteMissing) => "this machine has no route for it".to_owned(),
            Some(Code::InconclusiveFamily) => {
                format!("the source {} has no such address", net.settings().source)
            }
            _ => return None,
        };
        Some(format!("{} was not tested, {why}", family.name()))
    };
    [Family::V4, Family::V6]
        .into_iter()
        .filter_map(of_family)
        .collect()
}

/// What could not be asked for want of a variable.
fn unset(plan: &Plan, prerequisites: &[Prerequisite]) -> Vec<String> {
    let mut variables: Vec<(&str, Vec<&str>)> = Vec::new();
    for row in &plan.rows {
        let Err(Reason::Variable(name)) = &row.todo else {
            continue;
        };
        let prerequisite = &prerequisites[row.prerequisite];
        if prerequisite.verdict != Verdict::Inconclusive {
            continue;
        }
        match variables.iter_mut().find(|(known, _)| known == name) {
            Some((_, ids)) if ids.contains(&prerequisite.id.as_str()) => {}
            Some((_, ids)) => ids.push(&prerequisite.id),
            None => variables.push((name, vec![&prerequisite.id])),
        }
    }
    let said =
        |(name, ids): (&str, Vec<&str>)| format!("{NOT_TESTED}{}{}", ids.join(", "), hint(name));
    variables.into_iter().map(said).collect()
}

/// What `--fast` did not wait for.
fn cut_short(prerequisites: &[Prerequisite]) -> Option<String> {
    let checks = prerequisites.iter().flat_map(|p| &p.checks);
    let rows = checks.filter(|check| check.provisional).count();
    let rows = (rows > 0).then(|| counted(rows, "row"))?;
    Some(format!(
        "{PROVISIONAL}{rows} without an answer so far, and --fast waits no longer; run without it to be sure"
    ))
}

/// A silence that the servers themselves did not sit through says nothing of the way.
fn too_long(prerequisites: &[Prerequisite]) -> Option<String> {
    let checks = prerequisites.iter().flat_map(|p| &p.checks);
    let closed = checks.filter(|check| check.code == Some(Code::TlsIdleClosed));
    let held = closed.flat_map(|check| &check.follow_ups);
    let tries = held.filter_map(|one| one.held.as_ref()?.tries.first());
    let longest = tries.map(|one| one.silent_ms).max_by(f64::total_cmp)?;
    Some(format!(
        "{NOT_TESTED}connections that are silent for longer than {:.0} s, since the servers end them; run with a \
         shorter --hold",
        longest / 1000.0
    ))
}

/// The rows that `--hold` is for and whose connection it kept nowhere, though there was one.
fn not_held(plan: &Plan, prerequisites: &[Prerequisite]) -> Vec<String> {
    if plan.silence.is_none() {
        return Vec::new();
    }
    let waits = plan.rows.iter().filter(|row| match &row.todo {
        Ok(spec) => spec.holds(),
        Err(_) => false,
    });
    let checks = waits.filter_map(|row| {
        let mut checks = prerequisites[row.prerequisite].checks.iter();
        checks.find(|check| check.id == row.check.id)
    });
    let open = checks.filter(|check| {
        let works = matches!(check.verdict, Verdict::Pass | Verdict::Degraded);
        works && check.follow_ups.iter().all(|one| one.held.is_none())
    });
    let (proxied, beyond): (Vec<&Check>, Vec<&Check>) = open.partition(|check| {
        check
            .path
            .as_ref()
            .is_some_and(|path| path.proxy().is_some())
    });
    let why = [
        (proxied, "--hold keeps no connection through a proxy silent"),
        (beyond, "--hold keeps at most eight connections silent"),
    ];
    let some = why.into_iter().filter(|(rows, _)| !rows.is_empty());
    some.map(|(rows, why)| {
        let rows = counted(rows.len(), "connection");
        format!("{NOT_TESTED}the silence of {rows} to port 5223, since {why}")
    })
    .collect()
}

/// What is asked from elsewhere, and how to find out how it stands there. Jamf Pro tells by itself what its own network
/// cannot do, which is the only way to see it for Jamf Cloud.
fn unseen(plan: &Plan, cloud: bool) -> Vec<String> {
    let mut remarks = Vec::new();
    let server = elsewhere(plan, Role::JamfServer);
    if !server.is_empty() && cloud {
        remarks.push(format!(
            "what Jamf Cloud itself reaches ({server}) cannot be seen from here, see Jamf Pro's notifications \
             (GET /api/v1/notifications, APNS_CONNECTION_FAILURE or DEVICE_COMPLIANCE_CONNECTION_ERROR)"
        ));
    } else if !server.is_empty() {
        remarks.push(format!(
            "what the Jamf Pro server itself reaches ({server}) cannot be seen from here, run there with \
             --from jamf-server (on Jamf Cloud see Jamf Pro's notifications, GET /api/v1/notifications)"
        ));
    } else if cloud && asks_as(plan, Role::JamfServer) {
        remarks.push(
            "the rows from jamf-server show this machine's network and not that of Jamf Cloud, \
             see Jamf Pro's notifications (GET /api/v1/notifications)"
                .to_owned(),
        );
    }
    let client = elsewhere(plan, Role::Client);
    if !client.is_empty() {
        remarks.push(format!(
            "what Macs reach ({client}) cannot be seen from here, run in their network with --from client"
        ));
    }
    remarks
}

/// The prerequisites that count, and that only this role could have asked: one or two by name.
fn elsewhere(plan: &Plan, role: Role) -> String {
    if plan.roles.contains(&role) {
        return String::new();
    }
    let mut ids: Vec<&str> = Vec::new();
    for row in &plan.rows {
        let asked = &plan.prerequisites[row.prerequisite];
        let counts = asked.severity != Severity::Informational && asked.from.contains(&role);
        let skipped = matches!(row.todo, Err(Reason::Vantage(_)));
        if counts && skipped && !ids.contains(&asked.id.as_str()) {
            ids.push(&asked.id);
        }
    }
    match ids.as_slice() {
        [first, second, _, rest @ ..] => format!("{first}, {second} and {} more", rest.len() + 1),
        few => few.join(" and "),
    }
}

/// Whether anything is asked that only this role asks.
fn asks_as(plan: &Plan, role: Role) -> bool {
    let only = |row: &&Row| plan.prerequisites[row.prerequisite].from == [role];
    let mut rows = plan.rows.iter().filter(|row| row.todo.is_ok());
    rows.any(|row| only(&row))
}

/// Whether the organisation's own server is one of Jamf's, by its name: it did not say.
fn is_on_jamf_cloud(plan: &Plan) -> bool {
    let of_server = |row: &&Row| {
        let id = &plan.prerequisites[row.prerequisite].id;
        id.starts_with("jamf.") && !id.starts_with("jamf.cloud.")
    };
    let specs = plan.rows.iter().filter(of_server);
    specs
        .filter_map(|row| row.check.probe.as_deref().ok())
        .any(|spec| space::vendor(&spec.target().host) == Some("Jamf"))
}
