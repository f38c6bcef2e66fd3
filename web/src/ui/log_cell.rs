//! One node's entry at one index.

use std::rc::Rc;

use raft_lab::{EntryChange, EntryView, LogIndex, LogPosition, LogView, Term};
use yew::prelude::*;

use crate::picture::term_class;
use crate::state::Selection;

/// The contents of a cell of the log table.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct LogCellView {
    /// The entry; `None` without one, and outside of the window of the view.
    pub(crate) entry: Option<Rc<EntryView>>,
    /// Whether an entry is there of which nothing else is known.
    pub(crate) is_unknown: bool,
    /// Whether an earlier entry of the log has the same command: the client sent it again.
    pub(crate) is_repeated: bool,
    /// Whether the node knows it to be committed.
    pub(crate) is_committed: bool,
    /// Whether the node has applied it.
    pub(crate) is_applied: bool,
    /// Whether it is on the node's disk.
    pub(crate) is_durable: bool,
    /// Whether the node is down, and only its disk has the entry.
    pub(crate) is_on_disk: bool,
    /// Whether the snapshot covers it.
    pub(crate) is_snapshot: bool,
    /// Whether it is the last entry that the snapshot covers.
    pub(crate) is_snapshot_end: bool,
    /// Whether it is the last committed one.
    pub(crate) is_commit_index: bool,
    /// Whether it is the leader's match_index for this node.
    pub(crate) is_match: bool,
    /// Whether it is the leader's next_index for this node.
    pub(crate) is_next: bool,
    /// Whether the entry changed since the earlier moment that is compared.
    pub(crate) is_changed: bool,
    /// The entry that was there at that moment, if it was removed or replaced.
    pub(crate) was: Option<Rc<EntryView>>,
}

impl LogCellView {
    /// The cell of a log at an index.
    pub(crate) fn of(log: &LogView, index: LogIndex) -> Self {
        let entry = log.entry(index);
        Self {
            entry: entry.cloned(),
            is_unknown: log.is_length_only && index > log.snapshot.index && index <= log.last.index,
            is_repeated: entry.is_some_and(|entry| is_repeated(log, entry)),
            is_committed: index <= log.commit_index,
            is_applied: index <= log.last_applied,
            is_durable: index <= log.durable_index,
            is_on_disk: log.is_on_disk,
            is_snapshot: index <= log.snapshot.index,
            is_snapshot_end: index == log.snapshot.index,
            is_commit_index: index == log.commit_index,
            is_match: log.match_index == Some(index),
            is_next: log.next_index == Some(index),
            is_changed: false,
            was: None,
        }
    }

    /// The same cell, with what changed in it.
    pub(crate) fn changed(self, change: Option<&EntryChange>) -> Self {
        let was = change.and_then(|change| change.before.clone());
        Self { is_changed: change.is_some(), was, ..self }
    }

    /// The entry that is here, or was.
    fn position(&self) -> Option<LogPosition> {
        let entry = self.entry.as_ref().or(self.was.as_ref())?;
        Some(LogPosition::new(entry.index, entry.term))
    }

    fn words(&self) -> &str {
        match &self.entry {
            Some(entry) => &entry.words,
            None if self.is_unknown => "?",
            None if self.is_snapshot_end => "snapshot",
            None => self.was.as_ref().map_or("", |was| &was.words),
        }
    }

    /// The text for screen readers and the tooltip.
    fn label(&self) -> String {
        let mut words = match (&self.entry, self.is_snapshot) {
            (_, true) => "in the snapshot".to_owned(),
            (Some(entry), false) => format!("{}, term {}", entry.words, entry.term),
            (None, false) if self.is_unknown => "an entry that is not known".to_owned(),
            (None, false) => "no entry".to_owned(),
        };
        let of_client = self.entry.as_ref().and_then(|entry| entry.client.zip(entry.sequence));
        if let (Some((client, sequence)), false) = (of_client, self.is_snapshot) {
            words.push_str(&format!(", command {sequence} of client {client}"));
        }
        let is_entry = self.entry.is_some();
        if let Some(was) = &self.was {
            words.push_str(&format!(", removed: {}, term {}", was.words, was.term));
        }
        let marks = [
            (is_entry && self.is_changed, "new"),
            (self.is_repeated, "sent again: the store carries it out once"),
            (is_entry && self.is_on_disk, "on the disk of a node that is down"),
            (is_entry && !self.is_durable, "not on disk yet"),
            (self.is_applied, "applied"),
            (self.is_committed && !self.is_applied, "committed"),
            (is_entry && !self.is_committed && !self.is_snapshot, "not committed"),
            (self.is_match, "match_index"),
            (self.is_next, "next_index"),
        ];
        for (_, mark) in marks.iter().filter(|(holds, _)| *holds) {
            words.push_str(", ");
            words.push_str(mark);
        }
        words
    }
}

/// Whether an earlier entry in the window has the same command of the same client.
fn is_repeated(log: &LogView, entry: &EntryView) -> bool {
    let is_same = |other: &EntryView| {
        (other.client, other.sequence) == (entry.client, entry.sequence)
            && other.words == entry.words
    };
    let mut earlier = log.entries.iter().take_while(|other| other.index < entry.index);
    entry.client.is_some() && earlier.any(|other| is_same(other))
}

#[derive(Properties, PartialEq)]
pub(crate) struct LogCellProps {
    pub(crate) view: LogCellView,
    /// The selected entry, in whichever cell.
    pub(crate) selected: Option<LogPosition>,
}

#[component(LogCell)]
pub(crate) fn log_cell(props: &LogCellProps) -> Html {
    let view = &props.view;
    let term = view.entry.as_ref().map(|entry| entry.term);
    let position = view.position();
    let select = position.map(|entry| Selection::Entry(entry).to_attribute());
    // An entry of which nothing is known has a place and no term.
    let colour = term.or(view.is_unknown.then_some(Term(0)));
    let class = classes!(
        "log-cell",
        colour.map(term_class),
        colour.is_some().then_some("is-entry"),
        view.is_committed.then_some("is-committed"),
        view.is_applied.then_some("is-applied"),
        view.is_snapshot.then_some("is-snapshot"),
        (term.is_some() && !view.is_durable).then_some("is-volatile"),
        view.is_on_disk.then_some("is-on-disk"),
        view.is_commit_index.then_some("is-commit-index"),
        view.is_changed.then_some("is-changed"),
        (view.is_changed && term.is_none()).then_some("is-removed"),
        (position.is_some() && position == props.selected).then_some("is-selected"),
    );
    html! {
        <div class={class} role="cell" title={view.label()}
            data-testid={term.map(|_| "log-cell")} tabindex={select.is_some().then_some("-1")}
            data-select={select}>
            <span class="progress" aria-hidden="true">
                { if view.is_next { "▸" } else { "" } }
                { if view.is_match { "●" } else { "" } }
            </span>
            <span class="log-words">
                { if view.is_repeated { "↻ " } else { "" } }{ view.words() }
            </span>
            <span class="log-term">
                { term.map(|term| term.to_string()).unwrap_or_default() }
            </span>
        </div>
    }
}

#[cfg(test)]
mod tests;
