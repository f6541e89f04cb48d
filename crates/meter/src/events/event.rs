//! One event: what it carries, and how large that is.

use std::fmt::Write;
use std::net::IpAddr;

use super::names::Name;
use crate::connections::{Known, Uid};

/// One event as a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Packet time at which it was raised, nanoseconds since 1970 UTC.
    pub time_ns: i64,
    /// Which event.
    pub name: Name,
    /// The protocol that it belongs to.
    pub protocol: &'static str,
    /// The connection; none for ARP.
    pub conn: Option<EventConn>,
    /// Whether the originator caused it, where that has a meaning.
    pub is_orig: Option<bool>,
    /// Its size in bytes, as [`size`] says.
    pub size: u64,
    /// The arguments as a JSON object, if they are asked for.
    pub args: Option<Box<str>>,
}

/// The connection of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventConn {
    /// Its unique id, the one of its record.
    pub uid: Uid,
    /// Address of the originator.
    pub orig_h: IpAddr,
    /// Its port.
    pub orig_p: u16,
    /// Address of the responder.
    pub resp_h: IpAddr,
    /// Its port.
    pub resp_p: u16,
}

impl EventConn {
    pub(super) fn of(conn: &Known<'_>) -> Self {
        let ((orig_h, orig_p), (resp_h, resp_p)) = (conn.orig(), conn.resp());
        Self {
            uid: conn.uid(),
            orig_h,
            orig_p,
            resp_h,
            resp_p,
        }
    }
}

/// One argument.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    /// A truth value: 1 byte.
    Bool(bool),
    /// A count: 8 bytes.
    Count(u64),
    /// Seconds: 8 bytes.
    Time(f64),
    /// Text or bytes: 4 and its length.
    Str(&'a [u8]),
    /// An address: 4 or 16 bytes.
    Addr(IpAddr),
    /// Counts that stand one after the other in two bytes each.
    Pairs(&'a [u8]),
    /// Several texts.
    Strs(&'a [&'a [u8]]),
}

/// What each argument, and each element of one, takes beside its value: a flag and an object id.
const OBJECT: u64 = 1 + 8;
/// Longest text copied into `args`; the size counts all of it.
const MAX_TEXT: usize = 1024;

impl Arg<'_> {
    fn size(&self) -> u64 {
        OBJECT
            + match self {
                Arg::Bool(_) => 1,
                Arg::Count(_) | Arg::Time(_) | Arg::Addr(IpAddr::V4(_)) => 8,
                Arg::Str(text) => 4 + text.len() as u64,
                Arg::Addr(IpAddr::V6(_)) => 20,
                Arg::Pairs(pairs) => 4 + pairs.len() as u64 / 2 * (OBJECT + 8),
                Arg::Strs(texts) => texts
                    .iter()
                    .fold(4, |sum, text| sum + OBJECT + 4 + text.len() as u64),
            }
    }

    fn write(&self, json: &mut String) {
        let list = |json: &mut String, len: usize, item: &dyn Fn(&mut String, usize)| {
            json.push('[');
            for at in 0..len {
                if at > 0 {
                    json.push(',');
                }
                item(json, at);
            }
            json.push(']');
        };
        // Writing to a String cannot fail.
        let _ = match self {
            Arg::Bool(truth) => write!(json, "{truth}"),
            Arg::Count(count) => write!(json, "{count}"),
            Arg::Time(seconds) if seconds.is_finite() => write!(json, "{seconds}"),
            Arg::Time(_) => write!(json, "null"),
            Arg::Addr(address) => write!(json, "\"{address}\""),
            Arg::Str(text) => {
                string(text, json);
                Ok(())
            }
            Arg::Pairs(pairs) => {
                list(json, pairs.len() / 2, &|json, at| {
                    let pair = pairs.get(2 * at..).and_then(|rest| rest.first_chunk());
                    let _ = write!(json, "{}", u16::from_be_bytes(*pair.unwrap_or(&[0; 2])));
                });
                Ok(())
            }
            Arg::Strs(texts) => {
                list(json, texts.len(), &|json, at| {
                    string(texts.get(at).copied().unwrap_or_default(), json);
                });
                Ok(())
            }
        };
    }
}

/// The size of an event: a tag of 1 byte, its name (4 and its length), its time (8), the number of its arguments (4),
/// and each argument with 9 bytes of object header. A connection counts with its uid and the addresses and ports of
/// both sides. It depends on nothing but the event: unlike in the patch of 2011, where what was sent before took 9 bytes.
pub fn size(name: Name, is_v6: Option<bool>, args: &[Arg<'_>]) -> u64 {
    let conn = is_v6.map_or(0, |v6| {
        let address = if v6 { 4 + 16 } else { 4 + 4 };
        OBJECT + (OBJECT + 4 + 18) + 2 * (OBJECT + address) + 2 * (OBJECT + 8)
    });
    let fixed = 1 + 4 + name.as_str().len() as u64 + 8 + 4;
    args.iter().fold(fixed + conn, |sum, arg| sum + arg.size())
}

/// The arguments as a JSON object, with the names that `name` gives them.
pub(super) fn json(name: Name, args: &[Arg<'_>]) -> Box<str> {
    let mut json = String::from("{");
    let names = name.arguments().split(' ').filter(|key| *key != "c");
    for (at, (key, arg)) in names.zip(args).enumerate() {
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(json, "{comma}\"{key}\":");
        arg.write(&mut json);
    }
    json.push('}');
    json.into()
}

/// Bytes as a JSON string; those that are no UTF-8 become U+FFFD.
fn string(text: &[u8], json: &mut String) {
    json.push('"');
    let text = text.get(..MAX_TEXT).unwrap_or(text);
    for letter in String::from_utf8_lossy(text).chars() {
        match letter {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            letter if (letter as u32) < 0x20 => {
                let _ = write!(json, "\\u{:04x}", letter as u32);
            }
            letter => json.push(letter),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_is_the_sum_of_its_parts() {
        let fixed = 1 + 4 + 11 + 8 + 4;
        assert_eq!(size(Name::ArpRequest, None, &[]), fixed);
        let text = Arg::Str(b"abc");
        assert_eq!(size(Name::ArpRequest, None, &[text]), fixed + 9 + 4 + 3);
        assert!(size(Name::DnsEnd, Some(true), &[]) > size(Name::DnsEnd, Some(false), &[]));
    }

    #[test]
    fn arguments_have_zeeks_names_and_are_escaped() {
        let args = [
            Arg::Bool(true),
            Arg::Str(b"X\"\n"),
            Arg::Str(b"X"),
            Arg::Str(b"v\xff"),
        ];
        assert_eq!(
            &*json(Name::HttpHeader, &args),
            "{\"is_orig\":true,\"original_name\":\"X\\\"\\u000a\",\"name\":\"X\",\"value\":\"v\u{fffd}\"}"
        );
    }
}
