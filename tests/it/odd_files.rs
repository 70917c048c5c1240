//! Files that are no files: pipes, devices, folders and endless ones, as profiles and as outputs. Nothing hangs.

use std::fmt::Write as _;
use std::fs;
#[cfg(unix)]
use std::io::Read;
#[cfg(unix)]
use std::process::Command;
use std::time::{Duration, Instant};

use crate::bad_input::folder::Folder;
use crate::binary::{self, Run};

const HEAD: &str = "[profile]\nname = \"x\"\ntitle = \"x\"\nversion = \"1\"\n";

/// Runs to the end, which must come soon, also on a machine that has much else to do.
fn soon(arguments: &[&str]) -> Run {
    let started = Instant::now();
    let run = binary::run(arguments);
    assert!(
        started.elapsed() < Duration::from_secs(45),
        "{arguments:?} took {:?}",
        started.elapsed()
    );
    run
}

fn refused(file: &str, says: &str) {
    for arguments in [
        &["check", "--list", "--profile", file][..],
        &["profiles", "lint", file],
        &["profiles", "show", file, "--format", "toml"],
        &["rules", "--profile", file],
    ] {
        let run = soon(arguments);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
        assert_eq!(
            run.stderr.matches("mdm-preflight: ").count(),
            1,
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains(file), "{}", run.stderr);
        assert!(run.stderr.contains(says), "{says}\n{}", run.stderr);
    }
}

#[test]
fn a_byte_that_is_not_utf_8_is_shown_at_its_place() {
    let folder = Folder::new("latin-1");
    let file = folder.file("office.toml", b"[profile]\nname = \"b\xfcro\"\n");
    refused(&file, &format!("{file}:2:10: the byte 0xfc is not UTF-8"));
}

#[test]
fn an_include_that_cannot_be_read_is_wrong_where_it_stands() {
    let folder = Folder::new("odd-include");
    folder.file("latin.toml", b"\xff");
    fs::create_dir(folder.path("folder.toml")).unwrap();
    for (include, says) in [
        ("latin.toml", "latin.toml:1:1: the byte 0xff is not UTF-8"),
        ("folder.toml", "is a directory"),
        ("/dev/null/x", "/dev/null/x"),
    ] {
        let file = folder.file("office.toml", format!("{HEAD}include = [\"{include}\"]\n"));
        refused(&file, says);
        refused(&file, "office.toml:5:12: ");
    }
}

#[test]
fn a_file_that_is_reached_by_two_ways_is_one_file() {
    let folder = Folder::new("two-ways");
    fs::create_dir(folder.path("sub")).unwrap();
    // `common.toml` of the folder includes that of `sub`: another file, so no circle.
    let file = folder.file(
        "common.toml",
        format!("{HEAD}include = [\"sub/common.toml\"]\n"),
    );
    folder.file(
        "sub/common.toml",
        format!("{HEAD}include = [\"apple-push\"]\n"),
    );
    let run = soon(&["profiles", "show", &file]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    // The same file under another name is a circle all the same.
    folder.file(
        "sub/common.toml",
        format!("{HEAD}include = [\"../sub/../common.toml\"]\n"),
    );
    refused(&file, "includes itself");
}

#[test]
fn includes_without_end_are_refused() {
    let folder = Folder::new("deep");
    for depth in 0..100 {
        let text = format!("{HEAD}include = [\"{}.toml\"]\n", depth + 1);
        folder.file(&format!("{depth}.toml"), text);
    }
    folder.file("100.toml", HEAD);
    let run = soon(&["profiles", "lint", &folder.path("0.toml")]);
    assert_eq!(run.code, Some(2));
    let says = format!("{}:5:12: with `33.toml`", folder.path("32.toml"));
    assert!(run.stderr.contains(&says), "{}", run.stderr);
}

#[test]
fn a_profile_of_too_many_rows_is_refused_at_the_row_that_is_too_many() {
    let folder = Folder::new("rows");
    let mut text = format!(
        "{HEAD}[[prerequisite]]\nid = \"a.b\"\ntitle = \"t\"\nseverity = \"required\"\nfrom = [\"client\"]\nowner = \"network\"\n"
    );
    for row in 0..100_000 {
        write!(
            text,
            "[[prerequisite.check]]\nid = \"c{row}\"\ntitle = \"t\"\ntcp = {{ host = \"h.example\", port = 1 }}\n"
        )
        .unwrap();
    }
    let file = folder.file("rows.toml", &text);
    let run = soon(&["check", "--list", "--profile", &file]);
    assert_eq!(run.code, Some(2));
    // The 50,001st row: 10 lines above the rows, four a row.
    let line = 10 + 50_000 * 4 + 2;
    let says = format!("{file}:{line}:6: with `c50000` the profile has over 50000 rows");
    assert!(run.stderr.contains(&says), "{says}\n{}", run.stderr);

    // A few rows that stand for very many hosts.
    let mut text = text[..text.find("[[prerequisite.check]]").unwrap()].to_owned();
    for row in 0..1000 {
        write!(
            text,
            "[[prerequisite.check]]\nid = \"c{row}\"\ntitle = \"t\"\nrange = {{ hosts = \"{{1..10000}}.example\", sample = 10000, port = 1, within = \"17.0.0.0/8\", limit = 1, least_hosts = 1, least_addresses = 1 }}\n"
        )
        .unwrap();
    }
    let file = folder.file("hosts.toml", &text);
    let run = soon(&["profiles", "lint", &file]);
    assert_eq!(run.code, Some(2));
    let says = "with `c5` the profile has over 50000 rows";
    assert!(run.stderr.contains(says), "{}", run.stderr);
}

#[cfg(unix)]
mod unix {
    use super::*;

    fn fifo(folder: &Folder, name: &str) -> String {
        let path = folder.path(name);
        let made = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        path
    }

    #[test]
    fn a_pipe_or_a_device_is_no_profile() {
        let folder = Folder::new("no-files");
        for file in [
            fifo(&folder, "pipe.toml").as_str(),
            "/dev/zero",
            "/dev/null",
        ] {
            refused(file, "is a pipe or a device");
        }
        let pipe = folder.path("pipe.toml");
        let file = folder.file("office.toml", format!("{HEAD}include = [\"pipe.toml\"]\n"));
        refused(&file, &format!("{pipe} is a pipe or a device"));
    }

    #[test]
    fn a_file_without_end_is_not_read_to_its_end() {
        let folder = Folder::new("sparse");
        let path = folder.path("sparse.toml");
        let file = fs::File::create(&path).unwrap();
        file.set_len(1 << 40).unwrap();
        refused(&path, "is larger than 16 MiB");
    }

    #[test]
    fn a_pipe_that_nobody_writes_to_is_not_waited_for_without_end() {
        let folder = Folder::new("unwritten");
        let pipe = fifo(&folder, "pipe");
        let roots = format!("public={pipe}");
        let target = "tls://127.0.0.1:1";
        for words in [
            &["check", target, "--skip", "canary", "--roots", &roots][..],
            &["rules", "--audit", &pipe],
        ] {
            let run = soon(words);
            assert_eq!(run.code, Some(2), "{words:?}: {}", run.stderr);
            let says = format!("{pipe}: nothing came in 5 s");
            assert!(run.stderr.contains(&says), "{words:?}: {}", run.stderr);
        }
    }

    #[test]
    fn roots_may_come_out_of_a_pipe() {
        let folder = Folder::new("piped-roots");
        let roots = format!("public={}", fifo(&folder, "pipe"));
        let pipe = folder.path("pipe");
        let writer = std::thread::spawn(move || fs::write(pipe, "no certificate"));
        let target = "tls://127.0.0.1:1";
        let run = soon(&["check", target, "--skip", "canary", "--roots", &roots]);
        writer.join().unwrap().unwrap();
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        let says = "no certificate for `public` in ";
        assert!(run.stderr.contains(says), "{}", run.stderr);
    }

    #[test]
    fn an_output_that_nobody_reads_is_refused_before_the_run() {
        let folder = Folder::new("unread");
        let pipe = fifo(&folder, "pipe");
        for output in [pipe.clone(), format!("prometheus:{pipe}")] {
            let run = soon(&["demo", "-q", "--output", &output]);
            assert_eq!(
                (run.code, run.stdout.as_str()),
                (Some(2), ""),
                "{}",
                run.stderr
            );
            let says = format!("cannot write to {pipe}: nobody reads this pipe");
            assert!(run.stderr.contains(&says), "{}", run.stderr);
        }
    }

    #[test]
    fn an_output_that_somebody_reads_slowly_is_written_whole() {
        let folder = Folder::new("slow-reader");
        let pipe = fifo(&folder, "pipe");
        let path = pipe.clone();
        let reader = std::thread::spawn(move || {
            let mut file = fs::File::open(path).unwrap();
            let (mut all, mut some) = (Vec::new(), [0; 4096]);
            loop {
                std::thread::sleep(Duration::from_millis(5));
                match file.read(&mut some).unwrap() {
                    0 => return all,
                    count => all.extend_from_slice(&some[..count]),
                }
            }
        });
        // The reader's own open waits for the writer, and the writer's for none: it needs a moment.
        let started = Instant::now();
        let run = loop {
            let run = binary::run(&["demo", "-q", "--format", "json", "--output", &pipe]);
            if run.code == Some(0) || started.elapsed() > Duration::from_secs(30) {
                break run;
            }
        };
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let read = reader.join().unwrap();
        // More than a pipe holds, so that the writer had to wait.
        assert!(read.len() > 65_536, "{}", read.len());
        assert_eq!(String::from_utf8(read).unwrap(), run.stdout);
    }
}
