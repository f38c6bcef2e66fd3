//! Statistics of many values: mean, percentiles, and the share up to a value.

/// Values of one case, ascending.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sample(Vec<u64>);

impl Sample {
    pub(crate) fn new(values: &[u64]) -> Self {
        let mut values = values.to_vec();
        values.sort_unstable();
        Self(values)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// To the nearest whole number; `None` of nothing.
    pub(crate) fn mean(&self) -> Option<u64> {
        let (count, sum) = (self.0.len() as u128, self.0.iter().copied().map(u128::from).sum());
        rounded(sum, count)
    }

    /// The smallest value that at least `percent` of the values do not exceed, 1 to 100; `None` of
    /// nothing.
    pub(crate) fn percentile(&self, percent: usize) -> Option<u64> {
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0.get(rank.clamp(1, self.0.len().max(1)) - 1).copied()
    }

    pub(crate) fn min(&self) -> Option<u64> {
        self.0.first().copied()
    }

    pub(crate) fn max(&self) -> Option<u64> {
        self.0.last().copied()
    }

    /// The largest value below a limit.
    pub(crate) fn below(&self, limit: u64) -> Option<u64> {
        let below = self.0.partition_point(|own| *own < limit);
        self.0.get(below.checked_sub(1)?).copied()
    }

    /// The share of the values that are at most this, from 0 to 1.
    pub(crate) fn share_within(&self, value: f64) -> f64 {
        let within = self.0.partition_point(|own| (*own as f64) <= value);
        within as f64 / self.0.len().max(1) as f64
    }
}

/// `part / all`, rounded; `None` if `all` is 0.
pub(crate) fn rounded(part: u128, all: u128) -> Option<u64> {
    let quotient = (2 * part + all).checked_div(2 * all)?;
    u64::try_from(quotient).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<u64> = (1..=200).rev().collect();
        let sample = Sample::new(&values);
        for (percent, expected) in [(1, 2), (10, 20), (50, 100), (90, 180), (99, 198), (100, 200)] {
            assert_eq!(sample.percentile(percent), Some(expected), "p{percent}");
        }
        assert_eq!((sample.min(), sample.max()), (Some(1), Some(200)));
        assert_eq!(sample.mean(), Some(101));
    }

    #[test]
    fn of_few_values_a_percentile_is_the_next_one_above() {
        let sample = Sample::new(&[30, 10, 20]);
        let found = [1, 33, 34, 66, 67].map(|percent| sample.percentile(percent).unwrap());
        assert_eq!(found, [10, 10, 20, 20, 30]);
        assert_eq!([1, 50, 100].map(|p| Sample::new(&[5]).percentile(p)), [Some(5); 3]);
    }

    #[test]
    fn nothing_has_no_statistics() {
        let none = Sample::new(&[]);
        assert_eq!((none.mean(), none.percentile(50), none.max()), (None, None, None));
        assert!(none.share_within(5.0).abs() < f64::EPSILON);
    }

    #[test]
    fn shares_count_equal_values() {
        let sample = Sample::new(&[10, 20, 20, 40]);
        let shares = [9.9, 10.0, 20.0, 39.0, 40.0].map(|value| sample.share_within(value));
        assert_eq!(shares, [0.0, 0.25, 0.75, 0.75, 1.0]);
    }
}
