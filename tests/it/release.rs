//! The scripts of a release, run here as far as this machine can: Apple's tools are replaced by ones that note their calls.

use std::path::Path;
use std::process::Command;

#[cfg(target_os = "linux")]
use crate::recipes::out;
use crate::recipes::{folder, run, write};

/// What the scripts need of the repository, in a folder where they may leave their results.
fn repository(folder: &Path) {
    for file in [
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "Cargo.toml",
        "Cargo.lock",
    ] {
        std::fs::copy(file, folder.join(file)).unwrap();
    }
    for source in ["src", "tests", "profiles"] {
        let from = std::fs::canonicalize(source).unwrap();
        std::os::unix::fs::symlink(from, folder.join(source)).unwrap();
    }
    std::fs::create_dir_all(folder.join(".github")).unwrap();
    for script in [".github/package.sh", ".github/package-macos.sh"] {
        std::fs::copy(script, folder.join(script)).unwrap();
    }
}

fn program(folder: &Path, name: &str, body: &str) -> String {
    std::fs::create_dir_all(folder).unwrap();
    let path = write(folder, name, &format!("#!/bin/sh\n{body}\n"));
    assert!(run("chmod", &["+x", &path], &[]).status.success());
    path
}

/// A small program of the same name: this one has the size of a debug build.
fn stand_in(folder: &Path) -> String {
    let body = format!("exec {} \"$@\"", env!("CARGO_BIN_EXE_mdm-preflight"));
    program(folder, "mdm-preflight", &body)
}

#[cfg(target_os = "linux")]
#[test]
fn a_package_has_the_program_the_page_and_every_completion() {
    let folder = folder("package");
    repository(&folder);
    let stand_in = stand_in(&folder);
    let mut command = Command::new(folder.join(".github/package.sh"));
    let done = command
        .args(["x86_64-unknown-linux-gnu", &stand_in])
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    let name = format!(
        "mdm-preflight-{}-x86_64-unknown-linux-gnu",
        env!("CARGO_PKG_VERSION")
    );
    let archive = folder
        .join(format!("dist/{name}.tar.gz"))
        .display()
        .to_string();
    let listed = out(&run("tar", &["-tzf", &archive], &[]));
    for file in ["mdm-preflight", "mdm-preflight.1", "LICENSE", "README.md"] {
        assert!(
            listed.lines().any(|line| line == format!("{name}/{file}")),
            "{file}: {listed}"
        );
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            listed.contains(&format!("/completions/mdm-preflight.{shell}\n")),
            "{listed}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_is_too_large_or_not_static_is_not_packed() {
    let folder = folder("refused");
    repository(&folder);
    let large = folder.join("large");
    std::fs::File::create(&large)
        .unwrap()
        .set_len(16 << 20)
        .unwrap();
    let large = large.display().to_string();
    for (target, program, says) in [
        (
            "x86_64-unknown-linux-gnu",
            large.as_str(),
            "which is not below 16777216",
        ),
        ("x86_64-unknown-linux-musl", "/bin/sh", "is not static"),
    ] {
        let mut command = Command::new(folder.join(".github/package.sh"));
        let done = command.args([target, program]).output().unwrap();
        assert_eq!(done.status.code(), Some(1), "{done:?}");
        assert!(
            String::from_utf8_lossy(&done.stderr).contains(says),
            "{done:?}"
        );
        assert!(!folder.join("dist").exists());
    }
}

#[test]
fn a_macos_package_is_signed_where_there_is_a_key_and_built_all_the_same_where_there_is_none() {
    let folder = folder("macos");
    repository(&folder);
    stand_in(&folder.join("target/universal"));
    let tools = folder.join("tools");
    let calls = folder.join("calls").display().to_string();
    for tool in ["pkgbuild", "productbuild", "pkgutil", "codesign"] {
        let note = format!(
            "echo \"{tool} $*\" >>'{calls}'\nfind \"$2\" -type f >>'{calls}' 2>/dev/null || :"
        );
        program(&tools, tool, &note);
    }
    let keys = "echo '  1) AB \"Developer ID Application: Office (T1)\"'\necho '  2) CD \"Developer ID Installer: Office (T1)\"'";
    program(&tools, "security", keys);
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let step = |step: &str| {
        drop(std::fs::remove_file(&calls));
        let mut command = Command::new(folder.join(".github/package-macos.sh"));
        command
            .arg(step)
            .env("PATH", &path)
            .env("RUNNER_TEMP", &folder);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{done:?}");
        std::fs::read_to_string(&calls).unwrap()
    };
    let name = format!(
        "dist/mdm-preflight-{}-universal-apple-darwin.pkg",
        env!("CARGO_PKG_VERSION")
    );
    let unsigned = step("pkg");
    assert!(
        unsigned.contains(&name) && !unsigned.contains("--sign"),
        "{unsigned}"
    );
    for file in [
        "/usr/local/bin/mdm-preflight",
        "/man/man1/mdm-preflight.1",
        "/site-functions/_mdm-preflight",
    ] {
        assert!(
            unsigned.lines().any(|line| line.ends_with(file)),
            "{file}: {unsigned}"
        );
    }
    write(&folder, "mdm-preflight.keychain-db", "");
    let signed = step("pkg");
    let by = format!("--sign Developer ID Installer: Office (T1) {name}");
    assert!(signed.contains(&by), "{signed}");
    let signed = step("sign");
    let by = "--sign Developer ID Application: Office (T1) target/universal/mdm-preflight";
    assert!(
        signed.contains("--options runtime") && signed.contains(by),
        "{signed}"
    );
}
