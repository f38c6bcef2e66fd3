//! One node's entry at one index.

use raft_core::Term;
use yew::prelude::*;

use crate::picture::term_class;

/// The contents of a cell of the log table.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct LogCellView {
    /// The entry's term; `None` without an entry.
    pub(crate) term: Option<Term>,
    /// Its payload in words.
    pub(crate) words: AttrValue,
    /// Whether the node knows it to be committed.
    pub(crate) is_committed: bool,
    /// Whether the node has applied it.
    pub(crate) is_applied: bool,
    /// Whether it is on the node's disk.
    pub(crate) is_durable: bool,
    /// Whether the snapshot covers it.
    pub(crate) is_snapshot: bool,
    /// Whether it is the last committed one.
    pub(crate) is_commit_index: bool,
    /// Whether it is the leader's match_index for this node.
    pub(crate) is_match: bool,
    /// Whether it is the leader's next_index for this node.
    pub(crate) is_next: bool,
}

impl LogCellView {
    /// The text for screen readers and the tooltip.
    fn label(&self) -> String {
        let mut words = match (self.term, self.is_snapshot) {
            (_, true) => "in the snapshot".to_owned(),
            (Some(term), _) => format!("{}, term {term}", self.words),
            (None, _) => "no entry".to_owned(),
        };
        let marks = [
            (self.term.is_some() && !self.is_durable, "not on disk yet"),
            (self.is_applied, "applied"),
            (self.is_committed && !self.is_applied, "committed"),
            (self.term.is_some() && !self.is_committed && !self.is_snapshot, "not committed"),
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

#[derive(Properties, PartialEq)]
pub(crate) struct LogCellProps {
    pub(crate) view: LogCellView,
}

#[component(LogCell)]
pub(crate) fn log_cell(props: &LogCellProps) -> Html {
    let view = &props.view;
    let class = classes!(
        "log-cell",
        view.term.map(term_class),
        view.term.is_some().then_some("is-entry"),
        view.is_committed.then_some("is-committed"),
        view.is_applied.then_some("is-applied"),
        view.is_snapshot.then_some("is-snapshot"),
        (view.term.is_some() && !view.is_durable).then_some("is-volatile"),
        view.is_commit_index.then_some("is-commit-index"),
    );
    html! {
        <div class={class} role="cell" title={view.label()}
            data-testid={view.term.map(|_| "log-cell")}>
            <span class="progress" aria-hidden="true">
                { if view.is_next { "▸" } else { "" } }
                { if view.is_match { "●" } else { "" } }
            </span>
            <span class="log-words">{ &view.words }</span>
            <span class="log-term">
                { view.term.map(|term| term.to_string()).unwrap_or_default() }
            </span>
        </div>
    }
}
