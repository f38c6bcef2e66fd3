//! The clock of a node.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use raft_core::Instant;

/// The clock that the core is driven by: it never goes back, and counts while the machine sleeps,
/// as leases of reads ask for.
pub(crate) fn now() -> Instant {
    let time = clock_gettime(ClockId::CLOCK_BOOTTIME).expect("Linux has this clock");
    Instant(Duration::from(time).as_micros() as u64)
}

/// The time from now until a moment; none if it has passed.
pub(crate) fn until(moment: Instant) -> Duration {
    Duration::from_micros(moment.0.saturating_sub(now().0))
}
