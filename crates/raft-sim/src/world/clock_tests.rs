//! The world: nodes whose clocks are wrong, and nodes that are slow.

use std::time::Duration;

use raft_core::{Body, Instant, NodeId, RoleKind};

use crate::{
    Action, ActionError, ClockChange, DelayRange, Event, EventKind, MAX_DRIFT_PPM, MAX_HANDLING,
    MAX_JUMP, MessageEvent, NetworkAction, NodeAction, ProcessEvent, Setup, SimNode, TimeoutChoice,
    World,
};

const ONE: NodeId = NodeId(1);
const TWO: NodeId = NodeId(2);

fn clock(node: NodeId, change: ClockChange) -> Action {
    NodeAction::SetClock(change).on(node)
}

fn drift(node: NodeId, ppm: i32) -> Action {
    clock(node, ClockChange::Drift { ppm })
}

fn slow(node: NodeId, millis: u64) -> Action {
    NodeAction::Slow { handling: Duration::from_millis(millis) }.on(node)
}

/// Three nodes, of which the first has led for a while. Messages and writes take a millisecond.
fn led(seed: u64) -> World {
    let quick = DelayRange::millis(1, 1);
    let setup =
        Setup { nodes: 3, seed, link_latency: quick, disk_latency: quick, ..Setup::default() };
    let mut world = World::new(setup).unwrap();
    world.apply(NodeAction::ForceElection.on(ONE)).unwrap();
    world.run_until(Instant(500_000));
    assert_eq!(world.leader(), Some(ONE));
    world
}

fn events(world: &mut World, time: Duration) -> Vec<Event> {
    let until = world.now() + time;
    let mut events = Vec::new();
    while world.next_step_at().is_some_and(|next| next <= until) {
        world.step();
        events.extend_from_slice(world.events());
    }
    world.advance_clock(until);
    events
}

/// When node 1 sent node 2 something.
fn beats(events: &[Event]) -> Vec<Instant> {
    let sent = |event: &&Event| {
        matches!(
            event.kind,
            EventKind::Message { from: ONE, to: TWO, event: MessageEvent::Sent { .. }, .. }
        )
    };
    events.iter().filter(sent).map(|event| event.at).collect()
}

#[test]
fn a_leader_whose_clock_drifts_beats_faster_or_slower() {
    for (ppm, expected) in [(0, 40), (500_000, 60), (-500_000, 20), (100_000, 44)] {
        let mut world = led(1);
        world.apply(drift(ONE, ppm)).unwrap();
        let beats = beats(&events(&mut world, Duration::from_secs(2)));
        assert!(beats.len().abs_diff(expected) <= 1, "{} beats at {ppm} ppm", beats.len());
        assert_eq!(world.leader(), Some(ONE));
    }
}

/// A timer that is due is over after one step: its node's clock shows then what it waited for.
#[test]
fn no_timer_is_due_twice() {
    let mut world = led(2);
    for (node, ppm) in [(1, 333_333), (2, -333_333), (3, 7)] {
        world.apply(drift(NodeId(node), ppm)).unwrap();
    }
    let steps = world.steps();
    world.run_until(Instant(60_500_000));
    let per_second = (world.steps() - steps) / 60;
    assert!((50..300).contains(&per_second), "{per_second} steps a second");
}

#[test]
fn a_follower_whose_clock_jumps_has_waited_long_enough() {
    let mut world = led(3);
    let term = world.node(ONE).unwrap().core().unwrap().current_term();
    world.apply(clock(TWO, ClockChange::Jump(Duration::from_secs(2)))).unwrap();
    let now = world.now();
    let next = world.next_step_at().unwrap();
    assert_eq!(next, now, "its election timeout is due at once");
    world.step();
    let role = |world: &World| world.node(TWO).and_then(SimNode::core).unwrap().role();
    assert_eq!(role(&world), RoleKind::PreCandidate);
    events(&mut world, Duration::from_secs(5));
    assert!(world.leader().is_some());
    let shows = world.node(TWO).unwrap().clock().shows(world.now());
    assert_eq!(shows, world.now() + Duration::from_secs(2), "nothing but the jump stays");
    assert!(world.node(ONE).unwrap().core().unwrap().current_term() >= term);
}

/// What a lease rests on (dissertation §6.4.1): a leader with a slow clock believes in it too long.
#[test]
fn beyond_the_bound_a_lease_may_outlive_another_election() {
    let is_broken = |seed, ppm| {
        let mut world = led(seed);
        world.apply(drift(ONE, ppm)).unwrap();
        events(&mut world, Duration::from_secs(1));
        world.apply(NetworkAction::Partition { groups: vec![vec![ONE]] }.into()).unwrap();
        while world.leader() == Some(ONE) && world.step() {}
        let until = world.node(ONE).and_then(SimNode::lease_until);
        world.leader().is_some() && until.is_some_and(|until| until > world.now())
    };
    assert!((0..30).any(|seed| is_broken(seed, -MAX_DRIFT_PPM)));
    assert!(!(0..30).any(|seed| is_broken(seed, -50_000)), "that is within the bound");
}

#[test]
fn a_clock_out_of_bound_is_known_to_be() {
    let mut world = led(4);
    world.apply(drift(TWO, 50_000)).unwrap();
    assert!(!world.clock_out_of_bound(TWO));
    world.apply(drift(TWO, 50_001)).unwrap();
    assert!(world.clock_out_of_bound(TWO) && !world.clock_out_of_bound(ONE));
    world.apply(drift(TWO, 0)).unwrap();
    assert!(world.clock_out_of_bound(TWO), "leases from before are still about");
    events(&mut world, Duration::from_millis(151));
    assert!(!world.clock_out_of_bound(TWO));
}

#[test]
fn a_slow_node_answers_one_after_the_other() {
    let mut world = led(5);
    world.apply(slow(TWO, 30)).unwrap();
    let events = events(&mut world, Duration::from_secs(1));
    let mut requests = Vec::new();
    let mut answers = Vec::new();
    for event in &events {
        let EventKind::Message { from, to, message, event: what, .. } = &event.kind else {
            continue;
        };
        if (*from, *to) == (ONE, TWO) && *what == MessageEvent::Delivered {
            assert!(matches!(message.body, Body::AppendEntries(_)));
            requests.push(event.at);
        }
        if (*from, *to) == (TWO, ONE) && matches!(what, MessageEvent::Sent { .. }) {
            answers.push(event.at);
        }
    }
    assert!(requests.len() > 15, "{}", requests.len());
    let mut free_at = Instant(0);
    for (request, answer) in requests.iter().zip(&answers) {
        free_at = free_at.max(*request) + Duration::from_millis(30);
        assert_eq!(*answer, free_at);
    }
}

/// Its timer waits for its turn like everything else, once.
#[test]
fn a_slow_node_times_out_late_and_once() {
    let mut world = led(6);
    world.apply(NetworkAction::Partition { groups: vec![vec![TWO]] }.into()).unwrap();
    world.apply(slow(TWO, 200)).unwrap();
    let steps = world.steps();
    events(&mut world, Duration::from_secs(3));
    assert!(world.steps() - steps < 1000, "{} steps", world.steps() - steps);
    let role = world.node(TWO).and_then(SimNode::core).unwrap().role();
    assert_eq!(role, RoleKind::PreCandidate);
}

#[test]
fn who_is_slow_no_more_catches_up_at_once() {
    let mut world = led(7);
    world.apply(slow(TWO, 2_000)).unwrap();
    events(&mut world, Duration::from_secs(1));
    let backlog = world.backlog();
    assert!(backlog > 10, "{backlog}");
    world.apply(slow(TWO, 0)).unwrap();
    let answered = world.events().iter().filter(|event| {
        matches!(event.kind, EventKind::Message { from: TWO, event: MessageEvent::Sent { .. }, .. })
    });
    assert!(answered.count() > 10);
    assert!(world.backlog() < backlog + 20);
    assert_eq!(world.node(TWO).unwrap().inbox_len(), 0);
}

/// Paused, it keeps what it had not got round to; crashed, it loses that.
#[test]
fn a_slow_node_is_paused_and_crashes_like_any() {
    let mut world = led(8);
    world.apply(slow(TWO, 100)).unwrap();
    events(&mut world, Duration::from_millis(500));
    let waiting = world.node(TWO).unwrap().inbox_len();
    assert!(waiting > 1);
    world.apply(NodeAction::Pause.on(TWO)).unwrap();
    events(&mut world, Duration::from_millis(300));
    assert!(world.node(TWO).unwrap().inbox_len() > waiting);
    world.apply(NodeAction::Resume.on(TWO)).unwrap();
    assert!(world.node(TWO).unwrap().inbox_len() > waiting, "it is as slow as before");
    events(&mut world, Duration::from_millis(300));
    world.apply(NodeAction::Crash { unsynced: crate::Unsynced::Lost }.on(TWO)).unwrap();
    assert_eq!(world.node(TWO).unwrap().inbox_len(), 0);
    world.apply(NodeAction::Restart.on(TWO)).unwrap();
    events(&mut world, Duration::from_secs(1));
    assert!(world.node(TWO).unwrap().inbox_len() > 0, "slowness is the machine's");
    world.apply(Action::Recover { nodes: world.node_ids().collect() }).unwrap();
    assert_eq!(world.node(TWO).unwrap().inbox_len(), 0);
    assert_eq!(world.node(TWO).unwrap().handling(), Duration::ZERO);
}

#[test]
fn clocks_recover() {
    let mut world = led(9);
    world.apply(drift(TWO, 400_000)).unwrap();
    events(&mut world, Duration::from_secs(1));
    world.apply(Action::Recover { nodes: world.node_ids().collect() }).unwrap();
    let clock = *world.node(TWO).unwrap().clock();
    assert_eq!(clock.drift_ppm(), 0);
    let now = world.now();
    assert_eq!(
        clock.shows(now + Duration::from_secs(1)),
        clock.shows(now) + Duration::from_secs(1)
    );
}

#[test]
fn out_of_range_is_refused() {
    let mut world = led(10);
    let before = world.trace_hash();
    let too_much = ClockChange::Drift { ppm: MAX_DRIFT_PPM + 1 };
    let too_far = ClockChange::Jump(MAX_JUMP + Duration::from_micros(1));
    for change in [too_much, ClockChange::Drift { ppm: i32::MIN }, too_far] {
        assert_eq!(world.apply(clock(ONE, change)), Err(ActionError::Clock(change)));
    }
    let handling = MAX_HANDLING + Duration::from_micros(1);
    assert_eq!(
        world.apply(NodeAction::Slow { handling }.on(ONE)),
        Err(ActionError::Handling(handling))
    );
    assert_eq!(world.apply(slow(NodeId(9), 1)), Err(ActionError::NoSuchNode(NodeId(9))));
    assert_eq!(world.apply(drift(NodeId(9), 1)), Err(ActionError::NoSuchNode(NodeId(9))));
    assert_eq!(world.trace_hash(), before);
}

#[test]
fn a_run_with_wrong_clocks_is_the_same_run_again() {
    let actions = [
        drift(ONE, 123_456),
        slow(TWO, 7),
        clock(NodeId(3), ClockChange::Jump(Duration::from_millis(700))),
        drift(TWO, -400_000),
        NodeAction::Crash { unsynced: crate::Unsynced::Drawn }.on(ONE),
        slow(TWO, 0),
        NodeAction::Restart.on(ONE),
    ];
    let play = |mut world: World, actions: &[Action]| {
        let mut before = Vec::new();
        for action in actions {
            before.push(world.clone());
            world.run_until(world.now() + Duration::from_secs(2));
            world.apply(action.clone()).unwrap();
        }
        world.run_until(world.now() + Duration::from_secs(1));
        (world.trace_hash(), before)
    };
    let (hash, before) = play(led(11), &actions);
    assert_eq!(hash, play(led(11), &actions).0);
    for (place, world) in before.into_iter().enumerate() {
        assert_eq!(play(world, &actions[place..]).0, hash, "from action {place}");
    }
}

/// The election timeouts that a node had, in ms, once its timer was started anew.
fn timeouts(world: &mut World, node: NodeId) -> Vec<u64> {
    let until = world.now() + Duration::from_millis(600);
    let mut timeouts = Vec::new();
    while world.next_step_at().is_some_and(|next| next <= until) {
        world.step();
        let status = world.node(node).unwrap().core().unwrap().status();
        let timeout = (status.deadline - status.timer_started).as_millis() as u64;
        if status.timer_started == world.now() && status.role != RoleKind::Leader {
            timeouts.push(timeout);
        }
    }
    assert!(timeouts.len() > 3, "{timeouts:?}");
    timeouts.dedup();
    timeouts
}

#[test]
fn timeouts_are_as_far_apart_as_they_can_be_or_equal_or_drawn() {
    let mut world = led(1);
    let three = NodeId(3);
    let choose = |world: &mut World, choice| {
        for node in [ONE, TWO, three] {
            world.apply(NodeAction::SetTimeouts(choice).on(node)).unwrap();
        }
        let said = world.events().last().unwrap().kind.clone();
        world.run_until(world.now() + Duration::from_millis(100));
        said
    };
    let said = choose(&mut world, TimeoutChoice::Spread);
    let EventKind::Process { event: ProcessEvent::TimeoutsSet { timeout }, .. } = said else {
        panic!("{said}")
    };
    assert_eq!(timeout, DelayRange::millis(300, 300));
    assert_eq!(said.to_string(), "the election timeouts of node 3 are 300ms from now on");
    assert_eq!(timeouts(&mut world, TWO), [225]);
    assert_eq!(timeouts(&mut world, three), [300]);
    choose(&mut world, TimeoutChoice::Equal);
    assert_eq!(timeouts(&mut world, TWO), [150]);
    assert_eq!(timeouts(&mut world, three), [150]);
    choose(&mut world, TimeoutChoice::Drawn);
    assert!(timeouts(&mut world, three).len() > 3);

    // A restart ends it, and who is down has no timer.
    choose(&mut world, TimeoutChoice::Equal);
    let crash = NodeAction::Crash { unsynced: crate::Unsynced::Lost };
    world.apply(crash.on(three)).unwrap();
    let refused = world.apply(NodeAction::SetTimeouts(TimeoutChoice::Equal).on(three));
    assert!(matches!(refused, Err(ActionError::WrongState { .. })), "{refused:?}");
    world.apply(NodeAction::Restart.on(three)).unwrap();
    assert!(timeouts(&mut world, three).len() > 3);
}
