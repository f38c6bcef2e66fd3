//! What changed since an earlier moment.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

use raft_core::{Instant, LogIndex, LogPosition, NodeId, Say, Speaker, say};
use raft_sim::{Mention, Words, words};
use serde::Serialize;

use crate::view::{EntryView, LogView, LogsView, NodeView, StoreView, StoresView, View};

/// The most changes of a node that are told in words.
const MAX_WORDS: usize = 12;

/// What changed since an earlier moment: the one before, or one that somebody pinned.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ChangesView {
    /// The time of the earlier moment.
    pub since: Instant,
    /// The number of steps of its branch before it.
    pub since_steps: u64,
    /// Whether somebody pinned it.
    pub is_pinned: bool,
    /// The nodes of which something changed, by ascending id.
    pub nodes: Rc<[NodeChanges]>,
}

/// What changed of one node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NodeChanges {
    /// The node.
    pub node: NodeId,
    /// Its [facts](NodeView::facts).
    pub facts: Vec<FactChange>,
    /// The entries of its log in the window, by ascending index.
    pub entries: Vec<EntryChange>,
    /// The values of its store in the window, by key.
    pub values: Vec<ValueChange>,
}

/// A fact that changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FactChange {
    /// Its name.
    pub name: &'static str,
    /// Its value at the earlier moment; `None`: the node was down, or not there.
    pub before: Option<String>,
    /// Its value now; `None`: the node is down.
    pub now: Option<String>,
}

/// An entry that was appended, removed or replaced.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct EntryChange {
    /// Its index.
    pub index: LogIndex,
    /// The entry at the earlier moment.
    pub before: Option<Rc<EntryView>>,
    /// The entry now.
    pub now: Option<Rc<EntryView>>,
}

/// A value that was written, replaced or deleted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ValueChange {
    /// Its key.
    pub key: Rc<str>,
    /// The value at the earlier moment.
    pub before: Option<Rc<str>>,
    /// The value now.
    pub now: Option<Rc<str>>,
}

impl ChangesView {
    /// What changed from one view to another.
    pub(crate) fn between(before: &View, now: &View, is_pinned: bool) -> Self {
        let changes = |node: &Rc<NodeView>| NodeChanges::between(before, now, node);
        Self {
            since: before.now,
            since_steps: before.steps,
            is_pinned,
            nodes: now.nodes.iter().filter_map(changes).collect(),
        }
    }

    /// The nodes with what changed, in words.
    pub fn in_words(&self) -> Words {
        Words::told(|out| {
            for (place, node) in self.nodes.iter().enumerate() {
                let separator = if place == 0 { "" } else { "; " };
                say!(out; separator, node)?;
            }
            Ok(())
        })
    }

    /// What changed of a node.
    pub fn of(&self, node: NodeId) -> Option<&NodeChanges> {
        self.nodes.iter().find(|changes| changes.node == node)
    }
}

impl NodeChanges {
    fn between(before: &View, now: &View, node: &NodeView) -> Option<Self> {
        let id = node.id;
        let changes = Self {
            node: id,
            facts: facts(before.node(id).map(|node| &**node), node),
            entries: entries(&before.logs, &now.logs, id),
            values: values(&before.stores, &now.stores, id),
        };
        (!changes.is_empty()).then_some(changes)
    }

    fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.entries.is_empty() && self.values.is_empty()
    }

    /// The fact with this name, if it changed.
    pub fn fact(&self, name: &str) -> Option<&FactChange> {
        self.facts.iter().find(|change| change.name == name)
    }

    /// The entry at this index, if it changed.
    pub fn entry(&self, index: LogIndex) -> Option<&EntryChange> {
        let place = self.entries.binary_search_by_key(&index, |change| change.index);
        self.entries.get(place.ok()?)
    }

    /// The value of this key, if it changed.
    pub fn value(&self, key: &str) -> Option<&ValueChange> {
        self.values.iter().find(|change| &*change.key == key)
    }

    /// The changes in words: `current_term 3 → 4`, `entry 7 removed`, `x is 1`.
    pub fn in_words(&self) -> Vec<Words> {
        let facts = self.facts.iter().filter(|change| change.is_told()).map(FactChange::in_words);
        let entries = self.entries.iter().map(EntryChange::in_words);
        let mut words: Vec<Words> =
            facts.chain(entries).chain(self.values.iter().map(ValueChange::in_words)).collect();
        let count = words.len();
        if count > MAX_WORDS {
            words.truncate(MAX_WORDS - 1);
            let more = count - words.len();
            words.push(words! { more, " more" });
        }
        words
    }
}

impl Say<Mention> for NodeChanges {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        say!(out; self.node)?;
        for (place, change) in self.in_words().iter().enumerate() {
            let separator = if place == 0 { ": " } else { ", " };
            say!(out; separator, change)?;
        }
        Ok(())
    }
}

impl FactChange {
    /// A crash takes all facts of the protocol away, and its entries say what the last one was.
    fn is_told(&self) -> bool {
        self.name != "last entry" && (self.name == "state" || self.now.is_some())
    }

    fn in_words(&self) -> Words {
        let now = self.now.as_deref().unwrap_or("–");
        match &self.before {
            Some(before) => words! { self.name, " ", before.as_str(), " → ", now },
            None => words! { self.name, " ", now },
        }
    }
}

impl EntryChange {
    fn in_words(&self) -> Words {
        let (Some(entry), index) = (self.now.as_ref().or(self.before.as_ref()), self.index) else {
            return Words::default();
        };
        let place = Mention::Entry(LogPosition::new(entry.index, entry.term));
        Words::told(|out| {
            out.name(place, format_args!("entry {index}"))?;
            match (&self.before, &self.now) {
                (Some(_), Some(now)) => say!(out; " replaced: ", now.words.as_str()),
                (Some(_), None) => say!(out; " removed"),
                (None, _) => say!(out; " appended: ", entry.words.as_str()),
            }
        })
    }
}

impl ValueChange {
    fn in_words(&self) -> Words {
        match &self.now {
            Some(now) => words! { &*self.key, " is ", &**now },
            None => words! { &*self.key, " deleted" },
        }
    }
}

fn facts(before: Option<&NodeView>, now: &NodeView) -> Vec<FactChange> {
    let mut facts: Vec<FactChange> = Vec::new();
    let earlier: BTreeMap<_, _> =
        before.map(NodeView::facts).unwrap_or_default().into_iter().collect();
    let later = now.facts();
    for (name, value) in &later {
        let was = earlier.get(name);
        if was != Some(value) {
            facts.push(FactChange { name, before: was.cloned(), now: Some(value.clone()) });
        }
    }
    for (name, value) in earlier {
        if !later.iter().any(|(other, _)| *other == name) {
            facts.push(FactChange { name, before: Some(value), now: None });
        }
    }
    facts
}

/// The entries that differ where both windows reach. An entry that a snapshot covers is not
/// removed.
fn entries(before: &LogsView, now: &LogsView, node: NodeId) -> Vec<EntryChange> {
    let first = before.first.max(now.first);
    let log = |logs: &LogsView| logs.nodes.iter().find(|log| log.node == node).cloned();
    let (earlier, later) = (log(before), log(now));
    let of = |log: &Option<Rc<LogView>>, index: LogIndex| {
        log.as_ref().and_then(|log| log.entry(index)).cloned()
    };
    let covered = later.as_ref().map_or(LogIndex(0), |log| log.snapshot.index);
    let indexes = first.max(covered.next()).0..before.end.max(now.end).0;
    let change = |index: u64| {
        let index = LogIndex(index);
        let (before, now) = (of(&earlier, index), of(&later, index));
        (before != now).then_some(EntryChange { index, before, now })
    };
    indexes.filter_map(change).collect()
}

/// The values that differ where both windows reach. A node that is down has none.
fn values(before: &StoresView, now: &StoresView, node: NodeId) -> Vec<ValueChange> {
    let store = |stores: &StoresView| {
        let store = stores.nodes.iter().find(|store| store.node == node);
        store.and_then(|store: &Rc<StoreView>| store.values.clone())
    };
    let (Some(earlier), Some(later)) = (store(before), store(now)) else { return Vec::new() };
    if earlier == later {
        return Vec::new();
    }
    let keys: BTreeSet<&Rc<str>> = earlier.keys().chain(later.keys()).collect();
    let change = |key: &Rc<str>| {
        let (before, now) = (earlier.get(key).cloned(), later.get(key).cloned());
        (before != now).then(|| ValueChange { key: key.clone(), before, now })
    };
    let in_both = keys.into_iter().filter(|key| reaches(before, key) && reaches(now, key));
    in_both.filter_map(change).collect()
}

/// Whether the window would have this key.
fn reaches(stores: &StoresView, key: &Rc<str>) -> bool {
    let is_end = stores.first + stores.keys.len() as u64 >= stores.total;
    (stores.first == 0 || stores.keys.first().is_some_and(|first| first <= key))
        && (is_end || stores.keys.last().is_some_and(|last| key <= last))
}

#[cfg(test)]
mod tests;
