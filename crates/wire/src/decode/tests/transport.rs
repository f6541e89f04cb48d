use super::*;
use crate::decode::{TcpOption, tcp_options};
use crate::{FaultKind, Fragment, Layer, LengthSource, Limit, Outcome, Transport};

#[test]
fn ethernet_ipv4_tcp_yields_every_header_field() {
    let bytes = ethernet("0800", SYN);
    let packet = decoded(1, &bytes);
    assert_eq!(packet.fault, None);
    assert_eq!(packet.outcome(), Outcome::Decoded);
    assert_eq!(packet.link.source, Some([0, 0x11, 0x22, 0x33, 0x44, 0x55]));
    let ip = ip(&packet);
    assert_eq!((ip.src, ip.dst), (address("10.0.0.1"), address("10.0.0.2")));
    assert_eq!((ip.len, ip.header_len, ip.payload_len), (48, 20, 0));
    assert_eq!((ip.protocol, ip.ttl, ip.id), (6, 64, 0x1234));
    assert!(ip.dont_fragment);
    assert_eq!(ip.fragment, Fragment::Whole);
    assert_eq!(ip.length_source, LengthSource::Header);
    let Transport::Tcp(tcp) = ip.transport else {
        panic!("{:?}", ip.transport)
    };
    assert_eq!((tcp.src_port, tcp.dst_port), (1234, 80));
    assert_eq!((tcp.seq, tcp.flags, tcp.window), (1, 2, 8192));
    assert_eq!(tcp.options.len(), 8);
}

#[test]
fn udp_payload_is_what_both_lengths_allow() {
    let short = ipv4(36, 17, "0035 0400 000c 0000 01020304 05060708");
    let packet = decoded(228, &short);
    assert_eq!(packet.fault, None);
    assert_eq!(ip(&packet).payload_len, 4);
    assert_eq!(ip(&packet).payload, [1, 2, 3, 4]);

    let long = ipv4(32, 17, "0035 0400 0064 0000 01020304");
    let packet = decoded(228, &long);
    assert_eq!(packet.fault, None);
    assert_eq!(ip(&packet).payload_len, 4);
}

#[test]
fn udp_length_below_its_header_is_malformed_but_counts() {
    let bytes = ipv4(32, 17, "0035 0400 0007 0000 01020304");
    let packet = decoded(228, &bytes);
    let fault = packet.fault.unwrap();
    assert_eq!(
        (fault.layer, fault.kind),
        (Layer::Transport, FaultKind::Malformed)
    );
    assert_eq!((fault.offset, fault.needed), (20, 8));
    assert_eq!(packet.outcome(), Outcome::Decoded);
    assert_eq!(ip(&packet).transport.ports(), (53, 1024));
}

#[test]
fn udp_lite_length_is_coverage() {
    let bytes = ipv4(32, 136, "0035 0400 0008 0000 01020304");
    let packet = decoded(228, &bytes);
    assert_eq!((packet.fault, ip(&packet).payload_len), (None, 4));
}

#[test]
fn tcp_offset_below_five_is_malformed_but_keeps_ports() {
    let bytes = ipv4(40, 6, "04d20050 00000001 00000000 40022000 00000000");
    let packet = decoded(228, &bytes);
    assert_eq!(packet.fault.unwrap().kind, FaultKind::Malformed);
    assert_eq!(packet.outcome(), Outcome::Decoded);
    assert_eq!(ip(&packet).transport.ports(), (1234, 80));
}

#[test]
fn tcp_header_past_the_ip_length_is_cut_by_the_declared_length() {
    let bytes = ipv4(
        40,
        6,
        "04d20050 00000001 00000000 60022000 00000000 01010101",
    );
    let fault = decoded(228, &bytes).fault.unwrap();
    assert_eq!(
        (fault.kind, fault.limit),
        (FaultKind::Truncated, Limit::Declared)
    );
    assert_eq!((fault.needed, fault.available), (24, 20));
}

#[test]
fn accurate_ecn_bit_is_the_ninth_flag() {
    let bytes = ipv4(40, 6, "04d20050 00000001 00000000 51c22000 00000000");
    let Transport::Tcp(tcp) = ip(&decoded(228, &bytes)).transport else {
        panic!()
    };
    assert_eq!(tcp.flags, 256 + 128 + 64 + 2);
}

#[test]
fn cut_tcp_header_yields_ports_and_the_payload_length_of_the_headers() {
    let whole = ipv4(
        140,
        6,
        "04d20050 00000001 00000000 80102000 00000000 0101080a",
    );
    let mut cut = record(228, &whole[..24]);
    cut.wire_len = 140;
    let packet = decode(&cut, DEFAULT);
    assert_eq!(ip(&packet).transport.ports(), (1234, 80));
    assert_eq!(ip(&packet).len, 140);
    assert_eq!(packet.outcome(), Outcome::Truncated);
    let mut cut = record(228, &whole[..44]);
    cut.wire_len = 140;
    let packet = decode(&cut, DEFAULT);
    assert_eq!(ip(&packet).payload_len, 140 - 20 - 32);
    assert_eq!(packet.fault.unwrap().limit, Limit::Captured);
}

#[test]
fn options_are_read_up_to_the_first_broken_one() {
    let bytes =
        hex("020405b4 0402 080a0000000100000002 01 030307 050a0000000a00000014 fd0400aa 0203");
    let options: Vec<_> = tcp_options(&bytes).collect();
    assert_eq!(options[0], TcpOption::MaximumSegmentSize(1460));
    assert_eq!(options[1], TcpOption::SackPermitted);
    assert_eq!(options[2], TcpOption::Timestamps { value: 1, echo: 2 });
    assert_eq!(options[3], TcpOption::WindowScale(7));
    let TcpOption::Sack(blocks) = options[4] else {
        panic!()
    };
    assert_eq!(blocks.collect::<Vec<_>>(), [(10, 20)]);
    assert_eq!(
        options[5],
        TcpOption::Other {
            kind: 253,
            data: &[0, 0xaa]
        }
    );
    assert_eq!(options.len(), 6);
    assert_eq!(tcp_options(&[2, 0, 1]).count(), 0);
    assert_eq!(tcp_options(&[1, 1, 0, 2, 4, 5, 6]).count(), 0);
}

#[test]
fn sctp_and_dccp_give_ports() {
    let sctp = ipv4(36, 132, "04d2 0050 00000000 00000000 00010203");
    assert_eq!(ip(&decoded(228, &sctp)).transport.ports(), (1234, 80));
    assert_eq!(ip(&decoded(228, &sctp)).payload_len, 4);
    let dccp = ipv4(38, 33, "04d2 0050 04 00 0000 00000000 00000000 0102");
    assert_eq!(ip(&decoded(228, &dccp)).transport.ports(), (1234, 80));
    assert_eq!(ip(&decoded(228, &dccp)).payload_len, 2);
}

#[test]
fn icmp_echo_has_identifier_and_sequence_number() {
    let bytes = ipv4(30, 1, "08 00 1234 0001 0002 aabb");
    let packet = decoded(228, &bytes);
    let Transport::Icmp(icmp) = ip(&packet).transport else {
        panic!()
    };
    assert_eq!(
        (icmp.kind, icmp.code, icmp.checksum, icmp.rest),
        (8, 0, 0x1234, 0x0001_0002)
    );
    assert_eq!(ip(&packet).payload_len, 2);
}

#[test]
fn protocols_without_a_known_header_have_all_as_payload() {
    for protocol in [2, 47, 50, 51, 89] {
        let bytes = ipv4(24, protocol, "01020304");
        let packet = decoded(228, &bytes);
        assert_eq!(
            (packet.fault, ip(&packet).transport),
            (None, Transport::Other)
        );
        assert_eq!(ip(&packet).payload_len, 4);
    }
}
