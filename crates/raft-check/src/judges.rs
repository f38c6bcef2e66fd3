//! The judges of the properties that look at one state or at one step, for programs that reach
//! states in another way than through a [`World`](raft_sim::World).

use raft_core::{LogIndex, LogPosition, NodeId, Term};
use raft_sim::{ReadPolicy, Words};

use crate::properties::{
    commit_rule, committed_durability, durable_promises, election_quorum, election_safety,
    faithful_recovery, leader_append_only, leader_completeness, lease_safety, log_matching,
    monotonic_state, read_linearizability, state_machine_safety, true_alarms, true_replies,
    vote_durability,
};
use crate::property::{Property, Verdict};

pub use crate::properties::commit_rule::{CommitBelieved, LeaderCommitted};
pub use crate::properties::committed_durability::HoldersCounted;
pub use crate::properties::durable_promises::{LogAcknowledged, LogAdvertised, TermSent};
pub use crate::properties::election_quorum::Elected;
pub use crate::properties::election_safety::LeaderSeen;
pub use crate::properties::faithful_recovery::Restarted;
pub use crate::properties::leader_append_only::LeaderLogChanged;
pub use crate::properties::leader_completeness::LeaderCompared;
pub use crate::properties::lease_safety::TwoLeaders;
pub use crate::properties::log_matching::EntryHeld;
pub use crate::properties::monotonic_state::StateChanged;
pub use crate::properties::state_machine_safety::{EntryApplied, SnapshotRestored};
pub use crate::properties::vote_durability::VoteSent;
pub use crate::shadows::disk::PersistentState;
pub use crate::shadows::log::PrefixHash;
pub use crate::shadows::node::ServerState;
pub use crate::shadows::quorum::NodeSet;

/// The contradiction that a judge found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// The property that is broken.
    pub property: &'static Property,
    /// What was seen, and what it contradicts.
    pub description: Words,
}

/// What is seen of a state, or of a step from one state to the next.
#[derive(Clone, Copy, Debug)]
pub enum Observation<'a> {
    /// A node leads.
    LeaderSeen(LeaderSeen),
    /// A node began to lead.
    Elected(Elected<'a>),
    /// A log holds an entry that it did not hold before.
    EntryHeld(EntryHeld),
    /// The log of a leader changed.
    LeaderLogChanged(LeaderLogChanged),
    /// A leader, beside what is committed.
    LeaderCompared(LeaderCompared),
    /// A node applied an entry.
    EntryApplied(EntryApplied),
    /// A node replaced its state machine by a snapshot.
    SnapshotRestored(SnapshotRestored),
    /// A leader advanced its commit index by counting.
    LeaderCommitted(LeaderCommitted<'a>),
    /// A node takes an entry for committed.
    CommitBelieved(CommitBelieved),
    /// The disks that hold the committed entries.
    HoldersCounted(HoldersCounted<'a>),
    /// A vote left its voter.
    VoteSent(VoteSent),
    /// A node sent a message of a term.
    TermSent(TermSent),
    /// A candidate asked for votes with a log.
    LogAdvertised(LogAdvertised),
    /// A node acknowledged entries.
    LogAcknowledged(LogAcknowledged),
    /// Two states of a node in one incarnation.
    StateChanged(StateChanged),
    /// A node started.
    Restarted(Restarted),
    /// Two nodes lead at once, in different terms.
    TwoLeaders(TwoLeaders),
    /// A node refuses to start from a disk that only it has written to.
    StartRefused {
        /// The node.
        node: NodeId,
        /// The reason that it gives.
        reason: &'a Words,
    },
    /// A node answered a read.
    ReadServed {
        /// The node.
        node: NodeId,
        /// How the client asked.
        read: ReadPolicy,
        /// The last entry that the answer includes.
        index: LogIndex,
        /// The last entry that was committed when the client asked.
        committed: LogIndex,
    },
    /// A node told a client that an entry is committed.
    SaidCommitted {
        /// The node.
        node: NodeId,
        /// The entry.
        position: LogPosition,
        /// The term of the entry that is committed there, if any is.
        committed: Option<Term>,
    },
}

impl Observation<'_> {
    /// Judges it.
    ///
    /// # Errors
    /// The property that it breaks, and how.
    pub fn judge(self) -> Result<(), Broken> {
        let (property, verdict) = self.judged();
        verdict.map_err(|description| Broken { property, description })
    }

    fn judged(self) -> (&'static Property, Verdict) {
        match self {
            Self::LeaderSeen(seen) => {
                (&election_safety::PROPERTY, election_safety::leader_seen(seen))
            }
            Self::Elected(seen) => (&election_quorum::PROPERTY, election_quorum::elected(seen)),
            Self::EntryHeld(held) => (&log_matching::PROPERTY, log_matching::entry_held(held)),
            Self::LeaderLogChanged(seen) => {
                (&leader_append_only::PROPERTY, leader_append_only::leader_log_changed(seen))
            }
            Self::LeaderCompared(seen) => {
                (&leader_completeness::PROPERTY, leader_completeness::leader_compared(seen))
            }
            Self::EntryApplied(seen) => {
                (&state_machine_safety::PROPERTY, state_machine_safety::entry_applied(seen))
            }
            Self::SnapshotRestored(seen) => {
                (&state_machine_safety::PROPERTY, state_machine_safety::snapshot_restored(seen))
            }
            Self::LeaderCommitted(seen) => {
                (&commit_rule::PROPERTY, commit_rule::leader_committed(seen))
            }
            Self::CommitBelieved(seen) => {
                (&commit_rule::PROPERTY, commit_rule::commit_believed(seen))
            }
            Self::HoldersCounted(seen) => {
                (&committed_durability::PROPERTY, committed_durability::holders_counted(seen))
            }
            Self::VoteSent(sent) => (&vote_durability::PROPERTY, vote_durability::vote_sent(sent)),
            Self::TermSent(sent) => {
                (&durable_promises::PROPERTY, durable_promises::term_sent(sent))
            }
            Self::LogAdvertised(seen) => {
                (&durable_promises::PROPERTY, durable_promises::log_advertised(seen))
            }
            Self::LogAcknowledged(seen) => {
                (&durable_promises::PROPERTY, durable_promises::log_acknowledged(seen))
            }
            Self::StateChanged(seen) => {
                (&monotonic_state::PROPERTY, monotonic_state::state_changed(seen))
            }
            Self::Restarted(seen) => {
                (&faithful_recovery::PROPERTY, faithful_recovery::restarted(seen))
            }
            Self::TwoLeaders(seen) => (&lease_safety::PROPERTY, lease_safety::two_leaders(seen)),
            Self::StartRefused { node, reason } => {
                (&faithful_recovery::PROPERTY, faithful_recovery::sound_disk_refused(node, reason))
            }
            Self::ReadServed { node, read, index, committed } => (
                &read_linearizability::PROPERTY,
                read_linearizability::answered(node, read, index, committed),
            ),
            Self::SaidCommitted { node, position, committed } => {
                (&true_replies::PROPERTY, true_replies::is_committed(node, position, committed))
            }
        }
    }
}

/// The property that a core raises no alarm without a cause: to be broken by each alarm of a
/// cluster in which no disk forgets anything.
pub fn alarms() -> &'static Property {
    &true_alarms::PROPERTY
}
