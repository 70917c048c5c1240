//! Words for time servers.

words! {
    NtpSilent {
        meaning: "The time server says nothing.",
        seen: "No answer to three SNTP requests over UDP within the connect budget (3.3 s), and no ICMP error.",
        next: "Ask the network team to let UDP 123 out to the time servers, or name the site's own \
            with --set time_server=HOST.",
    }
    NtpRejected {
        meaning: "A box on the way refuses the question for the time.",
        seen: "An ICMP error after an SNTP request, sent by neither the server nor this machine.",
        next: "Show the sender's address to the network team: its rule for UDP 123 is the cause.",
    }
    NtpRefused {
        meaning: "The host says that no time server listens there.",
        seen: "An ICMP error in the host's own name after an SNTP request; where the system does \
            not name the sender, an error of the socket.",
        next: "Check the name of the time server, and ask its administrators whether the service runs.",
    }
    NtpForeign {
        meaning: "Answers came that belong to another question: somebody guesses, or a box repeats old ones.",
        seen: "SNTP answers whose originate timestamp is not the random mark of any request that \
            was sent, and none with the right one.",
        next: "Ask the network team what answers on UDP 123 in the server's place.",
    }
    NtpMalformed {
        meaning: "What came back over UDP 123 is no answer of a time server.",
        seen: "Datagrams shorter than 48 bytes, of another mode than 4, or without a time in them.",
        next: "Check the name and the port of the time server with whoever runs it.",
    }
    NtpKiss {
        meaning: "The time server declines to serve this machine, and says why in four letters.",
        seen: "A kiss-o'-death packet: stratum 0 with a code such as RATE (asked too often) or \
            DENY (RFC 5905, section 7.4).",
        next: "For RATE, find what else behind this address asks so often; for DENY or RSTR, ask \
            the server's administrators to allow this network.",
    }
    NtpUnsynchronised {
        meaning: "The time server answers and does not know the time itself.",
        seen: "The alarm bit, a stratum of 0 or of 16 and more, or a distance of a second or more \
            from its own source.",
        next: "Ask the server's administrators why it follows no source.",
    }
    NtpDisagrees {
        meaning: "The time server stands alone: other servers agree with this machine's clock.",
        seen: "An offset of more than 300 s by SNTP, while the HTTPS Date headers of this run \
            agree with this machine.",
        next: "Ask the server's administrators to set its clock; until then, use another time server.",
    }
    NtpClockSkew {
        meaning: "This machine's clock is wrong by more than the five minutes that Entra tolerates.",
        seen: "An offset of more than 300 s by SNTP that no HTTPS Date header speaks against.",
        next: "Set the clock by this server, and find out why the system has not done so.",
    }
}
