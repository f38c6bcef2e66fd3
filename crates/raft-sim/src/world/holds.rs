//! One message, or those of one kind: held and released, delivered at once, dropped, doubled.

use raft_core::NodeId;

use super::World;
use super::queue::ScheduledKind;
use super::wire::Sending;
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
        let (from, to, hold, sent_by) = (*from, *to, *hold, *sent_by);
        let link = self.links.get(from, to);
        let holds = link.is_some_and(|link| link.holds(MessageKind::of(message)));
        if !holds || hold == Hold::Released {
            return false;
        }
        let limit = link.map_or(0, |link| link.queue_limit as usize);
        let is_at_the_end = |held: &&InFlightMessage| !held.is_held_on_the_way();
        if self.held(from, to).filter(is_at_the_end).count() >= limit {
            self.drop_message(id, DropReason::QueueFull);
            return true;
        }
        self.because(sent_by, |world| world.hold(id));
        true
    }

    /// Holds a message that is in flight.
    fn hold(&mut self, id: MessageId) {
        let since = self.now;
        let Some(in_flight) = self.in_flight.get_mut(id) else { return };
        in_flight.hold = Hold::Held { since };
        let (from, to, message) = (in_flight.from, in_flight.to, in_flight.message.clone());
        self.emit(EventKind::Message { id, from, to, message, event: MessageEvent::Held });
    }

    /// Whether a message that arrives is the next of its kind, and that one is to be lost or held.
    /// If that one is to arrive twice, its copy is on its way.
    pub(super) fn meets_a_deed(&mut self, id: MessageId) -> bool {
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
                world.copy(id);
                false
            }
            NextMessage::Hold => {
                world.hold(id);
                true
            }
            NextMessage::Deliver | NextMessage::Release => false,
        })
    }

    fn held(&self, from: NodeId, to: NodeId) -> impl Iterator<Item = &InFlightMessage> {
        let is_held = move |message: &&InFlightMessage| {
            (message.from, message.to) == (from, to) && message.held_since().is_some()
        };
        self.in_flight.iter().filter(is_held)
    }

    /// Lets the messages that are held on a link go on, in the order in which they were sent.
    pub(super) fn release(&mut self, from: NodeId, to: NodeId, kind: Option<MessageKind>) {
        let is_meant = |message: &&InFlightMessage| {
            kind.is_none_or(|kind| MessageKind::of(&message.message) == kind)
        };
        let held: Vec<MessageId> =
            self.held(from, to).filter(is_meant).map(|message| message.id).collect();
        held.into_iter().for_each(|id| self.go_on(id));
    }

    /// Ends all holds of a link whose faults end.
    pub(super) fn release_all(&mut self) {
        let held = self.in_flight.iter().filter(|message| message.held_since().is_some());
        let held: Vec<MessageId> = held.map(|message| message.id).collect();
        held.into_iter().for_each(|id| self.go_on(id));
    }

    /// Lets a message that is held go the rest of its way. If it was held before it came to the end
    /// of it, the trace says when it arrives now.
    fn go_on(&mut self, id: MessageId) {
        let now = self.now;
        let Some(in_flight) = self.in_flight.get_mut(id) else { return };
        let was_on_the_way = in_flight.is_held_on_the_way();
        in_flight.release(now);
        let (at, next) = match in_flight.lost_at {
            Some(lost_at) => (lost_at, ScheduledKind::MessageLost(id)),
            None => (in_flight.arrives_at, ScheduledKind::MessageArrives(id)),
        };
        let told = was_on_the_way.then(|| in_flight.clone());
        told.iter().for_each(|released| self.tell_release(released));
        self.schedule(at, next);
    }

    /// The message, if it is in flight.
    pub(super) fn under_way(&self, id: MessageId) -> Result<&InFlightMessage, NetworkError> {
        self.in_flight.get(id).ok_or(match self.in_flight.knows(id) {
            true => NetworkError::NotUnderWay(id),
            false => NetworkError::NoSuchMessage(id),
        })
    }

    pub(super) fn hold_now(&mut self, id: MessageId) -> Result<(), ActionError> {
        if self.under_way(id)?.held_since().is_some() {
            return Err(NetworkError::HeldAlready(id).into());
        }
        self.hold(id);
        Ok(())
    }

    pub(super) fn release_now(&mut self, id: MessageId) -> Result<(), ActionError> {
        let held = self.under_way(id)?.clone();
        if held.held_since().is_none() {
            return Err(NetworkError::NotHeld(id).into());
        }
        self.go_on(id);
        if !held.is_held_on_the_way() {
            self.tell_release(&InFlightMessage { arrives_at: self.now, ..held });
        }
        Ok(())
    }

    fn tell_release(&mut self, released: &InFlightMessage) {
        let InFlightMessage { id, from, to, arrives_at, ref message, .. } = *released;
        let event = MessageEvent::Released { arrives_at };
        self.emit(EventKind::Message { id, from, to, message: message.clone(), event });
    }

    pub(super) fn deliver_now(&mut self, id: MessageId) -> Result<(), ActionError> {
        self.under_way(id)?;
        let now = self.now;
        if let Some(in_flight) = self.in_flight.get_mut(id) {
            in_flight.hold = Hold::Released;
            (in_flight.arrives_at, in_flight.lost_at) = (now, None);
        }
        self.schedule(now, ScheduledKind::MessageArrives(id));
        Ok(())
    }

    /// Sends a copy of a message in flight, which takes a way of its own.
    pub(super) fn duplicate(&mut self, id: MessageId) -> Result<(), ActionError> {
        let original = self.under_way(id)?;
        let (from, to, message) = (original.from, original.to, original.message.clone());
        let (copy, arrives_at) = self.resend((from, to), message, Hold::Open)?;
        self.schedule(arrives_at, ScheduledKind::MessageArrives(copy));
        Ok(())
    }

    /// Sends a copy of a message that arrives; the copy arrives now.
    fn copy(&mut self, id: MessageId) {
        let Some(original) = self.in_flight.get(id) else { return };
        let InFlightMessage { from, to, message, hold, .. } = original.clone();
        let event = |arrives_at| MessageEvent::Replayed { arrives_at };
        let now = self.now;
        let (copy, _) = self.launch(Sending { from, to, message, hold, event }, |_| now);
        self.schedule(now, ScheduledKind::MessageArrives(copy));
    }

    pub(super) fn act_on_next(
        &mut self,
        kind: MessageKind,
        (from, to): (NodeId, NodeId),
        deed: NextMessage,
    ) -> Result<(), ActionError> {
        self.known_link(from, to)?;
        if !matches!(deed, NextMessage::Deliver | NextMessage::Release) {
            let event = EventKind::Network(NetworkEvent::NextAwaited { from, to, kind, deed });
            let ordered_by = self.emit(event);
            self.known_link(from, to)?.await_next(kind, Awaited { deed, ordered_by });
            return Ok(());
        }
        let is_meant = |message: &&InFlightMessage| {
            (message.from, message.to) == (from, to) && MessageKind::of(&message.message) == kind
        };
        let meant = || self.in_flight.iter().filter(is_meant);
        if deed == NextMessage::Release {
            let held = meant().find(|message| message.held_since().is_some());
            let held = held.ok_or(NetworkError::NoneHeld(kind))?.id;
            return self.release_now(held);
        }
        let first = meant().next().ok_or(NetworkError::NoneInFlight(kind))?.id;
        self.deliver_now(first)
    }
}
