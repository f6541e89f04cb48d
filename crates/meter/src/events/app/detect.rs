//! What is spoken, told by the first bytes.

use super::Protocol;
use super::dns::is_dns;
use crate::events::bytes::Bytes;

/// What first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    /// This.
    Is(Protocol),
    /// None that is known.
    Not,
    /// Too few to tell.
    More,
}

/// A test of the first bytes of a side, with the ports of originator and responder.
type Test = fn(bool, &[u8], (u16, u16)) -> Guess;

/// What the first bytes of a side of a TCP connection tell.
pub(super) fn guess_stream(is_orig: bool, data: &[u8], ports: (u16, u16)) -> Guess {
    let tests: [Test; 14] = [
        http, tls, ssh, command, pop3, imap, irc, mqtt, mysql, rdp, sip, socks, xmpp, dns_stream,
    ];
    let mut answer = Guess::Not;
    for test in tests {
        match test(is_orig, data, ports) {
            Guess::Is(protocol) => return Guess::Is(protocol),
            Guess::More => answer = Guess::More,
            Guess::Not => {}
        }
    }
    answer
}

/// What a datagram tells.
pub(super) fn guess_datagram(is_orig: bool, data: &[u8], ports: (u16, u16)) -> Option<Protocol> {
    let _ = is_orig;
    let port = |wanted: &[u16]| wanted.contains(&ports.0) || wanted.contains(&ports.1);
    if port(&[53, 5353, 5355, 137]) && data.len() >= 12 || is_dns(data) {
        return Some(Protocol::Dns);
    }
    if matches!(data, [1 | 2, ..]) && data.get(236..240) == Some(&[0x63, 0x82, 0x53, 0x63]) {
        return Some(Protocol::Dhcp);
    }
    if port(&[123])
        && data.len() >= 12
        && matches!(data, [first, ..] if (1..=4).contains(&(first >> 3 & 7)) && first & 7 != 0)
    {
        return Some(Protocol::Ntp);
    }
    if super::sip::is_message(data) {
        Some(Protocol::Sip)
    } else if is_snmp(data) {
        Some(Protocol::Snmp)
    } else if super::dtls::is_dtls(data) {
        Some(Protocol::Dtls)
    } else if super::quic::is_quic(data) {
        Some(Protocol::Quic)
    } else if port(&[514]) && super::datagrams::priority(data).is_some() {
        Some(Protocol::Syslog)
    } else if port(&[1812, 1813, 1645, 1646, 3799]) && data.len() >= 20 {
        Some(Protocol::Radius)
    } else {
        None
    }
}

/// A sequence of a version and a community or a header.
fn is_snmp(data: &[u8]) -> bool {
    let rest = match data {
        [0x30, 0x82, _, _, rest @ ..] | [0x30, 0x81, _, rest @ ..] => rest,
        [0x30, 0..=0x7f, rest @ ..] => rest,
        _ => return false,
    };
    matches!(rest, [2, 1, 0 | 1, 4, ..] | [2, 1, 3, 0x30, ..])
}

fn xmpp(_: bool, data: &[u8], _: (u16, u16)) -> Guess {
    match super::xmpp::begins_stream(data) {
        Some(true) => Guess::Is(Protocol::Xmpp),
        Some(false) => Guess::Not,
        None => Guess::More,
    }
}

fn pop3(is_orig: bool, data: &[u8], _: (u16, u16)) -> Guess {
    if is_orig {
        Guess::Not
    } else {
        begins(data, &[b"+OK"], Protocol::Pop3)
    }
}

fn imap(is_orig: bool, data: &[u8], _: (u16, u16)) -> Guess {
    if is_orig {
        Guess::Not
    } else {
        begins(data, &[b"* OK", b"* PREAUTH"], Protocol::Imap)
    }
}

fn irc(is_orig: bool, data: &[u8], ports: (u16, u16)) -> Guess {
    let likely = matches!(ports.1, 6660..=6669 | 7000);
    if is_orig {
        // USER is a command of FTP and POP3 as well.
        let words: &[&[u8]] = if likely {
            &[b"NICK ", b"USER ", b"PASS ", b"CAP ", b"PRIVMSG "]
        } else {
            &[b"NICK ", b"CAP LS"]
        };
        return begins(data, words, Protocol::Irc);
    }
    match data {
        [b':', ..] if likely => Guess::Is(Protocol::Irc),
        _ => begins(data, &[b"NOTICE AUTH", b"ERROR :"], Protocol::Irc),
    }
}

fn mqtt(is_orig: bool, data: &[u8], _: (u16, u16)) -> Guess {
    let Some((0x10, rest)) = data.split_first() else {
        return Guess::Not;
    };
    if !is_orig {
        return Guess::Not;
    }
    match rest.iter().take(4).position(|byte| byte & 0x80 == 0) {
        Some(end) => begins(
            rest.get(end + 1..).unwrap_or_default(),
            &[b"\0\x04MQTT", b"\0\x06MQIsdp"],
            Protocol::Mqtt,
        ),
        None if rest.len() < 4 => Guess::More,
        None => Guess::Not,
    }
}

fn mysql(is_orig: bool, data: &[u8], _: (u16, u16)) -> Guess {
    match *data {
        _ if is_orig => Guess::Not,
        [_, _, 0, 0, 9 | 10, b'0'..=b'9', ..] => Guess::Is(Protocol::Mysql),
        // A server that refuses whoever comes, with a code from 1000 on.
        [len, 0, 0, 0, 0xff, _, 3..=7, ..] if data.len() == usize::from(len) + 4 => {
            Guess::Is(Protocol::Mysql)
        }
        [_] | [_, _] | [_, _, 0] | [_, _, 0, 0] | [_, _, 0, 0, 9 | 10] => Guess::More,
        [len, 0, 0, 0, 0xff, ..] if data.len() < usize::from(len) + 4 => Guess::More,
        _ => Guess::Not,
    }
}

fn rdp(is_orig: bool, data: &[u8], _: (u16, u16)) -> Guess {
    let kind = if is_orig { 0xe0 } else { 0xd0 };
    match *data {
        [3, 0, _, _, _, found, _, _, _, _, _, first, ..]
            if found == kind && matches!(first, 1..=3 | b'C') =>
        {
            Guess::Is(Protocol::Rdp)
        }
        [3] | [3, 0] | [3, 0, _] | [3, 0, _, _] | [3, 0, _, _, _] => Guess::More,
        [3, 0, 0, len, _, found, ..]
            if found == kind && data.len() < 12 && data.len() < usize::from(len) =>
        {
            Guess::More
        }
        _ => Guess::Not,
    }
}

/// A first line of SIP; how long one can be is bounded, since it may look like one of HTTP.
fn sip(is_orig: bool, data: &[u8], _: (u16, u16)) -> Guess {
    const METHODS: [&[u8]; 14] = [
        b"INVITE ",
        b"ACK ",
        b"BYE ",
        b"CANCEL ",
        b"OPTIONS ",
        b"REGISTER ",
        b"SUBSCRIBE ",
        b"NOTIFY ",
        b"PUBLISH ",
        b"INFO ",
        b"MESSAGE ",
        b"REFER ",
        b"UPDATE ",
        b"PRACK ",
    ];
    if !is_orig {
        return begins(data, &[b"SIP/2.0 "], Protocol::Sip);
    }
    match begins(data, &METHODS, Protocol::Sip) {
        Guess::Is(_) => match crate::events::bytes::line(data) {
            Some((line, _)) if line.ends_with(b" SIP/2.0") => Guess::Is(Protocol::Sip),
            None if data.len() < 512 => Guess::More,
            _ => Guess::Not,
        },
        other => other,
    }
}

/// A greeting that is as long as it says, or a request for a connection.
fn socks(is_orig: bool, data: &[u8], _: (u16, u16)) -> Guess {
    match *data {
        _ if !is_orig => Guess::Not,
        [5, n @ 1..=8, ref methods @ ..] if methods.len() == usize::from(n) => {
            let known = methods
                .iter()
                .all(|method| matches!(method, 0..=9 | 0x80..));
            if known {
                Guess::Is(Protocol::Socks)
            } else {
                Guess::Not
            }
        }
        [4, 1 | 2, _, _, _, _, _, _, .., 0] if data.len() < 512 => Guess::Is(Protocol::Socks),
        [5] | [5, 1..=8] | [4] | [4, 1 | 2] => Guess::More,
        [5, n @ 1..=8, ref methods @ ..] if methods.len() < usize::from(n) => Guess::More,
        [4, 1 | 2, ..] if data.len() < 64 => Guess::More,
        _ => Guess::Not,
    }
}

/// A hello of TLS or its record header, an alert, or a hello in the form of SSL 2.
fn tls(_: bool, data: &[u8], _: (u16, u16)) -> Guess {
    match *data {
        [0x16, 3, 0..=4, _, _, 1 | 2, ..] => Guess::Is(Protocol::Tls),
        [0x16] | [0x16, 3] | [0x16, 3, 0..=4] | [0x16, 3, 0..=4, _] | [0x16, 3, 0..=4, _, _] => {
            Guess::More
        }
        [0x15, 3, 0..=4, 0, 2, 1 | 2, ..] => Guess::Is(Protocol::Tls),
        [0x15] | [0x15, 3] | [0x15, 3, 0..=4] | [0x15, 3, 0..=4, 0] | [0x15, 3, 0..=4, 0, 2] => {
            Guess::More
        }
        [high, _, 1, 0, 2, ..] | [high, _, 1, 3, 0..=3, ..] if high & 0x80 != 0 => {
            Guess::Is(Protocol::Tls)
        }
        [high] | [high, _] | [high, _, 1] | [high, _, 1, 0 | 3] if high & 0x80 != 0 => Guess::More,
        _ => Guess::Not,
    }
}

fn ssh(_: bool, data: &[u8], _: (u16, u16)) -> Guess {
    begins(data, &[b"SSH-1.", b"SSH-2."], Protocol::Ssh)
}

/// FTP and SMTP: the greetings are alike, what they say or what the client answers tells.
fn command(is_orig: bool, data: &[u8], ports: (u16, u16)) -> Guess {
    if is_orig {
        let upper = data
            .get(..data.len().min(12))
            .unwrap_or_default()
            .to_ascii_uppercase();
        let smtp = begins(
            &upper,
            &[b"EHLO ", b"HELO ", b"EHLO\r", b"LHLO "],
            Protocol::Smtp,
        );
        let ftp = begins(
            &upper,
            &[
                b"FEAT\r",
                b"AUTH TLS",
                b"AUTH SSL",
                b"OPTS ",
                b"USER ",
                b"SYST\r",
            ],
            Protocol::Ftp,
        );
        return match (smtp, ftp) {
            (Guess::Is(_), _) => smtp,
            // POP3 and IRC have USER, too.
            (_, Guess::Is(_)) if upper.starts_with(b"USER ") && !matches!(ports.1, 21 | 2121) => {
                Guess::More
            }
            (_, Guess::Is(_)) => ftp,
            (Guess::More, _) | (_, Guess::More) => Guess::More,
            _ => Guess::Not,
        };
    }
    match begins(data, &[b"220 ", b"220-"], Protocol::Ftp) {
        Guess::Is(_) => {}
        // Joined midway, or refused: there only the port tells.
        Guess::Not
            if data.len() >= 4
                && data.iter().take(3).all(u8::is_ascii_digit)
                && matches!(data.get(3), Some(b' ' | b'-')) =>
        {
            return match ports.1 {
                21 => Guess::Is(Protocol::Ftp),
                25 | 587 => Guess::Is(Protocol::Smtp),
                _ => Guess::Not,
            };
        }
        other => return other,
    }
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else {
        return Guess::More;
    };
    let upper = data.get(..end).unwrap_or_default().to_ascii_uppercase();
    let says = |word: &[u8]| upper.windows(word.len()).any(|window| window == word);
    if says(b"SMTP") || matches!(ports.1, 25 | 465 | 587) {
        Guess::Is(Protocol::Smtp)
    } else if says(b"FTP") || ports.1 == 21 {
        Guess::Is(Protocol::Ftp)
    } else {
        Guess::More
    }
}

/// Whether `data` begins with one of `words`, or may once there is more of it.
fn begins(data: &[u8], words: &[&[u8]], protocol: Protocol) -> Guess {
    if words.iter().any(|word| data.starts_with(word)) {
        Guess::Is(protocol)
    } else if words.iter().any(|word| word.starts_with(data)) {
        Guess::More
    } else {
        Guess::Not
    }
}

const METHODS: [&[u8]; 31] = [
    b"GET ",
    b"POST ",
    b"HEAD ",
    b"PUT ",
    b"DELETE ",
    b"OPTIONS ",
    b"TRACE ",
    b"CONNECT ",
    b"PATCH ",
    b"PROPFIND ",
    b"PROPPATCH ",
    b"MKCOL ",
    b"COPY ",
    b"MOVE ",
    b"LOCK ",
    b"UNLOCK ",
    b"POLL ",
    b"REPORT ",
    b"SUBSCRIBE ",
    b"UNSUBSCRIBE ",
    b"NOTIFY ",
    b"M-SEARCH ",
    b"SEARCH ",
    b"BMOVE ",
    b"BPROPPATCH ",
    b"BPROPFIND ",
    b"RPC_IN_DATA ",
    b"RPC_OUT_DATA ",
    b"CCM_POST ",
    b"BITS_POST ",
    b"REGISTER ",
];

fn http(is_orig: bool, data: &[u8], _: (u16, u16)) -> Guess {
    if !is_orig {
        return begins(data, &[b"HTTP/1.", b"HTTP/0."], Protocol::Http);
    }
    match begins(data, &METHODS, Protocol::Http) {
        // SIP and RTSP have methods of the same names.
        Guess::Is(_) => match crate::events::bytes::line(data) {
            Some((line, _)) if line.ends_with(b"SIP/2.0") || line.ends_with(b"RTSP/1.0") => {
                Guess::Not
            }
            None if data.len() < 512 => Guess::More,
            _ => Guess::Is(Protocol::Http),
        },
        other => other,
    }
}

fn dns_stream(_: bool, data: &[u8], (_, port): (u16, u16)) -> Guess {
    let mut rest = Bytes(data);
    let Some(len) = rest.u16() else {
        return Guess::More;
    };
    if len < 12 {
        return Guess::Not;
    }
    if rest.0.len() < 17 {
        // Enough to see that it cannot be.
        let counts = rest.0.get(4..6);
        return if port == 53 || counts.is_none_or(|counts| counts == [0, 1]) {
            Guess::More
        } else {
            Guess::Not
        };
    }
    if port == 53 || is_dns(rest.0) {
        Guess::Is(Protocol::Dns)
    } else {
        Guess::Not
    }
}
