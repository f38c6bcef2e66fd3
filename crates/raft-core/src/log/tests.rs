//! The log against the simplest model: a vector.

use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::Payload;

fn entry(index: u64, term: u64) -> Entry {
    let payload = Payload::Command(alloc::vec![0; index as usize % 7].into());
    Entry { index: LogIndex(index), term: Term(term), payload }
}

#[derive(Clone, Debug)]
enum Step {
    Append { entries: usize, term_step: u64 },
    Truncate { keep_percent: u64 },
    Compact { percent: u64 },
    Recover,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1usize..200, 0u64..3).prop_map(|(entries, term_step)| Step::Append { entries, term_step }),
        (0u64..=100).prop_map(|keep_percent| Step::Truncate { keep_percent }),
        (0u64..=100).prop_map(|percent| Step::Compact { percent }),
        Just(Step::Recover),
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
                    let new = |offset| entry(last.index.0 + offset, last.term.0 + term_step);
                    let new: Vec<Entry> = (1..=entries as u64).map(new).collect();
                    model.extend(new.clone());
                    // Some together, some one by one.
                    let (together, alone) = new.split_at(entries / 2);
                    log.append(together.iter().cloned().collect());
                    alone.iter().for_each(|entry| log.append(Entries::from_iter([entry.clone()])));
                }
                Step::Recover => {
                    log = Log::new(base);
                    log.append_recovered(model.clone());
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
            check_parts(&shared, &model, base)?;
        }
    }
}

/// `parts`, `batch` and the counts of bytes, from several places.
fn check_parts(log: &Log, model: &[Entry], base: LogPosition) -> Result<(), TestCaseError> {
    let bytes = |entries: &[Entry]| entries.iter().map(|e| e.payload.len()).sum::<usize>();
    prop_assert_eq!(log.payload_bytes(), bytes(model) as u64);
    let length = model.len();
    for (start, end) in
        [(0, length), (length / 3, length), (length / 3, length / 2), (length, length)]
    {
        let index = |place: usize| LogIndex(base.index.0 + place as u64);
        let (after, to) = (index(start), index(end));
        prop_assert_eq!(log.payload_bytes_between(after, to), bytes(&model[start..end]) as u64);
        let mut parts: Vec<Entry> = Vec::new();
        while parts.len() < end - start {
            let next = LogIndex(after.0 + parts.len() as u64 + 1);
            parts.extend(log.part(next, to).iter().cloned());
        }
        prop_assert_eq!(&parts, &model[start..end]);
        let (batch, batch_bytes) = log.batch(after.next(), 70, 200);
        prop_assert_eq!(&batch[..], &model[start..start + batch.len()]);
        prop_assert_eq!(batch_bytes, bytes(&batch));
        prop_assert!(batch.len() <= 70 && (batch_bytes <= 200 || batch.len() == 1));
        prop_assert_eq!(batch.is_empty(), start == length);
        let cost = |entry: &Entry| 64 + entry.payload.len() as u64;
        for limits in [(0, 5_000), (3, 5_000), (1_000, 5_000), (1_000, 63), (u64::MAX, u64::MAX)] {
            let kept = |place: &usize| {
                let part = &model[*place..end];
                (part.len() as u64) <= limits.0 && part.iter().map(cost).sum::<u64>() <= limits.1
            };
            let place = (0..=end).find(kept).expect("no entry costs nothing");
            let expected = if place == 0 { base } else { model[place - 1].position() };
            prop_assert_eq!(log.start_of_part(to, limits, cost), expected);
        }
    }
    Ok(())
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

/// Logs that share the entries of their segments can share the groups too, wherever they began. A
/// group with the same entries in other segments stays as it is.
#[test]
fn equal_groups_are_shared() {
    let position = |index| LogPosition::new(LogIndex(index), Term(1));
    let entry = |index| Entry { index: LogIndex(index), term: Term(1), payload: Payload::Noop };
    let segments: Vec<Entries> = (1..1_000).map(|at| Entries::from_iter([entry(at)])).collect();
    let filled = |base: u64| {
        let mut log = Log::new(if base == 0 { LogPosition::ORIGIN } else { position(base) });
        segments[base as usize..].iter().for_each(|segment| log.append(segment.clone()));
        log
    };
    let shared = |log: &Log, other: &Log| {
        let is_shared = |group: &&Group| other.groups.iter().any(|other| Arc::ptr_eq(group, other));
        log.groups.iter().filter(is_shared).count()
    };
    let (mut log, other) = (filled(0), filled(100));
    log.share(&other);
    assert_eq!(shared(&log, &other), other.groups.len() - 1);
    assert!(log.iter_from(LogIndex(1)).eq(filled(0).iter_from(LogIndex(1))));

    let (mut log, mut other) = (filled(0), filled(0));
    log.share(&other);
    assert!(Arc::ptr_eq(&log.groups, &other.groups));
    log.truncate_from(LogIndex(200));
    other.compact(position(700));
    assert_eq!((log.len(), other.len()), (199, 299));
    assert_eq!(
        (log.iter_from(LogIndex(1)).count(), other.iter_from(LogIndex(1)).count()),
        (199, 299)
    );

    let mut log = Log::new(LogPosition::ORIGIN);
    (1..500).for_each(|at| log.append((2 * at - 1..=2 * at).map(entry).collect()));
    log.share(&filled(0));
    assert_eq!(shared(&log, &filled(0)), 0);
}

#[test]
fn a_batch_is_bounded_by_entries_and_bytes_but_never_empty() {
    let mut log = Log::new(LogPosition::ORIGIN);
    for index in 1..=10 {
        let payload = Payload::Command([0; 100].as_slice().into());
        log.append(Entries::from_iter([Entry { index: LogIndex(index), term: Term(1), payload }]));
    }
    assert_eq!(log.batch(LogIndex(3), 4, 10_000).0.len(), 4);
    assert_eq!(log.batch(LogIndex(3), 100, 10_000).0.len(), 8);
    assert_eq!(log.batch(LogIndex(3), 100, 250).0.len(), 2);
    assert_eq!(log.batch(LogIndex(3), 100, 1).0.len(), 1);
    assert!(log.batch(LogIndex(11), 100, 1).0.is_empty());
}
