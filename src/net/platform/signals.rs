//! What whoever started this program has decided about signals, which only the C function tells.

#![expect(
    unsafe_code,
    reason = "the standard library does not say how a signal is handled"
)]

use std::mem::zeroed;
use std::ptr::null;

/// Whether this program was started to outlive its terminal, as by `nohup`.
pub(crate) fn hangup_is_ignored() -> bool {
    // SAFETY: all of it is integers, for which zero is a value.
    let mut now: libc::sigaction = unsafe { zeroed() };
    // SAFETY: without a new action nothing is changed, and `now` is there to be written to.
    let read = unsafe { libc::sigaction(libc::SIGHUP, null(), &raw mut now) };
    read == 0 && now.sa_sigaction == libc::SIG_IGN
}
