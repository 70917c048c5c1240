//! `mdm-preflight` answers one question, from the network it runs in: can managed Macs, Jamf Pro,
//! Apple push and Microsoft Intune reach each other here, and if not, what is in the way?
//!
//! # The way data flows
//!
//! ```text
//! profile text -> Profile -> Plan -> observe -> judge -> diagnose -> Report -> render
//!     parse        pure      pure     I/O        pure      pure       fold     a Write
//! ```
//!
//! Only `observe` touches the network. A [`net::Net`] is made for each run and keeps a memo of
//! questions: a look-up, or a ladder of stages to one address. Each is asked once, in a task of its
//! own, whoever waits for it. A probe is straight-line code that asks and waits; what it saw is plain
//! data, judged by pure functions when the whole run has ended, and before that for whoever watches it.
//!
//! # Floors
//!
//! A module imports only from floors below its own; modules on one floor do not know each other.
//! A test keeps this so.
//!
//! ```text
//! 9  main  app  cli  exit              arguments, the recipe, stdout, exit codes
//! 8  lab                               the demo's servers
//! 7  engine          render            when things run | how things look
//! 6  plan  diagnose  compare  audit    what will run | why it failed | what differs | what to ask for
//! 5  report                            what happened
//! 4  profile                           what the user asked
//! 3  probe                             what can be asked and seen; one file a kind
//! 2  finding                           verdict, expectation, finding, diagnosis
//! 1  net  advice                       sockets, names, TLS, HTTP, clock | words for each code
//! 0  code                              the closed vocabulary
//! ```
//!
//! # Invariants, as absences
//!
//! No file in `render` names a kind of probe and no file in `probe` names a format. Nothing prints
//! but `app` and `main`. No `process::exit`, no global state. A failure of the network is data
//! ([`net::Failure`]); an error is about this program or its input; neither becomes the other.
//! Nothing is classified by the text of an error. `unsafe` stands in `net/platform` only.
//!
//! # How to add things
//!
//! - *A kind of probe*: write `probe/<kind>.rs` (settings, spec, observe, judge), a variant and its
//!   arms in `probe/mod.rs`, a field in `profile/file.rs`.
//! - *A code*: a line in `code.rs` and its words in `advice`; the compiler names what is missing.
//! - *A format*: write `render/<format>.rs` and its lines in `render/mod.rs` and `cli.rs`.
//! - *A profile*: a TOML file in `profiles/` and a line in `profile/builtin.rs`.
//! - *A fault of the lab*: a line in `lab/faults.rs`; the tests walk the list.

pub mod advice;
pub mod app;
pub mod audit;
pub mod cli;
pub mod code;
pub mod compare;
pub mod diagnose;
pub mod engine;
pub mod exit;
pub mod finding;
#[cfg(feature = "demo")]
pub mod lab;
pub mod net;
pub mod plan;
pub mod probe;
pub mod profile;
pub mod render;
pub mod report;
