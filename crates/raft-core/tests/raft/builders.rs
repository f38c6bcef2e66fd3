//! Short ways to write messages, entries and disks in tests.

use raft_core::{
    AppendEntries, AppendEntriesReply, Body, Bytes, Config, Entry, HardState, HeartbeatRound,
    InstallSnapshot, InstallSnapshotReply, LogIndex, LogPosition, Membership, Message, NodeId,
    Payload, PieceNumber, PreVote, Recovered, RequestVote, RequestVoteReply, Snapshot, Term,
};

/// Index and term.
pub(crate) type Place = (u64, u64);

/// The terms of entries, in order.
pub(crate) type Terms = &'static [u64];

/// A cluster of servers 1 to `size`.
pub(crate) fn membership(size: u64) -> Membership {
    Membership::new((1..=size).map(NodeId))
}

/// The protocol of the paper alone, with traces: what the dissertation adds is off, and a log
/// starts at the end of its snapshot.
pub(crate) fn config(id: u64, size: u64) -> Config {
    let mut config = full_config(id, size);
    config.settings.pre_vote = false;
    config.settings.check_quorum = false;
    config.settings.lease_reads = false;
    config.settings.trailing_entries = 0;
    config
}

/// The default settings, with traces.
pub(crate) fn full_config(id: u64, size: u64) -> Config {
    let mut config = Config::new(NodeId(id), membership(size));
    config.trace = true;
    config
}

pub(crate) fn at(index: u64, term: u64) -> LogPosition {
    LogPosition::new(LogIndex(index), Term(term))
}

/// The entry at `index@term`. Its command names it, so that entries of the same place are the same.
pub(crate) fn entry(index: u64, term: u64) -> Entry {
    let payload = Payload::Command(Bytes::from(format!("{index}@{term}").into_bytes()));
    Entry { index: LogIndex(index), term: Term(term), payload }
}

/// The entries of a log, given their terms in order.
pub(crate) fn entries(terms: &[u64]) -> Vec<Entry> {
    entries_after(0, terms)
}

/// Entries with these terms, behind the entry at `index`.
pub(crate) fn entries_after(index: u64, terms: &[u64]) -> Vec<Entry> {
    terms.iter().zip(index + 1..).map(|(term, index)| entry(index, *term)).collect()
}

/// A disk that holds a term and a log.
pub(crate) fn disk(current_term: u64, terms: &[u64]) -> Recovered {
    let hard_state = HardState { current_term: Term(current_term), voted_for: None };
    Recovered { hard_state, entries: entries(terms), ..Recovered::default() }
}

pub(crate) fn snapshot(index: u64, term: u64, size: u64, data: &str) -> Snapshot {
    Snapshot {
        last_included_index: LogIndex(index),
        last_included_term: Term(term),
        membership: membership(size),
        data: Bytes::from(data.as_bytes()).into(),
    }
}

pub(crate) fn message(term: u64, body: Body) -> Message {
    Message { term: Term(term), body }
}

pub(crate) fn request_vote(last_log_index: u64, last_log_term: u64) -> Body {
    Body::RequestVote(RequestVote {
        last_log_index: LogIndex(last_log_index),
        last_log_term: Term(last_log_term),
        leadership_transfer: false,
    })
}

/// The same, asked for by the leader.
pub(crate) fn request_vote_by_transfer(last_log_index: u64, last_log_term: u64) -> Body {
    Body::RequestVote(RequestVote {
        last_log_index: LogIndex(last_log_index),
        last_log_term: Term(last_log_term),
        leadership_transfer: true,
    })
}

pub(crate) fn pre_vote(last_log_index: u64, last_log_term: u64) -> Body {
    Body::PreVote(PreVote {
        last_log_index: LogIndex(last_log_index),
        last_log_term: Term(last_log_term),
    })
}

pub(crate) fn pre_vote_reply(vote_granted: bool) -> Body {
    Body::PreVoteReply(RequestVoteReply { vote_granted })
}

pub(crate) fn vote(vote_granted: bool) -> Body {
    Body::RequestVoteReply(RequestVoteReply { vote_granted })
}

/// `AppendEntries` with entries of these terms behind `prev_index@prev_term`.
pub(crate) fn append(prev: Place, terms: &[u64], leader_commit: u64) -> Body {
    Body::AppendEntries(AppendEntries {
        prev_log_index: LogIndex(prev.0),
        prev_log_term: Term(prev.1),
        entries: entries_after(prev.0, terms).into(),
        leader_commit: LogIndex(leader_commit),
        round: HeartbeatRound(0),
    })
}

pub(crate) fn success(match_index: u64) -> Body {
    success_in(0, match_index)
}

/// An acknowledgement that answers a request of this round.
pub(crate) fn success_in(round: u64, match_index: u64) -> Body {
    let (match_index, round) = (LogIndex(match_index), HeartbeatRound(round));
    Body::AppendEntriesReply(AppendEntriesReply::Success { match_index, round })
}

pub(crate) fn failure(prev_log_index: u64, hint: Place) -> Body {
    let prev_log_index = LogIndex(prev_log_index);
    Body::AppendEntriesReply(AppendEntriesReply::Failure {
        prev_log_index,
        hint: at(hint.0, hint.1),
        round: HeartbeatRound(0),
    })
}

/// A piece of `snapshot`, from byte `offset` up to `end`.
pub(crate) fn install(snapshot: &Snapshot, offset: usize, end: usize) -> Body {
    Body::InstallSnapshot(InstallSnapshot {
        last_included_index: snapshot.last_included_index,
        last_included_term: snapshot.last_included_term,
        membership: snapshot.membership.clone(),
        offset: offset as u64,
        data: snapshot.data.bytes().expect("the data is in memory").slice(offset, end),
        done: end as u64 == snapshot.data.len(),
        number: PieceNumber(1),
        round: HeartbeatRound(0),
    })
}

/// The answer to a piece of [`install`] that the follower kept.
pub(crate) fn resume(last_included_index: u64, next_offset: u64) -> Body {
    resume_in(0, last_included_index, next_offset, Some(1))
}

/// An answer to the piece `held` of this round.
pub(crate) fn resume_in(
    round: u64,
    last_included_index: u64,
    next_offset: u64,
    held: Option<u32>,
) -> Body {
    let (last_included_index, round) = (LogIndex(last_included_index), HeartbeatRound(round));
    Body::InstallSnapshotReply(InstallSnapshotReply::Continue {
        last_included_index,
        next_offset,
        held: held.map(PieceNumber),
        round,
    })
}

pub(crate) fn installed(match_index: u64) -> Body {
    let match_index = LogIndex(match_index);
    let round = HeartbeatRound(0);
    Body::InstallSnapshotReply(InstallSnapshotReply::Installed { match_index, round })
}
