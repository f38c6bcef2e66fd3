//! Change Availability (dissertation §4.2): a change of the voters does not end the cluster.
//!
//! The property asks the leader itself when it last heard from whom. So it does not depend on
//! clocks, nor on messages that a slow leader has not handled yet.

use std::collections::BTreeMap;
use std::time::Duration;

use raft_core::{Bare, Membership, MembershipTrace, Node, NodeId, Plain, RoleKind, Trace, say};
use raft_sim::{SimNode, Words, World, words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};
use crate::shadows::node::LogChange;

pub(crate) static PROPERTY: Property = Property {
    name: "Change Availability",
    section: "dissertation §4.2",
    meaning: "A leader changes the voters only if a majority of the new ones answered it within \
              the longest election timeout: else nobody could lead. A forced change is exempt.",
};

/// For each node, whether the last change that it began is forced.
#[derive(Clone, Default, Debug)]
pub(crate) struct ChangeAvailability {
    forced: BTreeMap<NodeId, bool>,
}

impl Checker for ChangeAvailability {
    fn traced(&mut self, node: NodeId, trace: &Trace, _: &mut Context<'_>) {
        if let Trace::Membership(MembershipTrace::ChangeStarted { force, .. }) = trace {
            self.forced.insert(node, *force);
        }
    }

    fn log_changed(&mut self, node: NodeId, core: &Node, change: LogChange, cx: &mut Context<'_>) {
        if core.role() != RoleKind::Leader || self.forced.get(&node) != Some(&false) {
            return;
        }
        let (Some(shadow), Some(seen)) = (cx.shadows.node(node), cx.world.node(node)) else {
            return;
        };
        let own = |index| core.log().term_at(index) == Some(core.current_term());
        let steps = shadow.memberships.steps_after(change.last_before.index);
        let verdicts: Vec<Verdict> = steps
            .filter(|step| own(step.index) && step.from.voters() != step.to.voters())
            .map(|step| voters_changed(&VotersChanged::of((cx.world, seen), core, step.to)))
            .collect();
        verdicts.into_iter().for_each(|verdict| cx.note(&PROPERTY, verdict));
    }
}

/// A leader appends a membership with other voters, by a change that is not forced.
#[derive(Clone, Debug)]
struct VotersChanged {
    leader: NodeId,
    membership: Membership,
    /// The time since each of the other servers last answered.
    silent_for: BTreeMap<NodeId, Duration>,
    election_timeout: Duration,
}

impl VotersChanged {
    fn of((world, seen): (&World, &SimNode), core: &Node, membership: &Membership) -> Self {
        let now = seen.clock().shows(world.now());
        let silence = |peer: &raft_core::PeerStatus| (peer.id, now - peer.last_contact);
        Self {
            leader: seen.id(),
            membership: membership.clone(),
            silent_for: core.status().peers.iter().map(silence).collect(),
            election_timeout: seen.settings().election_timeout_max,
        }
    }
}

fn voters_changed(seen: &VotersChanged) -> Verdict {
    let VotersChanged { leader, membership, silent_for, election_timeout } = seen;
    let is_heard = |node: &NodeId| {
        node == leader || silent_for.get(node).is_some_and(|silence| silence <= election_timeout)
    };
    let heard = membership.voters().iter().filter(|node| is_heard(node)).count();
    if heard >= membership.majority() {
        return Ok(());
    }
    let voters = silent_for.iter().filter(|(node, _)| membership.voters().contains(node));
    let silent = Words::told(|out| {
        for (place, (node, silence)) in voters.enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            say!(out; comma, node, " for ", Plain(raft_sim::units::Span(*silence)))?;
        }
        Ok(())
    });
    Err(words! {
        "leader ", Bare(leader), " changes the voters to ", membership, ", a majority of which is ",
        membership.majority(), ", and only {heard} answered within an election timeout; silent \
         are ", silent
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N2, N3, objects, voters};
    use super::*;

    #[test]
    fn too_few_of_the_new_voters_were_heard() {
        let change = |silences: [(NodeId, u64); 2], ids: &[u64]| {
            voters_changed(&VotersChanged {
                leader: N1,
                membership: voters(ids.iter().copied()),
                silent_for: silences.map(|(node, ms)| (node, Duration::from_millis(ms))).into(),
                election_timeout: Duration::from_millis(300),
            })
        };
        assert_eq!(change([(N2, 300), (N3, 9_000)], &[1, 2, 3]), Ok(()));
        assert_eq!(change([(N2, 300), (N3, 9_000)], &[1, 2]), Ok(()));
        objects(change([(N2, 301), (N3, 9_000)], &[1, 2, 3]), &["leader 1", "node 2 for 301ms"]);
        objects(change([(N2, 300), (N3, 9_000)], &[2, 3]), &["only 1 answered", "node 3 for 9s"]);
    }
}
