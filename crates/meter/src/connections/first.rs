//! The first connections of an order: where only those are shown, of all others no record is made.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::conn::Conn;

/// What connections are ordered by: the most or the longest, among equals the earlier, come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Order {
    IpBytes,
    Packets,
    Duration,
    Start,
}

impl Order {
    /// The order of that name in `settings.CONNECTION_SORTS`; `None` for one that needs the record.
    pub fn from_name(name: &str) -> Option<Order> {
        Some(match name {
            "bytes" => Order::IpBytes,
            "packets" => Order::Packets,
            "duration" => Order::Duration,
            "start" => Order::Start,
            _ => return None,
        })
    }

    fn weight(self, conn: &Conn) -> u64 {
        let [orig, resp] = &conn.sides;
        match self {
            Order::IpBytes => orig.ip_bytes.saturating_add(resp.ip_bytes),
            Order::Packets => orig.pkts.saturating_add(resp.pkts),
            Order::Duration => conn.last_ns.saturating_sub(conn.start_ns).max(0) as u64,
            Order::Start => 0,
        }
    }
}

/// How many connections are wanted, by which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct First {
    /// The order.
    pub by: Order,
    /// How many, at least.
    pub most: usize,
}

/// Weight and time of a connection, the first of the order last.
type Standing = (Reverse<u64>, i64);

/// Tells which connections may still be among the first.
#[derive(Debug)]
pub(super) struct Foremost {
    wanted: First,
    /// The first so far, the last of them on top.
    first: BinaryHeap<Standing>,
}

impl Foremost {
    pub(super) fn new(wanted: First) -> Self {
        Self {
            wanted,
            first: BinaryHeap::new(),
        }
    }

    /// Whether a connection that ends may be among the first; of those that stand equal, all are.
    pub(super) fn admits(&mut self, conn: &Conn) -> bool {
        // Tables have microseconds: what is equal there is so here.
        let standing = (
            Reverse(self.wanted.by.weight(conn)),
            conn.start_ns.div_euclid(1000),
        );
        if self.first.len() < self.wanted.most {
            self.first.push(standing);
            return true;
        }
        let Some(mut last) = self.first.peek_mut() else {
            return false;
        };
        let admitted = standing <= *last;
        if standing < *last {
            *last = standing;
        }
        admitted
    }
}
