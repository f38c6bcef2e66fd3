//! raft-rs (the library under `TiKV`) in the same closed loop. Two choices are not the fastest for
//! it: the last two of this list.
//!
//! What was tried, and what is used; in parentheses what the other choice costs. `--variants`
//! measures all but the last again, against the one that is compared.
//!
//! - `batch_append` is on: proposals that are handed over in a row leave in one message, as ours do
//!   (35 % to 60 %, with several in flight).
//! - A disk of its own, which moves entries in; `MemStorage` copies them, and locks (10 % to 30 %).
//! - All messages that wait for a server are stepped, then one `Ready` is taken, as ours drains
//!   once; not one `Ready` for each message (up to 5 %).
//! - Followers learn of commits from the next message with entries, as ours do, not from an empty
//!   one of their own (`skip_bcast_commit`: up to 20 % with one in flight, little with many).
//! - With peers, `advance_append_async` and `on_persist_ready`: the `LightReady` of
//!   `advance_append` has nothing that the next `Ready` would not have (up to 8 %). A single
//!   server commits when its own write is reported, and there the `LightReady` has it at once.
//! - Messages and windows are larger than anything that a round sends. Pre-vote and the check of
//!   the quorum are off, as they are by default (nothing: the clock stands still). Ours has them
//!   on.
//! - Logging is compiled out. Messages are moved, never encoded.
//! - Proposals can be joined by hand into one `MsgPropose`, around `RawNode::propose`, which makes
//!   a message of each: 60 % to 80 % faster with several in flight, with rust-protobuf. It is not
//!   what is compared, because ours are handed over one by one as well; `--variants` shows it.
//! - With rust-protobuf instead of prost, payloads are shared, not copied: up to 30 % faster with
//!   short ones, two to three times with 1 KiB (`--no-default-features --features protobuf-codec`).

mod disk;

use std::mem;

use raft::eraftpb::{ConfState, Entry, Message, MessageType};
use raft::storage::MemStorage;
use raft::{Config, RawNode, StateRole};
use slog::{Discard, Logger, o};

use self::disk::{Disk, MovingDisk};
use crate::driver::{self, Applied, ClosedLoop, Commands, Length, Load, Measured};

/// How raft-rs is driven.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variant {
    /// Whether all proposals of a round go into one message.
    proposals_together: bool,
    /// Whether commits come out with [`raft::LightReady`], not only with the next `Ready`.
    light_ready: bool,
    ready_for_each_message: bool,
    mem_storage: bool,
    batch_append: bool,
    skip_bcast_commit: bool,
    pre_vote_and_check_quorum: bool,
}

impl Variant {
    /// The one that is compared with this core.
    pub(crate) const fn compared(nodes: usize) -> Self {
        Self {
            proposals_together: false,
            light_ready: nodes == 1,
            ready_for_each_message: false,
            mem_storage: false,
            batch_append: true,
            skip_bcast_commit: true,
            pre_vote_and_check_quorum: false,
        }
    }
}

/// The one that is compared, and all that differ from it in one thing.
pub(crate) const fn variants(nodes: usize) -> [(&'static str, Variant); 8] {
    let compared = Variant::compared(nodes);
    [
        ("compared", compared),
        ("joined by hand", Variant { proposals_together: true, ..compared }),
        ("other Ready", Variant { light_ready: !compared.light_ready, ..compared }),
        ("Ready per message", Variant { ready_for_each_message: true, ..compared }),
        ("MemStorage", Variant { mem_storage: true, ..compared }),
        ("no batch_append", Variant { batch_append: false, ..compared }),
        ("broadcast commits", Variant { skip_bcast_commit: false, ..compared }),
        ("pre-vote, quorum", Variant { pre_vote_and_check_quorum: true, ..compared }),
    ]
}

/// One measurement of raft-rs.
pub(crate) fn measure(load: Load, length: Length, variant: Variant) -> Measured {
    if variant.mem_storage {
        driver::measure(load, length, |nodes| Cluster::<MemStorage>::new(nodes, variant))
    } else {
        driver::measure(load, length, |nodes| Cluster::<MovingDisk>::new(nodes, variant))
    }
}

/// The servers, with the messages under way. The first one leads.
struct Cluster<D: Disk> {
    servers: Vec<Server<D>>,
    inboxes: Inboxes,
    commands: Commands,
    variant: Variant,
}

struct Server<D: Disk> {
    raw: RawNode<D>,
    applied: Applied,
    last_applied: u64,
    /// The entries before this one were forgotten.
    first_kept: u64,
}

/// After so many entries the older ones are forgotten, as ours does.
const KEPT: u64 = 10_000;
/// So many stay nevertheless, for those who are a little behind.
const MARGIN: u64 = 1000;

/// Messages under way, for each server.
#[derive(Default)]
struct Inboxes(Vec<Vec<Message>>);

impl<D: Disk> Cluster<D> {
    fn new(nodes: usize, variant: Variant) -> Self {
        let ids: Vec<u64> = (1..=nodes as u64).collect();
        let start = |id: &u64| Server::new(*id, &ids, variant);
        let mut cluster = Self {
            servers: ids.iter().map(start).collect(),
            inboxes: Inboxes(vec![Vec::new(); nodes]),
            commands: Commands::default(),
            variant,
        };
        cluster.servers[0].raw.campaign().expect("a follower may campaign");
        cluster.settle();
        assert_eq!(cluster.servers[0].raw.raft.state, StateRole::Leader, "not elected");
        cluster
    }

    /// Delivers messages until there are none, and nothing is left to do.
    fn settle(&mut self) {
        let busy = |cluster: &Self| {
            cluster.inboxes.0.iter().any(|inbox| !inbox.is_empty())
                || cluster.servers.iter().any(|server| server.raw.has_ready())
        };
        while busy(self) {
            for place in 0..self.servers.len() {
                self.turn(place);
            }
        }
    }

    /// Delivers what waits for the server at this place.
    fn turn(&mut self, place: usize) {
        let mut inbox = mem::take(&mut self.inboxes.0[place]);
        let server = &mut self.servers[place];
        for message in inbox.drain(..) {
            server.raw.step(message).expect("it comes from a member");
            if self.variant.ready_for_each_message {
                server.carry_out(&mut self.inboxes, self.variant.light_ready);
            }
        }
        // Nobody writes to himself: the place is free, and the memory is used again.
        self.inboxes.0[place] = inbox;
        server.carry_out(&mut self.inboxes, self.variant.light_ready);
    }

    fn propose(&mut self, payload: usize, count: u64) {
        let leader = &mut self.servers[0];
        let commands = &mut self.commands;
        if count > 0 && self.variant.proposals_together {
            // With rust-protobuf these are types of its own.
            #[allow(clippy::useless_conversion)]
            let entry =
                |_| Entry { data: commands.next(payload).to_vec().into(), ..Entry::default() };
            let entries: Vec<Entry> = (0..count).map(entry).collect();
            let from = leader.raw.raft.id;
            #[allow(clippy::useless_conversion)]
            let mut message = Message { from, entries: entries.into(), ..Message::default() };
            message.set_msg_type(MessageType::MsgPropose);
            leader.raw.step(message).expect("a leader takes proposals");
        } else {
            for _ in 0..count {
                let command = commands.next(payload).to_vec();
                leader.raw.propose(Vec::new(), command).expect("a leader takes proposals");
            }
        }
        leader.carry_out(&mut self.inboxes, self.variant.light_ready);
    }
}

impl<D: Disk> ClosedLoop for Cluster<D> {
    fn commit(&mut self, load: Load, commits: u64) {
        let target = self.servers[0].applied.count + commits;
        let (mut left, mut waiting) = (commits, 0);
        while self.servers[0].applied.count < target {
            let fresh = left.min(load.in_flight - waiting);
            left -= fresh;
            let before = self.servers[0].applied.count;
            self.propose(load.payload, fresh);
            for follower in 1..self.servers.len() {
                self.turn(follower);
            }
            self.turn(0);
            waiting = waiting + fresh - (self.servers[0].applied.count - before);
        }
    }

    fn finish(&mut self) -> Vec<Applied> {
        self.settle();
        // Followers learn of the last commits from a heartbeat.
        self.servers[0].raw.ping();
        self.settle();
        for server in &self.servers {
            let stored = server.raw.store().last_index().expect("it is in memory");
            assert_eq!(stored, server.raw.raft.raft_log.last_index(), "the disk is not complete");
        }
        self.servers.iter().map(|server| server.applied).collect()
    }
}

impl<D: Disk> Server<D> {
    fn new(id: u64, voters: &[u64], variant: Variant) -> Self {
        let config = Config {
            id,
            max_size_per_msg: raft::NO_LIMIT,
            max_inflight_msgs: 1024,
            batch_append: variant.batch_append,
            skip_bcast_commit: variant.skip_bcast_commit,
            pre_vote: variant.pre_vote_and_check_quorum,
            check_quorum: variant.pre_vote_and_check_quorum,
            ..Config::default()
        };
        let disk = D::new(ConfState { voters: voters.to_vec(), ..ConfState::default() });
        let raw = RawNode::new(&config, disk, &Logger::root(Discard, o!()));
        let raw = raw.expect("the settings are valid");
        Self { raw, applied: Applied::default(), last_applied: 0, first_kept: 1 }
    }

    /// Takes what the node has ready and carries it out, in the order that raft-rs prescribes.
    fn carry_out(&mut self, inboxes: &mut Inboxes, light_ready: bool) {
        if !self.raw.has_ready() {
            return;
        }
        let mut ready = self.raw.ready();
        inboxes.deliver(ready.take_messages());
        self.apply(&ready.take_committed_entries());
        let entries = ready.take_entries();
        if !entries.is_empty() {
            self.raw.mut_store().append(entries);
        }
        if let Some(hard_state) = ready.hs().cloned() {
            self.raw.mut_store().set_hard_state(hard_state);
        }
        inboxes.deliver(ready.take_persisted_messages());
        if light_ready {
            let mut light = self.raw.advance_append(ready);
            if let Some(commit) = light.commit_index() {
                self.raw.mut_store().set_commit(commit);
            }
            inboxes.deliver(light.take_messages());
            self.apply(&light.take_committed_entries());
        } else {
            let number = ready.number();
            self.raw.advance_append_async(ready);
            self.raw.on_persist_ready(number);
        }
        self.raw.advance_apply();
        if self.last_applied.saturating_sub(self.first_kept) > KEPT + MARGIN {
            self.first_kept = self.last_applied - MARGIN;
            self.raw.mut_store().forget_before(self.first_kept);
        }
    }

    fn apply(&mut self, entries: &[Entry]) {
        self.last_applied = entries.last().map_or(self.last_applied, |entry| entry.index);
        // A leader starts its term with an empty entry.
        for entry in entries.iter().filter(|entry| !entry.data.is_empty()) {
            self.applied.apply(&entry.data);
        }
    }
}

impl Inboxes {
    fn deliver(&mut self, messages: Vec<Message>) {
        for message in messages {
            self.0[message.to as usize - 1].push(message);
        }
    }
}
