//! Lists as people type them, and as spreadsheets and firewalls export them.

use super::lists::{GOOD, audit};

/// The list with each of its lines, the header's among them, as the function makes it.
fn each_line(list: &str, make: impl Fn(usize, &str) -> String) -> String {
    let lines: Vec<String> = list
        .lines()
        .enumerate()
        .map(|(index, line)| make(index, line) + "\n")
        .collect();
    lines.concat()
}

fn is_good(shapes: &[(&str, String)]) {
    for (name, list) in shapes {
        let run = audit(name, list, &[]);
        let said = format!("{name}\n{list}\n{}{}", run.stdout, run.stderr);
        assert_eq!(run.code, Some(0), "{said}");
        assert!(run.stdout.contains("nothing is missing"), "{said}");
    }
}

/// Without the quotation marks about a list of ports.
fn spaced() -> String {
    GOOD.replace("\"443,5223\"", "443 5223")
}

#[test]
fn separators_quotes_and_line_ends_are_read_in_every_shape() {
    let quoted = |_, line: &str| format!("\"{}\"", line.replace(',', "\",\""));
    let semicolons = spaced().replace(',', ";");
    let comma_inside = semicolons.replace("443 5223", "443,5223");
    let commented = |index, line: &str| match index {
        0 => line.to_owned(),
        _ => format!("{line} # said by Kim, 2026"),
    };
    is_good(&[
        ("plain", GOOD.to_owned()),
        ("shouted", GOOD.to_uppercase()),
        ("bom", format!("\u{feff}{}", GOOD.replace('\n', "\r\n"))),
        ("semicolons", semicolons.clone()),
        ("comma-inside", comma_inside),
        ("sep", format!("sep=;\r\n{semicolons}")),
        ("tabs", spaced().replace(',', "\t")),
        ("quoted", each_line(&spaced(), quoted)),
        ("comments", each_line(GOOD, commented)),
        (
            "blank",
            each_line(GOOD, |_, line| format!("{line}\n\n  # a note")),
        ),
    ]);
}

#[test]
fn columns_stand_in_any_order_and_under_many_names() {
    let flipped = |index, line: &str| {
        let (host, rest) = line.split_once(',').unwrap();
        let (ports, protocol) = rest.rsplit_once(',').unwrap();
        match index {
            0 => "PROTOCOL,Comment,Dst_Port,Destination Address".to_owned(),
            _ => format!("{protocol},x,{ports},{host}"),
        }
    };
    let with_action = |index, line: &str| match index {
        0 => format!("Action,{line}"),
        _ => format!("Allow,{line}"),
    };
    let blocked = "DENY,gateway.push.apple.com,2195,tcp\n";
    let services = spaced()
        .replace(",tcp", "")
        .replace("443 5223", "tcp/443 tcp/5223")
        .replace(",443\n", ",443/TCP\n")
        .replace("Port,Protocol", "Service");
    is_good(&[
        ("flipped", each_line(GOOD, flipped)),
        ("action", each_line(GOOD, with_action) + blocked),
        ("services", services),
        ("words", GOOD.replace(",443,", ",HTTPS,")),
        (
            "no-header",
            each_line(GOOD, |index, line| {
                if index == 0 {
                    String::new()
                } else {
                    line.to_owned()
                }
            }),
        ),
    ]);
}

#[test]
fn ports_and_destinations_are_read_as_firewalls_write_them() {
    let v4_alone = |_, line: &str| {
        let v6 = line.starts_with('2');
        if v6 { String::new() } else { line.to_owned() }
    };
    let without_v6 = each_line(GOOD, v4_alone);
    is_good(&[
        (
            "ranges",
            GOOD.replace("\"443,5223\"", "443-444|5223 - 5228"),
        ),
        (
            "any",
            GOOD.replace("\"443,5223\"", "Any").replace(",tcp", ",ANY"),
        ),
        ("masks", GOOD.replace("17.0.0.0/8", "17.0.0.0/255.0.0.0")),
        (
            "spaced-masks",
            GOOD.replace("17.0.0.0/8", "17.0.0.0 255.0.0.0"),
        ),
        (
            "brackets",
            GOOD.replace("2620:149:a44::/48", "[2620:149:a44::]/48"),
        ),
        (
            "links",
            GOOD.replace(
                "\ngraph.microsoft.com",
                "\nhttps://graph.microsoft.com:443/v1.0",
            ),
        ),
        (
            "dots",
            GOOD.replace("*.manage", ".manage")
                .replace("graph.microsoft.com", "Graph.Microsoft.com."),
        ),
        ("wide", GOOD.replace("2620:149:a44::/48", "2620:149::/32")),
        (
            "by-name",
            without_v6.replace("17.0.0.0/8", "*.push.apple.com"),
        ),
        // Who lists no IPv6 block at all may have no IPv6.
        ("without-v6", without_v6),
    ]);
}

#[test]
fn a_comment_or_a_note_is_no_rule() {
    let run = audit("notes", "# 17.0.0.0/8,443,tcp\n\n   \n", &[]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.contains("it holds no rule"), "{}", run.stderr);
}
