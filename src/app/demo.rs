//! `demo`: the whole program, unchanged, against an embedded lab on loopback.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::{open, roles, run_in, runtime};
use super::{Error, complain, print};
use crate::cli::DemoArgs;
use crate::engine::{Options, Paths};
use crate::exit;
use crate::lab::{Ground, Lab, faults, skipped_here};
use crate::net::endpoint::Host;
use crate::net::proxy::{Choice, Origin, Proxy};
use crate::net::secret::{Secret, SecretName};
use crate::net::trust::{StoreName, Trust, TrustOptions};
use crate::net::{Detour, Reach, Settings};
use crate::plan::{Plan, Selection};
use crate::profile::{self, Values};

pub(super) fn run(args: &DemoArgs, asked: Vec<String>) -> Result<u8, Error> {
    if args.list {
        return print(|out| {
            let width = faults()
                .iter()
                .map(|fault| fault.name.len())
                .max()
                .unwrap_or(0);
            for fault in faults() {
                writeln!(out, "{:width$}  {}", fault.name, fault.summary).map_err(Error::Stdout)?;
            }
            Ok(())
        });
    }
    let fault = args.fault.as_deref();
    known(fault)?;
    if let Some(reason) = fault.and_then(skipped_here) {
        complain(&format!("this fault is skipped here: {reason}"));
        return Ok(exit::INCONCLUSIVE);
    }
    let runtime = runtime()?;
    let lab = runtime
        .block_on(Lab::start(Ground::Loopback, fault))
        .map_err(Error::Start)?;
    let plan = plan(args)?;
    let options = Options {
        deadline: args.deadline,
        attempts: 1,
        trace: false,
        paths: if lab.proxy().is_some() {
            Paths::Proxied
        } else {
            Paths::Direct
        },
        elsewhere: None,
        arguments: asked,
    };
    let settings = settings(&lab)?;
    let outputs = open(&plan, &args.report)?;
    let code = run_in(runtime, &plan, settings, &options, outputs, &args.report);
    drop(lab);
    code
}

fn known(fault: Option<&str>) -> Result<(), Error> {
    let Some(name) = fault else { return Ok(()) };
    if faults().iter().any(|fault| fault.name == name) {
        return Ok(());
    }
    let names: Vec<&str> = faults().iter().map(|fault| fault.name).collect();
    Err(Error::Usage(format!(
        "there is no fault `{name}`; there are {}",
        names.join(", ")
    )))
}

/// The default profile as everybody gets it, with the lab's own values for its variables.
fn plan(args: &DemoArgs) -> Result<Plan, Error> {
    let values: Values = [
        ("jamf".to_owned(), Lab::jamf_url().to_owned()),
        ("tenant".to_owned(), Lab::tenant().to_owned()),
        ("jamf_client_id".to_owned(), Lab::jamf_client().0.to_owned()),
        ("client_id".to_owned(), Lab::client_id().to_owned()),
    ]
    .into();
    let names = [profile::BUILTINS[0].name.to_owned()];
    let profiles = profile::load_all(&names, &values, &[], profile::Sampling::Some)?;
    let selection = Selection {
        roles: roles(&args.from),
        secrets: [
            SecretName::ClientSecret,
            SecretName::AdminToken,
            SecretName::JamfClientSecret,
        ]
        .into(),
        demo: true,
        ..Selection::default()
    };
    Ok(Plan::of(&profiles, &selection)?)
}

/// A closed network: every address has a rule, and nothing of this machine is consulted.
fn settings(lab: &Lab) -> Result<Settings, Error> {
    let trust = Trust::new(&TrustOptions {
        replace: BTreeMap::new(),
        pem: [
            (StoreName::Public, lab.public_roots_pem()),
            (StoreName::Apple, lab.apple_roots_pem()),
            (StoreName::System, lab.system_roots_pem()),
        ]
        .into(),
        system: false,
    })?;
    let mut settings = Settings::open(Arc::new(trust));
    settings.reach = Reach::Closed;
    settings.dns = vec![lab.dns()];
    let detour = |(vendor, to): &(std::net::SocketAddr, std::net::SocketAddr)| Detour {
        host: Host::Address(vendor.ip()),
        port: vendor.port(),
        to: *to,
    };
    settings.detours = lab.routes().iter().map(detour).collect();
    if let Some(url) = lab.proxy() {
        let proxy = Proxy::parse(&url, Origin::Option);
        let proxy = proxy.map_err(|error| Error::Start(std::io::Error::other(error)))?;
        settings.proxies = Choice::fixed(proxy).into();
    }
    let secret = |text: &str| Secret::new(text.to_owned());
    settings.secrets = [
        (SecretName::ClientSecret, secret(lab.client_secret())),
        (SecretName::AdminToken, secret(Lab::admin_token())),
        (SecretName::JamfClientSecret, secret(Lab::jamf_client().1)),
    ]
    .into();
    Ok(settings)
}
