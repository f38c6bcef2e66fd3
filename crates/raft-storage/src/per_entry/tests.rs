//! Tests of values of entries, against a plain list.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    Replace(usize),
    Truncate(usize),
    Skip(usize),
    /// Starts again at a later index.
    Restart(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let some = 0..3 * PART as usize;
    prop_oneof![
        4 => some.clone().prop_map(Step::Push),
        1 => some.clone().prop_map(Step::Replace),
        1 => some.clone().prop_map(Step::Truncate),
        1 => some.clone().prop_map(Step::Skip),
        1 => some.prop_map(Step::Restart).no_shrink(),
    ]
}

type Plain = BTreeMap<u64, u64>;

fn apply(values: &mut PerEntry<u64>, plain: &mut Plain, step: &Step, new: u64) {
    let (first, end) = (values.first().0, values.end().0);
    let index = |place: usize| first + place as u64;
    match *step {
        Step::Push(count) => (end..end + count as u64).for_each(|index| {
            values.push(index + new);
            plain.insert(index, index + new);
        }),
        Step::Replace(place) => {
            let index = index(place);
            let refused = values.replace(LogIndex(index), new);
            assert_eq!(refused, (!plain.contains_key(&index)).then_some(new));
            plain.entry(index).and_modify(|value| *value = new);
        }
        Step::Truncate(place) => {
            values.truncate(LogIndex(end.saturating_sub(place as u64)));
            plain.retain(|index, _| *index + (place as u64) < end);
        }
        Step::Skip(place) => {
            values.skip_to(LogIndex(index(place)));
            plain.retain(|index, _| *index >= first + place as u64);
        }
        Step::Restart(later) => {
            *values = PerEntry::starting_at(LogIndex(end + later as u64));
            plain.clear();
        }
    }
}

fn assert_equal(values: &PerEntry<u64>, plain: &Plain) {
    let all: Plain = values.iter().map(|(index, value)| (index.0, *value)).collect();
    assert_eq!(&all, plain);
    assert_eq!(values.len(), plain.len() as u64);
    assert_eq!(values.is_empty(), plain.is_empty());
    assert_eq!(values.last(), plain.last_key_value().map(|(_, value)| value));
    for index in values.first().0.saturating_sub(2)..values.end().0 + 2 {
        assert_eq!(values.get(LogIndex(index)), plain.get(&index), "of index {index}");
    }
    assert!(values.parts.len() as u64 <= values.len() / PART + 1, "{values:?}");
}

proptest! {
    #[test]
    fn it_is_a_list(first in 0_u64..100, steps in vec(step(), 1..40)) {
        let mut values = PerEntry::starting_at(LogIndex(first));
        let mut plain = Plain::new();
        let mut kept = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            kept.push((values.clone(), plain.clone()));
            apply(&mut values, &mut plain, step, number as u64 % 3);
            assert_equal(&values, &plain);
        }
        kept.iter().for_each(|(values, plain)| assert_equal(values, plain));
    }

    /// Sharing changes no value, whatever the two have in common.
    #[test]
    fn sharing_changes_nothing(
        common in vec(step(), 0..20),
        (own, others) in (vec(step(), 0..6), vec(step(), 0..6)),
    ) {
        let (mut values, mut plain) = (PerEntry::starting_at(LogIndex(1)), Plain::new());
        common.iter().for_each(|step| apply(&mut values, &mut plain, step, 0));
        let (mut other, mut other_plain) = (values.clone(), plain.clone());
        own.iter().for_each(|step| apply(&mut values, &mut plain, step, 0));
        others.iter().for_each(|step| apply(&mut other, &mut other_plain, step, 0));
        values.share(&other);
        assert_equal(&values, &plain);
        apply(&mut values, &mut plain, &Step::Push(40), 1);
        apply(&mut values, &mut plain, &Step::Truncate(60), 1);
        assert_equal(&values, &plain);
        assert_equal(&other, &other_plain);
    }
}

/// The newest values share what each of them holds.
#[test]
fn equal_values_of_the_newest_are_shared() {
    let filled = |values: &[u64]| {
        let mut filled = PerEntry::starting_at(LogIndex(1));
        values.iter().for_each(|value| filled.push(Arc::new(*value)));
        filled
    };
    let (mut one, other) = (filled(&[1, 2, 3, 4, 5]), filled(&[1, 2, 7, 4]));
    one.share(&other);
    let is_shared = |index| {
        let (own, others) = (one.get(LogIndex(index)), other.get(LogIndex(index)));
        own.zip(others).is_some_and(|(own, other)| Arc::ptr_eq(own, other))
    };
    assert_eq!([1, 2, 3, 4, 5].map(is_shared), [true, true, false, true, false]);
    assert_eq!(one.iter().map(|(_, value)| **value).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

/// Logs that began at different indexes share all parts but those at their beginnings.
#[test]
fn equal_parts_are_shared() {
    let filled = |first: u64| {
        let mut values = PerEntry::starting_at(LogIndex(first));
        (first..1000).for_each(|index| values.push(index));
        values
    };
    let (mut one, other) = (filled(1), filled(PART + 5));
    one.share(&other);
    let shared = one.parts.iter().filter(|part| other.parts.iter().any(|o| Arc::ptr_eq(part, o)));
    assert_eq!(shared.count(), other.parts.len() - 1);

    let (mut one, other) = (filled(1), filled(1));
    assert!(!one.is_same(&other));
    one.share(&other);
    assert!(one.is_same(&other) && one.parts.ptr_eq(&other.parts));
}
