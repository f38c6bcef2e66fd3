//! A run of a cluster, played again with the cores of `raft_core`.
//!
//! `helios export FILE --as test` wrote this file. It needs the crate `helios-raft-core` only: put
//! it into `tests/`.
//!
//! Each line of the test hands something to a node: first comes the number of the node, then the
//! time on its clock, in µs. Messages are those that the nodes of this test send: `(1, 7)` is the
//! seventh one that node 1 sent since the beginning. The lines after a comment happened after it.
#![allow(dead_code, reason = "a run needs some of the methods")]

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use raft_core::{
    Bytes, Config, Entry, HardState, Input, Instant, LogIndex, Membership, MembershipChange,
    Message, Node, NodeId, Output, Payload, Persist, PersistId, ReadMode, Recovered, RequestId,
    RoleKind, Term,
};

fn config(id: u64, seed: u64) -> Config {
    let members = Membership::new([1, 2, 3].map(NodeId));
    let mut config = Config::new(NodeId(id), members);
    config.seed = seed;
    config.settings.trailing_entries = 0;
    config
}

#[test]
#[rustfmt::skip]
#[allow(clippy::too_many_lines, reason = "a line for each step")]
fn the_run_is_the_same() {
    let run = &mut Run::default();

    // cluster nodes=3 seed=3 state=disk
    run.start(config(1, 0xab13_cc52_9e5e_28b4), 0);
    run.start(config(2, 0x8635_77b9_137c_a9fb), 0);
    run.start(config(3, 0xa8c9_439b_649c_a433), 0);

    // timeout 1
    run.force_election(1, 0);
    run.role(1, RoleKind::PreCandidate, 0);
    run.deliver(2, 7_852, (1, 1)); // PreVote, term 0
    run.deliver(3, 9_232, (1, 2)); // PreVote, term 0
    run.deliver(1, 16_273, (3, 1)); // PreVoteReply, term 0, granted
    run.role(1, RoleKind::Candidate, 1);
    run.deliver(1, 17_013, (2, 1)); // PreVoteReply, term 0, granted
    run.persisted(1, 19_560, 1);
    run.deliver(3, 27_179, (1, 4)); // RequestVote, term 1
    run.deliver(2, 30_167, (1, 3)); // RequestVote, term 1
    run.persisted(3, 30_504, 1);
    run.persisted(2, 32_486, 1);
    run.deliver(1, 39_500, (3, 2)); // RequestVoteReply, term 1, granted
    run.role(1, RoleKind::Leader, 1);

    // reseed 17
    run.reseed(1, 0xb4ce_54cb_78b2_019a);
    run.reseed(2, 0x8bf3_4edb_7ccc_78fe);
    run.reseed(3, 0xe796_e0ff_7fd7_04b5);

    // clock 2 drift=+1%
    // set a=1
    run.persisted(1, 41_861, 2);
    run.propose(3, 44_548, b"\x01\x01\x01\x00\x01a\x011"); // client 1 #1: set a=1
    run.deliver(1, 45_973, (2, 2)); // RequestVoteReply, term 1, granted
    run.deliver(2, 51_028, (1, 5)); // AppendEntries, term 1, 1 entry
    run.deliver(3, 53_315, (1, 6)); // AppendEntries, term 1, 1 entry
    run.persisted(2, 54_368, 2);
    run.persisted(3, 57_047, 2);
    run.deliver(1, 59_760, (3, 3)); // AppendEntriesReply, term 1
    run.deliver(1, 59_867, (2, 3)); // AppendEntriesReply, term 1
    run.deliver(1, 63_593, (2, 4)); // AppendEntriesReply, term 1
    run.deliver(1, 67_035, (3, 4)); // AppendEntriesReply, term 1
    run.timeout(1, 89_500);
    run.deliver(2, 95_337, (1, 7)); // AppendEntries, term 1
    run.deliver(3, 101_939, (1, 8)); // AppendEntries, term 1
    run.deliver(1, 104_231, (2, 5)); // AppendEntriesReply, term 1
    run.deliver(1, 112_359, (3, 5)); // AppendEntriesReply, term 1
    run.timeout(1, 139_500);
    run.deliver(2, 148_978, (1, 9)); // AppendEntries, term 1
    run.deliver(3, 154_436, (1, 10)); // AppendEntries, term 1
    run.deliver(1, 162_165, (2, 6)); // AppendEntriesReply, term 1
    run.propose(1, 162_552, b"\x01\x01\x01\x00\x01a\x011"); // client 1 #1: set a=1
    run.persisted(1, 164_674, 3);
    run.deliver(1, 166_235, (3, 6)); // AppendEntriesReply, term 1
    run.deliver(3, 173_492, (1, 12)); // AppendEntries, term 1, 1 entry
    run.persisted(3, 174_709, 3);
    run.deliver(2, 176_992, (1, 11)); // AppendEntries, term 1, 1 entry
    run.persisted(2, 180_866, 3);
    run.deliver(1, 182_351, (2, 7)); // AppendEntriesReply, term 1
    run.deliver(1, 187_319, (3, 7)); // AppendEntriesReply, term 1
    run.deliver(1, 188_068, (3, 8)); // AppendEntriesReply, term 1
    run.timeout(1, 189_500);
    run.deliver(1, 192_130, (2, 8)); // AppendEntriesReply, term 1

    // A command is in the log of the leader only, and the write of it is not done.
    // disk 1 latency=1s
    // partition 1 | 2 3
    // set b=2 via=1
    run.propose(1, 204_720, b"\x01\x01\x02\x00\x01b\x012"); // client 1 #2: set b=2
    run.timeout(1, 239_500);

    // crash 1 lose
    run.crash(1, 1); // its last write is lost
    run.timeout(2, 457_842);
    run.role(2, RoleKind::PreCandidate, 1);
    run.deliver(3, 466_331, (2, 10)); // PreVote, term 1
    run.timeout(3, 468_389);
    run.role(3, RoleKind::PreCandidate, 1);
    run.deliver(2, 482_859, (3, 9)); // PreVoteReply, term 1, granted
    run.role(2, RoleKind::Candidate, 2);
    run.deliver(2, 483_511, (3, 11)); // PreVote, term 1
    run.persisted(2, 484_693, 4);
    run.deliver(3, 492_776, (2, 11)); // PreVoteReply, term 2, refused
    run.role(3, RoleKind::Follower, 2);
    run.deliver(3, 492_776, (2, 13)); // RequestVote, term 2
    run.persisted(3, 496_003, 4);
    run.persisted(3, 499_613, 5);
    run.deliver(2, 517_859, (3, 12)); // RequestVoteReply, term 2, granted
    run.role(2, RoleKind::Leader, 2);

    // heal
    // disk 1 latency=2ms
    // restart 1
    run.applied(1, 1);
    run.start(config(1, 0xf5d7_0909_940d_8de0), 513_123);
    run.log(1, 1, (0, 0), &[(1, 2)]);
    run.persisted(2, 520_181, 5);
    run.deliver(3, 524_144, (2, 15)); // AppendEntries, term 2, 1 entry
    run.persisted(3, 526_719, 6);
    run.deliver(2, 541_415, (3, 13)); // AppendEntriesReply, term 2
    run.deliver(2, 541_415, (3, 14)); // AppendEntriesReply, term 2
    run.timeout(2, 567_859);
    run.deliver(3, 568_722, (2, 17)); // AppendEntries, term 2
    run.deliver(1, 572_402, (2, 16)); // AppendEntries, term 2
    run.persisted(1, 574_402, 1);
    run.deliver(2, 588_847, (3, 15)); // AppendEntriesReply, term 2
    run.deliver(2, 589_625, (1, 19)); // AppendEntriesReply, term 2
    run.deliver(1, 595_062, (2, 18)); // AppendEntries, term 2, 1 entry
    run.persisted(1, 597_062, 2);

    // expect converged
    // get a read=quorum
    run.deliver(2, 611_336, (1, 20)); // AppendEntriesReply, term 2
    run.deliver(2, 616_749, (1, 21)); // AppendEntriesReply, term 2
    run.timeout(2, 617_859);
    run.deliver(3, 617_551, (2, 20)); // AppendEntries, term 2
    run.deliver(1, 622_567, (2, 19)); // AppendEntries, term 2
    run.deliver(2, 632_636, (3, 16)); // AppendEntriesReply, term 2
    run.deliver(2, 641_710, (1, 22)); // AppendEntriesReply, term 2
    run.timeout(2, 667_859);
    run.deliver(3, 667_467, (2, 22)); // AppendEntries, term 2
    run.deliver(1, 667_628, (2, 21)); // AppendEntries, term 2
    run.deliver(2, 684_332, (1, 23)); // AppendEntriesReply, term 2
    run.deliver(2, 686_721, (3, 17)); // AppendEntriesReply, term 2
    run.timeout(2, 717_859);
    run.deliver(3, 721_704, (2, 24)); // AppendEntries, term 2
    run.deliver(1, 723_928, (2, 23)); // AppendEntries, term 2
    run.deliver(2, 742_444, (3, 18)); // AppendEntriesReply, term 2
    run.deliver(2, 744_533, (1, 24)); // AppendEntriesReply, term 2
    run.timeout(2, 767_859);
    run.deliver(3, 766_375, (2, 26)); // AppendEntries, term 2
    run.deliver(1, 772_063, (2, 25)); // AppendEntries, term 2
    run.deliver(2, 787_658, (3, 19)); // AppendEntriesReply, term 2
    run.deliver(2, 793_255, (1, 25)); // AppendEntriesReply, term 2
    run.timeout(2, 817_859);
    run.deliver(1, 817_547, (2, 27)); // AppendEntries, term 2
    run.deliver(3, 821_806, (2, 28)); // AppendEntries, term 2
    run.deliver(2, 835_485, (1, 26)); // AppendEntriesReply, term 2
    run.deliver(2, 838_891, (3, 20)); // AppendEntriesReply, term 2
    run.timeout(2, 867_859);
    run.deliver(3, 866_108, (2, 30)); // AppendEntries, term 2
    run.deliver(1, 872_367, (2, 29)); // AppendEntries, term 2
    run.deliver(2, 882_532, (3, 21)); // AppendEntriesReply, term 2
    run.deliver(2, 894_833, (1, 27)); // AppendEntriesReply, term 2
    run.timeout(2, 917_859);
    run.deliver(3, 919_116, (2, 32)); // AppendEntries, term 2
    run.deliver(1, 919_202, (2, 31)); // AppendEntries, term 2
    run.deliver(2, 937_861, (1, 28)); // AppendEntriesReply, term 2
    run.deliver(2, 938_174, (3, 22)); // AppendEntriesReply, term 2
    run.timeout(2, 967_859);
    run.deliver(1, 967_922, (2, 33)); // AppendEntries, term 2
    run.deliver(3, 969_344, (2, 34)); // AppendEntries, term 2
    run.deliver(2, 990_346, (3, 23)); // AppendEntriesReply, term 2
    run.deliver(2, 991_795, (1, 29)); // AppendEntriesReply, term 2
    run.timeout(2, 1_017_859);
    run.deliver(3, 1_016_056, (2, 36)); // AppendEntries, term 2
    run.deliver(1, 1_017_636, (2, 35)); // AppendEntries, term 2
    run.deliver(2, 1_035_769, (3, 24)); // AppendEntriesReply, term 2
    run.deliver(2, 1_038_045, (1, 30)); // AppendEntriesReply, term 2
    run.timeout(2, 1_067_859);
    run.deliver(3, 1_064_275, (2, 38)); // AppendEntries, term 2
    run.deliver(1, 1_070_490, (2, 37)); // AppendEntries, term 2
    run.deliver(2, 1_085_246, (3, 25)); // AppendEntriesReply, term 2
    run.deliver(2, 1_095_728, (1, 31)); // AppendEntriesReply, term 2
    run.timeout(2, 1_117_859);
    run.deliver(1, 1_120_828, (2, 39)); // AppendEntries, term 2
    run.deliver(3, 1_121_391, (2, 40)); // AppendEntries, term 2
    run.deliver(2, 1_137_556, (3, 26)); // AppendEntriesReply, term 2
    run.deliver(2, 1_146_703, (1, 32)); // AppendEntriesReply, term 2
    run.timeout(2, 1_167_859);
    run.deliver(3, 1_166_333, (2, 42)); // AppendEntries, term 2
    run.deliver(1, 1_167_673, (2, 41)); // AppendEntries, term 2
    run.deliver(2, 1_184_346, (1, 33)); // AppendEntriesReply, term 2
    run.deliver(2, 1_189_418, (3, 27)); // AppendEntriesReply, term 2
    run.timeout(2, 1_217_859);
    run.propose(1, 1_207_410, b"\x01\x01\x02\x00\x01b\x012"); // client 1 #2: set b=2
    run.deliver(1, 1_214_099, (2, 43)); // AppendEntries, term 2
    run.deliver(3, 1_218_655, (2, 44)); // AppendEntries, term 2
    run.propose(2, 1_235_594, b"\x01\x01\x02\x00\x01b\x012"); // client 1 #2: set b=2
    run.deliver(2, 1_236_737, (3, 28)); // AppendEntriesReply, term 2
    run.persisted(2, 1_237_086, 6);
    run.deliver(2, 1_239_840, (1, 34)); // AppendEntriesReply, term 2
    run.deliver(1, 1_231_245, (2, 45)); // AppendEntries, term 2, 1 entry
    run.deliver(3, 1_232_931, (2, 46)); // AppendEntries, term 2, 1 entry
    run.persisted(1, 1_233_245, 3);
    run.persisted(3, 1_236_420, 7);
    run.deliver(2, 1_257_952, (1, 35)); // AppendEntriesReply, term 2
    run.deliver(2, 1_258_831, (3, 29)); // AppendEntriesReply, term 2
    run.deliver(2, 1_258_831, (3, 30)); // AppendEntriesReply, term 2
    run.deliver(2, 1_259_356, (1, 36)); // AppendEntriesReply, term 2
    run.timeout(2, 1_267_859);
    run.deliver(3, 1_260_962, (2, 48)); // AppendEntries, term 2
    run.deliver(1, 1_269_037, (2, 47)); // AppendEntries, term 2
    run.read(2, 1_284_536, ReadMode::Quorum); // get a
    run.deliver(2, 1_287_696, (3, 31)); // AppendEntriesReply, term 2
    run.deliver(2, 1_290_250, (1, 37)); // AppendEntriesReply, term 2
    run.deliver(1, 1_283_041, (2, 49)); // AppendEntries, term 2
    run.deliver(3, 1_285_189, (2, 50)); // AppendEntries, term 2
    run.deliver(2, 1_302_705, (1, 38)); // AppendEntriesReply, term 2
    run.deliver(2, 1_309_058, (3, 32)); // AppendEntriesReply, term 2

    // expect safe

    // The end.
    run.is(1, RoleKind::Follower, 2, None);
    run.log(1, 4, (0, 0), &[(1, 2), (2, 2)]);
    run.members(1, &[1, 2, 3], &[]);
    run.did(1, Did { sent: 38, applied: 5, answered: 2 });
    run.is(2, RoleKind::Leader, 2, Some(2));
    run.log(2, 4, (0, 0), &[(1, 2), (2, 2)]);
    run.members(2, &[1, 2, 3], &[]);
    run.did(2, Did { sent: 50, applied: 4, answered: 2 });
    run.is(3, RoleKind::Follower, 2, Some(2));
    run.log(3, 4, (0, 0), &[(1, 2), (2, 2)]);
    run.members(3, &[1, 2, 3], &[]);
    run.did(3, Did { sent: 32, applied: 4, answered: 1 });
}

/// A cluster: its nodes, their disks, and what they have sent.
#[derive(Default)]
struct Run {
    nodes: BTreeMap<u64, Node>,
    disks: BTreeMap<u64, Disk>,
    /// The messages of each node since the beginning, with their receivers.
    sent: BTreeMap<u64, Vec<(NodeId, Message)>>,
    did: BTreeMap<u64, Did>,
    /// The node that takes several inputs before a drain.
    gathers: Option<u64>,
    requests: u64,
}

/// What is on a disk, and the writes that the node was not told to be there.
#[derive(Default)]
struct Disk {
    stored: Recovered,
    writes: VecDeque<Persist>,
}

/// What a node did since the beginning, in numbers.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Did {
    /// Messages. They are counted at the end.
    sent: usize,
    /// Entries that it handed to its state machine.
    applied: usize,
    /// Requests.
    answered: usize,
}

impl Disk {
    fn store_first(&mut self) {
        let write = self.writes.pop_front().expect("a write is in progress");
        let known = self.stored.commit_index;
        let changes_log = write.truncate_from.is_some() || !write.entries.is_empty();
        self.stored.store(write);
        // The commit index is stored with a change of the log only.
        if !changes_log {
            self.stored.commit_index = known;
        }
    }
}

impl Run {
    /// The disk of a node has this term and this vote at the beginning.
    fn disk(&mut self, id: u64, term: u64, vote: Option<u64>) {
        let (current_term, voted_for) = (Term(term), vote.map(NodeId));
        let hard_state = HardState { current_term, voted_for };
        self.disks.entry(id).or_default().stored.hard_state = hard_state;
    }

    /// And this command in its log, after those before.
    fn disk_entry(&mut self, id: u64, term: u64, command: &[u8]) {
        let entries = &mut self.disks.entry(id).or_default().stored.entries;
        let (index, payload) = (LogIndex(entries.len() as u64 + 1), command.into());
        entries.push(Entry { index, term: Term(term), payload: Payload::Command(payload) });
    }

    /// A node starts from its disk.
    fn start(&mut self, config: Config, at: u64) {
        let id = config.id.0;
        let disk = self.disks.entry(id).or_default().stored.clone();
        let node = Node::new(config, disk, Instant(at)).expect("it starts from its disk");
        assert!(self.nodes.insert(id, node).is_none(), "node {id} runs already");
        self.drain(id);
    }

    /// The state machine that a node has on its disk includes the entries up to this one.
    fn applied(&mut self, id: u64, through: u64) {
        self.disks.entry(id).or_default().stored.applied = LogIndex(through);
    }

    /// The process of a node ends. Of the writes in progress, so many are lost: the last ones.
    fn crash(&mut self, id: u64, lost: usize) {
        self.nodes.remove(&id).expect("the node runs");
        let disk = self.disks.entry(id).or_default();
        while disk.writes.len() > lost {
            disk.store_first();
        }
        assert_eq!(disk.writes.len(), lost, "node {id} loses writes that it has not asked for");
        disk.writes.clear();
    }

    /// The timer of a node elapses.
    fn timeout(&mut self, id: u64, at: u64) {
        self.late_timeout(id, at, at);
    }

    /// The same, and the node is told late. If it set its timer anew meanwhile, it is told early.
    fn late_timeout(&mut self, id: u64, at: u64, deadline: u64) {
        assert_eq!(self.node(id).deadline(), Instant(deadline), "the timer of node {id}");
        self.hand(id, at, Input::Timeout);
    }

    /// The disk of a node has this write, and those before it.
    fn persisted(&mut self, id: u64, at: u64, write: u64) {
        let disk = self.disks.entry(id).or_default();
        let is_asked = disk.writes.iter().any(|asked| asked.id.0 == write);
        assert!(is_asked, "node {id} does not wait for write {write}");
        while disk.writes.front().is_some_and(|first| first.id.0 <= write) {
            disk.store_first();
        }
        self.hand(id, at, Input::Persisted(PersistId(write)));
    }

    /// A message arrives: of those that `from` sent, the one with this number. The first is 1.
    fn deliver(&mut self, id: u64, at: u64, (from, number): (u64, usize)) {
        let sent = self.sent.get(&from).and_then(|sent| sent.get(number - 1)).cloned();
        let (to, message) = sent.unwrap_or_else(|| panic!("node {from} sent less than {number}"));
        assert_eq!(to, NodeId(id), "message {number} of node {from} is for another node");
        self.hand(id, at, Input::Message { from: NodeId(from), message });
    }

    /// A client hands a command to a node.
    fn propose(&mut self, id: u64, at: u64, command: &[u8]) {
        let request = self.request();
        self.hand(id, at, Input::Propose { request, command: command.into() });
    }

    /// A client wants to read at a node.
    fn read(&mut self, id: u64, at: u64, mode: ReadMode) {
        let request = self.request();
        self.hand(id, at, Input::Read { request, mode });
    }

    /// The membership is to change. The contexts are those of new servers.
    fn change(&mut self, id: u64, at: u64, change: MembershipChange, contexts: &[(u64, &[u8])]) {
        let force = false;
        let (request, contexts) = (self.request(), named(contexts));
        self.hand(id, at, Input::ChangeMembership { request, change, contexts, force });
    }

    /// The same, although too few of the new voters were heard.
    fn force(&mut self, id: u64, at: u64, change: MembershipChange, contexts: &[(u64, &[u8])]) {
        let force = true;
        let (request, contexts) = (self.request(), named(contexts));
        self.hand(id, at, Input::ChangeMembership { request, change, contexts, force });
    }

    /// The change that is under way is given up.
    fn cancel_change(&mut self, id: u64, at: u64) {
        let request = self.request();
        self.hand(id, at, Input::CancelChange { request });
    }

    /// Leadership is to be transferred.
    fn transfer(&mut self, id: u64, at: u64, to: u64) {
        let (request, to) = (self.request(), NodeId(to));
        self.hand(id, at, Input::TransferLeadership { request, to });
    }

    /// A snapshot of the state after an entry. The core never looks at a state: it is so many
    /// zeros.
    fn snapshot(&mut self, id: u64, at: u64, through: u64, bytes: usize) {
        let (through, data) = (LogIndex(through), Bytes::from(vec![0; bytes]).into());
        self.hand(id, at, Input::SnapshotTaken { through, data });
    }

    /// The snapshot that a node asked for could not be made.
    fn snapshot_failed(&mut self, id: u64, at: u64, through: u64) {
        self.hand(id, at, Input::SnapshotFailed { through: LogIndex(through) });
    }

    /// A person has a node start an election.
    fn force_election(&mut self, id: u64, at: u64) {
        self.hand(id, at, Input::ForceElection);
    }

    /// A person has a node forget its leader.
    fn forget_leader(&mut self, id: u64, at: u64) {
        self.hand(id, at, Input::ForgetLeader);
    }

    /// A node draws its random numbers from this seed.
    fn reseed(&mut self, id: u64, seed: u64) {
        self.node(id).reseed(seed);
    }

    /// A node draws its election timeouts from this range, in µs.
    fn draw_timeouts(&mut self, id: u64, min: u64, max: u64) {
        self.node(id).draw_timeouts_from(Duration::from_micros(min), Duration::from_micros(max));
    }

    /// The next inputs of a node come before its next drain.
    fn gather(&mut self, id: u64) {
        self.gathers = Some(id);
    }

    /// All outputs of a node are taken.
    fn drain(&mut self, id: u64) {
        self.gathers = None;
        let node = self.nodes.get_mut(&id).expect("the node runs");
        let did = self.did.entry(id).or_default();
        while let Some(output) = node.poll_output().output() {
            match output {
                Output::Persist(write) => {
                    self.disks.entry(id).or_default().writes.push_back(write);
                }
                Output::Send { to, message } => {
                    self.sent.entry(id).or_default().push((to, message));
                }
                Output::Apply(entries) => did.applied += entries.len(),
                Output::Reply { .. } => did.answered += 1,
                // For state machines and people.
                Output::Restore(_)
                | Output::SnapshotNeeded { .. }
                | Output::Files(_)
                | Output::Alarm(_)
                | Output::Trace(_) => {}
            }
        }
    }

    /// A node has this role now, in this term.
    fn role(&self, id: u64, role: RoleKind, term: u64) {
        let node = &self.nodes[&id];
        assert_eq!((node.role(), node.current_term().0), (role, term), "node {id}");
    }

    /// The role of a node, its term, and its vote in that term.
    fn is(&self, id: u64, role: RoleKind, term: u64, vote: Option<u64>) {
        self.role(id, role, term);
        assert_eq!(self.nodes[&id].voted_for(), vote.map(NodeId), "the vote of node {id}");
    }

    /// The members that a node knows.
    fn members(&self, id: u64, voters: &[u64], learners: &[u64]) {
        let membership = self.nodes[&id].membership();
        let numbers = |ids: &[NodeId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
        assert_eq!(numbers(membership.voters()), voters, "the voters for node {id}");
        assert_eq!(numbers(membership.learners()), learners, "the learners for node {id}");
    }

    /// The commit index of a node, the index and the term before its log, and the terms
    /// in its log, each with the number of its entries.
    fn log(&self, id: u64, commit: u64, before: (u64, u64), terms: &[(u64, usize)]) {
        let (node, log) = (&self.nodes[&id], self.nodes[&id].log());
        assert_eq!(node.commit_index().0, commit, "the commit index of node {id}");
        assert_eq!((log.base().index.0, log.base().term.0), before, "the log of node {id}");
        let entries = log.iter_from(log.first_index());
        assert_eq!(counted(entries.map(|entry| entry.term.0)), terms, "the log of node {id}");
    }

    /// What a node did since the beginning.
    fn did(&self, id: u64, expected: Did) {
        let sent = self.sent.get(&id).map_or(0, Vec::len);
        let did = self.did.get(&id).copied().unwrap_or_default();
        assert_eq!(Did { sent, ..did }, expected, "node {id}");
    }

    /// A node is down. The term, the vote, and the terms in the log on its disk.
    fn is_down(&self, id: u64, term: u64, vote: Option<u64>, terms: &[(u64, usize)]) {
        assert!(!self.nodes.contains_key(&id), "node {id} is down");
        let none = Disk::default();
        let stored = &self.disks.get(&id).unwrap_or(&none).stored;
        let state = stored.hard_state;
        assert_eq!((state.current_term.0, state.voted_for), (term, vote.map(NodeId)), "node {id}");
        let entries = stored.entries.iter().map(|entry| entry.term.0);
        assert_eq!(counted(entries), terms, "the disk of node {id}");
    }

    fn hand(&mut self, id: u64, at: u64, input: Input) {
        self.node(id).handle(Instant(at), input);
        if self.gathers != Some(id) {
            self.drain(id);
        }
    }

    fn node(&mut self, id: u64) -> &mut Node {
        self.nodes.get_mut(&id).unwrap_or_else(|| panic!("node {id} does not run"))
    }

    fn request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId(self.requests)
    }
}

fn named(contexts: &[(u64, &[u8])]) -> Vec<(NodeId, Bytes)> {
    contexts.iter().map(|(id, context)| (NodeId(*id), Bytes::from(*context))).collect()
}

/// Each term with the number of its entries.
fn counted(terms: impl Iterator<Item = u64>) -> Vec<(u64, usize)> {
    let mut counted: Vec<(u64, usize)> = Vec::new();
    for term in terms {
        match counted.last_mut() {
            Some((last, count)) if *last == term => *count += 1,
            Some(_) | None => counted.push((term, 1)),
        }
    }
    counted
}
