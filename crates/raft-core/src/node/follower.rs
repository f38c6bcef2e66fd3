//! Log replication, the follower's side (§5.3).

use super::durability::Needs;
use super::{Node, Role};
use crate::{
    AppendEntries, AppendEntriesReply, AppendRefusal, Body, Entries, IgnoreReason, Log, LogIndex,
    LogPosition, NodeId, Payload, ReplicationTrace, Round, StepDownReason, Term, TermTrace,
};

/// Checks that the entries are consecutive and their terms never go down, and that a membership among
/// them makes sense. The last position.
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
                self.step_down(StepDownReason::LeaderHeard(from), Some(from));
            }
            Role::Candidate { .. } => {
                // Raft §5.2: another server established itself as leader of this term.
                self.step_down(StepDownReason::LeaderElected(from), Some(from));
            }
        }
        self.leader_heard = Some(self.now);
        self.restart_election_timer();
        if !self.forwarded.is_empty() {
            self.give_up_overdue();
        }
        true
    }

    pub(super) fn receive_append_entries(&mut self, from: NodeId, request: &mut AppendEntries) {
        if !self.recognize_leader(from, "AppendEntries") {
            return;
        }
        let (prev_log, round) = (request.prev_log(), request.round);
        if let Err(reason) = self.check_prev_log(prev_log) {
            self.trace(|| ReplicationTrace::EntriesRefused { leader: from, prev_log, reason });
            let hint = self.hint_for(prev_log);
            return self.send_append_failure(from, prev_log.index, hint, round);
        }
        // Exactly what this request proves (Figure 2's "last new entry"), never this log's own tail.
        let mut match_index = LogIndex(prev_log.index.0 + request.entries.len() as u64);
        let leader_commit = request.leader_commit;
        match self.store_entries(core::mem::take(&mut request.entries)) {
            Ok(new_entries) => {
                self.trace(|| ReplicationTrace::EntriesAccepted {
                    leader: from,
                    new_entries,
                    match_index,
                });
            }
            Err(reason) => return self.ignore(from, "AppendEntries", reason),
        }
        // Figure 2: commitIndex = min(leaderCommit, index of last new entry). What lies behind the
        // last new entry was not compared with the leader's log.
        let verified =
            if bug!(self, CommitUnverified) { self.log.last().index } else { match_index };
        self.learn_commit(leader_commit.min(verified));
        if bug!(self, AckOwnTail) {
            match_index = self.log.last().index;
        }
        self.acknowledge(from, match_index, round);
    }

    /// Says what the request proved, once that is on disk. That this server follows in this round does
    /// not wait for the disk: a leader whose followers have slow disks is not without a quorum.
    fn acknowledge(&mut self, leader: NodeId, match_index: LogIndex, round: Round) {
        let durable = self.durability.log_index();
        let (term, is_durable) = (self.current_term, match_index <= durable);
        let answered = if self.answered.0 == term { self.answered.1 } else { Round(0) };
        if !is_durable && round > answered {
            self.answered = (term, round);
            let reply = AppendEntriesReply::Following { round };
            self.send(leader, Body::AppendEntriesReply(reply), Needs::HardState);
        }
        let at_once = is_durable || bug!(self, AckNotDurable);
        let needs = if at_once { Needs::HardState } else { Needs::HardStateAndLog };
        let reply = AppendEntriesReply::Success { match_index, round };
        self.send(leader, Body::AppendEntriesReply(reply), needs);
    }

    /// Raft §5.3, the consistency check: does this log hold the entry that must come before?
    fn check_prev_log(&mut self, prev_log: LogPosition) -> Result<(), AppendRefusal> {
        let is_compacted = prev_log.index < self.log.base().index;
        if bug!(self, PrevZeroAccepted) && is_compacted && prev_log == LogPosition::ORIGIN {
            self.durability.write_truncation(self.log.first_index());
            self.log = Log::new(LogPosition::ORIGIN);
            return Ok(());
        }
        // What a snapshot replaced is committed, and every leader holds it (§5.4.3).
        if is_compacted {
            return Ok(());
        }
        match self.known_term_at(prev_log.index) {
            Some(term) if term == prev_log.term => Ok(()),
            Some(own_term) => Err(AppendRefusal::PreviousConflicts { own_term }),
            None => Err(AppendRefusal::PreviousMissing { last_log: self.log.last() }),
        }
    }

    /// The term of the entry at `index`. `None`, never a number, for what was compacted or is missing:
    /// a leader sends its snapshot then, and a follower refuses.
    pub(super) fn known_term_at(&self, index: LogIndex) -> Option<Term> {
        let term = self.log.term_at(index);
        if bug!(self, MissingTermIsZero) { term.or(Some(Term(0))) } else { term }
    }

    /// Where the logs may still agree: nothing of a later term than `prev_log` can be there.
    fn hint_for(&self, prev_log: LogPosition) -> LogPosition {
        let found = self.log.last_with_term_at_most(prev_log.index, prev_log.term);
        found.unwrap_or(self.log.base())
    }

    /// Stores the entries that this log does not hold. How many those were.
    fn store_entries(&mut self, entries: Entries) -> Result<usize, IgnoreReason> {
        let (Some(first), Some(newest)) = (entries.first(), entries.last()) else { return Ok(0) };
        let last = self.log.last().index;
        // Raft §5.3: only an entry that conflicts removes what follows it. A late or repeated request
        // holds a prefix of what is here, and must remove nothing.
        let conflicts = |entry: &&crate::Entry| {
            self.log.term_at(entry.index).is_some_and(|own_term| own_term != entry.term)
        };
        let conflict = match first.index <= last {
            true => entries.iter().take_while(|entry| entry.index <= last).find(conflicts),
            false => None,
        };
        if let Some(conflict) = conflict {
            let at = conflict.index;
            if at <= self.commit_index || at <= self.log.base().index {
                let commit_index = self.commit_index;
                return Err(IgnoreReason::ConflictsWithCommitted { at, commit_index });
            }
            self.remove_entries_from(at, conflict.term);
        } else if bug!(self, AppendTruncates)
            && newest.index < last
            && newest.index > self.log.base().index
        {
            self.remove_entries_from(newest.index.next(), newest.term);
        }
        let held = (self.log.last().index.0 + 1).saturating_sub(first.index.0) as usize;
        let new = match held {
            0 => entries,
            _ => entries.slice(held.min(entries.len()), entries.len()),
        };
        for entry in &new {
            if let Payload::Membership(membership) = &entry.payload {
                self.adopt_membership(entry.index, membership.clone());
            }
        }
        let count = new.len();
        self.log.append(new.clone());
        self.durability.write_entries(new);
        Ok(count)
    }

    fn remove_entries_from(&mut self, index: LogIndex, leader_term: Term) {
        let to = self.log.last();
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
        round: Round,
    ) {
        let reply = AppendEntriesReply::Failure { prev_log_index, hint, round };
        self.send(to, Body::AppendEntriesReply(reply), Needs::HardState);
    }
}
