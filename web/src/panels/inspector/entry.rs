//! Details of a log entry: which nodes have it, and the moments in its life.

use raft_lab::{EntryMoment, LogPosition, LogView, View};
use yew::prelude::*;

use crate::state::{use_controls, use_frame};
use crate::ui::{Fact, FactList};

/// The moments that one can go to, with the words of their buttons.
const MOMENTS: [(&str, &str, EntryMoment); 3] = [
    ("stored", "first stored", EntryMoment::Stored),
    ("committed", "committed", EntryMoment::Committed),
    ("removed", "removed", EntryMoment::Removed),
];

#[derive(Properties, PartialEq)]
pub(super) struct EntryDetailsProps {
    pub(super) entry: LogPosition,
}

#[component(EntryDetails)]
pub(super) fn entry_details(props: &EntryDetailsProps) -> Html {
    let (frame, runner) = (use_frame(), use_controls().runner);
    let entry = props.entry;
    let buttons = MOMENTS.iter().map(|(name, words, what)| {
        let (runner, what) = (runner.clone(), *what);
        let on_click = Callback::from(move |_: MouseEvent| runner.jump_to_entry(entry, what));
        html! {
            <button key={*name} type="button" class="button is-small"
                data-testid={format!("entry-{name}")} onclick={on_click}>{ *words }</button>
        }
    });
    html! {
        <>
            <p class="entry-jumps">{ "Go to where it was " }{ for buttons }</p>
            <FactList facts={facts(&frame.view, entry)} />
        </>
    }
}

/// The entry, and how far each node is with it.
fn facts(view: &View, entry: LogPosition) -> Vec<Fact> {
    let logs = &view.logs.nodes;
    let found = |log: &LogView| log.entry(entry.index).filter(|e| e.term == entry.term).cloned();
    let mut facts = Vec::new();
    if let Some(view) = logs.iter().find_map(|log| found(log)) {
        facts.push(Fact::new("command", view.words.clone()));
        if let Some((client, sequence)) = view.client.zip(view.sequence) {
            facts.push(Fact::new("client", client.to_string()));
            facts.push(Fact::new("its command", sequence.to_string()));
        }
    }
    let of_node = |log: &LogView| {
        let state = match (found(log), log.entry(entry.index)) {
            (Some(_), _) => state(log, entry),
            (None, Some(other)) => format!("has another one, of term {}", other.term),
            (None, None) if log.snapshot.index >= entry.index => "in its snapshot".to_owned(),
            (None, None) if log.last.index < entry.index => "does not have it".to_owned(),
            (None, None) => "outside of the part of the log on this page".to_owned(),
        };
        Fact::new(format!("node {}", log.node), state)
    };
    facts.extend(logs.iter().map(|log| of_node(log)));
    facts
}

fn state(log: &LogView, entry: LogPosition) -> String {
    let state = if entry.index <= log.last_applied {
        "applied"
    } else if entry.index <= log.commit_index {
        "committed"
    } else {
        "not committed"
    };
    let place = match (log.is_on_disk, entry.index <= log.durable_index) {
        (true, _) => ", on the disk of a node that is down",
        (false, true) => ", on disk",
        (false, false) => ", not on disk yet",
    };
    format!("{state}{place}")
}
