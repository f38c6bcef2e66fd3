//! The commands of clients that are committed. This record does not rest on the sessions of the
//! state machine.

use imbl::OrdMap;
use raft_core::{LogIndex, Plain, Say, Speaker, print_as_said, say};
use raft_kv::{ClientId, Sequence};
use raft_sim::Mention;

/// The committed commands of each client. A client numbers its commands upwards and has one open at
/// a time.
#[derive(Clone, Default, Debug)]
pub(crate) struct CommittedCommands {
    newest: OrdMap<ClientId, Newest>,
    /// The entries that must change nothing.
    repeated: OrdMap<LogIndex, Repetition>,
}

/// The newest command of a client.
#[derive(Clone, Copy, Debug)]
struct Newest {
    sequence: Sequence,
    /// The first entry with it.
    index: LogIndex,
}

/// An entry with a command that is committed already, or older than one that is. `Display` names
/// the entry and says why.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repetition {
    client: ClientId,
    sequence: Sequence,
    index: LogIndex,
    /// The newest command of the client before this entry.
    newest: Newest,
}

impl CommittedCommands {
    /// An entry with a command is committed.
    pub(crate) fn record(
        &mut self,
        client: ClientId,
        sequence: Sequence,
        index: LogIndex,
    ) -> Option<Repetition> {
        let newest = self.newest.get(&client).filter(|newest| newest.sequence >= sequence).copied();
        if let Some(newest) = newest {
            let repetition = Repetition { client, sequence, index, newest };
            self.repeated.insert(index, repetition);
            return Some(repetition);
        }
        self.newest.insert(client, Newest { sequence, index });
        None
    }

    /// The first entry with a command, if it is the newest of its client.
    pub(crate) fn first_entry(&self, client: ClientId, sequence: Sequence) -> Option<LogIndex> {
        let newest = self.newest.get(&client)?;
        (newest.sequence == sequence).then_some(newest.index)
    }

    /// The first repetition after `from`, up to `to`.
    pub(crate) fn repetition_in(&self, from: LogIndex, to: LogIndex) -> Option<Repetition> {
        self.repeated.range(from.next()..=to).next().map(|(_, repetition)| *repetition)
    }
}

impl Say<Mention> for Repetition {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> std::fmt::Result {
        let Self { client, sequence, index, newest } = self;
        say!(out; index, ", which holds command {sequence} of ", client)?;
        if newest.sequence == *sequence {
            say!(out; " again after ", newest.index)
        } else {
            say!(out; " although ", newest.index, " holds its command ", Plain(newest.sequence))
        }
    }
}

print_as_said!(Mention: Repetition);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_repeated_if_it_or_a_later_one_is_committed() {
        let mut commands = CommittedCommands::default();
        let mut commit = |client, sequence, index| {
            let (client, sequence) = (ClientId(client), Sequence(sequence));
            let repetition = commands.record(client, sequence, LogIndex(index));
            let first = commands.first_entry(client, sequence).map(|first| first.0);
            (repetition.map(|it| it.to_string()), first)
        };
        let words = |words: &str| Some(format!("entry {words}"));
        assert_eq!(commit(1, 1, 4), (None, Some(4)));
        assert_eq!(
            commit(1, 1, 5),
            (words("5, which holds command 1 of client 1 again after entry 4"), Some(4))
        );
        assert_eq!(commit(1, 3, 7), (None, Some(7)), "a new one");
        assert_eq!(
            commit(1, 2, 8),
            (
                words("8, which holds command 2 of client 1 although entry 7 holds its command 3"),
                None
            )
        );
        assert_eq!(commit(1, 3, 10).1, Some(7));
        assert_eq!(commit(2, 1, 11), (None, Some(11)), "each client counts by itself");
        let in_range = |from, to| {
            let found = commands.repetition_in(LogIndex(from), LogIndex(to));
            found.map(|repetition| repetition.index.0)
        };
        assert_eq!([in_range(3, 10), in_range(4, 5), in_range(5, 7)], [Some(5), Some(5), None]);
        assert_eq!([in_range(9, 12), in_range(10, 12)], [Some(10), None]);
    }
}
