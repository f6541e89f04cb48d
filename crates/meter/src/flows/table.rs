//! The table of active flows.

use wire::Ip;

use super::filter::Room;
use super::record::FlowPacket;
use super::slots::Slots;
use super::{EndReason, FlowConfig, FlowKey, FlowRecord};

/// The active flows of one share.
#[derive(Debug)]
pub struct FlowTable {
    config: FlowConfig,
    slots: Slots,
    waiting: Vec<Waiting>,
    /// Time of the last packet of the whole traffic, not of this share alone. Not the latest time: one packet with a
    /// wrong clock would end all flows.
    now_ns: i64,
    /// Number of flows at which those that went idle are looked for.
    sweep_at: usize,
    evicted: u64,
    room: Room,
}

/// Fewer flows than this are never swept: they fit the cache.
const SMALL_TABLE: usize = 1 << 14;

/// A packet that waits to be counted.
#[derive(Debug)]
struct Waiting {
    hash: u64,
    key: FlowKey,
    packet: FlowPacket,
}

/// Packets that are looked up together.
const GROUP: usize = 16;

impl FlowTable {
    /// An empty table; `seed` of the hash changes nothing but the order of the records.
    pub fn new(config: FlowConfig, seed: u64) -> FlowTable {
        FlowTable {
            config,
            slots: Slots::new(seed),
            waiting: Vec::with_capacity(GROUP),
            now_ns: i64::MIN,
            sweep_at: SMALL_TABLE.min(config.max_flows.max(1)),
            evicted: 0,
            room: Room::default(),
        }
    }

    /// Counts a packet, now or with those that follow; flows that end by it are handed to `out`.
    #[inline]
    pub fn observe(
        &mut self,
        time_ns: i64,
        vlan: Option<u16>,
        ip: &Ip<'_>,
        out: &mut impl FnMut(FlowRecord),
    ) {
        let key = FlowKey::new(ip, if self.config.by_vlan { vlan } else { None });
        self.waiting.push(Waiting {
            hash: self.slots.hash(&key),
            key,
            packet: FlowPacket::new(time_ns, ip),
        });
        if self.waiting.len() >= GROUP {
            self.count_waiting(out);
        }
    }

    /// Counts the packets that wait. Their flows are looked up first, all of them, so that the processor waits for
    /// memory once for the group and not once for each.
    fn count_waiting(&mut self, out: &mut impl FnMut(FlowRecord)) {
        let waiting = std::mem::take(&mut self.waiting);
        let mut found = [None; GROUP];
        for (place, item) in found.iter_mut().zip(&waiting) {
            *place = self.slots.find(item.hash, &item.key);
        }
        for (place, item) in found.into_iter().zip(&waiting) {
            // What was not there may have come with the packets before it, or moved to make room.
            let at = place.or_else(|| self.slots.find(item.hash, &item.key));
            if at.is_none_or(|at| !self.update(at, item, out)) {
                self.start(item, out);
            }
        }
        self.waiting = waiting;
        self.waiting.clear();
    }

    /// Counts a packet to the flow at a place; false if that flow moved away.
    #[inline]
    fn update(&mut self, at: u32, item: &Waiting, out: &mut impl FnMut(FlowRecord)) -> bool {
        let Some(flow) = self
            .slots
            .flows
            .get_mut(at as usize)
            .filter(|flow| flow.key == item.key)
        else {
            return false;
        };
        let time_ns = item.packet.time_ns;
        let window_ns = self.config.window_of(time_ns);
        // A clock that steps back is no pause.
        let ended = if flow.window_ns != window_ns {
            Some(self.config.at_border(flow))
        } else if time_ns.saturating_sub(flow.end_ns) > self.config.idle_ns {
            Some(EndReason::Idle)
        } else {
            None
        };
        if let Some(end_reason) = ended {
            out(FlowRecord {
                end_reason,
                ..*flow
            });
            *flow = FlowRecord::new(item.key, window_ns, time_ns);
        }
        flow.add(&item.packet);
        true
    }

    fn start(&mut self, item: &Waiting, out: &mut impl FnMut(FlowRecord)) {
        // After a flow moved, it may be elsewhere in the table.
        if let Some(at) = self.slots.find(item.hash, &item.key) {
            self.update(at, item, out);
            return;
        }
        let time_ns = item.packet.time_ns;
        if self.slots.flows.len() >= self.sweep_at {
            self.make_room(time_ns, out);
        }
        let mut flow = FlowRecord::new(item.key, self.config.window_of(time_ns), time_ns);
        flow.add(&item.packet);
        self.slots.insert(item.hash, flow);
    }

    /// Tells the time of the traffic, this share's or not: flows go idle by it.
    #[inline]
    pub fn advance(&mut self, time_ns: i64) {
        self.now_ns = time_ns;
    }

    /// The room that it took at most, so far.
    pub fn room(&self) -> Room {
        Room {
            flows: self.room.flows.max(self.slots.flows.len() as u64),
            table_bytes: self.room.table_bytes.max(self.slots.bytes() as u64),
            filter_bytes: 0,
        }
    }

    /// Hands out all flows and the number of those that were written early for lack of room.
    pub fn finish(mut self, out: &mut impl FnMut(FlowRecord)) -> u64 {
        self.count_waiting(out);
        for flow in &self.slots.flows {
            out(FlowRecord {
                end_reason: self.quiet(flow, self.now_ns).unwrap_or(EndReason::Input),
                ..*flow
            });
        }
        self.evicted
    }

    /// Why no packet from `now_ns` on can join the flow any more, if so.
    fn quiet(&self, flow: &FlowRecord, now_ns: i64) -> Option<EndReason> {
        if flow.window_ns < self.config.window_of(now_ns) {
            Some(self.config.at_border(flow))
        } else if now_ns.saturating_sub(flow.end_ns) > self.config.idle_ns {
            Some(EndReason::Idle)
        } else {
            None
        }
    }

    /// Writes out the flows that ended unnoticed before a packet at `now_ns`, not later: packets that wait after it may
    /// join what is quiet by now. If the table is full all the same, the eighth that was quiet for longest.
    fn make_room(&mut self, now_ns: i64, out: &mut impl FnMut(FlowRecord)) {
        self.room = self.room();
        let mut flows = self.slots.take();
        flows.retain(|flow| match self.quiet(flow, now_ns) {
            Some(end_reason) => {
                out(FlowRecord {
                    end_reason,
                    ..*flow
                });
                false
            }
            None => true,
        });
        let most = self.config.max_flows.max(1);
        if flows.len() >= most {
            let oldest = (flows.len() / 8).max(1);
            flows.select_nth_unstable_by_key(oldest - 1, |flow| (flow.end_ns, flow.key));
            let kept = flows.split_off(oldest);
            self.evicted += flows.len() as u64;
            flows.into_iter().for_each(|flow| {
                out(FlowRecord {
                    end_reason: EndReason::Evicted,
                    ..flow
                })
            });
            flows = kept;
        }
        self.sweep_at = (2 * flows.len()).clamp(SMALL_TABLE.min(most), most);
        self.slots.flows.reserve(self.sweep_at);
        self.slots.flows.append(&mut flows);
        self.slots.reindex(|_| true);
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use wire::{Fragment, LengthSource, Transport, Udp};

    use super::*;

    fn packet(src: u32, dst: u32, src_port: u16, len: u32) -> Ip<'static> {
        Ip {
            src: IpAddr::from(src.to_be_bytes()),
            dst: IpAddr::from(dst.to_be_bytes()),
            protocol: 17,
            tos: 0,
            ttl: 64,
            id: 0,
            flow_label: 0,
            dont_fragment: true,
            fragment: Fragment::Whole,
            len,
            length_source: LengthSource::Header,
            header_len: 20,
            header: &[],
            segment: &[],
            transport: Transport::Udp(Udp {
                src_port,
                dst_port: 53,
                len: 0,
                checksum: 0,
            }),
            payload_len: len - 28,
            payload: &[],
        }
    }

    fn run(config: FlowConfig, packets: &[(i64, u32, u16)]) -> (Vec<FlowRecord>, u64) {
        let mut records = Vec::new();
        let mut table = FlowTable::new(config, 1);
        for &(seconds, src, port) in packets {
            let ip = packet(src, 9, port, 100);
            table.advance(seconds * 1_000_000_000);
            table.observe(seconds * 1_000_000_000, None, &ip, &mut |flow| {
                records.push(flow)
            });
        }
        let evicted = table.finish(&mut |flow| records.push(flow));
        (records, evicted)
    }

    #[test]
    fn a_pause_longer_than_the_idle_timeout_splits_a_flow_and_one_as_long_does_not() {
        let (records, _) = run(FlowConfig::default(), &[(0, 1, 1), (60, 1, 1), (121, 1, 1)]);
        let packets: Vec<u64> = records.iter().map(|flow| flow.packets).collect();
        assert_eq!(packets, [2, 1]);
        assert_eq!(records[0].end_reason, EndReason::Idle);
    }

    #[test]
    fn windows_are_aligned_to_the_epoch_and_cut_flows() {
        let config = FlowConfig {
            window_ns: Some(10_000_000_000),
            ..FlowConfig::default()
        };
        let (records, _) = run(config, &[(-1, 1, 1), (0, 1, 1), (9, 1, 1), (10, 1, 1)]);
        let cut: Vec<_> = records
            .iter()
            .map(|flow| (flow.window_ns.unwrap() / 1_000_000_000, flow.packets))
            .collect();
        assert_eq!(cut, [(-10, 1), (0, 2), (10, 1)]);
    }

    #[test]
    fn why_a_flow_ended_does_not_depend_on_when_that_is_noticed() {
        let config = FlowConfig {
            window_ns: Some(300_000_000_000),
            max_flows: 10,
            ..FlowConfig::default()
        };
        let why = |packets: &[(i64, u32, u16)]| -> Vec<EndReason> {
            let (records, _) = run(config, packets);
            let own = records.iter().filter(|flow| flow.key.src_port() == 1);
            own.map(|flow| flow.end_reason).collect()
        };
        // Up to the border they were silent for longer than a minute, or for as long.
        for (last, reason) in [
            (200, EndReason::Idle),
            (239, EndReason::Idle),
            (240, EndReason::Window),
        ] {
            assert_eq!(why(&[(last, 1, 1), (400, 1, 1)])[0], reason);
        }
        let mut packets = vec![(200, 1, 1)];
        packets.extend((0..20).map(|i| (299, i, 7)));
        assert_eq!(why(&packets), [EndReason::Idle]);
    }

    #[test]
    fn eviction_takes_the_oldest_is_counted_and_loses_nothing() {
        let config = FlowConfig {
            max_flows: 100,
            ..FlowConfig::default()
        };
        let packets: Vec<_> = (0..1000_u32).map(|i| (0, i, 7)).collect();
        let (records, evicted) = run(config, &packets);
        assert_eq!(records.iter().map(|flow| flow.packets).sum::<u64>(), 1000);
        assert!(evicted >= 900, "{evicted}");
        let early = records
            .iter()
            .filter(|flow| flow.end_reason == EndReason::Evicted)
            .count() as u64;
        assert_eq!(early, evicted);
    }

    #[test]
    fn what_went_idle_is_not_called_evicted() {
        let config = FlowConfig {
            max_flows: 10,
            ..FlowConfig::default()
        };
        let packets: Vec<_> = (0..100_u32).map(|i| (i64::from(i) * 100, i, 7)).collect();
        let (records, evicted) = run(config, &packets);
        assert_eq!((records.len(), evicted), (100, 0));
    }

    #[test]
    fn making_room_does_not_split_a_flow_that_a_waiting_packet_joins() {
        let config = FlowConfig {
            max_flows: 10,
            ..FlowConfig::default()
        };
        // One flow more than there is room for, a packet of the second one after exactly the idle timeout, and a packet
        // later than that.
        let mut packets: Vec<_> = (0..10_u32).map(|i| (i64::from(i.min(1)), i, 7)).collect();
        packets.extend([(60, 50, 7), (61, 1, 7), (62, 51, 7)]);
        let (records, _) = run(config, &packets);
        let counts: Vec<u64> = records
            .iter()
            .filter(|flow| flow.key.src() == IpAddr::from([0, 0, 0, 1]))
            .map(|flow| flow.packets)
            .collect();
        assert_eq!(counts, [2]);
    }

    #[test]
    fn a_mapped_address_is_not_its_ipv4_address() {
        let mut ip = packet(0x0102_0304, 9, 1, 100);
        let four = FlowKey::new(&ip, None);
        ip.src = "::ffff:1.2.3.4".parse().unwrap();
        ip.dst = "::9".parse().unwrap();
        assert_ne!(four, FlowKey::new(&ip, None));
        assert_eq!(four.src(), "1.2.3.4".parse::<IpAddr>().unwrap());
        assert_eq!(four.vlan(), None);
    }
}
