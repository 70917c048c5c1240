//! Secrets: how they are given, whom they are sent to, and that nothing shows them.

use std::sync::Arc;

use mdm_preflight::code::Stage;
use mdm_preflight::lab::{Ground, Lab};
use mdm_preflight::net::endpoint::Host;
use mdm_preflight::net::http::Request;
use mdm_preflight::net::ladder::Hello;
use mdm_preflight::net::secret::{Credential, Place, Secret};
use mdm_preflight::net::trust::{StoreName, Trust, TrustOptions};
use mdm_preflight::net::{Detour, Net, Reach, Settings};
use mdm_preflight::probe::{Ask, ProxyPolicy, Seen, Want};

use crate::binary::{self, command, finish};
use crate::demo::world::World;

const SECRET: &str = "Zq8~hunter2+of/the%lab";

/// A net that is led to the lab, as the demo's is.
fn net(lab: &Lab) -> Net {
    let trust = TrustOptions {
        pem: [
            (StoreName::Public, lab.public_roots_pem()),
            (StoreName::System, lab.system_roots_pem()),
        ]
        .into(),
        ..TrustOptions::default()
    };
    let mut settings = Settings::open(Arc::new(Trust::new(&trust).unwrap()));
    settings.reach = Reach::Closed;
    settings.dns = vec![lab.dns()];
    let detours = lab.routes().iter().map(|(vendor, to)| Detour {
        host: Host::Address(vendor.ip()),
        port: vendor.port(),
        to: *to,
    });
    settings.detours = detours.collect();
    Net::new(settings)
}

/// A token request to the lab's sign-in host.
fn grant(accepts: StoreName, port: u16, place: Place) -> Want {
    let host = "login.microsoftonline.com";
    Want {
        host: host.parse().unwrap(),
        port,
        hello: (port == 443).then(|| Hello {
            name: host.to_owned(),
            alpn: vec!["h2".to_owned(), "http/1.1".to_owned()],
            strict: false,
        }),
        request: Some(Request {
            method: "POST".to_owned(),
            host: host.to_owned(),
            path: "/contoso.onmicrosoft.com/oauth2/v2.0/token".to_owned(),
            headers: vec![(
                "content-type".to_owned(),
                "application/x-www-form-urlencoded".to_owned(),
            )],
            body: Some(b"grant_type=client_credentials&client_id=7".to_vec()),
            credential: Some(Credential {
                secret: Secret::new(SECRET.to_owned()),
                place,
                accepts: vec![accepts],
            }),
        }),
    }
}

/// Two rows make the same call; what the first has seen, and what the lab was asked.
fn called(fault: Option<&str>, want: &Want) -> (Seen, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let lab = Lab::start(Ground::Loopback, fault).await.unwrap();
        let net = net(&lab);
        let asks = [1, 3].map(|attempts| Ask::new(net.clone(), attempts, None, ProxyPolicy::Never));
        for ask in &asks {
            ask.call(want).await;
        }
        (asks[0].seen(), lab.requests())
    })
}

fn posts(requests: &[String]) -> usize {
    requests
        .iter()
        .filter(|one| one.starts_with("POST"))
        .count()
}

#[test]
fn a_secret_is_sent_once_to_a_peer_whose_chain_the_row_accepts() {
    let (seen, requests) = called(
        None,
        &grant(StoreName::Public, 443, Place::Field("client_secret")),
    );
    assert_eq!(posts(&requests), 1, "{requests:?}");
    let answer = seen.ladders[0].observation.seen.http.clone().unwrap();
    assert_eq!(answer.status, Some(400), "no such application");
    let shown = format!("{seen:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_secret_is_sent_to_nobody_else() {
    let form = Place::Field("client_secret");
    for (fault, want, says) in [
        (
            Some("tls-inspected"),
            grant(StoreName::Public, 443, form),
            "reads this connection",
        ),
        // The system trusts the box, as an administrator has told it to.
        (
            Some("tls-inspected"),
            grant(StoreName::System, 443, Place::Bearer),
            "reads this connection",
        ),
        (
            Some("cert-expired"),
            grant(StoreName::Public, 443, form),
            "tls_cert_expired",
        ),
        (None, grant(StoreName::JamfCa, 443, form), "not accepted"),
        (None, grant(StoreName::Public, 80, form), "not encrypted"),
    ] {
        let (seen, requests) = called(fault, &want);
        assert_eq!(posts(&requests), 0, "{fault:?}: {requests:?}");
        let failure = seen.ladders[0].observation.failure().unwrap();
        if failure.code.stage() == Stage::Tcp {
            // The lab's sign-in host has no port 80.
            continue;
        }
        assert_eq!(failure.code.name(), "http_credential_withheld", "{fault:?}");
        assert!(
            failure.detail.contains(says),
            "{fault:?}: {}",
            failure.detail
        );
    }
}

#[test]
fn a_token_that_no_header_can_carry_is_not_sent() {
    let mut want = grant(StoreName::Public, 443, Place::Bearer);
    let request = want.request.as_mut().unwrap();
    request.credential.as_mut().unwrap().secret = Secret::new("a\r\nX-Evil: hunter2".to_owned());
    let (seen, requests) = called(None, &want);
    assert_eq!(posts(&requests), 0, "{requests:?}");
    let failure = seen.ladders[0].observation.failure().unwrap();
    assert_eq!(failure.code.name(), "http_credential_unfit");
    assert!(!format!("{seen:?}").contains("hunter2"));
}

#[test]
fn what_is_wrong_with_a_secret_is_said_and_the_secret_is_not() {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("secrets");
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, text: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let two_lines = format!("{SECRET}\n{SECRET}\n");
    let cases = [
        (file("empty", b"\n"), "it is empty"),
        (
            file("lines", two_lines.as_bytes()),
            "it is not one line of text",
        ),
        (
            file("space", format!(" {SECRET}").as_bytes()),
            "it begins or ends with a space",
        ),
        (file("latin", b"\xe9\xff"), "it is not UTF-8"),
        (
            file("long", &vec![b'x'; 70_000]),
            "it is longer than 65536 bytes",
        ),
        (folder.join("none").display().to_string(), "No such file"),
        ("-".to_owned(), "there is no terminal to ask at"),
    ];
    for option in [
        "--client-secret-file",
        "--admin-token-file",
        "--jamf-client-secret-file",
    ] {
        for (file, says) in &cases {
            let run = binary::run(&["check", "--list", option, file]);
            assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{file}");
            assert!(
                run.stderr.contains(says) && run.stderr.contains(option),
                "{file}: {}",
                run.stderr
            );
            assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
        }
    }
}

#[test]
fn the_id_of_a_secret_is_warned_about_and_the_variable_is_known() {
    let mut list = command(&["check", "--list"]);
    list.env(
        "MDM_PREFLIGHT_CLIENT_SECRET",
        "0f7d2b1c-9c3e-4f60-8a51-7d5f3e2b1a90",
    );
    let run = finish(list);
    assert_eq!(run.code, Some(0));
    assert!(
        run.stderr.contains("looks like a secret's ID"),
        "{}",
        run.stderr
    );
    assert!(
        !run.stderr.contains("0f7d2b1c") && !run.stderr.contains("not known"),
        "{}",
        run.stderr
    );
    let mut nearly = command(&["check", "--list"]);
    nearly.env("MDM_PREFLIGHT_CLIENT_SECRETS", SECRET);
    let run = finish(nearly);
    assert!(
        run.stderr
            .contains("did you mean MDM_PREFLIGHT_CLIENT_SECRET?"),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    let run = binary::run(&["check", "--list", "--client-id", "my app"]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("application (client) id"),
        "{}",
        run.stderr
    );
}

/// A token's first part, as every one of the lab's begins.
const TOKEN: &str = "eyJ";

#[test]
fn no_secret_and_no_token_stands_in_any_output_and_each_api_is_asked_for_one() {
    for fault in [
        None,
        Some("expired-secret"),
        Some("wrong-secret"),
        Some("extra-permission"),
    ] {
        let world = World::start(fault);
        let run = world.check();
        // The lab refuses a second request for one API as a loop, and writes down whatever no client should do.
        assert!(!run.stdout.contains("AADSTS50196"), "{fault:?}");
        assert_eq!(world.lab().objections(), [""; 0], "{fault:?}");
        let requests = world.lab().requests();
        let asked = requests
            .iter()
            .filter(|one| one.starts_with("POST login.microsoftonline.com/"));
        assert_eq!(
            asked.count(),
            3,
            "{fault:?}: an empty form, Intune's token and Graph's"
        );
        let secret = world.client_secret();
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let report = crate::formats::write(
            &format!("secrets-{}.json", fault.unwrap_or("none")),
            &run.stdout,
        );
        let mut shown = vec![run.stdout, run.stderr];
        for format in crate::formats::FORMATS {
            let drawn = binary::run(&["render", &report, "--format", format, "-v"]);
            shown.extend([drawn.stdout, drawn.stderr]);
        }
        for text in shown {
            for hidden in [
                secret,
                encoded.as_str(),
                Lab::admin_token(),
                Lab::jamf_client().1,
                TOKEN,
            ] {
                assert!(!text.contains(hidden), "{fault:?}: {hidden} in {text}");
            }
        }
    }
}

/// What signing in costs beyond the run without credentials: each is one connection.
const CALLS: [&str; 11] = [
    "GET fef.msud01.manage.microsoft.com/",
    "GET graph.microsoft.com/v1.0/applications(appId='3f0a1c52-7d64-4f0e-9d3b-5b1f6c0a9e21')",
    "GET graph.microsoft.com/v1.0/deviceManagement/complianceManagementPartners",
    "GET graph.microsoft.com/v1.0/deviceManagement/deviceManagementPartners",
    "GET graph.microsoft.com/v1.0/servicePrincipals/appId=0000000a-0000-0000-c000-000000000000/endpoints",
    "GET jamf.example.com/api/v1/jamf-pro-version",
    "GET jamf.example.com/api/v1/notifications",
    "POST jamf.example.com/api/v1/auth/invalidate-token",
    "POST jamf.example.com/api/v1/oauth/token",
    "POST login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token",
    "POST login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token",
];

#[test]
fn signing_in_everywhere_costs_eleven_calls_and_writes_nothing() {
    let world = World::start(None);
    world.check_without_credentials();
    let without = world.lab().requests();
    world.check();
    let mut with = world.lab().requests().split_off(without.len());
    for request in &without {
        let at = with.iter().position(|one| one == request);
        with.remove(at.unwrap_or_else(|| panic!("{request} only without credentials")));
    }
    with.sort();
    assert_eq!(with, CALLS);
    assert_eq!(world.lab().objections(), [""; 0]);
}

#[test]
fn the_permissions_are_held_to_the_instructions_that_were_followed() {
    let world = World::start(None);
    // The lab's application has update_device_attributes on Intune and Application.Read.All on Graph.
    for (era, intune, graph) in [
        ("any", "pass -", "pass -"),
        ("2017", "pass -", "fail entra_permission_extra"),
        ("2019", "pass -", "fail entra_permission_extra"),
        ("2020", "pass -", "pass -"),
        ("cloud-connector", "pass -", "fail entra_permission_missing"),
        (
            "device-compliance",
            "skipped entra_not_checkable",
            "skipped entra_not_checkable",
        ),
    ] {
        let mut arguments = world.arguments();
        let set = format!("app_era={era}");
        let more = ["--set", &set, "--only", "entra.app", "--client-id"];
        arguments.extend(more.map(str::to_owned));
        arguments.push(Lab::client_id().to_owned());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = command(&arguments);
        command.env("MDM_PREFLIGHT_CLIENT_SECRET", world.client_secret());
        let report = finish(command).json();
        let prerequisites = report["prerequisites"].as_array().unwrap();
        let app = prerequisites.iter().find(|one| one["id"] == "entra.app");
        let checks = app.unwrap()["checks"].as_array().unwrap();
        let told = |check: &serde_json::Value| {
            let code = check["code"].as_str().unwrap_or("-");
            format!("{} {code}", check["verdict"].as_str().unwrap())
        };
        let said: Vec<String> = checks.iter().take(2).map(told).collect();
        assert_eq!(said, [intune, graph], "{era}");
    }
}
