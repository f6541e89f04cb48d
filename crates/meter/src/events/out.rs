//! Where events go: rows, counts, or both.

use super::arg::Arg;
use super::counts::{Counts, EventCount};
use super::event::{Event, EventConn, conn_size, json, size_without_conn};
use super::names::Name;
use super::talkers::{ConnCount, HostCount, HostTotals, Talkers};
use crate::connections::Known;

/// What comes out of the engine and waits to be fetched.
#[derive(Debug, Default)]
pub struct Batch {
    /// Events, if rows are asked for.
    pub events: Vec<Event>,
    /// Counts of seconds that are over, if they are asked for.
    pub counts: Vec<EventCount>,
    /// Events by host and second, if they are asked for; all of them at the end.
    pub hosts: Vec<HostCount>,
    /// Events by host, likewise.
    pub host_totals: Option<HostTotals>,
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
#[inline]
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
    /// The second that the time is in.
    second: i64,
    conn: Option<Known<'a>>,
    /// What the connection counts in the size of each event.
    conn_size: u64,
    /// Its transport, by its place among those that counts are told apart by.
    transport: usize,
    /// Parsers take the responder for the originator.
    pub(super) sides_swapped: bool,
    pub(super) sink: &'a mut Sink,
}

impl<'a> Out<'a> {
    pub(super) fn of(time_ns: i64, conn: Known<'a>, sink: &'a mut Sink) -> Self {
        Self {
            time_ns,
            second: time_ns.div_euclid(1_000_000_000),
            conn: Some(conn),
            conn_size: conn_size(conn.is_v6()),
            transport: match conn.ip_proto() {
                6 => 0,
                17 | 136 => 1,
                1 | 58 => 2,
                _ => 3,
            },
            sides_swapped: false,
            sink,
        }
    }

    /// Of what has no connection.
    pub(super) fn without_conn(time_ns: i64, sink: &'a mut Sink) -> Self {
        Self {
            time_ns,
            second: time_ns.div_euclid(1_000_000_000),
            conn: None,
            conn_size: 0,
            transport: 3,
            sides_swapped: false,
            sink,
        }
    }
}

impl Out<'_> {
    pub(super) fn event(&mut self, name: Name, is_orig: Option<bool>, args: &[Arg<'_>]) {
        let size = self.conn_size + size_without_conn(name, args);
        let transport = self.transport;
        let sink = &mut *self.sink;
        sink.raised += 1;
        if let Some(counts) = &mut sink.counts {
            counts.add(self.second, name, transport, size, &mut sink.batch.counts);
        }
        if let (Some(talkers), Some(conn)) = (&mut sink.talkers, self.conn) {
            talkers.add(self.second, conn, protocol(name, transport), size);
        }
        if sink.rows {
            self.row(name, is_orig, args, size);
        }
    }

    #[inline(never)]
    fn row(&mut self, name: Name, is_orig: Option<bool>, args: &[Arg<'_>], size: u64) {
        let conn = self.conn.map(|conn| EventConn::of(&conn.ends()));
        self.sink.batch.events.push(Event {
            time_ns: self.time_ns,
            name,
            protocol: protocol(name, self.transport),
            conn,
            is_orig: is_orig.map(|is_orig| is_orig != self.sides_swapped),
            size,
            args: self.sink.args.then(|| json(name, args)),
        });
    }

    /// Ports of originator and responder.
    pub(super) fn ports(&self) -> (u16, u16) {
        self.conn
            .map_or((0, 0), |conn| (conn.orig().1, conn.resp().1))
    }
}
