//! Which messages tell their receiver something.

use std::collections::BTreeMap;

use raft_core::{AppendEntriesReply, Body, LogIndex, Message, NodeId, Term};

/// What the last messages of each link said, so that a repetition is recognised.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkNews {
    /// The term and the `leader_commit` of the last `AppendEntries`.
    commits: BTreeMap<(NodeId, NodeId), (Term, LogIndex)>,
    /// The term and the `match_index` of the last successful answer.
    matches: BTreeMap<(NodeId, NodeId), (Term, LogIndex)>,
}

impl LinkNews {
    /// Whether a message that is sent repeats what the last one on its link said: a heartbeat with
    /// the same term and `leader_commit`, or an answer with the same term and `match_index`.
    pub(crate) fn is_repetition(&mut self, from: NodeId, to: NodeId, message: &Message) -> bool {
        let link = (from, to);
        let same = |last: Option<(Term, LogIndex)>, said| last == Some(said);
        match &message.body {
            Body::AppendEntries(request) => {
                let said = (message.term, request.leader_commit);
                same(self.commits.insert(link, said), said) && request.is_heartbeat()
            }
            Body::AppendEntriesReply(AppendEntriesReply::Success { match_index, .. }) => {
                let said = (message.term, *match_index);
                same(self.matches.insert(link, said), said)
            }
            Body::AppendEntriesReply(AppendEntriesReply::Following { .. }) => {
                self.matches.get(&link).is_some_and(|(term, _)| *term == message.term)
            }
            Body::AppendEntriesReply(AppendEntriesReply::Failure { .. })
            | Body::PreVote(_)
            | Body::PreVoteReply(_)
            | Body::RequestVote(_)
            | Body::RequestVoteReply(_)
            | Body::InstallSnapshot(_)
            | Body::InstallSnapshotReply(_)
            | Body::TimeoutNow
            | Body::ReadIndex(_)
            | Body::ReadIndexReply(_)
            | Body::Forward(_)
            | Body::ForwardReply(_) => false,
        }
    }
}
