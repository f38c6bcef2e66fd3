//! The rest of a leader's lease.

use raft_lab::{Instant, LeaseView};

/// The rest of the lease as a fraction of a full one, from 0 to 1; `None` after its end.
pub(crate) fn lease_left(lease: LeaseView, now: Instant) -> Option<f64> {
    let left = lease.until.0.checked_sub(now.0)?;
    let full = lease.duration_micros.max(1);
    Some((left as f64 / full as f64).clamp(0.0, 1.0))
}
