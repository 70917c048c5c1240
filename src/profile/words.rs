//! The texts of a profile that have a form of their own: ids, dates, addresses of pages. An editor reads the form
//! as the schema's `pattern`; a test holds the two together.

/// Why a text does not have the form that the schema's definition of that name asks for.
pub(super) fn wrong(definition: &str, text: &str) -> Option<&'static str> {
    let (fits, why) = match definition {
        "id" => (
            is_id(text),
            "is no id: it must not be empty nor contain a space or a slash",
        ),
        "reference" => (
            text.split_once('/')
                .is_some_and(|(prerequisite, check)| is_id(prerequisite) && is_id(check)),
            "names no check: expected PREREQUISITE/CHECK",
        ),
        "date" => (is_date(text), "is no day: expected YYYY-MM-DD"),
        "page" => (
            text.starts_with("https://") || text.starts_with("http://"),
            "is no address of a page: it must begin with https:// or http://",
        ),
        "name" => (
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')),
            "is no name of a variable: only letters, digits, `_` and `-` can stand in it",
        ),
        _ => return None,
    };
    (!fits).then_some(why)
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c == '/' || c.is_whitespace())
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}
