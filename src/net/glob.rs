//! Globs: over ids, as `--only`, `--skip` and a profile's `only` have them, and over names, as systems list them.

/// Whether the text fits the pattern; `*` stands for any text, dots and slashes included.
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_spans_dots() {
        for (pattern, text, matches) in [
            ("apple.*", "apple.push.device", true),
            ("apple.push.device", "apple.push.device", true),
            ("apple.push", "apple.push.device", false),
            ("*5223*", "apple.push.device/courier-5223-6", true),
            ("*device", "apple.push.device", true),
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(glob(pattern, text), matches, "{pattern} {text}");
        }
    }
}
