//! A block of records on their way from the reader to the workers.

use crate::{LinkType, Record};

/// Some thousands of records and the bytes that they stand in; reused, so that reading allocates nothing.
#[derive(Debug, Default)]
pub struct Block {
    /// Memory that is in use up to `filled`; it is never made smaller, so that it is zeroed once only.
    pub(super) bytes: Vec<u8>,
    pub(super) filled: usize,
    pub(super) records: Vec<Place>,
}

/// Where a record stands in a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub time_ns: i64,
    pub wire_len: u32,
    pub at: u32,
    pub len: u32,
    pub link_type: LinkType,
}

impl Block {
    /// Number of records.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The records, in order.
    pub fn iter(&self) -> impl Iterator<Item = Record<'_>> {
        self.records.iter().map(|place| self.record(place))
    }

    /// The record at a position.
    pub fn get(&self, position: usize) -> Option<Record<'_>> {
        self.records.get(position).map(|place| self.record(place))
    }

    #[inline]
    fn record(&self, place: &Place) -> Record<'_> {
        let at = place.at as usize;
        let data = self.bytes.get(at..at + place.len as usize).unwrap_or(&[]);
        Record {
            time_ns: place.time_ns,
            wire_len: place.wire_len,
            link_type: place.link_type,
            data,
        }
    }

    pub(super) fn clear(&mut self) {
        self.filled = 0;
        self.records.clear();
    }

    /// The bytes in use.
    pub(super) fn filled(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or(&[])
    }

    /// The memory beyond the bytes in use, up to `room` bytes in all; never empty.
    pub(super) fn free(&mut self, room: usize) -> &mut [u8] {
        let room = room.max(self.filled + 1);
        if self.bytes.len() < room {
            self.bytes.resize(room, 0);
        }
        self.bytes.get_mut(self.filled..room).unwrap_or(&mut [])
    }

    /// Copies bytes in.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        if let Some(place) = self.bytes.get_mut(self.filled..self.filled + bytes.len()) {
            place.copy_from_slice(bytes);
        } else {
            self.bytes.truncate(self.filled);
            self.bytes.extend_from_slice(bytes);
        }
        self.filled += bytes.len();
    }

    /// Copies a record in.
    pub(super) fn push(&mut self, record: &Record<'_>) {
        let at = self.filled as u32;
        self.append(record.data);
        self.records.push(Place {
            time_ns: record.time_ns,
            wire_len: record.wire_len,
            at,
            len: record.data.len() as u32,
            link_type: record.link_type,
        });
    }
}
