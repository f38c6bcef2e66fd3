//! The events in a transcript: which are shown, and their topics.

use std::fmt::Write as _;

use raft_core::{CommitTrace, ElectionTrace, ReplicationTrace, SnapshotTrace, TermTrace, Trace};
use raft_script::Session;
use raft_sim::{DiskEvent, Event, EventKind, MessageEvent, StateMachineEvent};

/// Prints the events of each step.
pub(super) struct EventPrinter {
    /// The topics of `show`.
    pub(super) shown: Vec<String>,
}

impl EventPrinter {
    pub(super) fn new() -> Self {
        Self { shown: vec!["core".into(), "clients".into()] }
    }

    /// Prints the events of one step.
    pub(super) fn print(&self, output: &mut String, session: &Session) {
        for event in session.events().iter().filter(|event| is_shown(event, &self.shown)) {
            let _ = writeln!(output, "{event}");
        }
    }
}

fn is_shown(event: &Event, shown: &[String]) -> bool {
    let topics: &[&str] = match &event.kind {
        EventKind::Core { trace, .. } => topics(trace),
        EventKind::StateMachine { event: StateMachineEvent::Applied { .. }, .. } => &["core"],
        EventKind::Message { event: MessageEvent::Replayed { .. }, .. } => return true,
        EventKind::Message { .. } => &["messages"],
        EventKind::Disk {
            event: DiskEvent::WriteIssued { .. } | DiskEvent::WriteDurable { .. },
            ..
        } => &["disks"],
        EventKind::Client { .. } => &["clients"],
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
