//! What one packet changes in its connection.

use std::net::IpAddr;

use wire::{Ip, Tcp as TcpHeader, Transport};

use super::config::{Config, Dialect};
use super::conn::{Conn, NEVER};
use super::history::Mark;
use super::quality::{self, Quality, Reached};
use super::record::ClosedBy;
use super::service::{self, Next};
use super::tcp::{self, LoneSyn, Segment, Tcp};
use super::watch::News;

/// A connection that began before the capture: its responder is the side with a server's port.
pub(super) fn flips_tcp(
    header: &TcpHeader<'_>,
    source: u16,
    destination: u16,
    config: &Config,
) -> bool {
    let (syn, ack) = (header.flags & tcp::SYN != 0, header.flags & tcp::ACK != 0);
    if syn && !ack || !config.server_ports.tcp(source) {
        return false;
    }
    if config.server_ports.tcp(destination) {
        // Both are plausible: the lower one, unless it is a SYN-ACK, which scans send, too.
        return !syn && source < destination;
    }
    true
}

pub(super) fn segment_of(time_ns: i64, ip: &Ip<'_>, header: &TcpHeader<'_>) -> Segment {
    Segment {
        time_ns,
        seq: header.seq,
        ack: header.ack,
        flags: header.flags,
        window: header.window,
        len: ip.payload_len,
        whole: ip.payload.len() as u32 >= ip.payload_len,
        ip_id: ip.id,
    }
}

pub(super) fn bad_checksum(conn: &mut Conn, side: usize) {
    let Some(sender) = conn.sides.get_mut(side) else {
        return;
    };
    if sender.bad_checksums.count() && conn.key.protocol() != 1 && conn.key.protocol() != 58 {
        conn.history.add(b'C', side == 0);
    }
}

/// Takes a segment in; gives the address and port of a data connection that it announces.
pub(super) fn observe_tcp(
    conn: &mut Conn,
    segment: &Segment,
    side: usize,
    ip: &Ip<'_>,
    config: &Config,
) -> Option<(Option<IpAddr>, u16)> {
    let Transport::Tcp(header) = &ip.transport else {
        return None;
    };
    let first = conn.tcp.is_none() && conn.lone_syn.is_none();
    if first && let Some(syn) = LoneSyn::of(segment, header.options) {
        conn.lone_syn = Some(syn);
        conn.last_ns = segment.time_ns;
        conn.alarms.attempt = conn.touched_ns.saturating_add(config.syn_attempt_ns);
        conn.history.check(Mark::Syn, b'S', true);
        count(conn, side, ip);
        return None;
    }
    if conn.tcp.is_none() {
        let tcp = conn.lone_syn.take().map_or_else(Tcp::new, |syn| syn.tcp());
        conn.tcp = Some(Box::new(tcp));
    }
    let unmeasured = config.quality && conn.quality.is_none();
    let mut reached = match &conn.tcp {
        Some(tcp) if unmeasured => tcp.reached(),
        _ => Default::default(),
    };
    let sender = side;
    let side = tcp::deliver(conn, segment, side, config);
    if side != sender {
        reached.swap(0, 1);
    }
    if conn.closed_by == ClosedBy::Nobody && (segment.rst() || segment.fin()) {
        conn.closed_by = match (segment.rst(), side) {
            (true, 0) => ClosedBy::OrigRst,
            (true, _) => ClosedBy::RespRst,
            (false, 0) => ClosedBy::OrigFin,
            (false, _) => ClosedBy::RespFin,
        };
    }
    // Zeek sets a port's long timeout once a connection is established; a handshake that goes on sets the short one again.
    let established = (conn.tcp.as_ref()).is_some_and(|tcp| tcp.news.has(News::ESTABLISHED));
    if first && established && matches!(conn.resp().1, 21 | 22 | 23 | 513) {
        conn.alarms.inactivity_timeout = config.interactive_inactivity_ns;
    }
    count(conn, side, ip);
    sniff(conn, side, ip, config);
    if config.quality {
        measure(conn, segment, header.options, side, reached);
    }
    let announces = conn.next_service == Next::Ftp && segment.len > 0;
    if announces {
        service::announced(ip.payload, side == 0)
    } else {
        None
    }
}

/// Measures how well the segment's data is carried; the heavier part only once there is something to measure.
/// `reached`: how far both sides had come before it.
fn measure(conn: &mut Conn, segment: &Segment, options: &[u8], side: usize, reached: [Reached; 2]) {
    let Some(tcp) = &mut conn.tcp else { return };
    if conn.quality.is_none() {
        let [mut orig, mut resp] = reached;
        let (mine, other) = if side == 0 {
            (&mut orig, &mut resp)
        } else {
            (&mut resp, &mut orig)
        };
        if Quality::begins_with(segment, *mine, *other, &tcp.hellos) {
            *mine = mine.or_at(segment);
            let began = Quality::starting_at([orig, resp], &tcp.hellos, conn.start_ns);
            conn.quality = Some(Box::new(began));
        }
    }
    let before_payload = conn.quality.is_none();
    quality::observe_hello(&mut tcp.hellos, segment, options, side, before_payload);
    if let Some(quality) = &mut conn.quality {
        quality.observe(segment, options, conn.key.is_v4(), side, &tcp.hellos);
    }
}

pub(super) fn observe_other(
    conn: &mut Conn,
    time_ns: i64,
    side: usize,
    ip: &Ip<'_>,
    config: &Config,
) {
    conn.last_ns = time_ns;
    let is_udp = matches!(ip.transport, Transport::Udp(_));
    if is_udp {
        conn.history.check(Mark::Data, b'D', side == 0);
    }
    let payload = match ip.transport {
        Transport::Udp(udp) if config.dialect == Dialect::Bro25 => i64::from(udp.len) - 8,
        _ => i64::from(ip.payload_len),
    };
    if let Some(sender) = conn.sides.get_mut(side) {
        sender.payload = if sender.payload >= 0 {
            sender.payload.saturating_add(payload)
        } else {
            payload
        };
    }
    if config.dialect == Dialect::Bro25 && (ip.payload.len() as u32) < ip.payload_len {
        return;
    }
    count(conn, side, ip);
    sniff(conn, side, ip, config);
    if conn.alarms.dns != NEVER
        && !std::mem::replace(&mut conn.dns_seen, true)
        && side == 0
        && answers_dns(ip)
        || config.dialect == Dialect::Zeek && side == 0 && begins_with_ntp_answer(conn, ip)
    {
        conn.flip();
    }
}

/// The first packet is an answer of an NTP server (mode 4, RFC 5905): its receiver is the originator.
fn begins_with_ntp_answer(conn: &Conn, ip: &Ip<'_>) -> bool {
    let [orig, resp] = &conn.sides;
    conn.service == Some("ntp")
        && (orig.pkts, resp.pkts) == (1, 0)
        && ip.payload.first().is_some_and(|first| first & 7 == 4)
}

/// An answer of DNS: when a conversation begins with one, its receiver is the originator.
fn answers_dns(ip: &Ip<'_>) -> bool {
    let to_group = match ip.dst {
        IpAddr::V4(v4) => v4.is_multicast(),
        IpAddr::V6(v6) => v6.is_multicast(),
    };
    !to_group && ip.payload.len() >= 12 && ip.payload.get(2).is_some_and(|flags| flags & 0x80 != 0)
}

fn count(conn: &mut Conn, side: usize, ip: &Ip<'_>) {
    if let Some(sender) = conn.sides.get_mut(side) {
        sender.pkts += 1;
        sender.ip_bytes += u64::from(ip.len);
    }
}

/// Reads the service from the first payload of each side, and what it turns to from later ones.
fn sniff(conn: &mut Conn, side: usize, ip: &Ip<'_>, config: &Config) {
    if ip.payload.is_empty() {
        return;
    }
    if let Some(known) = conn.service {
        if conn.next_service != Next::Nothing {
            let (service, next) = conn.next_service.step(known, ip, side == 0);
            (conn.service, conn.next_service) = (Some(service), next);
        }
        return;
    }
    let Some(sender) = conn.sides.get_mut(side) else {
        return;
    };
    if std::mem::replace(&mut sender.sniffed, true) {
        return;
    }
    conn.service = service::service(ip, side == 0);
    conn.next_service = Next::after(conn.service, ip.payload);
    if matches!(conn.service, Some("ssh" | "ftp")) && conn.alarms.inactivity != NEVER {
        conn.alarms.inactivity_timeout = config.interactive_inactivity_ns;
    }
}
