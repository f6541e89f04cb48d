//! TCP between two hosts with a monitor between them: what each side sends, and what the network does to it.
//!
//! Both stacks are simulated: handshake, slow start, delayed and selective acknowledgment, fast
//! retransmission, time-outs, zero windows. The effects of the network are drawn per segment, so that
//! everything that follows from them is as it would be.

use std::collections::VecDeque;

use crate::dialog::{Close, Message};
use crate::packet::{Body, Class, Fate, NONE, Options, Packet, Place, Segment, flag};
use crate::truth::ConnTruth;
use crate::world::{MS, S, US, What, World};

/// How often the network harms a data segment, as probabilities.
#[derive(Clone, Copy, Debug, Default)]
pub struct Effects {
    pub lost_before: f64,
    pub lost_after: f64,
    pub reordered: f64,
    pub duplicated: f64,
    /// Loss of a SYN, on either side of the monitor.
    pub syn_lost: f64,
}

/// What the host that is called does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    Yes,
    /// Answers with RST.
    Refuse,
    /// Is silent.
    Silent,
}

/// What a connection is made with.
#[derive(Clone, Debug)]
pub struct Setup {
    pub client: Place,
    pub server: Place,
    pub dialog: Vec<Message>,
    pub close: Close,
    pub accept: Accept,
    /// One-way delays, ns: from the client to the monitor, from the monitor to the server.
    pub legs: [u64; 2],
    pub jitter: u64,
    /// Time that the line takes per byte, ns, by sender.
    pub ns_per_byte: [u64; 2],
    pub effects: Effects,
    pub mss: u16,
    pub sack: bool,
    pub timestamps: bool,
    pub window_scale: Option<u8>,
    pub buffer: u64,
    /// A side that stops reading after so many bytes, for so long.
    pub stall: Option<(usize, u64, u64)>,
    pub key: u64,
    pub attack: u32,
    /// The connection is reported in the truth whatever happens to it.
    pub reported: bool,
}

/// A run of sequence numbers that was sent and is not yet acknowledged.
#[derive(Clone, Copy, Debug)]
struct Sent {
    start: u64,
    end: u64,
    message: u32,
    offset: u64,
    len: u32,
    flags: u8,
    seen: bool,
    delivered: bool,
    copies: u32,
    time: u64,
}

#[derive(Debug, Default)]
struct End {
    isn: u32,
    next: u64,
    unacked: u64,
    queued: u64,
    message: u32,
    received: u64,
    islands: Vec<(u64, u64)>,
    repeated: Option<(u64, u64)>,
    sent: VecDeque<Sent>,
    order: u32,
    window: u64,
    threshold: u64,
    dup_acks: u32,
    recover: u64,
    recovering: bool,
    smoothed: u64,
    backoff: u32,
    resend_at: Option<u64>,
    ack_at: Option<u64>,
    ack_due: u32,
    resume_at: Option<u64>,
    stalled_at: Option<u64>,
    armed: Option<u64>,
    peer_limit: u64,
    echo: u32,
    clock: u32,
    last_monitor: u64,
    fin_queued: bool,
    fin_start: Option<u64>,
    peer_fin: Option<u64>,
}

/// A connection under way.
#[derive(Debug)]
pub struct Conn {
    pub setup: Setup,
    pub truth: ConnTruth,
    /// Events that still concern it; it can be dropped when there are none.
    pub pending: u32,
    ends: [End; 2],
    starts: Vec<u64>,
    next_message: usize,
    wait: Option<(usize, u64)>,
    app_scheduled: bool,
    established: bool,
    over: bool,
    vlan: Option<u16>,
}

const INITIAL_WINDOW: u64 = 10;
const RTO_MIN: u64 = 200 * MS;
const DELAYED_ACK: u64 = 40 * MS;

impl Conn {
    pub fn new(setup: Setup, world: &mut World) -> Self {
        let mss = u64::from(setup.mss);
        let mut end = || End {
            isn: world.rng.bits() as u32,
            window: INITIAL_WINDOW * mss,
            threshold: u64::MAX,
            clock: world.rng.bits() as u32,
            smoothed: setup.legs.iter().sum::<u64>() * 2,
            ..End::default()
        };
        let ends = [end(), end()];
        let vlan = world.hosts.vlan(setup.client.host, setup.server.host);
        Self {
            truth: ConnTruth::new(world.now, setup.legs),
            starts: Vec::with_capacity(setup.dialog.len()),
            setup,
            pending: 0,
            ends,
            next_message: 0,
            wait: None,
            app_scheduled: false,
            established: false,
            over: false,
            vlan,
        }
    }

    /// Sends the first SYN.
    pub fn start(&mut self, id: u32, world: &mut World) {
        self.push(id, 0, 0, flag::SYN, 0, 0, 0, world);
    }

    /// About how many packets the dialog takes.
    pub fn estimate(setup: &Setup) -> f64 {
        let data: u64 = setup
            .dialog
            .iter()
            .map(|m| m.len().div_ceil(u64::from(setup.mss)).max(1))
            .sum();
        match setup.accept {
            Accept::Yes => 7.0 + data as f64 * 1.5,
            Accept::Refuse => 2.0,
            Accept::Silent => 3.0,
        }
    }

    fn end(&mut self, side: usize) -> &mut End {
        let [client, server] = &mut self.ends;
        if side == 0 { client } else { server }
    }

    fn place(&self, side: usize) -> Place {
        if side == 0 {
            self.setup.client
        } else {
            self.setup.server
        }
    }

    fn leg(&self, side: usize) -> u64 {
        let [client, server] = self.setup.legs;
        if side == 0 { client } else { server }
    }

    fn schedule(&mut self, time: u64, what: What, world: &mut World) {
        self.pending += 1;
        world.at(time, what);
    }

    /// Sends new sequence space and keeps it until it is acknowledged.
    #[allow(clippy::too_many_arguments)]
    fn push(
        &mut self,
        id: u32,
        side: usize,
        len: u32,
        flags: u8,
        message: u32,
        offset: u64,
        delay: u64,
        world: &mut World,
    ) {
        let end = self.end(side);
        let start = end.next;
        let stop = start + u64::from(len) + u64::from(flags & (flag::SYN | flag::FIN) != 0);
        end.next = stop;
        let sent = Sent {
            start,
            end: stop,
            message,
            offset,
            len,
            flags,
            seen: false,
            delivered: false,
            copies: 0,
            time: world.now,
        };
        end.sent.push_back(sent);
        let last = self.end(side).sent.len() - 1;
        self.launch(id, side, last, delay, world);
        let timeout = self.timeout(side);
        if self.end(side).resend_at.is_none() {
            self.end(side).resend_at = Some(world.now + timeout);
            self.arm(id, side, world);
        }
    }

    /// Sends entry `index` of what is not acknowledged, for the first time or again.
    fn launch(&mut self, id: u32, side: usize, index: usize, delay: u64, world: &mut World) {
        let effects = self.setup.effects;
        let Some(sent) = self.end(side).sent.get(index).copied() else {
            return;
        };
        let class = match (sent.copies, sent.seen, sent.delivered) {
            (0, ..) => Class::First,
            (_, _, true) => Class::Spurious,
            (_, false, _) => Class::Fills,
            (_, true, _) => Class::Repeats,
        };
        let fate = if sent.flags & flag::SYN != 0 {
            if !world.rng.chance(effects.syn_lost) {
                Fate::Delivered
            } else if world.rng.chance(0.5) {
                Fate::LostBefore
            } else {
                Fate::LostAfter
            }
        } else if sent.len == 0 {
            Fate::Delivered
        } else if world.rng.chance(effects.lost_before) {
            Fate::LostBefore
        } else if world.rng.chance(effects.lost_after) {
            Fate::LostAfter
        } else {
            Fate::Delivered
        };
        let fate = if self.setup.accept == Accept::Silent && fate == Fate::Delivered {
            Fate::LostAfter
        } else {
            fate
        };
        if let Some(sent) = self.end(side).sent.get_mut(index) {
            sent.copies += 1;
            sent.seen |= fate != Fate::LostBefore;
            sent.delivered |= fate == Fate::Delivered;
            sent.time = world.now + delay;
        }
        let whole = sent.len > 0 && class == Class::First && fate == Fate::Delivered;
        let late = whole && world.rng.chance(effects.reordered);
        let twice = whole && !late && world.rng.chance(effects.duplicated);
        self.end(side).order += 1;
        let mut segment = self.segment(id, side, sent.start, sent.flags, world.now + delay);
        segment.len = sent.len;
        segment.message = sent.message;
        segment.offset = sent.offset;
        segment.class = class;
        segment.fate = fate;
        self.transmit(segment, side, delay, late, twice, world);
    }

    /// A segment with the sender's present state.
    fn segment(&mut self, id: u32, side: usize, start: u64, flags: u8, now: u64) -> Segment {
        let window = self.window(side);
        let setup = &self.setup;
        let (mss, sack, timestamps, shift) =
            (setup.mss, setup.sack, setup.timestamps, setup.window_scale);
        let peer_isn = self.end(1 - side).isn;
        let end = self.end(side);
        let syn = flags & flag::SYN != 0;
        let shown = if syn {
            window.min(65_535)
        } else {
            (window >> shift.unwrap_or(0)).min(65_535)
        };
        let mut options = Options::default();
        if syn {
            options.mss = Some(mss);
            options.sack_permitted = sack;
            options.window_scale = shift;
        }
        if timestamps {
            options.timestamps = Some((end.clock.wrapping_add((now / MS) as u32), end.echo));
        }
        if sack && !syn && flags & flag::ACK != 0 {
            let absolute = |(left, right): (u64, u64)| {
                (
                    peer_isn.wrapping_add(left as u32),
                    peer_isn.wrapping_add(right as u32),
                )
            };
            let blocks = end
                .repeated
                .take()
                .into_iter()
                .chain(end.islands.iter().rev().copied());
            for (slot, block) in options.sack.iter_mut().zip(blocks) {
                *slot = absolute(block);
                options.sacks += 1;
            }
        }
        if flags & flag::ACK != 0 {
            end.ack_due = 0;
            end.ack_at = None;
        }
        Segment {
            conn: id,
            side: side as u8,
            flags,
            class: Class::First,
            fate: Fate::Delivered,
            isn: end.isn,
            peer_isn,
            start,
            ack: end.received,
            len: 0,
            message: NONE,
            offset: 0,
            window: shown as u16,
            order: end.order,
            keep_alive: false,
            holes: !end.islands.is_empty(),
            options,
        }
    }

    /// Room for more, as the receiver says it.
    fn window(&mut self, side: usize) -> u64 {
        let buffer = self.setup.buffer;
        let end = self.end(side);
        match end.stalled_at {
            Some(at) => (at + buffer).saturating_sub(end.received),
            None => buffer,
        }
    }

    fn transmit(
        &mut self,
        segment: Segment,
        side: usize,
        delay: u64,
        late: bool,
        twice: bool,
        world: &mut World,
    ) {
        let [per_byte, per_byte_back] = self.setup.ns_per_byte;
        let per_byte = if side == 0 { per_byte } else { per_byte_back };
        let serial = (u64::from(segment.len) + 66) * per_byte;
        let jitter = world.rng.below(self.setup.jitter + 1);
        let leg = self.leg(side);
        let end = self.end(side);
        let time = (end.last_monitor + serial).max(world.now + delay + leg + jitter);
        end.last_monitor = time;
        let mut packet: Packet =
            world.packet(self.place(side), self.place(1 - side), Body::Tcp(segment));
        packet.attack = self.setup.attack;
        packet.vlan = self.vlan;
        if segment.fate == Fate::LostBefore {
            return;
        }
        let shown = if late {
            time + (u64::from(self.setup.mss) + 66) * per_byte * 2 + serial / 2 + 2 * US
        } else {
            time
        };
        if twice {
            let mut copy = packet.clone();
            if let Body::Tcp(second) = &mut copy.body {
                second.class = Class::Duplicate;
            }
            let index = world.packets.insert(copy);
            let gap = world.rng.range(2 * US, 60 * US);
            self.end(side).last_monitor = shown + gap;
            self.schedule(shown + gap, What::Monitor(index), world);
        }
        let index = world.packets.insert(packet);
        self.schedule(shown, What::Monitor(index), world);
    }

    fn acknowledge(&mut self, id: u32, side: usize, world: &mut World) {
        let start = self.end(side).next;
        let segment = self.segment(id, side, start, flag::ACK, world.now);
        self.transmit(segment, side, 0, false, false, world);
    }

    /// Sends a segment without data one below what is expected: keep-alive or window probe.
    fn probe(&mut self, id: u32, side: usize, world: &mut World) {
        let start = self.end(side).next.saturating_sub(1);
        let mut segment = self.segment(id, side, start, flag::ACK, world.now);
        segment.keep_alive = true;
        self.transmit(segment, side, 0, false, false, world);
    }

    fn reset(&mut self, id: u32, side: usize, flags: u8, world: &mut World) {
        let start = self.end(side).next;
        let mut segment = self.segment(id, side, start, flags, world.now);
        segment.window = 0;
        segment.options = Options::default();
        self.transmit(segment, side, 0, false, false, world);
        self.over = true;
    }

    fn timeout(&mut self, side: usize) -> u64 {
        let handshake = !self.established;
        let end = self.end(side);
        let base = if handshake {
            S
        } else {
            (end.smoothed * 2 + 50 * MS).max(RTO_MIN)
        };
        base << end.backoff.min(6)
    }

    fn arm(&mut self, id: u32, side: usize, world: &mut World) {
        let end = self.end(side);
        let Some(due) = [end.resend_at, end.ack_at, end.resume_at]
            .into_iter()
            .flatten()
            .min()
        else {
            return;
        };
        if end
            .armed
            .is_none_or(|armed| armed > due || armed < world.now)
        {
            end.armed = Some(due);
            self.schedule(due, What::Timer(id, side as u8), world);
        }
    }

    /// Does what is due by time on one side.
    pub fn timer(&mut self, id: u32, side: usize, world: &mut World) {
        let now = world.now;
        if self.end(side).armed.is_some_and(|armed| armed <= now) {
            self.end(side).armed = None;
        }
        if self.over {
            return;
        }
        if self.end(side).resume_at.is_some_and(|at| at <= now) {
            let end = self.end(side);
            end.resume_at = None;
            end.stalled_at = None;
            self.acknowledge(id, side, world);
        }
        if self.end(side).ack_at.is_some_and(|at| at <= now) {
            self.acknowledge(id, side, world);
        }
        if self.end(side).resend_at.is_some_and(|at| at <= now) {
            self.time_out(id, side, world);
        }
        self.arm(id, side, world);
    }

    fn time_out(&mut self, id: u32, side: usize, world: &mut World) {
        let mss = u64::from(self.setup.mss);
        let patience = if self.setup.accept == Accept::Silent {
            3
        } else {
            6
        };
        let end = self.end(side);
        end.backoff += 1;
        if end.sent.is_empty() {
            if end.next < end.queued || end.fin_queued && end.fin_start.is_none() {
                self.probe(id, side, world);
                let wait = self.timeout(side);
                self.end(side).resend_at = Some(world.now + wait);
            } else {
                end.resend_at = None;
            }
            return;
        }
        if end.backoff > patience {
            self.over = true;
            return;
        }
        end.threshold = (end.window / 2).max(2 * mss);
        end.window = mss;
        end.recovering = true;
        end.recover = end.next;
        end.dup_acks = 0;
        self.launch(id, side, 0, 0, world);
        let wait = self.timeout(side);
        self.end(side).resend_at = Some(world.now + wait);
    }

    /// Takes a segment in at its receiver.
    pub fn arrive(&mut self, id: u32, segment: &Segment, world: &mut World) {
        if self.over {
            return;
        }
        let side = 1 - usize::from(segment.side);
        if segment.flags & flag::RST != 0 {
            self.over = true;
            return;
        }
        if let Some((value, _)) = segment.options.timestamps
            && segment.start <= self.end(side).received
        {
            self.end(side).echo = value;
        }
        if segment.flags & flag::SYN != 0 {
            self.synchronize(id, side, segment, world);
            return;
        }
        if side == 1 && !self.established {
            self.established = true;
            if self
                .end(1)
                .sent
                .iter()
                .any(|sent| sent.flags & flag::SYN != 0)
            {
                self.acknowledged(id, 1, segment, world);
            }
            if self
                .setup
                .dialog
                .first()
                .is_some_and(|first| first.from == 1)
            {
                self.app_in(
                    id,
                    self.setup.dialog.first().map_or(0, |first| first.think),
                    world,
                );
            }
        } else {
            self.acknowledged(id, side, segment, world);
        }
        if segment.len > 0 || segment.flags & flag::FIN != 0 {
            self.data(id, side, segment, world);
        } else if segment.start < self.end(side).received {
            self.acknowledge(id, side, world);
        }
        self.try_send(id, side, world);
        self.arm(id, side, world);
    }

    fn synchronize(&mut self, id: u32, side: usize, segment: &Segment, world: &mut World) {
        let buffer = self.setup.buffer;
        self.end(side).peer_limit = 1 + buffer.min(65_535);
        if side == 1 {
            if self.setup.accept == Accept::Refuse {
                self.end(1).received = 1;
                self.reset(id, 1, flag::RST | flag::ACK, world);
            } else if self.end(1).received == 0 {
                self.end(1).received = 1;
                self.push(id, 1, 0, flag::SYN | flag::ACK, 0, 0, 0, world);
            } else {
                self.launch(id, 1, 0, 0, world);
            }
            return;
        }
        let first = self.end(0).received == 0;
        self.end(0).received = 1;
        self.acknowledged(id, 0, segment, world);
        self.acknowledge(id, 0, world);
        if !first {
            return;
        }
        self.end(0).backoff = 0;
        match self.setup.dialog.first() {
            Some(message) if message.from == 0 => self.app_in(id, message.think, world),
            Some(_) => {}
            None => self.app_in(id, 0, world),
        }
        for (side, end) in self.ends.iter_mut().enumerate() {
            end.queued = 1;
            if side == 0 {
                end.unacked = 1;
            }
        }
    }

    /// Takes what a segment acknowledges and the room that it tells.
    fn acknowledged(&mut self, id: u32, side: usize, segment: &Segment, world: &mut World) {
        if segment.flags & flag::ACK == 0 {
            return;
        }
        let now = world.now;
        let mss = u64::from(self.setup.mss);
        let cap = self.setup.buffer * 4;
        let shift = if segment.flags & flag::SYN != 0 {
            0
        } else {
            self.setup.window_scale.unwrap_or(0)
        };
        let end = self.end(side);
        end.peer_limit = end
            .peer_limit
            .max(segment.ack + (u64::from(segment.window) << shift));
        if segment.ack > end.unacked {
            let gained = segment.ack - end.unacked;
            end.unacked = segment.ack;
            end.dup_acks = 0;
            end.backoff = 0;
            while let Some(sent) = end.sent.front().copied() {
                if sent.end > segment.ack {
                    break;
                }
                end.sent.pop_front();
                if sent.copies == 1 {
                    let sample = now.saturating_sub(sent.time);
                    end.smoothed = if end.smoothed == 0 {
                        sample
                    } else {
                        (end.smoothed * 7 + sample) / 8
                    };
                }
            }
            let waiting = !end.sent.is_empty();
            if end.recovering && segment.ack < end.recover {
                self.launch(id, side, 0, 0, world);
            } else {
                let end = self.end(side);
                if end.recovering {
                    end.recovering = false;
                    end.window = end.threshold.max(2 * mss);
                } else if end.window < end.threshold {
                    end.window = (end.window + gained.min(2 * mss)).min(cap);
                } else {
                    end.window = (end.window + mss * mss / end.window.max(1)).min(cap);
                }
            }
            let wait = self.timeout(side);
            self.end(side).resend_at = waiting.then_some(now + wait);
        } else if segment.holes && segment.len == 0 && !end.sent.is_empty() {
            end.dup_acks += 1;
            if end.dup_acks == 3
                && !end.recovering
                && end
                    .sent
                    .front()
                    .is_some_and(|sent| sent.flags & flag::SYN == 0)
            {
                end.recovering = true;
                end.recover = end.next;
                end.threshold = (end.window / 2).max(2 * mss);
                end.window = end.threshold;
                self.launch(id, side, 0, 0, world);
                let wait = self.timeout(side);
                self.end(side).resend_at = Some(now + wait);
            }
        }
    }

    /// Takes payload in, in order or not.
    fn data(&mut self, id: u32, side: usize, segment: &Segment, world: &mut World) {
        let stall = self.setup.stall;
        let end = self.end(side);
        let start = segment.start;
        let fin = segment.flags & flag::FIN != 0;
        let stop = start + u64::from(segment.len) + u64::from(fin);
        if fin {
            end.peer_fin = Some(stop);
        }
        if stop <= end.received
            || end
                .islands
                .iter()
                .any(|(left, right)| *left <= start && stop <= *right)
        {
            end.repeated = Some((start, stop));
            self.acknowledge(id, side, world);
            return;
        }
        if start > end.received {
            add_island(&mut end.islands, start, stop);
            self.acknowledge(id, side, world);
            return;
        }
        let filled = !end.islands.is_empty();
        end.received = stop;
        while let Some(at) = end
            .islands
            .iter()
            .position(|(left, _)| *left <= end.received)
        {
            let (_, right) = end.islands.remove(at);
            end.received = end.received.max(right);
        }
        end.ack_due += 1;
        let received = end.received;
        if let Some((who, at, time)) = stall
            && who == side
            && received > at
        {
            self.setup.stall = None;
            let end = self.end(side);
            end.stalled_at = Some(received);
            end.resume_at = Some(world.now + time);
            self.truth.zero_window_episodes += 1;
        }
        if let Some((who, until)) = self.wait
            && who == side
            && received >= until
        {
            self.wait = None;
            let think = self
                .setup
                .dialog
                .get(self.next_message)
                .map_or(self.closing_think(), |next| next.think);
            self.app_in(id, think, world);
        }
        let end = self.end(side);
        let closed = end.peer_fin.is_some_and(|fin| received >= fin);
        if closed && !end.fin_queued {
            end.fin_queued = true;
            self.try_send(id, side, world);
        }
        let end = self.end(side);
        if end.ack_due >= 2 || filled && end.ack_due > 0 || closed && end.ack_due > 0 {
            self.acknowledge(id, side, world);
        } else if end.ack_due > 0 {
            end.ack_at = Some(world.now + DELAYED_ACK);
        }
    }

    fn closing_think(&self) -> u64 {
        self.setup.close.after()
    }

    fn app_in(&mut self, id: u32, think: u64, world: &mut World) {
        if !self.app_scheduled {
            self.app_scheduled = true;
            self.schedule(world.now + think, What::App(id), world);
        }
    }

    /// Hands the next message of the dialog to its sender, or closes.
    pub fn app(&mut self, id: u32, world: &mut World) {
        self.app_scheduled = false;
        if self.over {
            return;
        }
        let Some(message) = self.setup.dialog.get(self.next_message) else {
            return self.shut(id, world);
        };
        let (side, len, keep_alive) = (message.from, message.len(), message.keep_alive);
        let start = self.end(side).queued;
        self.starts.push(start);
        self.end(side).queued = start + len;
        self.next_message += 1;
        if keep_alive {
            self.probe(id, side, world);
        }
        match self.setup.dialog.get(self.next_message) {
            Some(next) if next.from == side => self.app_in(id, next.think, world),
            None if self.setup.close.side() == Some(side) => {
                self.app_in(id, self.closing_think(), world)
            }
            _ => {
                let until = self.end(side).queued;
                self.wait = Some((1 - side, until));
            }
        }
        self.try_send(id, side, world);
        self.arm(id, side, world);
    }

    fn shut(&mut self, id: u32, world: &mut World) {
        match self.setup.close {
            Close::Leave => {}
            Close::Reset { side, .. } => self.reset(id, side, flag::RST | flag::ACK, world),
            Close::Finish { side, .. } => {
                self.end(side).fin_queued = true;
                self.try_send(id, side, world);
                self.arm(id, side, world);
            }
        }
    }

    /// Sends what is queued as far as windows allow.
    fn try_send(&mut self, id: u32, side: usize, world: &mut World) {
        let mss = u64::from(self.setup.mss);
        let option_bytes = if self.setup.timestamps { 12 } else { 0 };
        let size = mss - option_bytes;
        loop {
            let end = self.end(side);
            if end.next == 0 || self.over {
                return;
            }
            let end = self.end(side);
            if end.next >= end.queued {
                if end.fin_queued && end.fin_start.is_none() {
                    end.fin_start = Some(end.next);
                    self.push(id, side, 0, flag::FIN | flag::ACK, 0, 0, 0, world);
                }
                return;
            }
            let flying = end.next - end.unacked;
            let room = end.peer_limit.saturating_sub(end.next);
            let (allowed, next) = (end.window + u64::from(end.dup_acks) * mss, end.next);
            let Some((message, offset, left)) = self.locate(side, next) else {
                return;
            };
            let len = left.min(size);
            if flying > 0 && flying + len > allowed {
                return;
            }
            let len = len.min(room);
            if len == 0 {
                let wait = self.timeout(side);
                let end = self.end(side);
                if end.sent.is_empty() && end.resend_at.is_none() {
                    end.resend_at = Some(world.now + wait);
                    self.arm(id, side, world);
                }
                return;
            }
            let push = if len == left { flag::PSH } else { 0 };
            self.push(
                id,
                side,
                len as u32,
                flag::ACK | push,
                message,
                offset,
                0,
                world,
            );
        }
    }

    /// The message that stream offset `next` of a side lies in: number, offset within, bytes left.
    fn locate(&mut self, side: usize, next: u64) -> Option<(u32, u64, u64)> {
        let cursor = self.end(side).message as usize;
        for (index, message) in self
            .setup
            .dialog
            .iter()
            .enumerate()
            .take(self.next_message)
            .skip(cursor)
        {
            let start = self.starts.get(index).copied()?;
            if message.from == side && next < start + message.len() {
                let found = (index as u32, next - start, start + message.len() - next);
                self.end(side).message = index as u32;
                return Some(found);
            }
        }
        None
    }
}

fn add_island(islands: &mut Vec<(u64, u64)>, start: u64, stop: u64) {
    let (mut left, mut right) = (start, stop);
    islands.retain(|(from, to)| {
        let touches = *from <= right && left <= *to;
        if touches {
            left = left.min(*from);
            right = right.max(*to);
        }
        !touches
    });
    islands.push((left, right));
}
