//! How long the stages of a row took, and how many round trips that was.

use std::collections::BTreeMap;

use super::Stages;
use crate::code::Stage;
use crate::net::tls::TlsSeen;
use crate::net::tunnel::ProxySeen;

impl Stages {
    /// How many round trips these stages took, by the protocols they spoke.
    pub fn round_trips(&self) -> u32 {
        let dns = u32::from(
            self.dns
                .as_ref()
                .is_some_and(|dns| !dns.queries.is_empty() || dns.system.is_some()),
        );
        let tcp = u32::from(self.tcp.is_some());
        let proxy = self.proxy.as_deref().map_or(0, through);
        let tls = self.tls.as_deref().map_or(0, |tls| handshake(&tls.seen));
        let app = self.app.as_ref().and_then(|app| app.ms);
        // Without a connection it was an exchange of its own.
        let app = u32::from(app.is_some() && self.tcp.is_none());
        dns + tcp + proxy + tls + u32::from(self.http.is_some()) + app
    }

    /// The time of each stage in milliseconds, for formats that show them by name.
    pub fn times(&self) -> BTreeMap<Stage, f64> {
        let mut times = BTreeMap::new();
        if let Some(dns) = &self.dns {
            times.insert(Stage::Dns, dns.ms);
        }
        if let Some(tcp) = &self.tcp {
            times.insert(Stage::Tcp, tcp.ms);
        }
        // One that is given a whole request and passes it on takes no time of its own.
        if let Some(proxy) = &self.proxy
            && (through(proxy) > 0 || !proxy.passed_on)
        {
            times.insert(Stage::Proxy, proxy.ms);
        }
        if let Some(tls) = &self.tls {
            times.insert(Stage::Tls, tls.seen.ms);
        }
        if let Some(http) = &self.http {
            times.insert(Stage::Http, http.ms);
        }
        if let Some(ms) = self.app.as_ref().and_then(|app| app.ms) {
            times.insert(Stage::App, ms);
        }
        times
    }
}

fn handshake(tls: &TlsSeen) -> u32 {
    if tls.version.as_deref() == Some("TLS1.2") {
        2
    } else {
        1
    }
}

/// A handshake with the proxy itself, and its question; a request that it is given whole is counted as that.
fn through(proxy: &ProxySeen) -> u32 {
    let question = match proxy.method.as_str() {
        "CONNECT" => 1,
        "SOCKS5" => 2 + u32::from(proxy.signed_in),
        _ => 0,
    };
    proxy.tls.as_ref().map_or(0, handshake) + question
}
