//! What hangs on the tracker: streams put in order, and what reads them.

use wire::{Ip, Tcp, Transport};

use super::app::{App, Datagrams};
use super::arg::Arg;
use super::counts::Counts;
use super::engine::EventConfig;
use super::names::Name;
use super::out::{Out, Sink};
use super::reassembly::{Piece, Stream};
use super::talkers::Talkers;
use super::{icmp, life};
use crate::connections::{ConnectionRecord, Known, News, Reason, Watch};

/// What hangs on the tracker.
#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) sink: Sink,
    /// By the tracker's slots.
    flows: Vec<Flow>,
    max_held: usize,
    pub(super) held: usize,
    pub(super) given_up: u64,
    partial: bool,
    conn_stats: bool,
    takes_records: bool,
    pub(super) records: Vec<ConnectionRecord>,
}

#[derive(Debug, Default)]
struct Flow {
    kind: Kind,
}

#[derive(Debug, Default)]
enum Kind {
    #[default]
    Fresh,
    Tcp(Box<TcpFlow>),
    Udp(Datagrams),
}

#[derive(Debug)]
struct TcpFlow {
    /// Tells a flip of the sides.
    orig_is_low: bool,
    streams: [Stream; 2],
    app: App,
    established: bool,
    /// Sides of which a segment was seen, a bit each.
    seen: u8,
    held: usize,
}

/// Bits of both sides.
const BOTH: u8 = 0b11;

impl Watcher {
    pub(super) fn new(config: &EventConfig) -> Self {
        Self {
            sink: Sink {
                rows: config.rows,
                args: config.args,
                counts: config.counts.then(Counts::default),
                talkers: config.talkers.map(Talkers::new),
                ..Sink::default()
            },
            flows: Vec::new(),
            max_held: config.max_held_bytes,
            held: 0,
            given_up: 0,
            partial: config.partial,
            conn_stats: config.conn_stats,
            takes_records: config.connections,
            records: Vec::new(),
        }
    }
}

impl Watch for Watcher {
    fn record(&mut self, record: ConnectionRecord) {
        self.records.push(record);
    }

    fn takes_records(&self) -> bool {
        self.takes_records
    }

    fn begun(&mut self, time_ns: i64, conn: Known<'_>) {
        let slot = conn.slot as usize;
        if slot >= self.flows.len() {
            self.flows.resize_with(slot + 1, Flow::default);
        }
        if let Some(flow) = self.flows.get_mut(slot) {
            *flow = Flow { kind: Kind::Fresh };
        }
        if let Some(talkers) = &mut self.sink.talkers {
            talkers.begun(conn);
        }
        let mut out = Out::of(time_ns, conn, &mut self.sink);
        out.event(Name::NewConnection, None, &[]);
        if conn.is_ftp_data() {
            // What is transferred is not taken for a protocol.
            let mut tcp = TcpFlow::new(conn);
            tcp.app.turn_off();
            if let Some(flow) = self.flows.get_mut(slot) {
                flow.kind = Kind::Tcp(Box::new(tcp));
            }
            out.event(Name::FtpData, None, &[Arg::Str(b"FTP_DATA")]);
        }
    }

    fn packet(&mut self, time_ns: i64, conn: Known<'_>, side: usize, ip: &Ip<'_>, news: News) {
        let mut out = Out::of(time_ns, conn, &mut self.sink);
        let Some(flow) = self.flows.get_mut(conn.slot as usize) else {
            return;
        };
        let is_orig = side == 0;
        match &ip.transport {
            Transport::Tcp(header) => {
                if header.flags & 2 != 0 {
                    life::syn(ip, header, is_orig, &mut out);
                }
                life::tcp(news, &mut out);
                let reads = self.partial || !conn.is_partial();
                tcp_segment(flow, conn, side, header, ip, news, reads, &mut out);
                // Without payload nothing new is held.
                if let Kind::Tcp(tcp) = &mut flow.kind
                    && (tcp.held > 0 || !ip.payload.is_empty())
                {
                    let held = tcp.held_bytes();
                    self.held = self.held + held - tcp.held;
                    tcp.held = held;
                    if self.held > self.max_held && held > 0 {
                        self.held -= held;
                        tcp.held = 0;
                        tcp.give_up();
                        self.given_up += 1;
                    }
                }
            }
            Transport::Udp(_) => {
                life::udp(is_orig, &mut out);
                let (before, after) = datagram(flow, is_orig, ip, &mut out);
                self.held = self.held + after - before;
                if self.held > self.max_held
                    && after > 0
                    && let Kind::Udp(datagrams) = &mut flow.kind
                {
                    datagrams.turn_off();
                    self.held -= after;
                    self.given_up += 1;
                }
            }
            Transport::Icmp(header) => icmp::message(ip, header, is_orig, &mut out),
            _ => {}
        }
    }

    fn ended(&mut self, now_ns: i64, conn: Known<'_>, reason: Reason, news: News) {
        let mut out = Out::of(now_ns, conn, &mut self.sink);
        if let Some(flow) = self.flows.get_mut(conn.slot as usize) {
            match &mut flow.kind {
                Kind::Tcp(tcp) => {
                    self.held -= tcp.held;
                    for side in 0..2 {
                        tcp.app.end(side, &mut out);
                    }
                }
                Kind::Udp(datagrams) => self.held -= datagrams.held_bytes(),
                Kind::Fresh => {}
            }
            flow.kind = Kind::Fresh;
        }
        match reason {
            Reason::Reused => out.event(Name::ConnectionReused, None, &[]),
            Reason::Inactive => out.event(Name::ConnectionTimeout, None, &[]),
            _ => {}
        }
        life::tcp(news, &mut out);
        if self.conn_stats
            && let Some(sides) = conn.conn_stats()
        {
            life::stats(sides, &mut out);
        }
        out.event(Name::ConnectionStateRemove, None, &[]);
        if let Some(talkers) = &mut self.sink.talkers {
            talkers.ended(conn);
        }
    }
}

impl TcpFlow {
    fn new(conn: Known<'_>) -> Self {
        Self {
            orig_is_low: conn.orig_is_low(),
            streams: Default::default(),
            app: App::default(),
            established: false,
            seen: 0,
            held: 0,
        }
    }

    fn held_bytes(&self) -> usize {
        self.app.held_bytes() + self.streams.iter().map(Stream::held_bytes).sum::<usize>()
    }

    fn give_up(&mut self) {
        self.streams.iter_mut().for_each(Stream::give_up);
        self.app.turn_off();
    }
}

#[allow(clippy::too_many_arguments)]
fn tcp_segment(
    flow: &mut Flow,
    conn: Known<'_>,
    side: usize,
    header: &Tcp<'_>,
    ip: &Ip<'_>,
    news: News,
    reads: bool,
    out: &mut Out<'_>,
) {
    let (syn, fin, rst, acks) = (
        header.flags & 2 != 0,
        header.flags & 1 != 0,
        header.flags & 4 != 0,
        header.flags & 16 != 0,
    );
    if let Kind::Fresh = flow.kind {
        // A lone SYN needs no streams; what it says is in the acknowledgment, too.
        if syn && !acks && ip.payload_len == 0 {
            return;
        }
        flow.kind = Kind::Tcp(Box::new(TcpFlow::new(conn)));
    }
    let Kind::Tcp(tcp) = &mut flow.kind else {
        return;
    };
    if tcp.orig_is_low != conn.orig_is_low() {
        tcp.orig_is_low = conn.orig_is_low();
        tcp.streams.swap(0, 1);
        tcp.app.flip();
        tcp.seen = (tcp.seen << 1 | tcp.seen >> 1) & BOTH;
    }
    if !reads && !tcp.app.is_off() {
        tcp.app.turn_off();
    }
    tcp.established |= news.has(News::ESTABLISHED);
    tcp.seen |= 1 << side;
    let TcpFlow {
        streams,
        app,
        established,
        seen,
        ..
    } = &mut **tcp;
    let [mine, other] = match (side, streams) {
        (0, [orig, resp]) => [orig, resp],
        (_, [orig, resp]) => [resp, orig],
    };
    let seq = if syn {
        let first = header.seq.wrapping_add(1);
        mine.restart(first);
        first
    } else {
        header.seq
    };
    if !rst {
        // Where one side is not captured at all, everything of it would be a gap.
        let told = *established && *seen == BOTH;
        if acks {
            other.acked(header.ack, &mut |piece| {
                deliver(1 - side, piece, app, told, out);
            });
        }
        let whole = ip.payload.len() as u32 >= ip.payload_len;
        mine.segment(seq, ip.payload, whole, &mut |piece| {
            deliver(side, piece, app, told, out);
        });
        if fin {
            mine.finish(seq.wrapping_add(ip.payload_len));
        }
    }
    if news.has(News::ORIG_EOF) {
        app.end(0, out);
    }
    if news.has(News::RESP_EOF) {
        app.end(1, out);
    }
    if mine.gave_up() && !app.is_off() {
        app.turn_off();
    }
}

/// Hands a piece of a stream on.
fn deliver(side: usize, piece: Piece<'_>, app: &mut App, told: bool, out: &mut Out<'_>) {
    let is_orig = side == 0;
    match piece {
        Piece::Data(data) => app.data(side, data, out),
        Piece::Gap(at, len) => {
            if told {
                let args = [Arg::Bool(is_orig), Arg::Count(at), Arg::Count(len)];
                out.event(Name::ContentGap, Some(is_orig), &args);
            }
            app.gap(side, len, out);
        }
        Piece::Contradiction { before, after } => {
            let args = [Arg::Str(before), Arg::Str(after), Arg::Str(b"")];
            out.event(Name::RexmitInconsistency, Some(is_orig), &args);
        }
    }
}

/// Hands a datagram on; how many more bytes are held then.
fn datagram(flow: &mut Flow, is_orig: bool, ip: &Ip<'_>, out: &mut Out<'_>) -> (usize, usize) {
    if ip.payload.is_empty() || (ip.payload.len() as u32) < ip.payload_len {
        return (0, 0);
    }
    if let Kind::Fresh = flow.kind {
        flow.kind = Kind::Udp(Datagrams::default());
    }
    let Kind::Udp(datagrams) = &mut flow.kind else {
        return (0, 0);
    };
    let before = datagrams.held_bytes();
    datagrams.data(is_orig, ip.payload, out);
    (before, datagrams.held_bytes())
}
