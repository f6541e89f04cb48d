//! What flows add up to as Arrow arrays: the tables of `wiretell/sources/sums.py`.

use std::net::IpAddr;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int16Array, Int32Array, Int64Array, RecordBatch};
use arrow_schema::ArrowError;
use meter::flows::sums::{SizeCount, SumRows, Sums};

use crate::flow_table::{ends, record_batch, timestamps};
use crate::numbers::Numbers;

/// Batches with the names of their tables; with `numbers`, addresses are numbers of that run.
pub fn batches(
    rows: &SumRows,
    numbers: Option<&Numbers>,
) -> Result<[(&'static str, RecordBatch); 3], ArrowError> {
    let SumRows {
        pairs,
        services,
        sizes,
    } = rows;
    let ends_of = |end: fn(&(IpAddr, IpAddr)) -> IpAddr| {
        ends(pairs.iter().map(|pair| end(&(pair.src, pair.dst))), numbers)
    };
    let mut pair_columns = vec![
        (
            "window",
            timestamps(pairs.iter().map(|pair| pair.window_ns)),
        ),
        ("src_ip", ends_of(|pair| pair.0)),
        ("dst_ip", ends_of(|pair| pair.1)),
    ];
    pair_columns.extend(sums(pairs.iter().map(|pair| &pair.sums)));
    let mut service_columns: Vec<(&str, ArrayRef)> = vec![
        (
            "window",
            timestamps(services.iter().map(|service| service.window_ns)),
        ),
        (
            "protocol",
            Arc::new(Int16Array::from_iter_values(
                services.iter().map(|service| i16::from(service.protocol)),
            )),
        ),
        (
            "port",
            Arc::new(
                services
                    .iter()
                    .map(|service| service.port.map(i32::from))
                    .collect::<Int32Array>(),
            ),
        ),
        (
            "start",
            timestamps(services.iter().map(|service| Some(service.start_ns))),
        ),
        (
            "end",
            timestamps(services.iter().map(|service| Some(service.end_ns))),
        ),
    ];
    service_columns.extend(sums(services.iter().map(|service| &service.sums)));
    Ok([
        ("flow_pairs", record_batch(pair_columns)?),
        ("flow_services", record_batch(service_columns)?),
        ("flow_sizes", sizes_batch(sizes)?),
    ])
}

fn sums<'a>(
    rows: impl ExactSizeIterator<Item = &'a Sums> + Clone,
) -> impl Iterator<Item = (&'static str, ArrayRef)> {
    type Amount = fn(&Sums) -> u64;
    let amounts: [(&str, Amount); 5] = [
        ("packets", |sums| sums.packets),
        ("bytes", |sums| sums.bytes),
        ("payload_bytes", |sums| sums.payload_bytes),
        ("fragments", |sums| sums.fragments),
        ("flows", |sums| sums.flows),
    ];
    amounts
        .into_iter()
        .map(move |(name, amount)| (name, longs(rows.clone().map(amount))))
}

fn sizes_batch(sizes: &[SizeCount]) -> Result<RecordBatch, ArrowError> {
    let bytes = sizes.iter().map(|size| u64::from(size.in_bytes));
    record_batch(vec![
        ("in_bytes", longs(bytes)),
        ("size", longs(sizes.iter().map(|size| size.size))),
        ("rows", longs(sizes.iter().map(|size| size.flows))),
    ])
}

fn longs(values: impl Iterator<Item = u64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(
        values.map(|value| value as i64),
    ))
}
