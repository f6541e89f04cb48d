//! Sources of traffic: each starts connections and flows at its share of the packet rate.

use crate::attack::Attacker;
use crate::benign;
use crate::losses;
use crate::sim::Ground;

/// What a source makes.
#[derive(Debug)]
pub enum Kind {
    /// Visitors of the web servers inside.
    WebIn,
    /// Clients inside that visit servers outside.
    WebOut,
    Dns,
    Mail,
    Ssh,
    Time,
    Quic,
    Peers,
    /// ARP, ICMP echo and unreachable messages.
    Housekeeping,
    /// So many packets of nightly transfers within a time.
    Backups(f64, u64),
    /// Transfers of which all is told.
    Losses,
    Attack(Attacker),
}

/// A source of traffic.
#[derive(Debug)]
pub struct Source {
    pub kind: Kind,
    /// When it begins and ends, ns since the start of the trace.
    pub start: u64,
    pub stop: u64,
    /// Packets per second that it aims at.
    pub rate: f64,
    /// Packets of one start, on average so far.
    cost: f64,
}

impl Source {
    /// A source that is active between two times.
    pub fn new(kind: Kind, rate: f64, start: u64, stop: u64) -> Self {
        let cost = match kind {
            Kind::Dns | Kind::Time | Kind::Housekeeping => 2.0,
            Kind::Attack(_) => 1.0,
            Kind::Losses => 600.0,
            Kind::Ssh => 60.0,
            _ => 30.0,
        };
        Self {
            kind,
            start,
            stop,
            rate,
            cost,
        }
    }

    /// Starts one thing; says when the next is due.
    pub fn step(&mut self, ground: &mut Ground) -> Option<u64> {
        let now = ground.world.now;
        if now >= self.stop || self.rate <= 0.0 {
            return None;
        }
        let cost = match &mut self.kind {
            Kind::WebIn => benign::web_session(ground, true),
            Kind::WebOut => benign::web_session(ground, false),
            Kind::Dns => benign::dns_lookup(ground),
            Kind::Mail => benign::mail_session(ground),
            Kind::Ssh => benign::ssh_session(ground),
            Kind::Time => benign::time_request(ground),
            Kind::Quic => benign::quic_session(ground),
            Kind::Peers => benign::peer_session(ground),
            Kind::Housekeeping => benign::housekeeping(ground),
            Kind::Losses => losses::transfer(ground),
            Kind::Attack(attacker) => attacker.step(
                ground,
                now.saturating_sub(self.start),
                self.stop - self.start,
            ),
            Kind::Backups(packets, span) => {
                benign::backups(ground, *packets, *span);
                return None;
            }
        };
        self.cost += (cost.min(5_000.0) - self.cost) * 0.01;
        let gap = ground.world.rng.exponential(self.cost / self.rate * 1e9);
        Some(now + gap as u64 + 1)
    }
}
