//! The ledger of vendor facts: each is asked by a check of a built-in profile, or left out for a reason that is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use mdm_preflight::probe::Spec;
use mdm_preflight::probe::pattern::Pattern;
use mdm_preflight::profile::{BUILTINS, Check, Prerequisite, Profile, Values, load};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ledger {
    #[expect(dead_code, reason = "for people who read the file")]
    about: String,
    total: usize,
    rows: Vec<Row>,
    ranges: Vec<Range>,
}

/// One endpoint as a vendor states it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    vendor: String,
    host: String,
    /// A number, or several ports as a text.
    port: serde_json::Value,
    from: String,
    /// Absent: Microsoft's global cloud, or no cloud at all.
    cloud: Option<String>,
    #[expect(dead_code, reason = "tells apart rows of one host for people")]
    path: Option<String>,
    profile: Option<String>,
    #[serde(default)]
    checks: Vec<String>,
    /// Variables with which the checks ask this very host.
    #[serde(default)]
    with: Values,
    /// The host that stands for a wildcard or for a host of the organisation.
    representative: Option<String>,
    left_out: Option<String>,
}

/// A published list of address blocks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    list: String,
    blocks: usize,
    left_out: String,
}

/// The profiles that were loaded, by name and variables.
type Loaded = BTreeMap<(String, Values), Profile>;

const TOTAL: usize = 309;

fn ledger() -> Ledger {
    serde_json::from_str(include_str!("ledger.json")).unwrap()
}

#[test]
fn every_vendor_fact_is_asked_by_a_built_in_or_left_out_for_a_written_reason() {
    let ledger = ledger();
    let mut loaded = Loaded::new();
    let mut wrong = Vec::new();
    let mut covered = 0;
    for row in &ledger.rows {
        let result = match (&row.profile, &row.left_out) {
            (Some(profile), None) => {
                covered += 1;
                asked(row, profile, &mut loaded)
            }
            (None, Some(reason)) => reasoned(reason),
            _ => Err("it needs either a check or a reason".to_owned()),
        };
        if let Err(why) = result {
            wrong.push(format!(
                "{} {} {} from {}: {why}",
                row.vendor, row.host, row.port, row.from
            ));
        }
    }
    for range in &ledger.ranges {
        if let Err(why) = reasoned(&range.left_out) {
            wrong.push(format!("{}: {why}", range.list));
        }
    }
    let left_out = ledger.rows.len() - covered;
    let blocks: usize = ledger.ranges.iter().map(|range| range.blocks).sum();
    writeln!(
        std::io::stderr(),
        "ledger: {covered} of {} vendor facts are asked, {left_out} are left out for a reason; \
         {} lists with {blocks} address blocks are left out",
        ledger.rows.len(),
        ledger.ranges.len()
    )
    .unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(ledger.rows.len(), TOTAL, "a fact was added or lost");
    assert_eq!(ledger.total, TOTAL, "the file counts otherwise");
}

#[test]
fn no_built_in_asks_an_endpoint_that_no_vendor_stated() {
    let mut stated = BTreeSet::new();
    for row in ledger().rows {
        let Some(profile) = &row.profile else {
            continue;
        };
        let profile = load(profile, &row.with).unwrap();
        for id in &row.checks {
            let found = named(&profile, id);
            let specs = found
                .iter()
                .filter_map(|(_, check)| check.probe.as_deref().ok());
            stated.extend(specs.map(endpoint));
        }
    }
    for builtin in BUILTINS {
        for (cloud, region, intune_region) in [
            ("global", "use1", "na"),
            ("usgov", "euc1", "eu"),
            ("usdod", "euw2", "ap"),
            ("china", "apse2", "ap"),
            ("global", "apne1", "eu"),
        ] {
            let given = [
                ("cloud", cloud),
                ("region", region),
                ("intune_region", intune_region),
                ("jamf", "https://jamf.example.com"),
            ];
            let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let profile = load(builtin.name, &Values::from(given)).unwrap();
            let checks = profile.prerequisites.iter().flat_map(|one| &one.checks);
            let specs = checks.filter_map(|check| check.probe.as_deref().ok());
            // This machine is no vendor's endpoint.
            for spec in specs.filter(|spec| !matches!(spec, Spec::Device(_))) {
                let asked = endpoint(spec);
                assert!(stated.contains(&asked), "{} asks {asked:?}", builtin.name);
            }
        }
    }
}

fn endpoint(spec: &Spec) -> (String, Option<u16>) {
    let target = spec.target();
    (target.host, target.port)
}

fn reasoned(reason: &str) -> Result<(), String> {
    let words = reason.split_whitespace().count();
    (words >= 6)
        .then_some(())
        .ok_or_else(|| format!("`{reason}` is no reason"))
}

/// Whether the named checks exist and ask this very host at these very ports, from that vantage.
fn asked(row: &Row, profile: &str, loaded: &mut Loaded) -> Result<(), String> {
    if row.cloud.is_some() && !row.with.contains_key("cloud") {
        return Err("it must be asked in its own cloud".to_owned());
    }
    let key = (profile.to_owned(), row.with.clone());
    if !loaded.contains_key(&key) {
        let profile = load(profile, &row.with).map_err(|error| error.to_string())?;
        loaded.insert(key.clone(), profile);
    }
    let profile = &loaded[&key];
    let mut ports = BTreeSet::new();
    let mut vantages = BTreeSet::new();
    for id in &row.checks {
        let found = named(profile, id);
        if found.is_empty() {
            return Err(format!("there is no check {id}"));
        }
        for (prerequisite, check) in found {
            let spec = check.probe.as_ref();
            let spec = spec.map_err(|absent| format!("{id} asks nothing: {absent:?}"))?;
            asks_host(row, spec).map_err(|why| format!("{id} {why}"))?;
            says_what_it_stands_for(row, check)?;
            ports.extend(spec.target().port);
            vantages.extend(prerequisite.from.iter().map(|role| role.name()));
        }
    }
    let stated = ports_of(row)?;
    if stated != ports {
        return Err(format!("the ports {ports:?} are asked"));
    }
    // Administrators sit in the network of the Macs.
    let from = row.from.replace("admin", "client");
    if !vantages.contains(from.as_str()) {
        return Err(format!("it is asked from {vantages:?}"));
    }
    Ok(())
}

/// The checks of this id; of a sampled one, all hosts.
fn named<'a>(profile: &'a Profile, id: &str) -> Vec<(&'a Prerequisite, &'a Check)> {
    let Some((prerequisite, check)) = id.split_once('/') else {
        return Vec::new();
    };
    let prerequisites = profile.prerequisites.iter();
    prerequisites
        .filter(|one| one.id == prerequisite)
        .flat_map(|one| one.checks.iter().map(move |check| (one, check.as_ref())))
        .filter(|(_, one)| one.id == check || one.sample_of.as_deref() == Some(check))
        .collect()
}

fn ports_of(row: &Row) -> Result<BTreeSet<u16>, String> {
    let text = match &row.port {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let port = |word: &str| word.parse().map_err(|_| format!("`{word}` is no port"));
    text.split(',').map(port).collect()
}

fn asks_host(row: &Row, spec: &Spec) -> Result<(), String> {
    let expected = row.representative.as_ref().unwrap_or(&row.host);
    let asked = spec.target().host;
    let fits = if let Spec::Range(range) = spec {
        let block: Result<ipnet::IpNet, _> = expected.parse();
        block.is_ok_and(|block| range.within == block || range.published.contains(&block))
    } else if let Some(pattern) = Pattern::parse(expected)? {
        let all = pattern.sample(u32::MAX);
        all.iter().any(|(_, host)| *host == asked)
    } else {
        *expected == asked
    };
    fits.then_some(())
        .ok_or_else(|| format!("asks {asked} and not {expected}"))
}

/// A wildcard cannot be asked: a host stands for it, and the check says so.
fn says_what_it_stands_for(row: &Row, check: &Check) -> Result<(), String> {
    if !row.host.starts_with("*.") {
        return Ok(());
    }
    if row.representative.is_none() {
        return Err("a wildcard needs a representative".to_owned());
    }
    let says = check.stands_for.contains(&row.host);
    says.then_some(())
        .ok_or_else(|| format!("{} does not name the wildcard", check.id))
}
