//! Whether a write would be answered: the times with and without a leader that can commit.
//!
//! A leader can commit from the moment at which it has committed an entry of its own term (§5.4.2),
//! while a majority of the servers runs, is in no later term, and can be reached in both
//! directions.

use std::collections::BTreeMap;
use std::time::Duration;

use raft_core::{CommitTrace, Instant, NodeId, RoleKind, Term, Trace};
use raft_sim::{EventKind, NodeState, World};

/// Watches a world from some moment on. Show it the world after each step and action.
pub(crate) struct ServiceWatch {
    began: Instant,
    /// The last term in which a server committed an entry as leader.
    established: BTreeMap<NodeId, Term>,
    /// The beginning of the present time without service.
    gap_since: Option<Instant>,
    gaps: Vec<Duration>,
}

impl ServiceWatch {
    /// A watch over a world from its start on.
    pub(crate) fn new() -> Self {
        let (began, established) = (Instant(0), BTreeMap::new());
        Self { began, established, gap_since: Some(began), gaps: Vec::new() }
    }

    /// Looks at the world after a step or an action.
    pub(crate) fn look(&mut self, world: &World) {
        for event in world.events() {
            if let EventKind::Core { node, trace: Trace::Commit(CommitTrace::Committed { .. }) } =
                &event.kind
                && let Some(core) = world.node(*node).and_then(raft_sim::SimNode::core)
            {
                self.established.insert(*node, core.current_term());
            }
        }
        match (self.serves(world), self.gap_since) {
            (true, Some(since)) => {
                self.gaps.push(world.now() - since);
                self.gap_since = None;
            }
            (false, None) => self.gap_since = Some(world.now()),
            (true, None) | (false, Some(_)) => {}
        }
    }

    /// Whether a write would be answered now.
    pub(crate) fn is_served(&self) -> bool {
        self.gap_since.is_none()
    }

    /// Forgets everything before `now`, at which a write would be answered.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.began = now;
        self.gaps.clear();
    }

    /// The times without service since the beginning. The last one may go on.
    pub(crate) fn gaps(&self, now: Instant) -> Vec<Duration> {
        let open = self.gap_since.map(|since| now - since.max(self.began));
        self.gaps.iter().copied().chain(open).collect()
    }

    fn serves(&self, world: &World) -> bool {
        world.node_ids().any(|node| self.can_commit(world, node))
    }

    fn can_commit(&self, world: &World, leader: NodeId) -> bool {
        let Some(term) = running_term(world, leader) else { return false };
        let core = world.node(leader).and_then(raft_sim::SimNode::core);
        let leads = core.is_some_and(|core| core.role() == RoleKind::Leader);
        if !leads || self.established.get(&leader) != Some(&term) {
            return false;
        }
        let follows = |node: &NodeId| {
            let is_near = *node == leader
                || (world.is_reachable(leader, *node) && world.is_reachable(*node, leader));
            is_near && running_term(world, *node).is_some_and(|own| own <= term)
        };
        2 * world.node_ids().filter(follows).count() > world.node_ids().len()
    }
}

/// The term of a running server.
fn running_term(world: &World, node: NodeId) -> Option<Term> {
    let node = world.node(node)?;
    let is_running = node.state() == NodeState::Running;
    is_running.then(|| node.core().map(raft_core::Node::current_term))?
}

#[cfg(test)]
mod tests {
    use raft_sim::{NetworkAction, NodeAction, Setup, Unsynced};

    use super::*;

    fn served(seed: u64) -> (World, ServiceWatch, NodeId) {
        let mut world = World::new(Setup { nodes: 3, seed, ..Setup::default() }).unwrap();
        let mut watch = ServiceWatch::new();
        while !watch.is_served() {
            world.step();
            watch.look(&world);
        }
        watch.begin(world.now());
        let leader = world.leader().unwrap();
        (world, watch, leader)
    }

    fn run(world: &mut World, watch: &mut ServiceWatch, time: Duration) {
        let end = world.now() + time;
        while world.next_step_at().is_some_and(|next| next <= end) {
            world.step();
            watch.look(world);
        }
        world.advance_clock(end);
    }

    #[test]
    fn a_gap_lasts_from_a_crash_to_the_first_entry_that_the_next_leader_commits() {
        let (mut world, mut watch, leader) = served(5);
        run(&mut world, &mut watch, Duration::from_secs(1));
        assert!(watch.is_served() && watch.gaps(world.now()).is_empty());
        let crashed_at = world.now();
        world.apply(NodeAction::Crash { unsynced: Unsynced::Lost }.on(leader)).unwrap();
        watch.look(&world);
        while world.leader().is_none() {
            assert!(!watch.is_served());
            world.step();
            watch.look(&world);
        }
        assert!(!watch.is_served(), "the new leader has committed nothing");
        run(&mut world, &mut watch, Duration::from_secs(1));
        let [gap] = watch.gaps(world.now())[..] else { panic!("one gap") };
        assert!(gap > Duration::from_millis(100) && gap < world.now() - crashed_at, "{gap:?}");
    }

    #[test]
    fn a_leader_without_a_majority_does_not_serve() {
        let (mut world, mut watch, leader) = served(6);
        world.apply(NetworkAction::Partition { groups: vec![vec![leader]] }.into()).unwrap();
        watch.look(&world);
        assert_eq!(world.leader(), Some(leader));
        assert!(!watch.is_served());
    }
}
