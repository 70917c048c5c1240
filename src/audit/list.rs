//! A customer's own list of rules, as CSV: destination, port, protocol; each line that cannot be read is said.

mod csv;

use std::ops::RangeInclusive;

use self::csv::{Columns, Record, header, records};
use super::{Destination, Remark, Transport};

/// One line of the list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    pub line: usize,
    pub destination: Destination,
    pub ports: Vec<RangeInclusive<u16>>,
    pub transports: Vec<Transport>,
}

impl Entry {
    pub(super) fn allows(&self, port: u16, transport: Transport) -> bool {
        self.transports.contains(&transport) && self.has(port)
    }

    pub(super) fn has(&self, port: u16) -> bool {
        self.ports.iter().any(|range| range.contains(&port))
    }

    /// The ports that were written as such, not as part of a range.
    pub(super) fn single(&self) -> impl Iterator<Item = u16> + '_ {
        let single = |range: &&RangeInclusive<u16>| range.start() == range.end();
        self.ports.iter().filter(single).map(|range| *range.start())
    }
}

/// The lines that could be read, and what is to be said of the others.
#[derive(Clone, Debug, Default)]
pub struct List {
    pub file: String,
    pub entries: Vec<Entry>,
    pub unread: Vec<Remark>,
}

impl List {
    pub fn parse(file: &str, text: &str) -> Self {
        let mut list = Self {
            file: file.to_owned(),
            ..Self::default()
        };
        let mut columns = None;
        let mut first = true;
        for (line, record) in records(text) {
            let record = match record {
                Ok(record) => record,
                Err(says) => {
                    list.unread(line, says);
                    continue;
                }
            };
            if std::mem::take(&mut first) {
                columns = header(&record);
                if columns.is_some() {
                    continue;
                }
            }
            match entry(line, &record, columns.as_ref()) {
                Ok(Some(entry)) => list.entries.push(entry),
                Ok(None) => {}
                Err(says) => list.unread(line, says),
            }
        }
        list
    }

    fn unread(&mut self, line: usize, says: String) {
        self.unread.push(Remark {
            file: self.file.clone(),
            line: Some(line),
            kind: "unreadable",
            says,
        });
    }
}

/// `None`: a rule that opens nothing.
fn entry(line: usize, record: &Record, columns: Option<&Columns>) -> Result<Option<Entry>, String> {
    let shown = record.join(",");
    let missing =
        |what: &str| format!("`{shown}` has no {what}; expected destination, port, protocol");
    let field = |at: usize| record.get(at).map(String::as_str).unwrap_or_default();
    let (destination, written, protocol) = match columns {
        Some(columns) => {
            let action = columns.action.map(field).unwrap_or_default();
            if ["block", "deny", "drop", "reject"].contains(&action.to_ascii_lowercase().as_str()) {
                return Ok(None);
            }
            let protocol = columns.protocol.map(field).unwrap_or_default();
            (
                field(columns.destination),
                field(columns.port).to_owned(),
                protocol,
            )
        }
        None => bare(record),
    };
    if destination.is_empty() {
        return Err(missing("destination"));
    }
    if written.trim().is_empty() {
        return Err(missing("port"));
    }
    let (written, of_service) = service(&written);
    let protocol = if protocol.is_empty() {
        of_service
    } else {
        protocol
    };
    Ok(Some(Entry {
        line,
        destination: destination.parse()?,
        ports: ports(&written)?,
        transports: transports(protocol)?,
    }))
}

/// `tcp/443`, `443/tcp` and `TCP 443`: the ports, and the protocol that stands among them.
fn service(written: &str) -> (String, &'static str) {
    let (mut tcp, mut udp) = (false, false);
    let words = written.split_inclusive([',', ';', '/', ' ', '|', '_', ':']);
    let mut ports = String::new();
    for word in words {
        let bare = word.trim_end_matches([',', ';', '/', ' ', '|', '_', ':']);
        match bare.to_ascii_lowercase().as_str() {
            "tcp" => tcp = true,
            "udp" => udp = true,
            _ => ports.push_str(word),
        }
    }
    let protocol = match (tcp, udp) {
        (false, true) => "udp",
        (false, false) => "",
        (true, true) => "tcp/udp",
        (true, false) => "tcp",
    };
    // A protocol alone opens all its ports.
    let alone = ports.trim().is_empty() && (tcp || udp);
    (if alone { "any".to_owned() } else { ports }, protocol)
}

/// Without a header: the destination first, a protocol last if it is one, ports between them.
fn bare(record: &Record) -> (&str, String, &str) {
    let (destination, rest) = record.split_first().expect("a record has a field");
    let filled: Vec<&str> = rest
        .iter()
        .map(String::as_str)
        .filter(|f| !f.is_empty())
        .collect();
    match filled.split_last() {
        Some((last, ports)) if !ports.is_empty() && last.starts_with(char::is_alphabetic) => {
            (destination, ports.join(","), last)
        }
        _ => (destination, filled.join(","), ""),
    }
}

/// `443`, `5223-5228`, `80 443`, `443/2197`, `any`.
fn ports(text: &str) -> Result<Vec<RangeInclusive<u16>>, String> {
    if matches!(
        text.trim().to_ascii_lowercase().as_str(),
        "any" | "all" | "*"
    ) {
        return Ok(vec![1..=u16::MAX]);
    }
    let wrong =
        |word: &str| format!("`{word}` is no port: expected 1 to 65535, FIRST-LAST or a list");
    let port = |word: &str| match word.trim().to_ascii_lowercase().as_str() {
        "https" => Ok(443),
        "http" => Ok(80),
        number => number_of(number).ok_or_else(|| wrong(text.trim())),
    };
    // A range with spaces about its dash is one all the same.
    let joined = text.replace(" -", "-").replace("- ", "-");
    let mut found = Vec::new();
    for word in joined
        .split([',', ';', '/', ' ', '|'])
        .filter(|word| !word.is_empty())
    {
        match word.split_once('-') {
            None => found.push(port(word).map(|port| port..=port)?),
            Some((first, last)) => {
                let (first, last) = (port(first)?, port(last)?);
                if first > last {
                    return Err(format!("the range of ports `{word}` counts down"));
                }
                found.push(first..=last);
            }
        }
    }
    if found.is_empty() {
        return Err(wrong(text.trim()));
    }
    Ok(found)
}

fn number_of(word: &str) -> Option<u16> {
    word.parse().ok().filter(|port| *port > 0)
}

fn transports(protocol: &str) -> Result<Vec<Transport>, String> {
    match protocol.to_ascii_lowercase().as_str() {
        "" | "any" | "all" | "*" | "ip" | "tcp/udp" | "tcp+udp" | "udp/tcp" | "tcp, udp" => {
            Ok(vec![Transport::Tcp, Transport::Udp])
        }
        "tcp" | "https" | "http" | "tls" | "ssl" | "6" => Ok(vec![Transport::Tcp]),
        "udp" | "ntp" | "17" => Ok(vec![Transport::Udp]),
        "icmp" => Ok(Vec::new()),
        _ => Err(format!(
            "`{protocol}` is no protocol: expected tcp, udp or any"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_people_write_them() {
        let text = "\u{feff}# ours\r\nPort;Destination;Proto\r\n443, 5223;17.0.0.0/8;TCP\r\n";
        let text = text.replace("443, 5223", "\"443, 5223\"").replace(';', ",");
        let list = List::parse("x", &text);
        assert!(list.unread.is_empty(), "{:?}", list.unread);
        assert_eq!(list.entries[0].line, 3);
        assert_eq!(list.entries[0].ports, [443..=443, 5223..=5223]);
        let list = List::parse(
            "x",
            "a.example,443,5223,tcp\nb.example,1-9 # nine\nc.example\t7\tudp\n",
        );
        assert!(list.unread.is_empty(), "{:?}", list.unread);
        assert_eq!(list.entries[0].ports, [443..=443, 5223..=5223]);
        assert_eq!(list.entries[1].ports, [1..=9]);
        assert_eq!(list.entries[2].transports, [Transport::Udp]);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_said_with_its_value() {
        let text = "a.example,0\nb.example,9-1,tcp\n17.0.0.0/33,443\nc.example,443,tpc\nd.example\n\"e,443\n";
        let list = List::parse("x", text);
        let says: Vec<(Option<usize>, &str)> = list
            .unread
            .iter()
            .map(|r| (r.line, r.says.as_str()))
            .collect();
        for (number, (said, value)) in says
            .iter()
            .zip(["`0`", "`9-1`", "`17.0.0.0/33`", "`tpc`", "d.example", "\"e"])
            .enumerate()
        {
            assert_eq!(said.0, Some(number + 1));
            assert!(said.1.contains(value), "{} {value}", said.1);
        }
        assert_eq!(says.len(), 6);
    }

    proptest::proptest! {
        #[test]
        fn no_text_ends_the_reader(text in "\\PC*(\n\\PC*){0,3}") {
            let list = List::parse("x", &text);
            proptest::prop_assert!(list.entries.len() + list.unread.len() <= text.lines().count());
        }
    }
}
