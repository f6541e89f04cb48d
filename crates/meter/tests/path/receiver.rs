//! The receiver: it acknowledges every segment, selectively.

use std::collections::BTreeSet;

use super::Ack;
use super::sender::Sent;

#[derive(Default)]
pub struct Receiver {
    got: BTreeSet<u32>,
    /// The first segment that is missing.
    pub expected: u32,
    last_stamp: u32,
}

impl Receiver {
    /// Takes a segment in; what it says of it.
    pub fn take(&mut self, now: i64, sent: Sent) -> Ack {
        let news = sent.segment >= self.expected && self.got.insert(sent.segment);
        if sent.segment <= self.expected {
            self.last_stamp = sent.stamp;
        }
        while self.got.remove(&self.expected) {
            self.expected += 1;
        }
        let mut sacks = self.blocks();
        if !news {
            // DSACK.
            sacks.insert(0, (sent.segment, sent.segment + 1));
        }
        sacks.truncate(3);
        Ack {
            ack: self.expected,
            sacks,
            echo: self.last_stamp,
            sent: now,
        }
    }

    fn blocks(&self) -> Vec<(u32, u32)> {
        let mut blocks: Vec<(u32, u32)> = vec![];
        for n in &self.got {
            match blocks.last_mut() {
                Some(last) if last.1 == *n => last.1 += 1,
                _ => blocks.push((*n, n + 1)),
            }
        }
        blocks.reverse();
        blocks
    }
}
