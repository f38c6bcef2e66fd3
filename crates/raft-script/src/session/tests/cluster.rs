//! Who leads, who belongs to the cluster, and reads.

use super::*;

/// A session in which node 1 leads.
fn led_by_1() -> Session {
    let mut session = session();
    exec(&mut session, "timeout 1").unwrap();
    exec(&mut session, "run until leader 1").unwrap();
    exec(&mut session, "run 200ms").unwrap();
    session
}

#[test]
fn the_leader_is_asked_if_nobody_is_named() {
    let mut session = session();
    for line in ["transfer 2", "add 6", "remove 3", "voters 1 2 3"] {
        let error = exec(&mut session, line).unwrap_err();
        assert_eq!(error.to_string(), "there is no leader now", "{line}");
    }
    let mut session = led_by_1();
    exec(&mut session, "transfer 2").unwrap();
    exec(&mut session, "run until leader 2 within 1s").unwrap();
    assert_replays(&session);
}

#[test]
fn a_transfer_to_a_role_is_resolved_now() {
    let mut session = led_by_1();
    exec(&mut session, "transfer any follower").unwrap();
    exec(&mut session, "expect leader 2 within 1s").unwrap();
    let error = exec(&mut session, "transfer 9").unwrap_err();
    assert_eq!(error, ActionError::NoSuchNode(NodeId(9)).into());
}

#[test]
fn who_joins_need_not_exist() {
    let mut session = led_by_1();
    assert!(exec(&mut session, "crash 6").is_err());
    exec(&mut session, "add 6 as learner").unwrap();
    exec(&mut session, "expect learners 6 within 1s").unwrap();
    exec(&mut session, "run 1s").unwrap();
    exec(&mut session, "replace 2 with 6").unwrap();
    exec(&mut session, "expect joint within 1s").unwrap();
    let error = exec(&mut session, "expect voters 1 3 4 5 6").unwrap_err().to_string();
    assert!(error.ends_with("node 1, the leader, uses 1 2 3 4 5 → 1 3 4 5 6"), "{error}");
    exec(&mut session, "expect voters 6 5 4 3 1 within 1s").unwrap();
    exec(&mut session, "expect no learners").unwrap();
    exec(&mut session, "crash 6").unwrap();
    assert_replays(&session);
}

#[test]
fn without_a_leader_nobody_says_who_belongs() {
    let mut session = session();
    for condition in ["voters 1 2 3 4 5", "no learners", "joint", "not joint"] {
        let error = exec(&mut session, &format!("expect {condition}")).unwrap_err().to_string();
        assert_eq!(error, format!("expected {condition}, found: no node leads"));
    }
}

#[test]
fn a_lease_is_said_with_its_end() {
    let mut session = led_by_1();
    exec(&mut session, "expect lease leader").unwrap();
    let error = exec(&mut session, "expect lease 2").unwrap_err().to_string();
    assert_eq!(error, "expected lease 2, found: node 2 has no lease");
    exec(&mut session, "partition 1 | others").unwrap();
    exec(&mut session, "run 200ms").unwrap();
    let reply = exec(&mut session, "expect no lease 1").unwrap().to_string();
    assert!(reply.starts_with("node 1 had a lease until "), "{reply}");
}

#[test]
fn every_kind_of_read_is_answered() {
    let mut session = led_by_1();
    exec(&mut session, "set x=7").unwrap();
    exec(&mut session, "run until idle").unwrap();
    exec(&mut session, "run 200ms").unwrap();
    for (number, read) in ["log", "quorum", "lease", "local"].into_iter().enumerate() {
        let client = number + 2;
        exec(&mut session, &format!("get x via=3 read={read} client={client}")).unwrap();
        let expected = format!("expect answer client {client} = value 7 within 2s");
        exec(&mut session, &expected).unwrap();
    }
    assert_replays(&session);
}
