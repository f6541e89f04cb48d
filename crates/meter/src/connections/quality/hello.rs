//! What the handshake says: options, first window, round trips on both sides of the monitor.

use wire::decode::{TcpOption, tcp_options};

use crate::connections::conn::NEVER;
use crate::connections::tcp::Segment;

/// Time after which senders repeat a SYN (RFC 6298).
const SYN_TIMEOUT_NS: i64 = 1_000_000_000;

/// A SYN that says the same within this is a copy, or the answer to one.
const AT_ONCE_NS: i64 = 1_000_000;

/// The handshake of one side. Small: every connection has two of them.
#[derive(Clone, Copy, Debug)]
pub(in crate::connections) struct Hello {
    /// Time of its last SYN or SYN-ACK.
    syn_ns: i64,
    /// When it answered the other side's SYN or SYN-ACK.
    answered_ns: i64,
    /// Negative when it is not known.
    rtt_ns: i64,
    syn_id: u32,
    /// IP id of its last acknowledgment before there is payload; copies of later ones are not counted here.
    acks_id: u32,
    syns: u16,
    /// SYNs without an IP id that come again at once: copies, or sent again since the other side's was copied.
    doubtful: u16,
    copies: u16,
    pub(super) window: u16,
    /// Window of its last acknowledgment that is no SYN.
    pub(in crate::connections) acks_window: Option<u16>,
    pub(super) offer: Offer,
}

/// The options of a SYN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::connections) struct Offer {
    pub(super) mss: Option<u16>,
    pub(super) scale: Option<u8>,
    pub(super) sack: bool,
    pub(super) timestamps: bool,
}

impl Default for Hello {
    fn default() -> Self {
        Self {
            syn_ns: NEVER,
            answered_ns: NEVER,
            rtt_ns: -1,
            syn_id: 0,
            acks_id: 0,
            syns: 0,
            doubtful: 0,
            copies: 0,
            window: 0,
            acks_window: None,
            offer: Offer::default(),
        }
    }
}

impl Hello {
    /// Of a side that has sent one SYN.
    pub(in crate::connections) fn of(segment: &Segment, offer: Offer) -> Self {
        Self {
            syn_ns: segment.time_ns,
            syn_id: segment.ip_id,
            syns: 1,
            window: segment.window,
            offer,
            ..Self::default()
        }
    }

    /// A SYN was seen.
    pub(in crate::connections) fn said(&self) -> bool {
        self.syns > 0
    }

    pub(super) fn rtt_ns(&self) -> Option<i64> {
        (self.rtt_ns >= 0).then_some(self.rtt_ns)
    }

    /// Copies and SYNs sent again, of a side that sent so many packets, of which so many were copies beside these.
    pub(super) fn copies_and_repeats(&self, pkts: u64, copies: u64) -> (u64, u64) {
        let (doubtful, certain) = (u64::from(self.doubtful), u64::from(self.copies));
        let repeats = u64::from(self.syns.saturating_sub(1));
        let others = pkts.saturating_sub(u64::from(self.syns) + doubtful);
        // Where each packet was captured twice, this one was.
        if copies + certain > 0 && (copies + certain) * 3 >= others {
            (certain + doubtful, repeats)
        } else {
            (certain, repeats + doubtful)
        }
    }
}

/// Takes a segment of `side` in, as far as it belongs to the handshake.
pub(in crate::connections) fn observe(
    hellos: &mut [Hello; 2],
    segment: &Segment,
    options: &[u8],
    side: usize,
    before_payload: bool,
) {
    let [first, second] = hellos;
    let (mine, other) = if side == 0 {
        (first, second)
    } else {
        (second, first)
    };
    if segment.syn() {
        let offer = Offer::read(options);
        let same = mine.said() && segment.ip_id == mine.syn_id;
        if same && segment.ip_id != 0 {
            mine.copies = mine.copies.saturating_add(1);
            return;
        }
        let elapsed = segment.time_ns.saturating_sub(mine.syn_ns);
        let at_once = same && (0..AT_ONCE_NS).contains(&elapsed);
        if at_once && segment.window == mine.window && offer == mine.offer {
            mine.doubtful = mine.doubtful.saturating_add(1);
            return;
        }
        mine.syns = mine.syns.saturating_add(1);
        mine.syn_id = segment.ip_id;
        mine.syn_ns = segment.time_ns;
        mine.window = segment.window;
        mine.offer = offer;
    }
    if segment.acks() && !segment.syn() && !segment.rst() {
        let id = segment.ip_id;
        // One that its SYN had, too, tells nothing.
        let known = id != 0 && id == mine.acks_id && id != mine.syn_id;
        if segment.len == 0 && known && mine.acks_window == Some(segment.window) {
            mine.copies = mine.copies.saturating_add(1);
        }
        if before_payload {
            mine.acks_id = id;
        }
        mine.acks_window = Some(segment.window);
    }
    // The SYN-ACK answers the SYN, the first ACK answers the SYN-ACK; what was sent twice tells nothing.
    let answers = segment.acks() && !segment.rst() && mine.answered_ns == NEVER && other.said();
    if answers {
        mine.answered_ns = segment.time_ns;
        let single = other.syns == 1 && mine.syns <= 1;
        let rtt = segment.time_ns.saturating_sub(other.syn_ns);
        // A SYN goes out again after a second: a longer wait answers one that was not seen.
        mine.rtt_ns = if single && rtt < SYN_TIMEOUT_NS {
            rtt
        } else {
            -1
        };
    }
}

/// That of a side.
pub(super) fn of(hellos: &[Hello; 2], side: usize) -> &Hello {
    let [first, second] = hellos;
    if side == 0 { first } else { second }
}

/// When the handshake ended: the originator answered the SYN-ACK.
pub(super) fn end_ns(hellos: &[Hello; 2]) -> Option<i64> {
    let [orig, resp] = hellos;
    let both = orig.said() && resp.said() && orig.answered_ns != NEVER;
    both.then_some(orig.answered_ns)
}

/// How far the windows of a side are shifted; `None` when that is not known.
pub(super) fn shift(hellos: &[Hello; 2], side: usize) -> Option<u8> {
    let [orig, resp] = hellos;
    if !orig.said() || !resp.said() {
        return None;
    }
    match (orig.offer.scale, resp.offer.scale) {
        (Some(orig), Some(resp)) => Some(if side == 0 { orig } else { resp }),
        _ => Some(0),
    }
}

impl Offer {
    pub(in crate::connections) fn read(options: &[u8]) -> Self {
        let mut offer = Self::default();
        for option in tcp_options(options) {
            match option {
                TcpOption::MaximumSegmentSize(mss) => offer.mss = Some(mss),
                TcpOption::WindowScale(shift) => offer.scale = Some(shift.min(14)),
                TcpOption::SackPermitted => offer.sack = true,
                TcpOption::Timestamps { .. } => offer.timestamps = true,
                _ => {}
            }
        }
        offer
    }
}
