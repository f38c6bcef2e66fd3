//! The kinds of events: one table for the writer, the document and the schema.
//!
//! A row names a variant and all its fields. So a new event, or a new field, does not compile until
//! the table has it.

mod decisions;
mod world;

use raft_core::{IgnoredMessage, Trace};
use raft_sim::EventKind;

use crate::field::Form;
use crate::json::Members;
use crate::live;

/// A kind of event.
#[derive(Debug)]
pub struct KindRow {
    /// Its name, which is that of the command language too.
    pub name: &'static str,
    /// The meaning, as a sentence without its subject.
    pub meaning: &'static str,
    /// Its own fields, in the order in which they are written.
    pub fields: &'static [FieldRow],
}

/// A field of a kind.
#[derive(Debug)]
pub struct FieldRow {
    /// Its name in a line.
    pub name: &'static str,
    /// What it holds.
    pub form: fn() -> Form,
}

/// Kinds that come from the same part of a run.
#[derive(Debug)]
pub struct KindGroup {
    /// The part.
    pub title: &'static str,
    /// The fields that all its kinds have, before their own.
    pub shared: &'static [FieldRow],
    /// Its kinds.
    pub kinds: &'static [KindRow],
}

/// Rows of fields.
macro_rules! fields {
    ($($name:ident: $type:ty),* $(,)?) => {
        &[$(FieldRow { name: stringify!($name), form: <$type as crate::field::Field>::form }),*]
    };
}

/// The rows of one type of event, and the function that writes its fields. A field that has another
/// name in a line than in the code has it in parentheses.
macro_rules! kinds {
    ($write:ident, $rows:ident: $event:ident {
        $($(#[$when:meta])? $variant:ident {
            $($field:ident $(($renamed:ident))?: $type:ty),*
        } $name:literal, $meaning:literal;)*
    }) => {
        pub(super) static $rows: &[KindRow] = &[$(
            $(#[$when])?
            KindRow {
                name: $name,
                meaning: $meaning,
                fields: &[$(FieldRow {
                    name: key!($field $($renamed)?),
                    form: <$type as Field>::form,
                }),*],
            }
        ),*];

        pub(super) fn $write(event: &$event, line: &mut Members<'_>) {
            match event {
                $($(#[$when])? $event::$variant { $($field),* } => {
                    $(line.field::<$type>(key!($field $($renamed)?), $field);)*
                })*
            }
        }
    };
}

/// The name of a field in a line.
macro_rules! key {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $renamed:ident) => {
        stringify!($renamed)
    };
}

pub(crate) use fields;
use {key, kinds};

/// All kinds, in groups.
pub fn kind_groups() -> Vec<KindGroup> {
    let group = |title, shared, kinds| KindGroup { title, shared, kinds };
    let mut groups = vec![group("Statements", &[] as &[FieldRow], world::ACTED)];
    groups.extend(decisions::groups());
    groups.extend([
        group("The state machine", world::OF_NODE, world::STATE_MACHINE),
        group("The disk", world::OF_NODE, world::DISK),
        group("The process", world::OF_NODE, world::PROCESS),
        group("Messages", world::OF_MESSAGE, world::MESSAGE),
        group("The network", &[], world::NETWORK),
        group("Clients", world::OF_CLIENT, world::CLIENT),
        group("The cluster", &[], world::CLUSTER),
        group("Servers that are watched", world::OF_NODE, live::WATCHED),
    ]);
    groups
}

/// Writes the fields of an event: those that its group shares, then its own.
pub(crate) fn write(kind: &EventKind, line: &mut Members<'_>) {
    match kind {
        EventKind::Core { node, trace } => {
            line.field("node", node);
            write_decision(trace, line);
        }
        EventKind::StateMachine { node, event } => {
            line.field("node", node);
            world::state_machine(event, line);
        }
        EventKind::Disk { node, event } => {
            line.field("node", node);
            world::disk(event, line);
        }
        EventKind::Process { node, event } => {
            line.field("node", node);
            world::process(event, line);
        }
        EventKind::Message { id, from, to, message, event } => {
            line.field("id", id);
            line.field("from", from);
            line.field("to", to);
            line.field("message", message);
            world::message(event, line);
        }
        EventKind::Network(event) => world::network(event, line),
        EventKind::Client { client, sequence, event } => {
            line.field("client", client);
            line.field("sequence", sequence);
            world::client(event, line);
        }
        EventKind::Cluster(event) => world::cluster(event, line),
        EventKind::Acted { action } => line.field("action", action),
    }
}

fn write_decision(trace: &Trace, line: &mut Members<'_>) {
    match trace {
        Trace::Lifecycle(decision) => decisions::lifecycle(decision, line),
        Trace::Term(decision) => decisions::term(decision, line),
        Trace::PreVote(decision) => decisions::pre_vote(decision, line),
        Trace::Election(decision) => decisions::election(decision, line),
        Trace::Replication(decision) => decisions::replication(decision, line),
        Trace::Commit(decision) => decisions::commit(decision, line),
        Trace::Client(decision) => decisions::client(decision, line),
        Trace::Read(decision) => decisions::read(decision, line),
        Trace::Transfer(decision) => decisions::transfer(decision, line),
        Trace::Membership(decision) => decisions::membership(decision, line),
        Trace::Snapshot(decision) => decisions::snapshot(decision, line),
        Trace::Disk(decision) => decisions::disk(decision, line),
        Trace::Ignored(IgnoredMessage { from, message, reason }) => {
            line.field("from", from);
            line.field("message", message);
            line.field("reason", reason);
        }
    }
}
