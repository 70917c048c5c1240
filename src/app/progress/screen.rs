//! The lines themselves: as many as the terminal is high enough for.

use std::io;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::super::outputs::is_colored;
use super::Tally;
use crate::cli::Color;
use crate::engine::Event;
use crate::plan::Plan;
use crate::render::Look;
use crate::render::filling::Filling;

/// How often the time that is left is written anew.
const TICK: Duration = Duration::from_millis(200);
/// What the terminal keeps of what stood there before, at least the command: in lines.
const MARGIN: usize = 1;

pub(super) struct Screen {
    bars: MultiProgress,
    detail: Detail,
    /// Above the line for the whole, in the order of the profile.
    lines: Vec<Line>,
    /// Drawn once there is something to wait for, the other lines with it.
    whole: Option<ProgressBar>,
}

/// What has a line of its own.
enum Detail {
    Rows(Filling),
    /// Padded to so many characters.
    Prerequisites(usize),
    Nothing,
}

struct Line {
    id: String,
    tally: Tally,
    words: String,
    bar: Option<ProgressBar>,
}

impl Screen {
    pub(super) fn of(plan: &Plan, proxied: bool, color: Color) -> Self {
        let size = terminal_size::terminal_size_of(io::stderr());
        let (width, height) = size.map_or((0, 0), |(width, height)| (width.0, height.0));
        let room = usize::from(height).saturating_sub(MARGIN + 1);
        let look = Look {
            width: usize::from(width),
            color: is_colored(color, &io::stderr()),
            verbose: false,
        };
        let (detail, lines) = rows(plan, proxied, room, look)
            .or_else(|| prerequisites(plan, room))
            .unwrap_or((Detail::Nothing, Vec::new()));
        Self {
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
            detail,
            lines,
            whole: None,
        }
    }

    /// Writes down what happened to a row, and shows it if anything is shown yet.
    pub(super) fn note(&mut self, event: &Event) {
        let (id, check, is_over) = match event {
            Event::Started { .. } => return,
            Event::Provisional { id, check } => (id, check, false),
            Event::Ended { id, check } => (id, check, true),
        };
        let key = match &self.detail {
            Detail::Rows(_) => id.as_str(),
            Detail::Prerequisites(_) => id.split_once('/').map_or("", |(of, _)| of),
            Detail::Nothing => return,
        };
        let Some(line) = self.lines.iter_mut().find(|line| line.id == key) else {
            return;
        };
        if is_over {
            line.tally.add(check.verdict);
        }
        line.words = match &self.detail {
            Detail::Rows(filling) if is_over => filling.ended(id, check),
            Detail::Rows(filling) => filling.waiting(id, check),
            Detail::Prerequisites(width) => line.told(*width),
            Detail::Nothing => return,
        };
        if let Some(bar) = &line.bar {
            bar.set_message(line.words.clone());
        }
    }

    /// Shows how far the whole is, and with the first call everything else.
    pub(super) fn draw(&mut self, all: &Tally, waiting: &str, left: Duration) {
        let whole = match &self.whole {
            Some(whole) => whole,
            None => self.begin(all.total, left),
        };
        whole.set_prefix(match all.failed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        });
        whole.set_message(waiting.to_owned());
        whole.set_position(u64::try_from(all.done).unwrap_or(u64::MAX));
    }

    fn begin(&mut self, total: usize, left: Duration) -> &ProgressBar {
        for line in &mut self.lines {
            let bar = self.bars.add(ProgressBar::new(1));
            bar.set_style(style("{wide_msg}"));
            bar.set_message(line.words.clone());
            line.bar = Some(bar);
        }
        let whole = ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX));
        let whole = self.bars.add(whole);
        let until = move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let left = left.saturating_sub(state.elapsed());
            // Nothing can be done about a terminal that takes no text.
            let _ = write!(out, "{} s", left.as_secs());
        };
        whole.set_style(
            style("{pos} of {len} checks{prefix}, at most {left} more{wide_msg}")
                .with_key("left", until),
        );
        whole.enable_steady_tick(TICK);
        self.whole.insert(whole)
    }

    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match self.whole {
            Some(_) => self.bars.suspend(write),
            None => write(),
        }
    }
}

/// The report follows: nothing is left of what was shown.
impl Drop for Screen {
    fn drop(&mut self) {
        let lines = self.lines.iter().filter_map(|line| line.bar.as_ref());
        for bar in lines.chain(&self.whole) {
            bar.finish_and_clear();
        }
    }
}

/// The matrix, if it fits with its header.
fn rows(plan: &Plan, proxied: bool, room: usize, look: Look) -> Option<(Detail, Vec<Line>)> {
    let asked = plan.rows.iter().filter(|row| row.todo.is_ok());
    if asked.clone().count() >= room {
        return None;
    }
    let ids: Vec<String> = asked.map(|row| plan.id(row)).collect();
    let filling = Filling::of(ids.iter().map(String::as_str), proxied, look);
    let header = Line::of("", filling.header());
    let rows = ids.iter().map(|id| Line::of(id, filling.blank(id)));
    let lines = std::iter::once(header).chain(rows).collect();
    Some((Detail::Rows(filling), lines))
}

fn prerequisites(plan: &Plan, room: usize) -> Option<(Detail, Vec<Line>)> {
    let mut totals = vec![0; plan.prerequisites.len()];
    for row in plan.rows.iter().filter(|row| row.todo.is_ok()) {
        totals[row.prerequisite] += 1;
    }
    let asked = plan.prerequisites.iter().zip(totals);
    let asked = asked.filter(|(_, total)| *total > 0);
    if asked.clone().count() > room {
        return None;
    }
    let width = asked.clone().map(|(one, _)| one.id.len()).max()?;
    let lines = asked.map(|(one, total)| {
        let mut line = Line::of(&one.id, String::new());
        line.tally.total = total;
        line.words = line.told(width);
        line
    });
    Some((Detail::Prerequisites(width), lines.collect()))
}

impl Line {
    fn of(id: &str, words: String) -> Self {
        Self {
            id: id.to_owned(),
            tally: Tally::default(),
            words,
            bar: None,
        }
    }

    /// A prerequisite, and how far it is.
    fn told(&self, width: usize) -> String {
        format!("  {:width$}  {}", self.id, self.tally.words())
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is a constant")
}
