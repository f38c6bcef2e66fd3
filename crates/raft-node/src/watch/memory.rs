//! What was told of each node so far, for those who come to watch later.

use raft_core::{LogIndex, LogPosition, NodeId};
use raft_trace::{
    Observed, TraceError, TraceLine, TraceNode, TraceReader, TraceState, live_line,
    observed_members, out_of_sight_members,
};

use super::STATE_ENTRIES;
use super::merge::Merged;

/// The state of all nodes after the lines that were told. It reads them as the page does.
pub(super) struct Memory {
    reader: TraceReader,
    state: TraceState,
}

impl Memory {
    /// Nothing was told but the header.
    pub(super) fn new(header: &str) -> Result<Self, TraceError> {
        let mut reader = TraceReader::new();
        let state = match reader.read(header.trim_end())? {
            TraceLine::Header(run) => TraceState::beginning(&run),
            TraceLine::Step(_) | TraceLine::Other => TraceState::default(),
        };
        Ok(Self { reader, state })
    }

    /// A line is told.
    pub(super) fn take(&mut self, line: &Merged) -> Result<(), TraceError> {
        let Merged { number, time_us, members, .. } = line;
        match self.reader.read(&live_line(*number, *time_us, None, members))? {
            TraceLine::Step(step) => self.state.take(&step),
            TraceLine::Header(_) | TraceLine::Other => {}
        }
        Ok(())
    }

    /// The members of a line for each node of which something was told: its state.
    pub(super) fn states(&self) -> impl Iterator<Item = (NodeId, String)> {
        let nodes = self.state.nodes().filter(|(_, node)| node.is_up);
        nodes.map(|(id, node)| (id, state(id, node)))
    }
}

fn state(id: NodeId, node: &TraceNode) -> String {
    let Some(role) = node.role else {
        return out_of_sight_members(id, "it was so before you came");
    };
    let log = &node.log;
    let start = LogIndex(log.last().index.0.saturating_sub(STATE_ENTRIES)).max(log.base.index);
    let log_start = match log.get(start) {
        Some(entry) => entry.position(),
        None => LogPosition::new(start, log.base.term),
    };
    observed_members(&Observed {
        node: id,
        role,
        term: node.term,
        voted_for: node.voted_for,
        snapshot: log.snapshot,
        log_start,
        entries: log.entries_from(start.next()).cloned().collect(),
        commit_index: node.commit_index,
        last_applied: node.last_applied,
    })
}
