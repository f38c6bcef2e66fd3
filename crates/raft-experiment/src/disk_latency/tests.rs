use super::*;

fn millis(min: u64, mean: u64) -> DiskLatency {
    DelayRange::millis(min, mean).into()
}

#[test]
fn the_distribution_is_exponential_above_its_least() {
    let latency = millis(2, 5);
    let mut random = Random::for_plan(3, 0);
    let drawn: Vec<Duration> = (0..20_000).map(|_| latency.draw(&mut random)).collect();
    assert!(drawn.iter().all(|time| *time >= latency.min));
    let mean = drawn.iter().sum::<Duration>().as_secs_f64() / drawn.len() as f64;
    assert!((0.0049..0.0051).contains(&mean), "{mean}");
    // The share above the least by this many times the mean of the rest is e to the minus that.
    for times in [0.5_f64, 1.0, 2.0, 3.0] {
        let limit = latency.min + Duration::from_secs_f64(0.003 * times);
        let share = drawn.iter().filter(|time| **time > limit).count() as f64 / 20_000.0;
        assert!((share - (-times).exp()).abs() < 0.015, "{times}: {share}");
    }
}

#[test]
fn a_disk_without_spread_takes_its_mean() {
    assert_eq!(millis(4, 4).draw(&mut Random::for_plan(3, 0)), Duration::from_millis(4));
}
