//! The engine: packets in, events out.

use wire::{Network, Packet, Record};

use super::life;
use super::out::{Batch, Out};
use super::talkers::TalkerConfig;
use super::watcher::Watcher;
use crate::connections::{Config, ConnectionRecord, Tracker};

/// What the engine is to give, and how it follows connections.
#[derive(Clone, Debug)]
pub struct EventConfig {
    /// A row for each event.
    pub rows: bool,
    /// With its arguments as JSON.
    pub args: bool,
    /// Counts per second, name and protocol.
    pub counts: bool,
    /// Totals by host and by connection, and the heaviest of each second.
    pub talkers: Option<TalkerConfig>,
    /// Records of connections as well, from the same tracker.
    pub connections: bool,
    /// Also read what is said on TCP connections whose start was missed; Zeek does not.
    pub partial: bool,
    /// Also `conn_stats` of each TCP connection; Zeek raises it only with its analyzer of TCP statistics, by default off.
    pub conn_stats: bool,
    /// How connections are followed.
    pub tracking: Config,
    /// Bytes of streams that are held at most, waiting for what is missing or for the end of a message.
    pub max_held_bytes: usize,
}

impl Default for EventConfig {
    fn default() -> Self {
        Self {
            rows: false,
            args: false,
            counts: true,
            talkers: None,
            connections: false,
            partial: true,
            conn_stats: false,
            tracking: Config {
                quality: false,
                ..Config::default()
            },
            max_held_bytes: 64 << 20,
        }
    }
}

/// What the engine has seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventCounters {
    /// Events raised.
    pub events: u64,
    /// Connections whose parser met what its protocol does not allow, and stopped.
    pub violations: u64,
    /// Streams that were given up because too much was held.
    pub given_up: u64,
    /// Bytes held now.
    pub held_bytes: usize,
}

impl EventCounters {
    /// Those of two shares together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            events: self.events + other.events,
            violations: self.violations + other.violations,
            given_up: self.given_up + other.given_up,
            held_bytes: self.held_bytes + other.held_bytes,
        }
    }
}

/// Raises events.
#[derive(Debug)]
pub struct EventEngine {
    tracker: Tracker,
    watcher: Watcher,
}

impl EventEngine {
    /// An engine that has seen nothing.
    pub fn new(config: EventConfig) -> Self {
        Self {
            watcher: Watcher::new(&config),
            tracker: Tracker::new(config.tracking),
        }
    }

    /// Takes one packet; packets come in file order.
    #[inline]
    pub fn observe(&mut self, record: &Record<'_>, packet: &Packet<'_>) {
        if matches!(packet.network, Network::Arp { .. }) {
            let mut out = Out::without_conn(record.time_ns, &mut self.watcher.sink);
            life::arp(packet, &mut out);
        }
        self.tracker.observe_with(record, packet, &mut self.watcher);
    }

    /// Takes a packet whose inside another share looks at: the connections around it only.
    pub fn observe_around(&mut self, record: &Record<'_>, packet: &Packet<'_>) {
        self.tracker
            .observe_around_with(record, packet, &mut self.watcher);
    }

    /// Lets time pass until `now`: what a timer raises is raised at the time of a packet of any share, so that the same
    /// events come out however the traffic is shared out.
    #[inline]
    pub fn advance(&mut self, now: i64) {
        self.tracker.advance_with(now, &mut self.watcher);
    }

    /// The end of the input: connections that are left end.
    pub fn finish(&mut self) {
        self.tracker.finish_with(&mut self.watcher);
        let sink = &mut self.watcher.sink;
        if let Some(counts) = &mut sink.counts {
            counts.flush(&mut sink.batch.counts);
        }
        if let Some(talkers) = sink.talkers.take() {
            let (totals, hosts, conns) = talkers.finish();
            sink.batch.host_totals = Some(totals);
            (sink.batch.hosts, sink.batch.conns) = (hosts, conns);
        }
    }

    /// What waits to be fetched.
    pub fn batch(&mut self) -> &mut Batch {
        &mut self.watcher.sink.batch
    }

    /// Records of connections that wait to be fetched.
    pub fn records(&mut self) -> &mut Vec<ConnectionRecord> {
        &mut self.watcher.records
    }

    /// The tracker beneath.
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// What was seen so far.
    pub fn counters(&self) -> EventCounters {
        EventCounters {
            events: self.watcher.sink.raised,
            violations: self.watcher.sink.violations,
            given_up: self.watcher.given_up,
            held_bytes: self.watcher.held,
        }
    }
}
