//! Application protocols: each reads one connection and raises its events.

mod datagrams;
mod detect;
mod dhcp;
mod dns;
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
mod tls;

use super::arg::Arg;
use super::names::Name;
use super::out::Out;
use detect::{Guess, guess_datagram, guess_stream};

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
            _ => return None,
        })
    }
}

/// The application side of a UDP conversation: its first datagram that tells something decides who reads it.
#[derive(Debug, Default)]
pub(super) struct Datagrams {
    protocol: Option<Protocol>,
    /// A message broke the protocol: nothing more is read.
    broken: bool,
    quic: Option<Box<quic::Quic>>,
}

impl Datagrams {
    /// Bytes that it holds.
    pub(super) fn held_bytes(&self) -> usize {
        self.quic.as_ref().map_or(0, |quic| quic.held_bytes())
    }

    /// Reads no further.
    pub(super) fn turn_off(&mut self) {
        *self = Datagrams {
            broken: true,
            ..Datagrams::default()
        };
    }

    /// The next datagram of a side.
    pub(super) fn data(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) {
        if self.broken {
            return;
        }
        let known = self.protocol;
        let Some(protocol) = known.or_else(|| guess_datagram(is_orig, data, out.ports())) else {
            return;
        };
        self.protocol = Some(protocol);
        if known.is_none() {
            confirm(protocol, out);
        }
        if let Err(reason) = self.read(protocol, is_orig, data, out) {
            violate(protocol, is_orig, reason, out);
            self.turn_off();
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
            Protocol::Quic => self
                .quic
                .get_or_insert_default()
                .datagram(is_orig, data, out),
            _ => Ok(()),
        }
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

/// A side's bytes that wait.
type Waiting = [Vec<u8>; 2];

/// What reads a connection now.
#[derive(Debug, Default)]
enum Reader {
    /// Nothing is known yet.
    #[default]
    Undecided,
    Parser(Protocol, Box<dyn StreamParser>),
    /// Nobody.
    Off,
}

/// The application side of a TCP connection: first finds out what is spoken, then reads it.
#[derive(Debug, Default)]
pub(super) struct App {
    reader: Reader,
    waiting: Waiting,
    /// Sides of which nothing is known by their first bytes.
    ruled_out: [bool; 2],
    ended: [bool; 2],
    /// Sides of which something is missing, so that what comes later cannot be read.
    lost: [bool; 2],
    /// Who spoke first.
    first: Option<usize>,
}

/// Bytes of a side within which its protocol must show.
const SNIFF: usize = 2048;

impl App {
    /// Bytes that it holds.
    pub(super) fn held_bytes(&self) -> usize {
        let waiting: usize = self.waiting.iter().map(Vec::capacity).sum();
        match &self.reader {
            Reader::Parser(_, parser) => waiting + parser.held_bytes(),
            _ => waiting,
        }
    }

    pub(super) fn is_off(&self) -> bool {
        matches!(self.reader, Reader::Off)
    }

    pub(super) fn turn_off(&mut self) {
        self.reader = Reader::Off;
        self.waiting = Waiting::default();
    }

    pub(super) fn flip(&mut self) {
        self.waiting.swap(0, 1);
        self.ruled_out.swap(0, 1);
        self.ended.swap(0, 1);
        self.lost.swap(0, 1);
        self.first = self.first.map(|side| 1 - side);
    }

    /// The next bytes of a side.
    pub(super) fn data(&mut self, side: usize, data: &[u8], out: &mut Out<'_>) {
        match &self.reader {
            _ if data.is_empty() || self.lost.get(side) == Some(&true) => {}
            Reader::Off => {}
            Reader::Undecided => self.sniff(side, data, out),
            Reader::Parser(..) => self.feed(side, data, out),
        }
    }

    fn sniff(&mut self, side: usize, data: &[u8], out: &mut Out<'_>) {
        let Some(waiting) = self.waiting.get_mut(side) else {
            return;
        };
        self.first.get_or_insert(side);
        let guess = if waiting.is_empty() {
            guess_stream(side == 0, data, out.ports())
        } else {
            waiting.extend(data);
            guess_stream(side == 0, waiting, out.ports())
        };
        match guess {
            Guess::Is(protocol) => {
                let first = std::mem::take(waiting);
                let mine = if first.is_empty() { data } else { &first };
                let other =
                    std::mem::take(self.waiting.get_mut(1 - side).unwrap_or(&mut Vec::new()));
                self.begin(protocol, out);
                if self.first == Some(side) {
                    self.data(side, mine, out);
                    self.data(1 - side, &other, out);
                } else {
                    self.data(1 - side, &other, out);
                    self.data(side, mine, out);
                }
                return;
            }
            Guess::Not => {
                if let Some(ruled_out) = self.ruled_out.get_mut(side) {
                    *ruled_out = true;
                }
            }
            Guess::More => {}
        }
        if waiting.is_empty() {
            waiting.extend(data);
        }
        if self.ruled_out == [true, true] || self.waiting.iter().any(|held| held.len() > SNIFF) {
            self.turn_off();
        }
    }

    fn begin(&mut self, protocol: Protocol, out: &mut Out<'_>) {
        self.reader = match protocol.stream() {
            Some(parser) => {
                confirm(protocol, out);
                Reader::Parser(protocol, parser)
            }
            None => Reader::Off,
        };
    }

    fn feed(&mut self, side: usize, data: &[u8], out: &mut Out<'_>) {
        let Reader::Parser(protocol, parser) = &mut self.reader else {
            return;
        };
        let Some(waiting) = self.waiting.get_mut(side) else {
            return;
        };
        let mut held = std::mem::take(waiting);
        let mut input = if held.is_empty() {
            data
        } else {
            held.extend_from_slice(data);
            &held
        };
        let mut violation = None;
        let mut stop = false;
        let mut switched = false;
        while !input.is_empty() {
            match parser.read(side == 0, input, out) {
                Step::Used(used @ 1..) => input = input.get(used..).unwrap_or_default(),
                Step::Used(0) | Step::More => break,
                Step::Switch(used) => {
                    input = input.get(used..).unwrap_or_default();
                    switched = true;
                    break;
                }
                Step::Stop => {
                    stop = true;
                    break;
                }
                Step::Violation(reason) => {
                    violation = Some(reason);
                    break;
                }
            }
        }
        if violation.is_none() && !stop && !switched && input.len() > parser.limit() {
            violation = Some("longer than any message");
        }
        if let Some(reason) = violation {
            violate(*protocol, side == 0, reason, out);
        }
        if violation.is_some() || stop {
            self.turn_off();
        } else if switched {
            let rest = input.to_vec();
            let other = self.waiting.get_mut(1 - side).map(std::mem::take);
            *self = App {
                ended: self.ended,
                lost: self.lost,
                ruled_out: self.lost,
                ..App::default()
            };
            self.data(1 - side, &other.unwrap_or_default(), out);
            if !rest.is_empty() {
                self.data(side, &rest, out);
            }
        } else if !input.is_empty() {
            let rest = input.len();
            if held.is_empty() {
                held = input.to_vec();
            } else {
                held.drain(..held.len() - rest);
            }
            if let Some(waiting) = self.waiting.get_mut(side) {
                *waiting = held;
            }
        }
    }

    /// Bytes of a side are missing. If its reader cannot go on behind them, the other side is still read.
    pub(super) fn gap(&mut self, side: usize, len: u64, out: &mut Out<'_>) {
        let Some(waiting) = self.waiting.get_mut(side) else {
            return;
        };
        let goes_on = match &mut self.reader {
            // What waited was the begin of something whose end is lost.
            Reader::Parser(_, parser) => {
                parser.gap(side == 0, len, out) && (waiting.is_empty() || parser.finds_back())
            }
            Reader::Undecided => false,
            Reader::Off => return,
        };
        *waiting = Vec::new();
        if goes_on {
            return;
        }
        for sides in [&mut self.lost, &mut self.ruled_out] {
            if let Some(place) = sides.get_mut(side) {
                *place = true;
            }
        }
        let undecided = matches!(self.reader, Reader::Undecided) && self.ruled_out == [true, true];
        if self.lost == [true, true] || undecided {
            self.turn_off();
        }
    }

    /// A side has sent everything.
    pub(super) fn end(&mut self, side: usize, out: &mut Out<'_>) {
        let Some(ended) = self.ended.get_mut(side) else {
            return;
        };
        if !std::mem::replace(ended, true)
            && let Reader::Parser(_, parser) = &mut self.reader
        {
            parser.end(side == 0, out);
        }
    }
}
