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

/// Declares the switches: what is wrong without the rule, its name, what it breaks, whose mistake
/// it was, the rule in words, and its section of the paper, empty if it is in none.
macro_rules! bugs {
    ($(
        $(#[$doc:meta])*
        $bug:ident: $name:literal breaks $breaks:literal, seen in $seen:literal,
            rule $rule:literal, section $section:literal;
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

            /// The rule in words: what holds while it is on.
            pub fn rule(self) -> &'static str {
                match self { $(Self::$bug => $rule,)* }
            }

            /// The section of the Raft paper or of the dissertation that has the rule, such as
            /// `§5.2` or `dissertation §9.6`; `None`: neither has it.
            pub fn section(self) -> Option<&'static str> {
                let section = match self { $(Self::$bug => $section,)* };
                (!section.is_empty()).then_some(section)
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
    StaleVotes: "stale-votes" breaks "Election Quorum", seen in "Xraft#33, little-raft#44",
        rule "A candidate counts only votes of its own term.", section "§5.2";
    /// The vote is forgotten on restart.
    VoteForgotten: "vote-forgotten" breaks "Faithful Recovery", seen in "akka-raft#62",
        rule "A server stores its vote, and has it again after a restart.", section "§5.2";
    /// Stepping down within the same term clears the vote.
    StepDownClearsVote: "step-down-clears-vote" breaks "Vote Durability", seen in "CCF#8094",
        rule "A vote holds until the term ends, also when the server steps down.", section "§5.2";
    /// Becoming a pre-candidate clears the vote.
    PreVoteClearsVote: "pre-vote-clears-vote" breaks "Vote Durability", seen in "canonical/raft",
        rule "A question for pre-votes changes no vote.", section "dissertation §9.6";
    /// An election is won by a majority of the union of voters and outgoing voters.
    ElectionByUnion: "election-by-union" breaks "Election Quorum",
        seen in "CCF#3948, async-raft#62",
        rule "In a joint membership, a candidate needs a majority of the outgoing voters and one \
            of the new voters.",
        section "§6";
    /// A request for votes advertises log that is not on disk yet. The writes of this design are
    /// done in order, the term's and vote's after the log's: so they are not on disk either.
    VoteRequestNotDurable: "vote-request-not-durable" breaks "Durable Promises",
        seen in "canonical/raft#386",
        rule "A server promises nothing that is not on its disk: a candidate names only stored \
            entries.",
        section "Figure 2";
    /// A server that is no voter starts elections. One that knows no voters wins them alone.
    NonVoterCampaigns: "non-voter-campaigns" breaks "Eligible Candidate",
        seen in "hashicorp/raft#483",
        rule "Only a server with a vote starts elections.", section "dissertation §4.2.2";
    /// The log of a candidate that has the vote already is not compared. Needs a vote that was
    /// stored without the comparison, as a torn write leaves it.
    RepeatedVoteSkipsLog: "repeated-vote-skips-log" breaks "Leader Completeness",
        seen in "hashicorp/raft#661",
        rule "Each request for a vote is answered after the logs are compared, also a repeated \
            one.",
        section "§5.4.1";
    /// A vote is granted without comparing logs.
    VoteIgnoresLog: "vote-ignores-log" breaks "Leader Completeness", seen in "openraft",
        rule "A server votes only for a candidate whose log is at least as up-to-date as its own.",
        section "§5.4.1";
    /// Entries of older terms are committed by counting (Figure 8).
    CommitOldTerm: "commit-old-term" breaks "Commit Rule",
        seen in "logcabin#44, async-raft#108, CCF#3971",
        rule "A leader counts replicas only for entries of its own term.", section "§5.4.2";
    /// The hint of a refusal is taken for a match.
    HintIsMatch: "hint-is-match" breaks "Commit Rule", seen in "CCF#5325",
        rule "A refusal proves nothing about the follower's log: its hint is only the next place \
            to try.",
        section "§5.3";
    /// An acknowledgement reports the follower's last entry, not the last one that the request
    /// proved.
    AckOwnTail: "ack-own-tail" breaks "Durable Promises", seen in "CCF#6001",
        rule "An acknowledgement covers only the entries that the request proved.", section "§5.3";
    /// `match_index` goes back.
    MatchGoesBack: "match-goes-back" breaks "Monotonic State", seen in "PySyncObj#167",
        rule "What a follower is known to hold never becomes less.", section "§5.3";
    /// The commit quorum is read from an unsorted list.
    CommitUnsorted: "commit-unsorted" breaks "Commit Rule", seen in "openraft#1802",
        rule "An entry is committed when a majority of the disks holds it, whatever the order of \
            the voters.",
        section "§5.3";
    /// A joint membership commits without a majority of the outgoing voters.
    JointHalfCommit: "joint-half-commit" breaks "Commit Rule", seen in "openraft",
        rule "In a joint membership, an entry needs a majority of the outgoing voters and one of \
            the new voters.",
        section "§6";
    /// Learners are counted towards the commit quorum.
    LearnersCount: "learners-count" breaks "Commit Rule", seen in "openraft",
        rule "Learners do not count towards a majority.", section "dissertation §4.2.1";
    /// A follower acknowledges before its log is on disk.
    AckNotDurable: "ack-not-durable" breaks "Durable Promises", seen in "openraft, etcd#14370",
        rule "A follower acknowledges an entry after its disk holds it.", section "Figure 2";
    /// An append removes entries that agree with it.
    AppendTruncates: "append-truncates" breaks "Committed Durability",
        seen in "openraft, RaftOS#26",
        rule "A follower removes entries only if they conflict with the leader's.", section "§5.3";
    /// A follower's commit index advances past the entries that were compared with the leader's
    /// log.
    CommitUnverified: "commit-unverified" breaks "Commit Rule", seen in "willemt#118",
        rule "A follower commits only entries that were compared with the leader's log.",
        section "§5.3";
    /// Index 0 as the previous entry is accepted after compaction, as the start of a new log.
    PrevZeroAccepted: "prev-zero-accepted" breaks "Bounded Memory", seen in "willemt#118",
        rule "A request that begins before the log is accepted only if its entries agree with the \
            log.",
        section "§5.3";
    /// The term of a compacted or missing entry reads as 0.
    MissingTermIsZero: "missing-term-is-zero" breaks "Durable Promises", seen in "etcd-io/raft#31",
        rule "A follower accepts entries only if it holds the entry before them, with the same \
            term.",
        section "§5.3";
    /// `commit_index` goes back.
    CommitGoesBack: "commit-goes-back" breaks "Monotonic State", seen in "PySyncObj#166",
        rule "The commit index never goes back.", section "§5.3";
    /// Installing a snapshot sets the term to the snapshot's.
    SnapshotLowersTerm: "snapshot-lowers-term" breaks "Monotonic State", seen in "willemt#118",
        rule "The term of a server never goes back, also when a snapshot is installed.",
        section "§5.1";
    /// An older snapshot replaces newer committed state.
    OldSnapshotInstalled: "old-snapshot-installed" breaks "Monotonic State",
        seen in "openraft#1892",
        rule "A snapshot never replaces a later state.", section "§7";
    /// A snapshot loses the outgoing voters of a joint membership.
    SnapshotLosesJoint: "snapshot-loses-joint" breaks "Config Safety", seen in "etcd",
        rule "A snapshot holds the whole membership, also a joint one.", section "§7";
    /// The membership from before an installed snapshot stays in force.
    MembershipSurvivesSnapshot: "membership-survives-snapshot" breaks "Config Safety",
        seen in "openraft#1808",
        rule "The membership of an installed snapshot is in force at once.", section "§7";
    /// A leader answers reads without asking a quorum.
    ReadWithoutQuorum: "read-without-quorum" breaks "Read Linearizability", seen in "etcd#741",
        rule "A leader answers a read after a quorum confirmed that it leads.",
        section "dissertation §6.4";
    /// A leader answers reads before an entry of its own term is committed.
    ReadBeforeTermCommit: "read-before-term-commit" breaks "Read Linearizability",
        seen in "etcd#7331",
        rule "A leader answers reads after it committed an entry of its own term.",
        section "dissertation §6.4";
    /// A read is confirmed by any answer, also one to an earlier request.
    ReadTokenReused: "read-token-reused" breaks "Lease Safety", seen in "etcd#20418",
        rule "Only answers to a request that was sent after the read confirm it.",
        section "dissertation §6.4";
    /// The read quorum is a majority minus one.
    ReadQuorumShort: "read-quorum-short" breaks "Lease Safety", seen in "async-raft#143",
        rule "A read is confirmed by a majority.", section "dissertation §6.4";
    /// The lease is kept during a leadership transfer.
    LeaseKeptInTransfer: "lease-kept-in-transfer" breaks "Lease Safety", seen in "openraft#1747",
        rule "A leader gives its lease up when it tells another server to take over.",
        section "dissertation §6.4.1";
    /// The membership is changed before an entry of the leader's own term is committed.
    ChangeBeforeTermCommit: "change-before-term-commit" breaks "Config Safety",
        seen in "Ongaro's erratum to dissertation §4.1",
        rule "A leader changes the membership after it committed an entry of its own term.",
        section "dissertation §4.1";
    /// A server that is not yet a voter by its own log refuses to vote.
    PromotedRefusesVote: "promoted-refuses-vote" breaks "Progress", seen in "etcd#10998",
        rule "A server votes also if its own log does not say yet that it is a voter.",
        section "§6";
    /// A removed leader goes on leading.
    RemovedLeaderStays: "removed-leader-stays" breaks "Config Safety",
        seen in "logcabin#205, CCF#5973",
        rule "A leader that is removed steps down when its removal is committed.", section "§6";
    /// A pre-vote of an older term is not answered.
    PreVoteTermMismatch: "pre-vote-term-mismatch" breaks "Progress", seen in "etcd#8501",
        rule "A server answers each question for pre-votes, also one of an older term.",
        section "dissertation §9.6";
    /// The target of a transfer asks for pre-votes first.
    TransferNeedsPreVote: "transfer-needs-pre-vote" breaks "Prompt Transfer",
        seen in "dragonboat#223",
        rule "The target of a transfer starts an election at once, without pre-votes.",
        section "dissertation §3.10";
    /// A transfer of leadership never times out.
    TransferNeverEnds: "transfer-never-ends" breaks "Progress", seen in "hashicorp/raft#696",
        rule "A transfer of leadership that does not succeed in an election timeout is given up.",
        section "dissertation §3.10";
    /// Logs are compared by length only.
    LogComparedByLength: "log-compared-by-length" breaks "Leader Completeness", seen in "openraft",
        rule "Of two logs, the one with the later last term is more up-to-date; the length \
            decides only if the terms are equal.",
        section "§5.4.1";
    /// Acknowledged messages stay in the window of messages in flight.
    InFlightLeak: "in-flight-leak" breaks "Progress", seen in "etcd-io/raft#54",
        rule "A message that was acknowledged leaves the window of messages in flight.",
        section "dissertation §10.2.2";
    /// After a snapshot is installed, the leader goes on waiting for it.
    ProbeNeverResumes: "probe-never-resumes" breaks "Progress", seen in "etcd#10308",
        rule "A leader sends entries again when a follower has installed its snapshot.",
        section "§7";
    /// A refusal does not move `next_index` back.
    BacktrackStuck: "backtrack-stuck" breaks "Progress", seen in "CCF#3723",
        rule "A leader goes back in its log when a follower refuses its entries.", section "§5.3";
    /// A leader stays while any other server answers, quorum or not.
    LeaderWithoutQuorum: "leader-without-quorum" breaks "Quorum Contact", seen in "openraft#2080",
        rule "A leader that hears from no quorum steps down.", section "dissertation §6.2";
    /// The configured list of members counts at every start, not only at the first.
    MembershipFromConfig: "membership-from-config" breaks "Config Safety",
        seen in "hashicorp/raft#532, copycat#51",
        rule "The configured members count at the first start only; later the log has them.",
        section "§6";
    /// A new server has caught up when the entries that it lacks fit in one message, and not when a
    /// round was short: while the log grows fast, that is never.
    CatchUpByLength: "catch-up-by-length" breaks "Progress", seen in "etcd, hashicorp/raft",
        rule "A new server has caught up when a round of replication was short.",
        section "dissertation §4.2.1";
    /// The voters change although too few of the new ones were heard to be a majority.
    ChangeIgnoresLiveness: "change-ignores-liveness" breaks "Change Availability",
        seen in "etcd without strict-reconfig-check",
        rule "The voters change only if a majority of the new ones was heard.",
        section "dissertation §4.2";
    /// The leader sends all pieces of a snapshot again at each heartbeat that brings no answer.
    SnapshotFlood: "snapshot-flood" breaks "Repeats On Evidence",
        seen in "an earlier version of this core",
        rule "A leader repeats a piece of a snapshot only if there is a sign that it was lost.",
        section "§7";
    /// Learners that answer keep a leader in office.
    CheckQuorumCountsLearners: "check-quorum-counts-learners" breaks "Quorum Contact",
        seen in "a review",
        rule "Only voters keep a leader in office.", section "dissertation §6.2";
    /// A pre-vote is granted although the leader is heard.
    PreVoteIgnoresLeader: "pre-vote-ignores-leader" breaks "Leader Stickiness",
        seen in "braft#366, sofa-jraft#15",
        rule "A server that hears a leader grants no pre-vote.", section "dissertation §9.6";
    /// A vote is granted although the leader is heard.
    VoteIgnoresLeader: "vote-ignores-leader" breaks "Leader Stickiness", seen in "braft#365",
        rule "A server that hears a leader grants no vote.", section "dissertation §4.2.3";
    /// A candidate that is refused restarts the voter's election timer.
    RefusedVoteRestartsTimer: "refused-vote-restarts-timer" breaks "Election Timer",
        seen in "raft-rs#14, dotNext#89",
        rule "Only a vote that is granted restarts the voter's election timer.", section "§5.2";
    /// A pre-vote that is granted restarts the voter's election timer.
    PreVoteRestartsTimer: "pre-vote-restarts-timer" breaks "Election Timer",
        seen in "hashicorp/raft#609",
        rule "A pre-vote does not restart the voter's election timer.", section "dissertation §9.6";
    /// A learner starts elections.
    LearnerCampaigns: "learner-campaigns" breaks "Eligible Candidate",
        seen in "redpanda#8495, CCF#3252",
        rule "A learner starts no elections.", section "dissertation §4.2.1";
    /// Messages in flight have no limit.
    WindowIgnored: "window-ignored" breaks "Bounded Memory", seen in "etcd#14624",
        rule "A leader has a limited number of messages in flight to each follower.",
        section "dissertation §10.2.2";
    /// The entries of one message have no limit.
    BatchUnlimited: "batch-unlimited" breaks "Bounded Memory", seen in "cowsql/raft#73",
        rule "A message has a limited number of entries.", section "dissertation §10.2.2";
    /// Uncommitted entries have no limit.
    UncommittedIgnored: "uncommitted-ignored" breaks "Bounded Memory",
        seen in "etcd#10167, raft-rs#131",
        rule "A leader refuses commands while too many bytes are uncommitted.", section "";
    /// A new leader does not count the uncommitted entries that it finds.
    UncommittedForgotten: "uncommitted-forgotten" breaks "Bounded Memory",
        seen in "etcd-io/raft#11",
        rule "A new leader counts the uncommitted entries that it finds.", section "";
    /// Committed entries go on counting as uncommitted.
    UncommittedNeverFreed: "uncommitted-never-freed" breaks "Progress", seen in "a review",
        rule "An entry that is committed does not count as uncommitted any more.", section "";
    /// Pieces of a snapshot that can never be installed are kept.
    SnapshotPiecesKept: "snapshot-pieces-kept" breaks "Bounded Memory", seen in "camunda#4641",
        rule "Pieces of a snapshot that can never be installed are dropped.", section "§7";
    /// The log is never compacted.
    LogNeverCompacted: "log-never-compacted" breaks "Bounded Memory",
        seen in "nats-server#3837, openbao#3342",
        rule "A snapshot replaces the entries that a server has applied.", section "§7";
    /// Learners get no heartbeats.
    HeartbeatSkipsLearners: "heartbeat-skips-learners" breaks "Progress",
        seen in "raft-rs#33, scylladb#10379",
        rule "A leader sends heartbeats to all members, also to learners.",
        section "dissertation §4.2.1";
    /// A proposal is reported as superseded when its entry is truncated (Figure 8).
    SupersededEarly: "superseded-early" breaks "True Replies",
        seen in "drivers that answer when an entry is removed",
        rule "A command counts as superseded only when another entry is committed in its place.",
        section "Figure 8";
    /// The commit index that goes to disk is that of the next entry, which may not be in the log.
    StoredCommitBeyondLog: "stored-commit-beyond-log" breaks "Commit Rule",
        seen in "etcd (tocommit is out of range)",
        rule "The commit index on a disk never passes the end of its log.", section "§5.3";
    /// A leader whose disk hangs goes on leading.
    HungDiskLeadsOn: "hung-disk-leads-on" breaks "Hung Disk", seen in "hashicorp/raft#683",
        rule "A leader whose disk hangs hands its leadership over.", section "dissertation §3.10";
    /// After a restart, the entries that the log keeps before the end of its snapshot are applied
    /// again.
    TrailingAppliedAgain: "trailing-applied-again" breaks "State Machine Safety",
        seen in "drivers that apply the whole log after a restore",
        rule "A server applies each entry once: after a restart, it begins after its snapshot.",
        section "§5.3";
    /// A report that a write is on disk counts for that write alone, and not for those before it.
    ReportsCountAlone: "reports-count-alone" breaks "Progress",
        seen in "drivers that report each write",
        rule "Writes reach the disk in order: a report about one counts for all before it.",
        section "";
    /// After a start, entries that a state machine on disk has applied are applied again.
    AppliedAgain: "applied-again" breaks "Faithful Recovery",
        seen in "stores without an applied index",
        rule "A server applies each entry once: a restart begins after the entries that its state \
            holds.",
        section "§5.3";
    /// A driver that failed to make a snapshot is not asked again.
    SnapshotAskedOnce: "snapshot-asked-once" breaks "Bounded Memory",
        seen in "an earlier version of this core",
        rule "A snapshot that failed is tried again.", section "§7";
    /// A request that was passed on to the leader, and lost, is never given up.
    ForwardNeverGivenUp: "forward-never-given-up" breaks "Progress", seen in "a review",
        rule "A request that was passed on to the leader, and lost, is given up after a while.",
        section "§8";
    /// Proposals whose places a snapshot covers are never answered.
    SnapshotAnswersNothing: "snapshot-answers-nothing" breaks "Progress", seen in "a review",
        rule "Commands whose places a snapshot covers are answered too.", section "§8";
    /// A leader that is the only voter waits for others to confirm its reads.
    SoleVoterReadsHang: "sole-voter-reads-hang" breaks "Progress", seen in "a review",
        rule "A leader that is the only voter confirms its reads by itself.",
        section "dissertation §6.4";
    /// The limits in bytes of messages and windows do not count.
    ByteLimitsIgnored: "byte-limits-ignored" breaks "Bounded Memory", seen in "a review",
        rule "Messages and windows have limits in bytes.", section "dissertation §10.2.2";
    /// A lease lasts for the whole shortest election timeout, though clocks may drift.
    LeaseIgnoresDrift: "lease-ignores-drift" breaks "Lease Safety", seen in "a review",
        rule "A lease ends before the shortest election timeout, by as much as clocks may drift.",
        section "dissertation §6.4.1";
    /// A server that restarts grants its vote at once: a lease may rest on what it answered before.
    RestartForgetsLease: "restart-forgets-lease" breaks "Lease Safety", seen in "a review",
        rule "A server that restarts grants no vote while a lease may rest on its answers.",
        section "dissertation §6.4.1";
    /// A server whose vote is not on its disk yet starts the next election when its timer elapses.
    SlowVoteGivenUp: "slow-vote-given-up" breaks "Eligible Candidate", seen in "a review",
        rule "A server starts no election before its own last vote is stored.", section "§5.6";
    /// A leader takes proposals while it transfers its leadership.
    TransferTakesProposals: "transfer-takes-proposals" breaks "Quiet Transfer", seen in "a review",
        rule "A leader takes no commands while it transfers its leadership.",
        section "dissertation §3.10";
    /// All election timeouts are equal.
    TimeoutsEqual: "timeouts-equal" breaks "Election Budget",
        seen in "implementations with a fixed election timeout",
        rule "Election timeouts are drawn at random.", section "§5.2";
    /// A copy of a forwarded command is appended like another command.
    ForwardNotRemembered: "forward-not-remembered" breaks "True Replies", seen in "a review",
        rule "A copy of a forwarded command is not appended again.", section "§8";
    /// The lease of a leader that told another server to take over returns when the transfer ends.
    LeaseReturnsAfterTransfer: "lease-returns-after-transfer" breaks "Lease Safety",
        seen in "a review",
        rule "A leader that told another server to take over has no lease for the rest of its \
            term.",
        section "dissertation §6.4.1";
    /// Proposals of earlier terms are not answered when an entry of a later term is applied.
    ProposalsNotSuperseded: "proposals-not-superseded" breaks "Prompt Reply", seen in "a review",
        rule "A command is answered when an entry of a later term is applied.", section "§8";
    /// A server that was removed does not answer the proposals that are not committed.
    RemovedLeaderSilent: "removed-leader-silent" breaks "Prompt Reply", seen in "a review",
        rule "A leader that is removed answers the commands that are not committed.", section "§8";
    /// A server is told to take over before its log is complete.
    TransferTooEarly: "transfer-too-early" breaks "Ready Successor", seen in "a review",
        rule "A leader tells a server to take over only when that server's log is complete.",
        section "dissertation §3.10";
    /// A transfer goes on although its target loses its vote.
    TransferToNonVoter: "transfer-to-non-voter" breaks "Ready Successor", seen in "a review",
        rule "A transfer ends if its target loses its vote.", section "dissertation §3.10";
    /// A server that was removed does not store that its removal is committed.
    RemovalForgotten: "removal-forgotten" breaks "Eligible Candidate", seen in "a review",
        rule "A server that was removed stores that its removal is committed.", section "§6";
    /// A follower does not answer a round at once if it answered a later one of an earlier term.
    AnsweredRoundKept: "answered-round-kept" breaks "Prompt Answer", seen in "a review",
        rule "A follower answers each new heartbeat round at once, also in a new term.",
        section "dissertation §6.4";
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

    /// These rules are switched off, but not the one that `bug` names.
    #[must_use]
    pub const fn without(self, bug: Bug) -> Self {
        Self(self.0 & !(1 << bug as u128))
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
