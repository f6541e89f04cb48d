//! From the bytes of a record to a [`Packet`].

use crate::{Fault, FaultKind, Layer, Limit, LinkHeader, Network, Packet, Record, Tunnels};

/// How to decode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecodeOptions {
    /// Look inside tunnels: the packet is the innermost one.
    pub decap: bool,
}

/// Decodes one record; never fails, never panics: what is wrong is in [`Packet::fault`].
pub fn decode<'a>(record: &Record<'a>, _options: DecodeOptions) -> Packet<'a> {
    Packet {
        link: LinkHeader::default(),
        network: Network::None,
        tunnels: Tunnels::default(),
        fault: Some(Fault {
            layer: Layer::Link,
            kind: FaultKind::UnsupportedLink,
            offset: 0,
            needed: 0,
            available: record.data.len() as u32,
            limit: Limit::Captured,
        }),
    }
}
