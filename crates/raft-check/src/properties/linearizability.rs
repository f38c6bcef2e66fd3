//! Linearizability (§8): every operation takes effect at one moment between its call and its
//! answer.
//!
//! The committed log is the witness. A command has its place at the first entry that holds it; a
//! read that is answered from a store has its place right after the last entry that this store
//! includes. If no operation has its place before one that was answered before it was called, and
//! each answer is the one that this order gives, then the order explains everything that clients
//! saw. No search for another order is needed.

use imbl::{OrdMap, OrdSet};
use raft_core::{Instant, LogIndex, NodeId, Plain, Say, Speaker, say};
use raft_kv::{ClientId, Operation, Response, Sequence};
use raft_sim::{Client, ClientEvent, Mention, ReadPolicy, Words, words};

use super::{Checker, CommandCommitted, Context, ReadServed};
use crate::property::Property;
use crate::shadows::lease_doubt::LeaseDoubt;
use crate::shadows::ledger::Ledger;

pub(crate) static PROPERTY: Property = Property {
    name: "Linearizability",
    section: "§8",
    meaning: "Every operation that is answered, other than by a local read, takes effect at one \
              place of the committed order, after everything that was answered before its client \
              asked, and its answer is the one that the order gives there.",
};

impl Checker for Linearizability {
    fn client_event(
        &mut self,
        client: ClientId,
        sequence: Sequence,
        event: &ClientEvent,
        cx: &mut Context<'_>,
    ) {
        match event {
            ClientEvent::Invoked { read: ReadPolicy::Log, .. } => {
                let session_for = |client: &Client| client.session_for(sequence);
                if let Some(name) = cx.world.client(client).map(session_for) {
                    self.command_invoked(CommandInvoked { client, sequence, name });
                }
            }
            ClientEvent::Invoked { operation, read } => {
                if !read.may_be_stale() {
                    let operation = operation.clone();
                    let committed = cx.shadows.ledger.commit_index();
                    let at = cx.world.now();
                    self.read_invoked(ReadInvoked { client, sequence, operation, committed, at });
                    self.excuse(client, sequence, cx.shadows.excuse(*read));
                }
            }
            ClientEvent::Answered { response, node, .. } => {
                let at = cx.world.now();
                let seen = Answered { node: *node, client, sequence, response, at };
                let judged = self.answered(seen, &cx.shadows.ledger);
                if let Err(Contradiction { words, excuse }) = judged {
                    cx.note_answer(&PROPERTY, words, excuse);
                }
            }
            ClientEvent::GaveUp => self.forget(client, sequence),
            ClientEvent::Asked { .. }
            | ClientEvent::Arrived { .. }
            | ClientEvent::Replied { .. }
            | ClientEvent::Redirected { .. }
            | ClientEvent::MustRetry { .. }
            | ClientEvent::TimedOut { .. } => {}
        }
    }

    fn read_served(&mut self, served: ReadServed, cx: &mut Context<'_>) {
        self.excuse(served.client, served.sequence, cx.shadows.excuse(served.read));
        self.served(served);
    }

    fn command_committed(&mut self, committed: CommandCommitted<'_>, cx: &mut Context<'_>) {
        let executed = committed.executed;
        let (client, sequence) = (executed.client, executed.sequence);
        // No client waits for a command that is older than a committed one of its own.
        if let Some(first) = cx.shadows.commands.first_entry(client, sequence) {
            let (name, response) = ((client, sequence), &executed.response);
            self.executed(Executed { name, first, response });
        }
    }
}

/// The name of a command in the log: the session of its client, and its number there.
pub(super) type Name = (ClientId, Sequence);

/// A client calls an operation that becomes an entry of the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommandInvoked {
    pub(crate) client: ClientId,
    pub(crate) sequence: Sequence,
    pub(crate) name: Name,
}

/// A client calls a read that is answered from a store.
#[derive(Clone, Debug)]
pub(crate) struct ReadInvoked {
    pub(crate) client: ClientId,
    pub(crate) sequence: Sequence,
    pub(crate) operation: Operation,
    /// The last committed entry at that moment.
    pub(crate) committed: LogIndex,
    pub(crate) at: Instant,
}

/// An entry with a command is committed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Executed<'a> {
    pub(crate) name: Name,
    /// The first entry with the command.
    pub(crate) first: LogIndex,
    /// The response that the committed entries give to this entry.
    pub(crate) response: &'a Response,
}

/// A client gets an answer from a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) node: NodeId,
    pub(crate) client: ClientId,
    pub(crate) sequence: Sequence,
    pub(crate) response: &'a Response,
    pub(crate) at: Instant,
}

/// An answer that the committed order does not give.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Contradiction {
    pub(crate) words: Words,
    /// Why leases prove nothing, if the answer is a stale one that rests on a lease.
    pub(crate) excuse: Option<LeaseDoubt>,
}

impl From<Words> for Contradiction {
    fn from(words: Words) -> Self {
        Self { words, excuse: None }
    }
}

/// The open operations of clients, and the last place of all answered ones.
#[derive(Clone, Default, Debug)]
pub(crate) struct Linearizability {
    answered: Place,
    /// The client of the operation at that place, and when it was answered.
    answered_to: Option<(ClientId, Instant)>,
    /// A client has one operation open at a time.
    open: OrdMap<ClientId, Open>,
    /// For each open command its client.
    waiting: OrdMap<Name, ClientId>,
    /// The open reads: the last entry committed at the call, and the client.
    reading: OrdSet<(LogIndex, ClientId)>,
}

/// A place in the committed order: that of an entry, or the one right after it, where reads have
/// theirs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
struct Place {
    index: LogIndex,
    is_after: bool,
}

/// An operation that is not answered yet.
#[derive(Clone, Debug)]
struct Open {
    sequence: Sequence,
    /// The last place of all operations that were answered before this one was called.
    floor: Place,
    /// The client that was answered last of these, and when.
    floor_of: Option<(ClientId, Instant)>,
    kind: OpenKind,
}

#[derive(Clone, Debug)]
enum OpenKind {
    Command(Command),
    Read(Read),
}

/// An operation that becomes an entry of the log.
#[derive(Clone, Debug)]
struct Command {
    name: Name,
    /// The first entry that holds it.
    first: Option<LogIndex>,
    /// The different responses to the entries that hold it. There is one, unless the session is
    /// lost between two of these entries: then the later one is refused.
    responses: Vec<Response>,
}

/// A read that is answered from a store.
#[derive(Clone, Debug)]
struct Read {
    operation: Operation,
    /// The last entry committed at the call.
    committed: LogIndex,
    /// The nodes that answered it, and the last entry that the store of each included.
    served: Vec<(NodeId, LogIndex)>,
    at: Instant,
    /// Why leases prove nothing or proved nothing, if the read rests on one.
    excuse: Option<LeaseDoubt>,
}

impl Linearizability {
    pub(crate) fn command_invoked(&mut self, seen: CommandInvoked) {
        let CommandInvoked { client, sequence, name } = seen;
        let command = Command { name, first: None, responses: Vec::new() };
        self.begin(client, sequence, OpenKind::Command(command));
        self.waiting.insert(name, client);
    }

    pub(crate) fn read_invoked(&mut self, seen: ReadInvoked) {
        let ReadInvoked { client, sequence, operation, committed, at } = seen;
        let read = Read { operation, committed, served: Vec::new(), at, excuse: None };
        self.begin(client, sequence, OpenKind::Read(read));
        self.reading.insert((committed, client));
    }

    fn begin(&mut self, client: ClientId, sequence: Sequence, kind: OpenKind) {
        self.end(client);
        let (floor, floor_of) = (self.answered, self.answered_to);
        self.open.insert(client, Open { sequence, floor, floor_of, kind });
    }

    pub(crate) fn executed(&mut self, seen: Executed<'_>) {
        let Some(client) = self.waiting.get(&seen.name) else { return };
        if let Some(Open { kind: OpenKind::Command(command), .. }) = self.open.get_mut(client) {
            command.first = Some(seen.first);
            if !command.responses.contains(seen.response) {
                command.responses.push(seen.response.clone());
            }
        }
    }

    fn served(&mut self, served: ReadServed) {
        let ReadServed { node, client, sequence, index, .. } = served;
        let open = self.open.get_mut(&client).filter(|open| open.sequence == sequence);
        if let Some(Open { kind: OpenKind::Read(read), .. }) = open {
            read.served.push((node, index));
        }
    }

    /// An open read may be stale because leases prove nothing.
    fn excuse(&mut self, client: ClientId, sequence: Sequence, doubt: Option<LeaseDoubt>) {
        let open = self.open.get_mut(&client).filter(|open| open.sequence == sequence);
        if let Some(Open { kind: OpenKind::Read(read), .. }) = open {
            read.excuse = read.excuse.or(doubt);
        }
    }

    /// Judges an answer by the committed order.
    pub(crate) fn answered(
        &mut self,
        seen: Answered<'_>,
        ledger: &Ledger,
    ) -> Result<(), Contradiction> {
        let Some(open) = self.open_of(seen.client, seen.sequence) else { return Ok(()) };
        let place = match &open.kind {
            OpenKind::Command(command) => {
                command.place(open.floor, seen).map_err(Contradiction::from)
            }
            OpenKind::Read(read) => read.place((open.floor, open.floor_of), seen, ledger),
        };
        self.end(seen.client);
        let place = place?;
        if place > self.answered {
            (self.answered, self.answered_to) = (place, Some((seen.client, seen.at)));
        }
        Ok(())
    }

    /// The client stops waiting for an operation.
    pub(crate) fn forget(&mut self, client: ClientId, sequence: Sequence) {
        if self.open_of(client, sequence).is_some() {
            self.end(client);
        }
    }

    fn open_of(&self, client: ClientId, sequence: Sequence) -> Option<&Open> {
        self.open.get(&client).filter(|open| open.sequence == sequence)
    }

    fn end(&mut self, client: ClientId) {
        match self.open.remove(&client).map(|open| open.kind) {
            Some(OpenKind::Command(Command { name, .. })) => {
                self.waiting.remove(&name);
            }
            Some(OpenKind::Read(Read { committed, .. })) => {
                self.reading.remove(&(committed, client));
            }
            None => {}
        }
    }

    /// The first entry after which the store may be needed, to judge an open read; `None` without
    /// one.
    pub(crate) fn reads_from(&self) -> Option<LogIndex> {
        self.reading.get_min().map(|(committed, _)| *committed)
    }
}

impl Command {
    /// The place of the command, if the answer is right.
    fn place(&self, floor: Place, seen: Answered<'_>) -> Result<Place, Words> {
        let Answered { node, client, sequence, response, .. } = seen;
        let Some((first, right)) = self.first.zip(self.responses.first()) else {
            return Err(words! {
                node, " answered operation {sequence} of ", client,
                ", but no entry with it was committed since the client asked"
            });
        };
        if !self.responses.contains(response) {
            return Err(words! {
                node, " answered operation {sequence} of ", client, ", which is ", first,
                ", with \"", Plain(in_words(response)),
                "\"; in the committed order the answer is \"", Plain(in_words(right)), "\""
            });
        }
        let place = Place { index: first, is_after: false };
        // Two operations do not share an entry.
        if place <= floor {
            return Err(words! {
                "operation {sequence} of ", client, " is ", first,
                ", but before the client asked, an operation was answered that took effect ", floor
            });
        }
        Ok(place)
    }
}

impl Read {
    /// The place of the read, if the answer is right. A node that was asked again may have answered
    /// from two stores. If both explain the answer, the earlier one restricts later operations
    /// less.
    fn place(
        &self,
        floor: (Place, Option<(ClientId, Instant)>),
        seen: Answered<'_>,
        ledger: &Ledger,
    ) -> Result<Place, Contradiction> {
        let Answered { node, client, sequence, .. } = seen;
        let stores = self.served.iter().filter(|(by, _)| *by == node).map(|(_, index)| *index);
        let places = stores.map(|index| self.place_after(index, floor, seen, ledger));
        let none = Err(Contradiction::from(words! {
            node, " answered read {sequence} of ", client, ", but not from its store"
        }));
        places.fold(none, |before, place| match (before, place) {
            (Ok(before), Ok(place)) => Ok(before.min(place)),
            (Ok(before), Err(_)) => Ok(before),
            (Err(_), place) => place,
        })
    }

    /// The place right after an entry, if the answer is right there.
    fn place_after(
        &self,
        index: LogIndex,
        (floor, floor_of): (Place, Option<(ClientId, Instant)>),
        seen: Answered<'_>,
        ledger: &Ledger,
    ) -> Result<Place, Contradiction> {
        let Answered { node, client, sequence, response, .. } = seen;
        let place = Place { index, is_after: true };
        let answered = words! { node, " answered read {sequence} of ", client };
        if place < floor {
            let asked = self.at;
            let words = Words::told(|out| {
                say!(
                    out; answered, ", asked at {asked}, with \"", Plain(in_words(response)),
                    "\" from its store at ", index, ", but before the client asked, an operation \
                     was answered that took effect ", floor
                )?;
                match floor_of {
                    Some((other, at)) => say!(out; " (at {at}, to ", other, ")"),
                    None => Ok(()),
                }
            });
            return Err(Contradiction { words, excuse: self.excuse });
        }
        // An older store breaks Read Linearizability. It is not kept.
        if index < self.committed {
            return Ok(place);
        }
        let Some(store) = ledger.store_at(index) else {
            let words =
                words! { answered, " with its store at ", index, ", which is not committed" };
            return Err(words.into());
        };
        match store.read(&self.operation) {
            Some(right) if right != *response => Err(Contradiction::from(words! {
                answered, " with its store at ", index, " with \"", Plain(in_words(response)),
                "\"; in the committed order the answer is \"", Plain(in_words(&right)), "\""
            })),
            Some(_) | None => Ok(place),
        }
    }
}

impl Say<Mention> for Place {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> std::fmt::Result {
        say!(out; if self.is_after { "after " } else { "at " }, self.index)
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
