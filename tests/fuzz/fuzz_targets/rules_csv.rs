//! A customer's list of rules is read line by line and held against what the default profile needs.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties.rs"]
#[expect(dead_code, reason = "the properties of the other targets")]
mod properties;

fuzz_target!(|data: &[u8]| properties::rules_csv(data));
