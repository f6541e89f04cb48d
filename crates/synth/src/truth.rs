//! The truth: who does what, what the network did to whom, and the totals, as JSON lines.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::hosts::Host;
use crate::packet::{Class, Segment, flag};
use crate::tcp::Setup;

/// What is known of one TCP connection; packets are named by their number in the trace, from 1.
#[derive(Debug, Default)]
pub struct ConnTruth {
    start: u64,
    legs: [u64; 2],
    pub zero_window_episodes: u32,
    packets: [u64; 2],
    payload: [u64; 2],
    first: Option<u64>,
    handshake: [Option<u64>; 3],
    syn_retries: [u32; 2],
    fills: [Vec<u64>; 2],
    repeats: [Vec<u64>; 2],
    spurious: [Vec<u64>; 2],
    reordered: [Vec<u64>; 2],
    duplicates: [Vec<u64>; 2],
    highest_order: [u32; 2],
    zero_windows: [u64; 2],
    keep_alives: [u64; 2],
    resets: [u64; 2],
    fins: [u64; 2],
}

fn at<T>(pair: &mut [T; 2], side: u8) -> &mut T {
    let [first, second] = pair;
    if side == 0 { first } else { second }
}

impl ConnTruth {
    /// A connection that starts.
    pub fn new(start: u64, legs: [u64; 2]) -> Self {
        Self {
            start,
            legs,
            ..Self::default()
        }
    }

    /// Notes a segment as it passes the monitor as packet `number` of the trace.
    pub fn passed(&mut self, segment: &Segment, number: u64, now: u64) {
        let side = segment.side;
        self.first.get_or_insert(now);
        *at(&mut self.packets, side) += 1;
        if segment.class != Class::Duplicate {
            *at(&mut self.payload, side) += u64::from(segment.len);
        }
        if segment.flags & flag::RST != 0 {
            *at(&mut self.resets, side) += 1;
            return;
        }
        *at(&mut self.fins, side) += u64::from(segment.flags & flag::FIN != 0);
        *at(&mut self.zero_windows, side) += u64::from(segment.window == 0);
        *at(&mut self.keep_alives, side) += u64::from(segment.keep_alive);
        if segment.flags & flag::SYN != 0 {
            if segment.class != Class::First {
                *at(&mut self.syn_retries, side) += 1;
            }
            let [syn, syn_ack, _] = &mut self.handshake;
            *(if side == 0 { syn } else { syn_ack }) = Some(now);
            return;
        }
        if let [Some(_), Some(_), ack @ None] = &mut self.handshake
            && side == 0
        {
            *ack = Some(now);
        }
        match segment.class {
            Class::First if segment.len > 0 => {
                let highest = at(&mut self.highest_order, side);
                if segment.order < *highest {
                    at(&mut self.reordered, side).push(number);
                } else {
                    *highest = segment.order;
                }
            }
            Class::First => {}
            Class::Fills => at(&mut self.fills, side).push(number),
            Class::Repeats => at(&mut self.repeats, side).push(number),
            Class::Spurious => at(&mut self.spurious, side).push(number),
            Class::Duplicate => at(&mut self.duplicates, side).push(number),
        }
        if segment.len > 0
            && matches!(
                segment.class,
                Class::Fills | Class::Repeats | Class::Spurious
            )
        {
            let highest = at(&mut self.highest_order, side);
            *highest = segment.order.max(*highest);
        }
    }

    /// A packet of it was seen.
    pub fn started(&self) -> bool {
        self.first.is_some()
    }

    /// Something happened to it that is worth telling.
    pub fn eventful(&self) -> bool {
        let lists = [
            &self.fills,
            &self.repeats,
            &self.spurious,
            &self.reordered,
            &self.duplicates,
        ];
        lists
            .iter()
            .any(|pair| pair.iter().any(|list| !list.is_empty()))
            || self.syn_retries != [0, 0]
            || self.zero_windows != [0, 0]
            || self.keep_alives != [0, 0]
    }

    fn json(&self, setup: &Setup, start_ns: i64) -> String {
        let mut line = String::new();
        let (c, s) = (setup.client, setup.server);
        let _ = write!(
            line,
            r#"{{"kind":"connection","orig_h":"{}","orig_p":{},"resp_h":"{}","resp_p":{},"proto":"tcp","ts":{}"#,
            c.addr,
            c.port,
            s.addr,
            s.port,
            seconds(start_ns, self.first.unwrap_or(self.start)),
        );
        let [to_client, to_server] = self.legs;
        let _ = write!(
            line,
            r#","rtt_client_ns":{},"rtt_server_ns":{}"#,
            to_client * 2,
            to_server * 2
        );
        if let [Some(syn), Some(syn_ack), Some(ack)] = self.handshake {
            let _ = write!(
                line,
                r#","handshake_server_ns":{},"handshake_client_ns":{}"#,
                syn_ack.saturating_sub(syn),
                ack.saturating_sub(syn_ack)
            );
        }
        let pairs = [
            ("pkts", self.packets),
            ("payload_bytes", self.payload),
            ("syn_retries", self.syn_retries.map(u64::from)),
            ("zero_window_pkts", self.zero_windows),
            ("keep_alives", self.keep_alives),
            ("fins", self.fins),
            ("resets", self.resets),
        ];
        for (name, [orig, resp]) in pairs {
            let _ = write!(line, r#","orig_{name}":{orig},"resp_{name}":{resp}"#);
        }
        let lists = [
            ("lost_before", &self.fills),
            ("lost_after", &self.repeats),
            ("spurious", &self.spurious),
            ("reordered", &self.reordered),
            ("duplicated", &self.duplicates),
        ];
        for (name, [orig, resp]) in lists {
            let _ = write!(
                line,
                r#","orig_{name}":{},"resp_{name}":{}"#,
                orig.len(),
                resp.len()
            );
            let _ = write!(
                line,
                r#","orig_{name}_frames":{orig:?},"resp_{name}_frames":{resp:?}"#
            );
        }
        let _ = write!(
            line,
            r#","zero_window_episodes":{}}}"#,
            self.zero_window_episodes
        );
        line
    }
}

/// An attack: when, by whom, against what.
#[derive(Debug, Default)]
pub struct Attack {
    pub name: &'static str,
    pub first: Option<u64>,
    pub last: u64,
    pub packets: u64,
    pub proto: &'static str,
    /// Who does it, as text; spoofed sources are told as `spoofed`.
    pub sources: Vec<String>,
    pub spoofed: bool,
    /// Whom or what it aims at: addresses or prefixes.
    pub targets: Vec<String>,
    /// Ports that it aims at, as text: numbers or ranges.
    pub ports: Vec<String>,
}

/// A time of the trace in seconds since 1970, with all its nanoseconds.
fn seconds(start_ns: i64, now: u64) -> String {
    let time = start_ns.saturating_add_unsigned(now);
    format!(
        "{}.{:09}",
        time.div_euclid(1_000_000_000),
        time.rem_euclid(1_000_000_000)
    )
}

/// Writes the lines.
pub struct Truth<'a> {
    out: &'a mut dyn Write,
    start_ns: i64,
}

impl<'a> Truth<'a> {
    /// Writes to `out` of a trace that starts at `start_ns`.
    pub fn new(out: &'a mut dyn Write, start_ns: i64) -> Self {
        Self { out, start_ns }
    }

    /// Tells of a connection.
    pub fn connection(&mut self, truth: &ConnTruth, setup: &Setup) -> io::Result<()> {
        writeln!(self.out, "{}", truth.json(setup, self.start_ns))
    }

    /// Tells of a host that appeared.
    pub fn host(&mut self, host: &Host) -> io::Result<()> {
        let mut line = String::from(r#"{"kind":"host","addresses":["#);
        let [v4, v6] = host.seen;
        let addresses = [
            v4.then(|| host.v4.to_string()),
            v6.then(|| host.v6.to_string()),
        ];
        line.push_str(&quoted(addresses.into_iter().flatten()));
        let _ = write!(
            line,
            r#"],"inside":{},"roles":[{}]"#,
            host.inside,
            quoted(host.roles.iter().map(ToString::to_string))
        );
        let _ = write!(line, r#","ip_id":"{}","services":["#, host.id_mode.name());
        for (index, (proto, port, name)) in host.services.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let _ = write!(
                line,
                r#"{comma}{{"proto":"{proto}","port":{port},"name":"{name}"}}"#
            );
        }
        writeln!(self.out, "{line}]}}")
    }

    /// Tells of an attack.
    pub fn attack(&mut self, attack: &Attack) -> io::Result<()> {
        let Some(first) = attack.first else {
            return Ok(());
        };
        writeln!(
            self.out,
            r#"{{"kind":"attack","name":"{}","proto":"{}","start":{},"end":{},"packets":{},"spoofed":{},"sources":[{}],"targets":[{}],"ports":[{}]}}"#,
            attack.name,
            attack.proto,
            seconds(self.start_ns, first),
            seconds(self.start_ns, attack.last),
            attack.packets,
            attack.spoofed,
            quoted(attack.sources.iter().cloned()),
            quoted(attack.targets.iter().cloned()),
            quoted(attack.ports.iter().cloned()),
        )
    }

    /// Writes a line that is made elsewhere.
    pub fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// Writes what is left.
    pub fn finish(self) -> io::Result<()> {
        self.out.flush()
    }
}

fn quoted(words: impl Iterator<Item = String>) -> String {
    words
        .map(|word| format!("\"{word}\""))
        .collect::<Vec<_>>()
        .join(",")
}
