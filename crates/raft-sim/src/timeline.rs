//! Checkpoints of a run, to replay it to any earlier time.

use raft_core::Instant;

use crate::World;

/// The steps between two checkpoints of the recent past.
const SPACING: u64 = 500;
/// The most checkpoints. If there are more, every other one of the older half is dropped.
const CAPACITY: usize = 200;

/// Checkpoints of one run, dense for the recent past and thinner with age.
#[derive(Clone, Debug)]
pub struct Timeline {
    checkpoints: Vec<World>,
}

impl Timeline {
    /// The timeline of a run that begins with this world.
    pub fn new(start: &World) -> Self {
        Self { checkpoints: vec![start.clone()] }
    }

    /// Keeps a checkpoint if enough steps were taken since the last one. Call it often.
    pub fn record(&mut self, world: &World) {
        let last = self.checkpoints.last().map_or(0, World::steps);
        if world.steps() < last + SPACING {
            return;
        }
        self.checkpoints.push(world.clone());
        if self.checkpoints.len() > CAPACITY {
            let old_half = CAPACITY / 2;
            let mut place = 0;
            // The start stays: every time can be replayed from it.
            self.checkpoints.retain(|_| {
                place += 1;
                place > old_half || place % 2 == 1
            });
        }
    }

    /// The number of checkpoints; at least 1.
    pub fn len(&self) -> usize {
        self.checkpoints.len()
    }

    /// Always false: the start is always there.
    pub fn is_empty(&self) -> bool {
        self.checkpoints.is_empty()
    }

    /// The world of this run after all steps and actions up to `at`. `latest` is the present of the
    /// run: its journal is replayed from the nearest checkpoint.
    pub fn seek(&self, at: Instant, latest: &World) -> World {
        let after = self.checkpoints.partition_point(|checkpoint| checkpoint.now() <= at);
        let mut world = self.checkpoints[after.saturating_sub(1)].clone();
        let known = world.journal().len();
        for entry in latest.journal().skip(known).take_while(|entry| entry.at <= at) {
            while world.steps() < entry.after_steps {
                world.step();
            }
            world.advance_clock(entry.at);
            world.apply(entry.action.clone()).expect("what was done once can be done again");
        }
        world.run_until(at.min(latest.now()));
        world
    }
}
