//! A writer of pcapng blocks in either byte order.

use wire::{LinkType, Record};

/// A pcapng file in the making.
#[derive(Clone, Debug, Default)]
pub struct Pcapng {
    pub bytes: Vec<u8>,
    pub big_endian: bool,
}

impl Pcapng {
    /// A file with its first section.
    pub fn new(big_endian: bool) -> Pcapng {
        let mut file = Pcapng::default();
        file.section(big_endian);
        file
    }

    pub fn short(&self, value: u16) -> [u8; 2] {
        if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    pub fn long(&self, value: u32) -> [u8; 4] {
        if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    pub fn longlong(&self, value: u64) -> [u8; 8] {
        if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    pub fn section(&mut self, big_endian: bool) {
        self.big_endian = big_endian;
        let mut body = self.long(0x1A2B_3C4D).to_vec();
        body.extend(self.short(1));
        body.extend(self.short(0));
        body.extend([0xFF; 8]);
        self.block(0x0A0D_0D0A, &body);
    }

    /// An interface with its resolution as the option says it and its offset in seconds.
    pub fn interface(&mut self, link: LinkType, resolution: Option<u8>, offset: Option<i64>) {
        let mut body = self.short(link.0).to_vec();
        body.extend([0, 0]);
        body.extend(self.long(0));
        if let Some(resolution) = resolution {
            body.extend(self.option(9, &[resolution]));
        }
        if let Some(offset) = offset {
            body.extend(self.option(14, &self.longlong(offset as u64)));
        }
        body.extend(self.option(0, &[]));
        self.block(1, &body);
    }

    pub fn option(&self, code: u16, value: &[u8]) -> Vec<u8> {
        let mut option = self.short(code).to_vec();
        option.extend(self.short(value.len() as u16));
        option.extend(value);
        option.resize(option.len().next_multiple_of(4), 0);
        option
    }

    pub fn enhanced(&mut self, interface: u32, ticks: u64, wire_len: u32, data: &[u8]) {
        let mut body = self.long(interface).to_vec();
        body.extend(self.long((ticks >> 32) as u32));
        body.extend(self.long(ticks as u32));
        body.extend(self.long(data.len() as u32));
        body.extend(self.long(wire_len));
        body.extend(data);
        self.block(6, &body);
    }

    pub fn obsolete(&mut self, interface: u16, ticks: u64, wire_len: u32, data: &[u8]) {
        let mut body = self.short(interface).to_vec();
        body.extend(self.short(3));
        body.extend(self.long((ticks >> 32) as u32));
        body.extend(self.long(ticks as u32));
        body.extend(self.long(data.len() as u32));
        body.extend(self.long(wire_len));
        body.extend(data);
        self.block(2, &body);
    }

    pub fn simple(&mut self, wire_len: u32, data: &[u8]) {
        let mut body = self.long(wire_len).to_vec();
        body.extend(data);
        self.block(3, &body);
    }

    pub fn statistics(&mut self, interface: u32, received: u64, dropped: u64) {
        let mut body = self.long(interface).to_vec();
        body.extend([0; 8]);
        body.extend(self.option(4, &self.longlong(received)));
        body.extend(self.option(5, &self.longlong(dropped)));
        body.extend(self.option(0, &[]));
        self.block(5, &body);
    }

    pub fn block(&mut self, kind: u32, body: &[u8]) {
        let mut body = body.to_vec();
        body.resize(body.len().next_multiple_of(4), 0);
        let size = self.long(body.len() as u32 + 12);
        self.bytes.extend(self.long(kind));
        self.bytes.extend(size);
        self.bytes.extend(body);
        self.bytes.extend(size);
    }
}

/// A record as a test keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub time_ns: i64,
    pub wire_len: u32,
    pub link: u16,
    pub data: Vec<u8>,
}

impl From<Record<'_>> for Kept {
    fn from(record: Record<'_>) -> Kept {
        Kept {
            time_ns: record.time_ns,
            wire_len: record.wire_len,
            link: record.link_type.0,
            data: record.data.to_vec(),
        }
    }
}
