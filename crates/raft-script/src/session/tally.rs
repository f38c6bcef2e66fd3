//! How often each kind of event happened, to which node and when; and how often each rare event.

mod times;

use std::collections::BTreeMap;
use std::sync::Arc;

use raft_check::RareEvent;
use raft_core::{Instant, NodeId};
use raft_sim::Event;

use self::times::Times;

/// The events of a run, counted. Of each kind the last 256 are remembered with their times, for
/// each node. Clones share what was counted before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    nodes: BTreeMap<Option<NodeId>, Vec<Kind>>,
    /// The last event that was counted.
    last: u64,
    /// The last event before each mark.
    marks: BTreeMap<String, u64>,
}

/// The events of one kind at one node, or a rare event.
#[derive(Clone, Debug)]
struct Kind {
    name: &'static str,
    times: Arc<Times>,
}

/// The beginning of a count.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Since {
    /// The event with this time or a later one.
    Time(Instant),
    /// The mark with this name.
    Mark(String),
}

/// A number of events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Counted {
    pub(crate) count: u64,
    /// Whether there may be more: the older ones are forgotten.
    pub(crate) at_least: bool,
}

impl Tally {
    pub(crate) fn count(&mut self, event: &Event) {
        self.last = event.number.get();
        self.add(event.kind.node(), event.kind.full_name(), event.at);
    }

    /// Counts a rare event. It counts as one with the last event, which has this time.
    pub(crate) fn count_rare(&mut self, event: RareEvent, at: Instant) {
        self.add(None, event.name(), at);
    }

    fn add(&mut self, node: Option<NodeId>, name: &'static str, at: Instant) {
        let kinds = self.nodes.entry(node).or_default();
        // A name is nearly always in one place of the program: no text is compared.
        let place = kinds.iter().position(|kind| std::ptr::eq(kind.name, name));
        let place = place.or_else(|| kinds.iter().position(|kind| kind.name == name));
        let place = place.unwrap_or_else(|| {
            kinds.push(Kind { name, times: Arc::default() });
            kinds.len() - 1
        });
        Arc::make_mut(&mut kinds[place].times).push(self.last, at);
    }

    /// Sets a mark after the last event. It replaces an earlier mark of that name.
    pub(crate) fn mark(&mut self, name: &str) {
        self.marks.insert(name.to_owned(), self.last);
    }

    /// The number of events of this kind: of all nodes, or of one of them; of the whole run, or
    /// since a moment. `None`: there is no such mark.
    pub(crate) fn of(
        &self,
        name: &str,
        node: Option<NodeId>,
        since: Option<&Since>,
    ) -> Option<Counted> {
        let after = match since {
            Some(Since::Mark(mark)) => Some(*self.marks.get(mark)?),
            Some(Since::Time(_)) | None => None,
        };
        let is_meant = |(number, at): &(u64, Instant)| match since {
            Some(Since::Time(time)) => at >= time,
            Some(Since::Mark(_)) | None => after.is_none_or(|after| *number > after),
        };
        let mut counted = Counted { count: 0, at_least: false };
        let nodes = self.nodes.iter().filter(|(at, _)| node.is_none_or(|node| **at == Some(node)));
        let kinds = nodes.flat_map(|(_, kinds)| kinds).filter(|kind| kind.name == name);
        for Kind { times, .. } in kinds {
            if since.is_none() {
                counted.count += times.count;
                continue;
            }
            let found = times.last().filter(is_meant).count() as u64;
            counted.count += found;
            counted.at_least |= found == times.remembered() as u64 && found < times.count;
        }
        Some(counted)
    }
}
