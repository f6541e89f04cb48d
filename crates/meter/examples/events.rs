//! Counts the events of captures, by name: `events FILE...`; with `--rows` a line for each, with `--time` the speed.
#![allow(missing_docs, clippy::print_stdout)]

use std::time::Instant;

use meter::connections::Config;
use meter::events::{EventConfig, EventEngine, Name};
use wire::capture::Capture;
use wire::{DecodeOptions, decode};

fn main() {
    let (flags, files): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|arg| arg.starts_with("--"));
    let rows = flags.iter().any(|flag| flag == "--rows");
    let bro = flags.iter().any(|flag| flag == "--bro");
    for file in files {
        let Ok(mut capture) = Capture::open(std::path::Path::new(&file)) else {
            println!("{file}\tunreadable\t0");
            continue;
        };
        let tracking = if bro {
            Config::bro_2_5()
        } else {
            Config::default()
        };
        let mut engine = EventEngine::new(EventConfig {
            rows,
            args: rows,
            partial: !bro,
            tracking: Config {
                quality: false,
                ..tracking
            },
            ..EventConfig::default()
        });
        let mut totals = vec![(0_u64, 0_u64); Name::ALL.len()];
        let mut packets = 0_u64;
        let start = Instant::now();
        let mut take = |engine: &mut EventEngine| {
            for count in engine.batch().counts.drain(..) {
                if let Some((n, bytes)) = totals.get_mut(count.name as usize) {
                    *n += count.count;
                    *bytes += count.bytes;
                }
            }
            for event in engine.batch().events.drain(..) {
                let uid = event
                    .conn
                    .map_or(String::new(), |conn| conn.uid.to_string());
                println!(
                    "{:.6}\t{}\t{uid}\t{}\t{}",
                    event.time_ns as f64 / 1e9,
                    event.name.as_str(),
                    event.size,
                    event.args.unwrap_or_default()
                );
            }
        };
        while let Some(record) = capture.next_record() {
            packets += 1;
            engine.observe(&record, &decode(&record, DecodeOptions::default()));
            if packets.is_multiple_of(4096) {
                take(&mut engine);
            }
        }
        engine.finish();
        take(&mut engine);
        if flags.iter().any(|flag| flag == "--time") {
            let seconds = start.elapsed().as_secs_f64();
            println!(
                "{packets} packets in {seconds:.3} s: {:.3} million/s, {:?}",
                packets as f64 / seconds / 1e6,
                engine.counters()
            );
        } else if !rows {
            for (name, (n, bytes)) in Name::ALL.iter().zip(&totals) {
                if *n > 0 {
                    println!("{file}\t{}\t{n}\t{bytes}", name.as_str());
                }
            }
        }
    }
}
