//! Record by record: a block that is read ahead, of which some is taken.

use super::Capture;
use crate::Record;
use crate::capture::block::Block;

impl Capture {
    /// The next record; `None` at the end.
    pub fn next_record(&mut self) -> Option<Record<'_>> {
        while self.position >= self.single.len() {
            if self.ended {
                return None;
            }
            let mut block = std::mem::take(&mut self.single);
            self.fill(&mut block);
            self.single = block;
            self.position = 0;
        }
        self.position += 1;
        self.single.get(self.position - 1)
    }

    /// The record that [`Capture::next_record`] will give, without going on.
    pub(in crate::capture) fn peek(&mut self) -> Option<Record<'_>> {
        self.next_record()?;
        self.position = self.position.saturating_sub(1);
        self.single.get(self.position)
    }

    /// Goes on past the record that [`Capture::peek`] showed.
    pub(in crate::capture) fn pass(&mut self) {
        self.position += 1;
    }

    /// Gives what was read ahead and not taken: all at once where nothing was taken, else as a copy.
    fn take_rest(&mut self, block: &mut Block) {
        if self.position == 0 {
            std::mem::swap(&mut self.single, block);
        } else {
            block.clear();
            while let Some(record) = self.single.get(self.position) {
                block.push(&record);
                self.position += 1;
            }
        }
        self.single.clear();
        self.position = 0;
    }

    /// The latest time of what was read ahead and not taken; `None` if there is nothing.
    pub(in crate::capture) fn read_ahead_until(&self) -> Option<i64> {
        let ahead = self.single.records.get(self.position..)?;
        ahead.iter().map(|place| place.time_ns).max()
    }

    /// As [`Capture::fill`], but first what was read ahead and not taken.
    pub(in crate::capture) fn fill_rest(&mut self, block: &mut Block) -> bool {
        if self.position < self.single.len() {
            self.take_rest(block);
            return !self.ended;
        }
        self.fill(block)
    }
}
