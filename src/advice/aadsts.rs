//! What Entra's numbered codes mean for an integration, as data: our own words, who mends it and how.

use std::sync::LazyLock;

use crate::code::Owner;

static MEANINGS: LazyLock<Vec<Meaning>> = LazyLock::new(|| {
    let lines = include_str!("aadsts.txt").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .map(|line| read(line).expect("the table is whole, as a test sees to"))
        .collect()
});

/// What a code is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The request lacks something, on purpose: the way is open.
    Reached,
    /// The request arrives in a form that Entra does not take.
    Request,
    Tenant,
    Cloud,
    App,
    SecretWrong,
    SecretExpired,
    Policy,
    Api,
    Consent,
    /// A proxy that reads the connection has left its mark.
    Proxy,
    /// Too much was asked, by this program or by another.
    Busy,
    /// Microsoft's own, and passing.
    Trouble,
    /// About a person or a device, which an application is not.
    User,
}

/// One code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Meaning {
    pub code: u64,
    pub kind: Kind,
    pub says: &'static str,
    pub remedy: &'static str,
}

impl Meaning {
    pub const fn owner(&self) -> Owner {
        match self.kind {
            Kind::Proxy => Owner::Network,
            Kind::Trouble => Owner::Vendor,
            Kind::User => Owner::Device,
            _ => Owner::Identity,
        }
    }
}

/// The meaning of a code; none for one that Microsoft has added since.
pub fn aadsts(code: u64) -> Option<&'static Meaning> {
    MEANINGS.iter().find(|known| known.code == code)
}

fn read(line: &'static str) -> Option<Meaning> {
    let mut parts = line.split('|');
    let meaning = Meaning {
        code: parts.next()?.parse().ok()?,
        kind: kind(parts.next()?)?,
        says: parts.next()?,
        remedy: parts.next()?,
    };
    parts.next().is_none().then_some(meaning)
}

fn kind(word: &str) -> Option<Kind> {
    Some(match word {
        "reached" => Kind::Reached,
        "request" => Kind::Request,
        "tenant" => Kind::Tenant,
        "cloud" => Kind::Cloud,
        "app" => Kind::App,
        "secret_wrong" => Kind::SecretWrong,
        "secret_expired" => Kind::SecretExpired,
        "policy" => Kind::Policy,
        "api" => Kind::Api,
        "consent" => Kind::Consent,
        "proxy" => Kind::Proxy,
        "busy" => Kind::Busy,
        "trouble" => Kind::Trouble,
        "user" => Kind::User,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_its_sentence_its_owner_and_its_remedy_once() {
        let codes: BTreeSet<u64> = MEANINGS.iter().map(|one| one.code).collect();
        assert_eq!((codes.len(), MEANINGS.len()), (84, 84));
        for one in MEANINGS.iter() {
            assert!(
                one.says.ends_with('.') && one.remedy.ends_with('.'),
                "{one:?}"
            );
            assert!(one.says.len() > 15 && one.remedy.len() > 10, "{one:?}");
        }
        let expired = aadsts(7_000_222).expect("the classic one");
        assert_eq!(
            (expired.kind, expired.owner()),
            (Kind::SecretExpired, Owner::Identity)
        );
        assert_eq!(aadsts(500_021).map(Meaning::owner), Some(Owner::Network));
        assert_eq!(aadsts(1), None);
    }
}
