//! The strings of a report made safe to show: a saved report is a stranger's file, and what stands
//! in it came from strangers on the network.

mod looker;

use std::borrow::Cow;
use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Texts that people wrote in several lines; every other string is one line.
const LONG: [&str; 6] = [
    "advice",
    "change_request",
    "description",
    "remedy",
    "says",
    "why",
];

/// The same with every character written out that could move a cursor, end a line or turn the
/// reading direction. Almost always there is none, and nothing is copied.
pub(super) fn cleaned<T>(thing: &T) -> io::Result<Cow<'_, T>>
where
    T: Clone + DeserializeOwned + Serialize,
{
    if !looker::is_dirty(thing)? {
        return Ok(Cow::Borrowed(thing));
    }
    let mut value = serde_json::to_value(thing)?;
    clean(&mut value, false);
    Ok(Cow::Owned(serde_json::from_value(value)?))
}

/// Whether anything had to be changed.
fn clean(value: &mut Value, long: bool) -> bool {
    match value {
        Value::String(text) if text.chars().any(|c| is_unsafe(c, long)) => {
            *text = written_out(text, long);
            true
        }
        Value::Array(items) => {
            let mut dirty = false;
            for item in items {
                dirty |= clean(item, long);
            }
            dirty
        }
        Value::Object(fields) => {
            let mut dirty = false;
            for (name, field) in fields.iter_mut() {
                dirty |= clean(field, LONG.contains(&name.as_str()));
            }
            if fields
                .keys()
                .any(|name| name.chars().any(|c| is_unsafe(c, false)))
            {
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(name, field)| (written_out(&name, false), field))
                    .collect();
                dirty = true;
            }
            dirty
        }
        _ => false,
    }
}

pub(super) fn written_out(text: &str, long: bool) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe(character, long) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    safe
}

fn is_unsafe(character: char, long: bool) -> bool {
    match character {
        '\n' | '\t' => !long,
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}'
        | '\u{fffe}'
        | '\u{ffff}' => true,
        character => character.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_moves_a_cursor_is_written_out_and_twice_is_the_same_as_once() {
        let mut value =
            json!({"title": "a\u{1b}[2Jb\nc", "remedy": "one\ntwo\u{9b}", "n\u{7}": 1.5});
        assert!(looker::is_dirty(&value).unwrap());
        assert!(clean(&mut value, false));
        let expected =
            json!({"title": "a\\u{1b}[2Jb\\nc", "remedy": "one\ntwo\\u{9b}", "n\\u{7}": 1.5});
        assert_eq!(value, expected);
        assert!(!clean(&mut value, false));
        assert!(!looker::is_dirty(&value).unwrap());
    }

    #[test]
    fn the_quick_look_sees_what_the_cleaning_would_change() {
        let moving = "a\u{1b}[2J";
        for (value, dirty) in [
            (json!("one line, \"quoted\" \\ and – plain"), false),
            (json!("a\nb"), true),
            (json!({"why": "a\nb"}), false),
            (json!({"why": ["a\nb", {"title": "c"}, "d\te"]}), false),
            (json!({"why": [{"title": "a\nb"}]}), true),
            (json!({"why": "a", "title": "a\nb"}), true),
            (json!({"title": ["a", {"why": "c"}, "d\te"]}), true),
            (json!({"why": moving}), true),
            (json!({"why\n": 1}), true),
            (json!({"why": "a\u{202e}b"}), true),
            (json!([1, null, true, "a\u{7f}"]), true),
        ] {
            assert_eq!(looker::is_dirty(&value).unwrap(), dirty, "{value}");
            assert_eq!(clean(&mut value.clone(), false), dirty, "{value}");
        }
    }
}
