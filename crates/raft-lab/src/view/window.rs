//! The parts of logs, stores and events that a view has.

use std::ops::Range;

use raft_core::NodeId;
use raft_sim::MessageId;

use crate::DiagramWindow;

/// The rows of a view that nobody asked for.
const ROWS: u64 = 200;
/// The most rows that can be asked for.
const MOST_ROWS: u64 = 500;
/// The events of a view that nobody asked for.
const EVENTS: usize = 80;

/// What a page shows of long lists, and so wants in a view. Larger wishes are cut.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ViewWindow {
    /// The indexes of the logs; `None`: the last 200.
    pub log: Option<Range<u64>>,
    /// The places of the keys in the order of the keys, from 0.
    pub keys: Range<u64>,
    /// The number of rows of events, the newest first.
    pub events: usize,
    /// The node whose events are wanted; `None`: those of all.
    pub events_of: Option<NodeId>,
    /// The message whose fields are wanted.
    pub message: Option<MessageId>,
    /// The node whose disk is wanted, record by record; `None`: none is read.
    pub disk: Option<NodeId>,
    /// The time of the run, in µs, that the tape shows; `None`: the whole run.
    pub tape: Option<Range<u64>>,
    /// What is wanted of the sequence diagram; `None`: nothing, and it is not computed.
    pub diagram: Option<DiagramWindow>,
}

impl Default for ViewWindow {
    fn default() -> Self {
        Self {
            log: None,
            keys: 0..ROWS,
            events: EVENTS,
            events_of: None,
            message: None,
            disk: None,
            tape: None,
            diagram: None,
        }
    }
}

impl ViewWindow {
    /// The indexes of the logs, given the last one of the longest log.
    pub(crate) fn of_log(&self, last: u64) -> Range<u64> {
        let end = last + 1;
        match &self.log {
            None => end.saturating_sub(ROWS).max(1)..end,
            Some(wish) => {
                let start = wish.start.clamp(1, end);
                start..wish.end.clamp(start, end).min(start + MOST_ROWS)
            }
        }
    }

    /// The places of the keys, given their number.
    pub(super) fn of_keys(&self, total: u64) -> Range<u64> {
        let start = self.keys.start.min(total);
        start..self.keys.end.clamp(start, total).min(start + MOST_ROWS)
    }
}
