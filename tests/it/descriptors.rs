//! A process that may open few files: rows wait for a place, and nothing is blamed on the target.

#[cfg(unix)]
mod unix {
    use std::process::{Command, Stdio};

    use serde_json::Value;

    use crate::binary::{Run, command, finish};

    /// The demo's lab needs descriptors of its own, so the limit is that of the checking process alone: the
    /// targets are listeners of this test.
    fn limited(limit: u32, targets: &[String]) -> Run {
        let program = command(&[]).get_program().to_owned();
        let mut all = vec!["check".to_owned()];
        all.extend(targets.iter().cloned());
        all.extend(["--skip", "canary", "--format", "json"].map(ToOwned::to_owned));
        let mut shell = Command::new("sh");
        shell
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        shell.args(["-c", &format!("ulimit -n {limit} && exec \"$0\" \"$@\"")]);
        shell.arg(program).args(all).stdin(Stdio::null());
        finish(shell)
    }

    fn checks(report: &Value) -> Vec<&Value> {
        report["prerequisites"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|one| one["checks"].as_array().unwrap())
            .collect()
    }

    #[test]
    fn few_descriptors_make_rows_wait_and_blame_no_target() {
        let listeners: Vec<std::net::TcpListener> = (0..40)
            .map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let closed = {
            let one = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            one.local_addr().unwrap()
        };
        let mut targets: Vec<String> = listeners
            .iter()
            .map(|one| format!("tcp://{}", one.local_addr().unwrap()))
            .collect();
        targets.push(format!("tcp://{closed}"));
        for limit in [64, 32, 20] {
            let run = limited(limit, &targets);
            assert!(!run.stderr.contains("panicked"), "{limit}: {}", run.stderr);
            let report = run.json();
            let all = checks(&report);
            assert_eq!(all.len(), 41);
            for check in &all[..40] {
                assert_eq!(check["verdict"], "pass", "{limit}: {check}");
            }
            assert_eq!(all[40]["code"], "tcp_refused_rst", "{limit}: {}", all[40]);
            assert_eq!(run.code, Some(1), "{limit}");
        }
    }
}
