//! SSH (RFC 4253) until it is encrypted: versions and key exchange offers.

use super::{Step, StreamParser};
use crate::events::arg::Arg;
use crate::events::bytes::{Bytes, line};
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
    /// One of them speaks version 1 only.
    version_1: bool,
    login: Login,
}

/// How a login goes, as far as lengths of encrypted segments tell, by Zeek's rules.
#[derive(Debug, Default)]
struct Login {
    client_spoke: bool,
    decided: bool,
    banner_skipped: bool,
    /// Length of the answer to the request for a service, and of the one to a failed attempt; 0 if not seen.
    accepted: usize,
    failed: usize,
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
                    self.version_1 = true;
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
                    Some(31 | 33) if !is_orig => host_key(packet, out),
                    Some(21) => *place = Place::Encrypted,
                    _ => {}
                }
                Step::Used(4 + len as usize)
            }
            Place::Encrypted => {
                let args = [Arg::Bool(is_orig), Arg::Count(data.len() as u64)];
                out.event(Name::SshEncryptedPacket, Some(is_orig), &args);
                if !self.version_1 && !self.login.decided {
                    self.login.encrypted(is_orig, data.len(), out);
                }
                Step::Used(data.len())
            }
        }
    }

    fn gap(&mut self, is_orig: bool, _len: u64, _out: &mut Out<'_>) -> bool {
        let [orig, resp] = &self.sides;
        *(if is_orig { orig } else { resp }) == Place::Encrypted
    }
}

impl Login {
    fn encrypted(&mut self, is_orig: bool, len: usize, out: &mut Out<'_>) {
        if is_orig {
            self.client_spoke = true;
            return;
        }
        if !self.client_spoke {
            return;
        }
        if self.accepted == 0 {
            self.accepted = len;
            return;
        }
        let succeeded = len + 16 == self.accepted;
        let at_once = self.failed == 0;
        if succeeded {
            self.decided = true;
            out.event(Name::SshAuthAttempted, Some(false), &[Arg::Bool(true)]);
            out.event(Name::SshAuthSuccessful, Some(false), &[Arg::Bool(at_once)]);
        } else if at_once {
            if !self.banner_skipped && len > self.accepted + 256 {
                self.banner_skipped = true;
            } else {
                self.failed = len;
            }
        } else if len == self.failed {
            out.event(Name::SshAuthAttempted, Some(false), &[Arg::Bool(false)]);
        }
    }
}

/// The key of the server in its part of a key exchange. The message of that number may also be another one, whose first
/// field is no key.
fn host_key(packet: &[u8], out: &mut Out<'_>) {
    let mut rest = Bytes(packet);
    let mut read = || {
        rest.u8()?;
        let len = rest.u32()?;
        let key = rest.take(len as usize)?;
        let mut inner = Bytes(key);
        let len = inner.u32()?;
        let kind = inner.take(len as usize)?;
        let is_name = !kind.is_empty() && kind.iter().all(u8::is_ascii_graphic);
        is_name.then_some(key)
    };
    if let Some(key) = read() {
        out.event(Name::SshServerHostKey, Some(false), &[Arg::Str(key)]);
    }
}

/// Fields of Zeek's `SSH::Capabilities` and of the pairs in it.
const CAPABILITIES: &[&str] = &[
    "kex_algorithms",
    "server_host_key_algorithms",
    "encryption_algorithms",
    "mac_algorithms",
    "compression_algorithms",
    "languages",
    "is_server",
];
const PAIR: &[&str] = &["client_to_server", "server_to_client"];

fn kexinit(packet: &[u8], is_orig: bool, out: &mut Out<'_>) -> Option<()> {
    let mut rest = Bytes(packet);
    rest.u8()?;
    let cookie = rest.take(16)?;
    let mut lists: [Vec<&[u8]>; 10] = Default::default();
    for place in &mut lists {
        let len = rest.u32()?;
        let names = rest.take(len as usize)?;
        let names = names.split(|byte| *byte == b',');
        place.extend(names.filter(|name| !name.is_empty()));
    }
    let [kex, keys, ciphers @ .., to_server, to_client] =
        lists.each_ref().map(|list| Arg::Strs(list));
    let [c1, c2, m1, m2, z1, z2] = ciphers;
    let (ciphers, macs) = ([c1, c2], [m1, m2]);
    let (compressions, languages) = ([z1, z2], [to_server, to_client]);
    let fields = [
        kex,
        keys,
        Arg::Record(PAIR, &ciphers),
        Arg::Record(PAIR, &macs),
        Arg::Record(PAIR, &compressions),
        Arg::Record(PAIR, &languages),
        Arg::Bool(!is_orig),
    ];
    let args = [Arg::Str(cookie), Arg::Record(CAPABILITIES, &fields)];
    out.event(Name::SshCapabilities, Some(is_orig), &args);
    Some(())
}
