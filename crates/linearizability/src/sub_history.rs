//! A history taken apart: linearizability is local (Herlihy and Wing 1990, theorem 1), so
//! operations on different keys are searched apart (P-compositionality in the words of Horn and
//! Kroening 2015). A list reads many keys at one moment and ties them together.

use std::collections::{BTreeMap, BTreeSet};

use crate::bytes::Bytes;
use crate::description::shown;
use crate::history::{Completion, History, Invocation};
use crate::maps::{MapTransition, Maps};
use crate::operation::{Answer, MapOperation};
use crate::search::Task;
use crate::specification::{OneKey, Transition};
use crate::values::Values;

/// Operations that are searched apart from all others of their history.
pub(crate) struct SubHistory {
    pub(crate) tasks: Vec<Task>,
    /// For each operation of the specification its index in [`History::invocations`].
    pub(crate) indexes: Vec<usize>,
    pub(crate) specification: AnySpecification,
}

/// The specification of a sub-history, by the number of its keys.
pub(crate) enum AnySpecification {
    OneKey(OneKey),
    Maps(Maps),
}

/// The sub-histories of a history, the shortest first.
pub(crate) fn sub_histories(history: &History) -> Vec<SubHistory> {
    let groups = Groups::of(history);
    let mut indexes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, invocation) in history.invocations().iter().enumerate() {
        if let Some(group) = groups.group_of(invocation) {
            indexes.entry(group).or_default().push(index);
        }
    }
    let mut sorted: Vec<(usize, Vec<usize>)> = indexes.into_iter().collect();
    sorted.sort_by_key(|(_, indexes)| indexes.len());
    let keys_of = groups.keys();
    let sub_history = |(group, indexes): (usize, Vec<usize>)| {
        let keys = keys_of.get(&group).map_or(&[][..], Vec::as_slice);
        build(history, indexes, keys)
    };
    sorted.into_iter().map(sub_history).filter(|sub| !sub.tasks.is_empty()).collect()
}

fn build(history: &History, indexes: Vec<usize>, keys: &[&[u8]]) -> SubHistory {
    let all = history.invocations();
    let is_list = |index: &usize| matches!(all[*index].operation, MapOperation::List { .. });
    let mut values = Values::new();
    let names: Vec<String> = keys.iter().map(shown).collect();
    let (specification, indexes) = if indexes.iter().any(is_list) {
        let (transitions, indexes) =
            transitions(all, indexes, |it| map_transition(it, keys, &mut values));
        (AnySpecification::Maps(Maps::new(history.model(), values, names, transitions)), indexes)
    } else {
        let (transitions, indexes) =
            transitions(all, indexes, |it| Transition::of(it, &mut values));
        (
            AnySpecification::OneKey(OneKey::new(
                history.model(),
                values,
                names.concat(),
                transitions,
            )),
            indexes,
        )
    };
    SubHistory { tasks: tasks(all, &indexes), indexes, specification }
}

/// The transitions of the operations that had an effect or found out something, and their indexes.
fn transitions<S>(
    all: &[Invocation],
    indexes: Vec<usize>,
    mut transition: impl FnMut(&Invocation) -> Option<S>,
) -> (Vec<S>, Vec<usize>) {
    indexes.into_iter().filter_map(|index| Some((transition(&all[index])?, index))).unzip()
}

fn map_transition(
    invocation: &Invocation,
    keys: &[&[u8]],
    values: &mut Values,
) -> Option<MapTransition> {
    let place_of = |key: &[u8]| keys.partition_point(|known| *known < key) as u32;
    let MapOperation::List { prefix } = &invocation.operation else {
        let key = place_of(invocation.operation.key()?.as_slice());
        return Transition::of(invocation, values).map(|it| MapTransition::Key(key, it));
    };
    let Completion::Answered(Answer::List { entries, truncated }) = &invocation.completion else {
        return None;
    };
    let prefix = prefix.as_slice();
    let first = place_of(prefix);
    let length = keys[first as usize..].iter().take_while(|key| key.starts_with(prefix)).count();
    let entry = |(key, value): &(Bytes, Bytes)| (place_of(key.as_slice()), values.value(value));
    let entries = entries.iter().map(entry).collect();
    Some(MapTransition::List { first, end: first + length as u32, entries, truncated: *truncated })
}

fn tasks(all: &[Invocation], indexes: &[usize]) -> Vec<Task> {
    let task = |(operation, index): (u32, &usize)| {
        let invocation = &all[*index];
        let (called, returned) = (invocation.invoked.event, invocation.answered());
        Task { called, returned, operation, is_early: false }
    };
    (0..).zip(indexes).map(task).collect()
}

/// The keys, in groups that lists tie together.
struct Groups<'a> {
    /// Each key's number, in the order of the keys.
    numbers: BTreeMap<&'a [u8], usize>,
    /// For each number another one of the same group; the group's own number is its own parent.
    parents: Vec<usize>,
    /// A number for each prefix that was listed.
    prefixes: BTreeMap<&'a [u8], usize>,
}

impl<'a> Groups<'a> {
    fn of(history: &'a History) -> Self {
        let (mut keys, mut prefixes) = (BTreeSet::new(), BTreeSet::new());
        for invocation in history.invocations() {
            if let Some(key) = invocation.operation.key() {
                keys.insert(key.as_slice());
            }
            if let MapOperation::List { prefix } = &invocation.operation
                && let Completion::Answered(Answer::List { entries, .. }) = &invocation.completion
            {
                prefixes.insert(prefix.as_slice());
                keys.extend(entries.iter().map(|(key, _)| key.as_slice()));
            }
        }
        let numbers: BTreeMap<&[u8], usize> = keys.into_iter().zip(0..).collect();
        let prefixes: BTreeMap<&[u8], usize> = prefixes.into_iter().zip(numbers.len()..).collect();
        let parents = (0..numbers.len() + prefixes.len()).collect();
        let mut groups = Self { numbers, parents, prefixes };
        groups.join(history);
        groups
    }

    /// A list ties together all keys with its prefix and all keys in its answer.
    fn join(&mut self, history: &History) {
        let mut pairs = Vec::new();
        for (prefix, number) in &self.prefixes {
            let from_prefix = self.numbers.range(*prefix..);
            let with_prefix = from_prefix.take_while(|(key, _)| key.starts_with(prefix));
            pairs.extend(with_prefix.map(|(_, key)| (*key, *number)));
        }
        for invocation in history.invocations() {
            if let MapOperation::List { prefix } = &invocation.operation
                && let Completion::Answered(Answer::List { entries, .. }) = &invocation.completion
            {
                let number = self.prefixes[prefix.as_slice()];
                pairs.extend(entries.iter().map(|(key, _)| (self.numbers[key.as_slice()], number)));
            }
        }
        for (one, other) in pairs {
            let (one, other) = (self.root(one), self.root(other));
            self.parents[one.max(other)] = one.min(other);
        }
        for number in 0..self.parents.len() {
            self.parents[number] = self.root(number);
        }
    }

    fn root(&mut self, mut number: usize) -> usize {
        while self.parents[number] != number {
            self.parents[number] = self.parents[self.parents[number]];
            number = self.parents[number];
        }
        number
    }

    /// The group of an operation; `None` for a list without an answer.
    fn group_of(&self, invocation: &Invocation) -> Option<usize> {
        let number = if let MapOperation::List { prefix } = &invocation.operation {
            self.prefixes.get(prefix.as_slice())
        } else {
            self.numbers.get(invocation.operation.key()?.as_slice())
        };
        number.map(|number| self.parents[*number])
    }

    /// The keys of each group, in order.
    fn keys(&self) -> BTreeMap<usize, Vec<&'a [u8]>> {
        let mut keys: BTreeMap<usize, Vec<&[u8]>> = BTreeMap::new();
        for (key, number) in &self.numbers {
            keys.entry(self.parents[*number]).or_default().push(key);
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Model;

    fn sizes(operations: &[(MapOperation, Option<Answer>)]) -> Vec<usize> {
        let mut history = History::new(Model::Map);
        for (process, (operation, answer)) in (0..).zip(operations) {
            history.invoke(process, operation.clone(), 0).unwrap();
            if let Some(answer) = answer {
                history.conclude(process, Completion::Answered(answer.clone()), 0).unwrap();
            }
        }
        sub_histories(&history).iter().map(|sub| sub.tasks.len()).collect()
    }

    fn set(key: &str) -> (MapOperation, Option<Answer>) {
        (MapOperation::Write { key: key.into(), value: "1".into() }, Some(Answer::Done))
    }

    fn list(prefix: &str, found: &[&str]) -> (MapOperation, Option<Answer>) {
        let entries = found.iter().map(|key| ((*key).into(), "1".into())).collect();
        let answer = Answer::List { entries, truncated: false };
        (MapOperation::List { prefix: prefix.into() }, Some(answer))
    }

    #[test]
    fn each_key_is_a_sub_history() {
        assert_eq!(sizes(&[set("a"), set("b"), set("a")]), [1, 2]);
    }

    #[test]
    fn a_list_ties_its_keys_together_and_no_others() {
        let operations = [set("a1"), set("b"), set("a2"), list("a", &["a1", "a2"])];
        assert_eq!(sizes(&operations), [1, 3]);
        assert_eq!(sizes(&[set("a"), set("b"), list("", &[])]), [3]);
        assert_eq!(sizes(&[set("a"), list("b", &[])]), [1, 1]);
        // An answer with a key outside of the prefix is wrong, and must be found to be.
        assert_eq!(sizes(&[set("a"), list("b", &["a"])]), [2]);
    }

    #[test]
    fn a_read_without_an_answer_is_in_no_sub_history() {
        assert_eq!(sizes(&[(MapOperation::Read { key: "a".into() }, None)]), [0; 0]);
        assert_eq!(sizes(&[(MapOperation::List { prefix: "".into() }, None), set("a")]), [1]);
    }
}
