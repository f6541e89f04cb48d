//! Exchanges of two hosts as packets made in memory, and what the event engine says of them.

use meter::connections::Config;
use meter::events::{Event, EventConfig, EventCount, EventCounters, EventEngine};
use wire::{DecodeOptions, LinkType, Record, decode};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Tcp,
    Udp,
}

/// Who says what, in order.
#[derive(Clone, Copy, Debug)]
pub struct Exchange {
    pub name: &'static str,
    pub transport: Transport,
    pub ports: (u16, u16),
    pub turns: &'static [(bool, &'static [u8])],
    pub raises: &'static [&'static str],
}

impl Exchange {
    pub fn owned(&self) -> Vec<(bool, Vec<u8>)> {
        self.turns
            .iter()
            .map(|(side, text)| (*side, text.to_vec()))
            .collect()
    }
}

const TLS_CLIENT: &[u8] = b"\x16\x03\x01\x00\x4c\x01\x00\x00\x48\x03\x03\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x00\x00\x02\xc0\x2f\x01\x00\x00\x1d\x00\x00\x00\x0a\x00\x08\x00\x00\x05a.org\x00\x10\x00\x0b\x00\x09\x08http/1.1";
const TLS_SERVER: &[u8] = b"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x00\xc0\x2f\x00\x16\x03\x03\x00\x0d\x0b\x00\x00\x09\x00\x00\x06\x00\x00\x03abc\x16\x03\x03\x00\x04\x0e\x00\x00\x00";
const TLS_FINISH: &[u8] =
    b"\x14\x03\x03\x00\x01\x01\x16\x03\x03\x00\x04enc1\x17\x03\x03\x00\x05hello";
const KEXINIT: &[u8] = b"SSH-2.0-x\r\n\x00\x00\x00\x4a\x0a\x14aaaaaaaaaaaaaaaa\x00\x00\x00\x01k\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00pppppppppp";

/// A request for an address by 02:00:00:00:00:01, whose own is 10.0.0.1 and which gets 10.0.0.9.
const DHCP: [u8; 244] = {
    let mut bytes = [0; 244];
    (bytes[0], bytes[1], bytes[2], bytes[7]) = (1, 1, 6, 0x77);
    (bytes[12], bytes[15], bytes[16], bytes[19]) = (10, 1, 10, 9);
    (bytes[28], bytes[33]) = (2, 1);
    (bytes[236], bytes[237], bytes[238], bytes[239]) = (0x63, 0x82, 0x53, 0x63);
    (bytes[240], bytes[241], bytes[242], bytes[243]) = (53, 1, 3, 255);
    bytes
};

pub const EXCHANGES: &[Exchange] = &[
    Exchange {
        name: "http",
        transport: Transport::Tcp,
        ports: (40_000, 8080),
        turns: &[
            (true, b"GET /a%20b HTTP/1.1\r\nHost: x.org\r\n\r\nHEAD / HTTP/1.1\r\nA: b\r\n c\r\n\r\nGET /c HTTP/1.1\r\n\r\n"),
            (false, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"),
            (false, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: u\r\n\r\n"),
            (true, b"POST /up HTTP/1.1\r\nContent-Length: 3\r\n\r\nxyz"),
            (false, b"HTTP/1.1 101 Go\r\nUpgrade: websocket\r\n\r\n\x81\x05"),
        ],
        raises: &["http_request", "http_reply", "http_header", "http_all_headers", "http_entity_data", "http_message_done", "http_connection_upgrade"],
    },
    Exchange {
        name: "tls",
        transport: Transport::Tcp,
        ports: (40_000, 8443),
        turns: &[(true, TLS_CLIENT), (false, TLS_SERVER), (true, TLS_FINISH), (false, TLS_FINISH)],
        raises: &["ssl_client_hello", "ssl_server_hello", "ssl_extension_server_name", "ssl_extension_application_layer_protocol_negotiation", "x509_certificate", "ssl_change_cipher_spec", "ssl_established", "ssl_encrypted_data"],
    },
    Exchange {
        name: "http connect",
        transport: Transport::Tcp,
        ports: (40_000, 3128),
        turns: &[
            (true, b"CONNECT a.org:443 HTTP/1.1\r\n\r\n"),
            (false, b"HTTP/1.1 200 Established\r\n\r\n"),
            (true, TLS_CLIENT),
            (false, TLS_SERVER),
        ],
        raises: &["http_request", "ssl_client_hello", "ssl_server_hello"],
    },
    Exchange {
        name: "ssh",
        transport: Transport::Tcp,
        ports: (40_000, 2222),
        turns: &[(false, KEXINIT), (true, KEXINIT), (true, b"\0\0\0\x0c\x0a\x15nnnnnnnnnnencrypted")],
        raises: &["ssh_server_version", "ssh_client_version", "ssh_capabilities", "ssh_encrypted_packet"],
    },
    Exchange {
        name: "smtp",
        transport: Transport::Tcp,
        ports: (40_000, 25),
        turns: &[
            (false, b"220 mx ESMTP\r\n"),
            (true, b"EHLO me\r\n"),
            (false, b"250-mx\r\n250 PIPELINING\r\n"),
            (true, b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"),
            (false, b"250 ok\r\n250 ok\r\n354 go\r\n"),
            (true, b"Subject: x\r\n y\r\nContent-Type: multipart/mixed; boundary=\"BB\"\r\n\r\n--BB\r\nA: b\r\n\r\ntext\r\n--BB--\r\n.\r\n"),
            (false, b"250 queued\r\n"),
            (true, b"STARTTLS\r\n"),
            (false, b"220 go\r\n"),
            (true, TLS_CLIENT),
        ],
        raises: &["smtp_request", "smtp_reply", "smtp_data", "mime_begin_entity", "mime_one_header", "mime_end_entity", "smtp_starttls", "ssl_client_hello"],
    },
    Exchange {
        name: "ftp",
        transport: Transport::Tcp,
        ports: (40_000, 21),
        turns: &[
            (false, b"220-Welcome\r\n more\r\n220 FTP\r\n"),
            (true, b"AUTH TLS\r\n"),
            (false, b"234 go\r\n"),
            (true, TLS_CLIENT),
        ],
        raises: &["ftp_request", "ftp_reply", "ftp_starttls", "ssl_client_hello"],
    },
    Exchange {
        name: "pop3",
        transport: Transport::Tcp,
        ports: (40_000, 110),
        turns: &[(false, b"+OK hi\r\n"), (true, b"CAPA\r\n"), (false, b"+OK\r\nSTLS\r\n.\r\n"), (true, b"STLS\r\n"), (false, b"+OK\r\n"), (true, TLS_CLIENT)],
        raises: &["pop3_request", "pop3_reply", "ssl_client_hello"],
    },
    Exchange {
        name: "imap",
        transport: Transport::Tcp,
        ports: (40_000, 143),
        turns: &[(false, b"* OK hi\r\n* CAPABILITY IMAP4 STARTTLS\r\n"), (true, b"a STARTTLS\r\n"), (false, b"a OK go\r\n"), (true, TLS_CLIENT)],
        raises: &["imap_capabilities", "imap_starttls", "ssl_client_hello"],
    },
    Exchange {
        name: "irc",
        transport: Transport::Tcp,
        ports: (40_000, 6667),
        turns: &[(true, b"NICK a\r\nUSER a 0 * :A\r\n"), (false, b":srv 001 a :hi\r\n"), (true, b"JOIN #x\r\nPRIVMSG #x :yo\r\nPING 1\r\n")],
        raises: &["irc_nick_message", "irc_user_message", "irc_reply", "irc_join_message", "irc_privmsg_message", "irc_message"],
    },
    Exchange {
        name: "mqtt",
        transport: Transport::Tcp,
        ports: (40_000, 1883),
        turns: &[(true, b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01c"), (false, b"\x20\x02\0\0"), (true, b"\x82\x06\0\x01\0\x01t\0\x30\x06\0\x01thi!")],
        raises: &["mqtt_connect", "mqtt_connack", "mqtt_subscribe", "mqtt_publish"],
    },
    Exchange {
        name: "mysql",
        transport: Transport::Tcp,
        ports: (40_000, 3306),
        turns: &[
            (false, b"\x0e\0\0\0\x0a5.7.1\0\x01\0\0\0ab\0"),
            (true, b"\x25\0\0\x01\x05\xa2\0\0\0\0\0\x01!\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0root\0"),
            (false, b"\x07\0\0\x02\0\0\0\x02\0\0\0"),
            (true, b"\x09\0\0\0\x03select 1"),
            (false, b"\x09\0\0\x01\xff\x15\x04#28000x"),
        ],
        raises: &["mysql_server_version", "mysql_handshake", "mysql_ok", "mysql_command_request", "mysql_error"],
    },
    Exchange {
        name: "rdp",
        transport: Transport::Tcp,
        ports: (40_000, 3389),
        turns: &[
            (true, b"\x03\0\0\x27\x22\xe0\0\0\0\0\0Cookie: mstshash=u\r\n\x01\0\x08\0\x03\0\0\0"),
            (false, b"\x03\0\0\x13\x0e\xd0\0\0\0\0\0\x02\0\0\0\x01\0\0\0"),
            (true, TLS_CLIENT),
        ],
        raises: &["rdp_connect_request", "rdp_negotiation_response", "ssl_client_hello"],
    },
    Exchange {
        name: "dns",
        transport: Transport::Udp,
        ports: (40_000, 53),
        turns: &[
            (true, b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03WWW\x01a\0\0\x01\0\x01"),
            (false, b"\x12\x34\x81\x80\0\x01\0\x07\0\0\0\0\x03www\x01a\0\0\x01\0\x01\xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x04\x01b\xc0\x10\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x7f\0\0\x01\xc0\x0c\0\x0f\0\x01\0\0\0\x3c\0\x05\0\x0a\x01m\0\xc0\x0c\0\x10\0\x01\0\0\0\x3c\0\x03\x02hi\xc0\x0c\0\x1c\0\x01\0\0\0\x3c\0\x10aaaabbbbccccdddd\xc0\x0c\0\x21\0\x01\0\0\0\x3c\0\x09\0\x01\0\x02\0\x50\x01t\0\xc0\x0c\0\x06\0\x01\0\0\0\x3c\0\x1a\x01n\0\x01r\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        ],
        raises: &["dns_message", "dns_request", "dns_query_reply", "dns_CNAME_reply", "dns_A_reply", "dns_MX_reply", "dns_TXT_reply", "dns_AAAA_reply", "dns_SRV_reply", "dns_SOA_reply", "dns_end"],
    },
    Exchange {
        name: "dns over tcp",
        transport: Transport::Tcp,
        ports: (40_000, 53),
        turns: &[(true, b"\0\x15\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\0\0\x01\0\x01")],
        raises: &["dns_message", "dns_request", "dns_end"],
    },
    Exchange {
        name: "dhcp",
        transport: Transport::Udp,
        ports: (68, 67),
        turns: &[(true, &DHCP)],
        raises: &["dhcp_message"],
    },
    Exchange {
        name: "snmp",
        transport: Transport::Udp,
        ports: (40_000, 161),
        turns: &[(true, b"\x30\x1a\x02\x01\x01\x04\x06public\xa0\x0d\x02\x01\x07\x02\x01\0\x02\x01\0\x30\x02\x05\0")],
        raises: &["snmp_get_request"],
    },
    Exchange {
        name: "sip",
        transport: Transport::Udp,
        ports: (5060, 5061),
        turns: &[(true, b"OPTIONS sip:x SIP/2.0\r\nTo: y\r\n\r\n"), (false, b"SIP/2.0 200 OK\r\n\r\n")],
        raises: &["sip_request", "sip_reply", "sip_header", "sip_end_entity"],
    },
    Exchange {
        name: "syslog",
        transport: Transport::Udp,
        ports: (40_000, 514),
        turns: &[(true, b"<13>hello")],
        raises: &["syslog_message"],
    },
    Exchange {
        name: "radius",
        transport: Transport::Udp,
        ports: (40_000, 1812),
        turns: &[(true, b"\x01\x07\0\x17aaaaaaaaaaaaaaaa\x01\x03u")],
        raises: &["radius_message"],
    },
    Exchange {
        name: "quic",
        transport: Transport::Udp,
        ports: (40_000, 443),
        turns: &[(true, b"\xc3\0\0\0\x01\x08aaaaaaaa\x00\x00\x40\x10"), (false, b"\xe3\0\0\0\x01\x00\x04bbbb\x40\x10")],
        raises: &["QUIC::initial_packet", "QUIC::handshake_packet"],
    },
    Exchange {
        name: "ntp",
        transport: Transport::Udp,
        ports: (123, 123),
        turns: &[(true, &[0x23; 48]), (false, b"\x16\x01\0\0\0\0\0\0\0\0\0\0")],
        raises: &["ntp_message"],
    },
];

fn packet(
    transport: Transport,
    ports: (u16, u16),
    is_orig: bool,
    tcp: (u32, u32, u8),
    data: &[u8],
) -> Vec<u8> {
    let (source, destination) = if is_orig { ports } else { (ports.1, ports.0) };
    let header = if transport == Transport::Tcp { 20 } else { 8 };
    let total = (20 + header + data.len()) as u16;
    let mut bytes = vec![0x45, 0];
    bytes.extend(total.to_be_bytes());
    bytes.extend([
        0,
        1,
        0x40,
        0,
        64,
        if transport == Transport::Tcp { 6 } else { 17 },
        0,
        0,
    ]);
    let (a, b) = if is_orig { (1, 2) } else { (2, 1) };
    bytes.extend([10, 0, 0, a, 10, 0, 0, b]);
    bytes.extend(source.to_be_bytes());
    bytes.extend(destination.to_be_bytes());
    if transport == Transport::Tcp {
        bytes.extend(tcp.0.to_be_bytes());
        bytes.extend(tcp.1.to_be_bytes());
        bytes.extend([0x50, tcp.2, 0xff, 0, 0, 0, 0, 0]);
    } else {
        bytes.extend((8 + data.len() as u16).to_be_bytes());
        bytes.extend([0, 0]);
    }
    bytes.extend(data);
    bytes
}

/// The packets of an exchange in segments of that size, with handshake and end.
pub fn packets(exchange: &Exchange, turns: &[(bool, Vec<u8>)], size: usize) -> Vec<Vec<u8>> {
    let Exchange {
        transport, ports, ..
    } = *exchange;
    if transport == Transport::Udp {
        let packet =
            |(side, text): &(bool, Vec<u8>)| packet(transport, ports, *side, (0, 0, 0), text);
        return turns.iter().map(packet).collect();
    }
    let mut seq = [1000_u32, 5000];
    let mut all = vec![
        packet(transport, ports, true, (seq[0], 0, 2), b""),
        packet(transport, ports, false, (seq[1], seq[0] + 1, 0x12), b""),
        packet(transport, ports, true, (seq[0] + 1, seq[1] + 1, 0x10), b""),
    ];
    seq = [seq[0] + 1, seq[1] + 1];
    for (is_orig, text) in turns {
        let (mine, other) = if *is_orig { (0, 1) } else { (1, 0) };
        for piece in text.chunks(size.min(60_000)) {
            all.push(packet(
                transport,
                ports,
                *is_orig,
                (seq[mine], seq[other], 0x18),
                piece,
            ));
            seq[mine] += piece.len() as u32;
        }
    }
    all.push(packet(transport, ports, true, (seq[0], seq[1], 0x11), b""));
    all.push(packet(
        transport,
        ports,
        false,
        (seq[1], seq[0] + 1, 0x11),
        b"",
    ));
    all.push(packet(
        transport,
        ports,
        true,
        (seq[0] + 1, seq[1] + 1, 0x10),
        b"",
    ));
    all
}

fn engine(counts: bool) -> EventEngine {
    EventEngine::new(EventConfig {
        rows: true,
        args: true,
        counts,
        tracking: Config {
            ignore_checksums: true,
            quality: false,
            ..Config::default()
        },
        ..EventConfig::default()
    })
}

fn feed(engine: &mut EventEngine, packets: &[Vec<u8>]) {
    for (n, data) in packets.iter().enumerate() {
        let record = Record {
            time_ns: 1_700_000_000_000_000_000 + n as i64 * 100_000,
            wire_len: data.len() as u32,
            link_type: LinkType::RAW,
            data,
        };
        engine.observe(&record, &decode(&record, DecodeOptions::default()));
    }
    engine.finish();
}

pub fn raised(
    exchange: &Exchange,
    turns: &[(bool, Vec<u8>)],
    size: usize,
) -> (Vec<Event>, EventCounters) {
    let mut engine = engine(false);
    feed(&mut engine, &packets(exchange, turns, size));
    (
        std::mem::take(&mut engine.batch().events),
        engine.counters(),
    )
}

pub fn run(exchange: &Exchange, size: usize) -> (Vec<Event>, EventCounters) {
    raised(exchange, &exchange.owned(), size)
}

pub fn rows_and_counts(exchange: &Exchange) -> (Vec<Event>, Vec<EventCount>) {
    let mut engine = engine(true);
    feed(
        &mut engine,
        &packets(exchange, &exchange.owned(), usize::MAX),
    );
    let batch = std::mem::take(engine.batch());
    (batch.events, batch.counts)
}

/// Two answers; a segment in the middle of the body of the first was not captured.
pub fn with_lost_body_segment() -> (Vec<Event>, EventCounters) {
    let mut answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n".to_vec();
    answer.extend(vec![b'x'; 3000]);
    answer.extend(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    let ask = b"GET / HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n".to_vec();
    let turns = [
        (true, ask),
        (false, answer),
        (true, b"GET /3 HTTP/1.1\r\n\r\n".to_vec()),
    ];
    let mut all = packets(&EXCHANGES[0], &turns, 500);
    all.remove(6);
    let mut engine = engine(false);
    feed(&mut engine, &all);
    (
        std::mem::take(&mut engine.batch().events),
        engine.counters(),
    )
}
