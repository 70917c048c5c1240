//! Secrets of a run: from a file, from the environment or from a person at a terminal, never from the command line.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::{Error, complain, prompt};
use crate::cli::CredentialArgs;
use crate::net::given;
use crate::net::proxy::Login;
use crate::net::secret::{Secret, SecretName, Secrets, is_identifier};

/// A secret and the two ways to give it.
struct Source {
    what: &'static str,
    option: &'static str,
    variable: &'static str,
}

const CLIENT_SECRET: Source = Source {
    what: "client secret",
    option: "--client-secret-file",
    variable: "MDM_PREFLIGHT_CLIENT_SECRET",
};
const ADMIN_TOKEN: Source = Source {
    what: "administrator's token",
    option: "--admin-token-file",
    variable: "MDM_PREFLIGHT_ADMIN_TOKEN",
};

const JAMF_CLIENT_SECRET: Source = Source {
    what: "secret of the API client",
    option: "--jamf-client-secret-file",
    variable: "MDM_PREFLIGHT_JAMF_CLIENT_SECRET",
};

const PROXY_CREDENTIALS: Source = Source {
    what: "proxy's credentials",
    option: "--proxy-credentials-file",
    variable: "MDM_PREFLIGHT_PROXY_CREDENTIALS",
};

/// The variables that hold secrets themselves.
pub(super) const VARIABLES: [&str; 4] = [
    CLIENT_SECRET.variable,
    ADMIN_TOKEN.variable,
    JAMF_CLIENT_SECRET.variable,
    PROXY_CREDENTIALS.variable,
];

/// Far longer than any token.
const LONGEST: u64 = 64 * 1024;

/// Everything that was given; a mistake in it is said before the first packet.
pub(super) fn of(args: &CredentialArgs) -> Result<Secrets, Error> {
    let mut secrets = Secrets::new();
    for (name, source, file) in [
        (
            SecretName::ClientSecret,
            &CLIENT_SECRET,
            &args.client_secret_file,
        ),
        (SecretName::AdminToken, &ADMIN_TOKEN, &args.admin_token_file),
        (
            SecretName::JamfClientSecret,
            &JAMF_CLIENT_SECRET,
            &args.jamf_client_secret_file,
        ),
    ] {
        if let Some(secret) = read(source, file.as_deref())? {
            secrets.insert(name, secret);
        }
    }
    if secrets
        .get(&SecretName::ClientSecret)
        .is_some_and(|secret| is_identifier(secret.expose()))
    {
        complain(
            "warning: the client secret looks like a secret's ID; Entra shows the secret's Value only once, when it is \
             made, and it is the Value that is needed",
        );
    }
    Ok(secrets)
}

/// What proxies are told that bring no user name of their own.
pub(super) fn of_proxy(args: &CredentialArgs) -> Result<Option<Login>, Error> {
    let Some(secret) = read(&PROXY_CREDENTIALS, args.proxy_credentials_file.as_deref())? else {
        return Ok(None);
    };
    let wrong = |why: &str| Error::Secret {
        what: PROXY_CREDENTIALS.what,
        from: format!(
            "(for {} or {})",
            PROXY_CREDENTIALS.option, PROXY_CREDENTIALS.variable
        ),
        why: why.to_owned(),
    };
    let Some((user, password)) = secret.expose().split_once(':') else {
        return Err(wrong("there is no colon between user name and password"));
    };
    if user.is_empty() {
        return Err(wrong("there is no user name before the colon"));
    }
    let part = |text: &str| Secret::new(text.to_owned());
    Ok(Some(Login {
        user: part(user),
        password: part(password),
    }))
}

/// The file, if one is named, else the variable, if it is set.
fn read(source: &Source, file: Option<&Path>) -> Result<Option<Secret>, Error> {
    let (from, text) = match file {
        Some(path) if path == Path::new("-") => {
            let from = format!("that {} - asks for", source.option);
            (from, prompt::ask(source.what)?)
        }
        Some(path) => {
            let from = format!("from {} (for {})", path.display(), source.option);
            (from, of_file(path))
        }
        None => match std::env::var_os(source.variable) {
            None => return Ok(None),
            Some(value) => {
                let text = value.into_string().map(Zeroizing::new);
                let from = format!("from the variable {}", source.variable);
                (from, text.map_err(|_| "it is not UTF-8".to_owned()))
            }
        },
    };
    text.and_then(|text| secret(&text))
        .map(Some)
        .map_err(|why| Error::Secret {
            what: source.what,
            from,
            why,
        })
}

/// Without the line's end. What is wrong with it is said without repeating it.
fn secret(text: &str) -> Result<Secret, String> {
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() {
        return Err("it is empty".to_owned());
    }
    if line.chars().any(char::is_control) {
        return Err("it is not one line of text".to_owned());
    }
    if line.trim() != line {
        return Err("it begins or ends with a space".to_owned());
    }
    Ok(Secret::new(line.to_owned()))
}

fn of_file(path: &Path) -> Result<Zeroizing<String>, String> {
    given::read(path, |file| Ok(whole(file))).unwrap_or_else(|error| Err(error.to_string()))
}

fn whole(file: File) -> Result<Zeroizing<String>, String> {
    // The buffer never grows, which would leave a copy behind.
    let room = usize::try_from(LONGEST).unwrap_or(0) + 1;
    let mut text = Zeroizing::new(String::with_capacity(room));
    let read = file.take(LONGEST + 1).read_to_string(&mut text);
    match read {
        Ok(length) if length < room => Ok(text),
        Ok(_) => Err(format!("it is longer than {LONGEST} bytes")),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err("it is not UTF-8".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line_without_its_end() {
        for given in ["a~b/c+d", "a~b/c+d\n", "a~b/c+d\r\n"] {
            let read = secret(given).expect("a secret");
            assert_eq!(read.expose(), "a~b/c+d");
        }
        for (wrong, why) in [
            ("", "it is empty"),
            ("\n", "it is empty"),
            ("a\nb", "it is not one line of text"),
            (" a", "it begins or ends with a space"),
        ] {
            assert_eq!(secret(wrong).err().as_deref(), Some(why));
        }
    }
}
