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

    // cluster nodes=3 seed=3
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
    run.deliver(2, 197_991, (1, 13)); // AppendEntries, term 1
    run.deliver(3, 202_373, (1, 14)); // AppendEntries, term 1
    run.deliver(1, 203_666, (2, 9)); // AppendEntriesReply, term 1
    run.deliver(1, 211_683, (3, 9)); // AppendEntriesReply, term 1
    run.timeout(1, 239_500);
    run.deliver(3, 247_936, (1, 16)); // AppendEntries, term 1
    run.deliver(2, 250_633, (1, 15)); // AppendEntries, term 1
    run.deliver(1, 253_738, (2, 10)); // AppendEntriesReply, term 1
    run.deliver(1, 254_746, (3, 10)); // AppendEntriesReply, term 1
    run.timeout(1, 289_500);

    // A command is in the log of the leader only, and the write of it is not done.
    // disk 1 latency=1s
    // partition 1 | 2 3
    // set b=2 via=1
    run.propose(1, 304_720, b"\x01\x01\x02\x00\x01b\x012"); // client 1 #2: set b=2
    run.timeout(1, 339_500);

    // crash 1 lose
    run.crash(1, 1); // its last write is lost
    run.late_timeout(2, 403_807, 403_806);
    run.role(2, RoleKind::PreCandidate, 1);
    run.deliver(3, 412_831, (2, 12)); // PreVote, term 1
    run.deliver(2, 428_824, (3, 11)); // PreVoteReply, term 1, granted
    run.role(2, RoleKind::Candidate, 2);
    run.persisted(2, 430_658, 4);
    run.deliver(3, 439_276, (2, 14)); // RequestVote, term 2
    run.persisted(3, 442_503, 4);
    run.deliver(2, 457_366, (3, 12)); // RequestVoteReply, term 2, granted
    run.role(2, RoleKind::Leader, 2);

    // A voter crashes when its vote is on its disk. That write has no entry, and no commit index
    // with it.
    // crash 3 lose
    run.crash(3, 0); // no write is lost

    // restart 3
    run.start(config(3, 0x95f3_25ff_a38b_63f7), 453_229);
    run.log(3, 1, (0, 0), &[(1, 2)]);

    // heal
    // disk 1 latency=2ms
    // restart 1
    run.start(config(1, 0xf5d7_0909_940d_8de0), 453_229);
    run.log(1, 1, (0, 0), &[(1, 2)]);
    run.persisted(2, 459_688, 5);
    run.deliver(3, 461_404, (2, 16)); // AppendEntries, term 2, 1 entry
    run.persisted(3, 463_979, 1);
    run.deliver(2, 479_268, (3, 13)); // AppendEntriesReply, term 2
    run.deliver(2, 480_648, (3, 14)); // AppendEntriesReply, term 2
    run.timeout(2, 507_366);
    run.deliver(1, 513_168, (2, 17)); // AppendEntries, term 2
    run.deliver(3, 513_755, (2, 18)); // AppendEntries, term 2
    run.persisted(1, 515_168, 1);
    run.deliver(2, 526_922, (3, 15)); // AppendEntriesReply, term 2
    run.deliver(2, 534_036, (1, 23)); // AppendEntriesReply, term 2
    run.deliver(1, 535_130, (2, 19)); // AppendEntries, term 2, 1 entry
    run.persisted(1, 537_130, 2);

    // expect converged
    // get a read=quorum
    run.deliver(2, 553_399, (1, 24)); // AppendEntriesReply, term 2
    run.deliver(2, 553_399, (1, 25)); // AppendEntriesReply, term 2
    run.timeout(2, 557_366);
    run.deliver(3, 558_333, (2, 21)); // AppendEntries, term 2
    run.deliver(1, 565_024, (2, 20)); // AppendEntries, term 2
    run.deliver(2, 578_354, (3, 16)); // AppendEntriesReply, term 2
    run.deliver(2, 584_040, (1, 26)); // AppendEntriesReply, term 2
    run.timeout(2, 607_366);
    run.deliver(3, 607_162, (2, 23)); // AppendEntries, term 2
    run.deliver(1, 613_159, (2, 22)); // AppendEntries, term 2
    run.deliver(2, 622_143, (3, 17)); // AppendEntriesReply, term 2
    run.deliver(2, 632_762, (1, 27)); // AppendEntriesReply, term 2
    run.timeout(2, 657_366);
    run.deliver(3, 657_078, (2, 25)); // AppendEntries, term 2
    run.deliver(1, 658_643, (2, 24)); // AppendEntries, term 2
    run.deliver(2, 674_992, (1, 28)); // AppendEntriesReply, term 2
    run.deliver(2, 676_228, (3, 18)); // AppendEntriesReply, term 2
    run.timeout(2, 707_366);
    run.deliver(3, 711_315, (2, 27)); // AppendEntries, term 2
    run.deliver(1, 713_463, (2, 26)); // AppendEntries, term 2
    run.deliver(2, 731_951, (3, 19)); // AppendEntriesReply, term 2
    run.deliver(2, 734_340, (1, 29)); // AppendEntriesReply, term 2
    run.timeout(2, 757_366);
    run.deliver(3, 755_986, (2, 29)); // AppendEntries, term 2
    run.deliver(1, 760_298, (2, 28)); // AppendEntries, term 2
    run.deliver(2, 777_165, (3, 20)); // AppendEntriesReply, term 2
    run.deliver(2, 777_368, (1, 30)); // AppendEntriesReply, term 2
    run.timeout(2, 807_366);
    run.deliver(1, 809_018, (2, 30)); // AppendEntries, term 2
    run.deliver(3, 811_417, (2, 31)); // AppendEntries, term 2
    run.deliver(2, 828_398, (3, 21)); // AppendEntriesReply, term 2
    run.deliver(2, 831_302, (1, 31)); // AppendEntriesReply, term 2
    run.timeout(2, 857_366);
    run.deliver(3, 855_719, (2, 33)); // AppendEntries, term 2
    run.deliver(1, 858_732, (2, 32)); // AppendEntries, term 2
    run.deliver(2, 872_039, (3, 22)); // AppendEntriesReply, term 2
    run.deliver(2, 877_552, (1, 32)); // AppendEntriesReply, term 2
    run.timeout(2, 907_366);
    run.deliver(3, 908_727, (2, 35)); // AppendEntries, term 2
    run.deliver(1, 911_586, (2, 34)); // AppendEntries, term 2
    run.deliver(2, 927_681, (3, 23)); // AppendEntriesReply, term 2
    run.deliver(2, 935_235, (1, 33)); // AppendEntriesReply, term 2
    run.timeout(2, 957_366);
    run.deliver(3, 958_955, (2, 37)); // AppendEntries, term 2
    run.deliver(1, 961_924, (2, 36)); // AppendEntries, term 2
    run.deliver(2, 979_853, (3, 24)); // AppendEntriesReply, term 2
    run.deliver(2, 986_210, (1, 34)); // AppendEntriesReply, term 2
    run.timeout(2, 1_007_366);
    run.deliver(3, 1_005_667, (2, 39)); // AppendEntries, term 2
    run.deliver(1, 1_008_769, (2, 38)); // AppendEntries, term 2
    run.deliver(2, 1_023_853, (1, 35)); // AppendEntriesReply, term 2
    run.deliver(2, 1_025_276, (3, 25)); // AppendEntriesReply, term 2
    run.timeout(2, 1_057_366);
    run.deliver(3, 1_053_886, (2, 41)); // AppendEntries, term 2
    run.deliver(1, 1_055_195, (2, 40)); // AppendEntries, term 2
    run.deliver(2, 1_074_754, (3, 26)); // AppendEntriesReply, term 2
    run.deliver(2, 1_079_347, (1, 36)); // AppendEntriesReply, term 2
    run.timeout(2, 1_107_366);
    run.deliver(1, 1_104_287, (2, 42)); // AppendEntries, term 2
    run.deliver(3, 1_111_002, (2, 43)); // AppendEntries, term 2
    run.deliver(2, 1_127_063, (3, 27)); // AppendEntriesReply, term 2
    run.deliver(2, 1_129_725, (1, 37)); // AppendEntriesReply, term 2
    run.timeout(2, 1_157_366);
    run.deliver(3, 1_155_944, (2, 45)); // AppendEntries, term 2
    run.deliver(1, 1_159_638, (2, 44)); // AppendEntries, term 2
    run.deliver(2, 1_178_925, (3, 28)); // AppendEntriesReply, term 2
    run.deliver(2, 1_185_013, (1, 38)); // AppendEntriesReply, term 2
    run.timeout(2, 1_207_366);
    run.deliver(1, 1_206_635, (2, 46)); // AppendEntries, term 2
    run.deliver(3, 1_208_265, (2, 47)); // AppendEntries, term 2
    run.deliver(2, 1_226_243, (3, 29)); // AppendEntriesReply, term 2
    run.deliver(2, 1_227_224, (1, 39)); // AppendEntriesReply, term 2
    run.timeout(2, 1_257_366);
    run.deliver(3, 1_254_487, (2, 49)); // AppendEntries, term 2
    run.deliver(1, 1_258_596, (2, 48)); // AppendEntries, term 2
    run.deliver(2, 1_278_016, (1, 40)); // AppendEntriesReply, term 2
    run.deliver(2, 1_280_603, (3, 30)); // AppendEntriesReply, term 2
    run.timeout(2, 1_307_366);
    run.deliver(3, 1_300_077, (2, 51)); // AppendEntries, term 2
    run.deliver(1, 1_305_538, (2, 50)); // AppendEntries, term 2
    run.propose(1, 1_307_410, b"\x01\x01\x02\x00\x01b\x012"); // client 1 #2: set b=2
    run.deliver(2, 1_320_271, (3, 31)); // AppendEntriesReply, term 2
    run.deliver(2, 1_329_238, (1, 41)); // AppendEntriesReply, term 2
    run.propose(2, 1_336_594, b"\x01\x01\x02\x00\x01b\x012"); // client 1 #2: set b=2
    run.persisted(2, 1_338_086, 6);
    run.deliver(3, 1_336_732, (2, 53)); // AppendEntries, term 2, 1 entry
    run.deliver(1, 1_337_220, (2, 52)); // AppendEntries, term 2, 1 entry
    run.persisted(1, 1_339_220, 3);
    run.persisted(3, 1_340_221, 2);
    run.timeout(2, 1_357_366);
    run.deliver(2, 1_363_385, (1, 42)); // AppendEntriesReply, term 2
    run.deliver(1, 1_350_949, (2, 54)); // AppendEntries, term 2
    run.deliver(2, 1_364_224, (3, 32)); // AppendEntriesReply, term 2
    run.deliver(3, 1_351_328, (2, 55)); // AppendEntries, term 2
    run.deliver(2, 1_364_641, (3, 33)); // AppendEntriesReply, term 2
    run.deliver(2, 1_365_439, (1, 43)); // AppendEntriesReply, term 2
    run.deliver(2, 1_370_071, (1, 44)); // AppendEntriesReply, term 2
    run.deliver(2, 1_376_770, (3, 34)); // AppendEntriesReply, term 2
    run.read(2, 1_390_345, ReadMode::Quorum); // get a
    run.deliver(1, 1_383_509, (2, 56)); // AppendEntries, term 2
    run.deliver(3, 1_386_066, (2, 57)); // AppendEntries, term 2
    run.deliver(2, 1_403_021, (1, 45)); // AppendEntriesReply, term 2
    run.timeout(2, 1_407_366);
    run.deliver(2, 1_408_971, (3, 35)); // AppendEntriesReply, term 2

    // expect safe

    // The end.
    run.is(1, RoleKind::Follower, 2, None);
    run.log(1, 4, (0, 0), &[(1, 2), (2, 2)]);
    run.members(1, &[1, 2, 3], &[]);
    run.did(1, Did { sent: 45, applied: 6, answered: 2 });
    run.is(2, RoleKind::Leader, 2, Some(2));
    run.log(2, 4, (0, 0), &[(1, 2), (2, 2)]);
    run.members(2, &[1, 2, 3], &[]);
    run.did(2, Did { sent: 59, applied: 4, answered: 2 });
    run.is(3, RoleKind::Follower, 2, Some(2));
    run.log(3, 4, (0, 0), &[(1, 2), (2, 2)]);
    run.members(3, &[1, 2, 3], &[]);
    run.did(3, Did { sent: 35, applied: 6, answered: 1 });
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
