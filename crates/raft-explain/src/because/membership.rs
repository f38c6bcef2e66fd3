//! Changes of the membership (§6).

use raft_core::{Bare, MembershipTrace, NodeId, Refusal};
use raft_sim::{Event, Words, words};

use super::Decision;
use crate::chain::unheard;
use crate::explanation::Finding;
use crate::missing::lacking;
use crate::seen::{adopted, decision, elected, membership_at, passing};

impl<'a> Decision<'a> {
    pub(super) fn membership(self, decision: &MembershipTrace) -> Finding {
        let finding = self.in_its_own_words();
        match decision {
            MembershipTrace::ChangeRefused { reason: Refusal::ChangeInProgress, .. } => {
                self.another_change_is_under_way().unwrap_or(finding)
            }
            MembershipTrace::ChangeRefused { reason, .. } => {
                self.beside_a_refusal(finding, *reason)
            }
            MembershipTrace::ChangeGivenUp { reason } => {
                let started = self.earlier(|event| self.is_start(event));
                let finding = self.beside_a_refusal(finding, *reason);
                finding.because_all(self.run.led_by(started))
            }
            MembershipTrace::ChangeStarted { .. }
            | MembershipTrace::Adopted { .. }
            | MembershipTrace::RolledBack { .. } => finding,
        }
    }

    fn is_start(self, event: &Event) -> bool {
        let change = membership_at(event, self.node);
        matches!(change, Some(MembershipTrace::ChangeStarted { .. }))
    }

    /// One change at a time.
    fn another_change_is_under_way(self) -> Option<Finding> {
        let started = self.earlier(|event| self.is_start(event))?;
        let mut after = self.run.record.after(started.number);
        let index =
            after.find_map(|event| decision(event, self.node).and_then(|_| adopted(event)))?;
        let commit = self.run.core(self.node)?.commit_index();
        let words = words! {
            "Another change is under way: ", index, " is not committed (commit index ",
            Bare(commit), "). One change at a time: two at once could lead to majorities that do \
             not meet. A change that is refused is not queued"
        };
        let said = words!("a change is under way: ", Words::without_subject(&started.kind));
        let finding = Finding::new(words).section("§6, dissertation §4.1");
        Some(finding.because_all(self.run.led_by_as(started, said)))
    }

    /// What made the guard refuse.
    fn beside_a_refusal(self, finding: Finding, reason: Refusal) -> Finding {
        if reason == Refusal::TermNotCommitted {
            let elected = self.earlier(|event| elected(event).is_some_and(|it| it.0 == self.node));
            return finding.because_all(self.run.led_by(elected));
        }
        if let Refusal::VotersNotHeard { unheard, .. } = reason {
            let silent = unheard.named().iter().copied();
            return silent.fold(finding, |finding, node| self.has_not_heard(finding, node));
        }
        if let Refusal::NotCaughtUp { node, match_index, .. } = reason {
            let lacks = lacking(&self.run, node, match_index.next(), self.event);
            return self.has_not_heard(finding, node).because_all(lacks);
        }
        if let Refusal::CatchUpStalled { node } = reason {
            return self.has_not_heard(finding, node);
        }
        finding
    }

    /// Why a node was not heard since its last message that came, or ever.
    fn has_not_heard(self, finding: Finding, node: NodeId) -> Finding {
        let heard = self.earlier(|event| {
            passing(event, node, self.node).is_some_and(|passing| passing.is_delivered())
        });
        match heard.or_else(|| self.run.record.iter().next()) {
            Some(since) => {
                finding.because(unheard(&self.run, (node, self.node), since, self.event))
            }
            None => finding,
        }
    }
}
