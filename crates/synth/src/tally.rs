//! Counts what was written, from the bytes of the frames alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Totals of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Frames.
    pub packets: u64,
    /// Bytes on the wire, from the link header on.
    pub bytes: u64,
    /// Bytes in the file, without record headers.
    pub captured_bytes: u64,
    /// Time of the first packet, ns since 1970.
    pub first_ns: Option<i64>,
    /// Time of the last packet, ns since 1970.
    pub last_ns: i64,
    /// Packets with an 802.1Q tag.
    pub vlan_packets: u64,
    /// IPv4 and IPv6 fragments, first ones included.
    pub fragments: u64,
    /// Packets and bytes on the wire by protocol: `arp`, `tcp`, `udp6`, ...
    pub protocols: BTreeMap<&'static str, (u64, u64)>,
}

impl Tally {
    /// Counts a frame.
    pub fn count(&mut self, time_ns: i64, frame: &[u8], snaplen: u32) {
        let bytes = frame.len() as u64;
        self.packets += 1;
        self.bytes += bytes;
        self.captured_bytes += bytes.min(u64::from(snaplen));
        self.first_ns.get_or_insert(time_ns);
        self.last_ns = time_ns;
        let name = self.protocol(frame);
        let entry = self.protocols.entry(name).or_default();
        entry.0 += 1;
        entry.1 += bytes;
    }

    fn protocol(&mut self, frame: &[u8]) -> &'static str {
        let rest = frame.get(12..).unwrap_or_default();
        let rest = match rest {
            [0x81, 0, _, _, inner @ ..] => {
                self.vlan_packets += 1;
                inner
            }
            _ => rest,
        };
        match rest {
            [8, 6, ..] => "arp",
            [8, 0, 0x45, _, _, _, _, _, bits, low, _, protocol, ..] => {
                if u16::from_be_bytes([*bits, *low]) & 0x3fff != 0 {
                    self.fragments += 1;
                }
                match protocol {
                    1 => "icmp",
                    6 => "tcp",
                    17 => "udp",
                    _ => "other",
                }
            }
            [0x86, 0xdd, 0x60..=0x6f, _, _, _, _, _, next, _, after @ ..] => {
                let next = if *next == 44 {
                    self.fragments += 1;
                    after.get(32).copied().unwrap_or(0)
                } else {
                    *next
                };
                match next {
                    6 => "tcp6",
                    17 => "udp6",
                    58 => "icmp6",
                    _ => "other6",
                }
            }
            _ => "other",
        }
    }

    /// The totals as one line of JSON.
    pub fn json(&self) -> String {
        let mut line = format!(
            r#"{{"kind":"totals","packets":{},"bytes":{},"captured_bytes":{},"first_ns":{},"last_ns":{},"vlan_packets":{},"fragments":{},"protocols":{{"#,
            self.packets,
            self.bytes,
            self.captured_bytes,
            self.first_ns.unwrap_or(0),
            self.last_ns,
            self.vlan_packets,
            self.fragments
        );
        for (index, (name, (packets, bytes))) in self.protocols.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let _ = write!(
                line,
                r#"{comma}"{name}":{{"packets":{packets},"bytes":{bytes}}}"#
            );
        }
        line.push_str("}}");
        line
    }
}
