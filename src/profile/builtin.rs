//! The profiles that are compiled into the binary.

/// A built-in profile's name and text.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    pub name: &'static str,
    pub text: &'static str,
}

/// Names the files of `profiles/`, without their ending.
macro_rules! builtins {
    ($($name:literal),+ $(,)?) => {
        &[$(Builtin {
            name: $name,
            text: include_str!(concat!("../../profiles/", $name, ".toml")),
        }),+]
    };
}

/// Every built-in; the first is the default.
pub const BUILTINS: &[Builtin] = builtins![
    "jamf-intune",
    "device-compliance",
    "microsoft-2019",
    "apple-push",
    "apple-enrollment",
    "apple-software-update",
    "apple-certificates",
    "jamf-pro",
    "jamf-cloud",
    "entra",
    "company-portal",
    "intune-macos",
    "everything",
];
