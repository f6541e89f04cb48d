//! Real exchanges of every parser, cut short in every place and changed in every byte.
#![allow(
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    missing_docs
)]

mod exchange;

use std::path::Path;

use exchange::{Exchange, Transport, raised};
use wire::capture::Capture;
use wire::{DecodeOptions, Network, decode};

/// Captures with one conversation of each protocol, and an event that it raises.
const CAPTURES: [(&str, &str); 27] = [
    (
        "pcap/suricata-verify/detect-http-uri/UriTestSig38/test.fpc.pcap",
        "http_request",
    ),
    (
        "pcap/suricata-verify/tls/tls-random-6989/input.pcap",
        "x509_certificate",
    ),
    ("pcap/arkime/tls-client-sessionid.pcap", "ssl_server_hello"),
    (
        "pcap/suricata-verify/ssh-newkeys/input.pcap",
        "ssh_capabilities",
    ),
    (
        "pcap/suricata-verify/smtp-no-helo-quit/input.pcap",
        "smtp_reply",
    ),
    (
        "pcap/arkime/smtp-subject-multi-nospace.pcap",
        "mime_one_header",
    ),
    ("pcap/ndpi/ftp_failed.pcap", "ftp_reply"),
    ("pcap/suricata-verify/pop3-auth-01/input.pcap", "pop3_reply"),
    ("pcap/mercury/imap2.pcap", "imap_capabilities"),
    ("pcap/zeek/irc-more-commands.pcap", "irc_nick_message"),
    (
        "pcap/suricata-verify/mqtt311-pub-userpass/input.pcap",
        "mqtt_publish",
    ),
    ("pcap/arkime/mysql-allow.pcap", "mysql_result_row"),
    ("pcap/zeek/mysql/query-attr.pcap", "mysql_command_request"),
    (
        "pcap/zeek/rdp/rdp-unknown-keyboard.pcap",
        "rdp_negotiation_response",
    ),
    ("pcap/zeek/dns-inverse-query.pcap", "dns_message"),
    (
        "pcap/suricata-verify/sip-tcp-method/sip-tcp.pcap",
        "sip_request",
    ),
    ("pcap/joy/dhcp.pcap", "dhcp_message"),
    ("pcap/zeek/ntp/misordered-ntp.pcap", "ntp_message"),
    ("pcap/ndpi/snmp.pcap", "snmp_response"),
    (
        "pcap/suricata-verify/sip-options-method/input.pcap",
        "sip_request",
    ),
    ("proto_malformed/tcpdump/syslog_udp.pcap", "syslog_message"),
    (
        "proto_malformed/tcpdump/RADIUS-RFC5176.pcap",
        "radius_message",
    ),
    ("pcap/nfstream/quic_0RTT.pcap", "QUIC::initial_packet"),
    ("pcap/zeek/dnssec/ds.pcap", "dns_DS"),
    ("pcap/zeek/dnssec/ed25519.no.pcap", "dns_DNSKEY"),
    ("pcap/ndpi/bt-dns.pcap", "dns_A_reply"),
    (
        "pcap/suricata-verify/llmnr/llmnr-tcp/input.pcap",
        "dns_request",
    ),
];

/// Bytes of an exchange that are changed; what follows is left out.
const MAX_BYTES: usize = 1500;

type Turns = Vec<(bool, Vec<u8>)>;

/// The conversation of the first packet that says something: ports and what both sides say.
fn conversation(path: &Path) -> Option<(Transport, (u16, u16), Turns)> {
    let mut file = Capture::open(path).ok()?;
    let mut first = None;
    let mut turns = Turns::new();
    let mut bytes = 0;
    let mut next = [None::<u32>; 2];
    while let Some(record) = file.next_record() {
        let Network::Ip(ip) = decode(&record, DecodeOptions::default()).network else {
            continue;
        };
        let (transport, ports, seq) = match ip.transport {
            wire::Transport::Tcp(tcp) => (Transport::Tcp, (tcp.src_port, tcp.dst_port), tcp.seq),
            wire::Transport::Udp(udp) => (Transport::Udp, (udp.src_port, udp.dst_port), 0),
            _ => continue,
        };
        // The first SYN, or the first datagram, comes from the client.
        let from = *first.get_or_insert((transport, ip.src, ports));
        let is_orig = from == (transport, ip.src, ports);
        let is_resp = from == (transport, ip.dst, (ports.1, ports.0));
        if !(is_orig || is_resp) || ip.payload.is_empty() {
            continue;
        }
        let side = usize::from(is_resp);
        if transport == Transport::Tcp {
            // What is sent again is not said again.
            if next[side].is_some_and(|next| seq != next) {
                continue;
            }
            next[side] = Some(seq.wrapping_add(ip.payload.len() as u32));
        }
        bytes += ip.payload.len();
        if bytes > MAX_BYTES && !turns.is_empty() {
            break;
        }
        turns.push((is_orig, ip.payload.to_vec()));
    }
    let (transport, _, ports) = first?;
    Some((transport, ports, turns))
}

#[test]
fn real_exchanges_may_be_cut_and_changed_everywhere() {
    let shared = std::env::var_os("WIRETELL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        Into::into,
    );
    let data = shared.join("data");
    if !data.is_dir() {
        eprintln!("skipped: ../shared is not there");
        return;
    }
    for (name, event) in CAPTURES {
        let (transport, ports, turns) = conversation(&data.join(name)).unwrap();
        let exchange = Exchange {
            name,
            transport,
            ports,
            turns: &[],
            raises: &[],
        };
        let run = |turns: &Turns| {
            let (events, counters) = raised(&exchange, turns, usize::MAX);
            assert_eq!(counters.held_bytes, 0, "{name}");
            // A side that never spoke what the other does, or one guess, may be wrong beside it.
            assert!(counters.violations <= 2, "{name}");
            events
        };
        let events = run(&turns);
        let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
        assert!(names.contains(&event), "{name}: {event} not in {names:?}");
        let mut changed = turns.clone();
        for (turn, (_, text)) in turns.iter().enumerate() {
            for at in 0..text.len().min(MAX_BYTES) {
                changed[turn].1 = text[..at].to_vec();
                run(&changed);
                changed[turn].1.clone_from(text);
                for value in [text[at] ^ 0xff, text[at] ^ 1] {
                    changed[turn].1[at] = value;
                    run(&changed);
                }
            }
            changed[turn].1.clone_from(text);
        }
    }
}
