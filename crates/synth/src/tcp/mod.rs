//! TCP between two hosts with a monitor between them: what each side sends, and what the network does to it.
//!
//! Both stacks are simulated: handshake, slow start, delayed and selective acknowledgment, fast
//! retransmission, time-outs, zero windows. The effects of the network are drawn per segment, so that
//! everything that follows from them is as it would be.

mod application;
mod end;
mod receive;
mod segment;
mod send;
mod setup;
mod timers;

use end::End;
pub use setup::{Accept, Effects, Setup};

use crate::packet::{NONE, Place, flag};
use crate::truth::ConnTruth;
use crate::world::{What, World};

const INITIAL_WINDOW: u64 = 10;

/// A connection under way. Sides: 0 client, 1 server.
#[derive(Debug)]
pub struct Conn {
    pub setup: Setup,
    pub truth: ConnTruth,
    /// Events that still concern it; it can be dropped when there are none.
    pub pending: u32,
    /// Its number, by which events and segments name it.
    id: u32,
    ends: [End; 2],
    /// Where the messages handed over so far start in the streams of their senders.
    starts: Vec<u64>,
    next_message: usize,
    /// The side that must have received so much before the dialog goes on.
    wait: Option<(usize, u64)>,
    app_scheduled: bool,
    established: bool,
    over: bool,
    vlan: Option<u16>,
}

impl Conn {
    pub fn new(setup: Setup, world: &mut World) -> Self {
        let mss = u64::from(setup.mss);
        let mut end = || End {
            isn: world.rng.bits() as u32,
            window: INITIAL_WINDOW * mss,
            threshold: u64::MAX,
            clock: world.rng.bits() as u32,
            smoothed: setup.legs.iter().sum::<u64>() * 2,
            ..End::default()
        };
        let ends = [end(), end()];
        let vlan = world.hosts.vlan(setup.client.host, setup.server.host);
        Self {
            truth: ConnTruth::new(world.now, setup.legs),
            starts: Vec::with_capacity(setup.dialog.len()),
            setup,
            pending: 0,
            id: NONE,
            ends,
            next_message: 0,
            wait: None,
            app_scheduled: false,
            established: false,
            over: false,
            vlan,
        }
    }

    /// Sends the first SYN; from now on the connection has that number.
    pub fn start(&mut self, id: u32, world: &mut World) {
        self.id = id;
        self.push(0, flag::SYN, 0, 0, 0, world);
    }

    fn end(&mut self, side: usize) -> &mut End {
        of_side(self.ends.each_mut(), side)
    }

    fn place(&self, side: usize) -> Place {
        of_side([self.setup.client, self.setup.server], side)
    }

    fn schedule(&mut self, time: u64, what: What, world: &mut World) {
        self.pending += 1;
        world.at(time, what);
    }
}

fn of_side<T>([client, server]: [T; 2], side: usize) -> T {
    if side == 0 { client } else { server }
}
