//! Labeled traces from a seed: who does what, and what the network did to it.
//!
//! [`generate`] simulates a site whose border is watched, and writes what the monitor sees as a pcap
//! file (nanoseconds, Ethernet) and what is true of it as JSON lines. The same options give the same
//! bytes on any machine. Memory grows with what is active at one time, not with the trace.
//!
//! To make a trace without the command line of wiretell:
//!
//! ```text
//! cargo run --release -p synth --example synth -- OUT.pcap --packets 1000000 --scenario mix --seed 7
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod apps;
mod attack;
mod benign;
mod dialog;
mod filler;
mod flow;
mod frame;
mod hosts;
mod losses;
mod packet;
mod path;
mod pcap;
mod rng;
mod scenario;
mod sim;
mod site;
mod slab;
mod source;
mod tally;
mod tcp;
mod truth;
mod world;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

pub use tally::Tally;

/// What to generate.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Seed of all that is drawn.
    pub seed: u64,
    /// Packets in the trace.
    pub packets: u64,
    /// Mean packets per second.
    pub rate: f64,
    /// Length of the trace in seconds; sets the rate instead when given.
    pub duration: Option<f64>,
    /// Bytes kept of each packet.
    pub snaplen: u32,
    /// What happens.
    pub scenario: Scenario,
    /// Flows of the superposed floods per flow of the mix, in [`Scenario::Surge`].
    pub surge_factor: u32,
    /// Time of the start, ns since 1970-01-01 UTC.
    pub start_ns: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            packets: 100_000,
            rate: 2_000.0,
            duration: None,
            snaplen: 65_535,
            scenario: Scenario::Mix,
            surge_factor: 10,
            start_ns: 1_735_689_600_000_000_000,
        }
    }
}

impl Options {
    /// The mean rate in packets per second that rate or duration ask for.
    pub fn packet_rate(&self) -> f64 {
        let rate = match self.duration {
            Some(seconds) if seconds > 0.0 => self.packets as f64 / seconds,
            _ => self.rate,
        };
        if rate.is_finite() {
            rate.clamp(0.001, 1e9)
        } else {
            2_000.0
        }
    }
}

/// What happens in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Everything benign, one of each kind of scan, a worm, and a small flood.
    Mix,
    /// Web, DNS, mail, SSH, NTP, QUIC, peers, backups, a NAT: a normal day.
    Benign,
    /// The normal day with a horizontal and a vertical scan.
    Scan,
    /// The normal day with a worm that infects ever more clients.
    Worm,
    /// The normal day with a SYN flood from spoofed addresses.
    Flood,
    /// The normal day with DNS and NTP answers that nobody asked for.
    Reflection,
    /// The normal day with a crowd of visitors at one web server.
    Flash,
    /// The normal day with floods at `surge_factor` times its flow rate in the middle third.
    Surge,
    /// Long TCP transfers alone, every one told with what the network did to it.
    Losses,
    /// The trace that benchmarks use: seven tenths long transfers, the rest the mix; about 20 packets in a flow.
    Bench,
}

impl Scenario {
    /// All scenarios.
    pub const ALL: [Self; 10] = [
        Self::Mix,
        Self::Benign,
        Self::Scan,
        Self::Worm,
        Self::Flood,
        Self::Reflection,
        Self::Flash,
        Self::Surge,
        Self::Losses,
        Self::Bench,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mix => "mix",
            Self::Benign => "benign",
            Self::Scan => "scan",
            Self::Worm => "worm",
            Self::Flood => "flood",
            Self::Reflection => "reflection",
            Self::Flash => "flash",
            Self::Surge => "surge",
            Self::Losses => "losses",
            Self::Bench => "bench",
        }
    }
}

impl FromStr for Scenario {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.name() == name)
            .ok_or_else(|| Error::Scenario(name.to_owned()))
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What keeps a trace from being generated.
#[derive(Debug)]
pub enum Error {
    /// There is no such scenario.
    Scenario(String),
    /// A file could not be written.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scenario(name) => {
                write!(f, "no scenario {name:?}; there are:")?;
                Scenario::ALL
                    .iter()
                    .try_for_each(|scenario| write!(f, " {scenario}"))
            }
            Self::Io(error) => write!(f, "cannot write: {error}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Generates a trace and its truth; returns the totals of what was written.
///
/// `progress` is called now and then with the packets written so far, and ends the trace early by
/// returning false.
pub fn generate(
    options: &Options,
    capture: &mut dyn Write,
    truth: &mut dyn Write,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Tally, Error> {
    let mut rng = rng::Rng::new(options.seed);
    let mut hosts = hosts::Hosts::default();
    let site = site::populate(options.packets, &mut hosts, &mut rng);
    let mut ground = sim::Ground::new(world::World::new(rng, hosts), site);
    let sources = scenario::sources(options, &mut ground);
    let out = pcap::Writer::new(capture, options.snaplen);
    let truth = truth::Truth::new(truth, options.start_ns);
    let mut run = sim::Run::new(
        ground,
        sources,
        out,
        truth,
        options.snaplen,
        options.start_ns,
    );
    run.go(options.packets, progress)?;
    Ok(run.finish()?)
}
