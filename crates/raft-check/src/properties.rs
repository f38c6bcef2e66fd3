//! The properties. Each file has one: its name, what it collects, and how that is judged.
//!
//! **To add a property**: write its file, and add one row to the table below. The file has a static
//! `PROPERTY`, a state (often empty) and the [`Checker`] of it: the functions of those observations
//! that the property looks at. What it needs of logs, disks and commits is in [`Shadows`].
//!
//! *Invariant of this folder*: a function that judges takes an observation, not a world. So a test
//! can plant any contradiction. Only the functions of `Checker`, which collect, see the world.
//!
//! Which planted bugs break which property is in `docs/bugs.md`; tests of `raft-fuzz` measure it.

use raft_core::{
    Body, Instant, LogIndex, LogPosition, Message, Node, NodeId, Outcome, Settings, Term, Trace,
};
use raft_kv::{ClientId, Sequence, Store};
use raft_sim::{AdminRequest, ClientEvent, NodeState, ReadPolicy, SimNode, Words, World, words};

use crate::property::{Property, PropertyTable, Verdict};
use crate::shadows::Shadows;
use crate::shadows::commands::Repetition;
use crate::shadows::lease_doubt::LeaseDoubt;
use crate::shadows::ledger::Executed;
use crate::shadows::node::{LogChange, ServerState};
use exactly_once::ContentsReached;
use log_matching::EntryHeld;
use monotonic_state::LateReply;
use vote_durability::VoteSent;

/// Declares the properties. Each row is a file and its state.
macro_rules! properties {
    ($dollar:tt $($module:ident: $state:ident,)*) => {
        $(pub(crate) mod $module;)*

        /// Every property, in the order of the table.
        pub(crate) static PROPERTIES: &[&Property] = &[$(&$module::PROPERTY),*];

        /// The state of every property. Cloning it is cheap.
        #[derive(Clone, Default, Debug)]
        pub(crate) struct Properties {
            $(pub(crate) $module: $module::$state,)*
        }

        /// Calls a function of [`Checker`] for each property, in the order of the table.
        macro_rules! tell_all {
            ($dollar all:ident.$dollar function:ident($dollar($dollar argument:expr),*)) => {
                $($dollar all.$module.$dollar function($dollar($dollar argument),*);)*
            };
        }
    };
}

properties! { $
    election_safety: ElectionSafety,
    leader_append_only: LeaderAppendOnly,
    log_matching: LogMatching,
    leader_completeness: LeaderCompleteness,
    state_machine_safety: StateMachineSafety,
    vote_durability: VoteDurability,
    durable_promises: DurablePromises,
    faithful_recovery: FaithfulRecovery,
    monotonic_state: MonotonicState,
    commit_rule: CommitRule,
    committed_durability: CommittedDurability,
    election_quorum: ElectionQuorum,
    config_safety: ConfigSafety,
    change_availability: ChangeAvailability,
    read_linearizability: ReadLinearizability,
    lease_safety: LeaseSafety,
    prompt_transfer: PromptTransfer,
    quiet_transfer: QuietTransfer,
    ready_successor: ReadySuccessor,
    quorum_contact: QuorumContact,
    hung_disk: HungDisk,
    leader_stickiness: LeaderStickiness,
    election_timer: ElectionTimer,
    election_budget: ElectionBudget,
    eligible_candidate: EligibleCandidate,
    bounded_memory: BoundedMemory,
    linearizability: Linearizability,
    exactly_once: ExactlyOnce,
    repeats_on_evidence: RepeatsOnEvidence,
    prompt_answer: PromptAnswer,
    prompt_reply: PromptReply,
    true_replies: TrueReplies,
    true_alarms: TrueAlarms,
}

/// What a collector sees beside the observation, and where verdicts go.
pub(crate) struct Context<'a> {
    pub(crate) world: &'a World,
    pub(crate) shadows: &'a Shadows,
    pub(crate) table: &'a mut PropertyTable,
}

impl<'a> Context<'a> {
    /// Notes a verdict on a property.
    pub(crate) fn note(&mut self, property: &'static Property, verdict: Verdict) {
        self.table.note(property, verdict);
    }

    /// Notes a wrong answer. A doubt in leases excuses a stale read that rests on one: it suspends
    /// the property. The history stays as it is, but does not excuse any other answer.
    pub(crate) fn note_answer(
        &mut self,
        property: &'static Property,
        words: Words,
        excuse: Option<LeaseDoubt>,
    ) {
        match excuse {
            Some(doubt) => {
                let because = words! { doubt.cause(), ", so a lease proves nothing: ", words };
                self.table.suspend(property, because);
            }
            None => {
                self.table.lift(property);
                self.note(property, Err(words));
            }
        }
    }

    /// The settings with which a node runs.
    pub(crate) fn settings(&self, id: NodeId) -> Option<&'a Settings> {
        self.world.node(id).map(SimNode::settings)
    }

    /// The core of a node, and the time that its clock shows, if the node handles what arrives at
    /// once and has handled all that arrived.
    pub(crate) fn prompt(&self, id: NodeId) -> Option<Prompt<'_>> {
        let node = self.world.node(id)?;
        let waits = node.state() != NodeState::Running || node.inbox_len() > 0;
        if waits || !node.handles_at_once(self.world.setup()) {
            return None;
        }
        Some(Prompt { core: node.core()?, now: node.clock().shows(self.world.now()) })
    }
}

/// A node that has handled all that arrived.
pub(crate) struct Prompt<'a> {
    pub(crate) core: &'a Node,
    /// The time that its clock shows.
    pub(crate) now: Instant,
}

impl Prompt<'_> {
    /// Whether it took this message for one of its leader.
    pub(crate) fn has_heard(&self, from: NodeId, message: &Message) -> bool {
        let is_of_leader =
            matches!(message.body, Body::AppendEntries(_) | Body::InstallSnapshot(_));
        let (term, leader) = (self.core.current_term(), self.core.leader());
        is_of_leader && message.term == term && leader == Some(from)
    }
}

/// Declares the observations: the trait with functions that do nothing, and the properties' own,
/// which calls that of each.
macro_rules! observations {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),*);)*) => {
        /// A collector: it takes from the observations what its property is about.
        pub(crate) trait Checker {
            $($(#[$doc])*
            #[allow(unused_variables, reason = "most collectors look at few observations")]
            fn $name(&mut self, $($argument: $type,)* cx: &mut Context<'_>) {})*
        }

        impl Checker for Properties {
            $(fn $name(&mut self, $($argument: $type,)* cx: &mut Context<'_>) {
                tell_all!(self.$name($($argument,)* cx));
            })*
        }
    };
}

observations! {
    /// A node sends a message of a term, whatever is in it.
    fn term_sent(from: NodeId, term: Term);
    /// A vote leaves its voter: a granted reply, or a request for votes, which is a vote for
    /// oneself.
    fn vote_sent(sent: VoteSent);
    /// A node sends a message. `term_sent`, `vote_sent` and `leader_seen` come before.
    fn message_sent(sent: MessageSent<'_>);
    /// A message arrives. `Shadows` is as it was before; the world is as it is after.
    fn message_delivered(delivered: MessageDelivered<'_>);
    /// A node acts as leader of a term: its role or a trace says so, or it sends as only leaders
    /// do.
    fn leader_seen(leader: NodeId, term: Term);
    /// The core of a node says what it did. That proves nothing.
    fn traced(node: NodeId, trace: &Trace);
    /// `Shadows::lease_doubt` is up to date, and may have changed.
    fn leases_doubted();
    /// A client calls an operation, gets an answer, or stops waiting.
    fn client_event(client: ClientId, sequence: Sequence, event: &ClientEvent);
    /// A node answers a read from its store.
    fn read_served(served: ReadServed);
    /// Disks changed, or the ledger grew: committed entries may be on fewer disks, or on more.
    fn disks_changed();
    /// A node refuses to start, for a reason.
    fn start_refused(node: NodeId, reason: &Words);
    /// A node starts. Its shadow is what its disk holds.
    fn started(node: NodeId, core: &Node);
    /// The log of a node changed. Its role in the shadow is the one before the change.
    fn log_changed(node: NodeId, core: &Node, change: LogChange);
    /// A log holds an entry that it did not hold before, or a disk does so at the beginning.
    fn entry_held(held: EntryHeld);
    /// A node began to lead. `leader_seen` comes before.
    fn elected(leader: NodeId, term: Term);
    /// A node began to lead, or leads while an earlier leader commits.
    fn leader_beside_ledger(leader: NodeId, term: Term);
    /// An event was about a node.
    fn node_touched(node: NodeId);
    /// The commit index of a node may have advanced, `has_counted` by counting as a leader. The
    /// shadow has the old one.
    fn commit_seen(node: NodeId, core: &Node, has_counted: bool);
    /// The ledger has one more entry, which holds a command.
    fn command_committed(committed: CommandCommitted<'_>);
    /// The ledger has grown after an index.
    fn ledger_extended(after: LogIndex);
    /// The membership of a node may have changed. Its log is up to date in the shadow.
    fn membership_seen(node: NodeId, core: &Node);
    /// A leader handled a reply that says less than an earlier one.
    fn late_reply(reply: LateReply);
    /// A state machine was replaced by a snapshot. The shadow is the one before.
    fn snapshot_restored(node: NodeId, snapshot: LogPosition);
    /// The keys and values of a state machine moved on from what committed entries make.
    fn contents_reached(reached: ContentsReached);
    /// A state machine moved on.
    fn state_reached(node: NodeId, store: &Store);
    /// A node replied to a request about leadership or membership.
    fn administered(node: NodeId, request: &AdminRequest, outcome: Outcome);
    /// All faults end, for the nodes that recover.
    fn recovered();
    /// A fault strikes, or ends: a node crashes or restarts, a link changes, a server is added.
    fn disturbed();
    /// Everything that happened in a step was told.
    fn step_ended();
    /// The state of a node changed within one incarnation.
    fn state_changed(node: NodeId, before: ServerState, now: ServerState);
}

/// A message leaves its sender.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MessageSent<'a> {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) message: &'a Message,
}

/// A message reaches its receiver, which handles it at once unless it is paused or slow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MessageDelivered<'a> {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) message: &'a Message,
}

/// A node answers a read from its store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadServed {
    pub(crate) node: NodeId,
    pub(crate) client: ClientId,
    pub(crate) sequence: Sequence,
    pub(crate) read: ReadPolicy,
    /// The last entry that the store includes.
    pub(crate) index: LogIndex,
}

/// An entry with a command is committed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommandCommitted<'a> {
    pub(crate) index: LogIndex,
    pub(crate) executed: &'a Executed,
    /// Why the entry must change nothing, if it must.
    pub(crate) repetition: Option<Repetition>,
}

#[cfg(test)]
mod testing;
