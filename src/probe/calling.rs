//! What rows that sign in have in common: the secret they need, and how far their calls have come.

use super::{Seen, Spec, Target};
use crate::net::secret::SecretName;

impl Spec {
    /// Where a row that makes calls has come to: the host of its last one.
    pub fn came_to(&self, seen: &Seen) -> Target {
        let mut target = self.target();
        if let (Self::Graph(_), Some(last)) = (self, seen.names.last()) {
            target.host = last.host.to_string();
        }
        target
    }

    /// The secret without which there is nothing to ask.
    pub fn secret(&self) -> Option<SecretName> {
        match self {
            Self::Token(spec) if spec.permission.is_some() => Some(SecretName::ClientSecret),
            Self::Graph(spec) => Some(spec.secret()),
            Self::Jamf(spec) => spec.secret(),
            _ => None,
        }
    }
}
