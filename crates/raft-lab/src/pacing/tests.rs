use super::*;

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[test]
fn a_frame_moves_the_clock_by_its_length_times_the_speed() {
    let mut pacer = Pacer::default();
    pacer.set_speed(0.5);
    assert_eq!(pacer.target(Instant(1000), millis(16)), TimeTarget::Until(Instant(9000)));
}

#[test]
fn what_is_less_than_a_microsecond_is_kept_for_the_next_frame() {
    let mut pacer = Pacer::default();
    pacer.set_speed(MIN_SPEED);
    let frame = Duration::from_micros(300);
    let mut now = Instant(0);
    for _ in 0..11 {
        let TimeTarget::Until(next) = pacer.target(now, frame) else {
            panic!("the speed is finite")
        };
        now = next;
    }
    assert_eq!(now, Instant(3));
}

#[test]
fn a_tab_that_was_hidden_does_not_jump() {
    let mut pacer = Pacer::default();
    pacer.set_speed(1.0);
    assert_eq!(pacer.target(Instant(0), millis(60_000)), TimeTarget::Until(Instant(100_000)));
}

#[test]
fn an_infinite_speed_has_no_target() {
    let mut pacer = Pacer::default();
    pacer.set_speed(f64::INFINITY);
    assert_eq!(pacer.target(Instant(0), millis(16)), TimeTarget::Unbounded);
}

#[test]
fn speeds_are_bounded_below_and_must_be_numbers() {
    let mut pacer = Pacer::default();
    pacer.set_speed(0.0);
    assert_eq!(pacer.speed(), MIN_SPEED);
    pacer.set_speed(f64::NAN);
    assert_eq!(pacer.speed(), MIN_SPEED);
}

#[test]
fn a_paused_lab_runs_for_a_statement_and_is_paused_again() {
    let mut pacer = Pacer::default();
    pacer.run_for_statement();
    assert!(pacer.is_running());
    pacer.all_done();
    assert!(!pacer.is_running());
}

#[test]
fn a_running_lab_runs_on_after_a_statement() {
    let mut pacer = Pacer::default();
    pacer.set_running(true, false);
    pacer.run_for_statement();
    pacer.all_done();
    assert!(pacer.is_running());
}

#[test]
fn pausing_holds_a_statement_and_running_lets_it_go_on() {
    let mut pacer = Pacer::default();
    pacer.run_for_statement();
    pacer.set_running(false, true);
    assert!(!pacer.is_running());
    pacer.set_running(true, true);
    pacer.all_done();
    assert!(!pacer.is_running(), "the lab was paused before the statement");
}

#[test]
fn missed_time_is_made_up_for() {
    let mut pacer = Pacer::default();
    pacer.set_speed(1.0);
    pacer.miss(millis(3));
    let frame = millis(16);
    assert_eq!(pacer.target(Instant(0), frame), TimeTarget::Until(Instant(19_000)));
    assert_eq!(pacer.target(Instant(0), frame), TimeTarget::Until(Instant(16_000)), "once");
    pacer.miss(millis(3_000));
    assert_eq!(pacer.target(Instant(0), frame), TimeTarget::Until(Instant(100_000)), "no jump");
    pacer.miss(frame);
    pacer.set_running(false, false);
    assert_eq!(pacer.target(Instant(0), frame), TimeTarget::Until(Instant(16_000)));
}
