//! The replicated log in memory: the entries after the last snapshot, and some before its end.
//!
//! Entries live in shared segments: entries that were appended together are one segment, and the
//! messages, the write to disk and the followers' logs of one process share it. No entry is ever
//! copied to keep it. Segments that are not the newest are in shared groups, so that cloning a log
//! costs little however long it is: a simulator can keep many copies, and a frame of a user
//! interface can hold one. The groups of all logs begin at the same indexes, so that the logs of
//! several servers in one process can share them.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{Entries, Entry, LogIndex, LogPosition, Term};

/// Entries in a segment of a recovered log, and the most that are copied into one batch.
const SEGMENT: usize = 256;
/// The segments of a group begin in the same so many indexes.
const GROUP: u64 = 32;
/// The most segments in the tail.
const TAIL: usize = 64;
/// A batch is not worth a copy of entries if it is this long already.
const WORTH_SENDING: usize = 64;

/// The entries of a server's log that are kept: all those that no snapshot includes, and some of
/// those that the last snapshot includes ([`Settings::trailing_entries`](crate::Settings)).
///
/// Invariant: entries are consecutive, and their terms never go down.
#[derive(Clone, Debug)]
pub struct Log {
    /// The position before the first entry that is still there: the end of the snapshot, or
    /// before it.
    base: LogPosition,
    /// The last entry, or `base` if there is none.
    last: LogPosition,
    /// The older segments, in order. Neither a group nor a segment is empty.
    groups: Arc<Vec<Group>>,
    /// The newer segments.
    tail: Vec<Segment>,
    /// Payload bytes of all entries.
    payload_bytes: u64,
}

type Group = Arc<[Segment]>;

/// A part of the log that is shared as a whole.
#[derive(Clone, Debug)]
struct Segment {
    /// The index of its first entry.
    first: LogIndex,
    /// Payload bytes of its entries.
    bytes: usize,
    entries: Entries,
}

impl Segment {
    fn new(first: LogIndex, entries: Entries) -> Self {
        Self { first, bytes: entries.payload_bytes(), entries }
    }

    fn last(&self) -> LogIndex {
        LogIndex(self.first.0 + self.entries.len() as u64 - 1)
    }

    /// The number of its group.
    fn group(&self) -> u64 {
        self.first.0 / GROUP
    }

    /// Whether both are the same part of the same memory.
    fn is_same(&self, other: &Self) -> bool {
        self.first == other.first && self.entries.is_same(&other.entries)
    }

    /// The part of the segment from `from` up to and including `to`.
    fn part(&self, from: LogIndex, to: LogIndex) -> Entries {
        if from <= self.first && to >= self.last() {
            return self.entries.clone();
        }
        let start = from.0.saturating_sub(self.first.0) as usize;
        let end = ((to.0 + 1).saturating_sub(self.first.0) as usize).min(self.entries.len());
        self.entries.slice(start.min(end), end)
    }

    /// The same, as a segment; `None` if nothing is left.
    fn cut(&self, from: LogIndex, to: LogIndex) -> Option<Self> {
        let entries = self.part(from, to);
        (!entries.is_empty()).then(|| Self::new(from.max(self.first), entries))
    }
}

impl Log {
    /// A log that starts after `base`, without entries.
    pub fn new(base: LogPosition) -> Self {
        Self { base, last: base, groups: Arc::default(), tail: Vec::new(), payload_bytes: 0 }
    }

    /// The position before the first entry: the origin, or an entry that a snapshot includes. The
    /// end of the snapshot is [`Node::snapshot`](crate::Node::snapshot)'s.
    pub fn base(&self) -> LogPosition {
        self.base
    }

    /// The last entry's position; `base` without entries.
    pub fn last(&self) -> LogPosition {
        self.last
    }

    /// The index of the first entry that is there, or would be.
    pub fn first_index(&self) -> LogIndex {
        self.base.index.next()
    }

    /// How many entries are there.
    pub fn len(&self) -> usize {
        (self.last.index.0 - self.base.index.0) as usize
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.last.index == self.base.index
    }

    /// Payload bytes of all entries that are there.
    pub fn payload_bytes(&self) -> u64 {
        self.payload_bytes
    }

    /// The entry at `index`, if it is there.
    pub fn get(&self, index: LogIndex) -> Option<&Entry> {
        if index <= self.base.index || index > self.last.index {
            return None;
        }
        let segment = self.segment_at(index);
        segment.entries.get((index.0 - segment.first.0) as usize)
    }

    /// The term of the entry at `index`, or of `base`. `None` for a compacted and for a missing
    /// entry: neither must ever pass for term 0.
    pub fn term_at(&self, index: LogIndex) -> Option<Term> {
        if index == self.last.index {
            return Some(self.last.term);
        }
        if index == self.base.index {
            return Some(self.base.term);
        }
        self.get(index).map(|entry| entry.term)
    }

    /// The entries from `from` on, in order.
    pub fn iter_from(&self, from: LogIndex) -> impl Iterator<Item = &Entry> {
        let from = from.max(self.first_index());
        self.segments_between(from, self.last.index).flat_map(move |segment| {
            let skipped = from.0.saturating_sub(segment.first.0) as usize;
            segment.entries.iter().skip(skipped)
        })
    }

    /// Entries from `from` on, and not past `to`: as many as are shared as a whole, at least one.
    /// Nothing is copied.
    ///
    /// # Panics
    /// If the log does not hold `from`, or `to` comes before it.
    pub fn part(&self, from: LogIndex, to: LogIndex) -> Entries {
        assert!(
            from > self.base.index && from <= to && to <= self.last.index,
            "entries {from} to {to} of a log from {} to {}",
            self.first_index(),
            self.last.index
        );
        self.segment_at(from).part(from, to)
    }

    /// Payload bytes of the entries after `after`, up to and including `to`; of those that are
    /// there.
    pub(crate) fn payload_bytes_between(&self, after: LogIndex, to: LogIndex) -> u64 {
        let (from, to) = (after.max(self.base.index).next(), to.min(self.last.index));
        let bytes = |segment: &Segment| match segment.first >= from && segment.last() <= to {
            true => segment.bytes as u64,
            false => segment.part(from, to).payload_bytes() as u64,
        };
        self.segments_between(from, to).map(bytes).sum()
    }

    /// The start of the longest part of the log that ends with `end`, and in which at most
    /// `max_entries` entries cost together at most `max_cost`.
    pub(crate) fn start_of_part(
        &self,
        end: LogIndex,
        (max_entries, max_cost): (u64, u64),
        cost: impl Fn(&Entry) -> u64,
    ) -> LogPosition {
        let segments = self.groups.iter().flat_map(|group| group.iter()).chain(&self.tail).rev();
        let entries = segments.flat_map(|segment| segment.entries.iter().rev());
        let mut left = max_cost;
        for entry in entries.skip_while(|entry| entry.index > end) {
            let has_room = end.0 - entry.index.0 < max_entries;
            match left.checked_sub(cost(entry)).filter(|_| has_room) {
                Some(rest) => left = rest,
                None => return entry.position(),
            }
        }
        self.base
    }

    fn segments_between(&self, from: LogIndex, to: LogIndex) -> impl Iterator<Item = &Segment> {
        let mut next = from;
        core::iter::from_fn(move || {
            let segment = (next <= to).then(|| self.segment_at(next))?;
            next = segment.last().next();
            Some(segment)
        })
    }

    /// The entries from `from` on, and their payload bytes: at most `max_entries`, and at most
    /// `max_bytes`, but always one if there is one. It may be fewer than would fit where that saves
    /// a copy.
    pub fn batch(&self, from: LogIndex, max_entries: usize, max_bytes: usize) -> (Entries, usize) {
        if from <= self.base.index || from > self.last.index || max_entries == 0 {
            return (Entries::EMPTY, 0);
        }
        let segment = self.segment_at(from);
        let is_last = segment.last() == self.last.index;
        let rest = segment.part(from, self.last.index);
        let is_shared = is_last || rest.len() >= max_entries.min(WORTH_SENDING);
        if is_shared {
            if from == segment.first && rest.len() <= max_entries && segment.bytes <= max_bytes {
                return (rest, segment.bytes);
            }
            let rest = rest.slice(0, rest.len().min(max_entries));
            let (count, bytes) = count_fitting(rest.iter(), max_bytes);
            return (rest.slice(0, count), bytes);
        }
        let entries = || self.iter_from(from).take(max_entries.min(SEGMENT));
        let (count, bytes) = count_fitting(entries(), max_bytes);
        (entries().take(count).cloned().collect(), bytes)
    }

    /// The last position at or before `index` whose term does not exceed `term`: two logs may still
    /// agree there. `None` if a snapshot replaced that part.
    pub fn last_with_term_at_most(&self, index: LogIndex, term: Term) -> Option<LogPosition> {
        if index < self.base.index || self.base.term > term {
            return None;
        }
        // Terms never go down, so a binary search finds the last entry that qualifies.
        let (mut low, mut high) = (self.base.index, index.min(self.last.index));
        while low < high {
            let middle = LogIndex(high.0 - (high.0 - low.0) / 2);
            if self.term_at(middle).is_some_and(|found| found <= term) {
                low = middle;
            } else {
                high = middle.previous();
            }
        }
        self.term_at(low).map(|found| LogPosition::new(low, found))
    }

    /// Adds entries at the end (§5.3). They are shared, not copied.
    ///
    /// # Panics
    /// If the first does not follow the last entry, or its term is older. That they follow each
    /// other is the caller's to know.
    pub fn append(&mut self, entries: Entries) {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return };
        assert!(first.index == self.last.index.next(), "append {first:?} after {}", self.last);
        assert!(first.term >= self.last.term, "append {first:?} after term {}", self.last.term);
        assert!(
            last.index.0 - first.index.0 + 1 == entries.len() as u64,
            "append {} entries, from {first:?} to {last:?}",
            entries.len()
        );
        let (first, last) = (first.index, last.position());
        let segment = Segment::new(first, entries);
        self.last = last;
        self.payload_bytes += segment.bytes as u64;
        if self.tail.len() == TAIL {
            let oldest = self.tail[0].group();
            let length = self.tail.partition_point(|segment| segment.group() == oldest);
            Arc::make_mut(&mut self.groups).push(self.tail.drain(..length).collect());
        }
        self.tail.push(segment);
    }

    /// Takes the groups of another log in place of those with the same entries in the same
    /// segments, so that both logs share them.
    pub(crate) fn share(&mut self, other: &Self) {
        let theirs = |group: &Group| {
            let number = group[0].group();
            let place = other.groups.binary_search_by_key(&number, |other| other[0].group());
            place.ok().map(|place| &other.groups[place])
        };
        let mut has_all = self.groups.len() == other.groups.len();
        for place in 0..self.groups.len() {
            let own = &self.groups[place];
            match theirs(own) {
                Some(group) if Arc::ptr_eq(own, group) => {}
                Some(group) if are_same(own, group) => {
                    Arc::make_mut(&mut self.groups)[place] = group.clone();
                }
                Some(_) | None => has_all = false,
            }
        }
        if has_all {
            self.groups = other.groups.clone();
        }
    }

    /// Adds recovered entries: in segments, because one large segment would stay in memory until
    /// its last entry is compacted.
    pub(crate) fn append_recovered(&mut self, entries: Vec<Entry>) {
        let mut entries = entries.into_iter().peekable();
        while entries.peek().is_some() {
            self.append(entries.by_ref().take(SEGMENT).collect());
        }
    }

    /// Removes the entries from `index` on (§5.3).
    ///
    /// # Panics
    /// If the entry at `index` was dropped.
    pub fn truncate_from(&mut self, index: LogIndex) {
        assert!(index > self.base.index, "truncate from {index}, in the snapshot {}", self.base);
        while self.last.index >= index {
            if self.tail.is_empty()
                && let Some(group) = Arc::make_mut(&mut self.groups).pop()
            {
                self.tail = group.to_vec();
            }
            let newest = self.tail.pop().expect("entries are in segments");
            self.payload_bytes -= newest.bytes as u64;
            if let Some(kept) = newest.cut(newest.first, index.previous()) {
                self.payload_bytes += kept.bytes as u64;
                self.tail.push(kept);
            }
            self.last = self.newest_position();
        }
    }

    fn newest_position(&self) -> LogPosition {
        let newest = self.tail.last().or_else(|| self.groups.last().and_then(|group| group.last()));
        let entry = newest.and_then(|segment| segment.entries.last());
        entry.map_or(self.base, Entry::position)
    }

    /// Drops the entries up to and including `base`, which a snapshot includes (§7). Entries after
    /// it stay.
    ///
    /// # Panics
    /// If the log does not hold `base`.
    pub fn compact(&mut self, base: LogPosition) {
        assert!(self.term_at(base.index) == Some(base.term), "compact through {base}: not held");
        // What is gone as a whole first; then at most one group, or the tail, is cut.
        let is_gone = |group: &Arc<[Segment]>| group[group.len() - 1].last() <= base.index;
        let gone = self.groups.partition_point(is_gone);
        let groups = Arc::make_mut(&mut self.groups);
        for group in groups.drain(..gone) {
            self.payload_bytes -= payload_bytes(&group);
        }
        let (from, to) = (base.index.next(), self.last.index);
        let cut = |segments: &[Segment]| -> Option<Vec<Segment>> {
            let is_hit = segments.first().is_some_and(|segment| segment.first < from);
            let kept = segments.partition_point(|segment| segment.last() < from);
            is_hit.then(|| segments[kept..].iter().filter_map(|s| s.cut(from, to)).collect())
        };
        if let Some(oldest) = groups.first_mut()
            && let Some(kept) = cut(oldest)
        {
            self.payload_bytes -= payload_bytes(oldest) - payload_bytes(&kept);
            *oldest = kept.into();
        }
        if let Some(kept) = cut(&self.tail) {
            self.payload_bytes -= payload_bytes(&self.tail) - payload_bytes(&kept);
            self.tail = kept;
        }
        self.base = base;
        self.last = self.newest_position();
    }

    /// The segment that holds `index`, which the log must hold.
    fn segment_at(&self, index: LogIndex) -> &Segment {
        let starts_before = |segment: &Segment| segment.first <= index;
        // Nearly every look-up is for the last two segments.
        match &self.tail[..] {
            [.., last] if starts_before(last) => last,
            [.., before, _] if starts_before(before) => before,
            tail => {
                let segments = match tail {
                    [first, ..] if starts_before(first) => tail,
                    _ => {
                        let place = self.groups.partition_point(|group| starts_before(&group[0]));
                        &self.groups[place - 1]
                    }
                };
                &segments[segments.partition_point(starts_before) - 1]
            }
        }
    }
}

fn are_same(group: &[Segment], other: &[Segment]) -> bool {
    group.len() == other.len() && group.iter().zip(other).all(|(one, other)| one.is_same(other))
}

fn payload_bytes(segments: &[Segment]) -> u64 {
    segments.iter().map(|segment| segment.bytes as u64).sum()
}

/// How many of the entries have together at most `max_bytes` of payload, at least one, and how many
/// bytes those are.
fn count_fitting<'a>(entries: impl Iterator<Item = &'a Entry>, max_bytes: usize) -> (usize, usize) {
    let (mut count, mut bytes) = (0, 0);
    for entry in entries {
        let with_it = bytes + entry.payload.len();
        if with_it > max_bytes && count > 0 {
            break;
        }
        (count, bytes) = (count + 1, with_it);
    }
    (count, bytes)
}

#[cfg(test)]
mod tests;
