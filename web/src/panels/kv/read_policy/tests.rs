use raft_lab::Setup;
use raft_lab::{ExecStatus, Lab};

use super::*;

#[test]
fn every_way_to_read_is_a_line_that_the_lab_takes() {
    let mut lab = Lab::scratch(Setup::default()).expect("the defaults are within bounds");
    for policy in READ_POLICIES {
        assert_eq!(policy_named(&policy.to_string()), Some(policy));
        for via in ["", "3"] {
            let line = read_line(policy, " x ", via, 9);
            assert!(matches!(lab.exec(&line), ExecStatus::Done(_)), "{line}");
        }
    }
}

#[test]
fn only_a_local_read_warns() {
    let warns = |policy: &ReadPolicy| meaning(*policy).contains("may be stale");
    let warned: Vec<ReadPolicy> = READ_POLICIES.into_iter().filter(warns).collect();
    assert_eq!(warned, [ReadPolicy::Local]);
}
