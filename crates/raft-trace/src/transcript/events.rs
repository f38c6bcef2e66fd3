//! The events in a transcript: which are shown, and the change of a node's role and term with them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use raft_core::{
    CommitTrace, ElectionTrace, NodeId, PreVoteTrace, ReplicationTrace, RoleKind, SnapshotTrace,
    Term, TermTrace, Trace,
};
use raft_script::Session;
use raft_sim::{
    DiskEvent, DropReason, Event, EventKind, MessageEvent, ProcessEvent, StateMachineEvent, World,
};

/// Prints the events of each step.
pub(super) struct EventPrinter {
    /// The topics that `show` named.
    pub(super) shown: Vec<String>,
    /// Role and term of each running node, after the last step.
    states: BTreeMap<NodeId, (RoleKind, Term)>,
}

impl Default for EventPrinter {
    fn default() -> Self {
        Self { shown: vec!["core".into(), "clients".into()], states: BTreeMap::new() }
    }
}

impl EventPrinter {
    /// Prints the events of one step. If a node's role or term changed in it, the last line about
    /// that contains `[before → after]`.
    pub(super) fn print(&mut self, output: &mut String, session: &Session) {
        let events = session.events();
        let mut lines: Vec<String> = events.iter().map(Event::to_string).collect();
        for (node, change) in self.changes(session.world()) {
            let is_transition = |event: &Event| transitions(event) == Some(node);
            if let Some(at) = events.iter().rposition(is_transition) {
                let subject = format!("node {node} ");
                lines[at] = lines[at].replacen(&subject, &format!("{subject}[{change}] "), 1);
            }
        }
        for (event, line) in events.iter().zip(lines) {
            if is_shown(event, &self.shown) {
                let _ = writeln!(output, "{line}");
            }
        }
    }

    /// `leader@1 → follower@2` for each node whose role or term changed since the last call.
    pub(super) fn changes(&mut self, world: &World) -> Vec<(NodeId, String)> {
        let mut changes = Vec::new();
        let mut states = BTreeMap::new();
        for node in world.nodes() {
            let Some(core) = node.core() else { continue };
            let now = (core.role(), core.current_term());
            states.insert(node.id(), now);
            if let Some(before) = self.states.get(&node.id()).filter(|before| **before != now) {
                let change = format!("{}@{} → {}@{}", before.0, before.1, now.0, now.1);
                changes.push((node.id(), change));
            }
        }
        self.states = states;
        changes
    }
}

/// The node of the event, if the event is a change of its role or term.
fn transitions(event: &Event) -> Option<NodeId> {
    let EventKind::Core { node, trace } = &event.kind else { return None };
    let is_transition = matches!(
        trace,
        Trace::Term(TermTrace::Advanced { .. } | TermTrace::SteppedDown { .. })
            | Trace::PreVote(PreVoteTrace::Started { .. })
            | Trace::Election(ElectionTrace::Started { .. } | ElectionTrace::BecameLeader { .. })
    );
    is_transition.then_some(*node)
}

fn is_shown(event: &Event, shown: &[String]) -> bool {
    let topics: &[&str] = match &event.kind {
        EventKind::Core { trace, .. } => topics(trace),
        EventKind::StateMachine { event: StateMachineEvent::Applied { .. }, .. } => &["core"],
        EventKind::Message {
            event:
                MessageEvent::Replayed { .. }
                | MessageEvent::Held
                | MessageEvent::Released { .. }
                | MessageEvent::Dropped { reason: DropReason::ByCommand, .. },
            ..
        } => return true,
        EventKind::Message { .. } => &["messages"],
        EventKind::Disk {
            event: DiskEvent::WriteIssued { .. } | DiskEvent::WriteDurable { .. },
            ..
        } => &["disks"],
        EventKind::Client { .. } => &["clients"],
        EventKind::Process { event: ProcessEvent::TimerElapsed { .. }, .. } => &["timers"],
        // The statement is shown.
        EventKind::Acted { .. } => return false,
        EventKind::StateMachine { .. }
        | EventKind::Disk { .. }
        | EventKind::Process { .. }
        | EventKind::Network(_)
        | EventKind::Cluster(_) => return true,
    };
    shown.iter().any(|shown| topics.contains(&shown.as_str()))
}

/// The topics of `show` that a decision of the core belongs to.
fn topics(trace: &Trace) -> &'static [&'static str] {
    match trace {
        Trace::Replication(ReplicationTrace::EntriesAccepted { new_entries: 0, .. }) => {
            &["heartbeats"]
        }
        Trace::Election(ElectionTrace::BecameLeader { .. })
        | Trace::Term(TermTrace::SteppedDown { .. }) => &["core", "elections", "changes"],
        Trace::PreVote(_)
        | Trace::Election(
            ElectionTrace::Started { .. }
            | ElectionTrace::VoteGranted { .. }
            | ElectionTrace::VoteRefused { .. }
            | ElectionTrace::VoteCounted { .. },
        ) => &["core", "elections"],
        Trace::Membership(_) | Trace::Commit(CommitTrace::Committed { .. }) => &["core", "changes"],
        Trace::Snapshot(
            SnapshotTrace::Sent { .. }
            | SnapshotTrace::Asked { .. }
            | SnapshotTrace::Lost { .. }
            | SnapshotTrace::StartedOver { .. }
            | SnapshotTrace::ChunkStored { .. }
            | SnapshotTrace::Abandoned { .. }
            | SnapshotTrace::Installed { .. },
        ) => &["core", "snapshots"],
        Trace::Lifecycle(_)
        | Trace::Term(_)
        | Trace::Election(_)
        | Trace::Replication(_)
        | Trace::Commit(_)
        | Trace::Client(_)
        | Trace::Read(_)
        | Trace::Transfer(_)
        | Trace::Snapshot(_)
        | Trace::Disk(_)
        | Trace::Ignored(_) => &["core"],
    }
}
