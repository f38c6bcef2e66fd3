//! One node in the eyes of the checks: its log, its disk, and how far it has come.

use raft_core::{
    HardState, HeartbeatRound, Log, LogIndex, LogPosition, Membership, Node, NodeId, RoleKind, Term,
};

use crate::answers::Answers;
use crate::disk::DiskShadow;
use crate::invariants::log_matching::LogMatching;
use crate::invariants::monotonic_state::Progress;
use crate::memberships::Memberships;
use crate::shadow::{Mark, Shadow};

/// What the checks know of a node.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    pub(crate) id: NodeId,
    /// The life in which it was last seen.
    pub(crate) life: u64,
    pub(crate) log: Shadow,
    /// The memberships of its log.
    pub(crate) memberships: Memberships,
    /// Where its log ended before what is being looked at now.
    pub(crate) seen_through: LogIndex,
    pub(crate) disk: DiskShadow,
    /// The end of the last snapshot whose membership was compared.
    pub(crate) compared_snapshot: LogIndex,
    pub(crate) progress: Progress,
    /// The last entry that its state machine was given.
    pub(crate) applied: LogIndex,
    /// Whether its keys and values were what the committed entries make when it was last seen.
    pub(crate) has_right_contents: bool,
    /// The term in which it led when it was last seen.
    pub(crate) leading: Option<Term>,
    /// The latest term of its messages, over all its lives.
    pub(crate) sent: Term,
    /// The latest round of its requests, in the latest term in which it sent any.
    pub(crate) round_sent: (Term, HeartbeatRound),
    pub(crate) claims: Claims,
    /// As leader: what others said that they hold.
    pub(crate) answers: Answers,
    /// The entry compared last with the real one, see [`Self::find_silent_change`].
    compared: LogIndex,
    glance: Option<Glance>,
    /// How often a glance was enough.
    glances: u8,
}

/// A node at a glance: while this stays the same, nearly everything else does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Glance {
    life: u64,
    progress: Progress,
    role: RoleKind,
    base: LogPosition,
    last: LogPosition,
}

/// At a node that seems unchanged, one look in so many is a thorough one.
const LOOKS: u8 = 8;

impl Glance {
    pub(crate) fn at(life: u64, core: &Node) -> Self {
        Self {
            life,
            progress: progress_of(core),
            role: core.role(),
            base: core.log().base(),
            last: core.log().last(),
        }
    }
}

pub(crate) fn hard_state_of(core: &Node) -> HardState {
    HardState { current_term: core.current_term(), voted_for: core.voted_for() }
}

pub(crate) fn progress_of(core: &Node) -> Progress {
    Progress {
        hard_state: hard_state_of(core),
        commit_index: core.commit_index(),
        last_applied: core.last_applied(),
    }
}

/// What a node's traces said since it was last seen. They say where to look; they prove nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims {
    /// It removed the entries from here on.
    pub(crate) truncated_from: Option<LogIndex>,
    /// It became leader in this term.
    pub(crate) led: Option<Term>,
    /// It went over to this membership.
    pub(crate) in_force: Option<Membership>,
    /// A leader's message showed that its log is the leader's, up to here.
    pub(crate) compared: Option<LogIndex>,
    /// As leader, it committed.
    pub(crate) committed: Option<CommitClaim>,
    /// Its state machine moved on.
    pub(crate) applied: bool,
}

/// A leader says that it committed.
#[derive(Clone, Debug)]
pub(crate) struct CommitClaim {
    /// Up to here.
    pub(crate) index: LogIndex,
    /// Its term.
    pub(crate) term: Term,
    /// In force in its log then. Later in the same moment the log may look different: a node that
    /// wakes up handles many messages at once.
    pub(crate) membership: Membership,
}

/// How a log changed since it was last seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogChange {
    pub(crate) last_before: LogPosition,
    /// The last entry that is as it was; those behind it are new.
    pub(crate) kept_through: LogIndex,
}

impl Watched {
    /// A node that has not been seen running, with this disk.
    pub(crate) fn new(id: NodeId, disk: DiskShadow) -> Self {
        let log = disk.log.clone();
        let base = log.base();
        Self {
            id,
            life: 0,
            progress: Progress {
                hard_state: disk.hard_state,
                commit_index: base,
                last_applied: base,
            },
            applied: base,
            // Empty, or about to be restored.
            has_right_contents: true,
            leading: None,
            sent: Term(0),
            round_sent: (Term(0), HeartbeatRound(0)),
            memberships: Memberships::new(base, Membership::empty()),
            seen_through: base,
            compared_snapshot: LogIndex(0),
            claims: Claims::default(),
            answers: Answers::default(),
            compared: base,
            glance: None,
            glances: 0,
            log,
            disk,
        }
    }

    /// It starts from its disk: all it had in memory is gone.
    /// `first` is the membership at the beginning of its log.
    pub(crate) fn begin_life(&mut self, life: u64, first: Membership) {
        let (id, sent, round_sent) = (self.id, self.sent, self.round_sent);
        *self = Self { life, sent, round_sent, ..Self::new(id, self.disk.clone()) };
        self.memberships = Memberships::new(self.log.base(), first);
    }

    /// It lost its memory.
    pub(crate) fn end_life(&mut self) {
        self.leading = None;
        self.answers = Answers::default();
        self.claims = Claims::default();
    }

    /// Whether a node that looks like this has to be looked at thoroughly.
    pub(crate) fn is_worth_a_look(&mut self, glance: Glance) -> bool {
        let Claims { truncated_from, led, in_force, committed, applied, compared: _ } =
            &self.claims;
        let claims = truncated_from.is_some() || led.is_some() || in_force.is_some();
        let is_new = self.glance.replace(glance) != Some(glance);
        let answers = self.answers.late.is_some();
        if is_new || claims || committed.is_some() || *applied || answers {
            return true;
        }
        // Where a log was compared matters only if the commit index moves.
        self.claims.compared = None;
        self.glances = (self.glances + 1) % LOOKS;
        self.glances == 0
    }

    /// Brings the shadow up to date with the real log, whatever the traces said. What a snapshot
    /// replaced stays in the shadow until [`Self::follow_compaction`]: some of it may have been
    /// committed in this very moment, and the ledger does not have it yet.
    pub(crate) fn follow_log(&mut self, log: &Log, known: &LogMatching) -> LogChange {
        let last_before = self.log.last();
        let claimed = self.claims.truncated_from;
        let base = log.base();
        let silent = self.find_silent_change(log);
        if self.log.term_at(base.index) != Some(base.term) {
            self.log = Shadow::behind(base, known.hash_of(base));
        }
        let common = self.log.last_index().min(log.last().index);
        let unclaimed = silent.into_iter().chain(claimed).min().map_or(common, LogIndex::previous);
        let kept_through = Shadow::last_agreement(base.index, common.min(unclaimed), |index| {
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

    /// Compares one entry, another one each time, with the one that was there. So a change in the
    /// middle of the log that no trace tells of is found too, at a small cost.
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

    /// What it holds at `index`.
    pub(crate) fn holds(&self, index: LogIndex) -> Option<Mark> {
        self.log.get(index)
    }
}

#[cfg(test)]
mod tests;
