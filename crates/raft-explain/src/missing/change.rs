//! Why a change of the membership is not finished.

use raft_core::{Bare, LogIndex, MembershipTrace, NodeId, Trace};
use raft_sim::{Event, MessageEvent, SimNode, Words, words};

use crate::chain::Chains;
use crate::evidence::Evidence;
use crate::explanation::{Explanation, Finding};
use crate::facts::{decision, message};
use crate::question::Unanswerable;

/// Why the change of the membership is not finished.
pub(super) fn waits(run: &Evidence<'_>) -> Result<Explanation, Unanswerable> {
    let Some(leader) = run.world.leader() else { return super::leader::none(run) };
    let Some(core) = run.world.node(leader).and_then(SimNode::core) else {
        return Err(Unanswerable::NoSuchNode(leader));
    };
    let started = run.last(|event| {
        matches!(
            decision(event, leader),
            Some(Trace::Membership(
                MembershipTrace::ChangeStarted { .. } | MembershipTrace::ChangeGivenUp { .. }
            ))
        )
    });
    let Some(started) = started else { return Ok(no_change()) };
    let Some(Trace::Membership(MembershipTrace::ChangeStarted { target, .. })) =
        decision(started, leader)
    else {
        return Ok(no_change());
    };
    if core.membership_index() <= core.commit_index()
        && core.membership().has_same_servers_as(target)
    {
        return Ok(no_change());
    }
    let learner = target.voters().iter().copied().find(|node| core.membership().is_learner(*node));
    if let Some(learner) = learner {
        return Ok(Explanation::of(catches_up(run, leader, learner, started)));
    }
    if core.membership_index() > core.commit_index() {
        let mut explanation = super::commits::not(run, core.membership_index())?;
        if let Some(first) = explanation.findings.first_mut() {
            first.words =
                words!("The change waits for ", core.membership_index(), ". ", first.words);
        }
        return Ok(explanation);
    }
    Ok(Explanation::of(
        Finding::new(words!("The leader, ", leader, ", is about to make the next step of it."))
            .needs("only time.".into()),
    ))
}

fn no_change() -> Explanation {
    Explanation::of(Finding::new("No change of the membership is under way.".into()))
}

/// A new voter is a learner until it has caught up.
fn catches_up<'a>(
    run: &Evidence<'a>,
    leader: NodeId,
    learner: NodeId,
    started: &'a Event,
) -> Finding {
    let core = run.world.node(leader).and_then(SimNode::core);
    let batch = run.world.node(leader).map_or(0, |node| node.settings().max_batch_entries);
    let (has, last) = core.map_or((LogIndex(0), LogIndex(0)), |core| {
        let status = core.status();
        let peer = status.peers.iter().find(|peer| peer.id == learner);
        (peer.map_or(LogIndex(0), |peer| peer.match_index), status.last_log.index)
    });
    let by = core.map_or(LogIndex(0), |core| core.membership_index());
    let lost = run.last(|event| {
        [(leader, learner), (learner, leader)].into_iter().any(|(from, to)| {
            message(event, from, to)
                .is_some_and(|(_, what)| matches!(what, MessageEvent::Dropped { .. }))
        })
    });
    let mut finding = Finding::new(words!(
        "Node ",
        Bare(learner),
        " has to catch up before its vote counts: it must hold part of the \
         log and lack no more than one message carries ({batch} entries), and it holds ",
        Bare(has),
        " of ",
        Bare(last),
        ". Until then it is a learner, by ",
        by,
        ", and the cluster does not \
         depend on it"
    ))
    .section("dissertation §4.2.1");
    if let Some(lost) = lost {
        finding = finding.because_all(Chains::new(*run).from(lost, Words::of(&lost.kind)).finish());
    }
    finding = finding.because_all(Chains::new(*run).of(started).finish());
    let link = run.world.link(leader, learner).is_some_and(|link| link.cut);
    if link {
        return finding.needs(words!("`link {leader} -> {learner} restore`."));
    }
    finding.needs(words!("more entries on the disk of ", learner, "."))
}
