//! `check TARGET…`: single questions without a profile.
use std::sync::Arc;

use std::collections::BTreeSet;

use super::error::ProfileError;
use super::variables::shown;
use super::{Check, Origin, Place, Prerequisite, Profile, Role, Severity};
use crate::code::Owner;
use crate::finding::Expectation;
use crate::net::endpoint::{EndpointError, Host, host_and_port};
use crate::net::space;
use crate::net::trust::StoreName;
use crate::probe::{Inspection, ProxyPolicy, Spec, dns, http, ntp, tcp, tls};

/// The profile of `check TARGET…`: one prerequisite with a check for each target.
pub fn target_profile(
    targets: &[String],
    expect: Option<Expectation>,
) -> Result<Profile, ProfileError> {
    let mut checks = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        let wrong = |why: String| ProfileError::Target {
            value: shown(target).to_owned(),
            why,
        };
        let spec = target_spec(target).map_err(wrong)?;
        let addresses = spec.hosts();
        let mut addresses = addresses.iter().filter_map(Host::address);
        if let Some(nowhere) = addresses.find(|one| space::kind(*one) == space::Kind::Undialable) {
            return Err(wrong(format!("nobody can dial {nowhere}")));
        }
        let fitting = spec.expectations();
        let expect = expect.unwrap_or(fitting[0]);
        if !fitting.contains(&expect) {
            return Err(wrong(format!(
                "a `{}` target cannot be `{expect}`",
                spec.kind()
            )));
        }
        checks.push(Arc::new(Check {
            id: format!("target-{}", index + 1),
            title: target.clone(),
            probe: Ok(Arc::new(spec)),
            expect,
            group: None,
            all: None,
            sample_of: None,
            pattern: None,
            control: None,
            inspection: Inspection::default(),
            proxy: ProxyPolicy::default(),
            retired: None,
            misprint: None,
            on_premises: false,
            stands_for: Vec::new(),
            owner: None,
            sources: Vec::new(),
            place: Place {
                file: "command line".into(),
                line: 1,
            },
        }));
    }
    Ok(target_prerequisite(checks))
}

fn target_prerequisite(checks: Vec<Arc<Check>>) -> Profile {
    Profile {
        name: "targets".to_owned(),
        title: "Targets of the command line".to_owned(),
        version: String::new(),
        description: String::new(),
        origin: Origin::CommandLine,
        variables: Vec::new(),
        prerequisites: vec![Prerequisite {
            id: "target".to_owned(),
            title: "Targets of the command line".to_owned(),
            severity: Severity::Required,
            required_if: None,
            from: vec![Role::Client, Role::JamfServer],
            owner: Owner::Network,
            why: String::new(),
            remedy: String::new(),
            sources: Vec::new(),
            checks,
            variables: BTreeSet::new(),
            skip: false,
        }],
    }
}

fn target_spec(target: &str) -> Result<Spec, String> {
    let (scheme, rest) = target
        .split_once("://")
        .or_else(|| {
            target
                .split_once(':')
                .filter(|(scheme, _)| *scheme == "dns")
        })
        .ok_or("expected tls://HOST:PORT, tcp://HOST:PORT, https://HOST, ntp://HOST or dns:NAME")?;
    let endpoint = || host_and_port(rest).map_err(|e| e.to_string());
    match scheme {
        "tls" => endpoint().map(|(host, port)| {
            let mut spec = tls::Spec::new(host, port);
            spec.stores = stores(&spec.host);
            Spec::Tls(spec)
        }),
        "tcp" => endpoint().map(|(host, port)| Spec::Tcp(tcp::Spec::new(host, port))),
        "https" | "http" => target
            .parse()
            .map(|address| {
                let mut spec = http::Spec::new(address);
                spec.stores = stores(&spec.address.host);
                spec.follows = http::Follow::Shown;
                Spec::Http(spec)
            })
            .map_err(|error: EndpointError| error.to_string()),
        "ntp" => match host_and_port(rest) {
            Ok((host, port)) => Ok(Spec::Ntp(ntp::Spec { host, port })),
            Err(wrong) => match rest.parse() {
                Ok(host) => Ok(Spec::Ntp(ntp::Spec::new(host))),
                Err(_) => Err(wrong.to_string()),
            },
        },
        "dns" => rest
            .parse()
            .map(|name| Spec::Dns(dns::Spec { name }))
            .map_err(|error: EndpointError| error.to_string()),
        other => Err(format!(
            "`{other}` is none of tls, tcp, https, http, ntp and dns"
        )),
    }
}

/// A vendor's host must chain to public or Apple roots; any other may use what the system or
/// `--jamf-ca` knows.
fn stores(host: &Host) -> Vec<StoreName> {
    match host {
        Host::Name(name) if space::vendor(name).is_some() => {
            vec![StoreName::Public, StoreName::Apple]
        }
        _ => vec![StoreName::Public, StoreName::System, StoreName::JamfCa],
    }
}
