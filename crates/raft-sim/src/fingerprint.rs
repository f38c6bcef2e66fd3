//! The trace hash: one number for all that happened, the same on every target.

use std::hash::{Hash, Hasher};

use raft_core::{Message, Outcome};
use raft_storage::WriteBatch;

use crate::{Event, EventKind};

/// A 64-bit hasher in which `usize` counts as `u64`, so that wasm32 and native agree.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    fn mix(&mut self, word: u64) {
        let mixed = (self.0.rotate_left(5) ^ word).wrapping_add(0x9E37_79B9_7F4A_7C15);
        let product = u128::from(mixed) * 0xD6E8_FEB8_6659_FD93;
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }

    /// Adds one event.
    pub(crate) fn add(&mut self, event: &Event) {
        event.at.hash(self);
        add_kind(self, &event.kind);
    }
}

impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.mix(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.mix(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.mix(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.mix(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.mix(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.mix(value as i64 as u64);
    }
}

/// Hashes what an event says. Each kind starts with its own number.
fn add_kind(hash: &mut Fingerprint, kind: &EventKind) {
    match kind {
        EventKind::Core { node, trace } => (1, node, trace).hash(hash),
        EventKind::Sent { id, from, to, message, arrives_at } => {
            (2, id, from, to, arrives_at).hash(hash);
            add_message(hash, message);
        }
        EventKind::Delivered { id, from, to, .. } => (3, id, from, to).hash(hash),
        EventKind::Dropped { id, from, to, reason, .. } => (4, id, from, to, reason).hash(hash),
        EventKind::WriteIssued { node, id, batch } => {
            (5, node, id).hash(hash);
            add_batch(hash, batch);
        }
        EventKind::WriteDurable { node, id } => (6, node, id).hash(hash),
        EventKind::WritesLost { node, writes, undo } => {
            (7, node, writes).hash(hash);
            add_batch(hash, undo);
        }
        EventKind::Applied { node, entries } => {
            (8, node).hash(hash);
            let last = entries.last().map(raft_core::Entry::position);
            (entries.len(), last).hash(hash);
        }
        EventKind::Restored { node, snapshot } => (9, node, snapshot).hash(hash),
        EventKind::Crashed { node } => (10, node).hash(hash),
        EventKind::Restarted { node } => (11, node).hash(hash),
        EventKind::RestartRefused { node, reason } => (12, node, reason).hash(hash),
        EventKind::Paused { node } => (13, node).hash(hash),
        EventKind::Resumed { node } => (14, node).hash(hash),
        EventKind::LinkChanged { from, to, change } => (15, from, to, change).hash(hash),
        EventKind::DiskChanged { node, change } => (16, node, change).hash(hash),
        EventKind::Partitioned { groups } => (17, groups).hash(hash),
        EventKind::Healed => 18.hash(hash),
        other => add_client_kind(hash, other),
    }
}

fn add_client_kind(hash: &mut Fingerprint, kind: &EventKind) {
    match kind {
        EventKind::ClientInvoked { client, sequence, operation, read } => {
            (19, client, sequence, operation, read).hash(hash);
        }
        EventKind::ClientAsked { client, sequence, node, attempt } => {
            (20, client, sequence, node, attempt).hash(hash);
        }
        EventKind::ClientRedirected { client, sequence, node, leader } => {
            (21, client, sequence, node, leader).hash(hash);
        }
        EventKind::ClientMustRetry { client, sequence, node, reason } => {
            (22, client, sequence, node, reason).hash(hash);
        }
        EventKind::ClientTimedOut { client, sequence, node } => {
            (23, client, sequence, node).hash(hash);
        }
        EventKind::ClientAnswered { client, sequence, response, node, attempts, read } => {
            (24, client, sequence, read).hash(hash);
            (response, node, attempts).hash(hash);
        }
        EventKind::ClientGaveUp { client, sequence } => (25, client, sequence).hash(hash),
        EventKind::ReadServed { node, client, sequence, read, index } => {
            (26, node, client, sequence, read, index).hash(hash);
        }
        EventKind::Administered { node, request, outcome } => {
            (27, node, request).hash(hash);
            add_outcome(hash, *outcome);
        }
        EventKind::ServerAdded { node } => (28, node).hash(hash),
        EventKind::Recovered { nodes } => (60, nodes).hash(hash),
        other => add_disk_fault(hash, other),
    }
}

fn add_disk_fault(hash: &mut Fingerprint, kind: &EventKind) {
    match kind {
        EventKind::WriteFailed { node, id, failure, is_ignored } => {
            (40, node, id, failure, is_ignored).hash(hash);
        }
        EventKind::WriteTorn { node, id, landed } => {
            (41, node, id).hash(hash);
            add_batch(hash, landed);
        }
        EventKind::DiskDamaged { node, damage, batch } => {
            (42, node, damage).hash(hash);
            add_batch(hash, batch);
        }
        other => add_network_kind(hash, other),
    }
}

fn add_network_kind(hash: &mut Fingerprint, kind: &EventKind) {
    match kind {
        EventKind::PartitionedOneWay { heard, unheard } => (30, heard, unheard).hash(hash),
        EventKind::ClockChanged { node, change } => (32, node, change).hash(hash),
        EventKind::Slowed { node, handling } => (33, node, handling).hash(hash),
        EventKind::Replayed { id, from, to, message, arrives_at } => {
            (31, id, from, to, arrives_at).hash(hash);
            add_message(hash, message);
        }
        _ => {}
    }
}

fn add_outcome(hash: &mut Fingerprint, outcome: Outcome) {
    match outcome {
        Outcome::Committed(position) => (1, position).hash(hash),
        Outcome::Readable { index } => (2, index).hash(hash),
        Outcome::Transferred { to } => (3, to).hash(hash),
        Outcome::NotLeader { leader } => (4, leader).hash(hash),
        Outcome::Refused(refusal) => (5, refusal).hash(hash),
        Outcome::Superseded { position } => (6, position).hash(hash),
        Outcome::Unknown { position } => (7, position).hash(hash),
        // Outcomes to come need a number of their own.
        _ => 0.hash(hash),
    }
}

fn add_message(hash: &mut Fingerprint, message: &Message) {
    message.hash(hash);
}

/// The records' bytes follow from the messages and traces; their sizes are enough here.
fn add_batch(hash: &mut Fingerprint, batch: &WriteBatch) {
    (batch.writes.len(), batch.byte_len()).hash(hash);
}

#[cfg(test)]
mod tests;
