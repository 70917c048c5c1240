//! Words for proxies.

words! {
    ProxyNotTried {
        meaning: "The direct path fails, and this machine is told to use a proxy that this run \
            did not try.",
        seen: "A proxy is set for this machine and may carry the row, and `--paths direct` or a \
            policy kept the row off it.",
        next: "Run again without `--paths direct`.",
    }
    ProxyNotUsed {
        meaning: "A proxy is set that would carry this connection, and the service on a Mac does not \
            use it.",
        seen: "CONNECT through the proxy and all that follows worked beside the direct way. Apple's \
            push service takes a proxy only where a PAC file names it (macOS 10.15.5 and later).",
        next: "Open the direct way, or name the proxy in a PAC file.",
    }
    ProxyLooksUp {
        meaning: "Not looked up here: the proxy that carries connections to this name does it.",
        seen: "The look-up fails in this network, and a proxy is set for connections to the name.",
        next: "Nothing, as long as the rows that connect through the proxy work.",
    }
    ProxyPacFailed {
        meaning: "The PAC file that is to name the proxy cannot be had, or fails when it is asked.",
        seen: "The fetch of its address, or the script's own error, with the line where there is one. \
            Applications then go the direct way, and so does the row.",
        next: "Give what the row says to whoever keeps the PAC file.",
    }
    ProxyUnresolved {
        meaning: "The proxy's own name has no address.",
        seen: "The look-up of the proxy's host failed; nothing was sent to the peer behind it.",
        next: "Correct the name in the proxy setting or the PAC file, or have the name entered in \
            the internal DNS.",
    }
    ProxyUnreachable {
        meaning: "No TCP connection to the proxy came about, so nothing behind it was reached.",
        seen: "The connect to the proxy's own address failed; the row shows how, and who refused.",
        next: "See whether the proxy runs, and whether this network may reach it on its port.",
    }
    ProxyTlsFailed {
        meaning: "The proxy is to be spoken to over TLS, and the handshake with it failed or its \
            chain is not accepted.",
        seen: "The handshake with the proxy itself, before any request; no user name was sent.",
        next: "See whether the proxy speaks TLS on this port, and whether this system trusts its \
            certificate.",
    }
    ProxySilent {
        meaning: "The proxy accepted the connection and did not answer the request.",
        seen: "No whole answer to CONNECT, to SOCKS or to a plain request in 5 s. Many proxies answer only when they \
            have reached the peer, so it may be that their own way is blocked.",
        next: "Ask the proxy's administrators what its log says of this host and port.",
    }
    ProxyClosed {
        meaning: "The proxy ended the connection instead of answering.",
        seen: "End of file or a reset after the request, before any byte of an answer.",
        next: "Ask the proxy's administrators whether this network may use it, and whether it \
            speaks the protocol of the setting (http, https or socks5).",
    }
    ProxyProtocol {
        meaning: "What answers at the proxy's address does not speak the protocol of the setting.",
        seen: "The first bytes are neither HTTP nor SOCKS version 5, or the answer is none that a \
            proxy gives: a web server's 400, 404 or 405; the row shows them.",
        next: "Correct the scheme in the proxy setting (http, https or socks5), or the port.",
    }
    ProxyAuthRequired {
        meaning: "The proxy wants its users to sign in.",
        seen: "Status 407, with the schemes of its `Proxy-Authenticate` headers, where no password was \
            given or none of the schemes takes one; of SOCKS, no method without a sign-in.",
        next: "Have this host exempted from sign-in: Apple's and Intune's background services \
            cannot answer such a question, and Microsoft demands access without it for some hosts.",
    }
    ProxyLoginRefused {
        meaning: "The proxy did not accept the user name and password that were given.",
        seen: "Status 407 although `Proxy-Authorization` was sent; of SOCKS, a refusal of the \
            user name and password.",
        next: "Check the credentials, and whether the proxy accepts Basic at all: the row lists \
            the schemes that it offers.",
    }
    ProxyDenied {
        meaning: "The proxy refuses to pass this connection on.",
        seen: "Status 403, 429, 451 or a redirect in answer to CONNECT, another of the 400s that the proxy \
            signs (`X-Squid-Error`, `Proxy-Status`), or an error page that it wrote itself; of SOCKS, reply 2.",
        next: "Ask the proxy's administrators to allow CONNECT to this host and port.",
    }
    ProxyBadGateway {
        meaning: "The proxy tried and could not reach the peer.",
        seen: "Status 500 or 502 to 504 with the proxy's own reason (`Proxy-Status`, \
            `X-Squid-Error`); of SOCKS, replies 1 and 3 to 6.",
        next: "Ask the proxy's administrators: its own name look-up or its own way to the internet \
            fails for this host.",
    }
}
