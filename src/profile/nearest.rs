//! What a misspelt word was probably meant to be.

/// The known word that differs from `typed` in at most two letters (three in long words).
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nothing that is known is as long, and a distance costs the product of the lengths.
    if typed.len() > 64 {
        return None;
    }
    let allowed = if typed.len() > 6 { 3 } else { 2 };
    known
        .into_iter()
        .map(|word| (distance(typed, word), word))
        .filter(|(distance, word)| *distance <= allowed && *distance < word.len())
        .min()
        .map(|(_, word)| word)
}

/// The edit distance of two words.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let change = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_another_word_finds_none() {
        let known = ["any", "all", "title", "severity"];
        for (typed, meant) in [
            ("titel", Some("title")),
            ("sevirety", Some("severity")),
            ("al", Some("all")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
    }
}
