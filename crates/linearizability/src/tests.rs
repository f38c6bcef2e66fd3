//! On many small histories the search agrees with one that tries every order, and the windows that
//! it finds have no order.

use std::collections::{BTreeMap, BTreeSet};

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

/// The effect and the answer of an operation without concurrency: the definition of all models.
fn perform(state: &mut BTreeMap<Bytes, Bytes>, model: Model, operation: &MapOperation) -> Answer {
    let read = |state: &BTreeMap<Bytes, Bytes>, key: &Bytes| match (state.get(key), model) {
        (None, Model::Texts) => Some(Bytes::from("")),
        (value, _) => value.cloned(),
    };
    match operation {
        MapOperation::Write { key, value } => {
            state.insert(key.clone(), value.clone());
            Answer::Done
        }
        MapOperation::Read { key } => Answer::Value(read(state, key)),
        MapOperation::Delete { key } => Answer::Deleted { existed: state.remove(key).is_some() },
        MapOperation::Cas { key, expect, value } => {
            let current = read(state, key);
            if current == *expect {
                state.insert(key.clone(), value.clone());
                Answer::Swapped
            } else {
                Answer::NotSwapped { current: Some(current) }
            }
        }
        MapOperation::Append { key, value } => {
            let before = read(state, key).unwrap_or_else(|| "".into());
            let longer = Bytes::from([before.as_slice(), value.as_slice()].concat());
            let length = longer.as_slice().len() as u64;
            state.insert(key.clone(), longer);
            Answer::Appended { length }
        }
        MapOperation::List { prefix } => {
            let with_prefix =
                state.iter().filter(|(key, _)| key.as_slice().starts_with(prefix.as_slice()));
            let entries = with_prefix.map(|(key, value)| (key.clone(), value.clone())).collect();
            Answer::List { entries, truncated: false }
        }
    }
}

/// Whether an answer, perhaps without its details, is the same as one with all of them.
fn accords(told: &Answer, all: &Answer) -> bool {
    let tells_less = matches!(
        (told, all),
        (Answer::Done, Answer::Appended { .. } | Answer::Deleted { .. })
            | (Answer::NotSwapped { current: None }, Answer::NotSwapped { .. })
    );
    tells_less || told == all
}

/// Tries every order of the answered operations and of every subset of the unanswered ones. `later`
/// has the answers to operations whose return is not in the history.
fn has_order(
    history: &History,
    later: &BTreeMap<usize, Answer>,
    done: &mut Vec<usize>,
    state: &BTreeMap<Bytes, Bytes>,
) -> bool {
    let all = history.invocations();
    let open = (0..all.len()).filter(|place| !done.contains(place));
    let answered = |place: &usize| matches!(all[*place].completion, Completion::Answered(_));
    let left: Vec<usize> =
        open.filter(|place| all[*place].completion != Completion::Failed).collect();
    let returns = left.iter().filter(|place| answered(place));
    let first_return = returns.filter_map(|place| Some(all[*place].returned?.event)).min();
    let Some(first_return) = first_return else { return true };
    left.iter().any(|place| {
        let invocation = &all[*place];
        if invocation.invoked.event > first_return {
            return false;
        }
        let mut after = state.clone();
        let answer = perform(&mut after, history.model(), &invocation.operation);
        let is_right = match &invocation.completion {
            Completion::Answered(told) => accords(told, &answer),
            Completion::Failed | Completion::Unknown => {
                later.get(place).is_none_or(|told| accords(told, &answer))
            }
        };
        done.push(*place);
        let found = is_right && has_order(history, later, done, &after);
        done.pop();
        found
    })
}

/// A random history of at most `most` operations. Some answers are wrong, some are missing.
fn drawn(random: &mut Random, model: Model, most: u64) -> History {
    let mut history = History::new(model);
    // An operation takes effect at its call (then its answer is in `early`) or just before its
    // return.
    let mut state = BTreeMap::new();
    let mut early: BTreeMap<u64, Answer> = BTreeMap::new();
    let processes = 1 + random.below(4);
    let mut calls = 0;
    for _ in 0..40 {
        let process = random.below(processes);
        let Some(open) = history.open(process) else {
            if calls < 1 + random.below(most) {
                calls += 1;
                let operation = drawn_operation(random, model);
                if random.below(2) == 0 {
                    early.insert(process, perform(&mut state, model, &operation));
                }
                history.invoke(process, operation, 0).unwrap();
            }
            continue;
        };
        let operation = open.operation.clone();
        let completion = match random.below(20) {
            0 => Completion::Unknown,
            1 if !early.contains_key(&process) => Completion::Failed,
            2 => continue,
            _ => {
                let right = early.get(&process).cloned();
                let right = right.unwrap_or_else(|| perform(&mut state, model, &operation));
                Completion::Answered(if random.below(10) == 0 {
                    let mut other = BTreeMap::new();
                    for _ in 0..3 {
                        perform(&mut other, model, &drawn_operation(random, model));
                    }
                    perform(&mut other, model, &operation)
                } else {
                    less(random, right)
                })
            }
        };
        early.remove(&process);
        history.conclude(process, completion, 0).unwrap();
    }
    history
}

/// The answer, or the same without its details.
fn less(random: &mut Random, answer: Answer) -> Answer {
    match answer {
        Answer::NotSwapped { .. } if random.below(2) == 0 => Answer::NotSwapped { current: None },
        Answer::Appended { .. } | Answer::Deleted { .. } if random.below(3) == 0 => Answer::Done,
        Answer::Done
        | Answer::Value(_)
        | Answer::Deleted { .. }
        | Answer::Swapped
        | Answer::NotSwapped { .. }
        | Answer::Appended { .. }
        | Answer::List { .. } => answer,
    }
}

fn drawn_operation(random: &mut Random, model: Model) -> MapOperation {
    let key: Bytes = match model {
        Model::Register => "register".into(),
        Model::Texts => random.of(&["a", "b"]).into(),
        Model::Map => random.of(&["a", "ab", "b"]).into(),
    };
    let value = Bytes::from(random.of(&["1", "2", "3"]));
    let number = random.below(8);
    match model {
        _ if number < 2 => MapOperation::Write { key, value },
        _ if number < 4 => MapOperation::Read { key },
        Model::Texts => MapOperation::Append { key, value },
        Model::Map if number == 4 => MapOperation::Append { key, value },
        Model::Map if number == 5 => MapOperation::Delete { key },
        Model::Map if number == 6 => {
            MapOperation::List { prefix: random.of(&["", "a", "b"]).into() }
        }
        Model::Register | Model::Map => {
            let expect = random.of(&[None, Some("1".into()), Some("2".into())]);
            MapOperation::Cas { key, expect, value }
        }
    }
}

fn told(history: &History) -> String {
    let all = history.invocations().iter().enumerate();
    let line = |(place, operation): (usize, &Invocation)| {
        let returned = operation.returned.map(|moment| moment.event);
        let (called, words) = (operation.invoked.event, history.describe(place));
        format!("\n{place}: {called}..{returned:?} {words}")
    };
    all.map(line).collect()
}

fn judged(history: &History) -> Verdict {
    check(history, &mut Limits::new(1 << 26, &mut || true))
}

/// Whether an order explains a history: it has every answered operation once, between its call and
/// its return, with its answer.
fn explains(history: &History, order: &[usize]) -> bool {
    let all = history.invocations();
    let mut state = BTreeMap::new();
    let mut latest_call = 0;
    for place in order {
        let Invocation { operation, invoked, returned, completion, .. } = &all[*place];
        latest_call = latest_call.max(invoked.event);
        let answer = perform(&mut state, history.model(), operation);
        if let Completion::Answered(told) = completion {
            let is_in_time = returned.is_some_and(|returned| latest_call < returned.event);
            if !is_in_time || !accords(told, &answer) {
                return false;
            }
        }
    }
    let is_in_it = |place: usize| order.iter().filter(|other| **other == place).count() == 1;
    (0..all.len()).all(|place| match all[place].completion {
        Completion::Answered(_) => is_in_it(place),
        Completion::Failed => !order.contains(&place),
        Completion::Unknown => true,
    })
}

/// An operation of a window.
#[derive(Clone, Copy)]
struct Shown {
    place: usize,
    /// Whether it must take effect.
    is_required: bool,
    /// The event before which it takes effect, if it does.
    until: Option<u32>,
}

/// Tries every order of the required operations of a window and of every subset of the others.
fn window_has_order(
    history: &History,
    shown: &[Shown],
    done: &mut Vec<usize>,
    state: &BTreeMap<Bytes, Bytes>,
) -> bool {
    let all = history.invocations();
    if shown.iter().all(|it| !it.is_required || done.contains(&it.place)) {
        return true;
    }
    shown.iter().any(|it| {
        let is_late = |other: &usize| it.until < Some(all[*other].invoked.event);
        if done.contains(&it.place) || (it.until.is_some() && done.iter().any(is_late)) {
            return false;
        }
        let mut after = state.clone();
        let answer = perform(&mut after, history.model(), &all[it.place].operation);
        let is_right = match &all[it.place].completion {
            Completion::Answered(told) => accords(told, &answer),
            Completion::Failed | Completion::Unknown => true,
        };
        done.push(it.place);
        let found = is_right && window_has_order(history, shown, done, &after);
        done.pop();
        found
    })
}

/// All states before a window that can make a difference to it.
fn possible_states(history: &History, shown: &[Shown]) -> Vec<BTreeMap<Bytes, Bytes>> {
    let (mut keys, mut values) = (BTreeSet::new(), BTreeSet::from([Bytes::from("9")]));
    let mut note = |key: &Bytes, value: Option<&Bytes>| {
        keys.insert(key.clone());
        let bytes = value.map_or(&[][..], Bytes::as_slice);
        values.extend((0..=bytes.len()).map(|end| Bytes::from(&bytes[..end])));
    };
    for it in shown {
        let Invocation { operation, completion, .. } = &history.invocations()[it.place];
        if let (Some(key), MapOperation::Cas { expect, .. }) = (operation.key(), operation) {
            note(key, expect.as_ref());
        }
        if let Completion::Answered(Answer::List { entries, .. }) = completion {
            entries.iter().for_each(|(key, value)| note(key, Some(value)));
            ["a", "ab", "b"].iter().for_each(|key| note(&Bytes::from(*key), None));
        }
        let Some(key) = operation.key() else { continue };
        if let Completion::Answered(Answer::Value(value)) = completion {
            note(key, value.as_ref());
        } else if let Completion::Answered(Answer::NotSwapped { current: Some(value) }) = completion
        {
            note(key, value.as_ref());
        } else if let Completion::Answered(Answer::Appended { length }) = completion {
            note(key, Some(&"9".repeat(*length as usize).into()));
        } else {
            note(key, None);
        }
    }
    keys.into_iter().fold(vec![BTreeMap::new()], |states, key| {
        let with = |state: &BTreeMap<Bytes, Bytes>| {
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

/// Checks of a window: it has no order, whatever the state before it; with any one of its
/// operations unanswered, it has one.
struct WindowCheck<'a> {
    history: &'a History,
    found: &'a Contradiction,
}

impl WindowCheck<'_> {
    fn shown(&self) -> Vec<Shown> {
        let until = |place: usize| self.history.invocations()[place].answered();
        let window = self.found.window.iter();
        let window =
            window.map(|place| Shown { place: *place, is_required: true, until: until(*place) });
        // If no other operation can have made a value, all others count as optional.
        let all = (0..self.history.invocations().len()).filter(|place| {
            let it = &self.history.invocations()[*place];
            let last = &self.history.invocations()[self.found.last];
            let is_before = last.returned.is_none_or(|end| it.invoked.event < end.event);
            is_before && it.completion != Completion::Failed && !self.found.window.contains(place)
        });
        let cause = self.found.impossible.as_ref().map(|answer| answer.cause);
        let is_alone = cause.is_some_and(|it| !matches!(it, ImpossibleCause::Replaced { .. }));
        let optional: Vec<usize> =
            if is_alone { all.collect() } else { self.found.optional.clone() };
        let optional = optional.into_iter();
        let optional =
            optional.map(|place| Shown { place, is_required: false, until: until(place) });
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

    /// Whether the window has an order if any one of its operations is unanswered.
    fn is_minimal(&self) -> bool {
        let mut shown = self.shown();
        for it in shown.iter_mut().filter(|it| !it.is_required) {
            it.until = None;
        }
        (0..self.found.window.len()).all(|dropped| {
            let mut shown = shown.clone();
            shown[dropped] = Shown { is_required: false, until: None, ..shown[dropped] };
            self.has_order(&shown)
        })
    }

    /// Whether an answer in the window says of an unknown state something that the search does not
    /// remember: that it was not some value, or how long it was.
    fn is_vague(&self) -> bool {
        let all = self.history.invocations();
        !self.found.is_from_start
            && self.shown().iter().any(|it| {
                use Answer::{Appended, NotSwapped};
                let completion = &all[it.place].completion;
                matches!(
                    completion,
                    Completion::Answered(NotSwapped { current: None } | Appended { .. })
                )
            })
    }
}

#[test]
fn the_search_agrees_with_one_that_tries_every_order() {
    let (mut yes, mut no, mut windows) = (0, 0, 0);
    for seed in 0..32_000 {
        let mut random = Random(seed);
        let model = random.of(&[Model::Register, Model::Texts, Model::Map]);
        let history = drawn(&mut random, model, 7);
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

/// A history on one register. Each line is a call, or `/` and the answer.
fn register(lines: &[(u64, &str)]) -> History {
    let key = Bytes::from("register");
    let mut history = History::new(Model::Register);
    for (process, line) in lines {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("write", value) => {
                let operation = MapOperation::Write { key: key.clone(), value: value.into() };
                history.invoke(*process, operation, 0).unwrap();
            }
            ("cas", values) => {
                let (expect, value) = values.split_once(' ').unwrap();
                let (expect, value) = (Some(expect.into()), value.into());
                let operation = MapOperation::Cas { key: key.clone(), expect, value };
                history.invoke(*process, operation, 0).unwrap();
            }
            ("read", _) => {
                history.invoke(*process, MapOperation::Read { key: key.clone() }, 0).unwrap();
            }
            ("append", value) => {
                let operation = MapOperation::Append { key: key.clone(), value: value.into() };
                history.invoke(*process, operation, 0).unwrap();
            }
            ("/read", value) => {
                let answer = Answer::Value(Some(value.into()));
                history.conclude(*process, Completion::Answered(answer), 0).unwrap();
            }
            _ => history.conclude(*process, Completion::Answered(Answer::Done), 0).unwrap(),
        }
    }
    history
}

fn contradiction(history: &History) -> Contradiction {
    let Verdict::NotLinearizable(found) = judged(history) else { panic!("{}", told(history)) };
    *found
}

#[test]
fn a_write_that_only_overlaps_is_not_in_the_window() {
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
fn a_value_that_ends_with_no_append_is_from_nowhere() {
    for (found, is_from_nowhere) in [("/read ac", true), ("/read b", false), ("/read cb", false)] {
        let write = [(0, "write a"), (0, "/write"), (0, "append ab"), (1, "append b")];
        let read = [(2, "read"), (2, found), (3, "append ac"), (4, "write b")];
        let history = register(&[write, read].concat());
        let found = contradiction(&history);
        assert_eq!(found.impossible.is_some(), is_from_nowhere, "{}", told(&history));
        assert_eq!(found.reached.unwrap().stuck, 3);
    }
}

#[test]
fn a_shorter_window_that_comes_later_wins() {
    let mut lines = vec![(0, "write 1"), (1, "write 2")];
    // Without a value at first, two writes cannot explain three different reads in a row.
    for value in ["/read 1", "/read 2", "/read 1"] {
        lines.extend([(2, "read"), (2, value)]);
    }
    lines.extend([(0, "/write"), (1, "/write")]);
    let found = contradiction(&register(&lines));
    assert_eq!((found.window, found.optional), (vec![2, 3, 4], vec![0, 1]));
    assert_eq!((found.last, found.is_from_start), (4, true));
    assert_eq!(found.reached.unwrap().stuck, 4);

    lines.extend([(0, "write 3"), (0, "/write"), (1, "read"), (1, "/read 1")]);
    let found = contradiction(&register(&lines));
    assert_eq!((found.window, found.optional), (vec![5, 6], vec![]));
    assert_eq!((found.last, found.is_from_start), (6, false));
    assert_eq!(found.reached.unwrap().stuck, 4);
}

/// The contradiction of a read that, after many writes, finds the last but one. Before all of them,
/// many operations are called and never answered.
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
    let mut limits = Limits { steps: 200_000, ..Limits::new(1 << 26, &mut go_on) };
    let Verdict::NotLinearizable(found) = check(&history, &mut limits) else {
        panic!("it takes too many steps");
    };
    let first = unanswered.len() + values.len() + 1;
    assert_eq!(found.window, [first, first + 1]);
    let reached = found.reached.as_ref().unwrap();
    assert_eq!((reached.longest.len(), reached.stuck), (values.len() + 2, first + 1));
    *found
}

#[test]
fn unanswered_writes_that_make_no_difference_are_not_tried() {
    let writes: Vec<String> = (0..100).map(|value| format!("write {value}")).collect();
    let found = stale_read_after(&writes);
    assert_eq!(found.optional.len(), 100);
}

#[test]
fn a_contradiction_is_found_without_trying_all_states_before_it() {
    let pairs = (0..100).map(|pair| (pair / 10, pair % 10)).filter(|(from, to)| from != to);
    let changes: Vec<String> = pairs.map(|(from, to)| format!("cas {from} {to}")).collect();
    stale_read_after(&changes);
}

/// The first impossible answer of each sub-history.
fn impossible(history: &History) -> Vec<Contradiction> {
    let mut subs = sub_history::sub_histories(history);
    subs.iter_mut().filter_map(|sub| sub.look()).map(|found| *found).collect()
}

#[test]
fn an_impossible_answer_has_no_order_in_any_model() {
    let (mut causes, mut no, mut seen) = ([0; 6], 0, 0);
    for seed in 0..60_000 {
        let mut random = Random(seed);
        let model = random.of(&[Model::Register, Model::Texts, Model::Map]);
        let history = drawn(&mut random, model, 6);
        let all = impossible(&history);
        if seed % 8 == 0 && matches!(judged(&history), Verdict::NotLinearizable(_)) {
            (no, seen) = (no + 1, seen + usize::from(!all.is_empty()));
        }
        for found in all {
            let context = || format!("seed {seed}: {found:?}{}", told(&history));
            let later = BTreeMap::new();
            let has_order = has_order(&history, &later, &mut Vec::new(), &BTreeMap::new());
            assert!(!has_order, "{}", context());
            let window = WindowCheck { history: &history, found: &found };
            assert!(window.stands(), "{}", context());
            assert!(window.is_vague() || window.is_minimal(), "{}", context());
            let answer = found.impossible.as_ref().unwrap();
            assert_eq!(found.last, answer.found_by, "{}", context());
            causes[match answer.cause {
                ImpossibleCause::NeverMade => 0,
                ImpossibleCause::MadeLater(_) => 1,
                ImpossibleCause::NeverExpected(_) => 2,
                ImpossibleCause::NothingElse => 3,
                ImpossibleCause::Replaced { maker: None, .. } => 4,
                ImpossibleCause::Replaced { maker: Some(_), .. } => 5,
                ImpossibleCause::Itself => panic!("it is not drawn"),
            }] += 1;
        }
    }
    assert!(causes.iter().all(|count| *count > 30), "{causes:?}");
    assert!(seen * 10 > no * 7 && seen < no, "of {no} without an order {seen} are seen through");
}
