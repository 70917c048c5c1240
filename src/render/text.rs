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

/// Words, wrapped and indented.
pub(super) fn paragraph(
    text: &str,
    indent: usize,
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    for line in wrapped(text, look.width.saturating_sub(indent)) {
        writeln!(out, "{:indent$}{line}", "")?;
    }
    Ok(())
}

/// A wrapped text behind a mark, its further lines indented by two.
pub(super) fn item(
    mark: &str,
    text: &str,
    indent: usize,
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let whole = format!("{mark}{text}");
    let lines = wrapped(&whole, look.width.saturating_sub(indent + 2));
    for (number, line) in lines.into_iter().enumerate() {
        let further = if number > 0 { "  " } else { "" };
        writeln!(out, "{:indent$}{further}{line}", "")?;
    }
    Ok(())
}

/// A wrapped sentence with some words of its first line painted; further lines are indented.
pub(super) fn heading(
    text: &str,
    painted: &[(&str, Style)],
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (number, mut line) in wrapped(text, look.width.saturating_sub(2))
        .into_iter()
        .enumerate()
    {
        if number > 0 {
            writeln!(out, "  {line}")?;
            continue;
        }
        for (word, style) in painted {
            line = line.replacen(word, &paint(word, *style, look), 1);
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// A word that is longer than the line stands on its own and is not cut.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let room = room.max(20);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_and_a_host_is_never_cut() {
        let host = "a-very-long-host-name.push-apple.com.akadns.net:5223";
        let lines = wrapped(&format!("no answer from {host} in time"), 24);
        assert_eq!(lines, ["no answer from", host, "in time"]);
    }

    #[test]
    fn durations_have_two_or_three_digits() {
        assert_eq!(
            [0.04, 9.94, 12.3, 999.4, 3300.0].map(time),
            ["0.0 ms", "9.9 ms", "12 ms", "999 ms", "3.3 s"]
        );
    }
}
