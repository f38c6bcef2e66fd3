//! Why a change of the membership is not finished.

use raft_core::{Bare, LogIndex, MembershipTrace, NodeId};
use raft_sim::{Event, words};

use super::{commits, leader};
use crate::evidence::Evidence;
use crate::explanation::{Explanation, Finding};
use crate::question::Unanswerable;
use crate::seen::{lost_between, membership_at};

/// Why the change of the membership is not finished.
pub(super) fn waits(run: &Evidence<'_>) -> Result<Explanation, Unanswerable> {
    let Some((leader, core)) = run.leader() else { return leader::none(run) };
    let started = run.last(|event| {
        matches!(
            membership_at(event, leader),
            Some(MembershipTrace::ChangeStarted { .. } | MembershipTrace::ChangeGivenUp { .. })
        )
    });
    let Some(started) = started else { return Ok(no_change()) };
    let Some(MembershipTrace::ChangeStarted { target, .. }) = membership_at(started, leader) else {
        return Ok(no_change());
    };
    let is_committed = core.membership_index() <= core.commit_index();
    if is_committed && core.membership().has_same_servers_as(target) {
        return Ok(no_change());
    }
    let learner = target.voters().iter().copied().find(|node| core.membership().is_learner(*node));
    if let Some(learner) = learner {
        return Ok(Explanation::of(catches_up(run, leader, learner, started)));
    }
    if !is_committed {
        let mut explanation = commits::not(run, core.membership_index())?;
        explanation.begin(words!("The change waits for ", core.membership_index(), ". "));
        return Ok(explanation);
    }
    let soon = words!("The leader, ", leader, ", is about to make the next step of it.");
    Ok(Explanation::of(Finding::new(soon).needs("only time.".into())))
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
    let core = run.core(leader);
    let batch = run.world.node(leader).map_or(0, |node| node.settings().max_batch_entries);
    let (has, last) = core.map_or((LogIndex(0), LogIndex(0)), |core| {
        let status = core.status();
        let peer = status.peers.iter().find(|peer| peer.id == learner);
        (peer.map_or(LogIndex(0), |peer| peer.match_index), status.last_log.index)
    });
    let by = core.map_or(LogIndex(0), |core| core.membership_index());
    let lost = run.last(|event| lost_between(event, leader, learner).is_some());
    let finding = Finding::new(words! {
        "Node ", Bare(learner), " has to catch up before its vote counts: it must hold part of the \
         log and lack no more than one message carries ({batch} entries), and it holds ", Bare(has),
        " of ", Bare(last), ". Until then it is a learner, by ", by,
        ", and the cluster does not depend on it"
    })
    .section("dissertation §4.2.1")
    .because_all(run.led_by(lost))
    .because_all(run.causes(started));
    match run.world.link(leader, learner).is_some_and(|link| link.cut) {
        true => finding.needs(words!("`link {leader} -> {learner} restore`.")),
        false => finding.needs(words!("more entries on the disk of ", learner, ".")),
    }
}
