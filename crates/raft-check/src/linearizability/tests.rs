//! The search agrees with trying every order, on many small histories; and what it says of those that
//! have no order is true.

use std::collections::BTreeMap;

use raft_kv::{Key, Operation, Value};

use super::*;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (word ^ (word >> 31)) % end
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize].clone()
    }
}

/// What a store without concurrency does: the definition that everything else is held against.
fn perform(state: &mut BTreeMap<Key, Value>, subject: Subject, operation: &Operation) -> Answer {
    let read = |state: &BTreeMap<Key, Value>, key: &Key| match (state.get(key), subject) {
        (None, Subject::Texts) => Some(Value::from("")),
        (value, _) => value.cloned(),
    };
    match operation {
        Operation::Set { key, value } => {
            state.insert(key.clone(), value.clone());
            Answer::Done
        }
        Operation::Get { key } => Answer::Value(read(state, key)),
        Operation::Delete { key } => Answer::Deleted { existed: state.remove(key).is_some() },
        Operation::Cas { key, expect, value } => {
            let current = read(state, key);
            if current == *expect {
                state.insert(key.clone(), value.clone());
                Answer::Swapped
            } else {
                Answer::NotSwapped { current: Some(current) }
            }
        }
        Operation::Append { key, value } => {
            let before = read(state, key).unwrap_or_else(|| "".into());
            let longer = Value::from([before.as_bytes(), value.as_bytes()].concat());
            let length = longer.len() as u64;
            state.insert(key.clone(), longer);
            Answer::Appended { length }
        }
        Operation::List { prefix } => {
            let with_prefix =
                state.iter().filter(|(key, _)| key.as_bytes().starts_with(prefix.as_bytes()));
            let entries = with_prefix.map(|(key, value)| (key.clone(), value.clone())).collect();
            Answer::List { entries, truncated: false }
        }
    }
}

/// Whether an answer that tells less is in accord with one that tells all.
fn accords(told: &Answer, all: &Answer) -> bool {
    match (told, all) {
        (Answer::Done, Answer::Appended { .. } | Answer::Deleted { .. }) => true,
        (Answer::NotSwapped { current: None }, Answer::NotSwapped { .. }) => true,
        _ => told == all,
    }
}

/// Tries every order of what happened, and of every choice of what may have happened.
/// `later` is what those were told whose return is not part of the history.
fn has_order(
    history: &History,
    later: &BTreeMap<usize, Answer>,
    done: &mut Vec<usize>,
    state: &BTreeMap<Key, Value>,
) -> bool {
    let all = history.invocations();
    let open = (0..all.len()).filter(|place| !done.contains(place));
    let answered = |place: &usize| matches!(all[*place].outcome, Outcome::Answered(_));
    let left: Vec<usize> = open.filter(|place| all[*place].outcome != Outcome::Failed).collect();
    let returns = left.iter().filter(|place| answered(place));
    let first_return = returns.filter_map(|place| Some(all[*place].returned?.event)).min();
    let Some(first_return) = first_return else { return true };
    left.iter().any(|place| {
        let invocation = &all[*place];
        if invocation.invoked.event > first_return {
            return false;
        }
        let mut after = state.clone();
        let answer = perform(&mut after, history.subject(), &invocation.operation);
        let is_right = match &invocation.outcome {
            Outcome::Answered(told) => accords(told, &answer),
            _ => later.get(place).is_none_or(|told| accords(told, &answer)),
        };
        done.push(*place);
        let found = is_right && has_order(history, later, done, &after);
        done.pop();
        found
    })
}

/// A history of up to `most` operations in which some answers are wrong and some are missing.
fn drawn(random: &mut Random, subject: Subject, most: u64) -> History {
    let mut history = History::new(subject);
    // What really happens: an operation takes effect at its call or just before its return.
    let mut state = BTreeMap::new();
    let mut early: BTreeMap<u64, Answer> = BTreeMap::new();
    let processes = 1 + random.below(4);
    let mut calls = 0;
    for _ in 0..40 {
        let process = random.below(processes);
        let Some(open) = history.open(process) else {
            if calls < 1 + random.below(most) {
                calls += 1;
                let operation = drawn_operation(random, subject);
                if random.below(2) == 0 {
                    early.insert(process, perform(&mut state, subject, &operation));
                }
                history.invoke(process, operation, 0).unwrap();
            }
            continue;
        };
        let operation = open.operation.clone();
        let outcome = match random.below(20) {
            0 => Outcome::Unknown,
            1 if !early.contains_key(&process) => Outcome::Failed,
            2 => continue,
            _ => {
                let right = early.get(&process).cloned();
                let right = right.unwrap_or_else(|| perform(&mut state, subject, &operation));
                Outcome::Answered(if random.below(10) == 0 {
                    let mut other = BTreeMap::new();
                    for _ in 0..3 {
                        perform(&mut other, subject, &drawn_operation(random, subject));
                    }
                    perform(&mut other, subject, &operation)
                } else {
                    less(random, right)
                })
            }
        };
        early.remove(&process);
        history.conclude(process, outcome, 0).unwrap();
    }
    history
}

/// The answer, or one that tells less.
fn less(random: &mut Random, answer: Answer) -> Answer {
    match answer {
        Answer::NotSwapped { .. } if random.below(2) == 0 => Answer::NotSwapped { current: None },
        Answer::Appended { .. } | Answer::Deleted { .. } if random.below(3) == 0 => Answer::Done,
        other => other,
    }
}

fn drawn_operation(random: &mut Random, subject: Subject) -> Operation {
    let key: Key = match subject {
        Subject::Register => "register".into(),
        Subject::Texts => random.of(&["a", "b"]).into(),
        Subject::Store => random.of(&["a", "ab", "b"]).into(),
    };
    let value = Value::from(random.of(&["1", "2", "3"]));
    match (subject, random.below(8)) {
        (_, 0..=1) => Operation::Set { key, value },
        (_, 2..=3) => Operation::Get { key },
        (Subject::Texts, _) | (Subject::Store, 4) => Operation::Append { key, value },
        (Subject::Store, 5) => Operation::Delete { key },
        (Subject::Store, 6) => Operation::List { prefix: random.of(&["", "a", "b"]).into() },
        _ => {
            let expect = random.of(&[None, Some("1".into()), Some("2".into())]);
            Operation::Cas { key, expect, value }
        }
    }
}

fn told(history: &History) -> String {
    let all = history.invocations().iter().enumerate();
    let line = |(place, operation): (usize, &Invocation)| {
        let returned = operation.returned.map(|moment| moment.event);
        let (called, words) = (operation.invoked.event, history.in_words(place));
        format!("\n{place}: {called}..{returned:?} {words}")
    };
    all.map(line).collect()
}

fn judged(history: &History) -> Verdict {
    check(history, &mut Limits::memory(1 << 26, &mut || true))
}

/// The order is one: it leaves nothing out that happened, keeps to the times, and gives the answers.
fn explains(history: &History, order: &[usize]) -> bool {
    let all = history.invocations();
    let mut state = BTreeMap::new();
    let mut latest_call = 0;
    for place in order {
        let Invocation { operation, invoked, returned, outcome, .. } = &all[*place];
        latest_call = latest_call.max(invoked.event);
        let answer = perform(&mut state, history.subject(), operation);
        if let Outcome::Answered(told) = outcome {
            let is_in_time = returned.is_some_and(|returned| latest_call < returned.event);
            if !is_in_time || !accords(told, &answer) {
                return false;
            }
        }
    }
    let is_in_it = |place: usize| order.iter().filter(|other| **other == place).count() == 1;
    (0..all.len()).all(|place| match all[place].outcome {
        Outcome::Answered(_) => is_in_it(place),
        Outcome::Failed => !order.contains(&place),
        Outcome::Unknown => true,
    })
}

/// Where a window says that there is no order, there is none without the rest either, whatever the
/// values were before.
fn window_stands(history: &History, found: &Contradiction) -> bool {
    if found.is_from_start || found.is_from_nowhere {
        return true;
    }
    let all = history.invocations();
    let begin = found.window.iter().map(|place| all[*place].invoked.event).max();
    assert!(begin.is_some() && found.window.contains(&found.stuck));
    let key = all[found.stuck].operation.key().unwrap();
    let firsts = ["", "1", "2", "3", "11", "12", "13", "21", "22", "23", "31", "32", "33"];
    let firsts = firsts.map(|text| Some(Value::from(text))).into_iter().chain([None]);
    let end = all[found.stuck].returned.unwrap().event;
    firsts.into_iter().all(|first| {
        let mut part = History::new(history.subject());
        let mut moments = BTreeMap::new();
        for place in found.window.iter().chain(&found.optional) {
            moments.insert(all[*place].invoked.event, (*place, true));
            if let Some(returned) = all[*place].returned.filter(|moment| moment.event <= end) {
                moments.insert(returned.event, (*place, false));
            }
        }
        let mut later = BTreeMap::new();
        for (place, is_call) in moments.into_values() {
            let process = place as u64;
            if is_call {
                if let Outcome::Answered(answer) = &all[place].outcome {
                    later.insert(part.invocations().len(), answer.clone());
                }
                part.invoke(process, all[place].operation.clone(), 0).unwrap();
            } else {
                part.conclude(process, all[place].outcome.clone(), 0).unwrap();
            }
        }
        let mut state = BTreeMap::new();
        if let Some(first) = first {
            state.insert(key.clone(), first);
        }
        !has_order(&part, &later, &mut Vec::new(), &state)
    })
}

#[test]
fn it_agrees_with_trying_every_order() {
    let (mut yes, mut no, mut windows) = (0, 0, 0);
    for seed in 0..30_000 {
        let mut random = Random(seed);
        let subject = random.of(&[Subject::Register, Subject::Texts, Subject::Store]);
        let history = drawn(&mut random, subject, 7);
        let expected = has_order(&history, &BTreeMap::new(), &mut Vec::new(), &BTreeMap::new());
        match judged(&history) {
            Verdict::Linearizable { order } => {
                assert!(expected, "seed {seed}:{}", told(&history));
                assert!(explains(&history, &order), "seed {seed}: {order:?}{}", told(&history));
                yes += 1;
            }
            Verdict::NotLinearizable(found) => {
                assert!(!expected, "seed {seed}: {found:?}{}", told(&history));
                assert!(
                    window_stands(&history, &found),
                    "seed {seed}: {found:?}{}",
                    told(&history)
                );
                windows += usize::from(!found.is_from_start);
                no += 1;
            }
            Verdict::Unknown { .. } => panic!("seed {seed}: it has all the time there is"),
        }
    }
    assert!(yes > 5_000 && no > 5_000 && windows > 1_000, "{yes} {no} {windows}");
}
