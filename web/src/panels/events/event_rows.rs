//! The rows of the event list: losses that belong together are one row, or a partition would fill
//! the list with lost heartbeats.

use std::rc::Rc;

use raft_core::NodeId;
use raft_sim::{DropReason, Event, EventKind, MessageEvent};

/// A row of the event list.
#[derive(Clone)]
pub(crate) enum EventRow {
    Event(Rc<Event>),
    /// Consecutive losses of one sender's messages for one reason, newest first.
    Lost {
        from: NodeId,
        reason: DropReason,
        events: Vec<Rc<Event>>,
    },
}

impl EventRow {
    /// The newest event of the row.
    pub(crate) fn newest(&self) -> &Rc<Event> {
        match self {
            Self::Event(event) => event,
            Self::Lost { events, .. } => &events[0],
        }
    }

    /// The oldest event of the row: it stays when newer ones are added, so it is the row's key.
    pub(crate) fn oldest(&self) -> &Rc<Event> {
        match self {
            Self::Event(event) => event,
            Self::Lost { events, .. } => &events[events.len() - 1],
        }
    }

    /// The node that the row is about.
    pub(crate) fn node(&self) -> Option<NodeId> {
        match self {
            Self::Event(event) => event.kind.node(),
            Self::Lost { from, .. } => Some(*from),
        }
    }

    /// The row's text, without the node, which is in the margin.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Event(event) => without_subject(event),
            Self::Lost { reason, events, .. } => lost(*reason, events),
        }
    }

    /// Adds an older event if it belongs to this row.
    fn add(&mut self, event: &Rc<Event>) -> bool {
        let Some(key) = loss(event) else { return false };
        let (from, reason) = match self {
            Self::Lost { from, reason, .. } => (*from, *reason),
            Self::Event(first) => match loss(first) {
                Some(key) => key,
                None => return false,
            },
        };
        if key != (from, reason) {
            return false;
        }
        match self {
            Self::Lost { events, .. } => events.push(event.clone()),
            Self::Event(first) => {
                let events = vec![first.clone(), event.clone()];
                *self = Self::Lost { from, reason, events };
            }
        }
        true
    }
}

/// The rows for events given newest first; at most `limit`.
pub(crate) fn event_rows<'a>(
    events: impl Iterator<Item = &'a Rc<Event>>,
    limit: usize,
) -> Vec<EventRow> {
    let mut rows: Vec<EventRow> = Vec::new();
    for event in events {
        if rows.last_mut().is_some_and(|row| row.add(event)) {
            continue;
        }
        if rows.len() == limit {
            break;
        }
        rows.push(EventRow::Event(event.clone()));
    }
    rows
}

fn loss(event: &Event) -> Option<(NodeId, DropReason)> {
    let EventKind::Message { from, event: MessageEvent::Dropped { reason, .. }, .. } = event.kind
    else {
        return None;
    };
    Some((from, reason))
}

fn without_subject(event: &Event) -> String {
    let words = event.kind.to_string();
    let subject = event.kind.node().map(|node| format!("node {node} "));
    let rest = subject.and_then(|subject| words.strip_prefix(&subject).map(str::to_owned));
    rest.unwrap_or(words)
}

fn lost(reason: DropReason, events: &[Rc<Event>]) -> String {
    let receiver = |event: &Rc<Event>| {
        let EventKind::Message { to, .. } = event.kind else { return None };
        Some(to)
    };
    let mut receivers: Vec<NodeId> = events.iter().filter_map(receiver).collect();
    receivers.sort_unstable();
    receivers.dedup();
    let names: Vec<String> = receivers.iter().map(NodeId::to_string).collect();
    let nodes = if names.len() == 1 { "node" } else { "nodes" };
    format!("loses {} messages to {nodes} {} ({reason})", events.len(), names.join(", "))
}

#[cfg(test)]
mod tests;
