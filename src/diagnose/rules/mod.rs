//! The rules, one small function a cause, by the stage at which its evidence appears.

pub(super) mod clock;
pub(super) mod device;
pub(super) mod http;
pub(super) mod identity;
pub(super) mod idle;
pub(super) mod jamf;
pub(super) mod lies;
pub(super) mod local;
pub(super) mod names;
pub(super) mod partly;
pub(super) mod proxies;
pub(super) mod proxy_addresses;
mod proxy_reached;
pub(super) mod rare;
pub(super) mod refusals;
pub(super) mod servers;
pub(super) mod silence;
pub(super) mod tcp;
pub(super) mod time;
pub(super) mod tls;
pub(super) mod unreachable;
pub(super) mod way_out;
