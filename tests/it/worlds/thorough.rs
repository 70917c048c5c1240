//! Worlds for `--thorough`, and for a profile that has blocks and thresholds of its own.

use super::case::checks;
use super::range::{BLOCK, CURL, DUAL, Expect, OPEN, courier, differs, ground_of, guests};

#[test]
fn all_fifty_couriers_are_asked_when_it_is_to_be_thorough() {
    if !super::possible() {
        return;
    }
    // The sample does not know this one.
    let guests = vec![courier("50-courier.push.apple.com", &["17.57.147.9"])];
    let ground = ground_of(false, guests);
    ground.filter("ip daddr 17.57.147.9 drop");
    let said = ground.foreign(&format!("{CURL} https://17.57.147.9:5223/"));
    assert!(said.contains("exit=28"), "{said}");
    let wrong = differs("the sample", &ground.preflight(BLOCK), &OPEN);
    assert!(wrong.is_empty(), "{wrong}");
    let thorough: Vec<&str> = BLOCK.iter().copied().chain(["--thorough"]).collect();
    let lost = Expect {
        verdict: "degraded",
        code: "range_partial",
        says: &[
            "open to 10 of 11 addresses",
            "closed in 17.57.144.0/22 (1 of 3 addresses)",
        ],
        ..OPEN
    };
    let wrong = differs("all", &ground.preflight(&thorough), &lost);
    assert!(wrong.is_empty(), "{wrong}");
    ground.filter("");
    let run = ground.preflight(&[
        "check",
        "--thorough",
        "--only",
        "apple.push.*",
        "--format",
        "json",
    ]);
    let wrong = differs("mended", &run, &OPEN);
    assert!(wrong.is_empty(), "{wrong}");
    let report = run.json();
    let all = checks(&report);
    for port in ["5223", "443"] {
        let start = format!("apple.push.device/courier-{port}-");
        let of_port = all.iter().filter(|check| check.id.starts_with(&start));
        assert_eq!(of_port.count(), 50, "{port}");
    }
}

/// Fifteen addresses, three more than are dialled by default.
const MANY: [&[&str]; 5] = [
    &["17.249.25.246", "17.249.185.12", "17.249.1.3"],
    &["17.252.11.14", "17.252.27.21", "17.252.1.3"],
    &["17.57.146.20", "17.57.146.52", "17.57.145.3"],
    &["17.188.180.73", "17.188.131.88", "17.188.150.3"],
    &["17.188.20.14", "17.188.21.40", "17.188.20.3"],
];

#[test]
fn an_address_that_was_left_out_is_said_to_be() {
    if !super::possible() {
        return;
    }
    let ground = ground_of(false, guests(MANY));
    let usual = Expect {
        says: &[
            "open to 12 of 12 addresses",
            "3 further addresses not dialled",
        ],
        ..OPEN
    };
    let wrong = differs("twelve", &ground.preflight(BLOCK), &usual);
    assert!(wrong.is_empty(), "{wrong}");
    let thorough: Vec<&str> = BLOCK.iter().copied().chain(["--thorough"]).collect();
    let all = Expect {
        says: &["open to 15 of 15 addresses in 5 of 5 published blocks"],
        ..OPEN
    };
    let wrong = differs("fifteen", &ground.preflight(&thorough), &all);
    assert!(wrong.is_empty(), "{wrong}");
}

/// Its thresholds and blocks are its own.
const PROFILE: &str = r#"
[profile]
name = "own"
title = "Own"
version = "1"

[[prerequisite]]
id = "own"
title = "Own block"
severity = "required"
from = ["client"]
owner = "network"

[[prerequisite.check]]
id = "block-5223"
title = "Couriers"
range = { hosts = "{1..50}-courier.push.apple.com", sample = 5, port = 5223, within = "17.0.0.0/8", published = ["2000::/3"], sni = "courier.push.apple.com", alpn = ["apns-security-v3"], stores = ["apple"], fail_percent = 20 }

[[prerequisite.check]]
id = "block-443"
title = "Couriers of the other family"
range = { hosts = "{1..50}-courier.push.apple.com", sample = 5, port = 443, within = "2000::/3", published = ["17.0.0.0/8"], sni = "courier.push.apple.com", alpn = ["apns-security-v3"], stores = ["apple"], fail_percent = 20, least_hosts = 1, least_addresses = 1 }
"#;

#[test]
fn a_profile_names_its_own_blocks_and_thresholds() {
    if !super::possible() {
        return;
    }
    let ground = ground_of(true, guests(DUAL));
    let file = ground.file("own.toml", PROFILE);
    let arguments = ["check", "--profile", &file, "--format", "json"];
    ground.filter("ip daddr 17.188.20.0/23 drop\nip6 daddr 2403:300:a42::/48 drop");
    let lost = Expect {
        verdict: "fail",
        exit: 1,
        code: "range_closed",
        says: &["open to 8 of 10 addresses"],
    };
    let wrong = differs(
        "two of ten, one of five",
        &ground.preflight(&arguments),
        &lost,
    );
    assert!(wrong.is_empty(), "{wrong}");
    ground.filter("");
    let run = ground.preflight(&arguments);
    assert_eq!(run.code, Some(0), "{run:?}");
}
