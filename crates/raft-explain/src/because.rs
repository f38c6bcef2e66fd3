//! Why an event happened: its own reason in whole sentences, and its causes.

mod commits;
mod elections;
mod messages;
mod others;
mod replication;
pub(crate) mod rules;

use raft_core::Trace;
use raft_sim::{Event, EventKind, EventNumber};

use crate::chain::Chains;
use crate::evidence::Evidence;
use crate::explanation::{Explanation, Finding};
use crate::question::Unanswerable;

impl<'a> Evidence<'a> {
    /// Why an event happened.
    ///
    /// # Errors
    /// If there is no such event, or it is older than the [record](crate::Record).
    pub fn why(&self, number: EventNumber) -> Result<Explanation, Unanswerable> {
        let event = self.event(number).ok_or(Unanswerable::NoSuchEvent {
            number,
            first: self.record.iter().next().map(|event| event.number),
            last: self.record.iter().next_back().map(|event| event.number),
        })?;
        Ok(Explanation::of(self.because(event)).with(rules::off(self)))
    }

    pub(crate) fn because(&self, event: &'a Event) -> Finding {
        let finding = match &event.kind {
            EventKind::Core { node, trace } => match trace {
                Trace::Election(_) | Trace::PreVote(_) | Trace::Term(_) => {
                    elections::why(self, event, *node, trace)
                }
                Trace::Replication(decision) => replication::why(self, event, *node, decision),
                Trace::Commit(decision) => commits::why(self, event, *node, decision),
                Trace::Lifecycle(_)
                | Trace::Client(_)
                | Trace::Read(_)
                | Trace::Transfer(_)
                | Trace::Membership(_)
                | Trace::Snapshot(_)
                | Trace::Disk(_)
                | Trace::Ignored(_) => others::decision(self, event, *node, trace),
            },
            EventKind::Message { .. } => messages::why(self, event),
            EventKind::StateMachine { .. }
            | EventKind::Disk { .. }
            | EventKind::Process { .. }
            | EventKind::Network(_)
            | EventKind::Client { .. }
            | EventKind::Cluster(_)
            | EventKind::Acted { .. } => others::why(self, event),
        };
        finding.because_all(Chains::new(*self).of(event).finish())
    }
}
