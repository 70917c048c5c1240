//! Names as the operating system resolves them: hosts file, scoped resolvers, caches and all.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use hickory_resolver::config::ProtocolConfig;
use hickory_resolver::system_conf::read_system_conf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::code::Code;
use crate::net::elapsed;
use crate::net::failure::Failure;
use crate::net::platform::{self, SystemError};
use crate::net::wire::LISTED;

/// What the system's own look-up said.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct SystemSeen {
    pub addresses: Vec<IpAddr>,
    /// How many addresses were left out.
    pub more: usize,
    /// The name at the end of the aliases, where the system tells.
    pub canonical: Option<String>,
    pub error: Option<Failure>,
    pub ms: f64,
}

/// Asks as an application would. After the budget the answer is no longer waited for; the look-up
/// itself cannot be stopped and ends on a thread of its own, which delays neither run nor exit.
pub async fn look_up(name: &str, budget: Duration) -> SystemSeen {
    looked_up(name, budget, platform::getaddrinfo).await
}

/// What a system's look-up, with the modules that it loads, can do with.
const STACK: usize = 512 * 1024;
/// How often a process that has no room for a thread looks for some: those of other look-ups end.
const THREAD_WAIT: Duration = Duration::from_millis(50);

type Found = Result<(Vec<IpAddr>, Option<String>), SystemError>;

async fn looked_up(name: &str, budget: Duration, ask: fn(&str) -> Found) -> SystemSeen {
    let start = Instant::now();
    let answered = loop {
        match begin(name, ask) {
            Ok(answered) => break answered,
            Err(_) if start.elapsed() + THREAD_WAIT < budget => sleep(THREAD_WAIT).await,
            Err(error) => {
                let detail = format!("could not start the system's look-up: {error}");
                return failed(start, Failure::new(Code::LocalInternal, detail));
            }
        }
    };
    let result = timeout(budget.saturating_sub(start.elapsed()), answered).await;
    match result {
        Ok(Ok(Ok((addresses, canonical)))) if !addresses.is_empty() => {
            let mut addresses = without_repeats(addresses);
            let more = addresses.len().saturating_sub(LISTED);
            addresses.truncate(LISTED);
            SystemSeen {
                addresses,
                more,
                canonical,
                error: None,
                ms: elapsed::ms(start),
            }
        }
        Ok(Ok(Ok(_))) => failed(start, failure(name, &SystemError::NoData)),
        Ok(Ok(Err(error))) => failed(start, failure(name, &error)),
        Ok(Err(_)) => {
            let detail = "the system's look-up ended without an answer";
            failed(start, Failure::new(Code::LocalInternal, detail))
        }
        Err(_) => {
            let within = elapsed::text(budget);
            let detail = format!("the system did not resolve {name} within {within}");
            failed(start, Failure::new(Code::DnsTimeout, detail))
        }
    }
}

/// On a thread of its own, as the look-up cannot be stopped.
fn begin(name: &str, ask: fn(&str) -> Found) -> io::Result<oneshot::Receiver<Found>> {
    let (answer, answered) = oneshot::channel();
    let asked = name.to_owned();
    let thread = std::thread::Builder::new()
        .name("look-up".to_owned())
        .stack_size(STACK);
    thread.spawn(move || {
        // Nobody may be listening any more.
        let _ = answer.send(ask(&asked));
    })?;
    Ok(answered)
}

/// The servers that this system is configured to ask; empty if it names none.
pub fn resolvers() -> Vec<SocketAddr> {
    let Ok((config, _)) = read_system_conf() else {
        return Vec::new();
    };
    let mut servers = Vec::new();
    for server in config.name_servers() {
        let port = server
            .connections
            .iter()
            .find(|connection| matches!(connection.protocol, ProtocolConfig::Udp))
            .map_or(53, |connection| connection.port);
        let server = SocketAddr::new(server.ip, port);
        if !servers.contains(&server) {
            servers.push(server);
        }
    }
    servers
}

fn failed(start: Instant, error: Failure) -> SystemSeen {
    SystemSeen {
        addresses: Vec::new(),
        more: 0,
        canonical: None,
        error: Some(error),
        ms: elapsed::ms(start),
    }
}

fn failure(name: &str, error: &SystemError) -> Failure {
    let (code, said) = match error {
        SystemError::NotFound => (Code::DnsNxdomain, "no such name".to_owned()),
        SystemError::NoData => (Code::DnsNodata, "no address under this name".to_owned()),
        // A silent, a broken and an unreachable resolver all look like this to the system.
        SystemError::TryAgain => (
            Code::DnsSystemFailed,
            "no resolver gave an answer (EAI_AGAIN)".to_owned(),
        ),
        SystemError::Fail => (
            Code::DnsSystemFailed,
            "the resolver gave an error (EAI_FAIL)".to_owned(),
        ),
        SystemError::Other(number) => (
            Code::DnsSystemFailed,
            format!("the system's look-up failed with error {number}"),
        ),
    };
    Failure::new(code, format!("{name}: {said}"))
}

fn without_repeats(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let mut kept = Vec::new();
    for address in addresses {
        if !kept.contains(&address) {
            kept.push(address);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn localhost_resolves_and_no_address_comes_twice() {
        let seen = look_up("localhost", Duration::from_secs(3)).await;
        assert_eq!(seen.error, None);
        assert!(seen.addresses.iter().all(IpAddr::is_loopback));
        assert_eq!(without_repeats(seen.addresses.clone()), seen.addresses);
    }

    #[tokio::test]
    async fn a_spent_budget_is_a_timeout_and_a_thread_that_dies_is_our_own_fault() {
        let dawdles: fn(&str) -> Found = |_| {
            std::thread::sleep(Duration::from_millis(300));
            Ok((Vec::new(), None))
        };
        let dies: fn(&str) -> Found = |_| panic!("wanted by a test");
        let (soon, late) = (Duration::from_millis(20), Duration::from_secs(5));
        for (ask, budget, code) in [
            (dawdles, soon, Code::DnsTimeout),
            (dawdles, late, Code::DnsNodata),
            (dies, late, Code::LocalInternal),
        ] {
            let seen = looked_up("a.example", budget, ask).await;
            assert_eq!(seen.error.map(|error| error.code), Some(code));
            assert!(seen.addresses.is_empty());
        }
    }

    #[test]
    fn a_system_that_does_not_say_why_is_not_said_to_know() {
        assert_eq!(failure("a", &SystemError::NotFound).code, Code::DnsNxdomain);
        assert_eq!(failure("a", &SystemError::NoData).code, Code::DnsNodata);
        for unclear in [
            SystemError::TryAgain,
            SystemError::Fail,
            SystemError::Other(11),
        ] {
            assert_eq!(failure("a", &unclear).code, Code::DnsSystemFailed);
        }
    }
}
