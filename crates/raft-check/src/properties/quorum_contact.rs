//! Quorum Contact (dissertation §6.2): a leader that no quorum answers steps down.
//!
//! A node that is paused, slow, or whose clock was changed may have heard from a quorum without
//! having handled the answers, so the time counts from the end of that.

use std::time::Duration;

use raft_core::{Body, Instant, LogIndex, Membership, NodeId, RoleKind, Term};
use raft_sim::{NodeClock, words};

use super::{Checker, Context, MessageDelivered, MessageSent};
use crate::property::{Property, Verdict};
use crate::shadows::per_node::PerNode;
use crate::shadows::quorum::{NodeSet, is_quorum};

pub(crate) static PROPERTY: Property = Property {
    name: "Quorum Contact",
    section: "dissertation §6.2",
    meaning: "With check-quorum, a leader sends nothing as leader after it has heard from no \
              quorum of the voters for the longest election timeout and one heartbeat interval.",
};

/// The clock of a node is read in whole microseconds.
const SLACK: Duration = Duration::from_micros(10);

#[derive(Clone, Default, Debug)]
pub(crate) struct QuorumContact {
    leaders: PerNode<Option<Contact>>,
}

/// What a leader has heard. All times are of its own clock.
#[derive(Clone, Debug)]
struct Contact {
    term: Term,
    /// The entry of the membership in force.
    membership: LogIndex,
    clock: NodeClock,
    /// Everybody counts as heard at this moment; `None` while the leader may have messages that it
    /// has not handled.
    since: Option<Instant>,
    /// When the others answered last.
    heard: Vec<(NodeId, Instant)>,
}

impl Checker for QuorumContact {
    fn leader_seen(&mut self, leader: NodeId, term: Term, cx: &mut Context<'_>) {
        let contact = self.leaders.of(leader);
        if contact.as_ref().is_some_and(|contact| contact.term == term) {
            return;
        }
        let Some(node) = cx.world.node(leader) else { return };
        let (clock, since) = (*node.clock(), cx.prompt(leader).map(|prompt| prompt.now));
        let membership = LogIndex(0);
        *contact = Some(Contact { term, membership, clock, since, heard: Vec::new() });
    }

    fn message_delivered(&mut self, delivered: MessageDelivered<'_>, cx: &mut Context<'_>) {
        let MessageDelivered { from, to, message } = delivered;
        let is_answer =
            matches!(message.body, Body::AppendEntriesReply(_) | Body::InstallSnapshotReply(_));
        if !is_answer {
            return;
        }
        let contact = self.leaders.of(to).as_mut();
        let Some(contact) = contact.filter(|contact| contact.term == message.term) else { return };
        let Some(node) = cx.world.node(to) else { return };
        let now = node.clock().shows(cx.world.now());
        match contact.heard.iter_mut().find(|(other, _)| *other == from) {
            Some((_, at)) => *at = now,
            None => contact.heard.push((from, now)),
        }
    }

    fn message_sent(&mut self, sent: MessageSent<'_>, cx: &mut Context<'_>) {
        let (leader, message) = (sent.from, sent.message);
        let Some(settings) = cx.settings(leader) else { return };
        let is_request =
            matches!(message.body, Body::AppendEntries(_) | Body::InstallSnapshot(_));
        if !settings.check_quorum || !is_request {
            return;
        }
        let Some(contact) = self.leaders.of(leader) else { return };
        let (Some(since), Some(node)) = (contact.since, cx.world.node(leader)) else { return };
        let limit = settings.election_timeout_max + settings.heartbeat_interval + SLACK;
        let now = node.clock().shows(cx.world.now());
        if contact.term != message.term || now - since <= limit {
            return;
        }
        let recent = contact.heard.iter().filter(|(_, at)| now - *at <= limit);
        let heard = recent.map(|(node, _)| *node).chain([leader]).collect();
        let Some(shadow) = cx.shadows.node(leader) else { return };
        let membership = shadow.memberships.latest();
        cx.note(&PROPERTY, led(Led { leader, term: message.term, heard, membership, limit }));
    }

    fn node_touched(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let Some(contact) = self.leaders.of(id) else { return };
        let (Some(prompt), Some(node)) = (cx.prompt(id), cx.world.node(id)) else {
            contact.since = None;
            return;
        };
        if prompt.core.role() != RoleKind::Leader {
            *self.leaders.of(id) = None;
            return;
        }
        let (membership, clock) = (prompt.core.membership_index(), *node.clock());
        let is_same = membership == contact.membership && clock == contact.clock;
        if contact.since.is_none() || !is_same {
            let since = Some(prompt.now);
            *contact = Contact { membership, clock, since, heard: Vec::new(), ..*contact };
        }
    }

    fn started(&mut self, node: NodeId, _: &raft_core::Node, _: &mut Context<'_>) {
        *self.leaders.of(node) = None;
    }
}

/// A node sent something as leader.
#[derive(Clone, Copy, Debug)]
struct Led<'a> {
    leader: NodeId,
    term: Term,
    /// The nodes that it heard from within the limit, and itself.
    heard: NodeSet,
    /// In force in its log.
    membership: &'a Membership,
    limit: Duration,
}

fn led(Led { leader, term, heard, membership, limit }: Led<'_>) -> Verdict {
    if is_quorum(membership, heard) {
        return Ok(());
    }
    Err(words! {
        leader, " goes on as leader of ", term, ", although for more than ", limit.as_millis(),
        " ms only {heard} answered, itself included: no quorum of ", membership
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, nodes, objects, voters};
    use super::*;

    #[test]
    fn a_leader_that_hears_learners_only() {
        let membership = voters(1..=3).with_learners([NodeId(4), NodeId(5)]);
        let lead = |heard: &[u64]| {
            let (heard, limit) = (nodes(heard), Duration::from_millis(350));
            led(Led { leader: N1, term: Term(4), heard, membership: &membership, limit })
        };
        assert_eq!(lead(&[1, 3]), Ok(()));
        let words = ["node 1", "term 4", "350 ms", "nodes 1, 4 and 5", "1 2 3 + learners 4 5"];
        objects(lead(&[1, 4, 5]), &words);
    }
}
