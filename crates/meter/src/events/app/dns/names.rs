//! Names of DNS: labels and pointers to them (RFC 1035, section 4.1.4).

use crate::events::bytes::Bytes;

/// Longest name with its dots.
pub(super) const MAX_NAME: usize = 256;
/// Pointers that one name may have: each leads to at least a label, and names have few.
const MAX_POINTERS: usize = 64;

/// The name in small letters.
pub(super) fn lower_case<'n>(name: &[u8], place: &'n mut [u8; MAX_NAME]) -> &'n [u8] {
    let mut len = 0;
    for (to, letter) in place.iter_mut().zip(name) {
        *to = letter.to_ascii_lowercase();
        len += 1;
    }
    place.get(..len).unwrap_or_default()
}

/// Reads a name, following pointers backwards only.
pub(super) fn read_name<'a, 'n>(
    whole: &'a [u8],
    rest: &mut Bytes<'a>,
    name: &'n mut [u8; MAX_NAME],
) -> Option<&'n [u8]> {
    let mut len = 0;
    let mut jumped: Option<Bytes<'a>> = None;
    let (mut limit, mut pointers) = (whole.len(), 0);
    loop {
        let from = match &mut jumped {
            Some(from) => from,
            None => &mut *rest,
        };
        match from.u8()? {
            0 => break,
            high @ 0xc0.. => {
                let at = usize::from(high & 0x3f) << 8 | usize::from(from.u8()?);
                if at >= limit || pointers == MAX_POINTERS {
                    return None;
                }
                (limit, pointers) = (at, pointers + 1);
                jumped = Some(Bytes(whole.get(at..)?));
            }
            size @ 1..=63 => {
                let label = from.take(usize::from(size))?;
                if len > 0 {
                    *name.get_mut(len)? = b'.';
                    len += 1;
                }
                let place = name.get_mut(len..len + label.len())?;
                for (to, letter) in place.iter_mut().zip(label) {
                    *to = *letter;
                }
                len += label.len();
            }
            _ => return None,
        }
    }
    name.get(..len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_behind_more_pointers_than_any_has_is_broken() {
        let mut whole = b"\x03www\0".to_vec();
        for at in [0].into_iter().chain((5u16..).step_by(2)).take(100) {
            whole.extend((0xc000 | at).to_be_bytes());
        }
        let read = |pointers: usize| {
            let mut rest = Bytes(&whole[3 + 2 * pointers..]);
            read_name(&whole, &mut rest, &mut [0; MAX_NAME]).map(<[u8]>::to_vec)
        };
        assert_eq!(read(1).as_deref(), Some(&b"www"[..]));
        assert_eq!(read(MAX_POINTERS).as_deref(), Some(&b"www"[..]));
        assert_eq!(read(MAX_POINTERS + 1), None);
    }
}
