//! Whatever is typed, no parser panics, and what is accepted reads the same a second time.

use clap::Parser;
use mdm_preflight::cli::Cli;
use mdm_preflight::net::Detour;
use mdm_preflight::net::endpoint::{Address, Host, address_and_port, host_and_port};
use mdm_preflight::profile::{Values, load, target_profile};
use proptest::prelude::*;

/// Any text, and texts that are nearly right.
fn typed() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "(tls|tcp|https?|dns|ftp)?:?/?/?[a-zA-Zäß0-9.@:{}$\\[\\]_% -]{0,40}(:[0-9]{0,6})?",
        "[0-9a-f:.\\[\\]/*]{0,60}",
    ]
}

proptest! {
    #[test]
    fn a_target_is_read_or_refused(text in typed()) {
        drop(target_profile(&[text], None));
    }

    #[test]
    fn an_option_is_read_or_refused(text in typed(), option in prop::sample::select(vec![
        "--jamf", "--dns", "--connect-to", "--resolve", "--roots", "--set", "--rate", "--timeout",
        "--deadline", "--output", "--fail-on", "--only", "--tenant",
    ])) {
        drop(Cli::try_parse_from(["mdm-preflight", "check", &format!("{option}={text}")]));
    }

    #[test]
    fn a_value_of_a_variable_is_read_or_refused(text in typed()) {
        for name in ["jamf", "tenant", "cloud", "sso_extension"] {
            let values = Values::from([(name.to_owned(), text.clone())]);
            drop(load("jamf-intune", &values));
        }
    }

    #[test]
    fn an_address_is_read_or_refused(text in typed()) {
        drop(text.parse::<Detour>());
        drop(host_and_port(&text));
        drop(address_and_port(&text, 53));
    }

    #[test]
    fn a_host_that_was_read_is_read_again_as_itself(text in typed()) {
        if let Ok(host) = text.parse::<Host>() {
            prop_assert_eq!(host.to_string().parse::<Host>(), Ok(host.clone()));
            prop_assert_eq!(host.authority().parse::<Host>(), Ok(host));
        }
    }

    #[test]
    fn a_url_that_was_read_is_read_again_as_itself(text in typed()) {
        if let Ok(url) = text.parse::<Address>() {
            let whole = format!("{}{}", url.origin(), url.path);
            prop_assert_eq!(whole.parse::<Address>(), Ok(url));
        }
    }

    #[test]
    fn a_profile_file_is_read_or_refused(text in "[a-z\\[\\]=\" {}.\n0-9$]{0,200}") {
        let folder = super::folder::Folder::new("any-profile");
        let file = folder.file("any.toml", text);
        drop(load(&file, &Values::new()));
    }
}
