//! What is beside a chain: why something on its way was late, slow or silent.

use raft_core::NodeId;
use raft_sim::{
    DiskChange, DiskEvent, Event, EventKind, LinkChange, MessageEvent, NetworkEvent, ProcessEvent,
    Words, words,
};

use super::Chains;
use crate::facts::{At, Named, Took, is_of_leader, link, message, statement_words};

impl<'a> Chains<'a> {
    /// A message that was longer under way than messages are.
    pub(super) fn look_beside_message(&mut self, delivered: &'a Event) {
        let EventKind::Message { from, to, .. } = delivered.kind else { return };
        let Some(sent) = self.run.cause(delivered) else { return };
        let EventKind::Message { event: MessageEvent::Sent { arrives_at }, .. } = sent.kind else {
            return;
        };
        let latency = self.run.world.setup().link_latency;
        let took = arrives_at - sent.at;
        if took > latency.max || took < latency.min {
            let why = self.run.last_before(sent.number, |event| slows_link(event, from, to));
            self.add_fault(why, words!("it took ", Took(took), " to get there"));
        }
        if let Some(again) = self.passes_again(sent, from, to) {
            self.add_fault(Some(again), words!("messages of ", from, " reach ", to, " again"));
        }
        if delivered.at > arrives_at {
            let why = self.run.last_before(delivered.number, |event| slows_node(event, to));
            let waited = Took(delivered.at - arrives_at);
            self.add_fault(why, words!("it waited there for ", waited));
        }
    }

    /// What let messages pass again, if the ones before this one were lost.
    fn passes_again(&self, sent: &'a Event, from: NodeId, to: NodeId) -> Option<&'a Event> {
        let before = self.run.last_before(sent.number, |event| {
            message(event, from, to).is_some_and(|(_, what)| {
                matches!(what, MessageEvent::Delivered | MessageEvent::Dropped { .. })
            })
        })?;
        let (_, MessageEvent::Dropped { .. }) = message(before, from, to)? else { return None };
        self.run.record.after(before.number).take_while(|event| event.number < sent.number).find(
            |event| match &event.kind {
                EventKind::Network(NetworkEvent::Healed) => true,
                EventKind::Network(NetworkEvent::LinkChanged { from: f, to: t, change }) => {
                    (*f, *t) == (from, to) && matches!(change, LinkChange::Restore)
                }
                _ => false,
            },
        )
    }

    /// A write that took longer than writes take.
    pub(super) fn look_beside_write(&mut self, durable: &'a Event, issued: &'a Event, on: NodeId) {
        let why = self.run.last_before(durable.number, |event| match &event.kind {
            EventKind::Disk { node, event: DiskEvent::Changed { change } } => {
                *node == on && matches!(change, DiskChange::Stall(_) | DiskChange::Latency(_))
            }
            EventKind::Process { node, event: ProcessEvent::Slowed { .. } } => *node == on,
            _ => false,
        });
        let why = why.filter(|event| event.at >= issued.at || event.number < issued.number);
        self.add_fault(why, words!("the disk of ", on, " is slow"));
    }

    /// The reason that a node heard no leader before its election timer elapsed.
    pub(super) fn look_beside_silence(&mut self, timer: &'a Event, node: NodeId) {
        if let Some(chain) = self.silence(timer, node) {
            self.beside.push(chain);
        }
    }

    fn silence(&self, timer: &'a Event, node: NodeId) -> Option<Vec<crate::Cause>> {
        let heard = self.run.last_before(timer.number, |event| match &event.kind {
            EventKind::Message { to, message, event: MessageEvent::Delivered, .. } => {
                *to == node && is_of_leader(message)
            }
            _ => false,
        })?;
        let EventKind::Message { from: leader, .. } = heard.kind else { return None };
        let since = words!(node, " has not heard ", leader, " since ", At(heard.at));
        let jump = self.run.last_before(timer.number, |event| {
            event.number > heard.number
                && matches!(&event.kind, EventKind::Process {
                    node: of, event: ProcessEvent::ClockChanged { .. }
                } if *of == node)
        });
        let lost = self.run.record.after(heard.number).find(|event| {
            event.number < timer.number
                && message(event, leader, node).is_some_and(|(message, what)| {
                    is_of_leader(message) && matches!(what, MessageEvent::Dropped { .. })
                })
        });
        let down = self.run.record.after(heard.number).find(|event| {
            event.number < timer.number
                && matches!(&event.kind, EventKind::Process {
                    node: of, event: ProcessEvent::Crashed | ProcessEvent::Paused
                } if *of == leader)
        });
        let mut links = vec![link(heard, since)];
        if let Some(jump) = jump {
            links.push(link(jump, Words::of(&jump.kind)));
            links.extend(self.statement_of(jump));
        } else if let Some(lost) = lost {
            let (message, _) = message(lost, leader, node)?;
            links.push(link(lost, words!(Named(message), " is lost")));
            links.extend(self.statement_of(lost));
        } else if let Some(down) = down {
            links.extend(self.statement_of(down));
        }
        Some(links)
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
    pub(crate) fn statement_of(&self, event: &Event) -> Option<crate::Cause> {
        let numbers = [Some(event.number), event.cause].into_iter().flatten();
        numbers.filter_map(|number| Some((number, self.run.statements.of(number)?))).next().map(
            |(number, given)| crate::Cause {
                words: statement_words(&given),
                at: given.at,
                event: Some(number),
                step: event.step,
                line: Some(given.line),
            },
        )
    }
}

/// Whether the event makes a link slow.
fn slows_link(event: &Event, sender: NodeId, receiver: NodeId) -> bool {
    match &event.kind {
        EventKind::Network(NetworkEvent::LinkChanged { from, to, change }) => {
            (*from, *to) == (sender, receiver)
                && matches!(
                    change,
                    LinkChange::Latency(_)
                        | LinkChange::Bandwidth(Some(_))
                        | LinkChange::Clog(_)
                        | LinkChange::Hold(_)
                )
        }
        _ => false,
    }
}

/// Whether the event makes a node slow, or stops it.
fn slows_node(event: &Event, of: NodeId) -> bool {
    match &event.kind {
        EventKind::Process { node, event } => {
            *node == of && matches!(event, ProcessEvent::Paused | ProcessEvent::Slowed { .. })
        }
        _ => false,
    }
}
