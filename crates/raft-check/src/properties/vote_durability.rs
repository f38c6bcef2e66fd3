//! Vote Durability (§5.2, Figure 2): one vote in a term, across crashes, and on disk before anyone
//! hears of it.

use raft_core::{HardState, NodeId, Term};
use raft_sim::{Words, words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};
use crate::shadows::node::ServerState;

pub(crate) static PROPERTY: Property = Property {
    name: "Vote Durability",
    section: "§5.2, Figure 2",
    meaning: "A server votes for at most one candidate in a term, even after a crash, and only \
              once its vote is on disk.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct VoteDurability;

impl Checker for VoteDurability {
    fn vote_sent(&mut self, sent: VoteSent, cx: &mut Context<'_>) {
        cx.note(&PROPERTY, vote_sent(sent));
    }

    fn state_changed(
        &mut self,
        node: NodeId,
        before: ServerState,
        now: ServerState,
        cx: &mut Context<'_>,
    ) {
        let seen = VoteHeld { node, before: before.hard_state, now: now.hard_state };
        cx.note(&PROPERTY, vote_held(seen));
    }
}

/// A vote left its voter.
#[derive(Clone, Copy, Debug)]
pub struct VoteSent {
    /// The voter.
    pub voter: NodeId,
    /// The term.
    pub term: Term,
    /// The candidate.
    pub candidate: NodeId,
    /// The candidate of the voter's first vote in the term.
    pub first: NodeId,
    /// What the voter's disk holds at that moment.
    pub durable: HardState,
}

pub(crate) fn vote_sent(sent: VoteSent) -> Verdict {
    let VoteSent { voter, term, candidate, first, durable } = sent;
    if first != candidate {
        return Err(words! {
            voter, " voted for ", candidate, " in ", term, ", and for ", first, " before"
        });
    }
    // With a later term on disk the vote is a late copy, and can never be given again.
    let is_durable = durable.current_term > term
        || (durable.current_term == term && durable.voted_for == Some(candidate));
    if is_durable {
        return Ok(());
    }
    let on_disk = match durable.voted_for {
        Some(other) => words! { "a vote for ", other },
        None => Words::of("no vote"),
    };
    Err(words! {
        voter, " sent its vote for ", candidate, " in ", term, " while its disk holds ",
        on_disk, " in ", durable.current_term
    })
}

/// Two states of a node in one incarnation, the earlier one first.
#[derive(Clone, Copy, Debug)]
struct VoteHeld {
    node: NodeId,
    before: HardState,
    now: HardState,
}

/// A server that forgets its vote in a term can vote again.
fn vote_held(VoteHeld { node, before, now }: VoteHeld) -> Verdict {
    match before.voted_for {
        Some(first) if now.current_term == before.current_term && now.voted_for != Some(first) => {
            Err(words! {
                node, " voted for ", first, " in ", now.current_term,
                ", and takes that back in the same term"
            })
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N2, N3, objects};
    use super::*;
    use crate::shadows::votes::Votes;

    #[test]
    fn a_second_vote_or_one_that_is_not_on_disk() {
        let mut votes = Votes::default();
        let disk = |term, voted_for| HardState { current_term: Term(term), voted_for };
        let mut vote = |term, candidate, durable| {
            let (voter, term) = (N1, Term(term));
            let first = votes.record(term, voter, candidate);
            vote_sent(VoteSent { voter, term, candidate, first, durable })
        };
        assert_eq!(vote(2, N2, disk(2, Some(N2))), Ok(()));
        assert_eq!(vote(2, N2, disk(3, None)), Ok(()), "a late copy");
        assert_eq!(vote(3, N3, disk(3, Some(N3))), Ok(()));
        // Although the disk says so: the first vote was heard.
        objects(vote(2, N3, disk(2, Some(N3))), &["for node 3 in term 2", "for node 2 before"]);
        objects(vote(4, N2, disk(4, None)), &["node 1", "holds no vote in term 4"]);
        objects(vote(5, N2, disk(5, Some(N1))), &["a vote for node 1"]);
        objects(vote(6, N2, disk(5, Some(N2))), &["in term 5"]);
    }

    #[test]
    fn a_vote_that_is_taken_back() {
        let state = |term, voted_for| HardState { current_term: Term(term), voted_for };
        let seen = |before, now| vote_held(VoteHeld { node: N1, before, now });
        assert_eq!(seen(state(3, None), state(3, Some(N2))), Ok(()));
        assert_eq!(seen(state(3, Some(N2)), state(3, Some(N2))), Ok(()));
        assert_eq!(seen(state(3, Some(N2)), state(4, None)), Ok(()), "a new term, a new vote");
        let words = ["for node 2 in term 3", "takes that back"];
        objects(seen(state(3, Some(N2)), state(3, None)), &words);
        objects(seen(state(3, Some(N2)), state(3, Some(N3))), &["for node 2 in term 3"]);
    }
}
