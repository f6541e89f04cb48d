//! Which connection goes first when the table is full: the one that was silent for longest, as far as can be told
//! without sorting.

use std::collections::VecDeque;

use super::table::Table;

/// Connections in the order of their begin, or of their last activity when they were looked at.
#[derive(Debug, Default)]
pub(super) struct Ages {
    queue: VecDeque<Age>,
}

#[derive(Clone, Copy, Debug)]
struct Age {
    slot: u32,
    generation: u32,
    since_ns: i64,
}

impl Age {
    fn is_live(&self, table: &Table) -> bool {
        table.generation(self.slot) == self.generation && table.get(self.slot).is_some()
    }
}

impl Ages {
    /// Second chances at one eviction: bounds the work.
    const CHANCES: usize = 64;

    /// Notes a new connection.
    pub(super) fn add(&mut self, slot: u32, table: &Table, since_ns: i64) {
        self.queue.push_back(Age {
            slot,
            generation: table.generation(slot),
            since_ns,
        });
        if self.queue.len() > 2 * table.len() + 1024 {
            self.queue.retain(|age| age.is_live(table));
        }
    }

    /// Takes out the one to evict.
    pub(super) fn oldest(&mut self, table: &Table) -> Option<u32> {
        let mut chances = Self::CHANCES;
        while let Some(age) = self.queue.pop_front() {
            if !age.is_live(table) {
                continue;
            }
            let Some(conn) = table.get(age.slot) else {
                continue;
            };
            if conn.last_ns > age.since_ns && chances > 0 {
                chances -= 1;
                self.queue.push_back(Age {
                    since_ns: conn.last_ns,
                    ..age
                });
                continue;
            }
            return Some(age.slot);
        }
        None
    }
}
