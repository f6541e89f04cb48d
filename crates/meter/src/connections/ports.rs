//! Ports that servers are expected on: Zeek's `likely_server_ports`, the union of its protocols' port lists.

/// A set of TCP and UDP ports.
#[derive(Clone, Debug)]
pub struct PortSet {
    tcp: Vec<u16>,
    udp: Vec<u16>,
}

const TCP: &[u16] = &[
    21, 22, 25, 53, 80, 81, 88, 110, 135, 143, 443, 502, 563, 585, 587, 614, 631, 636, 989, 990,
    992, 993, 995, 1080, 1434, 2811, 3128, 3306, 3389, 5222, 5223, 5269, 6666, 6667, 6668, 6669,
    8000, 8080, 8888, 20000,
];
const UDP: &[u16] = &[
    53, 67, 88, 137, 161, 162, 443, 514, 1812, 2123, 2152, 3544, 5060, 5072, 5353, 5355, 20000,
];
/// Ports of protocols that Zeek learned after Bro 2.5.
const LATER_TCP: &[u16] = &[79, 139, 389, 445, 1883, 3268, 5432, 6379];
const LATER_UDP: &[u16] = &[123, 389, 3268, 4789, 6081];

impl PortSet {
    /// Of today's Zeek.
    pub fn zeek() -> Self {
        Self::new(&[TCP, LATER_TCP].concat(), &[UDP, LATER_UDP].concat())
    }

    /// Of Bro 2.5.
    pub fn bro_2_5() -> Self {
        Self::new(TCP, UDP)
    }

    /// Of these ports.
    pub fn new(tcp: &[u16], udp: &[u16]) -> Self {
        let sorted = |ports: &[u16]| {
            let mut ports = ports.to_vec();
            ports.sort_unstable();
            ports.dedup();
            ports
        };
        Self {
            tcp: sorted(tcp),
            udp: sorted(udp),
        }
    }

    pub(super) fn tcp(&self, port: u16) -> bool {
        self.tcp.binary_search(&port).is_ok()
    }

    pub(super) fn udp(&self, port: u16) -> bool {
        self.udp.binary_search(&port).is_ok()
    }
}
