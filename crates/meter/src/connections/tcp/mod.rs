//! TCP connections: Zeek's state machine, sequence numbers and byte counts.

mod endpoint;
mod machine;
mod stats;
mod stream;

use super::conn::Alarms;
use super::quality::{Hello, Offer, Reached};
use super::record::ConnState;
use super::watch::News;
use endpoint::End;

pub(super) use endpoint::State;
pub(super) use machine::deliver;

/// What a TCP connection keeps. Sides: 0 originator, 1 responder.
#[derive(Debug, Default)]
pub(super) struct Tcp {
    pub(super) ends: [End; 2],
    pub(super) hellos: [Hello; 2],
    /// Packets were missed at the start.
    partial: bool,
    first_seen: [bool; 2],
    /// Not yet reported as finished.
    active: bool,
    close_deferred: bool,
    deferred_report: bool,
    pub(super) missed_bytes: u64,
    seen_first_ack: bool,
    /// A FIN and then a RST of one side: a reset, unless the other side closes, too.
    reset_after_fin: bool,
    /// What happened and was not told yet.
    pub(super) news: News,
}

/// One segment, as the state machine wants it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) time_ns: i64,
    pub(super) seq: u32,
    pub(super) ack: u32,
    pub(super) flags: u16,
    pub(super) window: u16,
    /// Payload length as the headers say.
    pub(super) len: u32,
    /// All of the payload was captured.
    pub(super) whole: bool,
    /// IP identification.
    pub(super) ip_id: u32,
}

pub(super) const FIN: u16 = 1;
pub(super) const SYN: u16 = 2;
pub(super) const RST: u16 = 4;
pub(super) const ACK: u16 = 16;

impl Segment {
    pub(super) fn syn(&self) -> bool {
        self.flags & SYN != 0
    }
    pub(super) fn fin(&self) -> bool {
        self.flags & FIN != 0
    }
    pub(super) fn rst(&self) -> bool {
        self.flags & RST != 0
    }
    pub(super) fn acks(&self) -> bool {
        self.flags & ACK != 0
    }
    /// Sequence numbers that it takes; a RST's payload takes none.
    fn seq_len(&self) -> u32 {
        let payload = if self.rst() { 0 } else { self.len };
        payload
            .wrapping_add(u32::from(self.syn()))
            .wrapping_add(u32::from(self.fin()))
    }
}

/// A SYN that nothing has followed yet: most connections of a scan or a flood are no more than that.
#[derive(Clone, Copy, Debug)]
pub(super) struct LoneSyn {
    segment: Segment,
    offer: Offer,
}

impl LoneSyn {
    /// The first segment of a connection, when it is a SYN like any other.
    pub(super) fn of(segment: &Segment, options: &[u8]) -> Option<Self> {
        let plain = segment.flags & (SYN | ACK | FIN | RST) == SYN
            && segment.len == 0
            && segment.window != 0;
        plain.then(|| Self {
            segment: *segment,
            offer: Offer::read(options),
        })
    }

    /// Whether a packet begins a new connection between the same ports.
    pub(super) fn is_reused_by(&self, segment: &Segment) -> bool {
        segment.syn() && !segment.acks() && segment.seq != self.segment.seq
    }

    /// The state that the SYN brings about.
    pub(super) fn tcp(&self) -> Tcp {
        let mut tcp = Tcp::new();
        let [orig, _] = &mut tcp.ends;
        orig.init(self.segment.seq, self.segment.seq.wrapping_add(1));
        orig.enter(State::SynSent, State::Inactive);
        orig.stats.add(self.segment.ip_id, 1, 0);
        tcp.first_seen = [true, false];
        tcp.hellos = [Hello::of(&self.segment, self.offer), Hello::default()];
        tcp
    }
}

impl Tcp {
    pub(super) fn new() -> Self {
        Self {
            active: true,
            ..Self::default()
        }
    }

    fn end(&self, side: usize) -> &End {
        let [orig, resp] = &self.ends;
        if side == 0 { orig } else { resp }
    }

    fn end_mut(&mut self, side: usize) -> &mut End {
        let [orig, resp] = &mut self.ends;
        if side == 0 { orig } else { resp }
    }

    pub(super) fn states(&self) -> (State, State) {
        (self.end(0).state, self.end(1).state)
    }

    /// What is left to tell at its end; `attempted`: its SYN still waits for an answer.
    pub(super) fn last_news(&self, attempted: bool) -> News {
        let mut news = self.news;
        let (orig, resp) = self.states();
        let waiting = matches!(orig, State::SynSent | State::SynAckSent) && resp == State::Inactive;
        if self.active && self.reset_after_fin {
            news.add(News::RESET);
        } else if self.active && attempted && waiting {
            news.add(News::ATTEMPT);
        }
        news
    }

    /// How far both sides have come, while neither has sent payload.
    pub(super) fn reached(&self) -> [Reached; 2] {
        let [orig, resp] = &self.ends;
        let [first, second] = &self.hellos;
        [orig.reached(first.said()), resp.reached(second.said())]
    }

    /// Whether its start was missed.
    pub(super) fn is_partial(&self) -> bool {
        self.partial
    }

    /// Whether it was neither finished, rejected, reset nor given up.
    pub(super) fn is_open(&self) -> bool {
        self.active && !self.both_closed()
    }

    pub(super) fn both_closed(&self) -> bool {
        self.ends.iter().all(|end| end.did_close)
    }

    /// Whether a packet begins a new connection between the same ports.
    pub(super) fn is_reused_by(&self, segment: &Segment) -> bool {
        if !segment.syn() {
            return false;
        }
        let [orig, resp] = &self.ends;
        let mut starter = orig;
        if segment.acks() {
            if orig.state != State::Inactive {
                return false;
            }
            starter = resp;
        }
        if orig.did_close || resp.did_close {
            return true;
        }
        let reversed = !segment.acks()
            && starter.state == State::SynAckSent
            && resp.state == State::Inactive
            && segment.seq == resp.start_seq;
        segment.seq != starter.start_seq && !reversed
    }

    /// Runs the timers that are due; true when the connection is over.
    pub(super) fn wake(
        &mut self,
        alarms: &mut Alarms,
        last_ns: i64,
        now: i64,
        session: i64,
        linger: i64,
    ) -> bool {
        use super::conn::NEVER;
        if alarms.attempt <= now {
            alarms.attempt = NEVER;
            let (orig, resp) = self.states();
            let waiting =
                matches!(orig, State::SynSent | State::SynAckSent) && resp == State::Inactive;
            if self.active && waiting {
                self.active = false;
                self.news.add(News::ATTEMPT);
                return true;
            }
        }
        for at in 0..2 {
            let Some(time) = alarms.session.get_mut(at) else {
                continue;
            };
            if *time > now {
                continue;
            }
            *time = NEVER;
            if !self.active {
                continue;
            }
            *time = now.saturating_add(session);
            if last_ns.saturating_add(linger) < now && self.lingers_no_more() {
                let [orig, resp] = &self.ends;
                if orig.state == State::Inactive || resp.state == State::Inactive {
                    self.news.add(News::HALF_FINISHED);
                    self.active = false;
                }
                return true;
            }
        }
        if self.active && self.nobody_closed() {
            alarms.rest();
        }
        false
    }

    /// Both sides are there and none has closed: no session timer ends this, however long it lasts.
    fn nobody_closed(&self) -> bool {
        let mut ends = self.ends.iter();
        ends.all(|end| end.state != State::Inactive && !end.did_close)
    }

    fn lingers_no_more(&self) -> bool {
        let [orig, resp] = &self.ends;
        let either = |state| orig.state == state || resp.state == state;
        let closed = orig.did_close && resp.did_close;
        if (orig.did_close || resp.did_close)
            && (closed || either(State::Reset) || either(State::Inactive))
        {
            return true;
        }
        orig.state == State::Inactive && resp.state == State::Inactive
    }

    /// Zeek's summary of the two states. `quiet_rst`: the history shows a SYN and then a RST of the originator.
    pub(super) fn conn_state(&self, quiet_rst: bool) -> ConnState {
        use State::*;
        let (orig, resp) = self.states();
        let quiet = |state| matches!(state, Inactive | Partial);
        match (orig, resp) {
            (SynSent | SynAckSent, Reset) => ConnState::REJ,
            (Reset, Reset) if self.size(0) == 0 && self.size(1) == 0 => ConnState::REJ,
            (_, Reset) if quiet(orig) => ConnState::RSTRH,
            (_, Reset) => ConnState::RSTR,
            (Reset, _) if quiet(resp) && quiet_rst => ConnState::RSTOS0,
            (Reset, _) if quiet(resp) => ConnState::OTH,
            (Reset, _) => ConnState::RSTO,
            (Closed, Closed) => ConnState::SF,
            (Closed, _) if quiet(resp) => ConnState::SH,
            (Closed, _) => ConnState::S2,
            (_, Closed) if quiet(orig) => ConnState::SHR,
            (_, Closed) => ConnState::S3,
            (SynSent, Inactive) => ConnState::S0,
            (Established, Established) => ConnState::S1,
            _ => ConnState::OTH,
        }
    }

    /// Payload bytes that a side sent, by its sequence numbers.
    pub(super) fn size(&self, side: usize) -> u64 {
        self.end(side).size(self.end(1 - side))
    }

    pub(super) fn conn_stats(&self, side: usize) -> super::record::ConnStats {
        self.end(side).stats.stats()
    }
}
