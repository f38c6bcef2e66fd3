//! What a leader knows about one other server (Figure 2's `nextIndex` and `matchIndex`).

use alloc::collections::VecDeque;

use crate::{LogIndex, NodeId, PeerStatus, ProgressKind, Snapshot};

/// A leader's view of another server. Always `match_index < next_index`.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    pub(super) peer: NodeId,
    /// The next entry to send. In the range `match_index + 1 ..= last_index + 1`.
    pub(super) next_index: LogIndex,
    /// The last entry known to be on the peer's disk. Never goes down during a term.
    pub(super) match_index: LogIndex,
    pub(super) state: ProgressState,
}

#[derive(Clone, Debug)]
pub(super) enum ProgressState {
    /// Looking for the place where the logs agree: one message until an answer or a heartbeat.
    Probe { waiting: bool },
    /// The logs agree up to `match_index`; messages follow each other. Holds the last index of each
    /// message with entries that is not answered yet.
    Replicate { in_flight: VecDeque<LogIndex> },
    /// The peer needs entries that are compacted; the piece at `offset` is under way. The snapshot
    /// stays the same until it is installed, even when the leader takes a newer one meanwhile.
    Snapshot { snapshot: Snapshot, offset: u64 },
}

impl Progress {
    /// At the start of a term (Figure 2): `next_index` behind the leader's last entry, nothing known.
    pub(super) fn new(peer: NodeId, last_index: LogIndex) -> Self {
        Self {
            peer,
            next_index: last_index.next(),
            match_index: LogIndex(0),
            state: ProgressState::Probe { waiting: false },
        }
    }

    /// The peer's disk holds the leader's log up to `match_index`.
    pub(super) fn record_match(&mut self, match_index: LogIndex) {
        self.match_index = self.match_index.max(match_index);
        self.next_index = self.next_index.max(self.match_index.next());
        match &mut self.state {
            ProgressState::Replicate { in_flight } => {
                while in_flight.front().is_some_and(|last| *last <= match_index) {
                    in_flight.pop_front();
                }
            }
            ProgressState::Probe { .. } => {
                self.next_index = self.match_index.next();
                self.state = ProgressState::Replicate { in_flight: VecDeque::new() };
            }
            // A piece may still be under way, but the peer no longer needs it.
            ProgressState::Snapshot { snapshot, .. } => {
                if self.match_index >= snapshot.last_included_index {
                    self.next_index = self.match_index.next();
                    self.state = ProgressState::Replicate { in_flight: VecDeque::new() };
                }
            }
        }
    }

    /// Start over, one message at a time, from `next_index`.
    pub(super) fn become_probe(&mut self, next_index: LogIndex) {
        self.next_index = next_index.max(self.match_index.next());
        self.state = ProgressState::Probe { waiting: false };
    }

    pub(super) fn status(&self) -> PeerStatus {
        let (state, in_flight) = match &self.state {
            ProgressState::Probe { waiting } => (ProgressKind::Probe, usize::from(*waiting)),
            ProgressState::Replicate { in_flight } => (ProgressKind::Replicate, in_flight.len()),
            ProgressState::Snapshot { snapshot, offset } => {
                let total = snapshot.data.len() as u64;
                (ProgressKind::Snapshot { received: *offset, total }, 1)
            }
        };
        PeerStatus {
            id: self.peer,
            next_index: self.next_index,
            match_index: self.match_index,
            state,
            in_flight,
        }
    }
}
