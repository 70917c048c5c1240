//! Whether a report holds anything that has to be written out: read as it would be printed, with nothing kept. A tree of
//! a long report's values takes more memory than the run that made it.

use std::cell::Cell;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

use super::{LONG, is_unsafe};

pub(super) fn is_dirty<T: Serialize>(thing: &T) -> io::Result<bool> {
    let dirty = Cell::new(false);
    let looker = Looker {
        dirty: &dirty,
        long: false,
        outer: Vec::new(),
        key: None,
    };
    thing.serialize(&mut Serializer::with_formatter(io::sink(), looker))?;
    Ok(dirty.get())
}

struct Looker<'a> {
    dirty: &'a Cell<bool>,
    /// Whether what is read now may have several lines.
    long: bool,
    /// The same of what stands around the objects that are open.
    outer: Vec<bool>,
    /// The name of a field, as far as it is read.
    key: Option<String>,
}

impl Looker<'_> {
    fn look(&mut self, text: &str) {
        let long = self.long && self.key.is_none();
        if text.chars().any(|character| is_unsafe(character, long)) {
            self.dirty.set(true);
        }
        if let Some(key) = &mut self.key {
            key.push_str(text);
        }
    }
}

impl Formatter for Looker<'_> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        _: &mut W,
        text: &str,
    ) -> io::Result<()> {
        self.look(text);
        Ok(())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        _: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        let character = match escape {
            CharEscape::Quote => '"',
            CharEscape::ReverseSolidus => '\\',
            CharEscape::Solidus => '/',
            CharEscape::Backspace => '\u{8}',
            CharEscape::FormFeed => '\u{c}',
            CharEscape::LineFeed => '\n',
            CharEscape::CarriageReturn => '\r',
            CharEscape::Tab => '\t',
            CharEscape::AsciiControl(byte) => char::from(byte),
        };
        self.look(character.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.outer.push(self.long);
        Ok(())
    }

    fn end_object<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.long = self.outer.pop().unwrap_or(false);
        Ok(())
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        self.key = Some(String::new());
        Ok(())
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        let key = self.key.take();
        self.long = key.is_some_and(|key| LONG.contains(&key.as_str()));
        Ok(())
    }
}
