//! Two branches beside each other: where they begin to differ, and their states at one time.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use raft_core::NodeId;
use raft_sim::NodeState;
use serde::Serialize;

use crate::headline::Nodes;
use crate::view::{ClientView, NodeView, View};

/// The most rows of a comparison.
const MAX_ROWS: usize = 100;

/// The live branch and another one, at the same time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ComparisonView {
    /// The name of the live branch.
    pub here: String,
    /// The name of the other one.
    pub there: String,
    /// The statements of the live branch that the other one does not have.
    pub only_here: Vec<String>,
    /// The statements of the other branch that the live one does not have.
    pub only_there: Vec<String>,
    /// The first event that differs, besides the effects of these statements.
    pub first: Option<FirstDifference>,
    /// The other branch at the time that the page shows, or at its end if that is earlier.
    pub view: Rc<View>,
    /// The differences at that time.
    pub rows: Rc<[DifferenceView]>,
}

/// The first event that differs, in each of the branches.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FirstDifference {
    /// The steps of the live branch after its event.
    pub steps: u64,
    /// The event of the live branch, with its time.
    pub here: String,
    /// The event of the other branch in its place, with its time.
    pub there: String,
}

/// A thing that is not the same in two branches.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DifferenceView {
    /// The thing.
    pub what: String,
    /// Its state in the live branch.
    pub here: String,
    /// Its state in the other branch.
    pub there: String,
}

/// The differences between two views: leader, nodes, logs, stores and clients, in this order.
pub(crate) fn differences(here: &View, there: &View) -> Rc<[DifferenceView]> {
    let mut rows = Vec::new();
    let mut add = |what: String, (here, there): (String, String)| {
        if here != there && rows.len() < MAX_ROWS {
            rows.push(DifferenceView { what, here, there });
        }
    };
    add("leader".to_owned(), (leader(here), leader(there)));
    for node in &*here.nodes {
        let both = |of: fn(&NodeView) -> String| {
            let other = there.node(node.id);
            (of(node), other.map_or_else(|| "not there".to_owned(), |node| of(node)))
        };
        add(format!("node {}", node.id), both(state));
        add(format!("vote of node {}", node.id), both(vote));
        add(format!("commit index of node {}", node.id), both(commit_index));
    }
    for (index, pairs) in grouped(&entries(here), &entries(there)) {
        for (pair, group) in pairs {
            add(format!("entry {index} at {}", Nodes(&group)), pair);
        }
    }
    for (key, pairs) in grouped(&values(here), &values(there)) {
        for (pair, group) in pairs {
            add(format!("{key} at {}", Nodes(&group)), pair);
        }
    }
    for client in &*here.clients {
        let other = there.clients.iter().find(|other| other.id == client.id);
        let waits = |client: &ClientView| client.pending.clone().unwrap_or_else(|| "no".to_owned());
        let other = other.map_or_else(|| "not there".to_owned(), waits);
        add(format!("client {} waits", client.id), (waits(client), other));
    }
    rows.into()
}

fn leader(view: &View) -> String {
    let leader = view.leader.and_then(|id| view.node(id)).and_then(|node| node.core.as_ref());
    match (view.leader, leader) {
        (Some(id), Some(core)) => format!("node {id}, term {}", core.current_term),
        (Some(_) | None, _) => "none".to_owned(),
    }
}

fn state(node: &NodeView) -> String {
    match (&node.core, node.state) {
        (Some(core), NodeState::Running) => {
            format!("{}, term {}, log {}", core.role, core.current_term, core.last_log.index)
        }
        (Some(core), state) => format!("{state}, term {}", core.current_term),
        (None, state) => state.to_string(),
    }
}

fn vote(node: &NodeView) -> String {
    let vote = node.core.as_ref().and_then(|core| core.voted_for);
    vote.map_or_else(|| "none".to_owned(), |vote| format!("node {vote}"))
}

fn commit_index(node: &NodeView) -> String {
    node.core.as_ref().map_or_else(|| "none".to_owned(), |core| core.commit_index.to_string())
}

/// What each node has at a place: an entry at an index, or a value under a key.
type Places<K> = BTreeMap<K, BTreeMap<NodeId, String>>;

fn entries(view: &View) -> Places<u64> {
    let mut places = Places::new();
    for log in &view.logs.nodes {
        for entry in &log.entries {
            let words = format!("{}, term {}", entry.words, entry.term);
            places.entry(entry.index.0).or_default().insert(log.node, words);
        }
    }
    places
}

fn values(view: &View) -> Places<Rc<str>> {
    let mut places = Places::new();
    for store in &view.stores.nodes {
        for (key, value) in store.values.iter().flat_map(|values| values.iter()) {
            places.entry(key.clone()).or_default().insert(store.node, value.to_string());
        }
    }
    places
}

/// The nodes that have the same two things at a place.
type Groups = BTreeMap<(String, String), Vec<NodeId>>;

/// For each place, what the nodes have in the two branches, and which nodes.
fn grouped<K: Ord + Clone>(here: &Places<K>, there: &Places<K>) -> BTreeMap<K, Groups> {
    let none = BTreeMap::new();
    let keys: Vec<K> = here.keys().chain(there.keys()).cloned().collect();
    let mut grouped = BTreeMap::new();
    for key in keys {
        let (one, other) = (here.get(&key).unwrap_or(&none), there.get(&key).unwrap_or(&none));
        let mut groups = Groups::new();
        let ids: BTreeSet<NodeId> = one.keys().chain(other.keys()).copied().collect();
        for id in ids {
            let words = |of: &BTreeMap<NodeId, String>| {
                of.get(&id).cloned().unwrap_or_else(|| "none".to_owned())
            };
            groups.entry((words(one), words(other))).or_default().push(id);
        }
        grouped.insert(key, groups);
    }
    grouped
}
