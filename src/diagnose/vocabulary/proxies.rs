//! What is said of causes at proxies.

use super::super::rules::proxy_addresses::SIGNS;
use super::Meaning;
use crate::code::{Code, Owner};
use crate::finding::Confidence::{Certain, High, Medium};

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning {
        code: "proxy_unresolved",
        owner: Owner::Dns,
        meaning: "The proxy's own name has no address.",
        signs: &[Code::ProxyUnresolved],
        seen: "The look-up of the proxy's host; the peers behind it are not asked about.",
        confidence: &[
            (
                High,
                "what is sent to hosts of two owners or more fails alike",
            ),
            (Medium, "hosts of one owner"),
        ],
        next: "Correct the proxy setting or the PAC file, or enter the name in the DNS.",
        steps: &[
            "See whether the name is one of the internal network that only a VPN's DNS knows.",
        ],
    },
    Meaning {
        code: "proxy_unreachable",
        owner: Owner::Network,
        meaning: "The proxy cannot be reached.",
        signs: &[Code::ProxyUnreachable],
        seen: "Connects to the proxy's own address; each row shows how they end.",
        confidence: &[
            (
                High,
                "what is sent to hosts of two owners or more fails alike",
            ),
            (Medium, "hosts of one owner"),
        ],
        next: "See whether the proxy runs, whether its port is right, and let this network reach it.",
        steps: &[
            "Connect to the proxy's port from its own network, to tell the proxy from the way to it.",
        ],
    },
    Meaning {
        code: "proxy_misconfigured",
        owner: Owner::Proxy,
        meaning: "What answers at the proxy's address is not a proxy of the kind that is set.",
        signs: &[Code::ProxyProtocol, Code::ProxyTlsFailed],
        seen: "The first bytes of its answer, or the handshake with the proxy itself.",
        confidence: &[
            (
                High,
                "what is sent to hosts of two owners or more fails alike",
            ),
            (Medium, "hosts of one owner"),
        ],
        next: "Correct scheme and port in the proxy setting.",
        steps: &["For a proxy over TLS, see that this machine trusts the proxy's authority."],
    },
    Meaning {
        code: "proxy_sign_in",
        owner: Owner::Proxy,
        meaning: "The proxy demands a sign-in, which a Mac's background services cannot give.",
        signs: &[Code::ProxyAuthRequired],
        seen: "Status 407 with its schemes; of SOCKS, the method that it chooses.",
        confidence: &[(Certain, "the proxy says so itself")],
        next: "Let the hosts pass without a sign-in, by destination.",
        steps: &[
            "Microsoft demands access without a sign-in for manage.microsoft.com, *.azureedge.net and \
             graph.microsoft.com: name that to whoever objects.",
        ],
    },
    Meaning {
        code: "proxy_login_refused",
        owner: Owner::Proxy,
        meaning: "The proxy does not accept the user name and password that it was sent.",
        signs: &[Code::ProxyLoginRefused],
        seen: "Status 407 in answer to a request that signed in; of SOCKS, the answer to the password.",
        confidence: &[(Certain, "the proxy says so itself")],
        next: "Check the user name and password that the run was given.",
        steps: &[
            "Run without them: what passes then needs no sign-in, and a Mac's background services have none to give.",
        ],
    },
    Meaning {
        code: "proxy_refuses",
        owner: Owner::Proxy,
        meaning: "The proxy's rules do not let the hosts through.",
        signs: &[Code::ProxyDenied],
        seen: "Status 403 or another of the 400s; of SOCKS, reply 2.",
        confidence: &[(Certain, "the proxy says so itself")],
        next: "Allow CONNECT to the hosts in the proxy's rules.",
        steps: &["See whether CONNECT is limited to port 443: Jamf Pro may listen on 8443."],
    },
    Meaning {
        code: "proxy_cannot_reach",
        owner: Owner::Proxy,
        meaning: "The proxy is reached and does not get through to the hosts itself.",
        signs: &[
            Code::ProxyBadGateway,
            Code::ProxySilent,
            Code::ProxyClosed,
            Code::ProxyProtocol,
        ],
        seen: "Status 500 or 502 to 504 with the proxy's own reason, or no answer at all; an answer that is none, of a proxy that \
               carries other rows.",
        confidence: &[
            (Certain, "the proxy says so itself"),
            (
                High,
                "what is sent to hosts of two owners or more fails alike",
            ),
            (
                Medium,
                "the proxy says nothing, and hosts of one owner are concerned",
            ),
        ],
        next: "Look in the proxy's log, and at the firewall between it and the internet.",
        steps: &["Look the host up on the proxy itself: it asks its own DNS servers."],
    },
    Meaning {
        code: "proxy_addresses_differ",
        owner: Owner::Proxy,
        meaning: "A proxy works at one address of its name and not at another.",
        signs: SIGNS,
        seen: "The same request by an address of each family that the proxy's name has. Applications that have connected to one of \
               them do not try the other.",
        confidence: &[
            (High, "hosts of two owners or more are alike in this"),
            (Medium, "hosts of one owner"),
        ],
        next: "Let the proxy do the same at each address, or take the one that fails out of its name in the DNS.",
        steps: &[
            "Run with -4 and with -6: one of the two passes.",
            "See whether the proxy's list of who may use it has this machine's networks of both families.",
        ],
    },
    Meaning {
        code: "proxy_tunnel_breaks",
        owner: Owner::Proxy,
        meaning: "The proxy agrees to a connection, and what it passes on breaks off.",
        signs: &[
            Code::TlsSilent,
            Code::TlsReset,
            Code::TlsEof,
            Code::TlsNotTls,
        ],
        seen: "The handshake behind a proxy that has agreed, or a plain request in its tunnel, is not answered, broken off or \
               answered by what is no TLS. Only the proxy is spoken to, so that its own fault looks like one behind it.",
        confidence: &[
            (High, "ways to hosts of two owners or more break off alike"),
            (Medium, "hosts of one owner"),
        ],
        next: "Look in the proxy's log for the hosts, and see whether it inspects or filters what it passes on.",
        steps: &[
            "Run again with --paths both where there is a direct way: a host that is served there is not at fault.",
        ],
    },
    Meaning {
        code: "proxy_required",
        owner: Owner::Network,
        meaning: "Only a proxy seems to lead out of this network, and the run used none.",
        signs: &[
            Code::TcpSilent,
            Code::TcpAdminProhibited,
            Code::HttpBlockPage,
        ],
        seen: "No connect to port 443 on the internet is answered, at hosts of two owners or more, and there is a trace of \
               a proxy: this machine is told of one, is set to look for one (WPAD), or a plain request is answered with \
               a proxy's own marks. Without such a trace the same silence is egress_closed.",
        confidence: &[
            (
                High,
                "nothing answers directly, and the machine is told of a proxy or one answers in others' names",
            ),
            (
                Medium,
                "nothing answers directly, and the machine is set to look for a proxy, as many are by default",
            ),
        ],
        next: "Give this machine the proxy that it is to use.",
        steps: &[
            "Rows that pass through the proxy prove that it leads out.",
            "No HTTP proxy carries port 5223: let Apple's couriers be reached directly.",
        ],
    },
    Meaning {
        code: "pac_failed",
        owner: Owner::Proxy,
        meaning: "The PAC file cannot be had, or fails when it is asked.",
        signs: &[Code::ProxyPacFailed],
        seen: "The fetch of the file, or the script's own error with its line.",
        confidence: &[(Medium, "the rows of this run asked it in vain")],
        next: "Mend the file at the line that is named, or make its address reachable.",
        steps: &["Open the file's address in a browser on this network."],
    },
    Meaning {
        code: "http2_lost",
        owner: Owner::Network,
        meaning: "HTTP/2 does not pass a proxy or a firewall on the way.",
        signs: &[Code::TlsHttp2Lost],
        seen: "The ALPN that the handshake ended with, where the hello offered h2 alone.",
        confidence: &[
            (High, "the chain was made on the way"),
            (Medium, "only that HTTP/2 is missing was seen"),
        ],
        next: "Leave the hosts out of inspection, so that ALPN and HTTP/2 pass unchanged.",
        steps: &["Ask whether the proxy's product can pass HTTP/2 on at all; some cannot."],
    },
];
