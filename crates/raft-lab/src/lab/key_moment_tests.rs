//! A scenario that is played pauses at its key moment.

use std::fs;

use super::tests::{console, finish};
use super::*;

const SCENARIO: &str = "cluster nodes=3 seed=4\nrun until leader\nmark here\n\n# A node leads.\n\
                        # It is alone.\nmark there\ncrash leader\nrun 1s";

fn words(lab: &Lab) -> Option<Rc<str>> {
    lab.frame().lab.key_moment.clone()
}

#[test]
fn a_played_scenario_pauses_at_the_mark_with_a_comment() {
    let mut lab = Lab::play(SCENARIO).expect("a script");
    assert_eq!(words(&lab), None);
    finish(&mut lab);
    assert_eq!(words(&lab).as_deref(), Some("A node leads. It is alone."));
    assert!(console(&lab).ends_with("The key moment: A node leads. It is alone. Run goes on."));
    assert!(lab.session().world().leader().is_some());
    // The past has other words, and the moment has them still.
    let (key, steps) = (lab.session().moment(), lab.session().world().steps());
    lab.show(steps - 1);
    assert_eq!(words(&lab), None);
    lab.show(steps);
    assert!(words(&lab).is_some());
    lab.set_running(true);
    finish(&mut lab);
    assert_eq!(words(&lab), None);
    assert!(console(&lab).ends_with("The script has ended."), "{}", console(&lab));
    // Another branch has none, also where it has as many steps and lines.
    lab.show(steps - 1);
    for name in ["one", "two"] {
        lab.exec(&format!("mark {name}"));
    }
    lab.step();
    assert_eq!((lab.session().moment(), words(&lab)), (key, None));
}

#[test]
fn steps_do_not_run_past_the_key_moment() {
    let mut lab = Lab::play(SCENARIO).expect("a script");
    lab.set_running(false);
    let mut steps = 0;
    while words(&lab).is_none() && steps < 1_000 {
        lab.step();
        steps += 1;
    }
    assert!(words(&lab).is_some(), "{}", console(&lab));
    lab.step();
    assert_eq!(words(&lab), None, "the next step goes on");
    assert!(console(&lab).contains("crash leader"), "{}", console(&lab));
}

#[test]
fn an_opened_script_does_not_pause_at_marks() {
    let mut lab = Lab::run_script(SCENARIO).expect("a script");
    finish(&mut lab);
    assert!(console(&lab).ends_with("The script has ended."), "{}", console(&lab));
    assert!(!console(&lab).contains("key moment"));
}

#[test]
fn every_scenario_of_the_page_has_one_key_moment_and_goes_on_after_it() {
    let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios"));
    let paths = files.expect("the scenarios are there").map(|file| file.expect("readable").path());
    let scenarios = paths.filter(|path| path.extension().is_some_and(|name| name == "helios"));
    let mut count = 0;
    for path in scenarios {
        let text = fs::read_to_string(&path).expect("a text file");
        let mut lab = Lab::play(&text).expect("a script");
        finish(&mut lab);
        let words = words(&lab).unwrap_or_else(|| panic!("{}: {}", path.display(), console(&lab)));
        assert!(words.ends_with('.') && words.len() < 200, "{}: {words}", path.display());
        lab.set_running(true);
        finish(&mut lab);
        assert!(console(&lab).ends_with("The script has ended."), "{}", path.display());
        count += 1;
    }
    assert!(count >= 18, "there are {count}");
}
