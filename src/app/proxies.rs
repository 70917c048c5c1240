//! Which proxy a run uses: from the command line, or from what this machine is set to.

use super::{Error, complain, secrets};
use crate::cli::CredentialArgs;
use crate::net::proxy::{Choice, Environment, Origin, Pac, Proxy};

/// `given` is checked here and not where arguments are, whose errors repeat what was typed.
pub(super) fn choice(given: &str, credentials: &CredentialArgs) -> Result<Choice, Error> {
    let login = secrets::of_proxy(credentials)?;
    let choice = match given {
        "none" => Choice::default(),
        "env" => Choice::environment(environment()?),
        // A variable that nobody asked for by name must not stop a run.
        "system" => match environment() {
            Ok(environment) => Choice::environment(environment),
            Err(error) => {
                complain(&format!("warning: {error}; no proxy is used"));
                Choice::default()
            }
        },
        given if given.starts_with("pac:") => {
            let pac = Pac::of(&given["pac:".len()..]);
            Choice::pac(pac.map_err(|why| Error::Usage(format!("--proxy: the PAC file {why}")))?)
        }
        url => {
            let proxy = Proxy::parse(url, Origin::Option);
            Choice::fixed(proxy.map_err(|error| Error::Usage(format!("--proxy: {error}")))?)
        }
    };
    Ok(choice.with_login(login))
}

fn environment() -> Result<Environment, Error> {
    // A value that is no text is no proxy.
    let get = |name: &str| std::env::var(name).ok();
    Environment::read(get)
        .map_err(|(name, error)| Error::Usage(format!("the environment variable {name}: {error}")))
}
