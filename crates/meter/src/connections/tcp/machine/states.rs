//! The states of both sides, and how a segment moves them on.

use super::Run;
use crate::connections::tcp::Segment;
use crate::connections::tcp::endpoint::State;
use crate::connections::watch::News;

impl Run<'_> {
    fn enter(&mut self, side: usize, state: State) {
        let peer = self.tcp.end(1 - side).state;
        if self.tcp.end_mut(side).enter(state, peer) {
            let timeout = self.config.tcp_inactivity_ns;
            self.conn
                .alarms
                .set_inactivity(self.conn.touched_ns, timeout);
        }
    }

    /// Moves the states on; `Some` when this side closes now, with whether that is worth a report.
    #[inline]
    pub(super) fn step(&mut self, segment: &Segment, side: &mut usize) -> Option<bool> {
        match self.tcp.end(*side).state {
            State::Inactive => self.when_inactive(segment, side),
            State::SynSent | State::SynAckSent => self.when_syn_sent(segment, *side),
            State::Established | State::Partial => self.when_established(segment, *side),
            State::Closed => {
                let other_closed = self.tcp.end(1 - *side).state == State::Closed;
                if segment.rst() && !other_closed {
                    self.enter(*side, State::Reset);
                    self.tcp.reset_after_fin = true;
                    return (!self.tcp.end(*side).did_close).then_some(false);
                }
                None
            }
            State::Reset => None,
        }
    }

    fn when_inactive(&mut self, segment: &Segment, side: &mut usize) -> Option<bool> {
        let mut close = None;
        if segment.syn() {
            if *side == 0 {
                self.enter(
                    0,
                    if segment.acks() {
                        State::SynAckSent
                    } else {
                        State::SynSent
                    },
                );
                self.conn.alarms.attempt =
                    segment.time_ns.saturating_add(self.config.syn_attempt_ns);
            } else {
                let peer = self.tcp.end(0);
                let reversed =
                    peer.state == State::SynAckSent && segment.seq == self.tcp.end(1).start_seq;
                if !segment.acks() && reversed {
                    // SYN and SYN-ACK came in the wrong order: this is the originator.
                    self.tcp.partial = false;
                    self.flip();
                    *side = 0;
                    self.enter(1, State::Established);
                }
                if self.tcp.end(1 - *side).state == State::SynSent {
                    self.enter(1 - *side, State::Established);
                }
                self.enter(*side, State::Established);
                if self.tcp.end(1 - *side).state != State::Partial {
                    self.tcp.news.add(News::ESTABLISHED);
                }
            }
        }
        let side = *side;
        if segment.fin() {
            self.enter(side, State::Closed);
            close = Some(true);
        }
        if segment.rst() {
            self.enter(side, State::Reset);
            let peer = self.tcp.end(1 - side).state;
            let refused = match side {
                0 => peer == State::Established,
                _ => matches!(peer, State::SynSent | State::SynAckSent),
            };
            if refused {
                self.tcp.news.add(News::REJECTED);
            }
            close = Some(!refused);
        }
        if self.tcp.end(side).state == State::Inactive {
            let peer = self.tcp.end(1 - side).state;
            if side == 1 && segment.len == 0 && peer == State::SynSent {
                // An ACK before the SYN-ACK: some stacks do that.
            } else if segment.acks() && peer == State::Established {
                // Only the SYN was missed.
                self.enter(side, State::Established);
                self.tcp.partial = false;
            } else {
                self.enter(side, State::Partial);
                if peer == State::Partial {
                    self.tcp.news.add(News::PARTIAL);
                }
            }
        }
        close
    }

    fn when_syn_sent(&mut self, segment: &Segment, side: usize) -> Option<bool> {
        let mut close = None;
        if segment.fin() {
            self.enter(side, State::Closed);
            close = Some(true);
        }
        if segment.rst() {
            self.enter(side, State::Reset);
            self.tcp.active = false;
            self.tcp.news.add(News::RESET);
            close = Some(close.unwrap_or(false));
        }
        close
    }

    fn when_established(&mut self, segment: &Segment, side: usize) -> Option<bool> {
        let mut close = None;
        let peer = 1 - side;
        if segment.syn()
            && self.tcp.end(side).state == State::Partial
            && self.tcp.end(peer).state == State::Inactive
            && !segment.acks()
        {
            self.enter(side, State::SynSent);
        }
        if segment.fin() && !segment.rst() {
            self.enter(side, State::Closed);
            let other = self.tcp.end(peer);
            if other.state == State::Reset && other.before == State::Closed {
                // A FIN and then a RST of the peer: a normal end after all.
                self.enter(peer, State::Closed);
            }
            close = Some(true);
        }
        if segment.rst() {
            self.enter(side, State::Reset);
            close = Some(close.unwrap_or(false));
            let other = self.tcp.end(peer);
            if other.state != State::Reset || other.before != State::Established {
                self.tcp.active = false;
                self.tcp.news.add(News::RESET);
            }
        }
        close
    }

    fn flip(&mut self) {
        self.tcp.ends.swap(0, 1);
        self.tcp.first_seen.swap(0, 1);
        self.tcp.hellos.swap(0, 1);
        self.conn.flip();
    }
}
