//! Text that strangers on the network chose, made safe to store and to show.

/// After what is shown of a longer text.
pub(super) const CUT: char = '…';

/// At most `limit` characters of the text, with everything that could move a terminal's cursor,
/// start a new line or turn the reading direction written out as an escape.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    let mut safe = String::new();
    let mut left = text.chars();
    for character in left.by_ref().take(limit) {
        if character.is_control() || turns_direction(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    if left.next().is_some() {
        safe.push(CUT);
    }
    safe
}

/// Bytes as ASCII with escapes, for protocols that were expected to be something else.
pub(super) fn escaped(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// `1 row`, `2 rows`, `3 addresses`.
pub fn counted(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ if noun.ends_with('s') => format!("{number} {noun}es"),
        _ => format!("{number} {noun}s"),
    }
}

/// A word as it is typed in a shell: quoted if it holds anything that a shell would read.
pub fn typed(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/:=@+,%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if cfg!(windows) {
        format!("\"{}\"", word.replace('"', "\\\""))
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Lower-case hexadecimal without separators.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn turns_direction(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(printable("a\u{1b}[2Jb\r\n", 20), "a\\u{1b}[2Jb\\r\\n");
        assert_eq!(printable("\u{202e}evil", 20), "\\u{202e}evil");
        assert_eq!(printable("päss", 20), "päss");
    }

    #[test]
    fn one_of_a_thing_is_not_several() {
        assert_eq!(counted(0, "row"), "0 rows");
        assert_eq!(counted(1, "address"), "1 address");
        assert_eq!(counted(2, "address"), "2 addresses");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(printable("abcdef", 3), "abc…");
        assert_eq!(printable("abc", 3), "abc");
    }
}
