//! A window of the nodes' key-value stores.

use std::collections::BTreeMap;
use std::rc::Rc;

use raft_core::NodeId;
use raft_kv::{Key, Store, Value};
use raft_sim::{SimNode, World};
use serde::{Deserialize, Serialize};

use super::entries::short;
use super::{ViewWindow, shared};

/// A window of all stores, by key.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct StoresView {
    /// The number of keys that any store has.
    pub total: u64,
    /// The place of the first key of the window among all keys, from 0.
    pub first: u64,
    /// The keys of the window, in order.
    pub keys: Vec<Rc<str>>,
    /// The store of each node, by ascending id.
    pub nodes: Vec<Rc<StoreView>>,
}

/// The store of one node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoreView {
    /// The node.
    pub node: NodeId,
    /// The values of those keys of the window that the store has, cut after 120 characters. `None`
    /// while the node is down.
    pub values: Option<Rc<Values>>,
}

/// Values by key.
type Values = BTreeMap<Rc<str>, Rc<str>>;

/// Makes windows of stores.
#[derive(Default)]
pub(super) struct StoresMaker {
    /// The stores of the last window, by the hashes of their contents, and the window.
    made_of: Option<(Contents, ViewWindow)>,
    /// The keys of the last window, in order.
    rows: Vec<Row>,
}

/// Each node, with the hash of the keys and values of its store; `None` while it is down.
type Contents = Vec<(NodeId, Option<u64>)>;

/// The most values of a key whose texts are kept.
const MAX_VALUES: usize = 4;

/// A key as text, and the values that stores had for it last.
struct Row {
    key: Key,
    name: Rc<str>,
    /// The newest one last; at most [`MAX_VALUES`].
    values: Vec<(Value, Rc<str>)>,
}

impl Row {
    fn new(key: &Key) -> Self {
        Self { key: key.clone(), name: key.to_string().into(), values: Vec::new() }
    }

    fn text(&mut self, value: &Value) -> Rc<str> {
        if let Some((_, text)) = self.values.iter().find(|(other, _)| other == value) {
            return text.clone();
        }
        let text: Rc<str> = short(value.to_string()).into();
        self.values.push((value.clone(), text.clone()));
        if self.values.len() > MAX_VALUES {
            self.values.remove(0);
        }
        text
    }
}

impl StoresMaker {
    /// The window of a world. `before` is the one that this maker made last.
    pub(super) fn make(
        &mut self,
        world: &World,
        window: &ViewWindow,
        before: Option<&Rc<StoresView>>,
    ) -> Rc<StoresView> {
        let content = |node: &SimNode| (node.id(), node.store().map(Store::contents_digest));
        let contents: Contents = world.nodes().map(content).collect();
        if let (Some(before), Some((of, wish))) = (before, &self.made_of)
            && *of == contents
            && wish.keys == window.keys
        {
            return before.clone();
        }
        let view = self.view(world, &contents, window, before);
        self.made_of = Some((contents, window.clone()));
        shared(view, before)
    }

    fn view(
        &mut self,
        world: &World,
        contents: &Contents,
        window: &ViewWindow,
        before: Option<&Rc<StoresView>>,
    ) -> StoresView {
        // Nearly always, all stores are equal.
        let mut different: BTreeMap<u64, &Store> = BTreeMap::new();
        for ((_, hash), node) in contents.iter().zip(world.nodes()) {
            if let (Some(hash), Some(store)) = (hash, node.store()) {
                different.insert(*hash, store);
            }
        }
        let total = match different.first_key_value() {
            Some((_, store)) if different.len() == 1 => store.len(),
            _ => union(different.values().copied()).count(),
        };
        let range = window.of_keys(total as u64);
        let wanted = (range.end - range.start) as usize;
        let keys = union(different.values().copied()).skip(range.start as usize).take(wanted);
        self.keep_rows(keys);
        let values: BTreeMap<u64, Rc<Values>> =
            different.iter().map(|(hash, store)| (*hash, self.values_of(store))).collect();
        let nodes = contents.iter().enumerate().map(|(place, (node, hash))| {
            let values = hash.and_then(|hash| values.get(&hash).cloned());
            shared(StoreView { node: *node, values }, before.and_then(|b| b.nodes.get(place)))
        });
        let nodes = nodes.collect();
        let keys = self.rows.iter().map(|row| row.name.clone()).collect();
        StoresView { total: total as u64, first: range.start, keys, nodes }
    }

    /// Has a row for each of these keys, which are in order. Rows of the last window stay.
    fn keep_rows<'a>(&mut self, keys: impl Iterator<Item = &'a Key>) {
        let mut before = std::mem::take(&mut self.rows).into_iter().peekable();
        let row = |key: &Key| {
            while before.next_if(|row| row.key < *key).is_some() {}
            before.next_if(|row| row.key == *key).unwrap_or_else(|| Row::new(key))
        };
        self.rows = keys.map(row).collect();
    }

    fn values_of(&mut self, store: &Store) -> Rc<Values> {
        let value = |row: &mut Row| {
            let value = store.get(row.key.as_bytes())?;
            Some((row.name.clone(), row.text(value)))
        };
        Rc::new(self.rows.iter_mut().filter_map(value).collect())
    }
}

/// The keys of several stores, in order, each once.
fn union<'a>(stores: impl Iterator<Item = &'a Store>) -> impl Iterator<Item = &'a Key> {
    let mut stores: Vec<_> =
        stores.map(|store| store.iter().map(|(key, _)| key).peekable()).collect();
    std::iter::from_fn(move || {
        let next = stores.iter_mut().filter_map(|keys| keys.peek().copied()).min()?;
        for keys in &mut stores {
            keys.next_if_eq(&next);
        }
        Some(next)
    })
}
