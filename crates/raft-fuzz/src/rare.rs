//! What is rare: so that one sees what a campaign did not exercise.

mod watcher;

use std::ops::AddAssign;

pub(crate) use self::watcher::Watcher;

/// Declares what is rare: its name, and what it is.
macro_rules! rare_events {
    ($($event:ident: $name:literal, $meaning:literal;)*) => {
        /// Something rare.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum RareEvent {
            $(#[doc = $meaning] $event,)*
        }

        impl RareEvent {
            /// All of them, in the order of a report.
            pub const ALL: &[Self] = &[$(Self::$event,)*];

            /// Its name in reports.
            pub fn name(self) -> &'static str {
                match self { $(Self::$event => $name,)* }
            }

            /// What it is, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$event => $meaning,)* }
            }
        }
    };
}

rare_events! {
    SplitVote: "split-vote", "An election ended without a winner.";
    CandidateYields: "candidate-yields", "A candidate gave way to the leader of its own term.";
    TwoLeaders: "two-leaders", "A server won while another, deposed, still believed to lead.";
    VoteRefusedLogBehind: "vote-refused-log-behind", "A vote was refused because the candidate's log is behind.";
    VoteRefusedSecond: "vote-refused-second", "A second vote in the same term was refused.";
    DisruptionRefused: "disruption-refused", "A vote was refused because a leader is alive.";
    QuorumLost: "quorum-lost", "A leader stepped down because no quorum answers it.";
    HalfReplicated: "half-replicated", "A leader crashed with entries that some other servers hold, and not all.";
    LogTruncated: "log-truncated", "A server removed entries that conflict with its leader's.";
    CommitWithheld: "commit-withheld", "An entry of an older term was on a majority, which commits nothing.";
    OldTermCommitted: "old-term-committed", "An entry of an older term was committed together with one of the leader's own.";
    OldMessageRefused: "old-message-refused", "A message of a term that is over arrived.";
    MessageRepeated: "message-repeated", "A message arrived that says nothing new, or answers nothing.";
    ElectionInJoint: "election-in-joint", "An election began in a joint membership.";
    LeaderInJoint: "leader-in-joint", "A leader was elected by two majorities.";
    LeaderRemoved: "leader-removed", "A leader stepped down because it had been removed.";
    MembershipRolledBack: "membership-rolled-back", "A membership was removed with its entry.";
    ChangeBeforeTerm: "change-before-term", "A change was refused before an entry of the leader's term was committed.";
    CatchUpStalled: "catch-up-stalled", "A change was given up because the new server does not come along.";
    TransferDone: "transfer-done", "Leadership was handed over.";
    TransferTimedOut: "transfer-timed-out", "A server did not take leadership over in time.";
    TransferInChange: "transfer-in-change", "Leadership was being handed over while the membership changes.";
    LeaseReadPartitioned: "lease-read-partitioned", "A read was answered by lease while the network was partitioned.";
    DeposedRefusesRead: "deposed-refuses-read", "A deposed leader that did not know it was asked for a read, and gave no answer.";
    RetryDeduplicated: "retry-deduplicated", "A command was in the log a second time and was not applied again.";
    ProposalRefused: "proposal-refused", "A leader took no command.";
    ClientGaveUp: "client-gave-up", "A client lost its patience.";
    SnapshotSent: "snapshot-sent", "A leader sent its snapshot, as it no longer has the entries.";
    SnapshotOverUncommitted: "snapshot-over-uncommitted", "A snapshot was installed by a server with uncommitted entries.";
    SnapshotKeepsSuffix: "snapshot-keeps-suffix", "A snapshot was installed, and entries behind it were kept.";
    SnapshotAbandoned: "snapshot-abandoned", "Pieces of a snapshot were thrown away for another.";
    SnapshotInChange: "snapshot-in-change", "A server took a snapshot while the membership changes.";
    WritesLost: "writes-lost", "A crash lost writes that the disk had not finished.";
    StartRefused: "start-refused", "A server refused to start from its disk.";
}

/// How often what is rare came about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RareEvents([u64; RareEvent::ALL.len()]);

impl Default for RareEvents {
    fn default() -> Self {
        Self([0; RareEvent::ALL.len()])
    }
}

impl RareEvents {
    /// How often it came about.
    pub fn count(&self, event: RareEvent) -> u64 {
        self.0[event as usize]
    }

    /// All of them, in the order of a report.
    pub fn iter(&self) -> impl Iterator<Item = (RareEvent, u64)> {
        RareEvent::ALL.iter().map(|event| (*event, self.count(*event)))
    }

    /// Adds what was counted elsewhere.
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
