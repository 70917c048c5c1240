//! The profiles that are compiled into the binary.

use std::collections::BTreeSet;

use super::load::load_sampled;
use super::{Sampling, Values};
use crate::net::endpoint::Host;

/// A built-in profile's name and text.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    pub name: &'static str,
    pub text: &'static str,
}

/// Names the files of `profiles/`, without their ending.
macro_rules! builtins {
    ($($name:literal),+ $(,)?) => {
        &[$(Builtin {
            name: $name,
            text: include_str!(concat!("../../profiles/", $name, ".toml")),
        }),+]
    };
}

/// Every name that the built-in profiles ask for by themselves, in one of Microsoft's clouds: whoever runs a DNS server
/// learns nothing about an organisation from them.
pub fn public_names(cloud: Option<&str>) -> BTreeSet<String> {
    let values: Values = cloud
        .map(|cloud| ("cloud".to_owned(), cloud.to_owned()))
        .into_iter()
        .collect();
    let profiles = BUILTINS
        .iter()
        .filter_map(|builtin| load_sampled(builtin.name, &values, Sampling::All).ok());
    let checks = profiles
        .flat_map(|profile| profile.prerequisites)
        .flat_map(|prerequisite| prerequisite.checks);
    let specs = checks.filter_map(|check| check.probe.clone().ok());
    specs
        .flat_map(|spec| spec.hosts())
        .filter_map(|host| match host {
            Host::Name(name) => Some(name),
            Host::Address(_) => None,
        })
        .collect()
}

/// Every built-in; the first is the default.
pub const BUILTINS: &[Builtin] = builtins![
    "jamf-intune",
    "device-compliance",
    "microsoft-2019",
    "apple-push",
    "apple-enrollment",
    "apple-software-update",
    "apple-certificates",
    "jamf-pro",
    "jamf-cloud",
    "entra",
    "company-portal",
    "intune-macos",
    "everything",
];
