//! Where decoding stands in a record.

use crate::{Fault, FaultKind, Layer, Limit, Record};

/// The bytes from one header on, with their place in the record and the length they had on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    /// The captured bytes from here on, cut at every length field read so far.
    pub data: &'a [u8],
    /// Place of `data` in the record.
    pub offset: u32,
    /// Bytes from here on as they were on the wire, captured or not.
    pub wire_len: u32,
    /// Whether a length field set the end.
    declared: bool,
    /// How many link headers were nested in one another to get here.
    nesting: u8,
}

/// Link headers nested deeper than this are no longer followed.
const MAX_NESTING: u8 = 8;

impl<'a> Cursor<'a> {
    /// The whole record.
    #[inline]
    pub fn new(record: &Record<'a>) -> Self {
        let captured = size(record.data.len());
        Self {
            data: record.data,
            offset: 0,
            wire_len: record.wire_len.max(captured),
            declared: false,
            nesting: 0,
        }
    }

    /// A part whose length an outer header gives.
    #[inline]
    pub fn declared(data: &'a [u8], offset: u32, wire_len: u32) -> Self {
        Self {
            data,
            offset,
            wire_len,
            declared: true,
            nesting: 0,
        }
    }

    /// The next `N` bytes, and what follows them.
    #[inline]
    pub fn take<const N: usize>(self, layer: Layer) -> Result<(&'a [u8; N], Self), Fault> {
        match self.data.split_first_chunk::<N>() {
            Some((head, rest)) => Ok((head, self.advanced(rest, N))),
            None => Err(self.truncated(layer, N)),
        }
    }

    /// What follows after `len` bytes.
    #[inline]
    pub fn skip(self, len: usize, layer: Layer) -> Result<Self, Fault> {
        match self.data.get(len..) {
            Some(rest) => Ok(self.advanced(rest, len)),
            None => Err(self.truncated(layer, len)),
        }
    }

    /// The next `len` bytes, and what follows them.
    #[inline]
    pub fn split(self, len: usize, layer: Layer) -> Result<(&'a [u8], Self), Fault> {
        match self.data.split_at_checked(len) {
            Some((head, rest)) => Ok((head, self.advanced(rest, len))),
            None => Err(self.truncated(layer, len)),
        }
    }

    /// The same place, ending after `len` bytes if it went on longer: a length field says so.
    #[inline]
    pub fn cut(self, len: u32) -> Self {
        Self {
            data: self.data.get(..len as usize).unwrap_or(self.data),
            wire_len: len,
            declared: true,
            ..self
        }
    }

    /// The same place, ending at most after `len` bytes, whatever the length field promises beyond.
    #[inline]
    pub fn cut_within(self, len: u32) -> Self {
        if len <= self.wire_len {
            self.cut(len)
        } else {
            self
        }
    }

    /// The same place without its last `len` bytes, such as a frame check sequence.
    pub fn without_tail(self, len: u32) -> Self {
        let wire_len = self.wire_len.saturating_sub(len);
        Self {
            data: self.data.get(..wire_len as usize).unwrap_or(self.data),
            wire_len,
            declared: true,
            ..self
        }
    }

    /// The same place one link header deeper; too deep is malformed.
    pub fn nested(self) -> Result<Self, Fault> {
        if self.nesting >= MAX_NESTING {
            return Err(self.fault(Layer::Link, FaultKind::Malformed, 0));
        }
        Ok(Self {
            nesting: self.nesting + 1,
            ..self
        })
    }

    /// The fault of a header of `needed` bytes that starts here and runs past the end.
    #[cold]
    pub fn truncated(self, layer: Layer, needed: usize) -> Fault {
        self.fault(layer, FaultKind::Truncated, needed)
    }

    /// A fault of the header that starts here.
    #[cold]
    pub fn fault(self, layer: Layer, kind: FaultKind, needed: usize) -> Fault {
        let available = size(self.data.len());
        Fault {
            layer,
            kind,
            offset: self.offset,
            needed: size(needed),
            available,
            limit: if self.declared && available >= self.wire_len {
                Limit::Declared
            } else {
                Limit::Captured
            },
        }
    }

    #[inline]
    fn advanced(self, rest: &'a [u8], len: usize) -> Self {
        let len = size(len);
        Self {
            data: rest,
            offset: self.offset.saturating_add(len),
            wire_len: self.wire_len.saturating_sub(len),
            ..self
        }
    }
}

/// A length as the 32 bits that packets and faults have for it.
#[inline]
pub(crate) fn size(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
