//! How many events of each name a second brings, and how large they are: what takes the place of a billion rows.

use super::names::Name;

/// Events of one name and protocol in one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventCount {
    /// The second, since 1970 UTC.
    pub second: i64,
    /// Which event.
    pub name: Name,
    /// The protocol that it belongs to.
    pub protocol: &'static str,
    /// How many.
    pub count: u64,
    /// Their sizes together.
    pub bytes: u64,
}

/// Transports that events without a protocol of their own are told apart by.
pub(super) const TRANSPORTS: [&str; 4] = ["tcp", "udp", "icmp", "other"];

/// The counters of the current second: as many as there are names, however many events there are.
#[derive(Debug)]
pub(super) struct Counts {
    second: i64,
    cells: Vec<[(u64, u64); 4]>,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            second: i64::MIN,
            cells: vec![[(0, 0); 4]; Name::ALL.len()],
        }
    }
}

impl Counts {
    #[inline]
    pub(super) fn add(
        &mut self,
        second: i64,
        name: Name,
        transport: usize,
        size: u64,
        out: &mut Vec<EventCount>,
    ) {
        if second != self.second {
            self.flush(out);
            self.second = second;
        }
        let cell = self.cells.get_mut(name as usize);
        if let Some((count, bytes)) = cell.and_then(|cell| cell.get_mut(transport & 3)) {
            *count += 1;
            *bytes += size;
        }
    }

    /// Gives what was counted. Times that go back make another row for a second: rows add up.
    pub(super) fn flush(&mut self, out: &mut Vec<EventCount>) {
        for (name, cells) in Name::ALL.iter().zip(&mut self.cells) {
            for (cell, transport) in cells.iter_mut().zip(TRANSPORTS) {
                let (count, bytes) = std::mem::take(cell);
                if count > 0 {
                    let own = name.protocol();
                    out.push(EventCount {
                        second: self.second,
                        name: *name,
                        protocol: if own.is_empty() { transport } else { own },
                        count,
                        bytes,
                    });
                }
            }
        }
    }
}
