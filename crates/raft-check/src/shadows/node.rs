//! The shadow of a node: its log, its disk, its state.

use raft_core::{
    HardState, HeartbeatRound, Log, LogIndex, LogPosition, Membership, Node, NodeId, RoleKind, Term,
};

use super::disk::DiskShadow;
use super::log::LogShadow;
use super::memberships::Memberships;
use super::peer_replies::PeerReplies;
use super::prefixes::PrefixRegistry;

/// A node as the checks know it.
#[derive(Clone, Debug)]
pub(crate) struct NodeShadow {
    pub(crate) id: NodeId,
    /// The number of the incarnation in which it was last looked at.
    pub(crate) incarnation: u64,
    pub(crate) log: LogShadow,
    /// The memberships of its log.
    pub(crate) memberships: Memberships,
    /// The end of its log at the last look.
    pub(crate) seen_through: LogIndex,
    pub(crate) disk: DiskShadow,
    /// The end of the last snapshot whose membership was compared.
    pub(crate) compared_snapshot: LogIndex,
    /// At the last look.
    pub(crate) state: ServerState,
    /// The last entry that its state machine was given.
    pub(crate) applied: LogIndex,
    /// Whether its keys and values were what the committed entries make, at the last look.
    pub(crate) has_right_contents: bool,
    /// The term in which it led at the last look.
    pub(crate) leading: Option<Term>,
    /// The latest term of its messages, over all incarnations.
    pub(crate) sent: Term,
    /// The latest heartbeat round of its requests, in the latest term in which it sent any.
    pub(crate) round_sent: (Term, HeartbeatRound),
    pub(crate) claims: Claims,
    /// The match indexes that followers told it, while it leads.
    pub(crate) replies: PeerReplies,
    /// The entry compared last with the real one, see [`Self::find_silent_change`].
    compared: LogIndex,
    digest: Option<NodeDigest>,
    /// How many looks in a row were skipped because the digest was the same, modulo [`LOOKS`].
    skipped_looks: u8,
}

/// The state of a server that must never go back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ServerState {
    /// The term, and the vote in it.
    pub hard_state: HardState,
    /// The last entry that it takes for committed.
    pub commit_index: LogIndex,
    /// The last entry that it had applied.
    pub last_applied: LogIndex,
}

/// A few facts about a node. While they stay the same, nearly everything else does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NodeDigest {
    incarnation: u64,
    state: ServerState,
    role: RoleKind,
    snapshot: LogIndex,
    base: LogPosition,
    last: LogPosition,
}

/// Of so many looks at a node whose digest stays the same, one is not skipped.
const LOOKS: u8 = 8;

impl NodeDigest {
    pub(crate) fn of(incarnation: u64, core: &Node) -> Self {
        Self {
            incarnation,
            state: ServerState::of(core),
            role: core.role(),
            snapshot: core.snapshot().map_or(LogIndex(0), |taken| taken.last_included_index),
            base: core.log().base(),
            last: core.log().last(),
        }
    }
}

impl ServerState {
    /// The state of a node.
    pub fn of(core: &Node) -> Self {
        let (current_term, voted_for) = (core.current_term(), core.voted_for());
        Self {
            hard_state: HardState { current_term, voted_for },
            commit_index: core.commit_index(),
            last_applied: core.last_applied(),
        }
    }
}

/// What the traces of a node said since the last look. They show where to look and prove nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims {
    /// It removed the entries from this index on.
    pub(crate) truncated_from: Option<LogIndex>,
    /// It became leader in this term.
    pub(crate) led: Option<Term>,
    /// It uses this membership.
    pub(crate) in_force: Option<Membership>,
    /// A leader's message showed that its log is the leader's up to this index.
    pub(crate) compared: Option<LogIndex>,
    /// As leader, it committed.
    pub(crate) committed: Option<CommitClaim>,
    /// Its state machine applied entries or a snapshot.
    pub(crate) applied: bool,
}

/// A leader's claim that it committed.
#[derive(Clone, Debug)]
pub(crate) struct CommitClaim {
    /// The last entry that it committed.
    pub(crate) index: LogIndex,
    /// The term of the leader.
    pub(crate) term: Term,
    /// In force in its log at that moment. Later in the same step the log may be another: a node
    /// that resumes handles many messages at once.
    pub(crate) membership: Membership,
}

/// The change of a log since the last look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogChange {
    pub(crate) last_before: LogPosition,
    /// The last entry that did not change; those after it are new.
    pub(crate) kept_through: LogIndex,
}

impl NodeShadow {
    /// A node that has not run yet, with this disk.
    pub(crate) fn new(id: NodeId, disk: DiskShadow) -> Self {
        let log = disk.log.clone();
        let (base, restored) = (log.base(), disk.snapshot.index);
        Self {
            id,
            incarnation: 0,
            state: ServerState {
                hard_state: disk.hard_state,
                commit_index: restored,
                last_applied: restored,
            },
            applied: restored,
            // Empty, or about to be restored.
            has_right_contents: true,
            leading: None,
            sent: Term(0),
            round_sent: (Term(0), HeartbeatRound(0)),
            memberships: Memberships::new(restored, Membership::empty()),
            seen_through: base,
            compared_snapshot: LogIndex(0),
            claims: Claims::default(),
            replies: PeerReplies::default(),
            compared: base,
            digest: None,
            skipped_looks: 0,
            log,
            disk,
        }
    }

    /// The node starts from its disk, without anything that it had in memory. `first` is the
    /// membership at the end of its snapshot.
    pub(crate) fn begin_incarnation(&mut self, incarnation: u64, first: Membership) {
        let (id, sent, round_sent) = (self.id, self.sent, self.round_sent);
        *self = Self { incarnation, sent, round_sent, ..Self::new(id, self.disk.clone()) };
        self.applied = self.disk.applied;
        self.memberships = Memberships::new(self.disk.snapshot.index, first);
    }

    /// The node loses its memory.
    pub(crate) fn end_incarnation(&mut self) {
        self.leading = None;
        self.replies = PeerReplies::default();
        self.claims = Claims::default();
    }

    /// Whether a node with this digest must be looked at. Now and then it must even if nothing
    /// seems to have changed.
    pub(crate) fn is_worth_a_look(&mut self, digest: NodeDigest) -> bool {
        let Claims { truncated_from, led, in_force, committed, applied, compared: _ } =
            &self.claims;
        let claims = truncated_from.is_some() || led.is_some() || in_force.is_some();
        let is_new = self.digest.replace(digest) != Some(digest);
        let has_late_reply = self.replies.late.is_some();
        if is_new || claims || committed.is_some() || *applied || has_late_reply {
            return true;
        }
        // How far a log was compared matters only if the commit index advances.
        self.claims.compared = None;
        self.skipped_looks = (self.skipped_looks + 1) % LOOKS;
        self.skipped_looks == 0
    }

    /// Brings the shadow up to date with the real log, whatever the traces said. Entries that a
    /// snapshot replaced stay in the shadow until [`Self::follow_compaction`]: some of them may
    /// have been committed in this step, and the ledger does not have them yet.
    pub(crate) fn follow_log(&mut self, log: &Log, known: &PrefixRegistry) -> LogChange {
        let last_before = self.log.last();
        let claimed = self.claims.truncated_from;
        let base = log.base();
        let silent = self.find_silent_change(log);
        if self.log.term_at(base.index) != Some(base.term) {
            self.log = LogShadow::after(base, known.hash_of(base));
        }
        let common = self.log.last_index().min(log.last().index);
        let unclaimed = silent.into_iter().chain(claimed).min().map_or(common, LogIndex::previous);
        let kept_through = LogShadow::last_agreement(base.index, common.min(unclaimed), |index| {
            self.log.term_at(index) == log.term_at(index)
        });
        self.log.truncate_after(kept_through);
        for entry in log.iter_from(kept_through.next()) {
            self.log.append(entry);
        }
        LogChange { last_before, kept_through }
    }

    /// Forgets what a snapshot replaced.
    pub(crate) fn follow_compaction(&mut self, log: &Log) {
        if log.base().index > self.log.base() {
            self.log.compact(log.base());
            self.memberships.compact(log.base().index);
        }
    }

    /// Compares one entry, another one each time, with the shadow. So a change in the middle of the
    /// log that no trace tells of is found too, at a small cost.
    fn find_silent_change(&mut self, log: &Log) -> Option<LogIndex> {
        let index = self.compared.next().max(self.log.base().next());
        let Some(entry) = log.get(index) else {
            self.compared = log.base().index;
            return None;
        };
        self.compared = index;
        let expected = self.log.get(index)?;
        let before = self.log.get(index.previous())?;
        (before.then(entry) != expected).then_some(index)
    }
}

#[cfg(test)]
mod tests;
