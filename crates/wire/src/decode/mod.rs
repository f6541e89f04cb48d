//! From the bytes of a record to a [`Packet`].

mod cursor;
mod link;
mod network;
mod tcp_options;
mod transport;

use cursor::Cursor;
pub use tcp_options::{TcpOption, TcpOptions, tcp_options};

use crate::{LinkHeader, Network, Packet, Record, Tunnels};

/// How to decode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecodeOptions {
    /// Look inside tunnels: the packet is the innermost one.
    pub decap: bool,
}

/// Decodes one record; never fails, never panics: what is wrong is in [`Packet::fault`].
#[inline]
pub fn decode<'a>(record: &Record<'a>, _options: DecodeOptions) -> Packet<'a> {
    let mut link = LinkHeader::default();
    let (network, fault) = match link::read(record.link_type, Cursor::new(record), &mut link) {
        Ok(carried) => network::read(carried.protocol, carried.at),
        Err(fault) => (Network::None, Some(fault)),
    };
    Packet {
        link,
        network,
        tunnels: Tunnels::default(),
        fault,
    }
}

#[cfg(test)]
mod tests;
