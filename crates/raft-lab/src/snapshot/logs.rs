//! The logs: a row for each index of the view's window, a column for each node.

use std::fmt::Write as _;

use raft_core::LogIndex;

use super::{colour, open, text};
use crate::{LogView, View};

const LEFT: f64 = 64.0;
const HEAD: f64 = 84.0;
const ROW: f64 = 26.0;
const COLUMN: f64 = 150.0;
/// The most characters of an entry.
const LONGEST: usize = 16;

pub(super) fn svg(view: &View) -> String {
    let logs = &view.logs;
    let rows = logs.end.0.saturating_sub(logs.first.0);
    let width = LEFT + COLUMN * logs.nodes.len().max(1) as f64 + 24.0;
    let mut out = open((width, HEAD + ROW * rows.max(1) as f64 + 24.0), "The logs");
    let headline = view.headline.to_string();
    text(&mut out, (24.0, 28.0), "font-size:15px;font-weight:600", &headline);
    for (place, log) in logs.nodes.iter().enumerate() {
        let x = LEFT + COLUMN * place as f64;
        let role = view.node(log.node).and_then(|node| node.core.as_ref()).map(|core| core.role);
        let words = match role {
            Some(role) => format!("{} {role}", log.node),
            None => log.node.to_string(),
        };
        text(&mut out, (x + 4.0, HEAD - 12.0), "font-weight:700", &words);
    }
    for index in (logs.first.0..logs.end.0).map(LogIndex) {
        let y = HEAD + ROW * (index.0 - logs.first.0) as f64;
        let right = "text-anchor:end;fill:var(--ink-3)";
        text(&mut out, (LEFT - 12.0, y + 16.0), right, &index.to_string());
        for (place, log) in logs.nodes.iter().enumerate() {
            cell(&mut out, log, index, (LEFT + COLUMN * place as f64, y));
        }
    }
    if rows == 0 || logs.last == LogIndex(0) {
        text(&mut out, (LEFT, HEAD + 16.0), "fill:var(--ink-2)", "All logs are empty.");
    }
    out.push_str("</svg>\n");
    out
}

/// An entry: solid if it is committed, ticked if it is applied.
fn cell(out: &mut String, log: &LogView, index: LogIndex, (x, y): (f64, f64)) {
    let is_unknown = log.is_length_only && index <= log.last.index;
    let (words, term) = match log.entry(index) {
        Some(entry) => (entry.words.as_str(), entry.term),
        None if index <= log.snapshot.index => ("in the snapshot", log.snapshot.term),
        None if is_unknown => ("?", Default::default()),
        None => return,
    };
    let is_committed = index <= log.commit_index;
    let style =
        if is_committed { "stroke-width:1.5" } else { "stroke-dasharray:4 3;fill-opacity:.5" };
    let (class, width, height) = (colour(term), COLUMN - 8.0, ROW - 4.0);
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
         height=\"{height:.1}\" rx=\"3\" style=\"{style}\"/>"
    );
    let shown: String = match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    };
    text(out, (x + 7.0, y + 15.0), "", &shown);
    let mark = if index <= log.last_applied { " ✓" } else { "" };
    let end = (x + width - 6.0, y + 15.0);
    text(out, end, "text-anchor:end;fill:var(--ink-2)", &format!("{term}{mark}"));
}
