//! Log replication, the follower's side (§5.3).

use alloc::vec::Vec;

use super::durability::Needs;
use super::{Node, Role};
use crate::{
    AppendEntries, AppendEntriesReply, AppendRefusal, Body, Entry, IgnoreReason, Instant, LogIndex,
    LogPosition, NodeId, StepDownReason, Term, Trace,
};

/// Checks that the entries are consecutive and their terms never go down. The last position.
pub(super) fn check_entries(request: &AppendEntries) -> Result<(LogIndex, Term), IgnoreReason> {
    let mut last = request.prev_log();
    for entry in &request.entries {
        let follows = last.index.0.checked_add(1) == Some(entry.index.0);
        if !follows || entry.term < last.term || entry.term.0 == 0 {
            return Err(IgnoreReason::Malformed);
        }
        last = entry.position();
    }
    Ok((last.index, last.term))
}

impl Node {
    /// Recognizes the sender as the leader of the current term (§5.2). False if it cannot be.
    pub(super) fn recognize_leader(
        &mut self,
        now: Instant,
        from: NodeId,
        name: &'static str,
    ) -> bool {
        let term = self.current_term;
        match self.role {
            Role::Leader(_) => {
                let leader = self.config.id;
                self.ignore(from, name, IgnoreReason::SecondLeader { leader });
                return false;
            }
            Role::Follower { leader: Some(leader) } if leader != from => {
                self.ignore(from, name, IgnoreReason::SecondLeader { leader });
                return false;
            }
            Role::Follower { leader: Some(_) } => {}
            Role::Follower { leader: None } => {
                self.trace(|| Trace::LeaderRecognized { leader: from, term });
                self.set_role(Role::Follower { leader: Some(from) });
            }
            Role::Candidate { .. } => {
                // Raft §5.2: another server established itself as leader of this term.
                self.step_down(now, StepDownReason::LeaderElected(from), Some(from));
            }
        }
        self.restart_election_timer(now);
        true
    }

    pub(super) fn receive_append_entries(
        &mut self,
        now: Instant,
        from: NodeId,
        request: AppendEntries,
    ) {
        if !self.recognize_leader(now, from, "AppendEntries") {
            return;
        }
        let prev_log = request.prev_log();
        if let Err(reason) = self.check_prev_log(prev_log) {
            self.trace(|| Trace::EntriesRefused { leader: from, prev_log, reason });
            let hint = self.hint_for(prev_log);
            return self.send_append_failure(from, prev_log.index, hint);
        }
        // Exactly what this request proves (Figure 2's "last new entry"), never this log's own tail.
        let match_index = LogIndex(prev_log.index.0 + request.entries.len() as u64);
        let leader_commit = request.leader_commit;
        match self.store_entries(request.entries) {
            Ok(new_entries) => {
                self.trace(|| Trace::EntriesAccepted { leader: from, new_entries, match_index });
            }
            Err(reason) => return self.ignore(from, "AppendEntries", reason),
        }
        // Figure 2: commitIndex = min(leaderCommit, index of last new entry). What lies behind the
        // last new entry was not compared with the leader's log.
        self.learn_commit(leader_commit.min(match_index));
        let reply = AppendEntriesReply::Success { match_index };
        self.send(from, Body::AppendEntriesReply(reply), Needs::HardStateAndLog);
    }

    /// Raft §5.3, the consistency check: does this log hold the entry that must come before?
    fn check_prev_log(&self, prev_log: LogPosition) -> Result<(), AppendRefusal> {
        match self.log.term_at(prev_log.index) {
            Some(term) if term == prev_log.term => Ok(()),
            Some(own_term) => Err(AppendRefusal::PreviousConflicts { own_term }),
            // What a snapshot replaced is committed, and every leader holds it (§5.4.3).
            None if prev_log.index < self.log.base().index => Ok(()),
            None => Err(AppendRefusal::PreviousMissing { last_log: self.log.last() }),
        }
    }

    /// Where the logs may still agree: nothing of a later term than `prev_log` can be there.
    fn hint_for(&self, prev_log: LogPosition) -> LogPosition {
        let found = self.log.last_with_term_at_most(prev_log.index, prev_log.term);
        found.unwrap_or(self.log.base())
    }

    /// Stores the entries that this log does not hold. How many those were.
    fn store_entries(&mut self, entries: Vec<Entry>) -> Result<usize, IgnoreReason> {
        let base = self.log.base();
        // Raft §5.3: only an entry that conflicts removes what follows it. A late or repeated request
        // holds a prefix of what is here, and must remove nothing.
        let conflict = entries.iter().find(|entry| match self.log.term_at(entry.index) {
            Some(own_term) => own_term != entry.term,
            None => false,
        });
        if let Some(conflict) = conflict {
            let at = conflict.index;
            if at <= self.commit_index || at <= base.index {
                let commit_index = self.commit_index;
                return Err(IgnoreReason::ConflictsWithCommitted { at, commit_index });
            }
            let leader_term = conflict.term;
            self.remove_entries_from(at, leader_term);
        }
        let last = self.log.last().index;
        let mut new_entries = 0;
        for entry in entries.into_iter().filter(|entry| entry.index > last) {
            self.log.append(entry.clone());
            self.durability.write_entry(entry);
            new_entries += 1;
        }
        Ok(new_entries)
    }

    fn remove_entries_from(&mut self, index: LogIndex, leader_term: Term) {
        let to = self.log.last();
        let from = LogPosition::new(index, self.log.term_at(index).unwrap_or_default());
        self.trace(|| Trace::Truncated { from, to, leader_term });
        self.log.truncate_from(index);
        self.durability.write_truncation(index);
    }

    pub(super) fn send_append_failure(
        &mut self,
        to: NodeId,
        prev_log_index: LogIndex,
        hint: LogPosition,
    ) {
        let reply = AppendEntriesReply::Failure { prev_log_index, hint };
        self.send(to, Body::AppendEntriesReply(reply), Needs::HardState);
    }
}
