//! The ledger of codes: each is emitted somewhere, and each is the single, literal expectation of some test, so that two
//! codes cannot be exchanged unseen.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use mdm_preflight::code::Code;

/// The rooms that decide what is seen; the others only speak of it.
const DECIDE: [&str; 4] = ["net", "probe", "engine", "plan"];

/// Every Rust file below a folder with its text.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            all.push((path.to_str().unwrap().to_owned(), text));
        }
    }
    all
}

/// The part of a file that is in the program, and the part that tests it.
fn parts<'a>(path: &str, text: &'a str) -> (&'a str, &'a str) {
    if path.contains("/tests") {
        return ("", text);
    }
    text.find("#[cfg(test)]\nmod tests {")
        .map_or((text, ""), |at| text.split_at(at))
}

/// Which code `Code::Word` is, for all words.
fn variants() -> BTreeMap<String, &'static str> {
    let all = Code::ALL.iter();
    all.map(|code| (format!("{code:?}"), code.name())).collect()
}

/// The names of the codes that a text speaks of as `Code::Word`.
fn spoken<'a>(
    text: &'a str,
    variants: &'a BTreeMap<String, &'static str>,
) -> impl Iterator<Item = &'static str> + 'a {
    text.split("Code::").skip(1).filter_map(|rest| {
        let end = rest
            .find(|c: char| !c.is_alphanumeric())
            .unwrap_or(rest.len());
        variants.get(&rest[..end]).copied()
    })
}

#[test]
fn every_code_is_emitted_and_expected_by_its_own_name() {
    let variants = variants();
    let mut emitted: BTreeMap<&str, usize> = BTreeMap::new();
    let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
    for room in DECIDE {
        for (path, text) in sources(&Path::new("src").join(room)) {
            let (program, tests) = parts(&path, &text);
            for name in spoken(program, &variants) {
                *emitted.entry(name).or_default() += 1;
            }
            for name in spoken(tests, &variants) {
                *expected.entry(name).or_default() += 1;
            }
            for name in Code::ALL.iter().map(|code| code.name()) {
                *expected.entry(name).or_default() += tests.matches(&format!("\"{name}\"")).count();
            }
        }
    }
    for (_, text) in sources(Path::new("tests/it")) {
        for name in Code::ALL.iter().map(|code| code.name()) {
            let times = text.matches(&format!("\"{name}\"")).count();
            *expected.entry(name).or_default() += times;
        }
    }
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let name = code.name();
        if emitted.get(name).is_none_or(|times| *times == 0) {
            wrong.push(format!("{name} is emitted nowhere"));
        }
        if expected.get(name).is_none_or(|times| *times == 0) {
            wrong.push(format!("{name} is expected by no test"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Runs one prerequisite of a profile of its own, on loopback only, and returns its checks.
fn checks(checks: &str, further: &[&str]) -> serde_json::Value {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let file = format!("mdm-preflight-codes-{}-{number}.toml", std::process::id());
    let file = std::env::temp_dir().join(file);
    let head = "[profile]\nname = \"own\"\ntitle = \"own\"\nversion = \"1\"\n\
         [variables.server]\ntype = \"host\"\ndescription = \"a server\"\n\
         [[prerequisite]]\nid = \"own.one\"\ntitle = \"one\"\nseverity = \"required\"\n\
         from = [\"client\"]\nowner = \"network\"\n";
    fs::write(&file, format!("{head}{checks}")).unwrap();
    let path = file.to_str().unwrap();
    let mut arguments = vec![
        "check",
        "--profile",
        path,
        "--skip",
        "canary",
        "--format",
        "json",
    ];
    arguments.extend(further);
    let run = crate::binary::run(&arguments);
    fs::remove_file(&file).unwrap();
    run.json()["prerequisites"][0]["checks"].clone()
}

#[test]
fn a_row_without_its_variable_is_skipped_with_its_code() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let text = format!(
        "[[prerequisite.check]]\nid = \"given\"\ntitle = \"given\"\ntcp = {{ host = \"127.0.0.1\", port = {port} }}\n\
         [[prerequisite.check]]\nid = \"missing\"\ntitle = \"missing\"\ntcp = {{ host = \"${{server}}\", port = 9 }}\n"
    );
    let checks = checks(&text, &[]);
    assert_eq!(checks[0]["verdict"], "pass", "{checks}");
    assert_eq!(checks[1]["verdict"], "skipped");
    assert_eq!(checks[1]["code"], "inconclusive_variable");
}

/// What the connect then meets is explained by the address that it was led to.
#[test]
fn an_address_that_is_not_in_the_block_is_named_before_what_it_does() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let text = format!(
        "[[prerequisite.check]]\nid = \"block\"\ntitle = \"block\"\n\
         range = {{ hosts = \"{{1..2}}-block.example\", sample = 2, port = {port}, within = \"17.0.0.0/8\", limit = 4, \
         least_hosts = 1, least_addresses = 1 }}\n"
    );
    let resolve = [
        "--resolve",
        "1-block.example:127.0.0.1",
        "--resolve",
        "2-block.example:127.0.0.1",
    ];
    let checks = checks(&text, &resolve);
    assert_eq!(checks[0]["code"], "dns_outside_block", "{checks}");
    assert_eq!(checks[0]["verdict"], "fail");
}
