//! Words for the look-up of names.

words! {
    DnsNxdomain {
        meaning: "The name does not exist, says the resolver.",
        seen: "RCODE 3 (NXDOMAIN) in a reply on the wire, or EAI_NONAME from the operating \
            system's look-up.",
        next: "Check the spelling of a name you gave; for a vendor's name, ask whoever runs the \
            DNS server which zone or filter of theirs answers for it.",
    }
    DnsNodata {
        meaning: "The name exists and has no address.",
        seen: "RCODE 0 (NOERROR) without a record of the type asked for, or EAI_NODATA; the row \
            fails only if both A and AAAA are missing.",
        next: "Ask whoever runs the DNS server for an A record, and whether a local zone hides \
            the public one.",
    }
    DnsServfail {
        meaning: "The resolver tried to answer and failed.",
        seen: "RCODE 2 (SERVFAIL), with the extended error that the resolver added, if any.",
        next: "Ask whoever runs the DNS server to look at its forwarders and its DNSSEC \
            validation for this name; its log has the reason.",
    }
    DnsDnssecBogus {
        meaning: "The resolver withholds an answer because its DNSSEC signatures do not verify.",
        seen: "RCODE 2 (SERVFAIL), and RCODE 0 when the same question is put with checking \
            disabled (CD).",
        next: "Ask whoever runs the DNS server whether its clock and trust anchor are right and \
            whether a filter rewrites answers; else the zone's owner has broken signatures.",
    }
    DnsRefused {
        meaning: "The resolver declines to answer this question for this machine.",
        seen: "RCODE 5 (REFUSED) in a reply on the wire.",
        next: "Ask whoever runs the DNS server to allow recursion for this network, or point \
            this machine at the resolver that it is meant to use.",
    }
    DnsFormerr {
        meaning: "The resolver says that it does not understand the question.",
        seen: "RCODE 1 (FORMERR); the question was put once more without EDNS before this was \
            reported.",
        next: "Ask whoever runs the DNS server to update it, or the box between that rewrites \
            DNS; an ordinary question for an address must be understood.",
    }
    DnsNotimp {
        meaning: "The resolver says that it does not support this kind of question.",
        seen: "RCODE 4 (NOTIMP), also looked for again without EDNS.",
        next: "Ask whoever runs the DNS server why it serves no ordinary look-ups; it may be a \
            device that was never meant as a resolver.",
    }
    DnsTimeout {
        meaning: "The resolver gave no answer in the time for look-ups.",
        seen: "No reply within 3 s over UDP, sent at 0, 0.5 and 1.5 s, nor over TCP from 1 s on; \
            or the operating system's look-up did not return in time.",
        next: "Ask whoever runs the DNS server whether it is up and whether this network may \
            reach it on port 53, UDP and TCP.",
    }
    DnsUnreachable {
        meaning: "The network reports that the resolver cannot be reached.",
        seen: "An ICMP error or its error number (ECONNREFUSED, EHOSTUNREACH) came back for the \
            UDP question, and TCP brought no reply.",
        next: "Check that the resolver's address in this machine's settings is right; then ask \
            whoever runs the DNS server whether its service is running.",
    }
    DnsUdpBlocked {
        meaning: "The resolver answers over TCP while its answer over UDP never came.",
        seen: "A whole reply came over TCP, which starts 1 s after the first question, and no \
            UDP reply had come, not even a shortened one.",
        next: "Ask the DNS and firewall teams to let UDP port 53 through both ways; until then \
            every look-up costs a second or more.",
    }
    DnsTcpBlocked {
        meaning: "The resolver's answer is too long for UDP, and the whole answer could not be \
            had over TCP.",
        seen: "A UDP reply with the TC bit set, and no complete reply on TCP port 53 within 3 s.",
        next: "Ask the DNS and firewall teams to open TCP port 53 to this resolver; long answers \
            need it.",
    }
    DnsServerSilent {
        meaning: "One of the configured resolvers gives no answer while another one does.",
        seen: "For the same names one server ended in a timeout or was unreachable, and another \
            server replied.",
        next: "Have the dead server mended or taken out of the DHCP options, by whoever runs DNS \
            here; applications wait for it first.",
    }
    DnsFamilySilent {
        meaning: "The resolver answers for one address family of a name and is silent for the other.",
        seen: "A reply to the question for A, or for AAAA, and none to the other question for the \
            same name at the same server, within 3 s over UDP and TCP.",
        next: "Have whoever runs the DNS server, or a filter before it, answer both questions: \
            what does not exist is an empty answer (RFC 4074). Applications wait seconds for the \
            one that is missing.",
    }
    DnsFamilyFailed {
        meaning: "The resolver answers for one address family of a name and gives an error for the other.",
        seen: "Addresses to the question for A, or for AAAA, and NXDOMAIN, SERVFAIL, REFUSED, \
            FORMERR or NOTIMP to the other one for the same name at the same server.",
        next: "Have whoever runs the DNS server answer both questions: what does not exist is an \
            empty answer (RFC 4074). Some systems take the error for the whole name's.",
    }
    DnsSystemFailed {
        meaning: "The operating system's own look-up failed without saying that the name does \
            not exist.",
        seen: "EAI_AGAIN, EAI_FAIL or another error of `getaddrinfo`; the replies on the wire \
            stand beside it in the report.",
        next: "Compare with the replies on the wire: if those are good, look at this machine's \
            resolver settings, VPN and DNS filter; if not, ask the DNS team.",
    }
    DnsSystemDiffers {
        meaning: "The operating system and the DNS servers asked on the wire do not say the same \
            about this name.",
        seen: "`getaddrinfo` gave addresses and the exchange with the configured servers gave \
            none, or none that belong together with them.",
        next: "Look for a hosts file entry, a VPN with its own DNS or a cache on this machine; \
            ask the DNS team if the difference is not intended.",
    }
    DnsResolversDiffer {
        meaning: "The DNS server of --compare-dns and this machine's own do not say the same about \
            a public name.",
        seen: "The two answers share no address, no vendor's block and no zone at the end of their \
            aliases, and at most one of them leads to a chain that the row accepts.",
        next: "Ask whoever runs the server whose answer does not work which zone, filter or cache \
            of theirs it comes from; where both could be right, compare once more later.",
    }
    DnsBogon {
        meaning: "A public name of a vendor resolves to a private or documentation address.",
        seen: "An answer in RFC 1918, unique local, link-local or documentation space (such as \
            10.0.0.0/8 or 192.0.2.0/24) for a name in a vendor's own zone.",
        next: "Ask whoever runs the DNS server whether this is meant, for instance for a private \
            link; if not, have the public answer restored.",
    }
    DnsSinkhole {
        meaning: "Every address that the name resolves to is one that leads nowhere.",
        seen: "All answers are 0.0.0.0, `::`, loopback, multicast or broadcast addresses; none \
            of them was dialled.",
        next: "Ask whoever runs the DNS server or filter to take this name off its block list; \
            look at this machine's hosts file too.",
    }
    DnsSynthetic {
        meaning: "The name resolves to an address of the kind that agents on a machine make up.",
        seen: "An answer in 100.64.0.0/10 or 198.18.0.0/15 for a name in a vendor's own zone.",
        next: "Nothing to do if the row works. Otherwise ask whoever manages the VPN or security \
            agent on this machine to leave this name alone.",
    }
    DnsOutsideBlock {
        meaning: "Some names of the vendor resolve to addresses outside the vendor's block.",
        seen: "An address that was dialled lies neither in the block of the profile nor in its \
            published parts, NAT64 unwrapped.",
        next: "Ask whoever runs the DNS server where these addresses come from; a firewall rule \
            for the block does not cover them.",
    }
    DnsResolves {
        meaning: "A name that should not exist has an address.",
        seen: "The look-up of a row that expects NXDOMAIN returned at least one A or AAAA record.",
        next: "Ask whoever runs the DNS server which zone or wildcard answers for this name.",
    }
    DnsOther {
        meaning: "The look-up ended in a way that has no code of its own.",
        seen: "An RCODE beside 0 to 5, an answer that cannot be read, or a name that cannot be written as a \
            DNS question; the detail has it.",
        next: "Show the detail to whoever runs the DNS server; if the name itself is odd, \
            correct it in the profile.",
    }
}
