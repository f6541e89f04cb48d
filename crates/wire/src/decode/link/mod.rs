//! Link headers, by link type.

pub(crate) mod ethernet;
pub(crate) mod llc;
pub(crate) mod mpls;
pub(crate) mod ppp;
pub(crate) mod pppoe;

use super::cursor::Cursor;
use super::network;
use crate::{Fault, FaultKind, Layer, LinkHeader, LinkType};

/// A network layer that a link header leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carried<'a> {
    /// Its protocol, numbered as in [`crate::Network::Other`].
    pub protocol: u32,
    /// Where it begins.
    pub at: Cursor<'a>,
}

/// Reads the link headers of a record into `link`.
#[inline]
pub(crate) fn read<'a>(
    link_type: LinkType,
    at: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    match link_type {
        LinkType::ETHERNET => ethernet::read(at, link),
        other => read_other(other, at, link),
    }
}

#[inline(never)]
fn read_other<'a>(
    link_type: LinkType,
    at: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    match link_type.0 {
        12 | 14 | 101 => {
            let protocol = network::by_version(at)?;
            Ok(Carried { protocol, at })
        }
        228 => Ok(Carried {
            protocol: network::IPV4,
            at,
        }),
        229 => Ok(Carried {
            protocol: network::IPV6,
            at,
        }),
        // PPP and PPP with HDLC framing; with a direction byte before it; PPPoE without Ethernet.
        9 | 50 => ppp::read(at, link),
        204 => ppp::read(at.skip(1, Layer::Link)?, link),
        51 => pppoe::read(at, link),
        104 => ppp::read_cisco(at, link),
        _ => Err(at.fault(Layer::Link, FaultKind::UnsupportedLink, 0)),
    }
}
