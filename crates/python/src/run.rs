//! A run over captures that yields tables.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow_schema::ArrowError;
use meter::connections::{Config, First, Order};
use meter::events::{EventConfig, TalkerConfig};
use meter::flows::FlowConfig;
use meter::flows::filter::{FilterConfig, Policy};
use meter::flows::sums::SumConfig;
use meter::predicate::{Field, Operator, Predicate, Value};
use meter::run::{RunOptions, Step};
use meter::select::{Sample, Select};
use meter::tables::TablesConfig;
use meter::{Networks, Share};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use pyo3_arrow::PyRecordBatch;
use wire::DecodeOptions;
use wire::capture::{Inputs, OpenError, Reason, Source};

use crate::batches::{Batches, Wanted};
use crate::numbers::Numbers;
use crate::{event_table, facts};

pyo3::create_exception!(
    wiretell._native,
    FolderError,
    PyOSError,
    "A folder has files, and none of them is a capture."
);

/// A condition as Python hands it over: column, sign, numbers, addresses.
type Condition = (String, String, Vec<i64>, Vec<IpAddr>);

/// Pipes that were already read from, by name: their file descriptors and what was read.
type Pipes = HashMap<PathBuf, (i32, Vec<u8>)>;

/// A run in progress: `step` yields batches of rows until it is done.
#[pyclass(module = "wiretell._native")]
pub struct Run {
    run: Option<meter::run::Run<Result<Batches, ArrowError>>>,
    wanted: Arc<Wanted>,
    first_hosts: Option<usize>,
    done: bool,
}

#[pymethods]
impl Run {
    #[new]
    #[pyo3(signature = (
        inputs, *, pipes=None, flow_columns=None, connection_columns=None, bare_connection_columns=None, event_columns=None,
        event_count_columns=None, event_host_columns=None, event_connection_columns=None, packet_columns=None, conditions=None,
        window_ns=None, idle_ns=60_000_000_000, max_flows=1_000_000, keep_flows=None, keep_uniformly=false, max_connections=1_048_576, interim_ns=0,
        ignore_checksums=false, local_nets=None, by_vlan=false, decap=false, workers=1, share_index=0, share_of=1,
        protocols=None, start_ns=None, end_ns=None, skip_zero_seq=false, sample=None, seed=0, numbered=false, sum_flows=None,
        first_connections=None, first_hosts=None
    ))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        inputs: Vec<PathBuf>,
        pipes: Option<Pipes>,
        flow_columns: Option<Vec<String>>,
        connection_columns: Option<Vec<String>>,
        bare_connection_columns: Option<Vec<String>>,
        event_columns: Option<Vec<String>>,
        event_count_columns: Option<Vec<String>>,
        event_host_columns: Option<Vec<String>>,
        event_connection_columns: Option<Vec<String>>,
        packet_columns: Option<Vec<String>>,
        conditions: Option<Vec<Condition>>,
        window_ns: Option<i64>,
        idle_ns: i64,
        max_flows: usize,
        keep_flows: Option<(usize, usize)>,
        keep_uniformly: bool,
        max_connections: usize,
        interim_ns: i64,
        ignore_checksums: bool,
        local_nets: Option<Vec<(IpAddr, u8)>>,
        by_vlan: bool,
        decap: bool,
        workers: u32,
        share_index: u32,
        share_of: u32,
        protocols: Option<Vec<u8>>,
        start_ns: Option<i64>,
        end_ns: Option<i64>,
        skip_zero_seq: bool,
        sample: Option<f64>,
        seed: u64,
        numbered: bool,
        sum_flows: Option<(Vec<u16>, Vec<u8>, bool)>,
        first_connections: Option<(String, usize)>,
        first_hosts: Option<usize>,
    ) -> PyResult<Run> {
        let share = Share::new(share_index, share_of).ok_or_else(|| {
            PyValueError::new_err(format!(
                "share {share_index} of {share_of}: the index must be below"
            ))
        })?;
        let sample = sample
            .map(|probability| {
                Sample::new(probability, seed).ok_or_else(|| {
                    PyValueError::new_err("the sampling probability must be in (0, 1]")
                })
            })
            .transpose()?;
        let first = first_connections
            .map(|(name, most)| match Order::from_name(&name) {
                Some(by) => Ok(First { by, most }),
                None => Err(PyValueError::new_err(format!("no order by {name}"))),
            })
            .transpose()?;
        let talkers = event_host_columns.is_some() || event_connection_columns.is_some();
        let sums = sum_flows.is_some();
        let tables = TablesConfig {
            flow_sums: sum_flows.map(|(served_ports, protocols, by_pair)| SumConfig {
                by_pair,
                served_ports,
                protocols,
            }),
            only_sums: flow_columns.is_none(),
            flows: (flow_columns.is_some() || sums).then_some(FlowConfig {
                window_ns,
                idle_ns,
                max_flows,
                by_vlan,
                filter: keep_flows.map(|(low, high)| FilterConfig {
                    low,
                    high,
                    policy: if keep_uniformly {
                        Policy::Uniform
                    } else {
                        Policy::Profiles
                    },
                    seed,
                }),
            }),
            connections: connection_columns.is_some().then(|| Config {
                max_connections,
                interim_ns,
                first,
                ignore_checksums,
                ..Config::default()
            }),
            events: (event_columns.is_some() || event_count_columns.is_some() || talkers).then(
                || {
                    let args = event_columns.as_ref();
                    EventConfig {
                        rows: event_columns.is_some(),
                        args: args
                            .is_some_and(|columns| columns.iter().any(|column| column == "args")),
                        counts: event_count_columns.is_some(),
                        talkers: talkers.then(TalkerConfig::default),
                        tracking: Config {
                            max_connections,
                            ignore_checksums,
                            quality: false,
                            ..Config::default()
                        },
                        ..EventConfig::default()
                    }
                },
            ),
            packets: packet_columns
                .as_ref()
                .map(|columns| columns.iter().any(|column| column == "payload")),
            predicates: conditions
                .unwrap_or_default()
                .into_iter()
                .map(predicate)
                .collect::<PyResult<_>>()?,
        };
        let options = RunOptions {
            decode: DecodeOptions { decap },
            select: Select {
                protocols,
                start_ns,
                end_ns,
                skip_zero_seq,
                sample,
            },
            tables,
            share,
            workers,
        };
        let inputs = open(py, inputs, pipes)?;
        let wanted = Arc::new(Wanted {
            flow_columns: flow_columns.unwrap_or_default(),
            connection_columns: connection_columns.unwrap_or_default(),
            bare_connection_columns: bare_connection_columns.unwrap_or_default(),
            event_columns: event_columns.unwrap_or_default(),
            event_count_columns: event_count_columns.unwrap_or_default(),
            event_host_columns: event_host_columns.unwrap_or_default(),
            event_connection_columns: event_connection_columns.unwrap_or_default(),
            packet_columns: packet_columns.unwrap_or_default(),
            local_nets: Networks::new(local_nets.unwrap_or_default()),
            numbered,
            numbers: Numbers::default(),
        });
        let for_workers = Arc::clone(&wanted);
        let convert = move |rows: &meter::Rows| for_workers.batches(rows);
        Ok(Run {
            run: Some(meter::run::Run::start(inputs, &options, seed, convert)),
            wanted,
            first_hosts,
            done: false,
        })
    }

    /// Waits for rows, for at most that time; batches with the names of their tables go into the list, where an interrupt
    /// after the call does not reach them. `done` tells whether more can come.
    fn step(
        &mut self,
        py: Python<'_>,
        milliseconds: u64,
        into: &Bound<'_, PyList>,
    ) -> PyResult<()> {
        let Some(run) = &self.run else {
            return Ok(());
        };
        match py.detach(|| run.step(Duration::from_millis(milliseconds))) {
            Step::Pending => {}
            Step::Done => self.done = true,
            Step::Rows(made) => {
                let made = made.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
                for (name, batch) in made {
                    into.append((name, PyRecordBatch::new(batch)))?;
                }
            }
        }
        Ok(())
    }

    /// Whether all rows were handed out.
    #[getter]
    fn done(&self) -> bool {
        self.done
    }

    /// `number` and `address` of the IPv6 addresses so far, in a numbered run.
    fn addresses(&self) -> PyResult<PyRecordBatch> {
        let batch = self
            .wanted
            .numbers
            .table()
            .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(PyRecordBatch::new(batch))
    }

    /// Bytes read, bytes in all if known, records read.
    fn progress(&self) -> (u64, Option<u64>, u64) {
        self.run
            .as_ref()
            .map_or((0, None, 0), meter::run::Run::progress)
    }

    /// Ends reading; what was read still comes out of `step`.
    fn stop(&self) {
        if let Some(run) = &self.run {
            run.stop();
        }
    }

    /// The counters of the run as a dictionary, once, after it is done, and a last batch of events by host, if there is one.
    fn facts<'py>(
        &mut self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyDict>, Option<PyRecordBatch>)> {
        let run = self
            .run
            .take()
            .ok_or_else(|| PyRuntimeError::new_err("the facts were already taken"))?;
        let finished = py.detach(|| run.finish());
        let (mut tally, files) =
            finished.ok_or_else(|| PyRuntimeError::new_err("a thread of the run panicked"))?;
        let columns = &self.wanted.event_host_columns;
        let totals = tally.event_hosts.take().filter(|_| !columns.is_empty());
        let (mut hosts, mut left_out) = (None, Default::default());
        if let Some(totals) = totals {
            let (rows, rest) = totals.rows(self.first_hosts);
            let batch = event_table::hosts(&rows, columns)
                .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
            (hosts, left_out) = (Some(PyRecordBatch::new(batch)), rest);
        }
        Ok((facts::to_dict(py, tally, left_out, files)?, hosts))
    }
}

fn predicate((column, sign, numbers, addresses): Condition) -> PyResult<Predicate> {
    let field = Field::from_column(&column)
        .ok_or_else(|| PyValueError::new_err(format!("no condition on {column}")))?;
    let operator = Operator::from_sign(&sign)
        .ok_or_else(|| PyValueError::new_err(format!("no operator {sign}")))?;
    let values = numbers
        .into_iter()
        .map(Value::Integer)
        .chain(addresses.into_iter().map(Value::Address))
        .collect();
    Ok(Predicate {
        field,
        operator,
        values,
    })
}

/// Opens the inputs; what cannot be opened is an `OSError` with one line.
fn open(py: Python<'_>, inputs: Vec<PathBuf>, pipes: Option<Pipes>) -> PyResult<Inputs> {
    let mut pipes = pipes.unwrap_or_default();
    let sources: Vec<Source> = inputs
        .into_iter()
        .map(
            |path| match (path.as_os_str() == "-", pipes.remove(&path)) {
                (true, pipe) => Source::Stdin {
                    prefix: pipe.map(|(_, prefix)| prefix).unwrap_or_default(),
                },
                (false, Some((number, prefix))) => Source::Pipe {
                    name: path.display().to_string(),
                    path: format!("/dev/fd/{number}").into(),
                    prefix,
                },
                (false, None) => Source::Path(path),
            },
        )
        .collect();
    py.detach(|| Inputs::open(&sources)).map_err(refused)
}

/// An error of Python for what cannot be opened: of its own kind where a folder has files, and none is a capture.
fn refused(error: OpenError) -> PyErr {
    match error.reason {
        Reason::NoCaptureInFolder { files: 1.., .. } => FolderError::new_err(error.to_string()),
        _ => PyOSError::new_err(error.to_string()),
    }
}
