use super::*;

#[test]
fn the_slider_goes_from_a_two_hundredth_to_as_fast_as_the_machine_allows() {
    assert!((at_position(0) - 1.0 / 200.0).abs() < 1e-12);
    assert!((at_position(99) - 10.0).abs() < 1e-9);
    assert!(at_position(100).is_infinite());
    assert!(at_position(7_000).is_infinite());
}

#[test]
fn every_position_comes_back_from_its_speed() {
    for position in 0..=LAST_POSITION {
        assert_eq!(position_of(at_position(position)), position);
    }
}

#[test]
fn speeds_past_the_ends_stay_on_the_slider() {
    assert_eq!(position_of(1e-9), 0);
    assert_eq!(position_of(1e9), LAST_FINITE);
}

#[test]
fn each_step_is_the_same_factor() {
    let factor = at_position(1) / at_position(0);
    for position in 1..LAST_FINITE {
        assert!((at_position(position + 1) / at_position(position) - factor).abs() < 1e-9);
    }
}

#[test]
fn speeds_read_well() {
    assert_eq!(in_figures(DEFAULT_SPEED), "1/30");
    assert_eq!(in_figures(1.0), "1×");
    assert_eq!(in_figures(2.5), "2.5×");
    assert_eq!(in_figures(f64::INFINITY), "max");
    assert_eq!(in_words(1.0 / 30.0), "30 times slower than real time");
    assert_eq!(in_words(f64::INFINITY), "as fast as the machine allows");
}
