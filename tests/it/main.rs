//! Tests of the whole program: the real binary, real sockets, real servers.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on ends by panicking, and one that is skipped says so"
)]

mod bad_input;
mod binary;
mod builtins;
mod codes;
mod compare_dns;
mod comparing;
mod concurrency;
mod demo;
mod descriptors;
mod device;
mod diagnoses;
mod explaining;
mod floors;
mod format_keys;
mod formats;
mod fuzzed;
mod groups;
mod hold;
mod jamf;
mod ledger;
mod limits;
#[cfg(unix)]
mod loopback;
#[cfg(target_os = "linux")]
mod many_rows;
mod mistakes;
mod mutated;
mod odd_files;
mod odd_proxies;
#[cfg(unix)]
mod outputs;
mod package_link;
mod page;
mod profiles;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod progress;
#[cfg(feature = "demo")]
mod random_worlds;
mod readers;
mod readme;
#[cfg(unix)]
mod recipes;
mod redacting;
mod redacting_spellings;
mod redirects;
#[cfg(unix)]
mod release;
mod report_damage;
mod report_limits;
mod rules;
mod running;
mod schema;
mod secrets;
#[cfg(unix)]
mod shells;
mod sign_in;
#[cfg(all(unix, feature = "demo"))]
mod signals;
mod slow_peers;
#[cfg(unix)]
mod splay;
#[cfg(target_os = "linux")]
mod startup;
mod tenant_restrictions;
#[cfg(target_os = "linux")]
mod terminal;
mod thorough;
mod tls_server;
mod told;
#[cfg(unix)]
mod until;
mod wildcards;
mod worlds;
mod written;
