//! Who else hears of connections while they last: what the event engine hangs on.

use std::net::IpAddr;

use wire::Ip;

use super::conn::{Conn, NEVER};
use super::key::{Key, Peer};
use super::record::{ConnStats, ConnectionRecord, Reason};
use super::tcp::Tcp;
use super::uid::Uid;

/// Hears of connections.
pub trait Watch {
    /// A connection ended, or has an interim record.
    fn record(&mut self, record: ConnectionRecord);

    /// False spares the making of records.
    fn takes_records(&self) -> bool {
        true
    }

    /// A connection begins.
    fn begun(&mut self, _time_ns: i64, _conn: Known<'_>) {}

    /// A packet was taken in; `side` 0 is the originator. Fragments come as the datagram that they make.
    fn packet(&mut self, _time_ns: i64, _conn: Known<'_>, _side: usize, _ip: &Ip<'_>, _news: News) {
    }

    /// A connection leaves the table.
    fn ended(&mut self, _now_ns: i64, _conn: Known<'_>, _reason: Reason, _news: News) {}
}

/// Takes the records only.
pub(super) struct Records<'a, F>(pub(super) &'a mut F);

impl<F: FnMut(ConnectionRecord)> Watch for Records<'_, F> {
    fn record(&mut self, record: ConnectionRecord) {
        (self.0)(record);
    }
}

/// A connection in the table. Slots are used again; slot and generation together are not.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Its place in the table.
    pub slot: u32,
    /// Tells connections in one slot apart.
    pub generation: u32,
    pub(super) conn: &'a Conn,
}

impl Known<'_> {
    /// Who talks with whom since when, as it is taken now: sides can change places.
    #[inline]
    pub fn ends(&self) -> Ends {
        self.conn.ends()
    }

    /// As of [`Ends`].
    #[inline]
    pub fn orig_is_low(&self) -> bool {
        self.conn.orig_is_low
    }

    /// Address and port of the originator.
    pub fn orig(&self) -> (IpAddr, u16) {
        self.conn.orig()
    }

    /// Address and port of the responder.
    pub fn resp(&self) -> (IpAddr, u16) {
        self.conn.resp()
    }

    /// Number of the transport protocol.
    pub fn ip_proto(&self) -> u8 {
        self.conn.key.protocol()
    }

    /// Whether its addresses are of IPv6.
    pub fn is_v6(&self) -> bool {
        !self.conn.key.is_v4()
    }

    /// Whether it is a TCP connection whose start was missed.
    pub fn is_partial(&self) -> bool {
        self.conn.tcp.as_ref().is_some_and(|tcp| tcp.is_partial())
    }

    /// Whether it is the data connection that an FTP control connection announced.
    pub fn is_ftp_data(&self) -> bool {
        self.conn.service == Some(super::expected::SERVICE)
    }

    /// Zeek's statistics of both sides; none if it is not TCP.
    pub fn conn_stats(&self) -> Option<[ConnStats; 2]> {
        let sides = |tcp: &Tcp| [0, 1].map(|side| tcp.conn_stats(side));
        match (&self.conn.tcp, &self.conn.lone_syn) {
            (Some(tcp), _) => Some(sides(tcp)),
            (None, Some(syn)) => Some(sides(&syn.tcp())),
            (None, None) => (self.ip_proto() == 6).then(Default::default),
        }
    }

    /// Time of the first packet.
    pub fn start_ns(&self) -> i64 {
        self.conn.start_ns
    }

    /// The unique id that its record has.
    pub fn uid(&self) -> Uid {
        self.conn.uid()
    }
}

/// Who talks with whom since when: what a connection is known by, to be kept.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    pub(super) key: Key,
    pub(super) orig_is_low: bool,
    pub(super) start_ns: i64,
}

impl Ends {
    fn peers(&self) -> (Peer, Peer) {
        let (low, high) = (self.key.low(), self.key.high());
        if self.orig_is_low {
            (low, high)
        } else {
            (high, low)
        }
    }

    /// Whether the originator is the lower of the two ends: it tells whether sides have changed places.
    pub fn orig_is_low(&self) -> bool {
        self.orig_is_low
    }

    /// Address and port of the originator.
    pub fn orig(&self) -> (IpAddr, u16) {
        let (orig, _) = self.peers();
        (self.key.address(orig), orig.port)
    }

    /// Address and port of the responder.
    pub fn resp(&self) -> (IpAddr, u16) {
        let (_, resp) = self.peers();
        (self.key.address(resp), resp.port)
    }

    /// The unique id of the connection's record.
    pub fn uid(&self) -> Uid {
        Uid::new(self.orig(), self.resp(), self.key.protocol(), self.start_ns)
    }
}

/// What just happened to a TCP connection: a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News(u16);

#[allow(missing_docs)]
impl News {
    pub const ATTEMPT: News = News(1);
    pub const ESTABLISHED: News = News(1 << 1);
    pub const FIRST_ACK: News = News(1 << 2);
    pub const REJECTED: News = News(1 << 3);
    pub const PARTIAL: News = News(1 << 4);
    pub const FINISHED: News = News(1 << 5);
    pub const HALF_FINISHED: News = News(1 << 6);
    pub const RESET: News = News(1 << 7);
    pub const PENDING: News = News(1 << 8);
    pub const ORIG_EOF: News = News(1 << 9);
    pub const RESP_EOF: News = News(1 << 10);

    /// Whether all of `other` are among them.
    pub fn has(self, other: News) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn add(&mut self, other: News) {
        self.0 |= other.0;
    }
}

/// What is to be told of a connection that leaves the table.
pub(super) fn last_news(conn: &Conn, reason: Reason) -> News {
    let mut news = News::default();
    let mut active = conn.lone_syn.is_some();
    // At the end of the input Zeek lets all timers run out first.
    let waited = matches!(reason, Reason::Ended | Reason::Finished);
    if let Some(tcp) = &conn.tcp {
        news = tcp.last_news(reason == Reason::Finished && conn.alarms.attempt != NEVER);
        active = tcp.is_open() && !news.has(News::ATTEMPT) && !news.has(News::RESET);
    } else if active && waited {
        news.add(News::ATTEMPT);
        active = false;
    }
    if active && reason == Reason::Finished {
        news.add(News::PENDING);
    }
    news
}
