//! Every decision, with its reason and its section of the paper.
//!
//! The `Display` forms are the words that the command line and the page show. They speak of the
//! server in the third person without naming it ("refuses its vote to node 1: …"): whoever prints
//! them knows whose trace it is.

mod reasons;
mod words;

use alloc::vec::Vec;

pub use self::reasons::{
    AppendRefusal, ElectionReason, ElectionRefusal, ForgetRefusal, IgnoreReason, SnapshotRefusal,
    StepDownReason, VoteRefusal,
};

use crate::{
    LogIndex, LogPosition, Membership, MembershipChange, NodeId, PersistId, Refusal, Round, Term,
};

/// One decision of a server.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Trace {
    /// It started, with what it found on its disk.
    Started {
        /// The recovered term.
        term: Term,
        /// The recovered vote.
        voted_for: Option<NodeId>,
        /// The last entry that the recovered snapshot covers.
        snapshot: LogPosition,
        /// The last entry of the recovered log.
        last_log: LogPosition,
    },
    /// It saw a later term and entered it as a follower (§5.1).
    TermAdvanced {
        /// The term before.
        from: Term,
        /// The term now.
        to: Term,
        /// Who told it.
        by: NodeId,
    },
    /// It follows the leader of its term (§5.2).
    LeaderRecognized {
        /// The leader.
        leader: NodeId,
        /// The term.
        term: Term,
    },
    /// It stopped being candidate or leader.
    SteppedDown {
        /// The term in which it now follows.
        term: Term,
        /// Why.
        reason: StepDownReason,
    },
    /// It asked whether it could win, without entering the term (dissertation §9.6).
    PreVoteStarted {
        /// The term that it would stand for.
        term: Term,
        /// Why.
        reason: ElectionReason,
        /// Its last log entry, which voters will compare with theirs.
        last_log: LogPosition,
    },
    /// It said that it would give its vote (dissertation §9.6). It promises nothing.
    PreVoteGranted {
        /// To whom.
        candidate: NodeId,
        /// In which term.
        term: Term,
    },
    /// It said that it would refuse its vote.
    PreVoteRefused {
        /// To whom.
        candidate: NodeId,
        /// The term the sender asked for.
        term: Term,
        /// The guard that refused.
        reason: VoteRefusal,
    },
    /// It counted an answer to its question whether it could win.
    PreVoteCounted {
        /// Who answered.
        voter: NodeId,
        /// Whether the vote would be granted.
        granted: bool,
        /// How many would vote for it, itself included.
        votes: usize,
        /// How many it needs.
        needed: usize,
    },
    /// It was told to stand for election, and did not.
    ElectionNotStarted {
        /// Why.
        reason: ElectionRefusal,
    },
    /// It forgot its leader, as it was told.
    LeaderForgotten {
        /// Whom.
        leader: Option<NodeId>,
    },
    /// It was told to forget its leader, and did not.
    LeaderNotForgotten {
        /// Why.
        reason: ForgetRefusal,
    },
    /// It started an election (§5.2).
    ElectionStarted {
        /// The term that it stands for.
        term: Term,
        /// Why.
        reason: ElectionReason,
        /// Its last log entry, which voters will compare with theirs.
        last_log: LogPosition,
    },
    /// It gave its vote (§5.2, §5.4.1).
    VoteGranted {
        /// To whom.
        candidate: NodeId,
        /// In which term.
        term: Term,
    },
    /// It refused its vote.
    VoteRefused {
        /// To whom.
        candidate: NodeId,
        /// The term the candidate asked for.
        term: Term,
        /// The guard that refused.
        reason: VoteRefusal,
    },
    /// It counted an answer to its request for votes.
    VoteCounted {
        /// Who answered.
        voter: NodeId,
        /// Whether the vote was granted.
        granted: bool,
        /// Votes granted so far, its own included.
        votes: usize,
        /// How many it needs.
        needed: usize,
    },
    /// It won (§5.2).
    BecameLeader {
        /// Its term.
        term: Term,
        /// Who voted for it.
        voters: Vec<NodeId>,
    },
    /// As leader, it appended an entry to its log.
    Appended {
        /// Where.
        position: LogPosition,
        /// Whether it is the no-op at the start of a term (§8).
        noop: bool,
    },
    /// As follower, it accepted entries, or a heartbeat that proved its log (§5.3).
    EntriesAccepted {
        /// From which leader.
        leader: NodeId,
        /// How many entries it did not have before.
        new_entries: usize,
        /// Its log equals the leader's up to here.
        match_index: LogIndex,
    },
    /// As follower, it refused entries (§5.3).
    EntriesRefused {
        /// From which leader.
        leader: NodeId,
        /// What the request claimed to come before its entries.
        prev_log: LogPosition,
        /// The guard that refused.
        reason: AppendRefusal,
    },
    /// It removed entries that conflict with the leader's (§5.3).
    Truncated {
        /// The first entry removed.
        from: LogPosition,
        /// The last entry removed.
        to: LogPosition,
        /// The term of the leader's entry at the first place.
        leader_term: Term,
    },
    /// As leader, it moved `next_index` back to look for the place where the logs agree (§5.3).
    Backtracked {
        /// Whose log.
        peer: NodeId,
        /// `next_index` before.
        from: LogIndex,
        /// `next_index` now.
        to: LogIndex,
    },
    /// As leader, it found entries on a majority of disks and committed them (§5.3, §5.4.2).
    Committed {
        /// `commit_index` before.
        from: LogIndex,
        /// `commit_index` now.
        to: LogIndex,
        /// The servers whose disks hold the entry at `to`.
        quorum: Vec<NodeId>,
    },
    /// As leader, it found an entry of an older term on a majority, which proves nothing: only
    /// entries of its own term are committed by counting (§5.4.2, Figure 8).
    CommitWithheld {
        /// The entry.
        position: LogPosition,
        /// The leader's term.
        term: Term,
    },
    /// As follower, it learned from its leader what is committed (§5.3).
    CommitLearned {
        /// `commit_index` before.
        from: LogIndex,
        /// `commit_index` now.
        to: LogIndex,
    },
    /// It cannot lead now, and told the client whom to ask (§8).
    ProposalRedirected {
        /// Whom it named.
        leader: Option<NodeId>,
    },
    /// It did not take a command.
    ProposalRefused {
        /// Why.
        reason: Refusal,
    },
    /// As follower, it passed a client's request on.
    PassedOn {
        /// To whom.
        leader: NodeId,
    },
    /// As leader, it answered a read at once (dissertation §6.4.1).
    ReadByLease {
        /// What was committed then.
        index: LogIndex,
    },
    /// As leader, it has to ask a quorum whether it still leads before it answers a read
    /// (dissertation §6.4).
    ReadWaits {
        /// What was committed when the read arrived.
        index: LogIndex,
        /// The round that a quorum must answer.
        round: Round,
    },
    /// As leader, it learned that it still led after a read arrived (dissertation §6.4).
    ReadConfirmed {
        /// What the read must see.
        index: LogIndex,
        /// The round that a quorum answered.
        round: Round,
    },
    /// It did not allow a read.
    ReadRefused {
        /// Why.
        reason: Refusal,
    },
    /// As leader, it began to hand over (dissertation §3.10).
    TransferStarted {
        /// To whom.
        to: NodeId,
    },
    /// It did not begin to hand over.
    TransferRefused {
        /// To whom.
        to: NodeId,
        /// Why.
        reason: Refusal,
    },
    /// As leader, it told a server with a complete log to stand for election (dissertation §3.10).
    TimeoutNowSent {
        /// Whom.
        to: NodeId,
    },
    /// The server did not take over in time; the leader goes on (dissertation §3.10).
    TransferTimedOut {
        /// Who.
        to: NodeId,
    },
    /// As leader, it began to change the membership (§6).
    ChangeStarted {
        /// What it was asked for.
        change: MembershipChange,
        /// What it leads to.
        target: Membership,
    },
    /// It did not begin to change the membership.
    ChangeRefused {
        /// What it was asked for.
        change: MembershipChange,
        /// Why.
        reason: Refusal,
    },
    /// As leader, it gave up a change whose new server did not come along.
    CatchUpStalled {
        /// The new server.
        node: NodeId,
    },
    /// A membership is in force, because its log holds it now (§6).
    MembershipAdopted {
        /// The entry.
        index: LogIndex,
        /// The membership.
        membership: Membership,
    },
    /// The entry with a membership was removed, and the one before it is in force again (§6).
    MembershipRolledBack {
        /// The entry that holds the membership which is in force again.
        index: LogIndex,
        /// The membership.
        membership: Membership,
    },
    /// The disk is so slow that messages which wait for it were given up, like lost ones.
    WithheldDropped {
        /// How many.
        messages: usize,
    },
    /// It wants a snapshot of the state machine (§7).
    SnapshotRequested {
        /// The last entry applied.
        through: LogIndex,
        /// How many entries stand behind the last snapshot.
        entries: u64,
    },
    /// It has a snapshot of its own state machine and dropped the log up to there (§7).
    Compacted {
        /// The last entry that the snapshot covers.
        through: LogPosition,
        /// How many entries were dropped.
        entries: u64,
    },
    /// A snapshot of its own came too late or too early and was not used.
    SnapshotIgnored {
        /// The last entry that it covers.
        through: LogIndex,
        /// Why.
        reason: SnapshotRefusal,
    },
    /// As leader, it no longer has the entries that a server needs and sends its snapshot (§7).
    SnapshotSent {
        /// To whom.
        peer: NodeId,
        /// The last entry that the snapshot covers.
        last_included: LogPosition,
        /// The entry that the server would need.
        next_index: LogIndex,
        /// The snapshot's size in bytes.
        bytes: u64,
    },
    /// As follower, it stored a piece of its leader's snapshot (§7).
    SnapshotChunkStored {
        /// The last entry that the snapshot covers.
        last_included: LogPosition,
        /// Bytes held so far.
        received: u64,
    },
    /// As follower, it threw pieces of a snapshot away, because another snapshot, or one of another
    /// leader, is arriving (§7).
    SnapshotAbandoned {
        /// The last entry that the snapshot covers.
        last_included: LogPosition,
        /// How many bytes of it were there.
        received: u64,
    },
    /// As follower, it replaced its state by its leader's snapshot (§7).
    SnapshotInstalled {
        /// The last entry that the snapshot covers.
        last_included: LogPosition,
        /// Entries behind the snapshot that agree with it and were kept.
        kept_entries: u64,
    },
    /// It ignored a message: late, repeated, or impossible.
    MessageIgnored {
        /// The sender.
        from: NodeId,
        /// The paper's name of the message.
        message: &'static str,
        /// Why.
        reason: IgnoreReason,
    },
    /// It ignored [`Input::Persisted`](crate::Input::Persisted) for a write it never asked for.
    PersistedUnknown {
        /// The id.
        id: PersistId,
    },
    /// It started, and does not obey these rules. It stands last: so the hashes of all others are the same
    /// without it.
    #[cfg(feature = "bugs")]
    RulesSwitchedOff {
        /// Which.
        bugs: crate::Bugs,
    },
}

impl Trace {
    /// The section of the Raft paper (extended version), or of the dissertation, that the decision
    /// follows.
    pub fn section(&self) -> Option<&'static str> {
        Some(match self {
            Self::TermAdvanced { .. } => "§5.1",
            Self::SteppedDown { reason, .. } => match reason {
                StepDownReason::LaterTerm(_) => "§5.1",
                StepDownReason::LeaderElected(_) | StepDownReason::LeaderHeard(_) => "§5.2",
                StepDownReason::QuorumLost => "dissertation §6.2",
                StepDownReason::Removed => "§6",
            },
            Self::LeaderRecognized { .. }
            | Self::ElectionStarted { .. }
            | Self::VoteGranted { .. }
            | Self::VoteCounted { .. }
            | Self::BecameLeader { .. } => "§5.2",
            Self::PreVoteStarted { .. }
            | Self::PreVoteGranted { .. }
            | Self::PreVoteCounted { .. } => "dissertation §9.6",
            Self::VoteRefused { reason, .. } | Self::PreVoteRefused { reason, .. } => {
                match reason {
                    VoteRefusal::StaleTerm { .. } => "§5.1",
                    VoteRefusal::AlreadyVoted { .. } => "§5.2",
                    VoteRefusal::LogBehind { .. } => "§5.4.1",
                    VoteRefusal::LeaderIsAlive { .. } => "dissertation §4.2.3",
                }
            }
            Self::EntriesRefused { reason: AppendRefusal::StaleTerm { .. }, .. } => "§5.1",
            Self::EntriesAccepted { .. }
            | Self::EntriesRefused { .. }
            | Self::Truncated { .. }
            | Self::Backtracked { .. }
            | Self::Committed { .. }
            | Self::CommitLearned { .. }
            | Self::Appended { noop: false, .. } => "§5.3",
            Self::CommitWithheld { .. } => "§5.4.2",
            Self::Appended { noop: true, .. } | Self::ProposalRedirected { .. } => "§8",
            other => return other.section_beyond_the_core(),
        })
    }

    fn section_beyond_the_core(&self) -> Option<&'static str> {
        Some(match self {
            Self::ReadByLease { .. } => "dissertation §6.4.1",
            Self::ReadWaits { .. } | Self::ReadConfirmed { .. } | Self::ReadRefused { .. } => {
                "dissertation §6.4"
            }
            Self::TransferStarted { .. }
            | Self::TransferRefused { .. }
            | Self::TimeoutNowSent { .. }
            | Self::TransferTimedOut { .. } => "dissertation §3.10",
            Self::CatchUpStalled { .. } => "dissertation §4.2.1",
            Self::ChangeRefused { reason: Refusal::TermNotCommitted, .. } => "dissertation §4.1",
            Self::ChangeStarted { .. }
            | Self::ChangeRefused { .. }
            | Self::MembershipAdopted { .. }
            | Self::MembershipRolledBack { .. } => "§6",
            Self::SnapshotRequested { .. }
            | Self::Compacted { .. }
            | Self::SnapshotIgnored { .. }
            | Self::SnapshotSent { .. }
            | Self::SnapshotChunkStored { .. }
            | Self::SnapshotAbandoned { .. }
            | Self::SnapshotInstalled { .. } => "§7",
            Self::MessageIgnored { reason, .. } => match reason {
                IgnoreReason::StaleTerm { .. } => "§5.1",
                IgnoreReason::SecondLeader { .. } => "§5.2",
                IgnoreReason::ConflictsWithCommitted { .. } => "§5.4.3",
                _ => return None,
            },
            _ => return None,
        })
    }
}
