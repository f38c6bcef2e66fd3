//! Whatever a peer sends, and whatever a driver reports: no panic, and no damage to what is stored.
//!
//! A peer that lies can break the cluster's safety, so only the server itself is judged here: its
//! term, commit index and applied entries never go back, and a restart accepts its disk.

use proptest::prelude::*;

use raft_core::{
    AppendEntries, AppendEntriesReply, Body, Bytes, Entry, Input, InstallSnapshot,
    InstallSnapshotReply, Instant, LogIndex, LogPosition, Membership, Message, Node, NodeId,
    Output, Payload, PersistId, Recovered, RequestId, RequestVote, RequestVoteReply, Term,
};

use crate::builders::config;
use crate::server::store;

/// Mostly small numbers, so that messages sometimes fit, and the ends of the range.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        40 => 0u64..8,
        1 => Just(u64::MAX),
        1 => Just(u64::MAX - 1),
        1 => Just(u64::MAX / 2),
        1 => Just(u64::MAX / 2 + 1),
        1 => any::<u64>(),
    ]
}

/// Terms that stay small longer: one huge term makes all later messages stale.
fn term() -> impl Strategy<Value = Term> {
    prop_oneof![200 => (0u64..12).prop_map(Term), 1 => number().prop_map(Term)]
}

fn index() -> impl Strategy<Value = LogIndex> {
    number().prop_map(LogIndex)
}

/// Consecutive entries with terms that may go down, or entries anywhere.
fn entries(prev: LogIndex) -> impl Strategy<Value = Vec<Entry>> {
    let entry = (index(), term());
    (any::<u8>(), proptest::collection::vec(entry, 0..5)).prop_map(move |(kind, mut places)| {
        if kind % 8 != 0 {
            places.sort_by_key(|(_, term)| *term);
            for (place, offset) in places.iter_mut().zip(1..) {
                place.0 = LogIndex(prev.0.wrapping_add(offset));
            }
        }
        let payload = Payload::Command(Bytes::from(b"x"));
        let entry = |(index, term)| Entry { index, term, payload: payload.clone() };
        places.into_iter().map(entry).collect()
    })
}

fn append_entries() -> impl Strategy<Value = Body> {
    index().prop_flat_map(|prev_log_index| {
        (term(), entries(prev_log_index), index()).prop_map(
            move |(prev_log_term, entries, leader_commit)| {
                let request =
                    AppendEntries { prev_log_index, prev_log_term, entries, leader_commit };
                Body::AppendEntries(request)
            },
        )
    })
}

fn install_snapshot() -> impl Strategy<Value = Body> {
    let members = proptest::collection::vec(0u64..12, 0..12);
    let members = prop_oneof![3 => Just(vec![1, 2, 3]), 1 => members];
    let parts = (index(), term(), members, number(), 0usize..4, any::<bool>());
    parts.prop_map(|(last_included_index, last_included_term, members, offset, length, done)| {
        Body::InstallSnapshot(InstallSnapshot {
            last_included_index,
            last_included_term,
            membership: Membership::new(members.into_iter().map(NodeId)),
            offset,
            data: Bytes::from(vec![7; length]),
            done,
        })
    })
}

fn body() -> impl Strategy<Value = Body> {
    let request_vote = (index(), term()).prop_map(|(last_log_index, last_log_term)| {
        Body::RequestVote(RequestVote { last_log_index, last_log_term })
    });
    let vote = any::<bool>()
        .prop_map(|vote_granted| Body::RequestVoteReply(RequestVoteReply { vote_granted }));
    let success = index().prop_map(|match_index| AppendEntriesReply::Success { match_index });
    let failure = (index(), index(), term()).prop_map(|(prev_log_index, index, term)| {
        AppendEntriesReply::Failure { prev_log_index, hint: LogPosition::new(index, term) }
    });
    let resume = (index(), number()).prop_map(|(last_included_index, next_offset)| {
        InstallSnapshotReply::Continue { last_included_index, next_offset }
    });
    let installed = index().prop_map(|match_index| InstallSnapshotReply::Installed { match_index });
    prop_oneof![
        1 => request_vote,
        4 => vote,
        6 => append_entries(),
        3 => prop_oneof![success, failure].prop_map(Body::AppendEntriesReply),
        3 => install_snapshot(),
        2 => prop_oneof![resume, installed].prop_map(Body::InstallSnapshotReply),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    /// From a sender, in a term; `None` is the server's own term, the most harmful one.
    Message(u64, Option<Term>, Body),
    Timeout,
    ForceElection,
    Propose,
    /// The disk completes all writes and says so.
    FinishWrites,
    /// The disk says something untrue, but of nothing that was asked.
    UnknownWrite(u64),
    SnapshotTaken(LogIndex),
    Clock(u64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let sender = prop_oneof![20 => 1u64..6, 1 => number()];
    let message = (sender, proptest::option::weighted(0.3, term()), body());
    prop_oneof![
        30 => message.prop_map(|(from, term, body)| Step::Message(from, term, body)),
        2 => Just(Step::Timeout),
        2 => Just(Step::ForceElection),
        4 => Just(Step::Propose),
        12 => Just(Step::FinishWrites),
        1 => number().prop_map(Step::UnknownWrite),
        3 => index().prop_map(Step::SnapshotTaken),
        1 => number().prop_map(Step::Clock),
        1 => Just(Step::Restart),
    ]
}

/// A node, its disk, and what it said last.
struct Victim {
    node: Node,
    disk: Recovered,
    writes: Vec<raft_core::Persist>,
    issued: u64,
    now: Instant,
    size: u64,
}

impl Victim {
    fn new(size: u64, disk: Recovered, now: Instant) -> Self {
        let mut config = config(1, size);
        config.snapshot_threshold = 2;
        config.snapshot_chunk_bytes = 2;
        config.max_in_flight = 2;
        let node = Node::new(config, disk.clone(), now).expect("its own disk is accepted");
        Self { node, disk, writes: Vec::new(), issued: 0, now, size }
    }

    fn handle(&mut self, input: Input) {
        let before = self.node.status();
        self.node.handle(self.now, input);
        let mut applied = before.last_applied;
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Persist(write) => {
                    self.issued += 1;
                    assert_eq!(write.id, PersistId(self.issued));
                    self.writes.push(write);
                }
                Output::Apply(entries) => {
                    for entry in entries {
                        assert!(entry.index > applied, "applied twice");
                        applied = entry.index;
                    }
                }
                Output::Trace(trace) => assert!(!trace.to_string().is_empty()),
                _ => {}
            }
        }
        let after = self.node.status();
        assert!(after.current_term >= before.current_term);
        assert!(after.commit_index >= before.commit_index);
        assert!(after.last_applied >= before.last_applied);
        assert!(after.last_applied <= after.commit_index);
        assert!(after.commit_index <= after.last_log.index);
        assert!(after.durable_index <= after.last_log.index);
        let kept = after.current_term > before.current_term || before.voted_for.is_none();
        assert!(kept || after.voted_for == before.voted_for, "the vote changed within a term");
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Message(from, term, body) => {
                let term = term.unwrap_or(self.node.current_term());
                self.handle(Input::Message { from: NodeId(from), message: Message { term, body } });
            }
            Step::Timeout => {
                self.now = self.now.max(self.node.deadline());
                self.handle(Input::Timeout);
            }
            Step::ForceElection => self.handle(Input::ForceElection),
            Step::Propose => {
                let command = Bytes::from(b"command");
                self.handle(Input::Propose { request: RequestId(1), command });
            }
            Step::FinishWrites => {
                while !self.writes.is_empty() {
                    self.writes.drain(..).for_each(|write| store(&mut self.disk, write));
                    self.handle(Input::Persisted(PersistId(self.issued)));
                }
            }
            Step::UnknownWrite(offset) => {
                let id = PersistId((self.issued + 1).saturating_add(offset));
                self.handle(Input::Persisted(id));
            }
            Step::SnapshotTaken(through) => {
                let data = Bytes::from(b"state");
                self.handle(Input::SnapshotTaken { through, data });
            }
            Step::Clock(micros) => self.now = Instant(micros),
            Step::Restart => *self = Self::new(self.size, self.disk.clone(), self.now),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn no_message_and_no_report_makes_a_server_panic_or_spoils_its_disk(
        size in 1u64..=5,
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        let mut victim = Victim::new(size, Recovered::default(), Instant(0));
        for step in steps {
            victim.step(step);
        }
        victim.step(Step::FinishWrites);
        victim.step(Step::Restart);
    }
}
