//! The world: what a person does to one message that is under way.

use std::time::Duration;

use raft_core::{Instant, NodeId};

use crate::{
    Action, ActionError, DelayRange, DropReason, Event, EventKind, InFlightMessage, LinkChange,
    MessageEvent, MessageId, MessageKind, NetworkAction, NetworkError, NextMessage, NodeAction,
    Setup, Unsynced, World,
};

const ONE: NodeId = NodeId(1);
const TWO: NodeId = NodeId(2);
const MILLISECOND: Duration = Duration::from_millis(1);

/// Three nodes, of which the first leads. A message from the first to the second one is 4 ms on
/// its way, which takes 10 ms.
fn under_way() -> (World, InFlightMessage) {
    let latency = DelayRange::millis(10, 10);
    let setup = Setup { nodes: 3, seed: 5, link_latency: latency, ..Setup::default() };
    let mut world = World::new(setup).unwrap();
    world.apply(NodeAction::ForceElection.on(ONE)).unwrap();
    world.run_until(Instant(500_000));
    let sent = next_heartbeat(&mut world);
    world.run_until(sent.sent_at + 4 * MILLISECOND);
    (world, sent)
}

/// The next message from the first to the second node, when it is sent.
fn next_heartbeat(world: &mut World) -> InFlightMessage {
    let is_meant = |sent: &&InFlightMessage| (sent.from, sent.to) == (ONE, TWO);
    let find = |world: &World| {
        let now = world.now();
        world.in_flight().filter(is_meant).find(|sent| sent.sent_at == now).cloned()
    };
    loop {
        assert!(world.step());
        if let Some(sent) = find(world) {
            return sent;
        }
    }
}

/// What happens to a message in this time, and when.
fn fate(world: &mut World, id: MessageId, time: Duration) -> Vec<(Instant, MessageEvent)> {
    let (mut fate, until) = (Vec::new(), world.now() + time);
    while world.next_step_at().is_some_and(|next| next <= until) {
        world.step();
        fate.extend(world.events().iter().filter_map(|event| of_message(event, id)));
    }
    world.advance_clock(until);
    fate
}

fn of_message(event: &Event, wanted: MessageId) -> Option<(Instant, MessageEvent)> {
    let EventKind::Message { id, event: what, .. } = &event.kind else { return None };
    (*id == wanted).then_some((event.at, *what))
}

fn hold(id: MessageId) -> Action {
    NetworkAction::HoldMessage { id }.into()
}

fn release(id: MessageId) -> Action {
    NetworkAction::ReleaseMessage { id }.into()
}

fn link(change: LinkChange) -> Action {
    Action::Link { from: ONE, to: TWO, change }
}

/// The last event, whose cause is the action.
fn acted(world: &World) -> (&Event, MessageEvent) {
    let [action, .., last] = world.events() else { panic!("{:?}", world.events()) };
    assert!(matches!(action.kind, EventKind::Acted { .. }));
    assert_eq!(last.cause, Some(action.number));
    let EventKind::Message { event, .. } = &last.kind else { panic!("{last}") };
    (last, *event)
}

#[test]
fn a_held_message_arrives_after_the_rest_of_its_way() {
    let (mut world, sent) = under_way();
    world.apply(hold(sent.id)).unwrap();
    let (event, what) = acted(&world);
    assert_eq!(what, MessageEvent::Held);
    let words = format!("message {} from node 1 to node 2 is held: AppendEntries", sent.id);
    assert_eq!(event.kind.to_string(), words);
    assert_eq!(fate(&mut world, sent.id, 200 * MILLISECOND), []);
    let held = world.in_flight().find(|message| message.id == sent.id).unwrap();
    assert_eq!(held.held_since(), Some(sent.sent_at + 4 * MILLISECOND));

    world.apply(release(sent.id)).unwrap();
    let arrives_at = world.now() + 6 * MILLISECOND;
    let (event, what) = acted(&world);
    assert_eq!(what, MessageEvent::Released { arrives_at });
    let words = format!("message {} from node 1 to node 2 goes on: AppendEntries", sent.id);
    assert_eq!(event.kind.to_string(), words);
    let arrival = [(arrives_at, MessageEvent::Delivered)];
    assert_eq!(fate(&mut world, sent.id, 200 * MILLISECOND), arrival);
}

#[test]
fn a_message_that_is_released_at_once_arrives_as_if_nothing_had_happened() {
    let (mut world, sent) = under_way();
    world.apply(hold(sent.id)).unwrap();
    world.apply(release(sent.id)).unwrap();
    let arrival = [(sent.arrives_at, MessageEvent::Delivered)];
    assert_eq!(fate(&mut world, sent.id, 200 * MILLISECOND), arrival);
}

/// It arrives before what was to bring it, and not a second time then.
#[test]
fn a_message_is_released_before_the_time_of_its_arrival() {
    let (mut world, sent) = under_way();
    world.apply(hold(sent.id)).unwrap();
    assert_eq!(fate(&mut world, sent.id, 2 * MILLISECOND), []);
    world.apply(release(sent.id)).unwrap();
    let arrival = [(sent.arrives_at + 2 * MILLISECOND, MessageEvent::Delivered)];
    assert_eq!(fate(&mut world, sent.id, 200 * MILLISECOND), arrival);
}

#[test]
fn later_messages_overtake_one_that_is_held_and_it_can_be_delivered() {
    let (mut world, sent) = under_way();
    world.apply(hold(sent.id)).unwrap();
    let later = next_heartbeat(&mut world);
    let arrival = [(later.arrives_at, MessageEvent::Delivered)];
    assert_eq!(fate(&mut world, later.id, 100 * MILLISECOND), arrival);
    let now = world.now();
    world.apply(NetworkAction::DeliverMessage { id: sent.id }.into()).unwrap();
    let arrival = [(now, MessageEvent::Delivered)];
    assert_eq!(fate(&mut world, sent.id, 100 * MILLISECOND), arrival);
}

/// What the link would lose is lost after the rest of the way to its loss.
#[test]
fn a_loss_waits_while_the_message_is_held() {
    let (mut world, _) = under_way();
    world.apply(link(LinkChange::Loss { per_million: 1_000_000 })).unwrap();
    let sent = next_heartbeat(&mut world);
    let lost_at = world.in_flight().find(|message| message.id == sent.id).unwrap().lost_at;
    let lost_at = lost_at.expect("the link loses everything");
    world.apply(hold(sent.id)).unwrap();
    assert_eq!(fate(&mut world, sent.id, 100 * MILLISECOND), []);
    world.apply(release(sent.id)).unwrap();
    let lost = fate(&mut world, sent.id, 100 * MILLISECOND);
    let [(at, MessageEvent::Dropped { reason: DropReason::Lost, .. })] = lost[..] else {
        panic!("{lost:?}")
    };
    assert_eq!(at, lost_at + 100 * MILLISECOND);
}

/// A message that the link would lose arrives nevertheless, if a person delivers it.
#[test]
fn what_is_delivered_by_hand_is_not_lost() {
    let (mut world, _) = under_way();
    world.apply(link(LinkChange::Loss { per_million: 1_000_000 })).unwrap();
    let sent = next_heartbeat(&mut world);
    let lost_at = world.in_flight().find(|message| message.id == sent.id).unwrap().lost_at;
    let lost_at = lost_at.expect("the link loses everything");
    // At the time of the loss, just before it.
    while world.next_step_at().is_some_and(|next| next < lost_at) {
        world.step();
    }
    world.advance_clock(lost_at);
    world.apply(NetworkAction::DeliverMessage { id: sent.id }.into()).unwrap();
    let arrival = [(world.now(), MessageEvent::Delivered)];
    assert_eq!(fate(&mut world, sent.id, 100 * MILLISECOND), arrival);
}

#[test]
fn a_copy_takes_a_latency_of_its_own() {
    let (mut world, sent) = under_way();
    let wide = DelayRange::millis(30, 60);
    world.apply(link(LinkChange::Latency(wide))).unwrap();
    world.apply(hold(sent.id)).unwrap();
    world.apply(NetworkAction::DuplicateMessage { id: sent.id }.into()).unwrap();
    let (now, (copied, what)) = (world.now(), acted(&world));
    let EventKind::Message { id: copy, .. } = copied.kind else { panic!("{copied}") };
    let MessageEvent::Replayed { arrives_at } = what else { panic!("{what:?}") };
    assert!((wide.min..=wide.max).contains(&(arrives_at - now)));
    let mut other = world.clone();
    let arrival = [(arrives_at, MessageEvent::Delivered)];
    assert_eq!(fate(&mut world, copy, 100 * MILLISECOND), arrival);
    assert_eq!(fate(&mut other, sent.id, 100 * MILLISECOND), [], "the original is held");
}

#[test]
fn a_held_message_ends_as_others_do() {
    let (world, sent) = under_way();
    let ended = |actions: &[Action]| {
        let mut world = world.clone();
        world.apply(hold(sent.id)).unwrap();
        let mut reasons = Vec::new();
        for action in actions {
            world.apply(action.clone()).unwrap();
            let happened: Vec<_> =
                world.events().iter().filter_map(|event| of_message(event, sent.id)).collect();
            let later = fate(&mut world, sent.id, 20 * MILLISECOND);
            reasons.extend(happened.into_iter().chain(later).filter_map(|(_, what)| match what {
                MessageEvent::Dropped { reason, .. } => Some(Err(reason)),
                MessageEvent::Delivered => Some(Ok(())),
                MessageEvent::Sent { .. }
                | MessageEvent::Held
                | MessageEvent::Released { .. }
                | MessageEvent::Replayed { .. } => None,
            }));
        }
        reasons
    };
    let crash = NodeAction::Crash { unsynced: Unsynced::Lost }.on(TWO);
    let drop = NetworkAction::DropMessage { id: sent.id }.into();
    assert_eq!(ended(std::slice::from_ref(&crash)), []);
    assert_eq!(ended(&[crash.clone(), release(sent.id)]), [Err(DropReason::NodeDown)]);
    let restart = NodeAction::Restart.on(TWO);
    assert_eq!(ended(&[crash, restart, release(sent.id)]), [Ok(())]);
    assert_eq!(ended(&[link(LinkChange::Cut)]), [Err(DropReason::LinkCut)]);
    assert_eq!(ended(&[drop]), [Err(DropReason::ByCommand)]);
    assert_eq!(ended(&[link(LinkChange::Release(None))]), [Ok(())]);
    assert_eq!(ended(&[Action::Recover { nodes: vec![ONE, TWO] }]), [Ok(())]);
}

#[test]
fn what_cannot_be_done_is_refused_in_words() {
    let (mut world, sent) = under_way();
    let refusal = |world: &mut World, action: Action| world.apply(action).unwrap_err().to_string();
    let id = sent.id;
    assert_eq!(refusal(&mut world, release(id)), format!("message {id} is not held"));
    world.apply(hold(id)).unwrap();
    assert_eq!(refusal(&mut world, hold(id)), format!("message {id} is held already"));
    world.apply(NetworkAction::DropMessage { id }.into()).unwrap();
    let gone = format!("message {id} is not under way: it has arrived, or was lost");
    let none = MessageId(1_000_000);
    for (id, words) in [(id, &*gone), (none, "there is no message 1000000 yet")] {
        for action in [
            hold(id),
            release(id),
            NetworkAction::DeliverMessage { id }.into(),
            NetworkAction::DuplicateMessage { id }.into(),
            NetworkAction::DropMessage { id }.into(),
        ] {
            assert_eq!(refusal(&mut world, action), words);
        }
    }
}

/// The next message of a kind is held at the end of the link, and the oldest one goes on.
#[test]
fn messages_are_held_and_released_by_their_kind() {
    let (mut world, sent) = under_way();
    let kind = MessageKind::AppendEntries;
    let next = |deed| Action::from(NetworkAction::Next { kind, from: ONE, to: TWO, deed });
    let refused = world.apply(next(NextMessage::Release));
    assert_eq!(refused, Err(ActionError::Network(NetworkError::NoneHeld(kind))));
    world.apply(next(NextMessage::Hold)).unwrap();
    let held = fate(&mut world, sent.id, 100 * MILLISECOND);
    assert_eq!(held, [(sent.arrives_at, MessageEvent::Held)]);
    let later = next_heartbeat(&mut world);
    let arrival = [(later.arrives_at, MessageEvent::Delivered)];
    assert_eq!(fate(&mut world, later.id, 20 * MILLISECOND), arrival, "one only");
    let youngest = next_heartbeat(&mut world);
    world.apply(hold(youngest.id)).unwrap();
    world.apply(next(NextMessage::Release)).unwrap();
    let arrival = [(world.now(), MessageEvent::Delivered)];
    assert_eq!(fate(&mut world, sent.id, 20 * MILLISECOND), arrival, "the oldest");
}

#[test]
fn a_link_that_lets_go_says_when_a_message_held_on_its_way_arrives() {
    let (mut world, sent) = under_way();
    world.apply(hold(sent.id)).unwrap();
    world.run_until(world.now() + 100 * MILLISECOND);
    world.apply(link(LinkChange::Release(None))).unwrap();
    let arrives_at = world.now() + 6 * MILLISECOND;
    let told: Vec<_> = world.events().iter().filter_map(|it| of_message(it, sent.id)).collect();
    assert_eq!(told, [(world.now(), MessageEvent::Released { arrives_at })]);
}

#[test]
fn a_message_held_on_its_way_takes_no_place_at_the_end() {
    let (mut world, sent) = under_way();
    world.apply(link(LinkChange::QueueLimit(1))).unwrap();
    world.apply(hold(sent.id)).unwrap();
    world.apply(link(LinkChange::Hold(MessageKind::AppendEntries))).unwrap();
    let next = next_heartbeat(&mut world);
    let held = fate(&mut world, next.id, 20 * MILLISECOND);
    assert_eq!(held, [(next.arrives_at, MessageEvent::Held)]);
}
