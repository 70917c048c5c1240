//! Markdown for tickets, merge requests and GitHub's step summary, which takes at most a mebibyte.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::text::time;
use super::{elsewhere, row};
use crate::finding::{Diagnosis, Verdict};
use crate::report::{Check, Prerequisite, Report};

/// GitHub drops a larger summary as a whole.
const LIMIT: usize = 900 * 1024;
const COLUMNS: &str = "| Check | Verdict | Evidence |\n|---|---|---|\n";
/// Room for the sentence that says what was left out, and for what closes the page.
const RESERVE: usize = 300;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::default();
    page.add(&head(report));
    for diagnosis in &report.diagnoses {
        page.add(&cause(diagnosis));
    }
    if !report.unexplained.is_empty() {
        let rows: Vec<String> = report
            .unexplained
            .iter()
            .map(|id| format!("`{}`", code(id)))
            .collect();
        page.add(&format!(
            "\n**No known cause explains** {}\n",
            rows.join(", ")
        ));
    }
    if report.verdict == Verdict::Pass {
        page.add(&format!("\n{}\n", escaped(&elsewhere::hint())));
    }
    let bad = row::bad(report);
    if !bad.is_empty() {
        page.add(&format!("\n### What does not work\n\n{COLUMNS}"));
        for (prerequisite, check) in bad {
            page.row(&line(prerequisite, check));
        }
        page.add(&remedies(report));
    }
    let fine: Vec<(&Prerequisite, &Check)> = report
        .checks()
        .filter(|(_, check)| matches!(check.verdict, Verdict::Pass | Verdict::Skipped))
        .collect();
    if !fine.is_empty() {
        let count = report.counts.checks;
        let details = page.add(&format!(
            "\n<details>\n<summary>{} passed, {} skipped</summary>\n\n{COLUMNS}",
            count.pass, count.skipped
        ));
        for (prerequisite, check) in fine {
            page.row(&line(prerequisite, check));
        }
        if details {
            page.text.push_str("\n</details>\n");
        }
    }
    page.end();
    out.write_all(page.text.as_bytes())
}

/// Text up to the limit.
#[derive(Default)]
struct Page {
    text: String,
    full: bool,
    rows_left_out: usize,
}

impl Page {
    /// Whether it still fitted; after the first that does not, nothing is added.
    fn add(&mut self, more: &str) -> bool {
        self.full |= self.text.len() + more.len() + RESERVE > LIMIT;
        if !self.full {
            self.text.push_str(more);
        }
        !self.full
    }

    fn row(&mut self, more: &str) {
        self.rows_left_out += usize::from(!self.add(more));
    }

    fn end(&mut self) {
        if self.full {
            let _ = writeln!(
                self.text,
                "\n**Not all is shown**: {} left out, and what would follow, since a step summary takes one \
                 mebibyte. The JSON report has it all.",
                match self.rows_left_out {
                    1 => "1 row is".to_owned(),
                    more => format!("{more} rows are"),
                }
            );
        }
    }
}

fn head(report: &Report) -> String {
    let vantage = &report.vantage;
    let roles: Vec<&str> = vantage.roles.iter().map(|role| role.name()).collect();
    let titles: Vec<String> = report
        .profiles
        .iter()
        .map(|profile| escaped(&format!("{} ({})", profile.title, profile.release())))
        .collect();
    let mut text = format!(
        "## mdm-preflight: {}\n\n{}\n\n",
        report.verdict,
        titles.join("; ")
    );
    if !report.headline.is_empty() {
        let _ = writeln!(text, "**{}**\n", escaped(&report.headline));
    }
    let news = |one: &&String| !report.headline.contains(*one);
    for remark in report.remarks.iter().filter(news) {
        let _ = writeln!(text, "- {}", escaped(remark));
    }
    let _ = write!(
        text,
        "- Checks: {}\n- From {} as {}; started {}, took {}\n",
        row::counts(report.counts.checks),
        escaped(&vantage.hostname),
        roles.join(", "),
        escaped(&report.run.started),
        time(f64::from(
            u32::try_from(report.run.duration_ms).unwrap_or(u32::MAX)
        ))
    );
    text
}

fn cause(diagnosis: &Diagnosis) -> String {
    let mut text = format!(
        "\n### {}\n\n`{}`, {} confidence, owner: {}\n\n",
        escaped(&diagnosis.title),
        code(&diagnosis.code),
        diagnosis.confidence,
        diagnosis.owner
    );
    if !diagnosis.summary.is_empty() {
        let _ = writeln!(text, "{}\n", escaped(&diagnosis.summary));
    }
    for (word, said) in row::impact(&diagnosis.impact) {
        let _ = writeln!(text, "- **{word}**: {}", escaped(&said));
    }
    for line in &diagnosis.evidence {
        let _ = writeln!(text, "- {}", escaped(line));
    }
    if !diagnosis.evidence.is_empty() {
        text.push('\n');
    }
    if diagnosis.steps.is_empty() {
        let _ = writeln!(text, "{}", escaped(&diagnosis.remedy));
    }
    for (number, step) in (1..).zip(&diagnosis.steps) {
        let _ = writeln!(text, "{number}. {}", escaped(step));
    }
    if !diagnosis.verify.is_empty() {
        text.push_str(&fenced(&diagnosis.verify));
    }
    for source in &diagnosis.sources {
        let _ = writeln!(
            text,
            "\n> {} <{}>",
            escaped(&source.says),
            link(&source.url)
        );
    }
    if let Some(request) = &diagnosis.change_request {
        text.push_str(&fenced(request));
    }
    text
}

/// An address between angle brackets, which it cannot end.
fn link(url: &str) -> String {
    url.replace(['<', '>', ' '], "")
}

fn line(prerequisite: &Prerequisite, check: &Check) -> String {
    let mut evidence = escaped(&row::message(check));
    for (name, value) in row::facts(check) {
        let _ = write!(evidence, " · {}: {}", escaped(&name), escaped(&value));
    }
    for one in &check.paths {
        let way = row::way_name(&one.path);
        let _ = write!(evidence, " · {}: {}", escaped(&way), one.verdict);
        if row::lost_way(check) == Some(one) {
            let _ = write!(evidence, ", {}", escaped(&row::way_end(one)));
        }
    }
    format!(
        "| `{}` | {} | {evidence} |\n",
        code(&row::id(prerequisite, check)),
        check.verdict
    )
}

fn remedies(report: &Report) -> String {
    let lines: Vec<String> = row::unexplained(report)
        .iter()
        .filter(|prerequisite| !prerequisite.remedy.is_empty())
        .map(|prerequisite| {
            let id = code(&prerequisite.id);
            format!("- `{id}`: {}\n", escaped(&prerequisite.remedy))
        })
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    format!("\n### What to do\n\n{}", lines.concat())
}

/// A block that its content cannot end.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("\n{fence}text\n{}\n{fence}\n", text.trim_end())
}

/// What stands between backticks holds none, and no bar that would end a table's cell.
pub(super) fn code(text: &str) -> String {
    text.replace('`', "'").replace('|', "/")
}

/// Text that Markdown and HTML leave as it is.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' | '!' => {
                safe.push('\\');
                safe.push(character);
            }
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '@' => safe.push_str("&#64;"),
            '\n' | '\t' => safe.push(' '),
            character => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_counted_in_words_that_fit() {
        for (rows_left_out, said) in [(1, "1 row is left out"), (2, "2 rows are left out")] {
            let mut page = Page {
                full: true,
                rows_left_out,
                ..Page::default()
            };
            page.end();
            assert!(page.text.contains(said), "{}", page.text);
        }
    }

    #[test]
    fn no_text_opens_a_tag_a_link_or_a_cell() {
        assert_eq!(
            escaped("<b> [x](y) a|b `c` @me\nd"),
            "&lt;b&gt; \\[x\\](y) a\\|b \\`c\\` &#64;me d"
        );
        assert_eq!(fenced("a\n```\nb"), "\n````text\na\n```\nb\n````\n");
    }

    #[test]
    fn a_page_stays_under_the_limit_and_says_what_is_missing() {
        let mut page = Page::default();
        for _ in 0..3 {
            page.row(&"x".repeat(LIMIT / 2 - RESERVE));
        }
        page.end();
        assert!(page.text.len() <= LIMIT);
        assert!(
            page.text
                .contains("**Not all is shown**: 1 row is left out"),
            "{}",
            &page.text[page.text.len() - RESERVE..]
        );
    }
}
