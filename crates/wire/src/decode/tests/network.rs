use super::*;
use crate::{FaultKind, Fragment, Layer, LengthSource, Limit, Outcome, Transport};

const UDP: &str = "0035 0400 000c 0000 01020304";

#[test]
fn ethernet_padding_is_no_payload() {
    let mut bytes = ethernet(
        "0800",
        "4500001d 00000000 40110000 0a000001 0a000002 0035040000090000 aa",
    );
    bytes.resize(60, 0);
    let packet = decoded(1, &bytes);
    assert_eq!(ip(&packet).payload, [0xaa]);
    assert_eq!(ip(&packet).segment.len(), 9);
}

#[test]
fn fragments_are_told_apart() {
    let first = hex("4500001c 0007 2000 40110000 0a000001 0a000002 0035040000640000");
    let packet = decoded(228, &first);
    assert_eq!(ip(&packet).fragment, Fragment::First);
    assert_eq!(ip(&packet).transport.ports(), (53, 1024));
    assert_eq!((packet.fault, ip(&packet).id), (None, 7));
    let later = hex("4500001c 0007 0001 40110000 0a000001 0a000002 0035040000640000");
    let packet = decoded(228, &later);
    assert_eq!(ip(&packet).fragment, Fragment::Later(8));
    assert_eq!(ip(&packet).transport, Transport::Unread);
    assert_eq!((packet.fault, ip(&packet).payload_len), (None, 8));
}

#[test]
fn zero_total_length_means_the_wire_length() {
    let bytes = ethernet(
        "0800",
        "45000000 00000000 40110000 0a000001 0a000002 0035040000000000 aabb",
    );
    let mut cut = record(1, &bytes);
    cut.wire_len = 5014;
    let packet = decode(&cut, DEFAULT);
    assert_eq!(packet.fault, None);
    assert_eq!(
        (ip(&packet).len, ip(&packet).length_source),
        (5000, LengthSource::Wire)
    );
    assert_eq!(ip(&packet).payload_len, 5000 - 28);
}

#[test]
fn contradictions_of_ipv4_are_malformed() {
    let short_header = hex("4400001c 00000000 40110000 0a000001 0a000002 0035040000640000");
    let short_total = hex("46000016 00000000 40110000 0a000001 0a000002 0035040000640000");
    let version = hex("5500001c 00000000 40110000 0a000001 0a000002 0035040000640000");
    for bytes in [short_header, short_total, version] {
        let packet = decoded(228, &bytes);
        let fault = packet.fault.unwrap();
        assert_eq!(
            (fault.layer, fault.kind),
            (Layer::Network, FaultKind::Malformed)
        );
        assert_eq!(packet.outcome(), Outcome::Ignored);
    }
}

#[test]
fn cut_options_keep_the_fixed_header() {
    let bytes = hex("48000034 00000000 40060000 0a000001 0a000002 0101");
    let mut cut = record(228, &bytes);
    cut.wire_len = 52;
    let packet = decode(&cut, DEFAULT);
    let fault = packet.fault.unwrap();
    assert_eq!(
        (fault.needed, fault.available, fault.limit),
        (32, 22, Limit::Captured)
    );
    assert_eq!(
        (ip(&packet).header.len(), ip(&packet).payload_len),
        (22, 20)
    );
    assert_eq!(ip(&packet).transport, Transport::Unread);
}

#[test]
fn ipv6_fields_are_read() {
    let bytes = ipv6(12, 17, UDP);
    let packet = decoded(229, &bytes);
    assert_eq!(packet.fault, None);
    let ip = ip(&packet);
    assert_eq!(
        (ip.src, ip.dst),
        (address("2001:db8::1"), address("2001:db8::2"))
    );
    assert_eq!((ip.tos, ip.flow_label, ip.ttl), (0xa1, 0x12345, 64));
    assert_eq!((ip.len, ip.header_len, ip.payload_len), (52, 40, 4));
}

#[test]
fn all_extension_headers_are_passed() {
    let chain = format!(
        "2b00010400000000 3c00000000000000 8700010400000000 8b00000000000000 8c00000000000000
         3304000000000000 1104 0000 00000001 00000002 0000000000000000 00000000 {UDP}"
    );
    // Hop-by-hop, routing, destination, mobility, HIP, shim6 (leading to AH of 24 bytes).
    let chain = chain.replacen("3304000000000000 1104", "3300000000000000 1104", 1);
    let bytes = ipv6(48 + 24 + 12, 0, &chain);
    let packet = decoded(229, &bytes);
    assert_eq!(packet.fault, None);
    assert_eq!(
        (ip(&packet).protocol, ip(&packet).header_len),
        (17, 40 + 48 + 24)
    );
    assert_eq!(ip(&packet).transport.ports(), (53, 1024));
}

#[test]
fn ipv6_fragments_are_told_apart() {
    let first = ipv6(20, 44, &format!("1100 0001 00000009 {UDP}"));
    let packet = decoded(229, &first);
    assert_eq!((ip(&packet).fragment, ip(&packet).id), (Fragment::First, 9));
    assert_eq!(ip(&packet).transport.ports(), (53, 1024));
    let later = ipv6(20, 44, &format!("1100 05a8 00000009 {UDP}"));
    let packet = decoded(229, &later);
    assert_eq!(ip(&packet).fragment, Fragment::Later(1448));
    assert_eq!(ip(&packet).transport, Transport::Unread);
    let atomic = ipv6(20, 44, &format!("1100 0000 00000009 {UDP}"));
    assert_eq!(ip(&decoded(229, &atomic)).fragment, Fragment::Whole);
}

#[test]
fn no_next_header_and_lone_mobility_header_end_the_chain() {
    let none = ipv6(0, 59, "");
    assert_eq!(
        (ip(&decoded(229, &none)).protocol, decoded(229, &none).fault),
        (59, None)
    );
    let binding = ipv6(8, 135, "3b00050000000000");
    let packet = decoded(229, &binding);
    assert_eq!((ip(&packet).protocol, ip(&packet).payload_len), (135, 8));
}

#[test]
fn jumbogram_has_the_length_of_its_option() {
    let bytes = ipv6(0, 0, "1100 c204 00011170 0035 0400 0000 0000 01020304");
    let mut cut = record(229, &bytes);
    cut.wire_len = 70_040;
    let packet = decode(&cut, DEFAULT);
    assert_eq!(packet.fault, None);
    assert_eq!(
        (ip(&packet).len, ip(&packet).length_source),
        (70_040, LengthSource::Jumbo)
    );
    assert_eq!(ip(&packet).payload_len, 70_000 - 8 - 8);
}

#[test]
fn jumbo_option_in_a_small_packet_is_malformed() {
    for bytes in [
        ipv6(0, 0, "1100 c204 00000010 0035 0400 0000 0000 01020304"),
        ipv6(20, 0, "1100 c204 00011170 0035 0400 0000 0000 01020304"),
        ipv6(0, 0, "1100 0104 00000000 0035 0400 0000 0000 01020304"),
    ] {
        assert_eq!(
            decoded(229, &bytes).fault.unwrap().kind,
            FaultKind::Malformed
        );
    }
}

#[test]
fn cut_extension_header_names_itself() {
    let bytes = ipv6(40, 0, "1101010400000000 0000");
    let mut cut = record(229, &bytes);
    cut.wire_len = 80;
    let packet = decode(&cut, DEFAULT);
    let fault = packet.fault.unwrap();
    assert_eq!((fault.offset, fault.needed, fault.available), (40, 16, 10));
    assert_eq!(
        (
            ip(&packet).protocol,
            ip(&packet).header_len,
            ip(&packet).payload_len
        ),
        (0, 40, 40)
    );
}

#[test]
fn arp_gives_operation_and_addresses() {
    let bytes = ethernet(
        "0806",
        "0001 0800 06 04 0001 001122334455 0a000001 000000000000 0a000002",
    );
    let packet = decoded(1, &bytes);
    assert_eq!(packet.outcome(), Outcome::Decoded);
    let arp = Network::Arp {
        operation: 1,
        sender: address("10.0.0.1"),
        target: address("10.0.0.2"),
        hardware: [Some([0, 0x11, 0x22, 0x33, 0x44, 0x55]), Some([0; 6])],
    };
    assert_eq!(packet.network, arp);
    let cut = &bytes[..40];
    assert_eq!(decoded(1, cut).network, Network::Other(0x0806));
    assert_eq!(decoded(1, cut).outcome(), Outcome::Truncated);
}
