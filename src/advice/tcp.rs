//! Words for connects.

words! {
    TcpRefusedRst {
        meaning: "The connect was answered with a reset, sent in the name of the target.",
        seen: "ECONNREFUSED and no ICMP message in the socket's error queue; systems without \
            such a queue tell only ECONNREFUSED.",
        next: "Ask the server's administrators whether the service listens on this port. A \
            firewall can send resets too: for a vendor's host, ask the network team.",
    }
    TcpRefusedIcmp {
        meaning: "An ICMP port-unreachable message refused the connect.",
        seen: "ICMP 3/3, or ICMPv6 1/4, in the socket's error queue, with its sender; the error \
            number is ECONNREFUSED.",
        next: "Give the sender's address to the network team: if it is not the target, that box \
            rejects this port and needs a rule.",
    }
    TcpAdminProhibited {
        meaning: "A box on the way says that its policy forbids this connection.",
        seen: "ICMP 3/9, 3/10 or 3/13 to 3/15, or ICMPv6 1/1, 1/5 or 1/6, with its sender; \
            without an error queue, EACCES after the packet had left.",
        next: "Ask the network team for a rule on the box whose address the row shows, for this \
            target and port.",
    }
    TcpHostUnreachable {
        meaning: "The network reports that it cannot deliver to this host.",
        seen: "EHOSTUNREACH, usually with ICMP 3/1 or ICMPv6 1/3: after one round trip from a \
            router that says no, after some 3 s if nobody answers for the address on its last \
            link.",
        next: "Have the server's administrators confirm that the host is up; if it is, show the \
            network team the router that sent the message.",
    }
    TcpNetUnreachable {
        meaning: "A router reports that it has no way to this network.",
        seen: "ENETUNREACH after the packet had left, usually with ICMP 3/0, 3/6 or 3/11, or \
            ICMPv6 1/0 or 1/2, and the router's address.",
        next: "Ask the network team for a route on that router; for an internal address, check \
            that this machine's VPN is up.",
    }
    TcpProtoUnreachable {
        meaning: "The far end reports that it does not speak TCP.",
        seen: "ENOPROTOOPT or its like, which is ICMP 3/2.",
        next: "Ask the network team which device sends this; no ordinary server does, so a \
            filter or a wrong address is worth a look.",
    }
    TcpTtlExceeded {
        meaning: "The packet was passed on from router to router until its time to live ran out.",
        seen: "ICMP 11/0, or ICMPv6 3/0, for a SYN with the usual time to live; the row shows \
            the router that gave up.",
        next: "Report a likely routing loop near that router to the network team.",
    }
    TcpSilent {
        meaning: "Nobody answered the connect: no acceptance, no refusal, no error.",
        seen: "No SYN-ACK, RST or ICMP in 3.3 s (or `--timeout`), over up to three sockets and \
            the kernel's own repeats; ETIMEDOUT from the system counts too.",
        next: "Ask the network team whether a firewall drops this target and port. If nothing \
            else at this address answers either, ask first whether the host is up.",
    }
    TcpResetAtConnect {
        meaning: "The connection was reset in the moment it opened, before this program had sent \
            anything.",
        seen: "ECONNRESET as the outcome of the connect.",
        next: "Ask the network team whether a load balancer without a working backend, or a \
            filter, stands before this address.",
    }
    TcpSelfConnect {
        meaning: "The connection met its own socket instead of a server.",
        seen: "The local and the remote address of the open connection are the same, twice in a \
            row; this happens on loopback only.",
        next: "Make sure that a server listens on this port of this machine, then run again.",
    }
    TcpConnected {
        meaning: "A port that should be closed to this machine accepts connections.",
        seen: "A SYN-ACK, and an open connection, in a row that expects a block or a refusal.",
        next: "Ask the network team why the rule does not hold for this target and port.",
    }
    TcpMixed {
        meaning: "Several attempts at the same address did not connect alike.",
        seen: "With `--attempts` above 1, some attempts reached what the row demands and others \
            failed before the connection stood.",
        next: "Ask the network team for one bad path, firewall or load balancer member among \
            several; each attempt has its own source port.",
    }
    TcpTransparentProxy {
        meaning: "A connect to an address that nobody may answer was accepted on this port too.",
        seen: "The canary, 192.0.2.1 or 2001:db8::1, completed a connect in this run on the same port and in the same family.",
        next: "Ask the network team which transparent proxy answers; rely on the rows with TLS \
            or HTTP, as an open port proves nothing here.",
    }
    TcpOther {
        meaning: "The connect failed with an error that has no code of its own.",
        seen: "An error number or an ICMP type outside the known table; the detail shows it.",
        next: "Show the detail to the network team, and report it to mdm-preflight so that it \
            gets a name.",
    }
}
