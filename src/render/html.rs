//! One self-contained page for people: verdict, causes with their change requests, matrix, times,
//! vantage, and how to repeat the run.

mod page;
mod waterfall;

use std::fmt::Write as _;
use std::io::{self, Write};

use maud::{Markup, html};

use super::row;
use super::text::time;
use crate::advice::ELSEWHERE;
use crate::code::Stage;
use crate::finding::{Diagnosis, Source, Verdict};
use crate::net::typed;
use crate::profile::{Origin, Severity};
use crate::report::{Check, Prerequisite, Report};
pub(super) use page::page;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let body = html! {
        (head(report)) "\n"
        main {
            (causes(report)) "\n"
            (matrix(report)) "\n"
            (remedies(report)) "\n"
            (waterfall::waterfall(report)) "\n"
            (vantage(report)) "\n"
            (repeat(report)) "\n"
        }
        footer { p.dim {
            "mdm-preflight " (report.tool.version) ", run " (report.run.id) ", " (report.schema)
        } }
    };
    let title = format!("mdm-preflight: {}", report.verdict);
    out.write_all(page(&title, &body).as_bytes())
}

fn head(report: &Report) -> Markup {
    html! {
        header class=(report.verdict) {
            h1 { "Preflight: " span.verdict { (report.verdict) } }
            @for profile in &report.profiles {
                p { (profile.title) " " span.dim { "(" (profile.release()) ")" } }
            }
            p { "Checks: " (row::counts(report.counts.checks)) }
            @if !report.headline.is_empty() { p { strong { (report.headline) } } }
            @let news = report.remarks.iter().filter(|one| !report.headline.contains(*one));
            @if news.clone().next().is_some() {
                ul { @for remark in news { li { (remark) } } }
            }
            @if report.run.deadline_reached { p { "The deadline came before every row had ended." } }
            @if report.run.interrupted { p { "Interrupted: this is what was known by then." } }
        }
    }
}

fn causes(report: &Report) -> Markup {
    html! {
        @if !report.diagnoses.is_empty() {
            h2 { "What is in the way" }
            @for (number, diagnosis) in report.diagnoses.iter().enumerate() {
                (cause(number, diagnosis)) "\n"
            }
        }
        @if !report.unexplained.is_empty() {
            p { "No known cause explains " (report.unexplained.join(", ")) }
        }
        @if !report.reasoning.is_empty() {
            details {
                summary { "Why these causes and no others" }
                ul { @for one in &report.reasoning {
                    li { code { (one.diagnosis) } @if one.found { " found" } @else { " not found" } ": " (one.why) }
                } }
            }
        }
        @if report.verdict == Verdict::Pass { (not_network()) }
    }
}

fn not_network() -> Markup {
    html! {
        details {
            summary { "Macs still do not sync? What is not the network's fault" }
            @for one in ELSEWHERE {
                h4 { (one.symptom) }
                p { (one.cause) " " (one.look) " " code { (one.source) } }
            }
        }
    }
}

fn cause(number: usize, diagnosis: &Diagnosis) -> Markup {
    html! {
        section.card {
            h3 { (diagnosis.title) }
            p.dim {
                code { (diagnosis.code) } ", "
                (diagnosis.confidence) " confidence, owner: "
                (diagnosis.owner)
            }
            p { (diagnosis.summary) }
            @let impact = row::impact(&diagnosis.impact);
            @if !impact.is_empty() {
                dl { @for (word, text) in impact { dt { (word) } dd { (text) } } }
            }
            @if !diagnosis.evidence.is_empty() {
                ul { @for line in &diagnosis.evidence { li { (line) } } }
            }
            @if diagnosis.steps.is_empty() {
                p { (diagnosis.remedy) }
            } @else {
                h4 { "To mend it" }
                ol { @for step in &diagnosis.steps { li { (step) } } }
            }
            @if !diagnosis.verify.is_empty() { (page::copyable(&format!("verify-{number}"), &diagnosis.verify)) }
            @if diagnosis.change_request.is_some() { h4 { "Change request to send" } }
            @if let Some(request) = &diagnosis.change_request {
                (page::copyable(&format!("request-{number}"), request))
            }
            (sources(&diagnosis.sources))
            @if !diagnosis.affects.is_empty() {
                p.dim { "Affects " (diagnosis.affects.join(", ")) }
            }
        }
    }
}

fn matrix(report: &Report) -> Markup {
    let (stages, ways) = (row::stages(report), row::ways(report));
    let columns = stages.len() + ways.len() + 3;
    html! {
        h2 { "Checks" }
        table.matrix {
            thead { tr {
                th { "Check" } th { "Verdict" }
                @for (name, _) in ways { th { (name) } }
                @for (_, name) in &stages { th.n { (name) } }
                th { "Evidence" }
            } }
            @for prerequisite in &report.prerequisites {
                tbody {
                    tr { th colspan=(columns) { (group(prerequisite)) } }
                    @for check in &prerequisite.checks { (line(check, &stages, ways)) "\n" }
                }
            }
        }
    }
}

fn group(prerequisite: &Prerequisite) -> Markup {
    let severity = match prerequisite.severity {
        Severity::Required => "",
        Severity::Recommended => ", recommended",
        Severity::Informational => ", informational",
    };
    html! {
        (prerequisite.title) " "
        span class={ "verdict " (prerequisite.verdict) } { (prerequisite.verdict) }
        " " span.dim { (prerequisite.id) (severity) }
    }
}

fn line(check: &Check, stages: &[(Stage, &str)], ways: &[(&str, bool)]) -> Markup {
    let times = check.stages.times();
    html! {
        tr {
            td.id { code { (check.id) } br; span.dim { (row::target(check)) } }
            td class={ "verdict " (check.verdict) } { (check.verdict) }
            @for (name, proxied) in ways {
                @match row::way(check, *proxied) {
                    Some(way) => td class={ "verdict " (way.verdict) } data-of=(name) { (way.verdict) },
                    None => td.none data-of=(name) { "–" },
                }
            }
            @for (stage, name) in stages {
                @let at_fault = check.stage == Some(*stage) && check.verdict == Verdict::Fail;
                td class={ "n" @if at_fault { " slow" } @if !times.contains_key(stage) { " none" } } data-of=(name) {
                    @match times.get(stage) {
                        Some(ms) => (time(*ms)),
                        None => "–",
                    }
                }
            }
            td {
                (row::message(check))
                @for (name, value) in row::facts(check) { br; span.dim { (name) ": " (value) } }
            }
        }
    }
}

fn remedies(report: &Report) -> Markup {
    let open = row::unexplained(report);
    html! {
        @if !open.is_empty() {
            h2 { "What to do" }
            @for prerequisite in open {
                section.card {
                    h3 { (prerequisite.title) }
                    p { (prerequisite.why) }
                    p { (prerequisite.remedy) }
                    (sources(&prerequisite.sources))
                }
            }
        }
    }
}

fn sources(sources: &[Source]) -> Markup {
    html! {
        @for source in sources {
            p.dim { (source.says) " " code { (source.url) } ", read " (source.read) }
        }
    }
}

fn vantage(report: &Report) -> Markup {
    let vantage = &report.vantage;
    let joined = |all: Vec<String>| match all.as_slice() {
        [] => "none".to_owned(),
        all => all.join(", "),
    };
    let roles = vantage.roles.iter().map(|r| r.name().to_owned()).collect();
    let addresses = vantage.addresses.iter().map(ToString::to_string).collect();
    let resolvers = vantage.resolvers.iter().map(ToString::to_string).collect();
    let took = f64::from(u32::try_from(report.run.duration_ms).unwrap_or(u32::MAX));
    let gateway = vantage.gateway.map(|gateway| gateway.to_string());
    let rows = [
        ("Machine", vantage.hostname.clone()),
        ("Stands for", joined(roles)),
        ("System", vantage.os.clone()),
        (
            "Interface",
            vantage
                .interface
                .clone()
                .unwrap_or_else(|| "unknown".to_owned()),
        ),
        ("Addresses", joined(addresses)),
        ("Gateway", gateway.unwrap_or_else(|| "none".to_owned())),
        (
            "Tunnel",
            if vantage.tunnel { "yes" } else { "no" }.to_owned(),
        ),
        ("DNS servers", joined(resolvers)),
        (
            "Proxy",
            vantage.proxy.clone().unwrap_or_else(|| "none".to_owned()),
        ),
        ("Started", report.run.started.clone()),
        ("Took", time(took)),
    ];
    html! {
        h2 { "Seen from" }
        dl { @for (name, value) in rows { dt { (name) } dd { (value) } } }
    }
}

/// What to type for the same run.
fn repeat(report: &Report) -> Markup {
    let asked = &report.run.arguments;
    let command = if asked.is_empty() {
        guessed(report)
    } else {
        let words: Vec<String> = asked.iter().map(|word| typed(word)).collect();
        format!("mdm-preflight {}", words.join(" "))
    };
    html! {
        h2 { "To repeat this run" }
        @if asked.is_empty() {
            p { "With the same values for the profile's variables, such as " code { "--jamf" } " and " code { "--tenant" } ":" }
        }
        (page::copyable("repeat", &format!("{command} --output json:again.json")))
        p { "Then " code { "mdm-preflight diff before.json again.json" } " says what has changed." }
    }
}

/// From an older report, which does not say what was typed; what it does not know stands in angle brackets.
fn guessed(report: &Report) -> String {
    let mut command = "mdm-preflight check".to_owned();
    for profile in &report.profiles {
        let named = match &profile.origin {
            Origin::BuiltIn => &profile.name,
            Origin::File(file) => file,
            Origin::CommandLine => {
                command.push_str(" <the same targets>");
                continue;
            }
        };
        let _ = write!(command, " --profile {}", typed(named));
    }
    for role in &report.vantage.roles {
        let _ = write!(command, " --from {}", role.name());
    }
    command
}
