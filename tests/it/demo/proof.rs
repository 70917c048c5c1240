//! How a fault shows to dig, openssl, curl and nmap: a question, what it shows in the faulty world, and what in the
//! healthy one.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, SystemTime};

use mdm_preflight::lab::Lab;

use super::peers::{Said, ask};
use super::world::{World, healthy};

/// One question that a foreign client asks both worlds.
#[derive(Debug)]
pub(crate) struct Proof {
    pub(crate) question: Question,
    pub(crate) faulty: &'static str,
    pub(crate) healthy: &'static str,
}

#[derive(Debug)]
pub(crate) enum Question {
    /// nmap: is a port open, closed or filtered?
    Port(Ipv4Addr, u16),
    /// dig and nmap: how are the ports of all courier addresses?
    Couriers(u16),
    /// dig: status and addresses of a name.
    Name(&'static str),
    /// dig: the same for the addresses of IPv6.
    NameV6(&'static str),
    /// openssl: what does it make of the chain that an endpoint shows to a client of one store?
    Chain(At, &'static str),
    /// openssl with the couriers' name and protocol.
    Courier(Ipv4Addr, u16),
    /// curl: status, kind and AADSTS code of an answer.
    Get(At, &'static str),
    /// curl: the same for an empty form.
    Form(At, &'static str),
    /// curl, signed in as the lab's API client: the types of the notifications.
    Notified(At),
    /// curl: the text of an answer.
    Says(At, &'static str),
    /// curl: the same for the application's sign-in to Intune, and the roles of the token.
    SignIn(At, &'static str),
    /// curl: what the lab's proxy says to a `CONNECT` to a host, and what the host then answers.
    Proxied(At),
    /// curl: how far the server's clock is ahead.
    Clock(At),
    /// chrony: how far a time server is ahead, if it is of any use.
    Time(Ipv4Addr),
}

/// A host, and where its vendor has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) host: &'static str,
    pub(crate) address: Ipv4Addr,
    pub(crate) port: u16,
}

/// Longer than any healthy answer takes, shorter than any budget of the program.
const PATIENCE: Duration = Duration::from_secs(2);
/// nmap and curl keep deadlines of their own.
const LONG: Duration = Duration::from_secs(20);

impl Proof {
    /// Fails unless the fault is there, and is not there in the healthy world.
    pub(crate) fn hold(&self, fault: &str, world: &World) {
        let shown = self.question.ask(world);
        assert_eq!(shown, self.faulty, "{fault} does not show: {self:?}");
        let opposite = self.question.ask(healthy());
        assert_eq!(opposite, self.healthy, "{fault}: not healthy: {self:?}");
    }
}

impl Question {
    fn ask(&self, world: &World) -> String {
        match self {
            Self::Port(address, port) => ports(world, &[IpAddr::V4(*address)], *port),
            Self::Couriers(port) => ports(world, &couriers(world), *port),
            Self::Name(name) => name_status(&dig(world, name, "A")),
            Self::NameV6(name) => name_status(&dig(world, name, "AAAA")),
            Self::Chain(at, store) => {
                let options = [
                    "-servername",
                    at.host,
                    "-verify_hostname",
                    at.host,
                    "-alpn",
                    "http/1.1",
                ];
                handshake(world, at.address, at.port, store, &options)
            }
            Self::Courier(address, port) => {
                let name = "courier.push.apple.com";
                let options = [
                    "-servername",
                    name,
                    "-verify_hostname",
                    name,
                    "-alpn",
                    "apns-security-v3",
                ];
                handshake(world, *address, *port, "apple", &options)
            }
            Self::Get(at, path) => answer(world, at, path, &[]),
            Self::Notified(at) => notified(world, at),
            Self::Says(at, path) => curl(world, at, path, &[]).text.trim().to_owned(),
            Self::Form(at, path) => answer(world, at, path, &["--data", ""]),
            Self::SignIn(at, path) => sign_in(world, at, path),
            Self::Proxied(at) => proxied(world, at),
            Self::Clock(at) => clock(world, at),
            Self::Time(address) => time(world, *address),
        }
    }
}

fn time(world: &World, address: Ipv4Addr) -> String {
    let at = world.real(address.into(), 123);
    let server = format!("server {} port {} iburst maxsamples 1", at.ip(), at.port());
    let options = words(&["-U", "-Q", "-t", "3", "-f", "/dev/null", &server]);
    let said = ask("chrony", "chronyd", &options, LONG);
    let wrong = said.text.split_once("System clock wrong by ");
    let seconds = wrong.and_then(|(_, rest)| rest.split(' ').next()?.parse::<f64>().ok());
    seconds.map_or_else(
        || "no time".to_owned(),
        |seconds| format!("{:.0} min ahead", seconds.abs() / 60.0),
    )
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn dig(world: &World, name: &str, record: &str) -> Said {
    let dns = world.dns();
    let (server, port) = (format!("@{}", dns.ip()), dns.port().to_string());
    let options = words(&[
        &server,
        "-p",
        &port,
        name,
        record,
        "+tries=1",
        "+time=1",
        "+noall",
        "+comments",
        "+answer",
    ]);
    ask("bind9-dnsutils", "dig", &options, LONG)
}

fn addresses(answer: &str) -> Vec<String> {
    let address = |line: &str| match line.split_whitespace().collect::<Vec<_>>()[..] {
        [_, _, "IN", "A", address] => Some(address.to_owned()),
        _ => None,
    };
    let mut found: Vec<String> = answer.lines().filter_map(address).collect();
    found.sort();
    found
}

fn name_status(said: &Said) -> String {
    if said.text.contains("timed out") {
        return "no answer".to_owned();
    }
    let status = said.text.split_once("status: ").map(|(_, rest)| rest);
    let status = status.and_then(|rest| rest.split(',').next());
    let status = status.unwrap_or_else(|| panic!("{}", said.text));
    [vec![status.to_owned()], addresses(&said.text)]
        .concat()
        .join(" ")
}

/// The addresses of all couriers, as the lab's own resolver gives them to dig.
fn couriers(world: &World) -> Vec<IpAddr> {
    let mut all: Vec<IpAddr> = (1..=10)
        .map(|number| dig(world, &format!("{number}-courier.push.apple.com"), "A").text)
        .flat_map(|answer| addresses(&answer))
        .map(|address| address.parse().unwrap())
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// How many of the ports are in which state, such as `3 filtered, 7 open`.
fn ports(world: &World, addresses: &[IpAddr], port: u16) -> String {
    let real: Vec<u16> = addresses
        .iter()
        .map(|&address| world.real(address, port).port())
        .collect();
    assert!(!real.is_empty(), "no address to look at");
    let list: Vec<String> = real.iter().map(u16::to_string).collect();
    let list = list.join(",");
    let options = words(&[
        "--unprivileged",
        "-sT",
        "-Pn",
        "-n",
        "--max-retries",
        "1",
        "--initial-rtt-timeout",
        "500ms",
        "--max-rtt-timeout",
        "500ms",
        "-oG",
        "-",
        "-p",
        &list,
        "127.0.0.1",
    ]);
    let said = ask("nmap", "nmap", &options, LONG);
    let state = |port: &u16| {
        ["open", "closed", "filtered"]
            .into_iter()
            .find(|state| said.text.contains(&format!(" {port}/{state}/tcp")))
            .unwrap_or_else(|| panic!("nothing of {port} in {}", said.text))
    };
    let mut counts = std::collections::BTreeMap::new();
    for state in real.iter().map(state) {
        *counts.entry(state).or_insert(0) += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(s, n)| format!("{n} {s}")).collect();
    counts.join(", ")
}

fn handshake(world: &World, address: Ipv4Addr, port: u16, store: &str, options: &[&str]) -> String {
    let at = world.real(address.into(), port).to_string();
    let roots = world.store(store).display().to_string();
    // Without the last two the machine's own roots would count as well.
    let mut arguments = words(&[
        "s_client",
        "-connect",
        &at,
        "-CAfile",
        &roots,
        "-no-CApath",
        "-no-CAstore",
    ]);
    arguments.extend(words(options));
    let said = ask("openssl", "openssl", &arguments, PATIENCE);
    if said.status.is_none() {
        return "silence".to_owned();
    }
    let known = [
        ("errno=104", "reset"),
        ("wrong version number", "not TLS"),
        ("packet length too long", "not TLS"),
        ("record layer failure", "not TLS"),
    ];
    if let Some((_, short)) = known.iter().find(|(sign, _)| said.text.contains(sign)) {
        return (*short).to_owned();
    }
    // With TLS 1.3 the line may come again for each session ticket.
    let verified = said.text.split_once("Verify return code: ");
    let verified = verified.and_then(|(_, rest)| rest.lines().next());
    verified
        .unwrap_or_else(|| panic!("{}", said.text))
        .to_owned()
}

fn curl(world: &World, at: &At, path: &str, options: &[&str]) -> Said {
    let real = world.real(at.address.into(), at.port);
    let detour = format!("{}:{}:{real}", at.host, at.port);
    let roots = world.store("public").display().to_string();
    let url = format!("https://{}:{}{path}", at.host, at.port);
    let wait = PATIENCE.as_secs().to_string();
    let mut arguments = words(&[
        "--silent",
        "--noproxy",
        "*",
        "--connect-to",
        &detour,
        "--cacert",
        &roots,
        "--max-time",
        &wait,
    ]);
    arguments.extend(words(options));
    arguments.push(url);
    ask("curl", "curl", &arguments, LONG)
}

fn sign_in(world: &World, at: &At, path: &str) -> String {
    let id = format!("client_id={}", Lab::client_id());
    let secret = format!("client_secret={}", world.client_secret());
    let form = [
        "--data-urlencode",
        "grant_type=client_credentials",
        "--data-urlencode",
        "scope=https://api.manage.microsoft.com//.default",
        "--data-urlencode",
        &id,
        "--data-urlencode",
        &secret,
    ];
    let shown = answer(world, at, path, &form);
    if !shown.starts_with("200") {
        return shown;
    }
    let said = curl(world, at, path, &form).text;
    let body: serde_json::Value = serde_json::from_str(&said).unwrap();
    let token = body["access_token"].as_str().unwrap();
    let claims = token.split('.').nth(1).unwrap();
    let claims = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, claims).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    format!("{shown}, roles {}", claims["roles"])
}

fn proxied(world: &World, at: &At) -> String {
    let proxy = Lab::proxy_address();
    let proxy = format!("http://{}", world.real(proxy.ip(), proxy.port()));
    let roots = world.store("public").display().to_string();
    let url = format!("https://{}:{}/", at.host, at.port);
    let wait = PATIENCE.as_secs().to_string();
    let options = words(&[
        "--silent",
        "--noproxy",
        "",
        "--proxy",
        &proxy,
        "--cacert",
        &roots,
        "--max-time",
        &wait,
        "--output",
        "/dev/null",
        "--write-out",
        "%{http_connect} %{http_code}",
        &url,
    ]);
    ask("curl", "curl", &options, LONG).text.trim().to_owned()
}

fn answer(world: &World, at: &At, path: &str, options: &[&str]) -> String {
    let wanted = ["--write-out", "\nANSWER %{http_code} %{content_type}"];
    let said = curl(world, at, path, &[&wanted[..], options].concat());
    let code = said.status.and_then(|status| status.code());
    if code != Some(0) {
        return format!("curl {code:?}");
    }
    let (body, head) = said.text.rsplit_once("\nANSWER ").unwrap();
    let status = head.split(';').next().unwrap().trim();
    // The number stands in the text of the error, before its colon.
    let number = body.split_once("AADSTS").map(|(_, rest)| rest);
    let number = number.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    number.map_or_else(
        || status.to_owned(),
        |number| format!("{status} AADSTS{number}"),
    )
}

/// The types of the notifications of the Jamf Pro server, by its own interface.
fn notified(world: &World, at: &At) -> String {
    let (client, secret) = Lab::jamf_client();
    let form = [
        "grant_type=client_credentials".to_owned(),
        format!("client_id={client}"),
        format!("client_secret={secret}"),
    ];
    let form: Vec<&str> = form
        .iter()
        .flat_map(|field| ["--data-urlencode", field])
        .collect();
    let json = |said: Said| -> serde_json::Value {
        serde_json::from_str(&said.text).unwrap_or_else(|_| panic!("{}", said.text))
    };
    let granted = json(curl(world, at, "/api/v1/oauth/token", &form));
    let token = granted["access_token"].as_str().unwrap();
    let header = format!("Authorization: Bearer {token}");
    let told = json(curl(
        world,
        at,
        "/api/v1/notifications",
        &["--header", &header],
    ));
    let kinds = told.as_array().unwrap().iter();
    let kinds: Vec<&str> = kinds.map(|one| one["type"].as_str().unwrap()).collect();
    kinds.join(" ")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test compares with this machine's clock by itself"
)]
fn clock(world: &World, at: &At) -> String {
    let said = curl(world, at, "/", &["--include"]);
    let date = said.text.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("date").then(|| value.trim())
    });
    let date = date.unwrap_or_else(|| panic!("no date in {}", said.text));
    let date = httpdate::parse_http_date(date).unwrap();
    let ahead = date.duration_since(SystemTime::now()).unwrap_or_default();
    format!("{} min ahead", (ahead.as_secs() + 30) / 60)
}
