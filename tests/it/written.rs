//! `profiles show`: a profile as people, programs and the program itself read it.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use mdm_preflight::profile::{
    BUILTINS, Origin, Place, Profile, Values, load, load_text, written, written_text,
};
use serde_json::Value;

use crate::bad_input::folder::Folder;
use crate::binary;

/// A profile without where it stood.
fn placeless(mut profile: Profile) -> Profile {
    profile.origin = Origin::CommandLine;
    for check in profile
        .prerequisites
        .iter_mut()
        .flat_map(|one| &mut one.checks)
    {
        Arc::make_mut(check).place = Place {
            file: Arc::default(),
            line: 0,
        };
    }
    profile
}

fn values(given: &[(&str, &str)]) -> Values {
    let owned = given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    owned.collect()
}

#[test]
fn a_built_in_that_is_printed_as_toml_is_read_back_as_the_same_profile() {
    let folder = Folder::new("round-trip");
    for builtin in BUILTINS {
        let show = binary::run(&["profiles", "show", builtin.name, "--format", "toml"]);
        assert_eq!((show.code, show.stderr.as_str()), (Some(0), ""));
        assert!(!show.stdout.contains("\ninclude"), "{}", builtin.name);
        let file = folder.file(&format!("{}.toml", builtin.name), &show.stdout);
        for given in [
            values(&[]),
            values(&[
                ("jamf", "https://jamf.example:8443"),
                ("tenant", "contoso.example"),
                ("cloud", "usgov"),
                ("sso_extension", "true"),
                ("region", "euc1"),
            ]),
        ] {
            let known = load(builtin.name, &given).unwrap();
            let read = load(&file, &given).unwrap();
            assert_eq!(placeless(read), placeless(known), "{}", builtin.name);
        }
        let again = binary::run(&["profiles", "show", &file, "--format", "toml"]);
        assert_eq!(again.stdout, show.stdout, "{}", builtin.name);
    }
}

#[test]
fn what_is_printed_asks_the_same_destinations() {
    let folder = Folder::new("same-plan");
    for builtin in BUILTINS {
        let show = binary::run(&["profiles", "show", builtin.name, "--format", "toml"]);
        let file = folder.file(&format!("{}.toml", builtin.name), &show.stdout);
        let list = |name: &str| {
            let sides = ["--from", "client", "--from", "jamf-server"];
            let run = binary::run(&[&["check", "--list", "--profile", name][..], &sides].concat());
            assert_eq!(run.code, Some(0), "{}", run.stderr);
            run.stdout
        };
        assert_eq!(list(&file), list(builtin.name), "{}", builtin.name);
    }
}

#[test]
fn a_built_in_that_is_printed_as_json_fits_the_schema_and_holds_the_same() {
    let schema = binary::run(&["schema", "profile"]).json();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for builtin in BUILTINS {
        let show = binary::run(&["profiles", "show", builtin.name, "--format", "json"]);
        let json = show.json();
        let errors: Vec<String> = schema.iter_errors(&json).map(|e| e.to_string()).collect();
        assert_eq!(errors, [""; 0], "{}", builtin.name);
        let toml: Value = toml::from_str(&written(builtin.name).unwrap().toml()).unwrap();
        assert_eq!(json, toml, "{}", builtin.name);
    }
}

/// An organisation's profile with everything that the format has.
pub(crate) const EVERYTHING: &str = include_str!("written/everything.toml");

#[test]
fn every_key_of_the_format_is_accepted_and_kept() {
    let known = load_text("everything.toml", EVERYTHING, &Values::new()).unwrap();
    let text = written_text("everything.toml", EVERYTHING).unwrap().toml();
    let read = load_text("everything.toml", &text, &Values::new());
    assert_eq!(placeless(read.unwrap()), placeless(known), "{text}");
}

#[test]
fn people_are_shown_every_field_of_a_profile() {
    let folder = Folder::new("human");
    let file = folder.file("everything.toml", EVERYTHING);
    let show = binary::run(&["profiles", "show", &file]);
    assert_eq!(show.code, Some(0), "{}", show.stderr);
    let expected = include_str!("written/everything.txt");
    // The row of the built-in is that file's own matter.
    let from = show.stdout.find("\napple.push.device").unwrap();
    let to = show.stdout.find("\noffice.mail").unwrap();
    let own = format!("{}{}", &show.stdout[..from], &show.stdout[to..]);
    if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        fs::write("tests/it/written/everything.txt", &own).unwrap();
        return;
    }
    assert_eq!(own, expected);
}

/// Every text of the profile is somewhere on the page, so that no field was forgotten.
#[test]
fn no_text_of_a_profile_is_left_out_for_people() {
    let folder = Folder::new("no-text-lost");
    let file = folder.file("everything.toml", EVERYTHING);
    let page = binary::run(&["profiles", "show", &file]).stdout;
    let whole = written(&file).unwrap().json();
    let mut texts = BTreeSet::new();
    let own = whole["prerequisite"].as_array().unwrap();
    let own = own
        .iter()
        .filter(|one| one["id"].as_str().unwrap().starts_with("office."));
    for one in own {
        for key in [
            "id",
            "title",
            "severity",
            "required_if",
            "owner",
            "why",
            "remedy",
        ] {
            texts.extend(one[key].as_str());
        }
        for check in one["check"].as_array().unwrap() {
            for key in [
                "title", "expect", "any", "all", "equal", "control", "misprint", "owner",
            ] {
                texts.extend(check[key].as_str());
            }
            texts.extend(check["retired"]["on"].as_str());
            texts.extend(check["retired"]["use"].as_str());
            texts.extend(check["tls"]["host"].as_str());
            texts.extend(check["range"]["within"].as_str());
            if check["proxy"] != "allowed" {
                texts.extend(check["proxy"].as_str());
            }
        }
        for source in one["sources"].as_array().unwrap() {
            for key in ["url", "says", "read"] {
                texts.extend(source[key].as_str());
            }
        }
    }
    assert!(texts.len() > 30, "{texts:?}");
    for text in texts.into_iter().filter(|text| !text.contains('$')) {
        let text = text.trim().replace('\n', " ");
        assert!(page.contains(&text), "`{text}` is not in\n{page}");
    }
}

#[test]
fn the_policy_of_a_row_reaches_the_rules_and_the_list_of_rows() {
    let folder = Folder::new("policies");
    let file = folder.file("everything.toml", EVERYTHING);
    let rules = binary::run(&["rules", "--profile", &file, "--format", "json"]);
    assert_eq!(rules.code, Some(0), "{}", rules.stderr);
    for (port, proxy) in [
        (5223, "never"),
        (8443, "pac-only"),
        (8444, "unauthenticated"),
        (8445, "allowed"),
    ] {
        let json = rules.json();
        let of_port: Vec<&Value> = json["rules"]
            .as_array()
            .unwrap_or_else(|| panic!("{json}"))
            .iter()
            .filter(|rule| rule["port"] == port)
            .collect();
        assert!(!of_port.is_empty(), "{port}\n{json}");
        for rule in of_port {
            assert_eq!(rule["proxy"], proxy, "{rule}");
        }
    }
}

#[test]
fn an_override_and_a_skipped_row_are_part_of_what_is_printed() {
    let folder = Folder::new("overridden");
    let text = "[profile]\nname = \"o\"\ntitle = \"t\"\nversion = \"1\"\ninclude = [\"jamf-intune\"]\n\
                [override.\"entra.graph\"]\nseverity = \"informational\"\n\
                [override.\"apple.sso.association\"]\nseverity = \"required\"\nskip = true\n";
    let file = folder.file("office.toml", text);
    let show = binary::run(&["profiles", "show", &file, "--format", "toml"]);
    let printed = folder.file("printed.toml", &show.stdout);
    for given in [values(&[]), values(&[("sso_extension", "true")])] {
        let (known, read) = (
            load(&file, &given).unwrap(),
            load(&printed, &given).unwrap(),
        );
        assert_eq!(placeless(read), placeless(known), "{}", show.stdout);
    }
    let human = binary::run(&["profiles", "show", &file]);
    assert!(
        human.stdout.contains(
            "apple.sso.association (required, from client, owner network, left out by an override)"
        ),
        "{}",
        human.stdout
    );
}
