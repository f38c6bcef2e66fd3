//! Why there is no leader, and why a node is not the leader.

use raft_core::{
    Bare, Body, ElectionTrace, Instant, MembershipTrace, Message, NodeId, PreVoteTrace, RoleKind,
    Trace, VoteRefusal,
};
use raft_sim::{Event, EventKind, MessageEvent, NodeState, ProcessEvent, Words, words};

use crate::chain::Chains;
use crate::evidence::Evidence;
use crate::explanation::{Cause, Explanation, Finding};
use crate::facts::{And, At, Nodes, decision, end_of_log};
use crate::missing::lacking;
use crate::question::Unanswerable;

/// Why there is no leader.
pub(super) fn none(run: &Evidence<'_>) -> Result<Explanation, Unanswerable> {
    if let Some(leader) = run.world.leader() {
        return Ok(Explanation::of(leads(run, leader)));
    }
    let mut findings = Vec::new();
    findings.extend(too_few_voters(run));
    match split_vote(run) {
        Some(finding) => findings.push(finding),
        None => findings.extend(candidates(run).into_iter().map(|node| votes_of(run, node))),
    }
    if findings.is_empty() {
        findings.extend(next_timer(run));
    }
    if findings.is_empty() {
        findings.push(Finding::new("No server is up that could start an election.".into()));
    }
    Ok(Explanation { findings })
}

/// Why a node does not lead.
pub(super) fn not(run: &Evidence<'_>, node: NodeId) -> Result<Explanation, Unanswerable> {
    let Some(sim) = run.world.node(node) else { return Err(Unanswerable::NoSuchNode(node)) };
    if run.world.leader() == Some(node) {
        return Ok(Explanation::of(leads(run, node)));
    }
    let mut findings = Vec::new();
    findings.extend(is_not_up(run, node));
    findings.extend(is_no_voter(run, node));
    if sim.core().is_some() {
        findings.extend(lost_election(run, node));
    }
    findings.extend(too_few_voters(run));
    if let Some(leader) = run.world.leader() {
        findings.push(leads(run, leader));
    }
    if findings.is_empty() {
        findings.extend(next_timer(run));
    }
    if findings.is_empty() {
        findings.push(Finding::new(words!("Node ", Bare(node), " has started no election.")));
    }
    Ok(Explanation { findings })
}

/// The fact that a node leads.
fn leads(run: &Evidence<'_>, leader: NodeId) -> Finding {
    let elected = run.last(|event| {
        matches!(decision(event, leader), Some(Trace::Election(ElectionTrace::BecameLeader { .. })))
    });
    match elected {
        Some(elected) => {
            Finding::new(words!("Node ", Bare(leader), " has led since ", At(elected.at), "."))
                .because_all(Chains::new(*run).of(elected).finish())
        }
        None => Finding::new(words!("Node ", Bare(leader), " leads.")),
    }
}

fn is_not_up(run: &Evidence<'_>, node: NodeId) -> Option<Finding> {
    let state = run.world.node(node)?.state();
    let (words, needs) = match state {
        NodeState::Running => return None,
        NodeState::Paused => (
            words!("Node ", Bare(node), " is paused: it handles nothing."),
            words!("`resume {node}`."),
        ),
        NodeState::Crashed => {
            (words!("Node ", Bare(node), " is down."), words!("`restart {node}`."))
        }
        NodeState::Refused => (
            words!("Node ", Bare(node), " refused to start from its disk."),
            words!("another disk: `disk {node} wipe`, and then the cluster must add it again."),
        ),
    };
    Some(Finding::new(words).because_all(stopped(run, node)).needs(needs))
}

/// What stopped a node.
pub(crate) fn stopped(run: &Evidence<'_>, node: NodeId) -> Vec<Vec<Cause>> {
    let stop = run.last(|event| match &event.kind {
        EventKind::Process { node: of, event } => {
            *of == node
                && matches!(
                    event,
                    ProcessEvent::Crashed
                        | ProcessEvent::Paused
                        | ProcessEvent::RestartRefused { .. }
                )
        }
        _ => false,
    });
    stop.map(|stop| Chains::new(*run).from(stop, Words::of(&stop.kind)).finish())
        .unwrap_or_default()
}

fn is_no_voter(run: &Evidence<'_>, node: NodeId) -> Option<Finding> {
    let core = run.world.node(node)?.core()?;
    let membership = core.membership();
    if membership.is_voter(node) {
        return None;
    }
    let by = core.membership_index();
    let what = match membership.is_learner(node) {
        true => "is a learner",
        false => "is not a member",
    };
    let adopted = run.record.iter().find(|event| {
        matches!(&event.kind, EventKind::Core {
            trace: Trace::Membership(MembershipTrace::Adopted { index, .. }), ..
        } if *index == by)
    });
    let chains = adopted
        .map(|adopted| Chains::new(*run).from(adopted, Words::of(&adopted.kind)).finish())
        .unwrap_or_default();
    let finding = Finding::new(words!(
        "Node ",
        Bare(node),
        " {what}: by ",
        by,
        " the voters are ",
        And(membership.voters()),
        ", and a server that is not a voter never starts an election"
    ));
    let needs = words!("a leader, and then `promote {node}`.");
    Some(finding.section("dissertation §4.2.1").because_all(chains).needs(needs))
}

/// The voters of a membership that the running voters agree on best: that of the longest log.
fn membership<'a>(run: &Evidence<'a>) -> Option<&'a raft_core::Membership> {
    let cores = run.world.nodes().filter_map(|node| node.core());
    cores.max_by_key(|core| (core.membership_index(), core.id())).map(|core| core.membership())
}

/// Too few voters are up: no election can be won.
fn too_few_voters(run: &Evidence<'_>) -> Option<Finding> {
    let membership = membership(run)?;
    let is_up =
        |node: NodeId| run.world.node(node).is_some_and(|node| node.state() == NodeState::Running);
    if membership.is_quorum(is_up) {
        return None;
    }
    let voters = membership.voters();
    let up: Vec<NodeId> = voters.iter().copied().filter(|node| is_up(*node)).collect();
    let down: Vec<NodeId> = voters.iter().copied().filter(|node| !is_up(*node)).collect();
    let (needed, of) = (membership.majority(), voters.len());
    let who = match up.is_empty() {
        true => "none of them is up".into(),
        false => {
            let verb = if up.len() == 1 { "is" } else { "are" };
            words!("only ", Nodes(&up), " {verb} up")
        }
    };
    let finding =
        Finding::new(words!("No voter can win an election: it takes {needed} of {of}, and ", who));
    let chains = down.iter().flat_map(|node| stopped(run, *node));
    let restarts: Vec<Words> = down.iter().map(|node| words!("`restart {node}`")).collect();
    Some(
        finding
            .section("§5.2")
            .because_all(chains.collect())
            .needs(words!(Words::joined(restarts, " or "), ".")),
    )
}

fn candidates(run: &Evidence<'_>) -> Vec<NodeId> {
    let asks = |role| matches!(role, RoleKind::Candidate | RoleKind::PreCandidate);
    let cores = run.world.nodes().filter_map(|node| node.core());
    cores.filter(|core| asks(core.role())).map(|core| core.id()).collect()
}

/// All voters have voted, and no candidate has a majority.
fn split_vote(run: &Evidence<'_>) -> Option<Finding> {
    let membership = membership(run)?;
    let core_of = |node: NodeId| run.world.node(node).and_then(|node| node.core());
    let term =
        membership.voters().iter().filter_map(|node| Some(core_of(*node)?.current_term())).max()?;
    let vote = |node: NodeId| {
        core_of(node).filter(|core| core.current_term() == term).and_then(|core| core.voted_for())
    };
    let candidates: Vec<NodeId> = candidates(run)
        .into_iter()
        .filter(|node| {
            core_of(*node).is_some_and(|core| {
                core.role() == RoleKind::Candidate && core.current_term() == term
            })
        })
        .collect();
    let has_voted = membership.voters().iter().all(|node| vote(*node).is_some());
    if candidates.len() < 2 || !has_voted {
        return None;
    }
    let votes = |candidate: NodeId| {
        membership.voters().iter().filter(|node| vote(**node) == Some(candidate)).count()
    };
    let tallies: Vec<Words> = candidates
        .iter()
        .map(|node| {
            let (count, noun) = (votes(*node), if votes(*node) == 1 { "vote" } else { "votes" });
            words!(node, " has {count} {noun}")
        })
        .collect();
    let (needed, of) = (membership.majority(), membership.voters().len());
    let finding = Finding::new(words!(
        "The vote is split: in ",
        term,
        " ",
        Words::joined(tallies, ", "),
        ", {needed} of {of} \
         are needed, and all have voted"
    ));
    let chains = candidates.iter().flat_map(|candidate| {
        membership
            .voters()
            .iter()
            .filter(|voter| *voter != candidate && vote(**voter) == Some(*candidate))
            .filter_map(|voter| granted(run, *voter, *candidate))
            .flat_map(|vote| Chains::new(*run).from(vote, Words::of(&vote.kind)).finish())
            .collect::<Vec<_>>()
    });
    let finding = finding.section("§5.2").because_all(chains.collect());
    Some(match next_election(run) {
        Some((node, at)) => finding.needs(words!(
            "an election timer that elapses alone. That of ",
            node,
            " is next, at ",
            At(at),
            ", and begins a term in which everybody has a vote again."
        )),
        None => finding,
    })
}

fn granted<'a>(run: &Evidence<'a>, voter: NodeId, to: NodeId) -> Option<&'a Event> {
    run.last(|event| {
        matches!(decision(event, voter), Some(Trace::Election(
            ElectionTrace::VoteGranted { candidate, .. }
        )) if *candidate == to)
    })
}

/// The election that a candidate is in: who voted, and who refused or is silent.
fn votes_of(run: &Evidence<'_>, node: NodeId) -> Finding {
    election_of(run, node).unwrap_or_else(|| {
        Finding::new(words!("Node ", Bare(node), " waits for answers to its election."))
    })
}

/// The node has lost an election, or is in one.
fn lost_election(run: &Evidence<'_>, node: NodeId) -> Option<Finding> {
    election_of(run, node)
}

fn election_of(run: &Evidence<'_>, node: NodeId) -> Option<Finding> {
    let started = run.last(|event| {
        matches!(
            decision(event, node),
            Some(
                Trace::Election(ElectionTrace::Started { .. })
                    | Trace::PreVote(PreVoteTrace::Started { .. })
            )
        )
    })?;
    let core = run.world.node(node)?.core()?;
    let membership = core.membership();
    let is_pre = matches!(decision(started, node), Some(Trace::PreVote(_)));
    let noun = if is_pre { "pre-vote" } else { "vote" };
    let voters: Vec<NodeId> =
        membership.voters().iter().copied().filter(|voter| *voter != node).collect();
    let answers: Vec<(NodeId, Option<(&Event, Option<VoteRefusal>)>)> =
        voters.iter().map(|voter| (*voter, answer_to(run, started, node, *voter))).collect();
    let for_it = 1 + answers.iter().filter(|(_, a)| matches!(a, Some((_, None)))).count();
    let needed = membership.majority();
    if for_it >= needed {
        return None;
    }
    let count = if for_it == 1 { words!("1 {noun}, its own,") } else { words!("{for_it} {noun}s") };
    let mut sentences =
        vec![words!("Node ", Bare(node), " has ", count, " of the {needed} it needs")];
    let mut chains = Vec::new();
    for (voter, answer) in &answers {
        match answer {
            Some((event, Some(reason))) => {
                sentences.push(words!("Node ", Bare(voter), " refused: ", refusal(*reason)));
                chains.extend(Chains::new(*run).from(*event, Words::of(&event.kind)).finish());
            }
            Some((_, None)) => {}
            None => {
                let (words, more) = silent(run, started, node, *voter);
                sentences.push(words);
                chains.extend(more);
            }
        }
    }
    let is_ahead = |voter: NodeId| {
        let end = end_of_log(run, voter);
        end.is_some_and(|end| !core.log().last().is_at_least_as_up_to_date_as(end))
    };
    let runs = |voter: NodeId| {
        run.world.node(voter).is_some_and(|node| node.state() == NodeState::Running)
    };
    let behind: Vec<NodeId> = answers
        .iter()
        .filter(|(voter, _)| is_ahead(*voter) && runs(*voter))
        .map(|(voter, _)| *voter)
        .collect();
    for voter in &behind {
        if let Some(end) = end_of_log(run, *voter) {
            chains.extend(lacking(run, node, end.index, run.record.iter().next_back()?));
        }
    }
    let section = if is_pre { "dissertation §9.6" } else { "§5.2" };
    let finding = Finding::new(Words::joined(sentences, ". "))
        .section(section)
        .because_all(Chains::new(*run).from(started, Words::of(&started.kind)).finish())
        .because_all(chains);
    Some(match behind.first().and_then(|voter| Some((*voter, end_of_log(run, *voter)?))) {
        Some((voter, end)) => finding.needs(words!(
            node,
            " must get ",
            end.index,
            " from a leader that has it. Node ",
            Bare(voter),
            " can be that leader",
            timer_of(run, voter)
        )),
        None => match next_election(run) {
            Some((next, at)) => finding.needs(words!(
                "more answers, or a new election: the timer of ",
                next,
                " elapses at ",
                At(at),
                "."
            )),
            None => finding,
        },
    })
}

/// `: its election timer elapses at 413.431 ms.`
fn timer_of(run: &Evidence<'_>, node: NodeId) -> Words {
    let timer = run.world.node(node).and_then(|sim| {
        let core = sim.core().filter(|core| core.role() != RoleKind::Leader)?;
        Some(sim.clock().when_it_shows(core.deadline()))
    });
    match timer {
        Some(at) => words!(": its election timer elapses at ", At(at), "."),
        None => ".".into(),
    }
}

/// How a voter answered an election: with which event, and whether it refused.
fn answer_to<'a>(
    run: &Evidence<'a>,
    started: &Event,
    candidate: NodeId,
    voter: NodeId,
) -> Option<(&'a Event, Option<VoteRefusal>)> {
    run.record.after(started.number).find_map(|event| match decision(event, voter)? {
        Trace::Election(ElectionTrace::VoteGranted { candidate: of, .. })
        | Trace::PreVote(PreVoteTrace::Granted { candidate: of, .. })
            if *of == candidate =>
        {
            Some((event, None))
        }
        Trace::Election(ElectionTrace::VoteRefused { candidate: of, reason, .. })
        | Trace::PreVote(PreVoteTrace::Refused { candidate: of, reason, .. })
            if *of == candidate =>
        {
            Some((event, Some(*reason)))
        }
        _ => None,
    })
}

/// A voter that has not answered, and why.
fn silent(
    run: &Evidence<'_>,
    started: &Event,
    candidate: NodeId,
    voter: NodeId,
) -> (Words, Vec<Vec<Cause>>) {
    let state = run.world.node(voter).map(|node| node.state());
    match state {
        Some(NodeState::Crashed | NodeState::Refused) => {
            (words!("Node ", Bare(voter), " is down"), stopped(run, voter))
        }
        Some(NodeState::Paused) => {
            (words!("Node ", Bare(voter), " is paused"), stopped(run, voter))
        }
        Some(NodeState::Running) | None => {
            let lost = run.record.after(started.number).find(|event| {
                let ends = [(candidate, voter), (voter, candidate)];
                ends.into_iter().any(|(from, to)| {
                    crate::facts::message(event, from, to).is_some_and(|(message, what)| {
                        is_of_election(message) && matches!(what, MessageEvent::Dropped { .. })
                    })
                })
            });
            match lost {
                Some(lost) => (
                    words!("Node ", Bare(voter), " cannot be reached"),
                    Chains::new(*run).from(lost, Words::of(&lost.kind)).finish(),
                ),
                None => (words!("Node ", Bare(voter), " has not answered yet"), Vec::new()),
            }
        }
    }
}

fn is_of_election(message: &Message) -> bool {
    matches!(
        message.body,
        Body::PreVote(_) | Body::PreVoteReply(_) | Body::RequestVote(_) | Body::RequestVoteReply(_)
    )
}

fn refusal(reason: VoteRefusal) -> Words {
    match reason {
        VoteRefusal::LogBehind { candidate, own } => words!(
            "its own log is more up to date, ",
            Bare(own),
            " against ",
            Bare(candidate),
            " (§5.4.1)"
        ),
        other => words!(other),
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
fn next_timer(run: &Evidence<'_>) -> Option<Finding> {
    let (node, at) = next_election(run)?;
    Some(
        Finding::new(words!(
            "No election has begun since: a server starts one when its election timer elapses"
        ))
        .section("§5.2")
        .needs(words!("only time. The timer of ", node, " is the next, at ", At(at), ".")),
    )
}
