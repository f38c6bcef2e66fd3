//! Round times on an axis, with their names.

use std::ops::Range;

use raft_lab::Instant;

/// Round times at equal distances between two times, with their names: no more than `most`, and one
/// more at the edge.
pub(crate) fn ticks(times: Range<Instant>, most: u64) -> Vec<(Instant, String)> {
    let width = (times.end.0 - times.start.0).max(1);
    let steps = (0..18).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)));
    let step = steps.into_iter().find(|step| width / step <= most).unwrap_or(width);
    let first = times.start.0.div_ceil(step);
    (first..=times.end.0 / step).map(|n| (Instant(n * step), name(n * step, step))).collect()
}

/// A time in seconds or milliseconds, with as many digits as the step needs.
fn name(micros: u64, step: u64) -> String {
    let (unit, size) = if step >= 100_000 { ("s", 1_000_000) } else { ("ms", 1_000) };
    let digits = match size / step.min(size) {
        0 | 1 => 0,
        2..=10 => 1,
        11..=100 => 2,
        _ => 3,
    };
    format!("{:.digits$} {unit}", micros as f64 / size as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let names = |times: Range<u64>| -> Vec<String> {
            let times = Instant(times.start)..Instant(times.end);
            ticks(times, 10).into_iter().map(|(_, name)| name).collect()
        };
        assert_eq!(names(0..10_000_000)[..3], ["0 s", "1 s", "2 s"]);
        assert_eq!(names(4_100_000..4_150_000)[..2], ["4100 ms", "4105 ms"]);
        for width in [1_u64, 7, 999, 12_345, 9_999_999] {
            let count = names(0..width).len();
            assert!((1..=11).contains(&count), "{width}: {count}");
        }
    }
}
