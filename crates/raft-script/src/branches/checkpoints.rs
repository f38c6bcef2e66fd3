//! Sessions at earlier moments of a branch.

use std::collections::BTreeMap;
use std::sync::Arc;

use raft_core::Instant;

use crate::journal::Moment;
use crate::session::Session;

/// The most checkpoints of a branch.
pub(super) const MOST: usize = 192;

/// The number of steps between two checkpoints at first. In an hour of five nodes under load, which
/// is 3.8 million steps, it doubles five times: to 20,000.
pub(super) const FIRST_GAP: u64 = 625;

/// Sessions at moments that are `gap` steps apart, or further. When there are too many of them,
/// every second one goes and the gap doubles. When they are too large, every second one of the
/// older half goes. The first one stays: before it nothing can be computed.
#[derive(Clone, Debug)]
pub(super) struct Checkpoints {
    kept: BTreeMap<Moment, Checkpoint>,
    gap: u64,
}

#[derive(Clone, Debug)]
struct Checkpoint {
    session: Arc<Session>,
    /// The bytes that it holds beyond the one before it, estimated.
    bytes: u64,
}

impl Checkpoints {
    pub(super) fn new(first: &Session) -> Self {
        let mut taken = Self { kept: BTreeMap::new(), gap: FIRST_GAP };
        taken.insert(first);
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
        let last = self.kept.last_key_value().map_or(0, |(moment, _)| moment.steps);
        if session.moment().steps >= last + self.gap {
            session.share_memory();
            self.insert(session);
        }
    }

    fn insert(&mut self, session: &Session) {
        let mut session = session.clone();
        // A goal only says when to stop.
        session.cancel();
        let last = self.kept.last_key_value().map_or(&session, |(_, last)| &last.session);
        let bytes = session.bytes_beyond(last);
        let session = Arc::new(session);
        self.kept.insert(session.moment(), Checkpoint { session, bytes });
        if self.kept.len() > MOST {
            self.gap *= 2;
            self.drop_every_second(self.kept.len());
        }
    }

    /// Drops every second one of the older half. False if there is none.
    pub(super) fn thin_old(&mut self) -> bool {
        let before = self.kept.len();
        self.drop_every_second(before.div_ceil(2));
        self.kept.len() < before
    }

    /// Drops every second one of the first so many.
    fn drop_every_second(&mut self, first: usize) {
        let all = std::mem::take(&mut self.kept);
        let mut before: Option<Arc<Session>> = None;
        let mut is_next_to_dropped = false;
        for (place, (moment, mut checkpoint)) in all.into_iter().enumerate() {
            if place < first && place % 2 == 1 {
                is_next_to_dropped = true;
                continue;
            }
            if let Some(before) = before.as_deref().filter(|_| is_next_to_dropped) {
                checkpoint.bytes = checkpoint.session.bytes_beyond(before);
            }
            is_next_to_dropped = false;
            before = Some(checkpoint.session.clone());
            self.kept.insert(moment, checkpoint);
        }
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
        Self { kept, gap: self.gap }
    }
}
