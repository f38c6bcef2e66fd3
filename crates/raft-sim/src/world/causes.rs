//! Events and their causes.
//!
//! The world handles one event at a time, `World::cause`. What happens meanwhile has it as its
//! cause. Where time passes between a cause and its effect, the thing that waits keeps the number
//! of the cause: a message in flight, a write, a timer, an arrival in an inbox, a request.

use raft_core::NodeId;
use raft_kv::{ClientId, Sequence};

use super::World;
use crate::{
    ClientEvent, DiskEvent, Event, EventKind, EventNumber, ProcessEvent, StateMachineEvent,
};

impl World {
    /// What happens in `handle` is caused by this event.
    pub(super) fn because<T>(
        &mut self,
        cause: impl Into<Option<EventNumber>>,
        handle: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = std::mem::replace(&mut self.cause, cause.into());
        let result = handle(self);
        self.cause = outer;
        result
    }

    /// The number of the event that comes next.
    pub(super) fn next_event(&self) -> EventNumber {
        EventNumber::new(self.event_count + 1).expect("a number after another is not 0")
    }

    pub(super) fn emit(&mut self, kind: EventKind) -> EventNumber {
        let number = self.next_event();
        self.event_count = number.get();
        let event = Event { number, step: self.steps, at: self.now, cause: self.cause, kind };
        event.add_to(&mut self.fingerprint);
        self.events.push(event);
        number
    }

    pub(super) fn emit_state_machine(
        &mut self,
        node: NodeId,
        event: StateMachineEvent,
    ) -> EventNumber {
        self.emit(EventKind::StateMachine { node, event })
    }

    pub(super) fn emit_disk(&mut self, node: NodeId, event: DiskEvent) -> EventNumber {
        self.emit(EventKind::Disk { node, event })
    }

    pub(super) fn emit_process(&mut self, node: NodeId, event: ProcessEvent) -> EventNumber {
        self.emit(EventKind::Process { node, event })
    }

    pub(super) fn emit_client(
        &mut self,
        client: ClientId,
        sequence: Sequence,
        event: ClientEvent,
    ) -> EventNumber {
        self.emit(EventKind::Client { client, sequence, event })
    }
}
