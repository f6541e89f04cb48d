//! The record of a connection as it stands.

use super::config::Dialect;
use super::conn::{Conn, Side};
use super::quality;
use super::record::{Carried, ConnState, ConnectionRecord, Endpoint, Proto, Reason};
use super::tcp::{LoneSyn, Tcp};
use super::uid::Uid;

/// The record of a connection as it stands.
pub(super) fn report(
    conn: &Conn,
    reason: Reason,
    dialect: Dialect,
    tunnel_parents: Vec<Uid>,
) -> ConnectionRecord {
    let lone_rst_is_rstos0 = dialect == Dialect::Bro25;
    let from_syn = conn.lone_syn.as_ref().map(LoneSyn::tcp);
    let tcp = conn.tcp.as_deref().or(from_syn.as_ref());
    let duration = conn.last_ns.saturating_sub(conn.start_ns);
    let duration_ns = (duration > 0).then_some(duration);
    let proto = match conn.key.protocol() {
        6 => Proto::Tcp,
        17 | 136 => Proto::Udp,
        1 | 58 => Proto::Icmp,
        _ => Proto::Unknown,
    };
    let ((orig_h, orig_p), (resp_h, resp_p)) = (conn.orig(), conn.resp());
    let conn_state = match tcp {
        Some(tcp) => tcp.conn_state(lone_rst_is_rstos0 || conn.history.syn_then_rst()),
        None if proto == Proto::Udp => udp_state(&conn.sides),
        None => ConnState::OTH,
    };
    ConnectionRecord {
        ts_ns: conn.start_ns,
        orig_h,
        orig_p,
        resp_h,
        resp_p,
        proto,
        ip_proto: conn.key.protocol(),
        service: conn.service,
        duration_ns,
        conn_state,
        missed_bytes: tcp.map_or(0, |tcp| tcp.missed_bytes),
        history: conn.history.clone(),
        tunnel_parents,
        vlan: conn.vlan,
        inner_vlan: conn.inner_vlan,
        closed_by: conn.closed_by,
        interim: reason == Reason::Interim,
        reason,
        orig: endpoint(conn, tcp, 0, duration_ns.is_some()),
        resp: endpoint(conn, tcp, 1, duration_ns.is_some()),
    }
}

fn udp_state(sides: &[Side; 2]) -> ConnState {
    let active = |side: &Side| side.payload >= 0;
    let [orig, resp] = sides;
    match (active(orig), active(resp)) {
        (true, true) => ConnState::SF,
        (true, false) => ConnState::S0,
        (false, true) => ConnState::SHR,
        (false, false) => ConnState::OTH,
    }
}

fn endpoint(conn: &Conn, tcp: Option<&Tcp>, at: usize, lasted: bool) -> Endpoint {
    let [orig, resp] = &conn.sides;
    let side = if at == 0 { orig } else { resp };
    let bytes = match tcp {
        Some(tcp) => tcp.size(at),
        None => side.payload.max(0) as u64,
    };
    Endpoint {
        bytes: lasted.then_some(bytes),
        pkts: side.pkts,
        ip_bytes: side.ip_bytes,
        l2_addr: side.l2_addr,
        bad_checksums: side.bad_checksums.total(),
        offload_checksums: u64::from(side.offload_checksums),
        conn_stats: tcp.map(|tcp| tcp.conn_stats(at)),
        tcp: tcp.map(|tcp| match &conn.quality {
            None if side.pkts == 0 => Carried::Nothing,
            None => Carried::Sent(Box::new(quality::bare(at, &tcp.hellos, side.pkts, 0))),
            Some(quality) => {
                let said = quality.report(at, &tcp.hellos, side.pkts, conn.last_ns);
                Carried::Sent(Box::new(said))
            }
        }),
    }
}
