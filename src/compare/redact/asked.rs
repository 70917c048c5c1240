//! What was typed for a run, without what names the organisation or a person.

use super::words::Words;
use super::{GONE, learn_file};
use crate::profile::BUILTINS;

/// Options whose values name nobody; ids of the organisation's own are replaced wherever they stand.
const KEPT: [&str; 16] = [
    "--attempts",
    "--cloud",
    "--concurrency",
    "--deadline",
    "--every",
    "--expect",
    "--fault",
    "--from",
    "--hold",
    "--only",
    "--paths",
    "--rate",
    "--skip",
    "--splay",
    "--timeout",
    "--until",
];
/// What `--proxy` may say beside an address.
const PROXIES: [&str; 3] = ["env", "none", "system"];

/// The words that stay, and those that go, in order.
fn parted(arguments: &[String]) -> impl Iterator<Item = (&String, bool)> {
    let mut option = "";
    arguments.iter().enumerate().map(move |(place, word)| {
        let own = std::mem::take(&mut option);
        if place == 0 {
            return (word, true);
        }
        if word.starts_with('-') && word.chars().all(|c| c == '-' || c.is_ascii_alphanumeric()) {
            option = word;
            return (word, true);
        }
        let built_in = own == "--profile" && BUILTINS.iter().any(|known| known.name == word);
        let no_address = own == "--proxy" && PROXIES.contains(&word.as_str());
        (word, built_in || no_address || KEPT.contains(&own))
    })
}

/// The change requests of a report quote them.
pub(super) fn learn(arguments: &[String], words: &mut Words) {
    for (word, _) in parted(arguments).filter(|(_, stays)| !stays) {
        words.name(word, GONE);
        // An address of the web is no file, whatever stands before it.
        if word.contains(['/', '\\']) && !word.contains("://") {
            learn_file(word, words);
        }
    }
}

pub(super) fn redacted(arguments: &[String]) -> Vec<String> {
    parted(arguments)
        .map(|(word, stays)| if stays { word } else { GONE }.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_built_in_names_stay_and_values_go() {
        let words = "check --profile entra --profile ours.toml --jamf https://jamf.corp.example -4 --from client dns:x";
        let words: Vec<String> = words.split(' ').map(ToOwned::to_owned).collect();
        assert_eq!(
            redacted(&words).join(" "),
            "check --profile entra --profile redacted --jamf redacted -4 --from client redacted"
        );
    }

    /// As words of the language they would else be taken out of every sentence.
    #[test]
    fn words_of_a_closed_list_stay_and_a_proxys_address_goes() {
        let words = |text: &str| text.split(' ').map(ToOwned::to_owned).collect::<Vec<_>>();
        let same = words("check --proxy none --paths direct --until pass --every 30s");
        assert_eq!(redacted(&same), same);
        assert_eq!(
            redacted(&words("check --proxy http://proxy.corp:3128")).join(" "),
            "check --proxy redacted"
        );
    }
}
