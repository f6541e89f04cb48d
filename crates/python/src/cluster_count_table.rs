//! The `cluster_counts` table of `wiretell/schema.py` as Arrow arrays.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::ArrowError;
use meter::flows::filter::{ClusterCount, Dimension, Spreading, Value};

use crate::flow_table::{record_batch, timestamps};

/// A batch with all columns of `schema.CLUSTER_COUNTS`, in its order.
pub fn batch(rows: &[ClusterCount]) -> Result<RecordBatch, ArrowError> {
    let long = |value: fn(&ClusterCount) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(
            rows.iter().map(|row| value(row) as i64),
        ))
    };
    let keys: StringArray = rows
        .iter()
        .map(|row| {
            row.value.map(|value| match value {
                Value::Ip(address) => address.to_string(),
                Value::Port(port) => port.to_string(),
            })
        })
        .collect();
    let names = rows.iter().map(|row| row.dimension.name());
    let logs = rows.iter().map(|row| row.flow_logs);
    let spread = |row: &ClusterCount, at: usize| -> Option<Spreading> {
        let (_, over) = row.spreads.as_ref()?;
        let own = Dimension::ALL.get(at) == Some(&row.dimension);
        over.get(at).copied().filter(|_| !own)
    };
    let distinct = |at: usize| -> ArrayRef {
        let values = rows
            .iter()
            .map(|row| spread(row, at).map(|over| over.values as i64));
        Arc::new(values.collect::<Int64Array>())
    };
    let entropy = |at: usize| -> ArrayRef {
        let values = rows
            .iter()
            .map(|row| spread(row, at).map(|over| over.entropy));
        Arc::new(values.collect::<Float64Array>())
    };
    let spread_flows = rows
        .iter()
        .map(|row| row.spreads.map(|(flows, _)| flows as i64));
    let errors = rows.iter().map(|row| {
        let (_, over) = row.spreads.as_ref()?;
        Some(over.iter().map(|each| each.error).fold(0.0, f64::max))
    });
    record_batch(vec![
        ("window", timestamps(rows.iter().map(|row| row.window_ns))),
        ("dimension", Arc::new(StringArray::from_iter_values(names))),
        ("key", Arc::new(keys)),
        ("flows", long(|row| row.flows)),
        ("flows_error", long(|row| row.flows_error)),
        ("packets", long(|row| row.packets)),
        ("bytes", long(|row| row.bytes)),
        ("kept_flows", long(|row| row.kept_flows)),
        ("values", long(|row| row.values)),
        ("flow_logs", Arc::new(Float64Array::from_iter_values(logs))),
        (
            "spread_flows",
            Arc::new(spread_flows.collect::<Int64Array>()),
        ),
        ("distinct_src_ip", distinct(0)),
        ("distinct_dst_ip", distinct(1)),
        ("distinct_src_port", distinct(2)),
        ("distinct_dst_port", distinct(3)),
        ("entropy_src_ip", entropy(0)),
        ("entropy_dst_ip", entropy(1)),
        ("entropy_src_port", entropy(2)),
        ("entropy_dst_port", entropy(3)),
        ("entropy_error", Arc::new(errors.collect::<Float64Array>())),
    ])
}
