//! Meters captures into tables and drops the rows: the speed of the meter alone. `run TABLES FILE...`, where TABLES is a
//! list of `flows`, `connections`, `counts`, `talkers`, with commas; `WORKERS` in the environment.
#![allow(clippy::print_stdout, clippy::expect_used, missing_docs)]

use std::time::{Duration, Instant};

use meter::connections;
use meter::events::{EventConfig, TalkerConfig};
use meter::flows::FlowConfig;
use meter::run::{Run, RunOptions, Step};
use meter::tables::TablesConfig;
use wire::capture::{Inputs, Source};

fn main() {
    let mut args = std::env::args();
    let names = args.nth(1).expect("tables");
    let sources: Vec<_> = args.map(|path| Source::Path(path.into())).collect();
    let wants = |name: &str| names.split(',').any(|wanted| wanted == name);
    let workers = std::env::var("WORKERS").map_or(2, |text| text.parse().expect("a number"));
    let start = Instant::now();
    let options = RunOptions {
        tables: TablesConfig {
            flows: wants("flows").then(FlowConfig::default),
            connections: wants("connections").then(connections::Config::default),
            events: wants("counts").then(|| EventConfig {
                rows: false,
                counts: true,
                talkers: wants("talkers").then(TalkerConfig::default),
                tracking: connections::Config {
                    quality: false,
                    ..connections::Config::default()
                },
                ..EventConfig::default()
            }),
            ..TablesConfig::default()
        },
        workers,
        ..RunOptions::default()
    };
    let run = Run::start(
        Inputs::open(&sources).expect("an input"),
        &options,
        0,
        |rows| {
            [
                rows.flows.len(),
                rows.connections.len(),
                rows.event_counts.len(),
            ]
        },
    );
    let (mut flows, mut connections, mut counts) = (0, 0, 0);
    loop {
        match run.step(Duration::from_millis(100)) {
            Step::Rows([more_flows, more_connections, more_counts]) => {
                flows += more_flows;
                connections += more_connections;
                counts += more_counts;
            }
            Step::Pending => {}
            Step::Done => break,
        }
    }
    let (tally, _) = run.finish().expect("a whole run");
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{} packets, {flows} flows ({} early), {connections} connections, {counts} counts in {seconds:.2} s: {:.2} million/s",
        tally.read(),
        tally.evicted,
        tally.read() as f64 / seconds / 1e6
    );
}
