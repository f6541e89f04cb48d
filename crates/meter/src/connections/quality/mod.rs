//! How well TCP carries the data of a connection: losses on either side of the monitor, reordering, copies, round
//! trips, windows. Works in sequence space, so that IPv6 and senders with constant IP ids are measured alike.

mod flow;
mod gaps;
mod hello;
mod ids;
mod lately;
mod rtt;
mod window;

use wire::decode::{TcpOption, tcp_options};

use super::record::TcpQuality;
use super::tcp::Segment;
use flow::{Context, Flow, Seen, Verdict};
use rtt::Times;
use window::Window;

pub(super) use hello::observe as observe_hello;
pub(super) use hello::{Hello, Offer};

/// A round trip of which only a part is known is taken for no shorter than this.
const SHORT_PATH_NS: i64 = 2_000_000;
/// From the first to the last data segment of a side, at least, for rates.
const SUSTAINED_NS: i64 = 1_000_000;

/// The running measures of both sides, kept once there is payload.
#[derive(Debug, Default)]
pub(super) struct Quality {
    sides: [Side; 2],
}

/// How far a side has come before its first payload, as far as that is known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reached {
    /// Its next sequence number.
    pub(super) next: Option<u32>,
    /// What the other side acknowledged last.
    pub(super) acked: Option<u32>,
}

impl Reached {
    /// Before a first segment with payload: what lies before the next number was sent before the capture, if it is no
    /// keep-alive of one byte.
    pub(super) fn or_at(self, segment: &Segment) -> Self {
        if segment.syn() {
            return Self {
                next: Some(segment.seq.wrapping_add(1)),
                acked: None,
            };
        }
        let Some(next) = self.next else { return self };
        let ahead = next.wrapping_sub(segment.seq) as i32;
        let probes = ahead == 1 && segment.len == 1 && self.acked == Some(next);
        if segment.len > 0 && ahead > 0 && !probes {
            Self::default()
        } else {
            self
        }
    }
}

/// One side: its data, its windows, the way to it.
#[derive(Debug, Default)]
struct Side {
    flow: Flow,
    window: Window,
    /// Round trips between the monitor and this side.
    rtt: Times,
    acks: bool,
    duplicates: u64,
    reordered: u64,
    lost_upstream: u64,
    seen_before: u64,
    spurious: u64,
    fast: u64,
    timeout: u64,
    keep_alives: u64,
    window_probes: u64,
    dup_acks: u64,
}

impl Quality {
    /// Of sides that have come so far. `began_ns`: time of the first packet, which alone can have closed its window.
    pub(super) fn starting_at(reached: [Reached; 2], hellos: &[Hello; 2], began_ns: i64) -> Self {
        let mut quality = Self::default();
        for (side, start) in quality.sides.iter_mut().zip(reached) {
            if let Some(seq) = start.next {
                side.flow.start(seq);
                if let Some(ack) = start.acked {
                    side.flow.acked_before(ack);
                }
            }
        }
        let [first, second] = &mut quality.sides;
        let [orig, resp] = hellos;
        let shift = |side| hello::shift(hellos, side);
        first.offered_before(&mut second.flow, orig.acks_window, shift(0), began_ns);
        second.offered_before(&mut first.flow, resp.acks_window, shift(1), began_ns);
        quality
    }

    /// Whether a segment tells something before there is payload: it brings payload, ends its side, probes an idle
    /// connection, closes its window, or acknowledges what was not seen. A first packet without payload does not.
    pub(super) fn begins_with(
        segment: &Segment,
        mine: Reached,
        other: Reached,
        hellos: &[Hello; 2],
    ) -> bool {
        if segment.rst() {
            return false;
        }
        if segment.len > 0 || segment.fin() {
            return true;
        }
        let follows = mine.next.is_some() || other.next.is_some();
        if segment.syn() || !follows {
            return false;
        }
        let probes = mine.next == Some(segment.seq.wrapping_add(1));
        let closes = segment.acks() && segment.window == 0;
        let closed = hellos.iter().any(|hello| hello.acks_window == Some(0));
        probes || closes || closed
    }

    pub(super) fn flip(&mut self) {
        self.sides.swap(0, 1);
    }

    /// Takes a segment of `side` in. `v4`: its IP id means something.
    pub(super) fn observe(
        &mut self,
        segment: &Segment,
        options: &[u8],
        v4: bool,
        side: usize,
        hellos: &[Hello; 2],
    ) {
        let [first, second] = &mut self.sides;
        let (mine, other) = if side == 0 {
            (first, second)
        } else {
            (second, first)
        };
        let mut sacks = [(0, 0); 4];
        let mut sack_count = 0;
        let mut stamp = None;
        for option in tcp_options(options) {
            match option {
                TcpOption::Timestamps { value, echo } => stamp = Some((value, echo)),
                TcpOption::Sack(blocks) => {
                    for (place, block) in sacks.iter_mut().zip(blocks) {
                        *place = block;
                        sack_count += 1;
                    }
                }
                _ => {}
            }
        }
        let seen = Seen {
            time_ns: segment.time_ns,
            seq: segment.seq.wrapping_add(u32::from(segment.syn())),
            len: segment.len,
            ack: segment.ack,
            window: segment.window,
            flags: segment.flags,
            id: v4.then_some(segment.ip_id as u16),
            stamp,
        };
        if segment.rst() {
            return;
        }
        let sacks = sacks.get(..sack_count).unwrap_or_default();
        let rtts = [hello_rtt(hellos, side), hello_rtt(hellos, 1 - side)];
        let copies = mine.duplicates + other.duplicates;
        let data_pkts = mine.flow.data_pkts + other.flow.data_pkts;
        mine.flow.is_doubled = copies > 0 && copies * 3 >= data_pkts;
        let is_copy = mine.send(&seen, segment, sacks, other, rtts);
        // What a copy says was said.
        if segment.acks() && !is_copy {
            let pure = segment.len == 0 && !segment.syn() && !segment.fin();
            mine.acknowledge(&seen, sacks, pure, other);
            if !segment.syn() {
                let shift = hello::shift(hellos, side);
                let ack = other.flow.top()
                    + i64::from(segment.ack.wrapping_sub(other.flow.top() as u32) as i32);
                mine.window.offered(
                    segment.window,
                    shift,
                    ack,
                    other.flow.top(),
                    segment.time_ns,
                );
            }
        }
    }

    /// The measures of a side so far.
    pub(super) fn report(
        &self,
        side: usize,
        hellos: &[Hello; 2],
        pkts: u64,
        end_ns: i64,
    ) -> TcpQuality {
        let [first, second] = &self.sides;
        let (mine, other) = if side == 0 {
            (first, second)
        } else {
            (second, first)
        };
        let mut quality = bare(side, hellos, pkts, mine.duplicates);
        let flow = &mine.flow;
        let scaled = hello::shift(hellos, 1 - side).is_some();
        let acked = other.acks;
        let quantiles = mine.rtt.quantiles();
        let span_ns = flow.last_ns - flow.first_ns;
        // What goes out at once tells how fast the sender writes, not what the path carries.
        let around = quantiles
            .map(|q| q.0)
            .or_else(|| hello::of(hellos, 1 - side).rtt_ns());
        let sustained = span_ns >= around.unwrap_or(0).max(SUSTAINED_NS);
        let rate = |bytes: u64| {
            (flow.data_pkts > 1 && sustained).then(|| bytes as f64 * 8e9 / span_ns as f64)
        };
        let handshake_end = hello::end_ns(hellos);
        quality.data_pkts = flow.data_pkts;
        quality.pure_acks = pkts.saturating_sub(flow.data_pkts);
        quality.payload_bytes = flow.payload_bytes;
        quality.unique_bytes = flow.unique_bytes;
        quality.rexmit_pkts = mine.lost_upstream + mine.seen_before;
        quality.rexmit_bytes = flow.rexmit_bytes;
        quality.rexmit_seen_pkts = mine.seen_before;
        quality.lost_upstream_pkts = mine.lost_upstream;
        quality.lost_downstream_pkts = mine.seen_before.saturating_sub(mine.spurious);
        quality.spurious_pkts = acked.then_some(mine.spurious);
        quality.fast_rexmit_pkts = acked.then_some(mine.fast);
        quality.timeout_rexmit_pkts = acked.then_some(mine.timeout);
        quality.reordered_pkts = mine.reordered;
        quality.duplicate_pkts += mine.duplicates;
        quality.keep_alives = mine.keep_alives;
        quality.window_probes = mine.window_probes;
        quality.dup_acks = mine.dup_acks;
        quality.zero_windows = mine.window.zero_windows;
        quality.zero_window_ns = mine.window.zero_ns(end_ns);
        quality.window_fulls = scaled.then_some(other.window.fulls);
        quality.window_full_ns = scaled.then(|| other.window.full_ns(end_ns));
        quality.unseen_bytes = flow.unseen_bytes();
        quality.rtt_count = mine.rtt.count;
        quality.rtt_min_ns = mine.rtt.min_ns();
        quality.rtt_median_ns = quantiles.map(|q| q.0);
        quality.rtt_p95_ns = quantiles.map(|q| q.1);
        quality.throughput_bps = rate(flow.payload_bytes);
        quality.goodput_bps = rate(flow.unique_bytes);
        quality.max_window = hello::shift(hellos, side).map(|_| mine.window.max);
        quality.first_data_ns = handshake_end
            .filter(|_| flow.data_pkts > 0)
            .map(|end| (flow.first_ns - end).max(0));
        quality
    }
}

/// What is known of a side without any payload in the connection, given the copies that were counted elsewhere.
pub(super) fn bare(side: usize, hellos: &[Hello; 2], pkts: u64, copies: u64) -> TcpQuality {
    let hello = hello::of(hellos, side);
    let said = hello.said();
    let (copies, syns) = hello.copies_and_repeats(pkts, copies);
    TcpQuality {
        pure_acks: pkts,
        syn_rexmit_pkts: syns,
        duplicate_pkts: copies,
        handshake_rtt_ns: hello.rtt_ns(),
        mss: hello.offer.mss,
        window_scale: hello.offer.scale,
        sack_permitted: said.then_some(hello.offer.sack),
        timestamps: said.then_some(hello.offer.timestamps),
        init_window: said.then_some(u32::from(hello.window)),
        ..TcpQuality::default()
    }
}

fn hello_rtt(hellos: &[Hello; 2], side: usize) -> Option<i64> {
    hello::of(hellos, side).rtt_ns()
}

impl Side {
    /// The window of this side's last acknowledgment before the first payload of the other.
    fn offered_before(&mut self, to: &mut Flow, raw: Option<u16>, shift: Option<u8>, now: i64) {
        let Some(raw) = raw else { return };
        let top = to.top();
        to.last_window = raw;
        self.window
            .offered(raw, shift, to.acked().unwrap_or(top), top, now);
    }

    /// This side sends a segment; whether it is a copy of one. `hello_rtts`: of the handshake, to this side and to the
    /// other.
    fn send(
        &mut self,
        seen: &Seen,
        segment: &Segment,
        sacks: &[(u32, u32)],
        other: &mut Side,
        hello_rtts: [Option<i64>; 2],
    ) -> bool {
        let [mine_rtt, other_rtt] = hello_rtts;
        if segment.len == 0 {
            let verdict = if segment.syn() {
                self.flow.control(seen.seq);
                Verdict::New
            } else if segment.fin() {
                self.flow.fin(seen)
            } else {
                let sacked = sacks.iter().fold(0_u64, |all, (left, right)| {
                    all.rotate_left(16) ^ (u64::from(*left) << 32 | u64::from(*right))
                });
                self.flow.empty(seen, sacked)
            };
            self.duplicates += u64::from(verdict == Verdict::Duplicate);
            self.keep_alives += u64::from(verdict == Verdict::KeepAlive);
            return verdict == Verdict::Duplicate;
        }
        let shortest = |samples: &Times, hello: Option<i64>| match (samples.min_ns(), hello) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let to_sender = shortest(&self.rtt, mine_rtt);
        let to_receiver = shortest(&other.rtt, other_rtt);
        let context = Context {
            acks_seen: other.acks,
            path_ns: match (to_sender, to_receiver) {
                (Some(a), Some(b)) => Some(a + b),
                // Of one part: the whole is longer.
                (a, b) => a.or(b).map(|part| part.max(SHORT_PATH_NS)),
            },
            sender_ns: mine_rtt,
        };
        self.flow.peer_window_closed = other.window.is_closed();
        let verdict = self.flow.data(seen, &context);
        match verdict {
            Verdict::New => {}
            Verdict::Duplicate => self.duplicates += 1,
            Verdict::Reordered => self.reordered += 1,
            Verdict::KeepAlive => self.keep_alives += 1,
            Verdict::WindowProbe => self.window_probes += 1,
            Verdict::LostUpstream { fast } => {
                self.lost_upstream += 1;
                self.count_trigger(fast);
            }
            Verdict::SeenBefore { fast, needless } => {
                self.seen_before += 1;
                self.spurious += u64::from(needless);
                self.count_trigger(fast);
            }
        }
        if segment.fin() {
            self.flow
                .control(seen.seq.wrapping_add(seen.len).wrapping_add(1));
        }
        if verdict != Verdict::WindowProbe {
            other.window.used(self.flow.top(), seen.time_ns);
        }
        verdict == Verdict::Duplicate
    }

    fn count_trigger(&mut self, fast: bool) {
        if fast {
            self.fast += 1;
        } else {
            self.timeout += 1;
        }
    }

    /// This side acknowledges data of the other.
    fn acknowledge(&mut self, seen: &Seen, sacks: &[(u32, u32)], pure: bool, other: &mut Side) {
        self.acks = true;
        let (duplicate, needless) = other.flow.acknowledged(seen, sacks, pure);
        self.dup_acks += u64::from(duplicate);
        other.spurious += needless;
        let top = other.flow.top();
        let ack = top + i64::from(seen.ack.wrapping_sub(top as u32) as i32);
        if let Some(time) = other.flow.probes.acked(ack, seen.time_ns) {
            self.rtt.add(time);
        }
    }
}
