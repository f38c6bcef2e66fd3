//! Rare events and their counts: situations that a person may look for, and that show how far a
//! campaign of the fuzzer got.

mod watcher;

use std::ops::AddAssign;

pub use self::watcher::RareWatcher;

/// Declares the rare events: variant, name in reports, meaning.
macro_rules! rare_events {
    ($($event:ident: $name:literal, $meaning:literal;)*) => {
        /// A rare event.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum RareEvent {
            $(#[doc = $meaning] $event,)*
        }

        impl RareEvent {
            /// All rare events, in the order of a report.
            pub const ALL: &[Self] = &[$(Self::$event,)*];

            /// The name in reports and in scripts.
            pub fn name(self) -> &'static str {
                match self { $(Self::$event => $name,)* }
            }

            /// The meaning, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$event => $meaning,)* }
            }
        }
    };
}

rare_events! {
    SplitVote: "split-vote", "An election ended without a winner.";
    CandidateYields: "candidate-yields", "A candidate stepped down for the leader of its own term.";
    TwoLeaders: "two-leaders",
        "A server became leader while a deposed one still believed to be it.";
    VoteRefusedLogBehind: "vote-refused-log-behind",
        "A vote was refused: the candidate's log was not up to date.";
    VoteRefusedSecond: "vote-refused-second", "A second vote in the same term was refused.";
    DisruptionRefused: "disruption-refused",
        "A vote was refused: the voter had just heard from a leader.";
    QuorumLost: "quorum-lost", "A leader stepped down: it had not heard from a quorum.";
    HalfReplicated: "half-replicated",
        "A leader crashed with entries that only some of the others held.";
    LogTruncated: "log-truncated", "A follower removed entries that conflicted with the leader's.";
    MajorityEntryRemoved: "majority-entry-removed",
        "An entry that was on the disks of a majority of the voters was removed from one of them.";
    OldTermNotCounted: "old-term-not-counted",
        "A majority held an entry of an older term: it was not committed.";
    OldTermCommitted: "old-term-committed",
        "An entry of an older term was committed by one of the leader's term.";
    OldMessageRefused: "old-message-refused", "A message of an older term arrived.";
    MessageRepeated: "message-repeated",
        "A message arrived a second time, or nothing waited for it.";
    ElectionInJoint: "election-in-joint", "An election started under a joint membership.";
    LearnerNeeded: "learner-needed",
        "A learner started an election: a candidate needed its vote and could not get it.";
    LeaderInJoint: "leader-in-joint",
        "A leader was elected by both majorities of a joint membership.";
    JointHalved: "joint-halved",
        "An election started under a joint membership, and a partition left only one majority.";
    LeaderRemoved: "leader-removed", "A leader stepped down: it was no longer a member.";
    MembershipRolledBack: "membership-rolled-back", "A membership was rolled back with its entry.";
    ChangeBeforeTerm: "change-before-term",
        "A change was refused: no entry of the leader's term was committed.";
    CatchUpStalled: "catch-up-stalled", "A change was given up: the new server did not catch up.";
    VotersNotHeard: "voters-not-heard",
        "A change was refused or given up: too few of the new voters were heard.";
    TransferDone: "transfer-done", "Leadership was transferred.";
    TransferTimedOut: "transfer-timed-out", "A transfer of leadership timed out.";
    HandedOver: "handed-over", "A leader whose disk hangs handed over.";
    ProposalInTransfer: "proposal-in-transfer",
        "A leader refused a command: a transfer of its leadership waited for the target.";
    LateSuccessor: "late-successor",
        "A server that was told to take over started an election after its transfer had ended.";
    TransferInChange: "transfer-in-change",
        "A transfer of leadership started during a membership change.";
    LeaseReadPartitioned: "lease-read-partitioned",
        "A lease read was answered while the network was partitioned.";
    ClocksAtTheBound: "clocks-at-the-bound",
        "A server with a fast clock was elected while a leader with a slow one believed to lead.";
    ForgetfulVoter: "forgetful-voter",
        "A server that restarted refused its vote while another server had a lease.";
    LateAnswer: "late-answer",
        "A deposed leader with an open read got an answer from before another one was elected.";
    StaleLookingRead: "stale-looking-read",
        "A read was answered, as it may be, with a value that a commit had already replaced.";
    DeposedRefusesRead: "deposed-refuses-read",
        "A deposed leader was asked for a read and did not answer it.";
    RetryDeduplicated: "retry-deduplicated", "A command was in the log twice and was applied once.";
    ProposalRefused: "proposal-refused", "A leader refused a command.";
    ClientGaveUp: "client-gave-up", "A client gave up waiting.";
    AppliedAfterGivingUp: "applied-after-giving-up",
        "A client's write was applied after the client had given up.";
    SessionExpired: "session-expired",
        "A client's session was evicted before the client's next command.";
    LargeEntry: "large-entry", "An entry of at least 10,000 bytes was committed.";
    SnapshotSent: "snapshot-sent", "A leader sent a snapshot: it no longer had the entries.";
    SnapshotOverUncommitted: "snapshot-over-uncommitted",
        "A follower with uncommitted entries installed a snapshot.";
    SnapshotKeepsSuffix: "snapshot-keeps-suffix",
        "A follower installed a snapshot and kept the entries after it.";
    EntriesBelowSnapshot: "entries-below-snapshot",
        "A leader heard no acknowledgement, and its entries began within the server's snapshot.";
    SnapshotAbandoned: "snapshot-abandoned",
        "A partly received snapshot was discarded for another.";
    SnapshotInChange: "snapshot-in-change", "A server took a snapshot during a membership change.";
    SnapshotFailed: "snapshot-failed", "A driver failed to make a snapshot.";
    SnapshotMadeLate: "snapshot-made-late",
        "So many entries were applied while a driver made a snapshot that the next one was due.";
    StateReopened: "state-reopened", "A server started with a state machine on disk.";
    StateBehindLog: "state-behind-log",
        "A server started, and its state machine on disk lacked entries that it had applied.";
    InputsGathered: "inputs-gathered", "A driver handed over three inputs or more before a drain.";
    WritesLost: "writes-lost", "A crash lost writes that were not durable.";
    StartRefused: "start-refused", "A server refused to start from its disk.";
}

/// How often each rare event happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RareEvents([u64; RareEvent::ALL.len()]);

impl Default for RareEvents {
    fn default() -> Self {
        Self([0; RareEvent::ALL.len()])
    }
}

impl RareEvents {
    /// How often the event happened.
    pub fn count(&self, event: RareEvent) -> u64 {
        self.0[event as usize]
    }

    /// All events with their counts, in the order of a report.
    pub fn iter(&self) -> impl Iterator<Item = (RareEvent, u64)> {
        RareEvent::ALL.iter().map(|event| (*event, self.count(*event)))
    }

    /// Adds to the count of an event, up to the largest number.
    pub fn add(&mut self, event: RareEvent, count: u64) {
        let sum = &mut self.0[event as usize];
        *sum = sum.saturating_add(count);
    }
}

impl AddAssign<&Self> for RareEvents {
    fn add_assign(&mut self, other: &Self) {
        other.iter().for_each(|(event, count)| self.add(event, count));
    }
}
