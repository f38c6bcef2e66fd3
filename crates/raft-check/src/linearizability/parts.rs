//! Takes a history apart: operations on different keys have nothing to do with each other, so each key
//! is searched by itself (linearizability is local: Herlihy and Wing 1990, theorem 1). A `list` reads
//! many keys at one moment and ties them together.

use std::collections::{BTreeMap, BTreeSet};

use raft_kv::Operation;

use super::history::{Answer, History, Invocation, Outcome};
use super::maps::{MapStep, Maps};
use super::model::{OneKey, Step};
use super::search::Task;
use super::values::Values;
use super::words::shown;

/// Operations that can be put in order by themselves.
pub(super) struct Part {
    pub(super) tasks: Vec<Task>,
    /// For each operation of the model its place in the history.
    pub(super) places: Vec<usize>,
    pub(super) model: AnyModel,
}

pub(super) enum AnyModel {
    OneKey(OneKey),
    Maps(Maps),
}

/// The parts, the smallest first.
pub(super) fn parts(history: &History) -> Vec<Part> {
    let groups = Groups::of(history);
    let mut places: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, invocation) in history.invocations().iter().enumerate() {
        if let Some(group) = groups.group_of(invocation) {
            places.entry(group).or_default().push(place);
        }
    }
    let mut sorted: Vec<(usize, Vec<usize>)> = places.into_iter().collect();
    sorted.sort_by_key(|(_, places)| places.len());
    let keys_of = groups.keys();
    let part = |(group, places): (usize, Vec<usize>)| {
        let keys = keys_of.get(&group).map_or(&[][..], Vec::as_slice);
        build(history, places, keys)
    };
    sorted.into_iter().map(part).filter(|part| !part.tasks.is_empty()).collect()
}

fn build(history: &History, places: Vec<usize>, keys: &[&[u8]]) -> Part {
    let all = history.invocations();
    let is_list = |place: &usize| matches!(all[*place].operation, Operation::List { .. });
    let mut values = Values::new();
    let names: Vec<String> = keys.iter().map(shown).collect();
    let (model, places) = if places.iter().any(is_list) {
        let (steps, places) = steps(all, places, |it| map_step(it, keys, &mut values));
        (AnyModel::Maps(Maps::new(history.subject(), values, names, steps)), places)
    } else {
        let (steps, places) = steps(all, places, |it| Step::of(it, &mut values));
        (AnyModel::OneKey(OneKey::new(history.subject(), values, names.concat(), steps)), places)
    };
    Part { tasks: tasks(all, &places), places, model }
}

/// The operations of which something is known, as steps and as places.
fn steps<S>(
    all: &[Invocation],
    places: Vec<usize>,
    mut step: impl FnMut(&Invocation) -> Option<S>,
) -> (Vec<S>, Vec<usize>) {
    places.into_iter().filter_map(|place| Some((step(&all[place])?, place))).unzip()
}

fn map_step(invocation: &Invocation, keys: &[&[u8]], values: &mut Values) -> Option<MapStep> {
    let place_of = |key: &[u8]| keys.partition_point(|known| *known < key) as u32;
    let Operation::List { prefix } = &invocation.operation else {
        let key = place_of(invocation.operation.key()?.as_bytes());
        return Step::of(invocation, values).map(|step| MapStep::Key(key, step));
    };
    let Outcome::Answered(Answer::List { entries, truncated }) = &invocation.outcome else {
        return None;
    };
    let prefix = prefix.as_bytes();
    let first = place_of(prefix);
    let length = keys[first as usize..].iter().take_while(|key| key.starts_with(prefix)).count();
    let entry = |(key, value): &(raft_kv::Key, raft_kv::Value)| {
        (place_of(key.as_bytes()), values.value(value))
    };
    let entries = entries.iter().map(entry).collect();
    Some(MapStep::List { first, end: first + length as u32, entries, truncated: *truncated })
}

fn tasks(all: &[Invocation], places: &[usize]) -> Vec<Task> {
    let task = |(operation, place): (u32, &usize)| {
        let invocation = &all[*place];
        let (called, returned) = (invocation.invoked.event, invocation.answered());
        Task { called, returned, operation, is_early: false }
    };
    (0..).zip(places).map(task).collect()
}

/// Which keys belong together.
struct Groups<'a> {
    /// Each key's number, in the order of the keys.
    numbers: BTreeMap<&'a [u8], usize>,
    /// For each number one of the same group, down to the group's own.
    parents: Vec<usize>,
    /// A group of its own for each prefix that was listed.
    prefixes: BTreeMap<&'a [u8], usize>,
}

impl<'a> Groups<'a> {
    fn of(history: &'a History) -> Self {
        let (mut keys, mut prefixes) = (BTreeSet::new(), BTreeSet::new());
        for invocation in history.invocations() {
            if let Some(key) = invocation.operation.key() {
                keys.insert(key.as_bytes());
            }
            if let Operation::List { prefix } = &invocation.operation
                && let Outcome::Answered(Answer::List { entries, .. }) = &invocation.outcome
            {
                prefixes.insert(prefix.as_bytes());
                keys.extend(entries.iter().map(|(key, _)| key.as_bytes()));
            }
        }
        let numbers: BTreeMap<&[u8], usize> = keys.into_iter().zip(0..).collect();
        let prefixes: BTreeMap<&[u8], usize> = prefixes.into_iter().zip(numbers.len()..).collect();
        let parents = (0..numbers.len() + prefixes.len()).collect();
        let mut groups = Self { numbers, parents, prefixes };
        groups.join(history);
        groups
    }

    /// A list ties all keys with its prefix together, and those that it claims to have found.
    fn join(&mut self, history: &History) {
        let mut pairs = Vec::new();
        for (prefix, number) in &self.prefixes {
            let behind = self.numbers.range(*prefix..);
            let with_prefix = behind.take_while(|(key, _)| key.starts_with(prefix));
            pairs.extend(with_prefix.map(|(_, key)| (*key, *number)));
        }
        for invocation in history.invocations() {
            if let Operation::List { prefix } = &invocation.operation
                && let Outcome::Answered(Answer::List { entries, .. }) = &invocation.outcome
            {
                let number = self.prefixes[prefix.as_bytes()];
                pairs.extend(entries.iter().map(|(key, _)| (self.numbers[key.as_bytes()], number)));
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

    /// The group of an operation; `None` if nothing is known of what it read.
    fn group_of(&self, invocation: &Invocation) -> Option<usize> {
        let number = match &invocation.operation {
            Operation::List { prefix } => self.prefixes.get(prefix.as_bytes()),
            operation => self.numbers.get(operation.key()?.as_bytes()),
        };
        number.map(|number| self.parents[*number])
    }

    /// The keys of each group, in their order.
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
    use super::super::history::Subject;
    use super::*;

    fn sizes(operations: &[(Operation, Option<Answer>)]) -> Vec<usize> {
        let mut history = History::new(Subject::Store);
        for (process, (operation, answer)) in (0..).zip(operations) {
            history.invoke(process, operation.clone(), 0).unwrap();
            if let Some(answer) = answer {
                history.conclude(process, Outcome::Answered(answer.clone()), 0).unwrap();
            }
        }
        parts(&history).iter().map(|part| part.tasks.len()).collect()
    }

    fn set(key: &str) -> (Operation, Option<Answer>) {
        (Operation::Set { key: key.into(), value: "1".into() }, Some(Answer::Done))
    }

    fn list(prefix: &str, found: &[&str]) -> (Operation, Option<Answer>) {
        let entries = found.iter().map(|key| ((*key).into(), "1".into())).collect();
        let answer = Answer::List { entries, truncated: false };
        (Operation::List { prefix: prefix.into() }, Some(answer))
    }

    #[test]
    fn each_key_is_a_part() {
        assert_eq!(sizes(&[set("a"), set("b"), set("a")]), [1, 2]);
    }

    #[test]
    fn a_list_ties_its_keys_together_and_no_others() {
        let operations = [set("a1"), set("b"), set("a2"), list("a", &["a1", "a2"])];
        assert_eq!(sizes(&operations), [1, 3]);
        assert_eq!(sizes(&[set("a"), set("b"), list("", &[])]), [3]);
        assert_eq!(sizes(&[set("a"), list("b", &[])]), [1, 1]);
        // What it claims to have found may lie outside of its prefix: then it is wrong, not lost.
        assert_eq!(sizes(&[set("a"), list("b", &["a"])]), [2]);
    }

    #[test]
    fn a_read_without_an_answer_is_in_no_part() {
        assert_eq!(sizes(&[(Operation::Get { key: "a".into() }, None)]), [0; 0]);
        assert_eq!(sizes(&[(Operation::List { prefix: "".into() }, None), set("a")]), [1]);
    }
}
