//! The `connections` table of `wiretell/schema.py` as Arrow arrays.

use std::fmt::Display;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int16Array, Int32Array, Int64Array, RecordBatch,
    StringArray,
};
use arrow_schema::ArrowError;
use meter::Networks;
use meter::connections::{ConnStats, ConnectionRecord, Endpoint, TcpQuality};

use crate::flow_table::{addresses, record_batch, timestamps};
use crate::protocol_names::protocol_name;

type Columns = Vec<(String, ArrayRef)>;

/// A batch with the columns of `schema.CONNECTIONS`.
pub fn batch(rows: &[ConnectionRecord], local: &Networks) -> Result<RecordBatch, ArrowError> {
    let mut columns: Columns = Vec::new();
    zeek(&mut columns, rows, local);
    beside(&mut columns, rows);
    let sides: [(&str, Vec<&Endpoint>); 2] = [
        ("orig", rows.iter().map(|row| &row.orig).collect()),
        ("resp", rows.iter().map(|row| &row.resp).collect()),
    ];
    for (side, endpoints) in &sides {
        conn_stats(&mut columns, side, endpoints);
    }
    for (side, endpoints) in &sides {
        quality(&mut columns, side, endpoints);
    }
    record_batch(columns)
}

/// The columns of Zeek's conn.log, in its order.
fn zeek(columns: &mut Columns, rows: &[ConnectionRecord], local: &Networks) {
    let mut add = |name: &str, array: ArrayRef| columns.push((name.to_owned(), array));
    let port = |value: fn(&ConnectionRecord) -> u16| -> ArrayRef {
        Arc::new(Int32Array::from_iter_values(
            rows.iter().map(|row| i32::from(value(row))),
        ))
    };
    let is_local = |value: fn(&ConnectionRecord) -> std::net::IpAddr| -> ArrayRef {
        let known = !local.is_empty();
        Arc::new(
            rows.iter()
                .map(|row| known.then(|| local.contains(value(row))))
                .collect::<BooleanArray>(),
        )
    };
    let number = |value: fn(&ConnectionRecord) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(
            rows.iter().map(|row| value(row) as i64),
        ))
    };
    let payload = |value: fn(&ConnectionRecord) -> Option<u64>| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|row| value(row).map(|bytes| bytes as i64))
                .collect::<Int64Array>(),
        )
    };
    add("ts", timestamps(rows.iter().map(|row| Some(row.ts_ns))));
    add("uid", texts(rows, |row| Some(row.uid)));
    add("orig_h", addresses(rows.iter().map(|row| Some(row.orig_h))));
    add("orig_p", port(|row| row.orig_p));
    add("resp_h", addresses(rows.iter().map(|row| Some(row.resp_h))));
    add("resp_p", port(|row| row.resp_p));
    add("proto", names(rows, |row| Some(row.proto.name())));
    add("service", names(rows, |row| row.service));
    add("duration", seconds(rows, |row| row.duration_ns));
    add("orig_bytes", payload(|row| row.orig.bytes));
    add("resp_bytes", payload(|row| row.resp.bytes));
    add("conn_state", names(rows, |row| Some(row.conn_state.name())));
    add("local_orig", is_local(|row| row.orig_h));
    add("local_resp", is_local(|row| row.resp_h));
    add("missed_bytes", number(|row| row.missed_bytes));
    add(
        "history",
        texts(rows, |row| {
            (!row.history.is_empty()).then_some(&row.history)
        }),
    );
    add("orig_pkts", number(|row| row.orig.pkts));
    add("orig_ip_bytes", number(|row| row.orig.ip_bytes));
    add("resp_pkts", number(|row| row.resp.pkts));
    add("resp_ip_bytes", number(|row| row.resp.ip_bytes));
    add(
        "tunnel_parents",
        Arc::new(StringArray::new_null(rows.len())),
    );
    add(
        "ip_proto",
        Arc::new(Int16Array::from_iter_values(
            rows.iter().map(|row| i16::from(row.ip_proto)),
        )),
    );
}

/// What stands beside them.
fn beside(columns: &mut Columns, rows: &[ConnectionRecord]) {
    let mut add = |name: &str, array: ArrayRef| columns.push((name.to_owned(), array));
    let vlan = |value: fn(&ConnectionRecord) -> Option<u16>| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|row| value(row).map(i32::from))
                .collect::<Int32Array>(),
        )
    };
    add("vlan", vlan(|row| row.vlan));
    add("inner_vlan", vlan(|row| row.inner_vlan));
    add("orig_l2_addr", texts(rows, |row| row.orig.l2_addr.map(Mac)));
    add("resp_l2_addr", texts(rows, |row| row.resp.l2_addr.map(Mac)));
    add("community_id", texts(rows, |row| Some(&row.community_id)));
    add(
        "ip_proto_name",
        names(rows, |row| protocol_name(row.ip_proto)),
    );
    add("closed_by", names(rows, |row| row.closed_by.name()));
    add("end_reason", names(rows, |row| Some(row.reason.name())));
    add(
        "interim",
        Arc::new(BooleanArray::from_iter(
            rows.iter().map(|row| Some(row.interim)),
        )),
    );
}

/// Zeek's `endpoint_stats` of one side.
fn conn_stats(columns: &mut Columns, side: &str, endpoints: &[&Endpoint]) {
    let mut add = |name: &str, value: fn(&ConnStats) -> u64| {
        let array: Int64Array = endpoints
            .iter()
            .map(|endpoint| {
                endpoint
                    .conn_stats
                    .as_ref()
                    .map(|stats| value(stats) as i64)
            })
            .collect();
        columns.push((format!("{side}_{name}"), Arc::new(array)));
    };
    add("num_pkts", |stats| stats.num_pkts);
    add("num_rxmit", |stats| stats.num_rxmit);
    add("num_rxmit_bytes", |stats| stats.num_rxmit_bytes);
    add("num_in_order", |stats| stats.num_in_order);
    add("num_OO", |stats| stats.num_oo);
    add("num_repl", |stats| stats.num_repl);
    let endian: Int16Array = endpoints
        .iter()
        .map(|endpoint| {
            endpoint
                .conn_stats
                .as_ref()
                .map(|stats| i16::from(stats.endian_type))
        })
        .collect();
    columns.push((format!("{side}_endian_type"), Arc::new(endian)));
}

/// How well TCP carried the data of one side, in the order of `schema.CONNECTIONS`.
fn quality(columns: &mut Columns, side: &str, endpoints: &[&Endpoint]) {
    let of_all = |value: fn(&Endpoint) -> u64| -> ArrayRef {
        let values = endpoints.iter().map(|endpoint| value(endpoint) as i64);
        Arc::new(Int64Array::from_iter_values(values))
    };
    let number = |value: fn(&TcpQuality) -> Option<u64>| -> ArrayRef {
        let values = endpoints.iter().map(|endpoint| {
            let number = endpoint.tcp.as_ref().and_then(value);
            number.map(|number| number as i64)
        });
        Arc::new(values.collect::<Int64Array>())
    };
    let time = |value: fn(&TcpQuality) -> Option<i64>| -> ArrayRef {
        seconds(endpoints, |endpoint| endpoint.tcp.as_ref().and_then(value))
    };
    let rate = |value: fn(&TcpQuality) -> Option<f64>| -> ArrayRef {
        let values = endpoints
            .iter()
            .map(|endpoint| endpoint.tcp.as_ref().and_then(value));
        Arc::new(values.collect::<Float64Array>())
    };
    let flag = |value: fn(&TcpQuality) -> Option<bool>| -> ArrayRef {
        let values = endpoints
            .iter()
            .map(|endpoint| endpoint.tcp.as_ref().and_then(value));
        Arc::new(values.collect::<BooleanArray>())
    };
    let arrays: Vec<(&str, ArrayRef)> = vec![
        ("bad_checksums", of_all(|side| side.bad_checksums)),
        ("offload_checksums", of_all(|side| side.offload_checksums)),
        ("data_pkts", number(|tcp| Some(tcp.data_pkts))),
        ("pure_acks", number(|tcp| Some(tcp.pure_acks))),
        ("payload_bytes", number(|tcp| Some(tcp.payload_bytes))),
        ("unique_bytes", number(|tcp| Some(tcp.unique_bytes))),
        ("unseen_bytes", number(|tcp| Some(tcp.unseen_bytes))),
        ("rexmit_pkts", number(|tcp| Some(tcp.rexmit_pkts))),
        ("rexmit_bytes", number(|tcp| Some(tcp.rexmit_bytes))),
        ("rexmit_seen_pkts", number(|tcp| Some(tcp.rexmit_seen_pkts))),
        (
            "lost_upstream_pkts",
            number(|tcp| Some(tcp.lost_upstream_pkts)),
        ),
        (
            "lost_downstream_pkts",
            number(|tcp| Some(tcp.lost_downstream_pkts)),
        ),
        ("spurious_pkts", number(|tcp| tcp.spurious_pkts)),
        ("fast_rexmit_pkts", number(|tcp| tcp.fast_rexmit_pkts)),
        ("timeout_rexmit_pkts", number(|tcp| tcp.timeout_rexmit_pkts)),
        ("syn_rexmit_pkts", number(|tcp| Some(tcp.syn_rexmit_pkts))),
        ("reordered_pkts", number(|tcp| Some(tcp.reordered_pkts))),
        ("duplicate_pkts", number(|tcp| Some(tcp.duplicate_pkts))),
        ("keep_alives", number(|tcp| Some(tcp.keep_alives))),
        ("window_probes", number(|tcp| Some(tcp.window_probes))),
        ("dup_acks", number(|tcp| Some(tcp.dup_acks))),
        ("zero_windows", number(|tcp| Some(tcp.zero_windows))),
        ("zero_window_s", time(|tcp| Some(tcp.zero_window_ns))),
        ("window_fulls", number(|tcp| tcp.window_fulls)),
        ("window_full_s", time(|tcp| tcp.window_full_ns)),
        ("rtt_count", number(|tcp| Some(tcp.rtt_count))),
        ("rtt_min_s", time(|tcp| tcp.rtt_min_ns)),
        ("rtt_median_s", time(|tcp| tcp.rtt_median_ns)),
        ("rtt_p95_s", time(|tcp| tcp.rtt_p95_ns)),
        ("handshake_rtt_s", time(|tcp| tcp.handshake_rtt_ns)),
        ("first_data_s", time(|tcp| tcp.first_data_ns)),
        ("throughput_bps", rate(|tcp| tcp.throughput_bps)),
        ("goodput_bps", rate(|tcp| tcp.goodput_bps)),
        ("mss", number(|tcp| tcp.mss.map(u64::from))),
        (
            "window_scale",
            number(|tcp| tcp.window_scale.map(u64::from)),
        ),
        ("sack_permitted", flag(|tcp| tcp.sack_permitted)),
        ("timestamps", flag(|tcp| tcp.timestamps)),
        ("init_window", number(|tcp| tcp.init_window.map(u64::from))),
        ("max_window", number(|tcp| tcp.max_window.map(u64::from))),
    ];
    columns.extend(
        arrays
            .into_iter()
            .map(|(name, array)| (format!("{side}_{name}"), array)),
    );
}

/// Nanoseconds as seconds.
fn seconds<T>(rows: &[T], value: impl Fn(&T) -> Option<i64>) -> ArrayRef {
    let array: Float64Array = rows
        .iter()
        .map(|row| value(row).map(|ns| ns as f64 / 1e9))
        .collect();
    Arc::new(array)
}

fn names(
    rows: &[ConnectionRecord],
    value: fn(&ConnectionRecord) -> Option<&'static str>,
) -> ArrayRef {
    let array: StringArray = rows.iter().map(value).collect();
    Arc::new(array)
}

fn texts<'a, T: Display>(
    rows: &'a [ConnectionRecord],
    value: impl Fn(&'a ConnectionRecord) -> Option<T>,
) -> ArrayRef {
    use std::fmt::Write;
    let mut builder = StringBuilder::with_capacity(rows.len(), rows.len() * 18);
    for row in rows {
        match value(row) {
            None => builder.append_null(),
            Some(text) => {
                // Writing into the builder cannot fail.
                let _ = write!(builder, "{text}");
                builder.append_value("");
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
