//! Application protocols: each reads one connection and raises its events.

mod datagrams;
mod detect;
mod dhcp;
mod dns;
mod dtls;
mod ftp;
mod http;
mod irc;
mod mail_access;
mod mime;
mod mqtt;
mod mysql;
mod ntp;
mod quic;
mod rdp;
mod sip;
mod smtp;
mod snmp;
mod socks;
mod ssh;
mod tcp;
mod tls;
mod udp;
mod xmpp;

use super::arg::Arg;
use super::names::Name;
use super::out::Out;

pub(super) use tcp::App;
pub(super) use udp::Datagrams;

/// What a parser makes of the bytes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It took so many, more than none; what is left comes again.
    Used(usize),
    /// It needs more of them than these.
    More,
    /// It has nothing more to say of this connection.
    Stop,
    /// They break the protocol.
    Violation(&'static str),
    /// After so many, both sides speak something else.
    Switch(usize),
}

/// Reads both directions of a TCP connection.
pub(super) trait StreamParser: std::fmt::Debug + Send {
    /// Reads from the front of what a side has sent and was not taken yet.
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step;

    /// So many bytes are missing; false when it cannot go on.
    fn gap(&mut self, _is_orig: bool, _len: u64, _out: &mut Out<'_>) -> bool {
        false
    }

    /// Whether it finds back into a stream of which the middle of a message is missing.
    fn finds_back(&self) -> bool {
        false
    }

    /// A side has sent everything.
    fn end(&mut self, _is_orig: bool, _out: &mut Out<'_>) {}

    /// The most that may be waiting in one direction.
    fn limit(&self) -> usize {
        1 << 16
    }

    /// Bytes that it holds itself, as far as their number is not small and fixed.
    fn held_bytes(&self) -> usize {
        0
    }
}

/// The protocols that content is told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http,
    Dns,
    Tls,
    Ssh,
    Smtp,
    Ftp,
    Dhcp,
    Ntp,
    Pop3,
    Imap,
    Irc,
    Mqtt,
    Mysql,
    Rdp,
    Snmp,
    Sip,
    Syslog,
    Radius,
    Quic,
    Socks,
    Dtls,
    Xmpp,
}

impl Protocol {
    pub(super) fn name(self) -> &'static str {
        match self {
            Protocol::Http => "HTTP",
            Protocol::Dns => "DNS",
            Protocol::Tls => "SSL",
            Protocol::Ssh => "SSH",
            Protocol::Smtp => "SMTP",
            Protocol::Ftp => "FTP",
            Protocol::Dhcp => "DHCP",
            Protocol::Ntp => "NTP",
            Protocol::Pop3 => "POP3",
            Protocol::Imap => "IMAP",
            Protocol::Irc => "IRC",
            Protocol::Mqtt => "MQTT",
            Protocol::Mysql => "MYSQL",
            Protocol::Rdp => "RDP",
            Protocol::Snmp => "SNMP",
            Protocol::Sip => "SIP",
            Protocol::Syslog => "SYSLOG",
            Protocol::Radius => "RADIUS",
            Protocol::Quic => "QUIC",
            Protocol::Socks => "SOCKS",
            Protocol::Dtls => "DTLS",
            Protocol::Xmpp => "XMPP",
        }
    }

    fn stream(self) -> Option<Box<dyn StreamParser>> {
        Some(match self {
            Protocol::Http => Box::<http::Http>::default(),
            Protocol::Dns => Box::<dns::DnsStream>::default(),
            Protocol::Tls => Box::<tls::Tls>::default(),
            Protocol::Ssh => Box::<ssh::Ssh>::default(),
            Protocol::Smtp => Box::<smtp::Smtp>::default(),
            Protocol::Ftp => Box::<ftp::Ftp>::default(),
            Protocol::Pop3 => Box::<mail_access::Pop3>::default(),
            Protocol::Imap => Box::<mail_access::Imap>::default(),
            Protocol::Irc => Box::<irc::Irc>::default(),
            Protocol::Mqtt => Box::<mqtt::Mqtt>::default(),
            Protocol::Mysql => Box::<mysql::Mysql>::default(),
            Protocol::Rdp => Box::<rdp::Rdp>::default(),
            Protocol::Sip => Box::<sip::Sip>::default(),
            Protocol::Socks => Box::<socks::Socks>::default(),
            Protocol::Xmpp => Box::<xmpp::Xmpp>::default(),
            _ => return None,
        })
    }
}

/// Tells what a connection speaks.
fn confirm(protocol: Protocol, out: &mut Out<'_>) {
    let name = Arg::Str(protocol.name().as_bytes());
    let info = Arg::Record(&[], &[]);
    out.event(Name::AnalyzerConfirmation, None, &[name, info]);
}

/// Tells that a connection broke what it speaks, and counts it.
fn violate(protocol: Protocol, is_orig: bool, reason: &str, out: &mut Out<'_>) {
    out.sink.violations += 1;
    let reason = [Arg::Str(reason.as_bytes())];
    let args = [
        Arg::Str(protocol.name().as_bytes()),
        Arg::Record(&["reason"], &reason),
    ];
    out.event(Name::AnalyzerViolation, Some(is_orig), &args);
}
