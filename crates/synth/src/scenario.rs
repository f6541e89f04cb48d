//! What each scenario is made of.

use std::net::Ipv4Addr;

use crate::Options;
use crate::attack::{Attacker, Method};
use crate::sim::Ground;
use crate::source::{Kind, Source};
use crate::truth::Attack;
use crate::world::S;

/// The sources of a scenario, with shares of the packet rate.
pub fn sources(options: &Options, ground: &mut Ground) -> Vec<Source> {
    let rate = options.packet_rate();
    let span = (options.packets as f64 / rate * S as f64) as u64;
    let mut list = vec![
        Source::new(Kind::WebIn, rate * 0.4, 0, u64::MAX),
        Source::new(Kind::WebOut, rate * 0.35, 0, u64::MAX),
        Source::new(Kind::Dns, rate * 0.1, 0, u64::MAX),
    ];
    let rng = &mut ground.world.rng;
    let scanner = ground.world.hosts.add(
        Ipv4Addr::new(203, 0, 113, 200),
        false,
        "horizontal-scanner",
        rng,
    );
    let prober = ground.world.hosts.add(
        Ipv4Addr::new(203, 0, 113, 201),
        false,
        "vertical-scanner",
        rng,
    );
    let target = ground.site.web.first().copied().unwrap_or(0);
    ground.attacks.push(Attack {
        name: "horizontal-scan",
        proto: "tcp",
        sources: vec!["203.0.113.200".into()],
        targets: vec!["10.2.0.0/15".into()],
        ports: vec!["445".into()],
        ..Attack::default()
    });
    ground.attacks.push(Attack {
        name: "vertical-scan",
        proto: "tcp",
        sources: vec!["203.0.113.201".into()],
        targets: vec!["192.0.2.10".into()],
        ports: vec!["1-65535".into()],
        ..Attack::default()
    });
    let method = Method::Horizontal {
        source: scanner,
        port: 445,
    };
    list.push(Source::new(
        Kind::Attack(Attacker {
            method,
            attack: 0,
            count: 0,
        }),
        rate * 0.08,
        span / 5,
        span,
    ));
    let method = Method::Vertical {
        source: prober,
        target,
    };
    list.push(Source::new(
        Kind::Attack(Attacker {
            method,
            attack: 1,
            count: 0,
        }),
        rate * 0.07,
        span / 3,
        span,
    ));
    list
}
