//! What a connection is made with: the two hosts, what they say, and the path between them.

use crate::dialog::{Close, Message};
use crate::packet::Place;

/// What a connection is made with.
#[derive(Clone, Debug)]
pub struct Setup {
    pub client: Place,
    pub server: Place,
    pub dialog: Vec<Message>,
    pub close: Close,
    pub accept: Accept,
    /// One-way delays, ns: from the client to the monitor, from the monitor to the server.
    pub legs: [u64; 2],
    pub jitter: u64,
    /// Time that the line takes per byte, ns, by sender.
    pub ns_per_byte: [u64; 2],
    pub effects: Effects,
    pub mss: u16,
    pub sack: bool,
    pub timestamps: bool,
    pub window_scale: Option<u8>,
    pub buffer: u64,
    /// A side that stops reading after so many bytes, for so long.
    pub stall: Option<(usize, u64, u64)>,
    pub key: u64,
    pub attack: u32,
    /// The connection is reported in the truth whatever happens to it.
    pub reported: bool,
}

/// What the host that is called does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    Yes,
    /// Answers with RST.
    Refuse,
    /// Is silent.
    Silent,
}

/// How often the network harms a data segment, as probabilities.
#[derive(Clone, Copy, Debug, Default)]
pub struct Effects {
    pub lost_before: f64,
    pub lost_after: f64,
    pub reordered: f64,
    pub duplicated: f64,
    /// Loss of a SYN, on either side of the monitor.
    pub syn_lost: f64,
}

impl Setup {
    /// About how many packets the connection takes.
    pub fn packets(&self) -> f64 {
        let mss = u64::from(self.mss);
        let segments = |message: &Message| message.len().div_ceil(mss).max(1);
        match self.accept {
            Accept::Yes => 7.0 + self.dialog.iter().map(segments).sum::<u64>() as f64 * 1.5,
            Accept::Refuse => 2.0,
            Accept::Silent => 3.0,
        }
    }
}
