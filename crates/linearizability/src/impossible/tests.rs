//! Each cause in words, in histories that are too hard for a search.

use super::{impossible_answer, impossible_answer_of};
use crate::sub_history::{AnySpecification, sub_histories};
use crate::{Limits, StopReason, Verdict, check, parse};

/// Changes of a register from each of six values to each other, all at the same time: they lead
/// back to the first value in very many ways, and to no other in none.
fn hard() -> String {
    let pairs = (0..6).flat_map(|from| (0..6).map(move |to| (from, to))).filter(|(a, b)| a != b);
    let (mut calls, mut returns) = (String::new(), String::new());
    for (process, (from, to)) in (100..).zip(pairs) {
        calls += &format!("{process} :invoke :cas [{from} {to}]\n");
        returns += &format!("{process} :ok :cas [{from} {to}]\n");
    }
    let read = "100 :invoke :read nil\n100 :ok :read 1\n";
    format!("0 :invoke :write 0\n0 :ok :write 0\n{calls}{returns}{read}")
}

/// The verdict of a search that may remember next to nothing.
fn judged(text: &str) -> Verdict {
    let history = parse(text, None).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    check(&history, &mut Limits::new(1 << 12, &mut || true))
}

/// The sentence about the impossible answer of a history.
fn sentence(text: &str) -> String {
    let history = parse(text, None).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let Verdict::NotLinearizable(found) = judged(text) else { panic!("no sentence for\n{text}") };
    let answer = found.impossible.unwrap_or_else(|| panic!("{:?} in\n{text}", found.window));
    history.explain(&answer).to_string()
}

#[test]
fn the_hard_history_alone_is_too_hard() {
    let verdict = judged(&hard());
    assert!(matches!(verdict, Verdict::Unknown { reason: StopReason::Memory, .. }), "{verdict:?}");
}

#[test]
fn in_a_hard_history_one_look_finds_an_impossible_answer() {
    for (end, expected) in [
        (
            "0 :invoke :read nil\n0 :ok :read 7\n",
            "read → 7 (process 0, lines 65 to 66) found 7, \
          which no operation makes.",
        ),
        (
            "0 :invoke :cas [7 8]\n0 :ok :cas [7 8]\n",
            "cas 7 8 → swapped (process 0, lines 65 to 66) found 7, which no operation makes.",
        ),
        (
            "0 :invoke :read nil\n0 :ok :read 7\n1 :invoke :write 7\n1 :ok :write 7\n",
            "read → 7 (process 0, lines 65 to 66) found 7 too early: the first operation that \
             makes it is write 7 (process 1, lines 67 to 68), which was called after that answer.",
        ),
        (
            "1 :invoke :cas [7 8]\n2 :invoke :cas [8 7]\n1 :ok :cas [7 8]\n2 :ok :cas [8 7]\n",
            "cas 7 8 → swapped (process 1, lines 65 to 67) found 7, which nothing can have made in \
             time: cas 8 7 → swapped (process 2, lines 66 to 68) makes it from a value that was \
             not there either.",
        ),
        (
            "1 :invoke :cas [7 8]\n2 :invoke :read nil\n2 :ok :read 8\n3 :invoke :write 7\n",
            "read → 8 (process 2, lines 66 to 67) found 8, which nothing can have made in time: \
             cas 7 8: no answer (process 1, line 65) makes it from a value that was not there \
             either.",
        ),
        (
            "1 :invoke :write 7\n1 :ok :write 7\n1 :invoke :write 8\n1 :ok :write 8\n\
             2 :invoke :read nil\n2 :ok :read 7\n",
            "read → 7 (process 2, lines 69 to 70) found 7 after it was replaced: write 7 (process \
             1, lines 65 to 66) was the last operation before that answer which makes it. write 8 \
             (process 1, lines 67 to 68) came after that, and was over before.",
        ),
        (
            "1 :invoke :read nil\n1 :ok :read nil\n",
            "read → nil (process 1, lines 65 to 66) found nil, as at the beginning, after it was \
             replaced: read → 1 (process 100, lines 63 to 64) was over before, and no operation \
             called before that answer makes nil again.",
        ),
    ] {
        assert_eq!(sentence(&(hard() + end)), expected);
    }
}

#[test]
fn what_may_have_happened_is_not_impossible() {
    for end in [
        // A write that has no answer, or comes at the same time, may have made the value.
        "1 :invoke :write 7\n2 :invoke :read nil\n2 :ok :read 7\n",
        "1 :invoke :write 7\n1 :info :write 7\n2 :invoke :read nil\n2 :ok :read 7\n",
        "1 :invoke :cas [0 7]\n2 :invoke :cas [7 8]\n2 :ok :cas [7 8]\n",
        // It may take effect after the one that replaces the value, or again.
        "1 :invoke :write 7\n2 :invoke :write 8\n2 :ok :write 8\n1 :ok :write 7\n\
         2 :invoke :read nil\n2 :ok :read 7\n",
        "1 :invoke :write 7\n1 :ok :write 7\n2 :invoke :write 8\n3 :invoke :read nil\n\
         2 :ok :write 8\n3 :ok :read 7\n",
    ] {
        let verdict = judged(&(hard() + end));
        assert!(matches!(verdict, Verdict::Unknown { .. }), "{end}{verdict:?}");
    }
    // One that failed has made nothing.
    let failed = "1 :invoke :write 7\n1 :fail :write 7\n2 :invoke :read nil\n2 :ok :read 7\n";
    assert!(sentence(&(hard() + failed)).ends_with("which no operation makes."));
}

#[test]
fn appends_deletes_and_lists_are_looked_at() {
    for (lines, expected) in [
        (
            "1s 1 invoke append x ab\n1s 1 ok 2\n1s 2 invoke get x\n1s 2 ok abc",
            "get x → abc (process 2, lines 4 to 5) found x=abc, which no operation makes.",
        ),
        (
            "1s 1 invoke append x ab\n1s 1 ok 2\n1s 2 invoke append x c\n1s 2 ok 3\n\
             1s 2 invoke get x\n1s 2 ok ab",
            "get x → ab (process 2, lines 6 to 7) found x=ab after it was replaced: append x ab \
             → 2 bytes \
             (process 1, lines 2 to 3) was the last operation before that answer which makes it. \
             append x c → 3 bytes (process 2, lines 4 to 5) came after that, and was over before.",
        ),
        (
            "1s 1 invoke set x=1\n1s 1 ok\n1s 2 invoke list\n1s 2 ok x=1 y=1",
            "list → x=1 y=1 (process 2, lines 4 to 5) found y=1, which no operation makes.",
        ),
        (
            "1s 1 invoke set x=1\n1s 1 ok\n1s 2 invoke list\n1s 2 ok y=1 x=1",
            "list → y=1 x=1 (process 2, lines 4 to 5): the answer contradicts the call.",
        ),
        (
            "1s 1 invoke set x=1\n1s 1 ok\n1s 2 invoke list y\n1s 2 ok x=1",
            "list y → x=1 (process 2, lines 4 to 5): the answer contradicts the call.",
        ),
        (
            "1s 1 invoke set x=1\n1s 1 ok\n1s 2 invoke list\n1s 2 ok",
            "list → nothing (process 2, lines 4 to 5) found x absent, as at the beginning, after \
             it was replaced: set x=1 (process 1, lines 2 to 3) was over before, and no operation \
             called before that answer makes x absent again.",
        ),
        (
            "1s 1 invoke delete x\n1s 1 ok deleted",
            "delete x → deleted (process 1, lines 2 to 3) is impossible: there was x absent, and \
             no operation that was called before that answer makes anything else.",
        ),
        (
            "1s 1 invoke append x abc\n1s 1 ok 2",
            "append x abc → 2 bytes (process 1, lines 2 to 3): the answer contradicts the call.",
        ),
        (
            "1s 1 invoke set x=1\n1s 2 invoke cas x 1 2\n1s 2 ok kept 1",
            "cas x 1 2 → not swapped, 1 (process 2, lines 3 to 4): the answer contradicts the \
             call.",
        ),
    ] {
        assert_eq!(sentence(&format!("helios history 1\n{lines}\n")), expected);
    }
}

#[test]
fn an_impossible_answer_is_one_too_if_it_alone_is_asked_about() {
    let hard = hard();
    for end in [
        "0 :invoke :read nil\n0 :ok :read 7\n",
        "1 :invoke :cas [7 8]\n2 :invoke :cas [8 7]\n1 :ok :cas [7 8]\n2 :ok :cas [8 7]\n",
        "1 :invoke :write 7\n1 :ok :write 7\n1 :invoke :write 8\n1 :ok :write 8\n\
         2 :invoke :read nil\n2 :ok :read 7\n",
        "1 :invoke :read nil\n1 :ok :read nil\n",
    ] {
        let history = parse(format!("{hard}{end}"), None).unwrap();
        let sub = &sub_histories(&history)[0];
        let AnySpecification::OneKey(spec) = &sub.specification else { panic!("one register") };
        let all = impossible_answer(spec, &sub.tasks).map(|found| found.map(|task| task.called));
        let mut alone = sub.tasks.iter().map(|task| impossible_answer_of(spec, &sub.tasks, *task));
        let alone = alone.find_map(|found| found).map(|found| found.map(|task| task.called));
        assert!(all.is_some() && all == alone, "{all:?} {alone:?}");
    }
}

#[test]
fn lists_of_very_many_keys_are_left_to_the_search() {
    for (size, is_looked_at) in [(500, true), (2_100, false)] {
        let sets: String =
            (0..size).map(|key| format!("1s 1 invoke set k{key}=1\n1s 1 ok\n")).collect();
        let lists = "1s 1 invoke list\n1s 1 ok\n".repeat(size);
        let history = parse(format!("helios history 1\n{sets}{lists}"), None).unwrap();
        let mut subs = sub_histories(&history);
        assert_eq!((subs.len(), subs[0].look().is_some()), (1, is_looked_at));
    }
}
