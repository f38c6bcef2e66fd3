//! The run is shown backward: how fast, and until when.

use super::tests::{finish, scratch};
use super::*;
use crate::JumpTo;

const BUDGET: Duration = Duration::from_millis(5);

type Command = fn(&mut Lab);

/// A lab with a run, which is shown with room for each event.
fn lab() -> Lab {
    let mut lab = scratch();
    lab.exec("run until leader");
    lab.exec("set x=1");
    lab.exec("run 100ms");
    finish(&mut lab);
    lab.set_window(ViewWindow { tape: Some(0..100), ..ViewWindow::default() });
    lab
}

fn pass(lab: &mut Lab, beats: u32) {
    for _ in 0..5 * beats {
        lab.tick(Duration::from_millis(50), BUDGET);
    }
}

fn plays(lab: &Lab) -> bool {
    lab.frame().lab.time.plays_backward
}

fn shown(lab: &Lab) -> Moment {
    lab.shown_session().moment()
}

#[test]
fn it_goes_back_moment_by_moment_in_a_narrow_window_until_the_start() {
    let mut lab = lab();
    let end = shown(&lab);
    lab.play_backward(true);
    let mut expected = lab.session().journal().before(end).expect("it is not the start");
    assert_eq!((shown(&lab), plays(&lab)), (expected, true));
    assert!(lab.frame().lab.time.is_past);
    for _ in 0..5 {
        for millis in [99, 99, 51] {
            assert!(!lab.tick(Duration::from_millis(millis), BUDGET));
        }
        assert_eq!(shown(&lab), expected);
        assert!(lab.tick(Duration::from_millis(1), BUDGET));
        expected = lab.session().journal().before(expected).expect("it is not the start");
        assert_eq!(shown(&lab), expected);
    }
    // A tab that was hidden does not jump.
    lab.tick(Duration::from_secs(9), BUDGET);
    assert_eq!(shown(&lab), expected);
    lab.show(2);
    lab.play_backward(true);
    while plays(&lab) {
        assert_ne!(shown(&lab), Moment::default());
        pass(&mut lab, 1);
    }
    assert_eq!(shown(&lab), Moment::default());
    lab.play_backward(true);
    assert_eq!((shown(&lab), plays(&lab)), (Moment::default(), false));
    lab.return_to_live();
    assert_eq!(shown(&lab), end, "the run is the same");
}

#[test]
fn it_goes_back_place_by_place_in_a_wide_window() {
    let mut lab = lab();
    let before = shown(&lab);
    lab.exec("run 4s");
    finish(&mut lab);
    lab.set_window(ViewWindow { tape: Some(0..4_000_000), ..ViewWindow::default() });
    let from = lab.session().world().now();
    lab.play_backward(true);
    pass(&mut lab, 39);
    let to = lab.shown_session().world().now();
    let way = from.0 - to.0;
    assert!((400_000..2_000_000).contains(&way), "40 places of 10 ms, and gaps: {way}");
    assert!(plays(&lab) && shown(&lab) > before);
}

#[test]
fn any_other_command_ends_it() {
    let commands: [(&str, Command); 9] = [
        ("again", |lab| lab.play_backward(false)),
        ("step back", Lab::step_back),
        ("step", Lab::step),
        ("show", |lab| lab.show(3)),
        ("jump", |lab| lab.jump_to(JumpTo::Violation, false)),
        ("pause", |lab| lab.set_running(false)),
        ("a statement", |lab| drop(lab.exec("crash all"))),
        ("no statement", |lab| drop(lab.exec("nonsense"))),
        ("return", Lab::return_to_live),
    ];
    for (name, command) in commands {
        let mut lab = lab();
        lab.play_backward(true);
        pass(&mut lab, 2);
        assert!(plays(&lab), "{name}");
        command(&mut lab);
        let moment = shown(&lab);
        assert!(!plays(&lab), "{name}");
        pass(&mut lab, 3);
        assert_eq!(shown(&lab), moment, "{name}");
    }
}
