//! Connections by key, in slots that never move: no large copy when the table grows.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::conn::Conn;
use super::key::Key;
use super::timers::Alarm;
use crate::hash::Placed;

const CHUNK: usize = 1024;

/// The table of connections.
#[derive(Debug)]
pub(super) struct Table {
    /// Nobody outside can choose keys that collide.
    seed: u64,
    index: HashTable<Placed>,
    chunks: Vec<Vec<Slot>>,
    free: Vec<u32>,
    /// Of the connection that came last.
    generation: u32,
}

#[derive(Debug)]
struct Slot {
    generation: u32,
    hash: u32,
    conn: Option<Conn>,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            seed: DefaultHashBuilder::default().hash_one(0),
            index: HashTable::new(),
            chunks: Vec::new(),
            free: Vec::new(),
            generation: 0,
        }
    }
}

impl Table {
    /// The table, out of its place, so that connections can be looked at while their owner changes.
    #[inline]
    pub(super) fn take(&mut self) -> Table {
        let nothing = Table {
            seed: 0,
            index: HashTable::new(),
            chunks: Vec::new(),
            free: Vec::new(),
            generation: 0,
        };
        std::mem::replace(self, nothing)
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    pub(super) fn find(&self, key: &Key) -> Option<u32> {
        let hash = key.hash(self.seed) as u32;
        let same = |place: &Placed| {
            place.hash == hash && self.get(place.at).is_some_and(|conn| conn.key == *key)
        };
        let found = self.index.find(Placed::spread(hash), same)?;
        Some(found.at)
    }

    pub(super) fn get(&self, slot: u32) -> Option<&Conn> {
        let slot = slot as usize;
        self.chunks
            .get(slot / CHUNK)?
            .get(slot % CHUNK)?
            .conn
            .as_ref()
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> Option<&mut Conn> {
        self.slot_mut(slot)?.conn.as_mut()
    }

    /// The connection in a slot with its generation.
    pub(super) fn get_with_generation(&mut self, slot: u32) -> Option<(&mut Conn, u32)> {
        let slot = self.slot_mut(slot)?;
        Some((slot.conn.as_mut()?, slot.generation))
    }

    /// The connection of an alarm, unless its slot has been used anew.
    pub(super) fn get_alarmed(&mut self, slot: u32, generation: u32) -> Option<&mut Conn> {
        let (conn, of_slot) = self.get_with_generation(slot)?;
        (of_slot == generation).then_some(conn)
    }

    /// Brings connections whose alarms are near into the processor's cache: it fetches them side by side, since none
    /// waits for another.
    pub(super) fn touch(&self, alarms: &[Alarm]) {
        let mut seen = 0;
        for alarm in alarms {
            if let Some(conn) = self.get(alarm.slot) {
                seen ^= conn.alarms.queued ^ i64::from(conn.is_closed());
            }
        }
        std::hint::black_box(seen);
    }

    pub(super) fn generation(&self, slot: u32) -> u32 {
        let slot = slot as usize;
        self.chunks
            .get(slot / CHUNK)
            .and_then(|chunk| chunk.get(slot % CHUNK))
            .map_or(0, |s| s.generation)
    }

    #[inline]
    pub(super) fn insert(&mut self, conn: Conn) -> u32 {
        let hash = conn.key.hash(self.seed) as u32;
        self.generation = self.generation.wrapping_add(1);
        let new = Slot {
            generation: self.generation,
            hash,
            conn: Some(conn),
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                if let Some(place) = self.slot_mut(slot) {
                    *place = new;
                }
                slot
            }
            None => {
                if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
                    self.chunks.push(Vec::with_capacity(CHUNK));
                }
                let chunks = self.chunks.len();
                match self.chunks.last_mut() {
                    Some(chunk) => {
                        chunk.push(new);
                        ((chunks - 1) * CHUNK + chunk.len() - 1) as u32
                    }
                    None => 0,
                }
            }
        };
        let placed = Placed { hash, at: slot };
        self.index
            .insert_unique(placed.wide(), placed, Placed::wide);
        slot
    }

    /// Makes room; connections are looked at where they are, and not moved out.
    pub(super) fn remove(&mut self, slot: u32) {
        let Some(held) = self.slot_mut(slot).filter(|held| held.conn.is_some()) else {
            return;
        };
        held.conn = None;
        let hash = Placed::spread(held.hash);
        if let Ok(entry) = self.index.find_entry(hash, |place| place.at == slot) {
            entry.remove();
        }
        self.free.push(slot);
    }

    /// Hands over all connections, each with its slot and generation. Memory is given back on the way.
    pub(super) fn drain(self, mut hand_over: impl FnMut(u32, u32, &Conn)) {
        let mut number = 0;
        for chunk in self.chunks {
            for slot in &chunk {
                if let Some(conn) = &slot.conn {
                    hand_over(number, slot.generation, conn);
                }
                number += 1;
            }
        }
    }

    /// How many slots were ever used.
    pub(super) fn slots(&self) -> u32 {
        let full = self.chunks.len().saturating_sub(1) * CHUNK;
        (full + self.chunks.last().map_or(0, Vec::len)) as u32
    }

    fn slot_mut(&mut self, slot: u32) -> Option<&mut Slot> {
        let slot = slot as usize;
        self.chunks.get_mut(slot / CHUNK)?.get_mut(slot % CHUNK)
    }
}
