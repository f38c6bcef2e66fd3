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
/// How many earlier lives of a server are known in one term.
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

/// The latest forwarded commands of one server.
#[derive(Clone, Debug)]
struct Commands {
    /// The life of the server that forwards now.
    life: u32,
    /// Its earlier lives in this term, oldest first: their commands are late.
    earlier: VecDeque<u32>,
    /// The results, in the order of arrival.
    results: VecDeque<Known>,
    /// The largest id of the present life whose result was dropped.
    dropped: Option<ForwardId>,
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
        if commands.earlier.contains(&life_of(id)) {
            return Copied::Perhaps;
        }
        let mut newest_first = commands.results.iter().rev();
        match newest_first.find(|known| known.id == id) {
            Some(known) if known.digest != digest_of(&request.command) => Copied::Perhaps,
            Some(known) => Copied::Yes(known.result),
            None if commands.life == life_of(id) && commands.dropped >= Some(id) => Copied::Perhaps,
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
        let life = life_of(id);
        let commands = self.servers.entry(from).or_insert_with(|| Commands::new(life));
        if commands.life != life {
            let mut earlier = core::mem::take(&mut commands.earlier);
            earlier.push_back(commands.life);
            if earlier.len() > MAX_LIVES {
                earlier.pop_front();
            }
            *commands = Commands { earlier, ..Commands::new(life) };
        }
        commands.results.push_back(Known { id, digest, result });
        if commands.results.len() > MAX_RESULTS
            && let Some(oldest) = commands.results.pop_front()
        {
            commands.dropped = commands.dropped.max(Some(oldest.id));
        }
    }
}

impl Commands {
    fn new(life: u32) -> Self {
        let (earlier, results) = (VecDeque::new(), VecDeque::new());
        Self { life, earlier, results, dropped: None }
    }
}
