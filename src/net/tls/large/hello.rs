//! A hello of a given size, byte by byte (RFC 8446), made long by the extension that exists for it (RFC 7685).

use rustls::pki_types::ServerName;

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const TLS_1_2: u16 = 0x0303;
const TLS_1_3: u16 = 0x0304;
/// What Macs offer first, and what older servers need.
const CIPHERS: [u16; 9] = [
    0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8,
];
const SIGNATURES: [u16; 8] = [
    0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601,
];
const X25519: u16 = 0x001d;
const GROUPS: [u16; 3] = [X25519, 0x0017, 0x0018];

const SERVER_NAME: u16 = 0;
const SUPPORTED_GROUPS: u16 = 10;
const POINT_FORMATS: u16 = 11;
const SIGNATURE_ALGORITHMS: u16 = 13;
const ALPN: u16 = 16;
const PADDING: u16 = 21;
const EXTENDED_MASTER_SECRET: u16 = 23;
const SUPPORTED_VERSIONS: u16 = 43;
const KEY_EXCHANGE_MODES: u16 = 45;
const KEY_SHARE: u16 = 51;

/// A record with one hello of `size` bytes in all. `random` fills random, session and key share; any 32 bytes are a
/// key of X25519.
pub(super) fn client_hello(
    name: &ServerName<'_>,
    alpn: &[String],
    random: &[u8; 96],
    size: usize,
) -> Vec<u8> {
    let mut body = TLS_1_2.to_be_bytes().to_vec();
    body.extend(&random[..32]);
    body.extend(short(&random[32..64]));
    body.extend(long(&numbers(&CIPHERS)));
    body.extend([1, 0]);
    let mut extensions = extensions(name, alpn, &random[64..]);
    // Record and handshake headers, the length of the extensions and the header of the padding.
    let so_far = 5 + 4 + body.len() + 2 + extensions.len() + 4;
    let padding = vec![0; size.saturating_sub(so_far)];
    extensions.extend(extension(PADDING, &padding));
    body.extend(long(&extensions));
    let mut message = vec![CLIENT_HELLO, 0];
    message.extend(long(&body));
    let mut record = vec![HANDSHAKE, 3, 1];
    record.extend(long(&message));
    record
}

fn extensions(name: &ServerName<'_>, alpn: &[String], key: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    if let ServerName::DnsName(host) = name {
        let mut entry = vec![0];
        entry.extend(long(host.as_ref().as_bytes()));
        all.extend(extension(SERVER_NAME, &long(&entry)));
    }
    all.extend(extension(EXTENDED_MASTER_SECRET, &[]));
    all.extend(extension(SUPPORTED_GROUPS, &long(&numbers(&GROUPS))));
    all.extend(extension(POINT_FORMATS, &[1, 0]));
    all.extend(extension(
        SIGNATURE_ALGORITHMS,
        &long(&numbers(&SIGNATURES)),
    ));
    if !alpn.is_empty() {
        let names: Vec<u8> = alpn
            .iter()
            .flat_map(|name| short(name.as_bytes()))
            .collect();
        all.extend(extension(ALPN, &long(&names)));
    }
    let mut share = X25519.to_be_bytes().to_vec();
    share.extend(long(key));
    all.extend(extension(KEY_SHARE, &long(&share)));
    all.extend(extension(KEY_EXCHANGE_MODES, &[1, 1]));
    let versions = numbers(&[TLS_1_3, TLS_1_2]);
    all.extend(extension(SUPPORTED_VERSIONS, &short(&versions)));
    all
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    let mut whole = kind.to_be_bytes().to_vec();
    whole.extend(long(content));
    whole
}

fn numbers(all: &[u16]) -> Vec<u8> {
    all.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// With its length in one byte before it.
fn short(bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    let mut whole = vec![length];
    whole.extend(&bytes[..usize::from(length)]);
    whole
}

/// With its length in two bytes before it.
fn long(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let mut whole = length.to_be_bytes().to_vec();
    whole.extend(&bytes[..usize::from(length)]);
    whole
}

#[cfg(test)]
mod tests {
    use rustls::server::Acceptor;

    use super::*;

    #[test]
    fn a_server_reads_the_name_in_a_hello_of_the_size_that_was_asked_for() {
        let name = ServerName::try_from("manage.microsoft.com").expect("a name");
        let alpn = ["h2".to_owned(), "http/1.1".to_owned()];
        let hello = client_hello(&name, &alpn, &[7; 96], 1764);
        assert_eq!(hello.len(), 1764);
        let mut acceptor = Acceptor::default();
        acceptor
            .read_tls(&mut hello.as_slice())
            .expect("bytes to read");
        let accepted = acceptor.accept().expect("a hello that can be read");
        let accepted = accepted.expect("a whole hello");
        let read = accepted.client_hello();
        assert_eq!(read.server_name(), Some("manage.microsoft.com"));
        let offered: Vec<&[u8]> = read.alpn().expect("protocols").collect();
        assert_eq!(offered, [b"h2".as_slice(), b"http/1.1"]);
    }
}
