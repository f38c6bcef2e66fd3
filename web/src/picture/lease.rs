//! The rest of a leader's lease.

use raft_core::{Instant, Status};

/// The rest of the lease as a fraction of a full one, from 0 to 1; `None` without a lease.
pub(crate) fn lease_left(status: &Status, now: Instant) -> Option<f64> {
    let left = status.lease_until?.0.checked_sub(now.0)?;
    let full = status.lease_duration.as_micros().max(1);
    Some((left as f64 / full as f64).clamp(0.0, 1.0))
}
