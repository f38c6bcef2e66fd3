//! Sending, losing and delivering messages.

use std::sync::Arc;
use std::time::Duration;

use raft_core::{Instant, Message, NodeId};
use raft_server::ReplicaInput;

use super::World;
use super::queue::ScheduledKind;
use super::recording::CoreCall;
use crate::node::{ArrivalKind, Process};
use crate::{DropReason, EventKind, Hold, InFlightMessage, MessageEvent, MessageId};

/// A message that enters the network.
#[derive(Clone)]
pub(super) struct Sending {
    pub(super) from: NodeId,
    pub(super) to: NodeId,
    pub(super) message: Arc<Message>,
    pub(super) hold: Hold,
    /// The event, with the time at which the message is to arrive.
    pub(super) event: fn(Instant) -> MessageEvent,
}

impl World {
    pub(super) fn send(&mut self, from: NodeId, to: NodeId, message: Message) {
        self.record(from, || CoreCall::Send { to, message: message.clone() });
        // The receiver does not exist: the message is not sent.
        let Some(link) = self.links.get_mut(from, to) else { return };
        // Drawn even if the link is cut, so that cutting it does not shift later draws.
        let fate = link.draw(self.now, &message);
        let event: fn(Instant) -> _ = |arrives_at| MessageEvent::Sent { arrives_at };
        let sending = Sending { from, to, message: Arc::new(message), hold: Hold::Open, event };
        let sent = self.next_event();
        let (id, _) = self.launch(sending.clone(), |_| fate.arrives_at);
        if let Some(reason) = self.blockage(from, to) {
            return self.drop_message(id, reason);
        }
        if fate.finds_no_place {
            return self.drop_message(id, DropReason::QueueFull);
        }
        match fate.lost_at {
            Some(lost_at) => {
                if let Some(in_flight) = self.in_flight.get_mut(id) {
                    in_flight.lost_at = Some(lost_at);
                }
                self.schedule(lost_at, ScheduledKind::MessageLost(id));
            }
            None => self.schedule(fate.arrives_at, ScheduledKind::MessageArrives(id)),
        }
        if let Some(arrives_at) = fate.copy_arrives_at {
            let (copy, _) = self.because(sent, |world| world.launch(sending, |_| arrives_at));
            self.schedule(arrives_at, ScheduledKind::MessageArrives(copy));
        }
    }

    /// Puts a message into the network. `arrival` gives the time at which it is to arrive, from its
    /// id.
    pub(super) fn launch(
        &mut self,
        sending: Sending,
        arrival: impl FnOnce(MessageId) -> Instant,
    ) -> (MessageId, Instant) {
        let Sending { from, to, message, hold, event } = sending;
        let (sent_at, mut arrives_at) = (self.now, self.now);
        let sent_by = self.next_event();
        let id = self.in_flight.launch(|id| {
            arrives_at = arrival(id);
            let message = message.clone();
            InFlightMessage {
                id,
                from,
                to,
                message,
                sent_at,
                arrives_at,
                lost_at: None,
                hold,
                waited: Duration::ZERO,
                sent_by,
            }
        });
        let event = event(arrives_at);
        self.emit(EventKind::Message { id, from, to, message, event });
        (id, arrives_at)
    }

    /// Why no message passes from one node to the other; `None` if messages pass.
    pub(super) fn blockage(&self, from: NodeId, to: NodeId) -> Option<DropReason> {
        if self.link(from, to).is_none_or(|link| link.cut) {
            return Some(DropReason::LinkCut);
        }
        let partition = self.partition.as_ref()?;
        (!partition.lets_pass(from, to)).then_some(DropReason::Partitioned)
    }

    pub(super) fn drop_message(&mut self, id: MessageId, reason: DropReason) {
        let Some(in_flight) = self.in_flight.remove(id) else { return };
        let InFlightMessage { from, to, message, sent_at, arrives_at, sent_by, .. } = in_flight;
        let fault = match reason {
            DropReason::Lost | DropReason::QueueFull => None,
            DropReason::LinkCut => self.link(from, to).and_then(|link| link.cut_by),
            DropReason::Partitioned => self.partitioned_by,
            DropReason::NodeDown => self.node(to).and_then(|node| node.down_since),
            DropReason::ByCommand => self.cause,
        };
        let event = MessageEvent::Dropped { sent_at, arrives_at, reason };
        self.because(fault.unwrap_or(sent_by), |world| {
            world.emit(EventKind::Message { id, from, to, message, event })
        });
    }

    /// Drops the messages in flight on links that no longer pass any.
    pub(super) fn drop_blocked(&mut self) {
        let blocked: Vec<(MessageId, DropReason)> = self
            .in_flight
            .iter()
            .filter_map(|message| Some((message.id, self.blockage(message.from, message.to)?)))
            .collect();
        for (id, reason) in blocked {
            self.drop_message(id, reason);
        }
    }

    /// A step: a message arrives, and its node handles it.
    pub(super) fn arrive(&mut self, id: MessageId) {
        let Some(to) = self.in_flight.get(id).map(|in_flight| in_flight.to) else { return };
        if !matches!(self.node_mut(to).process, Process::Live(_)) {
            return self.drop_message(id, DropReason::NodeDown);
        }
        if self.meets_a_hold(id) || self.meets_a_deed(id) {
            return;
        }
        let Some(in_flight) = self.in_flight.remove(id) else { return };
        let InFlightMessage { from, message, sent_by, .. } = in_flight;
        if let Some(link) = self.links.get_mut(from, to) {
            link.remember(&message);
        }
        let event = MessageEvent::Delivered;
        self.cause = Some(sent_by);
        let delivered =
            self.emit(EventKind::Message { id, from, to, message: message.clone(), event });
        self.cause = Some(delivered);
        let message = Arc::unwrap_or_clone(message);
        self.deliver(to, ArrivalKind::Input(ReplicaInput::Message { from, message }));
    }
}
