//! From the bytes of a record to a [`Packet`].

pub mod checksum;
mod cursor;
mod ethertype_names;
mod link;
mod network;
mod peek;
mod protocol_names;
mod tcp_options;
mod transport;
mod tunnel;

use cursor::Cursor;
pub use ethertype_names::{ethertype_name, network_name};
pub use peek::outer_addresses;
pub use protocol_names::protocol_name;
pub use tcp_options::{TcpOption, TcpOptions, tcp_options};
pub use tunnel::{may_be_around, tunnel};

use crate::{Packet, Record};

/// How to decode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecodeOptions {
    /// Look inside tunnels: the packet is the innermost one.
    pub decap: bool,
}

/// Decodes one record; never fails, never panics: what is wrong is in [`Packet::fault`].
#[inline]
pub fn decode<'a>(record: &Record<'a>, options: DecodeOptions) -> Packet<'a> {
    let mut packet = Packet::EMPTY;
    decode_into(record, options, &mut packet);
    packet
}

/// The same into an empty packet, where it will be looked at: it is too large to be copied for nothing.
#[inline]
pub fn decode_into<'a>(record: &Record<'a>, options: DecodeOptions, packet: &mut Packet<'a>) {
    read(record, if options.decap { usize::MAX } else { 0 }, packet);
}

/// Decodes the packet that is inside so many tunnels: 0 for the outermost.
pub fn decode_layer<'a>(record: &Record<'a>, tunnels: usize) -> Packet<'a> {
    let mut packet = Packet::EMPTY;
    read(record, tunnels, &mut packet);
    packet
}

#[inline(always)]
fn read<'a>(record: &Record<'a>, most_tunnels: usize, packet: &mut Packet<'a>) {
    match link::read(record.link_type, Cursor::new(record), &mut packet.link) {
        Ok(carried) => {
            network::read(carried.protocol, carried.at, packet);
            if most_tunnels > 0 {
                tunnel::open(packet, carried.at.offset, most_tunnels);
            }
        }
        Err(fault) => packet.fault = Some(fault),
    }
}

#[cfg(test)]
mod tests;
