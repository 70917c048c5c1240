//! The named stores of roots, and what each says about a presented chain: chain, name and dates apart.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::{fmt, io};

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::given;

pub use judge::StoreVerdict;
pub(crate) use judge::lacks_issuer;

mod judge;

/// All the roots of the world take a few hundred kilobytes.
const MOST_BYTES: u64 = 16 << 20;

/// Apple's roots for its own services: couriers and `init.push` chain to them, no public store has them.
const APPLE: [&[u8]; 3] = [
    include_bytes!("roots/AppleIncRootCertificate.cer"),
    include_bytes!("roots/AppleRootCA-G2.cer"),
    include_bytes!("roots/AppleRootCA-G3.cer"),
];

/// The one source of cryptography; a process-wide default is never installed nor relied on.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// A set of roots that a target may accept.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum StoreName {
    /// Mozilla's roots, compiled in.
    Public,
    /// Apple's own roots, compiled in.
    Apple,
    /// What this operating system trusts.
    System,
    /// The customer's own authority, from a file.
    JamfCa,
}

impl StoreName {
    pub const ALL: [Self; 4] = [Self::Public, Self::Apple, Self::System, Self::JamfCa];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Apple => "apple",
            Self::System => "system",
            Self::JamfCa => "jamf-ca",
        }
    }
}

impl fmt::Display for StoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that names no store.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not a trust store; there are public, apple, system and jamf-ca")]
pub struct UnknownStore(pub String);

impl std::str::FromStr for StoreName {
    type Err = UnknownStore;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|store| store.name() == text);
        known.ok_or_else(|| UnknownStore(text.to_owned()))
    }
}

/// Where the stores come from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TrustOptions {
    /// Files that take the place of a store (`--roots NAME=FILE`, `--jamf-ca FILE`), PEM or DER.
    pub replace: BTreeMap<StoreName, PathBuf>,
    /// The same in memory; it wins over a file.
    pub pem: BTreeMap<StoreName, String>,
    /// Whether the operating system's own store may be read.
    pub system: bool,
}

/// Roots that the user gave and that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error("cannot read the roots for `{store}` from {}: {error}", path.display())]
    Unreadable {
        store: StoreName,
        path: PathBuf,
        error: io::Error,
    },
    #[error("no certificate for `{store}` in {origin}")]
    Empty { store: StoreName, origin: String },
}

/// The stores of one run; cheap to clone.
#[derive(Clone, Debug)]
pub struct Trust {
    stores: Arc<Stores>,
}

#[derive(Debug)]
struct Stores {
    given: BTreeMap<StoreName, RootCertStore>,
    read_system: bool,
    public: OnceLock<RootCertStore>,
    apple: OnceLock<RootCertStore>,
    system: OnceLock<RootCertStore>,
}

impl Trust {
    /// Reads what the user gave at once, so that a mistake shows before the first packet; everything
    /// else is read when it is first needed.
    pub fn new(options: &TrustOptions) -> Result<Self, TrustError> {
        let mut given = BTreeMap::new();
        for (&store, path) in &options.replace {
            if !options.pem.contains_key(&store) {
                given.insert(store, from_file(store, path)?);
            }
        }
        for (&store, pem) in &options.pem {
            given.insert(store, from_bytes(store, pem.as_bytes(), "memory")?);
        }
        let stores = Stores {
            given,
            read_system: options.system,
            public: OnceLock::new(),
            apple: OnceLock::new(),
            system: OnceLock::new(),
        };
        Ok(Self {
            stores: Arc::new(stores),
        })
    }

    /// Reads the operating system's store, off the threads that do network work: some systems take
    /// seconds. Whoever abandons the wait leaves the reading to finish for the next.
    pub async fn load(&self) {
        if !self.stores.reads_system() || self.stores.system.get().is_some() {
            return;
        }
        let stores = Arc::clone(&self.stores);
        let reading = tokio::task::spawn_blocking(move || stores.system.get_or_init(system).len());
        // A panic in there leaves the store unread; the verdicts then leave it out.
        let _ = reading.await;
    }

    /// How many roots each store that is in use has.
    pub fn sizes(&self) -> BTreeMap<StoreName, usize> {
        let named = self.ready();
        named.map(|(name, roots)| (name, roots.len())).collect()
    }

    /// The stores that can be asked now. One without roots has no opinion and is left out.
    fn ready(&self) -> impl Iterator<Item = (StoreName, &RootCertStore)> {
        let named = StoreName::ALL.into_iter();
        named
            .filter_map(|name| Some((name, self.stores.get(name)?)))
            .filter(|(_, roots)| !roots.is_empty())
    }
}

impl Stores {
    fn get(&self, name: StoreName) -> Option<&RootCertStore> {
        match (self.given.get(&name), name) {
            (Some(roots), _) => Some(roots),
            (None, StoreName::Public) => Some(self.public.get_or_init(public)),
            (None, StoreName::Apple) => Some(self.apple.get_or_init(apple)),
            (None, StoreName::System) => self.system.get(),
            (None, StoreName::JamfCa) => None,
        }
    }

    fn reads_system(&self) -> bool {
        self.read_system && !self.given.contains_key(&StoreName::System)
    }
}

fn public() -> RootCertStore {
    RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    }
}

fn apple() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(APPLE.map(CertificateDer::from));
    roots
}

fn system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // Single unreadable entries are common and harmless; an empty store is left out of the verdicts.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn from_file(store: StoreName, path: &Path) -> Result<RootCertStore, TrustError> {
    let bytes = given::bytes(path, MOST_BYTES).map_err(|error| TrustError::Unreadable {
        store,
        path: path.to_owned(),
        error,
    })?;
    from_bytes(store, &bytes, &path.display().to_string())
}

fn from_bytes(store: StoreName, bytes: &[u8], origin: &str) -> Result<RootCertStore, TrustError> {
    let mut roots = RootCertStore::empty();
    let pem = CertificateDer::pem_slice_iter(bytes).filter_map(Result::ok);
    let (added, _) = roots.add_parsable_certificates(pem);
    if added == 0 {
        // Apple and Jamf Pro both hand out bare DER.
        roots.add_parsable_certificates([CertificateDer::from(bytes)]);
    }
    if roots.is_empty() {
        let origin = origin.to_owned();
        return Err(TrustError::Empty { store, origin });
    }
    Ok(roots)
}

#[cfg(test)]
mod tests;
