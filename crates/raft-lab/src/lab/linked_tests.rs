//! A linked moment: the same run is there again, or the lab says that it is another one.

use super::branch_tests::with_a_crash;
use super::tests::{console, finish};
use super::*;
use crate::{LinkedPage, MomentLink};

fn linked(lab: &Lab) -> MomentLink {
    let text = lab.link("A crash", LinkedPage::default()).to_fragment().expect("it is short");
    MomentLink::from_fragment(&text).expect("it was just made")
}

fn opened(link: &MomentLink) -> Lab {
    let mut lab = Lab::open_link(link).expect("it is a script");
    finish(&mut lab);
    lab
}

fn other_run(lab: &Lab) -> Option<String> {
    lab.frame().lab.other_run.as_deref().map(str::to_owned)
}

#[test]
fn a_link_to_the_past_shows_the_same_moment() {
    let mut lab = with_a_crash();
    let crash = lab.session().journal().get(1).expect("the crash").steps;
    for steps in [0, crash - 1, crash, crash + 40] {
        lab.show(steps);
        let again = opened(&linked(&lab));
        let (there, here) = (lab.frame().view, again.frame().view);
        assert_eq!(here.steps, steps);
        assert_eq!((here.now, &here.trace_hash), (there.now, &there.trace_hash), "{steps}");
        assert_eq!(here.nodes, there.nodes);
        assert_eq!(other_run(&again), None);
        assert!(!again.frame().lab.time.is_past && !again.pacing().running);
    }
}

#[test]
fn only_the_shown_branch_is_in_the_link() {
    let mut lab = with_a_crash();
    lab.show(20);
    lab.exec("set y=2");
    finish(&mut lab);
    let link = linked(&lab);
    assert!(link.script.contains("set y=2") && !link.script.contains("crash"), "{}", link.script);
    assert_eq!(other_run(&opened(&link)), None);
}

#[test]
fn another_run_at_the_same_moment_is_told() {
    let mut link = linked(&with_a_crash());
    link.trace_hash ^= 1;
    let lab = opened(&link);
    let words = other_run(&lab).expect("the hash differs");
    assert!(words.starts_with("This is not the run of the link"), "{words}");
    assert!(console(&lab).contains(&words));
    assert_eq!(lab.frame().view.steps, link.steps, "it is shown all the same");
}

#[test]
fn a_run_that_ends_elsewhere_is_told() {
    let link = linked(&with_a_crash());
    let later = MomentLink { at: Instant(link.at.0 + 1), ..link.clone() };
    assert!(other_run(&opened(&later)).expect("the time").starts_with("This is not the moment"));
    let longer = MomentLink { steps: link.steps + 1, ..link.clone() };
    assert!(other_run(&opened(&longer)).expect("the steps").starts_with("This is not the moment"));
    // A statement that this version refuses.
    let script = link.script.replacen("\nat", "\nat 1us restart 1\nat", 1);
    assert_ne!(script, link.script);
    let lab = opened(&MomentLink { script, ..link });
    assert!(other_run(&lab).expect("it stopped").starts_with("This is not the moment"));
    assert!(console(&lab).contains("The script stopped at line 2"), "{}", console(&lab));
}

#[test]
fn breakpoints_do_not_pause_on_the_way() {
    let link = linked(&with_a_crash());
    let mut page = tests::scratch();
    page.add_breakpoint("leader among 1 2 3 4 5").expect("a condition");
    page.replace(Lab::open_link(&link).expect("it is a script"));
    finish(&mut page);
    assert_eq!(page.frame().view.steps, link.steps);
    assert_eq!(other_run(&page), None);
    assert!(!page.is_waiting());
}

#[test]
fn what_a_person_does_on_the_way_is_not_compared() {
    let link = linked(&with_a_crash());
    let mut lab = Lab::open_link(&link).expect("it is a script");
    lab.exec("crash 2");
    finish(&mut lab);
    assert_eq!(other_run(&lab), None);
    let mut lab = Lab::open_link(&link).expect("it is a script");
    lab.cancel();
    finish(&mut lab);
    assert_eq!(other_run(&lab), None);
}

#[cfg(feature = "bugs")]
#[test]
fn a_moment_after_a_broken_property_is_reached() {
    let script = include_str!("../../../../scenarios/bugs/vote-forgotten.helios");
    let mut lab = Lab::run_script(script).expect("it is a script");
    finish(&mut lab);
    assert!(lab.session().checks().violation().is_some());
    lab.cancel();
    lab.exec("run 1s");
    finish(&mut lab);
    let link = linked(&lab);
    assert_eq!(link.summary().expect("it is a script").rules_off, ["vote-forgotten"]);
    let again = opened(&link);
    assert_eq!(again.frame().view.trace_hash, lab.frame().view.trace_hash);
    assert_eq!(other_run(&again), None);
    assert!(again.session().checks().violation().is_some());
}

/// The lab after a reload of the page.
fn reloaded(lab: &Lab) -> Lab {
    let mut restoration = Restoration::new(&lab.keep()).expect("its data are whole");
    while !restoration.advance(Duration::from_secs(60)).expect("it is the same run") {}
    restoration.finish()
}

#[test]
fn a_reload_does_not_forget_that_it_is_another_run() {
    let mut link = linked(&with_a_crash());
    assert_eq!(other_run(&reloaded(&opened(&link))), None);
    link.trace_hash ^= 1;
    let lab = opened(&link);
    assert_eq!(other_run(&reloaded(&lab)), other_run(&lab));
}
