//! `check`: from the arguments to a report.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clap::CommandFactory;

use super::control::Control;
use super::live::Live;
use super::outputs::{self, Outputs};
use super::progress::Progress;
use super::saved::redacted;
use super::signals::interrupted;
use super::source;
use super::splay;
use super::until::{self, Window};
use super::{Error, complain, control, environment, print, proxies, secrets};
use crate::cli::{CheckArgs, Cli, FormatName, NetworkArgs, PathsName, ReportArgs, RoleName};
use crate::engine::{self, Event, Options, Paths, Watcher};
use crate::exit;
use crate::net::trust::{StoreName, Trust, TrustOptions};
use crate::net::{Families, Net, Settings};
use crate::plan::{Plan, Selection};
use crate::profile::{self, Profile, ProfileError, Role, Sampling, Values, nearest};
use crate::render;
use crate::report::Report;

const DEADLINE: Duration = Duration::from_secs(30);
const EVERY: Duration = Duration::from_secs(10);
const NOTHING_TO_HOLD: &str =
    "--hold keeps TLS connections to port 5223 silent, and no check of this run opens one";

pub(super) fn run(args: &CheckArgs, asked: Vec<String>) -> Result<u8, Error> {
    environment::warn();
    let secrets = secrets::of(&args.credentials)?;
    let proxies = proxies::choice(&args.network.proxy, &args.credentials)?;
    let profiles = profiles(args)?;
    let selection = Selection {
        roles: roles(&args.what.from),
        only: args.what.only.clone(),
        skip: args.what.skip.clone(),
        by_discovery: by_discovery(&args.network),
        secrets: secrets.keys().copied().collect(),
        demo: false,
    };
    let mut plan = Plan::of(&profiles, &selection)?;
    compare_dns(args, &mut plan)?;
    if !plan.hold(args.network.hold) {
        return Err(Error::Usage(NOTHING_TO_HOLD.to_owned()));
    }
    let source = source::of(&args.network)?;
    if args.what.list {
        return print(|out| render::list::write(&plan, out).map_err(Error::Stdout));
    }
    let trust = Arc::new(Trust::new(&trust_options(args))?);
    let mut settings = settings(&args.network, trust);
    settings.secrets = secrets;
    settings.proxies = Arc::new(proxies);
    settings.source = source;
    let control = args.what.control.as_deref().map(control::read);
    let control = control.transpose()?;
    let options = Options {
        deadline: one_run(&args.network),
        attempts: args.network.attempts,
        trace: args.network.trace,
        paths: match args.network.paths {
            PathsName::Direct => Paths::Direct,
            PathsName::Proxied => Paths::Proxied,
            PathsName::Both => Paths::Both,
        },
        elsewhere: None,
        arguments: asked,
    };
    execute(&plan, settings, options, control, args)
}

/// `--compare-dns`: only names that the built-in profiles ask for by themselves go to that server.
fn compare_dns(args: &CheckArgs, plan: &mut Plan) -> Result<(), Error> {
    let Some(server) = args.network.compare.server else {
        return Ok(());
    };
    if args.network.dns.contains(&server) {
        return Err(Error::SameServer(server));
    }
    let set = args.what.set.iter().find(|(name, _)| name == "cloud");
    let cloud = set.map(|(_, value)| value).or(args.what.cloud.as_ref());
    let public = profile::public_names(cloud.map(String::as_str));
    plan.compare(server, &public, args.network.compare.internal);
    Ok(())
}

fn execute(
    plan: &Plan,
    settings: Settings,
    mut options: Options,
    mut control: Option<Control>,
    args: &CheckArgs,
) -> Result<u8, Error> {
    let outputs = open(plan, &args.report)?;
    let runtime = runtime()?;
    if let Some(longest) = args.network.splay {
        runtime.block_on(splay::wait(longest, args.report.quiet, interrupted()))?;
    }
    if let Some(silence) = args.network.hold.filter(|_| !args.report.quiet) {
        complain(&format!(
            "keeping direct connections to port 5223 silent for {} s",
            silence.as_secs_f64()
        ));
    }
    if let Some(window) = window(&args.network) {
        // What a run has seen is known when it ends, which may be minutes after it began.
        let say = |text: &str| {
            if !args.report.quiet {
                complain(&format!("{:.3} {text}", control::now()));
            }
        };
        let options = || Options {
            elsewhere: control::of_a_run(&mut control),
            ..options.clone()
        };
        let runs = until::repeat(plan, &settings, options, &window, say, interrupted());
        let report = runtime.block_on(runs);
        runtime.shutdown_background();
        return deliver(&report, outputs, Live::nothing(), &args.report);
    }
    options.elsewhere = control::of_a_run(&mut control);
    run_in(runtime, plan, settings, &options, outputs, &args.report)
}

/// The option because of which nobody signs in: a fleet's runs and repeated ones look like attacks and loops to Entra.
fn by_discovery(args: &NetworkArgs) -> Option<&'static str> {
    let splay = args.splay.map(|_| "--splay");
    splay.or_else(|| args.until.verdict.map(|_| "--until"))
}

/// When the only run ends.
fn one_run(args: &NetworkArgs) -> Duration {
    args.deadline.unwrap_or(DEADLINE) + held(args)
}

/// How much longer a run may last that keeps connections silent: one that is reset is tried again with half the time.
fn held(args: &NetworkArgs) -> Duration {
    args.hold.map_or(Duration::ZERO, |hold| hold * 3 / 2)
}

fn window(args: &NetworkArgs) -> Option<Window> {
    Some(Window {
        goal: args.until.verdict?,
        every: args.until.every.unwrap_or(EVERY),
        length: args.deadline.unwrap_or(until::WINDOW),
        held: held(args),
    })
}

/// The files that the report goes to, if there will be one.
pub(super) fn open(plan: &Plan, args: &ReportArgs) -> Result<Outputs, Error> {
    if plan.is_empty() {
        return Err(Error::Nothing(why_nothing(plan)));
    }
    Outputs::open(args)
}

/// Runs a plan on a runtime that may already run something, such as the demo's lab, and delivers its report.
pub(super) fn run_in(
    runtime: tokio::runtime::Runtime,
    plan: &Plan,
    settings: Settings,
    options: &Options,
    outputs: Outputs,
    args: &ReportArgs,
) -> Result<u8, Error> {
    if let Some(hint) = outputs::hint(args) {
        complain(&hint);
    }
    let mut live = Live::of(args);
    let mut progress = Progress::of(
        args,
        plan,
        settings.proxies.shown().is_some(),
        options.deadline,
    );
    let report = runtime.block_on(async {
        let net = Net::new(settings);
        let wanted = live.is_wanted() || progress.is_wanted();
        let mut tell = |event: Event| {
            progress.aside(|| live.event(&event));
            progress.event(&event);
        };
        let watcher: Watcher<'_> = if wanted { Some(&mut tell) } else { None };
        engine::run(plan, &net, options, interrupted(), watcher).await
    });
    drop(progress);
    // A look-up may still be stuck in the operating system; nobody waits for it.
    runtime.shutdown_background();
    deliver(&report, outputs, live, args)
}

fn deliver(
    report: &Report,
    outputs: Outputs,
    mut live: Live,
    args: &ReportArgs,
) -> Result<u8, Error> {
    let redacted = redacted(report, args);
    let report = redacted.as_ref().unwrap_or(report);
    let format = outputs::on_stdout(args);
    let failed = outputs.write(report, || {
        let written = live.written();
        print(|out| {
            let finished = written.and_then(|()| live.finish(format, report, out));
            finished.map_err(Error::Stdout)
        })
    })?;
    if let Some(error) = failed {
        complain(&error.to_string());
        return Ok(exit::INTERNAL);
    }
    Ok(code(report, args))
}

/// What the caller is told of a finished run, whether it has just ended or is drawn again.
pub(super) fn code(report: &Report, args: &ReportArgs) -> u8 {
    if args.format == FormatName::Nagios {
        return exit::of_plugin(report.verdict);
    }
    if engine::has_internal_error(report) {
        return exit::INTERNAL;
    }
    if report.run.interrupted {
        return exit::INCONCLUSIVE;
    }
    exit::of_verdict(report.verdict, args.fail_on)
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Error::Start)
}

fn why_nothing(plan: &Plan) -> String {
    let mut reasons: Vec<String> = plan
        .rows
        .iter()
        .filter_map(|row| row.todo.as_ref().err())
        .map(crate::plan::Reason::sentence)
        .collect();
    reasons.sort();
    reasons.dedup();
    if reasons.is_empty() {
        return "the profile has no check".to_owned();
    }
    reasons.join("; ")
}

fn profiles(args: &CheckArgs) -> Result<Vec<Profile>, Error> {
    if !args.targets.is_empty() {
        let profile = profile::target_profile(&args.targets, args.expect);
        return Ok(vec![profile.map_err(misspelt)?]);
    }
    let what = &args.what;
    let given = [
        ("jamf", &what.jamf),
        ("tenant", &what.tenant),
        ("cloud", &what.cloud),
        ("client_id", &args.credentials.client_id),
        ("jamf_client_id", &args.credentials.jamf_client_id),
    ];
    let sampling = if what.thorough {
        Sampling::All
    } else {
        Sampling::Some
    };
    load(&what.profile, &what.set, &given, sampling)
}

/// A word that is no target may have been meant for a subcommand.
fn misspelt(error: ProfileError) -> Error {
    let ProfileError::Target { value, why } = error else {
        return error.into();
    };
    let commands = Cli::command();
    let names = commands.get_subcommands().map(clap::Command::get_name);
    let why = match nearest(&value, names) {
        Some(name) => format!("did you mean `{name}`?"),
        None => why,
    };
    ProfileError::Target { value, why }.into()
}

/// The profiles that were named, else the default, with what was given for their variables.
pub(super) fn load(
    names: &[String],
    set: &[(String, String)],
    given: &[(&str, &Option<String>)],
    sampling: Sampling,
) -> Result<Vec<Profile>, Error> {
    let mut values: Values = set.iter().cloned().collect();
    for &(name, value) in given {
        if let Some(value) = value {
            values
                .entry(name.to_owned())
                .or_insert_with(|| value.clone());
        }
    }
    let default = [profile::BUILTINS[0].name.to_owned()];
    let names = if names.is_empty() { &default } else { names };
    let strict: Vec<&str> = set.iter().map(|(name, _)| name.as_str()).collect();
    Ok(profile::load_all(names, &values, &strict, sampling)?)
}

pub(super) fn roles(names: &[RoleName]) -> Vec<Role> {
    let mut roles: Vec<Role> = names
        .iter()
        .map(|name| match name {
            RoleName::Client => Role::Client,
            RoleName::JamfServer => Role::JamfServer,
        })
        .collect();
    roles.sort();
    roles.dedup();
    roles
}

fn trust_options(args: &CheckArgs) -> TrustOptions {
    let mut replace: BTreeMap<StoreName, std::path::PathBuf> =
        args.network.roots.iter().cloned().collect();
    if let Some(file) = &args.what.jamf_ca {
        replace.insert(StoreName::JamfCa, file.clone());
    }
    TrustOptions {
        replace,
        pem: BTreeMap::new(),
        system: true,
    }
}

fn settings(args: &NetworkArgs, trust: Arc<Trust>) -> Settings {
    let mut settings = Settings::open(trust);
    settings.families = Families {
        v4: !args.v6,
        v6: !args.v4,
    };
    if let Some(timeout) = args.timeout {
        settings.budgets.connect = timeout;
        settings.budgets.tls = timeout;
    }
    settings.dns.clone_from(&args.dns);
    for (host, address) in &args.resolve {
        let addresses = settings.resolve.entry(host.clone()).or_default();
        addresses.push(*address);
    }
    settings.detours.clone_from(&args.connect_to);
    settings.all_addresses = args.all_addresses;
    settings.pace = args.rate;
    settings.concurrency = usize::try_from(args.concurrency).unwrap_or(usize::MAX);
    settings.descriptors = descriptors();
    settings.hold = args.hold;
    settings.fast = args.fast;
    settings
}

/// More than a run of any size holds at once.
#[cfg(unix)]
const DESCRIPTORS: u64 = 8192;

/// How many ladders may hold sockets: each may need three, and look-ups and files need some too.
#[cfg(unix)]
fn descriptors() -> usize {
    // Where the limit cannot be raised or read, what macOS gives by default is assumed.
    let limit = rlimit::increase_nofile_limit(DESCRIPTORS).unwrap_or(256);
    // A limit that is raised already, or none at all, is more than anything here can use.
    let limit = limit.min(DESCRIPTORS);
    let free = usize::try_from(limit.saturating_sub(32)).unwrap_or(usize::MAX);
    (free / 3).max(4)
}

#[cfg(not(unix))]
fn descriptors() -> usize {
    1024
}
