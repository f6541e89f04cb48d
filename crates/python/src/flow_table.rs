//! The `flows` table of `wiretell/schema.py` as Arrow arrays.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{
    Array, ArrayRef, Float64Array, Int16Array, Int32Array, Int64Array, RecordBatch,
    StringViewArray, TimestampMicrosecondArray,
};
use arrow_schema::{ArrowError, Field, Schema};
use meter::FlowRecord;

use crate::numbers::Numbers;

/// A batch with these columns of `schema.FLOWS`, in this order; with `numbers`, addresses are numbers of that run.
pub fn batch(
    flows: &[FlowRecord],
    columns: &[String],
    numbers: Option<&Numbers>,
) -> Result<RecordBatch, ArrowError> {
    let arrays = columns
        .iter()
        .map(|name| Ok((name.as_str(), column(flows, name, numbers)?)));
    record_batch(arrays.collect::<Result<_, ArrowError>>()?)
}

fn column(
    flows: &[FlowRecord],
    name: &str,
    numbers: Option<&Numbers>,
) -> Result<ArrayRef, ArrowError> {
    let long = |value: fn(&FlowRecord) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(
            flows.iter().map(|flow| value(flow) as i64),
        ))
    };
    let word = |value: fn(&FlowRecord) -> u16| -> ArrayRef {
        Arc::new(Int32Array::from_iter_values(
            flows.iter().map(|flow| i32::from(value(flow))),
        ))
    };
    let short = |value: fn(&FlowRecord) -> i16| -> ArrayRef {
        Arc::new(Int16Array::from_iter_values(flows.iter().map(value)))
    };
    Ok(match name {
        "window" => timestamps(flows.iter().map(|flow| flow.window_ns)),
        "start" => timestamps(flows.iter().map(|flow| Some(flow.start_ns))),
        "end" => timestamps(flows.iter().map(|flow| Some(flow.end_ns))),
        "src_ip" => ends(flows.iter().map(|flow| flow.key.src()), numbers),
        "dst_ip" => ends(flows.iter().map(|flow| flow.key.dst()), numbers),
        "src_port" => word(|flow| flow.key.src_port()),
        "dst_port" => word(|flow| flow.key.dst_port()),
        "protocol" => short(|flow| i16::from(flow.key.protocol())),
        "vlan" => Arc::new(
            flows
                .iter()
                .map(|flow| flow.key.vlan().map(i32::from))
                .collect::<Int32Array>(),
        ),
        "packets" => long(|flow| flow.packets),
        "bytes" => long(|flow| flow.bytes),
        "payload_bytes" => long(|flow| flow.payload_bytes),
        "bytes_squared" => Arc::new(Float64Array::from_iter_values(
            flows.iter().map(|flow| flow.bytes_squared),
        )),
        "fragments" => long(|flow| u64::from(flow.fragments)),
        "tcp_flags" => short(|flow| flow.tcp_flags as i16),
        "end_reason" => short(|flow| flow.end_reason as i16),
        "exporter" => Arc::new(StringViewArray::new_null(flows.len())),
        "sampling" => long(|flow| u64::from(flow.weight)),
        other => {
            return Err(ArrowError::SchemaError(format!(
                "the flows table has no column {other}"
            )));
        }
    })
}

/// A batch of named columns, every one nullable so that all batches of a table have one schema.
pub fn record_batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, ArrowError> {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    RecordBatch::try_new(
        Arc::new(Schema::new(fields)),
        columns.into_iter().map(|(_, array)| array).collect(),
    )
}

/// Nanoseconds as timestamps in microseconds UTC, rounded down.
pub fn timestamps(times_ns: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    let array: TimestampMicrosecondArray = times_ns
        .map(|time| time.map(|ns| ns.div_euclid(1000)))
        .collect();
    Arc::new(array.with_timezone("UTC"))
}

/// Addresses as numbers if there are any, else as text.
pub fn ends(values: impl ExactSizeIterator<Item = IpAddr>, numbers: Option<&Numbers>) -> ArrayRef {
    match numbers {
        Some(numbers) => numbers.column(values),
        None => addresses(values.map(Some)),
    }
}

/// Addresses in canonical text form (RFC 5952). As views, which is how Polars holds text.
pub fn addresses(values: impl ExactSizeIterator<Item = Option<IpAddr>>) -> ArrayRef {
    let mut builder = StringViewBuilder::with_capacity(values.len());
    let mut written = String::new();
    for value in values {
        match value {
            None => builder.append_null(),
            Some(IpAddr::V4(address)) => builder.append_value(Dotted::new(address).as_str()),
            Some(IpAddr::V6(address)) => {
                written.clear();
                // Writing into a string cannot fail.
                let _ = write!(written, "{address}");
                builder.append_value(&written);
            }
        }
    }
    Arc::new(builder.finish())
}

/// An IPv4 address as text: several times as fast as `Display`, which goes through a formatter for each number.
struct Dotted {
    text: [u8; 15],
    len: usize,
}

impl Dotted {
    fn new(address: Ipv4Addr) -> Self {
        let mut dotted = Dotted {
            text: [0; 15],
            len: 0,
        };
        for (at, octet) in address.octets().into_iter().enumerate() {
            if at > 0 {
                dotted.push(b'.');
            }
            if octet >= 100 {
                dotted.push(b'0' + octet / 100);
            }
            if octet >= 10 {
                dotted.push(b'0' + octet / 10 % 10);
            }
            dotted.push(b'0' + octet % 10);
        }
        dotted
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.text.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(self.text.get(..self.len).unwrap_or_default()).unwrap_or_default()
    }
}
