//! A list that grows and shrinks at both ends, as a log does, with access by index in constant
//! time. It is cheap to clone: its parts are shared.

use std::sync::Arc;

/// The number of elements of a part.
const PART: usize = 128;

/// A list of small elements in shared parts. A clone copies one pointer for each part.
#[derive(Clone, Debug)]
pub(crate) struct Chunks<T> {
    /// All but the last are full. The first `skipped` elements of the first are removed.
    parts: Vec<Arc<Vec<T>>>,
    skipped: usize,
    len: usize,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { parts: Vec::new(), skipped: 0, len: 0 }
    }
}

impl<T: Copy> Chunks<T> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, place: usize) -> Option<T> {
        let place = place + self.skipped;
        self.parts.get(place / PART)?.get(place % PART).copied()
    }

    pub(crate) fn last(&self) -> Option<T> {
        self.get(self.len.checked_sub(1)?)
    }

    pub(crate) fn push(&mut self, element: T) {
        if (self.skipped + self.len).is_multiple_of(PART) {
            self.parts.push(Arc::new(Vec::with_capacity(PART)));
        }
        if let Some(last) = self.parts.last_mut() {
            Arc::make_mut(last).push(element);
        }
        self.len += 1;
    }

    /// Keeps the first `len` elements.
    pub(crate) fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return;
        }
        let end = self.skipped + len;
        self.parts.truncate(end.div_ceil(PART));
        if let Some(last) = self.parts.last_mut()
            && !end.is_multiple_of(PART)
        {
            Arc::make_mut(last).truncate(end % PART);
        }
        self.len = len;
    }

    /// Removes the first `count` elements.
    pub(crate) fn skip(&mut self, count: usize) {
        let count = count.min(self.len);
        self.len -= count;
        self.skipped += count;
        self.parts.drain(..self.skipped / PART);
        self.skipped %= PART;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against a plain list, over lengths at which parts begin and end, with and without sharing.
    #[test]
    fn it_is_a_list() {
        let mut random = 1_u64;
        let mut draw = |bound: usize| {
            random = random.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
            (random >> 33) as usize % bound
        };
        let (mut chunks, mut list) = (Chunks::default(), Vec::new());
        let mut kept = (chunks.clone(), list.clone());
        for number in 0..20_000_usize {
            match draw(200) {
                0 => {
                    let len = list.len() - draw(2 * PART).min(list.len());
                    chunks.truncate(len);
                    list.truncate(len);
                }
                1 => {
                    let count = draw(2 * PART);
                    chunks.skip(count);
                    list.drain(..count.min(list.len()));
                }
                2 => kept = (chunks.clone(), list.clone()),
                _ => {
                    chunks.push(number);
                    list.push(number);
                }
            }
            assert_eq!(chunks.len(), list.len());
            assert_eq!(chunks.last(), list.last().copied());
            let place = draw(list.len() + 2);
            assert_eq!(chunks.get(place), list.get(place).copied());
        }
        let (chunks, list) = kept;
        assert!(list.len() > PART);
        let all: Vec<usize> = (0..chunks.len()).filter_map(|place| chunks.get(place)).collect();
        assert_eq!(all, list);
    }
}
