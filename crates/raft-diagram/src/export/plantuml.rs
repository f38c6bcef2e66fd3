//! PlantUML's sequence diagram.

use std::fmt::Write as _;

use super::rows::ArrowEnd;
use super::sequence::{NoteMark, Syntax};

pub(super) const PLANTUML: Syntax = Syntax {
    header: "@startuml\nskinparam responseMessageBelowArrow false\n",
    footer: "@enduml\n",
    indent: "",
    declared: |kind, name, lane| format!("{kind} \"{lane}\" as {name}"),
    arrow: |end| match end {
        ArrowEnd::Arrives => " -> ",
        ArrowEnd::Lost => " ->x ",
        ArrowEnd::UnderWay => " -->> ",
    },
    note: "note over ",
    and: ", ",
    colon: " : ",
    fault: NoteMark { colour: " #FFF0C2", sign: "" },
    alarm: NoteMark { colour: " #FFD9D4", sign: "" },
    note_width: 40,
    line_break: "\\n",
    escaped,
};

/// The text with a character code for each character that PlantUML could take for syntax: marks of
/// its text style where two meet, and those of its preprocessor everywhere.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    let mut before = ' ';
    for c in text.chars() {
        let is_mark = "-/_=.".contains(c);
        if c.is_alphanumeric() || " ,@()+:→§✗".contains(c) || (is_mark && before != c) {
            safe.push(c);
        } else if c.is_control() {
            safe.push(' ');
        } else {
            let _ = write!(safe, "<U+{:04X}>", u32::from(c));
        }
        before = c;
    }
    safe
}
