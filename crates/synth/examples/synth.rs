//! Makes a trace: `synth OUT.pcap [--packets N] [--rate PPS] [--duration S] [--snaplen N] [--scenario NAME] [--surge-factor N] [--seed N]`.
#![allow(clippy::print_stderr)]

use std::error::Error;
use std::fs::File;
use std::path::PathBuf;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut options = synth::Options::default();
    let mut out = None;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--packets" => options.packets = value()?.parse()?,
            "--rate" => options.rate = value()?.parse()?,
            "--duration" => options.duration = Some(value()?.parse()?),
            "--snaplen" => options.snaplen = value()?.parse()?,
            "--scenario" => options.scenario = value()?.parse()?,
            "--surge-factor" => options.surge_factor = value()?.parse()?,
            "--seed" => options.seed = value()?.parse()?,
            _ if word.starts_with("--") => return Err(format!("unknown option {word}").into()),
            _ => out = Some(PathBuf::from(&word)),
        }
    }
    let path = out.ok_or("usage: synth OUT.pcap [--packets N] [--scenario NAME] ...")?;
    let started = Instant::now();
    let mut capture = File::create(&path)?;
    let mut truth = std::io::BufWriter::new(File::create(path.with_extension("truth.jsonl"))?);
    let tally = synth::generate(&options, &mut capture, &mut truth, &mut |_| true)?;
    let took = started.elapsed().as_secs_f64();
    eprintln!(
        "{} packets in {took:.2} s, {:.0} per second",
        tally.packets,
        tally.packets as f64 / took
    );
    Ok(())
}
