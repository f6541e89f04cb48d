//! The `cluster_counts` table of `wiretell/schema.py` as Arrow arrays.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::ArrowError;
use meter::flows::filter::{ClusterCount, Value};

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
    ])
}
