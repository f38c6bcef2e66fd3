//! The log against the simplest model: a vector.

use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::Payload;

fn entry(index: u64, term: u64) -> Entry {
    Entry { index: LogIndex(index), term: Term(term), payload: Payload::Noop }
}

#[derive(Clone, Debug)]
enum Step {
    Append { entries: usize, term_step: u64 },
    Truncate { keep_percent: u64 },
    Compact { percent: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1usize..200, 0u64..3).prop_map(|(entries, term_step)| Step::Append { entries, term_step }),
        (0u64..=100).prop_map(|keep_percent| Step::Truncate { keep_percent }),
        (0u64..=100).prop_map(|percent| Step::Compact { percent }),
    ];
    proptest::collection::vec(step, 1..20)
}

proptest! {
    #[test]
    fn behaves_like_a_vector(steps in steps()) {
        let mut log = Log::new(LogPosition::ORIGIN);
        let mut model: Vec<Entry> = Vec::new();
        let mut base = LogPosition::ORIGIN;
        for step in steps {
            let last = model.last().map_or(base, Entry::position);
            let length = model.len() as u64;
            match step {
                Step::Append { entries, term_step } => {
                    for offset in 1..=entries as u64 {
                        let new = entry(last.index.0 + offset, last.term.0 + term_step);
                        model.push(new.clone());
                        log.append(new);
                    }
                }
                Step::Truncate { keep_percent } => {
                    let keep = length * keep_percent / 100;
                    model.truncate(keep as usize);
                    log.truncate_from(LogIndex(base.index.0 + keep + 1));
                }
                Step::Compact { percent } => {
                    let dropped = length * percent / 100;
                    if dropped > 0 {
                        base = model[dropped as usize - 1].position();
                        model.drain(..dropped as usize);
                    }
                    log.compact(base);
                }
            }
            let shared = log.clone();
            prop_assert_eq!(shared.base(), base);
            prop_assert_eq!(shared.last(), model.last().map_or(base, Entry::position));
            prop_assert_eq!(shared.len(), model.len());
            let all: Vec<Entry> = shared.iter_from(LogIndex(0)).cloned().collect();
            prop_assert_eq!(&all, &model);
            prop_assert_eq!(shared.get(base.index), None);
            prop_assert_eq!(shared.term_at(base.index), Some(base.term));
            prop_assert_eq!(shared.get(shared.last().index.next()), None);
            check_search(&shared, &model, base)?;
        }
    }
}

/// `last_with_term_at_most` against a linear search.
fn check_search(log: &Log, model: &[Entry], base: LogPosition) -> Result<(), TestCaseError> {
    let last = log.last();
    for term in base.term.0.saturating_sub(1)..=last.term.0 + 1 {
        for index in
            [base.index.0, base.index.0 + 1, last.index.0 / 2, last.index.0, last.index.0 + 9]
        {
            let (index, term) = (LogIndex(index), Term(term));
            let mut expected = (index >= base.index && base.term <= term).then_some(base);
            if expected.is_some() {
                let fits = |e: &&Entry| e.index <= index && e.term <= term;
                expected = model.iter().rfind(fits).map(Entry::position).or(expected);
            }
            prop_assert_eq!(log.last_with_term_at_most(index, term), expected);
        }
    }
    Ok(())
}

#[test]
fn a_batch_is_bounded_by_entries_and_bytes_but_never_empty() {
    let mut log = Log::new(LogPosition::ORIGIN);
    for index in 1..=10 {
        let payload = Payload::Command([0; 100].as_slice().into());
        log.append(Entry { index: LogIndex(index), term: Term(1), payload });
    }
    assert_eq!(log.batch(LogIndex(3), 4, 10_000).len(), 4);
    assert_eq!(log.batch(LogIndex(3), 100, 10_000).len(), 8);
    assert_eq!(log.batch(LogIndex(3), 100, 250).len(), 2);
    assert_eq!(log.batch(LogIndex(3), 100, 1).len(), 1);
    assert!(log.batch(LogIndex(11), 100, 1).is_empty());
}
