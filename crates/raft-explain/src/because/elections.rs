//! Votes, elections, terms.

use std::time::Duration;

use raft_core::{
    Bare, ElectionReason, ElectionTrace, LogPosition, NodeId, PreVoteTrace, StepDownReason, Term,
    TermTrace, Trace, VoteRefusal,
};
use raft_sim::{ClockChange, Event, EventKind, MessageEvent, ProcessEvent, Words, words};

use crate::chain::Chains;
use crate::evidence::Evidence;
use crate::explanation::{Cause, Finding};
use crate::facts::{At, Nodes, Took, decision, heard, shortest_timeout};
use crate::missing::lacking;

pub(super) fn why<'a>(
    run: &Evidence<'a>,
    event: &'a Event,
    node: NodeId,
    trace: &Trace,
) -> Finding {
    match trace {
        Trace::Election(ElectionTrace::VoteRefused { candidate, term, reason })
        | Trace::PreVote(PreVoteTrace::Refused { candidate, term, reason }) => {
            let is_pre_vote = matches!(trace, Trace::PreVote(_));
            let asked = Asked { node, candidate: *candidate, term: *term, is_pre_vote };
            refused(run, event, asked, *reason)
        }
        Trace::Election(ElectionTrace::Started { term, reason, .. }) => {
            let said = words!("Node ", Bare(node), " starts an election in ", term, ": ");
            Finding::new(started(run, event, node, *reason, said)).section("§5.2")
        }
        Trace::PreVote(PreVoteTrace::Started { term, reason, .. }) => {
            let said = words!("Node ", Bare(node), " asks for pre-votes for ", term, ": ");
            Finding::new(started(run, event, node, *reason, said)).section("dissertation §9.6")
        }
        Trace::Term(TermTrace::SteppedDown { reason, .. }) => {
            stepped_down(run, event, node, *reason)
        }
        Trace::Term(TermTrace::Advanced { from, to, by }) => {
            let finding = Finding::new(words!(
                "Node ",
                Bare(node),
                " leaves ",
                from,
                ": a message of ",
                by,
                " is of ",
                to,
                ", and a server that hears of a later term must enter it"
            ));
            finding.section("§5.1").because_all(of_term(run, event, *to))
        }
        Trace::Election(ElectionTrace::BecameLeader { term, voters }) => {
            let finding = Finding::new(words!(
                "Node ",
                Bare(node),
                " leads ",
                term,
                ": ",
                Nodes(voters),
                " voted for it, and \
                 that is a majority"
            ));
            finding.section("§5.2").because_all(votes_for(run, event, node, *term, voters))
        }
        _ => Finding::new(Words::of(&event.kind)),
    }
}

/// A request for a vote, or for a pre-vote.
#[derive(Clone, Copy)]
struct Asked {
    /// Who was asked.
    node: NodeId,
    candidate: NodeId,
    term: Term,
    is_pre_vote: bool,
}

fn refused<'a>(run: &Evidence<'a>, event: &'a Event, asked: Asked, reason: VoteRefusal) -> Finding {
    let Asked { node, candidate, term, is_pre_vote } = asked;
    let what = if is_pre_vote { "its pre-vote" } else { "its vote" };
    let refuses = words!("Node ", Bare(node), " refuses {what} to ", candidate, ": ");
    match reason {
        VoteRefusal::LogBehind { candidate: theirs, own } => {
            let finding = Finding::new(words!(refuses, behind(node, theirs, own)));
            finding.section("§5.4.1").because_all(lacking(run, candidate, own.index, event))
        }
        VoteRefusal::AlreadyVoted { voted_for } => {
            let vote = run.last_before(event.number, |event| {
                matches!(decision(event, node), Some(Trace::Election(ElectionTrace::VoteGranted {
                    candidate, term: of
                })) if *candidate == voted_for && *of == term)
            });
            let when = vote.map_or_else(Words::default, |vote| words!(", at ", At(vote.at)));
            let finding = Finding::new(words!(
                refuses,
                "it already voted in ",
                term,
                ", for ",
                voted_for,
                when,
                ". A server gives one vote in a term, first come, first served"
            ));
            let chains = vote.map(|vote| {
                let said = words!(node, " votes for ", voted_for);
                Chains::new(*run).from(vote, said).finish()
            });
            finding.section("§5.2").because_all(chains.unwrap_or_default())
        }
        VoteRefusal::StaleTerm { current } => {
            let entered = run.last_before(event.number, |event| {
                matches!(decision(event, node), Some(Trace::Term(TermTrace::Advanced { to, .. }))
                    if *to == current)
            });
            let since = entered.map_or_else(Words::default, |e| words!(" since ", At(e.at)));
            let finding = Finding::new(words!(
                refuses,
                "the request is stale, it asks for ",
                term,
                ", and ",
                node,
                " has been in ",
                current,
                since
            ));
            let chains = entered.map(|entered| {
                let said = words!(node, " enters ", current);
                Chains::new(*run).from(entered, said).finish()
            });
            finding.section("§5.1").because_all(chains.unwrap_or_default())
        }
        VoteRefusal::LeaderIsAlive { leader } => {
            Finding::new(words!(refuses, alive(run, event, node, leader, term, is_pre_vote)))
                .section("dissertation §4.2.3")
        }
    }
}

/// A log that is less up to date.
fn behind(voter: NodeId, theirs: LogPosition, own: LogPosition) -> Words {
    let rule = match theirs.term == own.term {
        true => "The last terms are equal, so the longer log is more up to date",
        false => "The log that ends in the later term is more up to date",
    };
    words!(
        "the candidate's log is behind, it ends at ",
        Bare(theirs),
        ", and that of ",
        voter,
        " at ",
        Bare(own),
        ". {rule}, and a voter refuses a log that is less up to date than its \
         own"
    )
}

fn alive(
    run: &Evidence<'_>,
    event: &Event,
    node: NodeId,
    leader: Option<NodeId>,
    term: Term,
    is_pre_vote: bool,
) -> Words {
    let spared = Took(shortest_timeout(run, node));
    let stays = match is_pre_vote {
        true => Words::default(),
        false => words!(
            ". Such a request is refused before its term is looked at, so ",
            node,
            " does not enter ",
            term
        ),
    };
    match (leader, heard(run, node, event)) {
        (Some(leader), _) if leader == node => {
            words!("it leads, and a quorum answered it within ", spared, stays)
        }
        (Some(leader), Some(last)) => words!(
            "its leader is alive. It heard ",
            leader,
            " at ",
            At(last.at),
            ", ",
            Took(event.at - last.at),
            " ago, and spares it for the shortest election timeout, ",
            spared,
            stays
        ),
        (_, _) => words!(
            "it heard a leader, or answered one before a restart, less than the shortest election \
             timeout ago, ",
            spared,
            stays
        ),
    }
}

fn started(
    run: &Evidence<'_>,
    event: &Event,
    node: NodeId,
    reason: ElectionReason,
    said: Words,
) -> Words {
    let last = heard(run, node, event);
    match (reason, last) {
        (ElectionReason::LeaderSilent, Some(last)) => {
            let clock = run.world.node(node).map(|node| *node.clock());
            let by_clock = clock.map(|clock| clock.shows(event.at) - clock.shows(last.at));
            let jump = jumped(run, node, last, event);
            match (by_clock, jump) {
                (Some(_), Some(by)) => words!(
                    said,
                    "by its own clock it heard no leader for ",
                    Took((event.at - last.at) + by),
                    ". In truth ",
                    Took(event.at - last.at),
                    " had passed since the last message of a leader, at ",
                    At(last.at)
                ),
                _ => words!(
                    said,
                    "it heard no leader for its election timeout. The last message of one \
                     came at ",
                    At(last.at),
                    ", ",
                    Took(event.at - last.at),
                    " before"
                ),
            }
        }
        (ElectionReason::LeaderSilent, None) => {
            words!(said, "it heard no leader for its election timeout, and never one before")
        }
        _ => words!(said, reason),
    }
}

/// How far a node's clock jumped ahead between two events.
fn jumped(run: &Evidence<'_>, node: NodeId, from: &Event, to: &Event) -> Option<Duration> {
    let between = run.record.after(from.number).take_while(|event| event.number < to.number);
    let jumps = between.filter_map(|event| match &event.kind {
        EventKind::Process {
            node: of,
            event: ProcessEvent::ClockChanged { change: ClockChange::Jump(by) },
        } if *of == node => Some(*by),
        _ => None,
    });
    let all: Duration = jumps.sum();
    (!all.is_zero()).then_some(all)
}

fn stepped_down<'a>(
    run: &Evidence<'a>,
    event: &'a Event,
    node: NodeId,
    reason: StepDownReason,
) -> Finding {
    match reason {
        StepDownReason::LaterTerm(term) => Finding::new(words!(
            "Node ",
            Bare(node),
            " steps down: a message came from ",
            term,
            ", and a server that \
             hears of a later term must enter it as a follower"
        ))
        .section("§5.1")
        .because_all(of_term(run, event, term)),
        StepDownReason::QuorumLost => {
            let longest = run.world.node(node).map(|node| node.settings().election_timeout_max);
            let within = Took(longest.unwrap_or_default());
            let lost = lost_answers(run, event, node);
            Finding::new(words!(
                "Node ",
                Bare(node),
                " steps down: no quorum answered it within the longest \
                 election timeout, ",
                within,
                ", so another leader may have been elected"
            ))
            .section("dissertation §6.2")
            .because_all(lost)
        }
        StepDownReason::Removed => Finding::new(words!(
            "Node ",
            Bare(node),
            " steps down: it is no longer a voter. A leader that is removed \
             leads until the entry that removes it is committed, and does not count itself"
        ))
        .section("§6"),
        StepDownReason::LeaderElected(_) | StepDownReason::LeaderHeard(_) => {
            Finding::new(Words::of(&event.kind))
        }
    }
}

/// The last message between a leader and a follower that was lost before this event.
fn lost_answers<'a>(run: &Evidence<'a>, event: &'a Event, leader: NodeId) -> Vec<Vec<Cause>> {
    let lost = run.last_before(event.number, |event| {
        matches!(&event.kind, EventKind::Message {
            from, to, event: MessageEvent::Dropped { .. }, ..
        } if *from == leader || *to == leader)
    });
    lost.map(|lost| Chains::new(*run).from(lost, Words::of(&lost.kind)).finish())
        .unwrap_or_default()
}

/// Each election that raised the term to this one.
fn of_term<'a>(run: &Evidence<'a>, before: &'a Event, term: Term) -> Vec<Vec<Cause>> {
    let election = run.last_before(before.number, |event| {
        matches!(&event.kind, EventKind::Core {
            trace: Trace::Election(ElectionTrace::Started { term: of, .. }), ..
        } if *of == term)
    });
    election
        .map(|election| Chains::new(*run).from(election, Words::of(&election.kind)).finish())
        .unwrap_or_default()
}

/// How the votes came.
fn votes_for<'a>(
    run: &Evidence<'a>,
    event: &'a Event,
    leader: NodeId,
    term: Term,
    voters: &[NodeId],
) -> Vec<Vec<Cause>> {
    let votes = voters.iter().filter(|voter| **voter != leader).filter_map(|voter| {
        let vote = run.last_before(event.number, |event| {
            matches!(decision(event, *voter), Some(Trace::Election(ElectionTrace::VoteGranted {
                candidate, term: of
            })) if *candidate == leader && *of == term)
        })?;
        let said = words!(voter, " votes for ", leader);
        Some(Chains::new(*run).from(vote, said).finish())
    });
    votes.flatten().collect()
}
