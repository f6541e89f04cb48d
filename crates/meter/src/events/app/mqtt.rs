//! MQTT 3.1, 3.1.1 and 5: connections, publications, subscriptions.

use super::{Step, StreamParser};
use crate::events::bytes::Bytes;
use crate::events::event::Arg;
use crate::events::names::Name;
use crate::events::out::Out;

/// Both sides of a connection.
#[derive(Debug, Default)]
pub(super) struct Mqtt {
    /// Bytes of a large packet that are left, per side.
    skip: [usize; 2],
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
        let mut len = 0;
        for shift in 0..4 {
            let Some(byte) = rest.u8() else {
                return Step::More;
            };
            len |= usize::from(byte & 0x7f) << (7 * shift);
            if byte & 0x80 == 0 {
                break;
            }
            if shift == 3 {
                return Step::Violation("an MQTT length without end");
            }
        }
        let header = data.len() - rest.0.len();
        let Some(body) = rest.take(len.min(HEAD)) else {
            return Step::More;
        };
        if packet(first, len, body, is_orig, out).is_none() {
            return Step::Violation("an MQTT packet cut short");
        }
        *skip = len - body.len();
        Step::Used(header + body.len())
    }

    fn limit(&self) -> usize {
        HEAD + 8
    }
}

fn packet(first: u8, len: usize, body: &[u8], is_orig: bool, out: &mut Out<'_>) -> Option<()> {
    let mut rest = Bytes(body);
    match first >> 4 {
        1 => {
            let protocol = rest.vec16()?;
            let (version, _, keep_alive) = (rest.u8()?, rest.u8()?, rest.u16()?);
            if version == 5 {
                rest.vec8()?;
            }
            let args = [
                Arg::Str(protocol),
                Arg::Count(version.into()),
                Arg::Str(rest.vec16()?),
                Arg::Count(keep_alive.into()),
            ];
            out.event(Name::MqttConnect, Some(is_orig), &args);
        }
        2 => {
            let (present, code) = (rest.u8()?, rest.u8()?);
            let args = [Arg::Count(code.into()), Arg::Bool(present & 1 == 1)];
            out.event(Name::MqttConnack, Some(is_orig), &args);
        }
        3 => {
            let topic = rest.vec16()?;
            let payload = Arg::Count((len - topic.len() - 2) as u64);
            let args = [Arg::Bool(is_orig), Arg::Str(topic), payload];
            out.event(Name::MqttPublish, Some(is_orig), &args);
        }
        8 => {
            let id = rest.u16()?;
            let args = [Arg::Count(id.into()), Arg::Str(rest.0)];
            out.event(Name::MqttSubscribe, Some(is_orig), &args);
        }
        0 => return None,
        _ => {}
    }
    Some(())
}
