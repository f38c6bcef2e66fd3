//! Checkpoints of a run, so that any earlier moment is near one.

use raft_core::Instant;

use crate::World;

/// Steps between two checkpoints of the recent past.
const SPACING: u64 = 500;
/// How many checkpoints are kept; when there are more, every other one of the older half goes.
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

    /// Call it often: it keeps a checkpoint when enough has happened since the last one.
    pub fn record(&mut self, world: &World) {
        let last = self.checkpoints.last().map_or(0, World::steps);
        if world.steps() < last + SPACING {
            return;
        }
        self.checkpoints.push(world.clone());
        if self.checkpoints.len() > CAPACITY {
            let old_half = CAPACITY / 2;
            let mut place = 0;
            // The start stays: everything can be replayed from it.
            self.checkpoints.retain(|_| {
                place += 1;
                place > old_half || place % 2 == 1
            });
        }
    }

    /// How many checkpoints are kept.
    pub fn len(&self) -> usize {
        self.checkpoints.len()
    }

    /// Whether there is none; there always is the start.
    pub fn is_empty(&self) -> bool {
        self.checkpoints.is_empty()
    }

    /// The world of this run as it was when all that was due up to `at`, and all that was done up to
    /// then, had happened. `latest` is the run's present: its journal is replayed from the nearest
    /// checkpoint.
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
