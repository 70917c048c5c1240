//! Every built-in profile, in every cloud, in a world where all that it asks for is in order.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use mdm_preflight::lab::{Guest, Lab, Part};
use mdm_preflight::probe::Spec;
use mdm_preflight::profile::{BUILTINS, Profile, Values, load};

use super::case::{checks, text};
use super::ground::Ground;

/// One run: a profile and what is given for its variables.
struct Run {
    profile: &'static str,
    values: Values,
}

/// More would mean that something was waited for which never came.
const PATIENCE: Duration = Duration::from_secs(12);

fn runs() -> Vec<Run> {
    let mut all = Vec::new();
    for builtin in BUILTINS {
        all.push(("global", "euc1", "eu", builtin.name));
    }
    // All rows of today and those of 2019 stand in these two.
    for cloud in ["usgov", "usdod", "china"] {
        for profile in ["everything", "microsoft-2019"] {
            all.push((cloud, "use1", "ap", profile));
        }
    }
    all.push(("global", "apne1", "na", "jamf-cloud"));
    all.into_iter()
        .map(|(cloud, region, intune_region, profile)| {
            let jamf = match profile {
                "jamf-cloud" => "https://acme.jamfcloud.com",
                _ => Lab::jamf_url(),
            };
            let given = [
                ("cloud", cloud),
                ("region", region),
                ("intune_region", intune_region),
                ("scale_unit", "msud01"),
                ("tenant", Lab::tenant()),
                ("jamf", jamf),
                ("sso_extension", "true"),
            ];
            let known = load(profile, &Values::new()).unwrap().variables;
            let values = given
                .into_iter()
                .filter(|(name, _)| known.iter().any(|variable| variable.name == *name))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            Run { profile, values }
        })
        .collect()
}

impl Run {
    fn name(&self) -> String {
        let cloud = self.values.get("cloud").map_or("", String::as_str);
        format!("{} {cloud}", self.profile)
    }

    fn loaded(&self) -> Profile {
        load(self.profile, &self.values).unwrap()
    }

    fn arguments(&self) -> Vec<String> {
        let mut all: Vec<String> = ["check", "--format", "json", "--profile", self.profile]
            .into_iter()
            .chain(["--from", "client", "--from", "jamf-server"])
            .map(ToOwned::to_owned)
            .collect();
        for (name, value) in &self.values {
            all.extend(["--set".to_owned(), format!("{name}={value}")]);
        }
        all
    }
}

/// The hosts that the profiles want today, as their vendors run them. The couriers are the lab's own.
fn guests(profiles: &[Profile]) -> Vec<Guest> {
    let mut wanted: BTreeMap<String, (BTreeSet<u16>, Part)> = BTreeMap::new();
    let all = profiles.iter().flat_map(|profile| &profile.prerequisites);
    for check in all.flat_map(|prerequisite| &prerequisite.checks) {
        if check.retired.is_some() || check.misprint.is_some() {
            continue;
        }
        let Ok(spec) = &check.probe else { continue };
        for want in spec.wants() {
            let host = want.host.to_string();
            if host.ends_with("-courier.push.apple.com") {
                continue;
            }
            let played = part(&host, spec);
            let (ports, known) = wanted.entry(host).or_insert((BTreeSet::new(), played));
            ports.insert(want.port);
            if matches!(known, Part::Web { .. }) {
                *known = played;
            }
        }
    }
    let mut last = BTreeMap::new();
    wanted
        .into_iter()
        .map(|(host, (ports, plays))| Guest {
            addresses: vec![IpAddr::V4(address(&host, &mut last))],
            host: host.leak(),
            ports: ports.into_iter().collect(),
            plays,
        })
        .collect()
}

/// What a host answers, by what its vendor says of it.
fn part(host: &str, spec: &Spec) -> Part {
    let begins = |start: &str| host.starts_with(start);
    if host == "api.push.apple.com" {
        Part::PushProvider
    } else if host == "init.push.apple.com" {
        Part::PushBag
    } else if host == "aka.ms" || host == "go.microsoft.com" {
        Part::ShortLink
    } else if host == "officecdn.microsoft.com" {
        Part::Packages
    } else if host == "captive.apple.com" {
        Part::Captive
    } else if begins("device.login.") {
        Part::DeviceLogin
    } else if begins("login.") && !host.ends_with("live.com") {
        Part::Entra
    } else if begins("enterpriseregistration.") {
        Part::Registration
    } else if begins("graph.") || begins("dod-graph.") || begins("microsoftgraph.") {
        Part::Graph
    } else if host.contains("manage.microsoft") {
        Part::Intune
    } else if host == "jamf.example.com" || host == "acme.jamfcloud.com" {
        Part::Jamf
    } else {
        let status = match spec {
            Spec::Http(spec) => spec.status.first().copied().unwrap_or(404),
            _ => 404,
        };
        Part::Web { status }
    }
}

/// The zones of the vendors, and where their hosts stand. The first that fits counts.
const SPACE: &[(&str, [u8; 2])] = &[
    ("apple.com", [17, 253]),
    ("networking.apple", [17, 253]),
    ("safebrowsing.apple", [17, 253]),
    ("cdn-apple.com", [17, 253]),
    ("apple-cloudkit.com", [17, 248]),
    ("icloud.com", [17, 248]),
    ("mzstatic.com", [17, 248]),
    ("manage.microsoft.com", [13, 107]),
    ("manage.microsoft.us", [20, 141]),
    ("manage.microsoftonline.cn", [40, 72]),
    ("chinacloudapi.cn", [40, 72]),
    ("microsoftonline.com", [20, 190]),
    ("microsoftonline.us", [20, 190]),
    ("microsoftonline.cn", [40, 126]),
    ("windows.net", [40, 126]),
    ("microsoftazuread-sso.com", [40, 126]),
    ("microsoft.com", [20, 42]),
    ("microsoft.us", [20, 141]),
    ("live.com", [20, 42]),
    ("office.com", [52, 108]),
    ("office.net", [52, 108]),
    ("skype.com", [13, 107]),
    ("msauth.net", [13, 107]),
    ("msftauth.net", [13, 107]),
    ("aka.ms", [20, 42]),
    ("jamf.example.com", [54, 93]),
    ("jamfcloud.com", [18, 184]),
    ("jamf.com", [18, 184]),
    ("jamf.one", [18, 184]),
    ("amazonaws.com", [52, 219]),
    ("cloudfront.net", [18, 165]),
    ("digicert.com", [192, 229]),
];

/// The next address of the block that the host's vendor uses.
fn address(host: &str, last: &mut BTreeMap<[u8; 2], u8>) -> Ipv4Addr {
    let inside = |zone: &str| {
        host.strip_suffix(zone)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let found = SPACE.iter().find(|(zone, _)| inside(zone));
    let (_, block) = found.unwrap_or_else(|| panic!("whose host is {host}?"));
    let number = last.entry(*block).or_default();
    *number += 1;
    Ipv4Addr::new(block[0], block[1], 129, *number)
}

/// Runs one profile and says what is not in order, and how many rows passed and were skipped.
fn play(ground: &Ground, run: &Run) -> (String, usize, usize) {
    let arguments = run.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let started = Instant::now();
    let ended = ground.preflight(&arguments);
    let took = started.elapsed();
    let mut wrong = Vec::new();
    let Ok(report) = serde_json::from_str(&ended.stdout) else {
        return (format!("{}: no report: {ended:?}", run.name()), 0, 0);
    };
    if text(&report, "verdict") != "pass" || ended.code != Some(0) {
        let verdict = text(&report, "verdict");
        wrong.push(format!("{verdict} and exit {:?}", ended.code));
    }
    if took > PATIENCE {
        wrong.push(format!("took {took:?}"));
    }
    let (mut passed, mut skipped) = (0, 0);
    for check in checks(&report) {
        let (verdict, code) = (text(check.report, "verdict"), text(check.report, "code"));
        let message = text(check.report, "message");
        let unpublished = message.contains("host is published for this cloud")
            || (check.id.starts_with("mac.") && message.contains("this machine runs Linux"));
        match verdict {
            "pass" => passed += 1,
            // What needs credentials is not asked here, and that is in order.
            "skipped" if message.starts_with("not asked: ") => {
                skipped += 1;
            }
            "skipped" if matches!(code, "local_retired" | "local_misprint") || unpublished => {
                skipped += 1;
            }
            _ => wrong.push(format!("{} {verdict} {code}: {message}", check.id)),
        }
    }
    let wrong: Vec<String> = wrong
        .into_iter()
        .map(|what| format!("{}: {what}", run.name()))
        .collect();
    (wrong.join("\n"), passed, skipped)
}

#[test]
fn every_built_in_passes_in_every_cloud_where_all_is_in_order() {
    if !super::possible() {
        return;
    }
    let runs = runs();
    let profiles: Vec<Profile> = runs.iter().map(Run::loaded).collect();
    let mut ground = Ground::new();
    ground.invite(guests(&profiles));
    ground.serve(None, None);
    let curl =
        "curl -sSk -m 5 -o /dev/null -w '%{remote_ip} %{http_code} ' https://gdmf.apple.com/";
    let reached = ground.foreign(curl);
    assert!(
        reached.contains("17.253.129.") && reached.contains(" 404 exit=0"),
        "{reached}"
    );
    // One after another: a resolver on one thread is slow enough with the questions of one.
    let mut wrong = Vec::new();
    for run in &runs {
        let (what, passed, skipped) = play(&ground, run);
        said(&format!("{}: {passed} pass, {skipped} skipped", run.name()));
        if !what.is_empty() || passed == 0 {
            wrong.push(what);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[expect(
    clippy::print_stderr,
    reason = "the figures are for whoever reads the log"
)]
fn said(what: &str) {
    eprintln!("{what}");
}
