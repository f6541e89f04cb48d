//! The `packets` table of `wiretell/schema.py` as Arrow arrays: the columns that were asked for.

use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, StringBuilder};
use arrow_array::{
    ArrayRef, BooleanArray, Int16Array, Int32Array, Int64Array, RecordBatch,
    TimestampNanosecondArray,
};
use arrow_schema::ArrowError;
use meter::packets::{IpRow, NetworkKind, PacketRow, TcpRow};
use wire::decode::network_name;
use wire::{FaultKind, Layer, LinkType, Outcome};

use crate::flow_table::{addresses, record_batch};

/// A batch with these columns of `schema.PACKETS`, in this order.
pub fn batch(rows: &[PacketRow], columns: &[String]) -> Result<RecordBatch, ArrowError> {
    let arrays = columns
        .iter()
        .map(|name| Ok((name.as_str(), column(rows, name)?)));
    record_batch(arrays.collect::<Result<_, ArrowError>>()?)
}

fn column(rows: &[PacketRow], name: &str) -> Result<ArrayRef, ArrowError> {
    let ip64 = |value: fn(&IpRow) -> i64| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|row| row.ip.as_ref().map(value))
                .collect::<Int64Array>(),
        )
    };
    let ip32 = |value: fn(&IpRow) -> i32| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|row| row.ip.as_ref().map(value))
                .collect::<Int32Array>(),
        )
    };
    let ip16 = |value: fn(&IpRow) -> i16| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|row| row.ip.as_ref().map(value))
                .collect::<Int16Array>(),
        )
    };
    let tcp64 = |value: fn(&TcpRow) -> i64| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|row| row.tcp.as_ref().map(value))
                .collect::<Int64Array>(),
        )
    };
    let integers = |value: fn(&PacketRow) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows.iter().map(value)))
    };
    let vlan = |value: fn(&PacketRow) -> Option<u16>| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|row| value(row).map(i32::from))
                .collect::<Int32Array>(),
        )
    };
    Ok(match name {
        "time" => Arc::new(
            TimestampNanosecondArray::from_iter_values(rows.iter().map(|r| r.time_ns))
                .with_timezone("UTC"),
        ),
        "wire_len" => integers(|row| i64::from(row.wire_len)),
        "captured_len" => integers(|row| i64::from(row.captured_len)),
        "link_type" => strings(rows, |row, text| text.push_str(&link_label(row.link_type))),
        "src_mac" => strings(rows, |row, text| mac(row.link.source, text)),
        "dst_mac" => strings(rows, |row, text| mac(row.link.destination, text)),
        "vlan" => vlan(|row| row.link.vlan),
        "inner_vlan" => vlan(|row| row.link.inner_vlan),
        "network" => strings(rows, |row, text| match row.network {
            NetworkKind::Ipv4 => text.push_str("ipv4"),
            NetworkKind::Ipv6 => text.push_str("ipv6"),
            NetworkKind::Arp => text.push_str("arp"),
            NetworkKind::Other(number) => text.push_str(&network_label(number)),
            NetworkKind::None => {}
        }),
        "src_ip" => addresses(rows.iter().map(|row| row.ip.map(|ip| ip.src))),
        "dst_ip" => addresses(rows.iter().map(|row| row.ip.map(|ip| ip.dst))),
        "protocol" => ip16(|ip| i16::from(ip.protocol)),
        "src_port" => ip32(|ip| i32::from(ip.src_port)),
        "dst_port" => ip32(|ip| i32::from(ip.dst_port)),
        "ip_len" => ip64(|ip| i64::from(ip.len)),
        "payload_len" => ip64(|ip| i64::from(ip.payload_len)),
        "ttl" => ip16(|ip| i16::from(ip.ttl)),
        "tos" => ip16(|ip| i16::from(ip.tos)),
        "ip_id" => ip64(|ip| i64::from(ip.id)),
        "dont_fragment" => Arc::new(
            rows.iter()
                .map(|row| row.ip.map(|ip| ip.dont_fragment))
                .collect::<BooleanArray>(),
        ),
        "fragment_offset" => {
            let offset = |row: &PacketRow| row.ip.and_then(|ip| ip.fragment_offset).map(i64::from);
            Arc::new(rows.iter().map(offset).collect::<Int64Array>())
        }
        "tcp_seq" => tcp64(|tcp| i64::from(tcp.seq)),
        "tcp_ack" => tcp64(|tcp| i64::from(tcp.ack)),
        "tcp_flags" => Arc::new(
            rows.iter()
                .map(|row| row.tcp.map(|tcp| tcp.flags as i16))
                .collect::<Int16Array>(),
        ),
        "tcp_window" => Arc::new(
            rows.iter()
                .map(|row| row.tcp.map(|tcp| i32::from(tcp.window)))
                .collect::<Int32Array>(),
        ),
        "outcome" => strings(rows, |row, text| text.push_str(outcome_name(row.outcome))),
        "fault" => strings(rows, |row, text| {
            if let Some(fault) = row.fault {
                text.push_str(layer_name(fault.layer));
                text.push(' ');
                text.push_str(fault_name(fault.kind));
            }
        }),
        "payload" => {
            let mut builder = BinaryBuilder::new();
            rows.iter()
                .for_each(|row| builder.append_option(row.payload.as_deref()));
            Arc::new(builder.finish())
        }
        other => {
            return Err(ArrowError::SchemaError(format!(
                "the packets table has no column {other}"
            )));
        }
    })
}

/// Text per row; an empty one is null.
fn strings(rows: &[PacketRow], write: impl Fn(&PacketRow, &mut String)) -> ArrayRef {
    let mut builder = StringBuilder::new();
    let mut text = String::new();
    for row in rows {
        text.clear();
        write(row, &mut text);
        builder.append_option((!text.is_empty()).then_some(text.as_str()));
    }
    Arc::new(builder.finish())
}

fn mac(address: Option<[u8; 6]>, text: &mut String) {
    for (at, byte) in address.iter().flatten().enumerate() {
        if at > 0 {
            text.push(':');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('?'));
        }
    }
}

/// The word for a class of records.
pub fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Decoded => "decoded",
        Outcome::Truncated => "truncated",
        Outcome::Ignored => "ignored",
    }
}

/// The word for a layer.
pub fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Link => "link",
        Layer::Network => "network",
        Layer::Transport => "transport",
    }
}

/// The words for a kind of fault.
pub fn fault_name(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Truncated => "truncated",
        FaultKind::Malformed => "malformed",
        FaultKind::UnsupportedLink => "unsupported link type",
        FaultKind::NotIp => "not IP",
        FaultKind::NoNetwork => "no network layer",
    }
}

/// The name of a link type, or its number.
pub fn link_label(link_type: LinkType) -> String {
    link_type
        .name()
        .map_or_else(|| format!("link type {}", link_type.0), str::to_owned)
}

/// The name of a network protocol other than IP, or its number.
pub fn network_label(number: u32) -> String {
    network_name(number).map_or_else(|| format!("{number:#06x}"), str::to_owned)
}
