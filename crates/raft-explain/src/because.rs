//! Why an event happened: its own reason in whole sentences, and its causes.

mod clients;
mod commits;
mod elections;
mod happenings;
mod ignored;
mod membership;
mod messages;
mod reads;
mod replication;
pub(crate) mod rules;
mod snapshots;
mod terms;
mod transfers;

use raft_core::{NodeId, Trace};
use raft_sim::{Event, EventKind, EventNumber};

pub(crate) use self::happenings::after_failure;
use crate::evidence::Evidence;
use crate::explanation::{Explanation, Finding};
use crate::question::Unanswerable;
use crate::said::capital;

/// A decision that is to be explained.
#[derive(Clone, Copy)]
struct Decision<'a> {
    run: Evidence<'a>,
    event: &'a Event,
    node: NodeId,
}

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
        Ok(Explanation::of(self.because(event)).with(rules::off(self, event)))
    }

    /// The reason for an event, with its causes.
    pub(crate) fn because(&self, event: &'a Event) -> Finding {
        let finding = match &event.kind {
            EventKind::Core { node, trace } => {
                Decision { run: *self, event, node: *node }.why(trace)
            }
            EventKind::Message { .. } => messages::why(self, event),
            EventKind::Client { .. } => clients::why(self, event),
            EventKind::StateMachine { node, .. } => match self.unasked(event, *node) {
                Some(finding) => finding,
                None => self.happening(event),
            },
            EventKind::Disk { .. }
            | EventKind::Process { .. }
            | EventKind::Network(_)
            | EventKind::Cluster(_)
            | EventKind::Acted { .. } => self.happening(event),
        };
        finding.because_all(self.causes(event))
    }
}

impl<'a> Decision<'a> {
    fn why(self, trace: &Trace) -> Finding {
        match trace {
            Trace::Election(election) => self.election(election),
            Trace::PreVote(pre_vote) => self.pre_vote(pre_vote),
            Trace::Term(term) => self.term(term),
            Trace::Replication(replication) => self.replication(replication),
            Trace::Commit(commit) => self.commit(commit),
            Trace::Membership(membership) => self.membership(membership),
            Trace::Transfer(transfer) => self.transfer(transfer),
            Trace::Read(read) => self.read(read),
            Trace::Snapshot(snapshot) => self.snapshot(snapshot),
            Trace::Ignored(ignored) => self.ignored(ignored),
            Trace::Lifecycle(_) | Trace::Client(_) | Trace::Disk(_) => self.in_its_own_words(),
        }
    }

    /// The words of the decision say its reason.
    fn in_its_own_words(self) -> Finding {
        Finding::new(capital(&self.event.kind))
    }

    /// The last event before it that fits.
    fn earlier(self, fits: impl Fn(&Event) -> bool) -> Option<&'a Event> {
        self.run.last_before(self.event.number, fits)
    }
}
