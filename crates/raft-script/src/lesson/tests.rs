use super::*;
use crate::{RunReport, parse, run};

const SPLIT: &str = r#"
# A file about elections.
cluster nodes=3 seed=8
lesson "Who leads"
# After it one knows
# why a node becomes a candidate.
#
# Second paragraph.
scene "Nobody leads"
# No node has heard a leader.
point node 2
point panel logs
allow timeout, crash
ask "Who will lead?"
choice "Node 2" if leader 2
choice "Node 3" if leader 3
instead timeout 3
instead run 100ms
choice "All of them" if term = 99
never "An election has one winner."
timeout 2
run 100ms
# It had the votes of a majority.
scene "Crash it"
goal "Another node leads." if traced became_leader since scene
solve crash leader
solve run until leader within 5s
# A majority was still there.
scene "Cut it off" after "Nobody leads"
goal "A client waits." if pending client 1
solve partition 2 | 1 3
solve set x=1
solve run 1s
run 10ms
"#;

fn play(text: &str) -> RunReport {
    run(&parse(text).unwrap_or_else(|error| panic!("{error}")), &mut |_| {})
}

fn lesson(text: &str) -> Lesson {
    Lesson::of(&parse(text).expect("a script")).expect("a lesson")
}

/// The words of the failure of a lesson in which one line is another one.
fn failure(line: &str, other: &str) -> String {
    assert_eq!(SPLIT.matches(line).count(), 1, "{line}");
    let failure = play(&SPLIT.replace(line, other)).failure;
    failure.expect("a failure").to_string()
}

/// The words of the parser about such a lesson.
fn refusal(line: &str, other: &str) -> String {
    assert_eq!(SPLIT.matches(line).count(), 1, "{line}");
    parse(&SPLIT.replace(line, other)).expect_err("a refusal").message()
}

#[test]
fn a_lesson_is_its_scenes_with_their_texts_tasks_and_reveals() {
    let lesson = lesson(SPLIT);
    assert_eq!(lesson.title, "Who leads");
    let paragraphs = ["After it one knows why a node becomes a candidate.", "Second paragraph."];
    assert_eq!(lesson.text, paragraphs);
    let [first, second, third] = &lesson.scenes[..] else { panic!("three scenes") };
    assert_eq!(
        (&*first.title, &first.text[..]),
        ("Nobody leads", &["No node has heard a leader.".to_owned()][..])
    );
    assert_eq!(first.allowed, ["timeout", "crash"]);
    assert_eq!(first.points.len(), 2);
    let Some(Task::Question { text, choices }) = &first.task else { panic!("a question") };
    assert_eq!((&**text, choices.len()), ("Who will lead?", 3));
    assert_eq!(choices[1].instead.len(), 2);
    assert_eq!(choices[2].never.as_deref(), Some("An election has one winner."));
    assert_eq!(first.reveal.len(), 2);
    assert_eq!(first.conclusion, ["It had the votes of a majority."]);
    let Some(Task::Goals { goals, solution }) = &second.task else { panic!("goals") };
    assert_eq!((goals.len(), solution.len(), second.after), (1, 2, Some(0)));
    assert_eq!((third.after, third.reveal.len()), (Some(0), 1));
}

#[test]
fn a_lesson_is_played_to_its_end() {
    let report = play(SPLIT);
    assert_eq!(report.failure, None);
    // The last scene begins at the end of the first: nobody has crashed.
    let session = report.session.expect("a session");
    assert!(session.holds(&crate::parse_condition("state 2 running").expect("a condition")));
}

/// The run up to a scene is the run of the whole lesson up to there.
#[test]
fn the_script_up_to_a_scene_has_what_was_done_in_the_scenes_before() {
    let lesson = lesson(SPLIT);
    let lines = |scene: usize| {
        let script = lesson.until(scene);
        let statements = script.statements.iter().map(|line| line.statement.to_string());
        statements.collect::<Vec<_>>()
    };
    let cluster = lines(0)[0].clone();
    assert!(cluster.starts_with("cluster nodes=3"), "{cluster}");
    assert_eq!(lines(0)[1..], ["mark scene", "mark ask"]);
    let first = ["mark scene", "mark ask", "timeout 2", "run 100ms", "mark scene", "mark ask"];
    assert_eq!(lines(1)[1..], first);
    // The third one begins at the end of the first.
    assert_eq!(lines(2)[1..], first);
    let report = run(&lesson.until(2), &mut |_| {});
    assert_eq!(report.failure, None);
}

#[test]
fn a_question_needs_a_choice_that_holds() {
    let words =
        failure("choice \"Node 2\" if leader 2", "choice \"Node 1\" if leader 1\nnever \"No.\"");
    assert!(words.contains("ask") && words.contains("a choice that holds"), "{words}");
}

#[test]
fn a_choice_that_does_not_hold_needs_a_run_in_which_it_would() {
    let words = failure("never \"An election has one winner.\"\n", "");
    assert!(words.contains("`instead` or `never`"), "{words}");
    let words = failure("instead timeout 3", "instead timeout 1");
    assert!(words.contains("leader 3 after its `instead`"), "{words}");
}

#[test]
fn a_choice_that_holds_needs_no_other_run() {
    let words = failure("if leader 2\n", "if leader 2\nnever \"It does.\"\n");
    assert!(words.contains("it holds"), "{words}");
}

#[test]
fn a_goal_must_be_open_at_first_and_reached_in_the_end() {
    let words = failure("solve crash leader\n", "");
    assert!(words.contains("traced became_leader"), "{words}");
    let words = failure("if traced became_leader since scene", "if leader 2");
    assert!(words.contains("holds already"), "{words}");
}

/// A goal that was reached once stays reached.
#[test]
fn a_goal_is_reached_at_the_moment_in_which_it_holds() {
    let goal = "goal \"Nobody leads.\" if no leader";
    let text = SPLIT.replace("goal \"Another", &format!("{goal}\ngoal \"Another"));
    assert_eq!(play(&text).failure, None);
}

#[test]
fn each_statement_has_its_place() {
    let words = refusal("lesson \"Who leads\"", "");
    assert!(words.contains("`lesson` and its title first"), "{words}");
    let words = refusal("cluster nodes=3 seed=8", "run 1s");
    assert!(words.contains("but those that make the world"), "{words}");
    let words = refusal("ask \"Who will lead?\"\n", "");
    assert!(words.contains("`choice` right after `ask`"), "{words}");
    let words = refusal("solve crash leader", "crash leader");
    assert!(words.contains("`solve` right after the goals"), "{words}");
    let words = refusal("never \"An election", "never \"Two.\"\nnever \"An election");
    assert!(words.contains("`never` right after a choice"), "{words}");
    let words = refusal("scene \"Crash it\"", "scene \"Nobody leads\"");
    assert!(words.contains("no other scene has"), "{words}");
    let words = refusal("after \"Nobody leads\"", "after \"Everybody leads\"");
    assert!(words.contains("an earlier scene"), "{words}");
    let words = refusal("solve crash leader", "solve solve crash leader");
    assert!(words.contains("that a learner can give"), "{words}");
    // However deep a line nests them.
    let nested = "solve at +1s ".repeat(100_000) + "crash leader";
    let words = refusal("solve crash leader", &nested);
    assert!(words.contains("cannot follow `at`"), "{words}");
    let scenes: String = (0..100).map(|number| format!("scene \"{number}\"\n")).collect();
    let words = refusal("scene \"Crash it\"", &format!("{scenes}scene \"Crash it\""));
    assert!(words.contains("at most 100 scenes"), "{words}");
    let words = refusal("allow timeout, crash", "allow timeout, timeout");
    assert!(words.contains("each once"), "{words}");
    let words = refusal("lesson \"Who leads\"", "lesson \"\"");
    assert!(words.contains("of 1 to 600 bytes"), "{words}");
}

/// A scene may end in a broken property if it is about one; the next goes on elsewhere.
#[cfg(feature = "bugs")]
#[test]
fn a_scene_may_be_about_a_broken_property() {
    let text = |goal: &str, after: &str| {
        let opening = "cluster nodes=3 seed=8 paper bugs=vote-ignores-log\nlesson \"Votes\"\n";
        let stage = "scene \"Start\"\ntimeout 1\nrun until leader\npartition 1 2 | 3\nset x=1\n\
                     run until idle\nheal\n";
        let goal = format!("scene \"Break\"\ngoal \"An entry is lost.\" if {goal}\n");
        let rest = format!("solve timeout 3\nsolve run 1s\nscene \"On\"{after}\nrun 10ms\n");
        [opening, stage, &goal, &rest].concat()
    };
    let after = " after \"Start\"";
    assert_eq!(play(&text("not safe", after)).failure, None);
    let failure = |text: String| play(&text).failure.expect("a failure").to_string();
    let words = failure(text("not safe", ""));
    assert!(words.contains("`after` and an earlier scene"), "{words}");
    // A scene about something else does not excuse it.
    let words = failure(text("leader 3", after));
    assert!(words.contains("Leader Completeness"), "{words}");
}
