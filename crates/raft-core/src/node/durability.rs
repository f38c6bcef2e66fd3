//! Write-ahead order, enforced here so that a driver cannot get it wrong.
//!
//! While an input is handled, writes are collected; at the end they become one `Persist`. An output
//! that depends on a write, collected or earlier, is withheld until that write is reported durable.
//! An output that depends on no such write leaves at once.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::{Node, Role};
use crate::fingerprint::{Fingerprint, Prints};
use crate::{
    AppendEntriesReply, Body, DiskTrace, Entries, FilePiece, FileTask, HardState,
    InstallSnapshotReply, LogIndex, LogPosition, Membership, Message, NodeId, Output, Persist,
    PersistId, Snapshot, SnapshotWrite, Term,
};

/// The writes that must be on disk before an output may leave. `Node::needs` has those of each
/// message. A candidate counts its own vote, and a leader its own entries, once they are durable
/// too: `count_own_vote`, `match_index_of`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Needs {
    /// Term and vote: every message carries the term.
    HardState,
    /// Term, vote, and all of the log and of the snapshot.
    HardStateAndLog,
}

/// The writes that are not durable yet, and the outputs that wait for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Durability {
    /// The write being collected for the input at hand.
    collecting: Persist,
    has_collected: bool,
    /// The last write that was asked for.
    issued: PersistId,
    /// The last write that carried a term or vote.
    hard_state_issued: PersistId,
    /// The last write known to be durable.
    durable: PersistId,
    /// The last write that carried a snapshot, and the bytes of that.
    snapshot: (PersistId, u64),
    /// Writes under way that change the log, each with the last index that is durable after it.
    log_writes: VecDeque<(PersistId, LogIndex)>,
    /// The log's entries up to here are durable as they are now.
    log_index: LogIndex,
    /// Outputs that wait for a write, oldest first: those that wait for a term or vote, and those
    /// that wait for the log. The ids of each go up.
    withheld: [VecDeque<(PersistId, Output)>; 2],
}

impl Durability {
    /// The last write that the driver reported.
    #[cfg(feature = "bugs")]
    pub(super) fn reported(&self) -> PersistId {
        self.durable
    }

    pub(super) fn new(log_index: LogIndex) -> Self {
        Self { log_index, ..Self::default() }
    }

    /// The members of the first start go to disk with the first write, whatever that is.
    ///
    /// No output waits for them. Writes become durable in order, so they are on disk before any
    /// term, vote or entry is, and a server promises nothing before one of those. If a crash comes
    /// first, the disk is as it was, and the next start is a first start again.
    pub(super) fn add_bootstrap(&mut self, bootstrap: Membership) {
        self.collecting.bootstrap = Some(Box::new(bootstrap));
    }

    /// The last entry of the log that is on disk.
    pub(super) fn log_index(&self) -> LogIndex {
        self.log_index
    }

    /// The last write known to be durable.
    pub(super) fn durable(&self) -> PersistId {
        self.durable
    }

    /// Whether a write is under way.
    pub(super) fn is_writing(&self) -> bool {
        self.issued > self.durable
    }

    /// The bytes of a snapshot whose write is under way; 0 without one.
    pub(super) fn snapshot_bytes(&self) -> u64 {
        let (write, bytes) = self.snapshot;
        if write > self.durable { bytes } else { 0 }
    }

    /// How many writes that change the log are under way.
    pub(super) fn log_writes(&self) -> usize {
        self.log_writes.len()
    }

    /// How many outputs wait for a write.
    pub(super) fn withheld(&self) -> usize {
        self.withheld.iter().map(VecDeque::len).sum()
    }

    pub(super) fn write_hard_state(&mut self, current_term: Term, voted_for: Option<NodeId>) {
        self.collecting.hard_state = Some(HardState { current_term, voted_for });
        self.has_collected = true;
        self.hard_state_issued = self.collecting_id();
    }

    /// Entries that follow those of earlier writes.
    pub(super) fn write_entries(&mut self, entries: Entries) {
        let Some(last) = entries.last() else { return };
        self.note_log_write(last.index);
        let collected = &mut self.collecting.entries;
        *collected = match collected.is_empty() {
            true => entries,
            false => collected.iter().chain(&entries).cloned().collect(),
        };
        self.has_collected = true;
    }

    /// The entries from `from` on are removed: those of them that are durable no longer count.
    pub(super) fn write_truncation(&mut self, from: LogIndex) {
        assert!(self.collecting.entries.is_empty(), "truncation after entries in one write");
        self.collecting.truncate_from = Some(from);
        self.has_collected = true;
        let last = from.previous();
        for (_, last_durable) in &mut self.log_writes {
            *last_durable = last.min(*last_durable);
        }
        self.log_index = last.min(self.log_index);
    }

    /// The commit index is worth a write of its own. The end of the log, which is at `last`, is
    /// written with it.
    pub(super) fn write_commit_index(&mut self, last: LogIndex) {
        let collected = &mut self.collecting;
        if collected.entries.is_empty() && collected.truncate_from.is_none() {
            collected.truncate_from = Some(last.next());
        }
        self.has_collected = true;
    }

    /// A snapshot, whose end is durable after the write. The log keeps the entries after
    /// `log_start`.
    pub(super) fn write_snapshot(&mut self, snapshot: Snapshot, log_start: LogPosition) {
        self.note_log_write(snapshot.last_included_index);
        // A file is not part of the write.
        let bytes = snapshot.data.bytes().map_or(0, |bytes| bytes.len() as u64);
        self.snapshot = (self.collecting_id(), bytes);
        self.collecting.snapshot = Some(Box::new(SnapshotWrite { snapshot, log_start }));
        self.has_collected = true;
    }

    /// Figure 2: the write that must be durable before an output with these needs may leave; `None`
    /// if it may leave at once.
    fn awaited(&self, needs: Needs) -> Option<PersistId> {
        let id = match needs {
            Needs::HardState => self.hard_state_issued,
            Needs::HardStateAndLog if self.has_collected => self.collecting_id(),
            Needs::HardStateAndLog => self.issued,
        };
        (id > self.durable).then_some(id)
    }

    /// Keeps an output until a write is durable. A message that would be one too many pushes out
    /// the oldest of its kind: the network may lose messages too, and a disk that hangs must not
    /// fill the memory. Whether it did.
    fn withhold(&mut self, id: PersistId, output: Output, needs: Needs, limit: usize) -> bool {
        let queue = &mut self.withheld[usize::from(needs == Needs::HardStateAndLog)];
        if has_joined(queue, id, &output) {
            return false;
        }
        queue.push_back((id, output));
        if queue.len() <= limit {
            return false;
        }
        let oldest = queue.iter().position(|(_, output)| is_message(output));
        oldest.is_some_and(|oldest| queue.remove(oldest).is_some())
    }

    /// Drops a snapshot that waits to be restored.
    pub(super) fn forget_restore(&mut self) {
        for queue in &mut self.withheld {
            queue.retain(|(_, output)| !matches!(output, Output::Restore(_)));
        }
    }

    /// The id that the write being collected will have.
    pub(super) fn collecting_id(&self) -> PersistId {
        PersistId(self.issued.0 + 1)
    }

    /// Whether the current term and vote are on disk.
    pub(super) fn is_hard_state_durable(&self) -> bool {
        self.is_durable(self.hard_state_issued)
    }

    /// Whether this write is durable.
    pub(super) fn is_durable(&self, id: PersistId) -> bool {
        id <= self.durable
    }

    fn note_log_write(&mut self, last: LogIndex) {
        let id = self.collecting_id();
        match self.log_writes.back_mut() {
            Some((newest, last_durable)) if *newest == id => {
                *last_durable = last.max(*last_durable)
            }
            _ => self.log_writes.push_back((id, last)),
        }
    }
}

impl Fingerprint for Durability {
    fn print(&self, out: &mut Prints<'_>) {
        let Self {
            collecting,
            has_collected,
            issued,
            hard_state_issued,
            durable,
            snapshot: (snapshot, _),
            log_writes,
            log_index,
            withheld,
        } = self;
        assert!(!has_collected, "a write is collected for the next drain");
        // The members of the first start wait here for the first write.
        collecting.print(out);
        for write in [issued, hard_state_issued, durable, snapshot] {
            out.write(*write);
        }
        out.plain(&(log_index, self.snapshot_bytes(), log_writes.len()));
        for (write, last) in log_writes {
            out.write(*write);
            out.plain(last);
        }
        for queue in withheld {
            // Messages for different servers have no order among them.
            let mut queue: Vec<_> = queue.iter().collect();
            queue.sort_by_key(|(write, output)| {
                (*write, receiver(output).map(|to| out.name_of(to)))
            });
            out.plain(&queue.len());
            for (write, output) in queue {
                out.write(*write);
                print_withheld(output, out);
            }
        }
    }
}

/// Messages wait for the disk, and snapshots that are to be restored.
fn print_withheld(output: &Output, out: &mut Prints<'_>) {
    out.plain(&core::mem::discriminant(output));
    if let Output::Send { to, message } = output {
        out.name(*to);
        message.print(out);
    } else if let Output::Restore(snapshot) = output {
        snapshot.print(out);
    } else if let Output::Files(FileTask::SendPiece(piece)) = output {
        let FilePiece { to, message, file, bytes } = &**piece;
        out.name(*to);
        out.plain(&(file, bytes));
        message.print(out);
    } else {
        panic!("nothing else waits for the disk: {output:?}");
    }
}

fn is_message(output: &Output) -> bool {
    receiver(output).is_some()
}

/// The server that a message is for.
fn receiver(output: &Output) -> Option<NodeId> {
    if let Output::Send { to, .. } = output {
        Some(*to)
    } else if let Output::Files(FileTask::SendPiece(piece)) = output {
        Some(piece.to)
    } else {
        None
    }
}

/// Whether an answer became part of one that waits for the same write: a leader repeats its
/// requests while a disk is slow, and one answer to all of them says as much.
fn has_joined(queue: &mut VecDeque<(PersistId, Output)>, id: PersistId, output: &Output) -> bool {
    let Output::Send { to, message: Message { term, body } } = output else { return false };
    let Body::AppendEntriesReply(reply) = body else { return false };
    let same_write = queue.iter_mut().rev().take_while(|(awaited, _)| *awaited == id);
    for (_, waiting) in same_write {
        if let Output::Send { to: other, message } = waiting
            && (*other, message.term) == (*to, *term)
            && let Body::AppendEntriesReply(waiting) = &mut message.body
            && join(waiting, *reply)
        {
            return true;
        }
    }
    false
}

/// Makes one answer of two, each to a request of the same leader in the same term. False if one of
/// them says something else.
fn join(waiting: &mut AppendEntriesReply, reply: AppendEntriesReply) -> bool {
    use AppendEntriesReply::{Failure, Following, Success};
    match (waiting, reply) {
        (Success { match_index, round }, Success { match_index: other, round: later }) => {
            (*match_index, *round) = (other.max(*match_index), later.max(*round));
        }
        (Following { round }, Following { round: later }) => *round = later.max(*round),
        (
            Failure { prev_log_index, hint, round },
            Failure { prev_log_index: other_index, hint: other_hint, round: later },
        ) if (*prev_log_index, *hint) == (other_index, other_hint) => {
            *round = later.max(*round);
        }
        (Success { .. } | Following { .. } | Failure { .. }, _) => return false,
    }
    true
}

impl Node {
    /// Figure 2, "updated on stable storage before responding to RPCs": the writes that must be on
    /// disk before a message leaves. A crash must lose nothing that the message promises.
    pub(super) fn needs(&self, message: &Body) -> Needs {
        match message {
            // A vote for itself, and a log with this end.
            Body::RequestVote(_) => Needs::HardStateAndLog,
            // The entries count for the leader's quorum (§5.3).
            Body::AppendEntriesReply(AppendEntriesReply::Success { match_index, .. }) => {
                match *match_index <= self.durability.log_index() {
                    true => Needs::HardState,
                    false => Needs::HardStateAndLog,
                }
            }
            // They prove no entry.
            Body::AppendEntriesReply(
                AppendEntriesReply::Following { .. } | AppendEntriesReply::Failure { .. },
            ) => Needs::HardState,
            Body::InstallSnapshotReply(InstallSnapshotReply::Installed { .. }) => {
                Needs::HardStateAndLog
            }
            // The pieces that have arrived may be lost in a crash.
            Body::InstallSnapshotReply(InstallSnapshotReply::Continue { .. }) => Needs::HardState,
            // The leader's own log may be late (dissertation §10.2.1).
            Body::AppendEntries(_) => Needs::HardState,
            Body::RequestVoteReply(_)
            | Body::PreVote(_)
            | Body::PreVoteReply(_)
            | Body::InstallSnapshot(_)
            | Body::TimeoutNow
            | Body::ReadIndex(_)
            | Body::ReadIndexReply(_)
            | Body::Forward(_)
            | Body::ForwardReply(_) => Needs::HardState,
        }
    }

    /// Figure 2: ends the handling of an input, and asks for its writes.
    #[inline]
    pub(super) fn flush(&mut self) {
        if self.durability.has_collected {
            self.flush_collected();
        }
    }

    fn flush_collected(&mut self) {
        let commit_index = rule!(self.commit_index_to_store());
        let durability = &mut self.durability;
        durability.has_collected = false;
        durability.issued = durability.collecting_id();
        let collected = &mut durability.collecting;
        // Field by field, into its place: a value just written is slow to read as a whole.
        self.outputs.push_back(Output::Persist(Persist {
            id: durability.issued,
            bootstrap: collected.bootstrap.take(),
            hard_state: collected.hard_state.take(),
            snapshot: collected.snapshot.take(),
            truncate_from: collected.truncate_from.take(),
            entries: core::mem::take(&mut collected.entries),
            commit_index,
        }));
    }

    /// The commit index that goes to disk with a write: it costs nothing there, and the next start
    /// need not wait for a leader to learn it.
    ///
    /// It is never beyond the log on that disk. Writes become durable in order, so the disk then
    /// holds the log as it is now, and `commit_index` is never beyond that.
    pub(super) fn commit_index_to_store(&self) -> LogIndex {
        self.commit_index
    }

    /// Figure 2: lets an output out as soon as the writes that it depends on are on disk.
    #[inline]
    pub(super) fn emit(&mut self, output: Output, needs: Needs) {
        match self.durability.awaited(needs) {
            None => self.outputs.push_back(output),
            Some(id) => {
                let limit = self.config.settings.max_withheld_messages();
                if self.durability.withhold(id, output, needs, limit) {
                    self.trace(|| DiskTrace::WithheldDropped { messages: 1 });
                }
            }
        }
    }

    /// Figure 2: the disk reports a write, and all before it, durable.
    pub(super) fn persisted(&mut self, id: PersistId) {
        let durability = &mut self.durability;
        if id > durability.issued {
            return self.trace(|| DiskTrace::PersistedUnknown { id });
        }
        if id <= durability.durable {
            return;
        }
        durability.durable = id;
        while let Some((_, last_durable)) = durability.log_writes.pop_front_if(|(w, _)| *w <= id) {
            durability.log_index = durability.log_index.max(last_durable);
        }
        for queue in &mut durability.withheld {
            while let Some((_, output)) = queue.pop_front_if(|(needed, _)| *needed <= id) {
                self.outputs.push_back(output);
            }
        }
        if let Some(cast) = self.unstored_vote.filter(|_| self.durability.is_hard_state_durable()) {
            self.unstored_vote = None;
            self.restart_timer_after_vote(cast);
        }
        match self.role {
            Role::Leader(_) => {
                self.as_leader(|node, leader| {
                    node.advance_commit(leader);
                    node.apply_committed_as_leader(leader);
                });
            }
            Role::Candidate { .. } | Role::PreCandidate { .. } => {
                self.count_own_vote();
                if self.as_leader(Self::apply_committed_as_leader).is_none() {
                    self.apply_committed();
                }
            }
            Role::Follower { .. } => self.apply_committed(),
        }
        // If a snapshot was restored, nothing need be applied.
        self.answer_readable();
    }
}
