//! What is needed stays, what is not goes; and it is found again whatever stood around it.

use raft_script::{Script, parse};

use super::{Shrinker, Shrunk};
use crate::play;

/// Shrinks with an oracle that looks at the text of the script alone.
fn shrink(text: &str, fails: impl Fn(&str) -> bool) -> Shrunk {
    let script = parse(text).unwrap();
    let mut oracle = |script: &Script| fails(&script.to_string()).then(|| Script::clone(script));
    Shrinker::new(10_000, &mut oracle, &mut |_| {}).shrink(&script).expect("it fails")
}

fn shrunk(text: &str, fails: impl Fn(&str) -> bool) -> String {
    shrink(text, fails).script.to_string()
}

/// Many statements, numbered by their keys.
fn noise(count: u64) -> String {
    let line = |number| match number % 4 {
        0 => format!("at {}us crash {}\n", number * 123_457, 1 + number % 5),
        1 => format!("at {}us restart {}\n", number * 123_457, 1 + number % 5),
        2 => format!("at {}us set key{number}=v{number} via=3 client=9\n", number * 123_457),
        _ => format!("at {}us link 1 2 -> 3 loss=12.345% reorder=on\n", number * 123_457),
    };
    let opening = "cluster nodes=5 seed=123456 pre-vote=off snapshot=20 latency=1ms..40ms\n";
    opening.to_owned() + &(0..count).map(line).collect::<String>()
}

#[test]
fn the_statements_that_are_needed_are_found() {
    let needed = ["key30=v30", "crash 4", "key78=v78"];
    let fails = |text: &str| needed.iter().all(|needed| text.contains(needed));
    let result = shrink(&noise(100), fails);
    assert!(result.is_minimal);
    assert_eq!(result.progress.before, 101);
    let text = result.script.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(
        lines[1..]
            .iter()
            .zip(["crash 4", "set key30=v30", "set key78=v78"])
            .all(|(l, n)| l.contains(n)),
        "{text}"
    );
}

#[test]
fn whichever_statements_are_needed_no_other_stays() {
    for first in [2_u64, 6, 50] {
        for step in [4_u64, 12, 32] {
            let needed: Vec<String> =
                (0..3).map(|place| format!("key{}=", first + place * step)).collect();
            let text = shrunk(&noise(130), |text| needed.iter().all(|key| text.contains(key)));
            assert_eq!(text.lines().count(), 4, "{needed:?}:\n{text}");
        }
    }
}

#[test]
fn two_statements_that_go_only_together_go() {
    // A restart without its crash would fail otherwise.
    let text = "cluster nodes=3 seed=1\nat 1s crash 2\nat 2s set x=1\nat 3s restart 2\n";
    let fails =
        |text: &str| text.contains("set x=1") && text.contains("crash") == text.contains("restart");
    assert_eq!(shrunk(text, fails), "cluster nodes=1 seed=1\nset x=1\n");
}

#[test]
fn the_cluster_becomes_the_default_one_with_few_nodes_and_a_small_seed() {
    let text = noise(4);
    let result = shrunk(&text, |text| text.contains("snapshot=20") && !text.contains("nodes=1 "));
    assert_eq!(result, "cluster nodes=2 seed=1 snapshot=20\n");
}

#[test]
fn the_nodes_that_are_named_get_the_first_numbers() {
    let text = "cluster nodes=5 seed=1\nat 1s crash 2 4\nat 2s pause 5\n";
    let fails = |text: &str| {
        let pair = ["crash 2 4", "crash 1 2"].iter().any(|crash| text.contains(crash));
        pair && !text.contains("nodes=1")
    };
    assert_eq!(shrunk(text, fails), "cluster nodes=2 seed=1\ncrash 1 2\n");
}

#[test]
fn times_become_round_and_come_soon() {
    let text = "cluster nodes=1 seed=1\nat 7654321us set x=1\nat 9s set y=1\n";
    // The first not before 200 ms, the second at least 300 ms later.
    let fails = |text: &str| {
        let times: Vec<u64> =
            super::text::durations(text).iter().map(|found| found.micros).collect();
        matches!(times[..], [first, second] if first >= 210_000 && second >= first + 290_000)
    };
    let result = shrunk(text, fails);
    let times = super::text::durations(&result);
    assert_eq!(times.len(), 2, "{result}");
    assert!(times.iter().all(|found| found.micros <= 1_000_000), "{result}");
    assert!(result.lines().all(|line| !line.contains("us ")), "{result}");
}

#[test]
fn words_that_are_not_needed_go() {
    let text = "cluster nodes=1 seed=1\nat 1s set key7=value8 via=1 client=44\nrun 5s\n";
    let result = shrunk(text, |text| text.contains("set "));
    assert_eq!(result, "cluster nodes=1 seed=1\nset x=1\n");
}

#[test]
fn neighbours_become_one() {
    let text = "cluster nodes=3 seed=1\nat 1s crash 1\nat 1200ms crash 3\n";
    let fails = |text: &str| {
        let all = text.contains("crash 1\n") && text.contains("crash 3\n");
        (all || text.contains("crash 1 3")) && text.contains("nodes=3")
    };
    assert_eq!(shrunk(text, fails), "cluster nodes=3 seed=1\ncrash 1 3\n");
}

#[test]
fn the_end_of_a_script_that_expects_something_in_vain_is_not_touched() {
    let tail = "recover 1 2 3\nset alive=1 client=99\nexpect converged within 12345ms\n";
    let text = noise(20) + tail;
    let result = shrunk(&text, |text| !text.contains("nodes=1 ") && !text.contains("nodes=2 "));
    assert_eq!(result, format!("cluster nodes=3 seed=1\n{tail}"));
}

/// Each of the crashes alone is as good as all of them.
#[test]
fn a_heap_of_equal_statements_goes_as_a_whole() {
    let crashes: String = (1..=40).map(|at| format!("at {at}s crash {}\n", 1 + at % 5)).collect();
    let text = format!("cluster nodes=5 seed=1\n{crashes}at 50s set x=1\n");
    let fails =
        |text: &str| text.contains("set x=1") && matches!(text.matches("crash").count(), 0 | 20..);
    assert_eq!(shrunk(&text, fails), "cluster nodes=1 seed=1\nset x=1\n");
}

/// In a script with more statements than [`super::statements`] tries all pairs of.
#[test]
fn a_fault_goes_with_its_repair() {
    let faults: String = (1..=30)
        .map(|at| {
            format!(
                "at {}s pause {}\nat {}s resume {}\n",
                2 * at,
                at % 5 + 1,
                2 * at + 1,
                at % 5 + 1
            )
        })
        .collect();
    let text = format!("cluster nodes=5 seed=1\n{faults}at 90s set x=1\n");
    let fails = |text: &str| {
        let (pauses, resumes) = (text.matches("pause").count(), text.matches("resume").count());
        text.contains("set x=1") && pauses == resumes && text.contains("resume 3")
    };
    let result = shrunk(&text, fails);
    assert_eq!(result.lines().count(), 4, "{result}");
}

#[test]
fn statements_of_one_moment_say_it_once() {
    let text = "cluster nodes=2 seed=1\nat 1s crash 1\nat 3s pause 2\n";
    // Both not before 2 s.
    let fails = |text: &str| {
        let at: Vec<u64> = super::text::durations(text).iter().map(|found| found.micros).collect();
        let early =
            at.first().is_none_or(|first| *first < 1_000_000) || at.last() < Some(&2_000_000);
        text.contains("crash") && text.contains("pause") && !early
    };
    assert_eq!(shrunk(text, fails), "cluster nodes=1 seed=1\nat 2s crash 1\npause 2\n");
}

#[test]
fn a_client_that_asks_many_times_asks_as_often_as_needed() {
    let asks = "set alive=1 client=99\n".repeat(14);
    let text = format!(
        "cluster nodes=1 seed=1 patience=50s\nrecover 1\n{asks}expect converged within 700s\n"
    );
    let fails = |text: &str| text.matches("set alive").count() >= 3;
    let result = shrunk(&text, fails);
    assert_eq!(result.matches("set alive").count(), 3, "{result}");
    assert!(result.contains("patience=5m"), "the requests last as long together: {result}");
}

#[test]
fn nothing_is_left_to_do_for_a_second_time() {
    let fails = |text: &str| text.contains("crash 3") && text.matches("key").count() >= 2;
    let first = shrunk(&noise(60), fails);
    let second = shrink(&first, fails);
    assert_eq!(second.script.to_string(), first);
    assert!(second.is_minimal);
}

#[test]
fn a_script_that_does_not_fail_is_told() {
    let script = parse(&noise(10)).unwrap();
    let mut runs = 0;
    let mut oracle = |_: &Script| {
        runs += 1;
        None
    };
    assert!(Shrinker::new(10, &mut oracle, &mut |_| {}).shrink(&script).is_none());
    assert_eq!(runs, 1);
}

#[test]
fn no_more_scripts_are_run_than_allowed_and_what_was_reached_is_kept() {
    let script = parse(&noise(200)).unwrap();
    let (mut runs, mut told) = (0, 0);
    let mut oracle = |script: &Script| {
        runs += 1;
        script.to_string().contains("key50=").then(|| script.clone())
    };
    let result =
        Shrinker::new(6, &mut oracle, &mut |progress| told = progress.runs).shrink(&script);
    let result = result.expect("it fails");
    assert_eq!((runs, told), (6, 6));
    assert!(!result.is_minimal);
    assert!(result.script.statements.len() < 201);
    assert!(result.script.to_string().contains("key50="));
}

/// The same script, the same result: nothing is drawn.
#[test]
fn shrinking_is_deterministic() {
    let fails = |text: &str| text.contains("crash 3") && text.contains("loss");
    assert_eq!(shrunk(&noise(60), fails), shrunk(&noise(60), fails));
}

fn found(text: &str) -> (crate::FailureKind, Shrunk) {
    let script = parse(text).unwrap();
    let (kind, _) = crate::FailureKind::of(&script).expect("it fails");
    let mut oracle = |candidate: &Script| kind.shown_by(candidate);
    let shrunk = Shrinker::new(2_000, &mut oracle, &mut |_| {}).running_on().shrink(&script);
    (kind.clone(), shrunk.expect("it fails"))
}

/// The expectation is met without the crashes. So it must be in the shrunk script, which cannot
/// just end before the first election.
#[test]
fn an_expectation_that_faults_break_still_needs_them() {
    let (_, shrunk) = found(
        "cluster nodes=3 seed=1\nrun until leader\nset x=1\nat 2s crash 1 2\nat 3s set x=2\n\
         at 5s slow 3 by=1ms\nat 6s expect leader\n"
            .replace("at 6s expect", "run until 6s\nexpect")
            .as_str(),
    );
    let text = shrunk.script.to_string();
    assert!(text.contains("crash") && text.ends_with("expect leader\n"), "{text}");
    assert!(text.lines().count() <= 4, "{text}");
    let sound: String =
        text.lines().filter(|line| !line.contains("crash")).collect::<Vec<_>>().join("\n");
    let without = sound.replace("expect leader", "run until 6s\nexpect leader");
    assert_eq!(play(&parse(&without).unwrap()).symptom, None, "{without}");
}

/// No fault breaks it: the leader is asked to make way. The shrunk script must have had that
/// leader.
#[test]
fn an_expectation_that_held_before_holds_before() {
    let (_, shrunk) = found(
        "cluster nodes=3 seed=1\ntimeout 1\nrun until leader 1\nset x=1\nrun 1s\ntransfer 2\n\
         run 1s\nexpect leader 1\n",
    );
    let text = shrunk.script.to_string();
    assert!(text.contains("transfer 2") && text.ends_with("expect leader 1\n"), "{text}");
}

/// The script itself asks for progress where there is no quorum: it fails, as `helios run` says.
#[test]
fn a_script_that_asks_for_the_impossible_fails() {
    let (_, shrunk) = found(
        "cluster nodes=3 seed=1\nrun until leader\nat 2s set x=1\nat 3s recover 1\n\
         expect converged within 3s\nexpect leader within 5s\n",
    );
    let text = shrunk.script.to_string();
    assert!(text.contains("recover 1") && text.ends_with("expect leader within 5s\n"), "{text}");
}

/// As `helios run` sees it.
#[test]
fn a_statement_that_cannot_be_carried_out_is_a_failure() {
    let (kind, shrunk) =
        found("cluster nodes=3 seed=1\nset x=1\nat 1s crash 2\nat 2s crash 2\nat 3s heal\n");
    assert!(matches!(kind.symptom(), crate::Symptom::Refused(_)), "{kind:?}");
    assert_eq!(shrunk.script.statements.len(), 3, "{}", shrunk.script);
    let run = raft_script::run(&shrunk.script, &mut |_| {});
    assert!(run.failure.is_some());
}

#[test]
fn statements_that_the_world_refuses_are_none_of_the_run() {
    let text = "cluster nodes=3 seed=1\nrestart 2\nat 1s set x=1\nat 500ms crash 2\n\
                expect term 1 = 9\nheal\n";
    let played = play(&parse(text).unwrap());
    let expected = "cluster nodes=3 seed=1\nat 1s set x=1\nexpect term 1 = 9\n";
    assert_eq!(played.script.to_string(), expected);
    assert_eq!(played.symptom.unwrap().to_string(), "expect term 1 = 9");
}
