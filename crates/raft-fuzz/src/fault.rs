//! The kinds of faults, and how often each is injected.

use std::time::Duration;

/// Declares the kinds of faults.
macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident,)*) => {
        /// A kind of fault.
        ///
        /// Each kind has its own random stream, keyed by its place in this list. So a run without
        /// one kind has the others at the same times, and a new kind belongs at the end.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Fault {
            $($(#[$doc])* $fault,)*
        }

        impl Fault {
            /// All kinds, in the order of their random streams.
            pub const ALL: [Self; [$(stringify!($fault)),*].len()] = [$(Self::$fault),*];
        }
    };
}

faults! {
    /// Nodes lose power, preferably during a write, and restart after a while.
    Crash,
    /// Nodes are paused and continue later.
    Pause,
    /// The network is partitioned and heals.
    Partition,
    /// Links are cut, slow, clogged, narrow or lossy, or duplicate or reorder messages.
    Link,
    /// Disks are slow, or stall.
    SlowDisk,
    /// Nodes start elections before their timeouts, or forget their leader.
    Election,
    /// Leadership is transferred.
    Transfer,
    /// Servers join and leave.
    Membership,
    /// Snapshots are taken at bad moments.
    Snapshot,
    /// Single messages are lost: votes, acknowledgements, snapshots.
    MessageLoss,
    /// Clients send many requests at once.
    RequestBurst,
    /// A node with uncommitted entries is cut off, and the leader loses power: so logs diverge
    /// (paper, Figure 7).
    IsolateUncommitted,
    /// An event triggers a fault: an election, a vote, a change of the membership, a transfer of
    /// leadership, a snapshot, or a log that was truncated.
    Triggered,
    /// Flushes fail or disks are full: nodes stop, and restart when the disk works again.
    DiskFailure,
    /// Crashes tear writes, and records are damaged, misplaced or wiped. Such a node refuses to
    /// start and stays down. A quorum always keeps sound disks.
    DiskDamage,
    /// Messages that were delivered before arrive again.
    Replay,
    /// Clocks run fast or slow, mostly within the bound that leases are safe with, or jump ahead.
    Clock,
    /// Nodes handle each input slowly.
    SlowNode,
    /// A candidate that lost an election is cut off. It comes back in a later term, just after
    /// others voted in that term and lost power before their votes were on disk.
    LoserReturns,
    /// A member has not heard of a change of the membership. It is the only one that the next
    /// candidate reaches, and that candidate then crashes.
    StaleMember,
    /// A node that crashed is started with a configuration that lists only itself, which it must
    /// refuse; later with the right one.
    EditedList,
    /// The clock of the leader is as slow as leases allow, and the others are as fast; then the
    /// leader is cut off.
    ClocksTogether,
    /// A voter restarts and forgets which leader it heard. Others, which the leader does not reach,
    /// ask for its vote at once.
    ForgetfulVoter,
    /// The acknowledgements of a follower are lost from an election on, while its log is compacted.
    LostAcknowledgements,
    /// A server is added and dies before it receives anything.
    DeadNewcomer,
    /// A transfer of leadership waits for its target while clients write.
    TransferWaits,
    /// The answers to a leader arrive after another one was elected, when clients have asked the
    /// old one for reads.
    LateAnswers,
    /// A server that is told to take over is paused until the transfer has ended, and then does not
    /// reach the old leader, whose clients ask for reads.
    LateSuccessor,
}

/// How often each kind of fault is injected.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Faults([Option<Duration>; Fault::ALL.len()]);

impl Faults {
    /// The mean time between two faults of a kind; for [`Fault::Triggered`] the mean time from a
    /// fault to the first event that may trigger the next. `None`: the kind is never injected.
    pub fn spacing(&self, fault: Fault) -> Option<Duration> {
        self.0[fault as usize]
    }

    /// All kinds but one are so many times rarer.
    #[must_use]
    pub(crate) fn rarer_but(mut self, kept: Fault, times: u32) -> Self {
        for fault in Fault::ALL.into_iter().filter(|fault| *fault != kept) {
            let spacing = &mut self.0[fault as usize];
            *spacing = spacing.map(|spacing| spacing * times);
        }
        self
    }

    /// Sets how often a kind is injected.
    pub fn set(&mut self, fault: Fault, spacing: Option<Duration>) {
        self.0[fault as usize] = spacing;
    }
}
