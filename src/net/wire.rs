//! One DNS question to one server, on sockets of our own: what the server really said, or why it
//! could not be heard. The system's resolver hides both.

mod exchange;
mod message;

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, RecordType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::net::connect::Icmp;
use crate::net::elapsed;
use crate::net::failure::Failure;
use crate::net::source::Source;

use message::{Extension, Question, Reply};

/// As many addresses as a report lists; no real service has more.
pub(super) const LISTED: usize = 64;

/// Which addresses are asked for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Family {
    V4,
    V6,
}

impl Family {
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }

    /// The record type that carries such an address.
    pub const fn record(self) -> &'static str {
        match self {
            Self::V4 => "A",
            Self::V6 => "AAAA",
        }
    }

    const fn record_type(self) -> RecordType {
        match self {
            Self::V4 => RecordType::A,
            Self::V6 => RecordType::AAAA,
        }
    }
}

impl From<Family> for u8 {
    fn from(family: Family) -> Self {
        match family {
            Family::V4 => 4,
            Family::V6 => 6,
        }
    }
}

impl TryFrom<u8> for Family {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            4 => Ok(Self::V4),
            6 => Ok(Self::V6),
            other => Err(format!("{other} is no address family; 4 and 6 are")),
        }
    }
}

impl JsonSchema for Family {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Family".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "enum": [4, 6] })
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct WireAnswer {
    pub address: IpAddr,
    pub ttl: u32,
}

/// What was seen of one question.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct WireSeen {
    pub resolver: SocketAddr,
    /// The response code by its usual name; absent if nothing answered.
    pub rcode: Option<String>,
    pub ms: f64,
    /// Questions sent, over UDP and TCP together.
    pub tries: u32,
    /// What the answer came by: `udp` or `tcp`. Without an answer, `udp`.
    pub transport: String,
    /// The aliases that the answer led through, in order, in lower case, without a trailing dot.
    pub cname: Vec<String>,
    pub answers: Vec<WireAnswer>,
    /// How many addresses were left out of `answers`.
    pub more: usize,
    pub authoritative: bool,
    /// The zone that says that there is nothing.
    pub soa: Option<String>,
    /// The answer over UDP was cut short.
    pub truncated: bool,
    /// The server's extended error: number and text.
    pub ede: Option<String>,
    /// Whether the answer came to a question with EDNS; false where only a plain one was understood.
    pub edns: bool,
    /// What UDP said other than an answer, such as an ICMP error.
    pub udp_error: Option<String>,
    /// Who refused the question, over UDP or TCP.
    pub icmp: Option<Icmp>,
    /// Messages that answered another question than ours.
    pub ignored: u32,
}

/// How patiently a question is asked.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct WireOptions {
    pub source: Source,
    /// From the first packet to the end, whatever the transport.
    pub timeout: Duration,
    /// When the UDP question is sent again, counted from the first.
    pub resend: Vec<Duration>,
    /// When the same question goes over TCP beside it.
    pub tcp_after: Duration,
}

impl WireOptions {
    /// What the default run uses.
    pub fn standard() -> Self {
        Self {
            source: Source::default(),
            timeout: Duration::from_secs(3),
            resend: vec![Duration::from_millis(500), Duration::from_millis(1500)],
            tcp_after: Duration::from_secs(1),
        }
    }
}

/// Asks `resolver` for the addresses of `name`, which is taken as complete: no search domains.
pub async fn ask(
    name: &str,
    family: Family,
    resolver: SocketAddr,
    options: &WireOptions,
) -> (WireSeen, Result<(), Failure>) {
    let start = Instant::now();
    let mut seen = nothing_yet(resolver);
    let complete = format!("{}.", name.trim_end_matches('.'));
    let name = match Name::from_ascii(&complete) {
        Ok(name) => name,
        Err(error) => {
            let detail = format!("{name} cannot be asked for: {error}");
            return (seen, Err(Failure::new(Code::DnsOther, detail)));
        }
    };
    let deadline = start + options.timeout;
    let mut result = asked(&name, family, options, deadline, &mut seen).await;
    seen.ms = elapsed::ms(start);
    if let Err(failure) = &result
        && failure.code == Code::DnsServfail
        && is_withheld(&name, family, options, deadline, resolver).await
    {
        result = Err(bogus(&name, &seen));
    }
    (seen, result)
}

/// How long we wait to learn whether a server holds back an answer that it has.
const WITHHELD: Duration = Duration::from_secs(1);

/// Whether the server has an answer and gives it to whoever does not want it validated. A question of ours alone, which
/// nothing of the look-up's own evidence counts.
async fn is_withheld(
    name: &Name,
    family: Family,
    options: &WireOptions,
    deadline: Instant,
    resolver: SocketAddr,
) -> bool {
    let Ok(unchecked) = Question::new(name, family.record_type(), Extension::Unchecked) else {
        return false;
    };
    let deadline = deadline.min(Instant::now() + WITHHELD);
    let mut aside = nothing_yet(resolver);
    let answer = exchange::run(&unchecked, options, deadline, &mut aside).await;
    answer.is_ok_and(|reply| reply.rcode == ResponseCode::NoError)
}

/// Some boxes on the way do not understand EDNS; such an answer is about them, not about the name,
/// so the question is put once more without it.
async fn asked(
    name: &Name,
    family: Family,
    options: &WireOptions,
    deadline: Instant,
    seen: &mut WireSeen,
) -> Result<(), Failure> {
    let question = Question::new(name, family.record_type(), Extension::Edns)?;
    let mut reply = exchange::run(&question, options, deadline, seen).await?;
    let misunderstood = [
        ResponseCode::FormErr,
        ResponseCode::NotImp,
        ResponseCode::BADVERS,
    ];
    if misunderstood.contains(&reply.rcode) {
        let plain = Question::new(name, family.record_type(), Extension::None)?;
        if let Ok(second) = exchange::run(&plain, options, deadline, seen).await {
            seen.edns = false;
            reply = second;
        }
    }
    record(&reply, seen);
    judge(&message::plain(name), family, reply.rcode, seen)
}

/// The resolver has the answer and withholds it, since its signatures do not verify.
fn bogus(name: &Name, seen: &WireSeen) -> Failure {
    let detail = format!(
        "{} answered SERVFAIL for {}, and NOERROR when told not to validate",
        seen.resolver,
        message::plain(name)
    );
    Failure::new(Code::DnsDnssecBogus, detail)
}

fn judge(name: &str, family: Family, rcode: ResponseCode, seen: &WireSeen) -> Result<(), Failure> {
    let code = match rcode {
        ResponseCode::NoError if !seen.answers.is_empty() => return Ok(()),
        ResponseCode::NoError => Code::DnsNodata,
        ResponseCode::NXDomain => Code::DnsNxdomain,
        ResponseCode::ServFail => Code::DnsServfail,
        ResponseCode::Refused => Code::DnsRefused,
        ResponseCode::FormErr => Code::DnsFormerr,
        ResponseCode::NotImp => Code::DnsNotimp,
        _ => Code::DnsOther,
    };
    let said = match code {
        Code::DnsNodata => format!("no {} record", family.record()),
        _ => message::rcode_name(rcode),
    };
    let end = match seen.cname.as_slice() {
        [] => String::new(),
        [before @ .., alias] if before.contains(alias) || alias == name => {
            format!(", whose aliases lead in a circle at {alias}")
        }
        [.., alias] => format!(", an alias of {alias}"),
    };
    let ede = seen
        .ede
        .as_ref()
        .map_or(String::new(), |ede| format!(" ({ede})"));
    let detail = format!("{} answered {said} for {name}{end}{ede}", seen.resolver);
    Err(Failure::new(code, detail))
}

fn record(reply: &Reply, seen: &mut WireSeen) {
    seen.rcode = Some(message::rcode_name(reply.rcode));
    seen.cname.clone_from(&reply.cname);
    seen.answers.clone_from(&reply.answers);
    seen.more = reply.more;
    seen.authoritative = reply.authoritative;
    seen.soa.clone_from(&reply.soa);
    seen.ede.clone_from(&reply.ede);
}

pub(super) fn nothing_yet(resolver: SocketAddr) -> WireSeen {
    WireSeen {
        resolver,
        rcode: None,
        ms: 0.0,
        tries: 0,
        transport: "udp".to_owned(),
        cname: Vec::new(),
        answers: Vec::new(),
        more: 0,
        authoritative: false,
        soa: None,
        truncated: false,
        ede: None,
        edns: true,
        udp_error: None,
        icmp: None,
        ignored: 0,
    }
}

#[cfg(test)]
mod tests;
