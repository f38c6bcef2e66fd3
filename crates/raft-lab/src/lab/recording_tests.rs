//! A lesson that is recorded is a lesson that plays.

use raft_script::Lesson;

use super::tests::{finish, scratch};
use super::*;
use crate::{RecordedChoice, RecordedStep};

fn act(lab: &mut Lab, lines: &[&str]) {
    for line in lines {
        lab.exec(line);
        finish(lab);
    }
}

fn step(title: &str) -> RecordedStep {
    RecordedStep {
        title: title.to_owned(),
        text: format!("What {title} says.\n\nAnd more of it."),
        ..RecordedStep::default()
    }
}

fn choice(text: &str, condition: &str) -> RecordedChoice {
    RecordedChoice {
        text: text.to_owned(),
        condition: condition.to_owned(),
        ..RecordedChoice::default()
    }
}

/// Asks who leads after the crash; the run answers that somebody does.
fn question() -> RecordedStep {
    let mut never = choice("Term 0", "term = 0");
    never.never = "Terms only grow (§5.1).".to_owned();
    let mut instead = choice("Nobody leads", "no leader");
    instead.instead = "crash all\nrun 1ms".to_owned();
    RecordedStep {
        question: "What comes after the crash?".to_owned(),
        choices: vec![choice("Another leader", "leader and term >= 2"), instead, never],
        ..step("After the crash")
    }
}

/// A write, a step; a crash, a question; a second step where the answer is seen.
fn recorded() -> Lab {
    let mut lab = scratch();
    act(&mut lab, &["run until leader", "set x=1", "run 200ms"]);
    lab.set_recording(true).unwrap();
    lab.name_recording("A crash", "You will know what a crash does.").unwrap();
    lab.record(step("A write")).unwrap();
    act(&mut lab, &["run 100ms", "crash leader"]);
    lab.record(question()).unwrap();
    act(&mut lab, &["run 2s"]);
    lab.record(step("The end")).unwrap();
    lab
}

fn plays(lesson: &str) -> Session {
    let script = raft_script::parse(lesson).unwrap_or_else(|error| panic!("{error}\n{lesson}"));
    let report = raft_script::run(&script, &mut |_| {});
    assert_eq!(report.failure, None, "{lesson}");
    report.session.expect("it has a world")
}

#[test]
fn a_recorded_lesson_plays_with_its_questions_and_ends_like_the_run() {
    let lab = recorded();
    let text = lab.recorded_lesson().unwrap();
    let end = plays(&text);
    assert_eq!(end.world().trace_hash(), lab.session().world().trace_hash());
    let lesson = Lesson::of(&raft_script::parse(&text).unwrap()).unwrap();
    assert_eq!(lesson.title, "A crash");
    assert_eq!(lesson.text, ["You will know what a crash does."]);
    let titles: Vec<&str> = lesson.scenes.iter().map(|scene| &*scene.title).collect();
    assert_eq!(titles, ["A write", "After the crash", "The end"]);
    assert_eq!(lesson.scenes[0].text, ["What A write says.", "And more of it."]);
    // The run after the question answers it; the next step has no way to go.
    assert!(!lesson.scenes[1].reveal.is_empty());
    assert!(lesson.scenes[2].stage.is_empty());
    assert!(Lab::lesson(&text).is_ok());
}

/// The moments count, not the order in which the steps were written.
#[test]
fn a_step_in_the_past_comes_before_later_ones() {
    let mut lab = recorded();
    lab.show(30);
    lab.record(step("The beginning")).unwrap();
    let view = lab.frame().lab.recording.clone().unwrap();
    let titles: Vec<&str> = view.steps.iter().map(|placed| &*placed.step.title).collect();
    assert_eq!(titles, ["The beginning", "A write", "After the crash", "The end"]);
    assert_eq!(lab.frame().lab.time.branches.len(), 1, "a step is no command");
    plays(&lab.recorded_lesson().unwrap());
}

#[test]
fn steps_of_another_branch_are_no_part_of_the_lesson() {
    let mut lab = recorded();
    let crash = lab.session().journal().get(1).expect("the crash").steps;
    lab.show(crash - 1);
    act(&mut lab, &["set y=2", "run 100ms"]);
    let view = lab.frame().lab.recording.clone().unwrap();
    let titles: Vec<&str> = view.steps.iter().map(|placed| &*placed.step.title).collect();
    assert_eq!((titles, view.elsewhere), (vec!["A write"], 2));
    plays(&lab.recorded_lesson().unwrap());
    lab.switch_to(1).unwrap();
    assert_eq!(lab.frame().lab.recording.clone().unwrap().elsewhere, 0);
}

#[test]
fn what_is_missing_is_said() {
    let mut lab = scratch();
    assert!(lab.record(step("Too early")).unwrap_err().contains("no lesson is being recorded"));
    lab.set_recording(true).unwrap();
    let words = |result: Result<(), String>| result.unwrap_err();
    assert!(words(lab.record(step(" "))).contains("title of a step"));
    let mut asks = question();
    asks.choices.truncate(1);
    assert!(words(lab.record(asks)).contains("2 to 4 answers"));
    let mut asks = question();
    asks.choices[0].condition = "leader perhaps".to_owned();
    let refused = words(lab.record(asks));
    assert!(refused.contains("Another leader") && refused.contains("perhaps"), "{refused}");
    let mut asks = question();
    asks.choices[2].instead = "crash 1".to_owned();
    assert!(words(lab.record(asks)).contains("not both"));
    let mut asks = question();
    asks.choices[1].instead = "ask \"Why?\"".to_owned();
    assert!(words(lab.record(asks)).contains("nothing to carry out"));

    lab.draft_step(step("One")).unwrap();
    lab.record(step("One")).unwrap();
    assert_eq!(lab.frame().lab.recording.clone().unwrap().draft, RecordedStep::default());
    assert!(words(lab.record(step("One"))).contains("already"));
    assert!(lab.recorded_lesson().unwrap_err().contains("title of the lesson"));
    lab.name_recording("T", "").unwrap();
    plays(&lab.recorded_lesson().unwrap());
    lab.change_recorded(0, None).unwrap();
    assert!(lab.recorded_lesson().unwrap_err().contains("no step"));
    assert!(words(lab.change_recorded(0, None)).contains("0 steps"));
}

/// A reload does not lose it, and no text can become a statement.
#[test]
fn a_recording_is_kept_with_its_run() {
    let mut lab = recorded();
    let mut sly = step("Sly \" # scene");
    sly.text = "crash 1\ncrash 2\n\n\n# \u{1}more".to_owned();
    lab.change_recorded(2, Some(sly)).unwrap();
    lab.draft_step(step("Not yet")).unwrap();
    let text = lab.recorded_lesson().unwrap();
    let mut restoration = Restoration::new(&lab.keep()).unwrap();
    while !restoration.advance(Duration::from_secs(1)).unwrap() {}
    let again = restoration.finish();
    assert_eq!(again.recorded_lesson().unwrap(), text);
    assert_eq!(again.frame().lab.recording.clone().unwrap().draft, step("Not yet"));
    let end = plays(&text);
    assert_eq!(end.world().trace_hash(), lab.session().world().trace_hash());
}

#[test]
fn a_lesson_that_is_played_is_not_recorded() {
    let mut lab = Lab::lesson(&recorded().recorded_lesson().unwrap()).unwrap();
    assert!(lab.set_recording(true).unwrap_err().contains("Leave the lesson"));
    lab.leave_lesson();
    lab.set_recording(true).unwrap();
}

/// Time goes on between events: two steps can share a moment, and have different times.
#[test]
fn steps_at_one_moment_are_in_the_order_of_their_times() {
    let mut lab = scratch();
    act(&mut lab, &["run until leader", "run 30ms"]);
    lab.set_recording(true).unwrap();
    lab.name_recording("T", "").unwrap();
    let now = lab.session().world().now();
    lab.record(step("Later")).unwrap();
    lab.show_recorded(0).unwrap();
    lab.record(step("Sooner")).unwrap();
    lab.return_to_live();
    assert_eq!(lab.session().world().now(), now);
    plays(&lab.recorded_lesson().unwrap());
}

/// The moment before a crash is not the one after it, though no step is between.
#[test]
fn the_moment_of_a_step_is_shown_and_belongs_to_every_branch_with_it() {
    let mut lab = scratch();
    act(&mut lab, &["run until leader", "run 100ms"]);
    lab.set_recording(true).unwrap();
    lab.name_recording("T", "").unwrap();
    lab.record(step("Before")).unwrap();
    act(&mut lab, &["crash 1", "run 1s"]);
    lab.show_recorded(0).unwrap();
    assert_eq!(lab.shown_session().journal().len(), 0);
    assert!(lab.show_recorded(1).is_err());

    act(&mut lab, &["set y=1"]);
    let (child, moment) = (lab.frame().lab.time.branch, lab.shown_session().moment().steps);
    assert_eq!(child, 2);
    lab.show(moment.saturating_sub(50));
    lab.record(step("Early")).unwrap();
    lab.switch_to(1).unwrap();
    assert_eq!(lab.frame().lab.recording.clone().unwrap().elsewhere, 0, "main has it too");
    let refused = lab.change_recorded(1, Some(step("Before"))).unwrap_err();
    assert!(refused.contains("already"), "{refused}");
    lab.change_recorded(0, Some(step("Before"))).unwrap();
}
