//! What peers repeat of the secrets that they were sent, found and written over: the one place that says what counts as
//! a repetition.

use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

use crate::net::text::CUT;

/// What stands in the place of a secret that a peer has sent back.
pub(in crate::net) const HIDDEN: &str = "(not shown)";
/// What is shorter stands within words by chance, and is looked for as a word only.
const WITHIN_WORDS: usize = 6;
/// What is shorter is a word by chance, or the end of one: passwords of one or two bytes are not looked for, nor are the
/// first two bytes of a longer one where a text was cut.
const SHORTEST: usize = 3;

/// How a text ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::net) enum End {
    Whole,
    /// Somewhere, so that a secret may have begun and not ended.
    Cut,
}

/// The forms in which a peer repeats secrets: plain, and as a form or an address has them.
pub(in crate::net) struct Echoes(Vec<Zeroizing<String>>);

impl Echoes {
    pub(in crate::net) fn of(secrets: &[&str]) -> Self {
        let forms = |secret: &&str| {
            // Each byte takes three at most: a buffer that moved would leave a copy behind.
            let mut plain = Zeroizing::new(String::with_capacity(secret.len()));
            let mut encoded = Zeroizing::new(String::with_capacity(3 * secret.len()));
            plain.push_str(secret);
            encoded.extend(byte_serialize(secret.as_bytes()));
            [plain, encoded]
        };
        Self(secrets.iter().flat_map(forms).collect())
    }

    /// The text with something else wherever one of them stands.
    pub(in crate::net) fn hidden(&self, text: &[u8], end: End) -> Zeroizing<Vec<u8>> {
        let mut clean = Zeroizing::new(Vec::with_capacity(text.len()));
        let mut at = 0;
        while at < text.len() {
            let lengths = self.0.iter().map(|secret| repeated(text, at, secret, end));
            if text[at..].starts_with(HIDDEN.as_bytes()) {
                // A secret that is one of these words must not be told by them.
                clean.extend_from_slice(HIDDEN.as_bytes());
                at += HIDDEN.len();
            } else if let Some(length) = lengths.flatten().max() {
                clean.extend_from_slice(HIDDEN.as_bytes());
                at += length;
            } else {
                clean.push(text[at]);
                at += 1;
            }
        }
        clean
    }

    /// The same for a text that may end with the mark of one that was cut.
    pub(super) fn hide(&self, text: &mut String) {
        let (kept, end) = match text.strip_suffix(CUT) {
            Some(kept) => (kept, End::Cut),
            None => (text.as_str(), End::Whole),
        };
        let clean = self.hidden(kept.as_bytes(), end);
        if clean.as_slice() == kept.as_bytes() {
            return;
        }
        let mut clean = String::from_utf8_lossy(&clean).into_owned();
        if end == End::Cut {
            clean.push(CUT);
        }
        *text = clean;
    }
}

/// How many bytes of the secret stand there: all of them, or those that there was room for.
fn repeated(text: &[u8], at: usize, secret: &str, end: End) -> Option<usize> {
    let rest = &text[at..];
    let length = secret.len().min(rest.len());
    let is_part = length < secret.len();
    if length < SHORTEST
        || (is_part && end == End::Whole)
        || !rest.starts_with(&secret.as_bytes()[..length])
    {
        return None;
    }
    let is_word = || !goes_on(text, at) && !goes_on(text, at + length);
    (secret.len() >= WITHIN_WORDS || is_word()).then_some(length)
}

/// Whether a word has begun before this place and ends after it.
fn goes_on(text: &[u8], at: usize) -> bool {
    // No character takes more than four bytes; half of one belongs to no word.
    let before = String::from_utf8_lossy(&text[at.saturating_sub(4)..at]);
    let after = String::from_utf8_lossy(&text[at..text.len().min(at + 4)]);
    let ends = [before.chars().next_back(), after.chars().next()];
    ends.into_iter()
        .all(|end| end.is_some_and(char::is_alphanumeric))
}
