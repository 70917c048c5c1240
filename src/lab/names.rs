//! The lab's resolver: answers from the world's table of names, over UDP and TCP on one address.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hickory_proto::op::{Edns, Header, HeaderCounts, Metadata, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, SOA};
use hickory_proto::rr::{Name as DnsName, RData, Record, RecordType};
use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use tokio::net::{TcpListener, UdpSocket};

use super::world::{Name, Resolver};

/// How long a denial may be kept.
const NEGATIVE_TTL: u32 = 60;
/// A TCP client that asks nothing for so long is let go.
const IDLE: Duration = Duration::from_secs(30);

pub(super) struct Names {
    table: BTreeMap<String, Name>,
    resolver: Resolver,
    /// How often each question was asked: every answer starts with another address than the one before.
    turns: Mutex<HashMap<(String, RecordType), usize>>,
}

struct Found {
    code: ResponseCode,
    answers: Vec<Record>,
    soa: Option<Record>,
}

/// Starts the resolver; dropping what is returned stops it.
pub(super) async fn serve(
    at: Option<SocketAddr>,
    table: BTreeMap<String, Name>,
    resolver: Resolver,
) -> io::Result<(SocketAddr, Server<Names>)> {
    let (udp, tcp) = bind(at).await?;
    let address = udp.local_addr()?;
    let mut server = Server::new(Names {
        table,
        resolver,
        turns: Mutex::default(),
    });
    server.register_socket(udp);
    server.register_listener(tcp, IDLE, 32);
    Ok((address, server))
}

/// UDP and TCP on one port; on loopback the system chooses it for UDP, and TCP may find it taken.
async fn bind(at: Option<SocketAddr>) -> io::Result<(UdpSocket, TcpListener)> {
    let wanted = at.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let mut tries = if at.is_some() { 1 } else { 16 };
    loop {
        let udp = UdpSocket::bind(wanted).await?;
        match TcpListener::bind(udp.local_addr()?).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(error) if tries == 1 => return Err(error),
            Err(_) => tries -= 1,
        }
    }
}

impl Names {
    fn look_up(&self, name: &str, kind: RecordType) -> Found {
        let mut answers = Vec::new();
        let mut at = name.to_owned();
        // The world's longest chain has four links; the bound is against a table that leads in a circle.
        for _ in 0..8 {
            let Some(entry) = self.table.get(&at) else {
                return self.denied(&at, answers);
            };
            match &entry.alias {
                Some(next) if kind != RecordType::CNAME => {
                    answers.push(record(&at, entry.ttl, RData::CNAME(CNAME(dns_name(next)))));
                    at.clone_from(next);
                }
                alias => {
                    let turn = self.turn(name, kind);
                    let before = answers.len();
                    answers.extend(
                        data(entry, alias.as_deref(), kind, turn)
                            .map(|data| record(&at, entry.ttl, data)),
                    );
                    let soa = (answers.len() == before).then(|| authority(&at));
                    return Found {
                        code: ResponseCode::NoError,
                        answers,
                        soa,
                    };
                }
            }
        }
        Found {
            code: ResponseCode::ServFail,
            answers: Vec::new(),
            soa: None,
        }
    }

    /// A name below which others exist is empty; any other name does not exist.
    fn denied(&self, name: &str, answers: Vec<Record>) -> Found {
        let suffix = format!(".{name}");
        let empty = self.table.keys().any(|known| known.ends_with(&suffix));
        let code = if empty {
            ResponseCode::NoError
        } else {
            ResponseCode::NXDomain
        };
        Found {
            code,
            answers,
            soa: Some(authority(name)),
        }
    }

    fn turn(&self, name: &str, kind: RecordType) -> usize {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let count = turns.entry((name.to_owned(), kind)).or_default();
        *count += 1;
        *count - 1
    }
}

fn data(
    entry: &Name,
    alias: Option<&str>,
    kind: RecordType,
    turn: usize,
) -> impl Iterator<Item = RData> {
    let mut all: Vec<RData> = match (kind, alias) {
        (RecordType::CNAME, Some(alias)) => vec![RData::CNAME(CNAME(dns_name(alias)))],
        (RecordType::A, _) => entry
            .v4
            .iter()
            .map(|&address| RData::A(A(address)))
            .collect(),
        (RecordType::AAAA, _) => entry
            .v6
            .iter()
            .map(|&address| RData::AAAA(AAAA(address)))
            .collect(),
        _ => Vec::new(),
    };
    if !all.is_empty() {
        let first = turn % all.len();
        all.rotate_left(first);
    }
    all.into_iter()
}

fn record(name: &str, ttl: u32, data: RData) -> Record {
    Record::from_rdata(dns_name(name), ttl, data)
}

/// The zone's own record, which tells a client how long it may believe a denial.
fn authority(name: &str) -> Record {
    let labels: Vec<&str> = name.split('.').filter(|label| !label.is_empty()).collect();
    let zone = labels[labels.len().saturating_sub(2)..].join(".");
    let (server, mailbox) = (format!("ns1.{zone}"), format!("hostmaster.{zone}"));
    let soa = SOA::new(
        dns_name(&server),
        dns_name(&mailbox),
        2_026_112_300,
        3600,
        900,
        1_209_600,
        NEGATIVE_TTL,
    );
    record(&zone, NEGATIVE_TTL, RData::SOA(soa))
}

/// Absolute, and lenient: what cannot be a name becomes the root, so that a strange question still gets an answer.
fn dns_name(text: &str) -> DnsName {
    let mut name = DnsName::from_ascii(text).unwrap_or_else(|_| DnsName::root());
    name.set_fqdn(true);
    name
}

fn unanswered(metadata: Metadata) -> ResponseInfo {
    ResponseInfo::from(Header {
        metadata,
        counts: HeaderCounts::default(),
    })
}

#[async_trait::async_trait]
impl RequestHandler for Names {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response: R,
    ) -> ResponseInfo {
        let reply = Metadata::response_from_request(&request.metadata);
        let question = request.request_info();
        let kind = question.as_ref().ok().map(|info| info.query.query_type());
        let silent = match self.resolver {
            Resolver::Silent => true,
            Resolver::SilentForV6 => kind == Some(RecordType::AAAA),
            Resolver::Answers | Resolver::ServFail => false,
        };
        if silent {
            return unanswered(reply);
        }
        let found = match (self.resolver, question) {
            (Resolver::Answers | Resolver::SilentForV6, Ok(info)) => {
                let name = info.query.name().to_string().to_ascii_lowercase();
                self.look_up(name.trim_end_matches('.'), info.query.query_type())
            }
            (_, Ok(_)) => Found {
                code: ResponseCode::ServFail,
                answers: Vec::new(),
                soa: None,
            },
            (_, Err(_)) => Found {
                code: ResponseCode::FormErr,
                answers: Vec::new(),
                soa: None,
            },
        };
        let mut metadata = reply;
        metadata.response_code = found.code;
        metadata.recursion_available = true;
        let mut edns = Edns::new();
        edns.set_max_payload(1232);
        let mut builder = MessageResponseBuilder::from_message_request(request);
        if request.edns.is_some() {
            builder.edns(&edns);
        }
        let message = builder.build(metadata, &found.answers, [], &found.soa, []);
        response
            .send_response(message)
            .await
            .unwrap_or_else(|_| unanswered(reply))
    }
}
