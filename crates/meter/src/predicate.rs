//! Conditions on single packets, for queries that push them down to where packets are read.

use std::net::IpAddr;

use wire::{Network, Packet, Record, Transport};

/// What a condition looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Field {
    TimeNs,
    WireLen,
    CapturedLen,
    Vlan,
    SrcIp,
    DstIp,
    Protocol,
    SrcPort,
    DstPort,
    IpLen,
    PayloadLen,
    Ttl,
    TcpFlags,
}

impl Field {
    /// The field behind a column of the packets or flows table; `None` if it is not one of single packets.
    pub fn from_column(name: &str) -> Option<Field> {
        Some(match name {
            "time" => Field::TimeNs,
            "wire_len" => Field::WireLen,
            "captured_len" => Field::CapturedLen,
            "vlan" => Field::Vlan,
            "src_ip" => Field::SrcIp,
            "dst_ip" => Field::DstIp,
            "protocol" => Field::Protocol,
            "src_port" => Field::SrcPort,
            "dst_port" => Field::DstPort,
            "ip_len" => Field::IpLen,
            "payload_len" => Field::PayloadLen,
            "ttl" => Field::Ttl,
            "tcp_flags" => Field::TcpFlags,
            _ => return None,
        })
    }
}

/// How a condition compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Equal to one of the values.
    In,
    /// Equal to none of them.
    NotIn,
    /// Below the first value.
    Lt,
    /// At most the first value.
    Le,
    /// Above the first value.
    Gt,
    /// At least the first value.
    Ge,
}

impl Operator {
    /// The operator of that sign: `in`, `not in`, `<`, `<=`, `>`, `>=`.
    pub fn from_sign(sign: &str) -> Option<Operator> {
        Some(match sign {
            "in" => Operator::In,
            "not in" => Operator::NotIn,
            "<" => Operator::Lt,
            "<=" => Operator::Le,
            ">" => Operator::Gt,
            ">=" => Operator::Ge,
            _ => return None,
        })
    }
}

/// A value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Value {
    /// A number.
    Integer(i64),
    /// An address; only equality is asked of it.
    Address(IpAddr),
}

/// One condition; a packet that lacks the field does not fulfill it.
#[derive(Clone, Debug)]
pub struct Predicate {
    /// What it looks at.
    pub field: Field,
    /// How it compares.
    pub operator: Operator,
    /// With what.
    pub values: Vec<Value>,
}

impl Predicate {
    /// Whether the packet fulfills the condition.
    pub fn matches(&self, record: &Record<'_>, packet: &Packet<'_>) -> bool {
        let Some(value) = value_of(self.field, record, packet) else {
            return false;
        };
        match self.operator {
            Operator::In => self.values.contains(&value),
            Operator::NotIn => !self.values.contains(&value),
            operator => match (value, self.values.first()) {
                (Value::Integer(value), Some(Value::Integer(bound))) => match operator {
                    Operator::Lt => value < *bound,
                    Operator::Le => value <= *bound,
                    Operator::Gt => value > *bound,
                    _ => value >= *bound,
                },
                _ => false,
            },
        }
    }
}

fn value_of(field: Field, record: &Record<'_>, packet: &Packet<'_>) -> Option<Value> {
    let integer = |value: i64| Some(Value::Integer(value));
    match field {
        Field::TimeNs => return integer(record.time_ns),
        Field::WireLen => return integer(i64::from(record.wire_len)),
        Field::CapturedLen => return integer(record.data.len() as i64),
        Field::Vlan => return packet.link.vlan.map(|vlan| Value::Integer(i64::from(vlan))),
        _ => {}
    }
    let Network::Ip(ip) = &packet.network else {
        return None;
    };
    let (src_port, dst_port) = ip.transport.ports();
    match field {
        Field::SrcIp => Some(Value::Address(ip.src)),
        Field::DstIp => Some(Value::Address(ip.dst)),
        Field::Protocol => integer(i64::from(ip.protocol)),
        Field::SrcPort => integer(i64::from(src_port)),
        Field::DstPort => integer(i64::from(dst_port)),
        Field::IpLen => integer(i64::from(ip.len)),
        Field::PayloadLen => integer(i64::from(ip.payload_len)),
        Field::Ttl => integer(i64::from(ip.ttl)),
        Field::TcpFlags => match ip.transport {
            Transport::Tcp(tcp) => integer(i64::from(tcp.flags)),
            _ => None,
        },
        Field::TimeNs | Field::WireLen | Field::CapturedLen | Field::Vlan => None,
    }
}
