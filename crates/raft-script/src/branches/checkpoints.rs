//! Sessions at earlier moments of a branch.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use raft_core::Instant;

use crate::journal::Moment;
use crate::session::Session;

/// The most checkpoints of a branch.
pub(super) const MOST: usize = 208;

/// The number of steps between two checkpoints at first. In an hour of five nodes under load, which
/// is 3.8 million steps, it doubles five times: to 18,240.
pub(super) const FIRST_GAP: u64 = 570;

/// The most checkpoints of a branch that are kept because somebody looked at moments near them.
pub(super) const MOST_NEAR: usize = 16;

/// The number of steps between two of these.
pub(super) const NEAR_GAP: u64 = 2_500;

/// Sessions at moments that are `gap` steps apart, or further. When there are too many of them,
/// every second one goes and the gap doubles. When they are too large, every second one of the
/// older half goes. The first one stays: before it nothing can be computed.
///
/// Between them are a few near the moments that somebody looked at last. They are the first to go
/// when all are too large.
#[derive(Clone, Debug)]
pub(super) struct Checkpoints {
    kept: BTreeMap<Moment, Checkpoint>,
    gap: u64,
    /// Those of `kept` that are near moments at which somebody looked; the last used one is last.
    near: VecDeque<Moment>,
}

#[derive(Clone, Debug)]
struct Checkpoint {
    session: Arc<Session>,
    /// The bytes that it holds beyond the one before it, estimated.
    bytes: u64,
}

impl Checkpoints {
    pub(super) fn new(first: &Session) -> Self {
        let mut taken = Self { kept: BTreeMap::new(), gap: FIRST_GAP, near: VecDeque::new() };
        taken.insert(first.clone());
        taken
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// The bytes of all of them, estimated.
    pub(super) fn bytes(&self) -> u64 {
        self.kept.values().map(|checkpoint| checkpoint.bytes).sum()
    }

    /// The sessions, with the bytes that each holds beyond the one before it.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (&Arc<Session>, u64)> {
        self.kept.values().map(|Checkpoint { session, bytes }| (session, *bytes))
    }

    /// Takes a checkpoint if the last one is far enough away. In it, the nodes share memory.
    pub(super) fn take(&mut self, session: &mut Session) {
        let spaced = self.kept.keys().rev().find(|moment| !self.near.contains(moment));
        let last = spaced.map_or(0, |moment| moment.steps);
        if session.moment().steps >= last + self.gap {
            session.share_memory();
            self.take_spaced(session.clone());
        }
    }

    fn take_spaced(&mut self, session: Session) {
        self.near.retain(|moment| *moment != session.moment());
        self.insert(session);
        let count = self.spaced();
        if count > MOST {
            self.gap *= 2;
            self.drop_every_second(count);
        }
    }

    fn insert(&mut self, mut session: Session) {
        // A goal only says when to stop.
        session.cancel();
        let moment = session.moment();
        self.kept.insert(moment, Checkpoint { session: Arc::new(session), bytes: 0 });
        self.measure(moment);
        self.measure_after(moment);
    }

    fn remove(&mut self, moment: Moment) {
        self.kept.remove(&moment);
        self.measure_after(moment);
    }

    /// Works out the bytes of a checkpoint: another one may be before it now.
    fn measure(&mut self, moment: Moment) {
        let Some(Checkpoint { session, .. }) = self.kept.get(&moment) else { return };
        let bytes = session.bytes_beyond(self.strictly_before(moment).unwrap_or(session));
        if let Some(checkpoint) = self.kept.get_mut(&moment) {
            checkpoint.bytes = bytes;
        }
    }

    /// The same for the one after a moment.
    fn measure_after(&mut self, moment: Moment) {
        let after = (Bound::Excluded(moment), Bound::Unbounded);
        if let Some(next) = self.kept.range(after).next().map(|(moment, _)| *moment) {
            self.measure(next);
        }
    }

    /// Somebody went from one of these moments, and passed the others: they may go there again.
    pub(super) fn keep_near(&mut self, start: Moment, passed: VecDeque<Session>) {
        self.use_near(start);
        for session in passed {
            let moment = session.moment();
            if self.kept.contains_key(&moment) {
                self.use_near(moment);
                continue;
            }
            if self.near.len() == MOST_NEAR {
                self.forget_near();
            }
            self.near.push_back(moment);
            self.insert(session);
        }
    }

    /// One of those near a moment is used: it is the last to go.
    fn use_near(&mut self, moment: Moment) {
        if let Some(place) = self.near.iter().position(|near| *near == moment) {
            self.near.remove(place);
            self.near.push_back(moment);
        }
    }

    /// Drops the one near a moment that was not used for the longest time. False if there is none.
    pub(super) fn forget_near(&mut self) -> bool {
        let oldest = self.near.pop_front();
        oldest.into_iter().for_each(|moment| self.remove(moment));
        oldest.is_some()
    }

    /// The number of those that are not near a moment at which somebody looked.
    fn spaced(&self) -> usize {
        self.kept.len() - self.near.len()
    }

    /// Drops every second one of the older half. False if there is none.
    pub(super) fn thin_old(&mut self) -> bool {
        let before = self.spaced();
        self.drop_every_second(before.div_ceil(2));
        self.spaced() < before
    }

    /// Drops every second one of the first so many, apart from those near a moment.
    fn drop_every_second(&mut self, first: usize) {
        let spaced = self.kept.keys().filter(|moment| !self.near.contains(moment));
        let dropped: Vec<Moment> = spaced.take(first).skip(1).step_by(2).copied().collect();
        dropped.iter().for_each(|moment| drop(self.kept.remove(moment)));
        dropped.into_iter().for_each(|moment| self.measure_after(moment));
    }

    /// All checkpoints, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.kept.values().map(|kept| kept.session.as_ref())
    }

    /// The last checkpoint at this moment or before it.
    pub(super) fn before(&self, moment: Moment) -> Option<&Session> {
        self.kept.range(..=moment).next_back().map(|(_, kept)| kept.session.as_ref())
    }

    /// The last checkpoint before this moment.
    pub(super) fn strictly_before(&self, moment: Moment) -> Option<&Session> {
        self.kept.range(..moment).next_back().map(|(_, kept)| kept.session.as_ref())
    }

    /// The last checkpoint at this time or before it.
    pub(super) fn before_time(&self, time: Instant) -> Option<&Session> {
        let mut sessions = self.kept.values().rev().map(|kept| kept.session.as_ref());
        sessions.find(|session| session.world().now() <= time)
    }

    /// Those of a branch that begins at this moment. The sessions are shared.
    pub(super) fn through(&self, moment: Moment) -> Self {
        let kept = self.kept.range(..=moment);
        let kept = kept.map(|(moment, kept)| (*moment, kept.clone())).collect();
        let near = self.near.iter().filter(|near| **near <= moment).copied().collect();
        Self { kept, gap: self.gap, near }
    }
}

#[cfg(test)]
mod tests;
