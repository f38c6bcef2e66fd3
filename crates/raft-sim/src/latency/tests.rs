use super::*;
use crate::random::Purpose;

const RANGE: DelayRange = DelayRange::millis(5, 205);
const DRAWS: usize = 20_000;

/// Sorted, as thousandths of the range.
fn drawn(shape: LatencyShape) -> Vec<u64> {
    let mut random = Random::new(7, Purpose::Link, 1, 2);
    let mut places = Vec::new();
    for _ in 0..DRAWS {
        let delay = shape.delay(&mut random, RANGE);
        assert!((RANGE.min..=RANGE.max).contains(&delay), "{shape}: {delay:?}");
        places.push((delay - RANGE.min).as_micros() as u64 * 1000 / 200_000);
    }
    places.sort_unstable();
    places
}

/// The delay that so many of a thousand do not exceed.
fn quantile(places: &[u64], thousandths: usize) -> u64 {
    places[places.len() * thousandths / 1000]
}

fn mean(places: &[u64]) -> u64 {
    places.iter().sum::<u64>() / places.len() as u64
}

#[test]
fn uniform_delays_fill_the_range_evenly() {
    let places = drawn(LatencyShape::Uniform);
    assert!((490..=510).contains(&mean(&places)), "{}", mean(&places));
    assert!((240..=260).contains(&quantile(&places, 250)));
    assert!((980..=1000).contains(&quantile(&places, 990)));
}

#[test]
fn each_tenth_of_an_exponential_range_is_half_as_likely() {
    let places = drawn(LatencyShape::Exponential);
    assert!((145..=155).contains(&mean(&places)), "{}", mean(&places));
    for (tenths, left) in [(1, DRAWS / 2), (2, DRAWS / 4), (3, DRAWS / 8), (5, DRAWS / 32)] {
        let beyond = places.iter().filter(|place| **place >= tenths * 100).count();
        assert!(beyond.abs_diff(left) < left / 8, "{beyond} beyond {tenths} tenths, not {left}");
    }
    assert!(*places.last().unwrap() > 900, "the whole range is reached");
}

#[test]
fn a_long_tail_is_short_mostly_and_long_sometimes() {
    let places = drawn(LatencyShape::LongTail);
    assert!(quantile(&places, 500) <= 1, "{}", quantile(&places, 500));
    assert!((5..=12).contains(&quantile(&places, 900)), "{}", quantile(&places, 900));
    assert!((70..=130).contains(&quantile(&places, 990)), "{}", quantile(&places, 990));
    let beyond_half = places.iter().filter(|place| **place >= 500).count();
    assert!((20..=60).contains(&beyond_half), "{beyond_half} of {DRAWS} beyond half of the range");
}

/// Whatever the shape, the stream goes on from the same place, and a range of one delay is that
/// delay.
#[test]
fn a_shape_takes_one_draw_and_keeps_to_the_range() {
    let after = LatencyShape::ALL.map(|shape| {
        let mut random = Random::new(3, Purpose::Link, 1, 2);
        shape.delay(&mut random, RANGE);
        random.next()
    });
    assert!(after.iter().all(|next| *next == after[0]), "{after:?}");
    let hour = DelayRange::millis(3_600_000, 3_600_000);
    let widest = DelayRange::millis(0, 3_600_000);
    for shape in LatencyShape::ALL {
        let mut random = Random::new(3, Purpose::Link, 1, 2);
        assert_eq!(shape.delay(&mut random, hour), hour.min);
        for _ in 0..1000 {
            assert!(shape.delay(&mut random, widest) <= widest.max);
        }
    }
}
