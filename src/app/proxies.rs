//! Which proxy a run uses: from the command line, or from what this machine is set to.

use super::{Error, complain, secrets};
use crate::cli::CredentialArgs;
use crate::net::proxy::{Choice, Listed, Origin, Pac, Proxy, System, Unused};

/// `given` is checked here and not where arguments are, whose errors repeat what was typed.
pub(super) fn choice(given: &str, credentials: &CredentialArgs) -> Result<Choice, Error> {
    let login = secrets::of_proxy(credentials)?;
    let ((environment, wrong), system) = (environment(), System::here());
    let unused = unused(&environment, system.as_ref());
    let choice = match given {
        "none" if credentials.proxy_credentials_file.is_some() => {
            let why = "--proxy none: there is no proxy that --proxy-credentials-file could be for";
            return Err(Error::Usage(why.to_owned()));
        }
        "none" => Choice::default(),
        "env" => match wrong.into_iter().next() {
            None => Choice::listed(environment),
            Some(why) => return Err(Error::Usage(why)),
        },
        // A variable that nobody asked for by name must not stop a run.
        "system" => {
            if let Some(system) = system {
                of_system(system, &environment)
            } else {
                warn(wrong);
                Choice::listed(environment)
            }
        }
        given if given.starts_with("pac:") => {
            let pac = Pac::of(&given["pac:".len()..]);
            Choice::pac(pac.map_err(|why| Error::Usage(format!("--proxy: the PAC file {why}")))?)
        }
        url => {
            let proxy = Proxy::parse(url, Origin::Option);
            Choice::fixed(proxy.map_err(|error| Error::Usage(format!("--proxy: {error}")))?)
        }
    };
    let unused = Some(unused).filter(|_| choice.shown().is_none());
    Ok(choice
        .with_login(login)
        .with_unused(unused.unwrap_or_default()))
}

/// What a run without a proxy would have had of this machine, if it had been asked.
fn unused(environment: &Listed, system: Option<&System>) -> Unused {
    let pac = |system: &System| Choice::pac(Pac::of(system.pac.as_deref()?).ok()?).shown();
    let listed = |listed: &Listed| Choice::listed(listed.clone()).shown();
    Unused {
        named: system
            .and_then(|system| pac(system).or_else(|| listed(&system.listed)))
            .or_else(|| listed(environment)),
        discovery: system.is_some_and(|system| system.discovers),
    }
}

/// A system's daemons read its settings, and no shell's variables.
fn of_system(system: System, environment: &Listed) -> Choice {
    let System {
        listed,
        pac,
        discovers,
        mut wrong,
    } = system;
    let mut remarks = Vec::new();
    if discovers {
        remarks.push(
            "the system is set to ask the network for its proxies (WPAD), which was not done here; give --proxy pac:URL"
                .to_owned(),
        );
    }
    let named = pac.as_deref().and_then(|url| match Pac::of(url) {
        Ok(pac) => Some(Choice::pac(pac)),
        Err(why) => {
            wrong.push(format!("the PAC file {why}"));
            None
        }
    });
    let wrong = wrong.into_iter();
    warn(wrong.map(|why| format!("the system's proxy settings: {why}")));
    let choice = named.unwrap_or_else(|| Choice::listed(listed));
    let other = Choice::listed(environment.clone());
    if !environment.is_empty() && choice.shown() != other.shown() {
        let name = |choice: &Choice| choice.shown().unwrap_or_else(|| "no proxy".to_owned());
        remarks.push(format!(
            "the environment names {}, and the system {}: what the system's own services use was tried (--proxy env \
             tries the other)",
            name(&other),
            name(&choice)
        ));
    }
    choice.with_remarks(remarks)
}

fn warn(wrong: impl IntoIterator<Item = String>) {
    for why in wrong {
        complain(&format!("warning: {why}; it is passed over"));
    }
}

fn environment() -> (Listed, Vec<String>) {
    // What is no text is no proxy either, and is shown as what it looks like.
    let get = |name: &str| Some(std::env::var_os(name)?.to_string_lossy().into_owned());
    let (environment, wrong) = Listed::of_environment(get);
    let told = wrong
        .into_iter()
        .map(|(name, why)| format!("the environment variable {name}: {why}"));
    (environment, told.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(variable: &str, value: &str) -> Listed {
        let get = |name: &str| (name == variable).then(|| value.to_owned());
        Listed::of_environment(get).0
    }

    #[test]
    fn what_a_run_leaves_aside_is_the_systems_before_a_shells() {
        let environment = listed("https_proxy", "http://u:hush@shell.test:1");
        let named = |system: Option<&System>| unused(&environment, system).named;
        assert_eq!(named(None).as_deref(), Some("http://shell.test:1"));
        let mut system = System {
            discovers: true,
            ..System::default()
        };
        assert!(unused(&environment, Some(&system)).discovery);
        assert_eq!(named(Some(&system)).as_deref(), Some("http://shell.test:1"));
        system.listed = listed("https_proxy", "http://system.test:3128");
        let shown = named(Some(&system));
        assert_eq!(shown.as_deref(), Some("http://system.test:3128"));
        system.pac = Some("http://wpad.test/p.pac".to_owned());
        let shown = named(Some(&system));
        assert_eq!(shown.as_deref(), Some("pac:http://wpad.test/p.pac"));
        assert_eq!(unused(&Listed::default(), None), Unused::default());
    }

    #[test]
    fn the_systems_settings_go_before_a_shells_and_a_difference_is_said() {
        let system = |discovers, pac: Option<&str>| System {
            listed: listed("https_proxy", "http://system.test:3128"),
            pac: pac.map(ToOwned::to_owned),
            discovers,
            wrong: Vec::new(),
        };
        let nothing = Listed::default();
        let choice = of_system(system(false, None), &nothing);
        assert_eq!(choice.shown().as_deref(), Some("http://system.test:3128"));
        assert_eq!(choice.remarks(), [""; 0]);
        let same = listed("https_proxy", "http://system.test:3128");
        assert_eq!(of_system(system(false, None), &same).remarks(), [""; 0]);
        let other = listed("https_proxy", "http://u:hush@shell.test:1");
        let choice = of_system(system(true, Some("http://wpad.test/p.pac")), &other);
        assert_eq!(
            choice.shown().as_deref(),
            Some("pac:http://wpad.test/p.pac")
        );
        let [wpad, difference] = choice.remarks() else {
            panic!("{:?}", choice.remarks());
        };
        assert!(wpad.contains("WPAD"), "{wpad}");
        assert!(
            difference.contains("http://shell.test:1") && difference.contains("the system pac:"),
            "{difference}"
        );
        assert!(!difference.contains("hush"));
        // A PAC file that is none leaves what is listed.
        let choice = of_system(system(false, Some("ftp://wpad.test/p.pac")), &nothing);
        assert_eq!(choice.shown().as_deref(), Some("http://system.test:3128"));
    }
}
