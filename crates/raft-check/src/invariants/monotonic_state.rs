//! Monotonic State (§5.1, Figure 2): term, commit index and last applied never go back in the life of
//! a server, its term never falls behind what it has told others, and a leader's match index of a
//! follower never goes back.

use raft_core::{HardState, LogIndex, NodeId, Term};

use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Monotonic State",
    section: "§5.1, Figure 2",
    meaning: "Term, commit index and last applied of a server only increase, and so does what a leader \
              knows of its followers' logs; a restart never takes \
              its term behind what it has sent.",
};

/// Two observations of one node in one life, the earlier one first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StateSeen {
    pub(crate) node: NodeId,
    pub(crate) before: Progress,
    pub(crate) now: Progress,
}

/// What must never go back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Progress {
    /// The term, and the vote in it, which stays.
    pub(crate) hard_state: HardState,
    pub(crate) commit_index: LogIndex,
    pub(crate) last_applied: LogIndex,
}

/// A node started, having sent messages in earlier lives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TermRecovered {
    pub(crate) node: NodeId,
    pub(crate) term: Term,
    /// The latest term of its messages so far.
    pub(crate) sent: Term,
}

pub(crate) fn state_seen(StateSeen { node, before, now }: StateSeen) -> Verdict {
    went_back(node, "term", before.hard_state.current_term, now.hard_state.current_term)?;
    went_back(node, "commit index", before.commit_index, now.commit_index)?;
    went_back(node, "last applied entry", before.last_applied, now.last_applied)
}

/// A leader has heard from a follower.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MatchSeen {
    pub(crate) leader: NodeId,
    pub(crate) peer: NodeId,
    /// The most that the follower has told it in its term.
    pub(crate) most: LogIndex,
    /// What the leader's books say.
    pub(crate) known: LogIndex,
}

pub(crate) fn match_seen(MatchSeen { leader, peer, most, known }: MatchSeen) -> Verdict {
    if known >= most {
        return Ok(());
    }
    Err(format!(
        "node {leader} takes the log of node {peer} to match its own up to entry {known}, after it \
         had heard that it does up to entry {most}"
    ))
}

pub(crate) fn term_recovered(TermRecovered { node, term, sent }: TermRecovered) -> Verdict {
    if term >= sent {
        return Ok(());
    }
    Err(format!("node {node} restarted in term {term} after it had sent messages of term {sent}"))
}

fn went_back<T: Ord + std::fmt::Display>(node: NodeId, what: &str, from: T, to: T) -> Verdict {
    if to >= from {
        return Ok(());
    }
    Err(format!("the {what} of node {node} went back from {from} to {to}"))
}
