//! A value for each entry of a log, cheap to clone, and with memory that equal logs can share.

use std::sync::Arc;

use imbl::Vector;
use raft_core::LogIndex;

/// The indexes of a part.
const PART: u64 = 32;

/// A value for each index from `first` up to, not including, `end`, as a log has them: it grows at
/// the end and shrinks at both ends. Access takes nearly constant time.
///
/// Values that are not the newest are in shared parts. Parts of all logs begin at the same indexes,
/// so that two logs [can share](Self::share) those that are equal.
#[derive(Clone, Debug)]
pub struct PerEntry<T> {
    first: LogIndex,
    end: LogIndex,
    /// Each ends where the next one begins, at a multiple of `PART`. The first may have values from
    /// before `first`.
    parts: Vector<Arc<[T]>>,
    /// The values after the parts.
    tail: Vec<T>,
}

impl<T> PerEntry<T> {
    /// No values; the first one will be for `first`.
    pub fn starting_at(first: LogIndex) -> Self {
        Self { first, end: first, parts: Vector::new(), tail: Vec::new() }
    }

    /// The first index, or the next one if there are no values.
    pub fn first(&self) -> LogIndex {
        self.first
    }

    /// The index after the last one.
    pub fn end(&self) -> LogIndex {
        self.end
    }

    /// The number of values.
    pub fn len(&self) -> u64 {
        self.end.0 - self.first.0
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.end == self.first
    }
}

impl<T: Clone> PerEntry<T> {
    /// The value of an index, if there is one.
    pub fn get(&self, index: LogIndex) -> Option<&T> {
        if index < self.first || index >= self.end {
            return None;
        }
        let (values, end) = match self.is_in_tail(index) {
            true => (&self.tail[..], self.end.0),
            false => (&self.parts.get(self.place_of(index))?[..], part_end(index)),
        };
        values.get(values.len() - (end - index.0) as usize)
    }

    /// The value of the last index.
    pub fn last(&self) -> Option<&T> {
        self.get(LogIndex(self.end.0.checked_sub(1)?))
    }

    /// The values, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (LogIndex, &T)> {
        self.iter_from(self.first)
    }

    /// The values of `from` and all later indexes, in order.
    pub fn iter_from(&self, from: LogIndex) -> impl DoubleEndedIterator<Item = (LogIndex, &T)> {
        let all = (from.max(self.first).0..self.end.0).map(LogIndex);
        all.filter_map(|index| Some((index, self.get(index)?)))
    }

    /// Adds the value of the next index.
    pub fn push(&mut self, value: T) {
        self.push_and_pack(value, |_| {});
    }

    /// The same. If it fills a part, `pack` may replace the part's values by equal ones that take
    /// less memory.
    pub fn push_and_pack(&mut self, value: T, pack: impl FnOnce(&mut [T])) {
        self.tail.push(value);
        self.end = self.end.next();
        if self.end.0.is_multiple_of(PART) {
            pack(&mut self.tail);
            self.parts.push_back(self.tail.drain(..).collect());
        }
    }

    /// Replaces the value of an index. Gives it back if the index has none.
    pub fn replace(&mut self, index: LogIndex, value: T) -> Option<T> {
        if index < self.first || index >= self.end {
            return Some(value);
        }
        if self.is_in_tail(index) {
            let place = self.tail.len() - (self.end.0 - index.0) as usize;
            self.tail[place] = value;
            return None;
        }
        let place = self.place_of(index);
        let mut part = self.parts[place].to_vec();
        let place_in_part = part.len() - (part_end(index) - index.0) as usize;
        part[place_in_part] = value;
        self.parts.set(place, part.into());
        None
    }

    /// Removes the values of `end` and all later indexes.
    pub fn truncate(&mut self, end: LogIndex) {
        let end = end.max(self.first);
        if end >= self.end {
            return;
        }
        let kept_of_tail = self.tail.len().checked_sub((self.end.0 - end.0) as usize);
        if let Some(kept) = kept_of_tail {
            self.tail.truncate(kept);
        } else {
            let place = self.place_of(end);
            let mut tail = self.parts[place].to_vec();
            tail.truncate(tail.len() - (part_end(end) - end.0) as usize);
            self.parts.truncate(place);
            self.tail = tail;
        }
        self.end = end;
        self.forget_before_first();
    }

    /// Removes the values of all indexes before `first`.
    pub fn skip_to(&mut self, first: LogIndex) {
        let first = first.clamp(self.first, self.end);
        let gone = (first.0 / PART - self.first.0 / PART) as usize;
        self.parts = self.parts.skip(gone.min(self.parts.len()));
        self.first = first;
        self.forget_before_first();
    }

    /// Without parts, the tail has no values from before the first one.
    fn forget_before_first(&mut self) {
        if self.is_in_tail(self.first) {
            self.parts.clear();
            self.tail.drain(..self.tail.len() - (self.end.0 - self.first.0) as usize);
        }
    }

    /// Takes the parts of another log in place of equal ones, and the newest values, so that both
    /// share their memory.
    pub fn share(&mut self, other: &Self)
    where
        T: PartialEq,
    {
        let mut has_all = self.parts.len() == other.parts.len();
        for place in 0..self.parts.len() {
            let own = &self.parts[place];
            match other.part(self.first.0 / PART + place as u64) {
                Some(part) if Arc::ptr_eq(own, part) => {}
                Some(part) if own == part => drop(self.parts.set(place, part.clone())),
                Some(_) | None => has_all = false,
            }
        }
        if has_all {
            self.parts = other.parts.clone();
        }
        let first = self.end.0 - self.tail.len() as u64;
        for (index, own) in (first..).map(LogIndex).zip(&mut self.tail) {
            if let Some(value) = other.get(index).filter(|value| *value == own) {
                *own = value.clone();
            }
        }
    }

    /// The values that are in no part of any of `held`.
    pub fn unshared(&self, held: &[&Self]) -> impl Iterator<Item = &T> {
        let first = self.first.0 / PART;
        let is_shared = move |place: usize, part: &Arc<[T]>| {
            let mut theirs = held.iter().filter_map(|held| held.part(first + place as u64));
            theirs.any(|other| Arc::ptr_eq(part, other))
        };
        let parts = self.parts.iter().enumerate();
        let unshared = parts.filter(move |(place, part)| !is_shared(*place, part));
        unshared.flat_map(|(_, part)| part.iter()).chain(&self.tail)
    }

    /// Whether both are equal, and share the memory of their parts.
    pub fn is_same(&self, other: &Self) -> bool
    where
        T: PartialEq,
    {
        let are_same = || self.parts.iter().zip(&other.parts).all(|(own, o)| Arc::ptr_eq(own, o));
        (self.first, self.end) == (other.first, other.end)
            && self.tail == other.tail
            && (self.parts.ptr_eq(&other.parts) || are_same())
    }

    fn is_in_tail(&self, index: LogIndex) -> bool {
        self.end.0 - index.0 <= self.tail.len() as u64
    }

    /// The part with this number.
    fn part(&self, number: u64) -> Option<&Arc<[T]>> {
        self.parts.get(number.checked_sub(self.first.0 / PART)? as usize)
    }

    /// The place of the part that has an index.
    fn place_of(&self, index: LogIndex) -> usize {
        (index.0 / PART - self.first.0 / PART) as usize
    }
}

/// The end of the part that has an index.
fn part_end(index: LogIndex) -> u64 {
    (index.0 / PART + 1) * PART
}

#[cfg(test)]
mod tests;
