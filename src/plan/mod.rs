//! What will run: every check of the profiles with its disposition, as data. Sends nothing.

mod follow_ups;
mod order;

pub use follow_ups::{Known, Walks, follow_ups, is_silent, raises};

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::net::endpoint::Host;
use crate::net::glob;
use crate::net::secret::SecretName;
use crate::probe::{Comparison, Spec, Want};
use crate::profile::{Absent, Check, Place, Prerequisite, Profile, Role};
use crate::report::UsedProfile;

/// The canary: documentation space (RFC 5737, RFC 3849), which nobody may answer.
pub const CANARIES: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
];
const CANARY_PORTS: [u16; 3] = [80, 443, 5223];

/// What the user narrows a run to.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    pub roles: Vec<Role>,
    pub only: Vec<String>,
    pub skip: Vec<String>,
    /// Nothing is posted to Entra's token endpoint: its discovery document is asked for instead.
    pub by_discovery: Option<&'static str>,
    /// The secrets that were given.
    pub secrets: BTreeSet<SecretName>,
    /// Nothing of this machine is asked.
    pub demo: bool,
}

/// Why a row does not run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reason {
    Vantage(String),
    /// `--only`, `--skip` or an override: the user's own wish.
    Deselected(&'static str),
    Variable(String),
    /// A variable that a complete run can do without.
    Optional(String),
    /// A secret, which a complete run can do without as well.
    Secret(SecretName),
    Unpublished(String),
    /// This machine cannot be asked, or is not to be.
    Machine(&'static str),
}

impl Reason {
    pub fn sentence(&self) -> String {
        match self {
            Self::Vantage(from) => format!("asked from {from}, see --from"),
            Self::Deselected(by) => format!("left out by {by}"),
            Self::Variable(name) => format!("not tested: variable {name} not given{}", hint(name)),
            Self::Optional(name) => format!("not asked: {name} not given{}", hint(name)),
            Self::Secret(name) => format!("not asked: {}", offer(*name)),
            Self::Unpublished(name) => format!("no {name} host is published for this cloud"),
            Self::Machine(why) => (*why).to_owned(),
        }
    }
}

/// How a variable is given on the command line.
pub fn hint(variable: &str) -> String {
    match variable {
        "jamf" => " (give --jamf)".to_owned(),
        "tenant" => " (give --tenant)".to_owned(),
        "client_id" => " (give --client-id and --client-secret-file)".to_owned(),
        "jamf_client_id" => " (give --jamf-client-id and --jamf-client-secret-file)".to_owned(),
        other => format!(" (give --set {other}=…)"),
    }
}

/// How a secret is given, and what can be looked at instead.
const fn offer(secret: SecretName) -> &'static str {
    match secret {
        SecretName::ClientSecret => "no client secret (give --client-secret-file)",
        SecretName::AdminToken => {
            "not checkable from here without an administrator's token (give --admin-token-file); look in the Intune \
             admin center under Tenant administration > Connectors and tokens > Partner device management, or > Partner \
             compliance management"
        }
        SecretName::JamfClientSecret => {
            "no secret of an API client (give --jamf-client-secret-file)"
        }
    }
}

/// One row: a check, and what there is to ask or why not.
#[derive(Clone, Debug)]
pub struct Row {
    /// Index into `Plan::prerequisites`.
    pub prerequisite: usize,
    pub check: Arc<Check>,
    pub todo: Result<Arc<Spec>, Reason>,
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub profiles: Vec<UsedProfile>,
    /// Without their checks, which are rows.
    pub prerequisites: Vec<Prerequisite>,
    pub rows: Vec<Row>,
    pub roles: Vec<Role>,
    /// The ports at which the canary is dialled.
    pub canary: Vec<u16>,
    /// `--compare-dns`.
    pub comparison: Option<Arc<Comparison>>,
    /// A row that would post to Entra's token endpoint asks for its discovery document instead.
    pub by_discovery: Option<&'static str>,
    /// `--hold`: for how long connections of the rows that wait for messages are kept silent.
    pub silence: Option<Duration>,
}

/// A word of `--only` or `--skip` that names nothing.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{word}` of --{option} names no prerequisite and no check; --list shows them")]
pub struct UnknownId {
    pub option: &'static str,
    pub word: String,
}

impl Plan {
    pub fn of(profiles: &[Profile], selection: &Selection) -> Result<Self, UnknownId> {
        let mut plan = Self {
            profiles: profiles.iter().map(used).collect(),
            prerequisites: Vec::new(),
            rows: Vec::new(),
            roles: selection.roles.clone(),
            canary: CANARY_PORTS.to_vec(),
            comparison: None,
            by_discovery: None,
            silence: None,
        };
        for prerequisite in profiles.iter().flat_map(|profile| &profile.prerequisites) {
            plan.add(prerequisite, selection);
        }
        plan.known_ids(selection)?;
        if selection.skip.iter().any(|word| word == "canary") {
            plan.canary.clear();
        }
        if selection.by_discovery.is_some() {
            let rows = plan.rows.iter_mut();
            let specs = rows.filter_map(|row| row.todo.as_mut().ok());
            let any = specs
                .map(|spec| Arc::make_mut(spec).ask_by_discovery())
                .fold(false, |any, one| any | one);
            plan.by_discovery = selection.by_discovery.filter(|_| any);
        }
        plan.share();
        Ok(plan)
    }

    fn add(&mut self, prerequisite: &Prerequisite, selection: &Selection) {
        let index = self.prerequisites.len();
        self.rows.reserve_exact(prerequisite.checks.len());
        for check in &prerequisite.checks {
            let todo = disposition(prerequisite, check, selection);
            self.rows.push(Row {
                prerequisite: index,
                check: Arc::clone(check),
                todo,
            });
        }
        self.prerequisites.push(Prerequisite {
            checks: Vec::new(),
            ..prerequisite.clone()
        });
    }

    fn known_ids(&self, selection: &Selection) -> Result<(), UnknownId> {
        let names_one = |word: &String| {
            self.rows.iter().any(|row| {
                let id = &self.prerequisites[row.prerequisite].id;
                selects(word, id, &row.check.id)
            })
        };
        for (option, words) in [("only", &selection.only), ("skip", &selection.skip)] {
            let canary = |word: &&String| option == "skip" && *word == "canary";
            let unknown = words.iter().find(|word| !canary(word) && !names_one(word));
            if let Some(word) = unknown {
                return Err(UnknownId {
                    option,
                    word: word.clone(),
                });
            }
        }
        Ok(())
    }

    /// Lets rows that ask less of an endpoint join the ladder of a row that asks more.
    fn share(&mut self) {
        let mut wants: HashMap<(Host, u16), Vec<Want>> = HashMap::new();
        let specs = self.rows.iter().filter_map(|row| row.todo.as_deref().ok());
        for want in specs.flat_map(Spec::wants) {
            let endpoint = (want.host.clone(), want.port);
            wants.entry(endpoint).or_default().push(want);
        }
        for spec in self
            .rows
            .iter_mut()
            .filter_map(|row| row.todo.as_mut().ok())
        {
            let own = spec.wants();
            let endpoint = own.first().map(|want| (want.host.clone(), want.port));
            let others = endpoint.and_then(|endpoint| wants.get(&endpoint));
            if let Some(others) = others.filter(|others| others.len() > own.len()) {
                Arc::make_mut(spec).share(others);
            }
        }
    }

    /// Has another DNS server asked for the names of this plan that are `public`, and for the rest if `internal`.
    pub fn compare(&mut self, server: SocketAddr, public: &BTreeSet<String>, internal: bool) {
        let specs = self.rows.iter().filter_map(|row| row.todo.as_deref().ok());
        let names = specs.flat_map(Spec::hosts).filter_map(|host| match host {
            Host::Name(name) => Some(name),
            Host::Address(_) => None,
        });
        let (names, withheld) = names.partition(|name| internal || public.contains(name));
        self.comparison = Some(Arc::new(Comparison {
            server,
            names,
            withheld,
        }));
    }

    /// `--hold`; whether there is a row that it is for.
    pub fn hold(&mut self, silence: Option<Duration>) -> bool {
        self.silence = silence;
        let mut specs = self.rows.iter().filter_map(|row| row.todo.as_deref().ok());
        silence.is_none() || specs.any(Spec::holds)
    }

    /// `prerequisite/check`, which is unique in a run.
    pub fn id(&self, row: &Row) -> String {
        format!(
            "{}/{}",
            self.prerequisites[row.prerequisite].id, row.check.id
        )
    }

    /// Whether anything at all would be asked.
    pub fn is_empty(&self) -> bool {
        self.rows.iter().all(|row| row.todo.is_err())
    }
}

fn used(profile: &Profile) -> UsedProfile {
    UsedProfile {
        name: profile.name.clone(),
        title: profile.title.clone(),
        version: profile.version.clone(),
        description: profile.description.clone(),
        origin: profile.origin.clone(),
    }
}

/// Why a question to a Mac itself is not asked on this system.
const ELSEWHERE: &str = match () {
    () if cfg!(target_os = "linux") => "asked of a Mac itself, and this machine runs Linux",
    () if cfg!(windows) => "asked of a Mac itself, and this machine runs Windows",
    () => "asked of a Mac itself, and this machine runs another system",
};

fn disposition(
    prerequisite: &Prerequisite,
    check: &Check,
    selection: &Selection,
) -> Result<Arc<Spec>, Reason> {
    if prerequisite.skip {
        return Err(Reason::Deselected("the profile's override"));
    }
    let selected = |words: &[String]| {
        words
            .iter()
            .any(|word| selects(word, &prerequisite.id, &check.id))
    };
    if !selection.only.is_empty() && !selected(&selection.only) {
        return Err(Reason::Deselected("--only"));
    }
    if selected(&selection.skip) {
        return Err(Reason::Deselected("--skip"));
    }
    if !prerequisite
        .from
        .iter()
        .any(|role| selection.roles.contains(role))
    {
        let from: Vec<&str> = prerequisite.from.iter().map(|role| role.name()).collect();
        return Err(Reason::Vantage(from.join(" or ")));
    }
    match &check.probe {
        Ok(spec) if matches!(**spec, Spec::Device(_)) && selection.demo => {
            Err(Reason::Machine("not in the demo"))
        }
        Ok(spec) if matches!(**spec, Spec::Device(_)) && !cfg!(target_os = "macos") => {
            Err(Reason::Machine(ELSEWHERE))
        }
        Ok(spec) => match spec.secret() {
            Some(secret) if !selection.secrets.contains(&secret) => Err(Reason::Secret(secret)),
            Some(_) => match selection.by_discovery {
                Some(option) => Err(Reason::Deselected(option)),
                None => Ok(Arc::clone(spec)),
            },
            None => Ok(Arc::clone(spec)),
        },
        Err(Absent::Optional(name)) => Err(Reason::Optional(name.clone())),
        Err(Absent::Variable(name)) => Err(Reason::Variable(name.clone())),
        Err(Absent::Unpublished(name)) => Err(Reason::Unpublished(name.clone())),
    }
}

/// A glob matches the prerequisite's id or `prerequisite/check`; `*` spans dots and slashes.
fn selects(word: &str, prerequisite: &str, check: &str) -> bool {
    glob(word, prerequisite) || glob(word, &format!("{prerequisite}/{check}"))
}

impl Row {
    pub fn place(&self) -> &Place {
        &self.check.place
    }
}
