//! Eligible Candidate (§5.2, §5.6, dissertation §4.2.2): only a server that may lead begins a term,
//! and not before its last vote is on its disk.

use raft_core::{
    Body, ElectionReason, ElectionTrace, HardState, LogIndex, Node, NodeId, Term, Trace,
};
use raft_sim::{words};

use super::{Checker, Context, MessageDelivered};
use crate::property::{Property, Verdict};
use crate::shadows::memberships::Memberships;
use crate::shadows::node::ServerState;
use crate::shadows::per_node::PerNode;

pub(crate) static PROPERTY: Property = Property {
    name: "Eligible Candidate",
    section: "§5.2, §5.6, dissertation §4.2.2",
    meaning: "A server starts an election only if it is a voter of the latest membership in its \
              log, or of the one before while the latest is not known to be committed, also not \
              from before a restart, or if it is a learner \
              whose vote a candidate with an older log asked for. Unless it is told to, it waits \
              until its last vote is on its disk.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct EligibleCandidate {
    nodes: PerNode<Standing>,
    removals: PerNode<Option<Removal>>,
}

/// A server knows that it has no vote any more.
#[derive(Clone, Copy, Debug)]
struct Removal {
    /// The entry of that membership, which the server knows to be committed.
    index: LogIndex,
    /// Whether every write from the moment when the server learned that has ended. Then a crash
    /// must not make it forget.
    is_stored: bool,
}

#[derive(Clone, Copy, Default, Debug)]
struct Standing {
    /// Whether a candidate with an older log may have asked for its vote since it heard from a
    /// leader last.
    is_needed: bool,
    /// Whether it had handled all that had arrived, before this step and after it. Else its
    /// membership may have been another when it started its election.
    is_prompt: [bool; 2],
}

impl Checker for EligibleCandidate {
    fn traced(&mut self, node: NodeId, trace: &Trace, cx: &mut Context<'_>) {
        let Trace::Election(ElectionTrace::Started { term, reason, .. }) = *trace else { return };
        let Some(shadow) = cx.shadows.node(node) else { return };
        let (held, durable) = (shadow.state.hard_state, shadow.disk.hard_state);
        // Else the server entered other terms since the last look.
        if held.current_term.next() == term {
            cx.note(&PROPERTY, election_started(ElectionStarted { node, reason, held, durable }));
        }
    }

    fn message_delivered(&mut self, delivered: MessageDelivered<'_>, cx: &mut Context<'_>) {
        let MessageDelivered { from, to, message } = delivered;
        let Some(prompt) = cx.prompt(to) else { return };
        let standing = self.nodes.of(to);
        let log = if let Body::PreVote(request) = &message.body {
            request.last_log()
        } else if let Body::RequestVote(request) = &message.body {
            request.last_log()
        } else {
            standing.is_needed &= !prompt.has_heard(from, message);
            return;
        };
        standing.is_needed |= !log.is_at_least_as_up_to_date_as(prompt.core.log().last());
    }

    fn node_touched(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let standing = self.nodes.of(id);
        let is_prompt = cx.prompt(id).is_some();
        standing.is_prompt = [standing.is_prompt[1], is_prompt];
        standing.is_needed |= !is_prompt;
        self.note_removal(id, cx);
    }

    fn started(&mut self, node: NodeId, _: &Node, _: &mut Context<'_>) {
        *self.nodes.of(node) = Standing::default();
    }

    fn state_changed(
        &mut self,
        node: NodeId,
        before: ServerState,
        now: ServerState,
        cx: &mut Context<'_>,
    ) {
        let term = now.hard_state.current_term;
        let begins = term > before.hard_state.current_term;
        if !begins || now.hard_state.voted_for != Some(node) {
            return;
        }
        let Standing { is_needed, is_prompt } = *self.nodes.of(node);
        let Some(shadow) = cx.shadows.node(node) else { return };
        if is_prompt == [true, true] {
            let memberships = &shadow.memberships;
            let known = self.removals.of(node).filter(|known| known.is_stored);
            let known = known.filter(|known| known.index == memberships.last().0);
            let commit_index = before.commit_index.max(known.map_or(LogIndex(0), |it| it.index));
            let seen = TermBegun { node, term, memberships, commit_index, is_needed };
            cx.note(&PROPERTY, term_begun(seen));
        }
    }
}

impl EligibleCandidate {
    fn note_removal(&mut self, id: NodeId, cx: &Context<'_>) {
        let Some(node) = cx.world.node(id) else { return };
        let Some(core) = node.core() else {
            // A disk that is damaged, or replaced by an older one, may have lost it.
            let is_sound = cx.shadows.node(id).is_some_and(|shadow| shadow.disk.is_readable);
            if !is_sound {
                *self.removals.of(id) = None;
            }
            return;
        };
        let removal = self.removals.of(id);
        if core.membership().is_voter(id) {
            *removal = None;
        } else if core.membership_index() <= core.commit_index() {
            let index = core.membership_index();
            let known = removal.get_or_insert(Removal { index, is_stored: false });
            if known.index != index {
                *known = Removal { index, is_stored: false };
            }
            known.is_stored |= node.disk().pending().len() == 0;
        }
    }
}

/// A server starts an election.
#[derive(Clone, Copy, Debug)]
struct ElectionStarted {
    node: NodeId,
    reason: ElectionReason,
    /// Its term and vote before the election.
    held: HardState,
    /// The term and vote on its disk.
    durable: HardState,
}

fn election_started(ElectionStarted { node, reason, held, durable }: ElectionStarted) -> Verdict {
    let is_told = match reason {
        ElectionReason::Forced | ElectionReason::Transfer => true,
        ElectionReason::LeaderSilent
        | ElectionReason::SplitVote
        | ElectionReason::PreVotesWon => false,
    };
    let Some(candidate) = held.voted_for.filter(|_| !is_told && held != durable) else {
        return Ok(());
    };
    let term = held.current_term;
    Err(words! {
        node, " starts an election while its vote for ", candidate, " in ", term,
        " is not on its disk"
    })
}

/// A server began a term: it started an election.
#[derive(Clone, Copy, Debug)]
struct TermBegun<'a> {
    node: NodeId,
    term: Term,
    /// Those of its log.
    memberships: &'a Memberships,
    commit_index: LogIndex,
    /// Whether a candidate with an older log asked for its vote.
    is_needed: bool,
}

fn term_begun(seen: TermBegun<'_>) -> Verdict {
    let TermBegun { node, term, memberships, commit_index, is_needed } = seen;
    let (index, latest) = memberships.last();
    let is_voter = latest.is_voter(node) || (is_needed && latest.is_learner(node));
    if is_voter || (index > commit_index && memberships.at(index.previous()).is_voter(node)) {
        return Ok(());
    }
    Err(words! { node, " begins ", term, ", although it is no voter of ", latest })
}

#[cfg(test)]
mod tests {
    use raft_core::{Entry, Payload};

    use super::super::testing::{N1, N2, N3, objects, voters};
    use super::*;

    #[test]
    fn an_election_before_the_last_vote_is_stored() {
        let held = HardState { current_term: Term(3), voted_for: Some(N1) };
        let old = HardState { current_term: Term(2), voted_for: None };
        let none = HardState { voted_for: None, ..held };
        let start = |reason, held, durable| {
            election_started(ElectionStarted { node: N1, reason, held, durable })
        };
        assert_eq!(start(ElectionReason::SplitVote, held, held), Ok(()));
        assert_eq!(start(ElectionReason::Forced, held, old), Ok(()));
        assert_eq!(start(ElectionReason::Transfer, held, old), Ok(()));
        assert_eq!(start(ElectionReason::LeaderSilent, none, old), Ok(()), "it has no vote");
        let objection = &["node 1 starts an election", "vote for node 1 in term 3"];
        for reason in [
            ElectionReason::SplitVote,
            ElectionReason::LeaderSilent,
            ElectionReason::PreVotesWon,
        ] {
            objects(start(reason, held, old), objection);
            objects(start(reason, held, none), objection);
        }
    }

    #[test]
    fn a_term_of_a_server_that_may_not_lead() {
        let mut memberships = Memberships::new(LogIndex(0), voters(1..=3));
        let payload = Payload::Membership(voters(1..=2).with_learners([NodeId(4)]));
        memberships.append(&Entry { index: LogIndex(5), term: Term(2), payload });
        let begin = |node, commit_index, is_needed| {
            let (memberships, commit_index) = (&memberships, LogIndex(commit_index));
            term_begun(TermBegun { node, term: Term(7), memberships, commit_index, is_needed })
        };
        assert_eq!(begin(N1, 5, false), Ok(()));
        assert_eq!(begin(N2, 0, false), Ok(()));
        assert_eq!(begin(N3, 4, false), Ok(()), "its removal is not committed");
        assert_eq!(begin(NodeId(4), 5, true), Ok(()), "its vote was asked for");
        objects(begin(N3, 5, true), &["node 3 begins term 7", "no voter of 1 2 + learner 4"]);
        objects(begin(NodeId(4), 5, false), &["node 4"]);
    }
}
