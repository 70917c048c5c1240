//! The bytes of one question, and what a reply to it holds.

use std::net::IpAddr;

use hickory_proto::op::{Edns, Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption};
use hickory_proto::rr::{Name, RData, RecordType};

use super::{LISTED, WireAnswer};
use crate::code::Code;
use crate::net::failure::Failure;

/// The largest UDP answer asked for: it crosses every ordinary path in one piece.
const UDP_PAYLOAD: u16 = 1232;
/// As many aliases as are followed; no real name has so many.
const LINKS: usize = 64;
const EXTENDED_ERROR: u16 = 15;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Extension {
    Edns,
    /// EDNS, and the resolver is told not to validate (CD, RFC 4035).
    Unchecked,
    None,
}

pub(super) struct Question {
    id: u16,
    query: Query,
    pub(super) bytes: Vec<u8>,
}

/// What the report needs of a reply.
pub(super) struct Reply {
    pub(super) rcode: ResponseCode,
    pub(super) truncated: bool,
    pub(super) authoritative: bool,
    pub(super) cname: Vec<String>,
    pub(super) answers: Vec<WireAnswer>,
    pub(super) more: usize,
    pub(super) soa: Option<String>,
    pub(super) ede: Option<String>,
}

/// What a message is to a question.
pub(super) enum Heard {
    Reply(Reply),
    /// An answer to it that cannot be read.
    Unreadable,
    /// Something else.
    Other,
}

impl Question {
    pub(super) fn new(
        name: &Name,
        record_type: RecordType,
        extension: Extension,
    ) -> Result<Self, Failure> {
        let query = Query::query(name.clone(), record_type);
        // The constructor draws a random id.
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        message.add_query(query.clone());
        message.metadata.checking_disabled = extension == Extension::Unchecked;
        if extension != Extension::None {
            let mut edns = Edns::new();
            edns.set_max_payload(UDP_PAYLOAD);
            message.set_edns(edns);
        }
        let id = message.metadata.id;
        let bytes = message.to_vec().map_err(|error| {
            let detail = format!("{name} does not fit into a question: {error}");
            Failure::new(Code::DnsOther, detail)
        })?;
        Ok(Self { id, query, bytes })
    }

    /// What these bytes are to this question.
    pub(super) fn reply_in(&self, bytes: &[u8]) -> Heard {
        let Ok(message) = Message::from_vec(bytes) else {
            let cut = self.cut_short(bytes).map(Heard::Reply);
            return cut.unwrap_or_else(|| self.spoilt(bytes));
        };
        if self.is_answered_by(&message) {
            Heard::Reply(self.read(&message))
        } else {
            Heard::Other
        }
    }

    /// By its identifier it is the answer, and nobody can read it.
    fn spoilt(&self, bytes: &[u8]) -> Heard {
        if self.is_ours(bytes) {
            Heard::Unreadable
        } else {
            Heard::Other
        }
    }

    fn is_ours(&self, bytes: &[u8]) -> bool {
        const RESPONSE: u8 = 0x80;
        let id = bytes.first_chunk().map(|id| u16::from_be_bytes(*id));
        id == Some(self.id) && bytes.get(2).is_some_and(|flags| flags & RESPONSE != 0)
    }

    fn is_answered_by(&self, message: &Message) -> bool {
        let same_question = match message.queries.as_slice() {
            [query] => {
                query.name == self.query.name
                    && query.query_type == self.query.query_type
                    && query.query_class == self.query.query_class
            }
            // A server that could not read the question cannot repeat it.
            [] => message.metadata.response_code != ResponseCode::NoError,
            _ => false,
        };
        message.metadata.id == self.id
            && message.metadata.message_type == MessageType::Response
            && same_question
    }

    /// Some servers cut in the middle of a record; the header still says so.
    fn cut_short(&self, bytes: &[u8]) -> Option<Reply> {
        const TRUNCATED: u8 = 0x02;
        let truncated = bytes.get(2).is_some_and(|flags| flags & TRUNCATED != 0);
        (self.is_ours(bytes) && truncated).then(|| Reply {
            rcode: ResponseCode::NoError,
            truncated: true,
            authoritative: false,
            cname: Vec::new(),
            answers: Vec::new(),
            more: 0,
            soa: None,
            ede: None,
        })
    }

    fn read(&self, message: &Message) -> Reply {
        let (end, cname) = self.follow_aliases(message);
        let addresses: Vec<WireAnswer> = message
            .answers
            .iter()
            .filter(|record| record.name == end)
            .filter_map(|record| {
                let address: IpAddr = match (&record.data, self.query.query_type) {
                    (RData::A(address), RecordType::A) => address.0.into(),
                    (RData::AAAA(address), RecordType::AAAA) => address.0.into(),
                    _ => return None,
                };
                let ttl = record.ttl;
                Some(WireAnswer { address, ttl })
            })
            .collect();
        Reply {
            rcode: message.metadata.response_code,
            truncated: message.metadata.truncation,
            authoritative: message.metadata.authoritative,
            cname,
            more: addresses.len().saturating_sub(LISTED),
            answers: addresses.into_iter().take(LISTED).collect(),
            soa: message
                .authorities
                .iter()
                .find(|record| matches!(record.data, RData::SOA(_)))
                .map(|record| plain(&record.name)),
            ede: message.edns.as_ref().and_then(extended_error),
        }
    }

    /// The name at the end of the aliases, and the aliases themselves. One that leads back ends the walk.
    fn follow_aliases(&self, message: &Message) -> (Name, Vec<String>) {
        let mut end = self.query.name.clone();
        let mut aliases: Vec<String> = Vec::new();
        while aliases.len() < LINKS
            && !aliases[..aliases.len().saturating_sub(1)].contains(&plain(&end))
        {
            let target = message
                .answers
                .iter()
                .find_map(|record| match &record.data {
                    RData::CNAME(target) if record.name == end => Some(target.0.clone()),
                    _ => None,
                });
            let Some(target) = target else { break };
            aliases.push(plain(&target));
            end = target;
        }
        (end, aliases)
    }
}

/// `22: no reachable authority`; the text is often absent.
fn extended_error(edns: &Edns) -> Option<String> {
    let EdnsOption::Unknown(_, bytes) = edns.option(EdnsCode::from(EXTENDED_ERROR))? else {
        return None;
    };
    let (number, text) = bytes.split_first_chunk::<2>()?;
    let number = u16::from_be_bytes(*number);
    let text = String::from_utf8_lossy(text);
    let text = text.trim_matches(['\0', ' ']);
    Some(if text.is_empty() {
        number.to_string()
    } else {
        format!("{number}: {text}")
    })
}

/// A name as a report writes it: lower case, no trailing dot.
pub(super) fn plain(name: &Name) -> String {
    let text = name.to_ascii().to_ascii_lowercase();
    text.strip_suffix('.').map_or(text.clone(), str::to_owned)
}

/// The mnemonic of RFC 1035 and its successors.
pub(super) fn rcode_name(rcode: ResponseCode) -> String {
    match rcode {
        ResponseCode::NoError => "NOERROR".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        ResponseCode::NotAuth => "NOTAUTH".to_owned(),
        ResponseCode::BADVERS => "BADVERS".to_owned(),
        other => format!("RCODE{}", u16::from(other)),
    }
}
