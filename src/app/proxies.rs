//! Which proxy a run uses: from the command line, or from what this machine is set to.

use super::{Error, complain, secrets};
use crate::cli::CredentialArgs;
use crate::net::proxy::{Choice, Environment, Origin, Pac, Proxy};

/// `given` is checked here and not where arguments are, whose errors repeat what was typed.
pub(super) fn choice(given: &str, credentials: &CredentialArgs) -> Result<Choice, Error> {
    let login = secrets::of_proxy(credentials)?;
    let choice = match given {
        "none" if credentials.proxy_credentials_file.is_some() => {
            let why = "--proxy none: there is no proxy that --proxy-credentials-file could be for";
            return Err(Error::Usage(why.to_owned()));
        }
        "none" => Choice::default(),
        "env" => {
            let (environment, wrong) = environment();
            match wrong.into_iter().next() {
                None => Choice::environment(environment),
                Some(why) => return Err(Error::Usage(why)),
            }
        }
        // A variable that nobody asked for by name must not stop a run.
        "system" => {
            let (environment, wrong) = environment();
            for why in wrong {
                complain(&format!("warning: {why}; it is passed over"));
            }
            Choice::environment(environment)
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
    Ok(choice.with_login(login))
}

fn environment() -> (Environment, Vec<String>) {
    // What is no text is no proxy either, and is shown as what it looks like.
    let get = |name: &str| Some(std::env::var_os(name)?.to_string_lossy().into_owned());
    let (environment, wrong) = Environment::read(get);
    let told = wrong
        .into_iter()
        .map(|(name, why)| format!("the environment variable {name}: {why}"));
    (environment, told.collect())
}
