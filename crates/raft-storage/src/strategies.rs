//! Histories of a node's disk, for property tests.

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use raft_core::{
    Bytes, Entry, HardState, LogIndex, LogPosition, Membership, NodeId, Payload, Persist,
    PersistId, Recovered, Snapshot, SnapshotData, SnapshotWrite, Term,
};

use crate::{RecordBytes, RecordKey, Records, WriteBatch, encode_file};

/// One request of a core; numbers are reduced to the range that makes sense at the time.
#[derive(Clone, Debug)]
enum Step {
    Vote { term: bool, voted_for: Option<u64> },
    Append { term: bool, back: Option<usize>, payloads: Vec<Payload> },
    Compact { keep: usize, trailing: usize, held: Held },
    Install { ahead: u64, held: Held },
}

/// The contents of a snapshot.
#[derive(Clone, Debug)]
struct Held {
    membership: Membership,
    data: SnapshotData,
    is_in_file: bool,
}

/// The requests of a core in one incarnation, and the state of the disk after each.
#[derive(Clone, Debug)]
pub(crate) struct History {
    pub(crate) persists: Vec<Persist>,
    pub(crate) states: Vec<Recovered>,
    /// The files of all snapshots. Those of replaced ones are orphans.
    files: Vec<(RecordKey, RecordBytes)>,
}

impl History {
    /// The disk at the end.
    pub(crate) fn disk(&self) -> Records {
        let mut disk = self.files();
        for persist in &self.persists {
            disk.apply(&WriteBatch::from_persist(persist));
        }
        disk
    }

    /// The disk with all files, before the first request.
    pub(crate) fn files(&self) -> Records {
        let mut disk = Records::default();
        self.files.iter().for_each(|(key, record)| disk.put(*key, record.clone()));
        disk
    }

    /// The state that it must hold.
    pub(crate) fn end(&self) -> Recovered {
        self.states.last().cloned().unwrap_or_default()
    }
}

impl Step {
    /// The step with the data of its snapshot in a file, if it is to be, and that file.
    fn with_file(mut self, handle: u64) -> (Self, Option<(RecordKey, RecordBytes)>) {
        let held = match &mut self {
            Self::Compact { held, .. } | Self::Install { held, .. } => held,
            Self::Vote { .. } | Self::Append { .. } => return (self, None),
        };
        let Some(data) = held.data.bytes().filter(|_| held.is_in_file) else {
            return (self, None);
        };
        let (file, record) = encode_file(handle, data);
        held.data = file.into();
        (self, Some((RecordKey::SnapshotFile(handle), record)))
    }
}

/// 1 to `steps` requests.
pub(crate) fn history(steps: usize) -> impl Strategy<Value = History> {
    // A server that is to join a cluster stores that there were no members.
    let bootstrap = prop_oneof![Just(Membership::empty()), membership()];
    (option::of(bootstrap), vec(step(), 1..=steps)).prop_map(|(mut bootstrap, steps)| {
        let mut history = History { persists: Vec::new(), states: Vec::new(), files: Vec::new() };
        let mut state = Recovered::default();
        for step in steps {
            let id = PersistId(history.persists.len() as u64 + 1);
            let (step, file) = step.with_file(id.0);
            history.files.extend(file);
            let mut persist = request(&state, step, id);
            persist.bootstrap = bootstrap.take().map(Into::into);
            let mut after = state.clone();
            carry_out(&mut after, &persist);
            // Any part of the log may be committed.
            persist.commit_index = LogIndex(last(&after).index.0 * (id.0 % 4) / 3);
            carry_out(&mut state, &persist);
            history.persists.push(persist);
            history.states.push(state.clone());
        }
        history
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (any::<bool>(), option::of(1..9_u64))
            .prop_map(|(term, voted_for)| Step::Vote { term, voted_for }),
        4 => (any::<bool>(), option::weighted(0.3, 0..6_usize), vec(payload(), 0..5))
            .prop_map(|(term, back, payloads)| Step::Append { term, back, payloads }),
        1 => (0..4_usize, 0..4_usize, held())
            .prop_map(|(keep, trailing, held)| Step::Compact { keep, trailing, held }),
        1 => (1..5_u64, held()).prop_map(|(ahead, held)| Step::Install { ahead, held }),
    ]
}

/// The request for a step; the first one always has a term.
fn request(state: &Recovered, step: Step, id: PersistId) -> Persist {
    let first = state.hard_state.current_term == Term(0);
    let next_term = |is_new: bool| {
        let term = state.hard_state.current_term;
        (is_new || first).then_some(HardState { current_term: term.next(), voted_for: None })
    };
    let mut persist = Persist { id, ..Persist::default() };
    match step {
        Step::Vote { term, voted_for } => {
            let new = next_term(term).unwrap_or(state.hard_state);
            // A vote is never taken back in its term (§5.2).
            let voted_for = new.voted_for.or(voted_for.map(NodeId));
            persist.hard_state = Some(HardState { voted_for, ..new });
        }
        Step::Append { term, back, payloads } => {
            persist.hard_state = next_term(term);
            let term = persist.hard_state.unwrap_or(state.hard_state).current_term;
            let removable = state.entries.len() - included(state);
            let kept = state.entries.len() - back.unwrap_or(0).min(removable);
            let base = log_start(state).index.0;
            persist.truncate_from = back.map(|_| LogIndex(base + kept as u64 + 1));
            let entry = |(offset, payload): (usize, Payload)| Entry {
                index: LogIndex(base + (kept + offset) as u64 + 1),
                term,
                payload,
            };
            persist.entries = payloads.into_iter().enumerate().map(entry).collect();
        }
        Step::Compact { keep, trailing, held } => {
            persist.hard_state = next_term(false);
            let through = state.entries.len().saturating_sub(keep);
            if through > included(state) {
                let position = |length: usize| match length {
                    0 => log_start(state),
                    _ => state.entries[length - 1].position(),
                };
                let snapshot = snapshot(position(through), held);
                let log_start = position(through.saturating_sub(trailing));
                persist.snapshot = Some(SnapshotWrite { snapshot, log_start }.into());
            }
        }
        Step::Install { ahead, held } => {
            persist.hard_state = next_term(false);
            let term = persist.hard_state.unwrap_or(state.hard_state).current_term;
            let index = LogIndex(last(state).index.0 + ahead);
            let log_start = LogPosition::new(index, term);
            let snapshot = snapshot(log_start, held);
            persist.snapshot = Some(SnapshotWrite { snapshot, log_start }.into());
        }
    }
    persist
}

/// The model: the effect of a `Persist`, on plain values.
fn carry_out(state: &mut Recovered, persist: &Persist) {
    if let Some(bootstrap) = &persist.bootstrap {
        state.bootstrap = Some(Membership::clone(bootstrap));
    }
    if let Some(hard_state) = persist.hard_state {
        state.hard_state = hard_state;
    }
    if let Some(write) = &persist.snapshot {
        let SnapshotWrite { snapshot, log_start } = &**write;
        state.entries.retain(|entry| entry.index > log_start.index);
        state.log_start = Some(*log_start);
        state.snapshot = Some(snapshot.clone());
    }
    if let Some(from) = persist.truncate_from {
        state.entries.retain(|entry| entry.index < from);
    }
    state.entries.extend(persist.entries.iter().cloned());
    if persist.truncate_from.is_some() || !persist.entries.is_empty() {
        state.commit_index = persist.commit_index;
    }
    state.commit_index = state.commit_index.max(base(state).index);
}

fn base(state: &Recovered) -> LogPosition {
    state.snapshot.as_ref().map_or(LogPosition::ORIGIN, Snapshot::position)
}

fn log_start(state: &Recovered) -> LogPosition {
    state.log_start.unwrap_or(LogPosition::ORIGIN)
}

/// How many entries of the log the snapshot includes.
fn included(state: &Recovered) -> usize {
    (base(state).index.0 - log_start(state).index.0) as usize
}

fn last(state: &Recovered) -> LogPosition {
    state.entries.last().map_or(base(state), Entry::position)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..20)
}

fn payload() -> impl Strategy<Value = Payload> {
    prop_oneof![
        1 => Just(Payload::Noop),
        4 => bytes().prop_map(|bytes| Payload::Command(Bytes::from(bytes))),
        1 => membership().prop_map(Payload::Membership),
    ]
}

fn held() -> impl Strategy<Value = Held> {
    (membership(), bytes(), any::<bool>()).prop_map(|(membership, data, is_in_file)| {
        let data = Bytes::from(data).into();
        Held { membership, data, is_in_file }
    })
}

/// Simple or joint, with learners or without; some learners are outgoing voters.
pub(crate) fn membership() -> impl Strategy<Value = Membership> {
    let nodes = |count| btree_set((1..19_u64).prop_map(NodeId), count);
    let most = Membership::MAX_VOTERS;
    let contexts = vec((1..19_u64, bytes()), 0..3);
    (nodes(1..=most), nodes(0..=most), nodes(0..=most), contexts).prop_map(
        |(voters, outgoing, learners, contexts)| {
            let learners = learners.difference(&voters).copied().collect::<Vec<NodeId>>();
            let members = Membership::new(voters).with_outgoing(outgoing).with_learners(learners);
            contexts.into_iter().fold(members, |members, (node, context)| {
                members.with_context(NodeId(node), context)
            })
        },
    )
}

fn snapshot(position: LogPosition, held: Held) -> Snapshot {
    Snapshot {
        last_included_index: position.index,
        last_included_term: position.term,
        membership: held.membership,
        data: held.data,
    }
}
