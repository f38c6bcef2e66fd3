use raft_core::{PreVoteTrace, Trace};
use raft_sim::{Event, EventKind, World};

use super::*;

#[test]
fn a_first_election_that_anybody_can_follow_has_one_candidate() {
    let mut world = World::new(NewLab::FIRST.setup()).expect("the setup is within bounds");
    let mut elections = 0;
    while world.leader().is_none() {
        world.step();
        let started = |event: &&Event| {
            matches!(
                event.kind,
                EventKind::Core { trace: Trace::PreVote(PreVoteTrace::Started { .. }), .. }
            )
        };
        elections += world.events().iter().filter(started).count();
    }
    assert_eq!(elections, 1);
}

#[test]
fn clusters_of_every_size_can_be_set_up() {
    for nodes in 1..=9 {
        assert_eq!(NewLab { nodes, ..NewLab::FIRST }.setup().validate(), Ok(()));
    }
}

#[test]
fn the_papers_protocol_is_a_valid_setup_of_any_size() {
    for nodes in [1, 3, 9] {
        for forward in [false, true] {
            let setup = NewLab { nodes, seed: 1, paper: true, forward }.setup();
            assert_eq!(setup.validate(), Ok(()));
            let settings = setup.settings;
            assert!(!settings.pre_vote && !settings.check_quorum && !settings.lease_reads);
            assert_eq!(settings.forward_proposals, forward);
        }
    }
}
