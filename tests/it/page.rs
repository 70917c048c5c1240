//! The page's colours: every text can be read on every ground, by the rule of WCAG 2 (AA).

use std::collections::BTreeMap;

const STYLE: &str = include_str!("../../src/render/html/page.css");
const TEXTS: [&str; 7] = [
    "fg",
    "dim",
    "pass",
    "degraded",
    "fail",
    "inconclusive",
    "skipped",
];
const BARS: [&str; 4] = ["dns", "tcp", "tls", "http"];

type Colours<'a> = BTreeMap<&'a str, [f64; 3]>;

/// The colours of each scheme: light, dark and paper.
fn schemes() -> Vec<Colours<'static>> {
    let blocks = STYLE.split(":root{").skip(1);
    blocks
        .map(|block| {
            let block = block.split('}').next().unwrap();
            let variables = block.split(';').filter_map(|part| part.split_once(':'));
            variables
                .filter_map(|(name, value)| Some((name.strip_prefix("--")?, colour(value))))
                .collect()
        })
        .collect()
}

fn colour(text: &str) -> [f64; 3] {
    let digits = text.strip_prefix('#').unwrap();
    let wide = digits.len() == 6;
    std::array::from_fn(|channel| {
        let part = if wide {
            digits[2 * channel..2 * channel + 2].to_owned()
        } else {
            digits[channel..=channel].repeat(2)
        };
        f64::from(u8::from_str_radix(&part, 16).unwrap()) / 255.0
    })
}

/// From 1 to 21, as WCAG 2 defines it.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |colour: [f64; 3]| {
        let linear = colour.map(|part| {
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_text_and_every_bar_can_be_told_from_its_ground_in_light_in_dark_and_on_paper() {
    assert!((contrast([0.0; 3], [1.0; 3]) - 21.0).abs() < 0.001);
    let schemes = schemes();
    assert_eq!(schemes.len(), 3);
    for (number, colours) in schemes.iter().enumerate() {
        for ground in ["bg", "card"] {
            for (names, least) in [(&TEXTS[..], 4.5), (&BARS[..], 3.0)] {
                for name in names {
                    let found = contrast(colours[name], colours[ground]);
                    assert!(
                        found >= least,
                        "scheme {number}: {name} on {ground} has {found:.2}"
                    );
                }
            }
        }
    }
}
