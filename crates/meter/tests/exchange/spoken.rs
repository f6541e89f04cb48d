//! Exchanges that the parsers are to read: a short one of every protocol, with the events that it raises.

use super::{Exchange, Transport};

const TLS_CLIENT: &[u8] = b"\x16\x03\x01\x00\x4c\x01\x00\x00\x48\x03\x03\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x00\x00\x02\xc0\x2f\x01\x00\x00\x1d\x00\x00\x00\x0a\x00\x08\x00\x00\x05a.org\x00\x10\x00\x0b\x00\x09\x08http/1.1";
/// Hello, a certificate of `a.example`, a key on curve 23.
const TLS_SERVER: &[u8] = include_bytes!("tls-server.bin");
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
        raises: &["ssl_client_hello", "ssl_server_hello", "ssl_extension_server_name", "ssl_extension_application_layer_protocol_negotiation", "ssl_server_curve", "x509_certificate", "x509_extension", "x509_ext_basic_constraints", "x509_ext_subject_alternative_name", "ssl_plaintext_data", "ssl_change_cipher_spec", "ssl_established", "ssl_encrypted_data"],
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
        turns: &[(false, KEXINIT), (true, KEXINIT), (false, b"\0\0\0\x17\x04\x1f\0\0\0\x0c\0\0\0\x07ssh-rsak\0\0\0\0pppp"), (true, b"\0\0\0\x0c\x0a\x15nnnnnnnnnnencrypted")],
        raises: &["ssh_server_version", "ssh_client_version", "ssh_capabilities", "ssh2_server_host_key", "ssh_encrypted_packet"],
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
        raises: &["pop3_request", "pop3_reply", "pop3_starttls", "ssl_client_hello"],
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
        turns: &[
            (true, b"PASS p\r\nNICK a\r\nUSER a 0 * :A\r\n"),
            (false, b":srv 001 a :hi\r\n:srv TOPIC #x :t\r\n:b!u@h INVITE a :#y\r\n:b!u@h KICK #x c :bye\r\n"),
            (true, b"JOIN #x\r\nPRIVMSG #x :yo\r\nNOTICE b :no\r\nPRIVMSG b :\x01DCC SEND f 167772161 1025 7\x01\r\nMODE a +i\r\nPING 1\r\nPART #x :out\r\nQUIT :gone\r\n"),
            (false, b"ERROR :closing\r\n"),
        ],
        raises: &[
            "irc_password_message", "irc_nick_message", "irc_user_message", "irc_reply", "irc_message", "irc_invite_message", "irc_kick_message",
            "irc_join_message", "irc_privmsg_message", "irc_notice_message", "irc_dcc_message", "irc_mode_message", "irc_request", "irc_part_message",
            "irc_quit_message", "irc_error_message",
        ],
    },
    Exchange {
        name: "mqtt",
        transport: Transport::Tcp,
        ports: (40_000, 1883),
        turns: &[
            (true, b"\x10\x19\0\x04MQTT\x04\xc6\0\x3c\0\x01c\0\x01w\0\x01m\0\x01u\0\x01p"),
            (false, b"\x20\x02\0\0"),
            (true, b"\x82\x06\0\x01\0\x01t\0\x30\x06\0\x01thi!\x3b\x07\0\x01t\0\x02hi"),
            (false, b"\x90\x03\0\x01\0\x50\x02\0\x02\x70\x02\0\x02\x40\x02\0\x03"),
            (true, b"\x62\x02\0\x02\xa2\x05\0\x04\0\x01t\xc0\0"),
            (false, b"\xb0\x02\0\x04\xd0\0"),
            (true, b"\xe0\0"),
        ],
        raises: &[
            "mqtt_connect", "mqtt_connack", "mqtt_subscribe", "mqtt_publish", "mqtt_suback", "mqtt_pubrec", "mqtt_pubcomp", "mqtt_puback",
            "mqtt_pubrel", "mqtt_unsubscribe", "mqtt_pingreq", "mqtt_unsuback", "mqtt_pingresp", "mqtt_disconnect",
        ],
    },
    Exchange {
        name: "mqtt 5",
        transport: Transport::Tcp,
        ports: (40_000, 1883),
        turns: &[
            (true, b"\x10\x10\0\x04MQTT\x05\x02\0\x3c\x02\x22\x05\0\x01c"),
            (false, b"\x20\x03\0\0\0"),
            (true, b"\x32\x08\0\x01t\0\x07\0hi\x82\x07\0\x01\0\0\x01t\0"),
        ],
        raises: &["mqtt_connect", "mqtt_connack", "mqtt_publish", "mqtt_subscribe"],
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
            (false, b"\x0a\0\0\x01\xff\x15\x04#28000x"),
            (true, b"\x09\0\0\0\x03select 2"),
            (false, b"\x01\0\0\x01\x02\x03\0\0\x02def\x03\0\0\x03def\x05\0\0\x04\xfe\0\0\x02\0\x04\0\0\x05\x01a\xfb\0\x05\0\0\x06\xfe\0\0\x02\0"),
        ],
        raises: &["mysql_server_version", "mysql_handshake", "mysql_ok", "mysql_command_request", "mysql_error", "mysql_eof", "mysql_result_row"],
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
        raises: &["rdp_connect_request", "rdp_negotiation_response", "rdp_begin_encryption", "ssl_client_hello"],
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
        turns: &[(true, b"\x30\x22\x02\x01\x01\x04\x06public\xa0\x15\x02\x01\x07\x02\x01\0\x02\x01\0\x30\x0a\x30\x08\x06\x04\x2b\x06\x01\x02\x05\0")],
        raises: &["snmp_get_request"],
    },
    Exchange {
        name: "sip",
        transport: Transport::Udp,
        ports: (5060, 5061),
        turns: &[(true, b"OPTIONS sip:x SIP/2.0\r\nTo: y\r\n\r\n"), (false, b"SIP/2.0 200 OK\r\n\r\n")],
        raises: &["sip_request", "sip_reply", "sip_header", "sip_all_headers", "sip_begin_entity", "sip_end_entity"],
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
        raises: &["radius_message", "radius_attribute"],
    },
    Exchange {
        name: "quic headers",
        transport: Transport::Udp,
        ports: (40_000, 443),
        turns: &[
            (false, b"\xe3\0\0\0\x01\x04aaaa\x04bbbb\x04\0\0\0\0"),
            (false, b"\xf0\0\0\0\x01\x00\x04bbbbtoken0123456789abcdef"),
            (true, b"\xd3\0\0\0\x01\x04aaaa\x04bbbb\x04\0\0\0\0"),
        ],
        raises: &["QUIC::handshake_packet", "QUIC::retry_packet", "QUIC::zero_rtt_packet"],
    },
    // RFC 9001, appendices A.2 and A.3.
    Exchange {
        name: "quic",
        transport: Transport::Udp,
        ports: (40_000, 443),
        turns: &[(true, include_bytes!("quic-client.bin")), (false, include_bytes!("quic-server.bin"))],
        raises: &["QUIC::initial_packet", "ssl_client_hello", "ssl_server_hello", "ssl_extension_server_name", "ssl_extension_key_share"],
    },
    // The same, answered in version 2: RFC 9369, appendix A.3.
    Exchange {
        name: "quic in another version",
        transport: Transport::Udp,
        ports: (40_000, 443),
        turns: &[(true, include_bytes!("quic-client.bin")), (false, include_bytes!("quic-server-v2.bin"))],
        raises: &["QUIC::initial_packet", "ssl_client_hello", "ssl_server_hello"],
    },
    Exchange {
        name: "pop3 mail",
        transport: Transport::Tcp,
        ports: (40_000, 110),
        turns: &[
            (false, b"+OK hi\r\n"),
            (true, b"USER u\r\n"),
            (false, b"+OK\r\n"),
            (true, b"PASS p\r\n"),
            (false, b"+OK in\r\n"),
            (true, b"RETR 1\r\n"),
            (false, b"+OK\r\nSubject: x\r\n\r\ntext\r\n..\r\n.\r\n"),
            (true, b"QUIT\r\n"),
            (false, b"+OK\r\n"),
        ],
        raises: &["pop3_login_success", "pop3_data", "mime_begin_entity", "mime_one_header", "mime_end_entity"],
    },
    Exchange {
        name: "smtp chunks",
        transport: Transport::Tcp,
        ports: (40_000, 25),
        turns: &[
            (false, b"220 mx ESMTP\r\n"),
            (true, b"EHLO me\r\n"),
            (false, b"250 CHUNKING\r\n"),
            (true, b"BDAT 14\r\nSubject: x\r\nA:BDAT 64 LAST\r\n b\r\nContent-Type: message/rfc822\r\n\r\nC: d\r\n\r\nQUIT is no command\r\nQUIT\r\n"),
            (false, b"250 ok\r\n250 ok\r\n221 bye\r\n"),
        ],
        raises: &["smtp_request", "smtp_data", "mime_begin_entity", "mime_one_header", "mime_end_entity"],
    },
    Exchange {
        name: "socks",
        transport: Transport::Tcp,
        ports: (40_000, 1080),
        turns: &[
            (true, b"\x05\x02\0\x02"),
            (false, b"\x05\x02"),
            (true, b"\x01\x01u\x01p"),
            (false, b"\x01\0"),
            (true, b"\x05\x01\0\x03\x05a.org\0\x50"),
            (false, b"\x05\0\0\x01\x0a\0\0\x01\x04\0"),
            (true, b"GET / HTTP/1.1\r\n\r\n"),
        ],
        raises: &["socks_login_userpass_request", "socks_login_userpass_reply", "socks_request", "socks_reply", "http_request"],
    },
    Exchange {
        name: "socks 4",
        transport: Transport::Tcp,
        ports: (40_000, 1080),
        turns: &[
            (true, b"\x04\x01\0\x50\0\0\0\x01user\0a.org\0"),
            (false, b"\0\x5a\0\x50\x0a\0\0\x01"),
            (true, b"GET / HTTP/1.1\r\n\r\n"),
        ],
        raises: &["socks_request", "socks_reply", "http_request"],
    },
    Exchange {
        name: "http 0.9",
        transport: Transport::Tcp,
        ports: (40_000, 80),
        turns: &[(true, b"GET /old\r\n"), (false, b"<html>")],
        raises: &["http_request", "http_message_done"],
    },
    Exchange {
        name: "sip over tcp",
        transport: Transport::Tcp,
        ports: (40_000, 5060),
        turns: &[
            (true, b"OPTIONS sip:x SIP/2.0\r\nTo: y\r\nContent-Length: 4\r\n\r\nbody\r\n\r\nACK sip:x SIP/2.0\r\n\r\n"),
            (false, b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ],
        raises: &["sip_request", "sip_reply", "sip_header", "sip_end_entity"],
    },
    Exchange {
        name: "mdns",
        transport: Transport::Udp,
        ports: (5353, 5353),
        turns: &[(true, b"\0\0\0\0\0\x01\0\0\0\0\0\0\x04_ipp\x04_tcp\x05local\0\0\x0c\0\x01")],
        raises: &["dns_message", "dns_request", "dns_end"],
    },
    Exchange {
        name: "llmnr",
        transport: Transport::Udp,
        ports: (40_000, 5355),
        turns: &[(true, b"\x12\x34\0\0\0\x01\0\0\0\0\0\0\x04wpad\0\0\x01\0\x01")],
        raises: &["dns_message", "dns_request", "dns_end"],
    },
    Exchange {
        name: "netbios",
        transport: Transport::Udp,
        ports: (137, 137),
        turns: &[(true, b"\x12\x34\x01\x10\0\x01\0\0\0\0\0\0\x20FHFAEBEECACACACACACACACACACACACA\0\0\x20\0\x01")],
        raises: &["dns_message", "dns_request", "dns_end"],
    },
    Exchange {
        name: "ntp",
        transport: Transport::Udp,
        ports: (123, 123),
        turns: &[(true, &[0x23; 48]), (false, b"\x16\x01\0\0\0\0\0\0\0\0\0\0")],
        raises: &["ntp_message"],
    },
    Exchange {
        name: "dtls",
        transport: Transport::Udp,
        ports: (40_000, 4433),
        turns: &[
            (true, b"\x16\xfe\xff\0\0\0\0\0\0\0\0\0\x36\x01\0\0\x2a\0\0\0\0\0\0\0\x2a\xfe\xfd\0\0\0\0rrrrrrrrrrrrrrrrrrrrrrrrrrrr\0\0\0\x02\xc0\x2f\x01\0"),
            (false, b"\x16\xfe\xff\0\0\0\0\0\0\0\0\0\x0f\x03\0\0\x03\0\0\0\0\0\0\0\x03\xfe\xff\0"),
            // In two fragments, the first of them twice.
            (true, b"\x16\xfe\xfd\0\0\0\0\0\0\0\x01\0\x10\x01\0\0\x2a\0\x01\0\0\0\0\0\x04\xfe\xfd\0\0"),
            (true, b"\x16\xfe\xfd\0\0\0\0\0\0\0\x01\0\x10\x01\0\0\x2a\0\x01\0\0\0\0\0\x04\xfe\xfd\0\0"),
            (true, b"\x16\xfe\xfd\0\0\0\0\0\0\0\x02\0\x32\x01\0\0\x2a\0\x01\0\0\x04\0\0\x26\0\0rrrrrrrrrrrrrrrrrrrrrrrrrrrr\0\0\0\x02\xc0\x2f\x01\0"),
            (false, b"\x16\xfe\xfd\0\0\0\0\0\0\0\x01\0\x32\x02\0\0\x26\0\x01\0\0\0\0\0\x26\xfe\xfd\0\0\0\0rrrrrrrrrrrrrrrrrrrrrrrrrrrr\0\xc0\x2f\0"),
            (true, b"\x14\xfe\xfd\0\0\0\0\0\0\0\x03\0\x01\x01\x16\xfe\xfd\0\x01\0\0\0\0\0\0\0\x02ee"),
            (false, b"\x14\xfe\xfd\0\0\0\0\0\0\0\x02\0\x01\x01\x16\xfe\xfd\0\x01\0\0\0\0\0\0\0\x02ee"),
            (true, b"\x80 no DTLS"),
        ],
        raises: &["ssl_client_hello", "ssl_server_hello", "ssl_handshake_message", "ssl_change_cipher_spec", "ssl_encrypted_data", "ssl_established"],
    },
    Exchange {
        name: "xmpp",
        transport: Transport::Tcp,
        ports: (40_000, 5222),
        turns: &[
            (true, b"<?xml version='1.0'?><stream:stream to='a.org' xmlns='jabber:client'>"),
            (false, b"<?xml version='1.0'?><stream:stream from='a.org'><stream:features><starttls/></stream:features>"),
            (true, b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
            (false, b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'></proceed>"),
            (true, b"\x16\x03\x01\0\x2d\x01\0\0\x29\x03\x03\0\0\0\0rrrrrrrrrrrrrrrrrrrrrrrrrrrr\0\0\x02\xc0\x2f\x01\0"),
        ],
        raises: &["xmpp_starttls", "ssl_client_hello"],
    },
    Exchange {
        name: "ssl 2",
        transport: Transport::Tcp,
        ports: (40_000, 443),
        turns: &[
            (true, b"\x80\x1c\x01\0\x02\0\x03\0\0\0\x10\x01\0\x80cccccccccccccccc"),
            (false, b"\x80\x13\x04\0\x01\0\x02\0\x01\0\x03\0\x04X\x01\0\x80rrrr"),
            (true, b"\x80\x03\x02\x01\0"),
        ],
        raises: &["ssl_client_hello", "ssl_server_hello", "ssl_established"],
    },
];
