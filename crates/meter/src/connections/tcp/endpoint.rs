//! One side of a TCP connection: state and sequence numbers as Zeek keeps them.

use super::stats::IdStats;
use super::stream::Stream;
use crate::connections::history::Scaled;
use crate::connections::quality::Reached;

/// Zeek's states of an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::connections) enum State {
    /// Nothing was seen of it.
    #[default]
    Inactive,
    /// A SYN.
    SynSent,
    /// A SYN-ACK without the SYN before it.
    SynAckSent,
    /// Packets, but no SYN.
    Partial,
    /// A SYN and an answer.
    Established,
    /// A FIN.
    Closed,
    /// A RST.
    Reset,
}

impl State {
    fn handshake(self) -> bool {
        matches!(self, State::Inactive | State::SynSent | State::SynAckSent)
    }
}

/// One side.
#[derive(Clone, Debug, Default)]
pub(in crate::connections) struct End {
    pub(super) state: State,
    pub(super) before: State,
    pub(super) did_close: bool,
    pub(super) start_seq: u32,
    pub(super) last_seq: u32,
    pub(super) ack_seq: u32,
    seq_wraps: u32,
    ack_wraps: u32,
    pub(super) fins: u32,
    /// Offset after its FIN.
    pub(super) fin_seq: u64,
    pub(super) history_syn: u32,
    pub(super) history_fin: u32,
    pub(super) history_rst: u32,
    pub(super) retransmitted: Scaled,
    pub(super) zero_windows: Scaled,
    pub(super) gaps: Scaled,
    pub(super) stream: Stream,
    pub(super) stats: IdStats,
}

fn delta(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b) as i32
}

/// A number of a sequence that has wrapped around so often.
fn full(seq: u32, wraps: u32) -> u64 {
    u64::from(wraps) << 32 | u64::from(seq)
}

impl End {
    pub(super) fn init(&mut self, start: u32, last: u32) {
        self.start_seq = start;
        self.ack_seq = start;
        self.last_seq = last;
    }

    /// Changes the state; true when that ends the handshake of the connection.
    pub(super) fn enter(&mut self, state: State, peer: State) -> bool {
        if state == self.state {
            return false;
        }
        let ends = !state.handshake() && self.state.handshake() && peer.handshake();
        self.before = self.state;
        self.state = state;
        ends
    }

    /// Its offset of a sequence number near the last one it sent; true when that lies before its start.
    pub(super) fn relative_seq(&self, seq: u32) -> (u64, bool) {
        self.relative(seq, self.last_seq, self.seq_wraps)
    }

    /// The same near the last one that was acknowledged.
    pub(super) fn relative_ack(&self, ack: u32) -> (u64, bool) {
        self.relative(ack, self.ack_seq, self.ack_wraps)
    }

    fn relative(&self, seq: u32, last: u32, mut wraps: u32) -> (u64, bool) {
        let step = delta(seq, last);
        if step < 0 && wraps > 0 && seq > last {
            wraps -= 1;
        } else if step > 0 && seq < last {
            wraps += 1;
        }
        if wraps == 0 {
            let offset = delta(seq, self.start_seq);
            return (i64::from(offset) as u64, offset < 0);
        }
        (
            full(seq, wraps).wrapping_sub(u64::from(self.start_seq)),
            false,
        )
    }

    pub(super) fn advance_last(&mut self, seq: u32) {
        if seq < self.last_seq {
            self.seq_wraps += 1;
        }
        self.last_seq = seq;
    }

    pub(super) fn advance_ack(&mut self, ack: u32) {
        let step = delta(ack, self.ack_seq);
        // A jump to exactly 0 is rather a broken packet.
        if step <= 0 || ack == 0 && step > TOO_LARGE {
            return;
        }
        if ack < self.ack_seq {
            self.ack_wraps += 1;
        }
        self.ack_seq = ack;
    }

    pub(super) fn step_from_last(&self, seq: u32) -> i32 {
        delta(seq, self.last_seq)
    }

    /// None of its data was acknowledged (a SYN may have been).
    pub(super) fn no_data_acked(&self) -> bool {
        let ack = full(self.ack_seq, self.ack_wraps);
        let start = u64::from(self.start_seq);
        ack == start || ack == start + 1
    }

    /// How far it has come without payload. `said`: its SYN was seen.
    pub(super) fn reached(&self, said: bool) -> Reached {
        let acked = (self.ack_seq != self.start_seq).then_some(self.ack_seq);
        let after_start = self.start_seq.wrapping_add(1);
        match self.state {
            // All that is known of it is what the other side acknowledges.
            State::Inactive if self.start_seq == 0 => Reached::default(),
            State::Inactive => Reached {
                next: Some(after_start),
                acked: Some(after_start),
            },
            _ if said => Reached {
                next: Some(after_start),
                acked,
            },
            _ => Reached {
                next: Some(if delta(self.ack_seq, self.last_seq) > 0 {
                    self.ack_seq
                } else {
                    self.last_seq
                }),
                acked,
            },
        }
    }

    /// Payload bytes by sequence numbers.
    pub(super) fn size(&self, peer: &End) -> u64 {
        let half_open = self.before == State::SynSent
            && self.state == State::Reset
            && peer.state == State::Inactive;
        if half_open && !self.no_data_acked() {
            return 0;
        }
        let top = full(self.last_seq, self.seq_wraps).max(full(self.ack_seq, self.ack_wraps));
        let size = top
            .wrapping_sub(u64::from(self.start_seq))
            .saturating_sub(1);
        if self.fins > 0 {
            size.saturating_sub(1)
        } else {
            size
        }
    }

    /// Data was sent that was not delivered yet (or a peer waits for acknowledgments).
    pub(super) fn data_pending(&self, peer: &End) -> bool {
        if self.stream.skips() {
            return false;
        }
        let delivered = u64::from(self.start_seq).wrapping_add(self.stream.delivered());
        let last = full(self.last_seq, self.seq_wraps);
        if last < delivered {
            return false;
        }
        if delivered != last && delivered.wrapping_add(1) != last {
            return true;
        }
        self.state != State::Reset && peer.stream.holds_data()
    }
}

/// A step of sequence numbers that no packet makes.
pub(super) const TOO_LARGE: i32 = 1 << 20;
