//! The built-in profiles: each loads in every cloud and region, and they agree with each other.

use std::collections::BTreeMap;

use mdm_preflight::finding::Expectation;
use mdm_preflight::probe::{Inspection, ProxyPolicy};
use mdm_preflight::profile::{Absent, BUILTINS, Check, Profile, Sampling, Values, load, load_all};

const CLOUDS: [&str; 4] = ["global", "usgov", "usdod", "china"];
const REGIONS: [&str; 5] = ["use1", "euc1", "euw2", "apse2", "apne1"];

fn values(pairs: &[(&str, &str)]) -> Values {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

/// All that an organisation can say about itself.
fn all_given(cloud: &str, region: &str, intune_region: &str) -> Values {
    values(&[
        ("cloud", cloud),
        ("region", region),
        ("intune_region", intune_region),
        ("scale_unit", "msub05"),
        ("tenant", "example.com"),
        ("jamf", "https://jamf.example.com:8443"),
        ("sso_extension", "true"),
    ])
}

fn ids(profile: &Profile) -> Vec<&str> {
    let prerequisites = profile.prerequisites.iter();
    prerequisites.map(|one| one.id.as_str()).collect()
}

#[test]
fn every_built_in_loads_in_every_cloud_and_region() {
    for builtin in BUILTINS {
        for cloud in CLOUDS {
            for (index, region) in REGIONS.iter().enumerate() {
                let intune_region = ["na", "eu", "ap"][index % 3];
                let given = all_given(cloud, region, intune_region);
                let profile = load(builtin.name, &given).unwrap();
                for prerequisite in &profile.prerequisites {
                    for check in &prerequisite.checks {
                        let id = format!("{}: {}/{}", builtin.name, prerequisite.id, check.id);
                        published_or_said(&id, cloud, check);
                    }
                }
            }
        }
    }
}

/// With all variables given, a check asks something or its host is published for other clouds only.
fn published_or_said(id: &str, cloud: &str, check: &Check) {
    if let Err(absent) = &check.probe {
        assert!(
            matches!(absent, Absent::Optional(_))
                || (matches!(absent, Absent::Unpublished(_)) && cloud != "global"),
            "{id} in {cloud}: {absent:?}"
        );
    }
}

#[test]
fn every_row_of_a_built_in_has_a_source_a_reason_and_a_remedy() {
    for builtin in BUILTINS {
        let profile = load(builtin.name, &Values::new()).unwrap();
        assert_eq!(profile.name, builtin.name);
        assert!(!profile.description.is_empty(), "{}", builtin.name);
        for one in &profile.prerequisites {
            let vendors = ["apple.", "entra.", "intune.", "jamf.", "mac."];
            assert!(vendors.iter().any(|v| one.id.starts_with(v)), "{}", one.id);
            assert!(!one.why.is_empty() && !one.remedy.is_empty(), "{}", one.id);
            assert!(!one.sources.is_empty(), "{} has no source", one.id);
            let checks = one.checks.iter().flat_map(|check| &check.sources);
            for source in one.sources.iter().chain(checks) {
                assert!(source.url.starts_with("https://"), "{}", source.url);
                assert!(!source.says.is_empty(), "{}", source.url);
                let read = source.read.parse::<jiff::civil::Date>();
                assert!(read.is_ok(), "{} in {}", source.read, one.id);
            }
        }
    }
}

#[test]
fn a_region_that_is_not_given_is_asked_for_by_its_name() {
    let profile = load("jamf-cloud", &Values::new()).unwrap();
    let found = profile.prerequisites.iter();
    let row = found
        .flat_map(|one| &one.checks)
        .find(|c| c.id == "cdn-443");
    let wanted = Err(Absent::Variable("region".to_owned()));
    assert_eq!(row.unwrap().probe, wanted);
    let elsewhere = load("entra", &values(&[("cloud", "china")])).unwrap();
    let mut rows = elsewhere.prerequisites.iter().flat_map(|one| &one.checks);
    let row = rows.find(|check| check.id == "certauth-443").unwrap();
    assert!(matches!(row.probe, Err(Absent::Unpublished(_))));
}

#[test]
fn a_profile_shows_only_the_variables_that_its_rows_use() {
    let names = |name: &str| {
        let profile = load(name, &Values::new()).unwrap();
        let variables = profile.variables.into_iter();
        variables.map(|one| one.name).collect::<Vec<_>>()
    };
    assert_eq!(names("apple-push"), Vec::<String>::new());
    assert_eq!(names("jamf-pro"), ["jamf", "jamf_client_id"]);
    assert!(names("jamf-cloud").contains(&"region".to_owned()));
}

#[test]
fn everything_has_each_row_of_today_once() {
    let everything = load("everything", &Values::new()).unwrap();
    let mut once = ids(&everything);
    once.sort_unstable();
    let count = once.len();
    once.dedup();
    assert_eq!(once.len(), count, "a prerequisite stands there twice");
    for builtin in BUILTINS.iter().filter(|one| one.name != "microsoft-2019") {
        let profile = load(builtin.name, &Values::new()).unwrap();
        for id in ids(&profile) {
            assert!(once.contains(&id), "{id} of {} is missing", builtin.name);
        }
    }
}

#[test]
fn everything_does_not_contradict_itself() {
    type Policy = (Inspection, ProxyPolicy, bool);
    for cloud in CLOUDS {
        let everything = load("everything", &all_given(cloud, "euc1", "eu")).unwrap();
        let mut policies: BTreeMap<(String, Option<u16>), (Policy, String)> = BTreeMap::new();
        for prerequisite in &everything.prerequisites {
            for check in &prerequisite.checks {
                let Ok(spec) = &check.probe else { continue };
                let target = spec.target();
                // In China one host stands for another, of which alone this is said.
                let proxy = match check.proxy {
                    ProxyPolicy::Unauthenticated => ProxyPolicy::Allowed,
                    other => other,
                };
                let policy = (check.inspection, proxy, negative(check.expect));
                let id = format!("{}/{}", prerequisite.id, check.id);
                let known = policies
                    .entry((target.host, target.port))
                    .or_insert((policy, id.clone()));
                assert_eq!(known.0, policy, "{} and {id} in {cloud}", known.1);
            }
        }
    }
}

fn negative(expect: Expectation) -> bool {
    expect.is_negative()
}

#[test]
fn any_two_built_ins_can_be_asked_together() {
    let small: Vec<&str> = BUILTINS.iter().map(|one| one.name).collect();
    for (index, one) in small.iter().enumerate() {
        for other in &small[index + 1..] {
            // There some rows count less than in their own profiles.
            if *other == "everything" {
                continue;
            }
            let names = [(*one).to_owned(), (*other).to_owned()];
            let loaded = load_all(
                &names,
                &all_given("global", "euc1", "eu"),
                &[],
                Sampling::Some,
            );
            assert!(loaded.is_ok(), "{one} and {other}: {:?}", loaded.err());
        }
    }
}

#[test]
fn a_file_may_include_two_profiles_that_share_rows() {
    let header = "include = [\"jamf-intune\", \"microsoft-2019\"]";
    let profile = with_header("shared", header).unwrap();
    let ids = ids(&profile);
    let tokens = ids.iter().filter(|id| **id == "entra.token").count();
    assert_eq!((ids.len(), tokens), (30, 1), "{ids:?}");
}

#[test]
fn a_variable_means_the_same_in_every_built_in() {
    let mut known = BTreeMap::new();
    for builtin in BUILTINS {
        for variable in load(builtin.name, &Values::new()).unwrap().variables {
            let name = variable.name.clone();
            let first = known.entry(name).or_insert_with(|| variable.clone());
            assert_eq!(*first, variable, "in {}", builtin.name);
        }
    }
}

#[test]
fn the_default_profile_has_the_rows_it_always_had() {
    assert_eq!(BUILTINS[0].name, "jamf-intune");
    let profile = load("jamf-intune", &Values::new()).unwrap();
    assert_eq!(
        ids(&profile),
        [
            "apple.push.device",
            "apple.push.block",
            "apple.push.provider",
            "apple.push.binary",
            "apple.portal",
            "apple.sso.association",
            "apple.time",
            "entra.token",
            "entra.app",
            "entra.device-login",
            "entra.registration",
            "entra.graph",
            "entra.azure-ad-graph",
            "intune.manage",
            "intune.frontend",
            "intune.connector",
            "jamf.https",
            "jamf.version",
            "jamf.version.compliance",
            "jamf.hosting",
            "jamf.tls",
            "jamf.notifications",
            "jamf.misprint",
            "mac.os",
            "mac.enrollment",
            "mac.push",
            "mac.company-portal",
        ]
    );
}

/// Writes a profile that includes a built-in and loads it.
fn with_header(name: &str, header: &str) -> Result<Profile, String> {
    let folder = std::env::temp_dir().join(format!("preflight-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("office.toml");
    let text =
        format!("[profile]\nname = \"office\"\ntitle = \"Office\"\nversion = \"1\"\n{header}\n");
    std::fs::write(&file, text).unwrap();
    let profile = load(file.to_str().unwrap(), &Values::new());
    std::fs::remove_dir_all(&folder).unwrap();
    profile.map_err(|error| error.to_string())
}

#[test]
fn a_profile_takes_only_what_it_names_of_an_include() {
    let header = "include = [\"jamf-pro\", \"jamf-intune\"]\n\
                  only = { jamf-pro = [\"jamf.state\"], jamf-intune = [\"jamf.https\", \"*.graph\"] }\n\
                  [override.\"entra.graph\"]\nseverity = \"informational\"";
    let profile = with_header("share", header).unwrap();
    assert_eq!(ids(&profile), ["entra.graph", "jamf.https", "jamf.state"]);
}

#[test]
fn a_share_that_names_nothing_is_pointed_at() {
    let misspelt = "include = [\"jamf-intune\"]\nonly = { jamf-intune = [\"aple.*\"] }";
    let error = with_header("misspelt", misspelt).unwrap_err();
    assert!(error.contains("`aple.*` fits no prerequisite"), "{error}");
    assert!(error.contains("office.toml:6:"), "{error}");
    let stranger = "include = [\"jamf-intune\"]\nonly = { entra = [\"entra.*\"] }";
    let error = with_header("stranger", stranger).unwrap_err();
    assert!(
        error.contains("`entra` is not among the includes"),
        "{error}"
    );
}
