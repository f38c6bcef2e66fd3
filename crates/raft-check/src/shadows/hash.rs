//! The rolling hash of a log: equal for equal logs, on every target.
//!
//! The hash of an entry includes those of all entries before it, so one comparison is enough for a
//! whole log. The mixing is that of wyhash: a folded 128-bit multiplication. It is against
//! accidents, not against attackers.

use raft_core::{Entry, LogPosition, Membership, Payload};

/// The hash of the empty prefix.
pub(crate) const EMPTY: u64 = 0x9E37_79B9_7F4A_7C15;

/// The hash of a prefix that ends with `entry`, from the hash of the prefix before it.
pub(crate) fn chain(previous: u64, entry: &Entry) -> u64 {
    let hash = mix(previous ^ entry.index.0, entry.term.0);
    match &entry.payload {
        Payload::Command(bytes) => mix_bytes(mix(hash, 1), bytes),
        Payload::Membership(membership) => mix_membership(mix(hash, 3), membership),
        Payload::Noop => mix(hash, 2),
    }
}

fn mix_membership(hash: u64, membership: &Membership) -> u64 {
    let sets = [membership.voters(), membership.outgoing(), membership.learners()];
    sets.iter().fold(hash, |hash, set| {
        let with_set = set.iter().fold(hash, |hash, node| mix(hash, node.0));
        mix(with_set, set.len() as u64)
    })
}

/// The hash of a prefix whose entries are not known: a snapshot replaced them before the checks
/// began.
pub(crate) fn unknown_prefix(end: LogPosition) -> u64 {
    if end == LogPosition::ORIGIN { EMPTY } else { mix(mix(EMPTY, end.index.0), end.term.0) }
}

fn mix_bytes(mut hash: u64, bytes: &[u8]) -> u64 {
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = mix(hash, u64::from_le_bytes(word));
    }
    mix(hash, bytes.len() as u64)
}

fn mix(hash: u64, word: u64) -> u64 {
    let product =
        u128::from(hash ^ 0xA076_1D64_78BD_642F) * u128::from(word ^ 0xE703_7ED1_A0B4_28DB);
    (product as u64) ^ ((product >> 64) as u64) ^ hash.rotate_left(23)
}

#[cfg(test)]
mod tests {
    use raft_core::{Bytes, LogIndex, Term};

    use super::*;

    fn command(index: u64, term: u64, text: &str) -> Entry {
        let payload = Payload::Command(Bytes::from(text.as_bytes()));
        Entry { index: LogIndex(index), term: Term(term), payload }
    }

    #[test]
    fn everything_that_an_entry_says_changes_the_hash() {
        let base = chain(EMPTY, &command(1, 1, "set"));
        let noop = Entry { payload: Payload::Noop, ..command(1, 1, "") };
        for other in [
            chain(EMPTY, &command(2, 1, "set")),
            chain(EMPTY, &command(1, 2, "set")),
            chain(EMPTY, &command(1, 1, "sey")),
            chain(EMPTY, &command(1, 1, "set\0")),
            chain(EMPTY, &command(1, 1, "")),
            chain(EMPTY, &noop),
            chain(base, &command(1, 1, "set")),
        ] {
            assert_ne!(base, other);
        }
        assert_ne!(chain(EMPTY, &noop), chain(EMPTY, &command(1, 1, "")));
        assert_eq!(base, chain(EMPTY, &command(1, 1, "set")));
    }
}
