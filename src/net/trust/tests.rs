//! Where roots come from, and what is said when they cannot be had.

use super::*;

fn with(store: StoreName, text: &str) -> Result<Trust, TrustError> {
    Trust::new(&TrustOptions {
        pem: BTreeMap::from([(store, text.to_owned())]),
        ..TrustOptions::default()
    })
}

#[test]
fn apples_first_root_is_the_genuine_one() {
    let digest = ring::digest::digest(&ring::digest::SHA256, APPLE[0]);
    let hex = crate::net::text::hex(digest.as_ref());
    assert_eq!(
        hex,
        "b0b1730ecbc7ff4505142c49f1295e6eda6bcaed7e2c68c5be91b5a11001f024"
    );
}

#[test]
fn compiled_in_stores_are_there_and_the_systems_is_not_unless_allowed() {
    let trust = Trust::new(&TrustOptions::default()).expect("nothing to read");
    let sizes = trust.sizes();
    assert_eq!(sizes[&StoreName::Apple], 3);
    assert!(sizes[&StoreName::Public] > 100);
    assert_eq!(sizes.len(), 2);
}

#[tokio::test]
async fn the_systems_store_is_never_read_where_it_is_forbidden_or_replaced() {
    let trust = Trust::new(&TrustOptions::default()).expect("nothing to read");
    trust.load().await;
    assert!(trust.stores.system.get().is_none());
}

#[test]
fn roots_without_a_certificate_are_refused_by_name() {
    let error = with(StoreName::System, "hello").expect_err("no certificate");
    assert_eq!(error.to_string(), "no certificate for `system` in memory");
    let replace = BTreeMap::from([(StoreName::JamfCa, PathBuf::from("/no/such/file.pem"))]);
    let options = TrustOptions {
        replace,
        ..TrustOptions::default()
    };
    let error = Trust::new(&options).expect_err("no file").to_string();
    assert!(
        error.contains("`jamf-ca` from /no/such/file.pem"),
        "{error}"
    );
}

#[test]
fn bare_der_is_accepted() {
    let roots = from_bytes(StoreName::JamfCa, APPLE[0], "memory").expect("a certificate");
    assert_eq!(roots.len(), 1);
}

#[test]
fn names_of_stores_read_back() {
    for store in StoreName::ALL {
        assert_eq!(store.name().parse(), Ok(store));
        let json = serde_json::to_value(store).expect("a word");
        assert_eq!(json, store.name());
    }
    assert!("jamf".parse::<StoreName>().is_err());
}
