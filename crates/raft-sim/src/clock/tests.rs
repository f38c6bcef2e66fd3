use super::*;

const WINDOW: (u32, Duration) = (50_000, Duration::from_millis(150));

fn drifting(ppm: i32) -> NodeClock {
    let mut clock = NodeClock::TRUE;
    clock.change(Instant(1_000), ClockChange::Drift { ppm }, WINDOW);
    clock
}

#[test]
fn a_clock_that_nobody_touched_is_the_worlds() {
    for at in [0, 1, 999_999_999_999] {
        assert_eq!(NodeClock::TRUE.shows(Instant(at)), Instant(at));
        assert_eq!(NodeClock::TRUE.when_it_shows(Instant(at)), Instant(at));
    }
    assert!(!NodeClock::TRUE.is_wrong(Instant(0), 0));
}

#[test]
fn drift_is_what_it_says() {
    assert_eq!(drifting(200).shows(Instant(1_001_000)), Instant(1_001_200));
    assert_eq!(drifting(-50_000).shows(Instant(1_001_000)), Instant(951_000));
    assert_eq!(drifting(500_000).shows(Instant(3_000)), Instant(4_000));
}

/// Never back, and the moment found for a reading is the first that has it: a timer set by it
/// neither fires too early nor, by less than a microsecond, again and again.
#[test]
fn it_never_goes_back_and_finds_the_first_moment_of_a_reading() {
    for ppm in [-MAX_DRIFT_PPM, -50_000, -1, 0, 1, 333_333, MAX_DRIFT_PPM] {
        let clock = drifting(ppm);
        let mut before = Instant(0);
        for at in 1_000..4_000 {
            let shown = clock.shows(Instant(at));
            assert!(shown >= before, "{ppm}: back from {before} to {shown}");
            before = shown;
            let first = clock.when_it_shows(shown);
            assert!(first <= Instant(at) && clock.shows(first) >= shown, "{ppm} at {at}");
            if first > Instant(1_000) {
                assert!(clock.shows(Instant(first.0 - 1)) < shown, "{ppm} at {at}: not the first");
            }
        }
    }
}

#[test]
fn changes_continue_from_what_was_shown() {
    let mut clock = drifting(MAX_DRIFT_PPM);
    let at = Instant(3_000);
    clock.change(at, ClockChange::Drift { ppm: 0 }, WINDOW);
    assert_eq!(clock.shows(at), Instant(4_000));
    clock.change(at, ClockChange::Jump(Duration::from_micros(500)), WINDOW);
    assert_eq!(clock.shows(Instant(3_010)), Instant(4_510));
    assert_eq!(clock.when_it_shows(Instant(100)), at, "what it has shown already is due at once");
}

#[test]
fn far_readings_are_no_overflow() {
    let clock = drifting(-MAX_DRIFT_PPM);
    assert_eq!(clock.when_it_shows(Instant(u64::MAX)), Instant(u64::MAX));
    assert_eq!(drifting(MAX_DRIFT_PPM).shows(Instant(u64::MAX)), Instant(u64::MAX));
}

#[test]
fn it_is_wrong_beyond_the_bound_and_an_interval_longer() {
    let (bound, _) = WINDOW;
    assert!(!drifting(50_000).is_wrong(Instant(2_000), bound));
    let mut clock = drifting(-50_001);
    assert!(clock.is_wrong(Instant(2_000), bound));
    clock.change(Instant(10_000), ClockChange::Drift { ppm: 0 }, WINDOW);
    assert!(clock.is_wrong(Instant(159_999), bound));
    assert!(!clock.is_wrong(Instant(160_000), bound));
    clock.change(Instant(200_000), ClockChange::Jump(Duration::from_micros(1)), WINDOW);
    assert!(clock.is_wrong(Instant(200_001), bound) && !clock.is_wrong(Instant(350_000), bound));
}
