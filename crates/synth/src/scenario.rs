//! What each scenario is made of.

use std::net::Ipv4Addr;

use crate::attack::{Attacker, Method};
use crate::sim::Ground;
use crate::source::{Kind, Source};
use crate::truth::Attack;
use crate::world::S;
use crate::{Options, Scenario};

/// Flows of the benign mix per packet, about.
const FLOWS_PER_PACKET: f64 = 1.0 / 20.0;

/// The sources of a scenario, with their shares of the packet rate.
pub fn sources(options: &Options, ground: &mut Ground) -> Vec<Source> {
    let rate = options.packet_rate();
    let span = (options.packets as f64 / rate * S as f64) as u64;
    let mut plan = Plan {
        ground,
        span,
        list: Vec::new(),
    };
    match options.scenario {
        Scenario::Benign => plan.benign(rate),
        Scenario::Losses => plan.list.push(Source::new(Kind::Losses, rate, 0, u64::MAX)),
        Scenario::Bench => {
            plan.list.push(Source::new(Kind::Losses, rate * 0.7, 0, u64::MAX));
            plan.benign(rate * 0.25);
            plan.horizontal(rate * 0.01, 0.2, 0.9);
            plan.vertical(rate * 0.01, 0.3, 0.8);
            plan.worm(rate * 0.01, 0.4, 1.0);
            plan.syn_flood(rate * 0.1, 0.6, 0.75);
        }
        Scenario::Mix => {
            plan.benign(rate * 0.88);
            plan.horizontal(rate * 0.05, 0.2, 0.9);
            plan.vertical(rate * 0.05, 0.3, 0.8);
            plan.worm(rate * 0.06, 0.4, 1.0);
            plan.syn_flood(rate * 0.15, 0.6, 0.75);
        }
        Scenario::Scan => {
            plan.benign(rate * 0.6);
            plan.horizontal(rate * 0.25, 0.1, 0.95);
            plan.vertical(rate * 0.2, 0.15, 0.9);
        }
        Scenario::Worm => {
            plan.benign(rate * 0.7);
            plan.worm(rate * 0.35, 0.1, 1.0);
        }
        Scenario::Flood => {
            plan.benign(rate * 0.6);
            plan.syn_flood(rate * 0.8, 0.25, 0.75);
        }
        Scenario::Reflection => {
            plan.benign(rate * 0.6);
            plan.reflection(rate * 0.5, 0.25, 0.75, 53);
            plan.reflection(rate * 0.3, 0.25, 0.75, 123);
        }
        Scenario::Flash => {
            plan.benign(rate * 0.6);
            plan.crowd(rate * 0.8, 0.25, 0.75);
        }
        Scenario::Surge => {
            let factor = f64::from(options.surge_factor.max(1));
            let base = rate / (1.0 + factor * FLOWS_PER_PACKET * 1.9 / 3.0);
            let flows = base * FLOWS_PER_PACKET * factor;
            plan.benign(base);
            plan.syn_flood(flows * 0.65 * 1.3, 0.34, 0.66);
            plan.worm(flows * 0.25, 0.34, 0.66);
            plan.reflection(flows * 0.05 * 3.0, 0.4, 0.6, 53);
            plan.crowd(flows * 0.05 * 13.0, 0.4, 0.6);
        }
    }
    plan.list
}

struct Plan<'a> {
    ground: &'a mut Ground,
    span: u64,
    list: Vec<Source>,
}

impl Plan<'_> {
    fn benign(&mut self, rate: f64) {
        let shares = [
            (Kind::WebIn, 0.26),
            (Kind::WebOut, 0.26),
            (Kind::Dns, 0.11),
            (Kind::Mail, 0.05),
            (Kind::Ssh, 0.05),
            (Kind::Time, 0.01),
            (Kind::Quic, 0.1),
            (Kind::Peers, 0.07),
            (Kind::Housekeeping, 0.01),
        ];
        for (kind, share) in shares {
            self.list.push(Source::new(kind, rate * share, 0, u64::MAX));
        }
        let packets = rate * 0.08 * self.span as f64 / S as f64;
        self.list.push(Source::new(
            Kind::Backups(packets, self.span),
            rate,
            self.span / 50,
            u64::MAX,
        ));
    }

    fn attack(&mut self, rate: f64, from: f64, to: f64, attack: Attack, method: Method) {
        let number = self.ground.attacks.len() as u32;
        self.ground.attacks.push(attack);
        let attacker = Attacker {
            method,
            attack: number,
            count: 0,
        };
        let at = |share: f64| (self.span as f64 * share) as u64;
        self.list
            .push(Source::new(Kind::Attack(attacker), rate, at(from), at(to)));
    }

    fn outsider(&mut self, last: u8, role: &'static str) -> u32 {
        let world = &mut self.ground.world;
        world.hosts.add(
            Ipv4Addr::new(203, 0, 113, last),
            false,
            role,
            &mut world.rng,
        )
    }

    /// Server `index` of the site, with one role more; its number and address.
    fn victim(&mut self, index: usize, role: &'static str) -> (u32, String) {
        let number = self.ground.site.web.get(index).copied().unwrap_or(0);
        let host = self.ground.world.hosts.get_mut(number);
        let name = host.map(|host| {
            if !host.roles.contains(&role) {
                host.roles.push(role);
            }
            host.v4.to_string()
        });
        (number, name.unwrap_or_default())
    }

    fn horizontal(&mut self, rate: f64, from: f64, to: f64) {
        let source = self.outsider(200, "horizontal-scanner");
        let attack = Attack {
            name: "horizontal-scan",
            proto: "tcp",
            sources: vec!["203.0.113.200".into()],
            targets: vec!["10.2.0.0/15".into()],
            ports: vec!["445".into()],
            ..Attack::default()
        };
        self.attack(
            rate,
            from,
            to,
            attack,
            Method::Horizontal { source, port: 445 },
        );
    }

    fn vertical(&mut self, rate: f64, from: f64, to: f64) {
        let source = self.outsider(201, "vertical-scanner");
        let (target, name) = self.victim(0, "scanned");
        let attack = Attack {
            name: "vertical-scan",
            proto: "tcp",
            sources: vec!["203.0.113.201".into()],
            targets: vec![name],
            ports: vec!["1-65535".into()],
            ..Attack::default()
        };
        self.attack(rate, from, to, attack, Method::Vertical { source, target });
    }

    fn worm(&mut self, rate: f64, from: f64, to: f64) {
        let waiting: Vec<u32> = self
            .ground
            .site
            .clients
            .iter()
            .rev()
            .step_by(2)
            .take(24)
            .copied()
            .collect();
        let attack = Attack {
            name: "worm",
            proto: "tcp",
            targets: vec!["172.16.0.0/12".into()],
            ports: vec!["5554".into()],
            ..Attack::default()
        };
        self.attack(
            rate,
            from,
            to,
            attack,
            Method::Worm {
                port: 5_554,
                infected: Vec::new(),
                waiting,
            },
        );
    }

    fn syn_flood(&mut self, rate: f64, from: f64, to: f64) {
        let (target, name) = self.victim(1, "flood-victim");
        let attack = Attack {
            name: "syn-flood",
            proto: "tcp",
            spoofed: true,
            sources: vec!["172.16.0.0/12".into()],
            targets: vec![name],
            ports: vec!["80".into()],
            ..Attack::default()
        };
        self.attack(
            rate,
            from,
            to,
            attack,
            Method::SynFlood { target, port: 80 },
        );
    }

    fn reflection(&mut self, rate: f64, from: f64, to: f64, port: u16) {
        let (target, name) = self.victim(2, "flood-victim");
        let (a, service) = if port == 53 {
            (230, "dns")
        } else {
            (170, "ntp")
        };
        let reflectors: Vec<u32> = (0..20).map(|n| self.outsider(a + n, "reflector")).collect();
        let mut sources = Vec::new();
        for number in &reflectors {
            if let Some(host) = self.ground.world.hosts.get_mut(*number) {
                host.services.push(("udp", port, service));
                sources.push(host.v4.to_string());
            }
        }
        let attack = Attack {
            name: if port == 53 {
                "dns-reflection"
            } else {
                "ntp-reflection"
            },
            proto: "udp",
            sources,
            targets: vec![name],
            ports: vec![port.to_string()],
            ..Attack::default()
        };
        self.attack(
            rate,
            from,
            to,
            attack,
            Method::Reflection {
                target,
                reflectors,
                port,
            },
        );
    }

    fn crowd(&mut self, rate: f64, from: f64, to: f64) {
        let (target, name) = self.victim(0, "crowded");
        let attack = Attack {
            name: "flash-crowd",
            proto: "tcp",
            sources: vec!["172.16.0.0/12".into()],
            targets: vec![name],
            ports: vec!["80".into(), "443".into()],
            ..Attack::default()
        };
        self.attack(rate, from, to, attack, Method::Crowd { target });
    }
}
