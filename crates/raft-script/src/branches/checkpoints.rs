//! Sessions at earlier moments of a branch.

use std::collections::BTreeMap;
use std::sync::Arc;

use raft_core::Instant;

use crate::journal::Moment;
use crate::session::Session;

/// The most checkpoints of a branch.
pub(super) const MOST: usize = 128;

/// The number of steps between two checkpoints at first.
const FIRST_GAP: u64 = 500;

/// Sessions at moments that are `gap` steps apart. When there are too many of them, every second
/// one goes and the gap doubles. The first one stays: before it nothing can be computed.
#[derive(Clone, Debug)]
pub(super) struct Checkpoints {
    sessions: BTreeMap<Moment, Arc<Session>>,
    gap: u64,
}

impl Checkpoints {
    pub(super) fn new(first: &Session) -> Self {
        let mut taken = Self { sessions: BTreeMap::new(), gap: FIRST_GAP };
        taken.insert(first);
        taken
    }

    pub(super) fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Takes a checkpoint if the last one is far enough away.
    pub(super) fn take(&mut self, session: &Session) {
        let last = self.sessions.last_key_value().map_or(0, |(moment, _)| moment.steps);
        if session.moment().steps >= last + self.gap {
            self.insert(session);
        }
    }

    fn insert(&mut self, session: &Session) {
        let mut session = session.clone();
        // A goal only says when to stop.
        session.cancel();
        self.sessions.insert(session.moment(), Arc::new(session));
        if self.sessions.len() > MOST {
            self.gap *= 2;
            let mut place = 0;
            self.sessions.retain(|_, _| {
                place += 1;
                place % 2 == 1
            });
        }
    }

    /// The sessions, with the bytes that each holds beyond the one before it.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (&Arc<Session>, u64)> {
        let before = std::iter::once(None).chain(self.sessions.values().map(Some));
        self.sessions.values().zip(before).map(|(session, before)| {
            let before = before.or_else(|| self.sessions.values().next()).unwrap_or(session);
            (session, session.bytes_beyond(before))
        })
    }

    /// All checkpoints, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values().map(Arc::as_ref)
    }

    /// The last checkpoint at this moment or before it.
    pub(super) fn before(&self, moment: Moment) -> Option<&Session> {
        self.sessions.range(..=moment).next_back().map(|(_, session)| session.as_ref())
    }

    /// The last checkpoint before this moment.
    pub(super) fn strictly_before(&self, moment: Moment) -> Option<&Session> {
        self.sessions.range(..moment).next_back().map(|(_, session)| session.as_ref())
    }

    /// The last checkpoint at this time or before it.
    pub(super) fn before_time(&self, time: Instant) -> Option<&Session> {
        let sessions = self.sessions.values().rev();
        sessions.map(Arc::as_ref).find(|session| session.world().now() <= time)
    }

    /// Those of a branch that begins at this moment. The sessions are shared.
    pub(super) fn through(&self, moment: Moment) -> Self {
        let sessions = self.sessions.range(..=moment);
        let sessions = sessions.map(|(moment, session)| (*moment, session.clone())).collect();
        Self { sessions, gap: self.gap }
    }
}
