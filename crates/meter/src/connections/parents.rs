//! Which connections are inside of which: a tunnel's packets belong to a connection, and so do those that it carries.

use std::collections::HashMap;

use super::uid::Uid;

/// More tunnels around one connection are not kept.
const MOST: usize = 64;

/// A connection in the table: its slot and generation.
pub(super) type Place = (u32, u32);

/// The tunnels around the connections in the table, by slot.
#[derive(Debug, Default)]
pub(super) struct Parents {
    of: HashMap<u32, Vec<(Place, Uid)>>,
}

impl Parents {
    /// Notes that `parent` carries the connection in `slot`; `uid` is asked for when that is new.
    pub(super) fn add(&mut self, slot: u32, parent: Place, uid: impl FnOnce() -> Option<Uid>) {
        let known = self.of.entry(slot).or_default();
        if known.len() < MOST
            && known.iter().all(|(place, _)| *place != parent)
            && let Some(uid) = uid()
        {
            known.push((parent, uid));
        }
    }

    /// Those of a connection, in the order in which they carried it.
    pub(super) fn get(&self, slot: u32) -> Vec<Uid> {
        match self.of.get(&slot) {
            Some(known) => known.iter().map(|(_, uid)| *uid).collect(),
            None => Vec::new(),
        }
    }

    /// Forgets a connection that left the table.
    pub(super) fn remove(&mut self, slot: u32) {
        if !self.of.is_empty() {
            self.of.remove(&slot);
        }
    }
}
