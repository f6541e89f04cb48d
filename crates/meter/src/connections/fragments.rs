//! IP fragments put together again, so that a datagram counts as one packet of its connection (as in Zeek).

use std::collections::VecDeque;
use std::net::IpAddr;

use hashbrown::HashMap;
use wire::{Fragment, Ip};

/// Datagrams of which some fragments have come.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    open: HashMap<Id, Datagram>,
    /// In order of their first fragment; some are complete by now.
    order: VecDeque<(i64, Id)>,
}

type Id = (IpAddr, IpAddr, u32);

#[derive(Debug)]
struct Datagram {
    since_ns: i64,
    pieces: u64,
    /// IP header as it is to be on the whole datagram, and its length on the wire.
    header: Vec<u8>,
    header_len: u32,
    protocol: u8,
    body: Vec<u8>,
    /// Parts of `body` that have come, in order, not touching.
    filled: Vec<(usize, usize)>,
    total: Option<usize>,
}

/// A datagram put together: a raw IP packet, and the IP length that it had.
pub(super) struct Whole {
    pub(super) bytes: Vec<u8>,
    pub(super) len: u32,
}

impl Fragments {
    /// Adds a fragment; `Some` when its datagram is complete. `lost` counts the fragments that are given up.
    pub(super) fn add(
        &mut self,
        ip: &Ip<'_>,
        now: i64,
        max: usize,
        timeout: i64,
        lost: &mut u64,
    ) -> Option<Whole> {
        let id = (ip.src, ip.dst, ip.id);
        while let Some((since, oldest)) = self.order.front().copied() {
            if self.open.len() < max && now.saturating_sub(since) < timeout {
                break;
            }
            self.order.pop_front();
            if self
                .open
                .get(&oldest)
                .is_some_and(|datagram| datagram.since_ns == since)
            {
                *lost += self
                    .open
                    .remove(&oldest)
                    .map_or(0, |datagram| datagram.pieces);
            }
        }
        let datagram = self.open.entry(id).or_insert_with(|| {
            self.order.push_back((now, id));
            Datagram::new(now)
        });
        datagram.add(ip)?;
        self.open.remove(&id).and_then(Datagram::whole)
    }

    /// Fragments of datagrams that are not complete.
    pub(super) fn waiting(&self) -> u64 {
        self.open.values().map(|datagram| datagram.pieces).sum()
    }
}

impl Datagram {
    fn new(since_ns: i64) -> Self {
        Self {
            since_ns,
            pieces: 0,
            header: Vec::new(),
            header_len: 0,
            protocol: 0,
            body: Vec::new(),
            filled: Vec::new(),
            total: None,
        }
    }

    /// Adds a piece; `Some` when all are there.
    fn add(&mut self, ip: &Ip<'_>) -> Option<()> {
        self.pieces += 1;
        let offset = match ip.fragment {
            Fragment::Later(offset) => offset as usize,
            _ => 0,
        };
        let end = offset + ip.segment.len();
        if end > usize::from(u16::MAX) {
            return None;
        }
        if !more_fragments(ip) {
            self.total = Some(self.total.unwrap_or(0).max(end));
        }
        if offset == 0 || self.header.is_empty() {
            self.header = ip.header.to_vec();
            self.header_len = ip.header_len;
            self.protocol = ip.protocol;
        }
        if self.body.len() < end {
            self.body.resize(end, 0);
        }
        // What came first stays.
        let mut at = offset;
        for (from, to) in &self.filled {
            if *to <= at {
                continue;
            }
            if *from >= end {
                break;
            }
            copy(&mut self.body, ip.segment, offset, at, (*from).max(at));
            at = *to;
        }
        copy(&mut self.body, ip.segment, offset, at, end);
        self.fill(offset, end);
        match (self.total, self.filled.first()) {
            (Some(total), Some((0, upper))) if *upper >= total => Some(()),
            _ => None,
        }
    }

    fn fill(&mut self, mut lower: usize, mut upper: usize) {
        let from = self.filled.partition_point(|part| part.1 < lower);
        let to = self.filled.partition_point(|part| part.0 <= upper);
        if let Some(touched) = self.filled.get(from..to) {
            for part in touched {
                lower = lower.min(part.0);
                upper = upper.max(part.1);
            }
            self.filled.splice(from..to, [(lower, upper)]);
        }
    }

    /// The datagram as one raw IP packet without its fragment header.
    fn whole(self) -> Option<Whole> {
        let total = self.filled.first().map_or(0, |part| part.1);
        let body = self.body.get(..total)?;
        let size = u32::try_from(total).ok()?;
        let mut bytes;
        let len;
        if self.header.first()? >> 4 == 4 {
            bytes = self.header;
            len = self.header_len + size;
            let field = u16::try_from(len).ok()?.to_be_bytes();
            put(&mut bytes, 2, &field);
            put(&mut bytes, 6, &[0, 0]);
        } else {
            bytes = self.header.get(..40)?.to_vec();
            len = self.header_len.saturating_sub(8) + size;
            put(&mut bytes, 4, &u16::try_from(size).ok()?.to_be_bytes());
            put(&mut bytes, 6, &[self.protocol]);
        }
        bytes.extend_from_slice(body);
        Some(Whole { bytes, len })
    }
}

/// Copies what belongs between `from` and `to` out of a segment that starts at `offset`.
fn copy(body: &mut [u8], segment: &[u8], offset: usize, from: usize, to: usize) {
    if from >= to {
        return;
    }
    let source = segment.get(from - offset..to - offset);
    if let (Some(target), Some(source)) = (body.get_mut(from..to), source) {
        target.copy_from_slice(source);
    }
}

fn put(bytes: &mut [u8], at: usize, field: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + field.len()) {
        place.copy_from_slice(field);
    }
}

/// Whether a fragment is not the last one of its datagram.
fn more_fragments(ip: &Ip<'_>) -> bool {
    let header = ip.header;
    if ip.src.is_ipv4() {
        return header.get(6).is_some_and(|flags| flags & 0x20 != 0);
    }
    // The fragment header (44) stands behind hop-by-hop options, routing and destination options.
    let (mut kind, mut at) = (header.get(6).copied(), 40usize);
    while let Some(this @ (0 | 43 | 44 | 60 | 135 | 139 | 140)) = kind {
        if this == 44 {
            return header.get(at + 3).is_some_and(|flags| flags & 1 != 0);
        }
        let Some(length) = header.get(at + 1) else {
            return false;
        };
        kind = header.get(at).copied();
        at += 8 + usize::from(*length) * 8;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{DecodeOptions, LinkType, Network, Record, Transport, decode};

    fn fragment(id: u16, offset: u16, more: bool, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![
            0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        ];
        put(&mut bytes, 2, &(20 + body.len() as u16).to_be_bytes());
        put(&mut bytes, 4, &id.to_be_bytes());
        put(
            &mut bytes,
            6,
            &(offset / 8 + if more { 0x2000 } else { 0 }).to_be_bytes(),
        );
        bytes.extend(body);
        bytes
    }

    fn record(data: &[u8]) -> Record<'_> {
        Record {
            time_ns: 0,
            wire_len: data.len() as u32,
            link_type: LinkType::RAW,
            data,
        }
    }

    fn add(fragments: &mut Fragments, data: &[u8], max: usize, lost: &mut u64) -> Option<Whole> {
        let Network::Ip(ip) = decode(&record(data), DecodeOptions::default()).network else {
            panic!()
        };
        fragments.add(&ip, 0, max, 1, lost)
    }

    #[test]
    fn fragments_in_any_order_make_one_datagram() {
        let mut body = vec![0x12, 0x34, 0, 53, 0, 40, 0, 0];
        body.extend(0..32);
        let parts = [(0usize, 16), (16, 24), (24, 40)];
        for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
            let (mut fragments, mut lost) = (Fragments::default(), 0);
            let mut done = None;
            for at in order {
                let (from, to) = parts[at];
                let data = fragment(7, from as u16, to < 40, &body[from..to]);
                done = add(&mut fragments, &data, 10, &mut lost);
            }
            let whole = done.unwrap();
            assert_eq!((whole.len, lost, fragments.waiting()), (60, 0, 0));
            let Network::Ip(ip) = decode(&record(&whole.bytes), DecodeOptions::default()).network
            else {
                panic!()
            };
            assert!(matches!(ip.transport, Transport::Udp(udp) if udp.dst_port == 53));
            assert_eq!(ip.payload, &body[8..]);
        }
    }

    #[test]
    fn datagrams_that_never_complete_are_bounded_and_counted() {
        let (mut fragments, mut lost) = (Fragments::default(), 0);
        for id in 0..100 {
            assert!(
                add(
                    &mut fragments,
                    &fragment(id, 0, true, &[0; 16]),
                    10,
                    &mut lost
                )
                .is_none()
            );
        }
        assert_eq!((lost, fragments.waiting()), (90, 10));
    }
}
