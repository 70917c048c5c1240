//! The profiles that are compiled in: complete, cited, the same on every machine, and what they ask.

use std::collections::BTreeSet;
use std::fs;

use mdm_preflight::profile::{
    Absent, BUILTINS, Prerequisite, Profile, Severity, Source, Values, load,
};

use crate::binary;

const CLOUDS: [&str; 4] = ["global", "usgov", "usdod", "china"];

fn values(given: &[(&str, &str)]) -> Values {
    let owned = given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    owned.collect()
}

/// Every built-in in every cloud, with the organisation's variables and without them.
fn variants() -> Vec<(String, Profile)> {
    let mut all = Vec::new();
    for builtin in BUILTINS {
        for cloud in CLOUDS {
            let without = values(&[("cloud", cloud)]);
            let mut with = without.clone();
            with.extend(values(&[
                ("jamf", "https://jamf.example:8443"),
                ("tenant", "contoso.example"),
            ]));
            for values in [without, with] {
                let what = format!("{} {values:?}", builtin.name);
                let profile = load(builtin.name, &values);
                all.push((
                    what.clone(),
                    profile.unwrap_or_else(|error| panic!("{what}: {error}")),
                ));
            }
        }
    }
    all
}

fn prerequisite<'a>(profile: &'a Profile, id: &str) -> &'a Prerequisite {
    let found = profile
        .prerequisites
        .iter()
        .find(|prerequisite| prerequisite.id == id);
    found.unwrap_or_else(|| panic!("no prerequisite {id} in {}", profile.name))
}

/// What `check --list` prints for these arguments, without what is skipped.
fn asked(arguments: &[&str]) -> Vec<String> {
    let run = binary::run(&[&["check", "--list"], arguments].concat());
    assert_eq!(run.code, Some(0), "{arguments:?}\n{}", run.stderr);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = run
        .stdout
        .lines()
        .filter(|line| !line.contains("  skipped"));
    lines.map(words).collect()
}

/// The rows of those lines; a row that samples a block has a line for each host.
fn rows(lines: &[String]) -> BTreeSet<&str> {
    let ids = lines.iter().filter_map(|line| line.split(' ').next());
    // The canary is asked whatever is chosen.
    ids.filter(|id| !id.starts_with("canary/")).collect()
}

#[test]
fn every_file_of_the_folder_is_a_built_in_and_nothing_else_is() {
    let mut files = BTreeSet::new();
    for entry in fs::read_dir("profiles").unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(path.extension().unwrap(), "toml", "{}", path.display());
        files.insert(path.file_stem().unwrap().to_str().unwrap().to_owned());
    }
    let names: BTreeSet<String> = BUILTINS
        .iter()
        .map(|builtin| builtin.name.to_owned())
        .collect();
    assert_eq!(files, names);
    for builtin in BUILTINS {
        let text = fs::read_to_string(format!("profiles/{}.toml", builtin.name)).unwrap();
        assert_eq!(
            builtin.text, text,
            "{} is compiled in from another file",
            builtin.name
        );
        assert_eq!(
            load(builtin.name, &Values::new()).unwrap().name,
            builtin.name
        );
    }
    assert_eq!(BUILTINS[0].name, "jamf-intune", "the default");
}

#[test]
fn a_built_in_loads_in_every_cloud_with_and_without_the_variables() {
    for (what, profile) in variants() {
        let checks: Vec<_> = profile
            .prerequisites
            .iter()
            .flat_map(|one| &one.checks)
            .collect();
        assert!(!checks.is_empty(), "{what}");
        for check in checks {
            match &check.probe {
                Ok(spec) => assert!(!spec.target().host.contains('$'), "{what}: {}", check.id),
                Err(Absent::Variable(name)) => {
                    // Of these two the test gives values; the others name one organisation's own parts.
                    let given = ["jamf", "tenant"].contains(&name.as_str());
                    assert!(
                        !given || !what.contains("contoso"),
                        "{what}: {} lacks {name}",
                        check.id
                    );
                    assert!(
                        given || ["region", "intune_region", "scale_unit"].contains(&name.as_str()),
                        "{what}: {name}"
                    );
                }
                // What a complete run can do without is nobody's to ask for here.
                Err(Absent::Optional(name)) => assert!(
                    ["client_id", "jamf_client_id"].contains(&name.as_str()),
                    "{what}: {name}"
                ),
                Err(Absent::Unpublished(name)) => {
                    assert!(
                        !what.contains("\"global\""),
                        "{what}: {} lacks {name}",
                        check.id
                    );
                }
            }
        }
    }
}

#[test]
fn every_prerequisite_says_why_it_is_there_what_to_do_and_who_says_so() {
    for (what, profile) in variants() {
        assert!(
            !profile.title.is_empty() && !profile.version.is_empty(),
            "{what}"
        );
        for one in &profile.prerequisites {
            let what = format!("{what}: {}", one.id);
            for text in [&one.title, &one.why, &one.remedy] {
                assert!(text.len() > 8, "{what}: `{text}`");
            }
            assert!(!one.sources.is_empty(), "{what} has no source");
            for source in one
                .sources
                .iter()
                .chain(one.checks.iter().flat_map(|c| &c.sources))
            {
                cited(source, &what);
            }
            for check in &one.checks {
                assert!(!check.title.is_empty(), "{what}/{}", check.id);
                assert!(check.place.line > 1, "{what}/{}", check.id);
                if let Some(retired) = &check.retired {
                    date(&retired.on, &what);
                }
            }
            let owner = ["apple.", "entra.", "intune.", "jamf.", "mac."];
            assert!(
                owner.iter().any(|start| one.id.starts_with(start)),
                "{what}"
            );
        }
    }
}

fn cited(source: &Source, what: &str) {
    let url: url::Url = source
        .url
        .parse()
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(url.scheme(), "https", "{what}: {url}");
    assert!(source.says.len() > 10, "{what}: {url} says nothing");
    date(&source.read, what);
}

fn date(text: &str, what: &str) {
    let date: Result<jiff::civil::Date, _> = text.parse();
    assert!(
        date.is_ok() && text.len() == 10,
        "{what}: `{text}` is no date"
    );
}

#[test]
fn the_default_says_when_the_old_integration_lost_support() {
    let profile = load("jamf-intune", &Values::new()).unwrap();
    assert!(
        profile.description.contains("2025-01-31"),
        "{}",
        profile.description
    );
    let shown = binary::run(&["profiles", "show", "jamf-intune"]);
    assert!(shown.stdout.contains("2025-01-31"), "{}", shown.stdout);
}

#[test]
fn the_default_asks_everything_that_the_requirement_names() {
    let lines = asked(&[
        "--jamf",
        "https://jamf.example:8443",
        "--tenant",
        "contoso.example",
        "--from",
        "client",
        "--from",
        "jamf-server",
    ]);
    for line in [
        "apple.push.device/courier-5223-6 tls 6-courier.push.apple.com:5223 (tls)",
        "apple.push.device/courier-5223-46 tls 46-courier.push.apple.com:5223 (tls)",
        "apple.push.device/courier-443-6 tls 6-courier.push.apple.com:443 (tls)",
        "apple.push.device/courier-443-46 tls 46-courier.push.apple.com:443 (tls)",
        "apple.push.block/block-5223 range 46-courier.push.apple.com:5223 (tls)",
        "apple.push.block/block-443 range 46-courier.push.apple.com:443 (tls)",
        "apple.push.binary/gateway-2195 tcp gateway.push.apple.com:2195 (path_open)",
        "apple.push.binary/feedback-2196 tcp feedback.push.apple.com:2196 (path_open)",
        "apple.sso.association/cdn tls app-site-association.cdn-apple.com:443 (tls)",
        "apple.sso.association/networking tls app-site-association.networking.apple:443 (tls)",
        "entra.token/path token login.microsoftonline.com:443 (token, POST /contoso.example/oauth2/v2.0/token)",
        "entra.token/genuine token login.microsoftonline.com:443 (token, POST /contoso.example/oauth2/v2.0/token)",
        "entra.token/tenant token login.microsoftonline.com:443 (token, GET /contoso.example/v2.0/.well-known/openid-configuration)",
        "entra.device-login/https http device.login.microsoftonline.com:443 (http, GET /common/oauth2)",
        "entra.registration/discover http enterpriseregistration.windows.net:443 (http, GET /contoso.example/discover?api-version=1.7)",
        "entra.graph/https http graph.microsoft.com:443 (http, GET /v1.0/servicePrincipals)",
        "entra.azure-ad-graph/tcp-443 tcp graph.windows.net:443 (path_open)",
        "intune.manage/manage http manage.microsoft.com:443 (http, GET /)",
        "jamf.https/health-check jamf jamf.example:8443 (http, GET /api/v1/health-check)",
        "jamf.misprint/tcp-80 tcp jamf.example:80 (path_open)",
        "jamf.misprint/tcp-5223 tcp jamf.example:5223 (path_open)",
        "canary/80 tcp 192.0.2.1:80 (no connection)",
        "canary/443 tcp 192.0.2.1:443 (no connection)",
        "canary/5223 tcp 192.0.2.1:5223 (no connection)",
        "canary/5223 tcp [2001:db8::1]:5223 (no connection; where there is an IPv6 route)",
        "apple.portal/captive-80 http captive.apple.com:80 (http, GET /hotspot-detect.html)",
    ] {
        assert!(
            lines.iter().any(|asked| asked == line),
            "{line}\nis not in\n{}",
            lines.join("\n")
        );
    }
    for start in [
        "apple.push.provider/api-443 ",
        "apple.push.provider/api-2197 ",
    ] {
        let line = lines.iter().find(|line| line.starts_with(start)).unwrap();
        let port = start.trim().rsplit('-').next().unwrap();
        assert!(
            line.contains(&format!(" api.push.apple.com:{port} ")),
            "{line}"
        );
    }
    let distinct: BTreeSet<&String> = lines.iter().collect();
    assert_eq!(distinct.len(), lines.len(), "a line stands here twice");
}

#[test]
fn a_list_is_the_same_in_every_process() {
    let arguments = [
        "check",
        "--list",
        "--from",
        "client",
        "--from",
        "jamf-server",
    ];
    let one = binary::run(&arguments).stdout;
    assert_eq!(one, binary::run(&arguments).stdout);
    let couriers = one
        .lines()
        .filter(|line| line.contains("-courier.push.apple.com:5223  (tls)"));
    assert_eq!(
        couriers.count(),
        10,
        "five couriers, and the same for the block\n{one}"
    );
}

#[test]
fn only_and_skip_take_ids_and_globs() {
    let all = asked(&[]).len();
    for (arguments, kept) in [
        (&["--only", "apple.push.device"][..], 10),
        (&["--only", "apple.push.device/courier-443-*"], 5),
        (&["--only", "apple.*"], 17),
        (&["--only", "*5223*"], 6),
        (&["--only", "entra.graph,intune.*"], 3),
        (&["--only", "entra.graph", "--only", "intune.*"], 3),
        (&["--only", "apple.push.*", "--skip", "*-443*"], 6),
        (&["--only", "entra.graph/https"], 1),
    ] {
        let lines = asked(arguments);
        let rows = rows(&lines);
        assert_eq!(rows.len(), kept, "{arguments:?} {rows:#?}");
    }
    assert_eq!(asked(&["--skip", "entra.graph"]).len(), all - 1);
    // Three ports in two families.
    assert_eq!(asked(&["--skip", "canary"]).len(), all - 6);
}

#[test]
fn the_sso_hosts_are_required_where_the_sso_extension_is_used() {
    for (given, severity) in [
        (None, Severity::Recommended),
        (Some("false"), Severity::Recommended),
        (Some("true"), Severity::Required),
    ] {
        let values = given.map_or_else(Values::new, |value| values(&[("sso_extension", value)]));
        let profile = load("jamf-intune", &values).unwrap();
        assert_eq!(
            prerequisite(&profile, "apple.sso.association").severity,
            severity,
            "{given:?}"
        );
    }
}

#[test]
fn every_cloud_has_its_own_hosts() {
    for (cloud, login) in [
        ("global", "login.microsoftonline.com"),
        ("usgov", "login.microsoftonline.us"),
        ("usdod", "login.microsoftonline.us"),
        ("china", "login.partner.microsoftonline.cn"),
    ] {
        let lines = asked(&["--cloud", cloud, "--only", "entra.token/path"]);
        assert_eq!(
            lines[0],
            format!(
                "entra.token/path token {login}:443 (token, POST /organizations/oauth2/v2.0/token)"
            ),
            "{cloud}"
        );
        let set = format!("cloud={cloud}");
        assert_eq!(
            lines,
            asked(&["--set", &set, "--only", "entra.token/path"]),
            "{cloud}"
        );
    }
}

#[test]
fn the_profile_of_2019_requires_both_push_ports() {
    let profile = load("microsoft-2019", &Values::new()).unwrap();
    let push = prerequisite(&profile, "apple.push.device-2019");
    assert_eq!(push.severity, Severity::Required);
    for port in [5223, 443] {
        let on_port = push.checks.iter().filter(|check| {
            let target = check.probe.as_ref().map(|spec| spec.target().port);
            target == Ok(Some(port)) && check.group.is_none()
        });
        assert!(
            on_port.count() >= 3,
            "port {port} to several couriers, without a fallback"
        );
    }
}

#[test]
fn the_built_ins_run_together() {
    let names = ["--profile", "jamf-intune", "--profile", "microsoft-2019"];
    let lines = asked(&names);
    for id in [
        "apple.push.device/",
        "apple.push.device-2019/",
        "intune.https-2019/",
        "entra.token/path ",
    ] {
        assert!(
            lines.iter().any(|line| line.starts_with(id)),
            "{id} {lines:#?}"
        );
    }
    let distinct: BTreeSet<&String> = lines.iter().collect();
    assert_eq!(
        distinct.len(),
        lines.len(),
        "what stands in both is asked once"
    );
}

#[test]
fn a_built_in_can_be_listed_shown_and_linted() {
    let list = binary::run(&["profiles", "list"]);
    assert_eq!(
        (list.code, list.stdout.lines().count()),
        (Some(0), BUILTINS.len())
    );
    for builtin in BUILTINS {
        assert!(
            list.stdout
                .lines()
                .any(|line| line.starts_with(builtin.name)),
            "{}",
            list.stdout
        );
        let show = binary::run(&["profiles", "show", builtin.name]);
        assert_eq!(show.code, Some(0), "{}", show.stderr);
        for one in load(builtin.name, &Values::new()).unwrap().prerequisites {
            assert!(
                show.stdout.contains(&format!("\n{} (", one.id)),
                "{}",
                one.id
            );
        }
        let linted = binary::run(&["profiles", "lint", builtin.name, "--max-age-days", "36500"]);
        assert_eq!(linted.code, Some(0), "{}", linted.stderr);
    }
}

/// An organisation's own profile: a built-in, a change to it and a row of its own.
#[test]
fn a_file_can_include_a_built_in_and_override_it() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let file = format!("{folder}/office-{}.toml", std::process::id());
    let text = r#"
        [profile]
        name = "office"
        title = "Head office"
        version = "2026-11"
        include = ["jamf-intune"]

        [[prerequisite]]
        id = "office.mail"
        title = "Nobody sends mail past the relay"
        severity = "required"
        from = ["client"]
        owner = "network"

        [[prerequisite.check]]
        id = "smtp"
        title = "Port 25 is closed"
        tcp = { host = "mail.example.com", port = 25 }
        expect = "blocked"
        control = "apple.push.device/courier-443"

        [override."apple.sso.association"]
        skip = true

        [override."entra.graph"]
        severity = "informational"
    "#;
    fs::write(&file, text).unwrap();
    let profile = load(&file, &Values::new());
    let lines = asked(&["--profile", &file]);
    fs::remove_file(&file).unwrap();
    let profile = profile.unwrap();
    assert_eq!(profile.name, "office");
    assert_eq!(
        prerequisite(&profile, "entra.graph").severity,
        Severity::Informational
    );
    assert!(
        lines.contains(&"office.mail/smtp tcp mail.example.com:25 (blocked)".to_owned()),
        "{lines:#?}"
    );
    assert!(
        !lines
            .iter()
            .any(|line| line.starts_with("apple.sso.association/")),
        "{lines:#?}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("apple.push.device/")),
        "{lines:#?}"
    );
}
