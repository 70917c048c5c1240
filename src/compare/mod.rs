//! Reports beside each other, and a report without names: pure functions of saved reports.

pub mod diff;
pub mod merge;
pub mod redact;
