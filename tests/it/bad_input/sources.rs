//! Sources that this machine does not have: refused before the first packet, in `--list` too.

use super::refused;

#[test]
fn a_source_that_is_none_is_refused_with_what_there_is() {
    for (given, says) in [
        (
            "192.0.2.77",
            "no interface of this machine has the address 192.0.2.77",
        ),
        ("127.0.0.1", "nothing leaves this machine from 127.0.0.1"),
        ("[::1]", "nothing leaves this machine from [::1]"),
        ("224.0.0.1", "nothing leaves this machine from 224.0.0.1"),
        ("no such", "this machine has no interface `no such`"),
        ("10.0.0.0/8", "this machine has no interface `10.0.0.0/8`"),
        ("", "this machine has no interface ``"),
    ] {
        for list in [&[][..], &["--list"]] {
            let arguments = [&["check", "--source", given], list].concat();
            refused(&arguments, &[], &["--source", says]);
        }
    }
    // The demo's network is closed, and its packets have one way.
    refused(&["demo", "--source", "eth0"], &[], &["--source"]);
}
