//! What a segment does to a connection: Zeek's TCP state machine.
//! Source: `TCP_Analyzer` (now `TCPSessionAdapter`), `TCP_Endpoint` and `TCP_Reassembler` in Zeek.

use super::endpoint::{State, TOO_LARGE};
use super::{Segment, Tcp};
use crate::connections::config::{Config, Dialect};
use crate::connections::conn::Conn;
use crate::connections::history::Mark;
use crate::connections::watch::News;

/// What the machine wants done to its connection besides.
struct Run<'a> {
    tcp: &'a mut Tcp,
    conn: &'a mut Conn,
    config: &'a Config,
}

/// Takes one segment of `side` (0 originator, 1 responder) in; returns the side it belongs to afterwards, since the
/// sides can change places.
pub(in crate::connections) fn deliver(
    conn: &mut Conn,
    segment: &Segment,
    side: usize,
    config: &Config,
) -> usize {
    let Some(mut tcp) = conn.tcp.take() else {
        return side;
    };
    let side = Run {
        tcp: &mut tcp,
        conn,
        config,
    }
    .deliver(segment, side);
    conn.tcp = Some(tcp);
    side
}

impl Run<'_> {
    fn bro25(&self) -> bool {
        self.config.dialect == Dialect::Bro25
    }

    fn deliver(&mut self, segment: &Segment, mut side: usize) -> usize {
        let peer = 1 - side;
        self.note_partial(segment, side);
        let past = segment.seq.wrapping_add(segment.seq_len());
        self.init_end(segment, side, past);
        let (rel_seq, underflow) = self.tcp.end(side).relative_seq(segment.seq);
        self.note_history(segment, side, rel_seq);
        self.note_window(segment, side);

        if !self.tcp.both_closed() {
            self.conn.last_ns = segment.time_ns;
        }
        if segment.fin() {
            let end = self.tcp.end_mut(side);
            end.fins = end.fins.saturating_add(1);
            end.fin_seq = rel_seq.wrapping_add(u64::from(segment.seq_len()));
        }

        let mut rel_ack = 0;
        if segment.acks() {
            self.note_first_ack(side);
            if self.tcp.end(peer).state == State::Inactive {
                rel_ack = 1;
                let start = segment.ack.wrapping_sub(1);
                self.tcp.end_mut(peer).init(start, start);
            } else {
                let (offset, underflow) = self.tcp.end(peer).relative_ack(segment.ack);
                if !underflow {
                    rel_ack = offset;
                    if !segment.rst() {
                        self.tcp.end_mut(peer).advance_ack(segment.ack);
                    }
                }
            }
            if self.bro25() {
                self.ack_received(peer, rel_ack);
            }
        }
        self.advance_last(segment, side, past);

        let close = self.step(segment, &mut side);
        if segment.acks() && !self.bro25() {
            self.ack_received(1 - side, rel_ack);
        }

        let data_seq = if segment.syn() {
            rel_seq.wrapping_add(1)
        } else {
            rel_seq
        };
        let usable = segment.len > 0 && segment.whole && !segment.rst() && !underflow;
        if usable {
            let size = self.tcp.size(side);
            let end = self.tcp.end_mut(side);
            let unacked = end.no_data_acked();
            end.stream
                .data(data_seq, u64::from(segment.len), unacked, size);
        }
        self.check_eof(side);
        if let Some(report) = close {
            self.closed(side, report);
        }

        self.tcp
            .end_mut(side)
            .stats
            .add(segment.ip_id, data_seq, segment.len);
        if let Some(seen) = self.tcp.first_seen.get_mut(side) {
            *seen = true;
        }
        side
    }

    fn note_partial(&mut self, segment: &Segment, side: usize) {
        let [orig_seen, resp_seen] = self.tcp.first_seen;
        if side == 0 && !orig_seen {
            self.tcp.partial = !segment.syn() || segment.acks();
        } else if side == 1 && !resp_seen && !self.tcp.partial {
            self.tcp.partial = !segment.syn();
        }
    }

    fn init_end(&mut self, segment: &Segment, side: usize, past: u32) {
        let bro25 = self.bro25();
        let end = self.tcp.end_mut(side);
        match end.state {
            State::Inactive if segment.syn() => end.init(segment.seq, past),
            State::Inactive => {
                // As if a SYN had been seen; today's Zeek does not take the first packet for a copy.
                end.init(
                    segment.seq.wrapping_sub(1),
                    if bro25 { past } else { segment.seq },
                );
            }
            State::SynSent | State::SynAckSent if segment.syn() && segment.seq != end.start_seq => {
                end.init(segment.seq, past);
            }
            State::Established | State::Partial if segment.syn() => end.init(segment.seq, past),
            // The RST before may have been forged.
            State::Reset if segment.syn() && end.before == State::Inactive => {
                end.init(segment.seq, past)
            }
            _ => {}
        }
    }

    fn note_history(&mut self, segment: &Segment, side: usize, rel_seq: u64) {
        let is_orig = side == 0;
        let history = &mut self.conn.history;
        let end = self.tcp.end_mut(side);
        let control = [segment.syn(), segment.fin(), segment.rst()]
            .iter()
            .filter(|set| **set)
            .count();
        if control > 1 {
            if segment.fin() && segment.rst() {
                history.check(Mark::FinRst, b'I', is_orig);
            } else {
                history.check(Mark::MultiFlag, b'Q', is_orig);
            }
        } else if segment.syn() {
            let letter = if segment.acks() { b'H' } else { b'S' };
            if history.check(Mark::Syn, letter, is_orig) && rel_seq as u32 != end.history_syn {
                history.add(letter, is_orig);
            }
            end.history_syn = rel_seq as u32;
        } else if segment.fin() {
            let fin = (rel_seq as u32).wrapping_add(segment.len);
            if history.check(Mark::Fin, b'F', is_orig) && fin != end.history_fin {
                history.add(b'F', is_orig);
            }
            end.history_fin = fin;
        } else if segment.rst() {
            if history.check(Mark::Rst, b'R', is_orig) && rel_seq as u32 != end.history_rst {
                history.add(b'R', is_orig);
            }
            end.history_rst = rel_seq as u32;
        } else if segment.len > 0 {
            history.check(Mark::Data, b'D', is_orig);
        } else if segment.acks() {
            history.check(Mark::Ack, b'A', is_orig);
        }
    }

    fn note_first_ack(&mut self, side: usize) {
        let ready = matches!(
            self.tcp.end(side).state,
            State::Established | State::SynSent
        );
        if side == 0 && ready && !std::mem::replace(&mut self.tcp.seen_first_ack, true) {
            self.tcp.news.add(News::FIRST_ACK);
        }
    }

    fn note_window(&mut self, segment: &Segment, side: usize) {
        if segment.window != 0 || segment.rst() || self.bro25() {
            return;
        }
        let peer = self.tcp.end(1 - side).state;
        let end = self.tcp.end_mut(side);
        if peer != State::Closed && end.state != State::Reset && end.zero_windows.count() {
            self.conn.history.add(b'W', side == 0);
        }
    }

    fn advance_last(&mut self, segment: &Segment, side: usize, past: u32) {
        let bro25 = self.bro25();
        let end = self.tcp.end_mut(side);
        let step = end.step_from_last(past);
        if (segment.syn() || segment.rst()) && !(-TOO_LARGE..=TOO_LARGE).contains(&step) {
            return;
        }
        if segment.fin() && end.last_seq == end.start_seq.wrapping_add(1) {
            // Of a connection of more than 2 GB, only the SYN and the FIN may have been seen.
            end.advance_last(past);
        } else if end.state == State::Reset {
        } else if step > 0 {
            end.advance_last(past);
        } else if segment.len > 0 {
            if bro25 {
                if step < 0 {
                    self.conn
                        .history
                        .check(Mark::Retransmission, b'T', side == 0);
                }
            } else if end.retransmitted.count() {
                self.conn.history.add(b'T', side == 0);
            }
        }
    }

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
    fn step(&mut self, segment: &Segment, side: &mut usize) -> Option<bool> {
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

    fn ack_received(&mut self, side: usize, rel_ack: u64) {
        // Bro 2.5 tells of gaps only while both sides are open.
        let bro25 = self.bro25();
        let clean = |state: State, before: State| {
            state == State::Established
                || !bro25 && state == State::Closed && before == State::Established
        };
        let told = self.tcp.ends.iter().all(|end| clean(end.state, end.before));
        let partial = self.tcp.partial;
        let end = self.tcp.end_mut(side);
        let mut seq = rel_ack;
        if end.fins > 0 && seq >= end.fin_seq {
            seq = end.fin_seq.wrapping_sub(1);
        }
        let mut missed = 0;
        let mut letters = 0;
        let gaps = &mut end.gaps;
        let news = end.stream.acked(seq, partial, &mut |len| {
            if told {
                missed += len;
                letters += u32::from(gaps.count());
            }
        });
        self.tcp.missed_bytes += missed;
        if !self.bro25() {
            (0..letters).for_each(|_| self.conn.history.add(b'G', side == 0));
        }
        if news {
            self.check_eof(side);
        }
    }

    fn data_pending(&self, side: usize) -> bool {
        self.tcp.end(side).data_pending(self.tcp.end(1 - side))
    }

    fn check_eof(&mut self, side: usize) {
        let end = self.tcp.end(side);
        let ended = end.fins > 0 || matches!(end.state, State::Closed | State::Reset);
        if end.stream.did_eof || !ended || self.data_pending(side) {
            return;
        }
        self.tcp.end_mut(side).stream.did_eof = true;
        self.tcp.news.add(if side == 0 {
            News::ORIG_EOF
        } else {
            News::RESP_EOF
        });
        if self.tcp.close_deferred {
            let report = self.tcp.deferred_report;
            self.closed(side, report);
            self.tcp.close_deferred = false;
        }
    }

    /// A side has closed: the connection is over when the other one has, too.
    fn closed(&mut self, side: usize, report: bool) {
        if self.data_pending(side) {
            self.tcp.close_deferred = true;
            self.tcp.deferred_report |= report;
            return;
        }
        self.tcp.close_deferred = false;
        let peer = self.tcp.end(1 - side);
        let (peer_closed, peer_state) = (peer.did_close, peer.state);
        let end = self.tcp.end_mut(side);
        if end.did_close {
            return;
        }
        end.did_close = true;
        let (state, before) = (end.state, end.before);
        let last = if self.bro25() {
            self.conn.last_ns
        } else {
            self.conn.touched_ns
        };
        let period = self.config.session_timer_ns;
        self.conn.alarms.resume(self.conn.touched_ns, period);
        if state == State::Reset || peer_closed || peer_state == State::Inactive {
            if before != State::Inactive || peer_state != State::Inactive {
                let report = report || std::mem::take(&mut self.tcp.deferred_report);
                if report {
                    self.tcp.news.add(News::FINISHED);
                    self.tcp.active = false;
                }
            }
            self.conn.alarms.cancel_tcp();
            self.conn.alarms.delete = self
                .conn
                .alarms
                .delete
                .min(last.saturating_add(self.config.close_delay_ns));
        } else if before != State::Inactive {
            let at = last.saturating_add(self.config.session_timer_ns);
            for place in &mut self.conn.alarms.session {
                if *place == crate::connections::conn::NEVER {
                    *place = at;
                    break;
                }
            }
        }
    }
}
