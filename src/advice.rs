//! Words for every code: what it means, how it is seen, and what to do next. Printed by `explain` and shown in findings.

use crate::code::Code;

/// What there is to say about a code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Words {
    pub meaning: &'static str,
    /// How the program sees it.
    pub seen: &'static str,
    /// The next step.
    pub next: &'static str,
}

/// The words of one file, as a table named `WORDS`.
macro_rules! words {
    ($($code:ident { meaning: $meaning:literal, seen: $seen:literal, next: $next:literal, })*) => {
        pub(super) const WORDS: &[(crate::code::Code, $crate::advice::Words)] = &[$((
            crate::code::Code::$code,
            $crate::advice::Words { meaning: $meaning, seen: $seen, next: $next },
        ),)*];
    };
}

pub mod aadsts;
mod device;
mod dns;
mod elsewhere;
mod http;
mod identity;
mod jamf;
mod local;
mod ntp;
mod proxy;
mod tcp;
mod tls;

pub use elsewhere::{ELSEWHERE, Elsewhere, NOT_NETWORK};

const TABLES: [&[(Code, Words)]; 10] = [
    local::WORDS,
    device::WORDS,
    dns::WORDS,
    tcp::WORDS,
    proxy::WORDS,
    tls::WORDS,
    http::WORDS,
    jamf::WORDS,
    identity::WORDS,
    ntp::WORDS,
];

/// By the number of the code. It is made while compiling, where a code that is missing or has its
/// words twice is an error.
static BY_CODE: [Words; Code::ALL.len()] = by_code();

pub const fn of(code: Code) -> Words {
    BY_CODE[code as usize]
}

const fn by_code() -> [Words; Code::ALL.len()] {
    let mut all = [Words {
        meaning: "",
        seen: "",
        next: "",
    }; Code::ALL.len()];
    let mut number = 0;
    while number < all.len() {
        all[number] = find(Code::ALL[number]);
        number += 1;
    }
    all
}

const fn find(code: Code) -> Words {
    let mut found = None;
    let mut table = 0;
    while table < TABLES.len() {
        let mut row = 0;
        while row < TABLES[table].len() {
            let (of, words) = TABLES[table][row];
            if of as usize == code as usize {
                assert!(found.is_none(), "this code has its words twice");
                found = Some(words);
            }
            row += 1;
        }
        table += 1;
    }
    match found {
        Some(words) => words,
        // Without words in src/advice/: the compiler shows the name.
        None => panic!("{}", code.name()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn sentences(code: Code) -> [&'static str; 3] {
        let words = of(code);
        [words.meaning, words.seen, words.next]
    }

    #[test]
    fn every_code_has_three_sentences_that_fit_a_row() {
        for code in Code::ALL {
            for sentence in sentences(*code) {
                assert!(sentence.ends_with('.'), "{code}: {sentence:?}");
                assert!(!sentence.contains("  "), "{code}: {sentence:?}");
                assert!(sentence.chars().count() <= 260, "{code}: {sentence:?}");
            }
        }
    }

    #[test]
    fn no_two_codes_share_a_sentence() {
        let all: Vec<&str> = Code::ALL.iter().copied().flat_map(sentences).collect();
        let distinct: BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), distinct.len());
    }
}
