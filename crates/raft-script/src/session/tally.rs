//! How often each kind of event happened, to which node and when.

use std::collections::BTreeMap;

use imbl::{OrdMap, Vector};
use raft_core::{Instant, NodeId};
use raft_sim::Event;

/// Of each kind of event the last so many are remembered with their times, for each node.
const REMEMBERED: usize = 256;

/// The events of a run, counted. Clones share what was counted before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// By the name of the kind and the node.
    kinds: OrdMap<(&'static str, Option<NodeId>), Times>,
    /// The last event that was counted.
    last: u64,
    /// The last event before each mark.
    marks: BTreeMap<String, u64>,
}

/// The times of one kind of event at one node.
#[derive(Clone, Debug, Default)]
struct Times {
    /// How many there were.
    count: u64,
    /// The numbers and times of the last ones, ascending; at most [`REMEMBERED`].
    last: Vector<(u64, Instant)>,
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
        let key = (event.kind.full_name(), event.kind.node());
        let times = self.kinds.entry(key).or_default();
        times.count += 1;
        if times.last.len() == REMEMBERED {
            times.last.pop_front();
        }
        times.last.push_back((event.number.get(), event.at));
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
        let kinds = self
            .kinds
            .iter()
            .filter(|((kind, at), _)| *kind == name && node.is_none_or(|node| *at == Some(node)));
        for (_, times) in kinds {
            if since.is_none() {
                counted.count += times.count;
                continue;
            }
            let found = times.last.iter().filter(|time| is_meant(time)).count() as u64;
            counted.count += found;
            counted.at_least |= found == times.last.len() as u64 && found < times.count;
        }
        Some(counted)
    }
}
