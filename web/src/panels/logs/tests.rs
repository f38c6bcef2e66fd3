use super::*;

#[test]
fn rows_at_the_end_need_no_wish() {
    assert_eq!(wish(&(0..30), 0), None);
    assert_eq!(wish(&(9_970..10_001), 10_000), None);
    assert_eq!(wish(&(9_901..9_930), 10_000), None);
}

#[test]
fn rows_before_it_are_within_their_wish() {
    for first in [0, 1, 49, 50, 333, 9_000] {
        let rows = first..first + 40;
        let wish = wish(&rows, 10_000).expect("they are far from the end");
        let (start, end) = (first as u64 + 1, first as u64 + 41);
        assert!(wish.start >= 1 && wish.start <= start && wish.end >= end, "{rows:?}: {wish:?}");
        assert!(wish.end - wish.start <= 200, "{wish:?}");
    }
}

#[test]
fn a_wish_does_not_change_with_every_row() {
    assert_eq!(wish(&(500..540), 10_000), wish(&(501..541), 10_000));
}

#[test]
fn narrow_columns_leave_things_out() {
    assert_eq!(density(0.0, 9), "", "it is not known yet");
    assert_eq!(density(500.0, 3), "");
    assert_eq!(density(500.0, 7), "is-narrow");
    assert_eq!(density(500.0, 9), "is-narrow is-tight");
    assert_eq!(density(360.0, 9), "is-narrow is-tight is-tiny");
}
