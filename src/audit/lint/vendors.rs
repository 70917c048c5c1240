//! What the rows of a profile ask, against what the vendors say of their names, blocks and ports.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::{Lint, Row};
use crate::audit::{Destination, vendor};
use crate::net::endpoint::Host;
use crate::probe::{Inspection, Spec, Want};
use crate::profile::Severity;

impl Lint {
    pub(super) fn asked(&mut self, row: &Row<'_>) {
        if !row.counts() || row.check.expect.is_negative() {
            return;
        }
        for want in row.spec.wants() {
            self.endpoint(row, &want);
        }
        self.block(row);
        self.stand_in(row);
    }

    fn endpoint(&mut self, row: &Row<'_>, want: &Want) {
        let place = &row.check.place;
        let (host, port) = (want.host.to_string(), want.port);
        if let Some(why) = vendor::wrong_port(&host, port).or_else(|| vendor::odd_port(&host, port))
        {
            self.say(place, "wrong-port", format!("{host} {port}: {why}"));
        }
        if let Some(why) = vendor::uninspected(&host)
            && want.hello.is_some()
            && row.check.inspection == Inspection::Tolerated
        {
            let says = format!("{host}: {why}; say `inspection = \"forbidden\"`");
            self.say(place, "inspection", says);
        }
        if row.prerequisite.severity == Severity::Informational {
            return;
        }
        if let Some(gone) = vendor::gone(&host) {
            let (on, instead) = (gone.on, gone.instead);
            let says = format!("{host} is asked for, but retired {on}; use {instead}");
            self.say(place, "retired", says);
        } else if vendor::is_gone_port(port) && is_apple(&want.host) {
            let says = format!("{host} {port}: Apple switched this port off on 2021-03-31");
            self.say(place, "retired", says);
        }
        if let Host::Address(address) = &want.host
            && let Some((_, block)) = vendor::block_of(&IpNet::from(*address))
        {
            let says = format!(
                "{address} is one of many addresses of {block} and may change; ask by name"
            );
            self.say(place, "too-narrow", says);
        }
        let one_of_many = row.check.sample_of.is_none() && !matches!(row.spec, Spec::Range(_));
        if one_of_many && vendor::is_courier(&host) && row.spec.kind() != "dns" {
            let says = format!(
                "{host} is one courier of many; ask a sample of {{1..50}}-courier.push.apple.com"
            );
            self.say(place, "too-narrow", says);
        }
    }

    fn block(&mut self, row: &Row<'_>) {
        let Spec::Range(range) = row.spec else { return };
        if let Some((owner, whole)) = vendor::block_of(&range.within)
            && range.within != whole
        {
            let says = format!("{} is only a part of {owner}'s {whole}", range.within);
            self.say(&row.check.place, "too-narrow", says);
        }
    }

    /// A host stands for a wildcard that it lies under, or for the names below itself.
    fn stand_in(&mut self, row: &Row<'_>) {
        for wildcard in &row.check.stands_for {
            let zone = wildcard.trim_start_matches("*.");
            let hosts = row.spec.wants();
            let strange = hosts
                .iter()
                .map(|want| want.host.to_string())
                .find(|host| !vendor::is_in(host, zone));
            if let Some(host) = strange {
                let says =
                    format!("{host} cannot stand for {wildcard}, to which it does not belong");
                self.say(&row.check.place, "wrong-wildcard", says);
            }
        }
    }

    /// A zone of which the vendor asks for every name is asked for by single names only.
    pub(super) fn zones(&mut self, rows: &[Row<'_>]) {
        let mut single: BTreeMap<&'static str, (&Row<'_>, String)> = BTreeMap::new();
        let asking = |row: &&Row<'_>| row.counts() && !row.check.expect.is_negative();
        for row in rows.iter().filter(asking) {
            for want in row.spec.wants() {
                let host = want.host.to_string();
                if let Some(zone) = vendor::whole_zone(&host) {
                    single.entry(zone).or_insert((row, host));
                }
            }
        }
        for (zone, (row, host)) in single {
            let wildcard = format!("*.{zone}");
            let stands = |row: &&Row<'_>| row.check.stands_for.contains(&wildcard);
            if rows.iter().filter(asking).any(|row| stands(&row)) {
                continue;
            }
            let says = format!(
                "{host} is one name of many: Microsoft asks for {wildcard}; \
                 say `stands_for = [\"{wildcard}\"]`"
            );
            self.say(&row.check.place, "too-narrow", says);
        }
    }
}

fn is_apple(host: &Host) -> bool {
    match Destination::of_host(host) {
        Destination::Name(name) => vendor::is_push(&name),
        other => Destination::Block(vendor::apple_block()).covers(&other),
    }
}
