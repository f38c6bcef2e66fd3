//! The log of a leader, and the logs that follow it (§5.3).

use raft_core::{
    AppendEntriesReply, AppendRefusal, Bare, Body, LogIndex, LogPosition, NodeId, ReplicationTrace,
    Term,
};
use raft_sim::{Words, words};

use super::Decision;
use crate::explanation::{Cause, Finding};
use crate::said::Span;
use crate::seen::{Passing, appended, elected, entries_refused, truncated};

impl Decision<'_> {
    pub(super) fn replication(self, decision: &ReplicationTrace) -> Finding {
        let node = self.node;
        match decision {
            ReplicationTrace::Backtracked { peer, from, to } => {
                self.backtracked(*peer, *from, *to).unwrap_or_else(|| self.in_its_own_words())
            }
            ReplicationTrace::Truncated { from, to, leader_term } => Finding::new(words! {
                "Node ", Bare(node), " removes ", Span(from.index, to.index), ": its entry ",
                Bare(from.index), " is of ", from.term, ", and that of the leader of ", leader_term,
                " is another one. A follower removes the first conflicting entry and all that \
                 follow it"
            })
            .section("§5.3")
            .because_all(self.appended(from.index)),
            ReplicationTrace::EntriesRefused { leader, prev_log, reason } => {
                let found = match reason {
                    AppendRefusal::PreviousMissing { last_log } => {
                        words!("its own log ends at ", Bare(last_log))
                    }
                    AppendRefusal::PreviousConflicts { own_term } => {
                        words!("it has an entry of ", own_term, " there")
                    }
                    AppendRefusal::StaleTerm { .. } => return self.in_its_own_words(),
                };
                Finding::new(words! {
                    "Node ", Bare(node), " refuses the entries of ", leader, " after ",
                    Bare(prev_log), ": ", found, ", so the logs do not agree up to there"
                })
                .section("§5.3")
            }
            ReplicationTrace::Appended { .. } | ReplicationTrace::EntriesAccepted { .. } => {
                self.in_its_own_words()
            }
        }
    }

    /// A leader found out where the log of a follower agrees with its own.
    fn backtracked(self, peer: NodeId, from: LogIndex, to: LogIndex) -> Option<Finding> {
        let node = self.node;
        let refusal = Passing::of(self.run.cause(self.event)?)?;
        let Body::AppendEntriesReply(AppendEntriesReply::Failure { prev_log_index, hint, .. }) =
            refusal.message.body
        else {
            return None;
        };
        let finding = Finding::new(words! {
            "Node ", Bare(peer), " failed the consistency check: ",
            self.disagreement(peer, prev_log_index), ". Its hint, ", Bare(hint),
            ", rules out all entries of later terms, so ", node, " continues at ", to,
            " instead of ", Bare(from)
        })
        .section("§5.3");
        let elected =
            self.earlier(|event| elected(event).is_some_and(|(leader, _)| leader == node));
        let Some(elected) = elected else { return Some(finding) };
        let said = words! {
            "a new leader starts with next_index just after its last entry; ", node, " was elected"
        };
        Some(finding.because_all(self.run.led_by_as(elected, said)))
    }

    /// What a follower has where a leader thought that their logs agree.
    fn disagreement(self, peer: NodeId, previous: LogIndex) -> Words {
        let refused = self.earlier(|event| {
            entries_refused(event, peer).is_some_and(|(prev_log, _)| prev_log.index == previous)
        });
        let Some((prev_log, reason)) = refused.and_then(|event| entries_refused(event, peer))
        else {
            return words!("it has no ", previous);
        };
        let named = words!("AppendEntries named ", Bare(prev_log), " as the entry before, and ");
        match reason {
            AppendRefusal::PreviousConflicts { own_term } => {
                let own = LogPosition::new(prev_log.index, *own_term);
                words!(named, peer, " has ", Bare(own), " there")
            }
            AppendRefusal::PreviousMissing { last_log } => {
                words!(named, "the log of ", peer, " ends at ", Bare(last_log))
            }
            AppendRefusal::StaleTerm { .. } => words!("it has no ", previous),
        }
    }

    /// How the entry that is removed came into the log.
    fn appended(self, index: LogIndex) -> Vec<Vec<Cause>> {
        let Some(term) = self.term_before(index) else { return Vec::new() };
        let position = LogPosition::new(index, term);
        self.run.led_by(self.earlier(|event| appended(event).is_some_and(|it| it.0 == position)))
    }

    /// The term of the entry that was removed last at this place of this log.
    fn term_before(self, index: LogIndex) -> Option<Term> {
        let removed =
            |event: &_| truncated(event, self.node).filter(|(from, _)| from.index == index);
        removed(self.run.last(|event| removed(event).is_some())?).map(|(from, _)| from.term)
    }
}
