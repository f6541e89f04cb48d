//! SSH (RFC 4253) until it is encrypted: versions and key exchange offers.

use super::{Step, StreamParser};
use crate::events::bytes::{Bytes, line};
use crate::events::event::Arg;
use crate::events::names::Name;
use crate::events::out::Out;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Version,
    Packets,
    Encrypted,
}

/// Both sides of a connection.
#[derive(Debug, Default)]
pub(super) struct Ssh {
    sides: [Place; 2],
}

/// Longest line before the packets; a packet that is not encrypted (RFC 4253, section 6.1) is not larger than this.
const MAX_LINE: usize = 2048;
const MAX_PACKET: u32 = 35_000;

impl StreamParser for Ssh {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let [orig, resp] = &mut self.sides;
        let place = if is_orig { orig } else { resp };
        match place {
            Place::Version => {
                let Some((text, used)) = line(data) else {
                    return if data.len() > MAX_LINE {
                        Step::Violation("no SSH version")
                    } else {
                        Step::More
                    };
                };
                if !text.starts_with(b"SSH-") {
                    return if is_orig {
                        Step::Violation("no SSH version")
                    } else {
                        Step::Used(used)
                    };
                }
                let name = if is_orig {
                    Name::SshClientVersion
                } else {
                    Name::SshServerVersion
                };
                out.event(name, Some(is_orig), &[Arg::Str(text)]);
                *place = if text.starts_with(b"SSH-1.") && !text.starts_with(b"SSH-1.99") {
                    Place::Encrypted
                } else {
                    Place::Packets
                };
                Step::Used(used)
            }
            Place::Packets => {
                let mut rest = Bytes(data);
                let (Some(len), Some(padding)) = (rest.u32(), rest.u8()) else {
                    return Step::More;
                };
                if len > MAX_PACKET || len < u32::from(padding) + 2 {
                    return Step::Violation("an SSH packet of an impossible length");
                }
                let Some(packet) = rest.take(len as usize - 1) else {
                    return Step::More;
                };
                match packet.first() {
                    Some(20) if kexinit(packet, is_orig, out).is_none() => {
                        return Step::Violation("a key exchange offer cut short");
                    }
                    Some(21) => *place = Place::Encrypted,
                    _ => {}
                }
                Step::Used(4 + len as usize)
            }
            Place::Encrypted => {
                let args = [Arg::Bool(is_orig), Arg::Count(data.len() as u64)];
                out.event(Name::SshEncryptedPacket, Some(is_orig), &args);
                Step::Used(data.len())
            }
        }
    }

    fn gap(&mut self, is_orig: bool, _len: u64, _out: &mut Out<'_>) -> bool {
        let [orig, resp] = &self.sides;
        *(if is_orig { orig } else { resp }) == Place::Encrypted
    }
}

fn kexinit(packet: &[u8], is_orig: bool, out: &mut Out<'_>) -> Option<()> {
    let mut rest = Bytes(packet);
    rest.u8()?;
    let cookie = rest.take(16)?;
    let mut lists: [&[u8]; 10] = [&[]; 10];
    for place in &mut lists {
        let len = rest.u32()?;
        *place = rest.take(len as usize)?;
    }
    let args = [Arg::Bool(is_orig), Arg::Str(cookie), Arg::Strs(&lists)];
    out.event(Name::SshCapabilities, Some(is_orig), &args);
    Some(())
}
