//! Where events go: rows, counts, or both.

use super::arg::Arg;
use super::counts::{Counts, EventCount};
use super::event::{Event, EventConn, json, size};
use super::names::Name;
use super::talkers::{ConnCount, HostCount, Talkers};
use crate::connections::Known;

/// What comes out of the engine and waits to be fetched.
#[derive(Debug, Default)]
pub struct Batch {
    /// Events, if rows are asked for.
    pub events: Vec<Event>,
    /// Counts of seconds that are over, if they are asked for.
    pub counts: Vec<EventCount>,
    /// Events by host, if they are asked for; all of them at the end.
    pub hosts: Vec<HostCount>,
    /// Events by connection, likewise.
    pub conns: Vec<ConnCount>,
}

#[derive(Debug, Default)]
pub(super) struct Sink {
    pub(super) rows: bool,
    pub(super) args: bool,
    pub(super) counts: Option<Counts>,
    pub(super) talkers: Option<Talkers>,
    pub(super) batch: Batch,
    pub(super) raised: u64,
    pub(super) violations: u64,
}

/// What an event belongs to: the protocol of its name, else the transport of its connection.
fn protocol(name: Name, transport: usize) -> &'static str {
    match name.protocol() {
        "" => super::counts::TRANSPORTS
            .get(transport)
            .copied()
            .unwrap_or_default(),
        own => own,
    }
}

/// Raises the events of one connection at one time.
#[derive(Debug)]
pub(super) struct Out<'a> {
    pub(super) time_ns: i64,
    pub(super) conn: Option<Known<'a>>,
    pub(super) sink: &'a mut Sink,
}

impl Out<'_> {
    pub(super) fn event(&mut self, name: Name, is_orig: Option<bool>, args: &[Arg<'_>]) {
        let v6 = self.conn.map(|conn| conn.is_v6());
        let size = size(name, v6, args);
        let transport = match self.conn.map(|conn| conn.ip_proto()) {
            Some(6) => 0,
            Some(17 | 136) => 1,
            Some(1 | 58) => 2,
            _ => 3,
        };
        let sink = &mut *self.sink;
        sink.raised += 1;
        if let Some(counts) = &mut sink.counts {
            counts.add(self.time_ns, name, transport, size, &mut sink.batch.counts);
        }
        if let (Some(talkers), Some(conn)) = (&mut sink.talkers, &self.conn) {
            talkers.add(self.time_ns, conn, protocol(name, transport), size);
        }
        if sink.rows {
            let conn = self.conn.as_ref().map(EventConn::of);
            sink.batch.events.push(Event {
                time_ns: self.time_ns,
                name,
                protocol: protocol(name, transport),
                conn,
                is_orig,
                size,
                args: sink.args.then(|| json(name, args)),
            });
        }
    }

    /// Ports of originator and responder.
    pub(super) fn ports(&self) -> (u16, u16) {
        self.conn
            .map_or((0, 0), |conn| (conn.orig().1, conn.resp().1))
    }
}
