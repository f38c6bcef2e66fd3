use super::*;

#[test]
fn a_long_list_has_only_a_screenful_of_rows() {
    let rows = visible_rows(10_000, 24.0, 120_000.0, 480.0);
    assert!(rows.contains(&5_000) && rows.contains(&5_019), "{rows:?}");
    assert!(rows.len() <= 21 + 2 * OVERSCAN);
}

#[test]
fn a_short_list_has_all_its_rows() {
    assert_eq!(visible_rows(3, 24.0, 0.0, 480.0), 0..3);
    assert_eq!(visible_rows(0, 24.0, 0.0, 480.0), 0..0);
}

#[test]
fn the_ends_are_reached() {
    assert_eq!(visible_rows(10_000, 24.0, 0.0, 480.0).start, 0);
    assert_eq!(visible_rows(10_000, 24.0, 239_520.0, 480.0).end, 10_000);
}

#[test]
fn a_list_that_became_shorter_still_shows_its_last_rows() {
    let rows = visible_rows(50, 24.0, 240_000.0, 480.0);
    assert!(rows.contains(&49) && rows.contains(&29), "{rows:?}");
}

#[test]
fn the_end_is_recognised_with_a_row_to_spare() {
    assert!(is_at_end(520.0, 480.0, 1_000.0, 24.0));
    assert!(is_at_end(500.0, 480.0, 1_000.0, 24.0));
    assert!(!is_at_end(400.0, 480.0, 1_000.0, 24.0));
}
