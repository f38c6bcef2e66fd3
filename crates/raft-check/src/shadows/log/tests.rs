//! A shadow follows a log through everything that happens to one.

use raft_core::{Bytes, Payload};

use super::*;

fn entry(index: u64, term: u64) -> Entry {
    let payload = Payload::Command(Bytes::from(format!("{index} {term}").as_bytes()));
    Entry { index: LogIndex(index), term: Term(term), payload }
}

fn shadow(terms: &[u64]) -> LogShadow {
    let mut shadow = LogShadow::after(LogPosition::ORIGIN, None);
    for (place, term) in terms.iter().enumerate() {
        shadow.append(&entry(place as u64 + 1, *term));
    }
    shadow
}

#[test]
fn equal_prefixes_have_equal_hashes_and_others_have_not() {
    let (left, right) = (shadow(&[1, 1, 2, 4]), shadow(&[1, 1, 3, 4]));
    assert_eq!(left.get(LogIndex(2)), right.get(LogIndex(2)));
    assert_ne!(left.get(LogIndex(3)), right.get(LogIndex(3)));
    // The same term and bytes, on another prefix.
    assert_ne!(left.get(LogIndex(4)), right.get(LogIndex(4)));
    assert_eq!(left.get(LogIndex(5)), None);
}

#[test]
fn compaction_keeps_the_hashes_of_the_other_entries() {
    let whole = shadow(&[1, 1, 2, 4]);
    let mut compacted = whole.clone();
    assert!(!compacted.compact(LogPosition::new(LogIndex(3), Term(1))), "another term is there");
    assert!(compacted.compact(LogPosition::new(LogIndex(3), Term(2))));
    assert_eq!(compacted.base_position(), LogPosition::new(LogIndex(3), Term(2)));
    assert_eq!(compacted.get(LogIndex(2)), None);
    assert_eq!(compacted.get(LogIndex(3)), whole.get(LogIndex(3)));
    assert_eq!(compacted.last_prefix(), whole.last_prefix());
    compacted.truncate_after(LogIndex(1));
    assert_eq!(compacted.last(), compacted.base_position(), "the base is never removed");
    compacted.append(&entry(4, 4));
    assert_eq!(compacted.last_prefix(), whole.last_prefix());
}

#[test]
fn each_field_of_an_entry_changes_the_hash() {
    let command = |index, term, text: &str| {
        let payload = Payload::Command(Bytes::from(text.as_bytes()));
        PrefixHash::EMPTY.then(&Entry { index: LogIndex(index), term: Term(term), payload }).hash
    };
    let noop = Entry { payload: Payload::Noop, ..entry(1, 1) };
    let noop = PrefixHash::EMPTY.then(&noop).hash;
    let base = command(1, 1, "set");
    let second = PrefixHash { term: Term(1), hash: base }.then(&entry(1, 1)).hash;
    for other in [
        command(2, 1, "set"),
        command(1, 2, "set"),
        command(1, 1, "sey"),
        command(1, 1, "set\0"),
        command(1, 1, ""),
        noop,
        second,
    ] {
        assert_ne!(base, other);
    }
    assert_ne!(noop, command(1, 1, ""));
    assert_eq!(base, command(1, 1, "set"));
}

#[test]
fn the_last_agreement_is_found_wherever_it_is() {
    for low in 0..4 {
        for high in low..12 {
            for agreement in low..=high {
                let found = LogShadow::last_agreement(LogIndex(low), LogIndex(high), |index| {
                    index.0 <= agreement
                });
                assert_eq!(found, LogIndex(agreement));
            }
        }
    }
}
