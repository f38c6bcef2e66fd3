use raft_lab::{Executed, Lab};
use raft_sim::Setup;

use super::*;

#[test]
fn every_way_to_read_is_a_line_that_the_lab_takes() {
    let mut lab = Lab::scratch(Setup::default()).expect("the defaults are within bounds");
    for policy in Policy::ALL {
        assert_eq!(Policy::named(policy.name()), policy);
        for via in ["", "3"] {
            let line = policy.line(" x ", via, 9);
            assert!(matches!(lab.exec(&line), Executed::Done(_)), "{line}");
        }
    }
}

#[test]
fn only_a_local_read_warns() {
    let warns = |policy: &Policy| policy.meaning().contains("may be stale");
    assert_eq!(Policy::ALL.into_iter().filter(|policy| warns(policy)).count(), 1);
    assert!(warns(&Policy::Local));
}
