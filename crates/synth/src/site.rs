//! Who lives where: the population of a trace.

use std::net::Ipv4Addr;

use crate::hosts::Hosts;
use crate::rng::{Rng, mix};

/// Numbers of hosts by what they do.
#[derive(Debug, Default)]
pub struct Site {
    /// Clients inside, most active first.
    pub clients: Vec<u32>,
    /// Clients outside, most active first.
    pub visitors: Vec<u32>,
    /// Web servers inside and outside.
    pub web: Vec<u32>,
    pub remote_web: Vec<u32>,
    /// Resolvers inside, name servers outside.
    pub resolvers: Vec<u32>,
    pub name_servers: Vec<u32>,
    pub mail: Vec<u32>,
    pub remote_mail: Vec<u32>,
    pub ssh: Vec<u32>,
    pub time: Vec<u32>,
    pub nat: u32,
    pub backup_clients: Vec<u32>,
    pub backup_server: u32,
    pub peers: Vec<u32>,
    pub remote_peers: Vec<u32>,
}

/// Builds the population of a trace of so many packets.
pub fn populate(packets: u64, hosts: &mut Hosts, rng: &mut Rng) -> Site {
    let inside = (packets / 500).clamp(30, 20_000);
    let outside = (packets / 200).clamp(60, 60_000);
    let server = |hosts: &mut Hosts,
                  rng: &mut Rng,
                  last: u8,
                  role,
                  services: &[(&'static str, u16, &'static str)]| {
        let number = hosts.add(Ipv4Addr::new(192, 0, 2, last), true, role, rng);
        if let Some(host) = hosts.get_mut(number) {
            host.services.extend_from_slice(services);
        }
        number
    };
    let remote = |hosts: &mut Hosts,
                  rng: &mut Rng,
                  net: [u8; 3],
                  last: u8,
                  role,
                  services: &[(&'static str, u16, &'static str)]| {
        let [a, b, c] = net;
        let number = hosts.add(Ipv4Addr::new(a, b, c, last), false, role, rng);
        if let Some(host) = hosts.get_mut(number) {
            host.services.extend_from_slice(services);
        }
        number
    };
    let http = [
        ("tcp", 80, "http"),
        ("tcp", 443, "tls"),
        ("udp", 443, "quic"),
    ];
    let dns = [("udp", 53, "dns"), ("tcp", 53, "dns")];
    Site {
        web: (10..13)
            .map(|last| server(hosts, rng, last, "web-server", &http))
            .collect(),
        resolvers: (53..55)
            .map(|last| server(hosts, rng, last, "dns-server", &dns))
            .collect(),
        mail: vec![server(
            hosts,
            rng,
            25,
            "mail-server",
            &[("tcp", 25, "smtp")],
        )],
        ssh: (22..24)
            .map(|last| server(hosts, rng, last, "ssh-server", &[("tcp", 22, "ssh")]))
            .collect(),
        backup_server: remote(
            hosts,
            rng,
            [203, 0, 113],
            90,
            "backup-server",
            &[("tcp", 8_730, "backup")],
        ),
        remote_web: (1..60)
            .map(|last| remote(hosts, rng, [198, 51, 100], last, "web-server", &http))
            .collect(),
        name_servers: (53..61)
            .map(|last| remote(hosts, rng, [203, 0, 113], last, "dns-server", &dns))
            .collect(),
        remote_mail: (25..33)
            .map(|last| {
                remote(
                    hosts,
                    rng,
                    [203, 0, 113],
                    last,
                    "mail-server",
                    &[("tcp", 25, "smtp")],
                )
            })
            .collect(),
        time: (123..127)
            .map(|last| {
                remote(
                    hosts,
                    rng,
                    [203, 0, 113],
                    last,
                    "ntp-server",
                    &[("udp", 123, "ntp")],
                )
            })
            .collect(),
        nat: hosts.add(Ipv4Addr::new(10, 1, 0, 1), true, "nat-proxy", rng),
        backup_clients: (0..3)
            .map(|n| hosts.add(Ipv4Addr::new(10, 9, 0, 10 + n), true, "backup-client", rng))
            .collect(),
        peers: (0..2)
            .map(|n| hosts.add(Ipv4Addr::new(10, 5, 0, 40 + n), true, "p2p", rng))
            .collect(),
        clients: (0..inside)
            .map(|n| hosts.add(inner(n), true, "client", rng))
            .collect(),
        visitors: (0..outside)
            .map(|n| hosts.add(outer(n), false, "client", rng))
            .collect(),
        remote_peers: (0..(outside / 4).max(40))
            .map(|n| hosts.add(outer(n + 500_000), false, "p2p-peer", rng))
            .collect(),
    }
}

/// The address of inner client `n`: 10.2/16 to 10.7/16, the last of them tagged.
fn inner(n: u64) -> Ipv4Addr {
    Ipv4Addr::from(0x0a00_0000 | (2 + (n % 6) as u32) << 16 | (n / 6 + 10) as u32)
}

/// The address of outer client `n`, spread over 172.16/12 without collision.
fn outer(n: u64) -> Ipv4Addr {
    let spread = (n as u32).wrapping_mul(0x9e375) & 0x000f_ffff;
    Ipv4Addr::from(0xac10_0000 | spread)
}

/// An address that nobody of the population has, outside.
pub fn stranger(n: u64) -> Ipv4Addr {
    Ipv4Addr::from(0xac10_0000 | (mix(n) as u32 & 0x000f_ffff))
}
