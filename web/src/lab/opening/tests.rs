use raft_core::{PreVoteTrace, Trace};
use raft_sim::{Event, EventKind, World};

use super::*;
use crate::state::speed::DEFAULT_SPEED;

/// How long a first visit may wait for a leader in real time, loading the page not counted.
const PATIENCE: Duration = Duration::from_millis(6_200);

#[test]
fn a_first_visit_soon_sees_a_leader_at_the_default_speed() {
    let mut world = World::new(first_setup()).expect("the setup is within bounds");
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
    assert_eq!(elections, 1, "a first election that anybody can follow has one candidate");
    let real = Duration::from_micros(world.now().0).div_f64(DEFAULT_SPEED);
    assert!(real <= PATIENCE, "{real:?}");
}

#[test]
fn a_message_can_be_followed_at_the_default_speed() {
    let flight = first_setup().link_latency.min.div_f64(DEFAULT_SPEED);
    assert!(flight >= Duration::from_millis(250), "{flight:?}");
}

#[test]
fn clusters_of_every_size_can_be_set_up() {
    for nodes in 1..=9 {
        assert_eq!(setup(nodes, 1).validate(), Ok(()));
    }
}

#[test]
fn the_papers_protocol_is_a_valid_setup_of_any_size() {
    for nodes in [1, 3, 9] {
        for forward in [false, true] {
            let setup = Protocol { paper: true, forward }.apply(setup(nodes, 1));
            assert_eq!(setup.validate(), Ok(()));
            assert!(
                !setup.settings.pre_vote
                    && !setup.settings.check_quorum
                    && !setup.settings.lease_reads
            );
            assert_eq!(setup.settings.forward_proposals, forward);
        }
    }
}
