//! Decisions in words: the `Display` forms of [`Trace`] and its reasons.

use core::fmt;

use super::{
    AppendRefusal, ElectionReason, ElectionRefusal, ForgetRefusal, IgnoreReason, SnapshotRefusal,
    StepDownReason, Trace, VoteRefusal,
};
use crate::{LogIndex, LogPosition, NodeId};

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
            #[cfg(feature = "bugs")]
            Self::RulesSwitchedOff { bugs } => {
                write!(f, "starts with rules switched off: {bugs}")
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
            other => other.write_pre_vote_words(f),
        }
    }

    /// The words for pre-vote, and for what is done by order.
    fn write_pre_vote_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PreVoteStarted { term, reason, last_log } => write!(
                f,
                "asks whether it could win term {term}: {reason}; its log ends at {last_log}"
            ),
            Self::PreVoteGranted { candidate, term } => {
                write!(f, "would vote for node {candidate} in term {term}")
            }
            Self::PreVoteRefused { candidate, term, reason } => {
                write!(f, "would not vote for node {candidate} in term {term}: {reason}")
            }
            Self::PreVoteCounted { voter, granted, votes, needed } => {
                let answer = if *granted { "would" } else { "would not" };
                write!(
                    f,
                    "hears that node {voter} {answer} vote for it: {votes} of the {needed} it needs"
                )
            }
            Self::ElectionNotStarted { reason } => {
                write!(f, "does not stand for election: {reason}")
            }
            Self::LeaderForgotten { leader: Some(leader) } => {
                write!(f, "forgets its leader, node {leader}, as it was told")
            }
            Self::LeaderForgotten { leader: None } => {
                f.write_str("forgets when it last heard a leader, as it was told")
            }
            Self::LeaderNotForgotten { reason } => {
                write!(f, "does not forget its leader: {reason}")
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
            other => other.write_read_words(f),
        }
    }

    /// The words for reads and for what is passed on.
    fn write_read_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProposalRefused { reason } => write!(f, "does not take a command: {reason}"),
            Self::PassedOn { leader } => {
                write!(f, "passes a client's request on to its leader, node {leader}")
            }
            Self::ReadByLease { index } => {
                write!(f, "lets a read see everything up to {index} at once: its lease lasts")
            }
            Self::ReadWaits { index, round } => write!(
                f,
                "lets a read of everything up to {index} wait until a quorum answers round {}",
                round.0
            ),
            Self::ReadConfirmed { index, round } => write!(
                f,
                "lets a read see everything up to {index}: a quorum answered round {}",
                round.0
            ),
            Self::ReadRefused { reason } => write!(f, "does not allow a read: {reason}"),
            other => other.write_change_words(f),
        }
    }

    /// The words for handing over and for changes of the membership.
    fn write_change_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TransferStarted { to } => {
                write!(f, "hands leadership over to node {to} and takes no commands meanwhile")
            }
            Self::TransferRefused { to, reason } => {
                write!(f, "does not hand leadership over to node {to}: {reason}")
            }
            Self::TimeoutNowSent { to } => {
                write!(f, "tells node {to}, whose log is complete, to stand for election")
            }
            Self::TransferTimedOut { to } => {
                write!(f, "goes on leading: node {to} did not take over in time")
            }
            Self::ChangeStarted { change, target } => {
                write!(f, "changes the membership ({change}), to {target}")
            }
            Self::ChangeRefused { change, reason } => {
                write!(f, "does not change the membership ({change}): {reason}")
            }
            Self::CatchUpStalled { node } => {
                write!(
                    f,
                    "gives the change up: node {node} does not come along; it stays a learner"
                )
            }
            Self::MembershipAdopted { index, membership } => {
                write!(f, "goes by the membership of entry {index}: {membership}")
            }
            Self::MembershipRolledBack { index: LogIndex(0), membership } => {
                write!(f, "goes by the first membership again: {membership}")
            }
            Self::MembershipRolledBack { index, membership } => {
                write!(f, "goes by the membership of entry {index} again: {membership}")
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
            Self::SnapshotAbandoned { last_included, received } => write!(
                f,
                "throws {received} bytes of the snapshot through {last_included} away: another is \
                 arriving"
            ),
            Self::WithheldDropped { messages } => {
                write!(f, "gives up {messages} messages that waited for its disk")
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
            Self::LeaderHeard(leader) => {
                write!(f, "it hears from node {leader}, the leader of this term")
            }
            Self::QuorumLost => f.write_str("it heard from no quorum for too long"),
            Self::Removed => f.write_str("it is no voter of the cluster any more"),
        }
    }
}

impl fmt::Display for ElectionRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeaderIsAlive { leader: Some(leader) } => {
                write!(f, "it heard from node {leader} a moment ago, whose lease rests on that")
            }
            Self::LeaderIsAlive { leader: None } => {
                f.write_str("it heard from a leader a moment ago, whose lease rests on that")
            }
            Self::NotAVoter => f.write_str("it is no voter"),
        }
    }
}

impl fmt::Display for ForgetRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IsLeader => "it leads itself",
            Self::LeaseReads => "the leader's lease rests on its memory (lease reads are on)",
        })
    }
}

impl fmt::Display for ElectionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LeaderSilent => "it heard no leader for its election timeout",
            Self::SplitVote => "its last election had no winner in time",
            Self::Forced => "it was told to",
            Self::PreVotesWon => "a majority would vote for it",
            Self::Transfer => "the leader hands over to it",
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
            Self::LeaderIsAlive { leader: Some(leader) } => {
                write!(f, "node {leader} leads and was heard a moment ago")
            }
            Self::LeaderIsAlive { leader: None } => f.write_str("a leader was heard a moment ago"),
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
            Self::MembershipUnknown => {
                f.write_str("it does not know yet who belonged to the cluster there")
            }
        }
    }
}

impl fmt::Display for IgnoreReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StaleTerm { current } => write!(f, "late, the term is {current} now"),
            Self::UnknownSender => f.write_str("the sender cannot be another server"),
            Self::RoundUnknown { round, current } => write!(
                f,
                "it answers round {}, and this leader is in round {}; the sender is broken",
                round.0, current.0
            ),
            Self::SnapshotTooLarge { limit } => {
                write!(f, "the snapshot is larger than {limit} bytes")
            }
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
