//! Every decision, with its reason and its section of the paper.
//!
//! The `Display` forms are the words that the command line and the page show. They speak of the
//! server in the third person without naming it ("refuses its vote to node 1: …"): whoever prints
//! them knows whose trace it is.

use alloc::vec::Vec;
use core::fmt;

use crate::{LogIndex, LogPosition, NodeId, PersistId, Term};

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
}

/// Why a server stopped being candidate or leader.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum StepDownReason {
    /// A message carried a later term (§5.1).
    LaterTerm(Term),
    /// Another candidate won this term (§5.2).
    LeaderElected(NodeId),
}

/// Why a server started an election.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ElectionReason {
    /// No leader was heard for the election timeout (§5.2).
    LeaderSilent,
    /// Its own election ended without a winner (§5.2).
    SplitVote,
    /// [`Input::ForceElection`](crate::Input::ForceElection)
    Forced,
}

/// The guard that refused a vote.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum VoteRefusal {
    /// The candidate's term is over (§5.1).
    StaleTerm {
        /// The voter's term.
        current: Term,
    },
    /// One vote in a term (§5.2).
    AlreadyVoted {
        /// Who got it.
        voted_for: NodeId,
    },
    /// The candidate's log is less up-to-date than the voter's (§5.4.1).
    LogBehind {
        /// The candidate's last entry.
        candidate: LogPosition,
        /// The voter's last entry.
        own: LogPosition,
    },
}

/// The guard that refused entries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum AppendRefusal {
    /// The sender's term is over (§5.1).
    StaleTerm {
        /// The follower's term.
        current: Term,
    },
    /// The follower's log ends before the entry that must come before (§5.3).
    PreviousMissing {
        /// Its last entry.
        last_log: LogPosition,
    },
    /// The follower holds an entry of another term there (§5.3).
    PreviousConflicts {
        /// The term it holds.
        own_term: Term,
    },
}

/// Why a snapshot was not used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum SnapshotRefusal {
    /// A snapshot that covers as much, or more, is there already.
    NotNewer {
        /// What that one covers.
        current: LogIndex,
    },
    /// It claims entries that were not applied yet.
    NotApplied {
        /// The last entry applied.
        last_applied: LogIndex,
    },
}

/// Why a message was ignored. None of these is an error of the receiver.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum IgnoreReason {
    /// It belongs to a term that is over (§5.1).
    StaleTerm {
        /// The receiver's term.
        current: Term,
    },
    /// The sender is not a member of the cluster.
    UnknownSender,
    /// It answers something that this server no longer asks.
    NotExpected,
    /// It repeats what is known.
    AlreadyKnown,
    /// It claims to come from a second leader of the same term (§5.2): the sender is broken.
    SecondLeader {
        /// The leader that this server knows.
        leader: NodeId,
    },
    /// Its entries are not consecutive, or their terms go back or exceed the message's.
    Malformed,
    /// It would remove a committed entry (§5.4.3): the sender is broken.
    ConflictsWithCommitted {
        /// The first entry that conflicts.
        at: LogIndex,
        /// The receiver's commit index.
        commit_index: LogIndex,
    },
    /// It acknowledges entries that this leader does not have: the sender is broken.
    BeyondLog {
        /// The index it acknowledges.
        index: LogIndex,
        /// The leader's last entry.
        last: LogIndex,
    },
}

impl Trace {
    /// The section of the Raft paper (extended version) that the decision follows.
    pub fn section(&self) -> Option<&'static str> {
        Some(match self {
            Self::TermAdvanced { .. }
            | Self::SteppedDown { reason: StepDownReason::LaterTerm(_), .. } => "§5.1",
            Self::SteppedDown { reason: StepDownReason::LeaderElected(_), .. } => "§5.2",
            Self::LeaderRecognized { .. }
            | Self::ElectionStarted { .. }
            | Self::VoteGranted { .. }
            | Self::VoteCounted { .. }
            | Self::BecameLeader { .. } => "§5.2",
            Self::VoteRefused { reason, .. } => match reason {
                VoteRefusal::StaleTerm { .. } => "§5.1",
                VoteRefusal::AlreadyVoted { .. } => "§5.2",
                VoteRefusal::LogBehind { .. } => "§5.4.1",
            },
            Self::EntriesRefused { reason: AppendRefusal::StaleTerm { .. }, .. } => "§5.1",
            Self::EntriesAccepted { .. }
            | Self::EntriesRefused { .. }
            | Self::Truncated { .. }
            | Self::Backtracked { .. }
            | Self::Committed { .. }
            | Self::CommitLearned { .. } => "§5.3",
            Self::CommitWithheld { .. } => "§5.4.2",
            Self::Appended { noop: false, .. } => "§5.3",
            Self::Appended { noop: true, .. } | Self::ProposalRedirected { .. } => "§8",
            Self::SnapshotRequested { .. }
            | Self::Compacted { .. }
            | Self::SnapshotIgnored { .. }
            | Self::SnapshotSent { .. }
            | Self::SnapshotChunkStored { .. }
            | Self::SnapshotInstalled { .. } => "§7",
            Self::MessageIgnored { reason, .. } => match reason {
                IgnoreReason::StaleTerm { .. } => "§5.1",
                IgnoreReason::SecondLeader { .. } => "§5.2",
                IgnoreReason::ConflictsWithCommitted { .. } => "§5.4.3",
                _ => return None,
            },
            Self::Started { .. } | Self::PersistedUnknown { .. } => return None,
        })
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_words(f)?;
        match self.section() {
            Some(section) => write!(f, " ({section})"),
            None => Ok(()),
        }
    }
}

impl Trace {
    fn write_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { term, voted_for, snapshot, last_log } => {
                write!(f, "starts in term {term}")?;
                if let Some(node) = voted_for {
                    write!(f, ", having voted for node {node}")?;
                }
                if *snapshot != LogPosition::ORIGIN {
                    write!(f, ", with a snapshot through {snapshot}")?;
                }
                match last_log.index.0 {
                    0 => f.write_str(", with an empty log"),
                    _ => write!(f, ", its log ending at {last_log}"),
                }
            }
            Self::TermAdvanced { from, to, by } => {
                write!(f, "moves from term {from} to term {to}, learned from node {by}")
            }
            Self::LeaderRecognized { leader, term } => {
                write!(f, "follows node {leader}, leader of term {term}")
            }
            Self::SteppedDown { term, reason } => {
                write!(f, "steps down to follower in term {term}: {reason}")
            }
            Self::ElectionStarted { term, reason, last_log } => {
                write!(
                    f,
                    "stands for election in term {term}: {reason}; its log ends at {last_log}"
                )
            }
            Self::VoteGranted { candidate, term } => {
                write!(f, "votes for node {candidate} in term {term}")
            }
            Self::VoteRefused { candidate, term, reason } => {
                write!(f, "refuses its vote to node {candidate} in term {term}: {reason}")
            }
            Self::VoteCounted { voter, granted, votes, needed } => {
                let answer = if *granted { "the vote" } else { "a refusal" };
                write!(f, "counts {answer} of node {voter}: {votes} of the {needed} votes it needs")
            }
            Self::BecameLeader { term, voters } => {
                write!(f, "becomes leader of term {term}, elected by nodes {}", List(voters))
            }
            other => other.write_log_words(f),
        }
    }

    /// The words for what concerns the log.
    fn write_log_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Appended { position, noop: true } => {
                write!(f, "appends a no-op at {position} to start its term")
            }
            Self::Appended { position, noop: false } => write!(f, "appends an entry at {position}"),
            Self::EntriesAccepted { leader, new_entries, match_index } => write!(
                f,
                "accepts {} from node {leader}; the logs agree up to {match_index}",
                Count(*new_entries as u64, "new ")
            ),
            Self::EntriesRefused { leader, prev_log, reason } => {
                write!(f, "refuses entries after {prev_log} from node {leader}: {reason}")
            }
            Self::Truncated { from, to, leader_term } => {
                match from == to {
                    true => write!(f, "removes its entry {from}")?,
                    false => write!(f, "removes its entries {from} to {to}")?,
                }
                write!(f, ": the leader's entry at {} is of term {leader_term}", from.index)
            }
            Self::Backtracked { peer, from, to } => {
                write!(f, "moves next_index of node {peer} back from {from} to {to}")
            }
            Self::Committed { from, to, quorum } => write!(
                f,
                "commits {}, which the disks of nodes {} hold",
                Range(from.next(), *to),
                List(quorum)
            ),
            Self::CommitWithheld { position, term } => write!(
                f,
                "does not commit {position}, though a majority holds it: it is not of the leader's term {term}"
            ),
            Self::CommitLearned { from, to } => {
                write!(
                    f,
                    "learns that {} {} committed",
                    Range(from.next(), *to),
                    if from.next() == *to { "is" } else { "are" }
                )
            }
            Self::ProposalRedirected { leader: Some(leader) } => {
                write!(f, "does not lead and sends the client to node {leader}")
            }
            Self::ProposalRedirected { leader: None } => {
                f.write_str("does not lead and knows no leader to send the client to")
            }
            other => other.write_snapshot_words(f),
        }
    }

    /// The words for snapshots, and for what was ignored.
    fn write_snapshot_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SnapshotRequested { through, entries } => {
                write!(
                    f,
                    "asks for a snapshot through {through}: {entries} entries since the last one"
                )
            }
            Self::Compacted { through, entries } => {
                write!(
                    f,
                    "has a snapshot through {through} and drops {} of its log",
                    Count(*entries, "")
                )
            }
            Self::SnapshotIgnored { through, reason } => {
                write!(f, "does not use a snapshot through {through}: {reason}")
            }
            Self::SnapshotSent { peer, last_included, next_index, bytes } => write!(
                f,
                "sends its snapshot through {last_included} ({bytes} bytes) to node {peer}, which needs \
                 entry {next_index}: no longer in the log"
            ),
            Self::SnapshotChunkStored { last_included, received } => {
                write!(f, "holds {received} bytes of the snapshot through {last_included}")
            }
            Self::SnapshotInstalled { last_included, kept_entries } => write!(
                f,
                "installs the leader's snapshot through {last_included}, keeping {} behind it",
                Count(*kept_entries, "")
            ),
            Self::MessageIgnored { from, message, reason } => {
                write!(f, "ignores {message} from node {from}: {reason}")
            }
            Self::PersistedUnknown { id } => {
                write!(f, "ignores the completion of write {}, which it did not ask for", id.0)
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for StepDownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LaterTerm(term) => write!(f, "a message came from term {term}"),
            Self::LeaderElected(leader) => write!(f, "node {leader} won the election"),
        }
    }
}

impl fmt::Display for ElectionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LeaderSilent => "it heard no leader for its election timeout",
            Self::SplitVote => "its last election had no winner in time",
            Self::Forced => "it was told to",
        })
    }
}

impl fmt::Display for VoteRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StaleTerm { current } => write!(f, "it is already in term {current}"),
            Self::AlreadyVoted { voted_for } => write!(f, "it voted for node {voted_for}"),
            Self::LogBehind { candidate, own } if candidate.term == own.term => {
                write!(f, "its log is longer (own end {own}, the candidate's {candidate})")
            }
            Self::LogBehind { candidate, own } => {
                write!(
                    f,
                    "its log ends in a later term (own end {own}, the candidate's {candidate})"
                )
            }
        }
    }
}

impl fmt::Display for AppendRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StaleTerm { current } => write!(f, "it is already in term {current}"),
            Self::PreviousMissing { last_log } => write!(f, "its log ends at {last_log}"),
            Self::PreviousConflicts { own_term } => {
                write!(f, "its own entry there is of term {own_term}")
            }
        }
    }
}

impl fmt::Display for SnapshotRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNewer { current } => write!(f, "there is one through {current} already"),
            Self::NotApplied { last_applied } => {
                write!(f, "entries are applied only up to {last_applied}")
            }
        }
    }
}

impl fmt::Display for IgnoreReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StaleTerm { current } => write!(f, "late, the term is {current} now"),
            Self::UnknownSender => f.write_str("the sender is not a member of the cluster"),
            Self::NotExpected => f.write_str("it answers nothing that is still asked"),
            Self::AlreadyKnown => f.write_str("it repeats what is known"),
            Self::SecondLeader { leader } => {
                write!(f, "node {leader} leads this term already; the sender is broken")
            }
            Self::Malformed => f.write_str("its entries make no sense; the sender is broken"),
            Self::ConflictsWithCommitted { at, commit_index } => write!(
                f,
                "it contradicts entry {at}, committed (through {commit_index}); the sender is broken"
            ),
            Self::BeyondLog { index, last } => write!(
                f,
                "it acknowledges entry {index}, past the log's end {last}; the sender is broken"
            ),
        }
    }
}

/// `entry 4`, or `entries 4 to 7`.
struct Range(LogIndex, LogIndex);

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(first, last) if first == last => write!(f, "entry {first}"),
            Self(first, last) => write!(f, "entries {first} to {last}"),
        }
    }
}

/// `no entries`, `1 entry`, or `7 entries`, with an adjective.
struct Count(u64, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(0, adjective) => write!(f, "no {adjective}entries"),
            Self(1, adjective) => write!(f, "1 {adjective}entry"),
            Self(count, adjective) => write!(f, "{count} {adjective}entries"),
        }
    }
}

/// Node ids, separated by commas.
struct List<'a>(&'a [NodeId]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, node) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(f, "{separator}{node}")?;
        }
        Ok(())
    }
}
