//! Another seed for the random numbers, from a moment on.

use std::sync::Arc;

use super::World;
use super::recording::CoreCall;
use crate::{Client, ClusterEvent, EventKind, Setup};

impl World {
    /// Draws all later random numbers from this seed, each stream from its beginning: latencies and
    /// losses of links, latencies and crashes of disks, the choices of clients and drivers, and the
    /// timeouts of each core. Streams that begin later have this seed too.
    ///
    /// What was drawn before stays: arrivals of messages in flight, ends of writes in progress, and
    /// timers that run. [`setup`](Self::setup) keeps the seed from which the world was built.
    pub(super) fn reseed(&mut self, seed: u64) {
        self.reseeded = Arc::new(Setup { seed, ..Setup::clone(&self.setup) });
        self.links.reseed(seed);
        self.nodes.iter_mut().for_each(|node| node.reseed(seed));
        for id in self.node_list() {
            let node = self.node_mut(id);
            let (drawn, is_up) = (node.core_seed(seed), node.core().is_some());
            if is_up {
                self.record(id, || CoreCall::Reseed(drawn));
            }
        }
        self.clients.values_mut().for_each(|client: &mut Client| client.reseed(seed));
        self.emit(EventKind::Cluster(ClusterEvent::Reseeded { seed }));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use raft_core::{Instant, NodeId};
    use raft_kv::{ClientId, Operation};

    use crate::{
        Action, DelayRange, DiskAction, DiskDamage, Driver, NetworkAction, NodeAction, ReadPolicy,
        Request, Setup, Unsynced, World,
    };

    const SECOND: Duration = Duration::from_secs(1);
    const WIDE: DelayRange =
        DelayRange { min: Duration::from_millis(1), max: Duration::from_millis(20) };

    /// A set-up in which only the timeouts of cores and the choices of clients are drawn.
    fn fixed() -> Setup {
        let (link_latency, disk_latency) = (DelayRange::millis(5, 5), DelayRange::millis(2, 2));
        Setup { nodes: 3, seed: 8, link_latency, disk_latency, ..Setup::default() }
    }

    fn set(client: u64) -> Action {
        let operation = Operation::Set { key: "x".into(), value: "1".into() };
        Request { client: ClientId(client), operation, via: None, read: ReadPolicy::Log }.into()
    }

    fn crash(node: u64) -> Action {
        NodeAction::Crash { unsynced: Unsynced::Drawn }.on(NodeId(node))
    }

    /// A world after a second, with a leader.
    fn led(setup: Setup) -> World {
        let mut world = World::new(setup).unwrap();
        world.run_until(Instant(0) + SECOND);
        assert!(world.leader().is_some());
        world
    }

    /// The events of the two seconds after a new seed and these actions, without the first ones.
    fn future(world: &World, seed: u64, actions: &[Action]) -> Vec<String> {
        let mut world = world.clone();
        world.apply(Action::Reseed(seed)).unwrap();
        actions.iter().for_each(|action| world.apply(action.clone()).unwrap());
        events_of(&mut world, 2 * SECOND)
    }

    /// The events of the second after an action that comes a second after a new seed.
    fn after_a_second(world: &World, seed: u64, action: &Action) -> Vec<String> {
        let mut world = world.clone();
        world.apply(Action::Reseed(seed)).unwrap();
        world.run_until(world.now() + SECOND);
        world.apply(action.clone()).unwrap();
        events_of(&mut world, SECOND)
    }

    /// The events of an action that comes at once after a new seed.
    fn events_at_once(world: &World, seed: u64, action: &Action) -> Vec<String> {
        let mut world = world.clone();
        world.apply(Action::Reseed(seed)).unwrap();
        world.apply(action.clone()).unwrap();
        world.events().iter().map(|event| format!("{:?}", event.kind)).collect()
    }

    fn events_of(world: &mut World, time: Duration) -> Vec<String> {
        let (mut events, end) = (Vec::new(), world.now() + time);
        while world.next_step_at().is_some_and(|next| next <= end) {
            world.step();
            events.extend(world.events().iter().map(ToString::to_string));
        }
        events
    }

    /// The number of different futures of five seeds.
    fn futures(world: &World, actions: &[Action]) -> usize {
        let all: BTreeSet<_> = (1..=5).map(|seed| future(world, seed, actions)).collect();
        all.len()
    }

    #[test]
    fn without_a_draw_all_seeds_have_one_future() {
        assert_eq!(futures(&led(fixed()), &[]), 1);
    }

    #[test]
    fn each_stream_has_the_new_seed() {
        let links = led(Setup { link_latency: WIDE, ..fixed() });
        assert_eq!(futures(&links, &[]), 5, "links");

        let disks = led(Setup { disk_latency: WIDE, ..fixed() });
        assert_eq!(futures(&disks, &[set(1)]), 5, "disks");

        let driver = Driver { gather: Duration::from_millis(20), ..Driver::default() };
        assert_eq!(futures(&led(Setup { driver, ..fixed() }), &[]), 5, "drivers");

        let cores = led(fixed());
        let leader = crash(cores.leader().unwrap().0);
        assert_eq!(futures(&cores, std::slice::from_ref(&leader)), 1, "a timer that runs stays");
        let later: BTreeSet<_> =
            (1..=5).map(|seed| after_a_second(&cores, seed, &leader)).collect();
        assert_eq!(later.len(), 5, "timeouts");

        // One node has no links.
        let mut alone = led(Setup { nodes: 1, link_latency: WIDE, ..fixed() });
        assert_eq!(futures(&alone, &[set(7)]), 5, "a new client");
        alone.apply(set(1)).unwrap();
        alone.run_until(alone.now() + SECOND);
        assert_eq!(futures(&alone, &[set(1)]), 5, "a client that was there");
    }

    #[test]
    fn what_starts_later_has_the_new_seed() {
        let mut world = led(fixed());
        (1..=3).for_each(|node| world.apply(crash(node)).unwrap());
        let restarts: Vec<Action> =
            (1..=3).map(|node| NodeAction::Restart.on(NodeId(node))).collect();
        assert_eq!(futures(&world, &restarts), 5);
    }

    #[test]
    fn what_is_drawn_for_one_action_has_the_new_seed() {
        let mut world = led(Setup { link_latency: WIDE, ..fixed() });
        world.apply(set(1)).unwrap();
        world.run_until(world.now() + SECOND);
        world.apply(set(1)).unwrap();
        let leader = world.leader().unwrap();
        let replay = NetworkAction::Replay { from: NodeId(1), to: NodeId(2), back: 1 };
        let damage = DiskAction::Damage(DiskDamage::Corrupt { record: None });
        let torn = NodeAction::Crash { unsynced: Unsynced::Torn }.on(leader);
        while world.node(leader).unwrap().disk().pending().len() == 0 {
            world.step();
        }
        for action in [replay.into(), damage.on(leader), torn] {
            let all: BTreeSet<_> =
                (1..=9).map(|seed| events_at_once(&world, seed, &action)).collect();
            assert!(all.len() > 1, "{action:?}");
        }
    }

    #[test]
    fn equal_seeds_have_equal_futures_and_the_first_setup_stays() {
        let mut world = led(Setup { link_latency: WIDE, ..fixed() });
        assert_eq!(future(&world, 3, &[set(1)]), future(&world, 3, &[set(1)]));
        let mut other = world.clone();
        world.apply(Action::Reseed(3)).unwrap();
        other.apply(Action::Reseed(4)).unwrap();
        assert_ne!(world.trace_hash(), other.trace_hash());
        assert_eq!(world.setup().seed, 8);
        assert_eq!(world.events()[1].kind.to_string(), "later random numbers are those of seed 3");
    }

    #[test]
    fn what_was_drawn_before_stays() {
        let mut world = led(Setup { link_latency: WIDE, ..fixed() });
        world.apply(set(1)).unwrap();
        while world.in_flight().count() == 0 {
            world.step();
        }
        let arrivals = |world: &World| -> Vec<String> {
            world.in_flight().map(|message| format!("{message:?}")).collect()
        };
        let (before, next) = (arrivals(&world), world.next_step_at());
        world.apply(Action::Reseed(3)).unwrap();
        assert_eq!((arrivals(&world), world.next_step_at()), (before, next));
    }
}
