//! Names of network protocols other than IP.

use super::link::llc::LLC;
use super::link::ppp::PPP;

/// The name of the protocol of a [`crate::Network::Other`], if it is a known one.
pub fn network_name(protocol: u32) -> Option<&'static str> {
    match protocol {
        0..=0xffff => u16::try_from(protocol).ok().and_then(ethertype_name),
        LLC..PPP => llc_name(protocol - LLC),
        _ => ppp_name(protocol - PPP),
    }
}

/// The name of an EtherType, if it is a known one.
pub fn ethertype_name(ethertype: u16) -> Option<&'static str> {
    let name = match ethertype {
        0x0800 => "IPv4",
        0x0806 => "ARP",
        0x0842 => "Wake-on-LAN",
        0x0bad => "VINES",
        0x2000 => "CDP",
        0x2001 => "NHRP",
        0x22f0 => "AVTP",
        0x22f3 => "TRILL",
        0x22ea => "SRP",
        0x6002 => "DEC MOP",
        0x6003 => "DECnet",
        0x6004 => "DEC LAT",
        0x6558 => "Ethernet bridging",
        0x8035 => "RARP",
        0x809b => "AppleTalk",
        0x80f3 => "AARP",
        0x8100 => "802.1Q",
        0x8102 => "SLPP",
        0x8137 => "IPX",
        0x8204 => "QNX",
        0x86dd => "IPv6",
        0x8808 => "Ethernet flow control",
        0x8809 => "Slow protocols",
        0x880b => "PPP",
        0x883e => "WCCP",
        0x8847 => "MPLS",
        0x8848 => "MPLS multicast",
        0x8863 => "PPPoE discovery",
        0x8864 => "PPPoE session",
        0x886d => "Intel ANS",
        0x887b => "HomePlug 1.0",
        0x888e => "EAPOL",
        0x8892 => "PROFINET",
        0x8899 => "Realtek",
        0x889a => "HyperSCSI",
        0x88a2 => "ATA over Ethernet",
        0x88a4 => "EtherCAT",
        0x88a8 => "802.1ad",
        0x88ab => "POWERLINK",
        0x88b5 => "Experimental 1",
        0x88b6 => "Experimental 2",
        0x88b8 => "GOOSE",
        0x88b9 => "GSE",
        0x88ba => "Sampled values",
        0x88bb => "LWAPP",
        0x88be => "ERSPAN",
        0x88bf => "MikroTik RoMON",
        0x88c7 => "Pre-authentication",
        0x88cc => "LLDP",
        0x88cd => "SERCOS III",
        0x88d8 => "Circuit emulation",
        0x88e1 => "HomePlug AV",
        0x88e3 => "MRP",
        0x88e5 => "MACsec",
        0x88e7 => "802.1ah",
        0x88ee => "E-LMI",
        0x88f5 => "MVRP",
        0x88f6 => "MMRP",
        0x88f7 => "PTP",
        0x88fb => "PRP",
        0x8902 => "CFM",
        0x8903 => "FabricPath",
        0x8906 => "FCoE",
        0x890d => "TDLS",
        0x8914 => "FIP",
        0x8915 => "RoCE",
        0x891d => "TTEthernet",
        0x8926 => "VN-Tag",
        0x892f => "HSR",
        0x893a => "IEEE 1905",
        0x893f => "802.1BR",
        0x894f => "NSH",
        0x9000 => "Loopback",
        0x9100 => "QinQ",
        0x9200 => "QinQ",
        0xc0de => "EPON",
        0xcafe => "Veritas",
        0xfcfc => "FCoE draft",
        _ => return None,
    };
    Some(name)
}

/// By the two service access points, or by the ISO protocol identifier of Frame Relay.
fn llc_name(points: u32) -> Option<&'static str> {
    let name = match points {
        0x08 => "Q.933",
        0x81 => "CLNP",
        0x82 => "ES-IS",
        0x83 => "IS-IS",
        0xb0 => "FRF.12",
        0xaaaa => "SNAP",
        0xe0e0 | 0xffff => "IPX",
        0xf0f0 | 0xf0f1 => "NetBIOS",
        0xfefe => "OSI",
        0x0404 | 0x0405 | 0x0805 => "SNA",
        0x7e7e => "X.25",
        _ => return None,
    };
    Some(name)
}

fn ppp_name(protocol: u32) -> Option<&'static str> {
    let name = match protocol {
        0x0023 => "OSI",
        0x0025 => "XNS-IDP",
        0x0029 => "AppleTalk",
        0x002b => "IPX",
        0x002d => "Compressed TCP/IP",
        0x002f => "Uncompressed TCP/IP",
        0x0031 => "Bridging",
        0x003d => "PPP multilink",
        0x003f => "NetBIOS",
        0x0053 => "Encrypted",
        0x00fb => "Compressed in multilink",
        0x00fd => "Compressed",
        _ => return None,
    };
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::{ethertype_name, network_name};

    #[test]
    fn numbers_of_three_kinds_have_names() {
        assert_eq!(ethertype_name(0x88cc), Some("LLDP"));
        assert_eq!(network_name(0x88cc), Some("LLDP"));
        assert_eq!(network_name(0x0100_f0f0), Some("NetBIOS"));
        assert_eq!(network_name(0x0200_002d), Some("Compressed TCP/IP"));
        assert_eq!(network_name(0x7777), None);
        assert_eq!(network_name(u32::MAX), None);
    }
}
