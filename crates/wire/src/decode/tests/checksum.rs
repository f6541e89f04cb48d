use super::*;
use crate::decode::checksum::{Checksum, ipv4_header, transport};

/// A DNS-like datagram with right checksums of both headers.
const UDP: &str = "45000020 00010000 4011 66ca 0a000001 0a000002 1000 0035 000c d798 01020304";

#[test]
fn right_and_wrong_checksums_are_told_apart() {
    let mut bytes = hex(UDP);
    let packet = decoded(228, &bytes);
    assert_eq!(ipv4_header(&ip(&packet)), Checksum::Good);
    assert_eq!(transport(&ip(&packet)), Checksum::Good);
    bytes[31] ^= 1;
    let packet = decoded(228, &bytes);
    assert_eq!(ipv4_header(&ip(&packet)), Checksum::Good);
    assert_eq!(transport(&ip(&packet)), Checksum::Bad);
    bytes[8] ^= 1;
    assert_eq!(ipv4_header(&ip(&decoded(228, &bytes))), Checksum::Bad);
}

#[test]
fn cut_fragmented_and_unsent_checksums_are_unknown() {
    let bytes = hex(UDP);
    let mut cut = record(228, &bytes[..30]);
    cut.wire_len = 32;
    assert_eq!(transport(&ip(&decode(&cut, DEFAULT))), Checksum::Unknown);
    let fragment = hex(&UDP.replace("00010000 4011", "00012000 4011"));
    assert_eq!(transport(&ip(&decoded(228, &fragment))), Checksum::Unknown);
    let unsent = hex(&UDP.replace("d798", "0000"));
    assert_eq!(transport(&ip(&decoded(228, &unsent))), Checksum::Unknown);
}
