//! Damage to records: torn writes, flipped bits, records in the wrong place, a wiped disk.
//!
//! Each damage is a batch of writes, so that a copy of the disk can follow. Its random numbers
//! depend on the time and the node alone: one fault more or less does not change the others.

use raft_core::{HardState, Instant, NodeId, Persist};
use raft_storage::{RecordBytes, RecordKey, Records, Write, WriteBatch, decode_hard_state};

use super::Disk;
use crate::random::{Purpose, Random};
use crate::{DiskDamage, DiskError, Setup, Unsynced};

/// Draws how a loss of power tears a write.
#[derive(Debug)]
pub(crate) struct Tear {
    random: Random,
    /// Whether a crash can come between the term and the vote of one write.
    splits_votes: bool,
}

impl Tear {
    pub(crate) fn new(setup: &Setup, (node, now): (NodeId, Instant), splits_votes: bool) -> Self {
        Self { random: stream(setup, node, now), splits_votes }
    }

    /// The part of the first lost write that lands; `None` if the write is not torn.
    pub(super) fn landing(
        &mut self,
        before: &Records,
        batch: &WriteBatch,
        unsynced: Unsynced,
    ) -> Option<WriteBatch> {
        if unsynced == Unsynced::Torn {
            return Some(self.part_of(batch));
        }
        if self.splits_votes { term_without_vote(before, batch) } else { None }
    }

    /// The first writes of a batch, and sometimes the beginning of the next record; never all.
    fn part_of(&mut self, batch: &WriteBatch) -> WriteBatch {
        let most = batch.writes.len().saturating_sub(1);
        let whole = self.random.up_to(most as u64) as usize;
        let mut writes: Vec<Write> = batch.writes.iter().take(whole).cloned().collect();
        if let Some(Write::Put { key, record }) = batch.writes.get(whole) {
            let length = self.random.up_to(record.len().saturating_sub(1) as u64) as usize;
            if length > 0 {
                writes.push(Write::Put { key: *key, record: record.slice(0, length) });
            }
        }
        WriteBatch { writes }
    }
}

/// For the planted bug of row 8: the new term lands, with the vote of the term before.
fn term_without_vote(before: &Records, batch: &WriteBatch) -> Option<WriteBatch> {
    let read = |record: &RecordBytes| decode_hard_state(record).ok();
    let new = batch.writes.iter().find_map(|write| {
        let Write::Put { key: RecordKey::HardState, record } = write else { return None };
        read(record)
    })?;
    let old = before.get(RecordKey::HardState).and_then(read).unwrap_or_default();
    let torn = HardState { current_term: new.current_term, voted_for: old.voted_for };
    let persist = Persist { hard_state: Some(torn), ..Persist::default() };
    (torn != old && torn != new).then(|| WriteBatch::from_persist(&persist))
}

impl Disk {
    /// Damages durable records. Returns the damage with all that was drawn, and its writes.
    pub(crate) fn damage(
        &mut self,
        setup: &Setup,
        (node, now): (NodeId, Instant),
        damage: DiskDamage,
    ) -> Result<(DiskDamage, WriteBatch), DiskError> {
        if self.keys().next().is_none() && damage != DiskDamage::Restore {
            return Err(DiskError::Empty(node));
        }
        let mut random = stream(setup, node, now);
        let (done, batch) = match damage {
            DiskDamage::Corrupt { record } => {
                let key = record.unwrap_or_else(|| self.draw_key(&mut random, None));
                let record = &self.record(node, key)?.clone();
                let flipped = with_flipped_bit(record, &mut random);
                if let Some(directory) = &mut self.directory {
                    directory.damage(record, &flipped);
                }
                (DiskDamage::Corrupt { record: Some(key) }, put(key, flipped))
            }
            DiskDamage::Zero { record } => {
                let key = self.zero(node, record, &mut random)?;
                let zeros = vec![0; self.record(node, key)?.len()];
                (DiskDamage::Zero { record: Some(key) }, put(key, zeros.into()))
            }
            DiskDamage::Misdirect { keys } => {
                let (from, to) = keys.unwrap_or_else(|| {
                    let from = self.draw_key(&mut random, None);
                    (from, self.draw_key(&mut random, Some(from)))
                });
                if from == to {
                    return Err(DiskError::SameRecord { node, record: from });
                }
                let record = self.record(node, from)?.clone();
                if let Some(directory) = &mut self.directory {
                    match self.durable.get(to) {
                        Some(replaced) => directory.damage(replaced, &record),
                        None => directory.damage(&record, &backwards(&record)),
                    }
                }
                let mut batch = put(to, record);
                batch.writes.push(Write::Delete { key: from });
                (DiskDamage::Misdirect { keys: Some((from, to)) }, batch)
            }
            DiskDamage::Wipe => (damage, WriteBatch::wipe()),
            DiskDamage::Restore => {
                let backup = self.backup.as_ref().ok_or(DiskError::NoBackup(node))?;
                let put = |(key, record): (RecordKey, &RecordBytes)| Write::Put {
                    key,
                    record: record.clone(),
                };
                let mut batch = WriteBatch::erase();
                batch.writes.extend(backup.iter().map(put));
                (damage, batch)
            }
        };
        self.durable.apply(&batch);
        if matches!(done, DiskDamage::Wipe | DiskDamage::Restore) {
            self.make_directory_anew();
        }
        Ok((done, batch))
    }

    /// In files, zeros come in place of the sectors of a record: of this one, or of one that is
    /// drawn. Returns the record.
    fn zero(
        &mut self,
        node: NodeId,
        record: Option<RecordKey>,
        random: &mut Random,
    ) -> Result<RecordKey, DiskError> {
        let keys: Vec<RecordKey> = match record {
            Some(key) => vec![key],
            None => {
                let first = self.draw_key(random, None);
                let (before, after): (Vec<_>, Vec<_>) = self.keys().partition(|key| *key < first);
                after.into_iter().chain(before).collect()
            }
        };
        for key in &keys {
            let record = self.record(node, *key)?.clone();
            if self.directory.as_mut().is_none_or(|directory| directory.zero(&record)) {
                return Ok(*key);
            }
        }
        Err(DiskError::LastWrite { node, record: keys[0] })
    }

    fn record(&self, node: NodeId, record: RecordKey) -> Result<&RecordBytes, DiskError> {
        self.durable.get(record).ok_or(DiskError::NoSuchRecord { node, record })
    }

    /// The keys of the node's records, without the note that the disk is in use.
    pub(super) fn keys(&self) -> impl Iterator<Item = RecordKey> {
        self.durable.iter().map(|(key, _)| key).filter(|key| *key != RecordKey::InUse)
    }

    /// Draws one of the records; not `other` if there are more.
    fn draw_key(&self, random: &mut Random, other: Option<RecordKey>) -> RecordKey {
        let keys: Vec<RecordKey> = self.keys().filter(|key| Some(*key) != other).collect();
        let drawn = random.up_to(keys.len().saturating_sub(1) as u64);
        keys.get(drawn as usize).or(other.as_ref()).copied().unwrap_or(RecordKey::HardState)
    }
}

fn stream(setup: &Setup, node: NodeId, now: Instant) -> Random {
    Random::new(setup.seed, Purpose::DiskDamage, node.0, now.0)
}

fn put(key: RecordKey, record: RecordBytes) -> WriteBatch {
    WriteBatch { writes: vec![Write::Put { key, record }] }
}

/// The bytes of a record in place of which others are: in no order that a checksum fits.
fn backwards(record: &RecordBytes) -> Vec<u8> {
    record.iter().rev().copied().collect()
}

fn with_flipped_bit(record: &RecordBytes, random: &mut Random) -> RecordBytes {
    let mut bytes = record.to_vec();
    let bit = random.up_to((bytes.len() as u64 * 8).saturating_sub(1));
    if let Some(byte) = bytes.get_mut(bit as usize / 8) {
        *byte ^= 1 << (bit % 8);
    }
    bytes.into()
}
