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
    config.settings.heartbeat_interval = Duration::from_micros(120_000);
    config.settings.election_timeout_min = Duration::from_micros(600_000);
    config.settings.election_timeout_max = Duration::from_micros(900_000);
    config.settings.snapshot_threshold = 3;
    config.settings.trailing_entries = 0;
    config
}

fn config_2(id: u64, seed: u64) -> Config {
    let members = Membership::empty();
    let mut config = Config::new(NodeId(id), members);
    config.seed = seed;
    config.settings.heartbeat_interval = Duration::from_micros(120_000);
    config.settings.election_timeout_min = Duration::from_micros(600_000);
    config.settings.election_timeout_max = Duration::from_micros(900_000);
    config.settings.snapshot_threshold = 3;
    config.settings.trailing_entries = 0;
    config
}

#[test]
#[rustfmt::skip]
#[allow(clippy::too_many_lines, reason = "a line for each step")]
fn the_run_is_the_same() {
    let run = &mut Run::default();

    // cluster nodes=3 seed=5 heartbeat=120ms election=600ms..900ms snapshot=3 gather=4ms report=4ms
    run.start(config(1, 0xe7a6_5c5e_94c6_a322), 0);
    run.start(config(2, 0xdac5_5846_ed7d_f4d3), 0);
    run.start(config(3, 0xa918_e894_c7fe_87a9), 0);

    // timeout 1
    run.force_election(1, 0);
    run.role(1, RoleKind::PreCandidate, 0);
    run.deliver(2, 12_525, (1, 1)); // PreVote, term 0
    run.deliver(3, 14_896, (1, 2)); // PreVote, term 0
    run.deliver(1, 20_606, (2, 1)); // PreVoteReply, term 0, granted
    run.role(1, RoleKind::Candidate, 1);
    run.gather(1);
    run.persisted(1, 29_336, 1);
    run.deliver(1, 29_336, (3, 1)); // PreVoteReply, term 0, granted
    run.drain(1);
    run.deliver(3, 40_172, (1, 4)); // RequestVote, term 1
    run.persisted(3, 44_581, 1);
    run.deliver(2, 45_989, (1, 3)); // RequestVote, term 1
    run.persisted(2, 55_077, 1);
    run.deliver(1, 61_405, (3, 2)); // RequestVoteReply, term 1, granted
    run.role(1, RoleKind::Leader, 1);

    // set a=1
    // set b=2
    // set c=3
    run.persisted(1, 65_736, 2);
    run.deliver(1, 70_998, (2, 2)); // RequestVoteReply, term 1, granted
    run.gather(3);
    run.propose(3, 71_975, b"\x01\x01\x01\x00\x01a\x011"); // client 1 #1: set a=1
    run.deliver(3, 71_975, (1, 6)); // AppendEntries, term 1, 1 entry
    run.drain(3);
    run.deliver(2, 72_653, (1, 5)); // AppendEntries, term 1, 1 entry
    run.persisted(3, 77_427, 2);
    run.deliver(1, 80_428, (3, 3)); // AppendEntriesReply, term 1
    run.persisted(2, 81_162, 2);
    run.gather(1);
    run.deliver(1, 85_738, (2, 3)); // AppendEntriesReply, term 1
    run.deliver(1, 85_738, (3, 4)); // AppendEntriesReply, term 1
    run.drain(1);
    run.deliver(1, 98_293, (2, 4)); // AppendEntriesReply, term 1
    run.late_timeout(1, 183_037, 181_405);
    run.propose(1, 194_835, b"\x01\x01\x01\x00\x01a\x011"); // client 1 #1: set a=1
    run.deliver(3, 198_495, (1, 8)); // AppendEntries, term 1
    run.deliver(2, 200_116, (1, 7)); // AppendEntries, term 1
    run.persisted(1, 201_998, 3);
    run.deliver(3, 204_954, (1, 10)); // AppendEntries, term 1, 1 entry
    run.deliver(2, 207_508, (1, 9)); // AppendEntries, term 1, 1 entry
    run.gather(1);
    run.deliver(1, 212_195, (3, 5)); // AppendEntriesReply, term 1
    run.deliver(1, 212_195, (3, 6)); // AppendEntriesReply, term 1
    run.drain(1);
    run.persisted(3, 212_314, 3);
    run.persisted(2, 213_861, 3);
    run.deliver(1, 214_859, (2, 5)); // AppendEntriesReply, term 1
    run.deliver(1, 219_074, (2, 6)); // AppendEntriesReply, term 1
    run.deliver(1, 221_329, (2, 7)); // AppendEntriesReply, term 1
    run.deliver(1, 227_647, (3, 7)); // AppendEntriesReply, term 1
    run.propose(1, 250_607, b"\x01\x01\x02\x00\x01b\x012"); // client 1 #2: set b=2
    run.deliver(3, 256_066, (1, 12)); // AppendEntries, term 1, 1 entry
    run.persisted(1, 258_517, 4);
    run.persisted(3, 263_833, 4);
    run.deliver(2, 264_170, (1, 11)); // AppendEntries, term 1, 1 entry
    run.persisted(2, 270_055, 4);
    run.deliver(1, 274_829, (3, 8)); // AppendEntriesReply, term 1
    run.snapshot(1, 277_460, 3, 27);
    run.deliver(1, 279_882, (2, 8)); // AppendEntriesReply, term 1
    run.persisted(1, 281_171, 5);
    run.propose(1, 298_238, b"\x01\x01\x03\x00\x01c\x013"); // client 1 #3: set c=3
    run.gather(1);
    run.late_timeout(1, 306_150, 303_037);
    run.persisted(1, 306_150, 6);
    run.drain(1);
    run.gather(3);
    run.deliver(3, 314_264, (1, 14)); // AppendEntries, term 1, 1 entry
    run.deliver(3, 314_264, (1, 16)); // AppendEntries, term 1
    run.drain(3);
    run.deliver(2, 314_556, (1, 13)); // AppendEntries, term 1, 1 entry
    run.snapshot(3, 315_979, 3, 27);
    run.snapshot(2, 317_580, 3, 27);
    run.persisted(3, 320_312, 5);
    run.gather(2);
    run.persisted(2, 322_170, 5);
    run.deliver(2, 322_170, (1, 15)); // AppendEntries, term 1
    run.drain(2);
    run.persisted(3, 324_410, 6);
    run.persisted(2, 327_263, 6);
    run.gather(1);
    run.deliver(1, 328_780, (3, 9)); // AppendEntriesReply, term 1
    run.deliver(1, 328_780, (3, 10)); // AppendEntriesReply, term 1
    run.drain(1);

    // add 4
    run.start(config_2(4, 0x3d6_7a97_4c62_98de), 336_484);
    run.change(1, 336_484, MembershipChange::AddVoter(NodeId(4)), &[(4, b"node-4")]);
    run.gather(1);
    run.deliver(1, 337_203, (2, 9)); // AppendEntriesReply, term 1
    run.deliver(1, 337_203, (2, 10)); // AppendEntriesReply, term 1
    run.drain(1);
    run.persisted(1, 341_068, 7);
    run.deliver(4, 343_498, (1, 19)); // AppendEntries, term 1
    run.deliver(2, 349_671, (1, 17)); // AppendEntries, term 1, 1 entry
    run.deliver(3, 349_898, (1, 18)); // AppendEntries, term 1, 1 entry
    run.persisted(4, 350_243, 1);
    run.persisted(3, 353_092, 7);
    run.deliver(1, 356_983, (2, 11)); // AppendEntriesReply, term 1
    run.persisted(2, 357_004, 7);
    run.deliver(1, 363_900, (4, 1)); // AppendEntriesReply, term 1
    run.deliver(1, 365_178, (2, 12)); // AppendEntriesReply, term 1
    run.deliver(1, 369_003, (3, 11)); // AppendEntriesReply, term 1
    run.deliver(4, 378_606, (1, 20)); // InstallSnapshot, term 1
    run.persisted(4, 385_369, 2);
    run.deliver(1, 398_817, (4, 2)); // InstallSnapshotReply, term 1
    run.deliver(4, 406_720, (1, 21)); // AppendEntries, term 1, 2 entries
    run.persisted(4, 411_095, 3);
    run.deliver(1, 418_522, (4, 3)); // AppendEntriesReply, term 1
    run.deliver(1, 422_753, (4, 4)); // AppendEntriesReply, term 1

    // expect voters 1 2 3 4
    // transfer 4
    run.transfer(1, 422_753, 4);
    run.late_timeout(1, 428_291, 426_150);
    run.persisted(1, 433_466, 8);
    run.deliver(4, 435_650, (1, 24)); // AppendEntries, term 1, 1 entry
    run.deliver(3, 437_810, (1, 23)); // AppendEntries, term 1, 1 entry
    run.deliver(2, 438_136, (1, 22)); // AppendEntries, term 1, 1 entry
    run.deliver(3, 440_199, (1, 26)); // AppendEntries, term 1
    run.deliver(2, 440_370, (1, 25)); // AppendEntries, term 1
    run.gather(4);
    run.deliver(4, 442_363, (1, 27)); // AppendEntries, term 1
    run.persisted(4, 442_363, 4);
    run.drain(4);
    run.persisted(2, 443_128, 8);
    run.persisted(3, 445_606, 8);
    run.gather(1);
    run.deliver(1, 450_103, (3, 12)); // AppendEntriesReply, term 1
    run.deliver(1, 450_103, (2, 13)); // AppendEntriesReply, term 1
    run.deliver(1, 450_103, (2, 14)); // AppendEntriesReply, term 1
    run.drain(1);
    run.gather(1);
    run.deliver(1, 455_581, (4, 5)); // AppendEntriesReply, term 1
    run.deliver(1, 455_581, (4, 6)); // AppendEntriesReply, term 1
    run.drain(1);
    run.gather(1);
    run.snapshot(1, 458_776, 6, 30);
    run.deliver(1, 458_776, (3, 13)); // AppendEntriesReply, term 1
    run.drain(1);
    run.persisted(1, 463_608, 9);
    run.deliver(4, 471_368, (1, 28)); // TimeoutNow, term 1
    run.role(4, RoleKind::Candidate, 2);
    run.persisted(4, 476_994, 5);
    run.deliver(2, 485_020, (4, 8)); // RequestVote, term 2
    run.deliver(3, 492_485, (4, 9)); // RequestVote, term 2
    run.persisted(2, 492_752, 9);
    run.deliver(1, 493_382, (4, 7)); // RequestVote, term 2
    run.role(1, RoleKind::Follower, 2);
    run.persisted(3, 499_884, 9);
    run.persisted(1, 500_924, 10);
    run.deliver(4, 506_498, (2, 15)); // RequestVoteReply, term 2, granted
    run.deliver(4, 511_909, (3, 14)); // RequestVoteReply, term 2, granted
    run.role(4, RoleKind::Leader, 2);

    // crash 4 keep
    run.crash(4, 0); // no write is lost

    // get c
    // restart 4
    run.start(config_2(4, 0xbc29_fd84_6501_3c84), 511_909);
    run.propose(1, 518_616, b"\x01\x01\x04\x01\x01c"); // client 1 #4: get c
    run.deliver(4, 519_574, (1, 29)); // RequestVoteReply, term 2, granted
    run.deliver(2, 520_698, (4, 11)); // AppendEntries, term 2, 1 entry
    run.deliver(3, 522_514, (4, 12)); // AppendEntries, term 2, 1 entry
    run.persisted(2, 526_772, 10);
    run.deliver(1, 527_018, (4, 10)); // AppendEntries, term 2, 1 entry
    run.persisted(3, 528_879, 10);
    run.deliver(4, 529_145, (3, 15)); // AppendEntriesReply, term 2
    run.persisted(1, 533_405, 11);
    run.propose(4, 533_913, b"\x01\x01\x04\x01\x01c"); // client 1 #4: get c
    run.deliver(4, 536_112, (2, 16)); // AppendEntriesReply, term 2
    run.gather(4);
    run.deliver(4, 540_313, (3, 16)); // AppendEntriesReply, term 2
    run.deliver(4, 540_313, (1, 30)); // AppendEntriesReply, term 2
    run.drain(4);
    run.gather(4);
    run.deliver(4, 544_817, (2, 17)); // AppendEntriesReply, term 2
    run.deliver(4, 544_817, (1, 31)); // AppendEntriesReply, term 2
    run.drain(4);
    run.propose(2, 659_123, b"\x01\x01\x04\x01\x01c"); // client 1 #4: get c
    run.propose(4, 684_598, b"\x01\x01\x04\x01\x01c"); // client 1 #4: get c
    run.propose(3, 806_876, b"\x01\x01\x04\x01\x01c"); // client 1 #4: get c
    run.propose(4, 830_281, b"\x01\x01\x04\x01\x01c"); // client 1 #4: get c
    run.propose(1, 957_502, b"\x01\x01\x04\x01\x01c"); // client 1 #4: get c
    run.propose(4, 977_525, b"\x01\x01\x04\x01\x01c"); // client 1 #4: get c
    run.propose(2, 1_100_109, b"\x01\x01\x04\x01\x01c"); // client 1 #4: get c
    run.propose(4, 1_123_757, b"\x01\x01\x04\x01\x01c"); // client 1 #4: get c
    run.late_timeout(4, 1_143_535, 1_143_060);
    run.role(4, RoleKind::PreCandidate, 2);
    run.deliver(2, 1_155_530, (4, 14)); // PreVote, term 2
    run.deliver(1, 1_157_298, (4, 13)); // PreVote, term 2
    run.deliver(3, 1_160_688, (4, 15)); // PreVote, term 2
    run.deliver(4, 1_166_497, (2, 18)); // PreVoteReply, term 2, granted
    run.deliver(4, 1_168_900, (3, 17)); // PreVoteReply, term 2, granted
    run.role(4, RoleKind::Candidate, 3);
    run.deliver(4, 1_172_279, (1, 32)); // PreVoteReply, term 2, granted
    run.persisted(4, 1_174_293, 1);
    run.gather(1);
    run.deliver(1, 1_184_058, (4, 16)); // RequestVote, term 3
    run.late_timeout(1, 1_184_058, 1_792_954);
    run.drain(1);
    run.deliver(3, 1_184_500, (4, 18)); // RequestVote, term 3
    run.deliver(2, 1_186_586, (4, 17)); // RequestVote, term 3
    run.persisted(2, 1_190_292, 11);
    run.persisted(3, 1_191_375, 11);
    run.persisted(1, 1_192_640, 12);
    run.deliver(4, 1_198_248, (2, 19)); // RequestVoteReply, term 3, granted
    run.deliver(4, 1_202_828, (1, 33)); // RequestVoteReply, term 3, granted
    run.role(4, RoleKind::Leader, 3);
    run.deliver(4, 1_204_537, (3, 18)); // RequestVoteReply, term 3, granted
    run.deliver(2, 1_207_875, (4, 20)); // AppendEntries, term 3, 1 entry
    run.persisted(4, 1_212_496, 2);
    run.deliver(1, 1_212_817, (4, 19)); // AppendEntries, term 3, 1 entry
    run.persisted(2, 1_216_031, 12);
    run.deliver(3, 1_218_289, (4, 21)); // AppendEntries, term 3, 1 entry
    run.persisted(1, 1_218_725, 13);
    run.gather(4);
    run.deliver(4, 1_222_704, (2, 20)); // AppendEntriesReply, term 3
    run.deliver(4, 1_222_704, (1, 34)); // AppendEntriesReply, term 3
    run.drain(4);
    run.gather(4);
    run.deliver(4, 1_225_948, (3, 19)); // AppendEntriesReply, term 3
    run.deliver(4, 1_225_948, (1, 35)); // AppendEntriesReply, term 3
    run.drain(4);
    run.deliver(4, 1_227_900, (2, 21)); // AppendEntriesReply, term 3
    run.persisted(3, 1_228_609, 12);
    run.snapshot(4, 1_231_376, 8, 31);
    run.deliver(4, 1_235_934, (3, 20)); // AppendEntriesReply, term 3
    run.persisted(4, 1_238_757, 3);
    run.propose(3, 1_245_342, b"\x01\x01\x04\x01\x01c"); // client 1 #4: get c
    run.propose(4, 1_273_737, b"\x01\x01\x04\x01\x01c"); // client 1 #4: get c
    run.persisted(4, 1_278_730, 4);
    run.deliver(2, 1_284_272, (4, 23)); // AppendEntries, term 3, 1 entry
    run.deliver(1, 1_284_473, (4, 22)); // AppendEntries, term 3, 1 entry
    run.snapshot(2, 1_285_319, 8, 31);
    run.deliver(3, 1_288_663, (4, 24)); // AppendEntries, term 3, 1 entry
    run.snapshot(3, 1_289_076, 8, 31);
    run.persisted(1, 1_290_602, 14);
    run.gather(2);
    run.persisted(2, 1_292_061, 13);
    run.persisted(2, 1_292_061, 14);
    run.drain(2);
    run.persisted(3, 1_295_306, 14);
    run.gather(4);
    run.deliver(4, 1_304_791, (2, 22)); // AppendEntriesReply, term 3
    run.deliver(4, 1_304_791, (1, 36)); // AppendEntriesReply, term 3
    run.drain(4);
    run.deliver(4, 1_311_842, (3, 21)); // AppendEntriesReply, term 3
    run.late_timeout(4, 1_323_131, 1_322_828);
    run.deliver(2, 1_332_062, (4, 26)); // AppendEntries, term 3
    run.deliver(3, 1_337_024, (4, 27)); // AppendEntries, term 3
    run.deliver(1, 1_338_451, (4, 25)); // AppendEntries, term 3

    // expect converged
    // expect safe

    // The end.
    run.is(1, RoleKind::Follower, 3, Some(4));
    run.log(1, 9, (6, 1), &[(2, 1), (3, 2)]);
    run.members(1, &[1, 2, 3, 4], &[]);
    run.did(1, Did { sent: 37, applied: 9, answered: 7 });
    run.is(2, RoleKind::Follower, 3, Some(4));
    run.log(2, 9, (8, 3), &[(3, 1)]);
    run.members(2, &[1, 2, 3, 4], &[]);
    run.did(2, Did { sent: 23, applied: 9, answered: 2 });
    run.is(3, RoleKind::Follower, 3, Some(4));
    run.log(3, 9, (8, 3), &[(3, 1)]);
    run.members(3, &[1, 2, 3, 4], &[]);
    run.did(3, Did { sent: 22, applied: 9, answered: 3 });
    run.is(4, RoleKind::Leader, 3, Some(4));
    run.log(4, 9, (8, 3), &[(3, 1)]);
    run.members(4, &[1, 2, 3, 4], &[]);
    run.did(4, Did { sent: 27, applied: 8, answered: 6 });
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

    /// The end: the role of a node, its term, and its vote in that term.
    fn is(&self, id: u64, role: RoleKind, term: u64, vote: Option<u64>) {
        self.role(id, role, term);
        assert_eq!(self.nodes[&id].voted_for(), vote.map(NodeId), "the vote of node {id}");
    }

    /// The end: the members that a node knows.
    fn members(&self, id: u64, voters: &[u64], learners: &[u64]) {
        let membership = self.nodes[&id].membership();
        let numbers = |ids: &[NodeId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
        assert_eq!(numbers(membership.voters()), voters, "the voters for node {id}");
        assert_eq!(numbers(membership.learners()), learners, "the learners for node {id}");
    }

    /// The end: the commit index of a node, the index and the term before its log, and the terms
    /// in its log, each with the number of its entries.
    fn log(&self, id: u64, commit: u64, before: (u64, u64), terms: &[(u64, usize)]) {
        let (node, log) = (&self.nodes[&id], self.nodes[&id].log());
        assert_eq!(node.commit_index().0, commit, "the commit index of node {id}");
        assert_eq!((log.base().index.0, log.base().term.0), before, "the log of node {id}");
        let entries = log.iter_from(log.first_index());
        assert_eq!(counted(entries.map(|entry| entry.term.0)), terms, "the log of node {id}");
    }

    /// The end: what a node did since the beginning.
    fn did(&self, id: u64, expected: Did) {
        let sent = self.sent.get(&id).map_or(0, Vec::len);
        let did = self.did.get(&id).copied().unwrap_or_default();
        assert_eq!(Did { sent, ..did }, expected, "node {id}");
    }

    /// The end: a node is down. The term, the vote, and the terms in the log on its disk.
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
