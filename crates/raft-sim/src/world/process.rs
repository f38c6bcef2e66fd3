//! Drives a node, as a real server drives its core.

use std::sync::Arc;
use std::time::Duration;

use raft_core::{
    Bare, Entries, LogIndex, Membership, NodeId, Persist, PersistId, Plain, Snapshot, say,
};
use raft_kv::{Response, Store};
use raft_server::{ReplicaInput, ReplicaOutput};
use raft_storage::WriteBatch;

use super::World;
use super::queue::ScheduledKind;
use super::recording::{CoreCall, anonymous};
use crate::disk::{Completion, PowerLoss};
use crate::node::{Arrival, ArrivalKind, Caller, Process, ProcessInput, SetTimer};
use crate::switches::WorldBug;
use crate::{
    DelayRange, DiskEvent, EventKind, EventNumber, ProcessEvent, StateMachineEvent, StatePlace,
    Words, WriteFailure,
};

impl World {
    /// Starts a node from its disk and carries out its first outputs.
    pub(super) fn start_node(&mut self, id: NodeId) {
        self.start_node_with(id, None);
    }

    /// The same, with a list of members in the configuration that is not the set-up's.
    pub(super) fn start_node_with(&mut self, id: NodeId, members: Option<Membership>) {
        self.open_disk(id);
        let (setup, rules_off, now) = (self.reseeded.clone(), self.rules_off, self.now);
        let node = self.node_mut(id);
        if !node.start(&setup, rules_off, members.clone(), now) {
            return self.refuse_start(id);
        }
        self.record_start(id, members);
        let node = self.node_mut(id);
        let event = match node.incarnation {
            1 => ProcessEvent::Started,
            _ => ProcessEvent::Restarted,
        };
        let is_first = node.incarnation == 1;
        let started = self.emit_process(id, event);
        self.because(started, |world| {
            if !is_first {
                world.reopen_state(id);
            }
            world.drain(id);
        });
    }

    /// The process has ended with this refusal.
    fn refuse_start(&mut self, id: NodeId) {
        let reason = self.node_mut(id).refusal().cloned().unwrap_or_default();
        let refused = self.emit_process(id, ProcessEvent::RestartRefused { reason });
        self.node_mut(id).down_since = Some(refused);
    }

    /// Something reaches a node because of the event that is being handled: at once if the node
    /// runs, later if it is paused or slow or its driver gathers inputs, never if it is down.
    pub(super) fn deliver(&mut self, id: NodeId, kind: ArrivalKind) {
        let (cause, waits) = (self.cause, self.lets_wait(id));
        let Some(live) = self.node_mut(id).live_mut() else { return };
        if let Some(inbox) = &mut live.inbox {
            return inbox.push_back(Arrival { kind, cause });
        }
        if waits {
            return self.wait_for_turn(id, Arrival { kind, cause });
        }
        self.handle(id, kind);
        self.drain(id);
    }

    /// Delivers what has waited, because of the event that sent it.
    pub(super) fn deliver_late(&mut self, id: NodeId, arrival: Arrival) {
        let Arrival { kind, cause } = arrival;
        self.because(cause, |world| world.deliver(id, kind));
    }

    /// Hands an arrival to the replica. The outputs wait for the drain.
    pub(super) fn handle(&mut self, id: NodeId, arrival: ArrivalKind) {
        match arrival {
            ArrivalKind::Input(input) => self.hand_over(id, input),
            ArrivalKind::LocalRead { client, sequence, operation } => {
                self.read_locally(id, client, sequence, &operation);
            }
        }
    }

    /// Gives the replica one input, then drains it: the replica's contract.
    pub(super) fn feed(&mut self, id: NodeId, input: ProcessInput) {
        self.hand_over(id, input);
        self.drain(id);
    }

    pub(super) fn hand_over(&mut self, id: NodeId, input: ProcessInput) {
        let (now, is_recorded) = (self.now, self.is_recorded());
        let node = self.node_mut(id);
        let now = node.clock.shows(now);
        let Some(live) = node.live_mut() else { return };
        let kept = is_recorded.then(|| (live.replica.deadline(), anonymous(&input)));
        live.replica.handle(now, input);
        if let Some((deadline, input)) = kept {
            self.record(id, || CoreCall::Input { deadline, input });
        }
    }

    /// Carries out all that the replica wants done, because of the event that is being handled.
    pub(super) fn drain(&mut self, id: NodeId) {
        self.drain_shared(id, &[]);
    }

    /// The same, after several arrivals: each has its share of the outputs.
    pub(super) fn drain_shared(&mut self, id: NodeId, shares: &[Share]) {
        let mut outputs = 0;
        let (mut shares, last) = (shares.iter().peekable(), shares.last());
        loop {
            let mut snapshot = None;
            while let Some(output) = self.poll_output(id) {
                outputs += 1;
                assert_rest(id, outputs);
                // What the drain adds is the last arrival's.
                while shares.next_if(|share| share.through < outputs as usize).is_some() {}
                if let Some(share) = shares.peek().copied().or(last) {
                    self.cause = share.cause;
                }
                match output {
                    ReplicaOutput::Persist(persist) => self.issue_write(id, persist),
                    ReplicaOutput::Send { to, message } => self.send(id, to, message),
                    ReplicaOutput::Applied(entries) => self.note_applied(id, entries),
                    ReplicaOutput::Restore(restored) => self.restore(id, &restored),
                    ReplicaOutput::Answer { caller, outcome, answer } => {
                        self.record(id, || CoreCall::Answer);
                        self.answer(id, caller, outcome, answer);
                    }
                    ReplicaOutput::Order { caller, outcome } => {
                        self.record(id, || CoreCall::Answer);
                        self.report_order(id, caller, outcome);
                    }
                    ReplicaOutput::SnapshotNeeded { through } => {
                        snapshot = self.answer_snapshot_request(id, through);
                    }
                    ReplicaOutput::Files(task) => self.work_on_files(id, task),
                    // The trace before it says the same.
                    ReplicaOutput::Alarm(_) => {}
                    ReplicaOutput::Trace(trace) => {
                        self.emit(EventKind::Core { node: id, trace });
                    }
                }
            }
            if let Some(last) = last {
                self.cause = last.cause;
            }
            self.record(id, || CoreCall::Drained);
            self.note_timer(id);
            let Some(live) = self.node_mut(id).live_mut() else { return };
            live.applied.clear();
            match snapshot {
                Some(answer) if self.setup.driver.gathers() => {
                    return self.deliver(id, ArrivalKind::Input(answer));
                }
                Some(answer) => self.hand_over(id, answer),
                None => return,
            }
        }
    }

    /// Remembers what set the timer, if the core has another deadline now.
    pub(super) fn note_timer(&mut self, id: NodeId) {
        let (now, cause) = (self.now, self.cause);
        let Some(live) = self.node_mut(id).live_mut() else { return };
        let deadline = live.replica.deadline();
        if live.timer.deadline != deadline {
            live.timer = SetTimer { deadline, set_at: now, set_by: cause };
        }
    }

    /// The replica's next output. Its deadline is read when the next timer is looked for, by the
    /// clock that the node has then.
    fn poll_output(&mut self, id: NodeId) -> Option<ReplicaOutput<Response, Caller>> {
        self.node_mut(id).live_mut()?.replica.poll_output()
    }

    fn issue_write(&mut self, id: NodeId, persist: Persist) {
        self.record(id, || CoreCall::Write(persist.clone()));
        let batch = Arc::new(WriteBatch::from_persist(&persist));
        let write = persist.id;
        let issued = DiskEvent::WriteIssued { id: write, batch: batch.clone() };
        let (now, issued_by) = (self.now, self.emit_disk(id, issued));
        let node = self.node_mut(id);
        let incarnation = node.incarnation;
        let done_at = node.disk.issue(now, (persist, issued_by), batch);
        self.schedule(done_at, ScheduledKind::WriteCompletes { node: id, incarnation, id: write });
    }

    /// The disk finished a write. Its node runs or is paused.
    pub(super) fn write_done(&mut self, id: NodeId, write: PersistId) {
        let disk = &mut self.node_mut(id).disk;
        let issued_by = disk.pending().next().map(|first| first.issued_by);
        match disk.complete(write) {
            Completion::Durable => {}
            Completion::Waits => return,
            Completion::Fails(failure) => {
                let cause = disk.broken_by(failure).or(issued_by);
                return self.because(cause, |world| world.write_failed(id, write, failure));
            }
        }
        let durable = self
            .because(issued_by, |world| world.emit_disk(id, DiskEvent::WriteDurable { id: write }));
        self.because(durable, |world| world.report_write(id, write));
    }

    /// The driver tells the core that a write is durable, at once or later with others.
    fn report_write(&mut self, id: NodeId, write: PersistId) {
        let latest = self.setup.driver.report;
        if latest.is_zero() {
            return self.deliver(id, ArrivalKind::Input(ReplicaInput::Persisted(write)));
        }
        let (now, durable) = (self.now, self.cause);
        let node = self.node_mut(id);
        let incarnation = node.incarnation;
        let Some(live) = node.live_mut() else { return };
        if live.unreported.replace((write, durable)).is_none() {
            let range = DelayRange { min: Duration::ZERO, max: latest };
            let at = now + live.random.delay(range);
            self.schedule(at, ScheduledKind::WritesReported { node: id, incarnation });
        }
    }

    /// The report of the last durable write is a report of all before it.
    pub(super) fn report_writes(&mut self, id: NodeId) {
        let unreported = self.node_mut(id).live_mut().and_then(|live| live.unreported.take());
        if let Some((write, cause)) = unreported {
            let kind = ArrivalKind::Input(ReplicaInput::Persisted(write));
            self.deliver_late(id, Arrival { kind, cause });
        }
    }

    /// The process stops and does not try again: after a failed flush the write may or may not be
    /// on the disk, and the next flush may succeed without it (PostgreSQL's "fsyncgate").
    fn write_failed(&mut self, id: NodeId, write: PersistId, failure: WriteFailure) {
        let is_ignored = failure == WriteFailure::Fsync
            && self.rules_off.has_in_world(WorldBug::FsyncFailureIgnored);
        let failed = self.emit_disk(id, DiskEvent::WriteFailed { id: write, failure, is_ignored });
        self.because(failed, |world| {
            let node = world.node_mut(id);
            if is_ignored {
                let undo = node.disk.drop_first().into();
                world.emit_disk(id, DiskEvent::WritesLost { writes: 1, undo });
                return world.deliver(id, ArrivalKind::Input(ReplicaInput::Persisted(write)));
            }
            world.stop_node(id, failure);
        });
    }

    /// The process ends after a failed write.
    pub(super) fn stop_node(&mut self, id: NodeId, failure: WriteFailure) {
        let node = self.node_mut(id);
        node.stopped_by = Some(failure);
        let loss = node.disk.stop();
        self.hand_over(id, ReplicaInput::PersistFailed);
        self.power_off(id, loss);
    }

    /// The process is gone, with its memory and its unfinished writes.
    pub(super) fn power_off(&mut self, id: NodeId, loss: PowerLoss) {
        let PowerLoss { writes, undo, torn, files } = loss;
        self.files_changed(id, files);
        self.node_mut(id).process = Process::Crashed;
        self.record(id, || CoreCall::End { lost: writes });
        let crashed = self.emit_process(id, ProcessEvent::Crashed);
        self.node_mut(id).down_since = Some(crashed);
        self.because(crashed, |world| {
            if let Some((write, landed)) = torn {
                world.emit_disk(id, DiskEvent::WriteTorn { id: write, landed: landed.into() });
            }
            if writes > 0 {
                world.emit_disk(id, DiskEvent::WritesLost { writes, undo: undo.into() });
            }
        });
    }

    fn note_applied(&mut self, id: NodeId, entries: Entries) {
        self.record(id, || CoreCall::Apply(entries.len()));
        self.flush_some(id);
        let ends = entries.first().zip(entries.last());
        let range = ends.map(|(first, last)| first.index..=last.index);
        let applied = self.emit_state_machine(id, StateMachineEvent::Applied { entries });
        if let (Some(range), Some(live)) = (range, self.node_mut(id).live_mut()) {
            live.applied.push((range, applied));
        }
    }

    /// A state machine on disk flushes every other time, as the seed decides.
    fn flush_some(&mut self, id: NodeId) {
        if self.setup.driver.state == StatePlace::Memory {
            return;
        }
        let node = self.node_mut(id);
        let Some(live) = node.live_mut() else { return };
        if live.random.up_to(1) == 0 {
            node.flushed = Some(live.replica.machine().store.clone());
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
        let node = self.node_mut(id);
        let data = node.disk.data(&snapshot.data).map_err(|damage| Words::of(&damage));
        let Some(live) = node.live_mut() else { return };
        let restored = data
            .and_then(|data| live.replica.restore(&data).map_err(|error| Words::of(&Plain(error))));
        let snapshot = snapshot.position();
        match restored {
            Ok(()) => {
                self.flush_some(id);
                self.emit_state_machine(id, StateMachineEvent::Restored { snapshot });
            }
            Err(error) => {
                let reason =
                    Words::told(|out| say!(out; "its snapshot ", Bare(snapshot), ": ", error));
                node.process = Process::Refused(reason);
                self.refuse_start(id);
            }
        }
    }

    /// The driver makes a snapshot of the state machine, or fails.
    fn answer_snapshot_request(&mut self, id: NodeId, through: LogIndex) -> Option<ProcessInput> {
        let failing = self.setup.driver.failing_snapshots_ppm;
        if failing > 0 && self.node_mut(id).live_mut()?.random.chance(failing) {
            return Some(ReplicaInput::SnapshotFailed { through });
        }
        self.take_snapshot(id)
    }

    /// A snapshot of the state machine, for the core; `None` if its file is to be written first.
    fn take_snapshot(&mut self, id: NodeId) -> Option<ProcessInput> {
        let is_in_file = self.setup.driver.snapshot_files;
        let (through, data) = self.node_mut(id).live_mut()?.replica.snapshot();
        if is_in_file {
            self.flush_own_snapshot(id, through, &data);
            return None;
        }
        Some(ReplicaInput::SnapshotTaken { through, data: data.into() })
    }

    /// Takes a snapshot on demand. Returns false if nothing was applied since the last one.
    pub(super) fn force_snapshot(&mut self, id: NodeId) -> bool {
        let Some(live) = self.node_mut(id).live_mut() else { return false };
        let core = live.replica.core();
        let taken = core.snapshot().map_or(LogIndex(0), |taken| taken.last_included_index);
        if core.last_applied() <= taken {
            return false;
        }
        if let Some(taken) = self.take_snapshot(id) {
            self.feed(id, taken);
        }
        true
    }
}

/// The outputs of one of several arrivals that a driver hands over before it drains.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    /// The number of outputs of this arrival and of those before it.
    pub(super) through: usize,
    pub(super) cause: Option<EventNumber>,
}

/// The most outputs of one drain. A node that hands over more never comes to rest.
const MAX_OUTPUTS: u32 = 1_000_000;

fn assert_rest(node: NodeId, outputs: u32) {
    assert!(
        outputs <= MAX_OUTPUTS,
        "node {node} hands over more than {MAX_OUTPUTS} outputs at once"
    );
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
