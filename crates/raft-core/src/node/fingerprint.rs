//! The fingerprint of a node: each field of its state, and whether it counts.

use alloc::collections::BTreeMap;
use core::time::Duration;

use super::change::Change;
use super::hung_disk::PATIENCE;
use super::progress::Progress;
use super::{Leader, Node, Role};
use crate::fingerprint::{Fingerprint, Prints};
use crate::{Config, Log, NodeId};

/// No rule compares the time with a limit that is known in advance.
pub(super) const NO_LIMIT: Duration = Duration::MAX;

impl Fingerprint for Node {
    fn print(&self, out: &mut Prints<'_>) {
        let Self {
            config,
            election_timeout_micros,
            rng,
            now,
            shown_now: _,
            current_term,
            voted_for,
            log,
            snapshot,
            role,
            memberships,
            commit_index,
            last_applied,
            applied_term,
            timer_started,
            deadline,
            unstored_vote,
            acked: _,
            leader_heard,
            is_needed,
            successor,
            durability,
            has_requests,
            proposed,
            outputs,
            // These are told by `print_waiting`.
            proposals: _,
            readable: _,
            forwarded: _,
            last_forward: _,
            incoming_snapshot: _,
            last_incoming: _,
            replaced_files: _,
            file_pause: _,
            early: _,
            snapshot_write: _,
            snapshot_request: _,
            alarms: _,
        } = self;
        assert!(outputs.is_empty(), "outputs wait for a drain");
        assert!(!has_requests && proposed.is_empty(), "requests wait for a drain");
        let out = &mut out.at(*now, durability.durable());
        config.print(out);
        out.plain(election_timeout_micros);
        if election_timeout_micros.0 != election_timeout_micros.1 {
            out.plain(rng);
        }
        out.plain(current_term);
        out.named(*voted_for);
        log.print(out);
        out.option(snapshot.as_ref());
        role.print(out);
        out.plain(&memberships.len());
        for (index, membership) in memberships {
            out.plain(index);
            membership.print(out);
        }
        out.plain(&(commit_index, last_applied, applied_term, is_needed));
        let settings = &config.settings;
        // The timer counts by its length and by what is left of it.
        out.duration(*deadline - *timer_started);
        out.until(*deadline);
        out.since(*unstored_vote, settings.election_timeout_max * PATIENCE);
        // Of an earlier term, it is no round.
        out.plain(&self.last_acked_round());
        out.since(*leader_heard, settings.election_timeout_min);
        out.named(*successor);
        durability.print(out);
        self.print_waiting(out);
        self.print_leader(out);
    }
}

impl Node {
    /// Requests, a snapshot that arrives, entries after a gap: all that waits for something.
    fn print_waiting(&self, out: &mut Prints<'_>) {
        let Self {
            current_term,
            proposals,
            readable,
            forwarded,
            last_forward,
            incoming_snapshot,
            last_incoming,
            replaced_files,
            file_pause,
            early,
            snapshot_write,
            snapshot_request,
            alarms,
            ..
        } = self;
        out.plain(proposals);
        out.list(readable.iter());
        out.list(forwarded.iter());
        out.plain(&(last_forward, last_incoming));
        out.option(incoming_snapshot.as_ref());
        out.list(replaced_files.iter());
        file_pause.print(out);
        early.print(*current_term, out);
        out.write(*snapshot_write);
        out.plain(snapshot_request);
        let (alarmed_in, kinds) = alarms;
        if alarmed_in == current_term {
            out.plain(kinds);
        }
    }

    /// The leader's state. Whether its new servers make progress counts only while they catch up.
    fn print_leader(&self, out: &mut Prints<'_>) {
        let Some(leader) = self.leading() else { return };
        let Leader {
            peers,
            first_index,
            traced_old_term,
            uncommitted_bytes,
            rounds,
            reads,
            commands,
            transfer,
            disk,
            successor,
            change,
            steps_down,
        } = leader;
        assert!(steps_down.is_none(), "a leader that steps down has done so");
        let settings = &self.config.settings;
        let is_catching_up = change.as_ref().is_some_and(|change| change.catching_up().is_some());
        let peers = peers.iter().map(|progress| (progress.peer, progress));
        out.by_name(peers, |out, progress: &Progress| {
            progress.print((settings, is_catching_up), out);
        });
        out.plain(&(first_index, uncommitted_bytes));
        if self.config.trace {
            out.plain(traced_old_term);
        }
        rounds.print(settings, out);
        out.list(reads.iter());
        commands.print(out);
        out.plain(&transfer.is_some());
        if let Some(transfer) = transfer {
            transfer.print(settings, out);
        }
        disk.print(self.durability.durable(), out);
        out.named(*successor);
        out.option::<Change>(change.as_ref());
    }
}

/// Its entries, however they are stored.
impl Fingerprint for Log {
    fn print(&self, out: &mut Prints<'_>) {
        out.plain(&(self.base(), self.len()));
        for entry in self.iter_from(self.first_index()) {
            entry.print(out);
        }
    }
}

impl Fingerprint for Role {
    fn print(&self, out: &mut Prints<'_>) {
        out.plain(&core::mem::discriminant(self));
        match self {
            Self::Follower { leader } => out.named(*leader),
            Self::PreCandidate { votes, late_votes } => {
                out.plain(&late_votes.is_some());
                for votes in [Some(votes), late_votes.as_ref()].into_iter().flatten() {
                    out.by_name(by_voter(votes), |out, vote| out.plain(vote));
                }
            }
            Self::Candidate { votes } => out.by_name(by_voter(votes), |out, vote| out.plain(vote)),
            // Its state is `fingerprint_leader`.
            Self::Leader(_) => {}
        }
    }
}

fn by_voter(votes: &BTreeMap<NodeId, bool>) -> impl Iterator<Item = (NodeId, &bool)> {
    votes.iter().map(|(voter, vote)| (*voter, vote))
}

impl Fingerprint for Config {
    fn print(&self, out: &mut Prints<'_>) {
        let Self {
            id,
            membership,
            // It counts at the start only.
            seed: _,
            settings,
            trace,
            snapshot_files,
            #[cfg(feature = "bugs")]
            bugs,
        } = self;
        out.name(*id);
        membership.print(out);
        out.plain(&(settings, trace, snapshot_files));
        #[cfg(feature = "bugs")]
        out.plain(bugs);
    }
}
