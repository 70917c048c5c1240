//! Words for HTTP answers, and for what Entra's endpoints and a vendor's block say in the end.

words! {
    HttpTimeoutHeaders {
        meaning: "The request was sent over an open connection, and no complete answer head came \
            back.",
        seen: "No full status line and headers within 5 s of the request.",
        next: "Ask the server's administrators about load; if several hosts show it, ask the \
            network team about a proxy that holds requests for inspection.",
    }
    HttpTimeoutBody {
        meaning: "The answer began, and its body did not end in time.",
        seen: "The headers came, and the body was not complete 5 s later; the detail counts its \
            bytes.",
        next: "Ask the server's administrators why it is slow; a small answer that stalls is \
            also a sign of packet loss for the network team.",
    }
    HttpEof {
        meaning: "The connection was closed after the request and before an answer.",
        seen: "End of stream, reset or a connection given up before the headers were complete.",
        next: "Ask the server's administrators for this request in their log; if it never \
            arrived, ask the network team what closes the connection.",
    }
    HttpProtocol {
        meaning: "What came back is not HTTP that can be read.",
        seen: "The parser rejected the head, it was over 64 KiB or 200 fields, or the HTTP/2 \
            connection ended in an error.",
        next: "Ask the server's administrators, or whoever runs the proxy before it, which \
            software answers on this port.",
    }
    HttpTruncated {
        meaning: "The body broke off before the length that had been announced.",
        seen: "The stream failed within a body with Content-Length, chunked coding or HTTP/2 \
            framing.",
        next: "Run again; if it stays, ask the server's administrators and then the network team \
            for what cuts long answers.",
    }
    HttpBodyTooLarge {
        meaning: "The body is longer than this program is willing to read.",
        seen: "More than 1 MiB of body arrived; the rest was not read.",
        next: "Check the URL with the server's administrators: the answers that are asked for \
            here are far smaller.",
    }
    HttpStatus {
        meaning: "The server answered with a status that the row does not accept.",
        seen: "A complete answer whose status is not in the profile's list; if it is an HTML \
            page, a chain of certificates proves that it is the server's own.",
        next: "Show the status to the server's administrators, or correct the URL in the profile.",
    }
    HttpBlockPage {
        meaning: "Something else's page or redirect came back where another kind of answer belongs.",
        seen: "HTML where the row demands JSON, or another status or text and no chain of \
            certificates proves that the host itself wrote the page; a filter's own headers or \
            title; or plain HTTP sent on to another owner's host. The detail quotes it.",
        next: "Read the title: if it is the page of a filter or a sign-in portal, ask the \
            network team for an exception for this host.",
    }
    HttpNotJson {
        meaning: "The answer is not the JSON that the row demands.",
        seen: "A body that does not parse as JSON and is not marked as HTML.",
        next: "Ask the network team whether something on the way rewrites answers, and check the \
            URL.",
    }
    HttpCaptivePortal {
        meaning: "A sign-in portal answers in the place of the internet, and holds connections \
            back until somebody signs in.",
        seen: "A plain request whose answer is known in advance came back as status 511, as a \
            redirect to another owner's host, or as a page with a sign-in form or forwarding.",
        next: "Open the portal's page in a browser on this machine, sign in, and run again; the \
            other rows say nothing about the network until then.",
    }
    HttpBodyUnexpected {
        meaning: "The answer lacks the text that the genuine one contains.",
        seen: "A complete answer, not an HTML page, in whose first 4 KiB the profile's \
            `contains` does not stand.",
        next: "Ask the network team whether something on the way rewrites plain HTTP, and \
            compare with the same request from another network.",
    }
    HttpRedirected {
        meaning: "The server sent the request on to another address.",
        seen: "A status from 300 to 399 that the row does not accept; the target is in the \
            detail and was not followed.",
        next: "If the target is the server's own, put it into the profile with its \
            administrators; if it is a stranger's, ask the network team about a portal or \
            filter.",
    }
    HttpCredentialWithheld {
        meaning: "The row would have sent a secret, and did not, because of who answered.",
        seen: "A request with a client secret or a token was due, and the connection is not \
            encrypted, is read by an inspecting product, or shows a chain that the row does not \
            accept. Nothing but the handshake was sent.",
        next: "Mend what the row says about the certificate, as a rule by exempting the host \
            from TLS inspection, and run again.",
    }
    HttpCredentialUnfit {
        meaning: "The secret or token that was given cannot be written into a request.",
        seen: "It holds a line end, a control character or another character that no HTTP \
            header carries.",
        next: "Give the token alone, on one line, as the file or the variable of the \
            environment; nothing was sent.",
    }
    HttpClockSkew {
        meaning: "This machine's clock and the server's are more than five minutes apart.",
        seen: "The Date header differs by more than 300 s from this machine's time in the middle \
            of the exchange.",
        next: "Compare both clocks with a time server, this machine's first: tokens are refused at such a \
            distance. The diagnosis says whose is wrong where other servers tell.",
    }
    HttpMixed {
        meaning: "Every attempt was served over TCP and TLS, and the answers did not agree.",
        seen: "With `--attempts` above 1, some attempts brought the answer that the row demands and \
            others a failure or another answer.",
        next: "Ask the server's administrators for one member behind this address that is ill or out \
            of date; each attempt opens a connection of its own.",
    }
    HttpThrottled {
        meaning: "The service answered that it has had too many requests.",
        seen: "Status 429, or Entra's word for it (AADSTS90055, 50196); name, connection, TLS and HTTP all worked.",
        next: "Run again in some minutes; if it stays, many clients share this public address, \
            and the vendor's support can tell the limit.",
    }
    HttpServerError {
        meaning: "The service was reached and reports an error of its own.",
        seen: "A status from 500 to 599 without an HTML page.",
        next: "Look at the vendor's status page and run again later; for your own server, ask \
            its administrators.",
    }
    EntraNotGenuine {
        meaning: "The answer does not carry the headers that Entra puts into every answer.",
        seen: "`x-ms-request-id` or `x-ms-ests-server` is missing, or the answer is an HTML page.",
        next: "Ask the network team what answers in Entra's place or strips its headers: a \
            filter, a portal or a proxy.",
    }
    EntraTenantUnknown {
        meaning: "Entra answered, and refuses to describe this tenant.",
        seen: "The tenant's OpenID configuration came back as JSON with a status from 400 to \
            499, usually 400 with AADSTS90002.",
        next: "Check the tenant ID or domain and the cloud that you gave; your identity \
            administrators find both in the Entra admin center.",
    }
    EntraUnexpected {
        meaning: "A JSON answer came from the Entra endpoint without the content that is due.",
        seen: "No `error_codes` in the answer to an empty token request, or no `issuer` in the \
            tenant's OpenID configuration.",
        next: "Show the answer's status to your identity administrators; if it looks made up, \
            ask the network team what answers there.",
    }
    RangePartial {
        meaning: "Some addresses of the vendor's block are closed from here.",
        seen: "Fewer than half of the addresses that the vendor's names gave in this run failed \
            the connect or the handshake; the row lists their parts of the block.",
        next: "Ask the network team to open the whole block that the row names, not single \
            addresses: the names move within it.",
    }
    RangeClosed {
        meaning: "Most or all of the vendor's block is closed from here.",
        seen: "Half or more of the addresses that the vendor's names gave in this run failed, in \
            the way that the row shows for the first of them.",
        next: "Ask the network team for one rule for the whole block and port, as the vendor \
            demands it.",
    }
}
