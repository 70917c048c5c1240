//! Worlds in which a box answers DNS and spoils it: it does not understand EDNS, answers another question, or leads in a
//! circle. In order, it hands everything on to the lab's resolver.

use super::case::{CASE, Case, Change, checks, rows, text};
use super::foreign::{Program, Server};
use super::ground::{Ground, Place};

/// A forwarder over UDP and TCP; `spoil` gets the question and the right answer, and returns what is sent, or nothing.
macro_rules! forwarder {
    ($spoil:literal) => {
        concat!(
            "import socket, struct, threading\n",
            "AT, UP = ('198.51.100.55', 53), ('198.51.100.53', 53)\n",
            "def edns(q): return q[10:12] != b'\\0\\0'\n",
            "def head(q, rcode): return q[:2] + bytes([0x81, 0x80 | rcode]) + b'\\0' * 8\n",
            "def name(q):\n",
            "    labels, at = [], 12\n",
            "    while q[at]: labels.append(q[at + 1:at + 1 + q[at]]); at += 1 + q[at]\n",
            "    return b'.'.join(labels).lower(), at + 5\n",
            "def spoil(q, a):\n",
            $spoil,
            "\n",
            "def right(q):\n",
            "    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as up:\n",
            "        up.settimeout(2); up.sendto(q, UP); return up.recv(4096)\n",
            "def udp():\n",
            "    while True:\n",
            "        q, who = u.recvfrom(4096)\n",
            "        a = spoil(q, right(q))\n",
            "        if a: u.sendto(a, who)\n",
            "def tcp(c):\n",
            "    try:\n",
            "        n = struct.unpack('!H', c.recv(2, socket.MSG_WAITALL))[0]\n",
            "        q = c.recv(n, socket.MSG_WAITALL); a = spoil(q, right(q))\n",
            "        if a: c.sendall(struct.pack('!H', len(a)) + a)\n",
            "        else: c.settimeout(9); c.recv(1)\n",
            "    except OSError: pass\n",
            "    c.close()\n",
            "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(AT)\n",
            "t = socket.create_server(AT)\n",
            "ready = socket.create_server(('198.51.100.55', 5353))\n",
            "threading.Thread(target=udp, daemon=True).start()\n",
            "while True:\n",
            "    c, _ = t.accept()\n",
            "    threading.Thread(target=tcp, args=(c,), daemon=True).start()\n",
        )
    };
}

macro_rules! boxed {
    ($name:literal, $spoil:literal) => {
        Case {
            name: $name,
            before: &[(Place::Internet, "addr replace 198.51.100.55/32 dev lo\n")],
            changes: &[
                Change::Resolvers("nameserver 198.51.100.55\n"),
                Change::Employ(Server {
                    program: Program::Python,
                    place: Place::Internet,
                    port: 5353,
                    makes_room: None,
                    broken: Some(forwarder!($spoil)),
                    mended: Some(forwarder!("    return a")),
                }),
            ],
            ..CASE
        }
    };
}

/// Whatever it is asked, it says the same.
const ASK: &str = "dig +time=1 +tries=1 @198.51.100.55 graph.microsoft.com";
const ASK_PLAINLY: &str = "dig +time=1 +tries=1 +noedns +nocookie @198.51.100.55 graph.microsoft.com; \
    dig +time=1 +tries=1 +edns @198.51.100.55 graph.microsoft.com";

pub(super) const SPOILT: &[Case<'static>] = &[
    Case {
        proof: (ASK, &["FORMERR"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["dns_formerr"], "fail")],
        diagnosis: Some(("resolver_failing", "dns")),
        ..boxed!(
            "a box finds no question well formed",
            "    return head(q, 1)"
        )
    },
    Case {
        proof: (ASK, &["NOTIMP"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["dns_notimp"], "fail")],
        diagnosis: Some(("resolver_failing", "dns")),
        ..boxed!("a box answers that it cannot", "    return head(q, 4)")
    },
    Case {
        proof: (ASK, &["ID mismatch"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["dns_timeout"], "fail")],
        diagnosis: Some(("resolver_silent", "dns")),
        ..boxed!(
            "a box answers under another number",
            "    return bytes([a[0] ^ 1]) + a[1:]"
        )
    },
    Case {
        proof: (ASK, &["CNAME", "loop.example"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("entra.graph/https", &["dns_nodata"], "fail")],
        ..boxed!(
            "a box leads a name in a circle",
            "    n, end = name(q)\n    if n != b'graph.microsoft.com': return a\n    \
             far = b'\\4loop\\7example\\0'\n    \
             there = b'\\xc0\\x0c\\0\\5\\0\\1\\0\\0\\0\\x1e' + struct.pack('!H', len(far)) + far\n    \
             back = far + b'\\0\\5\\0\\1\\0\\0\\0\\x1e\\0\\2\\xc0\\x0c'\n    \
             return q[:2] + b'\\x81\\x80\\0\\1\\0\\2\\0\\0\\0\\0' + q[12:end] + there + back"
        )
    },
];

#[test]
fn a_box_that_spoils_dns_is_named_by_what_it_answers() {
    super::play_all(SPOILT);
}

/// Old boxes stumble over EDNS only: whoever asks again without it is served, as the system is.
#[test]
fn a_box_without_edns_is_worked_with_and_blames_nobody() {
    super::play_all(&[Case {
        proof: (ASK_PLAINLY, &["NOERROR", "FORMERR"]),
        ..boxed!(
            "a box stumbles over EDNS",
            "    return head(q, 1) if edns(q) else a"
        )
    }]);
}

/// What the numbers and the aliases look like is in the row.
#[test]
fn the_row_says_what_was_wrong_with_the_answers() {
    if !super::possible() {
        return;
    }
    for (case, says) in [
        (&SPOILT[2], "answered another question"),
        (&SPOILT[3], "aliases lead in a circle"),
    ] {
        let mut ground = Ground::new();
        super::case::break_it(&mut ground, case);
        // The system only says that it found nothing; our own exchange saw why.
        let asked = ["check", "dns:graph.microsoft.com", "--dns", "198.51.100.55"];
        let run = ground.preflight(&[&asked[..], &["--format", "json"]].concat());
        let report = run.json();
        let message = text(checks(&report)[0].report, "message").to_owned();
        assert!(message.contains(says), "{}: {message}", case.name);
    }
}
