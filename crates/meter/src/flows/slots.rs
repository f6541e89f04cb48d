//! Flows in memory, and where they are by their key.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::{FlowKey, FlowRecord};

/// Flows, and an index of those that packets may join.
#[derive(Debug)]
pub struct Slots {
    /// All flows.
    pub flows: Vec<FlowRecord>,
    /// Positions in `flows`.
    index: HashTable<u32>,
    seed: u64,
}

impl Slots {
    /// No flows; `seed` of the hash changes nothing but the order in memory.
    pub fn new(seed: u64) -> Slots {
        Slots {
            flows: Vec::new(),
            index: HashTable::new(),
            seed,
        }
    }

    /// The hash by which a key is found.
    #[inline]
    pub fn hash(&self, key: &FlowKey) -> u64 {
        key.hash(self.seed)
    }

    /// Where the flow of a key is.
    #[inline]
    pub fn find(&self, hash: u64, key: &FlowKey) -> Option<u32> {
        self.index.find(hash, |&at| self.has(at, key)).copied()
    }

    /// Adds a flow whose key is not in the index.
    pub fn insert(&mut self, hash: u64, flow: FlowRecord) {
        // The bound is a number of records in memory, far below 2^32.
        let at = self.flows.len() as u32;
        self.flows.push(flow);
        self.enter(hash, at);
    }

    /// No packet joins the flow of a key any more; it stays where it is.
    pub fn close(&mut self, hash: u64, key: &FlowKey) {
        let flows = &self.flows;
        let same = |&at: &u32| flows.get(at as usize).is_some_and(|flow| flow.key == *key);
        if let Ok(found) = self.index.find_entry(hash, same) {
            found.remove();
        }
    }

    /// Finds flows anew after they were moved: those that are open.
    pub fn reindex(&mut self, is_open: impl Fn(&FlowRecord) -> bool) {
        self.index.clear();
        for at in 0..self.flows.len() as u32 {
            if let Some(flow) = self.flows.get(at as usize).filter(|flow| is_open(flow)) {
                self.enter(flow.key.hash(self.seed), at);
            }
        }
    }

    /// Takes all flows; the room that they took stays with the caller.
    pub fn take(&mut self) -> Vec<FlowRecord> {
        self.index.clear();
        std::mem::take(&mut self.flows)
    }

    /// Bytes of flows and their index.
    pub fn bytes(&self) -> usize {
        self.flows.capacity() * size_of::<FlowRecord>() + self.index.allocation_size()
    }

    #[inline]
    fn has(&self, at: u32, key: &FlowKey) -> bool {
        self.flows
            .get(at as usize)
            .is_some_and(|flow| flow.key == *key)
    }

    fn enter(&mut self, hash: u64, at: u32) {
        let (flows, seed) = (&self.flows, self.seed);
        let rehash = |&at: &u32| flows.get(at as usize).map_or(0, |flow| flow.key.hash(seed));
        if let Entry::Vacant(place) = self.index.entry(hash, |_| false, rehash) {
            place.insert(at);
        }
    }
}
