//! Judges a step against all servers and the past, with the judges of `raft-check`.

use std::borrow::Cow;

use raft_check::judges::{
    Broken, CommitBelieved, Elected, EntryApplied, EntryHeld, HoldersCounted, LeaderCommitted,
    LeaderCompared, LeaderSeen, LogAcknowledged, NodeSet, Observation, PrefixHash,
    SnapshotRestored, TwoLeaders,
};
use raft_core::{HardState, LogIndex, NodeId, Outcome, ReadMode, RequestId, RoleKind, Term};
use raft_sim::ReadPolicy;

use crate::history::History;
use crate::server::{Applied, Effect, Server};

/// A step of one server, with all servers after it.
pub(crate) struct Judged<'a> {
    /// By ascending id.
    pub(crate) servers: &'a [&'a Server],
    /// The server that made the step.
    pub(crate) place: usize,
    /// That server before.
    pub(crate) before: &'a Server,
    pub(crate) effect: &'a Effect,
    pub(crate) reads: ReadMode,
}

impl Judged<'_> {
    fn own(&self) -> &Server {
        self.servers[self.place]
    }

    /// Judges the step, and brings the past up to date.
    pub(crate) fn follow(&self, history: &mut Cow<'_, History>) -> Result<(), Broken> {
        if let Some(broken) = &self.effect.broken {
            return Err(broken.clone());
        }
        if let Some(request) = self.effect.asked {
            let committed = history.committed.last().index;
            history.to_mut().reads.push((request, committed));
        }
        self.follow_leader(history)?;
        if self.effect.holds_more {
            self.compare_logs()?;
        }
        self.follow_acknowledgements()?;
        let has_grown = self.follow_commit(history)?;
        self.follow_applied(history)?;
        if self.effect.disk_changed || has_grown {
            self.count_holders(history)?;
        }
        self.follow_replies(history)
    }

    fn follow_leader(&self, history: &mut Cow<'_, History>) -> Result<(), Broken> {
        let (own, node) = (self.own(), self.own().id());
        let Some(term) = self.effect.leads else {
            return match own.leading().filter(|_| self.effect.has_lease) {
                Some(term) => self.compare_leases(term),
                None => Ok(()),
            };
        };
        let first = history.first_leader(term).unwrap_or(node);
        if history.first_leader(term).is_none() {
            history.to_mut().note_leader(term, node);
        }
        Observation::LeaderSeen(LeaderSeen { node, term, first }).judge()?;
        // A voter keeps its last vote only. One that has voted in a later term may have voted for
        // this leader.
        let may_have_voted = |server: &&&Server| match server.vote {
            Some((of, candidate)) => of > term || (of, candidate) == (term, node),
            None => false,
        };
        let mut voters: NodeSet =
            self.servers.iter().filter(may_have_voted).map(|server| server.id()).collect();
        let vote = HardState { current_term: term, voted_for: Some(node) };
        if own.disk.hard_state == vote {
            voters.insert(node);
        }
        let membership = self.before.node.membership();
        Observation::Elected(Elected { leader: node, term, voters, membership }).judge()?;
        compare_leader(own, term, history)?;
        self.compare_leases(term)
    }

    /// Lease Safety: this server, which leads, beside all others that lead.
    fn compare_leases(&self, term: Term) -> Result<(), Broken> {
        for other in self.servers {
            if let Some(others) = other.leading().filter(|others| *others != term) {
                let own = (term, self.own());
                let [earlier, later] =
                    if term < others { [own, (others, *other)] } else { [(others, *other), own] };
                let (now, lease_until) = earlier.1.lease();
                Observation::TwoLeaders(TwoLeaders {
                    now,
                    earlier: earlier.1.id(),
                    earlier_term: earlier.0,
                    lease_until,
                    later: later.1.id(),
                    later_term: later.0,
                })
                .judge()?;
            }
        }
        Ok(())
    }

    /// Log Matching, between this server's log and disk and all others.
    fn compare_logs(&self) -> Result<(), Broken> {
        let own = self.own();
        for log in [&own.log, &own.stored] {
            for other in self.servers {
                for others in [&other.log, &other.stored] {
                    let Some((index, prefix)) = log.contradiction(others) else { continue };
                    let (node, differs_from) = (own.id(), Some(other.id()));
                    let held = EntryHeld { node, index, prefix, differs_from };
                    Observation::EntryHeld(held).judge()?;
                }
            }
        }
        Ok(())
    }

    fn follow_acknowledgements(&self) -> Result<(), Broken> {
        let own = self.own();
        for (leader, term, match_index) in &self.effect.acknowledged {
            // With a later term on disk, the message is a late one.
            let is_late = own.disk.hard_state.current_term != *term;
            if is_late || *match_index < own.stored.base() {
                continue;
            }
            let other = self.servers.iter().find(|server| server.id() == *leader);
            let leaders = other.filter(|server| server.leading() == Some(*term));
            Observation::LogAcknowledged(LogAcknowledged {
                node: own.id(),
                leader: *leader,
                match_index: *match_index,
                durable: own.stored.get(*match_index),
                durable_last: own.stored.last(),
                leaders: leaders.and_then(|server| server.log.get(*match_index)),
            })
            .judge()?;
        }
        Ok(())
    }

    /// Whether more is committed now.
    fn follow_commit(&self, history: &mut Cow<'_, History>) -> Result<bool, Broken> {
        let Some(before) = self.effect.commit_before else { return Ok(false) };
        let (own, index) = (self.own(), self.own().node.commit_index());
        if index <= before {
            // A restart, which may have forgotten how much is committed.
            return Ok(false);
        }
        let (node, held) = (own.id(), own.log.get(index));
        let counts = own.node.role() == RoleKind::Leader || self.before.leading().is_some();
        let has_grown = counts && index > history.committed.last().index;
        if has_grown {
            let term = self.effect.leads.or(self.before.leading());
            self.commit(index, term.unwrap_or_default(), history)?;
        }
        let committed = history.committed.get(index);
        if index > history.committed.base() {
            let seen = CommitBelieved { node, index, held, committed };
            Observation::CommitBelieved(seen).judge()?;
        }
        Ok(has_grown)
    }

    /// A leader committed entries by counting.
    fn commit(
        &self,
        index: LogIndex,
        term: Term,
        history: &mut Cow<'_, History>,
    ) -> Result<(), Broken> {
        let own = self.own();
        let (leader, held) = (own.id(), own.log.get(index));
        let membership = self.before.node.membership();
        let holders = self.holders(index, held);
        let seen = LeaderCommitted { leader, term, index, held, holders, membership };
        Observation::LeaderCommitted(seen).judge()?;
        let mut next = history.committed.last().index.next();
        while next <= index {
            // What a snapshot replaced is committed, and known.
            let prefix = own.log.get(next).unwrap_or(PrefixHash::EMPTY);
            let history = history.to_mut();
            history.committed.push(prefix);
            history.committed_in.push(term);
            next = next.next();
        }
        if history.governing != *membership {
            history.to_mut().governing = membership.clone();
        }
        for other in self.servers {
            if let Some(others) = other.leading().filter(|others| *others > term) {
                compare_leader(other, others, history)?;
            }
        }
        Ok(())
    }

    /// The servers whose disks hold a log up to an entry.
    fn holders(&self, index: LogIndex, log: Option<PrefixHash>) -> NodeSet {
        let has_it = |server: &&&Server| match server.stored.get(index) {
            Some(held) => Some(held) == log,
            None => index < server.stored.base(),
        };
        self.servers.iter().filter(has_it).map(|server| server.id()).collect()
    }

    fn follow_applied(&self, history: &History) -> Result<(), Broken> {
        let node = self.own().id();
        for applied in &self.effect.applied {
            match *applied {
                Applied::Entry { after, position, log } => {
                    let is_known = position.index > history.committed.base();
                    let committed = history.committed.get(position.index);
                    let committed = if is_known { committed } else { Some(log) };
                    let last_applied = after;
                    let seen =
                        EntryApplied { node, last_applied, position, applied: log, committed };
                    Observation::EntryApplied(seen).judge()?;
                }
                Applied::Snapshot { after, end } => {
                    if end.index >= history.committed.base() {
                        let committed = history.committed.get(end.index);
                        let (last_applied, snapshot) = (after, end);
                        let seen = SnapshotRestored { node, last_applied, snapshot, committed };
                        Observation::SnapshotRestored(seen).judge()?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Committed Durability: as long as all is as it should be, a quorum of disks holds it.
    fn count_holders(&self, history: &History) -> Result<(), Broken> {
        let committed = history.committed.last();
        let holders = self.holders(committed.index, history.committed.get(committed.index));
        let (damaged, membership) = (NodeSet::default(), &history.governing);
        let seen = HoldersCounted { committed, holders, damaged, membership };
        Observation::HoldersCounted(seen).judge()
    }

    fn follow_replies(&self, history: &mut Cow<'_, History>) -> Result<(), Broken> {
        for (request, outcome) in &self.effect.replies {
            self.follow_reply(*request, *outcome, history)?;
        }
        Ok(())
    }

    fn follow_reply(
        &self,
        request: RequestId,
        outcome: Outcome,
        history: &mut Cow<'_, History>,
    ) -> Result<(), Broken> {
        let node = self.own().id();
        let asked = history.reads.iter().position(|(read, _)| *read == request);
        let asked = asked.map(|place| history.to_mut().reads.remove(place).1);
        if let Outcome::Committed(position) = outcome {
            let committed = history.committed.get(position.index).map(|prefix| prefix.term);
            let is_known = position.index > history.committed.base();
            let committed = if is_known { committed } else { Some(position.term) };
            Observation::SaidCommitted { node, position, committed }.judge()
        } else if let (Outcome::Readable { index }, Some(committed)) = (outcome, asked) {
            let read = match self.reads {
                ReadMode::Quorum => ReadPolicy::Quorum,
                ReadMode::Lease => ReadPolicy::Lease,
            };
            Observation::ReadServed { node, read, index, committed }.judge()
        } else {
            Ok(())
        }
    }
}

/// Leader Completeness: a leader holds what was committed before its term.
fn compare_leader(leader: &Server, term: Term, history: &History) -> Result<(), Broken> {
    let (index, committed) = history.last_committed_before(term);
    let held = match index <= leader.log.base() {
        true => Some(committed),
        false => leader.log.get(index),
    };
    let leader: NodeId = leader.id();
    Observation::LeaderCompared(LeaderCompared { leader, term, index, committed, held }).judge()
}
