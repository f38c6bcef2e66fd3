//! The table of the language: every word with its forms, its meaning, its parser and its printer.
//!
//! A [`Word`] begins a statement, a condition or a command of a console, a [`Setting`] is
//! `name=value`, a [`Choice`] is one of a few words for a value. The parser, the lists in its
//! errors, completion and `helios language` read these rows and nothing else. A new statement is a
//! row in the file of its topic, beside the functions that read and write it; `Display` in
//! `statement.rs` does not compile before it names the one that writes.

use std::sync::LazyLock;

mod answers;
mod bounds;
mod clients;
mod cluster;
mod conditions;
mod console;
mod cursor;
mod disks;
mod lesson;
mod membership;
mod network;
mod nodes;
mod own_settings;
mod rules;
mod time;
mod values;
mod why;

use self::values::OTHERS;
use crate::statement::Statement;

pub(crate) use self::bounds::BoundWords;
pub(crate) use self::clients::{write_load, write_request};
pub(crate) use self::cluster::{PAPER, all as cluster_settings, write_cluster};
pub(crate) use self::conditions::{
    ALL_HOLD, CONDITIONS, ENDS_CONDITION, ORDER_STATES, PEER_STATES, ROLES, STATES,
};
pub(crate) use self::console::CONSOLE;
pub(crate) use self::cursor::{Cursor, Parsed, one_of};
pub use self::disks::record_name;
pub(crate) use self::disks::write_disk_action;
pub(crate) use self::membership::write_admin_request;
pub(crate) use self::network::{write_link, write_network_action};
pub(crate) use self::nodes::write_node_action;
pub(crate) use self::own_settings::{write_node_settings, write_reconfiguration};
pub(crate) use self::rules::write_rule_action;
pub(crate) use self::time::write_within;
pub(crate) use self::why::{QUESTIONS, write_question};

/// A form of a statement, a condition or a command, and its meaning. What may be left out is in
/// square brackets.
pub(crate) type Form = (&'static str, &'static str);

/// A word that begins a statement, a condition or a command.
pub(crate) struct Word<T> {
    /// One word, or two such as `no leader`.
    pub(crate) name: &'static str,
    /// The meaning in a few words, for completion.
    pub(crate) brief: &'static str,
    /// Empty if another word's forms show it.
    pub(crate) forms: &'static [Form],
    /// Reads what follows the name.
    pub(crate) parse: fn(&mut Cursor<'_>) -> Parsed<T>,
}

/// A setting `name=value`, in a statement that has several of them.
pub(crate) struct Setting<T> {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    /// Reads the value, after the sign.
    pub(crate) parse: fn(&mut Cursor<'_>) -> Parsed<T>,
}

/// One of a few words for a value.
pub(crate) struct Choice<T> {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) value: T,
}

/// The word for a value.
pub(crate) fn name_of<T: PartialEq>(choices: &[Choice<T>], value: &T) -> &'static str {
    choices.iter().find(|choice| choice.value == *value).map_or("", |choice| choice.name)
}

/// Every statement, topic by topic.
pub(crate) const TOPICS: &[&[Word<Statement>]] = &[
    cluster::WORDS,
    own_settings::WORDS,
    time::WORDS,
    clients::WORDS,
    clients::LOAD,
    nodes::WORDS,
    membership::WORDS,
    network::WORDS,
    disks::WORDS,
    rules::WORDS,
    conditions::EXPECT,
    why::WORDS,
    lesson::WORDS,
];

/// Every statement, in the order of the names.
pub(crate) static STATEMENTS: LazyLock<Vec<&Word<Statement>>> = LazyLock::new(|| {
    let mut words: Vec<_> = TOPICS.iter().flat_map(|topic| topic.iter()).collect();
    words.sort_by_key(|word| word.name);
    words
});

/// Forms of what is in many statements.
pub(crate) const PARTS: &[Form] = &[
    ("3, leader, any follower, all", "nodes: by number, by role, or all"),
    ("others", OTHERS),
    ("20us, 5ms, 2s, 0.5s, 1m", "durations"),
    (
        "PreVote, PreVoteReply, RequestVote, RequestVoteReply, AppendEntries, AppendEntriesReply, \
         InstallSnapshot, InstallSnapshotReply, TimeoutNow, ReadIndex, ReadIndexReply, Forward, \
         ForwardReply",
        "kinds of messages",
    ),
    (
        "\"two words\", \"\\x00\"",
        "keys and values that are no plain word are quoted; \\\" \\\\ \\n \\t \\r \\xNN",
    ),
    ("# a comment", "up to the end of the line"),
];

impl Cursor<'_> {
    pub(crate) fn statement(&mut self) -> Parsed<Statement> {
        let (is_first, has_session) = (self.is_at_start(), self.has_session());
        for word in STATEMENTS.iter() {
            // `cluster` and `node` make a world, and nothing that waits follows `at`.
            let makes_sense = match word.name {
                "cluster" => is_first && !has_session,
                "node" => !has_session,
                "at" => is_first,
                _ => true,
            };
            if makes_sense {
                self.offer(word.name, word.brief);
            }
        }
        self.no_console_word()?;
        self.one_of("a statement", STATEMENTS.iter().copied())
    }
}

#[cfg(test)]
mod tests;
