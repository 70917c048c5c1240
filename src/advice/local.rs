//! Words for what this machine, the run itself and a configured proxy can bring into a row.

words! {
    NetOffline {
        meaning: "This machine has no usable address, or no route to any of the targets.",
        seen: "Before the first packet: the interfaces carry no address but loopback and \
            link-local ones, or the routing table knows no way to any target.",
        next: "Connect this machine to the network that you want to test and run again; nothing \
            was learned about that network.",
    }
    LocalRouteMissing {
        meaning: "This machine knows no way to the address and sent nothing.",
        seen: "`connect` returned at once with ENETUNREACH, EHOSTUNREACH or ENETDOWN, or the \
            name has only IPv6 addresses and IPv6 has no route here.",
        next: "Look at this machine's routes, its VPN and its default gateway; if they are as \
            you want them, ask the network team for a route to this address.",
    }
    LocalPolicyDenied {
        meaning: "This machine itself refused to let the packet out.",
        seen: "`connect` failed at once with EACCES, EPERM or EINVAL (a prohibit or black hole \
            route), an ICMP refusal came from this machine's own address, or (Linux) the kernel \
            says that no SYN of a silent connect was ever sent.",
        next: "Look for a host firewall, content filter or security agent on this machine, and \
            ask whoever manages it to let this program reach the target.",
    }
    LocalSourceUnusable {
        meaning: "The source address or interface of this run cannot be used for this target.",
        seen: "Binding failed, the source is of the other address family, or `connect` returned \
            EADDRNOTAVAIL, EADDRINUSE or, with a source given, EINVAL.",
        next: "Correct `--source`, or leave it out; without it, look whether other programs on \
            this machine have used up its local ports.",
    }
    LocalDescriptors {
        meaning: "This process ran out of file descriptors before it could open the connection.",
        seen: "Opening a socket failed with EMFILE or ENFILE, and went on failing until the time \
            for the connect was nearly over.",
        next: "Raise the limit of open files (`ulimit -n`) or lower `--concurrency` and run \
            again; the target was not tested.",
    }
    LocalRetired {
        meaning: "The vendor has switched this service off, so its absence is expected.",
        seen: "The profile gives the date of retirement, and the name does not resolve or its \
            port does not answer.",
        next: "Nothing needs to be opened: use the successor that the row names, and take the \
            old rule out of your firewall when you tidy it.",
    }
    LocalMisprint {
        meaning: "The documentation lists this port, but the product does not use it there, and \
            it gave no working answer.",
        seen: "The profile marks the port as misprinted, and nothing that answers was found at it.",
        next: "Do not ask for this port; the row names the one that counts.",
    }
    LocalVendorHosted {
        meaning: "Only a server of the organisation's own needs this, and the Jamf Pro server is \
            on Jamf Cloud.",
        seen: "The server's own answer to `/api/v1/cloud-information`, or its name below \
            jamfcloud.com.",
        next: "Nothing is to be opened here. What Jamf Cloud itself cannot reach stands among the \
            notifications of Jamf Pro.",
    }
    LocalInternal {
        meaning: "This program could not carry out the step.",
        seen: "A socket could not be set up, a task of the run died, a request could not be \
            written, or a closed demo was asked for an address outside its lab.",
        next: "Run again; if it comes back, report it as a bug of mdm-preflight with the detail \
            of this row. It says nothing about the network.",
    }
    InconclusiveDeadline {
        meaning: "The run's deadline came before this row had its answer.",
        seen: "The look-up, connect, handshake or answer was still within its own time when \
            `--deadline` (30 s by default) ended the run.",
        next: "Run again with a longer `--deadline`, or ask only this row with `--only`; do not \
            read this row as blocked.",
    }
    InconclusiveInterrupted {
        meaning: "The run was stopped by hand or by a signal before this row was finished.",
        seen: "The program was told to stop while the row was waiting for the network.",
        next: "Let the run finish; what the row shows is only as far as it came.",
    }
    InconclusiveControl {
        meaning: "The row expects to be kept out, and what was seen does not prove that \
            something keeps it out.",
        seen: "No ICMP refusal from a box on the way; and if there was silence, the same address \
            answered on no other port in this run. A failed look-up or a refusal by the host is \
            no proof either.",
        next: "Give the row a target that is known to be up, on an address that answers on \
            another port, or read the refusal in the firewall's own log with the network team.",
    }
    InconclusiveVariable {
        meaning: "A value that only your organisation knows is missing, so the row could not ask \
            anything.",
        seen: "A variable of the profile has neither an option, nor an environment variable, nor \
            a default.",
        next: "Give the value with the option that the row names (such as `--jamf URL`) or with \
            `--set KEY=VALUE`, and run again.",
    }
    InconclusiveFamily {
        meaning: "Every address belongs to an address family that this run may not use.",
        seen: "-4 or -6 was given, or a --source without an address of the other family, and neither the look-up nor \
            the target, or the proxy, has an address of the family that is left.",
        next: "Run again without -4, -6 or --source, or name a target that has an address of that family.",
    }
    InconclusiveHold {
        meaning: "It is not known what becomes of connections that are silent for so long.",
        seen: "The peer itself spoke more often than that, the kernel does not tell whether what was sent after \
            the silence was confirmed, or the path was gone by then: a new connection fared no better.",
        next: "With a shorter --hold, or on Linux or macOS, run again; if a new connection failed as well, look \
            at the other rows first.",
    }
    InconclusiveSample {
        meaning: "Too few hosts or addresses could be asked to speak for the whole block.",
        seen: "Fewer names resolved, or fewer distinct addresses were reached for, than the \
            profile demands of its sample.",
        next: "Mend the rows of the names first, with whoever runs your DNS; this row then \
            judges itself in the next run.",
    }
}
