//! The checks as a whole notice what they are shown: events that never happened, and worlds that
//! are not the ones whose events they saw.

mod clients;

use std::sync::Arc;

use raft_core::{
    AppendEntries, AppendEntriesReply, Body, CommitTrace, Entries, Entry, HeartbeatRound, Instant,
    LogIndex, LogPosition, Message, Payload, Persist, PersistId, RequestVote, RequestVoteReply,
    Term, Trace,
};
use raft_kv::{ClientId, Operation};
use raft_sim::{
    Action, AdminRequest, DiskAction, DiskEvent, EventNumber, MessageId, NodeAction, ReadPolicy,
    Request, Selector, Setup, SimNode, StateMachineEvent, Words,
};
use raft_storage::WriteBatch;

use super::*;
use crate::properties::{
    commit_rule, committed_durability, durable_promises, election_safety, faithful_recovery,
    leader_append_only, leader_completeness, log_matching, monotonic_state, state_machine_safety,
    vote_durability,
};
use crate::property::{Property, PropertyState};

/// A world, and the checks that have seen all of it so far.
#[derive(Clone)]
struct Scene {
    world: World,
    checks: Checks,
}

impl Scene {
    /// A calm cluster with a leader, followed up to one second.
    fn begin() -> Self {
        let world = World::new(Setup::default()).unwrap();
        let checks = Checks::new(&world);
        let mut scene = Self { world, checks };
        scene.run(1_000);
        assert_eq!(scene.checks.violation(), None);
        scene
    }

    fn run(&mut self, millis: u64) {
        let until = Instant(self.world.now().0 + millis * 1000);
        while self.world.next_step_at().is_some_and(|next| next <= until) {
            self.step();
        }
    }

    fn step(&mut self) {
        self.world.step();
        self.checks.observe(&self.world, self.world.events());
    }

    fn act(&mut self, action: Action) {
        self.world.apply(action).unwrap();
        self.checks.observe(&self.world, self.world.events());
    }

    fn set(&mut self, value: &str, via: NodeId) {
        let operation = Operation::Set { key: "x".into(), value: value.into() };
        self.act(
            Request {
                client: ClientId(1),
                operation,
                via: Some(Selector::Node(via)),
                read: ReadPolicy::Log,
            }
            .into(),
        );
    }

    fn leader(&self) -> NodeId {
        self.world.leader().unwrap()
    }

    fn follower(&self) -> NodeId {
        let leader = self.leader();
        self.world.node_ids().find(|id| *id != leader).unwrap()
    }

    fn term(&self) -> Term {
        self.core(self.leader()).current_term()
    }

    fn core(&self, id: NodeId) -> &raft_core::Node {
        self.world.node(id).and_then(SimNode::core).unwrap()
    }

    /// Shows events that never happened.
    fn claim(&mut self, kinds: impl IntoIterator<Item = EventKind>) {
        let events: Vec<Event> = kinds.into_iter().map(event).collect();
        self.checks.observe(&self.world, &events);
    }

    /// Shows a node as it is in another world, as if it had come to be so in this one.
    fn show(&mut self, other: &World, node: NodeId) {
        let resumed = EventKind::Process { node, event: ProcessEvent::Resumed };
        self.checks.observe(other, &[event(resumed)]);
    }

    fn send(&mut self, from: NodeId, to: NodeId, term: Term, body: Body) {
        let message = Arc::new(Message { term, body });
        let arrives_at = Instant(88);
        self.claim([EventKind::Message {
            id: MessageId(1),
            from,
            to,
            message,
            event: MessageEvent::Sent { arrives_at },
        }]);
    }

    fn is_broken(&self, property: &Property) -> bool {
        self.description(property).is_some()
    }

    fn description(&self, property: &Property) -> Option<String> {
        let result = self.checks.results().find(|result| result.property == property)?;
        result.violation.as_ref().map(|violation| violation.description.to_string())
    }

    /// The first thing that is broken, and what is said of it.
    fn assert_broken(&self, property: &Property, words: &str) {
        let violation = self.checks.violation().expect("something is broken");
        assert_eq!((violation.property.name, violation.event), (property.name, 777), "{violation}");
        assert!(
            violation.description.to_string().contains(words),
            "{words:?} is not in {violation}"
        );
    }
}

/// An event that never happened.
fn event(kind: EventKind) -> Event {
    let number = EventNumber::new(777).unwrap();
    Event { number, step: 77, at: Instant(77), cause: None, kind }
}

fn heartbeat() -> Body {
    Body::AppendEntries(AppendEntries {
        prev_log_index: LogIndex(0),
        prev_log_term: Term(0),
        entries: Entries::EMPTY,
        leader_commit: LogIndex(0),
        round: HeartbeatRound(1),
    })
}

fn granted() -> Body {
    Body::RequestVoteReply(RequestVoteReply { vote_granted: true })
}

#[test]
fn who_sends_as_a_leader_leads() {
    let mut scene = Scene::begin();
    let (leader, follower, term) = (scene.leader(), scene.follower(), scene.term());
    scene.send(leader, follower, term, heartbeat());
    assert_eq!(scene.checks.violation(), None);
    scene.send(follower, leader, term, heartbeat());
    scene.assert_broken(&election_safety::PROPERTY, "and so did node");
}

#[test]
fn a_vote_on_the_wire_counts_whatever_the_voter_believes() {
    let mut scene = Scene::begin();
    let (leader, term) = (scene.leader(), scene.term());
    let voted = |id: &NodeId| *id != leader && scene.core(*id).voted_for() == Some(leader);
    let voter = scene.world.node_ids().find(voted).unwrap();
    scene.send(voter, voter, term, granted());
    scene.assert_broken(&vote_durability::PROPERTY, "voted for node");
}

#[test]
fn an_acknowledgement_of_what_is_not_on_disk() {
    let mut scene = Scene::begin();
    let (leader, follower, term) = (scene.leader(), scene.follower(), scene.term());
    let success = |index| {
        let match_index = LogIndex(index);
        Body::AppendEntriesReply(AppendEntriesReply::Success {
            match_index,
            round: HeartbeatRound(1),
        })
    };
    scene.send(follower, leader, term, success(1));
    assert_eq!(scene.checks.violation(), None);
    scene.send(follower, leader, term, success(2));
    scene.assert_broken(&durable_promises::PROPERTY, "while its disk ends with");
}

#[test]
fn a_message_of_a_term_that_is_not_on_disk() {
    let mut scene = Scene::begin();
    let (leader, follower, term) = (scene.leader(), scene.follower(), scene.term());
    scene.send(leader, follower, term.next(), heartbeat());
    scene.assert_broken(&durable_promises::PROPERTY, "while the term on its disk");
}

#[test]
fn an_entry_that_is_applied_and_not_committed() {
    let mut scene = Scene::begin();
    let (node, term) = (scene.follower(), scene.term());
    let index = scene.core(node).last_applied().next();
    let entries = Entries::from(vec![Entry { index, term, payload: Payload::Noop }]);
    scene.claim([EventKind::StateMachine { node, event: StateMachineEvent::Applied { entries } }]);
    scene.assert_broken(&state_machine_safety::PROPERTY, "which is not committed");
}

#[test]
fn a_snapshot_of_what_is_not_committed() {
    let mut scene = Scene::begin();
    let (node, term) = (scene.follower(), scene.term());
    let snapshot = LogPosition::new(LogIndex(9), term);
    scene
        .claim([EventKind::StateMachine { node, event: StateMachineEvent::Restored { snapshot } }]);
    scene.assert_broken(&state_machine_safety::PROPERTY, "restored a snapshot through 9");
}

#[test]
fn a_state_machine_that_did_not_move() {
    let mut scene = Scene::begin();
    let (leader, node) = (scene.leader(), scene.follower());
    scene.act(NodeAction::Pause.on(node));
    scene.set("1", leader);
    scene.run(500);
    let index = scene.core(node).last_applied().next();
    let entries: Vec<Entry> = scene.core(leader).log().iter_from(index).cloned().collect();
    scene.claim([EventKind::StateMachine {
        node,
        event: StateMachineEvent::Applied { entries: entries.into() },
    }]);
    scene.assert_broken(&state_machine_safety::PROPERTY, "its state machine is at entry");
}

#[test]
fn a_candidate_with_a_log_that_is_not_on_its_disk() {
    let mut scene = Scene::begin();
    let (leader, follower, term) = (scene.leader(), scene.follower(), scene.term());
    // The leader voted for itself in this term, so its request is no second vote.
    let request = RequestVote {
        last_log_index: LogIndex(9),
        last_log_term: term,
        leadership_transfer: false,
    };
    scene.send(leader, follower, term, Body::RequestVote(request));
    scene.assert_broken(&durable_promises::PROPERTY, "its disk never held");
}

#[test]
fn committed_entries_that_vanish_from_the_disks() {
    let mut scene = Scene::begin();
    let persist = Persist { truncate_from: Some(LogIndex(1)), ..Persist::default() };
    let batch = Arc::new(WriteBatch::from_persist(&persist));
    let id = PersistId(999);
    for node in [1, 2, 3].map(NodeId) {
        assert_eq!(scene.checks.violation(), None, "a majority of five holds them still");
        let batch = batch.clone();
        scene.claim([
            EventKind::Disk { node, event: DiskEvent::WriteIssued { id, batch } },
            EventKind::Disk { node, event: DiskEvent::WriteDurable { id } },
        ]);
    }
    scene.assert_broken(&committed_durability::PROPERTY, "only the disks of nodes 4 and 5 hold");
}

#[test]
fn a_node_that_cannot_read_what_it_wrote() {
    let mut scene = Scene::begin();
    let (node, reason) = (scene.follower(), Words::of("entry 1 is missing"));
    scene.claim([EventKind::Process { node, event: ProcessEvent::RestartRefused { reason } }]);
    scene.assert_broken(&faithful_recovery::PROPERTY, "only it has written");
}

#[test]
fn a_node_that_starts_from_an_older_disk() {
    let mut scene = Scene::begin();
    let mut other = World::new(Setup::default()).unwrap();
    let node = scene.follower();
    for action in [
        NodeAction::Crash { unsynced: raft_sim::Unsynced::Lost }.on(node),
        NodeAction::Restart.on(node),
    ] {
        other.apply(action).unwrap();
    }
    scene.show(&other, node);
    scene.assert_broken(&faithful_recovery::PROPERTY, "while its disk holds");
    let monotonic = &monotonic_state::PROPERTY;
    let words = "after it had sent messages of term";
    assert!(scene.description(monotonic).is_some_and(|found| found.contains(words)));
}

#[test]
fn a_world_that_goes_back() {
    let mut scene = Scene::begin();
    let (before, leader) = (scene.world.clone(), scene.leader());
    scene.set("1", leader);
    scene.run(500);
    scene.show(&before, scene.follower());
    scene.assert_broken(&monotonic_state::PROPERTY, "went back from");
    assert!(!scene.is_broken(&leader_append_only::PROPERTY));
    scene.show(&before, leader);
    assert!(scene.is_broken(&leader_append_only::PROPERTY));
}

#[test]
fn two_histories_of_one_leader() {
    let mut scene = Scene::begin();
    let mut fork = scene.clone();
    let leader = scene.leader();
    scene.set("1", leader);
    scene.run(500);
    fork.set("2", leader);
    fork.run(500);
    assert_eq!(fork.checks.violation(), None);
    // The follower's log has the same terms in the same places, and says something else.
    let follower = scene.follower();
    let node = scene.checks.shadows.node_mut(follower).unwrap();
    node.claims.truncated_from = Some(LogIndex(2));
    scene.show(&fork.world, follower);
    scene.assert_broken(&log_matching::PROPERTY, "logs differ");
}

#[test]
fn a_commit_that_no_disk_bears_out() {
    let mut scene = Scene::begin();
    let leader = scene.leader();
    let mut fork = scene.clone();
    fork.set("1", leader);
    fork.run(500);
    scene.show(&fork.world, leader);
    scene.assert_broken(&commit_rule::PROPERTY, "hold it: no quorum of");
    assert_eq!(scene.checks.ledger().commit_index(), LogIndex(1), "the ledger does not follow");
}

#[test]
fn a_commit_that_only_the_follower_knows_of() {
    let mut scene = Scene::begin();
    let (leader, follower) = (scene.leader(), scene.follower());
    let mut fork = scene.clone();
    fork.set("1", leader);
    fork.run(500);
    scene.show(&fork.world, follower);
    scene.assert_broken(&commit_rule::PROPERTY, "no leader has committed it");
}

#[test]
fn a_new_leader_that_lacks_what_is_committed() {
    let mut scene = Scene::begin();
    let (leader, follower) = (scene.leader(), scene.follower());
    let mut fork = scene.clone();
    scene.set("1", leader);
    scene.run(500);
    // Elsewhere the entry never came about, and another leader was elected.
    fork.act(AdminRequest::TransferLeadership { to: follower }.on(leader));
    fork.run(500);
    assert_eq!((fork.leader(), fork.checks.violation()), (follower, None));
    scene.show(&fork.world, follower);
    assert!(scene.is_broken(&leader_completeness::PROPERTY));
}

#[test]
fn lying_traces_hide_nothing() {
    let mut world = World::new(Setup { seed: 5, ..Setup::default() }).unwrap();
    let mut checks = Checks::new(&world);
    let silent = |event: &Event| !matches!(event.kind, EventKind::Core { .. });
    while world.now() < Instant(3_000_000) && world.step() {
        let events: Vec<Event> = world.events().iter().filter(|e| silent(e)).cloned().collect();
        checks.observe(&world, &events);
    }
    assert_eq!(checks.violation(), None);
    let leader = world.node(world.leader().unwrap()).and_then(SimNode::core).unwrap();
    assert_eq!(checks.ledger().last(), leader.log().last());
}

#[test]
fn each_property_has_its_line() {
    let scene = Scene::begin();
    let names: Vec<&str> = scene.checks.results().map(|result| result.property.name).collect();
    assert_eq!(names.len(), 33);
    assert_eq!(
        names[..5],
        [
            "Election Safety",
            "Leader Append-Only",
            "Log Matching",
            "Leader Completeness",
            "State Machine Safety",
        ]
    );
}

/// What the property is said to be, without its name.
fn state(scene: &Scene, property: &Property) -> String {
    let mut results = scene.checks.results();
    let result = results.find(|result| result.property.name == property.name).unwrap();
    match result.state() {
        PropertyState::Holds => "holds".to_owned(),
        PropertyState::Suspended(suspension) => suspension.to_string(),
        PropertyState::Broken(violation) => violation.to_string(),
    }
}

/// Two of five disks may be damaged; with a third, what is committed is on no majority any more.
/// That is no fault of the protocol, and it is said so, until the damage is written over.
#[test]
fn damage_to_a_majority_suspends_what_it_takes_away_and_no_more() {
    let mut scene = Scene::begin();
    for value in ["1", "2", "3"] {
        scene.set(value, NodeId(1));
        scene.run(300);
    }
    let corrupt = |node, record| {
        DiskAction::Damage(raft_sim::DiskDamage::Corrupt { record: Some(record) }).on(NodeId(node))
    };
    scene.act(corrupt(1, raft_storage::RecordKey::Entry(LogIndex(2))));
    scene.act(corrupt(2, raft_storage::RecordKey::Entry(LogIndex(2))));
    assert_eq!(state(&scene, &committed_durability::PROPERTY), "holds");
    scene.act(corrupt(3, raft_storage::RecordKey::LogEnd));
    let words = state(&scene, &committed_durability::PROPERTY);
    assert!(words.contains("damage on the disks of nodes 1, 2 and 3 leaves entry"), "{words}");
    assert_eq!(scene.checks.violation(), None);
    let others = scene.checks.results().filter(|r| r.state() != PropertyState::Holds).count();
    assert_eq!(others, 1, "the others hold");

    // The next entry writes the end of the log anew.
    scene.set("4", NodeId(1));
    scene.run(300);
    assert_eq!(state(&scene, &committed_durability::PROPERTY), "holds");
    let node = NodeId(3);
    scene.act(NodeAction::Crash { unsynced: raft_sim::Unsynced::Lost }.on(node));
    scene.act(NodeAction::Restart.on(node));
    scene.run(1_000);
    assert_eq!(scene.checks.violation(), None);
}

/// A leader that slept through the cluster's move to other servers hears, when it wakes, what its
/// old followers wrote, and commits that. Who has to hold what is committed are the new servers all
/// the same.
#[test]
fn a_deposed_leader_that_commits_late_changes_nothing_about_who_holds_it() {
    let mut scene = Scene::begin();
    let deposed = scene.leader();
    scene.set("1", deposed);
    let second = LogIndex(2);
    let is_under_way = |scene: &Scene| {
        let sent_to = |id: NodeId| id != deposed && scene.core(id).log().last().index == second;
        scene.world.node_ids().any(sent_to)
    };
    while !is_under_way(&scene) {
        scene.step();
    }
    scene.act(NodeAction::Pause.on(deposed));
    scene.run(2_000);
    let node = scene.leader();
    let voters = [6, 7, 8].map(NodeId).to_vec();
    let change = raft_core::MembershipChange::SetVoters(voters.clone());
    scene.act(AdminRequest::change_membership(change).on(node));
    scene.run(3_000);
    assert!(voters.contains(&scene.leader()), "the cluster has moved");
    assert_eq!(scene.core(deposed).commit_index(), LogIndex(1));
    scene.act(NodeAction::Resume.on(deposed));
    let counted = |event: &Event| {
        let EventKind::Core { node, trace: Trace::Commit(CommitTrace::Committed { to, .. }) } =
            &event.kind
        else {
            return false;
        };
        *node == deposed && *to == second
    };
    assert!(scene.world.events().iter().any(counted), "it commits late");
    let damage = raft_sim::DiskDamage::Corrupt { record: None };
    scene.act(DiskAction::Damage(damage).on(node));
    assert_eq!(state(&scene, &committed_durability::PROPERTY), "holds");
    assert_eq!(scene.checks.violation(), None);
}

/// What a disk held that was damaged in an earlier run nobody knows: it may have been anything.
#[test]
fn damage_from_an_earlier_run_is_an_excuse_too() {
    let mut first = Scene::begin();
    first.set("1", NodeId(1));
    first.run(500);
    for node in first.world.node_ids() {
        first.act(NodeAction::Snapshot.on(node));
    }
    first.run(500);
    let disks = first.world.nodes().map(|node| (node.id(), node.disk().durable().clone()));
    let mut setup = Setup { disks: disks.collect(), run: 1, ..Setup::default() };
    for node in 1..=3 {
        setup.disks.get_mut(&NodeId(node)).unwrap().remove(raft_storage::RecordKey::HardState);
    }
    let world = World::new(setup).unwrap();
    let checks = Checks::new(&world);
    let mut scene = Scene { world, checks };
    for node in [4, 5] {
        let damage = raft_sim::DiskDamage::Corrupt { record: None };
        scene.act(DiskAction::Damage(damage).on(NodeId(node)));
    }
    assert_eq!(scene.checks.violation(), None);
    let words = state(&scene, &committed_durability::PROPERTY);
    assert!(words.contains("damage on the disks of nodes 1, 2, 3 and 4 leaves"), "{words}");
}

#[test]
fn equal_logs_share_their_memory() {
    let mut scene = Scene::begin();
    for value in 0..100 {
        scene.set(&value.to_string(), NodeId(1));
        scene.run(100);
    }
    let logs = |checks: &Checks| {
        let nodes = checks.shadows.nodes.iter();
        nodes.flat_map(|node| [node.log.clone(), node.disk.log.clone()]).collect::<Vec<_>>()
    };
    let before = logs(&scene.checks);
    assert!(before.iter().all(|log| log.last_index() > LogIndex(100)), "{before:?}");
    assert!(before[1..].iter().all(|log| !log.is_same(&before[0])));
    scene.checks.share_memory();
    let after = logs(&scene.checks);
    assert!(after.iter().all(|log| log.is_same(&after[0]) && log.last() == before[0].last()));
}

/// A disk that is damaged, and a node that starts from it all the same, without what was there.
#[test]
fn a_node_that_starts_from_a_damaged_disk_with_less() {
    let mut scene = Scene::begin();
    let mut other = World::new(Setup::default()).unwrap();
    let node = scene.follower();
    scene.act(NodeAction::Crash { unsynced: raft_sim::Unsynced::Lost }.on(node));
    scene.act(DiskAction::Damage(raft_sim::DiskDamage::Wipe).on(node));
    for action in [
        NodeAction::Crash { unsynced: raft_sim::Unsynced::Lost }.on(node),
        NodeAction::Restart.on(node),
    ] {
        other.apply(action).unwrap();
    }
    scene.show(&other, node);
    scene.assert_broken(&faithful_recovery::PROPERTY, "while its disk holds");
}

#[test]
fn a_refusal_after_a_failed_flush_is_no_damage() {
    let mut scene = Scene::begin();
    let (node, id) = (scene.follower(), PersistId(99));
    let reason = Words::of("entry 1 is missing");
    let failure = raft_sim::WriteFailure::Fsync;
    scene.claim([
        EventKind::Disk { node, event: DiskEvent::WriteFailed { id, failure, is_ignored: false } },
        EventKind::Process { node, event: ProcessEvent::Crashed },
        EventKind::Process { node, event: ProcessEvent::RestartRefused { reason } },
    ]);
    scene.assert_broken(&faithful_recovery::PROPERTY, "only it has written");
}
