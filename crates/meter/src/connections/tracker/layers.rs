//! A packet and the packets that are tunnels around it; datagrams in fragments.

use std::net::IpAddr;

use wire::{
    DecodeOptions, Fragment, Ip, LinkType, Network, Packet, Record, decode, decode::decode_layer,
};

use super::Tracker;
use crate::connections::config::Config;
use crate::connections::parents::Place;
use crate::connections::watch::Watch;
use crate::share::pair_hash;

impl Tracker {
    pub(super) fn take_in(
        &mut self,
        record: &Record<'_>,
        packet: &Packet<'_>,
        inside: bool,
        sink: &mut impl Watch,
    ) {
        self.pass(record.time_ns, sink);
        let around = if packet.tunnels.is_empty() {
            None
        } else {
            self.around(record, packet.tunnels.len(), sink)
        };
        if inside {
            self.layer(record.time_ns, packet, around, sink);
        }
    }

    /// Takes in the packets that are tunnels around another; gives the connection of the innermost of them.
    fn around(
        &mut self,
        record: &Record<'_>,
        tunnels: usize,
        sink: &mut impl Watch,
    ) -> Option<Place> {
        (0..tunnels).fold(None, |around, layer| {
            let packet = decode_layer(record, layer);
            self.layer(record.time_ns, &packet, around, sink)
        })
    }

    pub(super) fn layer(
        &mut self,
        time_ns: i64,
        packet: &Packet<'_>,
        around: Option<Place>,
        sink: &mut impl Watch,
    ) -> Option<Place> {
        let Network::Ip(ip) = &packet.network else {
            return None;
        };
        let place = match ip.fragment {
            Fragment::Whole => self.datagram(time_ns, packet, ip, sink),
            _ => self.fragment(time_ns, packet, ip, sink),
        };
        if let (Some((slot, _)), Some(parent)) = (place, around) {
            let table = &self.table;
            self.parents
                .add(slot, parent, || Some(table.get(parent.0)?.uid()));
        }
        place
    }

    /// Whether this share tells of the connection between two addresses.
    pub(super) fn tells(&self, ends: impl FnOnce() -> (IpAddr, IpAddr)) -> bool {
        self.config.share.is_none_or(|share| {
            let (orig, resp) = ends();
            share.owns(pair_hash(orig, resp))
        })
    }

    /// Puts fragments together. Of those that were not captured whole, the first stands for all.
    pub(super) fn fragment(
        &mut self,
        time_ns: i64,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        sink: &mut impl Watch,
    ) -> Option<Place> {
        if (ip.segment.len() as u32) < ip.len.saturating_sub(ip.header_len) {
            if ip.fragment == Fragment::First {
                return self.datagram(time_ns, packet, ip, sink);
            }
            self.counters.lost_fragments += u64::from(self.tells(|| (ip.src, ip.dst)));
            return None;
        }
        let Config {
            max_fragmented,
            fragment_timeout_ns,
            ..
        } = self.config;
        let lost = &mut self.counters.lost_fragments;
        let whole =
            self.fragments
                .add(ip, self.clock, max_fragmented, fragment_timeout_ns, lost)?;
        let record = Record {
            time_ns,
            wire_len: whole.bytes.len() as u32,
            link_type: LinkType::RAW,
            data: &whole.bytes,
        };
        let Packet { network, .. } = decode(&record, DecodeOptions::default());
        let Network::Ip(mut ip) = network else {
            return None;
        };
        ip.len = whole.len;
        self.datagram(time_ns, packet, &ip, sink)
    }
}
