//! What a segment does to a connection: Zeek's TCP state machine.
//! Source: `TCP_Analyzer` (now `TCPSessionAdapter`), `TCP_Endpoint` and `TCP_Reassembler` in Zeek.

mod closing;
mod history;
mod states;

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

    fn note_first_ack(&mut self, side: usize) {
        let ready = matches!(
            self.tcp.end(side).state,
            State::Established | State::SynSent
        );
        if side == 0 && ready && !std::mem::replace(&mut self.tcp.seen_first_ack, true) {
            self.tcp.news.add(News::FIRST_ACK);
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
}
