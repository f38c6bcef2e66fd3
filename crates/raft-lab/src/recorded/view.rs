//! A moment of a recorded run as a view.

use std::rc::Rc;

use raft_core::{Instant, LogIndex, Membership, NodeId, Payload, RoleKind, say};
use raft_sim::{LatencyShape, Mention, MessageId, NodeState, Words, words};
use raft_trace::{TraceNode, TraceState};

use super::Recorded;
use super::arrows::Arrow;
use crate::MemberRole;
use crate::view::{
    CoreView, DiskView, EntryView, LinkView, LogView, LogsView, LostMessageView, MembershipView,
    MessageView, NodeView, VIEW_VERSION, View, ViewWindow,
};

/// The most messages in a picture: the last ones that were sent.
const MOST_MESSAGES: usize = 200;

impl Recorded {
    /// The moment after so many events, with the part of the logs that a window wants.
    pub fn view_after(&self, events: usize, window: &ViewWindow) -> View {
        let events = events.clamp(self.first(), self.events());
        let state = self.state_after(events);
        let now = self.time_after(events);
        let leader = leader(&state);
        let membership = self.membership(&state, leader);
        let (messages, lost) = self.messages(events);
        View {
            version: VIEW_VERSION,
            now,
            steps: events as u64,
            trace_hash: "".into(),
            headline: Rc::new(self.headline(&state, leader, events)),
            goal: None,
            leader,
            nodes: self.node_views(&state, membership.as_ref(), events).into(),
            membership: Rc::new(membership_view(membership.as_ref())),
            links: links(&self.run.nodes).into(),
            partition: None,
            messages: messages.into(),
            lost: lost.into(),
            message: None,
            disk: None,
            clients: Rc::default(),
            logs: Rc::new(logs(&state, window)),
            stores: Rc::default(),
            properties: Rc::default(),
            events: Rc::default(),
        }
    }

    fn headline(&self, state: &TraceState, leader: Option<NodeId>, events: usize) -> Words {
        let told = state.nodes().any(|(id, _)| self.known.role(id, events));
        let commit = state.nodes().map(|(_, node)| node.commit_index).max().unwrap_or_default();
        let term = leader.and_then(|id| state.node(id)).map(|node| node.term).unwrap_or_default();
        let Some(leader) = leader else {
            return match (told, self.known.any_role()) {
                (true, _) => words!("No node leads."),
                (false, _) if self.is_growing => words!("No server has told yet who leads."),
                (false, true) => words!("The file has not told yet who leads."),
                (false, false) => words!("The file does not tell who leads."),
            };
        };
        Words::told(|out| {
            out.name(Mention::Node(leader), format_args!("Node {leader}"))?;
            say!(out; " leads ", term, ".")?;
            match commit {
                LogIndex(0) => Ok(()),
                commit => say!(out; " Committed: ", commit, "."),
            }
        })
    }

    /// The membership in the leader's log, or in the longest one; the first one without an entry.
    /// `None`: the file tells of none.
    fn membership(&self, state: &TraceState, leader: Option<NodeId>) -> Option<Membership> {
        let first = self.run.membership.as_ref()?;
        let longest = state.nodes().max_by_key(|(_, node)| {
            let last = node.log.last();
            (last.term, last.index)
        });
        let log = leader.or(longest.map(|(id, _)| id)).and_then(|id| state.node(id))?;
        let entries = log.log.entries_from(LogIndex(0));
        let of_entry = |entry: &raft_core::Entry| match &entry.payload {
            Payload::Membership(membership) => Some(membership.clone()),
            Payload::Noop | Payload::Command(_) => None,
        };
        Some(entries.filter_map(of_entry).last().unwrap_or_else(|| first.clone()))
    }

    fn node_views(
        &self,
        state: &TraceState,
        membership: Option<&Membership>,
        events: usize,
    ) -> Vec<Rc<NodeView>> {
        let view = |(id, node): (NodeId, &TraceNode)| {
            let is_known = self.known.role(id, events);
            let state = match is_known && !node.is_up {
                true => NodeState::Crashed,
                false => NodeState::Running,
            };
            let core = node.role.filter(|_| is_known && node.is_up);
            Rc::new(NodeView {
                id,
                state,
                incarnation: 0,
                refusal: None,
                stopped_by: None,
                member_role: membership.map_or(MemberRole::Voter, |it| MemberRole::of(id, it)),
                clock: None,
                handling_micros: 0,
                election_timeout_min_micros: 0,
                lease_reads: false,
                disk: DiskView::default(),
                core: core.map(|role| core_view(role, node)),
            })
        };
        state.nodes().map(view).collect()
    }

    /// The messages under way, and those that the last event lost.
    fn messages(&self, events: usize) -> (Vec<MessageView>, Vec<LostMessageView>) {
        let flying = self.arrows.iter().rev().filter(|arrow| arrow.is_under_way(events));
        let mut flying: Vec<MessageView> =
            flying.take(MOST_MESSAGES).map(|arrow| self.message(arrow)).collect();
        flying.reverse();
        let is_lost = |arrow: &&Arrow| {
            arrow.ended.is_some_and(|(ended, arrived)| ended.number + 1 == events && !arrived)
        };
        let lost = self.arrows.iter().filter(is_lost).map(|arrow| self.lost(arrow));
        (flying, lost.collect())
    }

    fn message(&self, arrow: &Arrow) -> MessageView {
        let (kind, look) = arrow.look();
        let ended = arrow.ended.map(|(ended, _)| ended.at);
        MessageView {
            id: MessageId(arrow.message.id),
            from: arrow.from,
            to: arrow.message.to,
            kind,
            look,
            term: arrow.term(),
            entries: arrow.message.entries.unwrap_or_default(),
            sent_at: arrow.sent.at,
            arrives_at: ended.unwrap_or(Instant(u64::MAX)),
            held_since: None,
            waited_micros: 0,
        }
    }

    fn lost(&self, arrow: &Arrow) -> LostMessageView {
        let message = self.message(arrow);
        let lost_at = message.arrives_at;
        LostMessageView { message, lost_at, reason: "lost, as the file tells".into() }
    }
}

/// The running leader with the latest term.
fn leader(state: &TraceState) -> Option<NodeId> {
    let leaders = state.nodes().filter(|(_, node)| node.role == Some(RoleKind::Leader));
    leaders.max_by_key(|(_, node)| node.term).map(|(id, _)| id)
}

/// What a file can tell of a core. It tells of no timers, votes under way, leases or peers.
fn core_view(role: RoleKind, node: &TraceNode) -> CoreView {
    let last_log = node.log.last();
    CoreView {
        role,
        current_term: node.term,
        voted_for: node.voted_for,
        leader: None,
        commit_index: node.commit_index,
        last_applied: node.last_applied,
        last_log,
        log_length: (last_log.index.0 - node.log.base.index.0.min(last_log.index.0)) as usize,
        durable_index: last_log.index,
        snapshot: node.log.snapshot,
        membership: None,
        membership_index: LogIndex(0),
        timer_started: Instant(0),
        deadline: Instant(0),
        votes: Vec::new(),
        lease: None,
        round: None,
        uncommitted_bytes: 0,
        transfer_to: None,
        peers: Vec::new(),
    }
}

/// Links of which nothing is known.
fn links(nodes: &[NodeId]) -> Vec<LinkView> {
    let pairs = nodes.iter().flat_map(|from| nodes.iter().map(move |to| (*from, *to)));
    let link = |(from, to): (NodeId, NodeId)| LinkView {
        from,
        to,
        cut: false,
        parted: false,
        reachable: true,
        latency_min_micros: 0,
        latency_max_micros: 0,
        loss_per_million: 0,
        duplication_per_million: 0,
        reordering: false,
        latency_shape: LatencyShape::default(),
        bandwidth: None,
        queue_limit: 0,
        clogged_until: Instant(0),
    };
    pairs.filter(|(from, to)| from != to).map(link).collect()
}

fn logs(state: &TraceState, window: &ViewWindow) -> LogsView {
    let last = state.nodes().map(|(_, node)| node.log.last().index).max().unwrap_or_default();
    let range = window.of_log(last.0);
    let log = |(id, node): (NodeId, &TraceNode)| {
        let entries = node.log.entries_from(LogIndex(range.start));
        let shown = entries.take_while(|entry| range.contains(&entry.index.0));
        let last = node.log.last();
        Rc::new(LogView {
            node: id,
            is_on_disk: false,
            damage: None,
            snapshot: node.log.snapshot,
            last,
            is_length_only: node.log.length_only().is_some(),
            commit_index: node.commit_index,
            last_applied: node.last_applied,
            durable_index: last.index,
            match_index: None,
            next_index: None,
            entries: shown.map(|entry| Rc::new(EntryView::from(entry))).collect(),
        })
    };
    let nodes = state.nodes().map(log).collect();
    LogsView { first: LogIndex(range.start), end: LogIndex(range.end), last, nodes }
}

/// A membership that the file tells; without one, nobody.
fn membership_view(membership: Option<&Membership>) -> MembershipView {
    let empty = Membership::default();
    let membership = membership.unwrap_or(&empty);
    MembershipView {
        voters: membership.voters().to_vec(),
        outgoing: membership.outgoing().to_vec(),
        learners: membership.learners().to_vec(),
        index: LogIndex(0),
        committed: true,
    }
}
