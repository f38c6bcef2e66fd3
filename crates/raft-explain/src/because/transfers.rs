//! Leadership transfers (dissertation §3.10).

use raft_core::{Bare, Body, NodeId, TransferTrace};
use raft_sim::{Event, words};

use super::Decision;
use crate::explanation::Finding;
use crate::missing::stopped;
use crate::said::{At, Took};
use crate::seen::{lost, transfer_begun};

impl<'a> Decision<'a> {
    pub(super) fn transfer(self, decision: &TransferTrace) -> Finding {
        let finding = self.in_its_own_words();
        match decision {
            TransferTrace::TimedOut { to } => self.transfer_timed_out(*to).unwrap_or(finding),
            TransferTrace::Ended { to, .. } => {
                let started = self.earlier(|event| transfer_begun(event, self.node) == Some(*to));
                finding.because_all(self.run.led_by(started))
            }
            TransferTrace::Refused { to, .. } => finding.because_all(stopped(&self.run, *to)),
            TransferTrace::Started { .. }
            | TransferTrace::TimeoutNowSent { .. }
            | TransferTrace::DiskHangs { .. } => finding,
        }
    }

    /// The other server must take over within a time.
    fn transfer_timed_out(self, to: NodeId) -> Option<Finding> {
        let Self { run, event, node } = self;
        let started = self.earlier(|event| transfer_begun(event, node) == Some(to))?;
        let longest = Took(run.world.node(node)?.settings().election_timeout_max);
        let is_told = |event: &&'a Event| {
            lost(event, node, to).is_some_and(|message| matches!(message.body, Body::TimeoutNow))
        };
        let lost: Vec<&'a Event> = run.record.after(started.number).filter(is_told).collect();
        let finding = Finding::new(words! {
            "Node ", Bare(to), " did not take over within the longest election timeout, ", longest,
            " after ", At(started.at), "; the leader looks with each heartbeat, hence at ",
            At(event.at), ". It takes commands again, but has no lease for the rest of its term, \
             because a TimeoutNow could still arrive"
        })
        .section("dissertation §3.10")
        .because_all(run.causes(started));
        let Some(last) = lost.last().copied() else { return Some(finding) };
        let count = lost.len();
        let said = words!("no election: {count} TimeoutNow to ", to, " are lost, the last one");
        Some(finding.because_all(run.led_by_as(last, said)).because_all(stopped(&run, to)))
    }
}
