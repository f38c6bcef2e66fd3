//! Changes of the membership (§6).

use raft_core::{Bare, MembershipTrace, Refusal};
use raft_sim::{Words, words};

use super::Decision;
use crate::explanation::Finding;
use crate::seen::{adopted, decision, membership_at};

impl Decision<'_> {
    pub(super) fn membership(self, decision: &MembershipTrace) -> Finding {
        let special = match decision {
            MembershipTrace::ChangeRefused { reason: Refusal::ChangeInProgress, .. } => {
                self.another_change_is_under_way()
            }
            MembershipTrace::ChangeRefused { .. }
            | MembershipTrace::ChangeStarted { .. }
            | MembershipTrace::ChangeGivenUp { .. }
            | MembershipTrace::Adopted { .. }
            | MembershipTrace::RolledBack { .. } => None,
        };
        special.unwrap_or_else(|| self.in_its_own_words())
    }

    /// One change at a time.
    fn another_change_is_under_way(self) -> Option<Finding> {
        let started = self.earlier(|event| {
            let change = membership_at(event, self.node);
            matches!(change, Some(MembershipTrace::ChangeStarted { .. }))
        })?;
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
}
