//! Durable labs over a back end that is as slow as a test wants it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use raft_core::{NodeId, Settings};
use raft_sim::{ClientEvent, EventKind, SimNode};
use raft_storage::Records;

use super::power_loss_tests::Random;
use super::*;
use crate::fake::FakeBackend;
use crate::{DurableState, MemberRole, cluster_line, next_run};

const FRAME: Duration = Duration::from_millis(16);
const BUDGET: Duration = Duration::from_millis(50);

pub(super) fn durable(setup: Setup, backend: &Rc<FakeBackend>) -> Lab {
    let mut lab = Lab::mirrored(setup, Mirror::new(backend.clone())).expect("it is within bounds");
    lab.set_speed(f64::INFINITY);
    lab
}

pub(super) fn finish(lab: &mut Lab, backend: &FakeBackend) {
    for _ in 0..100_000 {
        if !lab.pacing().running {
            return;
        }
        lab.tick(FRAME, BUDGET);
        backend.complete_next();
    }
    panic!("it does not end: {:?}", lab.frame().view.goal);
}

/// A lab with a leader, in which time passes. All that it wrote is stored.
fn running_with_a_leader() -> (Rc<FakeBackend>, Lab) {
    let backend = FakeBackend::slow();
    let mut lab = durable(Setup::default(), &backend);
    lab.exec("run until leader");
    finish(&mut lab, &backend);
    while backend.complete_next() {}
    lab.set_running(true);
    (backend, lab)
}

/// Everything issued to a node's disk, and nothing that a crash lost.
pub(super) fn issued(node: &SimNode) -> Records {
    let mut disk = node.disk().durable().clone();
    node.disk().pending().for_each(|write| disk.apply(&write.batch));
    disk
}

/// The steps of the world, and of the frame that the page shows.
fn steps(lab: &Lab) -> (u64, u64) {
    (lab.session().world().steps(), lab.frame().lab.time.end_steps)
}

#[test]
fn the_page_shows_no_moment_that_is_not_stored() {
    let backend = FakeBackend::slow();
    let mut lab = durable(Setup::default(), &backend);
    while backend.complete_next() {}
    lab.tick(FRAME, BUDGET);
    let (_, shown) = steps(&lab);
    lab.exec("run until leader");
    lab.tick(FRAME, BUDGET);
    let (passed, still) = steps(&lab);
    assert!(lab.is_storing() && passed > shown, "votes were written");
    assert_eq!(still, shown);
    for _ in 0..5 {
        lab.tick(FRAME, BUDGET);
    }
    assert_eq!(steps(&lab), (passed, shown), "time waits");
    assert!(backend.complete_next());
    assert!(lab.tick(Duration::ZERO, Duration::ZERO));
    while backend.complete_next() {}
    lab.tick(FRAME, BUDGET);
    assert!(steps(&lab).1 >= passed);
}

/// Whatever is done meanwhile.
#[test]
fn a_frame_is_of_the_moment_that_the_back_end_holds() {
    let backend = FakeBackend::slow();
    let mut lab = durable(Setup { nodes: 3, ..Setup::default() }, &backend);
    lab.set_running(true);
    let mut random = Random(0x2545_f491);
    let mut held = Vec::new();
    let (mut behind, mut moments) = (0, BTreeSet::new());
    for _ in 0..2_000 {
        match random.below(12) {
            0 => drop(lab.exec("crash 1")),
            1 => drop(lab.exec("restart all")),
            2 => drop(lab.exec("set x=1")),
            3 => lab.step(),
            4 => lab.set_running(random.below(2) == 0),
            5 => lab.say(ConsoleKind::Info, "hello"),
            6 => lab.set_speed(if random.below(2) == 0 { 1.0 } else { f64::INFINITY }),
            _ => drop(lab.tick(FRAME, Duration::from_micros(random.below(200)))),
        }
        let now = steps(&lab).0;
        let disks = lab.session().world().nodes().map(|node| (node.id(), issued(node)));
        let written = disks.filter(|(_, disk)| !disk.is_empty());
        held.push((now, written.collect::<BTreeMap<NodeId, Records>>()));
        if random.below(3) == 0 {
            backend.complete_next();
        }
        let (now, frame) = steps(&lab);
        behind += usize::from(frame < now);
        let stored = backend.stored();
        let is_there = held.iter().rev().any(|(at, disks)| *at >= frame && *disks == stored);
        assert!(is_there || stored.is_empty(), "the database is before the moment {frame}");
        moments.insert(frame);
    }
    assert!(behind > 200 && moments.len() > 100, "{behind}, {}", moments.len());
}

#[test]
fn a_result_is_told_when_it_is_stored() {
    let (backend, mut lab) = running_with_a_leader();
    let told = Rc::new(RefCell::new(Vec::new()));
    let heard = told.clone();
    lab.exec_then("set x=1", move |result| heard.borrow_mut().push(result));
    let answers = Rc::new(std::cell::Cell::new(0));
    let counter = answers.clone();
    lab.subscribe(Box::new(move |event| {
        let is_answer =
            matches!(event.kind, EventKind::Client { event: ClientEvent::Answered { .. }, .. });
        counter.set(counter.get() + u32::from(is_answer));
    }));
    while !lab.has_told() {
        assert_eq!(backend.under_way(), 0, "one transaction is enough for a write");
        lab.tick(FRAME, BUDGET);
    }
    assert!(told.borrow().is_empty() && answers.get() == 0);
    assert!(backend.complete_next());
    assert!(told.borrow().is_empty(), "a tick tells it");
    let at = lab.session().world().steps();
    lab.tick(FRAME, BUDGET);
    assert!(matches!(told.borrow()[..], [ExecResult::Answered(_)]), "{told:?}");
    assert_eq!(answers.get(), 1);
    assert_eq!(lab.session().world().steps(), at, "who heard it may have more to say");
}

#[test]
fn clients_that_wait_together_share_a_transaction() {
    let (backend, mut lab) = running_with_a_leader();
    lab.set_clock(Rc::new(|| Duration::ZERO));
    // Each writes again when it has its answer.
    let idle = Rc::new(RefCell::new((1..=8).collect::<Vec<u64>>()));
    let (before, mut asked) = (backend.transactions(), 0);
    while asked < 80 {
        for client in idle.take() {
            asked += 1;
            let idle = idle.clone();
            let line = format!("set x=1 client={client}");
            lab.exec_then(&line, move |_| idle.borrow_mut().push(client));
        }
        lab.tick(FRAME, BUDGET);
        backend.complete_next();
    }
    let transactions = backend.transactions() - before;
    assert!(transactions <= 12, "{transactions} for 80 writes");
}

#[test]
fn results_that_were_not_stored_are_not_certain() {
    let (backend, mut lab) = running_with_a_leader();
    let told = Rc::new(RefCell::new(None));
    let heard = told.clone();
    lab.exec_then("set x=1", move |result| *heard.borrow_mut() = Some(result));
    let stored = lab.frame().view.now;
    while !lab.is_storing() {
        lab.tick(FRAME, BUDGET);
    }
    backend.fail_next("the storage is full");
    lab.tick(FRAME, BUDGET);
    let told = told.borrow_mut().take();
    assert!(matches!(&told, Some(ExecResult::Failed(words)) if words.contains("full")), "{told:?}");
    let console = lab.frame().lab.console.clone();
    let last = console.last().expect("it says why it stops");
    let is_answered = |lab: &Lab| {
        let console = lab.frame().lab.console.clone();
        console.iter().any(|line| line.kind == ConsoleKind::Answer)
    };
    assert!(!is_answered(&lab));
    assert_eq!(lab.frame().view.now, stored);
    lab.show(5);
    assert_eq!(lab.frame().view.steps, 5, "the past can be looked at");
    lab.return_to_live();
    assert_eq!(lab.frame().view.now, stored);
    assert!(matches!(lab.durable(), DurableState::Durable { error: Some(_), .. }));
    assert_eq!(lab.frame().lab.durable, lab.durable());
    assert!(
        last.words.to_string().ends_with(&format!("What happened after {stored} is not stored")),
        "{last:?}"
    );
    lab.continue_as_scratch();
    assert!(is_answered(&lab), "in memory, it happened");
}

#[test]
fn the_page_says_when_the_disk_is_slow() {
    let backend = FakeBackend::slow();
    let mut lab = durable(Setup::default(), &backend);
    let clock = Rc::new(std::cell::Cell::new(0));
    let shown = clock.clone();
    lab.set_clock(Rc::new(move || Duration::from_millis(shown.get())));
    while backend.complete_next() {}
    lab.set_speed(1.0);
    lab.set_running(true);
    while !lab.is_storing() {
        lab.tick(FRAME, BUDGET);
    }
    let before = lab.frame();
    for (at, is_slow) in [(0, false), (200, false), (300, true)] {
        clock.set(at);
        lab.tick(FRAME, BUDGET);
        assert_eq!(lab.frame().lab.pacing.stalled_on_disk, is_slow, "after {at} ms");
        assert!(Rc::ptr_eq(&lab.frame().view, &before.view));
    }
    while backend.complete_next() {}
    lab.tick(FRAME, BUDGET);
    assert!(!lab.frame().lab.pacing.stalled_on_disk);
}

#[test]
fn a_database_that_goes_away_stops_the_lab_before_the_next_write() {
    let backend = FakeBackend::fast();
    let mut lab = durable(Setup::default(), &backend);
    lab.exec("run until leader");
    finish(&mut lab, &backend);
    lab.set_running(true);
    backend.lose("site data were cleared");
    lab.tick(FRAME, BUDGET);
    assert!(!lab.pacing().running);
    let DurableState::Durable { error: Some(error), .. } = lab.durable() else {
        panic!("{:?}", lab.durable())
    };
    assert_eq!(error, "site data were cleared");
}

#[test]
fn how_slow_the_back_end_is_changes_nothing_but_the_pace() {
    let script = [
        "run until leader",
        "set x=1",
        "crash leader",
        "run 400ms",
        "set y=2",
        "restart all",
        "crash 2 keep",
        "restart 2",
        "crash 3 lose",
        "restart 3",
        "run 2s",
    ];
    let hash = |backend: Option<Rc<FakeBackend>>, every: usize| {
        let mut lab = match &backend {
            Some(backend) => durable(Setup::default(), backend),
            None => Lab::scratch(Setup::default()).expect("the defaults are within bounds"),
        };
        lab.set_speed(f64::INFINITY);
        let mut ticks = 0;
        for line in script {
            lab.exec(line);
            while lab.pacing().running {
                lab.tick(FRAME, BUDGET);
                ticks += 1;
                if let Some(backend) = backend.as_ref().filter(|_| ticks % every == 0) {
                    backend.complete_next();
                }
            }
        }
        lab.session().world().trace_hash()
    };
    let scratch = hash(None, 1);
    assert_eq!(hash(Some(FakeBackend::fast()), 1), scratch);
    assert_eq!(hash(Some(FakeBackend::slow()), 1), scratch);
    assert_eq!(hash(Some(FakeBackend::slow()), 7), scratch);
}

#[test]
fn the_back_end_holds_what_the_simulated_disks_hold() {
    let backend = FakeBackend::slow();
    let mut lab = durable(
        Setup {
            settings: Settings { snapshot_threshold: 10, ..Settings::default() },
            ..Setup::default()
        },
        &backend,
    );
    lab.exec("run until leader");
    finish(&mut lab, &backend);
    for number in 0..30 {
        lab.exec(&format!("set key{number}=1"));
    }
    for (node, line) in [(1, "crash 1 lose"), (2, "crash 2 keep")] {
        let is_writing = |lab: &Lab| {
            let node = lab.session().world().node(NodeId(node));
            node.is_some_and(|node| node.disk().pending().len() > 0)
        };
        while !is_writing(&lab) {
            lab.step();
            backend.complete_next();
        }
        lab.exec(line);
    }
    while backend.complete_next() {}
    assert_mirrored(&lab, &backend);
    for line in ["restart 1 2", "run 3s"] {
        lab.exec(line);
        finish(&mut lab, &backend);
    }
    while backend.complete_next() {}
    assert_mirrored(&lab, &backend);
}

/// Each of these while a write of the node is under way, in the simulation and to the back end.
#[test]
fn the_back_end_is_damaged_as_the_simulated_disks_are() {
    let faults = [
        "disk 1 corrupt log-end",
        "disk 1 corrupt entry 1",
        "disk 1 misdirect entry 2 to entry 1",
        "disk 1 misdirect log-end to entry 9",
        "disk 1 fsync=fail",
        "disk 1 full=on",
        "crash 1 tear",
    ];
    for fault in faults {
        let backend = FakeBackend::slow();
        let mut lab = durable(Setup { nodes: 3, ..Setup::default() }, &backend);
        for line in ["timeout 1", "run until leader", "set x=1", "run 1s", "set x=2", "set x=3"] {
            lab.exec(line);
            finish(&mut lab, &backend);
        }
        let unfinished = |lab: &Lab| {
            let node = lab.session().world().node(NodeId(1));
            node.is_some_and(|node| node.disk().pending().len() > 0)
        };
        while !unfinished(&lab) {
            lab.step();
            backend.complete_next();
        }
        assert!(matches!(lab.exec(fault), ExecStatus::Done(_)), "{fault}");
        for line in ["run 500ms", "crash 1 lose", "disk 1 full=off", "restart 1", "run 500ms"] {
            lab.exec(line);
            finish(&mut lab, &backend);
            while backend.complete_next() {}
            assert_mirrored(&lab, &backend);
        }
        for line in ["crash 1 lose", "disk 1 wipe", "restart 1"] {
            lab.exec(line);
        }
        while backend.complete_next() {}
        assert_mirrored(&lab, &backend);
        let stored = backend.stored().into_iter().collect();
        let later =
            next_run(&cluster_line(lab.session().world().setup()), stored).expect("it is sound");
        let lab = Lab::scratch(later).expect("it is within bounds");
        let node = lab.session().world().node(NodeId(1)).expect("it is a voter");
        assert!(
            node.refusal().is_some_and(|words| words.to_string().contains("emptied")),
            "{fault}"
        );
    }
}

fn assert_mirrored(lab: &Lab, backend: &FakeBackend) {
    for node in lab.session().world().nodes() {
        assert_eq!(backend.stored()[&node.id()], issued(node), "node {}", node.id());
    }
}

#[test]
fn a_failure_stops_the_lab_for_good_and_it_can_go_on_as_scratch() {
    let backend = FakeBackend::slow();
    let mut lab = durable(Setup::default(), &backend);
    lab.set_running(true);
    while !lab.is_storing() {
        lab.tick(FRAME, BUDGET);
    }
    backend.fail_next("the storage is full");
    lab.tick(FRAME, BUDGET);
    assert!(!lab.pacing().running);
    let DurableState::Durable { error: Some(error), .. } = lab.durable() else {
        panic!("{:?}", lab.durable())
    };
    assert!(error.contains("the storage is full"));
    let steps = lab.session().world().steps();
    lab.set_running(true);
    lab.tick(FRAME, BUDGET);
    lab.step();
    assert!(matches!(lab.exec("crash 1"), ExecStatus::Failed(_)));
    assert_eq!(lab.session().world().steps(), steps);
    lab.continue_as_scratch();
    assert_eq!(lab.durable(), DurableState::Scratch);
    assert_eq!(lab.exec("run 1s"), ExecStatus::Waiting);
    while lab.pacing().running {
        lab.tick(FRAME, BUDGET);
    }
    assert!(lab.session().world().steps() > steps);
}

#[test]
fn a_server_that_joined_is_there_after_a_reload_and_goes_on() {
    let backend = FakeBackend::fast();
    let setup = Setup { nodes: 3, ..Setup::default() };
    let line = cluster_line(&setup);
    let mut lab = durable(setup, &backend);
    for command in ["run until leader", "set x=1", "run 1s", "add 4 as learner", "run 2s"] {
        lab.exec(command);
        finish(&mut lab, &backend);
    }
    let learner = |lab: &Lab| lab.frame().view.member_role(NodeId(4));
    assert_eq!(learner(&lab), MemberRole::Learner);
    drop(lab);

    let stored = backend.stored();
    let setup = next_run(&line, stored.clone().into_iter().collect()).expect("it is sound");
    let line = cluster_line(&setup);
    let backend = FakeBackend::holding(&setup.disks);
    let mut lab = durable(setup, &backend);
    let node = lab.session().world().node(NodeId(4)).and_then(SimNode::core);
    assert!(node.is_some_and(|core| core.log().last().index.0 > 0), "its log is there");
    assert_eq!(learner(&lab), MemberRole::Learner, "before there is a leader");
    for command in ["run until leader", "set y=2", "run 1s", "promote 4", "run 2s"] {
        lab.exec(command);
        while lab.pacing().running {
            lab.tick(FRAME, BUDGET);
            while backend.complete_next() {}
        }
    }
    assert_eq!(learner(&lab), MemberRole::Voter);
    let store = lab.session().world().node(NodeId(4)).and_then(SimNode::store);
    assert!(store.is_some_and(|store| store.get(b"x").is_some() && store.get(b"y").is_some()));
    assert_eq!(lab.session().checks().violation(), None);
    let mut replay = Lab::play(&lab.export()).expect("an export is a script");
    replay.set_speed(f64::INFINITY);
    while replay.pacing().running {
        replay.tick(FRAME, BUDGET);
    }
    let hash = |lab: &Lab| lab.session().world().trace_hash();
    assert_eq!(hash(&replay), hash(&lab), "the export knows the server that joined before");
    drop(lab);

    let setup = next_run(&line, backend.stored().into_iter().collect()).expect("it is sound");
    let lab = Lab::scratch(setup).expect("it is within bounds");
    assert_eq!(learner(&lab), MemberRole::Voter);
}

/// The first branch of a durable lab is stored, whatever is looked at meanwhile.
#[test]
fn only_the_first_branch_is_stored() {
    let backend = FakeBackend::slow();
    let mut lab = durable(Setup::default(), &backend);
    lab.exec("run until leader");
    finish(&mut lab, &backend);
    lab.exec("set x=1");
    // A write is under way, and stays so while somebody looks at the past and begins a branch.
    while !lab.is_storing() {
        lab.step();
    }
    let end = (lab.session().moment(), lab.session().world().trace_hash());
    lab.show(10);
    assert_eq!(lab.frame().lab.durable, lab.durable());
    lab.exec("set y=2");
    assert_eq!(lab.durable(), DurableState::Scratch);
    lab.exec("run 1s");
    while lab.pacing().running {
        lab.tick(FRAME, BUDGET);
    }
    assert!(lab.session().world().now() > Instant(1_000_000), "no disk holds the branch up");
    lab.switch_to(1).unwrap();
    assert_eq!((lab.session().moment(), lab.session().world().trace_hash()), end);
    assert!(matches!(lab.durable(), DurableState::Durable { error: None, .. }));
    lab.exec("run 1s");
    finish(&mut lab, &backend);
    while backend.complete_next() {}
    let stored = backend.stored();
    for node in lab.session().world().nodes() {
        assert_eq!(stored.get(&node.id()), Some(&issued(node)), "node {}", node.id());
    }
}
