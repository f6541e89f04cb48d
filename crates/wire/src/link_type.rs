//! Link types by number and name.

/// A link-layer header type, as in the registry of the tcpdump group (`LINKTYPE_*` numbers).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(pub u16);

impl LinkType {
    /// Ethernet (`EN10MB`).
    pub const ETHERNET: LinkType = LinkType(1);
    /// Raw IP, version by the first four bits.
    pub const RAW: LinkType = LinkType(101);
}
