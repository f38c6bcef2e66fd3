//! A leader that was deposed and does not know it, while an answer of a follower to a request from
//! before is still under way to it.

use std::time::Duration;

use raft_check::Checks;
use raft_core::{NodeId, RoleKind, Settings};
use raft_kv::{ClientId, Operation, Sequence};
use raft_sim::{
    Action, DelayRange, EventKind, LinkChange, ReadPolicy, Request, Selector, Setup, SimNode,
    StateMachineEvent, World,
};

pub(crate) struct Deposed {
    world: World,
    checks: Checks,
    old: NodeId,
    reads: Vec<NodeId>,
}

impl Deposed {
    /// A leader that does not look whether it has a quorum.
    pub(crate) fn setup() -> Setup {
        Setup {
            nodes: 3,
            client_timeout: Duration::from_secs(5),
            settings: Settings { check_quorum: false, lease_reads: false, ..Settings::default() },
            ..Setup::default()
        }
    }

    /// Another node leads and has committed a write that the old leader has not heard of.
    pub(crate) fn new(setup: Setup) -> Self {
        let world = World::new(setup).expect("a valid setup");
        let checks = Checks::new(&world);
        let mut deposed = Self { world, checks, old: NodeId(0), reads: Vec::new() };
        deposed.run(1_000);
        deposed.old = deposed.world.leader().expect("a calm second");
        let old = deposed.old;
        let others: Vec<NodeId> = deposed.world.node_ids().filter(|id| *id != old).collect();
        // What this one answers from now on arrives after all the rest.
        let change = LinkChange::Latency(DelayRange::millis(3_000, 3_000));
        deposed.act(Action::Link { from: others[0], to: old, change });
        deposed.run(100);
        for (from, to) in [(old, others[0]), (old, others[1]), (others[1], old)] {
            deposed.act(Action::Link { from, to, change: LinkChange::Cut });
        }
        deposed.run(1_000);
        let new = deposed.world.leader().filter(|new| *new != old).expect("two of three elect");
        let operation = Operation::Set { key: "x".into(), value: "1".into() };
        deposed.request(operation, new, ReadPolicy::Log);
        deposed.run(500);
        let still_leads = deposed.world.node(old).and_then(SimNode::core);
        assert_eq!(still_leads.map(raft_core::Node::role), Some(RoleKind::Leader));
        deposed
    }

    /// A client asks the old leader.
    pub(crate) fn read(mut self) -> Self {
        let operation = Operation::Get { key: "x".into() };
        self.request(operation, self.old, ReadPolicy::Quorum);
        self.run(4_000);
        self
    }

    /// The property that is broken first.
    pub(crate) fn broken(&self) -> Option<&'static str> {
        self.checks.violation().map(|violation| violation.property.name)
    }

    /// Whether the property is broken, perhaps after others.
    #[cfg(feature = "bugs")]
    pub(crate) fn is_broken(&self, property: &str) -> bool {
        let mut results = self.checks.results().filter(|result| result.violation.is_some());
        results.any(|result| result.property.name == property)
    }

    /// Who answered the read, before it was asked again elsewhere.
    pub(crate) fn answered_by_old(&self) -> bool {
        self.reads.contains(&self.old)
    }

    fn request(&mut self, operation: Operation, node: NodeId, read: ReadPolicy) {
        let client = ClientId(1);
        self.act(Request { client, operation, via: Some(Selector::Node(node)), read }.into());
    }

    fn act(&mut self, action: Action) {
        self.world.apply(action).expect("possible now");
        self.observe();
    }

    fn run(&mut self, millis: u64) {
        let until = self.world.now() + Duration::from_millis(millis);
        while self.world.next_step_at().is_some_and(|next| next <= until) {
            self.world.step();
            self.observe();
        }
        self.world.advance_clock(until);
    }

    fn observe(&mut self) {
        self.checks.observe(&self.world, self.world.events());
        for event in self.world.events() {
            if let EventKind::StateMachine {
                node,
                event: StateMachineEvent::ReadServed { sequence: Sequence(2), .. },
            } = event.kind
            {
                self.reads.push(node);
            }
        }
    }
}
