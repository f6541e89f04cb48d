//! One connection in the table: what every protocol has.

use std::net::IpAddr;

use super::history::History;
use super::key::{Key, Peer};
use super::quality::Quality;
use super::record::ClosedBy;
use super::service::Next;
use super::tcp::{LoneSyn, Tcp};
use super::uid::Uid;
use super::watch::Ends;

/// "Never", for a timer.
pub(super) const NEVER: i64 = i64::MAX;

/// One connection. Sides: 0 originator, 1 responder.
#[derive(Debug)]
pub(super) struct Conn {
    pub(super) key: Key,
    /// Whether the originator is the low end of the key.
    pub(super) orig_is_low: bool,
    pub(super) start_ns: i64,
    /// Time of the last packet that counts for the duration.
    pub(super) last_ns: i64,
    /// Packet clock at the last packet, counted or not.
    pub(super) touched_ns: i64,
    pub(super) history: History,
    pub(super) sides: [Side; 2],
    pub(super) tcp: Option<Box<Tcp>>,
    /// In place of `tcp` as long as there is only this.
    pub(super) lone_syn: Option<LoneSyn>,
    pub(super) quality: Option<Box<Quality>>,
    pub(super) vlan: Option<u16>,
    pub(super) inner_vlan: Option<u16>,
    pub(super) service: Option<&'static str>,
    pub(super) next_service: Next,
    /// A packet of a DNS conversation was looked at.
    pub(super) dns_seen: bool,
    pub(super) closed_by: ClosedBy,
    /// Packets since the last interim record.
    pub(super) fresh: bool,
    pub(super) alarms: Alarms,
}

/// What one side sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    pub(super) pkts: u64,
    pub(super) ip_bytes: u64,
    /// Payload of protocols without sequence numbers; [`Side::SILENT`] before the first packet.
    pub(super) payload: i64,
    pub(super) l2_addr: Option<[u8; 6]>,
    pub(super) bad_checksums: super::history::Scaled,
    pub(super) offload_checksums: u32,
    /// Payload segments looked at for the service.
    pub(super) sniffed: bool,
    /// It has sent a right checksum.
    pub(super) honest: bool,
}

impl Side {
    pub(super) const SILENT: i64 = i64::MIN;

    pub(super) fn new(l2_addr: Option<[u8; 6]>) -> Self {
        Self {
            pkts: 0,
            ip_bytes: 0,
            payload: Self::SILENT,
            l2_addr,
            bad_checksums: Default::default(),
            offload_checksums: 0,
            sniffed: false,
            honest: false,
        }
    }
}

/// The times at which to look at a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alarms {
    /// The earliest that stands in the queue.
    pub(super) queued: i64,
    pub(super) attempt: i64,
    pub(super) session: [i64; 2],
    /// The first of these where it rests: it cannot end a connection of which no side has closed.
    rested: i64,
    pub(super) delete: i64,
    pub(super) inactivity: i64,
    pub(super) inactivity_timeout: i64,
    pub(super) dns: i64,
}

impl Default for Alarms {
    fn default() -> Self {
        Self {
            queued: NEVER,
            attempt: NEVER,
            session: [NEVER; 2],
            rested: NEVER,
            delete: NEVER,
            inactivity: NEVER,
            inactivity_timeout: NEVER,
            dns: NEVER,
        }
    }
}

impl Alarms {
    pub(super) fn next(&self) -> i64 {
        let [a, b] = self.session;
        self.attempt
            .min(a)
            .min(b)
            .min(self.delete)
            .min(self.inactivity)
            .min(self.dns)
    }

    /// Silence since `last` for `timeout` ends the connection.
    pub(super) fn set_inactivity(&mut self, last: i64, timeout: i64) {
        self.inactivity_timeout = timeout;
        self.inactivity = self.inactivity.min(last.saturating_add(timeout));
    }

    /// Lets the session timer rest until a side closes.
    pub(super) fn rest(&mut self) {
        let [first, _] = &mut self.session;
        if *first != NEVER {
            self.rested = std::mem::replace(first, NEVER);
        }
    }

    /// A session timer that rests goes on, at the time after `now` that it would have come to.
    pub(super) fn resume(&mut self, now: i64, period: i64) {
        let [first, _] = &mut self.session;
        if self.rested != NEVER && *first == NEVER {
            let missed = now.saturating_sub(self.rested) / period.max(1) + 1;
            *first = self
                .rested
                .saturating_add(period.saturating_mul(missed.max(0)));
        }
        self.rested = NEVER;
    }

    /// Drops the timers of the TCP state machine.
    pub(super) fn cancel_tcp(&mut self) {
        self.attempt = NEVER;
        self.session = [NEVER; 2];
        self.rested = NEVER;
    }
}

impl Conn {
    pub(super) fn is_closed(&self) -> bool {
        self.tcp.as_ref().is_some_and(|tcp| tcp.both_closed())
    }

    /// Since when nothing counted has happened, for timers. A close freezes it.
    pub(super) fn idle_since(&self) -> i64 {
        if self.is_closed() {
            self.last_ns
        } else {
            self.touched_ns
        }
    }

    pub(super) fn peers(&self) -> (Peer, Peer) {
        let (low, high) = (self.key.low(), self.key.high());
        if self.orig_is_low {
            (low, high)
        } else {
            (high, low)
        }
    }

    pub(super) fn orig(&self) -> (IpAddr, u16) {
        let (orig, _) = self.peers();
        (self.key.address(orig), orig.port)
    }

    pub(super) fn resp(&self) -> (IpAddr, u16) {
        let (_, resp) = self.peers();
        (self.key.address(resp), resp.port)
    }

    /// The unique id, of who talks with whom since when.
    pub(super) fn uid(&self) -> Uid {
        self.ends().uid()
    }

    /// Who talks with whom since when.
    #[inline]
    pub(super) fn ends(&self) -> Ends {
        Ends {
            key: self.key,
            orig_is_low: self.orig_is_low,
            start_ns: self.start_ns,
        }
    }

    /// The sides change places.
    pub(super) fn flip(&mut self) {
        self.orig_is_low = !self.orig_is_low;
        self.sides.swap(0, 1);
        self.closed_by = self.closed_by.flipped();
        if let Some(quality) = &mut self.quality {
            quality.flip();
        }
        self.history.flip();
    }
}
