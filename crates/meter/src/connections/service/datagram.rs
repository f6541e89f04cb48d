//! Services over UDP.

use super::{be16, be32, ber_len, dns, kerberos, text};

/// What a datagram says.
pub(super) fn datagram(payload: &[u8], ports: (u16, u16)) -> Option<&'static str> {
    let port = |ports_of: &[u16]| ports_of.contains(&ports.0) || ports_of.contains(&ports.1);
    if is_dhcp(payload) {
        Some("dhcp")
    } else if is_snmp(payload) {
        Some("snmp")
    } else if text::is_sip(payload) {
        Some("sip")
    } else if is_dtls(payload) {
        Some("dtls")
    } else if let Some(name) = quic(payload) {
        Some(name)
    } else if is_rdp(payload) {
        Some("rdpeudp")
    } else if kerberos(payload).is_some() {
        Some("krb")
    } else if payload.starts_with(&[0x05, 0x64]) && port(&[20_000]) {
        Some("dnp3_udp")
    } else if is_radius(payload) {
        Some("radius")
    } else if is_gtp(payload, port(&[2123, 2152])) {
        Some("gtpv1")
    } else if port(&[123]) && is_ntp(payload) {
        Some("ntp")
    } else if is_syslog(payload) {
        Some("syslog")
    } else if dns(payload).is_some() {
        Some("dns")
    } else {
        None
    }
}

/// BOOTP with the magic number of DHCP (RFC 2131).
fn is_dhcp(data: &[u8]) -> bool {
    matches!(data.first(), Some(1 | 2)) && be32(data, 236) == Some(0x6382_5363)
}

/// A sequence of a version and a community or a header (RFC 1157, RFC 3412).
fn is_snmp(data: &[u8]) -> bool {
    let parse = || {
        let (_, at) = if *data.first()? == 0x30 {
            ber_len(data, 1)?
        } else {
            return None;
        };
        match *data.get(at..at + 4)? {
            [2, 1, 0 | 1, 4] | [2, 1, 3, 0x30] => Some(()),
            _ => None,
        }
    };
    parse().is_some()
}

/// A handshake record of DTLS 1.0, 1.2 or 1.3.
fn is_dtls(data: &[u8]) -> bool {
    matches!(
        data,
        [
            0x16,
            0xfe,
            0xff | 0xfd | 0xfc,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            ..
        ]
    )
}

/// What an Initial packet shows: it carries a hello of TLS (RFC 9001).
pub(super) const QUIC_WITH_TLS: &str = "quic,ssl";

/// A long header of a known version (RFC 9000, RFC 9369, drafts).
pub(super) fn quic(data: &[u8]) -> Option<&'static str> {
    let (first, version, id_len) = (*data.first()?, be32(data, 1)?, *data.get(5)?);
    let is_v2 = version == 0x6b33_43cf;
    let known = is_v2 || matches!(version, 1 | 0xff00_0011..=0xff00_0022);
    if first & 0xc0 != 0xc0 || !known || id_len > 20 {
        return None;
    }
    // The number of the type Initial is another in version 2.
    let is_initial = first >> 4 & 3 == u8::from(is_v2);
    Some(if is_initial { QUIC_WITH_TLS } else { "quic" })
}

/// The SYN of RDP over UDP (MS-RDPEUDP): nothing acknowledged yet, sizes of packets that are allowed, padding.
fn is_rdp(data: &[u8]) -> bool {
    let size = |at| be16(data, at).is_some_and(|size| (1132..=1232).contains(&size));
    data.starts_with(&[0xff; 4])
        && be16(data, 6).is_some_and(|flags| flags & 1 != 0)
        && size(12)
        && size(14)
}

/// A code, and a length that the attributes fill (RFC 2865).
fn is_radius(data: &[u8]) -> bool {
    let known = matches!(data.first(), Some(1..=5 | 11..=13 | 40..=45));
    if !known || be16(data, 2).map(usize::from) != Some(data.len()) || data.len() < 20 {
        return false;
    }
    let mut attributes = data.get(20..).unwrap_or_default();
    while let [_, length @ 2..=255, ..] = *attributes {
        match attributes.get(usize::from(length)..) {
            Some(rest) => attributes = rest,
            None => return false,
        }
    }
    attributes.is_empty()
}

/// Version 1 of GTP with a length that fits.
fn is_gtp(data: &[u8], likely: bool) -> bool {
    let Some(first) = data.first() else {
        return false;
    };
    likely
        && first >> 4 == 3
        && be16(data, 2).is_some_and(|length| usize::from(length) + 8 == data.len())
}

fn is_ntp(data: &[u8]) -> bool {
    let Some(first) = data.first() else {
        return false;
    };
    let (version, mode) = (first >> 3 & 7, first & 7);
    (1..=4).contains(&version)
        && match mode {
            1..=5 => data.len() >= 48,
            6 | 7 => data.len() >= 8,
            _ => false,
        }
}

/// A priority in angle brackets (RFC 3164, RFC 5424).
pub(super) fn is_syslog(data: &[u8]) -> bool {
    let Some((b'<', rest)) = data.split_first() else {
        return false;
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let priority = rest
        .iter()
        .take(digits.min(3))
        .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    (1..=3).contains(&digits) && rest.get(digits) == Some(&b'>') && priority <= 191
}

#[cfg(test)]
mod tests {
    use super::datagram;

    #[test]
    fn first_bytes_name_their_service() {
        let mut dhcp = vec![0; 240];
        dhcp[0] = 1;
        dhcp[236..].copy_from_slice(&[0x63, 0x82, 0x53, 0x63]);
        let mut ntp = vec![0; 48];
        ntp[0] = 0x23;
        let query = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x07example\x03org\0\0\x01\0\x01";
        for (service, port, payload) in [
            ("dhcp", 67, &dhcp[..]),
            ("ntp", 123, &ntp),
            ("dns", 40_000, query),
            ("snmp", 161, b"\x30\x26\x02\x01\x01\x04\x06public"),
            (
                "quic,ssl",
                443,
                &[0xc3, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8],
            ),
            ("quic", 443, &[0xe3, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8]),
            (
                "rdpeudp",
                3389,
                b"\xff\xff\xff\xff\x04\0\x12\x01\0\0\0\x01\x04\xd0\x04\xd0\0\0",
            ),
            ("syslog", 514, b"<34>Oct 11 22:14:15 host su: failed"),
            (
                "radius",
                1812,
                &[
                    1, 7, 0, 23, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, b'a',
                ],
            ),
        ] {
            assert_eq!(datagram(payload, (50_000, port)), Some(service));
        }
    }

    #[test]
    fn a_port_alone_names_none() {
        for port in [53, 67, 123, 161, 443, 514, 1812, 5060] {
            assert_eq!(datagram(&[0xff; 60], (50_000, port)), None, "port {port}");
        }
    }
}
