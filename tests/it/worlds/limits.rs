//! Answers of DNS that are as long as they can be, and a process that may open few files.

use std::fmt::Write as _;

use super::case::{FULL, checks, text};
use super::families::AGREES;
use super::ground::{Ground, Place};
use super::unbound::{ADDRESS, HEALTHY};
use super::ways::THREE_WAYS;

/// A name with 200 addresses, which no answer over UDP can hold.
fn many() -> String {
    let mut configuration =
        format!("{HEALTHY}server:\n local-zone: \"many.example.org.\" static\n");
    for last in 1..=200 {
        writeln!(
            configuration,
            " local-data: \"many.example.org. A 203.0.113.{last}\""
        )
        .unwrap();
    }
    configuration
}

#[test]
fn two_hundred_addresses_are_bounded_and_a_cut_answer_needs_tcp() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.resolve_by_unbound(&many());
    let proof = ground.foreign("dig +short many.example.org | wc -l");
    assert!(proof.contains("200 exit=0"), "{proof}");
    // As the system says it, and as our own exchange does.
    let system = ["check", "dns:many.example.org", "--format", "json"];
    let said = ground.preflight(&system).json();
    let message = text(checks(&said)[0].report, "message").to_owned();
    assert!(
        message.starts_with("200 addresses, of which the report lists 64"),
        "{message}"
    );
    let arguments = [system[0], system[1], system[2], system[3], "--dns", ADDRESS];
    let run = ground.preflight(&arguments);
    assert_eq!(run.code, Some(0), "{run:?}");
    let report = run.json();
    let check = checks(&report)[0].report.clone();
    let message = text(&check, "message");
    assert!(
        message.starts_with("200 addresses, of which the report lists 64"),
        "{message}"
    );
    assert!(message.len() < 300, "{message}");
    let dns = &check["stages"]["dns"];
    assert_eq!(dns["addresses"].as_array().unwrap().len(), 64);
    assert_eq!(
        (
            &dns["queries"][0]["more"],
            text(&dns["queries"][0], "transport")
        ),
        (&136.into(), "tcp")
    );
    // The whole answer needs TCP, and the router drops it.
    ground.filter("tcp dport 53 drop");
    let cut =
        ground.foreign("dig +ignore many.example.org; dig +tcp +time=1 +tries=1 many.example.org");
    assert!(cut.contains(" tc ") && cut.contains("timed out"), "{cut}");
    let run = ground.preflight(&arguments);
    assert_eq!(run.code, Some(1), "{run:?}");
    let report = run.json();
    let all = checks(&report);
    assert_eq!(
        text(all[0].report, "code"),
        "dns_tcp_blocked",
        "{}",
        run.stdout
    );
    let causes = report["diagnoses"].as_array().unwrap();
    let causes: Vec<(&str, &str)> = causes
        .iter()
        .map(|one| (text(one, "code"), text(one, "owner")))
        .collect();
    assert_eq!(causes, [("dns_tcp_blocked", "network")]);
}

/// Each row that is neither a pass nor skipped, with its verdict and code.
fn troubles(report: &serde_json::Value) -> Vec<String> {
    checks(report)
        .iter()
        .filter(|check| !matches!(text(check.report, "verdict"), "pass" | "skipped"))
        .map(|check| {
            let of = |field| text(check.report, field);
            format!("{} {} {}", check.id, of("verdict"), of("code"))
        })
        .collect()
}

/// Look-ups, handshakes and requests wait for a descriptor as connects do, and a system without one blames no server.
#[test]
fn few_descriptors_change_nothing_of_what_names_tls_and_http_show() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    let arguments = [&["check", "--format", "json"], FULL].concat();
    let limited = |ground: &Ground, limit: &str| {
        let limit = format!("--nofile={limit}:{limit}");
        let run = ground.preflight_by(&["prlimit", &limit], &arguments);
        assert!(!run.stderr.contains("panicked"), "{run:?}");
        run
    };
    for limit in ["64", "24", "20"] {
        let run = limited(&ground, limit);
        assert_eq!(troubles(&run.json()), Vec::<String>::new(), "{limit}");
        assert_eq!(run.code, Some(0), "{limit}");
    }
    // What really fails is still seen, and nothing else is.
    ground.filter(
        "tcp dport 5223 drop\nip daddr 20.190.190.131 reject with icmp type admin-prohibited",
    );
    let free = ground.preflight(&arguments);
    let run = limited(&ground, "24");
    assert_eq!(troubles(&run.json()), troubles(&free.json()));
    assert_eq!((run.code, free.code), (Some(1), Some(1)));
}

/// Some that nobody answers, and one at the end that answers; the second is known by its name.
fn targets(count: usize) -> Vec<String> {
    let silent = (0..count).map(|n| format!("tcp://203.0.{}.{}:443", 113 + n / 250, 1 + n % 250));
    let healthy = ["tcp://20.190.190.131:443", "tls://manage.microsoft.com:443"];
    silent.chain(healthy.map(str::to_owned)).collect()
}

fn with_few_descriptors(
    ground: &Ground,
    options: &[&str],
    targets: &[String],
) -> serde_json::Value {
    let mut arguments = vec!["check", "--format", "json", "--skip", "canary"];
    arguments.extend(options);
    arguments.extend(targets.iter().map(String::as_str));
    let run = ground.preflight_by(&["prlimit", "--nofile=64:64"], &arguments);
    assert!(!run.stderr.contains("panicked"), "{run:?}");
    run.json()
}

fn causes(report: &serde_json::Value) -> Vec<(&str, &str)> {
    let all = report["diagnoses"].as_array().unwrap().iter();
    all.map(|one| (text(one, "code"), text(one, "confidence")))
        .collect()
}

/// Hundreds of silent hosts hold all the sockets that there may be: those that answer have their turn all the same.
#[test]
fn silent_hosts_do_not_keep_the_few_descriptors_to_themselves() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.filter("ip daddr 203.0.0.0/16 drop");
    let report = with_few_descriptors(&ground, &[], &targets(300));
    let all = checks(&report);
    for check in &all[300..] {
        assert_eq!(text(check.report, "verdict"), "pass", "{}", check.line());
    }
    let silent: Vec<&str> = all[..300]
        .iter()
        .map(|one| text(one.report, "code"))
        .collect();
    let of = |code: &str| silent.iter().filter(|one| **one == code).count();
    assert!(of("tcp_silent") > 20, "{silent:?}");
    assert_eq!(
        of("tcp_silent") + of("inconclusive_deadline"),
        300,
        "{silent:?}"
    );
    let causes = causes(&report);
    assert!(
        causes.iter().all(|(code, _)| *code != "egress_closed"),
        "{causes:?}"
    );
}

/// What had no turn by the end of the run may be open: that nothing gets out is not known then.
#[test]
fn what_was_never_dialled_is_no_sign_that_nothing_gets_out() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.filter("tcp dport != 53 drop");
    let report = with_few_descriptors(&ground, &["--deadline", "14s"], &targets(300));
    let all = checks(&report);
    let silent = all
        .iter()
        .filter(|one| text(one.report, "code") == "tcp_silent");
    assert!(silent.count() > 1, "{}", report["counts"]);
    let found = causes(&report);
    assert!(
        found.iter().all(|(code, _)| *code != "egress_closed"),
        "{found:?}"
    );
    // Where the most had their turn it is likely, and where all had it is plain.
    let report = with_few_descriptors(&ground, &["--deadline", "6s"], &targets(9));
    assert_eq!(causes(&report), [("egress_closed", "medium")]);
    let report = with_few_descriptors(&ground, &[], &targets(6));
    assert_eq!(causes(&report), [("egress_closed", "high")]);
}

/// Two silent proxies before a good one, for a hundred rows: each is waited for once, with however few sockets.
#[test]
fn silent_ways_do_not_keep_the_few_descriptors_to_themselves() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.filter("ip daddr 203.0.113.0/24 drop");
    let _proxy = ground.background(Place::Router, &["python3", "-c", AGREES]);
    ground.foreign("curl -s -o /dev/null --retry 15 --retry-delay 1 --retry-connrefused --max-time 20 http://10.77.1.1:3128/");
    let file = ground.file("three.pac", THREE_WAYS);
    let option = format!("pac:{file}");
    let targets: Vec<String> = (1..=100)
        .map(|n| format!("tcp://198.18.0.{n}:443"))
        .collect();
    let mut arguments = vec![
        "check", "--format", "json", "--skip", "canary", "--proxy", &option,
    ];
    arguments.extend(targets.iter().map(String::as_str));
    for limit in ["64", "4096"] {
        let limit = format!("--nofile={limit}:{limit}");
        let run = ground.preflight_by(&["prlimit", &limit], &arguments);
        let report = run.json();
        let took = report["run"]["duration_ms"].as_u64().unwrap();
        for one in checks(&report) {
            let said = (text(one.report, "verdict"), text(one.report, "code"));
            assert_eq!(
                said,
                ("degraded", "proxy_unreachable"),
                "{limit}: {}",
                one.report
            );
        }
        assert!((3_300..4_500).contains(&took), "{limit}: {took} ms");
    }
}

/// A thousand rows wait for a proxy that says nothing: they use up no turn of those that go straight.
#[test]
fn rows_that_wait_for_a_silent_proxy_open_no_connections() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.filter("ip daddr 203.0.113.0/24 counter drop");
    let through = (0..1_000).map(|n| format!("tcp://198.18.{}.{}:443", n / 250, 1 + n % 250));
    let targets: Vec<String> = through
        .chain(["tcp://20.190.190.131:443".to_owned()])
        .collect();
    let mut arguments = vec!["check", "--format", "json", "--skip", "canary"];
    arguments.extend(targets.iter().map(String::as_str));
    let environment = [
        "env",
        "https_proxy=http://203.0.113.7:3128",
        "no_proxy=20.190.190.131",
    ];
    let report = ground.preflight_by(&environment, &arguments).json();
    let took = report["run"]["duration_ms"].as_u64().unwrap();
    assert!((3_300..5_500).contains(&took), "{took} ms");
    let all = checks(&report);
    let (straight, through) = all.split_last().unwrap();
    assert_eq!(text(straight.report, "verdict"), "pass");
    let mut shared = 0;
    for one in through {
        assert_eq!(
            text(one.report, "code"),
            "proxy_unreachable",
            "{}",
            one.report
        );
        shared += usize::from(one.report["stages"]["tcp"]["shared"] == true);
    }
    assert!(shared > 500, "{shared}");
    // Those of the rows that began before anybody knew better; each row of its own would make nine.
    let mut counted = ground.inside(Place::Router, &["nft", "list", "ruleset"]);
    let counted = String::from_utf8(counted.output().unwrap().stdout).unwrap();
    let packets = counted.split("counter packets ").nth(1).unwrap();
    let packets: u32 = packets.split(' ').next().unwrap().parse().unwrap();
    assert!(packets < 2_000, "{counted}");
}

/// A proxy that takes so many connections and no more carries the others: it is not one that cannot be reached.
#[test]
fn a_proxy_at_its_limit_of_connections_is_not_called_unreachable() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    let _proxy = ground.background(Place::Router, &["python3", "-c", AGREES]);
    ground.foreign("curl -s -o /dev/null --retry 15 --retry-delay 1 --retry-connrefused --max-time 20 http://10.77.1.1:3128/");
    let new = "iptables -A INPUT -p tcp --dport 3128 --syn";
    for then in [
        "-m limit --limit 1/hour --limit-burst 5 -j ACCEPT",
        "-j REJECT --reject-with tcp-reset",
    ] {
        let rule = format!("{new} {then}");
        let words: Vec<&str> = rule.split(' ').collect();
        ground.does(Place::Router, &words);
    }
    let proxy = "http://10.77.1.1:3128";
    let options = ["check", "--format", "json", "--skip", "canary", "--proxy"];
    let hosts = [
        "graph.microsoft.com",
        "captive.apple.com",
        "jamf.example.com",
    ];
    let targets = hosts.map(|host| [443, 8443, 80].map(|port| format!("tcp://{host}:{port}")));
    let mut arguments = [&options[..], &[proxy]].concat();
    arguments.extend(targets.iter().flatten().map(String::as_str));
    let report = ground.preflight(&arguments).json();
    let of = |verdict: &str| {
        let all = checks(&report);
        let alike = all
            .iter()
            .filter(|one| text(one.report, "verdict") == verdict);
        alike.count()
    };
    let (carried, refused) = (of("pass"), of("fail"));
    assert!(
        carried > 1 && refused > 1 && carried + refused == 9,
        "{report}"
    );
    let cause = &report["diagnoses"][0];
    assert_eq!(text(cause, "code"), "proxy_unreachable");
    let title = format!("The proxy {proxy} does not take every connection");
    assert_eq!(text(cause, "title"), title);
    let begins = format!(
        "{proxy} carries {carried} rows of this run to the end, and for {refused} rows no TCP connection"
    );
    let summary = text(cause, "summary");
    assert!(summary.starts_with(&begins), "{summary}");
    for told in ["remedy", "change_request"] {
        let told = text(cause, told);
        assert!(!told.contains("let this network reach"), "{told}");
    }
    // A host that has a line of its own has no second one; what is sent to the others is not lost.
    let evidence = cause["evidence"].as_array().unwrap();
    let lines: Vec<&str> = evidence.iter().map(|line| line.as_str().unwrap()).collect();
    for (host, owner) in hosts.iter().zip(["Microsoft", "Apple", "example.com"]) {
        let of_host = lines.iter().any(|line| line.starts_with(host));
        let alike = format!("the same for what is sent to {owner}");
        assert!(!of_host || !lines.contains(&alike.as_str()), "{lines:?}");
    }
}
