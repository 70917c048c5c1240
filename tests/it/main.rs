//! Tests of the whole program: the real binary, real sockets, real servers.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on ends by panicking"
)]

mod bad_input;
mod binary;
mod demo;
mod floors;
mod profiles;
mod readme;
mod running;
mod schema;
mod worlds;
