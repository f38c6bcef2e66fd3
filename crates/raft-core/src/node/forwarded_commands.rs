//! The commands that followers forwarded to this leader in its term, with their results.
//!
//! The network may repeat a command. A copy gets the result of the first one and is not appended
//! again. So a refusal is true, and stays true: a refused command is not committed later by a copy.
//! A command is valid only in the term that its message names. Within a term the leader is one
//! server in one life, and this memory is as old as its leadership.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use crate::fingerprint::{Fingerprint, Prints};
use crate::{Forward, ForwardId, LogPosition, NodeId, Refusal};

/// How many results are kept for each server.
const MAX_RESULTS: usize = 1024;
/// How many servers have results in one term: more than there can be members. Members may come and
/// go in a term.
const MAX_SERVERS: usize = 32;
/// How many former members are remembered in one term.
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
    /// Former members, whose results were dropped to make room. They may come back.
    former: BTreeMap<NodeId, Dropped>,
}

/// The latest forwarded commands of one server, of all its lives.
#[derive(Clone, Hash, Debug, Default)]
struct Commands {
    /// The results, in the order of arrival.
    results: VecDeque<Known>,
    dropped: Dropped,
}

/// Of each life of a server, the largest id whose result was dropped.
#[derive(Clone, Hash, Debug, Default)]
struct Dropped(VecDeque<ForwardId>);

/// A command and its result.
#[derive(Clone, Hash, Debug)]
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
        match (self.servers.get(&from), self.former.get(&from)) {
            (Some(commands), _) => commands.look_up(request),
            (None, _) if self.servers.len() >= MAX_SERVERS => Copied::Perhaps,
            (None, Some(dropped)) => dropped.look_up(request.id),
            (None, None) => Copied::No,
        }
    }

    /// Makes room for another server, if there is none and servers left the cluster.
    pub(super) fn make_room(&mut self, is_member: impl Fn(NodeId) -> bool) {
        if self.servers.len() < MAX_SERVERS {
            return;
        }
        let left: Vec<NodeId> = self.servers.keys().copied().filter(|id| !is_member(*id)).collect();
        for server in left {
            if self.former.len() < MAX_FORMER
                && let Some(mut commands) = self.servers.remove(&server)
            {
                commands.keep_at_most(0);
                self.former.insert(server, commands.dropped);
            }
        }
    }

    /// Keeps the result of a command that is no copy.
    pub(super) fn keep(&mut self, from: NodeId, request: &Forward, result: CommandResult) {
        let (id, digest) = (request.id, digest_of(&request.command));
        let commands = self.servers.entry(from).or_insert_with(|| {
            let dropped = self.former.remove(&from).unwrap_or_default();
            Commands { results: VecDeque::new(), dropped }
        });
        commands.results.push_back(Known { id, digest, result });
        commands.keep_at_most(MAX_RESULTS);
    }
}

impl Commands {
    /// Whether this command is a copy.
    fn look_up(&self, request: &Forward) -> Copied {
        let mut newest_first = self.results.iter().rev();
        match newest_first.find(|known| known.id == request.id) {
            Some(known) if known.digest != digest_of(&request.command) => Copied::Perhaps,
            Some(known) => Copied::Yes(known.result),
            None => self.dropped.look_up(request.id),
        }
    }

    /// Drops the oldest results.
    fn keep_at_most(&mut self, results: usize) {
        while self.results.len() > results
            && let Some(oldest) = self.results.pop_front()
        {
            self.dropped.note(oldest.id);
        }
    }
}

impl Dropped {
    /// Whether a result that was dropped may be the one of this command.
    fn look_up(&self, id: ForwardId) -> Copied {
        let may_be_it = |largest: &ForwardId| life_of(*largest) == life_of(id) && *largest >= id;
        if self.0.iter().any(may_be_it) { Copied::Perhaps } else { Copied::No }
    }

    /// Lives have no order: a command of an earlier one may arrive after those of a later one.
    fn note(&mut self, id: ForwardId) {
        match self.0.iter_mut().find(|largest| life_of(**largest) == life_of(id)) {
            Some(largest) => *largest = id.max(*largest),
            None => self.0.push_back(id),
        }
        if self.0.len() > MAX_LIVES {
            self.0.pop_front();
        }
    }
}

impl Fingerprint for ForwardedCommands {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { servers, former } = self;
        let servers = servers.iter().map(|(node, commands)| (*node, commands));
        out.by_name(servers, |out, commands| out.plain(commands));
        let former = former.iter().map(|(node, dropped)| (*node, dropped));
        out.by_name(former, |out, dropped| out.plain(dropped));
    }
}
