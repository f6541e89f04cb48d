//! What a tracker can be told.

use super::first::First;
use super::ports::PortSet;
use crate::share::Share;

/// Nanoseconds in a second.
pub(super) const SECOND: i64 = 1_000_000_000;

/// Whose rules apply where versions of Zeek differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Today's Zeek.
    #[default]
    Zeek,
    /// Bro 2.5: fewer history letters, no counting of packets whose payload was cut by the snap length,
    /// gaps judged before the state changes.
    Bro25,
}

/// How a tracker works. All times in nanoseconds of packet time.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whose rules apply.
    pub dialect: Dialect,
    /// Take every checksum for right.
    pub ignore_checksums: bool,
    /// Connections held at once; the oldest goes first when there are more.
    pub max_connections: usize,
    /// Reassembled datagrams held at once.
    pub max_fragmented: usize,
    /// Give an interim record of every active connection at each multiple of this since 1970; 0 for none.
    pub interim_ns: i64,
    /// Give records of the first connections of an order only, of all shares together; the others are counted. There are
    /// no interim records then.
    pub first: Option<First>,
    /// A SYN without answer is given up after this.
    pub syn_attempt_ns: i64,
    /// A closed connection is reported this long after its last packet.
    pub close_delay_ns: i64,
    /// How often a TCP connection is looked at.
    pub session_timer_ns: i64,
    /// A half-closed or reset connection that is silent for this long is over.
    pub linger_ns: i64,
    /// Silence that ends a TCP connection.
    pub tcp_inactivity_ns: i64,
    /// Silence that ends a TCP connection of an interactive service (FTP, SSH, telnet, rlogin).
    pub interactive_inactivity_ns: i64,
    /// Silence that ends a UDP conversation.
    pub udp_inactivity_ns: i64,
    /// Silence that ends an ICMP conversation, or one of another protocol.
    pub icmp_inactivity_ns: i64,
    /// Silence that ends a DNS conversation over UDP.
    pub dns_inactivity_ns: i64,
    /// Fragments that do not complete within this are dropped.
    pub fragment_timeout_ns: i64,
    /// Ports that servers use: a connection whose start was not seen is turned around when it comes from one.
    pub server_ports: PortSet,
    /// Whose connections are told; `None`: all. Where tunnels are looked into, every share follows the connections
    /// around them, and one tells of them.
    pub share: Option<Share>,
    /// Measure how well TCP carries the data (retransmissions, RTT, windows).
    pub quality: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            dialect: Dialect::Zeek,
            ignore_checksums: false,
            max_connections: 1 << 20,
            max_fragmented: 1024,
            interim_ns: 0,
            first: None,
            syn_attempt_ns: 5 * SECOND,
            close_delay_ns: 5 * SECOND,
            session_timer_ns: 6 * SECOND,
            linger_ns: 5 * SECOND,
            tcp_inactivity_ns: 300 * SECOND,
            interactive_inactivity_ns: 3600 * SECOND,
            udp_inactivity_ns: 60 * SECOND,
            icmp_inactivity_ns: 60 * SECOND,
            dns_inactivity_ns: 10 * SECOND,
            fragment_timeout_ns: 300 * SECOND,
            server_ports: PortSet::zeek(),
            share: None,
            quality: true,
        }
    }
}

impl Config {
    /// The rules of Bro 2.5 with checksums ignored, as its stored results were made.
    pub fn bro_2_5() -> Self {
        Self {
            dialect: Dialect::Bro25,
            ignore_checksums: true,
            server_ports: PortSet::bro_2_5(),
            ..Self::default()
        }
    }
}
