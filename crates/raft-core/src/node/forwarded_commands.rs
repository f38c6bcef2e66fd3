//! The commands that followers forwarded to this leader in its term, with their results.
//!
//! The network may repeat a command. A copy gets the result of the first one and is not appended
//! again. So a refusal is true, and stays true: a refused command is not committed later by a copy.
//! A command is valid only in the term that its message names. Within a term the leader is one
//! server in one life, and this memory is as old as its leadership.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

use crate::{Forward, ForwardId, LogPosition, NodeId, Refusal};

/// How many results are kept for each server.
const MAX_RESULTS: usize = 1024;
/// How many servers have results in one term: more than there can be members. Members may come and
/// go in a term.
const MAX_SERVERS: usize = 32;
/// How many former members are remembered by name in one term.
const MAX_FORMER: usize = 1024;
/// Of how many lives of a server it is known, in one term, that results were dropped.
const MAX_LIVES: usize = 16;

/// The result of a forwarded command.
pub(super) type CommandResult = Result<LogPosition, Refusal>;

/// Whether a forwarded command is a copy.
#[derive(Clone, Copy, Debug)]
pub(super) enum Copied {
    /// It did not arrive before.
    No,
    /// The first copy had this result.
    Yes(CommandResult),
    /// It may be one: its result is not kept any more.
    Perhaps,
}

/// The latest forwarded commands of each server.
#[derive(Clone, Debug, Default)]
pub(super) struct ForwardedCommands {
    servers: BTreeMap<NodeId, Commands>,
    /// Former members, whose results were dropped to make room.
    former: BTreeSet<NodeId>,
}

/// The latest forwarded commands of one server, of all its lives.
#[derive(Clone, Debug, Default)]
struct Commands {
    /// The results, in the order of arrival.
    results: VecDeque<Known>,
    /// Of each life, the largest id whose result was dropped.
    dropped: VecDeque<ForwardId>,
}

/// A command and its result.
#[derive(Clone, Debug)]
struct Known {
    id: ForwardId,
    digest: u64,
    result: CommandResult,
}

/// FNV-1a. Two lives of a server that start with the same seed at the same time use the same ids.
/// Another command with a known id must not get that command's result.
fn digest_of(command: &[u8]) -> u64 {
    let step = |digest: u64, byte: &u8| (digest ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    command.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// The life of the server that gave this id: ids of one life begin with the same bits.
fn life_of(id: ForwardId) -> u32 {
    (id.0 >> 32) as u32
}

impl ForwardedCommands {
    /// How many results and former members are kept.
    pub(super) fn len(&self) -> usize {
        let results = self.servers.values().map(|commands| commands.results.len());
        self.former.len() + results.sum::<usize>()
    }

    /// Whether this command of a server is a copy.
    pub(super) fn look_up(&self, from: NodeId, request: &Forward) -> Copied {
        let id = request.id;
        let Some(commands) = self.servers.get(&from) else {
            let is_new = !self.former.contains(&from) && self.servers.len() < MAX_SERVERS;
            return if is_new { Copied::No } else { Copied::Perhaps };
        };
        let mut newest_first = commands.results.iter().rev();
        match newest_first.find(|known| known.id == id) {
            Some(known) if known.digest != digest_of(&request.command) => Copied::Perhaps,
            Some(known) => Copied::Yes(known.result),
            None if commands.may_be_dropped(id) => Copied::Perhaps,
            None => Copied::No,
        }
    }

    /// Makes room for another server, if there is none and servers left the cluster.
    pub(super) fn make_room(&mut self, is_member: impl Fn(NodeId) -> bool) {
        if self.servers.len() < MAX_SERVERS {
            return;
        }
        let left: Vec<NodeId> = self.servers.keys().copied().filter(|id| !is_member(*id)).collect();
        for server in left {
            if self.former.len() < MAX_FORMER {
                self.servers.remove(&server);
                self.former.insert(server);
            }
        }
    }

    /// Keeps the result of a command that is no copy.
    pub(super) fn keep(&mut self, from: NodeId, request: &Forward, result: CommandResult) {
        let (id, digest) = (request.id, digest_of(&request.command));
        let commands = self.servers.entry(from).or_default();
        commands.results.push_back(Known { id, digest, result });
        if commands.results.len() > MAX_RESULTS
            && let Some(oldest) = commands.results.pop_front()
        {
            commands.note_dropped(oldest.id);
        }
    }
}

impl Commands {
    /// Whether a result that was dropped may be the one of this command.
    fn may_be_dropped(&self, id: ForwardId) -> bool {
        self.dropped.iter().any(|largest| life_of(*largest) == life_of(id) && *largest >= id)
    }

    /// Lives have no order: a command of an earlier one may arrive after those of a later one.
    fn note_dropped(&mut self, id: ForwardId) {
        match self.dropped.iter_mut().find(|largest| life_of(**largest) == life_of(id)) {
            Some(largest) => *largest = id.max(*largest),
            None => self.dropped.push_back(id),
        }
        if self.dropped.len() > MAX_LIVES {
            self.dropped.pop_front();
        }
    }
}
