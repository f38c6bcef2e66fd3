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
fn equal_prefixes_have_equal_marks_and_others_have_not() {
    let (left, right) = (shadow(&[1, 1, 2, 4]), shadow(&[1, 1, 3, 4]));
    assert_eq!(left.get(LogIndex(2)), right.get(LogIndex(2)));
    assert_ne!(left.get(LogIndex(3)), right.get(LogIndex(3)));
    // The same term and bytes, on another prefix.
    assert_ne!(left.get(LogIndex(4)), right.get(LogIndex(4)));
    assert_eq!(left.get(LogIndex(5)), None);
}

#[test]
fn compaction_keeps_the_marks_of_what_stays() {
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
