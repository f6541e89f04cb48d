//! The hosts: addresses, hardware addresses, habits of their IP stacks, roles.
//!
//! Inside are 10/8 (clients), 192.0.2/24 (servers, some tagged VLAN 20; 10.7/16 is tagged VLAN 107) and 2001:db8:1::/48; outside are
//! 172.16/12, 198.51.100/24, 203.0.113/24 and 2001:db8:f000::/36, all behind one router.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::packet::{NONE, Place};
use crate::rng::{Rng, mix};

/// How a host numbers its IPv4 packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdMode {
    /// One counter for all packets, in network order.
    Counter,
    /// The same with its bytes swapped.
    LittleEndian,
    Random,
    /// Always 0, with the don't-fragment bit (RFC 6864).
    Zero,
}

impl IdMode {
    /// Its word in the truth.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::LittleEndian => "little-endian",
            Self::Random => "random",
            Self::Zero => "zero",
        }
    }
}

/// One host.
#[derive(Clone, Debug)]
pub struct Host {
    pub v4: Ipv4Addr,
    pub v6: Ipv6Addr,
    pub mac: [u8; 6],
    pub inside: bool,
    pub vlan: Option<u16>,
    pub ttl: u8,
    pub id_mode: IdMode,
    next_id: u16,
    next_port: u16,
    pub roles: Vec<&'static str>,
    /// Protocol, port and name of what it serves.
    pub services: Vec<(&'static str, u16, &'static str)>,
    /// Appears in the trace with this family.
    pub seen: [bool; 2],
}

/// All hosts, by number.
#[derive(Debug, Default)]
pub struct Hosts {
    list: Vec<Host>,
}

const ROUTER: [u8; 6] = [2, 0, 0x5e, 0, 0, 1];

impl Hosts {
    /// Adds a host inside; `net` is the third and second octet group of 10/8, or 0 for the server net.
    pub fn add(&mut self, v4: Ipv4Addr, inside: bool, role: &'static str, rng: &mut Rng) -> u32 {
        let number = self.list.len() as u32;
        let bits = mix(u64::from(u32::from(v4)));
        let mac = if inside {
            let [.., a, b, c, d] = bits.to_be_bytes();
            [2, 0x11, a, b, c, d]
        } else {
            ROUTER
        };
        let [a, b, c, d] = v4.octets();
        let (a, b, c, d) = (u16::from(a), u16::from(b), u16::from(c), u16::from(d));
        let site = if inside {
            1
        } else {
            0xf000 | (bits as u16 & 0xfff)
        };
        let v6 = Ipv6Addr::new(0x2001, 0xdb8, site, a << 8 | b, 0, 0, 0, c << 8 | d);
        let vlan = match v4.octets() {
            [192, 0, 2, 12 | 22..=25] => Some(20),
            [10, 7, ..] => Some(107),
            _ => None,
        };
        let id_mode = rng.pick(&[0_u8, 0, 0, 0, 1, 2, 2, 3, 3, 3]);
        let id_mode = match id_mode {
            0 => IdMode::Counter,
            1 => IdMode::LittleEndian,
            2 => IdMode::Random,
            _ => IdMode::Zero,
        };
        let base = rng.pick(&[64_u8, 64, 128]);
        let ttl = if inside {
            base
        } else {
            base - 5 - (bits >> 20) as u8 % 18
        };
        self.list.push(Host {
            v4,
            v6,
            mac,
            inside,
            vlan,
            ttl,
            id_mode,
            next_id: rng.bits() as u16,
            next_port: 32_768 + rng.below(28_000) as u16,
            roles: vec![role],
            services: Vec::new(),
            seen: [false; 2],
        });
        number
    }

    /// A host by number.
    pub fn get(&self, number: u32) -> Option<&Host> {
        self.list.get(number as usize)
    }

    /// A host by number, to change.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut Host> {
        self.list.get_mut(number as usize)
    }

    /// All hosts.
    pub fn iter(&self) -> impl Iterator<Item = &Host> {
        self.list.iter()
    }

    /// A place at a host.
    pub fn place(&self, number: u32, v6: bool, port: u16) -> Place {
        match self.get(number) {
            Some(host) => Place {
                host: number,
                addr: if v6 { host.v6.into() } else { host.v4.into() },
                port,
                mac: host.mac,
            },
            None => Self::ghost(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port),
        }
    }

    /// A place at an address outside that belongs to no host of the table.
    pub fn ghost(addr: IpAddr, port: u16) -> Place {
        Place {
            host: NONE,
            addr,
            port,
            mac: ROUTER,
        }
    }

    /// The next ephemeral port of a host.
    pub fn port(&mut self, number: u32) -> u16 {
        let Some(host) = self.get_mut(number) else {
            return 40_000;
        };
        host.next_port = if host.next_port >= 60_998 {
            32_768
        } else {
            host.next_port + 1
        };
        host.next_port
    }

    /// Identification, TTL and don't-fragment bit of the next packet of a host.
    pub fn stamp(&mut self, number: u32, addr: IpAddr, rng: &mut Rng) -> (u16, u8, bool) {
        let Some(host) = self.get_mut(number) else {
            let [.., last] = match addr {
                IpAddr::V4(addr) => addr.octets(),
                IpAddr::V6(addr) => {
                    let [.., a, b, c, d] = addr.octets();
                    [a, b, c, d]
                }
            };
            return (rng.bits() as u16, 40 + last % 24, false);
        };
        let id = match host.id_mode {
            IdMode::Zero => return (0, host.ttl, true),
            IdMode::Random => return (rng.bits() as u16, host.ttl, true),
            IdMode::Counter => host.next_id,
            IdMode::LittleEndian => host.next_id.swap_bytes(),
        };
        host.next_id = host.next_id.wrapping_add(1);
        (id, host.ttl, true)
    }

    /// The VLAN in which two hosts are seen to talk: that of the inner one.
    pub fn vlan(&self, a: u32, b: u32) -> Option<u16> {
        [a, b]
            .into_iter()
            .filter_map(|number| self.get(number))
            .find_map(|host| host.vlan)
    }
}
