//! How long the page waits before it connects again.

/// The first pause, in milliseconds.
const FIRST_MS: u32 = 500;
/// The pause is doubled so many times at most.
const MOST_DOUBLINGS: u32 = 4;

/// The pause after so many connections in a row that told nothing, in milliseconds.
pub(super) fn pause_ms(tries: u32) -> u32 {
    FIRST_MS << tries.min(MOST_DOUBLINGS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_eight_seconds() {
        let pauses: Vec<u32> = (0..7).map(pause_ms).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
    }
}
