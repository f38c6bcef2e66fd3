//! Values as small numbers: equal values have equal numbers, and an append is one look-up.
//!
//! A value is stored as another value and the bytes appended to it, so a thousand appends to one
//! key do not take memory in proportion to the square of their number.

use hashbrown::HashTable;

use crate::bytes::Bytes;
use crate::hash::mix;

/// The number of a value, or [`ABSENT`].
pub(crate) type ValueId = u32;

/// The key is absent.
pub(crate) const ABSENT: ValueId = 0;
/// The value without bytes.
pub(crate) const EMPTY: ValueId = 1;
/// Any value or none: the state before a stretch of a history.
pub(crate) const ANY: ValueId = OPEN | EMPTY;
/// The bit of values of which only the end is known, because it was appended to an unknown value.
/// The other bits are the number of the end.
const OPEN: ValueId = 1 << 31;

/// Whether only the end of a value is known.
pub(crate) fn is_open(id: ValueId) -> bool {
    id & OPEN != 0
}

/// Polynomial hashes are taken modulo this prime.
const PRIME: u64 = (1 << 61) - 1;
const BASE: u64 = 0x0A31_7C5B_2D4F_9E67;

/// All values that a search has met.
pub(crate) struct Values {
    nodes: Vec<Node>,
    pieces: Vec<Piece>,
    piece_ids: HashTable<u32>,
    by_content: HashTable<ValueId>,
    /// A value, a piece, and the value that the append makes of them.
    appended: HashTable<(ValueId, u32, ValueId)>,
    bytes: usize,
}

#[derive(Clone, Copy)]
struct Node {
    parent: ValueId,
    piece: u32,
    length: u64,
    /// A polynomial hash of the whole value. It does not depend on the division into pieces.
    hash: u64,
}

struct Piece {
    bytes: Bytes,
    hash: u64,
    /// The base to the power of the length.
    power: u64,
}

impl Values {
    pub(crate) fn new() -> Self {
        let nothing = Node { parent: ABSENT, piece: 0, length: 0, hash: 0 };
        let mut values = Self {
            nodes: vec![nothing, nothing],
            pieces: Vec::new(),
            piece_ids: HashTable::new(),
            by_content: HashTable::new(),
            appended: HashTable::new(),
            bytes: 0,
        };
        values.by_content.insert_unique(content_key(0, 0), EMPTY, |_| content_key(0, 0));
        values
    }

    /// The memory that the values take, in bytes, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let tables = self.by_content.capacity() * 8 + self.appended.capacity() * 16;
        self.bytes + self.nodes.capacity() * size_of::<Node>() + tables
    }

    /// The number of bytes to append.
    pub(crate) fn piece(&mut self, bytes: &Bytes) -> u32 {
        let (hash, power) = polynomial(bytes.as_slice());
        let pieces = &self.pieces;
        let same = |id: &u32| pieces[*id as usize].bytes == *bytes;
        if let Some(id) = self.piece_ids.find(mix(hash, 0), same) {
            return *id;
        }
        let id = self.pieces.len() as u32;
        self.bytes += bytes.as_slice().len() + size_of::<Piece>();
        self.pieces.push(Piece { bytes: bytes.clone(), hash, power });
        let pieces = &self.pieces;
        let key = |id: &u32| mix(pieces[*id as usize].hash, 0);
        self.piece_ids.insert_unique(mix(hash, 0), id, key);
        id
    }

    /// The bytes of a piece.
    pub(crate) fn piece_bytes(&self, piece: u32) -> &[u8] {
        self.pieces[piece as usize].bytes.as_slice()
    }

    /// The number of a value.
    pub(crate) fn value(&mut self, bytes: &Bytes) -> ValueId {
        let piece = self.piece(bytes);
        self.append(EMPTY, piece)
    }

    /// The value after an append. An absent value counts as empty.
    pub(crate) fn append(&mut self, to: ValueId, piece: u32) -> ValueId {
        if is_open(to) {
            return OPEN | self.append(to & !OPEN, piece);
        }
        let to = to.max(EMPTY);
        let append_key = mix(u64::from(to), u64::from(piece));
        let known = self.appended.find(append_key, |(t, p, _)| (*t, *p) == (to, piece));
        if let Some((.., id)) = known {
            return *id;
        }
        let (before, added) = (self.nodes[to as usize], &self.pieces[piece as usize]);
        let node = Node {
            parent: to,
            piece,
            length: before.length + added.bytes.as_slice().len() as u64,
            hash: add_mod(mul_mod(before.hash, added.power), added.hash),
        };
        let id = self.intern(node);
        let key = |entry: &(u32, u32, u32)| mix(u64::from(entry.0), u64::from(entry.1));
        self.appended.insert_unique(append_key, (to, piece, id), key);
        id
    }

    /// The length of a value in bytes; if only its end is known, the length of the end.
    pub(crate) fn length(&self, id: ValueId) -> u64 {
        self.nodes[(id & !OPEN) as usize].length
    }

    /// Whether `id` can be the value `open`, of which only the end is known.
    pub(crate) fn can_be(&self, id: ValueId, open: ValueId) -> bool {
        open == ANY
            || (self.can_have_length(open, self.length(id)) && self.have_one_end(id, open & !OPEN))
    }

    /// Whether a value can have this length; if only its end is known, the end must not be longer.
    pub(crate) fn can_have_length(&self, id: ValueId, length: u64) -> bool {
        if is_open(id) { self.length(id) <= length } else { self.length(id) == length }
    }

    /// Whether a value that is one piece has the bytes of another piece at an offset.
    pub(crate) fn has_at(&self, id: ValueId, offset: u64, piece: u32) -> bool {
        let added = self.pieces[piece as usize].bytes.as_slice();
        if id <= EMPTY {
            return id == EMPTY && offset == 0 && added.is_empty();
        }
        let whole = self.pieces[self.nodes[id as usize].piece as usize].bytes.as_slice();
        let rest = usize::try_from(offset).ok().and_then(|offset| whole.get(offset..));
        rest.is_some_and(|rest| rest.starts_with(added))
    }

    /// Whether a value ends with the bytes of a piece.
    pub(crate) fn ends_with(&self, id: ValueId, piece: u32) -> bool {
        let end = self.pieces[piece as usize].bytes.as_slice();
        self.tail(id, end.len()) == end
    }

    /// The last `limit` bytes of a value.
    pub(crate) fn tail(&self, id: ValueId, limit: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> =
            Tail::of(self, id).flat_map(|b| b.iter().rev()).take(limit).copied().collect();
        bytes.reverse();
        bytes
    }

    fn intern(&mut self, node: Node) -> ValueId {
        let id = self.nodes.len() as ValueId;
        self.nodes.push(node);
        let key = content_key(node.hash, node.length);
        let known = self.by_content.find(key, |other| self.are_equal(*other, id)).copied();
        if let Some(known) = known {
            self.nodes.pop();
            return known;
        }
        let nodes = &self.nodes;
        let key_of = |id: &u32| content_key(nodes[*id as usize].hash, nodes[*id as usize].length);
        self.by_content.insert_unique(key, id, key_of);
        id
    }

    /// Whether two values have the same bytes.
    fn are_equal(&self, one: ValueId, other: ValueId) -> bool {
        let (a, b) = (&self.nodes[one as usize], &self.nodes[other as usize]);
        (a.length, a.hash) == (b.length, b.hash) && self.have_one_end(one, other)
    }

    /// Whether one of two values ends with the other.
    fn have_one_end(&self, one: ValueId, other: ValueId) -> bool {
        let (mut left, mut right) = (Tail::of(self, one), Tail::of(self, other));
        let (mut a, mut b): (&[u8], &[u8]) = (&[], &[]);
        loop {
            if a.is_empty() {
                a = left.next().unwrap_or_default();
            }
            if b.is_empty() {
                b = right.next().unwrap_or_default();
            }
            let common = a.len().min(b.len());
            if common == 0 {
                return true;
            }
            let ((a_rest, a_end), (b_rest, b_end)) =
                (a.split_at(a.len() - common), b.split_at(b.len() - common));
            if a_end != b_end {
                return false;
            }
            (a, b) = (a_rest, b_rest);
        }
    }
}

/// The pieces of a value that are not empty, from the last to the first.
struct Tail<'a> {
    values: &'a Values,
    at: ValueId,
}

impl<'a> Tail<'a> {
    fn of(values: &'a Values, at: ValueId) -> Self {
        Self { values, at }
    }
}

impl<'a> Iterator for Tail<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while self.at > EMPTY {
            let node = &self.values.nodes[self.at as usize];
            self.at = node.parent;
            let bytes = self.values.pieces[node.piece as usize].bytes.as_slice();
            if !bytes.is_empty() {
                return Some(bytes);
            }
        }
        None
    }
}

fn content_key(hash: u64, length: u64) -> u64 {
    mix(hash, length)
}

/// The polynomial hash of bytes, and the base to the power of their number.
fn polynomial(bytes: &[u8]) -> (u64, u64) {
    bytes.iter().fold((0, 1), |(hash, power), byte| {
        (add_mod(mul_mod(hash, BASE), u64::from(*byte) + 1), mul_mod(power, BASE))
    })
}

fn mul_mod(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    add_mod((product as u64) & PRIME, (product >> 61) as u64)
}

fn add_mod(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= PRIME { sum - PRIME } else { sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(values: &Values, id: ValueId) -> String {
        String::from_utf8(values.tail(id, 1000)).unwrap()
    }

    #[test]
    fn equal_values_have_one_number_whatever_their_pieces() {
        let mut values = Values::new();
        let [a, bc, ab, c, nothing] = ["a", "bc", "ab", "c", ""].map(|t| values.piece(&t.into()));
        let whole = values.value(&"abc".into());
        let first = values.append(ABSENT, a);
        let second = values.append(EMPTY, ab);
        assert_eq!(values.append(first, bc), whole);
        assert_eq!(values.append(second, c), whole);
        assert_eq!(values.append(whole, nothing), whole);
        assert_eq!(values.append(ABSENT, nothing), EMPTY);
        assert_ne!(first, second);
        assert_ne!(values.value(&"acb".into()), whole);
        assert_eq!((values.length(whole), text(&values, whole)), (3, "abc".to_owned()));
        assert_eq!(values.tail(whole, 2), b"bc");
        assert_eq!(
            [bc, ab, c, nothing].map(|end| values.ends_with(whole, end)),
            [true, false, true, true]
        );
        assert!(!values.ends_with(first, ab));
    }

    #[test]
    fn the_end_of_an_unknown_value_is_known_after_an_append() {
        let mut values = Values::new();
        let [b, c, nothing] = ["b", "c", ""].map(|t| values.piece(&t.into()));
        let [abc, bc, ab, small] = ["abc", "bc", "ab", "c"].map(|t| values.value(&t.into()));
        let any_b = values.append(ANY, b);
        let open = values.append(any_b, c);
        assert!(is_open(ANY) && is_open(open) && !is_open(abc) && !is_open(ABSENT));
        assert_eq!([abc, bc, ab, small, EMPTY, ABSENT].map(|id| values.can_be(id, ANY)), [true; 6]);
        let fits = [abc, bc, ab, small, EMPTY, ABSENT].map(|id| values.can_be(id, open));
        assert_eq!(fits, [true, true, false, false, false, false]);
        assert_eq!(
            [1, 2, 3].map(|length| values.can_have_length(open, length)),
            [false, true, true]
        );
        assert_eq!(
            [1, 2, 3].map(|length| values.can_have_length(bc, length)),
            [false, true, false]
        );
        assert_eq!(values.append(ANY, nothing), ANY);
    }

    #[test]
    fn values_of_one_hash_are_told_apart_by_their_bytes() {
        let mut values = Values::new();
        let [one, other] = ["abc", "abd"].map(|t| values.value(&t.into()));
        let (a, b) = (values.nodes[one as usize], values.nodes[other as usize]);
        values.nodes[other as usize] = Node { hash: a.hash, ..b };
        assert!(!values.are_equal(one, other));
    }
}
