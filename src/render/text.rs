//! Words on a terminal: wrapping, colour, durations.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::Look;
use crate::finding::Verdict;

/// Milliseconds as people read them.
pub(super) fn time(ms: f64) -> String {
    match ms {
        ms if ms < 9.95 => format!("{ms:.1} ms"),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1000.0),
    }
}

/// Words, wrapped and indented; a word that is longer than the line stands on its own and is not cut.
pub(super) fn paragraph(
    text: &str,
    indent: usize,
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let room = look.width.saturating_sub(indent).max(20);
    let mut line = String::new();
    for word in text.split_whitespace() {
        let width = line.width();
        let longer = width + 1 + word.width();
        if !line.is_empty() && longer > room {
            writeln!(out, "{:indent$}{line}", "")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(out, "{:indent$}{line}", "")
}

pub(super) fn style(verdict: Verdict) -> Style {
    let color = match verdict {
        Verdict::Pass => AnsiColor::Green,
        Verdict::Degraded => AnsiColor::Yellow,
        Verdict::Fail => AnsiColor::Red,
        Verdict::Inconclusive => AnsiColor::Magenta,
        Verdict::Skipped => return Style::new().dimmed(),
    };
    color.on_default().bold()
}

pub(super) fn paint(text: &str, style: Style, look: Look) -> String {
    if look.color {
        format!("{style}{text}{style:#}")
    } else {
        text.to_owned()
    }
}

/// Paints the verdict's word where its column begins; columns are cut by width, not by letters.
pub(super) fn paint_verdict(line: &str, at: usize, verdict: Verdict, look: Look) -> String {
    match line
        .get(at..)
        .and_then(|rest| rest.strip_prefix(verdict.name()))
    {
        Some(rest) => format!(
            "{}{}{rest}",
            &line[..at],
            paint(verdict.name(), style(verdict), look)
        ),
        None => line.to_owned(),
    }
}
