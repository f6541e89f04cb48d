//! What hosts do on a normal day.

use crate::apps::{dns, mail, peer, quic, ssh, web};
use crate::dialog::{Close, Message};
use crate::filler::Kind;
use crate::flow::Flow;
use crate::frame::Builder;
use crate::packet::{Body, NONE, Place};
use crate::path::setup;
use crate::rng::Rng;
use crate::sim::Ground;
use crate::tcp::{Accept, Setup};
use crate::world::{MS, S, US};

pub fn choose(list: &[u32], rng: &mut Rng) -> u32 {
    list.get(rng.zipf(list.len() as u64) as usize)
        .copied()
        .unwrap_or(NONE)
}

/// Opens a connection to a port; says about how many packets that makes.
fn call(
    ground: &mut Ground,
    from: u32,
    to: u32,
    port: u16,
    dialog: Vec<Message>,
    close: Close,
) -> f64 {
    let v6 = ground.world.rng.chance(0.22) && from != ground.site.nat;
    let own = ground.world.hosts.port(from);
    let client = ground.world.hosts.place(from, v6, own);
    let server = ground.world.hosts.place(to, v6, port);
    let setup = setup(ground, client, server, dialog, close);
    ground.connect(setup)
}

/// A visit to a web server, inside (`inward`) or outside.
pub fn web_session(ground: &mut Ground, inward: bool) -> f64 {
    let world = &mut ground.world;
    let site = &ground.site;
    let (client, server) = if inward {
        (
            choose(&site.visitors, &mut world.rng),
            choose(&site.web, &mut world.rng),
        )
    } else if world.rng.chance(0.15) {
        (site.nat, choose(&site.remote_web, &mut world.rng))
    } else {
        (
            choose(&site.clients, &mut world.rng),
            choose(&site.remote_web, &mut world.rng),
        )
    };
    let requests = world.rng.pareto(1.0, 1.6, 30.0) as u64;
    let setup = visit(ground, client, server, requests);
    ground.connect(setup)
}

/// A web session between two hosts.
pub fn visit(ground: &mut Ground, client: u32, server: u32, requests: u64) -> Setup {
    let world = &mut ground.world;
    let v6 = world.rng.chance(0.22) && client != ground.site.nat;
    let secure = world.rng.chance(0.7);
    let dialog = if secure {
        web::tls(&mut world.rng, requests)
    } else {
        web::http(&mut world.rng, requests)
    };
    let after = world.rng.pareto(5.0 * MS as f64, 1.1, 5e9) as u64;
    let side = usize::from(world.rng.chance(0.4));
    let close = match world.rng.below(100) {
        0..=4 => Close::Reset { side, after },
        5..=6 => Close::Leave,
        _ => Close::Finish { side, after },
    };
    let port = world.hosts.port(client);
    let client = world.hosts.place(client, v6, port);
    let server = world.hosts.place(server, v6, if secure { 443 } else { 80 });
    let mut setup = setup(ground, client, server, dialog, close);
    setup.accept = match ground.world.rng.below(200) {
        0 => Accept::Silent,
        1..=2 => Accept::Refuse,
        _ => Accept::Yes,
    };
    setup
}

/// A lookup: clients ask the resolvers of the site, resolvers ask name servers, visitors ask the site.
pub fn dns_lookup(ground: &mut Ground) -> f64 {
    let world = &mut ground.world;
    let site = &ground.site;
    let (client, server) = match world.rng.below(10) {
        0..=6 => (
            choose(&site.clients, &mut world.rng),
            choose(&site.resolvers, &mut world.rng),
        ),
        7..=8 => (
            choose(&site.resolvers, &mut world.rng),
            choose(&site.name_servers, &mut world.rng),
        ),
        _ => (
            choose(&site.visitors, &mut world.rng),
            choose(&site.resolvers, &mut world.rng),
        ),
    };
    let v6 = world.rng.chance(0.2);
    let port = world.hosts.port(client);
    let (client, server) = (
        world.hosts.place(client, v6, port),
        world.hosts.place(server, v6, 53),
    );
    let exchange = if world.rng.chance(0.02) {
        let bytes = world.rng.range(1_600, 3_800) as usize;
        dns::long(&mut world.rng, bytes)
    } else {
        dns::lookup(&mut world.rng)
    };
    if world.rng.chance(0.02) {
        let dialog = vec![
            Message::bytes(0, 0, dns::framed(&exchange.query)),
            Message::bytes(1, MS, dns::framed(&exchange.answer)),
        ];
        let setup = setup(
            ground,
            client,
            server,
            dialog,
            Close::Finish { side: 0, after: MS },
        );
        return ground.connect(setup);
    }
    let now = world.now;
    let query = world.datagram(client, server, exchange.query);
    world.send(now, query);
    if world.rng.chance(0.99) {
        let wait = world.rng.pareto(200.0 * US as f64, 1.0, 800.0 * MS as f64) as u64;
        let mut answer = world.datagram(server, client, exchange.answer);
        answer.df = false;
        world.send(now + wait, answer);
    }
    2.0
}

/// A delivery of mail, to the site or from it.
pub fn mail_session(ground: &mut Ground) -> f64 {
    let rng = &mut ground.world.rng;
    let dialog = mail::smtp(rng);
    let (inner, outer) = (
        choose(&ground.site.mail, rng),
        choose(&ground.site.remote_mail, rng),
    );
    let (from, to) = if rng.chance(0.6) {
        (choose(&ground.site.visitors, rng), inner)
    } else {
        (inner, outer)
    };
    call(
        ground,
        from,
        to,
        25,
        dialog,
        Close::Finish { side: 1, after: 0 },
    )
}

/// A login from outside.
pub fn ssh_session(ground: &mut Ground) -> f64 {
    let rng = &mut ground.world.rng;
    let lines = rng.pareto(3.0, 1.1, 400.0) as u64;
    let dialog = ssh::session(rng, lines);
    let (from, to) = (
        choose(&ground.site.visitors, rng),
        choose(&ground.site.ssh, rng),
    );
    call(
        ground,
        from,
        to,
        22,
        dialog,
        Close::Finish { side: 0, after: MS },
    )
}

/// A client asks for the time.
pub fn time_request(ground: &mut Ground) -> f64 {
    let world = &mut ground.world;
    let (from, to) = (
        choose(&ground.site.clients, &mut world.rng),
        choose(&ground.site.time, &mut world.rng),
    );
    let v6 = world.rng.chance(0.2);
    let (client, server) = (
        world.hosts.place(from, v6, 123),
        world.hosts.place(to, v6, 123),
    );
    let now = world.now;
    let mut ask = vec![0x23, 0, 6, 0xec];
    ask.resize(40, 0);
    ask.extend_from_slice(&world.rng.bits().to_be_bytes());
    let mut answer = vec![0x24, 2, 6, 0xe9, 0, 0, 1, 0, 0, 0, 2, 0, 203, 0, 113, 9];
    for _ in 0..4 {
        answer.extend_from_slice(&world.rng.bits().to_be_bytes());
    }
    let packet = world.datagram(client, server, ask);
    world.send(now, packet);
    let packet = world.datagram(server, client, answer);
    let wait = world.rng.range(3 * MS, 60 * MS);
    world.send(now + wait, packet);
    2.0
}

/// A QUIC session of a client with a server outside.
pub fn quic_session(ground: &mut Ground) -> f64 {
    let world = &mut ground.world;
    let (from, to) = (
        choose(&ground.site.clients, &mut world.rng),
        choose(&ground.site.remote_web, &mut world.rng),
    );
    let v6 = world.rng.chance(0.3);
    let port = world.hosts.port(from);
    let (client, server) = (
        world.hosts.place(from, v6, port),
        world.hosts.place(to, v6, 443),
    );
    let packets = world.rng.pareto(10.0, 1.1, 3_000.0) as u32;
    let gap = world.rng.pareto(0.4 * MS as f64, 1.2, 50e6);
    let flow = quic::session(&mut world.rng, client, server, packets, gap);
    ground.stream(flow);
    f64::from(packets)
}

/// A host inside exchanges pieces with one of its many peers, high ports on both sides.
pub fn peer_session(ground: &mut Ground) -> f64 {
    let rng = &mut ground.world.rng;
    let own = choose(&ground.site.peers, rng);
    let other = ground
        .site
        .remote_peers
        .get(rng.below(ground.site.remote_peers.len() as u64) as usize)
        .copied()
        .unwrap_or(NONE);
    // A peer listens on one port of its own for all who come.
    let listening = 20_000 + (crate::rng::mix(u64::from(other)) % 30_000) as u16;
    if rng.chance(0.5) {
        let dialog = peer::pieces(rng);
        let mut setup = {
            let port = ground.world.hosts.port(own);
            let client = ground.world.hosts.place(own, false, port);
            let server = ground.world.hosts.place(other, false, listening);
            setup(
                ground,
                client,
                server,
                dialog,
                Close::Finish { side: 0, after: MS },
            )
        };
        if ground.world.rng.chance(0.2) {
            setup.accept = Accept::Silent;
        }
        return ground.connect(setup);
    }
    let packets = rng.pareto(2.0, 1.1, 800.0) as u32;
    let gap = rng.pareto(3.0 * MS as f64, 1.2, 900e6);
    let a = ground.world.hosts.place(own, false, 51_413);
    let b = ground.world.hosts.place(other, false, listening);
    let mut flow = Flow::opaque(a, b, packets, gap);
    flow.heads = [vec![0xfe; 2], vec![0xfe; 2]];
    flow.forward = 0.5;
    flow.sizes = [1_100, 1_100];
    ground.stream(flow);
    f64::from(packets)
}

/// A ping, an address resolution, or a datagram to a port where nobody listens.
pub fn housekeeping(ground: &mut Ground) -> f64 {
    let world = &mut ground.world;
    let now = world.now;
    let (from, to) = (
        choose(&ground.site.clients, &mut world.rng),
        choose(&ground.site.remote_web, &mut world.rng),
    );
    match world.rng.below(3) {
        0 => {
            let other = choose(&ground.site.clients, &mut world.rng);
            let (a, b) = (
                world.hosts.place(from, false, 0),
                world.hosts.place(other, false, 0),
            );
            let packet = world.packet(a, b, Body::Arp { operation: 1 });
            world.send(now, packet);
            let packet = world.packet(b, a, Body::Arp { operation: 2 });
            world.send(now + 200 * US, packet);
            2.0
        }
        1 => {
            let v6 = world.rng.chance(0.3);
            let (a, b) = (world.hosts.place(from, v6, 0), world.hosts.place(to, v6, 0));
            let count = world.rng.range(1, 5);
            let [x, y, ..] = world.rng.bits().to_be_bytes();
            let wait = world.rng.range(3 * MS, 90 * MS);
            for number in 0..count {
                let (ask, answer) = if v6 { (128, 129) } else { (8, 0) };
                for (kind, src, dst, later) in [(ask, a, b, 0), (answer, b, a, wait)] {
                    let head = vec![kind, 0, 0, 0, x, y, 0, number as u8];
                    let packet = world.packet(src, dst, Body::Icmp { head, fill: 56 });
                    world.send(now + number * S + later, packet);
                }
            }
            count as f64 * 2.0
        }
        _ => {
            let v6 = world.rng.chance(0.3);
            let port = world.hosts.port(from);
            let (a, b) = (
                world.hosts.place(from, v6, port),
                world.hosts.place(to, v6, 33_434),
            );
            unreachable_port(ground, a, b);
            2.0
        }
    }
}

/// A datagram, and the ICMP message that its port is not reachable.
fn unreachable_port(ground: &mut Ground, a: Place, b: Place) {
    let world = &mut ground.world;
    let now = world.now;
    let mut packet = world.packet(
        a,
        b,
        Body::Udp {
            head: vec![],
            fill: 32,
            kind: Kind::Opaque,
        },
    );
    packet.vlan = None;
    let v6 = a.addr.is_ipv6();
    let mut builder = Builder::default();
    builder.build(&packet, |out| out.extend_from_slice(&[0; 32]));
    packet.vlan = world.hosts.vlan(a.host, b.host);
    let kept = if v6 { 48 } else { 28 };
    let mut head = if v6 {
        vec![1, 4, 0, 0, 0, 0, 0, 0]
    } else {
        vec![3, 3, 0, 0, 0, 0, 0, 0]
    };
    head.extend(builder.frame.iter().skip(14).take(kept));
    packet.body = Body::Udp {
        head: vec![0; 32],
        fill: 0,
        kind: Kind::Opaque,
    };
    world.send(now, packet);
    let answer = world.packet(b, a, Body::Icmp { head, fill: 0 });
    let wait = world.rng.range(3 * MS, 90 * MS);
    world.send(now + wait, answer);
}

/// The nightly transfers: every client sends so many packets of data within a time.
pub fn backups(ground: &mut Ground, packets: f64, span: u64) {
    let clients = ground.site.backup_clients.clone();
    let chunk = 43_u64;
    let count = (packets / 1.6 / clients.len() as f64 / chunk as f64).max(1.0) as u64;
    let gap = span as f64 * 0.85 / count as f64;
    for client in clients {
        let rng = &mut ground.world.rng;
        let dialog = (0..count)
            .map(|_| Message::opaque(0, rng.exponential(gap) as u64, chunk * 1_448))
            .collect();
        let port = ground.world.hosts.port(client);
        let from = ground.world.hosts.place(client, false, port);
        let to = ground
            .world
            .hosts
            .place(ground.site.backup_server, false, 8_730);
        let mut setup = setup(
            ground,
            from,
            to,
            dialog,
            Close::Finish { side: 0, after: MS },
        );
        setup.stall = None;
        ground.connect(setup);
    }
}
