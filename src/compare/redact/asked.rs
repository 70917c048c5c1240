//! What was typed for a run, without what names the organisation or a person.

use super::words::Words;
use super::{GONE, learn_file};
use crate::profile::BUILTINS;

/// Options whose values name nobody; ids of the organisation's own are replaced wherever they stand.
const KEPT: [&str; 11] = [
    "--attempts",
    "--cloud",
    "--concurrency",
    "--deadline",
    "--expect",
    "--fault",
    "--from",
    "--only",
    "--rate",
    "--skip",
    "--timeout",
];

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
        (word, built_in || KEPT.contains(&own))
    })
}

/// The change requests of a report quote them.
pub(super) fn learn(arguments: &[String], words: &mut Words) {
    for (word, _) in parted(arguments).filter(|(_, stays)| !stays) {
        words.name(word, GONE);
        if word.contains(['/', '\\']) {
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
}
