//! The signatures of products that open TLS on the way: the names they give their own certificate authorities.

/// Words that identify an inspecting product in the organisation or common name of an issuer.
///
/// Each must be narrow enough to miss the public authorities of the same maker: Symantec ran one,
/// Cloudflare's origin authority is no inspection, and ordinary words hide inside other names, so
/// only whole words count.
const SIGNATURES: &[(&str, &str)] = &[
    ("zscaler", "Zscaler"),
    ("netskope", "Netskope"),
    ("goskope", "Netskope"),
    ("blue coat", "Symantec Blue Coat"),
    ("bluecoat", "Symantec Blue Coat"),
    ("proxysg", "Symantec Blue Coat"),
    ("symantec web security", "Symantec Web Security Service"),
    ("symantec wss", "Symantec Web Security Service"),
    ("symantec cloud swg", "Symantec Web Security Service"),
    ("check point", "Check Point"),
    ("checkpoint", "Check Point"),
    ("forcepoint", "Forcepoint"),
    ("websense", "Forcepoint"),
    ("palo alto networks", "Palo Alto Networks"),
    ("prisma access", "Palo Alto Networks"),
    ("fortinet", "Fortinet"),
    ("fortigate", "Fortinet"),
    ("fortisase", "Fortinet"),
    ("sophos", "Sophos"),
    ("cisco umbrella", "Cisco Umbrella"),
    ("opendns", "Cisco Umbrella"),
    ("ironport", "Cisco Secure Web Appliance"),
    ("cloudflare gateway", "Cloudflare Gateway"),
    ("cloudflare for teams", "Cloudflare Gateway"),
    ("gateway ca - cloudflare managed", "Cloudflare Gateway"),
    ("cato networks", "Cato Networks"),
    ("iboss", "iboss"),
    ("menlo security", "Menlo Security"),
    ("mcafee", "Skyhigh Security"),
    ("skyhigh", "Skyhigh Security"),
    ("watchguard", "WatchGuard"),
    ("sonicwall", "SonicWall"),
    ("barracuda", "Barracuda"),
    ("squid", "Squid"),
    ("mitmproxy", "mitmproxy"),
    ("charles proxy", "Charles"),
    ("do_not_trust_fiddlerroot", "Fiddler"),
    ("kaspersky", "Kaspersky"),
    ("eset", "ESET"),
    ("avast", "Avast"),
    ("bitdefender", "Bitdefender"),
];

/// The product whose authority this issuer is, by its organisation or common name alone.
///
/// `issuer` is written as in `Certificate::issuer`.
pub fn inspection_vendor(issuer: &str) -> Option<&'static str> {
    let values = identifying_values(&issuer.to_lowercase());
    SIGNATURES
        .iter()
        .find(|(words, _)| values.iter().any(|value| has_words(value, words)))
        .map(|&(_, product)| product)
}

/// The product that a text of an answer names: a title, a `Server` header, the host of a redirect.
pub fn filter_named(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    SIGNATURES
        .iter()
        .find(|(words, _)| has_words(&text, words))
        .map(|&(_, product)| product)
}

/// The values of `O` and `CN` in a name written as `C=US, O=…, CN=…`.
fn identifying_values(name: &str) -> Vec<String> {
    let mut values: Vec<(bool, String)> = Vec::new();
    // Attributes of one set are joined by " + "; a comma inside a value looks like a separator.
    for part in name.split(", ").flat_map(|part| part.split(" + ")) {
        match (part.split_once('='), values.last_mut()) {
            (Some((key, value)), _) if is_attribute(key) => {
                values.push((matches!(key, "o" | "cn"), value.to_owned()));
            }
            (_, Some((_, value))) => {
                value.push_str(", ");
                value.push_str(part);
            }
            (_, None) => {}
        }
    }
    let identifying = values.into_iter().filter(|(wanted, _)| *wanted);
    identifying.map(|(_, value)| value).collect()
}

fn is_attribute(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
}

fn has_words(value: &str, words: &str) -> bool {
    value.match_indices(words).any(|(at, _)| {
        let before = value[..at].chars().next_back();
        let after = value[at + words.len()..].chars().next();
        let inside = |neighbour: Option<char>| neighbour.is_some_and(char::is_alphabetic);
        !inside(before) && !inside(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_products_are_recognised() {
        for (issuer, product) in [
            (
                "C=US, ST=California, O=Zscaler Inc., OU=Zscaler Inc., CN=Zscaler Intermediate Root CA (zscalerthree.net)",
                "Zscaler",
            ),
            ("CN=ca.example.goskope.com, O=Example", "Netskope"),
            (
                "O=Fortinet, OU=Certificate Authority, CN=FG100FTK20000000",
                "Fortinet",
            ),
            ("CN=mitmproxy, O=mitmproxy", "mitmproxy"),
            (
                "C=US, O=Cloudflare, Inc., CN=Gateway CA - Cloudflare Managed G1",
                "Cloudflare Gateway",
            ),
            ("CN=ESET SSL Filter CA, O=ESET, spol. s r. o., C=SK", "ESET"),
            ("O=Cisco, CN=Cisco Umbrella Root CA", "Cisco Umbrella"),
            ("O=Palo Alto Networks", "Palo Alto Networks"),
            ("CN=CHARLES PROXY CA (1 Jan 2026)", "Charles"),
            ("O=example + CN=Squid proxy", "Squid"),
        ] {
            assert_eq!(inspection_vendor(issuer), Some(product), "{issuer}");
        }
    }

    #[test]
    fn ordinary_authorities_are_not() {
        for issuer in [
            "C=US, O=Symantec Corporation, OU=Symantec Trust Network, CN=Symantec Class 3 Secure Server CA - G4",
            "C=US, O=CloudFlare, Inc., OU=CloudFlare Origin SSL Certificate Authority",
            "C=US, O=DigiCert Inc, CN=DigiCert Global G2 TLS RSA SHA256 2020 CA1",
            "C=US, O=Apple Inc., CN=Apple Server Authentication CA",
            "O=Preset Ltd, CN=Preset Root",
            "O=Example, OU=Zscaler migration, CN=Example Root",
            "O=Example, L=Sophos",
            "",
        ] {
            assert_eq!(inspection_vendor(issuer), None, "{issuer}");
        }
    }
}
