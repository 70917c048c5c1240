//! Worlds drawn at random, one to three faults on random hosts each: the program finds exactly their causes, or what its
//! table of merges says of them. `RANDOM_WORLDS_SEED` draws the same worlds again, `RANDOM_WORLDS` more or fewer.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use mdm_preflight::diagnose::{Asked, One, diagnose, meaning, merge_of};
use mdm_preflight::engine::{self, Options};
use mdm_preflight::finding::Verdict;
use mdm_preflight::lab::{Breakage, Ground, Lab};
use mdm_preflight::net::endpoint::Host;
use mdm_preflight::net::secret::{Secret, SecretName};
use mdm_preflight::net::space;
use mdm_preflight::net::trust::{StoreName, Trust, TrustOptions};
use mdm_preflight::net::{Detour, Net, Reach, Settings};
use mdm_preflight::plan::{Plan, Selection};
use mdm_preflight::profile::{self, BUILTINS, Role, Sampling};
use mdm_preflight::report::{Check, Prerequisite, Report};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const JAMF: &str = "jamf.example.com";
const LOGIN: &str = "login.microsoftonline.com";
const COURIERS: &str = "N-courier.push.apple.com";

/// Hosts that a harm can be done to, and whose rows the default profile asks from both vantages.
const HOSTS: [&str; 10] = [
    LOGIN,
    "device.login.microsoftonline.com",
    "enterpriseregistration.windows.net",
    "graph.microsoft.com",
    "manage.microsoft.com",
    "enterpriseenrollment.manage.microsoft.com",
    "api.push.apple.com",
    "app-site-association.cdn-apple.com",
    "app-site-association.networking.apple",
    JAMF,
];

/// Hosts of which nothing is requested after the handshake.
const TLS_ONLY: [&str; 3] = [
    "api.push.apple.com",
    "app-site-association.cdn-apple.com",
    "app-site-association.networking.apple",
];

/// A harm, and what it is at a vendor's host and at the organisation's own; none: it is not done there.
struct Harm {
    name: &'static str,
    at_vendor: &'static str,
    at_own: Option<&'static str>,
    /// Hosts at which it shows otherwise.
    except: &'static [&'static str],
}

const fn harm(name: &'static str, at_vendor: &'static str, at_own: Option<&'static str>) -> Harm {
    Harm {
        name,
        at_vendor,
        at_own,
        except: &[],
    }
}

/// A further harm is a further line.
const HARMS: &[Harm] = &[
    // Nobody else is asked on Jamf's port, and the host answers on another one.
    harm(
        "silent",
        "egress_destination_filtered",
        Some("egress_port_filtered"),
    ),
    harm("refuses", "service_down", Some("service_down")),
    harm("stalls", "service_stalls", Some("service_stalls")),
    harm("resets", "service_stalls", Some("service_stalls")),
    harm("plain", "service_stalls", Some("service_stalls")),
    Harm {
        except: &TLS_ONLY,
        ..harm("mute", "service_stalls", Some("service_stalls"))
    },
    harm("expired", "certificate_fault", Some("certificate_fault")),
    harm("misnamed", "certificate_fault", Some("certificate_fault")),
    harm("incomplete", "certificate_fault", Some("certificate_fault")),
    // A private authority at the organisation's own server is in order.
    harm("inspected", "tls_inspection_partial", None),
    Harm {
        // A page without its own marks in the sign-in host's place is taken for a filter's.
        except: &[TLS_ONLY[0], TLS_ONLY[1], TLS_ONLY[2], LOGIN],
        ..harm("unavailable", "vendor_outage", Some("service_trouble"))
    },
    harm("denied", "dns_filtered", Some("name_missing")),
    harm("sunk", "dns_filtered", Some("name_missing")),
    // So is a private address.
    harm("astray", "dns_filtered", None),
];

/// A fault of the demo, what it is, and the hosts whose rows it touches.
struct Fault {
    name: &'static str,
    code: &'static str,
    touches: &'static [&'static str],
}

const fn fault(name: &'static str, code: &'static str, touches: &'static [&'static str]) -> Fault {
    Fault {
        name,
        code,
        touches,
    }
}

/// A further fault that touches few hosts is a further line.
const FAULTS: &[Fault] = &[
    fault("push-5223-silent", "egress_port_filtered", &[COURIERS]),
    fault(
        "push-all-silent",
        "egress_destination_filtered",
        &[COURIERS],
    ),
    fault("courier-port-closed", "service_down", &[COURIERS]),
    fault("range-partial", "allow_list_narrow", &[COURIERS]),
    fault("dns-bogon", "dns_filtered", &[COURIERS]),
    fault("dns-alias-denied", "dns_alias_filtered", &[COURIERS]),
    fault("block-page", "block_page", &[LOGIN]),
    fault("entra-throttled", "service_trouble", &[LOGIN]),
    fault("tenant-unknown", "tenant_unknown", &[LOGIN]),
    fault("jamf-starting", "jamf_starting", &[JAMF]),
    fault("jamf-upgrading", "jamf_starting", &[JAMF]),
    fault("jamf-database-error", "jamf_not_working", &[JAMF]),
    fault("jamf-setup-assistant", "jamf_not_working", &[JAMF]),
    fault("jamf-too-old", "jamf_too_old", &[JAMF]),
];

/// What is wrong with whoever signs in: what it is, and the hosts whose rows it touches. These worlds are asked with
/// credentials, and nothing else is drawn for a host that takes them.
struct Account {
    breakage: Breakage<'static>,
    code: &'static str,
    touches: &'static [&'static str],
}

const fn account(
    name: &'static str,
    code: &'static str,
    touches: &'static [&'static str],
) -> Account {
    Account {
        breakage: Breakage::Account(name),
        code,
        touches,
    }
}

const fn shown(
    name: &'static str,
    code: &'static str,
    touches: &'static [&'static str],
) -> Account {
    Account {
        breakage: Breakage::Fault(name),
        code,
        touches,
    }
}

const GRAPH: &str = "graph.microsoft.com";
/// Who signs in at the one asks the other with its token.
const ENTRA: &[&str] = &[LOGIN, GRAPH];

/// A further one is a further line.
const ACCOUNTS: &[Account] = &[
    shown("expired-secret", "secret_expired", &[LOGIN]),
    shown("wrong-secret", "secret_wrong", &[LOGIN]),
    shown("secret-id-pasted", "secret_wrong", &[LOGIN]),
    shown("no-consent", "consent_missing", &[LOGIN]),
    shown("extra-permission", "permission_extra", &[LOGIN]),
    account("tenant-restricted", "proxy_restricts_tenants", &[LOGIN]),
    account("app-unknown", "app_refused", &[LOGIN]),
    account("policy-blocks", "policy_blocks_app", &[LOGIN]),
    account("api-missing", "api_missing", &[LOGIN]),
    account("unknown-refusal", "sign_in_refused", &[LOGIN]),
    account("other-audience", "token_unfit", &[LOGIN]),
    account("opaque-token", "token_unreadable", &[LOGIN]),
    account("secret-ends", "secret_expiring", &[GRAPH]),
    account("one-tenant", "registration_unfit", &[GRAPH]),
    account("graph-denies", "graph_refused", &[GRAPH]),
    account("graph-tells-nothing", "graph_unexpected", &[GRAPH]),
    account("connector-terminated", "connector_unfit", &[GRAPH]),
    shown("jamf-push-cert-expired", "push_certificate", &[JAMF]),
    shown(
        "jamf-cannot-reach-apple",
        "jamf_cannot_reach_apple",
        &[JAMF],
    ),
    account("jamf-token-ended", "jamf_certificates", &[JAMF]),
];

/// A small generator of numbers whose whole sequence is told by its seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }
}

#[derive(Clone, Debug)]
struct Drawn {
    breakage: Breakage<'static>,
    code: &'static str,
    touches: Vec<&'static str>,
    /// Hosts for which nothing else is drawn.
    takes: Vec<&'static str>,
}

impl Drawn {
    fn of_fault(fault: &Fault) -> Self {
        Self {
            breakage: Breakage::Fault(fault.name),
            code: fault.code,
            touches: fault.touches.to_vec(),
            takes: fault.touches.to_vec(),
        }
    }

    fn of_account(account: &Account) -> Self {
        let takes = if account.touches.contains(&JAMF) {
            &[JAMF][..]
        } else {
            ENTRA
        };
        Self {
            breakage: account.breakage,
            code: account.code,
            touches: account.touches.to_vec(),
            takes: takes.to_vec(),
        }
    }

    fn of_harm(harm: &Harm, host: &'static str, code: &'static str) -> Self {
        Self {
            breakage: Breakage::Harm(harm.name, host),
            code,
            touches: vec![host],
            takes: vec![host],
        }
    }

    /// Whether it is a fault that only a credential shows.
    fn is_account(&self) -> bool {
        ACCOUNTS.iter().any(|one| one.breakage == self.breakage)
    }
}

/// One to three faults, no two of which touch the same host.
fn draw(dice: &mut Dice) -> Vec<Drawn> {
    let count = 1 + dice.below(3);
    let mut drawn: Vec<Drawn> = Vec::new();
    while drawn.len() < count {
        let Some(one) = draw_one(dice) else { continue };
        let taken = |host: &&str| drawn.iter().any(|known| known.takes.contains(host));
        if !one.takes.iter().any(taken) {
            drawn.push(one);
        }
    }
    drawn
}

fn draw_one(dice: &mut Dice) -> Option<Drawn> {
    let (harms, faults) = (HARMS.len(), FAULTS.len());
    let index = dice.below(harms + faults + ACCOUNTS.len());
    if let Some(index) = index.checked_sub(harms + faults) {
        return Some(Drawn::of_account(&ACCOUNTS[index]));
    }
    if let Some(index) = index.checked_sub(harms) {
        return Some(Drawn::of_fault(&FAULTS[index]));
    }
    let (harm, host) = (&HARMS[index], HOSTS[dice.below(HOSTS.len())]);
    let code = match host {
        _ if harm.except.contains(&host) => return None,
        JAMF => harm.at_own?,
        _ => harm.at_vendor,
    };
    Some(Drawn::of_harm(harm, host, code))
}

type Causes = BTreeSet<(String, BTreeSet<String>)>;

/// What the faults are to be told as, by the table of merges: code and hosts.
fn expected(drawn: &[Drawn]) -> Causes {
    let mut causes: BTreeMap<(&str, String), BTreeSet<String>> = BTreeMap::new();
    for one in drawn {
        let code = joined(one, drawn).unwrap_or(one.code);
        let host = one.touches[0];
        let key = match merge_of(code).map_or(One::Run, |merge| merge.one) {
            One::Run | One::Box => String::new(),
            One::Owner => space::owner(host),
            One::Host => host.to_owned(),
        };
        let hosts = causes.entry((code, key)).or_default();
        hosts.extend(one.touches.iter().map(|host| (*host).to_owned()));
    }
    let causes = causes.into_iter();
    causes
        .map(|((code, _), hosts)| (code.to_owned(), hosts))
        .collect()
}

/// What a fault at a vendor's host becomes if another vendor's host has it too.
fn joined(one: &Drawn, drawn: &[Drawn]) -> Option<&'static str> {
    let several = merge_of(one.code)?.several_vendors?;
    let vendor = |one: &Drawn| {
        // A request that is never answered is no broken handshake.
        let counts = !matches!(one.breakage, Breakage::Harm("mute", _));
        space::vendor(one.touches[0]).filter(|_| counts)
    };
    let own = vendor(one)?;
    let alike = drawn.iter().filter(|other| other.code == one.code);
    let mut others = alike.filter_map(vendor);
    others.any(|other| other != own).then_some(several)
}

fn trust(lab: &Lab) -> Trust {
    Trust::new(&TrustOptions {
        replace: BTreeMap::new(),
        pem: [
            (StoreName::Public, lab.public_roots_pem()),
            (StoreName::Apple, lab.apple_roots_pem()),
            (StoreName::System, lab.system_roots_pem()),
        ]
        .into(),
        system: false,
    })
    .unwrap()
}

pub(crate) fn plan() -> Plan {
    planned(&[], &[])
}

/// The same with the questions that need a credential.
pub(crate) fn plan_of_account() -> Plan {
    let secrets = [
        SecretName::ClientSecret,
        SecretName::AdminToken,
        SecretName::JamfClientSecret,
    ];
    let values = [
        ("client_id", Lab::client_id()),
        ("jamf_client_id", Lab::jamf_client().0),
    ];
    planned(&values, &secrets)
}

fn planned(more: &[(&str, &str)], secrets: &[SecretName]) -> Plan {
    let values = [("jamf", Lab::jamf_url()), ("tenant", Lab::tenant())];
    let values = values.iter().chain(more);
    let values = values
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let names = [BUILTINS[0].name.to_owned()];
    let profiles = profile::load_all(&names, &values, &[], Sampling::Some).unwrap();
    let selection = Selection {
        roles: vec![Role::Client, Role::JamfServer],
        secrets: secrets.iter().copied().collect(),
        ..Selection::default()
    };
    Plan::of(&profiles, &selection).unwrap()
}

/// The default profile, asked in a world with these faults, all in this process.
pub(crate) async fn report_of(plan: &Plan, broken: &[Breakage<'_>]) -> Report {
    let lab = Lab::start_broken(Ground::Loopback, broken, &[]).await;
    let lab = lab.unwrap();
    let mut settings = Settings::open(Arc::new(trust(&lab)));
    settings.reach = Reach::Closed;
    settings.dns = vec![lab.dns()];
    settings.secrets = [
        (SecretName::ClientSecret, lab.client_secret()),
        (SecretName::AdminToken, Lab::admin_token()),
        (SecretName::JamfClientSecret, Lab::jamf_client().1),
    ]
    .map(|(name, text)| (name, Secret::new(text.to_owned())))
    .into();
    let routes = lab.routes().iter();
    settings.detours = routes
        .map(|(vendor, to)| Detour {
            host: Host::Address(vendor.ip()),
            port: vendor.port(),
            to: *to,
        })
        .collect();
    let options = Options {
        deadline: Duration::from_secs(30),
        arguments: Vec::new(),
        attempts: 1,
        trace: false,
        paths: engine::Paths::default(),
        elsewhere: None,
    };
    let net = Net::new(settings);
    engine::run(plan, &net, &options, std::future::pending(), None).await
}

/// A row's host; numbered hosts all together.
fn host(check: &Check) -> String {
    let host = check.target.host.clone().unwrap_or_default();
    if host.ends_with("-courier.push.apple.com") {
        COURIERS.to_owned()
    } else {
        host
    }
}

fn rows(prerequisites: &[Prerequisite]) -> BTreeMap<String, &Check> {
    let all = prerequisites.iter().flat_map(|prerequisite| {
        let checks = prerequisite.checks.iter();
        checks.map(move |check| (format!("{}/{}", prerequisite.id, check.id), check))
    });
    all.collect()
}

/// The causes of a report: code, and the hosts whose rows each explains.
fn found(report: &Report) -> Causes {
    let rows = rows(&report.prerequisites);
    let all = report.diagnoses.iter().map(|diagnosis| {
        let hosts = diagnosis.affects.iter().map(|id| host(rows[id]));
        (diagnosis.code.clone(), hosts.collect())
    });
    all.collect()
}

/// What is wrong with a report of a world with these faults; empty if nothing is.
fn objections(report: &Report, drawn: &[Drawn]) -> String {
    let (expected, found) = (expected(drawn), found(report));
    let mut wrong = String::new();
    if expected != found {
        writeln!(wrong, "  expected {expected:?}\n  found    {found:?}").unwrap();
    }
    if report.diagnoses.len() != found.len() {
        wrong += "  one cause twice\n";
    }
    if !report.unexplained.is_empty() {
        writeln!(wrong, "  unexplained: {:?}", report.unexplained).unwrap();
    }
    for diagnosis in &report.diagnoses {
        let levels = meaning(&diagnosis.code).unwrap().confidence;
        if !levels
            .iter()
            .any(|(level, _)| *level == diagnosis.confidence)
        {
            writeln!(wrong, "  {} is {}", diagnosis.code, diagnosis.confidence).unwrap();
        }
    }
    wrong
}

/// The same report with nothing explained yet.
fn judged(report: &Report) -> Vec<Prerequisite> {
    let mut prerequisites = report.prerequisites.clone();
    for check in prerequisites.iter_mut().flat_map(|p| &mut p.checks) {
        check.explained_by = None;
    }
    prerequisites
}

fn essence(mut prerequisites: Vec<Prerequisite>, report: &Report) -> Vec<(String, Vec<String>)> {
    let reasoned = diagnose(&mut prerequisites, &report.vantage, Asked::default());
    let all = reasoned.diagnoses.into_iter().map(|mut one| {
        one.affects.sort();
        (one.code, one.affects)
    });
    let mut all: Vec<_> = all.collect();
    all.sort();
    all
}

/// The order of rows does not matter.
fn turned(report: &Report, dice: &mut Dice) -> Result<(), String> {
    let expected = essence(judged(report), report);
    let mut other = judged(report);
    for index in (1..other.len()).rev() {
        other.swap(index, dice.below(index + 1));
    }
    for prerequisite in &mut other {
        let checks = &mut prerequisite.checks;
        for index in (1..checks.len()).rev() {
            checks.swap(index, dice.below(index + 1));
        }
    }
    let found = essence(other, report);
    if found == expected {
        return Ok(());
    }
    Err(format!("  in another order {found:?}, not {expected:?}\n"))
}

/// One more row that passes adds no cause.
fn with_more(report: &Report, healthy: &Report, dice: &mut Dice) -> Result<(), String> {
    let before = essence(judged(report), report).len();
    let mut more = judged(report);
    let mut passing = healthy.prerequisites[dice.below(healthy.prerequisites.len())].clone();
    passing.id = format!("more.{}", passing.id);
    let added = passing.id.clone();
    more.push(passing);
    let after = essence(more, report);
    if after.len() <= before {
        return Ok(());
    }
    Err(format!("  with {added} more: {after:?}\n"))
}

/// Every name another one of the same owner's: rules know whose a host is, and no name.
fn renamed(report: &Report) -> Result<(), String> {
    let expected = essence(judged(report), report);
    let codes = |all: &[(String, Vec<String>)]| -> Vec<(String, usize)> {
        let all = all.iter().map(|(code, rows)| (code.clone(), rows.len()));
        let mut all: Vec<_> = all.collect();
        all.sort();
        all
    };
    let text = serde_json::to_string(&judged(report)).unwrap();
    let mut text = text.replace(JAMF, "mdm.contoso.net");
    for (index, name) in HOSTS.iter().enumerate() {
        if let Some(vendor) = space::vendor(name) {
            let zone = if vendor == "Apple" {
                "apple.com"
            } else {
                "microsoft.com"
            };
            text = text.replace(&format!("\"{name}\""), &format!("\"h{index}.{zone}\""));
        }
    }
    let mut other: Vec<Prerequisite> = serde_json::from_str(&text).unwrap();
    for (index, prerequisite) in other.iter_mut().enumerate() {
        prerequisite.id = format!("p{index}");
        for (index, check) in prerequisite.checks.iter_mut().enumerate() {
            check.id = format!("c{index}");
            check.title.clear();
        }
    }
    let found = essence(other, report);
    if codes(&found) == codes(&expected) {
        return Ok(());
    }
    Err(format!("  under other names {found:?}, not {expected:?}\n"))
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
    )
}

/// Worlds at a time, of both tests together: most of each is waiting for what is silent.
static TURNS: Semaphore = Semaphore::const_new(AT_A_TIME as usize);
const AT_A_TIME: u32 = 8;

/// What is asked in a world: without credentials, unless only they show what is wrong.
struct Plans {
    plain: Plan,
    account: Plan,
}

impl Plans {
    fn of(&self, drawn: &[Drawn]) -> &Plan {
        if drawn.iter().any(Drawn::is_account) {
            &self.account
        } else {
            &self.plain
        }
    }
}

/// Plays all of them, and gathers what is wrong.
fn play<T, F, O>(all: Vec<T>, one: O) -> Vec<String>
where
    T: Clone + Send + 'static,
    O: Fn(Arc<Plans>, Arc<Report>, T) -> F + Clone + Send + 'static,
    F: Future<Output = Option<String>> + Send + 'static,
{
    // Servers and clients of several worlds are in this one process.
    #[cfg(unix)]
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let plan = Arc::new(Plans {
        plain: plan(),
        account: plan_of_account(),
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let healthy = Arc::new(report_of(&plan.plain, &[]).await);
        assert_eq!(
            (healthy.verdict, healthy.diagnoses.len()),
            (Verdict::Pass, 0)
        );
        let mut worlds = JoinSet::new();
        for what in all {
            let (plan, healthy, one) = (plan.clone(), healthy.clone(), one.clone());
            worlds.spawn(async move {
                let turn = TURNS.acquire().await.unwrap();
                one(plan.clone(), healthy.clone(), what.clone()).await?;
                drop(turn);
                // A machine that is too busy makes servers late. By itself, a world has no such excuse.
                let _all = TURNS.acquire_many(AT_A_TIME).await.unwrap();
                one(plan, healthy, what).await
            });
        }
        worlds.join_all().await.into_iter().flatten().collect()
    })
}

#[test]
#[expect(
    clippy::print_stderr,
    reason = "whoever meets a failure needs the seed"
)]
fn worlds_drawn_at_random_have_exactly_the_causes_that_were_drawn() {
    let seed = number("RANDOM_WORLDS_SEED").unwrap_or_else(|| RandomState::new().hash_one(0_u8));
    let count = number("RANDOM_WORLDS").unwrap_or(200);
    let first = number("RANDOM_WORLDS_FIRST").unwrap_or(0);
    eprintln!("RANDOM_WORLDS_SEED={seed} draws these {count} worlds again");
    let worlds = (first..first + count).collect();
    let wrong = play(worlds, move |plan, healthy, index| async move {
        one_world(&plan, &healthy, seed, index).await
    });
    let told = wrong.concat();
    assert!(
        wrong.is_empty(),
        "RANDOM_WORLDS_SEED={seed}: {} of {count} worlds; RANDOM_WORLDS_FIRST=N RANDOM_WORLDS=1 plays one\n{told}",
        wrong.len()
    );
}

async fn one_world(plans: &Plans, healthy: &Report, seed: u64, index: u64) -> Option<String> {
    let mut dice = Dice(seed ^ index.wrapping_mul(0xd134_2543_de82_ef95));
    let drawn = draw(&mut dice);
    let broken: Vec<Breakage<'_>> = drawn.iter().map(|one| one.breakage).collect();
    let report = report_of(plans.of(&drawn), &broken).await;
    let mut wrong = objections(&report, &drawn);
    let laws = [
        turned(&report, &mut dice),
        with_more(&report, healthy, &mut dice),
        renamed(&report),
    ];
    wrong.extend(laws.into_iter().filter_map(Result::err));
    (!wrong.is_empty()).then(|| format!("world {index}, {broken:?}\n{wrong}"))
}

#[test]
fn each_harm_and_each_fault_alone_is_the_one_cause_of_the_table() {
    let mut all: Vec<Drawn> = FAULTS.iter().map(Drawn::of_fault).collect();
    all.extend(ACCOUNTS.iter().map(Drawn::of_account));
    for harm in HARMS {
        let at = |host: &'static str, code| Drawn::of_harm(harm, host, code);
        let hosts = HOSTS.iter().filter(|host| !harm.except.contains(host));
        all.extend(
            hosts
                .filter(|host| **host != JAMF)
                .map(|host| at(host, harm.at_vendor)),
        );
        all.extend(harm.at_own.map(|code| at(JAMF, code)));
    }
    let wrong = play(all, |plan, _, one: Drawn| async move {
        let alone = std::slice::from_ref(&one);
        let report = report_of(plan.of(alone), &[one.breakage]).await;
        let wrong = objections(&report, alone);
        (!wrong.is_empty()).then(|| format!("{:?}\n{wrong}", one.breakage))
    });
    assert!(wrong.is_empty(), "{}", wrong.concat());
}
