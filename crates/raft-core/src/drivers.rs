//! What a driver needs and could not know: clocks, the members, addresses, a state machine on disk,
//! a slow state machine, snapshots in files, snapshots that fail, and a quorum that is lost
//! permanently.
//!
//! This module has no code. The crate `raft-server` has what every driver does alike: it applies
//! the entries, and answers each request.
//!
//! # Clocks
//!
//! Each input comes with the time of *one* clock of the machine, in µs since any origin. The clock
//! must
//!
//! - **never go back**: a monotonic clock, not the time of day, which people and NTP set;
//! - **run at the rate of real time**, within [`Settings::max_clock_drift_ppm`], if
//!   [`Settings::lease_reads`] is on;
//! - **count while the machine sleeps**, if leases are on. A leader that sleeps for a minute is
//!   deposed meanwhile. If its clock did not count that minute, it believes that its lease still
//!   lasts, and answers a read from the past. On Linux the clock is `CLOCK_BOOTTIME`.
//!   `CLOCK_MONOTONIC`, which is also Rust's `std::time::Instant` there, stops in a suspended
//!   machine. A virtual machine that is paused may stop every clock of its guest: turn leases off
//!   where that can happen. [`ReadMode::Quorum`] needs no clock.
//!
//! Read the clock just before [`Node::handle`], on the thread that calls it. Two threads that read
//! the clock and then wait for a lock may call in the other order.
//!
//! A process that was stopped for a while hands in the messages that wait before
//! [`Input::Timeout`]: a leader that looks at its timer first has heard nobody for too long, and
//! steps down. But only those that waited when the deadline passed: only this input drives the
//! timer, so under a load that never ends a driver that waits for an empty queue sends no heartbeat
//! and repeats no lost message.
//!
//! If a time does go back, the node takes it that no time has passed, and goes on from there
//! ([`LifecycleTrace::ClockWentBack`]). How much time really passed is unknown, so leases are as
//! after a restart: a leader loses its lease until the next round of heartbeats, and another
//! server refuses its vote, to itself too, for the shortest election timeout. That is safe, unless
//! a clock that was ahead has let the server vote already; nothing can mend that. A clock that goes
//! back all the time costs all leases, and elections. Between two inputs, at most a year passes: a
//! later time is taken for a wrong one.
//!
//! # Who belongs to the cluster
//!
//! [`Config::membership`] is the list of the first start, the same on each of the first servers. It
//! is stored with the first write ([`Persist::bootstrap`]), and from then on the disk decides: the
//! list, then the memberships in the log and in snapshots. At later starts the configuration must
//! have the same list, or none; another list is [`RestartError::OtherBootstrap`]. The orders
//! [`Input::ChangeMembership`] add and remove servers. A server that is to join starts with
//! [`Membership::empty`], and keeps that.
//!
//! # Addresses
//!
//! Each member may have a *context*: up to [`Membership::MAX_CONTEXT_BYTES`] bytes that the node
//! stores, sends and never looks at. Its address is what it is for. A context is in force with the
//! membership that holds it, from the moment that its entry is in the log, and it is in snapshots.
//!
//! - **The first servers** get theirs with [`Membership::with_context`] in [`Config::membership`].
//! - **A new server** gets its own with the change that adds it: [`Input::ChangeMembership`] has
//!   `contexts`.
//! - **A member that moves** gets another one with a change to the present voters
//!   ([`MembershipChange::SetVoters`]) and its new context.
//! - **To send a message**, a transport looks up [`Membership::context`] in [`Node::membership`].
//!   The node sends to members only, and answers servers that asked it. A server that joins does
//!   not know its leader's context before the leader's first entries arrive, and a server that was
//!   removed is in no membership any more: answer over the connection on which the request came,
//!   and keep the last known address of a server.
//!
//! An id is for one disk: a server whose disk was lost comes back under a new id, with the same
//! context if it has the same address.
//!
//! # A state machine on disk
//!
//! A state machine in memory starts empty: the node restores the last snapshot
//! ([`Output::Restore`]) and applies the entries after it that it knows to be committed
//! ([`Recovered::commit_index`]) again. A state machine that has its own durable store would apply
//! entries twice. It needs four things:
//!
//! 1. **Its applied index, stored atomically with the effects** of the entry at that index. One
//!    transaction for each entry, or for each [`Output::Apply`].
//! 2. **[`Recovered::applied`]** at each start, set to that index. Entries up to there are not
//!    handed over again. A snapshot that ends there or earlier is not restored.
//! 3. **A restore that is atomic too**: [`Output::Restore`] replaces the state and the applied
//!    index together. If the power fails before, the old state is there, and the snapshot is
//!    restored at the next start.
//! 4. **No more than the log has.** The node hands over entries that are on its disk, so the store
//!    may lag behind the log by any amount, but is never ahead of it, as long as both survive or
//!    both are lost. A store ahead of the log is [`RestartError::AppliedBeyondLog`]: it was copied
//!    from another server, or the log was lost. Do not start from it.
//!
//! The store need not flush each entry: after a crash, the entries that it lost are applied again.
//! The snapshot that [`Input::SnapshotTaken`] hands in is still needed, for the servers that lag.
//!
//! The commit index is stored with the writes of the log, never with one of its own (except when a
//! server learns that it is no voter any more). After a restart, a read of the local state machine
//! may therefore miss the entries that were committed after the last write: as a rule the last ones
//! before an idle time. A read that must not go back is a [`ReadMode::Quorum`] read.
//!
//! # A slow state machine
//!
//! [`Output::Apply`] is handed over when entries are committed, however slow the state machine is,
//! and [`Node::last_applied`] counts what was *handed over*. A driver that applies on another
//! thread has a queue, which it must bound:
//!
//! - *As leader*: while the queue is long, refuse clients' commands instead of proposing them, and
//!   drop each [`Body::Forward`] that arrives, as a network might.
//! - *As follower*: report [`Input::Persisted`] later. The acknowledgements wait for it, and the
//!   leader stops at [`Settings::max_in_flight`]. The cluster is as fast as a quorum of it.
//! - Carry out [`Output::Reply`] and [`Output::Restore`] in their place in the queue. The reply to
//!   a read means that everything *before* it is applied.
//! - [`Output::SnapshotNeeded`] names the last entry that was handed over. Answer it when the state
//!   machine is there, with exactly that state.
//!
//! # A slow disk
//!
//! A candidate asks for votes when its own vote is on its disk, and a server votes when that vote
//! is on its disk. So an election takes two writes, one after the other, and two messages. These
//! writes may take longer than [`Settings::election_timeout_max`]. A server starts no election
//! while its own vote, or its vote for another server, is not on its disk. If the write takes
//! longer than [`Settings::election_timeout_min`], the timer starts anew when the write is done. A
//! candidate then waits for its timeout, and once to three times as long as the write took. With
//! [`Settings::pre_vote`] it counts votes of its term that arrive still later.
//!
//! With disks that take 400 ms for each write and the default timeouts, a cluster elects a leader
//! in one or two seconds, mostly in the first term. Without `pre_vote`, a candidate whose disk is
//! fast asks in the next term before slow voters have answered. [`Settings::election_timeout_min`]
//! must then be longer than a write of the voters.
//!
//! # A disk that hangs
//!
//! A follower's disk that hangs delays only its own clients while the other disks are a quorum. A
//! read that waits there for twice as long as a leader waits for its disk is refused
//! ([`Refusal::NotApplied`]); a command that was forwarded has no outcome until the disk goes on.
//!
//! A leader may commit entries that are not on its own disk, but it applies none of them, so its
//! clients get no answer. If its disk finishes no write for four times
//! [`Settings::election_timeout_max`] (one second more for each 16 MiB of a snapshot or of entries
//! in the writes under way), and a quorum of the other voters answers and holds more of the log,
//! the leader transfers leadership by itself ([`TransferTrace::DiskHangs`]). When it no longer
//! leads, it answers each waiting proposal with [`Outcome::Unknown`] and each waiting read with
//! [`Outcome::NotLeader`]. If the other voters are no such quorum, the leader stays. The rule needs
//! [`Input::Persisted`] only for writes that are durable, and nothing else from a driver.
//!
//! # Snapshots in files
//!
//! [`Persist`] requests are written in order, so a vote waits for every write before it. A snapshot
//! of a gigabyte in such a request holds up votes and acknowledgements for as long as the disk
//! takes, and the whole snapshot is in memory. A driver with large states keeps their data in files
//! of its own, beside the ordered writes. The record of the snapshot, which holds the position, the
//! membership and a [`SnapshotFile`], stays in the order and is small.
//!
//! - **Its own snapshots**: the driver writes the state to a new file, flushes it and its
//!   directory, and answers [`Output::SnapshotNeeded`] with [`SnapshotData::File`]. The record
//!   follows as [`Persist::snapshot`].
//! - **Snapshots that arrive** go to the driver piece by piece if [`Config::snapshot_files`] is on:
//!   [`FileTask::StorePiece`], then [`FileTask::StoreSnapshot`] when all pieces were handed over.
//!   The node installs the snapshot, and asks for its record, when [`FileReport::SnapshotStored`]
//!   says that the file is on stable storage. It tells the leader when the record is, too.
//! - **Back-pressure**: the answer to a piece waits for [`FileReport::PieceStored`]. So the pieces
//!   that the driver has not written are at most what the leader has under way, which its window
//!   bounds ([`Settings::max_in_flight_bytes`]). To the leader, a slow disk looks like a slow link.
//!   Report a piece when a `write` took it, before any flush.
//! - **Sending**: [`FileTask::SendPiece`] has the message and the part of the file that belongs in
//!   it. The driver reads, completes the message ([`FilePiece::with_data`]) and sends it, on any
//!   thread. A piece of which not all bytes can be read, or for which there is no room, is dropped:
//!   the node takes it for a message that the network lost. It raises no alarm if that happens
//!   again and again, so the driver should: the follower waits for the leader's next snapshot.
//! - **The life of a file**: the node says when nothing needs it any more ([`FileTask::DropFile`]):
//!   the record of the next snapshot is on disk, no piece of it will be sent, and no
//!   [`Output::Restore`] before it names it. A file that arrives is dropped with
//!   [`FileTask::DropIncoming`], which also answers a [`FileTask::StoreSnapshot`] under way.
//! - **At a start**, remove all files but the one that [`Recovered::snapshot`] names: a crash came
//!   between a file and its record, or before a file was removed. Before that, check the file that
//!   it names: if it is missing, too short or has another checksum, the disk is damaged. Do not
//!   start; the server must be wiped and added as a new one. (`raft-storage` does both.)
//!
//! No output waits for a [`FileTask`], so it may be carried out on another thread, in the order of
//! the tasks. An [`Output::Restore`] that waits in the driver's own queue may name a file for which
//! [`FileTask::DropFile`] has come: remove the file after that. No checksum travels with a
//! snapshot: put one into the encoding of the state, or a leader's damaged file spreads. Servers
//! with files and servers without may be in one cluster.
//!
//! # Alarms
//!
//! [`Alarm::BrokenServer`] means that another server did what no correct one does: two leaders in
//! one term, entries that contradict committed ones, or a server without an entry that it
//! acknowledged.
//! The causes are disks that lose what they reported durable, a disk that was restored from a
//! backup or copied, and two servers with one id. The node goes on and ignores the message, since
//! its own state is sound, but acknowledged commands may be lost already. Tell an operator: stop
//! the server that the alarm names, look at its disk and its id, and add it again as a new server.
//! Not every such accident raises an alarm. A server that lost acknowledged entries is repaired by
//! the leader of a later term only: transfer the leadership, or restart the leader.
//!
//! [`Alarm::StateTooLarge`] and [`Alarm::LeaderStateTooLarge`] mean that
//! [`Settings::max_snapshot_bytes`] is too small for the state. In the first case the log grows
//! until the disk is full, usually on all servers; in the second, this server cannot catch up. Stop
//! the servers one after another, and start each with a higher limit. A snapshot in memory never
//! has 4 GiB: if the alarm names that limit, start them with [`Config::snapshot_files`].
//!
//! # Snapshots under load
//!
//! A transfer of a snapshot takes its time. If the log is compacted again meanwhile, the leader
//! keeps the entries after the end of the snapshot that it sends, for as long as the follower
//! answers and receives or stores it. When the follower has installed it, the leader keeps the
//! entries that the follower still lacks, for as long as the follower answers. All these entries
//! never have more than twice the bytes of the newer snapshot, or of
//! [`Settings::snapshot_threshold_bytes`], whichever is more; for a snapshot in a file, only the
//! setting counts. If more than that is committed while the largest snapshot is sent and stored,
//! the follower needs the next snapshot, and so on: raise that setting.
//!
//! A leader that is elected during the transfer knows nothing of it. Set
//! [`Settings::trailing_entries`] to more entries than are committed while the largest snapshot is
//! sent and stored: then a new leader has the entries too, within the bytes that this setting
//! allows.
//!
//! All servers apply the same entries, so all are asked for a snapshot at the same entry. If making
//! one costs much, a driver may answer [`Output::SnapshotNeeded`] later than others do, for example
//! after a time that depends on its id, or hand over a snapshot by itself before it is asked.
//!
//! # Snapshots that fail
//!
//! See "A snapshot that fails" in the [crate's documentation](crate#a-snapshot-that-fails).
//!
//! # A quorum that is lost permanently
//!
//! If a majority of the disks is destroyed, no rule of Raft can bring the cluster back: nobody can
//! know what the lost servers had acknowledged. A person can decide to go on with what is left.
//!
//! **What it costs.** Entries that only the lost servers held are gone, though clients were told
//! that they are committed. Entries that the survivor holds become committed, though perhaps
//! clients were told nothing, or gave up. If one of the lost servers comes back with its disk,
//! there are two clusters.
//!
//! **How.**
//!
//! 1. Stop *every* server, and make sure that the lost ones cannot come back: destroy their disks.
//! 2. Choose the survivor with the most up-to-date log
//!    ([`LogPosition::is_at_least_as_up_to_date_as`]). Copy all disks before you go on.
//! 3. Write an entry at the end of its log that makes it the only voter, in a new term.
//! 4. Start it, with the old list in its configuration or none. It elects itself, and commits its
//!    log.
//! 5. Wipe the other survivors and add them as new servers, with new ids.
//!
//! Step 3, on what was read back from the disk:
//!
//! ```
//! use raft_core::{
//!     Entry, HardState, LogPosition, Membership, NodeId, Payload, Recovered, Snapshot,
//! };
//! # use raft_core::{Config, Input, Instant, Node, Output, RoleKind, Term};
//!
//! /// The disk of a server that is to go on alone. Store it in place of the old one.
//! fn alone(id: NodeId, mut disk: Recovered) -> Recovered {
//!     let base = disk.snapshot.as_ref().map_or(LogPosition::ORIGIN, Snapshot::position);
//!     let last = disk.entries.last().map_or(base, Entry::position);
//!     let term = disk.hard_state.current_term.next();
//!     disk.hard_state = HardState { current_term: term, voted_for: None };
//!     let payload = Payload::Membership(Membership::new([id]));
//!     disk.entries.push(Entry { index: last.index.next(), term, payload });
//!     disk
//! }
//!
//! # let id = NodeId(2);
//! # let survivor = Recovered {
//! #     bootstrap: Some(Membership::new([1, 2, 3].map(NodeId))),
//! #     hard_state: HardState { current_term: Term(4), voted_for: Some(NodeId(1)) },
//! #     ..Recovered::default()
//! # };
//! # let config = Config::new(id, Membership::empty());
//! let mut node = Node::new(config, alone(id, survivor), Instant(0)).expect("the disk is sound");
//! # node.handle(node.deadline(), Input::Timeout);
//! # while let Some(output) = node.poll_output().output() {
//! #     if let Output::Persist(write) = output {
//! #         node.handle(node.deadline(), Input::Persisted(write.id));
//! #     }
//! # }
//! # assert_eq!((node.role(), node.commit_index().0), (RoleKind::Leader, 2));
//! ```

#[allow(unused_imports, reason = "links of the documentation")]
use crate::*;
