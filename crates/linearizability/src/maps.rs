//! Several keys with one state: a list reads them at one moment, so they cannot be searched apart.

use hashbrown::HashTable;

use crate::hash::mix_all;
use crate::history::Model;
use crate::specification::{
    NOTHING, Specification, Transition, classes, describe_entry, describe_value, first_value,
};
use crate::values::{ABSENT, ANY, ValueId, Values, is_open};

/// What an operation with its answer does to several values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum MapTransition {
    /// An operation on one key, given by its index.
    Key(u32, Transition),
    /// A list of the keys with the indexes `first..end`.
    List { first: u32, end: u32, entries: Vec<(u32, ValueId)>, truncated: bool },
}

/// Several keys, in order. The state is the number of a list of their values.
pub(crate) struct Maps {
    values: Values,
    first_value: ValueId,
    keys: Vec<String>,
    transitions: Vec<MapTransition>,
    classes: Vec<u32>,
    /// The lists of values, one after the other.
    states: Vec<ValueId>,
    by_contents: HashTable<u32>,
    scratch: Vec<ValueId>,
}

impl Maps {
    /// `keys` are in words, in order.
    pub(crate) fn new(
        model: Model,
        values: Values,
        keys: Vec<String>,
        transitions: Vec<MapTransition>,
    ) -> Self {
        let classes = classes(&transitions);
        let first_value = first_value(model);
        let scratch = vec![first_value; keys.len()];
        let mut maps = Self {
            values,
            first_value,
            keys,
            transitions,
            classes,
            states: Vec::new(),
            by_contents: HashTable::new(),
            scratch,
        };
        maps.intern();
        maps
    }

    fn state(&self, state: u32) -> &[ValueId] {
        list(&self.states, self.keys.len(), state)
    }

    /// The state after a list of keys of which some have unknown values; `None` if the list cannot
    /// have its answer.
    fn list_unknown(&mut self, state: u32, operation: u32) -> Option<u32> {
        let MapTransition::List { first, end, entries, truncated } =
            &self.transitions[operation as usize]
        else {
            return None;
        };
        self.scratch.copy_from_slice(list(&self.states, self.keys.len(), state));
        let mut entries = entries.iter().peekable();
        let mut has_more = false;
        for key in *first..*end {
            let value = &mut self.scratch[key as usize];
            if *truncated && entries.peek().is_none() {
                has_more |= *value != ABSENT;
                continue;
            }
            let found =
                entries.next_if(|(found, _)| *found == key).map_or(ABSENT, |(_, value)| *value);
            *value = Transition::Read(found).apply(*value, &mut self.values)?;
        }
        let is_right = entries.next().is_none() && has_more == *truncated;
        is_right.then(|| self.intern())
    }

    /// The number of the state that is in `scratch`.
    fn intern(&mut self) -> u32 {
        let key = mix_all(&self.scratch);
        let known = self.by_contents.find(key, |id| self.state(*id) == self.scratch);
        if let Some(known) = known {
            return *known;
        }
        let id = self.by_contents.len() as u32;
        self.states.extend_from_slice(&self.scratch);
        let (states, width) = (&self.states, self.keys.len());
        let key_of = |id: &u32| mix_all(list(states, width, *id));
        self.by_contents.insert_unique(key, id, key_of);
        id
    }
}

/// The list of values of a state.
fn list(states: &[ValueId], width: usize, state: u32) -> &[ValueId] {
    &states[state as usize * width..][..width]
}

impl Specification for Maps {
    fn initial(&self) -> u32 {
        0
    }

    fn unknown(&mut self) -> u32 {
        self.scratch.fill(ANY);
        self.intern()
    }

    fn step(&mut self, state: u32, operation: u32) -> Option<u32> {
        match &self.transitions[operation as usize] {
            MapTransition::Key(key, transition) => {
                let (key, transition) = (*key as usize, *transition);
                let before = self.state(state)[key];
                let after = transition.apply(before, &mut self.values)?;
                if after == before {
                    return Some(state);
                }
                self.scratch.copy_from_slice(list(&self.states, self.keys.len(), state));
                self.scratch[key] = after;
                Some(self.intern())
            }
            MapTransition::List { first, end, entries, truncated } => {
                let held = &self.state(state)[*first as usize..*end as usize];
                if held.iter().any(|value| is_open(*value)) {
                    return self.list_unknown(state, operation);
                }
                let mut held = (*first..).zip(held).filter(|(_, value)| **value != ABSENT);
                let all = entries.iter().all(|(key, value)| held.next() == Some((*key, value)));
                (all && held.next().is_some() == *truncated).then_some(state)
            }
        }
    }

    fn is_observer(&self, operation: u32) -> bool {
        match &self.transitions[operation as usize] {
            MapTransition::Key(_, transition) => transition.is_observer(),
            MapTransition::List { .. } => true,
        }
    }

    fn class(&self, operation: u32) -> u32 {
        self.classes[operation as usize]
    }

    fn transitions(&self, operation: u32, visit: &mut dyn FnMut(u32, Transition)) {
        match &self.transitions[operation as usize] {
            MapTransition::Key(key, transition) => visit(*key, *transition),
            MapTransition::List { first, end, entries, truncated } => {
                let is_in_order = entries.is_sorted_by(|(one, _), (other, _)| one < other);
                let is_within = entries.iter().all(|(key, _)| (*first..*end).contains(key));
                if !(is_in_order && is_within) {
                    let key = entries.first().map_or(*first, |(key, _)| *key);
                    return visit(key, Transition::NEVER);
                }
                let mut next = *first;
                for (key, value) in entries {
                    (next..*key).for_each(|absent| visit(absent, Transition::Read(ABSENT)));
                    visit(*key, Transition::Read(*value));
                    next = key + 1;
                }
                if !truncated {
                    (next..*end).for_each(|absent| visit(absent, Transition::Read(ABSENT)));
                }
            }
        }
    }

    fn values(&self) -> &Values {
        &self.values
    }

    fn first_value(&self) -> ValueId {
        self.first_value
    }

    fn describe_value(&self, key: u32, value: ValueId) -> String {
        describe_entry(&self.values, &self.keys[key as usize], value)
    }

    fn describe(&self, state: u32) -> String {
        const MOST: usize = 12;
        let held = self.keys.iter().zip(self.state(state)).filter(|(_, value)| **value != ABSENT);
        let mut words: Vec<String> = held
            .map(|(key, value)| format!("{key}={}", describe_value(&self.values, *value)))
            .collect();
        if words.len() > MOST {
            let more = words.len() - MOST;
            words.truncate(MOST);
            words.push(format!("and {more} more"));
        }
        if words.is_empty() { NOTHING.to_owned() } else { words.join(", ") }
    }

    fn bytes(&self) -> usize {
        self.values.bytes() + self.states.capacity() * 4 + self.by_contents.capacity() * 5
    }
}
