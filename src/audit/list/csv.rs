//! The CSV of a list as people and spreadsheets write it: separators, quotes, comments, headers in any order.

/// Which column holds what.
pub(super) struct Columns {
    pub(super) destination: usize,
    pub(super) port: usize,
    pub(super) protocol: Option<usize>,
    /// A list that holds other rules too has their action here.
    pub(super) action: Option<usize>,
}

pub(super) type Record = Vec<String>;

/// The records with the line on which each begins; comments and empty lines are passed over.
pub(super) fn records(text: &str) -> Vec<(usize, Result<Record, String>)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    let mut usual = None;
    while let Some((index, line)) = lines.next() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        // A spreadsheet's own word for its separator.
        if let Some(separator) = line.trim().strip_prefix("sep=") {
            usual = separator.chars().next();
            continue;
        }
        let mut whole = line.to_owned();
        // A quoted field may go on in the next lines.
        while whole.matches('"').count() % 2 == 1 {
            let Some((_, next)) = lines.next() else { break };
            whole.push('\n');
            whole.push_str(next);
        }
        usual = usual.or_else(|| separator(&whole));
        found.push((index + 1, split(&whole, usual)));
    }
    found
}

/// What separates the fields: of a comma, a semicolon and a tab the one that is there most, the first if they are even.
fn separator(line: &str) -> Option<char> {
    let outside: String = line.split('"').step_by(2).collect();
    let count = |separator: &char| outside.matches(*separator).count();
    let mut all: Vec<char> = [',', ';', '\t']
        .into_iter()
        .filter(|separator| count(separator) > 0)
        .collect();
    all.sort_by_key(|separator| std::cmp::Reverse(count(separator)));
    all.first().copied()
}

/// The fields of a record, by the separator of the list, or by its own if that is not in it.
fn split(line: &str, usual: Option<char>) -> Result<Record, String> {
    let separator = usual
        .filter(|separator| line.contains(*separator))
        .or_else(|| separator(line))
        .ok_or_else(|| {
            format!(
                "`{}` has no port; expected destination, port, protocol",
                line.trim()
            )
        })?;
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let field = fields.last_mut().expect("there is always a field");
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            letter if letter == separator && !quoted => fields.push(String::new()),
            // What follows a number sign after a space is a comment.
            '#' if !quoted && field.ends_with(' ') => break,
            letter => field.push(letter),
        }
    }
    if quoted {
        return Err(format!(
            "`{}` has a quotation mark that does not end",
            line.trim()
        ));
    }
    Ok(fields.iter().map(|field| field.trim().to_owned()).collect())
}

/// The columns, if the record names at least the destination and the port, in any order and spelling.
pub(super) fn header(record: &Record) -> Option<Columns> {
    let bare = |field: &String| -> String {
        let letters = field.chars().filter(|letter| letter.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let names: Vec<String> = record.iter().map(bare).collect();
    let find = |known: &[&str]| {
        let mut known = known.iter();
        known.find_map(|word| names.iter().position(|name| name == word))
    };
    Some(Columns {
        destination: find(&[
            "destination",
            "destinationaddress",
            "destinationip",
            "destinationhost",
            "dest",
            "dst",
            "dstaddr",
            "dstip",
            "to",
            "host",
            "hostname",
            "fqdn",
            "url",
            "domain",
            "address",
            "target",
        ])?,
        port: find(&[
            "destinationport",
            "destinationports",
            "destport",
            "dstport",
            "dport",
            "port",
            "ports",
            "service",
        ])?,
        protocol: find(&["protocol", "proto", "ipprotocol", "transport"]),
        action: find(&["action", "policy", "decision", "allow"]),
    })
}
