//! Sources of traffic: each starts connections and flows at its share of the packet rate.

use crate::apps::{dns, web};
use crate::attack::Attacker;
use crate::dialog::{Close, Message};
use crate::packet::{NONE, Place};
use crate::rng::Rng;
use crate::sim::Ground;
use crate::tcp::{Accept, Conn, Effects, Setup};
use crate::world::{MS, US};

/// What a source makes.
#[derive(Debug)]
pub enum Kind {
    /// Visitors of the web servers inside.
    WebIn,
    /// Clients inside that visit servers outside.
    WebOut,
    Dns,
    Attack(Attacker),
}

/// A source of traffic.
#[derive(Debug)]
pub struct Source {
    pub kind: Kind,
    /// When it begins and ends, ns since the start of the trace.
    pub start: u64,
    pub stop: u64,
    /// Packets per second that it aims at.
    pub rate: f64,
    /// Packets of one start, on average so far.
    cost: f64,
}

impl Source {
    /// A source that is active between two times.
    pub fn new(kind: Kind, rate: f64, start: u64, stop: u64) -> Self {
        let cost = match kind {
            Kind::Dns => 2.0,
            Kind::Attack(_) => 1.0,
            _ => 25.0,
        };
        Self {
            kind,
            start,
            stop,
            rate,
            cost,
        }
    }

    /// Starts one thing; says when the next is due.
    pub fn step(&mut self, ground: &mut Ground) -> Option<u64> {
        let now = ground.world.now;
        if now >= self.stop || self.rate <= 0.0 {
            return None;
        }
        let cost = match &mut self.kind {
            Kind::WebIn => web_session(ground, true),
            Kind::WebOut => web_session(ground, false),
            Kind::Dns => dns_lookup(ground),
            Kind::Attack(attacker) => attacker.step(ground)?,
        };
        self.cost += (cost.min(5_000.0) - self.cost) * 0.01;
        let gap = ground.world.rng.exponential(self.cost / self.rate * 1e9);
        Some(now + gap as u64 + 1)
    }
}

fn choose(list: &[u32], rng: &mut Rng) -> u32 {
    list.get(rng.zipf(list.len() as u64) as usize)
        .copied()
        .unwrap_or(NONE)
}

/// What the path between two hosts is like, always the same for the same two.
pub fn setup(
    ground: &mut Ground,
    client: Place,
    server: Place,
    dialog: Vec<Message>,
    close: Close,
) -> Setup {
    let rng = &mut ground.world.rng;
    let inner = rng.range(100 * US, 900 * US);
    let outer = rng.pareto(3.0 * MS as f64, 1.2, 150.0 * MS as f64) as u64;
    let inside = |place: Place| {
        ground
            .world
            .hosts
            .get(place.host)
            .is_some_and(|host| host.inside)
    };
    let (a, b) = (inside(client), inside(server));
    let rng = &mut ground.world.rng;
    let legs = [if a { inner } else { outer }, if b { inner } else { outer }];
    let line = rng.pick(&[8_u64, 8, 80, 80, 400]);
    let lossy = rng.chance(0.06);
    let effects = if lossy {
        Effects {
            lost_before: 0.01,
            lost_after: 0.01,
            reordered: 0.01,
            duplicated: 0.003,
            syn_lost: 0.03,
        }
    } else {
        Effects::default()
    };
    let shift = rng.pick(&[7_u8, 7, 8, 2, 255]);
    Setup {
        client,
        server,
        dialog,
        close,
        accept: Accept::Yes,
        legs,
        jitter: 40 * US,
        ns_per_byte: [if a { 8 } else { line }, if b { 8 } else { line }],
        effects,
        mss: if client.addr.is_ipv6() { 1_440 } else { 1_460 },
        sack: rng.chance(0.95),
        timestamps: rng.chance(0.7),
        window_scale: (shift != 255).then_some(shift),
        buffer: if shift == 255 { 65_535 } else { 65_535 << 1 },
        stall: rng.chance(0.01).then(|| {
            (
                rng.below(2) as usize,
                rng.range(2_000, 100_000),
                rng.range(300 * MS, 3_000 * MS),
            )
        }),
        key: rng.bits() >> 20,
        attack: NONE,
        reported: false,
    }
}

fn web_session(ground: &mut Ground, inward: bool) -> f64 {
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
    let v6 = world.rng.chance(0.22) && client != site.nat;
    let secure = world.rng.chance(0.7);
    let requests = world.rng.pareto(1.0, 1.6, 30.0) as u64;
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
    let cost = Conn::estimate(&setup);
    ground.connect(setup);
    cost
}

fn dns_lookup(ground: &mut Ground) -> f64 {
    let world = &mut ground.world;
    let site = &ground.site;
    // Clients ask the resolvers of the site; resolvers and visitors ask across the border.
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
    let large = world.rng.chance(0.02);
    let exchange = if large {
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
        let cost = Conn::estimate(&setup);
        ground.connect(setup);
        return cost;
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
