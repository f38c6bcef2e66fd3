//! What is done to a world is done again by the statements that say it.

use std::time::Duration;

use raft_core::{Instant, MembershipChange};
use raft_kv::{ClientId, Operation};
use raft_sim::{
    AdminRequest, ClockChange, DelayRange, DiskAction, DiskChange, DiskDamage, Fsync, LatencyShape,
    LinkChange, MessageId, NetworkAction, NodeAction, ReadPolicy, Request, Selector, Setup,
    Unsynced, World,
};

use super::*;
use crate::statement::When;

/// One of each kind, in an order in which each is possible.
fn actions() -> Vec<Action> {
    let nodes = |ids: &[u64]| ids.iter().copied().map(NodeId).collect::<Vec<_>>();
    let (one, two, four) = (NodeId(1), NodeId(2), NodeId(4));
    let latency = DelayRange::millis(1, 30);
    let link = |change| Action::Link { from: one, to: two, change };
    let change = |change| AdminRequest::change_membership(change).on(one);
    let request = |operation, read| {
        Request { client: ClientId(7), operation, via: Some(Selector::Node(two)), read }.into()
    };
    vec![
        NodeAction::ForceElection.on(one),
        NodeAction::ForgetLeader.on(two),
        request(Operation::Set { key: "x".into(), value: "a b".into() }, ReadPolicy::Log),
        request(Operation::Get { key: "x".into() }, ReadPolicy::Lease),
        link(LinkChange::Latency(latency)),
        link(LinkChange::Loss { per_million: 12_345 }),
        link(LinkChange::Shape(LatencyShape::LongTail)),
        link(LinkChange::Bandwidth(Some(100_000))),
        link(LinkChange::QueueLimit(7)),
        link(LinkChange::Clog(Duration::from_millis(20))),
        NetworkAction::Replay { from: one, to: two, back: 2 }.into(),
        link(LinkChange::Cut),
        NodeAction::SetClock(ClockChange::Drift { ppm: -12_345 }).on(one),
        NodeAction::SetClock(ClockChange::Jump(Duration::from_millis(30))).on(two),
        NodeAction::Slow { handling: Duration::from_millis(3) }.on(four),
        DiskAction::Change(DiskChange::Latency(latency)).on(two),
        change(MembershipChange::AddVoter(NodeId(6))),
        change(MembershipChange::AddLearner(NodeId(7))),
        change(MembershipChange::Promote(two)),
        change(MembershipChange::Demote(two)),
        change(MembershipChange::Remove(two)),
        change(MembershipChange::Replace { old: two, new: NodeId(8) }),
        change(MembershipChange::SetVoters(nodes(&[1, 2, 3]))),
        AdminRequest::ChangeMembership { change: MembershipChange::Remove(four), force: true }
            .on(one),
        AdminRequest::CancelChange.on(one),
        AdminRequest::TransferLeadership { to: two }.on(one),
        NetworkAction::Partition { groups: vec![nodes(&[1, 2]), nodes(&[3, 4, 5])] }.into(),
        NetworkAction::Partition { groups: vec![nodes(&[1, 2, 3]), nodes(&[3, 4, 5])] }.into(),
        NetworkAction::PartitionOneWay { heard: nodes(&[1, 2]), unheard: nodes(&[3, 4, 5]) }.into(),
        NetworkAction::Heal.into(),
        NodeAction::Pause.on(four),
        NodeAction::Resume.on(four),
        DiskAction::Damage(DiskDamage::Corrupt { record: None }).on(four),
        DiskAction::Damage(DiskDamage::Misdirect { keys: None }).on(four),
        DiskAction::Change(DiskChange::Stall(Duration::from_millis(300))).on(four),
        DiskAction::Change(DiskChange::Fsync(Fsync::Works)).on(four),
        DiskAction::Change(DiskChange::Full(false)).on(four),
        NodeAction::Crash { unsynced: Unsynced::Kept }.on(four),
        NodeAction::Restart.on(four),
        Action::Recover { nodes: nodes(&[1, 2, 3, 4]) },
        NodeAction::Snapshot.on(one),
        Action::Reseed(17),
    ]
}

#[test]
fn the_statements_of_a_run_do_it_again() {
    let setup = Setup { seed: 4, ..Setup::default() };
    let mut world = World::new(setup.clone()).unwrap();
    let mut text = format!("{}\n", Statement::Cluster(Box::new(setup)));
    for (number, action) in (1..).zip(actions()) {
        let time = Instant(number * 200_000);
        world.run_until(time);
        world.apply(action.clone()).unwrap_or_else(|refusal| panic!("{action:?}: {refusal}"));
        let (moment, statement) =
            (When::Absolute { time, step: None }, Box::new(Statement::from(&action)));
        text += &format!("{}\n", Statement::At { moment, statement });
    }
    let report = crate::run(&crate::parse(&text).unwrap(), &mut |_| {});
    assert_eq!(report.failure, None);
    assert_eq!(report.trace_hash, world.trace_hash());
    let drop: Action = NetworkAction::DropMessage { id: MessageId(17) }.into();
    assert_eq!(Statement::from(&drop).to_string(), "drop message 17");
}
