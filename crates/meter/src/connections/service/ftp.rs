//! Where the data of an FTP control connection will flow (RFC 959, RFC 2428).

use std::net::IpAddr;

use super::text::split_word;

/// The address and port that a segment of a control connection announces: PORT and EPRT of the client, the answers to
/// PASV and EPSV of the server. Without an address it is the speaker's own.
pub(in crate::connections) fn announced(
    payload: &[u8],
    from_orig: bool,
) -> Option<(Option<IpAddr>, u16)> {
    payload.split(|byte| *byte == b'\n').find_map(|line| {
        let (word, rest) = split_word(line);
        let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
        if from_orig && is(b"PORT") || !from_orig && is(b"227") {
            six_numbers(rest)
        } else if from_orig && is(b"EPRT") || !from_orig && is(b"229") {
            between_bars(rest)
        } else {
            None
        }
    })
}

/// Address and port as six decimal numbers with commas between them, after whatever other text.
fn six_numbers(text: &[u8]) -> Option<(Option<IpAddr>, u16)> {
    let start = text.iter().position(u8::is_ascii_digit)?;
    let mut numbers = text.get(start..)?.split(|byte| *byte == b',');
    let mut bytes = [0_u8; 6];
    for place in &mut bytes {
        let digits = numbers.next()?.trim_ascii();
        let end = digits.iter().position(|byte| !byte.is_ascii_digit());
        *place = number(digits.get(..end.unwrap_or(digits.len()))?)?;
    }
    let [a, b, c, d, high, low] = bytes;
    let address = IpAddr::from([a, b, c, d]);
    Some((Some(address), u16::from_be_bytes([high, low])))
}

/// Address and port between bars, or whatever sign stands first: `|1|10.0.0.1|1025|`, `(|||1025|)`.
fn between_bars(text: &[u8]) -> Option<(Option<IpAddr>, u16)> {
    let open = text.iter().position(|byte| *byte == b'(');
    let (bar, rest) = text
        .get(open.map_or(0, |at| at + 1)..)?
        .trim_ascii_start()
        .split_first()?;
    let mut parts = rest.split(|byte| byte == bar);
    let (_, address, port) = (parts.next()?, parts.next()?, parts.next()?);
    Some((number(address), number(port)?))
}

fn number<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_all_four_forms() {
        let v4 = Some(IpAddr::from([10, 0, 0, 1]));
        let v6 = "2001:db8::1".parse().ok();
        for (from_orig, segment, announcement) in [
            (true, &b"PORT 10,0,0,1,4,1\r\n"[..], Some((v4, 1025))),
            (true, b"TYPE I\r\nport 10,0,0,1,4,1\r\n", Some((v4, 1025))),
            (true, b"EPRT |1|10.0.0.1|1025|\r\n", Some((v4, 1025))),
            (true, b"EPRT |2|2001:db8::1|1025|\r\n", Some((v6, 1025))),
            (
                false,
                b"227 Entering Passive Mode (10,0,0,1,4,1).\r\n",
                Some((v4, 1025)),
            ),
            (
                false,
                b"200 ok\r\n229 Entering Extended Passive Mode (|||1025|)\r\n",
                Some((None, 1025)),
            ),
            (false, b"PORT 10,0,0,1,4,1\r\n", None),
            (true, b"227 =10,0,0,1,4,1\r\n", None),
            (true, b"PORT 10,0,0,256,4,1\r\n", None),
            (true, b"PORT 10,0,0,1,4\r\n", None),
            (true, b"EPRT |1|10.0.0.1|99999|\r\n", None),
            (false, b"229 \r\n", None),
            (true, b"RETR 227\r\n", None),
        ] {
            assert_eq!(
                announced(segment, from_orig),
                announcement,
                "{}",
                segment.escape_ascii()
            );
        }
    }
}
