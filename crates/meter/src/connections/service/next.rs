//! What a connection turns to after its first service: STARTTLS and its like, a proxy's tunnel, a WebSocket.

use wire::Ip;

use super::datagram::{QUIC_WITH_TLS, quic};
use super::service;

/// What the later payloads of a connection are looked at for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::connections) enum Next {
    /// Nothing.
    #[default]
    Nothing,
    /// A hello of TLS.
    Tls,
    /// The same, and announcements of data connections.
    Ftp,
    /// The answer that opens a WebSocket.
    WebSocket,
    /// The answer to CONNECT.
    Connected,
    /// What is carried: the first payload that tells.
    Inside,
    /// The first Initial packet of QUIC, after packets that are none.
    Initial,
}

impl Next {
    /// After the first service, by the payload that told it.
    pub(in crate::connections) fn after(service: Option<&str>, payload: &[u8]) -> Self {
        match service {
            Some("ftp") => Next::Ftp,
            Some(
                "smtp" | "imap" | "pop3" | "xmpp" | "irc" | "ldap_tcp" | "mysql" | "postgresql"
                | "rdp",
            ) => Next::Tls,
            Some("http") if payload.starts_with(b"CONNECT ") => Next::Connected,
            Some("http") => Next::WebSocket,
            Some("socks") => Next::Inside,
            Some("quic") => Next::Initial,
            _ => Next::Nothing,
        }
    }

    /// Looks at a later payload: the services that there are now, and what to look for from here on.
    pub(in crate::connections) fn step(
        self,
        known: &'static str,
        ip: &Ip<'_>,
        from_orig: bool,
    ) -> (&'static str, Self) {
        let payload = ip.payload;
        match self {
            Next::Tls | Next::Ftp if is_hello(payload) => (both(known, "ssl"), Next::Nothing),
            Next::Initial if quic(payload) == Some(QUIC_WITH_TLS) => (QUIC_WITH_TLS, Next::Nothing),
            Next::WebSocket if !from_orig && opens_web_socket(payload) => {
                (both(known, "websocket"), Next::Nothing)
            }
            Next::Connected if !from_orig && payload.starts_with(b"HTTP/1") => {
                let agreed = payload.get(8..10) == Some(b" 2");
                (known, if agreed { Next::Inside } else { self })
            }
            Next::Inside => match service(ip, from_orig) {
                // The server's part of SOCKS, or a second line of headers.
                None | Some("socks") => (known, self),
                Some(inner) => (both(known, inner), Next::Nothing),
            },
            _ => (known, self),
        }
    }
}

/// The hello of a TLS client or server in a record of its own.
fn is_hello(payload: &[u8]) -> bool {
    matches!(payload, [0x16, 3, 0..=4, _, _, 1 | 2, ..])
}

/// The answer 101 with the upgrade of RFC 6455.
fn opens_web_socket(payload: &[u8]) -> bool {
    payload.starts_with(b"HTTP/1.1 101")
        && payload
            .windows(18)
            .any(|window| window.eq_ignore_ascii_case(b"upgrade: websocket"))
}

/// Two services in Zeek's form.
fn both(outer: &'static str, inner: &'static str) -> &'static str {
    match (outer, inner) {
        ("ftp", "ssl") => "ftp,ssl",
        ("smtp", "ssl") => "smtp,ssl",
        ("imap", "ssl") => "imap,ssl",
        ("pop3", "ssl") => "pop3,ssl",
        ("xmpp", "ssl") => "xmpp,ssl",
        ("irc", "ssl") => "irc,ssl",
        ("ldap_tcp", "ssl") => "ldap_tcp,ssl",
        ("mysql", "ssl") => "mysql,ssl",
        ("postgresql", "ssl") => "postgresql,ssl",
        ("rdp", "ssl") => "rdp,ssl",
        ("http", "ssl") => "http,ssl",
        ("http", "ssh") => "http,ssh",
        ("http", "websocket") => "http,websocket",
        ("socks", "ssl") => "socks,ssl",
        ("socks", "ssh") => "socks,ssh",
        ("socks", "http") => "socks,http",
        ("socks", "smtp") => "socks,smtp",
        ("socks", "ftp") => "socks,ftp",
        ("socks", "irc") => "socks,irc",
        _ => outer,
    }
}

#[cfg(test)]
mod tests {
    use wire::{DecodeOptions, LinkType, Network, Record, decode};

    use super::*;

    /// The services after these payloads, each with whether the originator sent it.
    fn told(first: &'static str, payloads: &[(bool, &[u8])]) -> &'static str {
        let (_, opening) = payloads[0];
        let mut known = (first, Next::after(Some(first), opening));
        for (from_orig, payload) in &payloads[1..] {
            // A TCP segment in an IPv4 packet, which says only how long it is.
            let mut data = vec![0; 40];
            data[0] = 0x45;
            data[2..4].copy_from_slice(&(40 + payload.len() as u16).to_be_bytes());
            (data[9], data[32]) = (6, 0x50);
            data.extend(*payload);
            let record = Record {
                time_ns: 0,
                wire_len: data.len() as u32,
                link_type: LinkType::RAW,
                data: &data,
            };
            let packet = decode(&record, DecodeOptions::default());
            let Network::Ip(ip) = &packet.network else {
                panic!("no packet")
            };
            known = known.1.step(known.0, ip, *from_orig);
        }
        known.0
    }

    const HELLO: &[u8] = &[0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3];

    #[test]
    fn a_hello_of_tls_stands_beside_what_came_before() {
        let mail = [(false, &b"220 mx ESMTP\r\n"[..]), (true, b"STARTTLS\r\n")];
        assert_eq!(told("smtp", &mail), "smtp");
        assert_eq!(
            told("smtp", &[&mail[..], &[(true, HELLO)]].concat()),
            "smtp,ssl"
        );
        assert_eq!(
            told("ssh", &[(true, b"SSH-2.0-a\r\n"), (true, HELLO)]),
            "ssh"
        );
    }

    #[test]
    fn a_proxy_leads_to_what_is_inside_once_it_agrees() {
        let asked = (true, &b"CONNECT a:443 HTTP/1.1\r\n\r\n"[..]);
        let refused = (
            false,
            &b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"[..],
        );
        let agreed = (false, &b"HTTP/1.1 200 Connection established\r\n\r\n"[..]);
        assert_eq!(told("http", &[asked, agreed, (true, HELLO)]), "http,ssl");
        assert_eq!(
            told("http", &[asked, refused, asked, agreed, (true, HELLO)]),
            "http,ssl"
        );
        assert_eq!(told("http", &[asked, refused, (true, HELLO)]), "http");
        let greeting = (true, &[5, 1, 0][..]);
        let inner = (true, &b"GET / HTTP/1.1\r\n\r\n"[..]);
        assert_eq!(
            told("socks", &[greeting, (false, &[5, 0]), inner]),
            "socks,http"
        );
    }

    #[test]
    fn a_web_socket_is_told_by_the_answer() {
        let asked = (true, &b"GET /chat HTTP/1.1\r\n\r\n"[..]);
        let other = (
            false,
            &b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"[..],
        );
        let opened = (
            false,
            &b"HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\n\r\n"[..],
        );
        assert_eq!(told("http", &[asked, other]), "http");
        assert_eq!(told("http", &[asked, opened]), "http,websocket");
    }
}
