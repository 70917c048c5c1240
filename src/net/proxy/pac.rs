//! PAC files: a script that says for each destination which proxies to try, run by a real engine with deadline and limit.

mod script;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Destination, Way};
use crate::code::Code;
use crate::net::endpoint::Address;
use crate::net::http::{HttpOptions, Request, exchange};
use crate::net::ladder::{Climb, Hello, Ladder, Rungs};
use crate::net::memo::{End, Observation, ended};
use crate::net::pacer::{Places, SILENT_GIVES_WAY};
use crate::net::pipe::Pipe;
use crate::net::tls::{TlsOptions, classify_chain, handshake};
use crate::net::trust::StoreName;
use crate::net::tunnel::Via;
use crate::net::wire::Family;
use crate::net::{Failure, Net};
use script::Script;

/// The longest file that is read.
const LONGEST: usize = 1024 * 1024;
/// How often a server may send its reader on.
const REDIRECTS: usize = 3;

/// A file that names the way to each destination.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pac {
    shown: String,
    source: Source,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Source {
    Text(Arc<str>),
    Url(Address),
}

impl Pac {
    /// A file of this machine, or the address of one.
    ///
    /// The error says what is wrong with the file: it is to be known before the first packet.
    pub fn of(given: &str) -> Result<Self, String> {
        if let Some(path) = given.strip_prefix("file://") {
            return Self::of_file(path);
        }
        if given.contains("://") {
            return Self::of_url(given);
        }
        Self::of_file(given)
    }

    /// The address of a file, which is fetched when the first connection needs it.
    pub fn of_url(given: &str) -> Result<Self, String> {
        let address: Address = given
            .parse()
            .map_err(|error: crate::net::endpoint::EndpointError| error.to_string())?;
        Ok(Self {
            shown: format!("pac:{}", address.url()),
            source: Source::Url(address),
        })
    }

    fn of_file(path: &str) -> Result<Self, String> {
        let wrong = |why: String| format!("`{path}`: {why}");
        let path_of = Path::new(path);
        // Nobody waits for the other end of a pipe.
        let kind = path_of
            .metadata()
            .map_err(|error| wrong(error.to_string()))?;
        if !kind.is_file() {
            return Err(wrong("it is not a regular file".to_owned()));
        }
        let file = File::open(path_of).map_err(|error| wrong(error.to_string()))?;
        let mut bytes = Vec::new();
        let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        let read = file.take(most + 1).read_to_end(&mut bytes);
        read.map_err(|error| wrong(error.to_string()))?;
        if bytes.len() > LONGEST {
            return Err(wrong(format!("it is longer than {LONGEST} bytes")));
        }
        let text = decoded(&bytes);
        Script::new(&text).check().map_err(wrong)?;
        Ok(Self {
            shown: format!("pac:{path}"),
            source: Source::Text(text.into()),
        })
    }

    pub(super) fn shown(&self) -> &str {
        &self.shown
    }
}

/// UTF-8; or Latin-1, in which each byte is a character, as browsers read the files that are older.
fn decoded(bytes: &[u8]) -> String {
    let text = std::str::from_utf8(bytes).map_or_else(
        |_| bytes.iter().map(|byte| char::from(*byte)).collect(),
        ToOwned::to_owned,
    );
    text.strip_prefix('\u{feff}')
        .map_or(text.clone(), ToOwned::to_owned)
}

impl Net {
    /// What the file says of a destination; asked once for each.
    pub(super) async fn ways_by_pac(&self, pac: &Pac, to: &Destination) -> Observation<Vec<Way>> {
        let answer = self.inner.decisions.ask(to, Vec::new(), |sender| {
            let (net, pac, to) = (self.clone(), pac.clone(), to.clone());
            async move {
                let (ways, problem) = match net.script(&pac.source).await {
                    Ok(text) => script::ways(&net, &pac.shown, text, to).await,
                    Err(failure) => (Vec::new(), Some(failure)),
                };
                sender.send_modify(|answer| {
                    answer.seen = ways;
                    answer.end = problem.map_or(End::Done, End::Failed);
                });
            }
        });
        ended(answer).await
    }

    async fn script(&self, source: &Source) -> Result<Arc<str>, Failure> {
        let address = match source {
            Source::Text(text) => return Ok(Arc::clone(text)),
            Source::Url(address) => address,
        };
        let blank: Arc<str> = "".into();
        let answer = self.inner.scripts.ask(address, blank, |sender| {
            let (net, address) = (self.clone(), address.clone());
            async move {
                let fetched = net.fetch(address).await;
                sender.send_modify(|answer| match fetched {
                    Ok(text) => {
                        answer.seen = text.into();
                        answer.end = End::Done;
                    }
                    Err(failure) => answer.end = End::Failed(failure),
                });
            }
        });
        let seen = ended(answer).await;
        match seen.failure() {
            Some(failure) => Err(failure.clone()),
            None => Ok(seen.seen),
        }
    }

    /// Straight from its server, as no proxy is known yet.
    async fn fetch(&self, mut address: Address) -> Result<String, Failure> {
        for _ in 0..=REDIRECTS {
            let failed = |why: String| {
                Failure::new(
                    Code::ProxyPacFailed,
                    format!("the PAC file {}: {why}", address.url()),
                )
            };
            let (status, location, body) = self.get(&address).await.map_err(|failure| {
                let Failure { code, detail, .. } = failure;
                failed(format!("{detail} ({code})"))
            })?;
            match (
                status,
                location.and_then(|location| address.join(&location)),
            ) {
                (300..=399, Some(next)) => address = next,
                (200, _) => return Ok(decoded(&body)),
                _ => return Err(failed(format!("status {status}"))),
            }
        }
        Err(Failure::new(
            Code::ProxyPacFailed,
            format!(
                "the PAC file {}: sent on more than {REDIRECTS} times",
                address.url()
            ),
        ))
    }

    async fn get(&self, address: &Address) -> Result<(u16, Option<String>, Vec<u8>), Failure> {
        let (stream, _places) = self.connected(address).await?;
        let budgets = self.budgets();
        let pipe = if address.tls {
            let options = TlsOptions {
                server_name: address.host.to_string(),
                alpn: vec!["http/1.1".to_owned()],
                strict: false,
                timeout: budgets.tls,
            };
            let trust = &self.settings().trust;
            let (tls, end) = handshake(stream, &options, trust).await;
            let stream = end?;
            if let Some(code) = classify_chain(&tls, &[StoreName::Public, StoreName::System]) {
                return Err(Failure::new(code, "its server's chain is not accepted"));
            }
            Pipe::Inner(Box::new(stream))
        } else {
            stream.into()
        };
        let request = Request {
            method: "GET".to_owned(),
            host: address.authority(),
            path: address.path.clone(),
            headers: Vec::new(),
            body: None,
            credential: None,
        };
        let options = HttpOptions {
            headers_timeout: budgets.headers,
            body_timeout: budgets.body,
            limit: LONGEST,
            whole: true,
        };
        let (seen, end) = exchange(pipe, false, &request, &options).await;
        end?;
        let body = seen.whole.unwrap_or_default();
        Ok((seen.status.unwrap_or_default(), seen.leads_to, body))
    }

    /// A connection to the first address that there is a route to; the other family is tried as well once the first one
    /// has been silent for a while.
    async fn connected(&self, address: &Address) -> Result<(TcpStream, Places), Failure> {
        self.begin_look_up(&address.host, Some(address.port));
        let mut first = std::pin::pin!(self.connected_by(address, Family::V4));
        let second = self.connected_by(address, Family::V6);
        match timeout(SILENT_GIVES_WAY, &mut first).await {
            Ok(Ok(connected)) => Ok(connected),
            Ok(Err(failure)) => second.await.map_err(|other| worse(failure, other)),
            Err(_) => {
                let mut second = std::pin::pin!(second);
                tokio::select! {
                    end = &mut first => match end {
                        Ok(connected) => Ok(connected),
                        Err(failure) => second.await.map_err(|other| worse(failure, other)),
                    },
                    end = &mut second => match end {
                        Ok(connected) => Ok(connected),
                        Err(other) => first.await.map_err(|failure| worse(failure, other)),
                    },
                }
            }
        }
    }

    async fn connected_by(
        &self,
        address: &Address,
        family: Family,
    ) -> Result<(TcpStream, Places), Failure> {
        let found = self
            .addresses(&address.host, Some(address.port), family)
            .await;
        let routed = |one: &std::net::IpAddr| self.has_route(*one);
        let Some(one) = found.into_iter().find(routed) else {
            let detail = format!("{} has no address", address.host);
            return Err(Failure::new(Code::DnsNodata, detail));
        };
        let (sender, _) = tokio::sync::watch::channel(Observation::pending(Rungs::default()));
        let ladder = Arc::new(Ladder {
            address: one,
            port: address.port,
            detour: self.detour_of(&address.host, address.port),
            via: Via::Direct,
            hello: address.tls.then(|| Hello {
                name: address.host.to_string(),
                alpn: Vec::new(),
                strict: false,
            }),
            request: None,
            attempt: 0,
            hedged: true,
        });
        let net = self.clone();
        let climb = Climb {
            net,
            ladder,
            sender,
        };
        climb.connect().await
    }
}

/// Of the failures of both families the one that says more: of a connect, if there was one.
fn worse(failure: Failure, other: Failure) -> Failure {
    if failure.code == Code::DnsNodata {
        other
    } else {
        failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_utf_8_or_latin_1_and_a_mark_before_it_is_none_of_it() {
        assert_eq!(decoded(b"// f\xfcr"), "// f\u{fc}r");
        assert_eq!(decoded("// für".as_bytes()), "// für");
        assert_eq!(decoded(b"\xef\xbb\xbfvar x;"), "var x;");
    }
}
