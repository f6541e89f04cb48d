//! The application side of a UDP conversation.

use super::detect::guess_datagram;
use super::{Protocol, confirm, datagrams, dhcp, dns, dtls, ntp, quic, sip, snmp, violate};
use crate::events::out::Out;

/// Reads a conversation: its first datagram that tells something decides who does.
#[derive(Debug, Default)]
pub(in crate::events) struct Datagrams {
    protocol: Option<Protocol>,
    /// A message was read.
    read: bool,
    /// A message broke what was taken for the protocol before any was read: one more guess is made.
    mistaken: bool,
    /// Nothing more is read.
    broken: bool,
    memory: Memory,
}

/// What is kept from one datagram to the next, by those who need it.
#[derive(Debug, Default)]
enum Memory {
    #[default]
    None,
    Quic(Box<quic::Quic>),
    Dtls(Box<dtls::Dtls>),
}

impl Datagrams {
    /// Bytes that it holds.
    pub(in crate::events) fn held_bytes(&self) -> usize {
        match &self.memory {
            Memory::None => 0,
            Memory::Quic(quic) => quic.held_bytes(),
            Memory::Dtls(dtls) => dtls.held_bytes(),
        }
    }

    /// Reads no further.
    pub(in crate::events) fn turn_off(&mut self) {
        *self = Datagrams {
            broken: true,
            ..Datagrams::default()
        };
    }

    /// The next datagram of a side.
    pub(in crate::events) fn data(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) {
        if self.broken {
            return;
        }
        let known = self.protocol;
        let Some(protocol) = known.or_else(|| guess_datagram(is_orig, data, out.ports())) else {
            return;
        };
        if known.is_none() {
            self.protocol = Some(protocol);
            self.memory = match protocol {
                Protocol::Quic => Memory::Quic(Box::default()),
                Protocol::Dtls => Memory::Dtls(Box::default()),
                _ => Memory::None,
            };
            confirm(protocol, out);
        }
        match self.read(protocol, is_orig, data, out) {
            Ok(()) => self.read = true,
            Err(reason) => {
                violate(protocol, is_orig, reason, out);
                if self.read || self.mistaken {
                    self.turn_off();
                } else {
                    *self = Datagrams {
                        mistaken: true,
                        ..Datagrams::default()
                    };
                }
            }
        }
    }

    fn read(
        &mut self,
        protocol: Protocol,
        is_orig: bool,
        data: &[u8],
        out: &mut Out<'_>,
    ) -> Result<(), &'static str> {
        match protocol {
            Protocol::Dns => dns::message(is_orig, data, out),
            Protocol::Dhcp => dhcp::message(is_orig, data, out),
            Protocol::Ntp => ntp::message(is_orig, data, out),
            Protocol::Snmp => snmp::message(is_orig, data, out),
            Protocol::Sip => sip::message(is_orig, data, out),
            Protocol::Syslog => datagrams::syslog(is_orig, data, out),
            Protocol::Radius => datagrams::radius(is_orig, data, out),
            _ => match &mut self.memory {
                Memory::None => Ok(()),
                Memory::Quic(quic) => quic.datagram(is_orig, data, out),
                Memory::Dtls(dtls) => dtls.datagram(is_orig, data, out),
            },
        }
    }
}
