//! The floors of the crate's documentation, kept over `src`: what may import what, and what may stand where.

mod source;

use std::path::Path;

use source::{Source, read_all};

/// Bottom to top. Modules on one floor do not know each other; the last four are the program itself, in
/// the order in which they use each other.
const FLOORS: &[&[&str]] = &[
    &["code"],
    &["net", "advice"],
    &["finding"],
    &["probe"],
    &["profile"],
    &["report"],
    &["plan", "diagnose", "compare", "audit"],
    &["engine", "render"],
    &["lab"],
    &["cli"],
    &["exit"],
    &["app"],
    &["main"],
];

/// Imports that point down and are wrong all the same: a format that knows the kinds of probe, and
/// anything but the recipe that knows the demo's servers.
fn is_banned(module: &str, target: &str) -> bool {
    match target {
        "probe" => module == "render",
        "lab" => module != "app",
        _ => false,
    }
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|names| names.contains(&module))
}

fn breaches(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let module = source.module().unwrap_or("lib");
    if module != "lib" && floor(module).is_none() {
        found.push(format!("`{module}` stands on no floor"));
    }
    if module == "lib" {
        for name in source.declared() {
            if floor(&name).is_none() {
                found.push(format!("`{name}` stands on no floor"));
            }
        }
    } else {
        found.extend(
            source
                .imports()
                .iter()
                .filter_map(|target| import(module, target)),
        );
    }
    found.extend(manners(source, module));
    found
        .into_iter()
        .map(|what| format!("src/{}: {what}", source.path))
        .collect()
}

/// What is wrong with an import of the top-level module `target`.
fn import(module: &str, target: &str) -> Option<String> {
    if target == module {
        return None;
    }
    let down = floor(target)
        .zip(floor(module))
        .is_some_and(|(to, from)| to < from);
    if !down {
        return Some(format!(
            "`{module}` may not import `{target}`, which is not below it"
        ));
    }
    is_banned(module, target).then(|| format!("`{module}` may not know `{target}`"))
}

/// Rules about a file by itself.
fn manners(source: &Source, module: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !source.text.starts_with("//! ") {
        found.push("does not open with `//!` and what it is for".to_owned());
    }
    let lines = source.text.lines().count();
    if lines > 400 && !source.is_test() {
        found.push(format!("has {lines} lines, over 400"));
    }
    let vague = ["utils", "util", "common", "helpers", "types", "manager"];
    let parts = source.modules().into_iter().chain(source.declared());
    for name in parts.filter(|name| vague.contains(&name.as_str())) {
        found.push(format!("a module called `{name}` says nothing"));
    }
    if !matches!(module, "app" | "main") {
        for print in ["println !", "print !", "eprintln !", "eprint !", "dbg !"] {
            if source.has(print) {
                found.push(format!("prints with `{print}`"));
            }
        }
        let takes = |stream: &str| {
            let call = format!("{stream} (");
            // What a child process writes to is another matter.
            source.times(&call) > source.times(&format!(". {call}"))
        };
        if takes("stdout") || takes("stderr") {
            found.push("takes a standard stream".to_owned());
        }
    }
    if source.has("process :: exit") || source.has("process :: abort") {
        found.push("ends the process".to_owned());
    }
    if source.has("unsafe") && !source.path.starts_with("net/platform/") {
        found.push("`unsafe` stands in net/platform only".to_owned());
    }
    if source.has("# [ path") || source.has("extern crate") || source.has("crate as") {
        found.push("hides where a module comes from".to_owned());
    }
    found
}

#[test]
fn every_file_of_src_keeps_the_floors() {
    let sources = read_all(Path::new("src"));
    assert!(sources.len() > 50, "only {} files found", sources.len());
    let found: Vec<String> = sources.iter().flat_map(breaches).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_name_of_the_table_is_a_module() {
    for name in FLOORS.iter().copied().flatten() {
        let file = Path::new("src").join(format!("{name}.rs"));
        let folder = Path::new("src").join(name).join("mod.rs");
        assert!(
            file.exists() || folder.exists(),
            "there is no module `{name}`"
        );
    }
}

#[test]
fn the_crate_documentation_shows_the_same_floors() {
    let text = std::fs::read_to_string("src/lib.rs").unwrap();
    let rows = text
        .lines()
        .filter_map(|line| line.strip_prefix("//! "))
        .filter_map(|line| line.split_once("  "))
        .filter_map(|(number, rest)| Some((number.parse::<usize>().ok()?, rest.trim_start())));
    let mut shown: Vec<(usize, &str)> = Vec::new();
    for (number, rest) in rows {
        // Many blanks part the modules of a row from what the row says about them.
        for chunk in rest.split("    ") {
            let names: Vec<&str> = chunk.split_whitespace().collect();
            if names.iter().all(|name| floor(name).is_some()) {
                shown.extend(names.into_iter().map(|name| (number, name)));
            }
        }
    }
    for (own, names) in FLOORS.iter().enumerate() {
        for name in *names {
            let number = shown.iter().find(|(_, shown)| shown == name);
            let number = number.unwrap_or_else(|| panic!("`{name}` is not in the table of lib.rs"));
            assert_eq!(number.0, own.min(9), "the floor of `{name}`");
        }
    }
}

#[test]
fn an_import_that_points_up_is_found_however_it_is_written() {
    for (path, text) in [
        ("net/tls.rs", "use crate::engine::run;"),
        ("net/tls.rs", "use crate::{code::Code, report::Report};"),
        (
            "net/tls.rs",
            "use crate::{\n    code::{Code, Stage},\n    report,\n};",
        ),
        ("net/tls.rs", "use super::super::report::Report;"),
        ("net/tls.rs", "use super::{super::report::Report, Net};"),
        ("net/mod.rs", "use super::report::Report;"),
        (
            "net/mod.rs",
            "mod a { mod b { use super::super::super::report; } }",
        ),
        ("net.rs", "fn f() { crate::render::json(); }"),
        ("net.rs", "fn f(x: &crate::report::Report) {}"),
        (
            "net/http.rs",
            "macro_rules! m { () => { $crate::plan::Plan } }",
        ),
        ("advice.rs", "use crate::net::Net;"),
        ("plan.rs", "use crate::diagnose;"),
        ("engine/mod.rs", "use crate::render::Format;"),
        ("probe/tls.rs", "use crate::report::Report;"),
        ("probe/tls.rs", "use crate::render::Format;"),
        ("code.rs", "use crate::*;"),
        ("code.rs", "use crate as all;"),
        ("exit.rs", "use crate::app;"),
        ("net.rs", "use mdm_preflight::report::Report;"),
    ] {
        let found = breaches(&Source::new(path, &format!("//! x\n{text}\n")));
        assert_eq!(found.len(), 1, "{path}: {text}\n{found:?}");
    }
}

#[test]
fn an_import_that_points_down_or_stays_inside_is_allowed() {
    for (path, text) in [
        (
            "net/tls.rs",
            "use crate::code::Code;\nuse crate::{net::Net, code};\nuse super::Net;",
        ),
        (
            "net/tls/tests.rs",
            "use super::super::super::code;\nuse super::*;",
        ),
        (
            "net/mod.rs",
            "#[cfg(test)]\nmod tests { use super::*; use super::super::code; }",
        ),
        (
            "net/mod.rs",
            "pub(crate) fn f() {}\npub(in crate::net) fn g() {}",
        ),
        (
            "net/mod.rs",
            "// crate::report\n/* crate::render /* nested */ */\nconst A: &str = \"crate::plan\";",
        ),
        (
            "net/mod.rs",
            "const A: &str = r#\"a \" crate::plan \"#; const B: char = '\"'; fn f<'a>(x: &'a str) {}",
        ),
        (
            "report.rs",
            "/// See [`crate::render`].\nuse crate::profile::Place;",
        ),
        (
            "app/check.rs",
            "use crate::lab::Lab;\nuse crate::exit;\nuse crate::cli::Cli;",
        ),
        ("main.rs", "use mdm_preflight::{app, cli::Cli};"),
        ("lib.rs", "pub mod app;\npub mod cli;"),
    ] {
        let found = breaches(&Source::new(path, &format!("//! x\n{text}\n")));
        assert_eq!(found, Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn what_may_not_stand_in_a_file_is_found() {
    let long = "// a line\n".repeat(400);
    for (path, text) in [
        ("magic.rs", "//! x\n"),
        ("magic/mod.rs", "//! x\n"),
        ("lib.rs", "//! x\npub mod magic;"),
        ("net/utils.rs", "//! x\n"),
        ("net/mod.rs", "//! x\nmod helpers;"),
        ("net/mod.rs", "// no purpose\n"),
        ("net/mod.rs", &format!("//! x\n{long}")),
        ("render/table.rs", "//! x\nuse crate::probe::Spec;"),
        ("engine/mod.rs", "//! x\nfn f() { println!(\"x\"); }"),
        ("lab/mod.rs", "//! x\nfn f() { eprintln!(\"x\"); }"),
        (
            "render/json.rs",
            "//! x\nfn f() { drop(std::io::stdout()); }",
        ),
        ("app/mod.rs", "//! x\nfn f() { std::process::exit(1); }"),
        ("net/tls.rs", "//! x\nfn f() { unsafe { g() } }"),
        (
            "net/tls.rs",
            "//! x\n#[path = \"../report.rs\"]\nmod hidden;",
        ),
    ] {
        let found = breaches(&Source::new(path, text));
        assert_eq!(found.len(), 1, "{path}: {found:?}");
    }
    // Only the recipe knows the lab.
    for path in ["cli.rs", "exit.rs", "main.rs"] {
        let source = Source::new(path, "//! x\nuse crate::lab::Lab;");
        assert_eq!(breaches(&source).len(), 1, "{path}");
    }
}

#[test]
fn what_only_looks_forbidden_is_allowed() {
    for (path, text) in [
        ("net/platform/linux.rs", "//! x\nfn f() { unsafe { g() } }"),
        (
            "net/mod.rs",
            "//! x\n// unsafe println!()\nconst A: &str = \"process::exit\";",
        ),
        (
            "net/mod.rs",
            "//! x\n#![expect(unsafe_code, reason = \"y\")]",
        ),
        ("app/mod.rs", "//! x\nfn f() { drop(std::io::stdout()); }"),
        (
            "net/tests.rs",
            &format!("//! x\n{}", "// a line\n".repeat(400)),
        ),
    ] {
        let found = breaches(&Source::new(path, text));
        assert_eq!(found, Vec::<String>::new(), "{path}");
    }
}

/// Nothing outside the lab may know which fault is on.
#[test]
fn no_file_outside_the_lab_reads_the_name_of_a_fault() {
    for source in read_all(Path::new("src")) {
        if source.module() == Some("lab") {
            continue;
        }
        for fault in mdm_preflight::lab::faults() {
            let quoted = format!("\"{}\"", fault.name);
            assert!(
                !source.text.contains(&quoted),
                "src/{}: {quoted}",
                source.path
            );
        }
    }
}
