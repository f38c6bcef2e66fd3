//! The world: what links and partitions do to messages.

use std::time::Duration;

use raft_core::{Instant, NodeId};
use raft_kv::{ClientId, Operation};

use crate::{
    Action, ActionError, DelayRange, DropReason, Event, EventKind, LatencyShape, LinkChange,
    MAX_REPLAY, MessageEvent, MessageId, NetworkAction, NetworkError, NodeAction, ReadPolicy,
    Request, Setup, World, wire_bytes,
};

const ONE: NodeId = NodeId(1);
const TWO: NodeId = NodeId(2);
const THREE: NodeId = NodeId(3);

fn link(from: NodeId, to: NodeId, change: LinkChange) -> Action {
    Action::Link { from, to, change }
}

/// Three nodes, of which the first has led for a while; messages take 10 ms.
fn led() -> World {
    let latency = DelayRange::millis(10, 10);
    let setup = Setup { nodes: 3, seed: 5, link_latency: latency, ..Setup::default() };
    let mut world = World::new(setup).unwrap();
    world.apply(NodeAction::ForceElection.on(ONE)).unwrap();
    world.run_until(Instant(500_000));
    assert_eq!(world.leader(), Some(ONE));
    world
}

fn set(world: &mut World, value: String) {
    let operation = Operation::Set { key: "x".into(), value: value.as_str().into() };
    let read = ReadPolicy::Log;
    world.apply(Request { client: ClientId(1), operation, via: None, read }.into()).unwrap();
}

/// Everything that happens up to then.
fn events(world: &mut World, until: Instant) -> Vec<Event> {
    let mut events = Vec::new();
    while world.next_step_at().is_some_and(|next| next <= until) {
        world.step();
        events.extend_from_slice(world.events());
    }
    events
}

/// What was sent on the link from 1 to 2 during these events: when, how many bytes, when it
/// arrives.
fn sent(events: &[Event]) -> Vec<(Instant, u64, Instant)> {
    let sent = events.iter().filter_map(|event| {
        let EventKind::Message {
            from: ONE,
            to: TWO,
            message,
            event: MessageEvent::Sent { arrives_at },
            ..
        } = &event.kind
        else {
            return None;
        };
        Some((event.at, wire_bytes(message), *arrives_at))
    });
    sent.collect()
}

fn dropped(events: &[Event], wanted: DropReason) -> usize {
    let is_wanted = |event: &&Event| {
        let EventKind::Message { event: MessageEvent::Dropped { reason, .. }, .. } = event.kind
        else {
            return false;
        };
        reason == wanted
    };
    events.iter().filter(is_wanted).count()
}

#[test]
fn a_narrow_link_carries_its_bandwidth_and_keeps_the_order() {
    let mut world = led();
    world.apply(link(ONE, TWO, LinkChange::Bandwidth(Some(10_000)))).unwrap();
    for number in 0..20 {
        set(&mut world, format!("{number}{}", "v".repeat(500)));
    }
    let end = world.now() + Duration::from_secs(2);
    let sent = sent(&events(&mut world, end));
    assert!(sent.len() > 20, "{}", sent.len());
    let mut free_at = Instant(0);
    for (at, bytes, arrives_at) in sent {
        // 100 µs for each byte, one message after the other, and then the latency.
        free_at = free_at.max(at) + Duration::from_micros(bytes * 100);
        assert_eq!(arrives_at, free_at + Duration::from_millis(10));
    }
}

#[test]
fn who_finds_the_queue_full_is_dropped() {
    let mut world = led();
    world.apply(link(ONE, TWO, LinkChange::QueueLimit(2))).unwrap();
    world.apply(link(ONE, TWO, LinkChange::Clog(Duration::from_secs(1)))).unwrap();
    let over = world.now() + Duration::from_secs(1);
    let events = events(&mut world, over);
    let dropped = dropped(&events, DropReason::QueueFull);
    let sent = sent(&events);
    assert!(dropped > 5, "{dropped}");
    assert_eq!(sent.len() - dropped, 2, "two may wait");
}

#[test]
fn a_clogged_link_delivers_when_it_is_over_and_in_order() {
    let mut world = led();
    let before = world.now();
    world.apply(link(ONE, TWO, LinkChange::Clog(Duration::from_secs(2)))).unwrap();
    let over = before + Duration::from_secs(2);
    let under_way: Vec<MessageId> = world.in_flight().map(|message| message.id).collect();
    let events = events(&mut world, over + Duration::from_millis(100));
    let received: Vec<(Instant, MessageId)> = events
        .iter()
        .filter_map(|event| {
            let EventKind::Message {
                id, from: ONE, to: TWO, event: MessageEvent::Delivered, ..
            } = event.kind
            else {
                return None;
            };
            Some((event.at, id))
        })
        .filter(|(_, id)| !under_way.contains(id))
        .collect();
    assert!(received.len() > 10);
    assert!(received.iter().all(|(at, _)| *at >= over + Duration::from_millis(10)));
    assert!(received.is_sorted_by_key(|(_, id)| *id));
    assert_eq!(dropped(&events, DropReason::QueueFull), 0);
}

/// The clog ends early for those who come later, and a link that is free again costs nobody time.
#[test]
fn what_was_narrow_and_clogged_is_as_before() {
    let mut world = led();
    let latency = Duration::from_millis(10);
    world.apply(link(ONE, TWO, LinkChange::Bandwidth(Some(100)))).unwrap();
    world.run_until(world.now() + Duration::from_secs(1));
    world.apply(link(ONE, TWO, LinkChange::Bandwidth(None))).unwrap();
    world.run_until(world.now() + Duration::from_secs(60));
    let end = world.now() + Duration::from_secs(1);
    let sent = sent(&events(&mut world, end));
    assert!(
        !sent.is_empty() && sent.iter().all(|(at, _, arrives_at)| *arrives_at == *at + latency)
    );
}

#[test]
fn a_link_sends_again_what_it_carried() {
    let mut world = led();
    let link = world.link(ONE, TWO).unwrap();
    let count = link.carried().len();
    assert!(count <= MAX_REPLAY as usize);
    let third_last = link.carried().nth(count - 3).unwrap().clone();
    world.apply(NetworkAction::Replay { from: ONE, to: TWO, back: 3 }.into()).unwrap();
    let EventKind::Message { id, from: ONE, to: TWO, message, event } = &world.events()[1].kind
    else {
        panic!("{:?}", world.events());
    };
    let at = world.now() + Duration::from_millis(10);
    assert_eq!((message, *event), (&third_last, MessageEvent::Replayed { arrives_at: at }));
    let copy = *id;
    let arrived = events(&mut world, at).into_iter().any(|event| {
        let EventKind::Message { id, message, event: what, .. } = event.kind else { return false };
        id == copy && message == third_last && what == MessageEvent::Delivered
    });
    assert!(arrived);
    let back = MAX_REPLAY + 1;
    let refusal = world.apply(NetworkAction::Replay { from: ONE, to: TWO, back }.into());
    assert!(
        matches!(refusal, Err(ActionError::Network(NetworkError::NothingToReplay { .. }))),
        "{refusal:?}"
    );
    world.apply(self::link(ONE, TWO, LinkChange::Cut)).unwrap();
    world.apply(NetworkAction::Replay { from: ONE, to: TWO, back: 1 }.into()).unwrap();
    assert_eq!(
        dropped(world.events(), DropReason::LinkCut),
        1,
        "it does not pass where nothing does"
    );
}

/// The memory of a link is bounded, and a replay is no news: it does not shift what is drawn later.
#[test]
fn a_replay_leaves_all_other_draws_as_they_were() {
    let setup = Setup { nodes: 3, seed: 9, ..Setup::default() };
    let mut world = World::new(setup).unwrap();
    world.run_until(Instant(5_000_000));
    assert_eq!(world.link(ONE, TWO).unwrap().carried().len(), MAX_REPLAY as usize);
    let mut other = world.clone();
    let leader = world.leader().unwrap();
    let from = if leader == ONE { TWO } else { ONE };
    other.apply(NetworkAction::Replay { from, to: leader, back: 1 }.into()).unwrap();
    let end = Instant(8_000_000);
    let (without, with) = (sent(&events(&mut world, end)), sent(&events(&mut other, end)));
    assert!(without.len() > 50);
    assert_eq!(without, with, "an old answer of a follower moves nothing");
}

#[test]
fn a_shape_is_in_the_setup_and_on_a_link() {
    let latency = DelayRange::millis(1, 101);
    let setup = Setup {
        nodes: 3,
        link_latency: latency,
        link_shape: LatencyShape::LongTail,
        ..Setup::default()
    };
    let mut world = World::new(setup).unwrap();
    let took = |events: &[Event]| {
        let mut took: Vec<u64> = sent(events)
            .iter()
            .map(|(at, _, arrives)| (*arrives - *at).as_millis() as u64)
            .collect();
        took.sort_unstable();
        took[took.len() / 2]
    };
    let mean = took(&events(&mut world, Instant(20_000_000)));
    assert!(mean <= 3, "{mean} ms");
    for to in [TWO, THREE] {
        world.apply(link(ONE, to, LinkChange::Shape(LatencyShape::Uniform))).unwrap();
        world.apply(link(to, ONE, LinkChange::Shape(LatencyShape::Uniform))).unwrap();
    }
    world.apply(NodeAction::ForceElection.on(ONE)).unwrap();
    let median = took(&events(&mut world, Instant(40_000_000)));
    assert!((30..=120).contains(&median), "{median} ms");
}

#[test]
fn a_bridge_hears_both_sides_and_one_way_only_answers_are_lost() {
    let mut world = led();
    world
        .apply(NetworkAction::Partition { groups: vec![vec![ONE, TWO], vec![TWO, THREE]] }.into())
        .unwrap();
    assert!(world.is_reachable(ONE, TWO) && world.is_reachable(THREE, TWO));
    assert!(!world.is_reachable(ONE, THREE) && !world.is_reachable(THREE, ONE));
    world
        .apply(
            NetworkAction::PartitionOneWay { heard: vec![ONE], unheard: vec![TWO, THREE] }.into(),
        )
        .unwrap();
    assert!(world.is_reachable(ONE, THREE) && !world.is_reachable(THREE, ONE));
    assert!(world.is_reachable(THREE, TWO));
    world.apply(NetworkAction::Heal.into()).unwrap();
    assert!(world.is_reachable(THREE, ONE) && world.partition().is_none());
}

/// All of it, twice, and once more from a clone of each moment.
#[test]
fn a_run_with_all_of_it_is_the_same_run_again() {
    let actions = [
        link(ONE, TWO, LinkChange::Shape(LatencyShape::Exponential)),
        link(TWO, ONE, LinkChange::Bandwidth(Some(2_000))),
        link(TWO, THREE, LinkChange::QueueLimit(1)),
        link(TWO, THREE, LinkChange::Clog(Duration::from_millis(300))),
        NetworkAction::Partition { groups: vec![vec![ONE, TWO, THREE], vec![THREE, NodeId(4)]] }
            .into(),
        NetworkAction::Replay { from: ONE, to: TWO, back: 1 }.into(),
        NetworkAction::PartitionOneWay { heard: vec![ONE], unheard: vec![THREE] }.into(),
        NetworkAction::Replay { from: TWO, to: ONE, back: 4 }.into(),
        NetworkAction::Heal.into(),
    ];
    let start = |seed| {
        let mut world = World::new(Setup { nodes: 5, seed, ..Setup::default() }).unwrap();
        world.apply(NodeAction::ForceElection.on(ONE)).unwrap();
        world
    };
    let play = |mut world: World, actions: &[Action]| {
        let mut before = Vec::new();
        for action in actions {
            before.push(world.clone());
            world.run_until(world.now() + Duration::from_millis(800));
            let now = world.now();
            set(&mut world, format!("{now}"));
            world.apply(action.clone()).unwrap();
        }
        world.run_until(world.now() + Duration::from_secs(1));
        (world.trace_hash(), before)
    };
    let (hash, before) = play(start(3), &actions);
    assert_eq!(hash, play(start(3), &actions).0);
    assert_ne!(hash, play(start(4), &actions).0);
    for (place, world) in before.into_iter().enumerate() {
        assert_eq!(play(world, &actions[place..]).0, hash, "from action {place}");
    }
}

fn count(events: &[Event], wanted: MessageEvent) -> usize {
    let is_wanted = |event: &&Event| {
        let EventKind::Message { from: ONE, to: TWO, event, .. } = event.kind else {
            return false;
        };
        event == wanted
    };
    events.iter().filter(is_wanted).count()
}

/// What a link holds is bounded by its queue, and arrives when it is released, in order.
#[test]
fn held_messages_are_bounded_and_arrive_in_order() {
    let mut world = led();
    let kind = crate::MessageKind::AppendEntries;
    world.apply(link(ONE, TWO, LinkChange::QueueLimit(3))).unwrap();
    world.apply(link(ONE, TWO, LinkChange::Hold(kind))).unwrap();
    let held = events(&mut world, Instant(900_000));
    assert_eq!(count(&held, MessageEvent::Held), 3);
    assert!(dropped(&held, DropReason::QueueFull) > 2);
    world.apply(link(ONE, TWO, LinkChange::Release(Some(kind)))).unwrap();
    let now = world.now();
    let ids: Vec<u64> = events(&mut world, now)
        .iter()
        .filter_map(|event| {
            let EventKind::Message { id, from: ONE, to: TWO, event: what, .. } = event.kind else {
                return None;
            };
            (what == MessageEvent::Delivered).then_some(id.0)
        })
        .collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.is_sorted());
}

/// The end of all faults ends holds too.
#[test]
fn recovery_releases_what_is_held() {
    let mut world = led();
    world.apply(link(ONE, TWO, LinkChange::Hold(crate::MessageKind::AppendEntries))).unwrap();
    events(&mut world, Instant(700_000));
    world.apply(Action::Recover { nodes: vec![ONE, TWO, THREE] }).unwrap();
    let after = events(&mut world, Instant(800_000));
    assert!(count(&after, MessageEvent::Delivered) > 3);
    assert_eq!(count(&after, MessageEvent::Held), 0);
}

/// A deed awaits one message only, of its kind and on its link.
#[test]
fn the_next_message_of_a_kind_is_lost_or_doubled_once() {
    let mut world = led();
    let kind = crate::MessageKind::AppendEntries;
    let next = |deed| NetworkAction::Next { kind, from: ONE, to: TWO, deed }.into();
    world.apply(next(crate::NextMessage::Drop)).unwrap();
    let after = events(&mut world, Instant(800_000));
    assert_eq!(dropped(&after, DropReason::ByCommand), 1);
    world.apply(next(crate::NextMessage::Duplicate)).unwrap();
    let after = events(&mut world, Instant(1_100_000));
    assert_eq!(dropped(&after, DropReason::ByCommand), 0);
    let copies = |event: &&Event| {
        matches!(event.kind, EventKind::Message { event: MessageEvent::Replayed { .. }, .. })
    };
    assert_eq!(after.iter().filter(copies).count(), 1);
}
