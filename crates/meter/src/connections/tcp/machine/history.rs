//! What a segment adds to the history of its connection.

use super::Run;
use crate::connections::history::Mark;
use crate::connections::tcp::Segment;
use crate::connections::tcp::endpoint::State;

impl Run<'_> {
    /// A letter for the flags; SYN, FIN and RST with another sequence number than the last one count again.
    #[inline]
    pub(super) fn note_history(&mut self, segment: &Segment, side: usize, rel_seq: u64) {
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
            return;
        }
        let (mark, letter, seq, last) = if segment.syn() {
            let letter = if segment.acks() { b'H' } else { b'S' };
            (Mark::Syn, letter, rel_seq as u32, &mut end.history_syn)
        } else if segment.fin() {
            let fin = (rel_seq as u32).wrapping_add(segment.len);
            (Mark::Fin, b'F', fin, &mut end.history_fin)
        } else if segment.rst() {
            (Mark::Rst, b'R', rel_seq as u32, &mut end.history_rst)
        } else {
            if segment.len > 0 {
                history.check(Mark::Data, b'D', is_orig);
            } else if segment.acks() {
                history.check(Mark::Ack, b'A', is_orig);
            }
            return;
        };
        if history.check(mark, letter, is_orig) && seq != *last {
            history.add(letter, is_orig);
        }
        *last = seq;
    }

    #[inline]
    pub(super) fn note_window(&mut self, segment: &Segment, side: usize) {
        if segment.window != 0 || segment.rst() || self.bro25() {
            return;
        }
        let peer = self.tcp.end(1 - side).state;
        let end = self.tcp.end_mut(side);
        if peer != State::Closed && end.state != State::Reset && end.zero_windows.count() {
            self.conn.history.add(b'W', side == 0);
        }
    }
}
