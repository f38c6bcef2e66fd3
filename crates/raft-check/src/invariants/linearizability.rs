//! Linearizability (§8): every operation seems to happen at once, at one moment between the question and
//! the answer.
//!
//! The committed log is the witness. A command has its place at the first entry that holds it, a read
//! that is answered from a store right behind the last entry that this store includes. If no operation
//! stands before one that was answered before it was asked for, and each answer is the one that the order
//! gives at its place, then the order explains all that clients saw: no search for another is needed.

use imbl::{OrdMap, OrdSet};
use raft_core::{LogIndex, NodeId};
use raft_kv::{ClientId, Operation, Response, Sequence};

use crate::ledger::Ledger;
use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Linearizability",
    section: "§8",
    meaning: "Every operation that is answered, but not expressly from a node's own store, happens at \
              one place of the committed order, behind all that was answered before the client asked, \
              and its answer is the one that the order gives there.",
};

/// A command as the log knows it: the client's session, and the number there.
pub(crate) type Name = (ClientId, Sequence);

/// A client asks for something that goes through the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommandInvoked {
    pub(crate) client: ClientId,
    pub(crate) sequence: Sequence,
    pub(crate) name: Name,
}

/// A client asks for something that a node's store can answer.
#[derive(Clone, Debug)]
pub(crate) struct ReadInvoked {
    pub(crate) client: ClientId,
    pub(crate) sequence: Sequence,
    pub(crate) operation: Operation,
    /// What is committed now.
    pub(crate) committed: LogIndex,
}

/// An entry with a command is committed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Executed<'a> {
    pub(crate) name: Name,
    /// The first entry with the command.
    pub(crate) first: LogIndex,
    /// What the committed entries answer to this one.
    pub(crate) response: &'a Response,
}

/// A node answers a read from its store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadServed {
    pub(crate) node: NodeId,
    pub(crate) client: ClientId,
    pub(crate) sequence: Sequence,
    /// The last entry that its store includes.
    pub(crate) index: LogIndex,
}

/// A client is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) node: NodeId,
    pub(crate) client: ClientId,
    pub(crate) sequence: Sequence,
    pub(crate) response: &'a Response,
}

/// What clients wait for, and the last place of all that was answered.
#[derive(Clone, Default, Debug)]
pub(crate) struct Linearizability {
    answered: Place,
    /// A client does one thing at a time.
    open: OrdMap<ClientId, Open>,
    /// Who waits for a command.
    waiting: OrdMap<Name, ClientId>,
    /// Who waits for a read, and what was committed before.
    reading: OrdSet<(LogIndex, ClientId)>,
}

/// A place in the committed order: that of an entry, or the one behind it, where reads have theirs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
struct Place {
    index: LogIndex,
    is_behind: bool,
}

/// An operation that is not answered yet.
#[derive(Clone, Debug)]
struct Open {
    sequence: Sequence,
    /// The last place of all that was answered before the client asked.
    floor: Place,
    wish: Wish,
}

#[derive(Clone, Debug)]
enum Wish {
    Command(Command),
    Read(Read),
}

/// What goes through the log.
#[derive(Clone, Debug)]
struct Command {
    name: Name,
    /// The first entry that holds it.
    first: Option<LogIndex>,
    /// What the entries that hold it answer. All say the same, which stands here once, unless the session
    /// is lost between two of them: then the later one is refused.
    responses: Vec<Response>,
}

/// What is answered from a store.
#[derive(Clone, Debug)]
struct Read {
    operation: Operation,
    /// What was committed when the client asked.
    committed: LogIndex,
    /// Who answered, and the last entry that the store included.
    served: Vec<(NodeId, LogIndex)>,
}

impl Linearizability {
    pub(crate) fn command_invoked(&mut self, seen: CommandInvoked) {
        let CommandInvoked { client, sequence, name } = seen;
        let command = Command { name, first: None, responses: Vec::new() };
        self.begin(client, sequence, Wish::Command(command));
        self.waiting.insert(name, client);
    }

    pub(crate) fn read_invoked(&mut self, seen: ReadInvoked) {
        let ReadInvoked { client, sequence, operation, committed } = seen;
        let read = Read { operation, committed, served: Vec::new() };
        self.begin(client, sequence, Wish::Read(read));
        self.reading.insert((committed, client));
    }

    fn begin(&mut self, client: ClientId, sequence: Sequence, wish: Wish) {
        self.end(client);
        self.open.insert(client, Open { sequence, floor: self.answered, wish });
    }

    pub(crate) fn executed(&mut self, seen: Executed<'_>) {
        let Some(client) = self.waiting.get(&seen.name) else { return };
        if let Some(Open { wish: Wish::Command(command), .. }) = self.open.get_mut(client) {
            command.first = Some(seen.first);
            if !command.responses.contains(seen.response) {
                command.responses.push(seen.response.clone());
            }
        }
    }

    pub(crate) fn read_served(&mut self, seen: ReadServed) {
        let ReadServed { node, client, sequence, index } = seen;
        let open = self.open.get_mut(&client).filter(|open| open.sequence == sequence);
        if let Some(Open { wish: Wish::Read(read), .. }) = open {
            read.served.push((node, index));
        }
    }

    /// Judges an answer by the committed order.
    pub(crate) fn answered(&mut self, seen: Answered<'_>, ledger: &Ledger) -> Verdict {
        let Some(open) = self.open_of(seen.client, seen.sequence) else { return Ok(()) };
        let place = match &open.wish {
            Wish::Command(command) => command.place(open.floor, seen),
            Wish::Read(read) => read.place(open.floor, seen, ledger),
        };
        self.end(seen.client);
        self.answered = self.answered.max(place?);
        Ok(())
    }

    /// The client waits no more, or nothing is asked of what it waits for.
    pub(crate) fn forget(&mut self, client: ClientId, sequence: Sequence) {
        if self.open_of(client, sequence).is_some() {
            self.end(client);
        }
    }

    fn open_of(&self, client: ClientId, sequence: Sequence) -> Option<&Open> {
        self.open.get(&client).filter(|open| open.sequence == sequence)
    }

    fn end(&mut self, client: ClientId) {
        match self.open.remove(&client).map(|open| open.wish) {
            Some(Wish::Command(Command { name, .. })) => {
                self.waiting.remove(&name);
            }
            Some(Wish::Read(Read { committed, .. })) => {
                self.reading.remove(&(committed, client));
            }
            None => {}
        }
    }

    /// From where on a read may ask for the state of the store.
    pub(crate) fn reads_from(&self) -> Option<LogIndex> {
        self.reading.get_min().map(|(committed, _)| *committed)
    }
}

impl Command {
    /// Its place, if the answer is right.
    fn place(&self, floor: Place, seen: Answered<'_>) -> Result<Place, String> {
        let Answered { node, client, sequence, response } = seen;
        let Some((first, right)) = self.first.zip(self.responses.first()) else {
            return Err(format!(
                "node {node} answered operation {sequence} of client {client}, but no entry with it was \
                 committed since the client asked"
            ));
        };
        if !self.responses.contains(response) {
            return Err(format!(
                "node {node} answered operation {sequence} of client {client}, which is entry {first}, \
                 with \"{}\"; by the committed order it is \"{}\"",
                in_words(response),
                in_words(right)
            ));
        }
        let place = Place { index: first, is_behind: false };
        // Two operations do not share an entry.
        if place <= floor {
            return Err(format!(
                "operation {sequence} of client {client} is entry {first}, but before the client asked, \
                 an operation was answered that stands {floor}"
            ));
        }
        Ok(place)
    }
}

impl Read {
    /// Its place, if the answer is right. A node that was asked again may have answered from two stores;
    /// if both explain the answer, the earlier one demands less of what follows.
    fn place(&self, floor: Place, seen: Answered<'_>, ledger: &Ledger) -> Result<Place, String> {
        let Answered { node, client, sequence, .. } = seen;
        let stores = self.served.iter().filter(|(by, _)| *by == node).map(|(_, index)| *index);
        let places = stores.map(|index| self.place_behind(index, floor, seen, ledger));
        let none = Err(format!(
            "node {node} answered read {sequence} of client {client} from no store that it had"
        ));
        places.fold(none, |before, place| match (before, place) {
            (Ok(before), Ok(place)) => Ok(before.min(place)),
            (Ok(before), Err(_)) => Ok(before),
            (Err(_), place) => place,
        })
    }

    /// The place behind an entry, if the answer is right there.
    fn place_behind(
        &self,
        index: LogIndex,
        floor: Place,
        seen: Answered<'_>,
        ledger: &Ledger,
    ) -> Result<Place, String> {
        let Answered { node, client, sequence, response } = seen;
        let place = Place { index, is_behind: true };
        let answered = format_args!("node {node} answered read {sequence} of client {client}");
        if place < floor {
            return Err(format!(
                "{answered} with its store at entry {index}, but before the client asked, an operation \
                 was answered that stands {floor}"
            ));
        }
        // An older store than this breaks Read Linearizability, and is not remembered here.
        if index < self.committed {
            return Ok(place);
        }
        let Some(store) = ledger.store_at(index) else {
            return Err(format!(
                "{answered} with its store at entry {index}, which is not committed"
            ));
        };
        match store.read(&self.operation) {
            Some(right) if right != *response => Err(format!(
                "{answered} with its store at entry {index} with \"{}\"; by the committed order it is \
                 \"{}\"",
                in_words(response),
                in_words(&right)
            )),
            _ => Ok(place),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_behind { "behind entry " } else { "at entry " })?;
        self.index.fmt(f)
    }
}

/// An answer, or the beginning of a long one.
fn in_words(response: &Response) -> String {
    let words = response.to_string();
    match words.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

#[cfg(test)]
mod tests;
