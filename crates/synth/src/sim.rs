//! The loop: the next event, the packet that it shows, the lines of truth that it completes.

use std::io;

use crate::filler::Filler;
use crate::flow::Flow;
use crate::frame::Builder;
use crate::packet::{Body, Fate, NONE, Packet};
use crate::pcap::Writer;
use crate::site::Site;
use crate::slab::Slab;
use crate::source::Source;
use crate::tally::Tally;
use crate::tcp::{Conn, Setup};
use crate::truth::{Attack, Truth};
use crate::world::{US, What, World};

/// All that is under way: what sources of traffic add to.
pub struct Ground {
    pub world: World,
    pub site: Site,
    pub conns: Slab<Conn>,
    pub flows: Slab<Flow>,
    pub attacks: Vec<Attack>,
}

impl Ground {
    /// A population that is still silent.
    pub fn new(world: World, site: Site) -> Self {
        Self {
            world,
            site,
            conns: Slab::default(),
            flows: Slab::default(),
            attacks: Vec::new(),
        }
    }

    /// Starts a TCP connection; returns about how many packets it takes.
    pub fn connect(&mut self, setup: Setup) -> f64 {
        let packets = setup.packets();
        let conn = Conn::new(setup, &mut self.world);
        let id = self.conns.insert(conn);
        if let Some(conn) = self.conns.get_mut(id) {
            conn.start(id, &mut self.world);
        }
        packets
    }

    /// Starts a flow of datagrams.
    pub fn stream(&mut self, flow: Flow) {
        let at = self.world.now;
        let id = self.flows.insert(flow);
        self.world.at(at, What::Flow(id));
    }
}

/// A run of the simulation and where its results go.
pub struct Run<'a> {
    pub ground: Ground,
    pub sources: Vec<Source>,
    pub tally: Tally,
    filler: Filler,
    builder: Builder,
    out: Writer<'a>,
    truth: Truth<'a>,
    snaplen: u32,
    start_ns: i64,
}

impl<'a> Run<'a> {
    pub fn new(
        ground: Ground,
        sources: Vec<Source>,
        out: Writer<'a>,
        truth: Truth<'a>,
        snaplen: u32,
        start_ns: i64,
    ) -> Self {
        let (filler, builder) = (Filler::new(), Builder::default());
        Self {
            ground,
            sources,
            tally: Tally::default(),
            filler,
            builder,
            out,
            truth,
            snaplen,
            start_ns,
        }
    }

    /// Runs until `packets` packets are written, nothing is left to happen, or `progress` says no.
    pub fn go(&mut self, packets: u64, progress: &mut dyn FnMut(u64) -> bool) -> io::Result<()> {
        for (index, source) in self.sources.iter().enumerate() {
            self.ground
                .world
                .at(source.start, What::Source(index as u32));
        }
        let mut told = 0;
        while self.tally.packets < packets {
            let Some(what) = self.ground.world.next() else {
                break;
            };
            self.step(what)?;
            if self.tally.packets >= told + 10_000 {
                told = self.tally.packets;
                if !progress(told) {
                    break;
                }
            }
        }
        Ok(())
    }

    fn step(&mut self, what: What) -> io::Result<()> {
        let Ground {
            world,
            conns,
            flows,
            ..
        } = &mut self.ground;
        let id = match what {
            What::Monitor(index) => return self.monitor(index),
            What::Source(index) => {
                if let Some(source) = self.sources.get_mut(index as usize)
                    && let Some(next) = source.step(&mut self.ground)
                {
                    self.ground.world.at(next, What::Source(index));
                }
                return Ok(());
            }
            What::Flow(id) => {
                let next = flows.get_mut(id).and_then(|flow| flow.step(world));
                match next {
                    Some(next) => world.at(next, What::Flow(id)),
                    None => drop(flows.remove(id)),
                }
                return Ok(());
            }
            What::Arrive(index) => {
                let Some(packet) = world.packets.remove(index) else {
                    return Ok(());
                };
                let Body::Tcp(segment) = packet.body else {
                    return Ok(());
                };
                if let Some(conn) = conns.get_mut(segment.conn) {
                    conn.arrive(&segment, world);
                }
                segment.conn
            }
            What::Timer(id, side) => {
                if let Some(conn) = conns.get_mut(id) {
                    conn.timer(usize::from(side), world);
                }
                id
            }
            What::App(id) => {
                if let Some(conn) = conns.get_mut(id) {
                    conn.app(world);
                }
                id
            }
        };
        self.settle(id)
    }

    /// One event of a connection is over; the connection may be as well.
    fn settle(&mut self, id: u32) -> io::Result<()> {
        let Some(conn) = self.ground.conns.get_mut(id) else {
            return Ok(());
        };
        conn.pending -= 1;
        if conn.pending == 0
            && let Some(conn) = self.ground.conns.remove(id)
            && (conn.setup.reported || conn.truth.eventful())
        {
            self.truth.connection(&conn.truth, &conn.setup)?;
        }
        Ok(())
    }

    /// Writes a packet; a connection's goes on to its receiver.
    fn monitor(&mut self, index: u32) -> io::Result<()> {
        let Some(packet) = self.ground.world.packets.get(index) else {
            return Ok(());
        };
        let conns = &self.ground.conns;
        let more = self
            .builder
            .build(packet, |out| payload(packet, conns, &self.filler, out));
        let now = self.ground.world.now;
        let time_ns = self.start_ns.saturating_add_unsigned(now);
        self.tally.count(time_ns, &self.builder.frame, self.snaplen);
        self.out.write(time_ns, &self.builder.frame)?;
        self.note(index, now);

        let world = &mut self.ground.world;
        let Some(packet) = world.packets.get_mut(index) else {
            return Ok(());
        };
        if more {
            packet.fragment += 1;
            world.at(now + 12 * US, What::Monitor(index));
            return Ok(());
        }
        let Body::Tcp(segment) = &packet.body else {
            world.packets.remove(index);
            return Ok(());
        };
        let segment = *segment;
        let Some(conn) = self.ground.conns.get_mut(segment.conn) else {
            world.packets.remove(index);
            return Ok(());
        };
        conn.truth.passed(&segment, self.tally.packets, now);
        if segment.fate == Fate::Delivered {
            let [client, server] = conn.setup.legs;
            let leg = if segment.side == 0 { server } else { client };
            world.at(now + leg, What::Arrive(index));
            return Ok(());
        }
        world.packets.remove(index);
        self.settle(segment.conn)
    }

    /// Notes hosts and attacks that a packet shows.
    fn note(&mut self, index: u32, now: u64) {
        let Ground { world, attacks, .. } = &mut self.ground;
        let Some(packet) = world.packets.get(index) else {
            return;
        };
        let v6 = packet.src.addr.is_ipv6();
        let (src, dst, attack) = (packet.src.host, packet.dst.host, packet.attack);
        for number in [src, dst] {
            if number != NONE
                && let Some(host) = world.hosts.get_mut(number)
            {
                let [first, second] = &mut host.seen;
                *(if v6 { second } else { first }) = true;
            }
        }
        if let Some(attack) = attacks.get_mut(attack as usize) {
            attack.first.get_or_insert(now);
            attack.last = now;
            attack.packets += 1;
        }
    }

    /// Ends the files: open connections, hosts, attacks, totals.
    pub fn finish(self) -> io::Result<Tally> {
        let mut truth = self.truth;
        for conn in self.ground.conns.into_values() {
            if conn.truth.started() && (conn.setup.reported || conn.truth.eventful()) {
                truth.connection(&conn.truth, &conn.setup)?;
            }
        }
        for host in self
            .ground
            .world
            .hosts
            .iter()
            .filter(|host| host.seen != [false, false])
        {
            truth.host(host)?;
        }
        for attack in &self.ground.attacks {
            truth.attack(attack)?;
        }
        truth.line(&self.tally.json())?;
        truth.finish()?;
        self.out.finish()?;
        Ok(self.tally)
    }
}

fn payload(packet: &Packet, conns: &Slab<Conn>, filler: &Filler, out: &mut Vec<u8>) {
    match &packet.body {
        Body::Tcp(segment) if segment.len > 0 => {
            let Some(conn) = conns.get(segment.conn) else {
                return;
            };
            let Some(message) = conn.setup.dialog.get(segment.message as usize) else {
                return;
            };
            let (from, len) = (segment.offset as usize, segment.len as usize);
            let head = message.head.get(from..).unwrap_or_default();
            let head = head.get(..len).unwrap_or(head);
            out.extend_from_slice(head);
            let offset = (from + head.len()).saturating_sub(message.head.len());
            let key = conn
                .setup
                .key
                .wrapping_add(u64::from(segment.message) * 7_919);
            filler.append(out, message.kind, key, offset as u64, len - head.len());
        }
        Body::Udp { head, fill, kind } => {
            out.extend_from_slice(head);
            filler.append(
                out,
                *kind,
                u64::from(packet.id) + u64::from(packet.src.port),
                0,
                *fill as usize,
            );
        }
        Body::Icmp { head, fill } => {
            out.extend_from_slice(head);
            filler.append(out, crate::filler::Kind::Opaque, 0, 0, *fill as usize);
        }
        _ => {}
    }
}
