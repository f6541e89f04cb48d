//! What time does: alarms, the end of connections, interim records.

use super::Tracker;
use crate::connections::config::{Config, Dialect, SECOND};
use crate::connections::conn::{Conn, NEVER};
use crate::connections::evict::Ages;
use crate::connections::parents::Place;
use crate::connections::record::{ConnectionRecord, Reason};
use crate::connections::report::report;
use crate::connections::timers::{Alarm, Timers};
use crate::connections::watch::{Known, Records, Watch, last_news};
use crate::share::pair_hash;

impl Tracker {
    /// Gives the records of all connections that are left.
    pub fn finish(&mut self, sink: &mut impl FnMut(ConnectionRecord)) {
        self.finish_with(&mut Records(sink));
    }

    /// The same, with more to hear than records.
    pub fn finish_with(&mut self, sink: &mut impl Watch) {
        self.counters.lost_fragments += std::mem::take(&mut self.fragments).waiting();
        // Rows are larger than connections: what is no longer needed makes room for them.
        self.timers = Timers::default();
        self.ages = Ages::default();
        self.table.take().drain(|slot, generation, conn| {
            self.tell_end((slot, generation), conn, Reason::Finished, sink);
        });
    }

    /// Lets time pass until `now`: ends what is silent, and gives interim records at window borders.
    #[inline]
    pub fn advance(&mut self, now: i64, sink: &mut impl FnMut(ConnectionRecord)) {
        self.pass(now, &mut Records(sink));
    }

    /// The same, with more to hear than records.
    #[inline]
    pub fn advance_with(&mut self, now: i64, sink: &mut impl Watch) {
        self.pass(now, sink);
    }

    /// Most packets pass while nothing is due.
    #[inline]
    pub(super) fn pass(&mut self, now: i64, sink: &mut impl Watch) {
        if now <= self.clock && self.config.dialect != Dialect::Bro25 {
            return;
        }
        let now = now.max(self.clock);
        if self.timers.is_quiet(now) && self.config.interim_ns == 0 {
            self.clock = now;
        } else {
            self.wake_due(now, sink);
        }
    }

    fn wake_due(&mut self, now: i64, sink: &mut impl Watch) {
        let first = self.clock == i64::MIN;
        self.clock = now;
        while let Some(alarm) = self.timers.pop_due(now) {
            self.wake(alarm, sink);
            self.table.touch(self.timers.look_ahead());
        }
        let interval = self.config.interim_ns;
        if interval > 0 && self.foremost.is_none() && (first || now >= self.next_interim) {
            if !first {
                self.interim(sink);
            }
            self.next_interim = now
                .saturating_sub(now.rem_euclid(interval))
                .saturating_add(interval);
        }
    }

    fn interim(&mut self, sink: &mut impl Watch) {
        let mut slots = std::mem::take(&mut self.fresh);
        slots.sort_unstable();
        for slot in slots {
            if let Some(conn) = self.table.get_mut(slot)
                && std::mem::take(&mut conn.fresh)
                && sink.takes_records()
            {
                let (orig, resp) = (conn.orig().0, conn.resp().0);
                let share = self.config.share;
                if share.is_none_or(|share| share.owns(pair_hash(orig, resp))) {
                    let parents = self.parents.get(slot);
                    let dialect = self.config.dialect;
                    sink.record(report(conn, Reason::Interim, dialect, parents));
                }
            }
        }
    }

    /// Looks at a connection whose alarm is due.
    fn wake(&mut self, alarm: Alarm, sink: &mut impl Watch) {
        let (now, config) = (self.clock, &self.config);
        let Some(conn) = self.table.get_alarmed(alarm.slot, alarm.generation) else {
            return;
        };
        if conn.alarms.queued != alarm.time {
            return;
        }
        conn.alarms.queued = NEVER;
        match due(conn, now, config) {
            Some(reason) => self.end(alarm.slot, reason, sink),
            None => queue(conn, alarm.slot, alarm.generation, &mut self.timers),
        }
    }

    pub(super) fn end(&mut self, slot: u32, reason: Reason, sink: &mut impl Watch) {
        let table = self.table.take();
        if let Some(conn) = table.get(slot) {
            self.tell_end((slot, table.generation(slot)), conn, reason, sink);
        }
        self.table = table;
        self.table.remove(slot);
    }

    pub(super) fn tell_end(
        &mut self,
        place: Place,
        conn: &Conn,
        reason: Reason,
        sink: &mut impl Watch,
    ) {
        let (slot, generation) = place;
        if !self.tells(|| (conn.orig().0, conn.resp().0)) {
            self.parents.remove(slot);
            return;
        }
        let known = Known {
            slot,
            generation,
            conn,
        };
        sink.ended(self.clock, known, reason, last_news(conn, reason));
        if sink.takes_records() {
            let foremost = self.foremost.as_mut();
            if foremost.is_none_or(|foremost| foremost.admits(conn)) {
                let parents = self.parents.get(slot);
                sink.record(report(conn, reason, self.config.dialect, parents));
            } else {
                self.counters.left_out += 1;
            }
        }
        self.parents.remove(slot);
    }
}

/// Sets the next alarm of a connection, unless an earlier one stands in the queue.
pub(super) fn queue(conn: &mut Conn, slot: u32, generation: u32, timers: &mut Timers) {
    let time = conn.alarms.next();
    if time < conn.alarms.queued {
        conn.alarms.queued = time;
        timers.push(Alarm {
            time,
            slot,
            generation,
        });
    }
}

/// Whether a connection is over now.
fn due(conn: &mut Conn, now: i64, config: &Config) -> Option<Reason> {
    let idle_since = conn.idle_since();
    let alarms = &mut conn.alarms;
    if let Some(tcp) = &mut conn.tcp
        && tcp.wake(
            alarms,
            conn.last_ns,
            now,
            config.session_timer_ns,
            config.linger_ns,
        )
    {
        return Some(Reason::Ended);
    }
    if conn.lone_syn.is_some() && alarms.attempt <= now || alarms.delete <= now {
        return Some(Reason::Ended);
    }
    if conn.tcp.is_none() {
        // Alarms of a state machine that is not there would be due for ever.
        let [first, second] = &mut alarms.session;
        for time in [&mut alarms.attempt, first, second] {
            if *time <= now {
                *time = NEVER;
            }
        }
    }
    if alarms.dns <= now {
        if now.saturating_sub(idle_since) >= config.dns_inactivity_ns - SECOND {
            return Some(Reason::Inactive);
        }
        alarms.dns = now.saturating_add(config.dns_inactivity_ns);
    }
    if alarms.inactivity <= now {
        let end = idle_since.saturating_add(alarms.inactivity_timeout);
        if end <= now {
            return Some(Reason::Inactive);
        }
        alarms.inactivity = end;
    }
    None
}
