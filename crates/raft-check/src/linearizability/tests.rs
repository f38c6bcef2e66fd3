//! The search agrees with trying every order, on many small histories; and what it says of those that
//! have no order is true.

use std::collections::{BTreeMap, BTreeSet};

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

/// An operation of a window.
#[derive(Clone, Copy)]
struct Shown {
    place: usize,
    /// Whether it has to happen.
    is_demanded: bool,
    /// The event before which it happens, if it does.
    until: Option<u32>,
}

/// Tries every order of operations of a window, with every choice of those that need not happen.
fn window_has_order(
    history: &History,
    shown: &[Shown],
    done: &mut Vec<usize>,
    state: &BTreeMap<Key, Value>,
) -> bool {
    let all = history.invocations();
    if shown.iter().all(|it| !it.is_demanded || done.contains(&it.place)) {
        return true;
    }
    shown.iter().any(|it| {
        let is_late = |other: &usize| it.until < Some(all[*other].invoked.event);
        if done.contains(&it.place) || (it.until.is_some() && done.iter().any(is_late)) {
            return false;
        }
        let mut after = state.clone();
        let answer = perform(&mut after, history.subject(), &all[it.place].operation);
        let is_right = match &all[it.place].outcome {
            Outcome::Answered(told) => accords(told, &answer),
            _ => true,
        };
        done.push(it.place);
        let found = is_right && window_has_order(history, shown, done, &after);
        done.pop();
        found
    })
}

/// All that can have been there before a window, as far as that can make a difference to it.
fn possible_states(history: &History, shown: &[Shown]) -> Vec<BTreeMap<Key, Value>> {
    let (mut keys, mut values) = (BTreeSet::new(), BTreeSet::from([Value::from("9")]));
    let mut note = |key: &Key, value: Option<&Value>| {
        keys.insert(key.clone());
        let bytes = value.map_or(&[][..], Value::as_bytes);
        values.extend((0..=bytes.len()).map(|end| Value::from(&bytes[..end])));
    };
    for it in shown {
        let Invocation { operation, outcome, .. } = &history.invocations()[it.place];
        if let (Some(key), Operation::Cas { expect, .. }) = (operation.key(), operation) {
            note(key, expect.as_ref());
        }
        match (operation.key(), outcome) {
            (Some(key), Outcome::Answered(Answer::Value(value))) => note(key, value.as_ref()),
            (Some(key), Outcome::Answered(Answer::NotSwapped { current: Some(value) })) => {
                note(key, value.as_ref());
            }
            (_, Outcome::Answered(Answer::List { entries, .. })) => {
                entries.iter().for_each(|(key, value)| note(key, Some(value)));
                ["a", "ab", "b"].iter().for_each(|key| note(&Key::from(*key), None));
            }
            (Some(key), Outcome::Answered(Answer::Appended { length })) => {
                note(key, Some(&"9".repeat(*length as usize).into()));
            }
            (Some(key), _) => note(key, None),
            _ => {}
        }
    }
    keys.into_iter().fold(vec![BTreeMap::new()], |states, key| {
        let with = |state: &BTreeMap<Key, Value>| {
            let mut states = vec![state.clone()];
            states.extend(values.iter().map(|value| {
                let mut state = state.clone();
                state.insert(key.clone(), value.clone());
                state
            }));
            states
        };
        states.iter().flat_map(with).collect()
    })
}

/// What a window shows has no order, whatever was there before and whatever of the rest happened;
/// without one of its demands it has one.
struct WindowCheck<'a> {
    history: &'a History,
    found: &'a Contradiction,
}

impl WindowCheck<'_> {
    fn shown(&self) -> Vec<Shown> {
        let until = |place: usize| self.history.invocations()[place].answered();
        let window = self.found.window.iter();
        let window =
            window.map(|place| Shown { place: *place, is_demanded: true, until: until(*place) });
        // All others are shown not to help where no operation could have made a value.
        let all = (0..self.history.invocations().len()).filter(|place| {
            let it = &self.history.invocations()[*place];
            let last = &self.history.invocations()[self.found.last];
            let is_before = last.returned.is_none_or(|end| it.invoked.event < end.event);
            is_before && it.outcome != Outcome::Failed && !self.found.window.contains(place)
        });
        let optional: Vec<usize> =
            if self.found.is_from_nowhere { all.collect() } else { self.found.optional.clone() };
        let optional = optional.into_iter();
        let optional =
            optional.map(|place| Shown { place, is_demanded: false, until: until(place) });
        window.chain(optional).collect()
    }

    fn has_order(&self, shown: &[Shown]) -> bool {
        let states = if self.found.is_from_start {
            vec![BTreeMap::new()]
        } else {
            possible_states(self.history, shown)
        };
        states.iter().any(|state| window_has_order(self.history, shown, &mut Vec::new(), state))
    }

    fn stands(&self) -> bool {
        !self.has_order(&self.shown())
    }

    /// Whether the window has an order when any one of its operations counts as not answered.
    fn is_minimal(&self) -> bool {
        let mut shown = self.shown();
        for it in shown.iter_mut().filter(|it| !it.is_demanded) {
            it.until = None;
        }
        (0..self.found.window.len()).all(|dropped| {
            let mut shown = shown.clone();
            shown[dropped] = Shown { is_demanded: false, until: None, ..shown[dropped] };
            self.has_order(&shown)
        })
    }

    /// Whether something in the window tells less of a state that is not known than the search can
    /// keep in mind: that it was not some value, or how long it was.
    fn is_vague(&self) -> bool {
        let all = self.history.invocations();
        !self.found.is_from_start
            && self.shown().iter().any(|it| {
                use Answer::{Appended, NotSwapped};
                let outcome = &all[it.place].outcome;
                matches!(outcome, Outcome::Answered(NotSwapped { current: None } | Appended { .. }))
            })
    }
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
                let window = WindowCheck { history: &history, found: &found };
                let context = || format!("seed {seed}: {found:?}{}", told(&history));
                assert!(window.stands(), "{}", context());
                assert!(window.is_vague() || window.is_minimal(), "{}", context());
                windows += usize::from(!found.is_from_start);
                no += 1;
            }
            Verdict::Unknown { .. } => panic!("seed {seed}: it has all the time there is"),
        }
    }
    assert!(yes > 5_000 && no > 5_000 && windows > 3_000, "{yes} {no} {windows}");
}

/// A history on one register: each line is a call, or `/` and what the process hears.
fn register(lines: &[(u64, &str)]) -> History {
    let key = Key::from("register");
    let mut history = History::new(Subject::Register);
    for (process, line) in lines {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("write", value) => {
                let operation = Operation::Set { key: key.clone(), value: value.into() };
                history.invoke(*process, operation, 0).unwrap();
            }
            ("cas", values) => {
                let (expect, value) = values.split_once(' ').unwrap();
                let (expect, value) = (Some(expect.into()), value.into());
                let operation = Operation::Cas { key: key.clone(), expect, value };
                history.invoke(*process, operation, 0).unwrap();
            }
            ("read", _) => {
                history.invoke(*process, Operation::Get { key: key.clone() }, 0).unwrap();
            }
            ("append", value) => {
                let operation = Operation::Append { key: key.clone(), value: value.into() };
                history.invoke(*process, operation, 0).unwrap();
            }
            ("/read", value) => {
                let answer = Answer::Value(Some(value.into()));
                history.conclude(*process, Outcome::Answered(answer), 0).unwrap();
            }
            _ => history.conclude(*process, Outcome::Answered(Answer::Done), 0).unwrap(),
        }
    }
    history
}

fn contradiction(history: &History) -> Contradiction {
    let Verdict::NotLinearizable(found) = judged(history) else { panic!("{}", told(history)) };
    *found
}

#[test]
fn a_write_that_merely_overlaps_is_not_in_the_window() {
    let history = register(&[
        (0, "write 1"),
        (0, "/write"),
        (0, "write 2"),
        (1, "read"),
        (0, "/write"),
        (1, "/read 2"),
        (1, "read"),
        (1, "/read 1"),
    ]);
    let found = contradiction(&history);
    assert_eq!((found.window, found.optional), (vec![2, 3], vec![1]));
}

#[test]
fn what_no_append_ends_with_is_from_nowhere() {
    for (found, is_from_nowhere) in [("/read ac", true), ("/read b", false), ("/read cb", false)] {
        let write = [(0, "write a"), (0, "/write"), (0, "append ab"), (1, "append b")];
        let read = [(2, "read"), (2, found), (3, "append ac"), (4, "write b")];
        let history = register(&[write, read].concat());
        let found = contradiction(&history);
        assert_eq!(found.is_from_nowhere, is_from_nowhere, "{}", told(&history));
        assert_eq!(found.stuck, 3);
    }
}

#[test]
fn a_shorter_window_that_comes_later_wins() {
    let mut lines = vec![(0, "write 1"), (1, "write 2")];
    // There is no value at first, each of the two writes can make one once, and three are seen.
    for value in ["/read 1", "/read 2", "/read 1"] {
        lines.extend([(2, "read"), (2, value)]);
    }
    lines.extend([(0, "/write"), (1, "/write")]);
    let found = contradiction(&register(&lines));
    assert_eq!((found.window, found.optional), (vec![2, 3, 4], vec![0, 1]));
    assert_eq!((found.last, found.stuck, found.is_from_start), (4, 4, true));

    lines.extend([(0, "write 3"), (0, "/write"), (1, "read"), (1, "/read 1")]);
    let found = contradiction(&register(&lines));
    assert_eq!((found.window, found.optional), (vec![5, 6], vec![]));
    assert_eq!((found.last, found.stuck, found.is_from_start), (6, 4, false));
}

/// After many writes of which each is overwritten by the next, a read of what the last but one wrote;
/// many operations are called before and never answered.
fn stale_read_after(unanswered: &[String]) -> Contradiction {
    let values: Vec<String> = (0..100).map(|value| format!("write {}", value % 10)).collect();
    let mut lines: Vec<(u64, &str)> = (10..).zip(unanswered.iter().map(String::as_str)).collect();
    for value in &values {
        lines.extend([(0, value.as_str()), (0, "/write")]);
    }
    lines.extend([(0, "write old"), (0, "/write"), (0, "write new"), (0, "/write")]);
    lines.extend([(0, "read"), (0, "/read old")]);
    let history = register(&lines);
    let mut go_on = || true;
    let mut limits = Limits { steps: 200_000, ..Limits::memory(1 << 26, &mut go_on) };
    let Verdict::NotLinearizable(found) = check(&history, &mut limits) else {
        panic!("it takes too many steps");
    };
    let first = unanswered.len() + values.len() + 1;
    assert_eq!(found.window, [first, first + 1]);
    assert_eq!((found.longest.len(), found.stuck), (values.len() + 2, first + 1));
    *found
}

#[test]
fn unanswered_writes_are_not_tried_where_nobody_would_notice() {
    let writes: Vec<String> = (0..100).map(|value| format!("write {value}")).collect();
    let found = stale_read_after(&writes);
    assert_eq!(found.optional.len(), 100);
}

#[test]
fn what_cannot_be_whatever_was_there_before_is_found_before_all_is_tried_that_could_have_been() {
    let pairs = (0..100).map(|pair| (pair / 10, pair % 10)).filter(|(from, to)| from != to);
    let changes: Vec<String> = pairs.map(|(from, to)| format!("cas {from} {to}")).collect();
    stale_read_after(&changes);
}
