//! Lessons in a lab: the run answers, and goals are ticked off.

use std::time::Duration;

use raft_core::NodeId;

use crate::{ChoiceView, Lab, LessonTurn, LessonView, PointView, TaskView};

const TEXT: &str = r#"cluster nodes=3 seed=8 paper
lesson "Who leads"
# One will know who leads.
scene "Nobody leads"
# No node has heard a leader.
allow timeout
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
# Node 2 leads.
goal "Nobody leads." if no leader
goal "Another node leads." if leader 1
solve crash leader
solve timeout 1
solve run 100ms
run 10ms
# A majority was still there.
scene "Look"
# Node 1 leads.
"#;

fn pass(lab: &mut Lab) {
    lab.set_speed(f64::INFINITY);
    for _ in 0..10_000 {
        lab.tick(Duration::from_millis(16), Duration::from_millis(8));
        if !lab.pacing().running {
            return;
        }
    }
    panic!("it does not pause");
}

fn begun() -> Lab {
    let mut lab = Lab::lesson(TEXT).expect("a lesson");
    pass(&mut lab);
    lab
}

fn view(lab: &Lab) -> LessonView {
    LessonView::clone(&lab.frame().lab.lesson.clone().expect("a lesson"))
}

fn choices(lab: &Lab) -> Vec<ChoiceView> {
    let Some(TaskView::Question { choices, .. }) = view(lab).task else { panic!("a question") };
    choices
}

fn reached(lab: &Lab) -> Vec<bool> {
    let Some(TaskView::Goals { goals, .. }) = view(lab).task else { panic!("goals") };
    goals.iter().map(|goal| goal.is_reached).collect()
}

fn leader(lab: &Lab) -> Option<u64> {
    lab.frame().view.leader.map(|node| node.0)
}

#[test]
fn the_run_answers_a_question_and_nothing_is_told_before() {
    let mut lab = begun();
    let first = view(&lab);
    assert_eq!((&*first.title, first.scene, first.turn), ("Who leads", 0, LessonTurn::Learner));
    assert_eq!(*first.about, ["One will know who leads."]);
    assert_eq!(*first.allowed, ["timeout"]);
    assert!(first.conclusion.is_empty());
    let hides = |choice: &ChoiceView| {
        choice.is_right.is_none() && choice.never.is_none() && !choice.has_run
    };
    assert!(choices(&lab).iter().all(hides), "{:?}", choices(&lab));
    lab.choose(1).expect("the question is open");
    assert_eq!(view(&lab).turn, LessonTurn::Reveal);
    assert!(choices(&lab).iter().all(hides));
    assert!(lab.choose(0).is_err(), "one chooses once");
    pass(&mut lab);
    assert_eq!(view(&lab).turn, LessonTurn::Over);
    let right: Vec<Option<bool>> = choices(&lab).iter().map(|choice| choice.is_right).collect();
    assert_eq!(right, [Some(true), Some(false), Some(false)]);
    assert!(choices(&lab)[1].is_chosen && choices(&lab)[1].has_run);
    assert_eq!(choices(&lab)[2].never.as_deref(), Some("An election has one winner."));
    assert_eq!(*view(&lab).conclusion, ["It had the votes of a majority."]);
    assert_eq!(leader(&lab), Some(2));
}

/// It is a branch from the question on; the answer of the run stays.
#[test]
fn a_wrong_choice_has_a_run_in_which_it_is_right() {
    let mut lab = begun();
    assert!(lab.show_instead(1).is_err(), "not before the run has answered");
    lab.choose(0).expect("the question is open");
    pass(&mut lab);
    assert!(lab.show_instead(2).is_err(), "there is none");
    lab.show_instead(1).expect("there is one");
    assert_eq!(leader(&lab), None);
    assert!(!view(&lab).instead.expect("it is shown").is_over);
    pass(&mut lab);
    assert_eq!(leader(&lab), Some(3));
    let instead = view(&lab).instead.expect("it is shown");
    assert_eq!((instead.choice, instead.is_over), (1, true));
    assert_eq!(choices(&lab)[0].is_right, Some(true));
    assert_eq!(lab.frame().lab.time.branches.len(), 2);
    lab.leave_instead().expect("it is shown");
    assert_eq!((leader(&lab), view(&lab).instead), (Some(2), None));
    assert!(lab.leave_instead().is_err());
}

/// A learner may play before the prediction: the run answers from the question on.
#[test]
fn what_was_done_before_the_answer_does_not_change_it() {
    let mut lab = begun();
    lab.exec("timeout 3");
    lab.exec("run 100ms");
    pass(&mut lab);
    assert_eq!(leader(&lab), Some(3));
    lab.choose(0).expect("the question is open");
    pass(&mut lab);
    assert_eq!((leader(&lab), choices(&lab)[0].is_right), (Some(2), Some(true)));
}

/// What the lesson plays is not to be changed, and not to be cut short.
#[test]
fn nobody_acts_while_the_run_answers() {
    let mut lab = begun();
    lab.set_speed(0.01);
    lab.choose(0).expect("the question is open");
    lab.tick(Duration::from_millis(16), Duration::from_millis(8));
    assert_eq!(view(&lab).turn, LessonTurn::Reveal);
    let is_refused = |status| matches!(status, crate::ExecStatus::Failed(_));
    assert!(is_refused(lab.exec("crash 2")) && is_refused(lab.exec("run 1s")));
    assert!(lab.undo().is_err() && lab.fork(None).is_err());
    lab.cancel();
    assert_eq!(view(&lab).turn, LessonTurn::Reveal);
    pass(&mut lab);
    assert_eq!((leader(&lab), choices(&lab)[0].is_right), (Some(2), Some(true)));
}

/// Time that passed without an event, and a statement that waits, are before the question too.
#[test]
fn the_answer_begins_at_the_time_of_the_question() {
    let mut lab = begun();
    let asked = lab.frame().view.now;
    lab.exec("run 1ms");
    pass(&mut lab);
    lab.exec("run 5s");
    assert!(lab.frame().view.now > asked);
    lab.choose(0).expect("the question is open");
    assert_eq!(lab.frame().view.now, asked);
    pass(&mut lab);
    assert_eq!(lab.frame().view.now.0, asked.0 + 100_000);
}

/// A breakpoint looks at what comes after the stage.
#[test]
fn breakpoints_do_not_stop_the_stage() {
    let mut lab = begun();
    lab.add_breakpoint("leader").expect("a condition");
    lab.show_scene(1).expect("there is one");
    pass(&mut lab);
    assert_eq!((view(&lab).turn, leader(&lab)), (LessonTurn::Learner, Some(2)));
}

#[test]
fn goals_are_ticked_off_when_they_are_reached_and_stay_so() {
    let mut lab = begun();
    lab.show_scene(1).expect("there is one");
    pass(&mut lab);
    assert_eq!((view(&lab).turn, leader(&lab)), (LessonTurn::Learner, Some(2)));
    assert_eq!(reached(&lab), [false, false]);
    lab.exec("crash 2");
    assert_eq!(reached(&lab), [true, false]);
    lab.exec("timeout 1");
    lab.exec("run 5s");
    pass(&mut lab);
    // It stops where the last goal is reached, and shows what the scene has for its end.
    assert_eq!((view(&lab).turn, leader(&lab)), (LessonTurn::Over, Some(1)));
    assert_eq!(reached(&lab), [true, true]);
    assert!(lab.frame().view.now.0 < 1_000_000, "{}", lab.frame().view.now);
    assert_eq!(*view(&lab).conclusion, ["A majority was still there."]);
}

#[test]
fn one_can_be_shown_the_way_to_the_goals() {
    let mut lab = begun();
    assert!(lab.show_solution().is_err(), "the scene asks");
    lab.show_scene(1).expect("there is one");
    pass(&mut lab);
    lab.exec("crash 1");
    lab.show_solution().expect("the goals are open");
    pass(&mut lab);
    assert_eq!((view(&lab).turn, leader(&lab)), (LessonTurn::Over, Some(1)));
    let Some(TaskView::Goals { is_shown, .. }) = view(&lab).task else { panic!("goals") };
    assert!(is_shown);
}

/// Each scene begins with the lesson's own run.
#[test]
fn what_a_learner_did_does_not_change_the_next_scene() {
    let mut lab = begun();
    lab.show_scene(2).expect("there is one");
    pass(&mut lab);
    let hash = lab.frame().view.trace_hash.clone();
    // A scene without a task is only to be looked at.
    assert_eq!((view(&lab).turn, leader(&lab)), (LessonTurn::Over, Some(1)));
    lab.show_scene(1).expect("there is one");
    pass(&mut lab);
    lab.exec("crash 3");
    lab.show_scene(2).expect("there is one");
    pass(&mut lab);
    assert_eq!(lab.frame().view.trace_hash, hash);
    assert!(lab.show_scene(3).is_err());
}

#[test]
fn a_lesson_can_be_left_and_its_run_goes_on() {
    let mut lab = begun();
    lab.leave_lesson();
    assert_eq!(lab.frame().lab.lesson, None);
    assert!(lab.show_scene(1).is_err() && lab.choose(0).is_err());
    lab.exec("timeout 1");
    lab.exec("run 100ms");
    pass(&mut lab);
    assert_eq!(leader(&lab), Some(1));
}

#[test]
fn a_script_without_scenes_is_no_lesson() {
    for text in ["run 1s", "lesson \"Nothing\"", "lesson \"", "cluster nodes=0\nlesson \"A\""] {
        assert!(Lab::lesson(text).is_err(), "{text}");
    }
}

#[test]
fn a_lesson_points_to_the_message_and_the_entry_that_are_there() {
    let text = "cluster nodes=3 seed=1\nlesson \"L\"\nscene \"S\"\ntimeout 1\nrun until leader 1\n\
                link 1 -> 2 hold AppendEntries\nset x=1\nrun 200ms\npoint entry 2\n\
                point message AppendEntries 1 -> 2\npoint entry 9\n\
                point message RequestVote 2 -> 3\n";
    let mut lab = Lab::lesson(text).unwrap();
    pass(&mut lab);
    let points = lab.frame().lab.lesson.clone().unwrap().points.clone();
    let [entry, message, none, link] = &*points else { panic!("{points:?}") };
    let PointView::Entry(entry) = entry else { panic!("{entry:?}") };
    let world = lab.session().world();
    let leader = world.node(NodeId(1)).unwrap().core().unwrap();
    assert_eq!(leader.log().term_at(entry.index), Some(entry.term));
    let PointView::Message(id) = message else { panic!("{message:?}") };
    let under_way: Vec<_> = world.in_flight().filter(|it| it.to == NodeId(2)).collect();
    assert_eq!((under_way[0].id, under_way[0].from), (*id, NodeId(1)));
    assert_eq!(*none, PointView::Panel("logs"));
    assert_eq!(*link, PointView::Link(NodeId(2), NodeId(3)));
}
