//! Initial disks that no run leads to.

use std::collections::BTreeMap;

use raft_core::{Entry, LogIndex, LogPosition, NodeId, Term};
use raft_storage::Records;

/// Refuses a disk whose log contradicts one of the disks before it. Each term has one leader, which
/// only appends: so two logs that have entries of a term have the same entries before the first of
/// them, and the same entry at each index that both give to that term (Raft §5.3).
///
/// # Errors
/// The contradiction, in words.
pub(super) fn check(
    node: NodeId,
    records: &Records,
    earlier: &BTreeMap<NodeId, Records>,
) -> Result<(), String> {
    // A damaged disk holds no log: its node refuses to start, and says why.
    let Some(log) = InitialLog::of(node, records) else { return Ok(()) };
    let others = earlier.iter().filter(|(other, _)| **other != node);
    for (other, records) in others {
        let Some(known) = InitialLog::of(*other, records) else { continue };
        log.contradicts(&known).map_or(Ok(()), |words| Err(format!("{words} of node {other}")))?;
    }
    Ok(())
}

/// A log as it is on a disk.
struct InitialLog {
    /// The last entry that the snapshot covers.
    base: LogPosition,
    entries: Vec<Entry>,
}

impl InitialLog {
    fn of(node: NodeId, records: &Records) -> Option<Self> {
        let recovered = raft_storage::recover(node, records).ok()?;
        let base = recovered.snapshot.map_or(LogPosition::ORIGIN, |snapshot| snapshot.position());
        Some(Self { base, entries: recovered.entries })
    }

    fn entry(&self, index: LogIndex) -> Option<&Entry> {
        let place = index.0.checked_sub(self.base.index.0 + 1)?;
        self.entries.get(place as usize)
    }

    /// The term of an entry, or of the end of the snapshot.
    fn term_at(&self, index: LogIndex) -> Option<Term> {
        if index == self.base.index {
            return Some(self.base.term);
        }
        self.entry(index).map(|entry| entry.term)
    }

    /// The first index of each term, if the log has the entry before it.
    fn beginnings(&self) -> impl Iterator<Item = (Term, LogIndex)> {
        let before = std::iter::once(self.base.term).chain(self.entries.iter().map(|e| e.term));
        let pairs = self.entries.iter().zip(before);
        pairs.filter(|(entry, before)| entry.term != *before).map(|(e, _)| (e.term, e.index))
    }

    /// A contradiction with another log, in words that end before "of node N".
    fn contradicts(&self, other: &Self) -> Option<String> {
        for entry in &self.entries {
            let Some(theirs) = other.entry(entry.index) else { continue };
            let position = LogPosition::new(entry.index, entry.term);
            if theirs.term != entry.term {
                continue;
            }
            if theirs.payload != entry.payload {
                return Some(format!("its entry {position} is not the one in the log"));
            }
            let before = LogIndex(entry.index.0 - 1);
            let terms = self.term_at(before).zip(other.term_at(before));
            if let Some((ours, theirs)) = terms.filter(|(ours, theirs)| ours != theirs) {
                return Some(format!(
                    "its entry {position} follows an entry of term {ours}, but one of term \
                     {theirs} in the log"
                ));
            }
        }
        let theirs: BTreeMap<Term, LogIndex> = other.beginnings().collect();
        let differ = |(term, ours): (Term, LogIndex)| {
            let theirs = theirs.get(&term).filter(|theirs| **theirs != ours)?;
            Some(format!(
                "term {term} begins with its entry {ours}, but with entry {theirs} in the log"
            ))
        };
        self.beginnings().find_map(differ)
    }
}
