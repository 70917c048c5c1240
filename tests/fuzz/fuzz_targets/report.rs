//! A saved report is refused or drawn in every format, redacted, compared and merged.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties.rs"]
#[expect(dead_code, reason = "the properties of the other targets")]
mod properties;

fuzz_target!(|data: &[u8]| properties::report(data));
