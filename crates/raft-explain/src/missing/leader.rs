//! Why there is no leader, and why a node is not the leader.

use raft_core::{Bare, Membership, NodeId};
use raft_sim::{NodeState, Words, words};

use super::elections::{candidates, lost, next_timer, split, votes_of};
use crate::evidence::Evidence;
use crate::explanation::{Cause, Explanation, Finding};
use crate::question::Unanswerable;
use crate::said::{And, At, Nodes};
use crate::seen::{adopted, elected, is_of_leader, passing, steps_down, stops};

/// Why there is no leader.
pub(super) fn none(run: &Evidence<'_>) -> Result<Explanation, Unanswerable> {
    if let Some(leader) = run.world.leader() {
        return Ok(Explanation::of(leads(run, leader)));
    }
    let mut findings = Vec::new();
    findings.extend(too_few_voters(run));
    match split(run) {
        Some(finding) => findings.push(finding),
        None => findings.extend(candidates(run).into_iter().map(|node| votes_of(run, node))),
    }
    match findings.is_empty() {
        true => findings.extend(next_timer(run)),
        false => findings.extend(end_of_reign(run)),
    }
    if findings.is_empty() {
        findings.push(nobody_is_up(run));
    }
    Ok(Explanation { findings })
}

/// No server runs that could start an election.
fn nobody_is_up(run: &Evidence<'_>) -> Finding {
    let chains = run.world.node_ids().flat_map(|node| stopped(run, node)).collect();
    Finding::new("No server is up that could start an election.".into())
        .because_all(chains)
        .needs("a majority of the voters: `restart all`.".into())
}

/// Why a node does not lead.
pub(super) fn not(run: &Evidence<'_>, node: NodeId) -> Result<Explanation, Unanswerable> {
    let Some(sim) = run.world.node(node) else { return Err(Unanswerable::NoSuchNode(node)) };
    let leader = run.world.leader();
    if leader == Some(node) {
        return Ok(Explanation::of(leads(run, node)));
    }
    let mut findings = Vec::new();
    findings.extend(is_not_up(run, node));
    findings.extend(is_no_voter(run, node));
    if sim.core().is_some_and(|core| core.leader().is_none()) {
        findings.extend(lost(run, node));
    }
    findings.extend(too_few_voters(run));
    if let Some(leader) = leader {
        let leads = leads(run, leader);
        findings.push(match findings.is_empty() {
            true => follows(run, node, leader, leads),
            false => leads,
        });
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
    let elected = run.last(|event| elected(event).is_some_and(|(node, _)| node == leader));
    let words = match elected {
        Some(elected) => words!("Node ", Bare(leader), " has led since ", At(elected.at), "."),
        None => words!("Node ", Bare(leader), " leads."),
    };
    Finding::new(words).because_all(run.causes(elected))
}

/// A server that hears its leader starts no election.
fn follows(run: &Evidence<'_>, node: NodeId, leader: NodeId, leads: Finding) -> Finding {
    let heard = run.last(|event| {
        passing(event, leader, node).is_some_and(|it| it.is_delivered() && is_of_leader(it.message))
    });
    let Some(heard) = heard else { return leads };
    let words = words! {
        leads.words, " Node ", Bare(node), " last heard it at ", At(heard.at),
        ", and a server that hears its leader starts no election"
    };
    Finding { words, ..leads }.section("§5.2").needs(words! {
        "`transfer {node}`, or an election timeout without a message of ", leader, "."
    })
}

/// How the last leader ended: it stopped, or stepped down.
pub(super) fn end_of_reign(run: &Evidence<'_>) -> Option<Finding> {
    let (elected, (leader, term)) =
        run.record.iter().rev().find_map(|event| Some((event, elected(event)?)))?;
    let mut after = run.record.after(elected.number);
    let end = after.find(|event| stops(event, leader) || steps_down(event, leader))?;
    let what = Words::without_subject(&end.kind);
    Some(
        Finding::new(words! {
            "Node ", Bare(leader), " led ", term, " until ", At(end.at), ": it ", what
        })
        .because_all(run.because(end).chains),
    )
}

fn is_not_up(run: &Evidence<'_>, node: NodeId) -> Option<Finding> {
    let (is, needs) = match run.world.node(node)?.state() {
        NodeState::Running => return None,
        NodeState::Paused => ("is paused: it handles nothing.", words!("`resume {node}`.")),
        NodeState::Crashed => ("is down.", words!("`restart {node}`.")),
        NodeState::Refused => (
            "refused to start from its disk.",
            words!("another disk: `disk {node} wipe`, and then the cluster must add it again."),
        ),
    };
    let finding = Finding::new(words!("Node ", Bare(node), " {is}"));
    Some(finding.because_all(stopped(run, node)).needs(needs))
}

/// What stopped a node.
pub(crate) fn stopped(run: &Evidence<'_>, node: NodeId) -> Vec<Vec<Cause>> {
    run.led_by(run.last(|event| stops(event, node)))
}

fn is_no_voter(run: &Evidence<'_>, node: NodeId) -> Option<Finding> {
    let core = run.core(node)?;
    let membership = core.membership();
    if membership.is_voter(node) {
        return None;
    }
    let by = core.membership_index();
    let what = if membership.is_learner(node) { "is a learner" } else { "is not a member" };
    let adopted = run.record.iter().find(|event| adopted(event) == Some(by));
    let finding = Finding::new(words! {
        "Node ", Bare(node), " {what}: by ", by, " the voters are ", And(membership.voters()),
        ", and a server that is not a voter never starts an election"
    })
    .section("dissertation §4.2.1");
    let needs = words!("a leader, and then `promote {node}`.");
    Some(finding.because_all(run.led_by(adopted)).needs(needs))
}

/// The membership that counts in an election: the latest one that a running node has.
pub(super) fn membership<'a>(run: &Evidence<'a>) -> Option<&'a Membership> {
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
    let (up, down): (Vec<NodeId>, Vec<NodeId>) =
        membership.voters().iter().copied().partition(|node| is_up(*node));
    let (needed, of) = (membership.majority(), membership.voters().len());
    let who = match up.len() {
        0 => "none of them is up".into(),
        1 => words!("only ", Nodes(&up), " is up"),
        2.. => words!("only ", Nodes(&up), " are up"),
    };
    let finding =
        Finding::new(words!("No voter can win an election: it takes {needed} of {of}, and ", who));
    let chains = down.iter().flat_map(|node| stopped(run, *node));
    let restarts: Vec<Words> = down.iter().map(|node| words!("`restart {node}`")).collect();
    let needs = words!(Words::joined(restarts, " or "), ".");
    Some(finding.section("§5.2").because_all(chains.collect()).needs(needs))
}
