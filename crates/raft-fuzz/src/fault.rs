//! The kinds of trouble, each with a stream of random numbers of its own.

use std::time::Duration;

/// A kind of trouble. Each is drawn from its own stream, so that a run without one of them has the
/// others at the same times.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fault {
    /// Nodes lose power, best while a write is under way, and start again after a while.
    Crash,
    /// Nodes stop and run on.
    Pause,
    /// The network falls apart and comes together.
    Partition,
    /// Links are cut, slow, clogged, narrow or lossy, or double and reorder messages.
    Link,
    /// Disks are slow, or stall.
    Disk,
    /// Election timeouts elapse too early; nodes forget their leader.
    Election,
    /// Leadership is handed over.
    Transfer,
    /// Servers join and leave.
    Membership,
    /// Snapshots are taken at bad moments.
    Snapshot,
    /// Single messages get lost, the important ones.
    Message,
    /// Many clients want something at once.
    RequestBurst,
    /// A node with entries that are not committed is cut off, and the leader loses power: so logs
    /// come to differ (paper, Figure 7).
    IsolateUncommitted,
    /// Something happens in the very moment in which it hurts: when a server was just elected, while
    /// the membership changes, leadership is handed over, a snapshot is on its way, a log was cut.
    Triggered,
    /// Flushes fail, or disks are full: nodes stop, and start again when the disk works.
    DiskFailure,
    /// Writes are torn by crashes, records are damaged, misplaced or wiped: nodes refuse to start, for
    /// good. Never so many that the others are no majority of those there are.
    DiskDamage,
    /// Messages that arrived before arrive again.
    Replay,
    /// Clocks run too fast or too slow, mostly within the bound that leases rest on, or jump ahead.
    Clock,
    /// Nodes take their time for everything.
    Slow,
    /// Two servers stand at once; one that lost is cut off, and stands again when others have just voted
    /// in the next term, and lost power before that was on their disks.
    LoserReturns,
    /// A member does not hear that the membership changed; then it is the only one to hear the next
    /// candidate, which is gone for long.
    StaleMember,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Crash,
        Self::Pause,
        Self::Partition,
        Self::Link,
        Self::Disk,
        Self::Election,
        Self::Transfer,
        Self::Membership,
        Self::Snapshot,
        Self::Message,
        Self::RequestBurst,
        Self::IsolateUncommitted,
        Self::Triggered,
        Self::DiskFailure,
        Self::DiskDamage,
        Self::Replay,
        Self::Clock,
        Self::Slow,
        Self::LoserReturns,
        Self::StaleMember,
    ];
}

/// Which faults there are, and how often each strikes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Faults([Option<Duration>; Fault::ALL.len()]);

impl Faults {
    /// The mean time between two faults of a kind, or how long an triggered rests after one; `None`:
    /// there are none.
    pub fn spacing(&self, fault: Fault) -> Option<Duration> {
        self.0[fault as usize]
    }

    /// Sets how often a kind strikes.
    pub fn set(&mut self, fault: Fault, spacing: Option<Duration>) {
        self.0[fault as usize] = spacing;
    }
}
