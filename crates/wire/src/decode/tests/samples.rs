use super::*;
use crate::{FaultKind, Limit, Outcome};

/// One packet of many kinds, each with its link type; all decode without a fault.
fn samples() -> Vec<(u16, Vec<u8>)> {
    let udp = "4500001c 00000000 40110000 0a000001 0a000002 0035040000080000";
    vec![
        (1, ethernet("0800", SYN)),
        (1, ethernet("8100", &format!("0064 0800 {SYN}"))),
        (1, ethernet("8847", &format!("00020140 {udp}"))),
        (1, ethernet("8864", &format!("1100 002a 001e 0021 {udp}"))),
        (
            1,
            ethernet(
                "0806",
                "0001 0800 06 04 0001 001122334455 0a000001 000000000000 0a000002",
            ),
        ),
        (
            113,
            hex(&format!("0000 0001 0006 001122334455 0000 0800 {udp}")),
        ),
        (0, hex(&format!("02000000 {udp}"))),
        (
            101,
            ipv6(
                28,
                0,
                "3c00010400000000 1100010400000000 0035 0400 000c 0000 01020304",
            ),
        ),
        (101, ipv4(36, 132, "04d2 0050 00000000 00000000 00010203")),
        (101, ipv4(28, 1, "0800000000010001")),
    ]
}

#[test]
fn every_cut_of_every_sample_is_truncated_with_what_it_lacks() {
    for (link_type, whole) in samples() {
        assert_eq!(decoded(link_type, &whole).fault, None);
        for len in 0..whole.len() {
            let cut = Record {
                wire_len: whole.len() as u32,
                ..record(link_type, &whole[..len])
            };
            let packet = decode(&cut, DEFAULT);
            let Some(fault) = packet.fault else {
                // All headers are there, only payload is cut.
                assert_eq!(packet.outcome(), Outcome::Decoded);
                assert_eq!(ip(&packet).len, ip(&decoded(link_type, &whole)).len);
                continue;
            };
            assert_eq!(fault.kind, FaultKind::Truncated, "{link_type} cut at {len}");
            assert_eq!(packet.outcome(), Outcome::Truncated);
            assert_eq!(fault.limit, Limit::Captured);
            assert_eq!(fault.offset + fault.available, len as u32);
            assert!(fault.needed > fault.available);
            assert!(fault.offset + fault.needed <= whole.len() as u32);
        }
    }
}
