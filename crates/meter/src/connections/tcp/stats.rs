//! Zeek's `conn_stats` of one side: order by the IP id, retransmissions by the highest sequence number.
//! Source: `TCPStats_Endpoint` in Zeek's `src/analyzer/protocol/tcp`.

use crate::connections::record::ConnStats;

/// The running state of one side.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct IdStats {
    pkts: u32,
    rxmit: u32,
    rxmit_bytes: u64,
    in_order: u32,
    out_of_order: u32,
    replicated: u32,
    last_id: u32,
    max_top: u64,
    endian: u8,
}

const UNKNOWN: u8 = 0;
const LITTLE: u8 = 1;
const BIG: u8 = 2;
const CONFUSED: u8 = 3;

impl IdStats {
    /// Counts a packet with its IP id, its stream offset (a SYN's is 1) and its payload length.
    pub(super) fn add(&mut self, id: u32, seq: u64, len: u32) {
        self.pkts += 1;
        if self.pkts == 1 {
            self.last_id = id;
            return;
        }
        if id == self.last_id {
            self.replicated += 1;
            return;
        }
        let (now, before) = (id as u16, self.last_id as u16);
        let big = now.wrapping_sub(before) as i16;
        let little = now.swap_bytes().wrapping_sub(before.swap_bytes()) as i16;
        let (evidence, delta) = if big.unsigned_abs() < little.unsigned_abs() {
            (BIG, big)
        } else {
            (LITTLE, little)
        };
        self.endian = match self.endian {
            UNKNOWN => evidence,
            same if same == evidence => same,
            _ => CONFUSED,
        };
        if (-255..0).contains(&delta) {
            self.out_of_order += 1;
            return;
        }
        self.last_id = id;
        self.in_order += 1;
        let top = seq.wrapping_add(u64::from(len));
        if top.wrapping_sub(self.max_top) as i64 <= 0 {
            self.rxmit += 1;
            self.rxmit_bytes += u64::from(len);
        } else {
            self.max_top = top;
        }
    }

    pub(super) fn stats(&self) -> ConnStats {
        ConnStats {
            num_pkts: u64::from(self.pkts),
            num_rxmit: u64::from(self.rxmit),
            num_rxmit_bytes: self.rxmit_bytes,
            num_in_order: u64::from(self.in_order),
            num_oo: u64::from(self.out_of_order),
            num_repl: u64::from(self.replicated),
            endian_type: self.endian,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(packets: &[(u32, u64, u32)]) -> ConnStats {
        let mut stats = IdStats::default();
        packets
            .iter()
            .for_each(|(id, seq, len)| stats.add(*id, *seq, *len));
        let s = stats.stats();
        if s.num_pkts > 0 {
            assert_eq!(s.num_pkts, 1 + s.num_repl + s.num_oo + s.num_in_order);
        }
        assert!(s.num_rxmit <= s.num_in_order);
        s
    }

    #[test]
    fn every_pure_ack_counts_as_a_retransmission_of_nothing() {
        // SYN, ACK, GET, 20 ACKs, FIN.
        let mut packets = vec![(1, 1, 0), (2, 1, 0), (3, 1, 100)];
        packets.extend((0..20).map(|n| (4 + n, 101, 0)));
        packets.push((24, 101, 0));
        let stats = run(&packets);
        assert_eq!((stats.num_rxmit, stats.num_rxmit_bytes), (21, 0));
    }

    #[test]
    fn ipv6_and_constant_ids_count_as_replicated() {
        let stats = run(&(0..100).map(|n| (0, n * 10, 10)).collect::<Vec<_>>());
        assert_eq!((stats.num_repl, stats.endian_type), (99, UNKNOWN));
    }

    #[test]
    fn byte_order_shows_in_the_ids() {
        assert_eq!(run(&[(1, 1, 0), (2, 1, 1), (3, 2, 1)]).endian_type, BIG);
        assert_eq!(
            run(&[(0x0100, 1, 0), (0x0200, 1, 1), (0x0300, 2, 1)]).endian_type,
            LITTLE
        );
        assert_eq!(
            run(&[(1, 1, 0), (2, 1, 1), (0x0202, 2, 1)]).endian_type,
            CONFUSED
        );
    }

    #[test]
    fn late_by_less_than_256_is_out_of_order_later_is_in_order() {
        assert_eq!(run(&[(0x05ff, 1, 0), (0x0500, 1, 1)]).num_oo, 1);
        let jump = run(&[(1000, 1, 0), (700, 1, 1)]);
        assert_eq!((jump.num_oo, jump.num_in_order), (0, 1));
    }

    #[test]
    fn reordered_and_replicated_packets_are_never_retransmissions() {
        let stats = run(&[
            (10, 1, 0),
            (12, 1, 100),
            (11, 1, 100),
            (12, 1, 100),
            (12, 1, 100),
        ]);
        assert_eq!((stats.num_rxmit, stats.num_oo, stats.num_repl), (0, 1, 2));
    }

    #[test]
    fn a_partly_new_packet_is_new() {
        assert_eq!(run(&[(1, 1, 0), (2, 1, 100), (3, 51, 100)]).num_rxmit, 0);
    }
}
