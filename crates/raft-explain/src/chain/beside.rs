//! What is beside a chain: why something on its way was late, slow or silent.

use raft_core::NodeId;
use raft_sim::{
    DiskChange, Event, EventKind, LinkChange, MessageEvent, NetworkEvent, ProcessEvent, Words,
    words,
};

use super::Chains;
use crate::explanation::Cause;
use crate::facts::{heard, link};
use crate::said::{At, Named, Took, statement_words};
use crate::seen::{Passing, disk_change, is_of_leader, link_change, lost, passing, process};

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

    /// The reason that a node heard no leader before its election timer elapsed.
    pub(super) fn look_beside_silence(&mut self, timer: &'a Event, node: NodeId) {
        if let Some(chain) = self.silence(timer, node) {
            self.beside.push(chain);
        }
    }

    fn silence(&self, timer: &'a Event, node: NodeId) -> Option<Vec<Cause>> {
        let heard = heard(&self.run, node, timer)?;
        let leader = Passing::of(heard)?.from;
        let since = words!(node, " has not heard ", leader, " since ", At(heard.at));
        let mut links = vec![link(heard, since)];
        let between = || {
            let after = self.run.record.after(heard.number);
            after.take_while(|event| event.number < timer.number)
        };
        let jumped = |event: &&Event| {
            matches!(process(event, node), Some(ProcessEvent::ClockChanged { .. }))
        };
        let is_down = |event: &&Event| {
            matches!(process(event, leader), Some(ProcessEvent::Crashed | ProcessEvent::Paused))
        };
        let lost = between().find_map(|event| {
            let message = lost(event, leader, node).filter(|message| is_of_leader(message))?;
            Some((event, message))
        });
        if let Some(jump) = between().filter(jumped).last() {
            links.push(link(jump, Words::of(&jump.kind)));
            links.extend(self.statement_of(jump));
        } else if let Some((lost, message)) = lost {
            links.push(link(lost, words!(Named(message), " is lost")));
            links.extend(self.statement_of(lost));
        } else if let Some(down) = between().find(is_down) {
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
    pub(crate) fn statement_of(&self, event: &Event) -> Option<Cause> {
        let numbers = [Some(event.number), event.cause];
        numbers.into_iter().flatten().find_map(|number| {
            let given = self.run.statements.of(number)?;
            Some(Cause {
                words: statement_words(&given),
                at: given.at,
                event: Some(number),
                step: event.step,
                line: Some(given.line),
            })
        })
    }
}

/// Whether the change can make a link slow.
fn slows_link(change: &LinkChange) -> bool {
    matches!(
        change,
        LinkChange::Latency(_)
            | LinkChange::Bandwidth(Some(_))
            | LinkChange::Clog(_)
            | LinkChange::Hold(_)
    )
}
