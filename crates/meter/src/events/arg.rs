//! What an event carries: values, how large they are, and how JSON shows them.

use std::fmt::Write;
use std::net::IpAddr;

/// One argument, or a field of one.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    /// A field that may be missing, and is: 0 bytes.
    None,
    /// A truth value: 1 byte.
    Bool(bool),
    /// A count: 8 bytes.
    Count(u64),
    /// Seconds: 8 bytes.
    Time(f64),
    /// Text or bytes: 4 and its length.
    Str(&'a [u8]),
    /// An address: 8 or 20 bytes.
    Addr(IpAddr),
    /// Counts that stand one after the other in one byte each: 4 and each.
    Octets(&'a [u8]),
    /// Counts that stand one after the other in two bytes each: 4 and each.
    Pairs(&'a [u8]),
    /// Several texts: 4 and each.
    Strs(&'a [&'a [u8]]),
    /// A record: the names of its fields, and as many of them as there are: 4 and each.
    Record(&'static [&'static str], &'a [Arg<'a>]),
    /// Several values: 4 and each.
    List(&'a [Arg<'a>]),
    /// Another argument with its size, for one that several events carry.
    Known(u64, &'a Arg<'a>),
    /// What is in the size by so many bytes but is not shown, such as a certificate: JSON has the bytes' number.
    Opaque(u64),
}

/// What each argument, and each element of one, takes beside its value: a flag and an object id.
pub(super) const OBJECT: u64 = 1 + 8;
/// Longest text copied into JSON; the size counts all of it.
const MAX_TEXT: usize = 1024;

impl Arg<'_> {
    #[inline]
    pub(super) fn size(&self) -> u64 {
        match self {
            Arg::Bool(_) => OBJECT + 1,
            Arg::Count(_) => OBJECT + 8,
            Arg::Str(text) => OBJECT + 4 + text.len() as u64,
            _ => self.size_of_others(),
        }
    }

    fn size_of_others(&self) -> u64 {
        OBJECT
            + match self {
                Arg::Known(size, _) => return *size,
                Arg::None => 0,
                Arg::Bool(_) => 1,
                Arg::Count(_) | Arg::Time(_) | Arg::Addr(IpAddr::V4(_)) => 8,
                Arg::Str(text) => 4 + text.len() as u64,
                Arg::Addr(IpAddr::V6(_)) => 20,
                Arg::Octets(octets) => 4 + octets.len() as u64 * (OBJECT + 8),
                Arg::Pairs(pairs) => 4 + pairs.len() as u64 / 2 * (OBJECT + 8),
                Arg::Strs(texts) => texts
                    .iter()
                    .fold(4, |sum, text| sum + OBJECT + 4 + text.len() as u64),
                Arg::Record(_, fields) => fields.iter().fold(4, |sum, field| sum + field.size()),
                Arg::List(items) => items.iter().fold(4, |sum, item| sum + item.size()),
                Arg::Opaque(bytes) => 4 + bytes,
            }
    }

    /// Adds the value to JSON text.
    pub(super) fn write(&self, json: &mut String) {
        // Writing to a String cannot fail.
        let _ = match self {
            Arg::Bool(truth) => write!(json, "{truth}"),
            Arg::Count(count) | Arg::Opaque(count) => write!(json, "{count}"),
            Arg::Time(seconds) if seconds.is_finite() => write!(json, "{seconds}"),
            Arg::None | Arg::Time(_) => write!(json, "null"),
            Arg::Addr(address) => write!(json, "\"{address}\""),
            Arg::Known(_, arg) => return arg.write(json),
            Arg::Str(text) => return string(text, json),
            Arg::Octets(octets) => {
                return list(octets.iter(), json, |octet, json| {
                    let _ = write!(json, "{octet}");
                });
            }
            Arg::Pairs(pairs) => {
                return list(pairs.chunks_exact(2), json, |pair, json| {
                    let pair = pair.first_chunk().copied().unwrap_or_default();
                    let _ = write!(json, "{}", u16::from_be_bytes(pair));
                });
            }
            Arg::Strs(texts) => return list(texts.iter(), json, |text, json| string(text, json)),
            Arg::Record(names, fields) => return object(names.iter().copied(), fields, json),
            Arg::List(items) => return list(items.iter(), json, |item, json| item.write(json)),
        };
    }
}

fn list<T>(items: impl Iterator<Item = T>, json: &mut String, write: impl Fn(T, &mut String)) {
    json.push('[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            json.push(',');
        }
        write(item, json);
    }
    json.push(']');
}

/// Values by their names; what is missing is left out.
pub(super) fn object<'n>(
    names: impl Iterator<Item = &'n str>,
    values: &[Arg<'_>],
    json: &mut String,
) {
    json.push('{');
    let mut comma = "";
    for (name, value) in names.zip(values) {
        if !matches!(value, Arg::None) {
            let _ = write!(json, "{comma}\"{name}\":");
            value.write(json);
            comma = ",";
        }
    }
    json.push('}');
}

/// Bytes as a JSON string; those that are no UTF-8 are written `\xff`, as Zeek does.
fn string(text: &[u8], json: &mut String) {
    json.push('"');
    let text = text.get(..MAX_TEXT).unwrap_or(text);
    for chunk in text.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '"' => json.push_str("\\\""),
                '\\' => json.push_str("\\\\"),
                letter if (letter as u32) < 0x20 => {
                    let _ = write!(json, "\\u{:04x}", letter as u32);
                }
                letter => json.push(letter),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(json, "\\\\x{byte:02x}");
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(arg: Arg<'_>) -> String {
        let mut json = String::new();
        arg.write(&mut json);
        json
    }

    #[test]
    fn every_kind_of_value_is_shown_and_measured() {
        let fields = [Arg::Count(7), Arg::None, Arg::Str(b"a\"\n\xff")];
        let record = Arg::Record(&["id", "none", "text"], &fields);
        assert_eq!(shown(record), r#"{"id":7,"text":"a\"\u000a\\xff"}"#);
        assert_eq!(record.size(), 9 + 4 + (9 + 8) + 9 + (9 + 4 + 4));
        let known = Arg::Known(record.size(), &record);
        assert_eq!((shown(known), known.size()), (shown(record), record.size()));
        assert_eq!(shown(Arg::Pairs(&[1, 0, 0, 2])), "[256,2]");
        assert_eq!(shown(Arg::Octets(&[1, 2])), "[1,2]");
        assert_eq!(
            Arg::Octets(&[1, 2]).size(),
            Arg::Pairs(&[1, 0, 0, 2]).size()
        );
        assert_eq!(shown(Arg::Strs(&[b"a", b"b"])), r#"["a","b"]"#);
        assert_eq!(
            shown(Arg::List(&[Arg::Bool(true), Arg::Count(1)])),
            "[true,1]"
        );
        assert_eq!(shown(Arg::Opaque(1500)), "1500");
        assert_eq!(Arg::Opaque(1500).size(), 9 + 4 + 1500);
        assert_eq!(shown(Arg::Time(f64::NAN)), "null");
    }
}
