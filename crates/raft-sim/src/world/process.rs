//! Drives a node, as a real server drives its core.

use std::sync::Arc;
use std::time::Duration;

use raft_core::{
    Bytes, Entries, Input, LogIndex, Membership, NodeId, Output, Payload, Persist, PersistId,
    Snapshot,
};
use raft_kv::{Response, Store};
use raft_storage::WriteBatch;

use super::World;
use super::queue::ScheduledKind;
use crate::disk::PowerLoss;
use crate::node::{Arrival, LiveProcess, Process};
use crate::switches::WorldBug;
use crate::{
    DelayRange, DiskEvent, EventKind, ProcessEvent, StateMachineEvent, StatePlace, Unsynced,
    WriteFailure, restore_store,
};

impl World {
    /// Starts a node from its disk and carries out its first outputs.
    pub(super) fn start_node(&mut self, id: NodeId) {
        self.start_node_with(id, None);
    }

    /// The same, with a list of members in the configuration that is not the set-up's.
    pub(super) fn start_node_with(&mut self, id: NodeId, members: Option<Membership>) {
        self.remove_orphans(id);
        let (setup, now) = (self.setup.clone(), self.now);
        let node = self.node_mut(id);
        if node.start(&setup, members, now) {
            if node.incarnation > 1 {
                self.emit_process(id, ProcessEvent::Restarted);
                self.reopen_state(id);
            }
            self.drain(id);
        } else {
            let reason = node.refusal().unwrap_or_default().to_owned();
            self.emit_process(id, ProcessEvent::RestartRefused { reason });
        }
    }

    /// Delivers an arrival: at once if the node runs, later if it is paused or slow or its driver
    /// gathers inputs, never if it is down.
    pub(super) fn deliver(&mut self, id: NodeId, arrival: Arrival) {
        let setup = self.setup.clone();
        let node = self.node_mut(id);
        let waits = !node.handles_at_once(&setup);
        let Some(live) = node.live_mut() else { return };
        if let Some(inbox) = &mut live.inbox {
            return inbox.push_back(arrival);
        }
        if waits {
            return self.wait_for_turn(id, arrival);
        }
        self.handle(id, arrival);
        self.drain(id);
    }

    /// Hands an arrival to the core. The outputs wait for the drain.
    pub(super) fn handle(&mut self, id: NodeId, arrival: Arrival) {
        match arrival {
            Arrival::Input(input) => self.hand_over(id, input),
            Arrival::Request { client, sequence, request } => {
                self.take_request(id, client, sequence, request);
            }
        }
    }

    /// Gives the core one input, then drains it: the core's contract.
    pub(super) fn feed(&mut self, id: NodeId, input: Input) {
        self.hand_over(id, input);
        self.drain(id);
    }

    pub(super) fn hand_over(&mut self, id: NodeId, input: Input) {
        let now = self.now;
        let node = self.node_mut(id);
        let now = node.clock.shows(now);
        if let Some(live) = node.live_mut() {
            live.core.handle(now, input);
        }
    }

    /// Carries out all that the core wants done.
    pub(super) fn drain(&mut self, id: NodeId) {
        let mut outputs = 0;
        loop {
            let mut snapshot = None;
            while let Some(output) = self.poll_output(id) {
                outputs += 1;
                assert_rest(id, outputs);
                match output {
                    Output::Persist(persist) => self.issue_write(id, &persist),
                    Output::Send { to, message } => self.send(id, to, message),
                    Output::Apply(entries) => self.apply_entries(id, entries),
                    Output::Restore(restored) => self.restore(id, &restored),
                    Output::Reply { request, outcome } => self.finish_request(id, request, outcome),
                    Output::SnapshotNeeded { through } => {
                        snapshot = self.answer_snapshot_request(id, through);
                    }
                    Output::Files(task) => self.work_on_files(id, task),
                    // The trace before it says the same.
                    Output::Alarm(_) => {}
                    Output::Trace(trace) => self.emit(EventKind::Core { node: id, trace }),
                }
            }
            let Some(live) = self.node_mut(id).live_mut() else { return };
            live.responses.clear();
            match snapshot {
                Some(answer) if self.setup.driver.gathers() => {
                    return self.deliver(id, Arrival::Input(answer));
                }
                Some(answer) => self.hand_over(id, answer),
                None => return,
            }
        }
    }

    /// The core's next output. Its deadline is read when the next timer is looked for, by the clock
    /// that the node has then.
    fn poll_output(&mut self, id: NodeId) -> Option<Output> {
        self.node_mut(id).live_mut()?.core.poll_output().output()
    }

    fn issue_write(&mut self, id: NodeId, persist: &Persist) {
        let batch = Arc::new(WriteBatch::from_persist(persist));
        let now = self.now;
        let node = self.node_mut(id);
        let incarnation = node.incarnation;
        let done_at = node.disk.issue(now, persist.id, batch.clone());
        self.schedule(
            done_at,
            ScheduledKind::WriteCompletes { node: id, incarnation, id: persist.id },
        );
        self.emit_disk(id, DiskEvent::WriteIssued { id: persist.id, batch });
    }

    /// The disk finished a write. Its node runs or is paused.
    pub(super) fn write_done(&mut self, id: NodeId, write: PersistId) {
        if let Err(failure) = self.node_mut(id).disk.complete(write) {
            return self.write_failed(id, write, failure);
        }
        self.emit_disk(id, DiskEvent::WriteDurable { id: write });
        self.report_write(id, write);
    }

    /// The driver tells the core that a write is durable, at once or later with others.
    fn report_write(&mut self, id: NodeId, write: PersistId) {
        let latest = self.setup.driver.report;
        if latest.is_zero() {
            return self.deliver(id, Arrival::Input(Input::Persisted(write)));
        }
        let now = self.now;
        let node = self.node_mut(id);
        let incarnation = node.incarnation;
        let Some(live) = node.live_mut() else { return };
        if live.unreported.replace(write).is_none() {
            let range = DelayRange { min: Duration::ZERO, max: latest };
            let at = now + live.random.delay(range);
            self.schedule(at, ScheduledKind::WritesReported { node: id, incarnation });
        }
    }

    /// The report of the last durable write is a report of all before it.
    pub(super) fn report_writes(&mut self, id: NodeId) {
        let unreported = self.node_mut(id).live_mut().and_then(|live| live.unreported.take());
        if let Some(write) = unreported {
            self.deliver(id, Arrival::Input(Input::Persisted(write)));
        }
    }

    /// The process stops and does not try again: after a failed flush the write may or may not be
    /// on the disk, and the next flush may succeed without it (PostgreSQL's "fsyncgate").
    fn write_failed(&mut self, id: NodeId, write: PersistId, failure: WriteFailure) {
        let is_ignored =
            failure == WriteFailure::Fsync && self.setup.has(WorldBug::FsyncFailureIgnored);
        self.emit_disk(id, DiskEvent::WriteFailed { id: write, failure, is_ignored });
        let node = self.node_mut(id);
        if is_ignored {
            let undo = node.disk.drop_first().into();
            self.emit_disk(id, DiskEvent::WritesLost { writes: 1, undo });
            return self.deliver(id, Arrival::Input(Input::Persisted(write)));
        }
        node.stopped_by = Some(failure);
        let loss = node.disk.stop();
        self.crash_files(id, Unsynced::Lost);
        self.power_off(id, loss);
    }

    /// The process is gone, with its memory and its unfinished writes.
    pub(super) fn power_off(&mut self, id: NodeId, loss: PowerLoss) {
        let PowerLoss { writes, undo, torn } = loss;
        self.node_mut(id).process = Process::Crashed;
        self.emit_process(id, ProcessEvent::Crashed);
        if let Some((write, landed)) = torn {
            self.emit_disk(id, DiskEvent::WriteTorn { id: write, landed: landed.into() });
        }
        if writes > 0 {
            self.emit_disk(id, DiskEvent::WritesLost { writes, undo: undo.into() });
        }
    }

    fn apply_entries(&mut self, id: NodeId, entries: Entries) {
        let applies_retries = self.setup.has(WorldBug::RetryAppliedTwice);
        let Some(LiveProcess { store, responses, .. }) = self.node_mut(id).live_mut() else {
            return;
        };
        for entry in &entries {
            match &entry.payload {
                Payload::Command(command) => {
                    let response = apply_command(store, entry.index, command, applies_retries);
                    responses.insert(entry.index, response);
                }
                Payload::Noop | Payload::Membership(_) => store.skip(entry.index.0),
            }
        }
        self.flush_some(id);
        self.emit_state_machine(id, StateMachineEvent::Applied { entries });
    }

    /// A state machine on disk flushes every other time, as the seed decides.
    fn flush_some(&mut self, id: NodeId) {
        if self.setup.driver.state == StatePlace::Memory {
            return;
        }
        let node = self.node_mut(id);
        let Some(live) = node.live_mut() else { return };
        if live.random.up_to(1) == 0 {
            node.flushed = Some(live.store.clone());
        }
    }

    fn reopen_state(&mut self, id: NodeId) {
        if self.setup.driver.state == StatePlace::Disk {
            let applied =
                self.node(id).and_then(crate::SimNode::store).map_or(0, Store::last_applied);
            let applied = LogIndex(applied);
            self.emit_state_machine(id, StateMachineEvent::Reopened { applied });
        }
    }

    fn restore(&mut self, id: NodeId, snapshot: &Snapshot) {
        let sessions = self.setup.sessions;
        let node = self.node_mut(id);
        let restored = match node.disk.data(&snapshot.data) {
            Ok(data) => restore_store(&data).map_err(|error| error.to_string()),
            Err(damage) => Err(damage.to_string()),
        };
        match (restored, node.live_mut()) {
            (Ok(store), Some(live)) => {
                live.store = store.keeping_sessions(sessions);
                self.flush_some(id);
                self.emit_state_machine(
                    id,
                    StateMachineEvent::Restored { snapshot: snapshot.position() },
                );
            }
            (Err(error), Some(_)) => {
                let reason = format!("its snapshot {}: {error}", snapshot.position());
                node.process = Process::Refused(reason.clone());
                self.emit_process(id, ProcessEvent::RestartRefused { reason });
            }
            (_, None) => {}
        }
    }

    /// The driver makes a snapshot of the state machine, or fails.
    fn answer_snapshot_request(&mut self, id: NodeId, through: LogIndex) -> Option<Input> {
        let failing = self.setup.driver.failing_snapshots_ppm;
        if failing > 0 && self.node_mut(id).live_mut()?.random.chance(failing) {
            return Some(Input::SnapshotFailed { through });
        }
        self.take_snapshot(id)
    }

    /// A snapshot of the state machine, for the core; `None` if its file is to be written first.
    fn take_snapshot(&mut self, id: NodeId) -> Option<Input> {
        let driver = self.setup.driver;
        let live = self.node_mut(id).live_mut()?;
        let through = LogIndex(live.store.last_applied());
        let data = Bytes::from(driver.encode(id, &live.store));
        if driver.snapshot_files {
            self.flush_own_snapshot(id, through, &data);
            return None;
        }
        Some(Input::SnapshotTaken { through, data: data.into() })
    }

    /// Takes a snapshot on demand. Returns false if nothing was applied since the last one.
    pub(super) fn force_snapshot(&mut self, id: NodeId) -> bool {
        let Some(live) = self.node_mut(id).live_mut() else { return false };
        let taken = live.core.snapshot().map_or(LogIndex(0), |taken| taken.last_included_index);
        if live.core.last_applied() <= taken {
            return false;
        }
        if let Some(taken) = self.take_snapshot(id) {
            self.feed(id, taken);
        }
        true
    }
}

/// The most outputs of one drain. A node that hands over more never comes to rest.
const MAX_OUTPUTS: u32 = 1_000_000;

fn assert_rest(node: NodeId, outputs: u32) {
    assert!(
        outputs <= MAX_OUTPUTS,
        "node {node} hands over more than {MAX_OUTPUTS} outputs at once"
    );
}

/// Applies a command of the log. Returns the state machine's response.
fn apply_command(
    store: &mut Store,
    index: LogIndex,
    command: &[u8],
    applies_retries: bool,
) -> Response {
    #[cfg(feature = "bugs")]
    if applies_retries {
        return store.apply_retries_again(index.0, command);
    }
    debug_assert!(!applies_retries, "retries are applied only with the feature");
    store.apply(index.0, command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "node 3 hands over more than 1000000 outputs at once")]
    fn a_drain_that_never_ends_stops_at_an_assertion() {
        for outputs in 1..=2 * MAX_OUTPUTS {
            assert_rest(NodeId(3), outputs);
        }
    }
}
