//! The rows of the list of events: losses that belong together are one row.

use std::rc::Rc;

use raft_core::{List, NodeId, say};
use raft_sim::{DropReason, Event, EventKind, MessageEvent, Words};

use super::{EventRowView, EventView, KeptEvent};

/// A row of the list, before it is words.
#[derive(Clone)]
pub(super) enum Row {
    Event(Rc<KeptEvent>),
    /// Consecutive losses of one sender's messages for one reason, newest first.
    Lost {
        from: NodeId,
        reason: DropReason,
        events: Vec<Rc<KeptEvent>>,
    },
}

impl Row {
    pub(super) fn view(&self) -> Rc<EventRowView> {
        match self {
            Self::Event(kept) => kept.row(),
            Self::Lost { from, reason, events } => {
                let (newest, oldest) = (&events[0], &events[events.len() - 1]);
                let words = lost(*reason, events);
                let event =
                    EventView { node: Some(*from), words, ..EventView::from(&newest.event) };
                let oldest = oldest.event.number;
                Rc::new(EventRowView { event, oldest, count: events.len() })
            }
        }
    }

    /// Adds an older event if it belongs to this row.
    fn add(&mut self, older: &Rc<KeptEvent>) -> bool {
        let Some(key) = loss(&older.event) else { return false };
        let (from, reason) = match self {
            Self::Lost { from, reason, .. } => (*from, *reason),
            Self::Event(first) => match loss(&first.event) {
                Some(key) => key,
                None => return false,
            },
        };
        if key != (from, reason) {
            return false;
        }
        match self {
            Self::Lost { events, .. } => events.push(older.clone()),
            Self::Event(first) => {
                let events = vec![first.clone(), older.clone()];
                *self = Self::Lost { from, reason, events };
            }
        }
        true
    }
}

/// The rows for events given newest first; at most `limit`.
pub(super) fn fold<'a>(events: impl Iterator<Item = &'a Rc<KeptEvent>>, limit: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for event in events {
        if rows.last_mut().is_some_and(|row| row.add(event)) {
            continue;
        }
        if rows.len() == limit {
            break;
        }
        rows.push(Row::Event(event.clone()));
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

fn lost(reason: DropReason, events: &[Rc<KeptEvent>]) -> Words {
    let receiver = |kept: &Rc<KeptEvent>| {
        let EventKind::Message { to, .. } = kept.event.kind else { return None };
        Some(to)
    };
    let mut receivers: Vec<NodeId> = events.iter().filter_map(receiver).collect();
    receivers.sort_unstable();
    receivers.dedup();
    let count = events.len();
    Words::told(|out| {
        say!(out; "loses {count} messages to ")?;
        match receivers.as_slice() {
            [one] => say!(out; one)?,
            several => say!(out; "nodes ", List(several, ", "))?,
        }
        say!(out; " ({reason})")
    })
}

#[cfg(test)]
mod tests;
