//! Exactly Once (§8, dissertation §6.3): a command that its client repeats takes effect once.

use raft_core::{LogIndex, NodeId};
use raft_sim::{words};

use super::{Checker, CommandCommitted, Context};
use crate::property::{Property, Verdict};
use crate::shadows::commands::Repetition;

pub(crate) static PROPERTY: Property = Property {
    name: "Exactly Once",
    section: "§8, dissertation §6.3",
    meaning: "An entry with a command that is committed already, because its client asked again, \
              or with one that is older than a committed command of its client, changes nothing.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct ExactlyOnce;

impl Checker for ExactlyOnce {
    fn command_committed(&mut self, committed: CommandCommitted<'_>, cx: &mut Context<'_>) {
        let (index, ledger) = (committed.index, &cx.shadows.ledger);
        let digests = [index.previous(), index].map(|index| ledger.contents_digest(index));
        if let ([Some(before), Some(after)], Some(repetition)) = (digests, committed.repetition) {
            cx.note(&PROPERTY, repetition_committed(repetition, before, after));
        }
    }

    fn contents_reached(&mut self, reached: ContentsReached, cx: &mut Context<'_>) {
        if reached.digest != reached.expected {
            let repetition = cx.shadows.commands.repetition_in(reached.from, reached.to);
            cx.note(&PROPERTY, contents_reached(reached, repetition));
        }
    }
}

/// An entry with a repeated command is committed. `before` and `after` are the digests of the keys
/// and values that the committed entries make without it and with it.
fn repetition_committed(repetition: Repetition, before: u64, after: u64) -> Verdict {
    if before == after {
        return Ok(());
    }
    Err(words! { repetition, ", changes the keys and values that the committed entries make" })
}

/// The keys and values of a node after it applied entries. Before, they were what the committed
/// entries make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContentsReached {
    pub(crate) node: NodeId,
    /// The last entry before those that it applied.
    pub(crate) from: LogIndex,
    /// The last entry that it applied.
    pub(crate) to: LogIndex,
    pub(crate) digest: u64,
    /// The digest of what the committed entries make.
    pub(crate) expected: u64,
}

/// Only a repeated command among the entries breaks this property. Anything else breaks another
/// one.
fn contents_reached(seen: ContentsReached, repetition: Option<Repetition>) -> Verdict {
    let ContentsReached { node, to, digest, expected, .. } = seen;
    match repetition {
        Some(repetition) if digest != expected => Err(words! {
            repetition, ", took effect on ", node, ": its keys and values after ", to,
            " are not what the committed entries make"
        }),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use raft_kv::{ClientId, Sequence};

    use super::super::testing::{N2, objects};
    use super::*;
    use crate::shadows::commands::CommittedCommands;

    #[test]
    fn a_command_that_takes_effect_again() {
        let mut commands = CommittedCommands::default();
        let mut commit = |client, sequence, index, after| {
            let (client, sequence) = (ClientId(client), Sequence(sequence));
            let repetition = commands.record(client, sequence, LogIndex(index));
            repetition.map(|repetition| repetition_committed(repetition, 7, after))
        };
        assert_eq!(commit(1, 1, 4, 8), None);
        assert_eq!(commit(1, 1, 5, 7), Some(Ok(())), "again, and it changes nothing");
        let words = ["entry 6", "command 1 of client 1", "again after entry 4"];
        objects(commit(1, 1, 6, 8).unwrap(), &words);
        assert_eq!(commit(1, 3, 7, 8), None, "a new one");
        assert_eq!(commit(1, 2, 8, 7), Some(Ok(())), "one that the client has given up");
        let words = ["entry 9", "command 2", "although entry 7 holds its command 3"];
        objects(commit(1, 2, 9, 8).unwrap(), &words);
        assert_eq!(commit(1, 3, 10, 7), Some(Ok(())));

        let reach = |from, to, expected| {
            let (from, to) = (LogIndex(from), LogIndex(to));
            let seen = ContentsReached { node: N2, from, to, digest: 8, expected };
            contents_reached(seen, commands.repetition_in(from, to))
        };
        assert_eq!(reach(3, 10, 8), Ok(()), "what the committed entries make");
        let words = ["entry 5", "of client 1 again after entry 4", "on node 2", "entry 5 are"];
        objects(reach(4, 5, 7), &words);
        objects(reach(9, 12, 7), &["entry 10", "again after entry 7", "after entry 12"]);
        assert_eq!(reach(6, 7, 7), Ok(()), "no command is repeated there, so it is something else");
        assert_eq!(reach(10, 12, 7), Ok(()));
    }
}
