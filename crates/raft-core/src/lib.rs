//! The Raft protocol as a sans-I/O state machine.
//!
//! [`Node`] is one server of a Raft cluster, after *In Search of an Understandable Consensus
//! Algorithm (Extended Version)* by Diego Ongaro and John Ousterhout: elections (§5.2), replication
//! (§5.3), the two restrictions that make it safe (§5.4), membership change (§6), log compaction
//! and snapshots (§7), and the answers to clients (§8). Section numbers in this crate are those of
//! that paper; "dissertation" is Ongaro's *Consensus: Bridging Theory and Practice*, the source of
//! pre-vote (§9.6), check-quorum (§6.2), leader stickiness (§4.2.3), leadership transfer (§3.10),
//! and reads that need no log entry (§6.4). The table in `src/rules.rs` (the page [`rules`]) says
//! which function is which rule of Figure 2.
//!
//! A node does nothing by itself. It has no clock, no source of randomness, no threads, no files
//! and no sockets; it is `no_std` and depends on nothing but `alloc`. A *driver* owns those, hands
//! events to the node, and carries out its outputs. The same node therefore runs on a server, in a
//! simulator and in a web page, and the same inputs give the same outputs everywhere.
//!
//! # The contract: inputs, then drain
//!
//! ```text
//!              Node::handle(now, Input)              Node::poll_output() -> Poll
//!  driver  ────────────────────────────▶   Node   ─────────────────────────────────────▶  driver
//!          Timeout, Message, Propose, Read,        Persist, Send, Apply, Restore, Reply,
//!          Persisted, SnapshotTaken,               SnapshotNeeded, Files, Trace;
//!          ChangeMembership,                       then the deadline
//!          TransferLeadership, Files, …
//! ```
//!
//! 1. Hand over an [`Input`] with [`Node::handle`], and the present time.
//! 2. **Drain**: take each [`Output`] with [`Node::poll_output`], and carry them out in that order,
//!    until it says [`Poll::Drained`]. Outputs wait in order, so a driver that has several inputs
//!    may hand them all over first; proposals and reads that follow each other then become one
//!    write, and one message to each peer.
//! 3. [`Poll::Drained`] carries the deadline, which may have moved: hand over [`Input::Timeout`]
//!    when the clock gets there. There are no ticks; between inputs a node needs nothing.
//!
//! After [`Node::new`], drain before the first input: a stored snapshot comes out as
//! [`Output::Restore`], and the entries after it that are known to be committed as
//! [`Output::Apply`].
//!
//! Time is an [`Instant`], a number of microseconds since any origin. It must not go back, and it
//! must run at the rate of real time: elections depend on it, and so do leases ("Reads" below).
//!
//! The page [`drivers`] says which clock that is, and all else that a driver could not know: who
//! belongs to the cluster, addresses, a state machine on disk or a slow one, and a quorum that is
//! lost permanently.
//!
//! # Durability is the node's job
//!
//! Raft is safe only if the promises of a server survive its crash: its term, its vote, the entries
//! it acknowledges. The usual bug is to promise first and to write later. Here a driver cannot do
//! that:
//!
//! - an input causes at most one [`Output::Persist`]. The driver stores it atomically and in order,
//!   and reports it with [`Input::Persisted`] when it is on stable storage;
//! - a message that depends on a write is **withheld inside the node** until that report. A message
//!   from [`Node::poll_output`] may be sent at once;
//! - a report covers all writes before it, so a driver may write several together. The next input
//!   need not wait for a write: a leader replicates while its own disk writes, and counts its own
//!   disk like any other, when it is done (dissertation §10.2.1);
//! - an entry is handed over by [`Output::Apply`] when it is committed *and* on this server's disk.
//!
//! If a write fails, do not report it. Stop the server: the content of its disk is unknown.
//!
//! # A complete driver
//!
//! Three servers in one process: the network is a queue, a disk is a value. They elect a leader,
//! which commits a command, and all apply it.
//!
//! ```
//! use std::collections::VecDeque;
//! use raft_core::{
//!     Bytes, Config, Input, Instant, Membership, Message, Node, NodeId, Outcome, Output, Payload,
//!     Poll, Recovered, RequestId, RoleKind,
//! };
//!
//! struct Server {
//!     node: Node,
//!     /// When its timer elapses.
//!     deadline: Instant,
//!     disk: Recovered,
//!     /// The state machine: all commands so far.
//!     state: Vec<u8>,
//!     outcomes: Vec<(RequestId, Outcome)>,
//! }
//!
//! /// From, to, and the message.
//! type Network = VecDeque<(NodeId, NodeId, Message)>;
//!
//! impl Server {
//!     /// One input, then drain. A write that is stored is the next input.
//!     fn handle(&mut self, now: Instant, input: Input, network: &mut Network) {
//!         let mut inputs = VecDeque::from([input]);
//!         while let Some(input) = inputs.pop_front() {
//!             self.node.handle(now, input);
//!             self.deadline = loop {
//!                 let output = match self.node.poll_output() {
//!                     Poll::Output(output) => output,
//!                     Poll::Drained { deadline } => break deadline,
//!                 };
//!                 match output {
//!                     Output::Persist(write) => {
//!                         let id = write.id;
//!                         // A real driver does this in one transaction, synchronously.
//!                         self.disk.store(write);
//!                         inputs.push_back(Input::Persisted(id));
//!                     }
//!                     Output::Send { to, message } => {
//!                         network.push_back((self.node.id(), to, message));
//!                     }
//!                     Output::Apply(entries) => {
//!                         for entry in &entries {
//!                             if let Payload::Command(command) = &entry.payload {
//!                                 self.state.extend_from_slice(command);
//!                             }
//!                         }
//!                     }
//!                     Output::Restore(snapshot) => {
//!                         self.state = snapshot.data.bytes().expect("no files").to_vec();
//!                     }
//!                     // Only with `Config::snapshot_files`, and after `SnapshotData::File`.
//!                     Output::Files(task) => panic!("there are no files: {task:?}"),
//!                     Output::Reply { request, outcome } => {
//!                         self.outcomes.push((request, outcome));
//!                     }
//!                     Output::SnapshotNeeded { through } => {
//!                         let data = Bytes::from(self.state.clone());
//!                         inputs.push_back(Input::SnapshotTaken { through, data: data.into() });
//!                     }
//!                     Output::Alarm(alarm) => eprintln!("node {} ALARM: {alarm}", self.node.id()),
//!                     Output::Trace(trace) => println!("node {} {trace}", self.node.id()),
//!                 }
//!             };
//!         }
//!     }
//! }
//!
//! let ids = [NodeId(1), NodeId(2), NodeId(3)];
//! let mut now = Instant(0);
//! let mut network = Network::new();
//! let mut servers: Vec<Server> = Vec::new();
//! for id in ids {
//!     let mut config = Config::new(id, Membership::new(ids));
//!     config.trace = true;
//!     // The default is an empty disk. After a crash, hand in what was found.
//!     let disk = Recovered::default();
//!     let node = Node::new(config, disk.clone(), now).expect("the settings are valid");
//!     let deadline = node.deadline();
//!     servers.push(Server { node, deadline, disk, state: Vec::new(), outcomes: Vec::new() });
//! }
//!
//! let request = RequestId(1);
//! let mut is_proposed = false;
//! while servers.iter().any(|server| server.state != b"hello") {
//!     if let Some((from, to, message)) = network.pop_front() {
//!         // A message arrives, a millisecond after the last one.
//!         now = Instant(now.0 + 1000);
//!         let server = &mut servers[to.0 as usize - 1];
//!         server.handle(now, Input::Message { from, message }, &mut network);
//!     } else {
//!         // Nothing is on its way: the clock runs until the next timer is due.
//!         let next = servers.iter_mut().min_by_key(|server| server.deadline);
//!         let server = next.expect("there are three");
//!         now = now.max(server.deadline);
//!         server.handle(now, Input::Timeout, &mut network);
//!     }
//!     let leader = servers.iter_mut().find(|server| server.node.role() == RoleKind::Leader);
//!     if let (Some(leader), false) = (leader, is_proposed) {
//!         is_proposed = true;
//!         let command = Bytes::from(b"hello");
//!         leader.handle(now, Input::Propose { request, command }, &mut network);
//!     }
//! }
//!
//! let outcomes: Vec<_> = servers.iter().flat_map(|server| &server.outcomes).collect();
//! assert!(matches!(outcomes[..], [(RequestId(1), Outcome::Committed(_))]));
//! ```
//!
//! `tests/raft/server.rs` and `tests/raft/cluster.rs` are the next larger driver: disks that are
//! slow and lose writes, messages that are lost, repeated and reordered.
//!
//! # Messages from peers
//!
//! No message makes a node panic. A message that no correct server sends is ignored with a reason.
//! If the message alone shows that (entries with gaps, an entry of a later term than its sender's),
//! the message does not even move the term. If only the receiver's state shows it (an
//! acknowledgement of entries that the leader does not have), the rule about terms comes first.
//!
//! That is protection against broken software, not against malice: Raft assumes servers that fail
//! by stopping, and a network that may lose, repeat, delay and reorder messages but does not alter
//! them. A driver that uses an open network must authenticate.
//!
//! A broken *internal* invariant is an `assert!`, kept in release builds: a server in an impossible
//! state must stop, not vote.
//!
//! # Every decision says why
//!
//! With [`Config::trace`], decisions come out as [`Output::Trace`]: a refused vote names the rule
//! that refused it, a commit names its quorum, a truncation names the conflict. [`Trace`] has words
//! for each, and its section of the paper. Without [`Config::trace`] no decision is built.
//! [`Node::status`] is the whole state for a person to look at.
//!
//! # Where this differs from the paper
//!
//! - A leader always commits a no-op at the start of its term, which §8 proposes for reads.
//!   Committing the no-op also commits the entries of earlier leaders, without waiting for a client
//!   (§5.4.2).
//! - A refusal of entries carries a position where the logs may still agree, found by term (the
//!   optimization at the end of §5.3): repairing a log takes a message for each term, not for each
//!   entry.
//! - An acknowledgement carries the index that it proves, so that late, lost and repeated ones are
//!   harmless, and requests follow each other without waiting (dissertation §10.2.2).
//! - A follower keeps entries after a gap, as if the network had delayed them. It acknowledges them
//!   when the gap is closed, so the leader repeats one message for one that was lost.
//! - Pieces of a snapshot are acknowledged with the number of bytes received, so that sending
//!   resumes after a loss.
//! - An entry may be committed by a majority that does not include the leader's own disk.
//! - Every request of a leader carries its [`HeartbeatRound`], and the answer repeats it. Reads,
//!   leases and check-quorum depend on nothing else: an answer proves that its sender followed this
//!   leader after the round began.
//! - A new voter is always caught up as a learner first; a change that moves more than one vote
//!   goes through a joint membership, which the leader leaves by itself (§6).
//! - A leader that is removed tells another voter to start an election, so that the cluster need
//!   not wait for a timer.
//!
//! # Reads
//!
//! [`Input::Read`] is answered with [`Outcome::Readable`] when the state machine shows every entry
//! that was committed when the read arrived; a follower asks the leader first. [`ReadMode::Quorum`]
//! needs no clock. [`ReadMode::Lease`] depends on one assumption about clocks: that none runs
//! faster or slower than real time by more than [`Settings::max_clock_drift_ppm`]. The lease lasts
//! [`Settings::lease_duration`] from the *sending* of heartbeats that a quorum answered; a follower
//! votes for no other server for `election_timeout_min` from when the heartbeats *arrive*, also
//! after a restart. A leader that transfers leadership has no lease for the rest of its term.
//!
//! # Memory
//!
//! The memory of a node is bounded, whatever its peers, its clients and its disk do.
//! [`Node::memory_usage`] counts it, and `tests/raft/limits.rs` floods nodes to prove it.
//!
//! - **The log since the last snapshot**, and at most [`Settings::trailing_entries`] before its
//!   end, of no more bytes than the snapshot; the bytes of a snapshot in a file count only up to
//!   [`Settings::snapshot_threshold_bytes`]. An entry counts 64 bytes and its payload. A leader
//!   refuses commands while more than [`Settings::max_uncommitted_bytes`] are uncommitted or not on
//!   its own disk. After every [`Settings::snapshot_threshold`] applied entries, or
//!   [`Settings::snapshot_threshold_bytes`] of them, a server asks for a snapshot. When the driver
//!   answers, the log before those entries is dropped. A leader keeps more of it only for peers
//!   that need a snapshot, or installed one: the entries after the snapshot that it sends, or those
//!   that such a peer still lacks, of no more than twice the bytes of the new snapshot or of
//!   `snapshot_threshold_bytes`, whichever is more. A command has at most
//!   [`Settings::max_command_bytes`]. Entries that came together share their memory, so the oldest
//!   ones may keep up to `max_uncommitted_bytes` of dropped ones alive, until they are dropped too.
//! - **For each peer, an index and a size for each message in flight**, at most
//!   [`Settings::max_in_flight`]. Plus the snapshot being sent, one copy for all peers that need
//!   the same.
//! - **Requests**, a few words for each. Unanswered proposals: at most
//!   [`Settings::max_uncommitted_bytes`] / 64. Waiting reads and forwarded requests: at most
//!   [`Settings::max_pending_requests`] each. A leader's results of forwarded commands: 32 × 1,024.
//! - **Messages that wait for the disk**: at most 2 × [`Settings::max_withheld_messages`]. Entries
//!   in them are shared with the log, and a request is forwarded only if it need not wait.
//! - **The last snapshot, and one that is arriving**, of at most [`Settings::max_snapshot_bytes`],
//!   with pieces after a gap of at most [`Settings::max_in_flight_bytes`]. Of snapshots in
//!   [files](drivers#snapshots-in-files), a few words for each piece after a gap and for each
//!   unanswered piece. When the one that is arriving is whole, it is there twice for a moment. It
//!   is discarded when its term is over, or when its entries are committed. For a snapshot being
//!   sent, a few words for each piece in flight, of 4 KiB or more unless
//!   [`Settings::snapshot_chunk_bytes`] is less.
//! - **Entries that arrived before those in front of them**, at most
//!   [`Settings::max_in_flight`] messages and [`Settings::max_in_flight_bytes`]. They are discarded
//!   when the term is over.
//! - At most 27 members with their contexts ([`Membership::MAX_CONTEXT_BYTES`] each), votes and
//!   pre-votes, and the start times of 256 rounds of heartbeats.
//!
//! The driver bounds the outputs that it has not taken and the writes that it has not finished.
//!
//! # A snapshot that fails
//!
//! [`Output::SnapshotNeeded`] comes once and waits for its answer, [`Input::SnapshotTaken`]. A
//! driver that cannot make the snapshot (the disk is full, the encoder failed) answers with
//! [`Input::SnapshotFailed`]. The log is kept, and the server serves on. The node asks again after
//! an eighth of [`Settings::snapshot_threshold`] more applied entries, then after twice as many, up
//! to the threshold: a server without traffic does not ask, since its log does not grow. A driver
//! may also hand over a snapshot at any time of its own. Watch [`MemoryUsage::log_bytes`]: until a
//! snapshot succeeds, the log grows with every entry.
//!
//! # What is deliberately absent
//!
//! - **I/O of any kind**, and with it encodings, logging, threads and async. The feature `serde`
//!   derives serialisation for what a disk or a wire carries; the format is the driver's choice.
//! - **The state machine.** Commands are bytes that the core never looks at. To apply a command
//!   once although a client repeats it (§8) is the state machine's business.
//! - **A clock and random numbers.** Election timeouts are drawn from [`Config::seed`].
//! - **Reading entries back from disk.** The log after the last snapshot is in memory; snapshots
//!   bound it.
//!
//! # Caveats
//!
//! - A client that repeats a command has it in the log twice. The state machine must recognise that
//!   (§8). A copy of a forwarded command that the network makes is appended once: for its term, a
//!   leader keeps the results of the last 1,024 commands of each of up to 32 servers.
//! - A proposal has no outcome as long as no entry is committed at its index, and none after a
//!   crash. A client needs its own timeout, and a way to repeat a command safely.
//! - Without [files](drivers#snapshots-in-files), a snapshot is one value in memory, at the leader
//!   and at the follower, and so are the pieces that have arrived. A follower that crashes in the
//!   middle starts from the first piece, with files too.
//! - Followers learn of a commit from the next message, at the latest with the next heartbeat.
//! - The same seed after a restart draws the same timeouts again, and the same ids for forwarded
//!   requests if the clock also starts at the same time. The leader may take the commands of the
//!   new life for those of the old one, and not append them ([`Outcome::Unknown`]). Give each
//!   server its own seed, ideally a new one at each start.
//! - A server whose disk was lost must not come back under its id: it may have voted, and its
//!   acknowledgements were counted. A restart that shows signs of this is refused
//!   ([`RestartError`]), but an empty disk looks like a first start.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod alarm;
#[cfg(feature = "bugs")]
mod bugs;
mod config;
pub mod drivers;
mod entry;
mod files;
mod fingerprint;
mod io;
mod log;
mod membership;
mod message;
mod node;
mod rng;
pub mod rules;
mod status;
mod trace;
mod types;
mod unheard;
mod words;

pub use alarm::Alarm;
#[cfg(feature = "bugs")]
pub use bugs::{Bug, Bugs};
pub use config::{Config, ConfigError, Settings};
pub use entry::{Entries, Entry, HardState, Payload, Snapshot};
pub use files::{FilePiece, FileReport, FileTask, IncomingId, SnapshotData, SnapshotFile};
pub use fingerprint::Lens;
pub use io::{Input, Outcome, Output, Persist, Poll, ReadMode, Refusal, SnapshotWrite};
pub use log::Log;
pub use membership::{ChangeError, Membership, MembershipChange, Tally, VoterSet};
pub use message::{
    AppendEntries, AppendEntriesReply, Body, Forward, ForwardReply, InstallSnapshot,
    InstallSnapshotReply, Message, PreVote, ReadIndex, ReadIndexReply, RequestVote,
    RequestVoteReply,
};
pub use node::{Node, Recovered, RestartError};
pub use status::{MemoryUsage, PeerStatus, ProgressKind, RoleKind, Status};
pub use trace::{
    AppendRefusal, ClientTrace, CommitTrace, DiskTrace, ElectionReason, ElectionRefusal,
    ElectionTrace, ForgetRefusal, IgnoreReason, IgnoredMessage, LifecycleTrace, MembershipTrace,
    PreVoteTrace, ReadTrace, ReplicationTrace, SnapshotRefusal, SnapshotTrace, StepDownReason,
    TermTrace, Trace, TransferTrace, VoteRefusal,
};
pub use types::{
    Bytes, ForwardId, HeartbeatRound, Instant, LogIndex, LogPosition, NodeId, PersistId,
    PieceNumber, RequestId, Term,
};
pub use unheard::Unheard;
pub use words::{Bare, List, Plain, Say, Speaker, Thing};
