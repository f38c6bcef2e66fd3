//! When leases end. Only the leader counts the time; the end of a lease is an entry of the log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use raft_core::{Instant, RoleKind, Term};
use raft_mvcc::{Command, MAX_REVOKED_LEASES, Operation};
use tokio::sync::watch;

use crate::{NodeHandle, Published, clock};

/// The ends of all leases, as the leader knows them.
#[derive(Clone, Debug)]
pub(crate) struct Leases {
    published: watch::Receiver<Arc<Published>>,
    ends: Arc<Mutex<Ends>>,
}

#[derive(Debug, Default)]
struct Ends {
    /// The term in which this node leads.
    term: Option<Term>,
    by_id: BTreeMap<i64, Instant>,
    /// Those that are being revoked.
    revoked: BTreeSet<i64>,
    /// When the ends were last looked at.
    looked: Instant,
}

/// This node does not lead, so it does not know when leases end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("only the leader knows when leases end")]
pub(crate) struct NotLeading;

/// The ends are looked at so often.
const PERIOD: Duration = Duration::from_millis(250);

/// A node that did not look for so long was stopped. Its clients could not keep their leases alive
/// meanwhile.
const STOPPED: Duration = Duration::from_secs(1);

impl Leases {
    pub(crate) fn new(published: watch::Receiver<Arc<Published>>) -> Self {
        Self { published, ends: Arc::default() }
    }

    /// How long a lease lives, or `None` if there is no such lease. With `renew`, it begins anew.
    ///
    /// # Errors
    /// This node does not lead.
    pub(crate) fn remaining(&self, id: i64, renew: bool) -> Result<Option<Duration>, NotLeading> {
        let (published, now) = (self.published.borrow().clone(), clock::now());
        if published.role != RoleKind::Leader {
            return Err(NotLeading);
        }
        let mut ends = self.ends();
        ends.lead_in(published.term, now);
        let ttl = published.store.lease_ttl(id).filter(|_| !ends.revoked.contains(&id));
        let Some(ttl) = ttl else { return Ok(None) };
        let full = after(now, ttl);
        let end = ends.by_id.entry(id).or_insert(full);
        if renew {
            *end = full;
        }
        Ok(Some(Duration::from_micros(end.0.saturating_sub(now.0))))
    }

    /// Leases that have ended, as many as one command revokes, and the term in which this node
    /// leads. From now on they are not renewed.
    fn ended(&self) -> Option<(Term, Vec<i64>)> {
        let (published, now) = (self.published.borrow().clone(), clock::now());
        let mut ends = self.ends();
        if published.role != RoleKind::Leader {
            *ends = Ends::default();
            return None;
        }
        ends.lead_in(published.term, now);
        let before = std::mem::take(&mut ends.by_id);
        let of_lease = |(id, ttl)| (id, before.get(&id).copied().unwrap_or(after(now, ttl)));
        ends.by_id = published.store.leases().map(of_lease).collect();
        let ended = ends.by_id.iter().filter(|(_, end)| **end <= now).map(|(id, _)| *id);
        let ended: Vec<i64> = ended.take(MAX_REVOKED_LEASES).collect();
        ends.revoked = ended.iter().copied().collect();
        (!ended.is_empty()).then_some((published.term, ended))
    }

    fn ends(&self) -> MutexGuard<'_, Ends> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ends {
    /// In a new term of this leader all leases begin anew: the leader before may have renewed them.
    fn lead_in(&mut self, term: Term, now: Instant) {
        if self.term != Some(term) {
            *self = Self { term: Some(term), looked: now, ..Self::default() };
        }
        let silence = Duration::from_micros(now.0.saturating_sub(self.looked.0));
        if silence > STOPPED {
            self.by_id.values_mut().for_each(|end| *end = *end + silence);
        }
        self.looked = now;
    }
}

fn after(now: Instant, ttl_seconds: i64) -> Instant {
    now + Duration::from_secs(ttl_seconds.max(1) as u64)
}

/// Ends the leases that have ended, for as long as the node runs.
pub(crate) async fn end_leases(handle: NodeHandle) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some((term, ids)) = handle.shared.leases.ended() else { continue };
        let command = Command::new(Operation::RevokeExpired { ids });
        // Another leader may have renewed them: only the leader of this term ends them.
        let failed = match handle.propose_in(term, &command).await {
            Ok(response) => response.result.err().map(|error| error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(error) = failed {
            tracing::warn!(%error, "leases that have ended are not revoked yet");
        }
    }
}
