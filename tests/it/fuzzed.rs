//! The properties of the fuzz targets, over the inputs that are kept with them, the built-ins and texts at random.

use std::fs;
use std::path::Path;

use mdm_preflight::profile::BUILTINS;
use proptest::prelude::*;

#[path = "../fuzz/properties.rs"]
mod properties;

type Property = fn(&[u8]);

const TARGETS: [(&str, Property); 4] = [
    ("profile", properties::profile),
    ("pattern", properties::pattern),
    ("report", properties::report),
    ("rules_csv", properties::rules_csv),
];

#[test]
fn every_input_that_is_kept_has_the_properties() {
    for (name, property) in TARGETS {
        let folder = Path::new("tests/fuzz/corpus").join(name);
        let mut count = 0;
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            eprintln!("{}", path.display());
            property(&fs::read(path).unwrap());
            count += 1;
        }
        assert!(count > 2, "only {count} inputs in {}", folder.display());
    }
}

#[test]
fn every_built_in_has_the_properties_of_a_profile() {
    for builtin in BUILTINS {
        properties::profile(builtin.text.as_bytes());
    }
}

#[test]
fn a_target_of_that_name_exists_for_each_property() {
    for (name, _) in TARGETS {
        let text = fs::read_to_string(format!("tests/fuzz/fuzz_targets/{name}.rs")).unwrap();
        assert!(
            text.contains(&format!("properties::{name}(data)")),
            "{name}"
        );
        let manifest = fs::read_to_string("tests/fuzz/Cargo.toml").unwrap();
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}

/// A built-in of which some lines are gone, doubled, cut short or changed places.
fn damaged() -> impl Strategy<Value = String> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..5u8, ".{0,8}"), 1..6);
    (prop::sample::select(vec![1_usize, 3, 7]), edits).prop_map(|(builtin, edits)| {
        let mut lines: Vec<String> = BUILTINS[builtin].text.lines().map(str::to_owned).collect();
        for (at, how, text) in edits {
            let at = at.index(lines.len());
            match how {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 => lines[at] = lines[at].chars().take(12).collect(),
                3 => lines[at] = text,
                _ => lines.swap(0, at),
            }
        }
        lines.join("\n")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_profile_has_the_properties(text in damaged()) {
        properties::profile(text.as_bytes());
    }

    #[test]
    fn a_host_pattern_has_the_properties(text in "[a-z.]{0,3}[{]?[0-9]{0,11}(\\.\\.)?[0-9]{0,11}[}]?[a-z.{}]{0,5}") {
        properties::pattern(text.as_bytes());
    }

    #[test]
    fn a_list_of_rules_has_the_properties(text in "([a-z0-9.*/:;,\"\n\t -]|tcp|443|,){0,80}") {
        properties::rules_csv(text.as_bytes());
    }
}
