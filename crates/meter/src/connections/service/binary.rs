//! Services over TCP that do not talk in lines.

use super::{be16, be32, ber_len, dns, kerberos};

/// What the first bytes of a TCP side say.
pub(super) fn stream(payload: &[u8], ports: (u16, u16), from_orig: bool) -> Option<&'static str> {
    let port = |port| ports.0 == port || ports.1 == port;
    if is_tls(payload) {
        Some("ssl")
    } else if is_smb(payload) {
        Some("smb")
    } else if is_dce_rpc(payload) {
        Some("dce_rpc")
    } else if is_rdp(payload) {
        Some("rdp")
    } else if is_mqtt(payload) {
        Some("mqtt")
    } else if !from_orig && is_mysql_greeting(payload) {
        Some("mysql")
    } else if is_postgresql(payload) {
        Some("postgresql")
    } else if payload.starts_with(&[0x05, 0x64]) && payload.len() >= 10 {
        Some("dnp3_tcp")
    } else if is_ldap(payload) {
        Some("ldap_tcp")
    } else if is_prefixed_kerberos(payload) {
        Some("krb_tcp")
    } else if is_prefixed_dns(payload, port(53)) {
        Some("dns")
    } else if is_modbus(payload, port(502)) {
        Some("modbus")
    } else if from_orig && is_socks(payload) {
        Some("socks")
    } else {
        None
    }
}

/// A client or server hello (RFC 8446), or a client hello in the form of SSL 2.
fn is_tls(data: &[u8]) -> bool {
    match *data {
        [0x16, 3, 0..=4, _, _, kind, ..] => matches!(kind, 1 | 2),
        [high, low, 1, major, minor, ..] if high & 0x80 != 0 => {
            let length = usize::from(high & 0x7f) << 8 | usize::from(low);
            length + 2 == data.len() && matches!((major, minor), (0, 2) | (3, 0..=3))
        }
        // An alert is all that a refused client gets.
        [0x15, 3, 0..=4, 0, 2, 1 | 2, _] => true,
        _ => false,
    }
}

fn is_smb(data: &[u8]) -> bool {
    matches!(data, [0, _, _, _, 0xfe | 0xff, b'S', b'M', b'B', ..])
        // A NetBIOS session request comes before.
        || matches!(data, [0x81, 0, 0, 0x44, 0x20, ..])
}

/// A connection-oriented PDU of version 5 whose length fits.
fn is_dce_rpc(data: &[u8]) -> bool {
    match *data {
        [
            5,
            0 | 1,
            kind,
            _,
            order,
            0,
            0,
            0,
            a,
            b,
            _,
            _,
            _,
            _,
            _,
            _,
            ..,
        ] if kind <= 19 => {
            let pair = [a, b];
            let length = if order & 0x10 != 0 {
                u16::from_le_bytes(pair)
            } else {
                u16::from_be_bytes(pair)
            };
            length >= 16 && usize::from(length) <= data.len().max(1460)
        }
        _ => false,
    }
}

/// A connection request or confirm of X.224 with a cookie or a negotiation of RDP in it.
fn is_rdp(data: &[u8]) -> bool {
    let [3, 0, _, _, _, 0xe0 | 0xd0, ..] = *data else {
        return false;
    };
    let rest = data.get(11..).unwrap_or_default();
    rest.starts_with(b"Cookie: mstshash=")
        || rest.ends_with(&[0, 0, 0])
            && rest.len() >= 8
            && matches!(rest, [.., 1..=3, _, 8, 0, _, 0, 0, 0])
}

fn is_mqtt(data: &[u8]) -> bool {
    let Some((0x10, rest)) = data.split_first() else {
        return false;
    };
    let Some(size) = rest.iter().take(4).position(|byte| byte & 0x80 == 0) else {
        return false;
    };
    let name = rest.get(size + 1..).unwrap_or_default();
    name.starts_with(b"\0\x04MQTT") || name.starts_with(b"\0\x06MQIsdp")
}

fn is_mysql_greeting(data: &[u8]) -> bool {
    let [a, b, 0, 0, 9 | 10, digit, ..] = *data else {
        return false;
    };
    let length = usize::from(u16::from_le_bytes([a, b]));
    let version = data
        .get(5..)
        .and_then(|rest| rest.split(|byte| *byte == 0).next())
        .unwrap_or_default();
    length + 4 <= data.len().max(1460)
        && digit.is_ascii_digit()
        && version.len() < 64
        && version.iter().all(|byte| byte.is_ascii_graphic())
}

fn is_postgresql(data: &[u8]) -> bool {
    match (be32(data, 0), be32(data, 4)) {
        (Some(8), Some(80_877_103 | 80_877_104)) => data.len() == 8,
        (Some(length), Some(0x0003_0000)) => length as usize == data.len() && length > 8,
        _ => false,
    }
}

/// An LDAP message (RFC 4511): a sequence of a message id and an operation.
fn is_ldap(data: &[u8]) -> bool {
    let parse = || {
        let (_, at) = if *data.first()? == 0x30 {
            ber_len(data, 1)?
        } else {
            return None;
        };
        let (size @ 1..=4, at) = (if *data.get(at)? == 2 {
            ber_len(data, at + 1)?
        } else {
            return None;
        }) else {
            return None;
        };
        let operation = *data.get(at + size)?;
        matches!(operation, 0x42 | 0x60..=0x6f | 0x73 | 0x77 | 0x78).then_some(())
    };
    parse().is_some()
}

fn is_prefixed_kerberos(data: &[u8]) -> bool {
    be32(data, 0).is_some_and(|length| length < 1 << 20)
        && data.get(4..).and_then(kerberos).is_some()
}

fn is_prefixed_dns(data: &[u8], likely: bool) -> bool {
    let Some(length) = be16(data, 0) else {
        return false;
    };
    let length = usize::from(length);
    let whole = length + 2 == data.len() || likely && length + 2 > data.len();
    length >= 12 && whole && data.get(2..).and_then(dns).is_some()
}

fn is_modbus(data: &[u8], likely: bool) -> bool {
    let (Some(0), Some(length), Some(function)) = (be16(data, 2), be16(data, 4), data.get(7))
    else {
        return false;
    };
    likely
        && (2..=254).contains(&length)
        && usize::from(length) + 6 <= data.len()
        && (1..=0x7f).contains(&(function & 0x7f))
}

fn is_socks(data: &[u8]) -> bool {
    match *data {
        [5, methods @ 1..=16, ref rest @ ..] => {
            rest.len() == usize::from(methods)
                && rest.iter().all(|method| *method <= 9 || *method >= 0x80)
        }
        [4, 1 | 2, _, _, _, _, _, _, .., 0] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::stream;

    #[test]
    fn first_bytes_name_their_service() {
        for (service, from_orig, payload) in [
            ("ssl", true, &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc][..]),
            ("smb", true, b"\0\0\0\x45\xffSMBr"),
            ("mqtt", true, b"\x10\x0e\0\x04MQTT\x04\x02"),
            ("mysql", false, b"\x4a\0\0\0\x0a8.0.36\0aaaa"),
            ("postgresql", true, &[0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]),
            (
                "rdp",
                true,
                b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0",
            ),
            (
                "ldap_tcp",
                true,
                b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0",
            ),
            ("socks", true, &[5, 2, 0, 2]),
        ] {
            assert_eq!(stream(payload, (40_000, 40_001), from_orig), Some(service));
        }
    }

    #[test]
    fn noise_names_none() {
        for seed in 0..2000u32 {
            let noise: Vec<u8> = (0..64u32)
                .map(|n| {
                    (seed
                        .wrapping_mul(2_654_435_761)
                        .wrapping_add(n.wrapping_mul(40_503))
                        >> 13) as u8
                })
                .collect();
            assert!(
                stream(&noise, (502, 53), true).is_none_or(|name| name == "modbus"),
                "{noise:?}"
            );
        }
    }
}
