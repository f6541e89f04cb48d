//! What the way between two hosts is like.

use crate::dialog::{Close, Message};
use crate::packet::{NONE, Place};
use crate::sim::Ground;
use crate::tcp::{Accept, Effects, Setup};
use crate::world::{MS, US};

/// A connection on a path of drawn delay, line rate and loss, between stacks of drawn habits.
pub fn setup(
    ground: &mut Ground,
    client: Place,
    server: Place,
    dialog: Vec<Message>,
    close: Close,
) -> Setup {
    let inside = |place: Place| {
        ground
            .world
            .hosts
            .get(place.host)
            .is_some_and(|host| host.inside)
    };
    let (a, b) = (inside(client), inside(server));
    let rng = &mut ground.world.rng;
    let inner = rng.range(100 * US, 900 * US);
    let outer = rng.pareto(3.0 * MS as f64, 1.2, 150.0 * MS as f64) as u64;
    let legs = [if a { inner } else { outer }, if b { inner } else { outer }];
    let line = rng.pick(&[8_u64, 8, 80, 80, 400]);
    let effects = if rng.chance(0.06) {
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
