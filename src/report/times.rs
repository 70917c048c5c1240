//! How long the stages of a row took, and how many round trips that was.

use std::collections::BTreeMap;

use super::Stages;
use crate::code::Stage;

impl Stages {
    /// How many round trips these stages took, by the protocols they spoke.
    pub fn round_trips(&self) -> u32 {
        let dns = u32::from(
            self.dns
                .as_ref()
                .is_some_and(|dns| !dns.queries.is_empty() || dns.system.is_some()),
        );
        let tcp = u32::from(self.tcp.is_some());
        let tls = match self.tls.as_ref().map(|tls| tls.seen.version.as_deref()) {
            Some(Some("TLS1.2")) => 2,
            Some(_) => 1,
            None => 0,
        };
        let app = self.app.as_ref().and_then(|app| app.ms);
        // Without a connection it was an exchange of its own.
        let app = u32::from(app.is_some() && self.tcp.is_none());
        dns + tcp + tls + u32::from(self.http.is_some()) + app
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
