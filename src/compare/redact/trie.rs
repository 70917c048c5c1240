//! Many words found in one pass over a text, whatever their case: the time depends on the text, not on
//! how many words there are.

use std::collections::BTreeMap;

/// A tree of bytes; its first node is the root.
#[derive(Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    next: BTreeMap<u8, usize>,
    instead: Option<String>,
}

impl Trie {
    pub(super) fn of<'a>(words: impl Iterator<Item = (&'a String, &'a String)>) -> Self {
        let mut trie = Self {
            nodes: vec![Node::default()],
        };
        for (word, instead) in words {
            let mut at = 0;
            for byte in word.bytes() {
                let new = trie.nodes.len();
                at = *trie.nodes[at]
                    .next
                    .entry(byte.to_ascii_lowercase())
                    .or_insert(new);
                if at == new {
                    trie.nodes.push(Node::default());
                }
            }
            trie.nodes[at].instead = Some(instead.clone());
        }
        trie
    }

    /// The text with every word replaced that does not go on to either side; of two the longer.
    pub(super) fn replaced(&self, text: &str) -> String {
        let mut safe = String::with_capacity(text.len());
        let mut at = 0;
        let mut inside = false;
        while let Some(first) = text[at..].chars().next() {
            let found = if inside { None } else { self.at(&text[at..]) };
            if let Some((length, instead)) = found {
                safe.push_str(instead);
                at += length;
                inside = text[..at].chars().next_back().is_some_and(goes_on);
            } else {
                safe.push(first);
                at += first.len_utf8();
                inside = goes_on(first);
            }
        }
        safe
    }

    /// The longest word with which the text begins.
    fn at(&self, text: &str) -> Option<(usize, &str)> {
        let mut node = &self.nodes[0];
        let mut found = None;
        for (index, byte) in text.bytes().enumerate() {
            let Some(next) = node.next.get(&byte.to_ascii_lowercase()) else {
                break;
            };
            node = &self.nodes[*next];
            let end = index + 1;
            if let Some(instead) = &node.instead
                && !text[end..].chars().next().is_some_and(goes_on)
            {
                found = Some((end, instead.as_str()));
            }
        }
        found
    }
}

fn goes_on(character: char) -> bool {
    character.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_whole_word_goes_in_any_case() {
        let words = [("acme", "A"), ("acme mail", "B"), ("käse", "C")];
        let words: BTreeMap<String, String> = words
            .iter()
            .map(|(word, instead)| ((*word).to_owned(), (*instead).to_owned()))
            .collect();
        let trie = Trie::of(words.iter());
        assert_eq!(
            trie.replaced("ACME, acme mail, acme mailer, acmes, xacme, Käse."),
            "A, B, A mailer, acmes, xacme, C."
        );
    }
}
