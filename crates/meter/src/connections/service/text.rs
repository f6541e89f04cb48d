//! Services that talk in lines.

use super::datagram::is_syslog;

/// What the first bytes of a TCP side say.
pub(super) fn stream(payload: &[u8], from_orig: bool) -> Option<&'static str> {
    common(payload).or_else(|| {
        if from_orig {
            client(payload)
        } else {
            server(payload)
        }
    })
}

/// What either side may say, in captures whose sides are not certain.
fn common(payload: &[u8]) -> Option<&'static str> {
    if payload.starts_with(b"SSH-") {
        Some("ssh")
    } else if payload.starts_with(b"HTTP/") || is_http_request(payload) {
        Some("http")
    } else if payload.starts_with(b"SIP/2.0 ") || is_sip_request(payload) {
        Some("sip")
    } else if payload.starts_with(b"RFB 00") {
        Some("rfb")
    } else if payload.starts_with(b"<stream:stream")
        || payload.starts_with(b"<?xml") && holds(payload, b"jabber")
    {
        Some("xmpp")
    } else if payload.starts_with(b"\x13BitTorrent protocol") {
        Some("bittorrent")
    } else if is_syslog(payload) || is_counted_syslog(payload) {
        Some("syslog_tcp")
    } else if payload.first() == Some(&b'*') && holds(head(payload, 24), b"\r\n$") {
        Some("redis")
    } else {
        None
    }
}

fn client(payload: &[u8]) -> Option<&'static str> {
    let line = first_line(payload);
    let (word, rest) = split_word(line);
    let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    if is("EHLO") || is("HELO") || is("LHLO") || starts_with_ignoring_case(line, b"MAIL FROM:") {
        Some("smtp")
    } else if is("NICK")
        || is("USER") && (rest.split(|b| *b == b' ').count() >= 4 || holds(payload, b"\nNICK "))
    {
        Some("irc")
    } else if is("CAPA") || is("APOP") {
        Some("pop3")
    } else if is("USER") && !rest.is_empty()
        || is("AUTH") && matches!(rest, b"TLS" | b"SSL" | b"GSSAPI")
    {
        Some("ftp")
    } else if is_imap_command(line) {
        Some("imap")
    } else {
        None
    }
}

fn server(payload: &[u8]) -> Option<&'static str> {
    let line = first_line(payload);
    if line.starts_with(b"+OK") {
        Some("pop3")
    } else if line.starts_with(b"* OK") || line.starts_with(b"* PREAUTH") {
        Some("imap")
    } else if line.starts_with(b"220") || line.starts_with(b"120") || line.starts_with(b"421") {
        // FTP and SMTP greet alike.
        let banner = head(payload, 512);
        if holds_ignoring_case(banner, b"smtp") || holds_ignoring_case(banner, b"mail") {
            Some("smtp")
        } else if holds_ignoring_case(banner, b"ftp") {
            Some("ftp")
        } else {
            None
        }
    } else if line.starts_with(b":")
        && (holds(line, b" NOTICE ") || holds(line, b" 001 ") || holds(line, b" 020 "))
        || line.starts_with(b"NOTICE AUTH")
    {
        Some("irc")
    } else {
        None
    }
}

const HTTP_METHODS: &[&[u8]] = &[
    b"GET",
    b"POST",
    b"HEAD",
    b"PUT",
    b"DELETE",
    b"OPTIONS",
    b"CONNECT",
    b"TRACE",
    b"PATCH",
    b"PROPFIND",
    b"PROPPATCH",
    b"MKCOL",
    b"COPY",
    b"MOVE",
    b"LOCK",
    b"UNLOCK",
    b"SEARCH",
    b"REPORT",
    b"M-SEARCH",
    b"NOTIFY",
    b"SUBSCRIBE",
    b"UNSUBSCRIBE",
    b"BITS_POST",
    b"CCM_POST",
    b"RPC_IN_DATA",
    b"RPC_OUT_DATA",
    b"POLL",
    b"BMOVE",
    b"BCOPY",
    b"SMS_POST",
    b"PRI",
];

fn is_http_request(payload: &[u8]) -> bool {
    if !HTTP_METHODS.contains(&leading_word(payload)) {
        return false;
    }
    let line = first_line(payload);
    let (_, rest) = split_word(line);
    if rest.is_empty() {
        return false;
    }
    // A request of HTTP/0.9 has no version; a long one may not end in this segment.
    let version = rest.windows(6).any(|window| window == b" HTTP/");
    version || line.len() == payload.len() && (rest.starts_with(b"/") || rest.starts_with(b"http"))
}

fn is_sip_request(payload: &[u8]) -> bool {
    const METHODS: &[&[u8]] = &[
        b"INVITE",
        b"ACK",
        b"BYE",
        b"CANCEL",
        b"REGISTER",
        b"OPTIONS",
        b"PRACK",
        b"SUBSCRIBE",
        b"NOTIFY",
        b"PUBLISH",
        b"INFO",
        b"REFER",
        b"MESSAGE",
        b"UPDATE",
    ];
    if !METHODS.contains(&leading_word(payload)) {
        return false;
    }
    let (_, rest) = split_word(first_line(payload));
    rest.starts_with(b"sip:") || rest.starts_with(b"sips:") || rest.starts_with(b"tel:")
}

/// What stands before the first space, if that is short: most payloads are told not to be text without looking further.
fn leading_word(payload: &[u8]) -> &[u8] {
    split_word(head(payload, 16)).0
}

pub(super) fn is_sip(payload: &[u8]) -> bool {
    payload.starts_with(b"SIP/2.0 ") || is_sip_request(payload)
}

/// A length before the message (RFC 6587).
fn is_counted_syslog(payload: &[u8]) -> bool {
    let digits = payload
        .iter()
        .take(6)
        .take_while(|byte| byte.is_ascii_digit());
    match payload.split_at_checked(digits.count()) {
        Some((&[first, ..], [b' ', message @ ..])) => first != b'0' && is_syslog(message),
        _ => false,
    }
}

fn is_imap_command(line: &[u8]) -> bool {
    let (tag, rest) = split_word(line);
    let (command, _) = split_word(rest);
    let is = |name: &&[u8]| command.eq_ignore_ascii_case(name);
    let tagged = !tag.is_empty() && tag.len() <= 8 && tag.iter().all(u8::is_ascii_alphanumeric);
    tagged
        && [
            b"CAPABILITY".as_slice(),
            b"LOGIN",
            b"STARTTLS",
            b"AUTHENTICATE",
            b"ID",
            b"NAMESPACE",
        ]
        .iter()
        .any(is)
}

fn first_line(payload: &[u8]) -> &[u8] {
    let end = payload
        .iter()
        .position(|byte| matches!(byte, b'\r' | b'\n'))
        .unwrap_or(payload.len());
    head(payload, end)
}

pub(super) fn split_word(line: &[u8]) -> (&[u8], &[u8]) {
    match line.iter().position(|byte| *byte == b' ') {
        Some(at) => (head(line, at), line.get(at + 1..).unwrap_or_default()),
        None => (line, &[]),
    }
}

fn head(data: &[u8], len: usize) -> &[u8] {
    data.get(..len).unwrap_or(data)
}

fn holds(data: &[u8], needle: &[u8]) -> bool {
    data.windows(needle.len()).any(|window| window == needle)
}

fn holds_ignoring_case(data: &[u8], needle: &[u8]) -> bool {
    data.windows(needle.len())
        .any(|window| window.eq_ignore_ascii_case(needle))
}

fn starts_with_ignoring_case(data: &[u8], start: &[u8]) -> bool {
    data.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

#[cfg(test)]
mod tests {
    use super::stream;

    #[test]
    fn requests_and_greetings_name_their_service() {
        for (service, from_orig, payload) in [
            (
                "http",
                true,
                &b"GET /index.html HTTP/1.1\r\nHost: a\r\n"[..],
            ),
            ("http", false, b"HTTP/1.1 200 OK\r\n"),
            ("ssh", false, b"SSH-2.0-OpenSSH_9.6\r\n"),
            ("smtp", false, b"220 mail.example.org ESMTP Postfix\r\n"),
            ("smtp", true, b"EHLO client\r\n"),
            ("ftp", false, b"220 (vsFTPd 3.0.3)\r\n"),
            ("ftp", true, b"USER anonymous\r\n"),
            ("irc", true, b"USER bot 0 * :bot\r\n"),
            ("irc", true, b"NICK bot\r\n"),
            ("pop3", false, b"+OK ready\r\n"),
            ("imap", false, b"* OK [CAPABILITY IMAP4rev1] ready\r\n"),
            ("imap", true, b"a001 LOGIN me secret\r\n"),
            ("sip", true, b"REGISTER sip:example.org SIP/2.0\r\n"),
            ("rfb", false, b"RFB 003.008\n"),
            ("syslog_tcp", true, b"<34>Oct 11 22:14:15 host su: failed\n"),
            (
                "syslog_tcp",
                true,
                b"35 <34>Oct 11 22:14:15 host su: failed",
            ),
            ("redis", true, b"*1\r\n$4\r\nPING\r\n"),
        ] {
            assert_eq!(
                stream(payload, from_orig),
                Some(service),
                "{}",
                payload.escape_ascii()
            );
        }
    }

    #[test]
    fn other_text_names_none() {
        for payload in [
            &b"hello world\r\n"[..],
            b"GET\r\n",
            b"GETX / HTTP/1.1\r\n",
            b"220 ready\r\n",
            b"",
            b"\0\0",
        ] {
            assert_eq!(stream(payload, true), None, "{}", payload.escape_ascii());
            assert_eq!(stream(payload, false), None, "{}", payload.escape_ascii());
        }
    }
}
