use super::*;
use crate::{FaultKind, Layer, Outcome, Tunnel};

const INNER: &str = "4500001c 00000000 40110000 c0a80001 c0a80002 0035040000080000";
const INNER_6: &str = "60000000 0008 11 40 20010000000000000000000000000001
    20010db8000000000000000000000002 0035040000080000";

fn v4(protocol: u8, payload: &str) -> Vec<u8> {
    ipv4(20 + hex(payload).len() as u16, protocol, payload)
}

fn udp(port: u16, payload: &str) -> Vec<u8> {
    let len = 8 + hex(payload).len();
    v4(17, &format!("c000 {port:04x} {len:04x} 0000 {payload}"))
}

#[track_caller]
fn opens(kind: Tunnel, bytes: &[u8]) {
    let outer = decoded(228, bytes);
    assert_eq!(outer.tunnels.iter().count(), 0);
    assert_eq!(ip(&outer).src, address("10.0.0.1"));
    let packet = inside(228, bytes);
    assert_eq!(packet.fault, None);
    assert_eq!(packet.tunnels.iter().collect::<Vec<_>>(), [kind]);
    assert_ne!(ip(&packet).src, address("10.0.0.1"));
    assert_eq!(ip(&packet).transport.ports(), (53, 1024));
}

#[track_caller]
fn stays_closed(bytes: &[u8]) {
    let packet = inside(228, bytes);
    assert_eq!(packet.fault, None);
    assert_eq!(packet.tunnels.iter().count(), 0);
    assert_eq!(ip(&packet).src, address("10.0.0.1"));
}

#[test]
fn ip_in_ip_is_opened() {
    opens(Tunnel::IpInIp, &v4(4, INNER));
    opens(Tunnel::SixInFour, &v4(41, INNER_6));
    let bytes = ipv6(28, 4, INNER);
    let packet = inside(229, &bytes);
    assert_eq!(
        packet.tunnels.iter().collect::<Vec<_>>(),
        [Tunnel::FourInSix]
    );
    assert_eq!(ip(&packet).src, address("192.168.0.1"));
}

#[test]
fn gre_is_opened_with_all_its_fields() {
    opens(Tunnel::Gre, &v4(47, &format!("0000 0800 {INNER}")));
    opens(
        Tunnel::Gre,
        &v4(
            47,
            &format!("b000 86dd 00000000 00000001 00000002 {INNER_6}"),
        ),
    );
    opens(
        Tunnel::Gre,
        &v4(47, &format!("2000 6558 00000100 {MACS} 0800 {INNER}")),
    );
    opens(
        Tunnel::Gre,
        &v4(
            47,
            &format!("1000 88be 00000001 1000000000000000 {MACS} 0800 {INNER}"),
        ),
    );
    opens(
        Tunnel::Gre,
        &v4(
            47,
            &format!("3081 880b 001e0001 00000001 00000001 ff03 0021 {INNER}"),
        ),
    );
    stays_closed(&v4(47, "2081 880b 00000001 00000001"));
    stays_closed(&v4(47, "0000 0000"));
}

#[test]
fn udp_tunnels_are_opened() {
    opens(
        Tunnel::Vxlan,
        &udp(4789, &format!("08000000 00000100 {MACS} 0800 {INNER}")),
    );
    opens(
        Tunnel::Vxlan,
        &udp(
            8472,
            &format!("08000000 00000100 {MACS} 8100 0001 0800 {INNER}"),
        ),
    );
    opens(
        Tunnel::Geneve,
        &udp(
            6081,
            &format!("0100 6558 00000100 00000000 {MACS} 0800 {INNER}"),
        ),
    );
    opens(
        Tunnel::Geneve,
        &udp(6081, &format!("0000 0800 00000100 {INNER}")),
    );
    opens(
        Tunnel::GtpU,
        &udp(2152, &format!("30ff 001c 00000001 {INNER}")),
    );
    opens(
        Tunnel::GtpU,
        &udp(
            2152,
            &format!("34ff 0024 00000001 00000085 01000000 {INNER}"),
        ),
    );
    opens(Tunnel::Teredo, &udp(3544, INNER_6));
    opens(
        Tunnel::Teredo,
        &udp(
            3544,
            &format!("0001000000000000000000000000 0000f0f0f0f0f0f0 {INNER_6}").replacen(
                "0001000000000000000000000000",
                "00010000000000000000000000",
                1,
            ),
        ),
    );
}

#[test]
fn plain_udp_on_tunnel_ports_stays_closed() {
    stays_closed(&udp(
        4789,
        &format!("00000000 00000100 {MACS} 0800 {INNER}"),
    ));
    stays_closed(&udp(2152, "32010004 00000000 00000000"));
    stays_closed(&udp(3544, INNER));
    stays_closed(&udp(3544, &INNER_6.replace("0008 11", "0009 11")));
    stays_closed(&udp(3544, &INNER_6.replace("2001000000", "2a01000000")));
    stays_closed(&udp(53, INNER_6));
}

#[test]
fn a_tunnel_without_ip_stays_closed() {
    stays_closed(&udp(4789, &format!("08000000 00000100 {MACS} 88cc 0000")));
}

#[test]
fn a_broken_inside_leaves_the_outer_packet_counted() {
    let bytes = v4(4, &INNER.replace("45000", "44000"));
    let packet = inside(228, &bytes);
    let fault = packet.fault.unwrap();
    assert_eq!(
        (fault.layer, fault.kind, fault.offset),
        (Layer::Transport, FaultKind::Malformed, 20)
    );
    assert_eq!(packet.outcome(), Outcome::Decoded);
    assert_eq!(ip(&packet).protocol, 4);

    let bytes = v4(4, &INNER[..20]);
    let packet = inside(228, &bytes);
    assert_eq!(packet.outcome(), Outcome::Truncated);
    assert_eq!(ip(&packet).protocol, 4);
}

#[test]
fn nesting_beyond_the_limit_stays_closed_with_a_fault() {
    let mut bytes = hex(INNER);
    for _ in 0..5 {
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        bytes = v4(4, &text);
    }
    let packet = inside(228, &bytes);
    assert_eq!(packet.tunnels.iter().count(), 4);
    assert_eq!(ip(&packet).protocol, 4);
    let fault = packet.fault.unwrap();
    assert_eq!((fault.offset, packet.outcome()), (100, Outcome::Decoded));
}
