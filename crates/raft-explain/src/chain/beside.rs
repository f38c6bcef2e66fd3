//! What is beside a chain: why something on its way was late, slow or silent.

use raft_core::NodeId;
use raft_sim::{
    DiskChange, DropReason, Event, EventKind, LinkChange, MessageEvent, NetworkEvent, ProcessEvent,
    Words, words,
};

use super::Chains;
use crate::explanation::Cause;
use crate::facts::link;
use crate::said::{Took, statement_words};
use crate::seen::{Passing, disk_change, link_change, lost, passing, process};

impl<'a> Chains<'a> {
    /// A message that was longer under way than messages are.
    pub(super) fn look_beside_message(&mut self, delivered: &'a Event) {
        let Some(sent) = self.run.cause(delivered) else { return };
        let Some(Passing { from, to, event, .. }) = Passing::of(sent) else { return };
        let MessageEvent::Sent { arrives_at } = *event else { return };
        let latency = self.run.world.setup().link_latency;
        let took = arrives_at - sent.at;
        if took > latency.max || took < latency.min {
            let why = self.run.last_before(sent.number, |event| {
                link_change(event, from, to).is_some_and(slows_link)
            });
            self.add_fault(why, words!("it took ", Took(took), " to get there"));
        }
        if let Some(again) = self.passes_again(sent, from, to) {
            self.add_fault(Some(again), words!("messages of ", from, " reach ", to, " again"));
        }
        if delivered.at > arrives_at {
            let why = self.run.last_before(delivered.number, |event| {
                matches!(
                    process(event, to),
                    Some(ProcessEvent::Paused | ProcessEvent::Slowed { .. })
                )
            });
            let waited = Took(delivered.at - arrives_at);
            self.add_fault(why, words!("it waited there for ", waited));
        }
    }

    /// The fault because of which a message is lost: its cause, or for one that is lost at random,
    /// the setting of the link.
    pub(super) fn fault_of_loss(&self, event: &'a Event) -> Option<&'a Event> {
        let Passing { from, to, event: what, .. } = Passing::of(event)?;
        let MessageEvent::Dropped { reason, .. } = what else { return None };
        let is_fault = |change: &LinkChange| match reason {
            DropReason::Lost => matches!(change, LinkChange::Loss { .. }),
            DropReason::QueueFull => {
                matches!(change, LinkChange::Bandwidth(_) | LinkChange::QueueLimit(_))
            }
            DropReason::LinkCut
            | DropReason::Partitioned
            | DropReason::NodeDown
            | DropReason::ByCommand => false,
        };
        let set = self
            .run
            .last_before(event.number, |event| link_change(event, from, to).is_some_and(is_fault));
        set.or_else(|| self.run.cause(event))
    }

    /// What let messages pass again, if the ones before this one were lost.
    fn passes_again(&self, sent: &'a Event, from: NodeId, to: NodeId) -> Option<&'a Event> {
        let before = self.run.last_before(sent.number, |event| {
            passing(event, from, to).is_some_and(|it| it.is_delivered() || it.is_lost())
        })?;
        lost(before, from, to)?;
        let mut until =
            self.run.record.after(before.number).take_while(|event| event.number < sent.number);
        until.find(|event| {
            matches!(event.kind, EventKind::Network(NetworkEvent::Healed))
                || matches!(link_change(event, from, to), Some(LinkChange::Restore))
        })
    }

    /// A write that took longer than writes take.
    pub(super) fn look_beside_write(&mut self, durable: &'a Event, issued: &'a Event, on: NodeId) {
        let why = self.run.last_before(durable.number, |event| {
            matches!(disk_change(event, on), Some(DiskChange::Stall(_) | DiskChange::Latency(_)))
                || matches!(process(event, on), Some(ProcessEvent::Slowed { .. }))
        });
        let why = why.filter(|event| event.at >= issued.at || event.number < issued.number);
        self.add_fault(why, words!("the disk of ", on, " is slow"));
    }

    /// A chain of what `words` say and the fault that made it so.
    fn add_fault(&mut self, fault: Option<&'a Event>, words: Words) {
        let Some(fault) = fault else { return };
        let mut links = vec![link(fault, words)];
        links.extend(self.statement_of(fault));
        if !self.beside.contains(&links) && !self.ways.contains(&links) {
            self.beside.push(links);
        }
    }

    /// The statement that made this event, or its cause.
    pub(crate) fn statement_of(&self, event: &'a Event) -> Option<Cause> {
        let (given, event) = self
            .given(event)
            .or_else(|| self.run.cause(event).and_then(|cause| self.given(cause)))?;
        Some(Cause {
            words: statement_words(&given),
            at: given.at,
            event: Some(event.number),
            step: event.step,
            line: Some(given.line),
        })
    }
}

/// Whether the change can make a link slow.
pub(super) fn slows_link(change: &LinkChange) -> bool {
    matches!(
        change,
        LinkChange::Latency(_)
            | LinkChange::Bandwidth(Some(_))
            | LinkChange::Clog(_)
            | LinkChange::Hold(_)
    )
}
