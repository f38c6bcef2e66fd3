//! How much a world may hold: untrusted scripts must not fill the memory of the machine.

use raft_sim::World;

use crate::limits::{MAX_BACKLOG, MAX_HELD_BYTES};
use crate::units::Size;

/// The bytes that a world holds are counted once in so many steps: it takes a while.
const STEPS_BETWEEN_COUNTS: u64 = 1024;

/// The most that a world may hold at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capacity {
    /// The items in progress, as [`World::backlog`] counts them.
    pub backlog: usize,
    /// The bytes of logs, disks and messages, as [`World::held_bytes`] counts them.
    pub bytes: u64,
}

impl Capacity {
    /// For a run on the command line: [`MAX_BACKLOG`] items and [`MAX_HELD_BYTES`].
    pub const RUN: Self = Self { backlog: MAX_BACKLOG, bytes: MAX_HELD_BYTES };
    /// For a page, whose memory is a browser's: 50,000 items and 256 MiB.
    pub const PAGE: Self = Self { backlog: 50_000, bytes: 256 << 20 };

    /// The limit that the world exceeds, in words, with what to do; `None`: it has room. To be
    /// asked after each step: the bytes are counted now and then only.
    pub fn exceeded(self, world: &World) -> Option<String> {
        let Self { backlog, bytes } = self;
        if world.backlog() > backlog {
            return Some(format!(
                "{backlog} messages and writes in flight; use slower timers or shorter latencies"
            ));
        }
        let is_counted = world.steps().is_multiple_of(STEPS_BETWEEN_COUNTS);
        (is_counted && world.held_bytes() > bytes).then(|| {
            format!(
                "{} held by logs, disks and messages; write less, or take snapshots earlier",
                Size(bytes)
            )
        })
    }
}
