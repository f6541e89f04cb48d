//! DHCP (RFC 2131, RFC 2132): the message and the options that Zeek knows by name.

use std::net::{IpAddr, Ipv4Addr};

use crate::events::arg::Arg;
use crate::events::bytes::Bytes;
use crate::events::names::Name;
use crate::events::out::Out;

/// Fields of Zeek's `DHCP::Msg`.
const MSG: &[&str] = &[
    "op", "m_type", "xid", "secs", "flags", "ciaddr", "yiaddr", "siaddr", "giaddr", "chaddr",
    "sname", "file_n",
];
/// Fields of Zeek's `DHCP::Options`, in their order there; those of rare options are left out.
const OPTIONS: &[&str] = &[
    "options",
    "subnet_mask",
    "routers",
    "dns_servers",
    "host_name",
    "domain_name",
    "forwarding",
    "broadcast",
    "vendor",
    "nbns",
    "addr_request",
    "lease",
    "serv_addr",
    "param_list",
    "message",
    "max_msg_size",
    "renewal_time",
    "rebinding_time",
    "vendor_class",
    "client_id",
    "client_fqdn",
];
/// Addresses of one option that are told, and options of one message.
const MAX_ADDRESSES: usize = 8;
const MAX_OPTIONS: usize = 64;

/// Reads one message.
pub(super) fn message(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Result<(), &'static str> {
    read(is_orig, data, out).ok_or("a DHCP message cut short")
}

fn address(bytes: u32) -> Arg<'static> {
    Arg::Addr(IpAddr::V4(Ipv4Addr::from(bytes)))
}

fn read(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Option<()> {
    let mut rest = Bytes(data);
    let (op, _, hardware_len, _) = (rest.u8()?, rest.u8()?, rest.u8()?, rest.u8()?);
    let (xid, seconds, flags) = (rest.u32()?, rest.u16()?, rest.u16()?);
    let (client, yours, server, relay) = (rest.u32()?, rest.u32()?, rest.u32()?, rest.u32()?);
    let hardware = rest.take(16)?;
    let hardware = hardware
        .get(..usize::from(hardware_len))
        .unwrap_or(hardware);
    let hardware = mac(hardware);
    let (name, file) = (rest.take(64)?, rest.take(128)?);
    rest.u32()?;
    let mut pieces = Options::default();
    pieces.read(rest)?;
    let kind = match pieces.of(53) {
        Some([kind]) => *kind,
        _ => 0,
    };
    let fields = [
        Arg::Count(op.into()),
        Arg::Count(kind.into()),
        Arg::Count(xid.into()),
        Arg::Time(f64::from(seconds)),
        Arg::Count(flags.into()),
        address(client),
        address(yours),
        address(server),
        address(relay),
        Arg::Str(hardware.as_bytes()),
        Arg::Str(until_zero(name)),
        Arg::Str(until_zero(file)),
    ];
    pieces.with_record(|options| {
        let args = [Arg::Bool(is_orig), Arg::Record(MSG, &fields), options];
        out.event(Name::DhcpMessage, Some(is_orig), &args);
    });
    Some(())
}

/// The options of a message by their numbers.
struct Options<'a> {
    codes: [u8; MAX_OPTIONS],
    bodies: [&'a [u8]; MAX_OPTIONS],
    len: usize,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            codes: [0; MAX_OPTIONS],
            bodies: [&[]; MAX_OPTIONS],
            len: 0,
        }
    }
}

impl<'a> Options<'a> {
    fn read(&mut self, mut rest: Bytes<'a>) -> Option<()> {
        loop {
            match rest.u8() {
                None | Some(255) => return Some(()),
                Some(0) => {}
                Some(code) => {
                    let body = rest.vec8()?;
                    let place = (self.codes.get_mut(self.len), self.bodies.get_mut(self.len));
                    if let (Some(own_code), Some(own_body)) = place {
                        (*own_code, *own_body) = (code, body);
                        self.len += 1;
                    }
                }
            }
        }
    }

    fn of(&self, code: u8) -> Option<&'a [u8]> {
        let codes = self.codes.get(..self.len)?;
        let at = codes.iter().position(|own| *own == code)?;
        self.bodies.get(at).copied()
    }

    fn text(&self, code: u8) -> Arg<'a> {
        self.of(code)
            .map_or(Arg::None, |body| Arg::Str(until_zero(body)))
    }

    fn number(&self, code: u8) -> Option<u32> {
        let body = self.of(code)?;
        (body.len() <= 4).then(|| body.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    }

    fn address(&self, code: u8) -> Arg<'static> {
        self.number(code).map_or(Arg::None, address)
    }

    fn seconds(&self, code: u8) -> Arg<'static> {
        self.number(code)
            .map_or(Arg::None, |n| Arg::Time(f64::from(n)))
    }

    fn addresses<'p>(&self, code: u8, place: &'p mut [Arg<'static>; MAX_ADDRESSES]) -> Arg<'p> {
        let Some(body) = self.of(code) else {
            return Arg::None;
        };
        let mut len = 0;
        for (place, bytes) in place.iter_mut().zip(body.chunks_exact(4)) {
            let bytes = bytes.first_chunk::<4>().copied().unwrap_or_default();
            *place = address(u32::from_be_bytes(bytes));
            len += 1;
        }
        Arg::List(place.get(..len).unwrap_or_default())
    }

    /// Gives them as Zeek's record.
    fn with_record(&self, give: impl FnOnce(Arg<'_>)) {
        let mut lists = [[Arg::None; MAX_ADDRESSES]; 3];
        let [routers, servers, names] = &mut lists;
        let client;
        let mut hardware = String::new();
        let client_id = match self.of(61) {
            Some([kind, rest @ ..]) => {
                hardware.push_str(&mac(rest));
                client = [
                    Arg::Count((*kind).into()),
                    if *kind == 0 {
                        Arg::Str(rest)
                    } else {
                        Arg::Str(hardware.as_bytes())
                    },
                ];
                Arg::Record(&["hwtype", "hwaddr"], &client)
            }
            _ => Arg::None,
        };
        let full_name;
        let client_fqdn = match self.of(81) {
            Some([flags, first, second, name @ ..]) => {
                full_name = [
                    Arg::Count((*flags).into()),
                    Arg::Count((*first).into()),
                    Arg::Count((*second).into()),
                    Arg::Str(name),
                ];
                Arg::Record(&["flags", "rcode1", "rcode2", "domain_name"], &full_name)
            }
            _ => Arg::None,
        };
        let octets = |code| self.of(code).map_or(Arg::None, Arg::Octets);
        let forwarding = self.number(19).map_or(Arg::None, |on| Arg::Bool(on != 0));
        let largest = self.number(57).map_or(Arg::None, |n| Arg::Count(n.into()));
        let fields = [
            Arg::Octets(self.codes.get(..self.len).unwrap_or_default()),
            self.address(1),
            self.addresses(3, routers),
            self.addresses(6, servers),
            self.text(12),
            self.text(15),
            forwarding,
            self.address(28),
            self.text(43),
            self.addresses(44, names),
            self.address(50),
            self.seconds(51),
            self.address(54),
            octets(55),
            self.text(56),
            largest,
            self.seconds(58),
            self.seconds(59),
            self.text(60),
            client_id,
            client_fqdn,
        ];
        give(Arg::Record(OPTIONS, &fields));
    }
}

fn until_zero(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| *byte == 0);
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

/// A hardware address as text.
fn mac(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(3 * bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 {
            text.push(':');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
    }
    text
}
