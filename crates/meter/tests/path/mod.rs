//! A simulated path: one TCP transfer as a monitor in its middle sees it, with the truth about each packet.

mod monitor;
mod receiver;
mod sender;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use meter::connections::TcpQuality;
use monitor::{ACK, Monitor, Passing, SYN};
use receiver::Receiver;
use sender::Sender;

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

impl Path {
    fn rtt(&self) -> i64 {
        2 * (self.sender_ns + self.receiver_ns)
    }
}

/// What was done to the packets that the monitor saw.
#[derive(Clone, Copy, Debug, Default)]
pub struct Truth {
    pub seen_before: u64,
    pub lost_upstream: u64,
    pub reordered: u64,
    pub duplicated: u64,
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
        sender: Sender::new(path, 3 * (path.receiver_ns + path.sender_ns)),
        receiver: Receiver::default(),
        monitor: Monitor::new(path, isn),
    };
    world.go()
}

const SIZE: u32 = 1000;
const MS: i64 = 1_000_000;

/// An acknowledgment: cumulative, selective blocks, echo.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ack {
    ack: u32,
    sacks: Vec<(u32, u32)>,
    echo: u32,
    sent: i64,
}

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
    AckAtMonitor(Ack),
    AckAtSender(Ack),
    Timeout,
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
    sender: Sender,
    receiver: Receiver,
    monitor: Monitor,
}

impl World {
    fn at(&mut self, time: i64, event: Event) {
        self.order += 1;
        self.queue.push(Reverse((time, self.order, event)));
    }

    fn go(mut self) -> (TcpQuality, Truth) {
        self.shake_hands();
        let start = 3 * (self.path.receiver_ns + self.path.sender_ns);
        self.send(start);
        self.at(start + 50 * MS, Event::Timeout);
        while let Some(Reverse((now, _, event))) = self.queue.pop() {
            self.handle(now, event);
        }
        assert_eq!(
            self.receiver.expected, self.path.segments,
            "all data arrives"
        );
        self.monitor.finish()
    }

    /// The receiver opens the connection; the handshake is not disturbed.
    fn shake_hands(&mut self) {
        let (s, r) = (self.path.sender_ns, self.path.receiver_ns);
        let syn = Passing {
            seq: 7,
            flags: SYN,
            echo: 1,
            ..Passing::default()
        };
        let syn_ack = Passing {
            from_sender: true,
            ack: 8,
            flags: SYN | ACK,
            echo: 2,
            ..Passing::default()
        };
        let ack = Passing {
            seq: 8,
            ack: 1,
            flags: ACK,
            echo: 3,
            ..Passing::default()
        };
        self.monitor.pass(r, syn);
        self.monitor.pass(r + 2 * s, syn_ack);
        self.monitor.pass(3 * r + 2 * s, ack);
    }

    fn send(&mut self, now: i64) {
        for (segment, again) in self.sender.due(now) {
            self.transmit(now, segment, again);
        }
    }

    /// Sends a segment, and does to it what the path does before the monitor.
    fn transmit(&mut self, now: i64, segment: u32, again: bool) {
        let (transmission, departs) = self.sender.transmit(now, segment, again, &mut self.rng);
        if self.rng.chance(self.path.loss_upstream) {
            return;
        }
        let mut arrives = departs + self.path.sender_ns;
        if self.rng.chance(self.path.reorder) {
            arrives += 20_000 + self.rng.below(200_000).min(self.path.sender_ns / 4);
        }
        let passes = |copy| Event::AtMonitor { transmission, copy };
        self.at(arrives, passes(false));
        if self.rng.chance(self.path.duplicate) {
            let later = arrives + 5_000 + self.rng.below(100_000);
            self.at(later, passes(true));
        }
    }

    fn handle(&mut self, now: i64, event: Event) {
        let (s, r) = (self.path.sender_ns, self.path.receiver_ns);
        match event {
            Event::AtMonitor { transmission, copy } => {
                let sent = self.sender.sent[transmission];
                self.monitor.judge(sent, copy);
                let passing = Passing {
                    from_sender: true,
                    seq: 1 + sent.segment * SIZE,
                    len: SIZE,
                    ack: 8,
                    flags: ACK,
                    id: sent.id,
                    stamp: sent.stamp,
                    echo: sent.echo,
                    ..Passing::default()
                };
                self.monitor.pass(now, passing);
                if !self.rng.chance(self.path.loss_downstream) {
                    self.at(now + r, Event::AtReceiver { transmission });
                }
            }
            Event::AtReceiver { transmission } => {
                let ack = self.receiver.take(now, self.sender.sent[transmission]);
                self.at(now + r, Event::AckAtMonitor(ack));
            }
            Event::AckAtMonitor(ack) => {
                let edge = |segment: u32| 1 + segment * SIZE;
                let sacks = ack.sacks.iter();
                let sacks: Vec<(u32, u32)> =
                    sacks.map(|(from, to)| (edge(*from), edge(*to))).collect();
                let passing = Passing {
                    seq: 8,
                    ack: edge(ack.ack),
                    flags: ACK,
                    sacks: &sacks,
                    id: self.rng.next() as u16,
                    stamp: (ack.sent / MS) as u32 + 5000,
                    echo: ack.echo,
                    ..Passing::default()
                };
                self.monitor.pass(now, passing);
                self.at(now + s, Event::AckAtSender(ack));
            }
            Event::AckAtSender(ack) => {
                self.sender.acknowledged(now, ack);
                self.send(now);
            }
            Event::Timeout if self.sender.is_done() => {}
            Event::Timeout => {
                if let Some(segment) = self.sender.timed_out(now) {
                    self.transmit(now, segment, true);
                }
                self.at(now + 20 * MS, Event::Timeout);
            }
        }
    }
}
