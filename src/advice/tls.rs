//! Words for handshakes and certificate chains.

words! {
    TlsSilentPath {
        meaning: "The connection opened, and then what was sent into it stayed unacknowledged.",
        seen: "No answer in 3.3 s (or `--timeout`), and the kernel's counters show sent data \
            that was never acknowledged.",
        next: "Ask the network team about a filter that reads server names, or a link with too \
            small an MTU, on the way to this host.",
    }
    TlsSilentPeer {
        meaning: "The far end received the start of the handshake and never answered it.",
        seen: "The time for the handshake ran out with all sent bytes acknowledged, by the \
            kernel's counters.",
        next: "Ask the server's administrators; if it is a vendor's host, ask the network team \
            which inspecting proxy takes the connection.",
    }
    TlsSilent {
        meaning: "The handshake stopped without an answer, and nothing tells on which side: a \
            proxy stands between, or this system does not count.",
        seen: "The deadline of the handshake passed, and no TCP counters of the way to the peer \
            were to be had.",
        next: "Behind a proxy, look in its log; else ask the network team whether TLS to this \
            host is filtered: a run from Linux or macOS tells whether the bytes arrived.",
    }
    TlsResetPath {
        meaning: "The connection was reset before the far end had acknowledged the start of the \
            handshake.",
        seen: "ECONNRESET with nothing received and not one byte of the hello acknowledged, by \
            the kernel's counters.",
        next: "Ask the network team whether a filter cuts connections by server name; it needs \
            an exception for this host.",
    }
    TlsResetPeer {
        meaning: "The connection was reset after the far end had taken the start of the handshake.",
        seen: "ECONNRESET after the hello was acknowledged or an answer had begun.",
        next: "Ask the server's administrators for the reason in their log. For a vendor's host, \
            ask the network team what stands in between.",
    }
    TlsReset {
        meaning: "The connection was reset during the handshake, and nothing tells how far the \
            hello came: a proxy stands between, or this system does not count.",
        seen: "ECONNRESET, ECONNABORTED or EPIPE without TCP counters of the way to the peer.",
        next: "Behind a proxy, look in its log; else ask the network team for resets to this host in the firewall's log, then the \
            server's administrators.",
    }
    TlsEof {
        meaning: "The far end closed the connection in good order before the handshake was done.",
        seen: "End of stream before the handshake was complete; the detail says after how many \
            bytes.",
        next: "Ask the server's administrators whether this port expects TLS with this server \
            name; a proxy in the way may close like this as well.",
    }
    TlsLargeHelloLost {
        meaning: "A handshake that begins with as many bytes as a Mac's today does not get \
            through, while a small one to the same address does.",
        seen: "A second ClientHello, padded to 1,764 bytes, stayed unacknowledged after three \
            repeats or was reset before any of it was acknowledged, by the kernel's counters.",
        next: "Ask the network team for the MTU on this path and whether its ICMP errors get \
            through, then for a device that drops hellos of more than one packet.",
    }
    TlsIdleForgotten {
        meaning: "A connection that was silent for the time of `--hold` was forgotten on the way.",
        seen: "What was sent after the silence stayed unacknowledged over four repeats or more, \
            and a new connection to the same address works, by the kernel's counters.",
        next: "Ask the network team for the idle time-out of TCP connections on the firewall, \
            NAT or balancer: RFC 5382 demands 2 h 4 min or more of NATs.",
    }
    TlsIdleReset {
        meaning: "A connection that was silent for the time of `--hold` was reset by the next \
            packet.",
        seen: "What was sent after the silence was answered by a reset and never acknowledged; on \
            a new connection the same is acknowledged at once.",
        next: "Ask the network team for a firewall or NAT that forgets idle TCP connections; a \
            reset may also be the server's own, so compare with another network.",
    }
    TlsIdleClosed {
        meaning: "The far end ended a silent connection before `--hold` was over, or ends any that \
            is not used.",
        seen: "An end of stream or a reset before anything was sent after the handshake; or a \
            reset by what is sent, even without a silence.",
        next: "Run again with a `--hold` shorter than the time in the row: Apple's couriers may \
            close a client that never logs in, which says nothing about the network.",
    }
    TlsNotTls {
        meaning: "Something other than TLS answered on this port.",
        seen: "The first bytes are neither a TLS alert (0x15) nor a handshake record (0x16) of \
            version 3; the row shows them.",
        next: "Read the bytes shown: a web page or a proxy's words point to the network team, \
            another protocol to a wrong port in the profile.",
    }
    TlsAlert {
        meaning: "The far end ended the handshake with a TLS alert.",
        seen: "A fatal alert, with its number and name in the detail (112 is unrecognized_name, \
            116 certificate_required, 80 internal_error); TLS 1.3 may send it after the \
            handshake.",
        next: "Give the number to the server's administrators: it says what their side did not \
            accept.",
    }
    TlsAlertOurs {
        meaning: "The far end found nothing in common with the ciphers or versions that were \
            offered.",
        seen: "Alert 40 handshake_failure, 70 protocol_version or 71 insufficient_security, \
            which this program's short cipher list can cause by itself.",
        next: "Ask the server's administrators whether TLS 1.2 or 1.3 with an ECDHE cipher is \
            on; a Mac offers more and may still connect.",
    }
    TlsIntercepted {
        meaning: "The certificate was not made for this host by its owner's authority, but by \
            somebody on the way.",
        seen: "No public or Apple root vouches for the chain, and it names an inspecting \
            product, or its issuer signs hosts of unrelated owners, or only a root added to this \
            system trusts it.",
        next: "Ask the network team to exempt this host from TLS inspection; Apple forbids it \
            for push, and a trusted root on the Mac does not help there.",
    }
    TlsChainIncomplete {
        meaning: "The certificate that signed the server's own was not sent, and no accepted \
            root signed it directly.",
        seen: "The leaf's issuer is neither sent nor in a store, and the leaf bears marks of a public authority, or its \
            issuer is of the same organisation as a root that an accepted store has.",
        next: "Ask the server's administrators to install the full chain, with the \
            intermediates; for a private authority, give its root with `--jamf-ca`.",
    }
    TlsCertName {
        meaning: "The certificate is trusted but made for other names.",
        seen: "The chain verifies to an accepted store, and none of the certificate's names \
            matches the name that was asked for.",
        next: "Check the host name that you gave; if it is right, ask the server's \
            administrators for a certificate that carries it.",
    }
    TlsCertExpired {
        meaning: "The certificate, or one above it, has expired.",
        seen: "The chain verifies to an accepted store only if the dates are left aside, and \
            this machine's clock is past the last day.",
        next: "Check this machine's clock first; if it is right, ask the server's administrators \
            to renew the certificate.",
    }
    TlsCertNotYetValid {
        meaning: "The certificate starts to be valid at a later time than this machine's clock \
            shows.",
        seen: "The chain verifies to an accepted store only if the dates are left aside, and its \
            first day is still to come.",
        next: "Set this machine's clock by a time server and run again; if the clock was right, \
            tell the server's administrators.",
    }
    TlsCertUntrusted {
        meaning: "No root that this row accepts vouches for the chain.",
        seen: "Unknown issuer in every accepted store, and no mark of an inspecting product or a public authority. \
            Where the issuer was not sent, it may be a private root or an authority below one.",
        next: "For your own host, give the private root with `--jamf-ca` and see that its \
            administrators send what is between; for a vendor's host, show the issuer to the \
            network team.",
    }
    TlsPrivateCa {
        meaning: "The chain ends at a private authority that this row accepts.",
        seen: "Chain and name verify to a store that the row accepts, and neither the public nor \
            Apple's roots know the issuer.",
        next: "Make sure, with the server's administrators, that every Mac gets this root before \
            it enrols.",
    }
    TlsCertExpiring {
        meaning: "The certificate is good and will expire within three weeks.",
        seen: "The leaf's last day is less than 21 days away.",
        next: "Remind the server's administrators to renew it in time.",
    }
    TlsMixed {
        meaning: "Every attempt connected, and the handshakes did not end alike.",
        seen: "With `--attempts` above 1, some attempts did what the row demands and others failed in TLS \
            or showed another chain.",
        next: "Ask the server's administrators for one member behind this address that is set up \
            otherwise than the others, and the network team for one bad path among several.",
    }
    TlsBelowAts {
        meaning: "The server works, and its TLS falls short of what Apple announces to demand of \
            management servers.",
        seen: "A certificate with a small key or a SHA-1 signature, or TLS 1.2 without extended \
            master secret when a second handshake insisted on it.",
        next: "Have the server's administrators renew the certificate or update what terminates \
            TLS, before the macOS that Apple's article 126655 announces.",
    }
    TlsHttp2Lost {
        meaning: "The handshake did not end with HTTP/2, and this service speaks nothing else.",
        seen: "The hello offered `h2` alone in ALPN, and the peer chose nothing or ended with alert 120.",
        next: "Look for a proxy or an inspecting firewall on the way that does not pass HTTP/2 on, and \
            exempt this host from inspection.",
    }
    TlsOther {
        meaning: "The handshake failed in a way that has no code of its own.",
        seen: "An error of the TLS library beside alerts and endings, or a handshake without any \
            certificate; the detail names it.",
        next: "Show the detail to the server's administrators, and to the network team if other \
            hosts fail in the same way.",
    }
}
