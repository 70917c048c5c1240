//! A host pattern is taken apart or refused, and its sample is bounded and always the same.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties.rs"]
#[expect(dead_code, reason = "the properties of the other targets")]
mod properties;

fuzz_target!(|data: &[u8]| properties::pattern(data));
