//! The decisions of the core.

use std::time::Duration;

use raft_core::{
    AppendRefusal, ClientTrace, CommitTrace, DiskTrace, ElectionReason, ElectionRefusal,
    ElectionTrace, ForgetRefusal, HeartbeatRound, IgnoreReason, LifecycleTrace, LogIndex,
    LogPosition, Membership, MembershipChange, MembershipTrace, NodeId, PersistId, PreVoteTrace,
    ReadTrace, Refusal, ReplicationTrace, SnapshotRefusal, SnapshotTrace, StepDownReason, Tally,
    Term, TermTrace, TransferTrace, VoteRefusal,
};

use super::{FieldRow, KindGroup, KindRow, fields, key, kinds, world::OF_NODE};
use crate::field::Field;
use crate::json::Members;

/// The groups of decisions.
pub(super) fn groups() -> impl Iterator<Item = KindGroup> {
    let groups: [(&str, &[KindRow]); 13] = [
        ("A start of a server", LIFECYCLE),
        ("The term and its leader (§5.1, §5.2)", TERM),
        ("Pre-votes (dissertation §9.6)", PRE_VOTE),
        ("Elections (§5.2, §5.4.1)", ELECTION),
        ("Log replication (§5.3)", REPLICATION),
        ("The commit index (§5.3, §5.4.2)", COMMIT),
        ("Commands of clients (§8)", CLIENT),
        ("Reads without log entries (dissertation §6.4)", READ),
        ("Leadership transfer (dissertation §3.10)", TRANSFER),
        ("Membership changes (§6)", MEMBERSHIP),
        ("Snapshots (§7)", SNAPSHOT),
        ("The server's own disk", DISK),
        ("Messages without an effect", IGNORED),
    ];
    groups.into_iter().map(|(title, kinds)| KindGroup { title, shared: OF_NODE, kinds })
}

static IGNORED: &[KindRow] = &[KindRow {
    name: "ignored",
    meaning: "ignored a message",
    fields: fields! { from: NodeId, message: &'static str, reason: IgnoreReason },
}];

kinds! { lifecycle, LIFECYCLE: LifecycleTrace {
    Started {
        term: Term, voted_for: Option<NodeId>, snapshot: LogPosition, last_log: LogPosition,
        commit_index: LogIndex
    } "server_started", "started with the state on its disk";
    ClockWentBack { by: Duration } "clock_went_back", "was given a time before the last one";
    #[cfg(feature = "bugs")]
    RulesSwitchedOff { bugs: raft_core::Bugs } "rules_switched_off", "started without some rules";
} }

kinds! { term, TERM: TermTrace {
    Advanced { from: Term, to: Term, by: NodeId }
        "term_advanced", "saw a later term, in a message of `by`, and entered it as a follower";
    LeaderRecognized { leader: NodeId, term: Term }
        "leader_recognized", "follows the leader of its term";
    SteppedDown { term: Term, reason: StepDownReason }
        "stepped_down", "stopped being pre-candidate, candidate or leader";
    LeaderForgotten { leader: Option<NodeId> } "leader_forgotten", "forgot its leader by order";
    LeaderNotForgotten { reason: ForgetRefusal }
        "leader_not_forgotten", "refused to forget its leader";
} }

kinds! { pre_vote, PRE_VOTE: PreVoteTrace {
    Started { term: Term, reason: ElectionReason, last_log: LogPosition }
        "pre_vote_started", "asked whether it could win an election of `term`";
    Granted { candidate: NodeId, term: Term }
        "pre_vote_granted", "said that it would grant its vote";
    Refused { candidate: NodeId, term: Term, reason: VoteRefusal }
        "pre_vote_refused", "said that it would refuse its vote";
    Counted { voter: NodeId, granted: bool, tally: Tally }
        "pre_vote_counted", "counted an answer to its pre-vote";
} }

kinds! { election, ELECTION: ElectionTrace {
    NotStarted { reason: ElectionRefusal } "election_not_started", "started no election";
    Started { term: Term, reason: ElectionReason, last_log: LogPosition }
        "election_started", "started an election, in `term` now";
    VoteGranted { candidate: NodeId, term: Term } "vote_granted", "granted its vote";
    VoteRefused { candidate: NodeId, term: Term, reason: VoteRefusal }
        "vote_refused", "refused its vote";
    VoteCounted { voter: NodeId, granted: bool, tally: Tally }
        "vote_counted", "counted an answer to its request for votes";
    BecameLeader { term: Term, voters: Vec<NodeId> } "became_leader", "won an election";
} }

kinds! { replication, REPLICATION: ReplicationTrace {
    Appended { position: LogPosition, noop: bool }
        "appended", "appended an entry to its log, as leader";
    EntriesAccepted { leader: NodeId, new_entries: usize, match_index: LogIndex }
        "entries_accepted", "accepted entries or a heartbeat; its log equals the leader's up to \
         `match_index`";
    EntriesRefused { leader: NodeId, prev_log: LogPosition, reason: AppendRefusal }
        "entries_refused", "refused entries";
    Truncated { from: LogPosition, to: LogPosition, leader_term: Term }
        "truncated", "removed entries that conflict with the leader's";
    Backtracked { peer: NodeId, from: LogIndex, to: LogIndex }
        "next_index_moved_back", "moved `next_index` of a peer back";
} }

kinds! { commit, COMMIT: CommitTrace {
    Committed { from: LogIndex, to: LogIndex, quorum: Vec<NodeId> }
        "committed", "moved its commit index, as leader, by counting the disks of `quorum`";
    OldTermNotCounted { position: LogPosition, term: Term }
        "old_term_not_counted", "did not commit an entry of an older term by counting";
    Learned { from: LogIndex, to: LogIndex }
        "commit_learned", "moved its commit index after its leader's";
} }

kinds! { client, CLIENT: ClientTrace {
    ProposalRedirected { leader: Option<NodeId> }
        "proposal_redirected", "sent a client to the leader";
    ProposalRefused { reason: Refusal } "proposal_refused", "took no command";
    RequestForwarded { leader: NodeId }
        "request_forwarded", "passed a client's request on to the leader";
} }

kinds! { read, READ: ReadTrace {
    ByLease { index: LogIndex } "read_by_lease", "answers a read from its lease";
    Waits { index: LogIndex, round: HeartbeatRound }
        "read_waits", "answers a read when a quorum answered `round`";
    Confirmed { index: LogIndex, round: HeartbeatRound }
        "read_confirmed", "learned that it led after a read arrived";
    Refused { reason: Refusal } "read_refused", "refused a read";
} }

kinds! { transfer, TRANSFER: TransferTrace {
    Started { to: NodeId } "transfer_started", "began to hand its leadership over";
    Refused { to: NodeId, reason: Refusal } "transfer_refused", "handed nothing over";
    TimeoutNowSent { to: NodeId }
        "timeout_now_sent", "told the next leader to start an election";
    Ended { to: NodeId, reason: Refusal } "transfer_ended", "ended the transfer";
    TimedOut { to: NodeId } "transfer_timed_out", "leads on: the target did not take over";
    DiskHangs { to: NodeId, waited: Duration }
        "disk_hangs", "hands its leadership over because its disk hangs";
} }

kinds! { membership, MEMBERSHIP: MembershipTrace {
    ChangeStarted { change: MembershipChange, target: Membership, force: bool }
        "change_started", "began to change the membership, as leader";
    ChangeRefused { change: MembershipChange, reason: Refusal }
        "change_refused", "did not begin to change the membership";
    ChangeGivenUp { reason: Refusal } "change_given_up", "gave a change up";
    Adopted { index: LogIndex, membership: Membership }
        "membership_adopted", "has another membership in force, that of entry `index`";
    RolledBack { index: LogIndex, membership: Membership }
        "membership_rolled_back", "has an earlier membership in force again";
} }

kinds! { snapshot, SNAPSHOT: SnapshotTrace {
    Requested { through: LogIndex, entries: u64 }
        "snapshot_requested", "asked for a snapshot of its state machine";
    Compacted { through: LogPosition, entries: u64, kept: u64 }
        "snapshot_compacted", "has a snapshot of its own and dropped `entries` of its log";
    Failed { through: LogIndex, not_before: LogIndex }
        "snapshot_failed", "got no snapshot, and asks again at entry `not_before`";
    Ignored { through: LogIndex, reason: SnapshotRefusal }
        "snapshot_ignored", "did not use a snapshot of its own";
    Sent { peer: NodeId, last_included: LogPosition, next_index: LogIndex, bytes: u64 }
        "snapshot_sent", "sends its snapshot to a follower";
    Asked { peer: NodeId, last_included: LogPosition }
        "snapshot_asked", "asks how much of the snapshot arrived";
    Lost { peer: NodeId, last_included: LogPosition, bytes: u64 }
        "snapshot_lost", "sends pieces again";
    StartedOver { peer: NodeId, last_included: LogPosition }
        "snapshot_started_over", "sends the snapshot again from its start";
    ChunkStored { last_included: LogPosition, received: u64 }
        "snapshot_chunk_stored", "stored a piece of its leader's snapshot";
    Abandoned { last_included: LogPosition, received: u64 }
        "snapshot_abandoned", "discarded pieces of a snapshot";
    Installed { last_included: LogPosition, kept_entries: u64 }
        "snapshot_installed", "replaced its state by its leader's snapshot";
} }

kinds! { disk, DISK: DiskTrace {
    WithheldDropped { messages: usize }
        "withheld_dropped", "dropped messages that waited for its disk";
    PersistedUnknown { id: PersistId }
        "persisted_unknown", "ignored the end of a write that it never asked for";
} }
