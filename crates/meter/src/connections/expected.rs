//! Connections that another one has announced: the data of FTP.
//!
//! Only those between the same two hosts, so that shares of the traffic tell the same.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

/// What they are, in Zeek's words.
pub(super) const SERVICE: &str = "ftp-data";
/// How long one is waited for, as in Zeek.
const WAIT_NS: i64 = 300 * 1_000_000_000;
/// As many may be announced in that time; more are not waited for.
const MAX_WAITED: usize = 1 << 16;

/// From whom, to which address and port.
type Key = (IpAddr, IpAddr, u16);

/// Who is to connect to which address and port, and until when.
#[derive(Debug, Default)]
pub(super) struct Expected {
    until_ns: HashMap<Key, i64>,
    /// Announcements in their order, those that were answered among them.
    order: VecDeque<(i64, Key)>,
}

impl Expected {
    /// Waits for a connection from `orig` to `resp`.
    pub(super) fn announce(&mut self, now_ns: i64, orig: IpAddr, resp: (IpAddr, u16)) {
        while let Some((until_ns, key)) = self.order.front() {
            if *until_ns >= now_ns {
                break;
            }
            if self.until_ns.get(key) == Some(until_ns) {
                self.until_ns.remove(key);
            }
            self.order.pop_front();
        }
        if self.order.len() < MAX_WAITED {
            let until_ns = now_ns.saturating_add(WAIT_NS);
            let key = (orig, resp.0, resp.1);
            self.until_ns.insert(key, until_ns);
            self.order.push_back((until_ns, key));
        }
    }

    /// Whether a connection that begins was waited for; it is not any more.
    #[inline]
    pub(super) fn take(
        &mut self,
        now_ns: i64,
        ends: impl FnOnce() -> (IpAddr, (IpAddr, u16)),
    ) -> bool {
        if self.until_ns.is_empty() {
            return false;
        }
        let (orig, resp) = ends();
        let until_ns = self.until_ns.remove(&(orig, resp.0, resp.1));
        until_ns.is_some_and(|until_ns| until_ns >= now_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_waited_for_once_and_for_five_minutes() {
        let (a, b) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let mut expected = Expected::default();
        expected.announce(0, a, (b, 20));
        assert!(!expected.take(1, || (b, (a, 20))));
        assert!(expected.take(WAIT_NS, || (a, (b, 20))));
        assert!(!expected.take(1, || (a, (b, 20))));
        expected.announce(0, a, (b, 20));
        assert!(!expected.take(WAIT_NS + 1, || (a, (b, 20))));
    }

    #[test]
    fn announcements_are_bounded() {
        let address = |n: u32| IpAddr::from(n.to_be_bytes());
        let mut expected = Expected::default();
        for n in 0..200_000 {
            expected.announce(0, address(n), (address(1), 20));
        }
        assert_eq!(expected.until_ns.len(), MAX_WAITED);
        expected.announce(WAIT_NS + 1, address(7), (address(1), 20));
        assert_eq!(expected.until_ns.len(), 1);
    }
}
