//! MQTT 3.1, 3.1.1 and 5: connections, publications, subscriptions.

use super::{Step, StreamParser};
use crate::events::arg::Arg;
use crate::events::bytes::Bytes;
use crate::events::names::Name;
use crate::events::out::Out;

/// Both sides of a connection.
#[derive(Debug, Default)]
pub(super) struct Mqtt {
    /// Bytes of a large packet that are left, per side.
    skip: [usize; 2],
    /// What the client speaks: 3 (3.1), 4 (3.1.1), 5.
    version: u8,
}

/// Bytes of a packet that are looked at: topics are at most 65,535 bytes.
const HEAD: usize = (1 << 16) + 16;

impl StreamParser for Mqtt {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let [orig, resp] = &mut self.skip;
        let skip = if is_orig { orig } else { resp };
        if *skip > 0 {
            let now = (*skip).min(data.len());
            *skip -= now;
            return Step::Used(now);
        }
        let mut rest = Bytes(data);
        let Some(first) = rest.u8() else {
            return Step::More;
        };
        let Some(len) = varint(&mut rest) else {
            return if rest.0.len() >= 4 || data.len() >= 5 {
                Step::Violation("an MQTT length without end")
            } else {
                Step::More
            };
        };
        let header = data.len() - rest.0.len();
        let Some(body) = rest.take(len.min(HEAD)) else {
            return Step::More;
        };
        *skip = len - body.len();
        if self.packet(first, len, body, is_orig, out).is_none() {
            return Step::Violation("an MQTT packet cut short");
        }
        Step::Used(header + body.len())
    }

    fn limit(&self) -> usize {
        HEAD + 8
    }
}

/// Fields of Zeek's records: `MQTT::ConnectMsg`, `MQTT::ConnectAckMsg`, `MQTT::PublishMsg`.
const CONNECT: &[&str] = &[
    "protocol_name",
    "protocol_version",
    "client_id",
    "keep_alive",
    "clean_session",
    "will_retain",
    "will_qos",
    "will_topic",
    "will_msg",
    "username",
    "password",
];
const CONNACK: &[&str] = &["return_code", "session_present"];
const PUBLISH: &[&str] = &["dup", "qos", "retain", "topic", "payload", "payload_len"];
/// Bytes of a publication that Zeek hands to scripts.
const MAX_PAYLOAD: usize = 100;
/// Topics of one message that are told.
const MAX_TOPICS: usize = 64;

/// A length of up to four bytes, the smallest first.
fn varint(rest: &mut Bytes<'_>) -> Option<usize> {
    let mut len = 0;
    for shift in 0..4 {
        let byte = rest.u8()?;
        len |= usize::from(byte & 0x7f) << (7 * shift);
        if byte & 0x80 == 0 {
            return Some(len);
        }
    }
    None
}

impl Mqtt {
    /// Properties that version 5 has in most packets.
    fn properties(&self, rest: &mut Bytes<'_>) -> Option<()> {
        if self.version >= 5 {
            let len = varint(rest)?;
            rest.take(len)?;
        }
        Some(())
    }

    fn packet(
        &mut self,
        first: u8,
        len: usize,
        body: &[u8],
        is_orig: bool,
        out: &mut Out<'_>,
    ) -> Option<()> {
        let mut rest = Bytes(body);
        let side = Arg::Bool(is_orig);
        let mut raise = |name: Name, args: &[Arg<'_>]| out.event(name, Some(is_orig), args);
        let number = |n: u16| Arg::Count(n.into());
        match first >> 4 {
            1 => {
                let fields = self.connect(&mut rest)?;
                raise(Name::MqttConnect, &[Arg::Record(CONNECT, &fields)]);
            }
            2 => {
                let (present, code) = (rest.u8()?, rest.u8()?);
                let fields = [Arg::Count(code.into()), Arg::Bool(present & 1 == 1)];
                raise(Name::MqttConnack, &[Arg::Record(CONNACK, &fields)]);
            }
            3 => {
                let topic = rest.vec16()?;
                let qos = first >> 1 & 3;
                let id = if qos > 0 { rest.u16()? } else { 0 };
                self.properties(&mut rest)?;
                let payload = len - (body.len() - rest.0.len());
                let shown = rest.0.get(..MAX_PAYLOAD).unwrap_or(rest.0);
                let fields = [
                    Arg::Bool(first & 8 != 0),
                    Arg::Count(qos.into()),
                    Arg::Bool(first & 1 != 0),
                    Arg::Str(topic),
                    Arg::Str(shown),
                    Arg::Count(payload as u64),
                ];
                let message = Arg::Record(PUBLISH, &fields);
                raise(Name::MqttPublish, &[side, number(id), message]);
            }
            kind @ 4..=7 => {
                let name = match kind {
                    4 => Name::MqttPuback,
                    5 => Name::MqttPubrec,
                    6 => Name::MqttPubrel,
                    _ => Name::MqttPubcomp,
                };
                raise(name, &[side, number(rest.u16()?)]);
            }
            kind @ (8 | 10) => {
                let id = number(rest.u16()?);
                self.properties(&mut rest)?;
                let (mut topics, mut levels) = ([&b""[..]; MAX_TOPICS], [0; MAX_TOPICS]);
                let mut found = 0;
                // A list that goes on beyond what is looked at is told as far as it was seen.
                while !rest.is_empty() && (len == body.len() || found < MAX_TOPICS) {
                    let topic = rest.vec16()?;
                    let level = if kind == 8 { rest.u8()? & 3 } else { 0 };
                    let place = (topics.get_mut(found), levels.get_mut(found));
                    if let (Some(own_topic), Some(own_level)) = place {
                        (*own_topic, *own_level) = (topic, level);
                        found += 1;
                    }
                }
                let topics = Arg::Strs(topics.get(..found)?);
                if kind == 8 {
                    let levels = Arg::Octets(levels.get(..found)?);
                    raise(Name::MqttSubscribe, &[id, topics, levels]);
                } else {
                    raise(Name::MqttUnsubscribe, &[id, topics]);
                }
            }
            9 => {
                let id = number(rest.u16()?);
                self.properties(&mut rest)?;
                let granted = rest.u8()?;
                raise(Name::MqttSuback, &[id, Arg::Count(granted.into())]);
            }
            11 => raise(Name::MqttUnsuback, &[number(rest.u16()?)]),
            12 => raise(Name::MqttPingreq, &[]),
            13 => raise(Name::MqttPingresp, &[]),
            14 => raise(Name::MqttDisconnect, &[]),
            0 => return None,
            _ => {}
        }
        Some(())
    }

    fn connect<'a>(&mut self, rest: &mut Bytes<'a>) -> Option<[Arg<'a>; 11]> {
        let protocol = rest.vec16()?;
        let (version, flags, keep_alive) = (rest.u8()?, rest.u8()?, rest.u16()?);
        self.version = version;
        self.properties(rest)?;
        let client = rest.vec16()?;
        let (mut topic, mut message) = (Arg::None, Arg::None);
        if flags & 4 != 0 {
            self.properties(rest)?;
            (topic, message) = (Arg::Str(rest.vec16()?), Arg::Str(rest.vec16()?));
        }
        let mut text = |bit: u8| {
            Some(if flags & bit != 0 {
                Arg::Str(rest.vec16()?)
            } else {
                Arg::None
            })
        };
        let (user, password) = (text(0x80)?, text(0x40)?);
        Some([
            Arg::Str(protocol),
            Arg::Count(version.into()),
            Arg::Str(client),
            Arg::Time(f64::from(keep_alive)),
            Arg::Bool(flags & 2 != 0),
            Arg::Bool(flags & 0x20 != 0),
            Arg::Count(u64::from(flags >> 3 & 3)),
            topic,
            message,
            user,
            password,
        ])
    }
}
