//! The situations that the search has looked at and need not look at again: the memory of Lowe's
//! search.

use hashbrown::HashTable;

use crate::hash::mix_all;

/// Situations that lead to no order, or that the search is in.
///
/// A situation is a state, a moment in the history, the set of operations open at that moment that
/// have taken effect, and the set of unanswered operations that have. Of two situations that differ
/// only in the last set, one with a subset of the other's can lead to everything that the other
/// can: the other need not be looked at.
pub(crate) struct Seen {
    /// The situations, each `width` words long.
    words: Vec<u64>,
    width: usize,
    /// The number of words that must be equal. In the others, a situation is covered by one whose
    /// bits are a subset of its own.
    exact: usize,
    table: HashTable<u32>,
}

impl Seen {
    pub(crate) fn new(exact: usize, others: usize) -> Self {
        Self { words: Vec::new(), width: exact + others, exact, table: HashTable::new() }
    }

    /// Remembers a situation; false if it is covered by one that is remembered already.
    pub(crate) fn insert(&mut self, situation: &[u64]) -> bool {
        let key = mix_all(&situation[..self.exact]);
        let covered = self.table.iter_hash(key).any(|place| {
            let kept = &self.words[*place as usize * self.width..][..self.width];
            let (same, fewer) = kept.split_at(self.exact);
            same == &situation[..self.exact]
                && fewer.iter().zip(&situation[self.exact..]).all(|(kept, now)| kept & !now == 0)
        });
        if covered {
            return false;
        }
        let place = (self.words.len() / self.width) as u32;
        self.words.extend_from_slice(situation);
        let (words, width, exact) = (&self.words, self.width, self.exact);
        let key_of = |place: &u32| mix_all(&words[*place as usize * width..][..exact]);
        self.table.insert_unique(key, place, key_of);
        true
    }

    /// The number of situations.
    pub(crate) fn len(&self) -> usize {
        self.words.len() / self.width
    }

    /// The memory that they take, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.words.capacity() * 8 + self.table.capacity() * 5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_situation_is_covered_by_one_with_a_subset() {
        let mut seen = Seen::new(2, 1);
        assert!(seen.insert(&[1, 2, 0b0110]));
        assert!(!seen.insert(&[1, 2, 0b0110]));
        assert!(!seen.insert(&[1, 2, 0b1110]), "more has happened");
        assert!(seen.insert(&[1, 2, 0b1010]), "something else has happened");
        assert!(seen.insert(&[1, 2, 0b0010]), "less has happened");
        assert!(seen.insert(&[1, 3, 0b1110]), "in another state");
        assert_eq!(seen.len(), 4);
    }
}
