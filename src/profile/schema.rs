//! The JSON Schema of a profile, for editors.

/// The schema as it is published.
pub fn schema() -> serde_json::Value {
    serde_json::from_str(include_str!("profile.schema.json")).expect("a test reads it")
}
