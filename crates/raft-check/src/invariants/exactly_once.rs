//! Exactly Once (§8, dissertation §6.3): a command that its client repeats takes effect once.
//!
//! The record here is the checks' own: it does not rest on the sessions of the state machine.

use imbl::OrdMap;
use raft_core::{LogIndex, NodeId};
use raft_kv::{ClientId, Sequence};

use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Exactly Once",
    section: "§8, dissertation §6.3",
    meaning: "A command that is committed again, as its client asked again, changes nothing, and \
              neither does one that comes after a later one of its client.",
};

/// A client's command is committed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommandCommitted {
    pub(crate) client: ClientId,
    pub(crate) sequence: Sequence,
    /// The entry with it.
    pub(crate) index: LogIndex,
    /// The digest of the keys and values that the entries before it make.
    pub(crate) before: u64,
    /// The same with it.
    pub(crate) after: u64,
}

/// The keys and values of a node whose keys and values were right, after it applied entries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContentsReached {
    pub(crate) node: NodeId,
    /// The last entry before those that it applied.
    pub(crate) from: LogIndex,
    /// The last one that it applied.
    pub(crate) to: LogIndex,
    pub(crate) digest: u64,
    /// The digest of what the committed entries make.
    pub(crate) expected: u64,
}

/// Which commands are committed.
#[derive(Clone, Default, Debug)]
pub(crate) struct ExactlyOnce {
    /// Each client's newest command. Clients count upwards, one command after the other.
    newest: OrdMap<ClientId, Newest>,
    /// The entries that must change nothing.
    repeated: OrdMap<LogIndex, Repeated>,
}

/// A client's newest command.
#[derive(Clone, Copy, Debug)]
struct Newest {
    sequence: Sequence,
    /// The first entry with it.
    index: LogIndex,
}

/// A command that comes again, or late.
#[derive(Clone, Copy, Debug)]
struct Repeated {
    client: ClientId,
    sequence: Sequence,
    index: LogIndex,
    /// What was its client's newest command then.
    newest: Newest,
}

impl ExactlyOnce {
    pub(crate) fn command_committed(&mut self, seen: CommandCommitted) -> Verdict {
        let CommandCommitted { client, sequence, index, before, after } = seen;
        let newest = match self.newest.get(&client) {
            Some(newest) if newest.sequence >= sequence => *newest,
            _ => {
                self.newest.insert(client, Newest { sequence, index });
                return Ok(());
            }
        };
        let repeated = Repeated { client, sequence, index, newest };
        self.repeated.insert(index, repeated);
        if before == after {
            return Ok(());
        }
        Err(format!("{repeated}, changes what the committed entries make"))
    }

    /// The first entry with a command, if that is its client's newest.
    pub(crate) fn first_entry(&self, client: ClientId, sequence: Sequence) -> Option<LogIndex> {
        let newest = self.newest.get(&client)?;
        (newest.sequence == sequence).then_some(newest.index)
    }

    pub(crate) fn contents_reached(&self, seen: ContentsReached) -> Verdict {
        let ContentsReached { node, from, to, digest, expected } = seen;
        if digest == expected {
            return Ok(());
        }
        match self.repeated.range(from.next()..=to).next() {
            Some((_, repeated)) => Err(format!(
                "{repeated}, took effect on node {node}: its keys and values after entry {to} are not \
                 what the committed entries make"
            )),
            None => Ok(()),
        }
    }
}

impl std::fmt::Display for Repeated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { client, sequence, index, newest } = self;
        write!(f, "entry {index}, which holds command {sequence} of client {client}")?;
        if newest.sequence == *sequence {
            write!(f, " again after entry {}", newest.index)
        } else {
            write!(f, " although entry {} holds its command {}", newest.index, newest.sequence)
        }
    }
}
