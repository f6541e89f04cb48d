//! Labeled traces into files.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use synth::{Error, Options, Scenario};

/// Generates a trace into `capture` (standard output for `-`) and its truth into `truth` (nowhere if none); returns the totals of what was written.
///
/// `progress` is called with the packets written so far; what it raises ends the trace.
#[pyfunction]
#[pyo3(signature = (
    capture, truth, *, seed, packets, rate, duration, snaplen, scenario, surge_factor, start_ns, progress=None
))]
#[allow(clippy::too_many_arguments)]
pub fn synthesize<'py>(
    py: Python<'py>,
    capture: PathBuf,
    truth: Option<PathBuf>,
    seed: u64,
    packets: u64,
    rate: f64,
    duration: Option<f64>,
    snaplen: u32,
    scenario: &str,
    surge_factor: u32,
    start_ns: i64,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let scenario: Scenario = scenario
        .parse()
        .map_err(|error: Error| PyValueError::new_err(error.to_string()))?;
    let options = Options {
        seed,
        packets,
        rate,
        duration,
        snaplen,
        scenario,
        surge_factor,
        start_ns,
    };
    let mut raised = None;
    let result = py.detach(|| -> Result<synth::Tally, Error> {
        let mut capture = BufWriter::with_capacity(1 << 20, opened(&capture)?);
        let mut truth: Box<dyn Write> = match truth {
            Some(path) => Box::new(BufWriter::new(File::create(path)?)),
            None => Box::new(std::io::sink()),
        };
        let tally = synth::generate(&options, &mut capture, &mut truth, &mut |written| {
            let outcome = Python::attach(|py| {
                py.check_signals()?;
                progress
                    .as_ref()
                    .map_or(Ok(()), |progress| progress.call1(py, (written,)).map(drop))
            });
            outcome.map_err(|error| raised = Some(error)).is_ok()
        })?;
        capture.flush()?;
        truth.flush()?;
        Ok(tally)
    });
    if let Some(error) = raised {
        return Err(error);
    }
    let tally = result.map_err(|error| match error {
        // The operating system's own words and number, as Python's own files give them.
        Error::Io(error) => PyErr::from(error),
        Error::Scenario(_) => PyOSError::new_err(error.to_string()),
    })?;
    let totals = PyDict::new(py);
    totals.set_item("packets", tally.packets)?;
    totals.set_item("wire_bytes", tally.bytes)?;
    totals.set_item("captured_bytes", tally.captured_bytes)?;
    totals.set_item("start_ns", tally.first_ns)?;
    totals.set_item("end_ns", tally.last_ns)?;
    Ok(totals)
}

/// The file to write, or standard output for `-`: as it is open, so that what a file there holds already stays.
fn opened(capture: &Path) -> std::io::Result<File> {
    if capture == Path::new("-") {
        let output = std::io::stdout().as_fd().try_clone_to_owned()?;
        return Ok(File::from(output));
    }
    File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .open(capture)
}

/// The names of the scenarios.
#[pyfunction]
pub fn scenarios() -> Vec<&'static str> {
    Scenario::ALL
        .iter()
        .map(|scenario| scenario.name())
        .collect()
}
