//! What clients are told, and what becomes of commands that they repeat.

use raft_kv::{Response, Sequence};
use raft_sim::{ClientEvent, ClockChange, DelayRange, DiskChange, Unsynced};

use super::*;
use crate::properties::{exactly_once, linearizability, read_linearizability};

const READER: ClientId = ClientId(2);

impl Scene {
    /// `x` has a value, and its client knows.
    fn written() -> Self {
        let mut scene = Self::begin();
        scene.set("1", scene.leader());
        scene.run(500);
        assert!(scene.world.is_idle());
        scene
    }

    /// A client asks a node that does not answer for `x`.
    fn ask(&mut self, read: ReadPolicy) -> NodeId {
        let node = self.follower();
        self.act(NodeAction::Pause.on(node));
        let operation = Operation::Get { key: "x".into() };
        self.act(
            Request { client: READER, operation, via: Some(Selector::Node(node)), read }.into(),
        );
        node
    }

    /// The node answered the read.
    fn serve(&mut self, node: NodeId, read: ReadPolicy, index: u64) {
        let (client, sequence, index) = (READER, Sequence(1), LogIndex(index));
        self.claim([EventKind::StateMachine {
            node,
            event: StateMachineEvent::ReadServed { client, sequence, read, index },
        }]);
    }

    /// The client's operation is answered.
    fn answer(&mut self, client: ClientId, node: NodeId, response: Response, read: ReadPolicy) {
        let sequence = Sequence(1);
        let attempts = 1;
        self.claim([EventKind::Client {
            client,
            sequence,
            event: ClientEvent::Answered { response, node, attempts, read },
        }]);
    }

    fn tell(&mut self, node: NodeId, value: &str, read: ReadPolicy) {
        self.answer(READER, node, Response::Value(Some(value.into())), read);
    }

    /// On until so much is committed.
    fn run_until_committed(&mut self, index: u64) {
        while self.checks.ledger().commit_index() < LogIndex(index) {
            assert!(self.world.step(), "there is always a timer");
            self.checks.observe(&self.world, self.world.events());
        }
    }
}

#[test]
fn an_answer_before_the_command_is_committed() {
    let mut scene = Scene::begin();
    let leader = scene.leader();
    scene.set("1", leader);
    scene.answer(ClientId(1), leader, Response::Done, ReadPolicy::Log);
    scene.assert_broken(&linearizability::PROPERTY, "no entry with it was committed");
}

#[test]
fn an_answer_that_the_committed_entry_does_not_give() {
    let mut scene = Scene::begin();
    let leader = scene.leader();
    scene.set("1", leader);
    scene.run_until_committed(2);
    let mut fork = scene.clone();
    fork.answer(ClientId(1), leader, Response::Done, ReadPolicy::Log);
    assert_eq!(fork.checks.violation(), None);
    scene.answer(ClientId(1), leader, Response::Swapped, ReadPolicy::Log);
    scene.assert_broken(&linearizability::PROPERTY, "which is entry 2, with");
}

/// The client's name in the log is another one after it has lost its session, or not yet opened
/// one.
#[test]
fn a_client_is_known_by_its_session() {
    let mut scene = Scene::begin();
    for node in scene.world.node_ids() {
        scene.act(NodeAction::Pause.on(node));
    }
    scene.set("1", NodeId(1));
    scene.run(40_000);
    for node in scene.world.node_ids() {
        scene.act(NodeAction::Resume.on(node));
    }
    scene.set("2", NodeId(1));
    scene.run(10_000);
    assert!(scene.world.is_idle());
    let client = scene.world.client(ClientId(1)).unwrap();
    assert_ne!(client.session_for(Sequence(2)), (ClientId(1), Sequence(2)));
    assert_eq!(scene.checks.ledger().committed_store().get(b"x"), Some(&"2".into()));
    assert_eq!(scene.checks.violation(), None);
}

#[test]
fn a_read_is_told_what_was_there_when_the_node_looked() {
    let mut scene = Scene::written();
    let node = scene.ask(ReadPolicy::Quorum);
    scene.serve(node, ReadPolicy::Quorum, 2);
    scene.set("2", scene.leader());
    scene.run_until_committed(3);
    let mut fork = scene.clone();
    fork.tell(node, "1", ReadPolicy::Quorum);
    assert_eq!(fork.checks.violation(), None);
    assert!(fork.checks.shadows.ledger.store_at(LogIndex(2)).is_none(), "nobody needs it any more");
    scene.tell(node, "2", ReadPolicy::Quorum);
    scene.assert_broken(
        &linearizability::PROPERTY,
        "in the committed order the answer is \"value 1\"",
    );
}

#[test]
fn a_read_of_a_store_older_than_an_answer() {
    let mut scene = Scene::written();
    let node = scene.ask(ReadPolicy::Quorum);
    scene.serve(node, ReadPolicy::Quorum, 1);
    scene.assert_broken(&read_linearizability::PROPERTY, "was committed before the client asked");
    scene.tell(node, "1", ReadPolicy::Quorum);
    let words = scene.description(&linearizability::PROPERTY).unwrap();
    assert!(words.contains("an operation was answered that took effect at entry 2"), "{words}");
}

#[test]
fn a_client_that_gave_up_waits_for_nothing() {
    let mut scene = Scene::written();
    let node = scene.ask(ReadPolicy::Quorum);
    scene.set("2", scene.leader());
    scene.run_until_committed(3);
    assert!(scene.checks.shadows.ledger.store_at(LogIndex(2)).is_some());
    scene.claim([EventKind::Client {
        client: READER,
        sequence: Sequence(1),
        event: ClientEvent::GaveUp,
    }]);
    assert!(scene.checks.shadows.ledger.store_at(LogIndex(2)).is_none());
    scene.tell(node, "7", ReadPolicy::Quorum);
    assert_eq!(scene.checks.violation(), None);
}

#[test]
fn a_local_read_may_be_told_anything() {
    let mut scene = Scene::written();
    let node = scene.ask(ReadPolicy::Local);
    scene.serve(node, ReadPolicy::Local, 1);
    scene.tell(node, "7", ReadPolicy::Local);
    assert_eq!(scene.checks.violation(), None);
}

/// From the question on, or from the moment at which the node looked. Only a stale answer is
/// excused: the properties are suspended, and say why and what came of it.
#[test]
fn a_lease_read_may_be_stale_while_a_clock_is_wrong() {
    let wrong = ClockChange::Drift { ppm: -500_000 };
    for is_wrong in [[false, false], [true, true], [false, true], [true, false]] {
        let mut scene = Scene::written();
        let clock = |is_wrong| {
            NodeAction::SetClock(if is_wrong { wrong } else { ClockChange::Drift { ppm: 0 } })
                .on(NodeId(5))
        };
        scene.act(clock(is_wrong[0]));
        let node = scene.ask(ReadPolicy::Lease);
        scene.act(clock(is_wrong[1]));
        let mut nonsense = scene.clone();
        nonsense.serve(node, ReadPolicy::Lease, 2);
        nonsense.tell(node, "7", ReadPolicy::Lease);
        assert!(nonsense.is_broken(&linearizability::PROPERTY), "no store had that value");

        scene.serve(node, ReadPolicy::Lease, 1);
        scene.tell(node, "1", ReadPolicy::Lease);
        let is_demanded = is_wrong == [false, false];
        for property in [&linearizability::PROPERTY, &read_linearizability::PROPERTY] {
            assert_eq!(scene.is_broken(property), is_demanded, "{property:?}: {is_wrong:?}");
            let result = scene.checks.results().find(|result| result.property == property).unwrap();
            let because =
                result.suspension.as_ref().map(|suspension| suspension.because.to_string());
            assert_eq!(because.is_none(), is_demanded, "{property:?}: {is_wrong:?}");
            let because = because.unwrap_or_default();
            assert!(is_demanded || because.contains("the clock of node 5 is wrong"), "{because}");
            assert!(is_demanded || because.contains("store at entry 1"), "{because}");
        }
    }
}

/// The leader commits a command and crashes before its client hears of it: the client asks the next
/// one. Meanwhile a node sleeps.
struct Retried {
    scene: Scene,
    sleeper: NodeId,
    /// The entries with the command.
    first: LogIndex,
    again: LogIndex,
}

impl Retried {
    fn new(value: &str, between: impl FnOnce(&mut Scene)) -> Self {
        let mut scene = Scene::begin();
        let (leader, sleeper) = (scene.leader(), scene.follower());
        scene.act(NodeAction::Pause.on(sleeper));
        let slow = DiskChange::Latency(DelayRange::millis(2_000, 2_000));
        scene.act(DiskAction::Change(slow).on(leader));
        let operation = Operation::Append { key: "x".into(), value: value.into() };
        let (client, read) = (ClientId(1), ReadPolicy::Log);
        scene.act(Request { client, operation, via: None, read }.into());
        scene.run_until_committed(2);
        scene.act(NodeAction::Crash { unsynced: Unsynced::Lost }.on(leader));
        between(&mut scene);
        scene.run(5_000);
        assert!(scene.world.is_idle());
        let (first, again) = (LogIndex(2), scene.checks.ledger().commit_index());
        Self { scene, sleeper, first, again }
    }

    /// The committed entries that the sleeper has not applied.
    fn entries(&self) -> Vec<Entry> {
        let leader = self.scene.core(self.scene.leader());
        leader.log().iter_from(self.first).cloned().collect()
    }

    /// The sleeper applies entries, and then is what it is in another world.
    fn show(&mut self, other: &Scene, kind: EventKind) {
        self.scene.checks.observe(&other.world, &[event(kind)]);
    }

    fn is_to_blame(&self) -> bool {
        self.scene.is_broken(&exactly_once::PROPERTY)
    }
}

fn nothing(_: &mut Scene) {}

#[test]
fn a_command_that_is_committed_twice_takes_effect_once() {
    let Retried { scene, first, again, .. } = Retried::new("a", nothing);
    assert_eq!((first, again), (LogIndex(2), LogIndex(4)));
    assert_eq!(scene.checks.ledger().committed_store().get(b"x"), Some(&"a".into()));
    assert_eq!(scene.checks.violation(), None);
}

/// Then it would go unnoticed that all nodes forget them too.
#[test]
fn a_ledger_without_sessions_does_not_pass() {
    let retried = Retried::new("a", |scene| scene.checks.shadows.ledger.forget_sessions());
    let found = retried.scene.description(&exactly_once::PROPERTY).unwrap();
    let words = "entry 4, which holds command 1 of client 1 again after entry 2, changes the keys";
    assert!(found.contains(words), "{found}");
}

/// In the other world the same happened with another value, so that contents differ there.
#[test]
fn a_repeated_command_is_to_blame_only_for_what_was_right_before() {
    let other = Retried::new("b", nothing);
    let node = other.sleeper;
    let mut woken = other.scene.clone();
    woken.act(NodeAction::Resume.on(node));
    woken.run(1_000);
    assert_eq!(woken.core(node).last_applied(), other.again);
    let applied = |entries: Vec<Entry>| EventKind::StateMachine {
        node,
        event: StateMachineEvent::Applied { entries: entries.into() },
    };

    let right = Retried::new("a", nothing);
    let mut blamed = Retried::new("a", nothing);
    blamed.show(&woken, applied(right.entries()));
    assert!(blamed.is_to_blame());

    let mut wrong_before = Retried::new("a", nothing);
    wrong_before.scene.checks.shadows.node_mut(node).unwrap().has_right_contents = false;
    wrong_before.show(&woken, applied(right.entries()));
    assert!(!wrong_before.is_to_blame());

    let mut other_entries = Retried::new("a", nothing);
    other_entries.show(&woken, applied(other.entries()));
    assert!(!other_entries.is_to_blame());
    assert!(other_entries.scene.is_broken(&state_machine_safety::PROPERTY));

    let mut restored = Retried::new("a", nothing);
    let snapshot = restored.scene.checks.ledger().last();
    restored.show(
        &woken,
        EventKind::StateMachine { node, event: StateMachineEvent::Restored { snapshot } },
    );
    assert!(!restored.is_to_blame());

    let mut elsewhere = Retried::new("a", nothing);
    elsewhere.show(&other.scene, applied(right.entries()));
    assert!(!elsewhere.is_to_blame());
    assert!(elsewhere.scene.is_broken(&state_machine_safety::PROPERTY));
}

#[test]
fn contents_are_looked_at_anew_each_time() {
    let mut retried = Retried::new("a", nothing);
    let (node, mut later) = (retried.sleeper, retried.scene.clone());
    later.act(NodeAction::Resume.on(node));
    later.run(1_000);
    retried.scene.checks.shadows.node_mut(node).unwrap().has_right_contents = false;
    let entries = retried.entries().into();
    retried.show(
        &later,
        EventKind::StateMachine { node, event: StateMachineEvent::Applied { entries } },
    );
    assert!(retried.scene.checks.shadows.node(node).unwrap().has_right_contents);
    assert!(!retried.is_to_blame());
    // If the committed entries had made something else.
    retried.scene.checks.shadows.ledger = Retried::new("b", nothing).scene.checks.shadows.ledger;
    retried.show(
        &later,
        EventKind::StateMachine {
            node,
            event: StateMachineEvent::Applied { entries: Entries::EMPTY },
        },
    );
    assert!(!retried.scene.checks.shadows.node(node).unwrap().has_right_contents);
}
