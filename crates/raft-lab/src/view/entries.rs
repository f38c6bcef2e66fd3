//! The entries of logs, in words.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use raft_core::{Entry, LogIndex, Payload, Term};
use raft_kv::{ClientId, Command, Operation, Sequence};
use raft_sim::Client;
use serde::{Deserialize, Serialize};

/// The longest text of an entry, in characters: a value can be longer.
const MAX_TEXT: usize = 120;

/// An entry of a log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EntryView {
    /// Its place in the log.
    pub index: LogIndex,
    /// The term in which a leader created it.
    pub term: Term,
    /// Its content, short enough for a cell: `x=1`, `no-op`, `voters 1 2 3`.
    pub words: String,
    /// The client whose command it is; `None` for other entries.
    pub client: Option<ClientId>,
    /// The client's number for the command in its session. A command that was sent again has the
    /// same one, and the store carries it out once.
    pub sequence: Option<Sequence>,
}

impl From<&Entry> for EntryView {
    fn from(entry: &Entry) -> Self {
        let Entry { index, term, payload } = entry;
        let mut view =
            Self { index: *index, term: *term, words: String::new(), client: None, sequence: None };
        view.words = match payload {
            Payload::Membership(membership) => format!("voters {membership}"),
            Payload::Noop => "no-op".to_owned(),
            Payload::Command(bytes) => match Command::decode(bytes) {
                Ok(Command { client, sequence, operation }) => {
                    view.client = Some(Client::of_session(client));
                    view.sequence = Some(sequence);
                    short(operation_words(&operation))
                }
                // Another program's command may be a text.
                Err(_) => match std::str::from_utf8(bytes) {
                    Ok(text) if !text.contains(char::is_control) => short(text.to_owned()),
                    Ok(_) | Err(_) => format!("{} bytes", bytes.len()),
                },
            },
        };
        view
    }
}

fn operation_words(operation: &Operation) -> String {
    match operation {
        Operation::Set { key, value } => format!("{key}={value}"),
        Operation::Delete { key } => format!("−{key}"),
        Operation::Append { key, value } => format!("{key}+={value}"),
        Operation::Cas { key, value, .. } => format!("{key}?={value}"),
        Operation::Get { .. } | Operation::List { .. } => operation.to_string(),
    }
}

/// The text, cut after [`MAX_TEXT`] characters.
pub(super) fn short(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_TEXT) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The views of the entries in the window. Nodes share them.
#[derive(Default)]
pub(super) struct EntryViews(BTreeMap<(LogIndex, Term), (Entry, Rc<EntryView>)>);

impl EntryViews {
    pub(super) fn of(&mut self, entry: &Entry) -> Rc<EntryView> {
        let place = (entry.index, entry.term);
        // Another branch can have another entry at the same position.
        if let Some((of, view)) = self.0.get(&place)
            && of == entry
        {
            return view.clone();
        }
        let view = Rc::new(EntryView::from(entry));
        self.0.insert(place, (entry.clone(), view.clone()));
        view
    }

    /// Forgets the entries outside of the window.
    pub(super) fn keep(&mut self, window: &Range<u64>) {
        self.0.retain(|(index, _), _| window.contains(&index.0));
    }
}

#[cfg(test)]
mod tests;
