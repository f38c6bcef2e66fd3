//! Log replication, the follower's side (§5.3).

use super::{Node, Role};
use crate::{
    AppendEntries, AppendEntriesReply, AppendRefusal, Body, Entries, Entry, HeartbeatRound,
    IgnoreReason, LogIndex, LogPosition, NodeId, Payload, ReplicationTrace, StepDownReason, Term,
    TermTrace,
};

/// Checks that the entries are consecutive, that their terms never go down, and that a membership
/// among them is valid. The last position.
pub(super) fn check_entries(request: &AppendEntries) -> Result<(LogIndex, Term), IgnoreReason> {
    let mut last = request.prev_log();
    for entry in &request.entries {
        let follows = last.index.0.checked_add(1) == Some(entry.index.0);
        if !follows || entry.term < last.term || entry.term.0 == 0 {
            return Err(IgnoreReason::Malformed);
        }
        if let Payload::Membership(membership) = &entry.payload {
            membership.validate().map_err(|_| IgnoreReason::Malformed)?;
        }
        last = entry.position();
    }
    Ok((last.index, last.term))
}

impl Node {
    /// Recognizes the sender as the leader of the current term (§5.2). False if it cannot be.
    pub(super) fn recognize_leader(&mut self, from: NodeId, name: &'static str) -> bool {
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
                self.trace(|| TermTrace::LeaderRecognized { leader: from, term });
                self.set_role(Role::Follower { leader: Some(from) });
            }
            Role::PreCandidate { .. } => {
                rule!(self.become_follower(StepDownReason::LeaderHeard(from), Some(from)));
            }
            Role::Candidate { .. } => {
                // Raft §5.2: another server established itself as leader of this term.
                rule!(self.become_follower(StepDownReason::LeaderElected(from), Some(from)));
            }
        }
        self.leader_heard = Some(self.now);
        self.is_needed = false;
        self.restart_election_timer();
        if !self.forwarded.is_empty() {
            rule!(self.give_up_overdue());
        }
        self.give_up_slow_reads();
        true
    }

    pub(super) fn receive_append_entries(&mut self, from: NodeId, request: &mut AppendEntries) {
        if !self.recognize_leader(from, "AppendEntries") {
            return;
        }
        let (prev_log, round) = (request.prev_log(), request.round);
        if let Err(reason) = rule!(self.check_prev_log(prev_log)) {
            if let AppendRefusal::PreviousMissing { .. } = reason {
                self.keep_early_entries(request);
            }
            self.trace(|| ReplicationTrace::EntriesRefused { leader: from, prev_log, reason });
            let hint = self.hint_for(prev_log);
            return self.send_append_failure(from, prev_log.index, hint, round);
        }
        // Exactly what this request proves (Figure 2's "last new entry"), never this log's own
        // tail.
        let mut match_index = LogIndex(prev_log.index.0 + request.entries.len() as u64);
        let leader_commit = request.leader_commit;
        match rule!(self.store_entries(request)) {
            Ok(mut new_entries) => {
                self.early.note_agreement(self.current_term);
                if !self.early.is_empty() {
                    let joined = self.join_early_entries(match_index);
                    match_index.0 += joined as u64;
                    new_entries += joined;
                }
                self.trace(|| ReplicationTrace::EntriesAccepted {
                    leader: from,
                    new_entries,
                    match_index,
                });
            }
            Err(reason) => return self.ignore(from, "AppendEntries", reason),
        }
        let committed = rule!(self.commit_index_to_learn(leader_commit, match_index));
        rule!(self.learn_commit(committed));
        rule!(self.acknowledge(from, match_index, round));
    }

    /// Figure 2: commitIndex = min(leaderCommit, index of last new entry). The entries after the
    /// last new entry were not compared with the leader's log.
    pub(super) fn commit_index_to_learn(
        &self,
        leader_commit: LogIndex,
        match_index: LogIndex,
    ) -> LogIndex {
        leader_commit.min(match_index)
    }

    /// Acknowledges the entries that the request proved, once they are on disk. The answer to the
    /// round does not wait for the disk: a leader whose followers have slow disks still has a
    /// quorum.
    pub(super) fn acknowledge(
        &mut self,
        leader: NodeId,
        match_index: LogIndex,
        round: HeartbeatRound,
    ) {
        let (term, acked) = (self.current_term, rule!(self.last_acked_round()));
        let is_durable = match_index <= self.durability.log_index();
        if !is_durable && round > acked {
            self.acked = (term, round);
            let reply = AppendEntriesReply::Following { round };
            self.send(leader, Body::AppendEntriesReply(reply));
        }
        let reply = AppendEntriesReply::Success { match_index, round };
        self.send(leader, Body::AppendEntriesReply(reply));
    }

    /// The last round of this term that was answered before the entries were on disk.
    pub(super) fn last_acked_round(&self) -> HeartbeatRound {
        if self.acked.0 == self.current_term { self.acked.1 } else { HeartbeatRound(0) }
    }

    /// Raft §5.3, the consistency check: does this log hold the entry that must come before?
    pub(super) fn check_prev_log(&self, prev_log: LogPosition) -> Result<(), AppendRefusal> {
        // The entries that a snapshot replaced are committed, and every leader holds them (§5.4.3).
        if prev_log.index < self.log.base().index {
            return Ok(());
        }
        match self.log.term_at(prev_log.index) {
            Some(term) if term == prev_log.term => Ok(()),
            Some(own_term) => Err(AppendRefusal::PreviousConflicts { own_term }),
            None => Err(AppendRefusal::PreviousMissing { last_log: self.log.last() }),
        }
    }

    /// Where the logs may still agree: nothing of a later term than `prev_log` can be there.
    fn hint_for(&self, prev_log: LogPosition) -> LogPosition {
        let found = self.log.last_with_term_at_most(prev_log.index, prev_log.term);
        found.unwrap_or(self.log.base())
    }

    /// Raft §5.3: stores the entries that this log does not hold, and takes them out of the
    /// request. How many those were.
    pub(super) fn store_entries(
        &mut self,
        request: &mut AppendEntries,
    ) -> Result<usize, IgnoreReason> {
        let entries = core::mem::take(&mut request.entries);
        let Some(first) = entries.first() else { return Ok(0) };
        if let Some(conflict) = self.first_conflict(&entries) {
            let (at, commit_index) = (conflict.index, self.commit_index);
            if at <= commit_index || at <= self.log.base().index {
                return Err(IgnoreReason::ConflictsWithCommitted { at, commit_index });
            }
            rule!(self.remove_entries_from(at, conflict.term));
        }
        let held = (self.log.last().index.0 + 1).saturating_sub(first.index.0) as usize;
        let new = match held {
            0 => entries,
            _ => entries.slice(held.min(entries.len()), entries.len()),
        };
        let count = new.len();
        self.append_from_leader(new);
        Ok(count)
    }

    /// Raft §5.3: adds entries of the leader at the end of the log. The other caller is cold.
    #[inline(always)]
    pub(super) fn append_from_leader(&mut self, new: Entries) {
        for entry in &new {
            if let Payload::Membership(membership) = &entry.payload {
                self.adopt_membership(entry.index, membership.clone());
            }
        }
        self.log.append(new.clone());
        self.durability.write_entries(new);
    }

    /// Raft §5.3: the first of the leader's entries that differs from this log's entry at the same
    /// index. Only a conflict removes entries: a late or repeated request holds a prefix of this
    /// log, and must remove nothing.
    pub(super) fn first_conflict(&self, entries: &Entries) -> Option<LogPosition> {
        let last = self.log.last().index;
        let conflicts = |entry: &&Entry| {
            self.log.term_at(entry.index).is_some_and(|own_term| own_term != entry.term)
        };
        let first = entries.first()?;
        match first.index <= last {
            true => entries.iter().take_while(|entry| entry.index <= last).find(conflicts),
            false => None,
        }
        .map(Entry::position)
    }

    /// Figure 2, AppendEntries 3: removes the entries from `index` on, and the memberships in them.
    /// `leader_term` is the term of the leader's entry at `index`.
    pub(super) fn remove_entries_from(&mut self, index: LogIndex, leader_term: Term) {
        let (to, commit_index) = (self.log.last(), self.commit_index);
        assert!(
            index > commit_index,
            "entry {index}, to be removed, is not committed ({commit_index})"
        );
        let from = LogPosition::new(index, self.log.term_at(index).unwrap_or_default());
        self.trace(|| ReplicationTrace::Truncated { from, to, leader_term });
        self.log.truncate_from(index);
        self.durability.write_truncation(index);
        self.roll_back_memberships(index);
    }

    pub(super) fn send_append_failure(
        &mut self,
        to: NodeId,
        prev_log_index: LogIndex,
        hint: LogPosition,
        round: HeartbeatRound,
    ) {
        let reply = AppendEntriesReply::Failure { prev_log_index, hint, round };
        self.send(to, Body::AppendEntriesReply(reply));
    }
}
