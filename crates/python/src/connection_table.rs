//! The `connections` table of `wiretell/schema.py` as Arrow arrays: the columns that were asked for.

use std::fmt::Display;
use std::sync::Arc;

use arrow_array::builder::StringViewBuilder;
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int16Array, Int32Array, Int64Array, RecordBatch,
    StringViewArray,
};
use arrow_schema::ArrowError;
use meter::Networks;
use meter::connections::{ConnStats, ConnectionRecord, Endpoint, TcpQuality};
use wire::decode::protocol_name;

use crate::flow_table::{ends, record_batch, timestamps};
use crate::numbers::Numbers;

type Rows<'a> = [&'a ConnectionRecord];

/// A batch with these columns of `schema.CONNECTIONS`, in this order; with `numbers`, addresses are numbers of that run.
pub fn batch(
    rows: &Rows<'_>,
    columns: &[String],
    local: &Networks,
    numbers: Option<&Numbers>,
) -> Result<RecordBatch, ArrowError> {
    let arrays = columns.iter().map(|name| {
        let array = zeek(rows, name, local, numbers)
            .or_else(|| beside(rows, name))
            .or_else(|| side(rows, name));
        let unknown =
            || ArrowError::SchemaError(format!("the connections table has no column {name}"));
        Ok((name.as_str(), array.ok_or_else(unknown)?))
    });
    record_batch(arrays.collect::<Result<_, ArrowError>>()?)
}

/// A column of Zeek's conn.log.
fn zeek(
    rows: &Rows<'_>,
    name: &str,
    local: &Networks,
    numbers: Option<&Numbers>,
) -> Option<ArrayRef> {
    let is_local = |value: fn(&ConnectionRecord) -> std::net::IpAddr| -> ArrayRef {
        let known = !local.is_empty();
        let values = rows
            .iter()
            .map(|row| known.then(|| local.contains(value(row))));
        Arc::new(values.collect::<BooleanArray>())
    };
    let number = |value: fn(&ConnectionRecord) -> u64| -> ArrayRef {
        let values = rows.iter().map(|row| value(row) as i64);
        Arc::new(Int64Array::from_iter_values(values))
    };
    let payload = |value: fn(&ConnectionRecord) -> Option<u64>| -> ArrayRef {
        let values = rows.iter().map(|row| value(row).map(|bytes| bytes as i64));
        Arc::new(values.collect::<Int64Array>())
    };
    Some(match name {
        "ts" => timestamps(rows.iter().map(|row| Some(row.ts_ns))),
        "uid" => texts(rows, |row| Some(row.uid())),
        "orig_h" => ends(rows.iter().map(|row| row.orig_h), numbers),
        "orig_p" => word(rows, |row| Some(row.orig_p)),
        "resp_h" => ends(rows.iter().map(|row| row.resp_h), numbers),
        "resp_p" => word(rows, |row| Some(row.resp_p)),
        "proto" => names(rows, |row| Some(row.proto.name())),
        "service" => names(rows, |row| row.service),
        "duration" => seconds(rows, |row| row.duration_ns),
        "orig_bytes" => payload(|row| row.orig.bytes),
        "resp_bytes" => payload(|row| row.resp.bytes),
        "conn_state" => names(rows, |row| Some(row.conn_state.name())),
        "local_orig" => is_local(|row| row.orig_h),
        "local_resp" => is_local(|row| row.resp_h),
        "missed_bytes" => number(|row| row.missed_bytes),
        "history" => texts(rows, |row| {
            (!row.history.is_empty()).then_some(row.history.as_str())
        }),
        "orig_pkts" => number(|row| row.orig.pkts),
        "orig_ip_bytes" => number(|row| row.orig.ip_bytes),
        "resp_pkts" => number(|row| row.resp.pkts),
        "resp_ip_bytes" => number(|row| row.resp.ip_bytes),
        "tunnel_parents" => texts(rows, |row| {
            let uids: Vec<String> = row.tunnel_parents.iter().map(ToString::to_string).collect();
            (!uids.is_empty()).then(|| uids.join(","))
        }),
        "ip_proto" => Arc::new(Int16Array::from_iter_values(
            rows.iter().map(|row| i16::from(row.ip_proto)),
        )),
        _ => return None,
    })
}

/// A column that stands beside them.
fn beside(rows: &Rows<'_>, name: &str) -> Option<ArrayRef> {
    Some(match name {
        "vlan" => word(rows, |row| row.vlan),
        "inner_vlan" => word(rows, |row| row.inner_vlan),
        "orig_l2_addr" => texts(rows, |row| row.orig.l2_addr.map(Mac)),
        "resp_l2_addr" => texts(rows, |row| row.resp.l2_addr.map(Mac)),
        "community_id" => texts(rows, |row| Some(row.community_id())),
        "ip_proto_name" => texts(rows, |row| {
            protocol_name(row.ip_proto).map(str::to_lowercase)
        }),
        "closed_by" => names(rows, |row| row.closed_by.name()),
        "end_reason" => names(rows, |row| Some(row.reason.name())),
        "interim" => Arc::new(BooleanArray::from_iter(
            rows.iter().map(|row| Some(row.interim)),
        )),
        _ => return None,
    })
}

/// A column of one side: its name begins with `orig_` or `resp_`.
fn side(rows: &Rows<'_>, name: &str) -> Option<ArrayRef> {
    let (of, name): (Of, &str) = match (name.strip_prefix("orig_"), name.strip_prefix("resp_")) {
        (Some(name), _) => (|row| &row.orig, name),
        (_, Some(name)) => (|row| &row.resp, name),
        _ => return None,
    };
    conn_stats(rows, of, name).or_else(|| quality(rows, of, name))
}

type Of = fn(&ConnectionRecord) -> &Endpoint;

/// A column of Zeek's `endpoint_stats`.
fn conn_stats(rows: &Rows<'_>, of: Of, name: &str) -> Option<ArrayRef> {
    let number = |value: fn(&ConnStats) -> u64| -> ArrayRef {
        let values = rows
            .iter()
            .map(|row| of(row).conn_stats.as_ref().map(|stats| value(stats) as i64));
        Arc::new(values.collect::<Int64Array>())
    };
    Some(match name {
        "num_pkts" => number(|stats| stats.num_pkts),
        "num_rxmit" => number(|stats| stats.num_rxmit),
        "num_rxmit_bytes" => number(|stats| stats.num_rxmit_bytes),
        "num_in_order" => number(|stats| stats.num_in_order),
        "num_OO" => number(|stats| stats.num_oo),
        "num_repl" => number(|stats| stats.num_repl),
        "endian_type" => {
            let values = rows.iter().map(|row| {
                let stats = of(row).conn_stats.as_ref();
                stats.map(|stats| i16::from(stats.endian_type))
            });
            Arc::new(values.collect::<Int16Array>())
        }
        _ => return None,
    })
}

/// A column of how well TCP carried the data of one side.
fn quality(rows: &Rows<'_>, of: Of, name: &str) -> Option<ArrayRef> {
    let of_all = |value: fn(&Endpoint) -> u64| -> ArrayRef {
        let values = rows.iter().map(|row| value(of(row)) as i64);
        Arc::new(Int64Array::from_iter_values(values))
    };
    let number = |value: fn(&TcpQuality) -> Option<u64>| -> ArrayRef {
        let values = rows.iter().map(|row| {
            let number = of(row).tcp.as_deref().and_then(value);
            number.map(|number| number as i64)
        });
        Arc::new(values.collect::<Int64Array>())
    };
    let time = |value: fn(&TcpQuality) -> Option<i64>| -> ArrayRef {
        seconds(rows, |row| of(row).tcp.as_deref().and_then(value))
    };
    let rate = |value: fn(&TcpQuality) -> Option<f64>| -> ArrayRef {
        let values = rows
            .iter()
            .map(|row| of(row).tcp.as_deref().and_then(value));
        Arc::new(values.collect::<Float64Array>())
    };
    let flag = |value: fn(&TcpQuality) -> Option<bool>| -> ArrayRef {
        let values = rows
            .iter()
            .map(|row| of(row).tcp.as_deref().and_then(value));
        Arc::new(values.collect::<BooleanArray>())
    };
    Some(match name {
        "bad_checksums" => of_all(|side| side.bad_checksums),
        "offload_checksums" => of_all(|side| side.offload_checksums),
        "data_pkts" => number(|tcp| Some(tcp.data_pkts)),
        "pure_acks" => number(|tcp| Some(tcp.pure_acks)),
        "payload_bytes" => number(|tcp| Some(tcp.payload_bytes)),
        "unique_bytes" => number(|tcp| Some(tcp.unique_bytes)),
        "unseen_bytes" => number(|tcp| Some(tcp.unseen_bytes)),
        "rexmit_pkts" => number(|tcp| Some(tcp.rexmit_pkts)),
        "rexmit_bytes" => number(|tcp| Some(tcp.rexmit_bytes)),
        "rexmit_seen_pkts" => number(|tcp| Some(tcp.rexmit_seen_pkts)),
        "lost_upstream_pkts" => number(|tcp| Some(tcp.lost_upstream_pkts)),
        "lost_downstream_pkts" => number(|tcp| Some(tcp.lost_downstream_pkts)),
        "spurious_pkts" => number(|tcp| tcp.spurious_pkts),
        "fast_rexmit_pkts" => number(|tcp| tcp.fast_rexmit_pkts),
        "timeout_rexmit_pkts" => number(|tcp| tcp.timeout_rexmit_pkts),
        "syn_rexmit_pkts" => number(|tcp| Some(tcp.syn_rexmit_pkts)),
        "reordered_pkts" => number(|tcp| Some(tcp.reordered_pkts)),
        "duplicate_pkts" => number(|tcp| Some(tcp.duplicate_pkts)),
        "keep_alives" => number(|tcp| Some(tcp.keep_alives)),
        "window_probes" => number(|tcp| Some(tcp.window_probes)),
        "dup_acks" => number(|tcp| Some(tcp.dup_acks)),
        "zero_windows" => number(|tcp| Some(tcp.zero_windows)),
        "zero_window_s" => time(|tcp| Some(tcp.zero_window_ns)),
        "window_fulls" => number(|tcp| tcp.window_fulls),
        "window_full_s" => time(|tcp| tcp.window_full_ns),
        "rtt_count" => number(|tcp| Some(tcp.rtt_count)),
        "rtt_min_s" => time(|tcp| tcp.rtt_min_ns),
        "rtt_median_s" => time(|tcp| tcp.rtt_median_ns),
        "rtt_p95_s" => time(|tcp| tcp.rtt_p95_ns),
        "handshake_rtt_s" => time(|tcp| tcp.handshake_rtt_ns),
        "first_data_s" => time(|tcp| tcp.first_data_ns),
        "throughput_bps" => rate(|tcp| tcp.throughput_bps),
        "goodput_bps" => rate(|tcp| tcp.goodput_bps),
        "mss" => number(|tcp| tcp.mss.map(u64::from)),
        "window_scale" => number(|tcp| tcp.window_scale.map(u64::from)),
        "sack_permitted" => flag(|tcp| tcp.sack_permitted),
        "timestamps" => flag(|tcp| tcp.timestamps),
        "init_window" => number(|tcp| tcp.init_window.map(u64::from)),
        "max_window" => number(|tcp| tcp.max_window.map(u64::from)),
        _ => return None,
    })
}

/// Nanoseconds as seconds.
fn seconds(rows: &Rows<'_>, value: impl Fn(&ConnectionRecord) -> Option<i64>) -> ArrayRef {
    let values = rows.iter().map(|row| value(row).map(|ns| ns as f64 / 1e9));
    Arc::new(values.collect::<Float64Array>())
}

fn word(rows: &Rows<'_>, value: fn(&ConnectionRecord) -> Option<u16>) -> ArrayRef {
    let values = rows.iter().map(|row| value(row).map(i32::from));
    Arc::new(values.collect::<Int32Array>())
}

fn names(rows: &Rows<'_>, value: fn(&ConnectionRecord) -> Option<&'static str>) -> ArrayRef {
    Arc::new(
        rows.iter()
            .map(|row| value(row))
            .collect::<StringViewArray>(),
    )
}

fn texts<'a, T: Display>(
    rows: &'a Rows<'a>,
    value: impl Fn(&'a ConnectionRecord) -> Option<T>,
) -> ArrayRef {
    use std::fmt::Write;
    let mut builder = StringViewBuilder::with_capacity(rows.len());
    let mut written = String::new();
    for row in rows {
        match value(row) {
            None => builder.append_null(),
            Some(text) => {
                written.clear();
                // Writing into a string cannot fail.
                let _ = write!(written, "{text}");
                builder.append_value(&written);
            }
        }
    }
    Arc::new(builder.finish())
}

/// A hardware address with colons.
struct Mac([u8; 6]);

impl Display for Mac {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}
