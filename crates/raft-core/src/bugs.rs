//! Rules of Raft that can be switched off, to show what each is for and that checkers notice.
//!
//! Each planted bug is a mistake that a real implementation made. With the feature `bugs`,
//! [`Config::bugs`](crate::Config::bugs) plants them. Each is in one place in `node/mutants`, which
//! replaces one rule. Without the feature neither this module nor `node/mutants` exists.
//! `tests/bugs` shows for each which property it breaks.
//!
//! Two mistakes of the kind are outside of this crate: a command that a client repeats is applied
//! twice (the state machine's sessions), and a failure of `fsync` is ignored (the disk; known as
//! PostgreSQL's "fsyncgate").

use core::fmt;

/// Declares the switches: what is wrong, its name, what it breaks, and whose mistake it was.
macro_rules! bugs {
    ($(
        $(#[$doc:meta])*
        $bug:ident: $name:literal breaks $breaks:literal, seen in $seen:literal;
    )*) => {
        /// One rule that is switched off.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Bug {
            $(
                $(#[$doc])*
                #[doc = concat!("\n\nBreaks: ", $breaks, ". Seen in ", $seen, ".")]
                $bug,
            )*
        }

        impl Bug {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$bug,)*];

            /// Its name, as the command language writes it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$bug => $name,)* }
            }

            /// The property that it breaks.
            pub fn breaks(self) -> &'static str {
                match self { $(Self::$bug => $breaks,)* }
            }

            /// Where it was seen: implementations, with the number of the issue where there is one.
            pub fn seen_in(self) -> &'static str {
                match self { $(Self::$bug => $seen,)* }
            }
        }
    };
}

bugs! {
    /// Vote replies of an older term are counted.
    StaleVotes: "stale-votes" breaks "Election Quorum", seen in "Xraft#33, little-raft#44";
    /// The vote is forgotten on restart.
    VoteForgotten: "vote-forgotten" breaks "Faithful Recovery", seen in "akka-raft#62";
    /// Stepping down within the same term clears the vote.
    StepDownClearsVote: "step-down-clears-vote" breaks "Vote Durability", seen in "CCF#8094";
    /// Becoming a pre-candidate clears the vote.
    PreVoteClearsVote: "pre-vote-clears-vote" breaks "Vote Durability", seen in "canonical/raft";
    /// An election is won by a majority of the union of voters and outgoing voters.
    ElectionByUnion: "election-by-union" breaks "Election Quorum",
        seen in "CCF#3948, async-raft#62";
    /// A request for votes advertises log that is not on disk yet. The writes of this design are
    /// done in order, the term's and vote's after the log's: so they are not on disk either.
    VoteRequestNotDurable: "vote-request-not-durable" breaks "Durable Promises",
        seen in "canonical/raft#386";
    /// A server that is no voter starts elections. One that knows no voters wins them alone.
    NonVoterCampaigns: "non-voter-campaigns" breaks "Eligible Candidate",
        seen in "hashicorp/raft#483";
    /// The log of a candidate that has the vote already is not compared. Needs a vote that was
    /// stored without the comparison, as a torn write leaves it.
    RepeatedVoteSkipsLog: "repeated-vote-skips-log" breaks "Leader Completeness",
        seen in "hashicorp/raft#661";
    /// A vote is granted without comparing logs.
    VoteIgnoresLog: "vote-ignores-log" breaks "Leader Completeness", seen in "openraft";
    /// Entries of older terms are committed by counting (Figure 8).
    CommitOldTerm: "commit-old-term" breaks "Commit Rule",
        seen in "logcabin#44, async-raft#108, CCF#3971";
    /// The hint of a refusal is taken for a match.
    HintIsMatch: "hint-is-match" breaks "Commit Rule", seen in "CCF#5325";
    /// An acknowledgement reports the follower's last entry, not the last one that the request
    /// proved.
    AckOwnTail: "ack-own-tail" breaks "Durable Promises", seen in "CCF#6001";
    /// `match_index` goes back.
    MatchGoesBack: "match-goes-back" breaks "Monotonic State", seen in "PySyncObj#167";
    /// The commit quorum is read from an unsorted list.
    CommitUnsorted: "commit-unsorted" breaks "Commit Rule", seen in "openraft#1802";
    /// A joint membership commits without a majority of the outgoing voters.
    JointHalfCommit: "joint-half-commit" breaks "Commit Rule", seen in "openraft";
    /// Learners are counted towards the commit quorum.
    LearnersCount: "learners-count" breaks "Commit Rule", seen in "openraft";
    /// A follower acknowledges before its log is on disk.
    AckNotDurable: "ack-not-durable" breaks "Durable Promises", seen in "openraft, etcd#14370";
    /// An append removes entries that agree with it.
    AppendTruncates: "append-truncates" breaks "Committed Durability",
        seen in "openraft, RaftOS#26";
    /// A follower's commit index advances past the entries that were compared with the leader's
    /// log.
    CommitUnverified: "commit-unverified" breaks "Commit Rule", seen in "willemt#118";
    /// Index 0 as the previous entry is accepted after compaction, as the start of a new log.
    PrevZeroAccepted: "prev-zero-accepted" breaks "Bounded Memory", seen in "willemt#118";
    /// The term of a compacted or missing entry reads as 0.
    MissingTermIsZero: "missing-term-is-zero" breaks "Durable Promises", seen in "etcd-io/raft#31";
    /// `commit_index` goes back.
    CommitGoesBack: "commit-goes-back" breaks "Monotonic State", seen in "PySyncObj#166";
    /// Installing a snapshot sets the term to the snapshot's.
    SnapshotLowersTerm: "snapshot-lowers-term" breaks "Monotonic State", seen in "willemt#118";
    /// An older snapshot replaces newer committed state.
    OldSnapshotInstalled: "old-snapshot-installed" breaks "Monotonic State",
        seen in "openraft#1892";
    /// A snapshot loses the outgoing voters of a joint membership.
    SnapshotLosesJoint: "snapshot-loses-joint" breaks "Config Safety", seen in "etcd";
    /// The membership from before an installed snapshot stays in force.
    MembershipSurvivesSnapshot: "membership-survives-snapshot" breaks "Config Safety",
        seen in "openraft#1808";
    /// A leader answers reads without asking a quorum.
    ReadWithoutQuorum: "read-without-quorum" breaks "Read Linearizability", seen in "etcd#741";
    /// A leader answers reads before an entry of its own term is committed.
    ReadBeforeTermCommit: "read-before-term-commit" breaks "Read Linearizability",
        seen in "etcd#7331";
    /// A read is confirmed by any answer, also one to an earlier request.
    ReadTokenReused: "read-token-reused" breaks "Lease Safety", seen in "etcd#20418";
    /// The read quorum is a majority minus one.
    ReadQuorumShort: "read-quorum-short" breaks "Lease Safety", seen in "async-raft#143";
    /// The lease is kept during a leadership transfer.
    LeaseKeptInTransfer: "lease-kept-in-transfer" breaks "Lease Safety", seen in "openraft#1747";
    /// The membership is changed before an entry of the leader's own term is committed.
    ChangeBeforeTermCommit: "change-before-term-commit" breaks "Config Safety",
        seen in "Ongaro's erratum to dissertation §4.1";
    /// A server that is not yet a voter by its own log refuses to vote.
    PromotedRefusesVote: "promoted-refuses-vote" breaks "Progress", seen in "etcd#10998";
    /// A removed leader goes on leading.
    RemovedLeaderStays: "removed-leader-stays" breaks "Config Safety",
        seen in "logcabin#205, CCF#5973";
    /// A pre-vote of an older term is not answered.
    PreVoteTermMismatch: "pre-vote-term-mismatch" breaks "Progress", seen in "etcd#8501";
    /// The target of a transfer asks for pre-votes first.
    TransferNeedsPreVote: "transfer-needs-pre-vote" breaks "Prompt Transfer",
        seen in "dragonboat#223";
    /// A transfer of leadership never times out.
    TransferNeverEnds: "transfer-never-ends" breaks "Progress", seen in "hashicorp/raft#696";
    /// Logs are compared by length only.
    LogComparedByLength: "log-compared-by-length" breaks "Leader Completeness", seen in "openraft";
    /// Acknowledged messages stay in the window of messages in flight.
    InFlightLeak: "in-flight-leak" breaks "Progress", seen in "etcd-io/raft#54";
    /// After a snapshot is installed, the leader goes on waiting for it.
    ProbeNeverResumes: "probe-never-resumes" breaks "Progress", seen in "etcd#10308";
    /// A refusal does not move `next_index` back.
    BacktrackStuck: "backtrack-stuck" breaks "Progress", seen in "CCF#3723";
    /// A leader stays while any other server answers, quorum or not.
    LeaderWithoutQuorum: "leader-without-quorum" breaks "Quorum Contact", seen in "openraft#2080";
    /// The configured list of members counts at every start, not only at the first.
    MembershipFromConfig: "membership-from-config" breaks "Config Safety",
        seen in "hashicorp/raft#532, copycat#51";
    /// A new server has caught up when the entries that it lacks fit in one message, and not when a
    /// round was short: while the log grows fast, that is never.
    CatchUpByLength: "catch-up-by-length" breaks "Progress", seen in "etcd, hashicorp/raft";
    /// The voters change although too few of the new ones were heard to be a majority.
    ChangeIgnoresLiveness: "change-ignores-liveness" breaks "Change Availability",
        seen in "etcd without strict-reconfig-check";
    /// The leader sends all pieces of a snapshot again at each heartbeat that brings no answer.
    SnapshotFlood: "snapshot-flood" breaks "Repeats On Evidence",
        seen in "an earlier version of this core";
    /// Learners that answer keep a leader in office.
    CheckQuorumCountsLearners: "check-quorum-counts-learners" breaks "Quorum Contact",
        seen in "a review";
    /// A pre-vote is granted although the leader is heard.
    PreVoteIgnoresLeader: "pre-vote-ignores-leader" breaks "Leader Stickiness",
        seen in "braft#366, sofa-jraft#15";
    /// A vote is granted although the leader is heard.
    VoteIgnoresLeader: "vote-ignores-leader" breaks "Leader Stickiness", seen in "braft#365";
    /// A candidate that is refused restarts the voter's election timer.
    RefusedVoteRestartsTimer: "refused-vote-restarts-timer" breaks "Election Timer",
        seen in "raft-rs#14, dotNext#89";
    /// A pre-vote that is granted restarts the voter's election timer.
    PreVoteRestartsTimer: "pre-vote-restarts-timer" breaks "Election Timer",
        seen in "hashicorp/raft#609";
    /// A learner starts elections.
    LearnerCampaigns: "learner-campaigns" breaks "Eligible Candidate",
        seen in "redpanda#8495, CCF#3252";
    /// Messages in flight have no limit.
    WindowIgnored: "window-ignored" breaks "Bounded Memory", seen in "etcd#14624";
    /// The entries of one message have no limit.
    BatchUnlimited: "batch-unlimited" breaks "Bounded Memory", seen in "cowsql/raft#73";
    /// Uncommitted entries have no limit.
    UncommittedIgnored: "uncommitted-ignored" breaks "Bounded Memory",
        seen in "etcd#10167, raft-rs#131";
    /// A new leader does not count the uncommitted entries that it finds.
    UncommittedForgotten: "uncommitted-forgotten" breaks "Bounded Memory",
        seen in "etcd-io/raft#11";
    /// Committed entries go on counting as uncommitted.
    UncommittedNeverFreed: "uncommitted-never-freed" breaks "Progress", seen in "a review";
    /// Pieces of a snapshot that can never be installed are kept.
    SnapshotPiecesKept: "snapshot-pieces-kept" breaks "Bounded Memory", seen in "camunda#4641";
    /// The log is never compacted.
    LogNeverCompacted: "log-never-compacted" breaks "Bounded Memory",
        seen in "nats-server#3837, openbao#3342";
    /// Learners get no heartbeats.
    HeartbeatSkipsLearners: "heartbeat-skips-learners" breaks "Progress",
        seen in "raft-rs#33, scylladb#10379";
    /// A proposal is reported as superseded when its entry is truncated (Figure 8).
    SupersededEarly: "superseded-early" breaks "True Replies",
        seen in "drivers that answer when an entry is removed";
    /// The commit index that goes to disk is that of the next entry, which may not be in the log.
    StoredCommitBeyondLog: "stored-commit-beyond-log" breaks "Commit Rule",
        seen in "etcd (tocommit is out of range)";
    /// A leader whose disk hangs goes on leading.
    HungDiskLeadsOn: "hung-disk-leads-on" breaks "Hung Disk", seen in "hashicorp/raft#683";
    /// After a restart, the entries that the log keeps before the end of its snapshot are applied
    /// again.
    TrailingAppliedAgain: "trailing-applied-again" breaks "State Machine Safety",
        seen in "drivers that apply the whole log after a restore";
    /// A report that a write is on disk counts for that write alone, and not for those before it.
    ReportsCountAlone: "reports-count-alone" breaks "Progress",
        seen in "drivers that report each write";
    /// After a start, entries that a state machine on disk has applied are applied again.
    AppliedAgain: "applied-again" breaks "Faithful Recovery",
        seen in "stores without an applied index";
    /// A driver that failed to make a snapshot is not asked again.
    SnapshotAskedOnce: "snapshot-asked-once" breaks "Bounded Memory",
        seen in "an earlier version of this core";
    /// A request that was passed on to the leader, and lost, is never given up.
    ForwardNeverGivenUp: "forward-never-given-up" breaks "Progress", seen in "a review";
    /// Proposals whose places a snapshot covers are never answered.
    SnapshotAnswersNothing: "snapshot-answers-nothing" breaks "Progress", seen in "a review";
    /// A leader that is the only voter waits for others to confirm its reads.
    SoleVoterReadsHang: "sole-voter-reads-hang" breaks "Progress", seen in "a review";
    /// The limits in bytes of messages and windows do not count.
    ByteLimitsIgnored: "byte-limits-ignored" breaks "Bounded Memory", seen in "a review";
    /// A lease lasts for the whole shortest election timeout, though clocks may drift.
    LeaseIgnoresDrift: "lease-ignores-drift" breaks "Lease Safety", seen in "a review";
    /// A server that restarts grants its vote at once: a lease may rest on what it answered before.
    RestartForgetsLease: "restart-forgets-lease" breaks "Lease Safety", seen in "a review";
    /// A server whose vote is not on its disk yet starts the next election when its timer elapses.
    SlowVoteGivenUp: "slow-vote-given-up" breaks "Eligible Candidate", seen in "a review";
    /// A leader takes proposals while it transfers its leadership.
    TransferTakesProposals: "transfer-takes-proposals" breaks "Quiet Transfer", seen in "a review";
    /// All election timeouts are equal.
    TimeoutsEqual: "timeouts-equal" breaks "Election Budget",
        seen in "implementations with a fixed election timeout";
    /// A copy of a forwarded command is appended like another command.
    ForwardNotRemembered: "forward-not-remembered" breaks "True Replies", seen in "a review";
    /// The lease of a leader that told another server to take over returns when the transfer ends.
    LeaseReturnsAfterTransfer: "lease-returns-after-transfer" breaks "Lease Safety",
        seen in "a review";
    /// Proposals of earlier terms are not answered when an entry of a later term is applied.
    ProposalsNotSuperseded: "proposals-not-superseded" breaks "Prompt Reply", seen in "a review";
    /// A server that was removed does not answer the proposals that are not committed.
    RemovedLeaderSilent: "removed-leader-silent" breaks "Prompt Reply", seen in "a review";
    /// A server is told to take over before its log is complete.
    TransferTooEarly: "transfer-too-early" breaks "Ready Successor", seen in "a review";
    /// A transfer goes on although its target loses its vote.
    TransferToNonVoter: "transfer-to-non-voter" breaks "Ready Successor", seen in "a review";
    /// A server that was removed does not store that its removal is committed.
    RemovalForgotten: "removal-forgotten" breaks "Eligible Candidate", seen in "a review";
    /// A follower does not answer a round at once if it answered a later one of an earlier term.
    AnsweredRoundKept: "answered-round-kept" breaks "Prompt Answer", seen in "a review";
}

/// The rules that are switched off.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Bugs(u128);

impl Bugs {
    /// All rules hold.
    pub const NONE: Self = Self(0);

    /// These rules, and the one that `bug` names, are switched off.
    #[must_use]
    pub const fn with(self, bug: Bug) -> Self {
        Self(self.0 | 1 << bug as u128)
    }

    /// Whether the rule that `bug` names is switched off.
    pub const fn has(self, bug: Bug) -> bool {
        self.0 & (1 << bug as u128) != 0
    }

    /// Which rules are switched off.
    pub fn iter(self) -> impl Iterator<Item = Bug> {
        Bug::ALL.iter().copied().filter(move |bug| self.has(*bug))
    }
}

impl FromIterator<Bug> for Bugs {
    fn from_iter<I: IntoIterator<Item = Bug>>(bugs: I) -> Self {
        bugs.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Bugs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The names, with commas between.
impl fmt::Display for Bugs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, bug) in self.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{bug}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
