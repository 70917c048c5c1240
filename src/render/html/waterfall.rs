//! How long each stage of each row took, as bars on one scale.

use maud::{Markup, html};

use crate::code::Stage;
use crate::render::row;
use crate::render::text::time;
use crate::report::{Check, Report};

/// The width of a bar in its own units; the page stretches it.
const WIDTH: f64 = 1000.0;

pub(super) fn waterfall(report: &Report) -> Markup {
    let longest = report
        .checks()
        .map(|(_, check)| row::ms(check))
        .fold(0.0, f64::max);
    if longest <= 0.0 {
        return html! {};
    }
    let mut stages: Vec<Stage> = row::stages(report)
        .into_iter()
        .map(|(stage, _)| stage)
        .collect();
    stages.push(Stage::App);
    html! {
        h2 { "Where the time went" }
        p.key {
            @for stage in stages {
                span {
                    svg viewBox="0 0 1 1" aria-hidden="true" {
                        rect class=(row::stage(stage)) width="1" height="1" {}
                    }
                    (row::stage(stage).to_uppercase())
                }
            }
        }
        div.bars {
            @for (prerequisite, check) in report.checks().filter(|(_, c)| row::ms(c) > 0.0) {
                span.l { (prerequisite.id) "/" (check.id) }
                (bar(check, longest))
                span.t { (time(row::ms(check))) }
                "\n"
            }
        }
    }
}

fn bar(check: &Check, longest: f64) -> Markup {
    let mut at = 0.0;
    let mut parts = Vec::new();
    for (stage, ms) in check.stages.times() {
        let width = ms / longest * WIDTH;
        // A stage of a few microseconds still shows.
        parts.push((stage, at, width.max(1.0)));
        at += width;
    }
    html! {
        svg viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label=(row::timeline(check)) {
            @for (stage, at, width) in parts {
                rect class=(row::stage(stage)) x=(format!("{at:.1}")) y="0" width=(format!("{width:.1}")) height="10" {}
            }
        }
    }
}
