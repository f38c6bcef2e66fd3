//! A leader whose disk hangs (dissertation §3.10: another server may be more suitable to lead).
//!
//! A leader may commit entries that are not on its own disk, but it applies none of them, so its
//! clients get no answer. Its heartbeats still leave, so no other server starts an election. Such a
//! leader hands over, if a quorum of the other voters holds more than its disk does.

use core::time::Duration;

use super::fingerprint::NO_LIMIT;
use super::progress::Progress;
use super::{Leader, Node};
use crate::fingerprint::Prints;
use crate::{Instant, PersistId, TransferTrace};

/// A disk hangs if it finishes no write, though one is under way, for this many of the longest
/// election timeouts.
pub(super) const PATIENCE: u32 = 4;

/// A disk has one second more for each so many bytes of a snapshot or of entries that it writes.
const BYTES_A_SECOND: u64 = 16 << 20;

/// A leader's view of its own disk, as of the last heartbeat.
#[derive(Clone, Debug, Default)]
pub(super) struct DiskWatch {
    /// The last write known to be durable, and the first heartbeat at which that was so and a later
    /// write was under way; `None` without a write under way.
    waiting: Option<(PersistId, Instant)>,
    /// When this leader began to hand over by itself.
    last_transfer: Option<Instant>,
}

impl DiskWatch {
    /// `durable`: the last durable write. A wait for an earlier one is over.
    pub(super) fn print(&self, durable: PersistId, out: &mut Prints<'_>) {
        let Self { waiting, last_transfer } = self;
        let waiting = waiting.filter(|(write, _)| *write == durable);
        out.since(waiting.map(|(_, since)| since), NO_LIMIT);
        out.since(*last_transfer, NO_LIMIT);
    }
}

/// How long a disk may need for so many bytes.
pub(super) fn write_time(bytes: u64) -> Duration {
    Duration::from_micros(bytes * 1_000_000 / BYTES_A_SECOND)
}

impl Node {
    pub(super) fn disk_patience(&self) -> Duration {
        let (durable, last) = (self.durability.log_index(), self.log.last().index);
        let entries = self.log.payload_bytes_between(durable, last);
        let bytes = self.durability.snapshot_bytes() + entries;
        self.config.settings.election_timeout_max * PATIENCE + write_time(bytes)
    }

    /// With each heartbeat: hands over, if this leader's disk hangs and a quorum without it holds
    /// more of the log.
    pub(super) fn leave_hung_disk(&mut self, leader: &mut Leader) {
        self.watch_disk(leader);
        let Some(waited) = self.disk_hangs(leader) else { return };
        // A transfer that failed is tried again after as long a time.
        let last = leader.disk.last_transfer;
        let is_due = last.is_none_or(|last| self.now - last >= self.disk_patience());
        if !is_due || leader.transfer.is_some() || !self.is_quorum_ahead(leader) {
            return;
        }
        let Some(to) = self.best_successor(leader) else { return };
        self.trace(|| TransferTrace::DiskHangs { to, waited });
        leader.disk.last_transfer = Some(self.now);
        self.begin_transfer(leader, None, to);
    }

    fn watch_disk(&self, leader: &mut Leader) {
        let durable = self.durability.durable();
        let same = leader.disk.waiting.filter(|(waiting, _)| *waiting == durable);
        leader.disk.waiting =
            self.durability.is_writing().then(|| same.unwrap_or((durable, self.now)));
    }

    /// How long this leader's disk has finished no write; `None` if that is not too long.
    pub(super) fn disk_hangs(&self, leader: &Leader) -> Option<Duration> {
        let (durable, since) = leader.disk.waiting?;
        let waited = self.now - since;
        (durable == self.durability.durable() && waited >= self.disk_patience()).then_some(waited)
    }

    /// Whether the other voters are a quorum that answers, and that holds more than this disk.
    fn is_quorum_ahead(&self, leader: &Leader) -> bool {
        let durable = self.durability.log_index();
        let is_ahead = |progress: &Progress| progress.match_index > durable;
        self.membership().is_quorum(|node| {
            self.is_active(leader, node) && leader.progress(node).is_some_and(is_ahead)
        })
    }
}
