//! The files of `--output`: whole or not there, with the rights that they had, and nothing left beside them.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::binary::{command, run};

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("outputs-{name}"));
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn closed_port(output: &str) -> Vec<String> {
    let words = [
        "check",
        "tcp://127.0.0.1:9",
        "--expect",
        "path_open",
        "--skip",
        "canary",
        "-q",
        "--output",
        output,
    ];
    words.map(ToOwned::to_owned).into()
}

fn names(folder: &PathBuf) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|one| one.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_reader_sees_the_old_report_or_the_new_one_and_never_a_half() {
    let folder = folder("whole");
    let file = folder.join("report.json");
    let output = format!("json:{}", file.display());
    let arguments = closed_port(&output);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert_eq!(run(&arguments).code, Some(0));
    let ended = AtomicBool::new(false);
    let reads = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0_u32;
            while !ended.load(Ordering::Relaxed) {
                let text = std::fs::read(&file).unwrap();
                let report: Result<serde_json::Value, _> = serde_json::from_slice(&text);
                assert!(report.is_ok(), "half a report of {} bytes", text.len());
                reads += 1;
            }
            reads
        });
        for _ in 0..20 {
            assert_eq!(run(&arguments).code, Some(0));
        }
        ended.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert!(reads > 20, "only {reads} reads");
    assert_eq!(names(&folder), ["report.json"]);
}

#[test]
fn a_file_keeps_its_rights_and_a_link_leads_on_to_it() {
    let folder = folder("rights");
    let file = folder.join("real.json");
    std::fs::write(&file, "before").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let link = folder.join("link.json");
    symlink(&file, &link).unwrap();
    let arguments = closed_port(&format!("json:{}", link.display()));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert_eq!(run(&arguments).code, Some(0));
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(std::fs::read_to_string(&file).unwrap().starts_with('{'));
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(names(&folder), ["link.json", "real.json"]);
}

#[test]
fn a_run_that_is_killed_leaves_the_earlier_report() {
    let folder = folder("killed");
    let file = folder.join("report.json");
    std::fs::write(&file, "before").unwrap();
    let arguments = closed_port(&format!("json:{}", file.display()));
    let mut waiting = command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    waiting
        .args(["--splay", "24h"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = waiting.spawn().unwrap();
    while names(&folder).len() < 2 {
        assert!(child.try_wait().unwrap().is_none(), "it did not wait");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "before");
}

#[test]
fn two_outputs_of_one_file_are_a_mistake_however_it_is_spelt() {
    let folder = folder("twice");
    let file = folder.join("report");
    let link = folder.join("link");
    std::fs::write(&file, "before").unwrap();
    symlink(&file, &link).unwrap();
    let new = folder.join("new").display().to_string();
    let spelt = format!(
        "{}/../{}/new",
        folder.display(),
        folder.file_name().unwrap().display()
    );
    for (one, other) in [
        (file.display().to_string(), link.display().to_string()),
        (new, spelt),
    ] {
        let second = format!("markdown:{other}");
        let mut arguments = closed_port(&one);
        arguments.extend(["--output".to_owned(), second]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let said = run(&arguments);
        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{said:?}");
        let expected = format!(
            "mdm-preflight: --output {other}: another --output is the same file; give each its own\n"
        );
        assert_eq!(said.stderr, expected);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "before");
    assert_eq!(names(&folder), ["link", "report"]);
}

/// Runs with standard output, and standard error if it is to, in a file that has a line already.
fn into(file: &PathBuf, output: &str, format: &str, both: bool) -> String {
    let mut stdout = File::create(file).unwrap();
    stdout.write_all(b"before\n").unwrap();
    let place = stdout.metadata().unwrap().ino();
    let arguments = closed_port(output);
    let mut run = command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    run.args(["--format", format]);
    if both {
        run.stderr(stdout.try_clone().unwrap());
    }
    run.stdout(stdout.try_clone().unwrap());
    assert_eq!(run.status().unwrap().code(), Some(0));
    // What the shell says next, such as the next command's output.
    stdout.write_all(b"after\n").unwrap();
    assert_eq!(std::fs::metadata(file).unwrap().ino(), place, "{output}");
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn a_report_for_the_file_of_standard_output_follows_the_one_that_is_there() {
    let folder = folder("stdout");
    let file = folder.join("report");
    let own = format!("json:{}", file.display());
    for (output, format, both) in [
        ("json:/dev/stdout", "compact", false),
        (own.as_str(), "compact", false),
        ("json:/dev/stdout", "jsonl", false),
        ("json:/dev/stderr", "compact", true),
    ] {
        let text = into(&file, output, format, both);
        let about = format!("{output}, {format}: {text}");
        let rest = text.strip_prefix("before\n").expect(&about);
        let rest = rest.strip_suffix("after\n").expect(&about);
        let (first, second) = rest.split_once("\n{\n").expect(&about);
        let report: serde_json::Value = serde_json::from_str(&format!("{{{second}")).expect(&about);
        assert_eq!(report["verdict"], "pass");
        match format {
            "jsonl" => assert!(first.lines().all(|line| line.starts_with('{')), "{about}"),
            _ => assert!(first.contains("1 pass"), "{about}"),
        }
        assert_eq!(names(&folder), ["report"]);
    }
}

#[test]
fn a_report_for_the_file_of_standard_error_leaves_what_is_said_there() {
    let folder = folder("stderr");
    let file = folder.join("said");
    let mut stderr = File::create(&file).unwrap();
    stderr.write_all(b"before\n").unwrap();
    for output in ["json:/dev/stderr", &format!("json:{}", file.display())] {
        let arguments = closed_port(output);
        let mut run = command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        run.stdout(Stdio::null())
            .stderr(stderr.try_clone().unwrap());
        assert_eq!(run.status().unwrap().code(), Some(0));
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let reports = text.strip_prefix("before\n").expect(&text);
    let reports = serde_json::Deserializer::from_str(reports).into_iter::<serde_json::Value>();
    let verdicts: Vec<_> = reports.map(|one| one.unwrap()["verdict"].clone()).collect();
    assert_eq!(verdicts, ["pass", "pass"]);
    assert_eq!(names(&folder), ["said"]);
}

/// A saved report is drawn with the same options.
#[test]
fn a_report_that_is_drawn_again_keeps_the_file_of_standard_output_too() {
    let folder = folder("drawn");
    let saved = folder.join("saved.json");
    let arguments = closed_port(&format!("json:{}", saved.display()));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert_eq!(run(&arguments).code, Some(0));
    let file = folder.join("drawn");
    let mut draw = command(&["render", &saved.display().to_string()]);
    draw.args(["--format", "compact", "--output", "json:/dev/stdout"]);
    draw.stdout(File::create(&file).unwrap());
    assert_eq!(draw.status().unwrap().code(), Some(0));
    let text = std::fs::read_to_string(&file).unwrap();
    let (first, second) = text.split_once("\n{\n").expect(&text);
    assert!(first.contains("1 pass"), "{text}");
    assert!(second.ends_with("}\n"), "{text}");
}

/// Not every file system takes such names: APFS does not.
#[cfg(target_os = "linux")]
#[test]
fn a_path_need_not_be_utf_8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = folder("latin-1");
    let path = |name: &[u8]| folder.join(OsStr::from_bytes(name));
    let plain = path(b"b\xfcro.json");
    let mut named = OsStr::new("compact:").to_owned();
    named.push(path(b"b\xfcro: \xff"));
    let mut command = command(&["check", "tcp://127.0.0.1:9", "--expect", "path_open"]);
    command.args(["--skip", "canary", "-q", "--output"]);
    command.arg(&plain).arg("--output").arg(&named);
    let said = crate::binary::finish(command);
    assert_eq!(said.code, Some(0), "{said:?}");
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(plain).unwrap()).unwrap();
    assert_eq!(report["verdict"], "pass");
    let compact = std::fs::read_to_string(path(b"b\xfcro: \xff")).unwrap();
    assert!(compact.contains("1 pass"), "{compact}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
}
