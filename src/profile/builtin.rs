//! The profiles that are compiled into the binary.

/// A built-in profile's name and text.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    pub name: &'static str,
    pub text: &'static str,
}

/// Every built-in; the first is the default.
pub const BUILTINS: &[Builtin] = &[
    Builtin {
        name: "jamf-intune",
        text: include_str!("../../profiles/jamf-intune.toml"),
    },
    Builtin {
        name: "microsoft-2019",
        text: include_str!("../../profiles/microsoft-2019.toml"),
    },
];
