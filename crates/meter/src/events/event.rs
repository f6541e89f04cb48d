//! One event: what it is, and how large.

use std::net::IpAddr;

use super::arg::{Arg, OBJECT, object};
use super::names::Name;
use crate::connections::{Ends, Uid};

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
    pub(super) fn of(ends: &Ends) -> Self {
        let ((orig_h, orig_p), (resp_h, resp_p)) = (ends.orig(), ends.resp());
        Self {
            uid: ends.uid(),
            orig_h,
            orig_p,
            resp_h,
            resp_p,
        }
    }
}

/// The size of an event: a tag of 1 byte, its name (4 and its length), its time (8), the number of its arguments (4),
/// and each argument with 9 bytes of object header. A connection counts with its uid and the addresses and ports of
/// both sides. It depends on nothing but the event: unlike in the patch of 2011, where what was sent before took 9 bytes.
pub fn size(name: Name, is_v6: Option<bool>, args: &[Arg<'_>]) -> u64 {
    is_v6.map_or(0, conn_size) + size_without_conn(name, args)
}

/// What a connection counts in the size of its events.
pub(super) fn conn_size(is_v6: bool) -> u64 {
    let address = if is_v6 { 4 + 16 } else { 4 + 4 };
    OBJECT + (OBJECT + 4 + 18) + 2 * (OBJECT + address) + 2 * (OBJECT + 8)
}

#[inline]
pub(super) fn size_without_conn(name: Name, args: &[Arg<'_>]) -> u64 {
    let fixed = 1 + 4 + name.as_str().len() as u64 + 8 + 4;
    args.iter().fold(fixed, |sum, arg| sum + arg.size())
}

/// The arguments as a JSON object, with the names that `name` gives them.
pub(super) fn json(name: Name, args: &[Arg<'_>]) -> Box<str> {
    let mut json = String::new();
    let names = name
        .arguments()
        .split(' ')
        .filter(|key| !matches!(*key, "c" | "u"));
    object(names, args, &mut json);
    json.into()
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
            "{\"is_orig\":true,\"original_name\":\"X\\\"\\u000a\",\"name\":\"X\",\"value\":\"v\\\\xff\"}"
        );
    }
}
