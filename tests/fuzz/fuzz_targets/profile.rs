//! A profile's text is read or refused; what is read is planned, written out and read back.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties.rs"]
#[expect(dead_code, reason = "the properties of the other targets")]
mod properties;

fuzz_target!(|data: &[u8]| properties::profile(data));
