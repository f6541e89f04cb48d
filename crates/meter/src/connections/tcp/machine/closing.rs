//! How a connection comes to its end: what is acknowledged, the end of each stream, the close.

use super::Run;
use crate::connections::conn::NEVER;
use crate::connections::tcp::endpoint::State;
use crate::connections::watch::News;

impl Run<'_> {
    /// Takes what `side` was told to have been received: its stream moves on, and what was never seen is a gap.
    #[inline]
    pub(super) fn ack_received(&mut self, side: usize, rel_ack: u64) {
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

    /// Notes the end of what a side sends, once all of it was delivered.
    #[inline]
    pub(super) fn check_eof(&mut self, side: usize) {
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
    pub(super) fn closed(&mut self, side: usize, report: bool) {
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
                if *place == NEVER {
                    *place = at;
                    break;
                }
            }
        }
    }
}
