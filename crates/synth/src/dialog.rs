//! What two applications say to each other over one connection.

use crate::filler::Kind;

/// One message: its first bytes, then content.
#[derive(Clone, Debug)]
pub struct Message {
    /// 0 the originator, 1 the responder.
    pub from: usize,
    pub head: Vec<u8>,
    pub fill: u64,
    pub kind: Kind,
    /// Time before it is sent, ns, once what came before has arrived.
    pub think: u64,
    /// No bytes at all, but a keep-alive probe.
    pub keep_alive: bool,
}

impl Message {
    /// A message of given bytes.
    pub fn bytes(from: usize, think: u64, head: impl Into<Vec<u8>>) -> Self {
        Self {
            from,
            head: head.into(),
            fill: 0,
            kind: Kind::Opaque,
            think,
            keep_alive: false,
        }
    }

    /// A message of opaque content.
    pub fn opaque(from: usize, think: u64, fill: u64) -> Self {
        Self {
            fill,
            ..Self::bytes(from, think, [])
        }
    }

    /// A message of TLS records that carry so many plain bytes.
    pub fn tls(from: usize, think: u64, plain: u64) -> Self {
        let total = crate::filler::tls_length(plain);
        Self {
            fill: total,
            kind: Kind::Tls { total },
            ..Self::bytes(from, think, [])
        }
    }

    /// A keep-alive probe.
    pub fn keep_alive(from: usize, think: u64) -> Self {
        Self {
            keep_alive: true,
            ..Self::bytes(from, think, [])
        }
    }

    /// Bytes in all.
    pub fn len(&self) -> u64 {
        self.head.len() as u64 + self.fill
    }
}

/// How a connection ends, and how long after the last message, ns.
#[derive(Clone, Copy, Debug)]
pub enum Close {
    Finish {
        side: usize,
        after: u64,
    },
    Reset {
        side: usize,
        after: u64,
    },
    /// Nobody says goodbye.
    Leave,
}

impl Close {
    /// Who ends it.
    pub fn side(self) -> Option<usize> {
        match self {
            Self::Finish { side, .. } | Self::Reset { side, .. } => Some(side),
            Self::Leave => None,
        }
    }

    /// Time before the end, ns.
    pub fn after(self) -> u64 {
        match self {
            Self::Finish { after, .. } | Self::Reset { after, .. } => after,
            Self::Leave => 0,
        }
    }
}
