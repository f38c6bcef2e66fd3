//! Whatever a peer sends, and whatever a driver reports: no panic, and no damage to what is stored.
//!
//! A peer that lies can break the cluster's safety, so only the server itself is judged here: its
//! term, commit index and applied entries never go back, and a restart accepts its disk.

use proptest::prelude::*;

use raft_core::{
    AppendEntries, AppendEntriesReply, Body, Bytes, Entry, FileReport, FileTask, Forward,
    ForwardId, ForwardReply, HeartbeatRound, IncomingId, Input, InstallSnapshot,
    InstallSnapshotReply, Instant, LogIndex, LogPosition, Membership, MembershipChange, Message,
    Node, NodeId, Output, Payload, PersistId, PieceNumber, PreVote, ReadIndex, ReadIndexReply,
    ReadMode, Recovered, Refusal, RequestId, RequestVote, RequestVoteReply, Settings, SnapshotFile,
    Term,
};

use crate::builders::full_config;

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
        let payload = |index: LogIndex| match (kind, index.0 % 5) {
            (128.., 4) => Payload::Membership(Membership::new((1..=index.0 % 7).map(NodeId))),
            _ => Payload::Command(Bytes::from(b"x")),
        };
        let entry = |(index, term)| Entry { index, term, payload: payload(index) };
        places.into_iter().map(entry).collect()
    })
}

fn append_entries() -> impl Strategy<Value = Body> {
    index().prop_flat_map(|prev_log_index| {
        (term(), entries(prev_log_index), index(), round()).prop_map(
            move |(prev_log_term, entries, leader_commit, round)| {
                let entries = entries.into();
                Body::AppendEntries(AppendEntries {
                    prev_log_index,
                    prev_log_term,
                    entries,
                    leader_commit,
                    round,
                })
            },
        )
    })
}

fn install_snapshot() -> impl Strategy<Value = Body> {
    let members = proptest::collection::vec(0u64..12, 0..12);
    let members = prop_oneof![3 => Just(vec![1, 2, 3]), 1 => members];
    let piece = (number(), 0usize..4, any::<bool>(), any::<u32>());
    let parts = (index(), term(), members, piece);
    parts.prop_map(|(last_included_index, last_included_term, members, piece)| {
        let (offset, length, done, number) = piece;
        Body::InstallSnapshot(InstallSnapshot {
            last_included_index,
            last_included_term,
            membership: Membership::new(members.into_iter().map(NodeId)),
            offset,
            data: Bytes::from(vec![7; length]),
            done,
            number: PieceNumber(number),
            round: HeartbeatRound(1),
        })
    })
}

fn body() -> impl Strategy<Value = Body> {
    let request_vote = (index(), term(), any::<bool>()).prop_map(
        |(last_log_index, last_log_term, leadership_transfer)| {
            Body::RequestVote(RequestVote { last_log_index, last_log_term, leadership_transfer })
        },
    );
    let pre_vote = (index(), term()).prop_map(|(last_log_index, last_log_term)| {
        Body::PreVote(PreVote { last_log_index, last_log_term })
    });
    let vote = (any::<bool>(), any::<bool>()).prop_map(|(vote_granted, pre)| {
        let reply = RequestVoteReply { vote_granted };
        if pre { Body::PreVoteReply(reply) } else { Body::RequestVoteReply(reply) }
    });
    let success = (index(), round())
        .prop_map(|(match_index, round)| AppendEntriesReply::Success { match_index, round });
    let failure =
        (index(), index(), term(), round()).prop_map(|(prev_log_index, index, term, round)| {
            let hint = LogPosition::new(index, term);
            AppendEntriesReply::Failure { prev_log_index, hint, round }
        });
    let held = || proptest::option::of(prop_oneof![0u32..6, any::<u32>()].prop_map(PieceNumber));
    let resume = (index(), number(), held(), round()).prop_map(
        |(last_included_index, next_offset, held, round)| InstallSnapshotReply::Continue {
            last_included_index,
            next_offset,
            held,
            round,
        },
    );
    let installed = (index(), round())
        .prop_map(|(match_index, round)| InstallSnapshotReply::Installed { match_index, round });
    prop_oneof![
        1 => request_vote,
        1 => pre_vote,
        4 => vote,
        6 => append_entries(),
        3 => prop_oneof![success, failure].prop_map(Body::AppendEntriesReply),
        3 => install_snapshot(),
        2 => prop_oneof![resume, installed].prop_map(Body::InstallSnapshotReply),
        1 => Just(Body::TimeoutNow),
        2 => passed_on(),
    ]
}

/// What followers and leaders pass to each other for clients.
fn passed_on() -> impl Strategy<Value = Body> {
    let id = || (0u64..4).prop_map(ForwardId);
    let read =
        (id(), any::<bool>()).prop_map(|(id, lease)| Body::ReadIndex(ReadIndex { id, lease }));
    let read_reply = (id(), index(), any::<bool>()).prop_map(|(id, index, ok)| {
        let result = if ok { Ok(index) } else { Err(Refusal::NotLeader) };
        Body::ReadIndexReply(ReadIndexReply { id, result })
    });
    let forward = id().prop_map(|id| Body::Forward(Forward { id, command: Bytes::from(b"f") }));
    let forward_reply = (id(), index(), term()).prop_map(|(id, index, term)| {
        let result = Ok(LogPosition::new(index, term));
        Body::ForwardReply(ForwardReply { id, result })
    });
    prop_oneof![read, read_reply, forward, forward_reply]
}

fn round() -> impl Strategy<Value = HeartbeatRound> {
    prop_oneof![8 => 0u64..4, 1 => Just(u64::MAX)].prop_map(HeartbeatRound)
}

#[derive(Clone, Debug)]
enum Step {
    /// From a sender, in a term; `None` is the server's own term, the most harmful one.
    Message(u64, Option<Term>, Body),
    Timeout,
    ForceElection,
    ForgetLeader,
    Propose,
    Read(ReadMode),
    Change(MembershipChange),
    Transfer(u64),
    /// The disk completes all writes and says so.
    FinishWrites,
    /// The disk says something untrue, but of nothing that was asked.
    UnknownWrite(u64),
    SnapshotTaken(LogIndex),
    SnapshotFailed(LogIndex),
    /// A snapshot in a file.
    FileTaken(LogIndex),
    /// The driver stores a file that it was asked for.
    StoreFile,
    /// The driver says something of files, perhaps untrue.
    Report(FileReport),
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
        1 => Just(Step::ForgetLeader),
        4 => Just(Step::Propose),
        2 => prop_oneof![Just(ReadMode::Quorum), Just(ReadMode::Lease)].prop_map(Step::Read),
        2 => change().prop_map(Step::Change),
        1 => (0u64..6).prop_map(Step::Transfer),
        12 => Just(Step::FinishWrites),
        1 => number().prop_map(Step::UnknownWrite),
        3 => index().prop_map(Step::SnapshotTaken),
        1 => index().prop_map(Step::SnapshotFailed),
        1 => index().prop_map(Step::FileTaken),
        2 => Just(Step::StoreFile),
        2 => report().prop_map(Step::Report),
        1 => number().prop_map(Step::Clock),
        1 => Just(Step::Restart),
    ]
}

fn file(handle: u64, bytes: u64) -> SnapshotFile {
    SnapshotFile { handle, bytes, checksum: 0 }
}

fn report() -> impl Strategy<Value = FileReport> {
    let incoming = || number().prop_map(IncomingId);
    prop_oneof![
        3 => (incoming(), number())
            .prop_map(|(incoming, piece)| FileReport::PieceStored { incoming, piece }),
        1 => (incoming(), number()).prop_map(|(incoming, bytes)| {
            FileReport::SnapshotStored { incoming, file: file(1, bytes) }
        }),
        1 => incoming().prop_map(|incoming| FileReport::SnapshotNotStored { incoming }),
    ]
}

fn change() -> impl Strategy<Value = MembershipChange> {
    let node = || (0u64..8).prop_map(NodeId);
    prop_oneof![
        node().prop_map(MembershipChange::AddLearner),
        node().prop_map(MembershipChange::AddVoter),
        node().prop_map(MembershipChange::Promote),
        node().prop_map(MembershipChange::Demote),
        node().prop_map(MembershipChange::Remove),
        (node(), node()).prop_map(|(old, new)| MembershipChange::Replace { old, new }),
        proptest::collection::vec(node(), 0..11).prop_map(MembershipChange::SetVoters),
    ]
}

/// Which parts of the protocol are on.
#[derive(Clone, Copy, Debug)]
struct Switches {
    pre_vote: bool,
    check_quorum: bool,
    forward: bool,
    files: bool,
}

/// A node, its disk, and what it said last.
struct Victim {
    node: Node,
    disk: Recovered,
    writes: Vec<raft_core::Persist>,
    issued: u64,
    now: Instant,
    size: u64,
    switches: Switches,
    /// The files that it asked for, each with its length.
    to_store: Vec<(IncomingId, u64)>,
}

impl Victim {
    fn new(size: u64, switches: Switches, disk: Recovered, now: Instant) -> Self {
        let mut config = full_config(1, size);
        config.snapshot_files = switches.files;
        config.settings = Settings {
            pre_vote: switches.pre_vote,
            check_quorum: switches.check_quorum,
            lease_reads: switches.check_quorum,
            forward_proposals: switches.forward,
            snapshot_threshold: 2,
            snapshot_chunk_bytes: 2,
            max_in_flight: 2,
            max_pending_requests: 3,
            max_snapshot_bytes: 1000,
            max_uncommitted_bytes: 500,
            ..Settings::default()
        };
        let mut node = Node::new(config, disk.clone(), now).expect("its own disk is accepted");
        // A start applies what is known to be committed.
        while node.poll_output().output().is_some() {}
        let (writes, to_store) = (Vec::new(), Vec::new());
        Self { node, disk, writes, issued: 0, now, size, switches, to_store }
    }

    fn handle(&mut self, input: Input) {
        let before = self.node.status();
        self.node.handle(self.now, input);
        let mut applied = before.last_applied;
        while let Some(output) = self.node.poll_output().output() {
            match output {
                Output::Persist(write) => {
                    self.issued += 1;
                    assert_eq!(write.id, PersistId(self.issued));
                    self.writes.push(write);
                }
                Output::Apply(entries) => {
                    for entry in &entries {
                        assert!(entry.index > applied, "applied twice");
                        applied = entry.index;
                    }
                }
                Output::Trace(trace) => assert!(!trace.to_string().is_empty()),
                Output::Files(FileTask::StoreSnapshot { incoming, bytes }) => {
                    self.to_store.push((incoming, bytes));
                }
                Output::Send { .. }
                | Output::Files(_)
                | Output::Restore(_)
                | Output::Reply { .. }
                | Output::SnapshotNeeded { .. }
                | Output::Alarm(_) => {}
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
            Step::ForgetLeader => self.handle(Input::ForgetLeader),
            Step::Read(mode) => self.handle(Input::Read { request: RequestId(2), mode }),
            Step::Change(change) => {
                self.handle(Input::ChangeMembership {
                    request: RequestId(3),
                    change,
                    contexts: Vec::new(),
                    force: false,
                });
            }
            Step::Transfer(to) => {
                let (request, to) = (RequestId(4), NodeId(to));
                self.handle(Input::TransferLeadership { request, to });
            }
            Step::Propose => {
                let command = Bytes::from(b"command");
                self.handle(Input::Propose { request: RequestId(1), command });
            }
            Step::FinishWrites => {
                while !self.writes.is_empty() {
                    self.writes.drain(..).for_each(|write| self.disk.store(write));
                    self.handle(Input::Persisted(PersistId(self.issued)));
                }
            }
            Step::UnknownWrite(offset) => {
                let id = PersistId((self.issued + 1).saturating_add(offset));
                self.handle(Input::Persisted(id));
            }
            Step::SnapshotTaken(through) => {
                let data = Bytes::from(b"state");
                self.handle(Input::SnapshotTaken { through, data: data.into() });
            }
            Step::SnapshotFailed(through) => self.handle(Input::SnapshotFailed { through }),
            Step::FileTaken(through) => {
                self.handle(Input::SnapshotTaken { through, data: file(2, 5).into() });
            }
            Step::StoreFile => {
                for (incoming, bytes) in std::mem::take(&mut self.to_store) {
                    let file = file(3 + incoming.0, bytes);
                    self.handle(FileReport::SnapshotStored { incoming, file }.into());
                }
            }
            Step::Report(report) => self.handle(report.into()),
            Step::Clock(micros) => self.now = Instant(micros),
            Step::Restart => {
                *self = Self::new(self.size, self.switches, self.disk.clone(), self.now);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(400)
    })]

    #[test]
    fn no_message_and_no_report_makes_a_server_panic_or_spoils_its_disk(
        size in 0u64..=5,
        (pre_vote, check_quorum, forward, files) in any::<(bool, bool, bool, bool)>(),
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        let switches = Switches { pre_vote, check_quorum, forward, files };
        let mut victim = Victim::new(size, switches, Recovered::default(), Instant(0));
        for step in steps {
            victim.step(step);
        }
        victim.step(Step::FinishWrites);
        victim.step(Step::Restart);
    }
}
