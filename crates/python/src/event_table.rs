//! The tables of events of `wiretell/schema.py` as Arrow arrays.

use std::fmt::Display;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::ArrowError;
use meter::events::{ConnCount, Event, EventConn, EventCount, HostCount};

use crate::flow_table::{addresses, record_batch, timestamps};

/// A batch with these columns of `schema.EVENTS`, in this order.
pub fn events(rows: &[Event], columns: &[String]) -> Result<RecordBatch, ArrowError> {
    let conn = |row: &Event| row.conn;
    let port = |value: fn(EventConn) -> u16| -> ArrayRef {
        let ports = rows
            .iter()
            .map(|row| conn(row).map(|conn| i32::from(value(conn))));
        Arc::new(ports.collect::<Int32Array>())
    };
    let address = |value: fn(EventConn) -> std::net::IpAddr| -> ArrayRef {
        addresses(rows.iter().map(|row| conn(row).map(value)))
    };
    let arrays = columns.iter().map(|column| {
        let array: ArrayRef = match column.as_str() {
            "ts" => timestamps(rows.iter().map(|row| Some(row.time_ns))),
            "name" => words(rows.iter().map(|row| row.name.as_str())),
            "protocol" => words(rows.iter().map(|row| row.protocol)),
            "uid" => texts(rows.iter().map(|row| conn(row).map(|conn| conn.uid))),
            "orig_h" => address(|conn| conn.orig_h),
            "orig_p" => port(|conn| conn.orig_p),
            "resp_h" => address(|conn| conn.resp_h),
            "resp_p" => port(|conn| conn.resp_p),
            "is_orig" => Arc::new(rows.iter().map(|row| row.is_orig).collect::<BooleanArray>()),
            "size" => longs(rows.iter().map(|row| row.size)),
            "args" => {
                let texts = rows.iter().map(|row| row.args.as_deref());
                Arc::new(texts.collect::<StringArray>())
            }
            other => return Err(unknown("events", other)),
        };
        Ok((column.as_str(), array))
    });
    record_batch(arrays.collect::<Result<_, ArrowError>>()?)
}

/// A batch with these columns of `schema.EVENT_COUNTS`, in this order.
pub fn counts(rows: &[EventCount], columns: &[String]) -> Result<RecordBatch, ArrowError> {
    let arrays = columns.iter().map(|column| {
        let array: ArrayRef = match column.as_str() {
            "second" => seconds(rows.iter().map(|row| Some(row.second))),
            "name" => words(rows.iter().map(|row| row.name.as_str())),
            "protocol" => words(rows.iter().map(|row| row.protocol)),
            "events" => longs(rows.iter().map(|row| row.count)),
            "bytes" => longs(rows.iter().map(|row| row.bytes)),
            other => return Err(unknown("event_counts", other)),
        };
        Ok((column.as_str(), array))
    });
    record_batch(arrays.collect::<Result<_, ArrowError>>()?)
}

/// A batch with these columns of `schema.EVENT_HOSTS`, in this order.
pub fn hosts(rows: &[HostCount], columns: &[String]) -> Result<RecordBatch, ArrowError> {
    let arrays = columns.iter().map(|column| {
        let array: ArrayRef = match column.as_str() {
            "second" => seconds(rows.iter().map(|row| row.second)),
            "host" => addresses(rows.iter().map(|row| row.host)),
            "is_orig" => Arc::new(
                rows.iter()
                    .map(|row| Some(row.is_orig))
                    .collect::<BooleanArray>(),
            ),
            "events" => longs(rows.iter().map(|row| row.count)),
            "bytes" => longs(rows.iter().map(|row| row.bytes)),
            other => return Err(unknown("event_hosts", other)),
        };
        Ok((column.as_str(), array))
    });
    record_batch(arrays.collect::<Result<_, ArrowError>>()?)
}

/// A batch with these columns of `schema.EVENT_CONNECTIONS`, in this order.
pub fn conns(rows: &[ConnCount], columns: &[String]) -> Result<RecordBatch, ArrowError> {
    let port = |value: fn(EventConn) -> u16| -> ArrayRef {
        let ports = rows.iter().map(|row| i32::from(value(row.conn)));
        Arc::new(Int32Array::from_iter_values(ports))
    };
    let arrays = columns.iter().map(|column| {
        let array: ArrayRef = match column.as_str() {
            "second" => seconds(rows.iter().map(|row| row.second)),
            "uid" => texts(rows.iter().map(|row| Some(row.conn.uid))),
            "orig_h" => addresses(rows.iter().map(|row| Some(row.conn.orig_h))),
            "orig_p" => port(|conn| conn.orig_p),
            "resp_h" => addresses(rows.iter().map(|row| Some(row.conn.resp_h))),
            "resp_p" => port(|conn| conn.resp_p),
            "protocol" => words(rows.iter().map(|row| row.protocol)),
            "events" => longs(rows.iter().map(|row| row.count)),
            "bytes" => longs(rows.iter().map(|row| row.bytes)),
            other => return Err(unknown("event_connections", other)),
        };
        Ok((column.as_str(), array))
    });
    record_batch(arrays.collect::<Result<_, ArrowError>>()?)
}

fn unknown(table: &str, column: &str) -> ArrowError {
    ArrowError::SchemaError(format!("the {table} table has no column {column}"))
}

fn seconds(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    timestamps(values.map(|second| second.map(|second| second.saturating_mul(1_000_000_000))))
}

fn words<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn longs(values: impl Iterator<Item = u64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(
        values.map(|value| value as i64),
    ))
}

fn texts<T: Display>(values: impl ExactSizeIterator<Item = Option<T>>) -> ArrayRef {
    use std::fmt::Write;
    let mut builder = StringBuilder::with_capacity(values.len(), values.len() * 18);
    for value in values {
        match value {
            None => builder.append_null(),
            Some(value) => {
                // Writing into the builder cannot fail.
                let _ = write!(builder, "{value}");
                builder.append_value("");
            }
        }
    }
    Arc::new(builder.finish())
}
