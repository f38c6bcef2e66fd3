//! Why a node was not heard.

use raft_core::{Message, NodeId};
use raft_sim::{Event, ProcessEvent, Words, words};

use super::Chains;
use super::beside::slows_link;
use crate::evidence::Evidence;
use crate::explanation::Cause;
use crate::facts::{heard, link};
use crate::said::{At, Named};
use crate::seen::{Passing, is_of_leader, link_change, lost, process, steps_down};

impl<'a> Chains<'a> {
    /// The reason that a node heard no leader before its election timer elapsed.
    pub(super) fn look_beside_silence(&mut self, timer: &'a Event, node: NodeId) {
        let Some(heard) = heard(&self.run, node, timer) else { return };
        let Some(Passing { from: leader, .. }) = Passing::of(heard) else { return };
        let since = words!(node, " has not heard ", leader, " since ", At(heard.at));
        let silence =
            Silence { of: leader, by: node, since: heard, until: timer, only_answers: false };
        let reason = self.clock_jump(silence).or_else(|| self.fault(silence, is_of_leader));
        let first = link(timer, since);
        self.beside.push(match reason {
            Some((event, words)) => self.alone(vec![first, link(event, words)], event),
            None => vec![first],
        });
    }

    /// The node's own clock jumped.
    fn clock_jump(&self, silence: Silence<'a>) -> Option<(&'a Event, Words)> {
        let Silence { by, since, until, .. } = silence;
        let changed = self.run.last_before(until.number, |event| {
            matches!(process(event, by), Some(ProcessEvent::ClockChanged { .. }))
        })?;
        (changed.number > since.number).then(|| (changed, Words::of(&changed.kind)))
    }

    /// The fault because of which a node was not heard.
    fn fault(
        &self,
        silence: Silence<'a>,
        sort: fn(&Message) -> bool,
    ) -> Option<(&'a Event, Words)> {
        let Silence { of, by, since, until, only_answers } = silence;
        let between = || {
            let after = self.run.record.after(since.number);
            after.take_while(|event| event.number < until.number)
        };
        let lost = between().find_map(|event| {
            let there = lost(event, of, by).filter(|message| sort(message));
            let message = there.or_else(|| lost(event, by, of).filter(|_| only_answers))?;
            Some((event, words!(Named(message), " is lost")))
        });
        let last = |fits: &dyn Fn(&Event) -> bool| self.run.last_before(until.number, fits);
        lost.or_else(|| {
            let fault = self
                .stop(silence)
                .or_else(|| between().find(|event| steps_down(event, of)))
                .or_else(|| last(&|event| is_slowed(event, of)))
                .or_else(|| last(&|event| link_change(event, of, by).is_some_and(slows_link)))
                .or_else(|| last(&|event| is_slowed(event, by)))?;
            Some((fault, Words::of(&fault.kind)))
        })
    }

    /// What stopped the silent node, if it is stopped at the end.
    fn stop(&self, silence: Silence<'a>) -> Option<&'a Event> {
        let changed = self.run.last_before(silence.until.number, |event| {
            matches!(
                process(event, silence.of),
                Some(
                    ProcessEvent::Crashed
                        | ProcessEvent::Paused
                        | ProcessEvent::Restarted
                        | ProcessEvent::Resumed
                )
            )
        })?;
        let is_stop = |event: &Event| {
            matches!(process(event, silence.of), Some(ProcessEvent::Crashed | ProcessEvent::Paused))
        };
        let mut between = self.run.record.after(silence.since.number);
        Some(changed).filter(|event| is_stop(event)).or_else(|| {
            between.find(|event| is_stop(event)).filter(|it| it.number < silence.until.number)
        })
    }
}

/// A node that another one did not hear, between two events.
#[derive(Clone, Copy)]
struct Silence<'a> {
    of: NodeId,
    by: NodeId,
    since: &'a Event,
    until: &'a Event,
    /// Whether it only answers: then it is silent too if it is not asked.
    only_answers: bool,
}

/// Why a node did not answer another one between two events.
pub(crate) fn unheard<'a>(
    run: &Evidence<'a>,
    (of, by): (NodeId, NodeId),
    since: &'a Event,
    until: &'a Event,
) -> Vec<Cause> {
    let chains = Chains::new(*run);
    let silence = Silence { of, by, since, until, only_answers: true };
    match chains.fault(silence, |_| true) {
        Some((event, words)) => chains.alone(vec![link(event, words)], event),
        None => Vec::new(),
    }
}

fn is_slowed(event: &Event, node: NodeId) -> bool {
    matches!(process(event, node), Some(ProcessEvent::Slowed { handling }) if !handling.is_zero())
}
