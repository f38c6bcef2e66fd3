//! A lab over a reload of the page, and the branch that is stored.

use std::collections::BTreeMap;

use raft_core::NodeId;
use raft_storage::Records;

use super::branch_tests::with_a_crash;
use super::durable_tests::{durable, finish, issued};
use super::tests::console;
use super::*;
use crate::fake::FakeBackend;
use crate::{DurableState, RecordedStep, RecoveryReport, cluster_line, next_run};

const BUDGET: Duration = Duration::from_millis(5);

fn exec(lab: &mut Lab, lines: &[&str]) {
    for line in lines {
        lab.exec(line);
        tests::finish(lab);
    }
}

fn restored(bytes: &[u8]) -> Lab {
    let mut restoration = Restoration::new(bytes).expect("it was just kept");
    while !restoration.advance(Duration::ZERO).expect("it is the same run") {
        assert!(restoration.progress() <= 1.0);
    }
    restoration.finish()
}

fn hash(lab: &Lab) -> u64 {
    lab.session().world().trace_hash()
}

#[test]
fn after_a_reload_everything_is_there_again() {
    let mut lab = with_a_crash();
    let crash = lab.session().journal().get(1).expect("the crash").steps;
    lab.show(crash - 1);
    exec(&mut lab, &["set y=2", "run 1s"]);
    lab.compare().expect("they differ");
    lab.show(crash + 40);
    let mut again = restored(&lab.keep());
    let (then, now) = (lab.frame(), again.frame());
    assert_eq!(now.lab.time, then.lab.time);
    assert!(now.lab.time.is_past && now.lab.time.branch == 2);
    assert_eq!(now.lab.comparison, then.lab.comparison);
    assert!(now.lab.comparison.is_some());
    assert_eq!(now.lab.statements, then.lab.statements);
    assert_eq!(*now.view, *then.view);
    assert!(!again.pacing().running);
    again.return_to_live();
    lab.return_to_live();
    assert_eq!(again.frame().view.events, lab.frame().view.events, "also those before the end");
    // It goes on as if nothing had been.
    for lab in [&mut lab, &mut again] {
        lab.set_speed(f64::INFINITY);
        exec(lab, &["set z=3", "run 1s"]);
    }
    assert_eq!(hash(&again), hash(&lab));
    assert_eq!(again.export(), lab.export());
}

#[test]
fn damaged_data_are_refused_in_words() {
    let bytes = with_a_crash().keep();
    let error = |bytes: &[u8]| Restoration::new(bytes).map(drop).expect_err("it is damaged");
    assert_eq!(error(&[]), "it is empty");
    assert!(error(&[9, 1, 2]).contains("format 9"));
    for end in 1..bytes.len() {
        assert!(!error(&bytes[..end]).is_empty());
    }
    // Whatever byte is another one: an error, or a lab, within bounds.
    for place in 1..bytes.len().min(400) {
        let mut wrong = bytes.clone();
        wrong[place] ^= 0x15;
        let Ok(mut restoration) = Restoration::new(&wrong) else { continue };
        for _ in 0..500 {
            if restoration.advance(Duration::ZERO) != Ok(false) {
                break;
            }
        }
    }
}

/// A durable lab in which something happened, and its next run over the same disks.
fn reopened() -> (Lab, Lab, Rc<FakeBackend>) {
    let backend = FakeBackend::fast();
    let mut lab = durable(Setup::default(), &backend);
    for line in ["run until leader", "set x=1", "run 1s"] {
        lab.exec(line);
        finish(&mut lab, &backend);
    }
    lab.show(100);
    exec(&mut lab, &["crash leader", "run 1s"]);
    lab.set_recording(true).unwrap();
    lab.name_recording("L", "").unwrap();
    lab.record(RecordedStep { title: "S".to_owned(), ..RecordedStep::default() }).unwrap();
    assert!(lab.keep_durably().is_some());
    let kept = backend.kept();
    let disks = backend.stored().into_iter().collect();
    let setup = next_run(&cluster_line(&Setup::default()), disks).expect("it is sound");
    let backend = FakeBackend::holding(&backend.stored());
    let mut next = durable(setup, &backend);
    next.set_earlier_runs(vec![kept]);
    (lab, next, backend)
}

#[test]
fn an_earlier_run_can_be_computed_again() {
    let (lab, mut next, _) = reopened();
    let earlier = next.frame().lab.time.earlier.clone();
    let [run] = &*earlier else { panic!("{earlier:?}") };
    assert_eq!((run.run, &*run.name, run.statements), (0, "run 1", 2));
    let before = (hash(&next), next.session().moment());
    next.recall(0).expect("it is there");
    assert!(next.recall(0).is_err(), "one after the other");
    let mut ticks = 0;
    while next.frame().lab.time.recalled.is_some() {
        assert!(next.tick(Duration::ZERO, Duration::ZERO), "its progress is shown");
        ticks += 1;
    }
    assert!(ticks > 5, "it takes {ticks} frames");
    let time = next.frame().lab.time.clone();
    let names: Vec<&str> = time.branches.iter().map(|branch| &*branch.name).collect();
    assert_eq!(names, ["main", "run 1", "run 1, branch 2"]);
    assert!(time.earlier.is_empty());
    assert_eq!(time.branch, 3);
    assert_eq!(hash(&next), hash(&lab));
    assert_eq!(next.export(), lab.export());
    assert!(lab.recorded_lesson().is_ok());
    assert_eq!(next.recorded_lesson(), lab.recorded_lesson());
    assert_eq!(next.durable(), DurableState::Scratch, "it is in memory");
    // The present run is as it was, and both survive the next reload, as the present run.
    let again = restored(&next.keep());
    assert_eq!(again.frame().lab.time.branches.len(), 3);
    let mut later = Lab::scratch(Setup::default()).expect("it is within bounds");
    later.set_earlier_runs(vec![next.keep()]);
    assert_eq!(later.frame().lab.time.earlier[0].run, 1);
    next.switch_to(1).expect("it is there");
    assert_eq!((hash(&next), next.session().moment()), before);
    assert!(matches!(next.durable(), DurableState::Durable { error: None, .. }));
}

#[test]
fn an_earlier_run_that_cannot_be_read_is_told() {
    let (_, mut next, _) = reopened();
    assert_eq!(next.recall(7), Err("there is no earlier run 7".to_owned()));
    next.set_earlier_runs(vec![vec![9]]);
    assert!(console(&next).contains("earlier run cannot be read"));
    assert_eq!(next.frame().lab.time.earlier.len(), 1);
}

fn expected(lab: &Lab) -> BTreeMap<NodeId, Records> {
    lab.session().world().nodes().map(|node| (node.id(), issued(node))).collect()
}

fn stored(backend: &FakeBackend) -> BTreeMap<NodeId, Records> {
    backend.stored().into_iter().filter(|(_, records)| !records.is_empty()).collect()
}

#[test]
fn the_branch_that_is_adopted_is_stored_from_then_on() {
    let backend = FakeBackend::slow();
    let mut lab = durable(Setup::default(), &backend);
    for line in ["run until leader", "set x=1", "run 1s"] {
        lab.exec(line);
        finish(&mut lab, &backend);
    }
    let before = lab.session().moment();
    for line in ["add 6", "run 2s"] {
        lab.exec(line);
        finish(&mut lab, &backend);
    }
    assert!(backend.stored().contains_key(&NodeId(6)));
    assert_eq!(lab.adopt(), Err("main is stored already.".to_owned()));
    lab.show_moment(before);
    lab.exec("set y=2");
    // A write of the branch is under way.
    while lab.session().world().nodes().all(|node| node.disk().pending().len() == 0) {
        lab.step();
    }
    while backend.complete_next() {}
    let transactions = backend.transactions();
    assert!(backend.kept().is_empty());
    lab.adopt().expect("nothing speaks against it");
    assert_eq!(restored(&backend.kept()).frame().lab.time.branches.len(), 2, "main is kept");
    assert_eq!(backend.transactions(), transactions + 1, "one transaction for all disks");
    assert!(lab.is_storing());
    assert!(backend.complete_next());
    assert_eq!(stored(&backend), expected(&lab));
    // Its writes are stored, and those of the other branch are not.
    lab.exec("run 1s");
    finish(&mut lab, &backend);
    while backend.complete_next() {}
    assert_eq!(stored(&backend), expected(&lab));
    let branches = lab.frame().lab.time.branches.clone();
    let durable: Vec<bool> = branches.iter().map(|branch| branch.is_durable).collect();
    assert_eq!(durable, [false, true]);
    let refused = lab.remove_branch(2).expect_err("it stays");
    assert!(refused.contains("stored"), "{refused}");
    let setup = next_run(&cluster_line(&Setup::default()), backend.stored().into_iter().collect());
    let report = RecoveryReport::of(&setup.expect("it is sound")).expect("it has disks");
    assert_eq!(report.nodes.len(), 5, "server 6 is not in this branch");
    assert!(report.nodes.iter().all(|node| node.found.as_ref().is_ok_and(|disk| disk.keys == 2)));
    lab.switch_to(1).expect("it is there");
    assert_eq!(lab.durable(), DurableState::Scratch);
    exec(&mut lab, &["set z=3", "run 1s"]);
    assert!(!backend.complete_next(), "nothing of it is written");
}

#[test]
fn nothing_happens_in_an_adopted_branch_before_it_is_stored() {
    let backend = FakeBackend::slow();
    let mut lab = durable(Setup::default(), &backend);
    for line in ["run until leader", "run 1s"] {
        lab.exec(line);
        finish(&mut lab, &backend);
    }
    lab.show(20);
    exec(&mut lab, &["run 500ms"]);
    while backend.complete_next() {}
    lab.set_running(true);
    lab.adopt().expect("nothing speaks against it");
    let at = lab.session().world().steps();
    lab.tick(BUDGET, BUDGET);
    assert_eq!(lab.session().world().steps(), at);
    assert!(backend.complete_next());
    lab.tick(BUDGET, BUDGET);
    assert!(lab.session().world().steps() > at);
}

#[test]
fn a_branch_of_a_lab_in_memory_cannot_be_adopted() {
    let mut lab = with_a_crash();
    assert!(lab.adopt().expect_err("nothing is stored").contains("in memory"));
}

/// The page need not wait for its next frame.
#[test]
fn the_waker_goes_over_to_a_lab_that_replaces_another() {
    let woken = Rc::new(std::cell::Cell::new(0));
    let mut lab = Lab::scratch(Setup::default()).expect("it is within bounds");
    let counter = woken.clone();
    lab.on_progress(Some(Rc::new(move || counter.set(counter.get() + 1))));
    let backend = FakeBackend::slow();
    lab.replace(durable(Setup::default(), &backend));
    while !lab.is_storing() {
        lab.step();
    }
    assert!(backend.complete_next());
    assert_eq!(woken.get(), 1);
}

#[test]
fn statements_that_wait_for_their_turn_wait_on_after_a_reload() {
    let text = "cluster nodes=3 seed=8\nrun until leader\nrun 2s\nset x=1\nrun 1s\nmark end\n";
    let mut lab = Lab::play(text).expect("a script");
    lab.set_speed(1.0);
    while lab.session().world().now() < Instant(1_500_000) {
        lab.tick(Duration::from_millis(16), Duration::from_millis(50));
    }
    let mut again = restored(&lab.keep());
    let said = again
        .frame()
        .lab
        .console
        .iter()
        .any(|line| line.words.to_string().starts_with("Nobody waits for"));
    assert!(said, "{:?}", again.frame().lab.console);
    assert!(!again.pacing().running);
    again.set_speed(f64::INFINITY);
    again.set_running(true);
    let is_over = |lab: &Lab| {
        let console = lab.frame().lab.console.clone();
        console.iter().any(|line| line.words.to_string() == "The script has ended.")
    };
    while !is_over(&again) {
        assert!(again.session().world().now() < Instant(60_000_000));
        again.tick(Duration::from_millis(16), Duration::from_millis(5));
    }
    let lines: Vec<String> =
        again.session().journal().iter().map(|line| line.statement.to_string()).collect();
    assert!(lines.contains(&"set x=1".to_owned()), "{lines:?}");
}
