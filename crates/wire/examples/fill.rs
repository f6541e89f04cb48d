//! Reads captures and does nothing with them: the speed of reading alone.
#![allow(clippy::print_stdout, clippy::expect_used, missing_docs)]

use std::time::Instant;

use wire::capture::{Block, Inputs, Source};

fn main() {
    let sources: Vec<_> = std::env::args_os()
        .skip(1)
        .map(|path| Source::Path(path.into()))
        .collect();
    let start = Instant::now();
    let mut inputs = Inputs::open(&sources).expect("an input");
    let (mut block, mut records) = (Block::default(), 0);
    loop {
        let more = inputs.fill(&mut block);
        records += block.len();
        if !more {
            break;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{records} records in {seconds:.3} s: {:.1} million per second",
        records as f64 / seconds / 1e6
    );
}
