//! How much of a leader's lease is left.

use raft_core::{Config, Instant, Membership, Status};
use raft_sim::Setup;

/// The part of a full lease that is left, from 0 to 1; `None` without a lease.
pub(crate) fn lease_left(setup: &Setup, status: &Status, now: Instant) -> Option<f64> {
    let left = status.lease_until?.0.checked_sub(now.0)?;
    let full = duration_micros(setup, status);
    Some((left as f64 / full.max(1) as f64).clamp(0.0, 1.0))
}

/// How long a lease lasts at most.
fn duration_micros(setup: &Setup, status: &Status) -> u64 {
    let config = Config {
        election_timeout_min: setup.election_timeout_min,
        max_clock_drift_ppm: setup.max_clock_drift_ppm,
        ..Config::new(status.id, Membership::empty())
    };
    config.lease_duration().as_micros() as u64
}
