//! macOS: `TCP_CONNECTION_INFO`, and the proxies of the system's settings. Written from the system's headers and its
//! crates' sources; not yet run on a Mac.

#![expect(
    unsafe_code,
    reason = "TCP_CONNECTION_INFO has no safe wrapper, and the items of an array have none either"
)]

use std::mem::{size_of_val, zeroed};
use std::os::fd::AsRawFd;
use std::ptr::from_mut;

use system_configuration::core_foundation::array::CFArray;
use system_configuration::core_foundation::base::{CFType, TCFType};
use system_configuration::core_foundation::number::CFNumber;
use system_configuration::core_foundation::string::CFString;
use system_configuration::dynamic_store::SCDynamicStoreBuilder;
use tokio::net::TcpStream;

use super::TcpInfo;
use crate::net::proxy::{Raw, Setting, Settings};

pub(crate) fn tcp_info(stream: &TcpStream) -> Option<TcpInfo> {
    // SAFETY: tcp_connection_info is plain integers, for which all zeros is a value.
    let mut info: libc::tcp_connection_info = unsafe { zeroed() };
    let mut length = libc::socklen_t::try_from(size_of_val(&info)).ok()?;
    // SAFETY: the pointer and the length describe `info`.
    let result = unsafe {
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_CONNECTION_INFO,
            from_mut(&mut info).cast(),
            &raw mut length,
        )
    };
    let waiting = u64::from(info.tcpi_snd_sbbytes);
    (result == 0).then(|| TcpInfo {
        // This system counts round trips in milliseconds.
        rtt_us: u64::from(info.tcpi_srtt) * 1000,
        bytes_acked: info.tcpi_txbytes.saturating_sub(waiting),
        unacked: waiting,
        // The C library's bindings call the kernel's tcpi_txretransmitpackets so.
        retransmits: info.tcpi_rxretransmitpackets,
    })
}

/// What the system is set to in the network that it is in now.
pub(crate) fn proxy_settings() -> Option<Raw> {
    let store = SCDynamicStoreBuilder::new("mdm-preflight").build()?;
    let proxies = store.get_proxies()?;
    let mut settings = Settings::new();
    for name in NAMES {
        let value = proxies.find(CFString::from_static_string(name));
        if let Some(value) = value.and_then(|value| setting(&value)) {
            settings.insert((*name).to_owned(), value);
        }
    }
    Some(Raw::Apple(settings))
}

/// Those of the dictionary's names that say something of a proxy for HTTP, HTTPS or SOCKS.
const NAMES: &[&str] = &[
    "ExceptionsList",
    "ExcludeSimpleHostnames",
    "HTTPEnable",
    "HTTPPort",
    "HTTPProxy",
    "HTTPSEnable",
    "HTTPSPort",
    "HTTPSProxy",
    "ProxyAutoConfigEnable",
    "ProxyAutoConfigURLString",
    "ProxyAutoDiscoveryEnable",
    "SOCKSEnable",
    "SOCKSPort",
    "SOCKSProxy",
];

fn setting(value: &CFType) -> Option<Setting> {
    if let Some(number) = value.downcast::<CFNumber>() {
        return number.to_i64().map(Setting::Number);
    }
    if let Some(text) = value.downcast::<CFString>() {
        return Some(Setting::Text(text.to_string()));
    }
    let list = value.downcast::<CFArray>()?;
    let texts = list.iter().filter_map(|item| {
        // SAFETY: the array holds its items while it lives, and it holds nothing but objects.
        let item = unsafe { CFType::wrap_under_get_rule(*item) };
        Some(item.downcast::<CFString>()?.to_string())
    });
    Some(Setting::List(texts.collect()))
}
