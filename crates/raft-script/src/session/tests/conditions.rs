//! Conditions: whether they hold, and what is said if they do not.

use super::*;

/// A condition, its opposite, or neither: see `Session::judge`.
#[test]
fn not_is_the_opposite_of_what_can_be_judged() {
    let mut session = session();
    exec(&mut session, "run until leader").unwrap();
    exec(&mut session, "crash any follower").unwrap();
    let down = session.world().nodes().find(|node| node.core().is_none()).unwrap().id();
    let judged = |session: &Session, text: &str| {
        let Statement::Expect { condition, .. } = statement(&format!("expect {text}")) else {
            panic!("{text}")
        };
        let opposite = Condition::Not(Box::new(condition.clone()));
        let both = (session.holds(&condition), session.holds(&opposite));
        assert!(!(both.0 && both.1), "{text}");
        both
    };
    assert_eq!(judged(&session, "leader"), (true, false));
    assert_eq!(judged(&session, "converged"), (false, true));
    assert_eq!(judged(&session, "joint"), (false, true));
    assert_eq!(judged(&session, &format!("role {down} follower")), (false, true));
    assert_eq!(judged(&session, &format!("term {down} >= 1")), (false, false), "it is down");
    exec(&mut session, "crash all").unwrap();
    assert_eq!(judged(&session, "leader"), (false, true));
    assert_eq!(judged(&session, "joint"), (false, false), "no node leads");
    assert_eq!(judged(&session, "term >= 1"), (false, false), "no node is up");
    assert!(parse_line("expect not not leader").is_err());
}

/// Several conditions hold if each does; one that does not hold decides.
#[test]
fn and_needs_each_of_the_conditions() {
    let mut session = session();
    for line in ["timeout 1", "run until leader 1", "crash 3"] {
        exec(&mut session, line).unwrap();
    }
    let judged = |text: &str| session.judge(&crate::parse_condition(text).unwrap());
    assert_eq!(judged("leader 1 and term 1 >= 1 and not joint"), Some(true));
    assert_eq!(judged("leader 1 and leader 2"), Some(false));
    assert_eq!(judged("leader 1 and term 3 >= 1"), None, "node 3 is down");
    assert_eq!(judged("term 3 >= 1 and leader 1"), None);
    assert_eq!(judged("term 3 >= 1 and leader 2"), Some(false));
    assert_eq!(judged("not leader 2 and leader 1"), Some(true), "`not` is about the first alone");
    let nine = ["leader"; 9].join(" and ");
    let error = crate::parse_condition(&nine).unwrap_err();
    assert!(error.message().contains("at most 8 conditions"), "{error}");
    assert!(exec(&mut session, "expect leader and term 7 >= 1").is_err(), "there is no node 7");
}

/// These hold only where a property is broken: a lesson with one may break it.
#[test]
fn a_condition_tells_whether_it_is_about_violations() {
    let is = |text: &str| crate::parse_condition(text).unwrap().is_of_violations();
    for text in ["not safe", "broken", "broken lease-safety", "leader and broken"] {
        assert!(is(text), "{text}");
    }
    for text in ["safe", "not broken", "not leader", "leader and safe"] {
        assert!(!is(text), "{text}");
    }
}

/// The name says what is counted, so that one tally can count both.
#[test]
fn no_event_has_the_name_of_a_rare_event() {
    let rare: Vec<&str> = raft_check::RareEvent::ALL.iter().map(|event| event.name()).collect();
    assert!(!EventKind::full_names().any(|name| rare.contains(&name)));
}

/// An order that was not carried out is reported with its line, unless the script says so.
#[test]
fn an_order_that_is_refused_does_not_go_on_silently() {
    let text = "cluster nodes=3 seed=1\n\
                timeout 1\n\
                run until leader 1\n\
                run 200ms\n\
                at +1ms remove 3\n\
                remove 2\n\
                remove 1\n\
                expect leader 1 and order = refused\n\
                run until settled\n\
                expect order 1 = done\n\
                transfer 3\n";
    let report = run(&parse(text).unwrap(), &mut |_| {});
    assert_eq!(report.failure, None);
    assert_eq!(report.expectations, 2);
    let unfulfilled: Vec<_> =
        report.unfulfilled.iter().map(|it| (it.line, it.statement.as_str())).collect();
    assert_eq!(unfulfilled, [(6, "remove 2"), (11, "transfer 3")]);
    let words = &report.unfulfilled[0].words;
    assert!(words.contains("refused: an earlier change of the membership"), "{words}");
}

/// Of two equal orders each has its own answer.
#[test]
fn equal_orders_are_told_apart() {
    let mut session = session();
    for line in ["timeout 1", "run until leader 1", "run 200ms", "remove 3", "remove 3"] {
        exec(&mut session, line).unwrap();
    }
    exec(&mut session, "expect order 1 = open").unwrap();
    exec(&mut session, "expect order 2 = refused").unwrap();
    exec(&mut session, "run until order 1 = done").unwrap();
    exec(&mut session, "expect order 2 = refused").unwrap();
}

/// An older disk takes away what Raft relies on; a copy that is as new as the disk does not.
#[test]
fn an_older_disk_suspends_every_property() {
    for (write, holds) in [("set x=1", false), ("run 1ms", true)] {
        let mut session = session();
        for line in ["timeout 1", "run until leader 1", "run 300ms", "disk 3 backup", write] {
            exec(&mut session, line).unwrap();
        }
        for line in ["run 300ms", "crash 3", "disk 3 restore", "restart 3", "run 1s"] {
            exec(&mut session, line).unwrap();
        }
        assert!(session.checks().violation().is_none());
        let results: Vec<bool> = session.checks().results().map(|it| it.holds()).collect();
        assert!(results.iter().all(|it| *it == holds), "{write}: {results:?}");
    }
}

/// A load is part of the journal, and its replay is the same run.
#[test]
fn a_session_with_a_load_replays() {
    let mut session = session();
    for line in ["run until leader", "load 500/s for=300ms clients=4 size=1KiB", "run 100ms"] {
        exec(&mut session, line).unwrap();
    }
    exec(&mut session, "crash leader").unwrap();
    exec(&mut session, "run until idle").unwrap();
    exec(&mut session, "expect safe").unwrap();
    assert_replays(&session);
}
