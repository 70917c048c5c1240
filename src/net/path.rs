//! Which way a connection took.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::proxy::{Origin, Proxy};
use super::tunnel::Via;

/// Which way a connection took, as reports tell it.
#[derive(Clone, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Path {
    Direct,
    Proxy {
        /// Such as `http://proxy.example.com:3128`.
        proxy: String,
        from: Origin,
    },
}

impl Path {
    /// The proxy on it, as it is shown.
    pub const fn proxy(&self) -> Option<&String> {
        match self {
            Self::Direct => None,
            Self::Proxy { proxy, .. } => Some(proxy),
        }
    }

    pub fn through(proxy: &Proxy) -> Self {
        Self::Proxy {
            proxy: proxy.to_string(),
            from: proxy.from,
        }
    }
}

impl From<&Via> for Path {
    fn from(via: &Via) -> Self {
        via.proxy().map_or(Self::Direct, Self::through)
    }
}
