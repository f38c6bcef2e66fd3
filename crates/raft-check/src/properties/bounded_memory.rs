//! Bounded Memory (§7, dissertation §10.2.2): what a server holds and sends stays within its
//! settings.

use raft_core::{
    AppendEntries, Bare, Body, Entry, Log, LogIndex, LogPosition, Membership, MemoryUsage, Message,
    Node, NodeId, Payload, PeerStatus, ProgressKind, RoleKind, Settings, SnapshotData,
    SnapshotRefusal, SnapshotTrace, Term, Trace,
};
use raft_sim::words;

use super::{Checker, Context, MessageDelivered, MessageSent};
use crate::property::{Property, Verdict};
use crate::shadows::node::LogChange;
use crate::shadows::per_node::PerNode;

pub(crate) static PROPERTY: Property = Property {
    name: "Bounded Memory",
    section: "§7, dissertation §10.2.2",
    meaning: "Messages, windows, uncommitted entries, and requests that wait stay within their \
              settings; a log is compacted when it is due, and keeps no more entries before the \
              end of its snapshot than its settings and the bytes of the state allow; pieces of a \
              snapshot are kept only while it may be installed, and a leader's next index is \
              after its match index.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct BoundedMemory {
    /// Whether a node sent entries since the last look: only then its windows are fuller.
    has_sent: PerNode<bool>,
    /// The snapshot of which a node received a piece last: the leader's term, and the last entry
    /// that it covers. `None` if the node may have handled another one since.
    incoming: PerNode<Option<(Term, LogIndex)>>,
    /// The last entry that a node may have applied at its start: that asks for no snapshot, the
    /// next entry does.
    applied_at_start: PerNode<LogIndex>,
    /// The snapshot of each node that its driver makes, or failed to make.
    snapshots: PerNode<SnapshotMaking>,
    /// What was judged last: only a change of it is judged again.
    judged_usage: PerNode<Option<MemoryUsage>>,
    judged_log: PerNode<Option<LogSeen>>,
    /// Whether a node began to send a snapshot since it took its last one of its own, or since it
    /// leads.
    is_sending: PerNode<bool>,
    /// The last entry of the snapshot that a node asked its driver for last.
    asked_through: PerNode<LogIndex>,
    /// The payload bytes of the largest message with entries so far.
    largest_message: usize,
}

/// A log as it was judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct LogSeen {
    /// The end of the snapshot.
    end: LogIndex,
    /// The position before the first entry of the log.
    start: LogIndex,
    last_applied: LogIndex,
    making: SnapshotMaking,
}

impl LogSeen {
    fn of(core: &Node, making: SnapshotMaking) -> Self {
        let end = core.snapshot().map_or(LogIndex(0), |taken| taken.last_included_index);
        Self { end, start: core.log().base().index, last_applied: core.last_applied(), making }
    }
}

/// A driver makes a snapshot for a node.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct SnapshotMaking {
    /// Whether the driver was asked and has not answered.
    is_asked: bool,
    /// After a failure: the node asks again when it has applied this entry, or earlier.
    again_at: LogIndex,
}

/// Bytes that an entry counts beside its payload, where a setting limits the bytes of a log.
const ENTRY_BYTES: u64 = 64;
/// The most heartbeat rounds whose beginning a leader remembers.
const MAX_ROUNDS: usize = 256;

impl Checker for BoundedMemory {
    fn message_sent(&mut self, sent: MessageSent<'_>, cx: &mut Context<'_>) {
        let MessageSent { from, message, .. } = sent;
        if let Body::AppendEntries(request) = &message.body
            && !request.entries.is_empty()
        {
            *self.has_sent.of(from) = true;
            self.largest_message = self.largest_message.max(payload_bytes(request));
        }
        let Some(settings) = cx.settings(from) else { return };
        cx.note(&PROPERTY, message_fits(from, message, settings));
    }

    fn message_delivered(&mut self, delivered: MessageDelivered<'_>, cx: &mut Context<'_>) {
        let MessageDelivered { from, to, message } = delivered;
        if let Body::InstallSnapshot(request) = &message.body {
            let prompt = cx.prompt(to);
            // Such a piece is not stored, and says nothing about those that are kept.
            let is_stale = prompt.as_ref().is_some_and(|prompt| {
                let is_old = request.last_included_index <= prompt.core.commit_index();
                is_old || !prompt.has_heard(from, message)
            });
            if !is_stale {
                let snapshot = (message.term, request.last_included_index);
                *self.incoming.of(to) = prompt.map(|_| snapshot);
            }
        }
    }

    fn node_touched(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let Some(node) = cx.world.node(id) else { return };
        let (Some(core), settings) = (node.core(), node.settings()) else { return };
        let usage = core.memory_usage();
        // Most events change nothing of it.
        if self.judged_usage.of(id).replace(usage) != Some(usage) {
            cx.note(&PROPERTY, usage_fits(id, usage, settings));
        }
        self.judge_pieces(id, usage.incoming_snapshot_bytes, cx);
        self.judge_log(id, core, cx);
        if std::mem::take(self.has_sent.of(id)) {
            for peer in core.status().peers {
                let largest_message = self.largest_message;
                let window = Window { leader: id, peer, largest_message };
                cx.note(&PROPERTY, window_fits(window, settings));
            }
        }
    }

    fn started(&mut self, node: NodeId, core: &Node, _: &mut Context<'_>) {
        *self.incoming.of(node) = None;
        *self.is_sending.of(node) = false;
        *self.applied_at_start.of(node) = core.commit_index();
        *self.snapshots.of(node) = SnapshotMaking::default();
        // The disk may be from a time with other settings.
        let found = LogSeen::of(core, SnapshotMaking::default());
        *self.judged_log.of(node) = Some(found);
    }

    fn traced(&mut self, node: NodeId, trace: &Trace, cx: &mut Context<'_>) {
        let Trace::Snapshot(decision) = trace else { return };
        if let SnapshotTrace::Sent { .. } = decision {
            *self.is_sending.of(node) = true;
        }
        let making = self.snapshots.of(node);
        if let SnapshotTrace::Requested { through, .. } = decision {
            *self.asked_through.of(node) = *through;
            // Other drivers answer in the same drain.
            let driver = cx.world.setup().driver;
            making.is_asked = driver.snapshot_files || !driver.gather.is_zero();
        } else if let SnapshotTrace::Ignored {
            reason: SnapshotRefusal::NotRequested | SnapshotRefusal::TooLarge { .. },
            ..
        } = decision
        {
            // A snapshot that an order wanted, and that failed: what was asked before still holds.
        } else if let SnapshotTrace::Compacted {
            through: LogPosition { index: through, .. }, ..
        }
        | SnapshotTrace::Ignored { through, .. } = decision
        {
            // A late report leaves the driver at work on the snapshot that was asked for last.
            making.is_asked &= through < self.asked_through.of(node);
            // A refused report does not end the pause after a failure.
            if let SnapshotTrace::Compacted { .. } = decision {
                making.again_at = LogIndex(0);
            }
        } else if let SnapshotTrace::Failed { .. } = decision {
            let Some(failed) = cx.world.node(node) else { return };
            let applied = failed.core().map_or(LogIndex(0), Node::last_applied);
            let again_at = applied.0.saturating_add(failed.settings().snapshot_threshold);
            *making = SnapshotMaking { is_asked: false, again_at: LogIndex(again_at) };
        }
    }

    fn log_changed(&mut self, id: NodeId, core: &Node, change: LogChange, cx: &mut Context<'_>) {
        let led = cx.shadows.node(id).and_then(|shadow| shadow.leading);
        let Some(limit) = cx.settings(id).map(|settings| settings.max_uncommitted_bytes) else {
            return;
        };
        let log = core.log();
        let is_small = log_bytes(log) <= limit;
        let leads = core.role() == RoleKind::Leader && led == Some(core.current_term());
        if is_small || !leads {
            return;
        }
        let first_new = change.last_before.index.next();
        let entries = log.iter_from(core.last_applied().next());
        cx.note(&PROPERTY, accepted(Accepted { leader: id, first_new, limit }, entries));
    }
}

impl BoundedMemory {
    fn judge_pieces(&mut self, id: NodeId, kept: usize, cx: &mut Context<'_>) {
        if kept > 0
            && let Some(prompt) = cx.prompt(id)
            && let Some((term, end)) = *self.incoming.of(id)
        {
            let now = (prompt.core.current_term(), prompt.core.commit_index());
            cx.note(&PROPERTY, pieces_are_of_use(Pieces { node: id, kept, term, end, now }));
        }
    }

    fn judge_log(&mut self, id: NodeId, core: &Node, cx: &mut Context<'_>) {
        let (Some(shadow), Some(settings)) = (cx.shadows.node(id), cx.settings(id)) else { return };
        let making = *self.snapshots.of(id);
        let seen = LogSeen::of(core, making);
        let LogSeen { end, start, .. } = seen;
        let state = core.snapshot().map_or(0, |taken| state_bytes(&taken.data, settings));
        let before = self.judged_log.of(id).replace(seen);
        if before == Some(seen) {
            return;
        }
        // Few logs are so long: the bytes of the others are not counted.
        let is_long = log_bytes(core.log()) >= settings.snapshot_threshold_bytes;
        let applied = core.log().iter_from(end.next()).take_while(|e| e.index <= seen.last_applied);
        let log = LogLength {
            node: id,
            state_bytes: state,
            applied_bytes: if is_long { applied.map(bytes_of).sum() } else { 0 },
            snapshot: end,
            last_applied: seen.last_applied,
            applied_at_start: *self.applied_at_start.of(id),
            making,
            membership: shadow.memberships.at(seen.last_applied),
        };
        cx.note(&PROPERTY, log_is_compacted(log, settings));
        // Only a snapshot moves the two.
        if before.is_none_or(|before| (before.end, before.start) != (end, start)) {
            let included = core.log().iter_from(start.next()).take_while(|e| e.index <= end);
            let bytes = included.map(bytes_of).sum();
            let entries = end.0.saturating_sub(start.0);
            let leads = core.role() == RoleKind::Leader;
            let is_sending = *self.is_sending.of(id);
            *self.is_sending.of(id) = is_sending && leads;
            let trailing = Trailing { node: id, entries, bytes, state, is_sending };
            cx.note(&PROPERTY, trailing_fits(trailing, settings));
        }
    }
}

fn payload_bytes(request: &AppendEntries) -> usize {
    request.entries.iter().map(|entry| payload_of(entry) as usize).sum()
}

/// The payload of an entry that counts against limits.
fn payload_of(entry: &Entry) -> u64 {
    match &entry.payload {
        Payload::Command(command) => command.len() as u64,
        Payload::Noop | Payload::Membership(_) => 0,
    }
}

/// What an entry counts where a setting limits the bytes of a log.
fn bytes_of(entry: &Entry) -> u64 {
    ENTRY_BYTES + payload_of(entry)
}

/// What all entries of a log count.
fn log_bytes(log: &Log) -> u64 {
    log.payload_bytes() + ENTRY_BYTES * log.len() as u64
}

/// The bytes of a state that those of a log are compared with. The log is in memory, and a file is
/// not.
fn state_bytes(data: &SnapshotData, settings: &Settings) -> u64 {
    match data {
        SnapshotData::Bytes(bytes) => bytes.len() as u64,
        SnapshotData::File(file) => file.bytes.min(settings.snapshot_threshold_bytes),
    }
}

/// A message leaves its sender.
fn message_fits(from: NodeId, message: &Message, settings: &Settings) -> Verdict {
    if let Body::AppendEntries(request) = &message.body {
        let entries = request.entries.len();
        let limit = settings.max_batch_entries;
        at_most(from, "entries of one message", entries, limit)?;
        // A single entry may be larger.
        if entries > 1 {
            let limit = settings.max_batch_bytes;
            at_most(from, "payload bytes of one message", payload_bytes(request), limit)?;
        }
    }
    if let Body::InstallSnapshot(request) = &message.body {
        let limit = settings.snapshot_chunk_bytes;
        at_most(from, "snapshot bytes of one message", request.data.len(), limit)?;
    }
    Ok(())
}

fn at_most(node: NodeId, what: &str, found: usize, limit: usize) -> Verdict {
    if found <= limit {
        return Ok(());
    }
    Err(words! { "{what} of ", node, ": {found}, more than {limit}" })
}

/// Those of 32 servers, 1,024 each, and 1,024 members that left.
const MAX_COMMAND_RESULTS: usize = 33 << 10;

fn usage_fits(node: NodeId, usage: MemoryUsage, settings: &Settings) -> Verdict {
    let pending = settings.max_pending_requests;
    // Outputs wait for a term or for the log; a snapshot that is restored may be one of them.
    let withheld = 2 * settings.max_withheld_messages() + 1;
    at_most(node, "withheld outputs", usage.withheld, withheld)?;
    at_most(node, "waiting reads", usage.reads, 2 * pending)?;
    at_most(node, "forwarded requests", usage.forwarded, pending)?;
    at_most(node, "results of forwarded commands", usage.command_results, MAX_COMMAND_RESULTS)?;
    // A pre-candidate may hold the votes of its term beside the pre-votes for the next one.
    at_most(node, "votes", usage.votes, 4 * Membership::MAX_VOTERS)?;
    at_most(node, "unanswered rounds", usage.rounds, MAX_ROUNDS)?;
    // Pieces after a gap wait for those before.
    let most = usize::try_from(settings.max_snapshot_bytes).unwrap_or(usize::MAX);
    let limit = most.saturating_add(settings.max_in_flight_bytes);
    at_most(node, "bytes of an incoming snapshot", usage.incoming_snapshot_bytes, limit)?;
    let limit = settings.max_in_flight_bytes;
    at_most(node, "bytes of entries after a gap", usage.early_bytes, limit)?;
    at_most(node, "memberships", usage.memberships, usage.log_entries + 1)
}

/// A node keeps pieces of a snapshot.
#[derive(Clone, Copy, Debug)]
struct Pieces {
    node: NodeId,
    /// Their bytes.
    kept: usize,
    /// The term of the leader that sent them.
    term: Term,
    /// The last entry that the snapshot covers.
    end: LogIndex,
    /// The node's term and commit index.
    now: (Term, LogIndex),
}

/// The pieces of another leader are never continued, and a snapshot of committed entries is not
/// installed.
fn pieces_are_of_use(Pieces { node, kept, term, end, now }: Pieces) -> Verdict {
    if term == now.0 && end > now.1 {
        return Ok(());
    }
    Err(words! {
        node, ", in ", now.0, " and with entries committed up to ", Bare(now.1), ", keeps ", kept,
        " bytes of a snapshot of ", term, " through ", end, ", which it will never install"
    })
}

/// What a node has applied since its last snapshot.
#[derive(Clone, Copy, Debug)]
struct LogLength<'a> {
    node: NodeId,
    /// The bytes of its last snapshot, as [`state_bytes`] counts them.
    state_bytes: u64,
    /// The bytes of the entries that it applied after its last snapshot, if they matter.
    applied_bytes: u64,
    /// The end of its last snapshot.
    snapshot: LogIndex,
    last_applied: LogIndex,
    /// The last entry that it may have applied at its start.
    applied_at_start: LogIndex,
    making: SnapshotMaking,
    /// In force at the last entry applied.
    membership: &'a Membership,
}

fn log_is_compacted(log: LogLength<'_>, settings: &Settings) -> Verdict {
    let LogLength { node, snapshot, last_applied, applied_at_start, making, membership, .. } = log;
    let applied = last_applied.0.saturating_sub(snapshot.0);
    let limit = settings.snapshot_threshold_bytes.max(log.state_bytes);
    let is_due = (applied >= settings.snapshot_threshold || log.applied_bytes >= limit)
        && last_applied > applied_at_start
        && last_applied >= making.again_at
        && !making.is_asked;
    // A server that joins cannot take a snapshot before it knows the membership.
    if !is_due || membership.is_empty() {
        return Ok(());
    }
    Err(words! {
        node, " has applied ", applied, " entries (", log.applied_bytes,
        " bytes) after its last snapshot, and takes one after ", settings.snapshot_threshold,
        " entries or {limit} bytes"
    })
}

/// The entries that a log keeps although its snapshot includes them.
#[derive(Clone, Copy, Debug)]
struct Trailing {
    node: NodeId,
    entries: u64,
    bytes: u64,
    /// Bytes of the snapshot.
    state: u64,
    /// Whether the node leads and sends a snapshot, or did: then it keeps the entries that the
    /// receiver needs next.
    is_sending: bool,
}

fn trailing_fits(trailing: Trailing, settings: &Settings) -> Verdict {
    let Trailing { node, entries, bytes, state, is_sending } = trailing;
    // A state that is smaller than one piece counts as one piece.
    let mut limit = state.max(settings.snapshot_chunk_bytes as u64);
    if is_sending {
        limit = limit.max(state.max(settings.snapshot_threshold_bytes).saturating_mul(2));
    } else {
        let limit = settings.trailing_entries as usize;
        at_most(node, "entries before the end of the snapshot", entries as usize, limit)?;
    }
    at_most(node, "bytes of entries before the end of the snapshot", bytes as usize, limit as usize)
}

/// A leader's view of another server after it has sent entries.
#[derive(Clone, Copy, Debug)]
struct Window {
    leader: NodeId,
    peer: PeerStatus,
    largest_message: usize,
}

fn window_fits(window: Window, settings: &Settings) -> Verdict {
    let Window { leader, peer, largest_message } = window;
    if peer.match_index >= peer.next_index {
        return Err(words! {
            "for ", leader, ", which leads, ", peer.id, " holds ", peer.match_index, " and needs ",
            peer.next_index, " next"
        });
    }
    if peer.state != ProgressKind::Replicate {
        return Ok(());
    }
    at_most(leader, "messages in flight to one peer", peer.in_flight, settings.max_in_flight)?;
    // The last message may begin within the window and end after it.
    let limit = settings.max_in_flight_bytes + largest_message;
    at_most(leader, "bytes in flight to one peer", peer.in_flight_bytes as usize, limit)
}

/// A leader appended commands.
#[derive(Clone, Copy, Debug)]
struct Accepted {
    leader: NodeId,
    first_new: LogIndex,
    /// The most bytes that may wait.
    limit: u64,
}

/// The entries are those that the leader has not applied.
fn accepted<'a>(seen: Accepted, entries: impl Iterator<Item = &'a Entry>) -> Verdict {
    let Accepted { leader, first_new, limit } = seen;
    let mut waiting = 0;
    for entry in entries {
        let is_first = waiting == 0;
        waiting += bytes_of(entry);
        let is_command = matches!(entry.payload, Payload::Command(_));
        if is_command && entry.index >= first_new && !is_first && waiting > limit {
            return Err(words! {
                leader, " accepts ", entry.index, " although then {waiting} bytes wait to be \
                 committed, more than {limit}"
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
