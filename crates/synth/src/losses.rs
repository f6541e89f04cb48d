//! Long TCP transfers with known harm, every one of them told in the truth.

use crate::benign::choose;
use crate::dialog::{Close, Message};
use crate::path::setup;
use crate::sim::Ground;
use crate::tcp::Effects;
use crate::world::MS;

/// Opens one transfer; says about how many packets it takes.
pub fn transfer(ground: &mut Ground) -> f64 {
    let world = &mut ground.world;
    let site = &ground.site;
    let (from, to) = if world.rng.chance(0.5) {
        (
            choose(&site.visitors, &mut world.rng),
            choose(&site.web, &mut world.rng),
        )
    } else {
        (
            choose(&site.clients, &mut world.rng),
            choose(&site.remote_web, &mut world.rng),
        )
    };
    let v6 = world.rng.chance(0.35);
    let port = world.hosts.port(from);
    let (client, server) = (
        world.hosts.place(from, v6, port),
        world.hosts.place(to, v6, 9_000),
    );
    let mut dialog = Vec::new();
    for _ in 0..world.rng.range(1, 6) {
        let size = world.rng.pareto(30_000.0, 1.2, 3e6) as u64;
        let sender = usize::from(world.rng.chance(0.7));
        let think = world.rng.range(MS, 200 * MS);
        dialog.push(Message::opaque(1 - sender, think, 200));
        dialog.push(Message::opaque(sender, think, size));
    }
    let mut setup = setup(
        ground,
        client,
        server,
        dialog,
        Close::Finish { side: 0, after: MS },
    );
    let rng = &mut ground.world.rng;
    let rate = |kinds: u64, bit: u64| if kinds & bit != 0 { 0.01 } else { 0.0 };
    let kinds = rng.below(32);
    setup.effects = Effects {
        lost_before: rate(kinds, 1),
        lost_after: rate(kinds, 2),
        reordered: rate(kinds, 4),
        duplicated: rate(kinds, 8) / 2.0,
        syn_lost: rate(kinds, 16) * 5.0,
    };
    setup.stall = None;
    if rng.chance(0.15) {
        let reader = usize::from(rng.chance(0.3));
        setup.stall = Some((
            reader,
            rng.range(2_000, 40_000),
            rng.range(300 * MS, 3_000 * MS),
        ));
        setup.buffer = 32_768;
        setup.window_scale = None;
    }
    setup.reported = true;
    ground.connect(setup)
}
