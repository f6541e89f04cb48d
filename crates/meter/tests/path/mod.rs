//! A simulated path: one TCP transfer as a monitor in its middle sees it, with the truth about each packet.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use meter::connections::{Config, TcpQuality, Tracker};
use wire::*;

/// How the sender numbers its IP packets.
#[derive(Clone, Copy, Debug)]
pub enum Ids {
    Counting,
    Random,
    Constant,
}

/// One transfer.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    pub seed: u64,
    pub ids: Ids,
    pub v6: bool,
    pub timestamps: bool,
    /// One-way delay between sender and monitor.
    pub sender_ns: i64,
    /// One-way delay between monitor and receiver.
    pub receiver_ns: i64,
    pub loss_upstream: f64,
    pub loss_downstream: f64,
    pub reorder: f64,
    pub duplicate: f64,
    /// Segments of 1,000 bytes.
    pub segments: u32,
}

/// What was done to the packets that the monitor saw.
#[derive(Clone, Copy, Debug, Default)]
pub struct Truth {
    pub seen_before: u64,
    pub lost_upstream: u64,
    pub reordered: u64,
    pub duplicated: u64,
}

const SIZE: u32 = 1000;
const MS: i64 = 1_000_000;
const WINDOW: usize = 24;
static PAYLOAD: [u8; 1000] = [b'x'; 1000];

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A data segment passes the monitor: number of its transmission.
    AtMonitor {
        transmission: usize,
        copy: bool,
    },
    /// A data segment comes to the receiver.
    AtReceiver {
        transmission: usize,
    },
    /// An acknowledgment passes the monitor: cumulative, selective blocks, echo.
    AckAtMonitor {
        ack: u32,
        sacks: Vec<(u32, u32)>,
        echo: u32,
        sent: i64,
    },
    AckAtSender {
        ack: u32,
        sacks: Vec<(u32, u32)>,
    },
    Timeout,
}

/// One transmission of a segment.
#[derive(Clone, Copy, Debug)]
struct Sent {
    segment: u32,
    id: u16,
    stamp: u32,
    echo: u32,
    again: bool,
}

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn chance(&mut self, p: f64) -> bool {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64 <= p && p > 0.0
    }
    fn below(&mut self, n: i64) -> i64 {
        (self.next() % n as u64) as i64
    }
}

struct World {
    path: Path,
    rng: Rng,
    queue: BinaryHeap<Reverse<(i64, u64, Event)>>,
    order: u64,
    sent: Vec<Sent>,
    next_id: u16,
    // Sender.
    next: u32,
    una: u32,
    sacked: BTreeSet<u32>,
    resent: BTreeMap<u32, i64>,
    link_free: i64,
    last_progress: i64,
    // Receiver.
    got: BTreeSet<u32>,
    expected: u32,
    last_stamp: u32,
    // Monitor.
    tracker: Tracker,
    seen: BTreeSet<u32>,
    highest_original: i64,
    truth: Truth,
    isn: u32,
}

/// Runs a transfer; what the tracker says of the sender, and the truth.
pub fn run(path: &Path) -> (TcpQuality, Truth) {
    let mut rng = Rng(path.seed);
    let isn = rng.next() as u32;
    let world = World {
        path: *path,
        rng,
        queue: BinaryHeap::new(),
        order: 0,
        sent: vec![],
        next_id: 100,
        next: 0,
        una: 0,
        sacked: BTreeSet::new(),
        resent: BTreeMap::new(),
        link_free: 0,
        last_progress: 0,
        got: BTreeSet::new(),
        expected: 0,
        last_stamp: 0,
        tracker: Tracker::new(Config {
            ignore_checksums: true,
            ..Config::default()
        }),
        seen: BTreeSet::new(),
        highest_original: -1,
        truth: Truth::default(),
        isn,
    };
    world.go()
}

impl World {
    fn at(&mut self, time: i64, event: Event) {
        self.order += 1;
        self.queue.push(Reverse((time, self.order, event)));
    }

    fn go(mut self) -> (TcpQuality, Truth) {
        let (s, r) = (self.path.sender_ns, self.path.receiver_ns);
        // The receiver opens the connection; the handshake is not disturbed.
        self.monitor(r, false, 7, 0, 0, 2, &[], 0, 0, 1);
        self.monitor(r + 2 * s, true, 0, 0, 8, 2 | 16, &[], 0, 0, 2);
        self.monitor(3 * r + 2 * s, false, 8, 0, 1, 16, &[], 0, 0, 3);
        let start = 3 * (r + s);
        self.link_free = start;
        self.last_progress = start;
        self.send(start);
        self.at(start + 50 * MS, Event::Timeout);
        while let Some(Reverse((now, _, event))) = self.queue.pop() {
            self.handle(now, event);
        }
        let mut out = vec![];
        self.tracker.finish(&mut |record| out.push(record));
        assert_eq!(out.len(), 1, "one connection");
        assert_eq!(self.expected, self.path.segments, "all data arrives");
        (**out[0].resp.tcp.as_ref().unwrap(), self.truth)
    }

    fn send(&mut self, now: i64) {
        // What was overtaken by three or more acknowledged segments is lost.
        let lost: Vec<u32> = (self.una..self.next)
            .filter(|n| !self.sacked.contains(n) && self.sacked.range(n + 1..).count() >= 3)
            .filter(|n| {
                self.resent
                    .get(n)
                    .is_none_or(|at| now - at > self.rtt() * 3 / 2)
            })
            .collect();
        for segment in lost {
            self.transmit(now, segment, true);
        }
        while self.next < self.path.segments && ((self.next - self.una) as usize) < WINDOW {
            let segment = self.next;
            self.next += 1;
            self.transmit(now, segment, false);
        }
    }

    fn rtt(&self) -> i64 {
        2 * (self.path.sender_ns + self.path.receiver_ns)
    }

    fn transmit(&mut self, now: i64, segment: u32, again: bool) {
        let departs = now.max(self.link_free);
        self.link_free = departs + 12_000;
        let id = match self.path.ids {
            Ids::Constant => 0,
            Ids::Random => self.rng.next() as u16,
            Ids::Counting => {
                self.next_id = self.next_id.wrapping_add(1 + self.rng.below(3) as u16);
                self.next_id
            }
        };
        let stamp = (departs / MS) as u32 + 1000;
        let transmission = self.sent.len();
        let echo = (now - self.path.receiver_ns) as u32 / MS as u32 + 5000;
        self.sent.push(Sent {
            segment,
            id,
            stamp,
            echo,
            again,
        });
        if again {
            self.resent.insert(segment, now);
        }
        if self.rng.chance(self.path.loss_upstream) {
            return;
        }
        let mut arrives = departs + self.path.sender_ns;
        if self.rng.chance(self.path.reorder) {
            arrives += 20_000 + self.rng.below(200_000).min(self.path.sender_ns / 4);
        }
        self.at(
            arrives,
            Event::AtMonitor {
                transmission,
                copy: false,
            },
        );
        if self.rng.chance(self.path.duplicate) {
            let later = arrives + 5_000 + self.rng.below(100_000);
            self.at(
                later,
                Event::AtMonitor {
                    transmission,
                    copy: true,
                },
            );
        }
    }

    fn handle(&mut self, now: i64, event: Event) {
        let (s, r) = (self.path.sender_ns, self.path.receiver_ns);
        match event {
            Event::AtMonitor { transmission, copy } => {
                let sent = self.sent[transmission];
                self.judge(transmission, copy);
                let seq = 1 + sent.segment * SIZE;
                self.monitor(
                    now,
                    true,
                    seq,
                    SIZE,
                    8,
                    16,
                    &[],
                    sent.id,
                    sent.stamp,
                    sent.echo,
                );
                if !self.rng.chance(self.path.loss_downstream) {
                    self.at(now + r, Event::AtReceiver { transmission });
                }
            }
            Event::AtReceiver { transmission } => {
                let sent = self.sent[transmission];
                let news = sent.segment >= self.expected && self.got.insert(sent.segment);
                if sent.segment <= self.expected {
                    self.last_stamp = sent.stamp;
                }
                while self.got.remove(&self.expected) {
                    self.expected += 1;
                }
                let mut sacks = self.blocks();
                if !news {
                    // DSACK.
                    sacks.insert(0, (sent.segment, sent.segment + 1));
                }
                sacks.truncate(3);
                let (ack, echo) = (self.expected, self.last_stamp);
                self.at(
                    now + r,
                    Event::AckAtMonitor {
                        ack,
                        sacks,
                        echo,
                        sent: now,
                    },
                );
            }
            Event::AckAtMonitor {
                ack,
                sacks,
                echo,
                sent,
            } => {
                let edges: Vec<(u32, u32)> = sacks
                    .iter()
                    .map(|(from, to)| (1 + from * SIZE, 1 + to * SIZE))
                    .collect();
                let id = self.rng.next() as u16;
                let stamp = (sent / MS) as u32 + 5000;
                self.monitor(
                    now,
                    false,
                    8,
                    0,
                    1 + ack * SIZE,
                    16,
                    &edges,
                    id,
                    stamp,
                    echo,
                );
                self.at(now + s, Event::AckAtSender { ack, sacks });
            }
            Event::AckAtSender { ack, sacks } => {
                if ack > self.una {
                    self.una = ack;
                    self.last_progress = now;
                    self.sacked = self.sacked.split_off(&ack);
                }
                for (from, to) in sacks {
                    self.sacked.extend((from..to).filter(|n| *n >= self.una));
                }
                self.send(now);
            }
            Event::Timeout => {
                if self.una < self.path.segments {
                    let rto = 200 * MS + self.rtt() * 2;
                    if now - self.last_progress > rto && self.una < self.next {
                        self.last_progress = now;
                        let segment = self.una;
                        self.transmit(now, segment, true);
                    }
                    self.at(now + 20 * MS, Event::Timeout);
                }
            }
        }
    }

    fn blocks(&self) -> Vec<(u32, u32)> {
        let mut blocks: Vec<(u32, u32)> = vec![];
        for n in &self.got {
            match blocks.last_mut() {
                Some(last) if last.1 == *n => last.1 += 1,
                _ => blocks.push((*n, n + 1)),
            }
        }
        blocks.reverse();
        blocks
    }

    fn judge(&mut self, transmission: usize, copy: bool) {
        let sent = self.sent[transmission];
        let first = self.seen.insert(sent.segment);
        if copy {
            self.truth.duplicated += 1;
        } else if sent.again {
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
        if !copy {
            self.highest_original = self.highest_original.max(i64::from(sent.segment));
        }
    }

    /// Shows a packet to the tracker. Sequence numbers are offsets.
    #[allow(clippy::too_many_arguments)]
    fn monitor(
        &mut self,
        time_ns: i64,
        from_sender: bool,
        seq: u32,
        len: u32,
        ack: u32,
        flags: u16,
        sacks: &[(u32, u32)],
        id: u16,
        stamp: u32,
        echo: u32,
    ) {
        let (mine, theirs) = if from_sender {
            (self.isn, 77)
        } else {
            (77, self.isn)
        };
        let mut options = vec![];
        if flags & 2 != 0 {
            options.extend([2, 4, 5, 180, 4, 2, 3, 3, 7, 1]);
        }
        if self.path.timestamps {
            options.extend([1, 1, 8, 10]);
            options.extend(stamp.to_be_bytes());
            options.extend(echo.to_be_bytes());
        }
        if !sacks.is_empty() {
            options.extend([1, 1, 5, 2 + 8 * sacks.len() as u8]);
            for (from, to) in sacks {
                options.extend(theirs.wrapping_add(*from).to_be_bytes());
                options.extend(theirs.wrapping_add(*to).to_be_bytes());
            }
        }
        let address = |sender: bool| -> IpAddr {
            let host = if sender { 2 } else { 1 };
            if self.path.v6 {
                Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, host).into()
            } else {
                Ipv4Addr::new(10, 0, 0, host as u8).into()
            }
        };
        let header_len = if self.path.v6 { 40 } else { 20 };
        let payload = &PAYLOAD[..len as usize];
        let (src_port, dst_port) = if from_sender {
            (80, 40_000)
        } else {
            (40_000, 80)
        };
        let tcp = Tcp {
            src_port,
            dst_port,
            seq: mine.wrapping_add(seq),
            ack: if flags & 16 != 0 {
                theirs.wrapping_add(ack)
            } else {
                0
            },
            flags,
            window: 8000,
            checksum: 0,
            urgent: 0,
            options: &options,
        };
        let ip = Ip {
            src: address(from_sender),
            dst: address(!from_sender),
            protocol: 6,
            tos: 0,
            ttl: 60,
            id: if self.path.v6 { 0 } else { u32::from(id) },
            flow_label: 0,
            dont_fragment: true,
            fragment: Fragment::Whole,
            len: header_len + 20 + options.len() as u32 + len,
            length_source: LengthSource::Header,
            header_len,
            header: &[],
            segment: &[],
            transport: Transport::Tcp(tcp),
            payload_len: len,
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
}
