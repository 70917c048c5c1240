//! Why a network step failed: data for the report, never an error of this program.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::code::{Code, Stage};

/// The network said no, at one step, with a stable code.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Failure {
    pub stage: Stage,
    pub code: Code,
    /// What the kernel, the resolver or the peer really said; shown to the reader, never matched on.
    pub detail: String,
}

impl Failure {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            stage: code.stage(),
            code,
            detail: detail.into(),
        }
    }
}
