//! The one code for a presented chain, given the stores that the target accepts. Pure, and fails closed.

use super::TlsSeen;
use crate::code::Code;
use crate::net::inspection::inspection_vendor;
use crate::net::trust::{StoreName, StoreVerdict};

/// `None` if an accepted store trusts chain and name; else what is wrong, the plainest cause first.
///
/// Without a chain, and without an accepted store that could judge it, nothing is trusted.
pub fn classify_chain(seen: &TlsSeen, accepts: &[StoreName]) -> Option<Code> {
    let verdicts: Vec<&StoreVerdict> = accepts
        .iter()
        .filter_map(|store| seen.stores.get(store))
        .collect();
    let any = |holds: fn(&StoreVerdict) -> bool| verdicts.iter().any(|verdict| holds(verdict));
    if seen.chain.is_empty() {
        return Some(Code::TlsOther);
    }
    if any(StoreVerdict::trusts) {
        return None;
    }
    Some(if any(StoreVerdict::chain_ok) {
        Code::TlsCertName
    } else if any(|verdict| verdict.chains() && verdict.chain == "expired") {
        Code::TlsCertExpired
    } else if any(|verdict| verdict.chains() && verdict.chain == "not-yet-valid") {
        Code::TlsCertNotYetValid
    } else if known(seen) {
        // A public authority vouches for it, only not one that this target accepts.
        Code::TlsCertUntrusted
    } else if inspected_by(seen).is_some() {
        Code::TlsIntercepted
    } else if any(|verdict| verdict.chain == "incomplete") {
        Code::TlsChainIncomplete
    } else {
        Code::TlsCertUntrusted
    })
}

/// The inspecting product that signed this chain, by its signature alone; none if the chain verifies
/// to the public or to Apple's roots, whatever its names say.
///
/// A store of the operating system that trusts the product does not change what it is.
pub fn inspected_by(seen: &TlsSeen) -> Option<&'static str> {
    if known(seen) {
        return None;
    }
    let mut issuers = seen.chain.iter().map(|certificate| &certificate.issuer);
    issuers.find_map(|issuer| inspection_vendor(issuer))
}

fn known(seen: &TlsSeen) -> bool {
    let stores = [StoreName::Public, StoreName::Apple];
    let mut verdicts = stores.iter().filter_map(|store| seen.stores.get(store));
    verdicts.any(StoreVerdict::chains)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::net::certificate::Certificate;

    const WORDS: [&str; 5] = ["ok", "expired", "not-yet-valid", "unknown-issuer", "other"];
    const ISSUERS: [&str; 4] = ["O=Zscaler Inc.", "CN=mitmproxy", "O=Vendor", "O=Fortinet"];

    fn verdicts() -> impl Strategy<Value = BTreeMap<StoreName, StoreVerdict>> {
        let word = || prop::sample::select(WORDS.to_vec());
        let verdict = (word(), word(), any::<bool>()).prop_map(|(chain, undated, named)| {
            let without_dates = if chain == "ok" { chain } else { undated };
            StoreVerdict {
                chain: chain.to_owned(),
                name: if named { "ok" } else { "mismatch" }.to_owned(),
                without_dates: without_dates.to_owned(),
            }
        });
        let store = prop::sample::select(StoreName::ALL.to_vec());
        prop::collection::btree_map(store, verdict, 0..=4)
    }

    fn chain() -> impl Strategy<Value = Vec<Certificate>> {
        let certificate = prop::sample::select(ISSUERS.to_vec()).prop_map(|issuer| Certificate {
            issuer: issuer.to_owned(),
            ..Certificate::default()
        });
        prop::collection::vec(certificate, 0..4)
    }

    fn accepted() -> impl Strategy<Value = Vec<StoreName>> {
        prop::sample::subsequence(StoreName::ALL.to_vec(), 0..=4)
    }

    proptest! {
        #[test]
        fn what_public_or_apple_roots_vouch_for_is_never_interception(
            stores in verdicts(), chain in chain(), accepts in accepted(),
        ) {
            let seen = TlsSeen { stores, chain, ..TlsSeen::default() };
            let code = classify_chain(&seen, &accepts);
            let vouched = [StoreName::Public, StoreName::Apple]
                .iter()
                .any(|store| seen.stores.get(store).is_some_and(StoreVerdict::chain_ok));
            prop_assert!(!(vouched && code == Some(Code::TlsIntercepted)));
            prop_assert!(!(vouched && inspected_by(&seen).is_some()));
        }

        #[test]
        fn nothing_passes_without_an_accepted_store_that_trusts_it(
            stores in verdicts(), chain in chain(), accepts in accepted(),
        ) {
            let seen = TlsSeen { stores, chain, ..TlsSeen::default() };
            let trusted = accepts
                .iter()
                .any(|store| seen.stores.get(store).is_some_and(StoreVerdict::trusts));
            let passes = classify_chain(&seen, &accepts).is_none();
            prop_assert_eq!(passes, trusted && !seen.chain.is_empty());
        }
    }
}
