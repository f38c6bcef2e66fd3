//! Sentences that name things of the world, and their parts as values.

use std::fmt;

use raft_core::{Bare, LogIndex, LogPosition, NodeId, Plain, Say, Speaker, Term, Thing, say};
use raft_kv::{ClientId, Error, Key, NoSession, Operation, Response};
use serde::{Deserialize, Serialize};

use crate::{EventNumber, MessageId};

/// A thing that a part of a sentence names.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mention {
    /// A server.
    Node(NodeId),
    /// A term.
    Term(Term),
    /// A place in the log.
    Index(LogIndex),
    /// An entry of the log, by its place and its term.
    Entry(LogPosition),
    /// A section of the Raft paper or of the dissertation: `§5.2`, `dissertation §9.6`.
    Section(String),
    /// A message on the network.
    Message(MessageId),
    /// An event.
    Event(EventNumber),
    /// A client.
    Client(ClientId),
    /// A key of the store.
    Key(Key),
}

/// A part of a sentence.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Part {
    /// The words, with their spaces.
    pub text: String,
    /// The thing that the words name; `None` for plain words.
    pub mention: Option<Mention>,
}

/// A sentence as a list of its parts. `Display` prints it.
///
/// There are no two plain parts in a row and no empty ones.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Words {
    parts: Vec<Part>,
}

impl Words {
    /// The sentence of a value.
    pub fn of(value: &(impl Say<Mention> + ?Sized)) -> Self {
        Self::told(|out| value.say(out))
    }

    /// The sentence of a value, without the subject with which it begins, if it has one.
    pub fn without_subject(value: &(impl Say<Mention> + ?Sized)) -> Self {
        let mut kept = WithoutSubject(Self::default());
        keeps_all(value.say(&mut kept));
        kept.0
    }

    /// The sentence that `tell` says.
    pub fn told(tell: impl FnOnce(&mut dyn Speaker<Mention>) -> fmt::Result) -> Self {
        let mut words = Self::default();
        keeps_all(tell(&mut words));
        words
    }

    /// These sentences, with `between` between them.
    pub fn joined(sentences: impl IntoIterator<Item = Self>, between: &str) -> Self {
        let mut sentences = sentences.into_iter();
        let first = sentences.next().unwrap_or_default();
        Self::told(|out| {
            first.say(out)?;
            sentences.try_for_each(|next| say!(out; "{between}", next))
        })
    }

    /// The parts, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whether there are no words.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

/// The sentence of these parts, which are those of [`say!`]: `words!("votes for ", node)`.
#[macro_export]
macro_rules! words {
    ($($parts:tt)+) => {
        $crate::Words::told(|out| $crate::say!(out; $($parts)+))
    };
}

/// A list in memory takes every part.
fn keeps_all(said: fmt::Result) {
    assert!(said.is_ok(), "a value did not say all of its words");
}

impl Speaker<Mention> for Words {
    fn plain(&mut self, words: fmt::Arguments<'_>) -> fmt::Result {
        match self.parts.last_mut() {
            Some(Part { text, mention: None }) => fmt::write(text, words),
            Some(_) | None => {
                let text = words.to_string();
                if !text.is_empty() {
                    self.parts.push(Part { text, mention: None });
                }
                Ok(())
            }
        }
    }

    fn name(&mut self, thing: Mention, words: fmt::Arguments<'_>) -> fmt::Result {
        self.parts.push(Part { text: words.to_string(), mention: Some(thing) });
        Ok(())
    }
}

/// Keeps a sentence, and leaves its subject out.
struct WithoutSubject(Words);

impl Speaker<Mention> for WithoutSubject {
    fn plain(&mut self, words: fmt::Arguments<'_>) -> fmt::Result {
        self.0.plain(words)
    }

    fn name(&mut self, thing: Mention, words: fmt::Arguments<'_>) -> fmt::Result {
        self.0.name(thing, words)
    }

    fn subject(&mut self, _: Mention, _: fmt::Arguments<'_>) -> fmt::Result {
        Ok(())
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| f.write_str(&part.text))
    }
}

/// Words that name nothing.
impl From<&str> for Words {
    fn from(words: &str) -> Self {
        Self::told(|out| out.plain(format_args!("{words}")))
    }
}

/// Words that name nothing.
impl From<String> for Words {
    fn from(words: String) -> Self {
        words.as_str().into()
    }
}

impl Say<Mention> for Words {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        self.parts.iter().try_for_each(|Part { text, mention }| match mention {
            Some(thing) => out.name(thing.clone(), format_args!("{text}")),
            None => out.plain(format_args!("{text}")),
        })
    }
}

impl From<Thing> for Mention {
    fn from(thing: Thing) -> Self {
        match thing {
            Thing::Node(node) => Self::Node(node),
            Thing::Term(term) => Self::Term(term),
            Thing::Index(index) => Self::Index(index),
            Thing::Entry(position) => Self::Entry(position),
            Thing::Section(section) => Self::Section(section.to_owned()),
        }
    }
}

/// The node that an event happened to, at the beginning of the event's sentence.
pub(crate) struct Subject(pub(crate) NodeId);

impl Say<Mention> for Subject {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        out.subject(Mention::Node(self.0), format_args!("node {}", self.0))
    }
}

impl Say<Mention> for MessageId {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        out.name(Mention::Message(*self), format_args!("message {self}"))
    }
}

impl Say<Mention> for EventNumber {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        out.name(Mention::Event(*self), format_args!("event {self}"))
    }
}

impl Say<Mention> for ClientId {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        out.name(Mention::Client(*self), format_args!("client {self}"))
    }
}

impl Say<Mention> for Bare<ClientId> {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        out.name(Mention::Client(self.0), format_args!("{}", self.0))
    }
}

impl Say<Mention> for Key {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        out.name(Mention::Key(self.clone()), format_args!("{self}"))
    }
}

/// In the words of its `Display`; `raft-kv` has no sentences of its own.
impl Say<Mention> for Operation {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        match self {
            Self::Set { key, value } => say!(out; "set ", key, "={value}"),
            Self::Get { key } => say!(out; "get ", key),
            Self::Delete { key } => say!(out; "delete ", key),
            Self::Cas { key, expect: Some(expect), value } => {
                say!(out; "cas ", key, " {expect} {value}")
            }
            Self::Cas { key, expect: None, value } => say!(out; "cas ", key, " absent {value}"),
            Self::Append { key, value } => say!(out; "append ", key, " {value}"),
            Self::List { prefix: _ } => say!(out; "{self}"),
        }
    }
}

/// In the words of its `Display`.
impl Say<Mention> for Response {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        match self {
            Self::Failed(Error::SessionExpired { client, above }) => {
                say!(out; "failed: ", client, " ", Plain(NoSession { above: *above }))
            }
            Self::Failed(_)
            | Self::Done
            | Self::Value(_)
            | Self::Deleted { .. }
            | Self::Swapped
            | Self::NotSwapped { .. }
            | Self::Appended { .. }
            | Self::List { .. } => say!(out; "{self}"),
        }
    }
}

/// The word, with an `s` unless the count is 1.
pub(crate) fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

#[cfg(test)]
mod tests;
