//! Rules of Raft that can be switched off, to show what each is for and that checkers notice.
//!
//! Every one is a mistake that a real implementation made. With the feature `bugs`,
//! [`Config::bugs`](crate::Config::bugs) plants them; each has exactly one call site, a `bug!` in this
//! crate. Without the feature neither this module nor the call sites exist.

use core::fmt;

/// Declares the switches: name, what is wrong, what it breaks.
macro_rules! bugs {
    ($($(#[$doc:meta])* $bug:ident: $name:literal breaks $breaks:literal,)*) => {
        /// One rule that is switched off.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Bug { $($(#[$doc])* $bug,)* }

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
        }
    };
}

bugs! {
    /// Vote replies of an older term are counted.
    StaleVotes: "stale-votes" breaks "election safety",
    /// The vote is forgotten on restart.
    VoteForgotten: "vote-forgotten" breaks "election safety",
    /// Stepping down within the same term clears the vote.
    StepDownClearsVote: "step-down-clears-vote" breaks "election safety",
    /// Becoming a pre-candidate clears the vote.
    PreVoteClearsVote: "pre-vote-clears-vote" breaks "election safety",
    /// An election is won by a majority of the union of old and new voters.
    ElectionByUnion: "election-by-union" breaks "election safety",
    /// A request for votes advertises log that is not on disk yet.
    VoteRequestNotDurable: "vote-request-not-durable" breaks "leader completeness",
    /// A server that is no voter stands for election.
    NonVoterCampaigns: "non-voter-campaigns" breaks "election safety",
    /// Who has the vote already is not asked for its log. Needs a vote that was stored without the
    /// comparison, as a torn write leaves it.
    RepeatedVoteSkipsLog: "repeated-vote-skips-log" breaks "leader completeness",
    /// A vote is granted without comparing logs.
    VoteIgnoresLog: "vote-ignores-log" breaks "leader completeness",
    /// Entries of older terms are committed by counting (Figure 8).
    CommitOldTerm: "commit-old-term" breaks "leader completeness",
    /// The hint of a refusal is taken for a match.
    HintIsMatch: "hint-is-match" breaks "leader completeness",
    /// An acknowledgement reports the follower's own tail, not what the request proved.
    AckOwnTail: "ack-own-tail" breaks "leader completeness",
    /// `match_index` goes back.
    MatchGoesBack: "match-goes-back" breaks "progress",
    /// The commit quorum is read from an unsorted list.
    CommitUnsorted: "commit-unsorted" breaks "leader completeness",
    /// A joint membership commits with a majority of the new voters only.
    JointHalfCommit: "joint-half-commit" breaks "leader completeness",
    /// Learners are counted towards the commit quorum.
    LearnersCount: "learners-count" breaks "leader completeness",
    /// A follower acknowledges before its log is on disk.
    AckNotDurable: "ack-not-durable" breaks "committed durability",
    /// An append removes entries that agree with it.
    AppendTruncates: "append-truncates" breaks "committed durability",
    /// A follower's commit index advances past what was compared with the leader's log.
    CommitUnverified: "commit-unverified" breaks "state machine safety",
    /// Index 0 as the previous entry is accepted after compaction, as the start of a new log.
    PrevZeroAccepted: "prev-zero-accepted" breaks "log matching",
    /// The term of a compacted or missing entry reads as 0.
    MissingTermIsZero: "missing-term-is-zero" breaks "log matching",
    /// `commit_index` goes back.
    CommitGoesBack: "commit-goes-back" breaks "monotonic commit",
    /// Installing a snapshot sets the term to the snapshot's.
    SnapshotLowersTerm: "snapshot-lowers-term" breaks "monotonic term",
    /// An older snapshot replaces newer committed state.
    OldSnapshotInstalled: "old-snapshot-installed" breaks "state machine safety",
    /// A snapshot loses the outgoing voters of a joint membership.
    SnapshotLosesJoint: "snapshot-loses-joint" breaks "config safety",
    /// The membership from before an installed snapshot stays in force.
    MembershipSurvivesSnapshot: "membership-survives-snapshot" breaks "config safety",
    /// A leader answers reads without asking a quorum.
    ReadWithoutQuorum: "read-without-quorum" breaks "linearizability",
    /// A leader answers reads before an entry of its own term is committed.
    ReadBeforeTermCommit: "read-before-term-commit" breaks "linearizability",
    /// A read is confirmed by any answer, also one to an earlier request.
    ReadTokenReused: "read-token-reused" breaks "linearizability",
    /// The read quorum is a majority minus one.
    ReadQuorumShort: "read-quorum-short" breaks "linearizability",
    /// The lease is kept while leadership is handed over.
    LeaseKeptInTransfer: "lease-kept-in-transfer" breaks "lease safety",
    /// The membership is changed before an entry of the leader's own term is committed.
    ChangeBeforeTermCommit: "change-before-term-commit" breaks "config safety",
    /// A server that does not know that it votes refuses to vote.
    PromotedRefusesVote: "promoted-refuses-vote" breaks "liveness",
    /// A removed leader goes on leading.
    RemovedLeaderStays: "removed-leader-stays" breaks "liveness",
    /// A pre-vote of an older term is not answered.
    PreVoteTermMismatch: "pre-vote-term-mismatch" breaks "liveness",
    /// The target of a transfer asks for pre-votes first.
    TransferNeedsPreVote: "transfer-needs-pre-vote" breaks "liveness",
    /// A transfer of leadership never times out.
    TransferNeverEnds: "transfer-never-ends" breaks "liveness",
    /// Logs are compared by length only.
    LogComparedByLength: "log-compared-by-length" breaks "leader completeness",
    /// Acknowledged bytes stay in the window.
    InFlightLeak: "in-flight-leak" breaks "liveness",
    /// After a snapshot a server stays as it was, waiting for more of it.
    ProbeNeverResumes: "probe-never-resumes" breaks "liveness",
    /// A refusal does not move `next_index` back.
    BacktrackStuck: "backtrack-stuck" breaks "liveness",
    /// A leader stays while any other server answers, quorum or not.
    LeaderWithoutQuorum: "leader-without-quorum" breaks "liveness",
}

/// The rules that are switched off.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Bugs(u64);

impl Bugs {
    /// All rules hold.
    pub const NONE: Self = Self(0);

    /// These rules, and the one that `bug` names, are switched off.
    #[must_use]
    pub const fn with(self, bug: Bug) -> Self {
        Self(self.0 | 1 << bug as u64)
    }

    /// Whether the rule that `bug` names is switched off.
    pub const fn has(self, bug: Bug) -> bool {
        self.0 & (1 << bug as u64) != 0
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

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
