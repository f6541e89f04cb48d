//! A set of networks, such as the local ones.

use std::collections::HashSet;
use std::net::IpAddr;

/// Networks by prefix length, so that a look-up takes as many steps as there are lengths.
#[derive(Clone, Debug, Default)]
pub struct Networks {
    v4: Vec<(u8, HashSet<u128>)>,
    v6: Vec<(u8, HashSet<u128>)>,
}

impl Networks {
    /// The networks with these addresses and prefix lengths; bits behind the prefix do not matter.
    pub fn new(networks: impl IntoIterator<Item = (IpAddr, u8)>) -> Networks {
        let mut all = Networks::default();
        for (address, length) in networks {
            let (by_length, length) = match address {
                IpAddr::V4(_) => (&mut all.v4, length.min(32)),
                IpAddr::V6(_) => (&mut all.v6, length.min(128)),
            };
            let prefix = prefix(address, length);
            match by_length.iter_mut().find(|(have, _)| *have == length) {
                Some((_, prefixes)) => {
                    prefixes.insert(prefix);
                }
                None => by_length.push((length, HashSet::from([prefix]))),
            }
        }
        all
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether an address is in one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let by_length = match address {
            IpAddr::V4(_) => &self.v4,
            IpAddr::V6(_) => &self.v6,
        };
        by_length
            .iter()
            .any(|(length, prefixes)| prefixes.contains(&prefix(address, *length)))
    }
}

fn prefix(address: IpAddr, length: u8) -> u128 {
    let (bits, width) = match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    // Without a shift by the whole width, which overflows.
    match width - u32::from(length) {
        128 => 0,
        rest => bits >> rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_is_inside_when_its_prefix_is() {
        let networks = Networks::new([
            (at("10.1.2.3"), 8),
            (at("192.0.2.4"), 31),
            (at("2001:db8::1"), 32),
        ]);
        for inside in ["10.255.0.1", "192.0.2.5", "2001:db8:ffff::"] {
            assert!(networks.contains(at(inside)), "{inside}");
        }
        for outside in ["11.0.0.1", "192.0.2.6", "2001:db9::", "::a01:203"] {
            assert!(!networks.contains(at(outside)), "{outside}");
        }
    }

    #[test]
    fn a_prefix_of_length_zero_holds_its_family_only() {
        let networks = Networks::new([(at("::"), 0)]);
        assert!(networks.contains(at("fe80::1")));
        assert!(!networks.contains(at("10.0.0.1")));
        assert!(!Networks::new([]).contains(at("10.0.0.1")));
    }
}
