//! How a name, an address or a tenant may be spelt inside a text.

use std::net::IpAddr;

/// What percent signs stand for, where they do.
pub(super) fn decoded(token: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = token.as_bytes();
    let mut any = false;
    while let [first, more @ ..] = rest {
        let hex = more.get(..2).filter(|_| *first == b'%');
        let hex = hex.and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        any |= byte.is_some();
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &more[2..] } else { more };
    }
    any.then(|| String::from_utf8(bytes).ok()).flatten()
}

/// The address before a prefix length or the name of an interface.
pub(super) fn within(word: &str) -> Option<&str> {
    let (address, rest) = word.split_at(word.find(['/', '%'])?);
    let length = rest
        .strip_prefix('/')
        .is_none_or(|rest| rest.parse::<u8>().is_ok());
    (length && address.parse::<IpAddr>().is_ok()).then_some(address)
}

pub(super) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || ".-_:/\\@%[]".contains(character)
}

pub(super) fn is_guid(word: &str) -> bool {
    let lengths: Vec<usize> = word.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && word.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}
