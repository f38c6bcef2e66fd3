//! Which situations the search has been in, and need not be in again.

use hashbrown::HashTable;

use crate::hash::mix_all;

/// Situations that lead nowhere, or are being looked at.
///
/// A situation is a state, a place in the history, which of the operations open there have happened,
/// and which of those that nobody answered have. One in which fewer of the latter have happened can do
/// all that one with more can; so only the former need be kept.
pub(super) struct Seen {
    /// The situations, each `width` words long.
    words: Vec<u64>,
    width: usize,
    /// How many words must be equal; the others must hold all bits of what is kept.
    exact: usize,
    table: HashTable<u32>,
}

impl Seen {
    pub(super) fn new(exact: usize, others: usize) -> Self {
        Self { words: Vec::new(), width: exact + others, exact, table: HashTable::new() }
    }

    /// Notes a situation; false if it, or one from which more can happen, was noted before.
    pub(super) fn insert(&mut self, situation: &[u64]) -> bool {
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

    /// How many situations are kept.
    pub(super) fn len(&self) -> usize {
        self.words.len() / self.width
    }

    /// How much memory they take.
    pub(super) fn bytes(&self) -> usize {
        self.words.capacity() * 8 + self.table.capacity() * 5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_do_less_is_covered_and_nothing_else() {
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
