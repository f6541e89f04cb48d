use super::*;
use crate::{FaultKind, Layer, Outcome};

/// IPv4 and UDP, 10.0.0.1 port 53 to 10.0.0.2 port 1024.
const V4: &str = "4500001c 00000000 40110000 0a000001 0a000002 0035040000080000";
const V6: &str = "60000000 0008 11 40 20010db8000000000000000000000001
    20010db8000000000000000000000002 0035040000080000";

#[track_caller]
fn leads_to_udp(link_type: u16, text: &str) -> crate::LinkHeader {
    let bytes = hex(text);
    let packet = decoded(link_type, &bytes);
    assert_eq!(packet.fault, None);
    assert_eq!(ip(&packet).transport.ports(), (53, 1024));
    assert_eq!(ip(&packet).segment.len(), 8);
    packet.link
}

#[track_caller]
fn stops_with(kind: FaultKind, link_type: u16, text: &str) {
    let bytes = hex(text);
    let packet = decoded(link_type, &bytes);
    assert_eq!(packet.fault.map(|fault| fault.kind), Some(kind));
    assert_ne!(packet.outcome(), Outcome::Decoded);
}

#[test]
fn vlan_tags_of_every_type_are_passed() {
    for kind in ["8100", "88a8", "9100", "9200"] {
        let link = leads_to_udp(1, &format!("{MACS} {kind} 2064 8100 00c8 0800 {V4}"));
        assert_eq!((link.vlan, link.inner_vlan), (Some(100), Some(200)));
    }
    let three = leads_to_udp(
        1,
        &format!("{MACS} 8100 0001 8100 0002 8100 0003 86dd {V6}"),
    );
    assert_eq!((three.vlan, three.inner_vlan), (Some(1), Some(2)));
}

#[test]
fn mpls_leads_to_ip_or_to_a_pseudowire() {
    let link = leads_to_udp(1, &format!("{MACS} 8847 00010040 00020140 {V4}"));
    assert_eq!(link.mpls_labels, 2);
    leads_to_udp(1, &format!("{MACS} 8847 00020140 {V6}"));
    leads_to_udp(
        1,
        &format!("{MACS} 8847 00020140 00000000 {MACS} 0800 {V4}"),
    );
    leads_to_udp(1, &format!("{MACS} 8847 00020140 {MACS} 0800 {V4}"));
    leads_to_udp(219, &format!("00020140 {V4}"));
    stops_with(
        FaultKind::NotIp,
        1,
        &format!("{MACS} 8847 00020140 10000021 {V4}"),
    );
}

#[test]
fn pppoe_sessions_lead_to_ip() {
    let link = leads_to_udp(1, &format!("{MACS} 8864 1100 002a 001e 0021 {V4}"));
    assert_eq!(link.pppoe_session, Some(42));
    leads_to_udp(51, &format!("1100 002a 0032 0057 {V6}"));
    stops_with(
        FaultKind::NoNetwork,
        1,
        &format!("{MACS} 8864 1100 002a 0006 c021 0901 0004"),
    );
    stops_with(
        FaultKind::Malformed,
        1,
        &format!("{MACS} 8864 2100 002a 001e 0021 {V4}"),
    );
}

#[test]
fn tags_of_fabrics_and_rings_lead_to_ip() {
    leads_to_udp(1, &format!("{MACS} 8903 0401 {MACS} 0800 {V4}"));
    leads_to_udp(
        1,
        &format!("{MACS} 88e7 00000001 {MACS} 8100 0001 0800 {V4}"),
    );
    leads_to_udp(1, &format!("{MACS} 8926 00000001 0800 {V4}"));
    leads_to_udp(1, &format!("{MACS} 892f 00320001 0800 {V4}"));
    leads_to_udp(1, &format!("{MACS} 893f 000000000001 0800 {V4}"));
}

#[test]
fn ieee_802_3_leads_to_snap_and_llc() {
    leads_to_udp(1, &format!("{MACS} 0024 aaaa03 000000 0800 {V4}"));
    leads_to_udp(1, &format!("{MACS} 001f 060603 {V4}"));
    stops_with(
        FaultKind::NoNetwork,
        1,
        &format!("{MACS} 0026 424203 0000000000"),
    );
    let ipx = hex(&format!("{MACS} 0008 e0e003 0000000000"));
    assert_eq!(decoded(1, &ipx).network, Network::Other(0x0100_e0e0));
    stops_with(FaultKind::NotIp, 1, &format!("{MACS} 88cc 0000"));
}

#[test]
fn cooked_captures_lead_to_ip() {
    let link = leads_to_udp(113, &format!("0000 0001 0006 001122334455 0000 0800 {V4}"));
    assert_eq!(link.source, Some([0, 0x11, 0x22, 0x33, 0x44, 0x55]));
    leads_to_udp(
        276,
        &format!("86dd 0000 00000003 0001 00 06 001122334455 0000 {V6}"),
    );
    stops_with(
        FaultKind::NoNetwork,
        113,
        "0000 0338 0000 000000000000 0000 0010 00000000",
    );
}

#[test]
fn loopback_families_are_read_in_both_orders() {
    for link_type in [0, 108] {
        leads_to_udp(link_type, &format!("02000000 {V4}"));
        leads_to_udp(link_type, &format!("00000002 {V4}"));
        for family in ["0a", "17", "18", "1c", "1e"] {
            leads_to_udp(link_type, &format!("{family}000000 {V6}"));
            leads_to_udp(link_type, &format!("000000{family} {V6}"));
        }
    }
}

#[test]
fn raw_captures_tell_the_version_themselves() {
    for link_type in [12, 14, 101] {
        leads_to_udp(link_type, V4);
        leads_to_udp(link_type, V6);
        stops_with(FaultKind::Malformed, link_type, "75000000");
    }
}

#[test]
fn serial_links_lead_to_ip() {
    for link_type in [9, 50] {
        leads_to_udp(link_type, &format!("ff03 0021 {V4}"));
        leads_to_udp(link_type, &format!("0057 {V6}"));
        leads_to_udp(link_type, &format!("21 {V4}"));
        leads_to_udp(link_type, &format!("0f00 0800 {V4}"));
    }
    leads_to_udp(204, &format!("01 ff03 0021 {V4}"));
    leads_to_udp(104, &format!("0f00 0800 {V4}"));
    stops_with(FaultKind::NoNetwork, 104, "8f00 8035 00000002");
    leads_to_udp(107, &format!("1841 03 cc {V4}"));
    leads_to_udp(107, &format!("1841 0300 80 000000 0800 {V4}"));
    leads_to_udp(107, &format!("1841 0800 {V4}"));
}

#[test]
fn data_frames_of_802_11_lead_to_ip() {
    let to_ds =
        format!("0801 0000 0a0a0a0a0a0a 001122334455 00aabbccddee 1000 aaaa03 000000 0800 {V4}");
    let link = leads_to_udp(105, &to_ds);
    assert_eq!(link.source, Some([0, 0x11, 0x22, 0x33, 0x44, 0x55]));
    assert_eq!(link.destination, Some([0, 0xaa, 0xbb, 0xcc, 0xdd, 0xee]));
    let four_addresses = to_ds
        .replace("0801", "8803")
        .replace("1000 aaaa", "1000 665544332211 0000 aaaa");
    assert_eq!(
        leads_to_udp(105, &four_addresses).source,
        Some([0x66, 0x55, 0x44, 0x33, 0x22, 0x11])
    );
    let radiotap = format!("0000 0d00 03000000 0000000000 {to_ds}");
    stops_with(FaultKind::Truncated, 127, &radiotap[..30]);
    // Flags after eight bytes of time: with check sequence.
    leads_to_udp(
        127,
        &format!("0000 1100 03000000 0000000000000000 10 {to_ds} 12345678"),
    );
    leads_to_udp(127, &format!("0000 0800 00000000 {to_ds}"));
    leads_to_udp(
        119,
        &format!("44000000 90000000 {} {to_ds}", "00".repeat(136)),
    );
    leads_to_udp(
        163,
        &format!("80211001 00000040 {} {to_ds}", "00".repeat(56)),
    );
    stops_with(
        FaultKind::NoNetwork,
        105,
        &to_ds.replacen("0801", "0841", 1),
    );
    stops_with(
        FaultKind::NoNetwork,
        105,
        &to_ds.replacen("0801", "8000", 1),
    );
}

#[test]
fn other_links_lead_to_ip() {
    leads_to_udp(
        10,
        &format!("50 00aabbccddee 001122334455 aaaa03 000000 0800 {V4}"),
    );
    leads_to_udp(
        6,
        &format!("1040 00aabbccddee 801122334455 0210 aaaa03 000000 0800 {V4}"),
    );
    leads_to_udp(117, &format!("3d02 {} {V4}", "00".repeat(62)));
    leads_to_udp(100, &format!("aaaa03 000000 0800 {V4}"));
    leads_to_udp(123, &format!("02 00 0064 aaaa03 000000 0800 {V4}"));
    leads_to_udp(239, &format!("02000000 08000100 08000100 20000900 {V4}"));
    leads_to_udp(129, &format!("0102 0000 d4 00 0001 {V4}"));
    leads_to_udp(284, &format!("{MACS} c0000000 0800 {V4}"));
    leads_to_udp(285, &format!("{MACS} dada0000 c0000000 0800 {V4}"));
    leads_to_udp(226, &format!("0102 {} {V4}", "00".repeat(22)));
    leads_to_udp(242, &format!("{} 0800 0000 {V4}", "00".repeat(40)));
    leads_to_udp(178, &format!("4d4743 00 {MACS} 0800 {V4}"));
}

#[test]
fn unknown_links_are_unsupported() {
    let packet = decoded(189, &[1, 2, 3]);
    let fault = packet.fault.unwrap();
    assert_eq!(
        (fault.layer, fault.kind),
        (Layer::Link, FaultKind::UnsupportedLink)
    );
    assert_eq!(packet.outcome(), Outcome::Ignored);
}

#[test]
fn endless_nesting_of_links_is_malformed_not_endless() {
    let text = format!("{MACS}{}", "8100 0001 000a aaaa03 000000 ".repeat(20_000));
    stops_with(FaultKind::Malformed, 1, &text.replace("000a", "05dc"));
}
