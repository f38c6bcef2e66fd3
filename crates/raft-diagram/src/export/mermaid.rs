//! Mermaid's `sequenceDiagram`.

use std::fmt::Write as _;

use super::rows::ArrowEnd;
use super::sequence::{NoteMark, Syntax};

pub(super) const MERMAID: Syntax = Syntax {
    header: "sequenceDiagram\n",
    footer: "",
    indent: "    ",
    declared: |kind, name, lane| format!("{kind} {name} as {lane}"),
    arrow: |end| match end {
        ArrowEnd::Arrives => "->>",
        ArrowEnd::Lost => "-x",
        ArrowEnd::UnderWay => "--)",
    },
    note: "Note over ",
    and: ",",
    colon: ": ",
    fault: NoteMark { colour: "", sign: "⚡ " },
    alarm: NoteMark { colour: "", sign: "✗ " },
    note_width: 36,
    line_break: "<br/>",
    escaped,
};

/// The text with a character code for each character that Mermaid could take for syntax.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || " .,=@()+/'|→§✗⚡_-".contains(c) {
            safe.push(c);
        } else if c.is_control() {
            safe.push(' ');
        } else {
            let _ = write!(safe, "#{};", u32::from(c));
        }
    }
    safe
}
