//! The monitor: it knows what was done to each packet, and shows the packet to the tracker.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use meter::connections::{Config, TcpQuality, Tracker};
use wire::*;

use super::sender::Sent;
use super::{Path, Truth};

static PAYLOAD: [u8; 1000] = [b'x'; 1000];

pub const SYN: u16 = 2;
pub const ACK: u16 = 16;

/// A packet as it passes; sequence numbers are offsets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Passing<'a> {
    pub from_sender: bool,
    pub seq: u32,
    pub len: u32,
    pub ack: u32,
    pub flags: u16,
    pub sacks: &'a [(u32, u32)],
    pub id: u16,
    pub stamp: u32,
    pub echo: u32,
}

pub struct Monitor {
    v6: bool,
    timestamps: bool,
    isn: u32,
    tracker: Tracker,
    seen: BTreeSet<u32>,
    highest_original: i64,
    truth: Truth,
}

impl Monitor {
    pub fn new(path: &Path, isn: u32) -> Self {
        Self {
            v6: path.v6,
            timestamps: path.timestamps,
            isn,
            tracker: Tracker::new(Config {
                ignore_checksums: true,
                ..Config::default()
            }),
            seen: BTreeSet::new(),
            highest_original: -1,
            truth: Truth::default(),
        }
    }

    /// What the tracker says of the sender, and the truth.
    pub fn finish(mut self) -> (TcpQuality, Truth) {
        let mut out = vec![];
        self.tracker.finish(&mut |record| out.push(record));
        assert_eq!(out.len(), 1, "one connection");
        (**out[0].resp.tcp.as_ref().unwrap(), self.truth)
    }

    /// Notes what a data segment is to one who knows all.
    pub fn judge(&mut self, sent: Sent, copy: bool) {
        let first = self.seen.insert(sent.segment);
        if copy {
            self.truth.duplicated += 1;
            return;
        }
        if sent.again {
            if first {
                self.truth.lost_upstream += 1;
            } else {
                self.truth.seen_before += 1;
            }
        } else if i64::from(sent.segment) < self.highest_original {
            if first {
                self.truth.reordered += 1;
            } else {
                // Its retransmission came first: to the monitor it is the one that was seen before.
                self.truth.seen_before += 1;
            }
        }
        self.highest_original = self.highest_original.max(i64::from(sent.segment));
    }

    /// Shows a packet to the tracker.
    pub fn pass(&mut self, time_ns: i64, passing: Passing) {
        let (mine, theirs) = if passing.from_sender {
            (self.isn, 77)
        } else {
            (77, self.isn)
        };
        let has_ack = passing.flags & ACK != 0;
        let options = self.options(&passing, theirs);
        let payload = &PAYLOAD[..passing.len as usize];
        let (src_port, dst_port) = if passing.from_sender {
            (80, 40_000)
        } else {
            (40_000, 80)
        };
        let tcp = Tcp {
            src_port,
            dst_port,
            seq: mine.wrapping_add(passing.seq),
            ack: if has_ack {
                theirs.wrapping_add(passing.ack)
            } else {
                0
            },
            flags: passing.flags,
            window: 8000,
            checksum: 0,
            urgent: 0,
            options: &options,
        };
        let header_len = if self.v6 { 40 } else { 20 };
        let ip = Ip {
            src: self.address(passing.from_sender),
            dst: self.address(!passing.from_sender),
            protocol: 6,
            tos: 0,
            ttl: 60,
            id: if self.v6 { 0 } else { u32::from(passing.id) },
            flow_label: 0,
            dont_fragment: true,
            fragment: Fragment::Whole,
            len: header_len + 20 + options.len() as u32 + passing.len,
            length_source: LengthSource::Header,
            header_len,
            header: &[],
            segment: &[],
            transport: Transport::Tcp(tcp),
            payload_len: passing.len,
            payload,
        };
        let packet = Packet {
            link: LinkHeader::default(),
            network: Network::Ip(ip),
            tunnels: Tunnels::default(),
            fault: None,
        };
        let record = Record {
            time_ns,
            wire_len: ip.len,
            link_type: LinkType::RAW,
            data: &[],
        };
        self.tracker.observe(&record, &packet, &mut |_| {});
    }

    fn options(&self, passing: &Passing, theirs: u32) -> Vec<u8> {
        let mut options = vec![];
        if passing.flags & SYN != 0 {
            options.extend([2, 4, 5, 180, 4, 2, 3, 3, 7, 1]);
        }
        if self.timestamps {
            options.extend([1, 1, 8, 10]);
            options.extend(passing.stamp.to_be_bytes());
            options.extend(passing.echo.to_be_bytes());
        }
        if !passing.sacks.is_empty() {
            options.extend([1, 1, 5, 2 + 8 * passing.sacks.len() as u8]);
            for (from, to) in passing.sacks {
                options.extend(theirs.wrapping_add(*from).to_be_bytes());
                options.extend(theirs.wrapping_add(*to).to_be_bytes());
            }
        }
        options
    }

    fn address(&self, of_sender: bool) -> IpAddr {
        let host = if of_sender { 2 } else { 1 };
        if self.v6 {
            Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, host).into()
        } else {
            Ipv4Addr::new(10, 0, 0, host as u8).into()
        }
    }
}
