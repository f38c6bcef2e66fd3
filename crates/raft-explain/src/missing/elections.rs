//! Elections that nobody has won.

use raft_core::{
    Bare, Body, ElectionTrace, Instant, Node, NodeId, PreVoteTrace, RoleKind, Trace, VoteRefusal,
};
use raft_sim::{Event, MessageEvent, NodeState, Words, words};

use super::leader::{end_of_reign, membership, stopped};
use crate::evidence::Evidence;
use crate::explanation::{Cause, Finding};
use crate::facts::{end_of_log, remedies_of_both, remedy};
use crate::missing::lacking;
use crate::said::{At, Nodes, plural};
use crate::seen::{
    asks_for_votes, decision, election, is_of_election, lost_between, passing, vote,
};

/// The nodes that ask for votes or pre-votes.
pub(super) fn candidates(run: &Evidence<'_>) -> Vec<NodeId> {
    let asks = |role| matches!(role, RoleKind::Candidate | RoleKind::PreCandidate);
    let cores = run.world.nodes().filter_map(|node| node.core());
    cores.filter(|core| asks(core.role())).map(Node::id).collect()
}

/// All voters that a candidate can reach have voted, and no candidate has a majority.
pub(super) fn split(run: &Evidence<'_>) -> Option<Finding> {
    let membership = membership(run)?;
    let voters = membership.voters();
    let terms = voters.iter().filter_map(|node| Some(run.core(*node)?.current_term()));
    let term = terms.max()?;
    let in_term = |node: NodeId| run.core(node).filter(|core| core.current_term() == term);
    let choice = |node: NodeId| in_term(node)?.voted_for();
    let is_candidate =
        |node: &NodeId| in_term(*node).is_some_and(|core| core.role() == RoleKind::Candidate);
    let candidates: Vec<NodeId> = candidates(run).into_iter().filter(is_candidate).collect();
    let (voted, others): (Vec<NodeId>, Vec<NodeId>) =
        voters.iter().copied().partition(|node| choice(*node).is_some());
    let is_cut_off =
        |node: &NodeId| candidates.iter().all(|candidate| remedy(run, *candidate, *node).is_some());
    if candidates.len() < 2 || !others.iter().all(is_cut_off) {
        return None;
    }
    let of = |candidate: NodeId| {
        voted.iter().copied().filter(move |voter| choice(*voter) == Some(candidate))
    };
    let tallies = candidates.iter().map(|node| {
        let count = of(*node).count();
        words!(node, " has {count} ", plural(count, "vote", "votes"))
    });
    let (needed, among) = (membership.majority(), voters.len());
    let who = match others.is_empty() {
        true => "all have voted".into(),
        false => words!(Nodes(&others), " cannot vote, and all others have voted"),
    };
    let supporters = || {
        candidates.iter().copied().flat_map(|candidate| {
            of(candidate)
                .filter(move |voter| *voter != candidate)
                .map(move |voter| (voter, candidate))
        })
    };
    let mut sentences = vec![words! {
        "The vote is split: in ", term, " ", Words::joined(tallies, ", "),
        ", {needed} of {among} are needed, and ", who
    }];
    sentences.extend(
        supporters().filter_map(|(voter, chosen)| heard_first(run, voter, chosen, &candidates)),
    );
    let finding = Finding::new(Words::joined(sentences, ". ")).section("§5.2");
    let chains = supporters().flat_map(|(voter, candidate)| {
        run.led_by(run.last(|event| vote(event, voter).is_some_and(|it| it.0 == candidate)))
    });
    let began = candidates.iter().flat_map(|candidate| {
        run.led_by(run.last(|event| election(event) == Some((*candidate, term))))
    });
    let silent = others.iter().flat_map(|node| stopped(run, *node));
    let finding = finding.because_all(chains.chain(began).chain(silent).collect());
    Some(match next_election(run) {
        Some((node, at)) => finding.needs(words! {
            "an election timer that elapses alone. That of ", node, " is next, at ", At(at),
            ", and begins a term in which everybody has a vote again."
        }),
        None => finding,
    })
}

/// When a voter heard the candidate that has its vote, and when the others.
fn heard_first(
    run: &Evidence<'_>,
    voter: NodeId,
    chosen: NodeId,
    candidates: &[NodeId],
) -> Option<Words> {
    let term = run.core(voter)?.current_term();
    let asked = |candidate: NodeId| {
        run.record.iter().rev().find_map(|event| {
            let it = passing(event, candidate, voter).filter(|it| it.message.term == term)?;
            let MessageEvent::Sent { arrives_at } = *it.event else { return None };
            matches!(it.message.body, Body::RequestVote(_)).then_some(arrives_at)
        })
    };
    let first = asked(chosen)?;
    let later =
        candidates.iter().filter(|candidate| **candidate != chosen).filter_map(|candidate| {
            let at = asked(*candidate).filter(|at| *at > first)?;
            Some(words!(candidate, " at ", At(at)))
        });
    let later: Vec<Words> = later.collect();
    (!later.is_empty()).then(|| {
        words! {
            "The request of ", chosen, " reaches ", voter, " at ", At(first), ", that of ",
            Words::joined(later, ", that of ")
        }
    })
}

/// The election that a candidate is in.
pub(super) fn votes_of(run: &Evidence<'_>, node: NodeId) -> Finding {
    lost(run, node).unwrap_or_else(|| {
        Finding::new(words!("Node ", Bare(node), " waits for answers to its election."))
    })
}

/// An election that a node began.
struct Election<'a> {
    run: Evidence<'a>,
    /// The beginning.
    event: &'a Event,
    candidate: NodeId,
    core: &'a Node,
    is_pre_vote: bool,
}

/// How a voter answered.
enum Answer<'a> {
    Granted,
    Refused(&'a Event, VoteRefusal),
    None,
}

/// The last election of a node, if it has not won it: who refused, and who is silent.
pub(super) fn lost(run: &Evidence<'_>, node: NodeId) -> Option<Finding> {
    let event = run.last(|event| asks_for_votes(event, node))?;
    let is_pre_vote = matches!(decision(event, node), Some(Trace::PreVote(_)));
    let core = run.core(node)?;
    Election { run: *run, event, candidate: node, core, is_pre_vote }.is_lost()
}

impl<'a> Election<'a> {
    fn is_lost(&self) -> Option<Finding> {
        let voters = self.core.membership().voters().iter();
        let others = voters.copied().filter(|voter| *voter != self.candidate);
        let answers: Vec<_> = others.map(|voter| (voter, self.answer(voter))).collect();
        let granted = answers.iter().filter(|(_, it)| matches!(it, Answer::Granted)).count();
        let needed = self.core.membership().majority();
        if granted + 1 >= needed {
            return None;
        }
        let noun = if self.is_pre_vote { "pre-vote" } else { "vote" };
        let count = match granted + 1 {
            1 => words!("1 {noun}, its own,"),
            more => words!("{more} {noun}s"),
        };
        let node = self.candidate;
        let mut sentences =
            vec![words!("Node ", Bare(node), " has ", count, " of the {needed} it needs")];
        let mut chains = Vec::new();
        for (voter, answer) in &answers {
            let (said, causes) = self.say(*voter, answer);
            sentences.extend(said);
            chains.extend(causes);
        }
        let behind = self.ahead(answers.iter().map(|(voter, _)| *voter));
        let now = self.run.record.iter().next_back()?;
        for voter in &behind {
            let end = end_of_log(&self.run, *voter).map(|end| end.index);
            chains.extend(end.map(|end| lacking(&self.run, node, end, now)).unwrap_or_default());
        }
        let section = if self.is_pre_vote { "dissertation §9.6" } else { "§5.2" };
        let finding = Finding::new(Words::joined(sentences, ". "))
            .section(section)
            .because_all(self.run.led_by(self.event))
            .because_all(chains);
        Some(match self.needs(&behind) {
            Some(needs) => finding.needs(needs),
            None => finding,
        })
    }

    /// The voters within reach whose logs are more up to date than that of the candidate.
    fn ahead(&self, voters: impl Iterator<Item = NodeId>) -> Vec<NodeId> {
        let last = self.core.log().last();
        let is_ahead = |voter: &NodeId| {
            let end = end_of_log(&self.run, *voter);
            remedy(&self.run, self.candidate, *voter).is_none()
                && end.is_some_and(|end| !last.is_at_least_as_up_to_date_as(end))
        };
        voters.filter(is_ahead).collect()
    }

    fn needs(&self, behind: &[NodeId]) -> Option<Words> {
        let ahead = behind.first().and_then(|voter| Some((*voter, end_of_log(&self.run, *voter)?)));
        if let Some((voter, end)) = ahead {
            return Some(words! {
                self.candidate, " must get ", end.index, " from a leader that has it. Node ",
                Bare(voter), " can be that leader", timer_of(&self.run, voter)
            });
        }
        let voters = self.core.membership().voters().iter().copied();
        let others = voters.filter(|voter| *voter != self.candidate);
        let pairs = others.map(|voter| (self.candidate, voter));
        if let Some(remedy) = remedies_of_both(&self.run, pairs) {
            return Some(words!("the votes of others, so ", remedy, "."));
        }
        let (next, at) = next_election(&self.run)?;
        Some(words! {
            "more answers, or a new election: the timer of ", next, " elapses at ", At(at), "."
        })
    }

    /// How a voter answered: with which event, and whether it refused.
    fn answer(&self, voter: NodeId) -> Answer<'a> {
        let mut after = self.run.record.after(self.event.number);
        after.find_map(|event| self.answer_in(event, voter)).unwrap_or(Answer::None)
    }

    fn answer_in(&self, event: &'a Event, voter: NodeId) -> Option<Answer<'a>> {
        let (candidate, refusal) = vote_or_refusal(decision(event, voter)?)?;
        let answer = refusal.map_or(Answer::Granted, |reason| Answer::Refused(event, reason));
        (candidate == self.candidate).then_some(answer)
    }

    /// An answer in words, and its causes.
    fn say(&self, voter: NodeId, answer: &Answer<'a>) -> (Option<Words>, Vec<Vec<Cause>>) {
        match answer {
            Answer::Granted => (None, Vec::new()),
            Answer::Refused(event, reason) => {
                let said = words!("Node ", Bare(voter), " refused: ", refusal(*reason));
                (Some(said), self.run.led_by(*event))
            }
            Answer::None => {
                let (is, causes) = self.silence(voter);
                (Some(words!("Node ", Bare(voter), " {is}")), causes)
            }
        }
    }

    /// Why a voter has not answered.
    fn silence(&self, voter: NodeId) -> (&'static str, Vec<Vec<Cause>>) {
        match self.run.world.node(voter).map(|node| node.state()) {
            Some(NodeState::Crashed | NodeState::Refused) => ("is down", stopped(&self.run, voter)),
            Some(NodeState::Paused) => ("is paused", stopped(&self.run, voter)),
            Some(NodeState::Running) | None => {
                let mut after = self.run.record.after(self.event.number);
                let lost = after.find(|event| {
                    lost_between(event, self.candidate, voter).is_some_and(is_of_election)
                });
                match lost {
                    Some(lost) => ("cannot be reached", self.run.led_by(lost)),
                    None => ("has not answered yet", Vec::new()),
                }
            }
        }
    }
}

/// Who asked for a vote or a pre-vote, and why it was refused, if it was.
fn vote_or_refusal(trace: &Trace) -> Option<(NodeId, Option<VoteRefusal>)> {
    if let Trace::Election(ElectionTrace::VoteGranted { candidate, .. })
    | Trace::PreVote(PreVoteTrace::Granted { candidate, .. }) = trace
    {
        return Some((*candidate, None));
    }
    if let Trace::Election(ElectionTrace::VoteRefused { candidate, reason, .. })
    | Trace::PreVote(PreVoteTrace::Refused { candidate, reason, .. }) = trace
    {
        return Some((*candidate, Some(*reason)));
    }
    None
}

/// When a voter may begin an election: `: its election timer elapses at 413.431 ms.`
fn timer_of(run: &Evidence<'_>, node: NodeId) -> Words {
    let leads = run.leader().map(|(leader, _)| leader);
    let follows = run.core(node).and_then(Node::leader).filter(|leader| Some(*leader) == leads);
    if let Some(leader) = follows {
        return match leader == node {
            true => ", which leads.".into(),
            false => words!(", if ", leader, " falls silent."),
        };
    }
    match run.core(node).zip(run.world.node(node)) {
        Some((core, sim)) => {
            let at = At(sim.clock().when_it_shows(core.deadline()));
            words!(": its election timer elapses at ", at, ".")
        }
        None => ".".into(),
    }
}

fn refusal(reason: VoteRefusal) -> Words {
    match reason {
        VoteRefusal::LogBehind { candidate, own } => words! {
            "its own log is more up to date, ", Bare(own), " against ", Bare(candidate), " (§5.4.1)"
        },
        VoteRefusal::StaleTerm { .. }
        | VoteRefusal::AlreadyVoted { .. }
        | VoteRefusal::LeaderIsAlive { .. } => words!(reason),
    }
}

/// The next election timer that elapses, and the time, if nothing comes before.
pub(super) fn next_election(run: &Evidence<'_>) -> Option<(NodeId, Instant)> {
    let running = run.world.nodes().filter(|node| node.state() == NodeState::Running);
    let voters = running.filter(|node| {
        node.core().is_some_and(|core| {
            core.role() != RoleKind::Leader && core.membership().is_voter(node.id())
        })
    });
    let timers = voters.filter_map(|node| {
        let deadline = node.core()?.deadline();
        Some((node.id(), node.clock().when_it_shows(deadline)))
    });
    timers.min_by_key(|(_, at)| *at)
}

/// Nobody has noticed yet, or a timer is running: it will pass by itself.
pub(super) fn next_timer(run: &Evidence<'_>) -> Option<Finding> {
    let (node, at) = next_election(run)?;
    let begun = match end_of_reign(run) {
        Some(end) => Finding { words: words!(end.words, ". No election has begun since"), ..end },
        None => Finding::new("No election has begun".into()),
    };
    let words = words!(begun.words, ": a server starts one when its election timer elapses");
    let needs = words!("only time. The timer of ", node, " is the next, at ", At(at), ".");
    Some(Finding { words, ..begun }.section("§5.2").needs(needs))
}
