//! States of properties, from verdicts and suspensions planted by hand.

use super::*;

static A: Property = Property { name: "A", section: "§1", meaning: "a" };
static B: Property = Property { name: "B", section: "§2", meaning: "b" };

fn state(table: &PropertyTable, property: &Property) -> String {
    let result = table.results().find(|result| result.property.name == property.name).unwrap();
    match result.state() {
        PropertyState::Holds => "holds".to_owned(),
        PropertyState::Suspended(suspension) => suspension.to_string(),
        PropertyState::Broken(violation) => violation.to_string(),
    }
}

#[test]
fn a_suspended_property_is_not_broken() {
    let mut table = PropertyTable::new(&[&A, &B]);
    table.now(Instant(1_000), 7);
    table.suspend(&A, Words::of("a disk is gone"));
    table.now(Instant(2_000), 8);
    table.suspend(&A, Words::of("another one is, too"));
    table.note(&A, Err(Words::of("a contradiction")));
    assert_eq!(state(&table, &A), "suspended since 1.000ms, because a disk is gone");
    assert_eq!(state(&table, &B), "holds");
    assert_eq!(table.first(), None);

    table.lift(&A);
    assert_eq!(state(&table, &A), "holds");
    let words = table.results().next().unwrap().suspension.as_ref().unwrap().to_string();
    assert_eq!(words, "was suspended from 1.000ms to 2.000ms, because a disk is gone");

    table.note(&A, Err(Words::of("a contradiction")));
    assert_eq!(state(&table, &A), "A (§1) is broken at 2.000ms: a contradiction");
}

/// A page keeps hundreds of clones.
#[test]
fn results_that_do_not_change_are_the_same_memory() {
    let mut table = PropertyTable::new(&[&A, &B]);
    let kept = table.clone();
    table.now(Instant(1_000), 7);
    table.note(&A, Ok(()));
    table.lift(&A);
    assert!(Arc::ptr_eq(&table.results, &kept.results));
    table.suspend(&A, Words::of("a disk is gone"));
    assert_eq!(state(&kept, &A), "holds");
}

#[test]
fn a_broken_property_stays_broken() {
    let mut table = PropertyTable::new(&[&A, &B]);
    table.suspend(&A, Words::of("a disk is gone"));
    table.lift(&A);
    table.note(&A, Err(Words::of("too little is left")));
    assert_eq!(table.first().map(|first| first.property), Some(&A));
    table.suspend(&A, Words::of("a disk is gone"));
    table.note(&A, Ok(()));
    assert_eq!(state(&table, &A), "A (§1) is broken at 0.000ms: too little is left");
}
