//! Messages of one kind: held at the end of a link, delivered at once, dropped, doubled.

use std::sync::Arc;

use raft_core::{Instant, NodeId};

use super::World;
use super::queue::ScheduledKind;
use crate::network::{Awaited, Hold};
use crate::{
    ActionError, DropReason, EventKind, InFlightMessage, MessageEvent, MessageId, MessageKind,
    NetworkError, NetworkEvent, NextMessage,
};

impl World {
    /// Whether a message that arrives is held. At the limit of the link's queue it is lost.
    pub(super) fn meets_a_hold(&mut self, id: MessageId) -> bool {
        let Some(InFlightMessage { from, to, message, hold, sent_by, .. }) = self.in_flight.get(id)
        else {
            return false;
        };
        let (from, to, message, hold, sent_by) = (*from, *to, message.clone(), *hold, *sent_by);
        let link = self.links.get(from, to);
        let holds = link.is_some_and(|link| link.holds(MessageKind::of(&message)));
        if !holds || hold == Hold::Released {
            return false;
        }
        let limit = link.map_or(0, |link| link.queue_limit as usize);
        if self.held(from, to).count() >= limit {
            self.drop_message(id, DropReason::QueueFull);
            return true;
        }
        if let Some(in_flight) = self.in_flight.get_mut(id) {
            in_flight.hold = Hold::Held;
        }
        self.because(sent_by, |world| {
            world.emit(EventKind::Message { id, from, to, message, event: MessageEvent::Held })
        });
        true
    }

    /// Whether a message that arrives is the next of its kind, and that one is to be lost. If that
    /// one is to arrive twice, its copy is on its way.
    pub(super) fn meets_a_drop(&mut self, id: MessageId) -> bool {
        let Some(in_flight) = self.in_flight.get(id) else { return false };
        let kind = MessageKind::of(&in_flight.message);
        let (from, to) = (in_flight.from, in_flight.to);
        let Some(awaited) = self.links.get_mut(from, to).and_then(|link| link.take_next(kind))
        else {
            return false;
        };
        let Awaited { deed, ordered_by } = awaited;
        self.because(ordered_by, |world| match deed {
            NextMessage::Drop => {
                world.drop_message(id, DropReason::ByCommand);
                true
            }
            NextMessage::Duplicate => {
                world.copy(id, world.now);
                false
            }
            NextMessage::Deliver => false,
        })
    }

    fn held(&self, from: NodeId, to: NodeId) -> impl Iterator<Item = &InFlightMessage> {
        let is_held = move |message: &&InFlightMessage| {
            (message.from, message.to) == (from, to) && message.hold == Hold::Held
        };
        self.in_flight.iter().filter(is_held)
    }

    /// Lets the messages that a link holds arrive now, in the order in which they were sent.
    pub(super) fn release(&mut self, from: NodeId, to: NodeId, kind: Option<MessageKind>) {
        let is_meant = |message: &&InFlightMessage| {
            kind.is_none_or(|kind| MessageKind::of(&message.message) == kind)
        };
        let held: Vec<MessageId> =
            self.held(from, to).filter(is_meant).map(|message| message.id).collect();
        for id in held {
            self.let_arrive(id);
        }
    }

    /// Ends all holds of a link whose faults end.
    pub(super) fn release_all(&mut self) {
        let held = self.in_flight.iter().filter(|message| message.hold == Hold::Held);
        let held: Vec<MessageId> = held.map(|message| message.id).collect();
        for id in held {
            self.let_arrive(id);
        }
    }

    fn let_arrive(&mut self, id: MessageId) {
        if let Some(in_flight) = self.in_flight.get_mut(id) {
            in_flight.hold = Hold::Released;
            self.schedule(self.now, ScheduledKind::MessageArrives(id));
        }
    }

    pub(super) fn deliver_now(&mut self, id: MessageId) -> Result<(), ActionError> {
        if !self.in_flight.contains(id) {
            return Err(NetworkError::NoSuchMessage(id).into());
        }
        self.let_arrive(id);
        Ok(())
    }

    pub(super) fn duplicate(&mut self, id: MessageId) -> Result<(), ActionError> {
        let Some(in_flight) = self.in_flight.get(id) else {
            return Err(NetworkError::NoSuchMessage(id).into());
        };
        self.copy(id, in_flight.arrives_at.max(self.now));
        Ok(())
    }

    /// Sends a copy of a message in flight.
    fn copy(&mut self, id: MessageId, arrives_at: Instant) {
        let Some(original) = self.in_flight.get(id).cloned() else { return };
        let (from, to, message) = (original.from, original.to, original.message.clone());
        let (sent_at, sent_by) = (self.now, self.next_event());
        let copied = Arc::clone(&message);
        let id = self.in_flight.launch(|id| InFlightMessage {
            id,
            sent_at,
            arrives_at,
            sent_by,
            ..original
        });
        let event = MessageEvent::Replayed { arrives_at };
        self.emit(EventKind::Message { id, from, to, message: copied, event });
        self.schedule(arrives_at, ScheduledKind::MessageArrives(id));
    }

    pub(super) fn act_on_next(
        &mut self,
        kind: MessageKind,
        (from, to): (NodeId, NodeId),
        deed: NextMessage,
    ) -> Result<(), ActionError> {
        self.known_link(from, to)?;
        if deed != NextMessage::Deliver {
            let event = EventKind::Network(NetworkEvent::NextAwaited { from, to, kind, deed });
            let ordered_by = self.emit(event);
            self.known_link(from, to)?.await_next(kind, Awaited { deed, ordered_by });
            return Ok(());
        }
        let is_meant = |message: &&InFlightMessage| {
            (message.from, message.to) == (from, to) && MessageKind::of(&message.message) == kind
        };
        let first = self.in_flight.iter().find(is_meant).map(|message| message.id);
        self.deliver_now(first.ok_or(NetworkError::NoneInFlight(kind))?)
    }
}
