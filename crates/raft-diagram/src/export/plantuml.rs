//! PlantUML's sequence diagram.

use std::fmt::Write as _;

use super::Picture;
use super::rows::{ArrowEnd, Row, RowKind, rows, wrapped};
use crate::lane::LaneId;

/// The width of a note, in characters.
const NOTE: usize = 40;

pub(super) fn plantuml(picture: &Picture<'_>) -> String {
    let mut text = "@startuml\nskinparam responseMessageBelowArrow false\n".to_owned();
    let names: Vec<String> = picture.lanes.iter().map(|lane| name(*lane)).collect();
    for (lane, name) in picture.lanes.iter().zip(&names) {
        let kind = match lane {
            LaneId::Node(_) => "participant",
            LaneId::Client(_) => "actor",
        };
        let _ = writeln!(text, "{kind} \"{lane}\" as {name}");
    }
    let mut open = vec![0_usize; names.len()];
    for Row { at, what, .. } in rows(picture) {
        let note = |label: &str| escaped_lines(&format!("{at} {label}"));
        match what {
            RowKind::Arrow { from, to, end, label } => {
                let arrow = match end {
                    ArrowEnd::Arrives => "->",
                    ArrowEnd::Lost => "->x",
                    ArrowEnd::UnderWay => "-->>",
                };
                let label = escaped(&format!("{at} {label}"));
                let _ = writeln!(text, "{} {arrow} {} : {label}", names[from], names[to]);
            }
            RowKind::Point { lane, label } => {
                let _ = writeln!(text, "note over {} : {}", names[lane], note(&label));
            }
            RowKind::Begins { lane, label, is_write } => {
                open[lane] += 1;
                let _ = writeln!(text, "activate {}", names[lane]);
                // A write says its name at its end.
                if !is_write {
                    let _ = writeln!(text, "note over {} : {}", names[lane], note(&label));
                }
            }
            RowKind::Ends { lane, label, began_inside } => {
                let _ = writeln!(text, "note over {} : {}", names[lane], note(&label));
                if began_inside {
                    open[lane] -= 1;
                    let _ = writeln!(text, "deactivate {}", names[lane]);
                }
            }
            RowKind::Across { first, last, label, is_alarming } => {
                let over = match first == last {
                    true => names[first].clone(),
                    false => format!("{}, {}", names[first], names[last]),
                };
                let colour = if is_alarming { " #FFD9D4" } else { " #FFF0C2" };
                let _ = writeln!(text, "note over {over}{colour} : {}", note(&label));
            }
        }
    }
    for (name, open) in names.iter().zip(open) {
        for _ in 0..open {
            let _ = writeln!(text, "deactivate {name}");
        }
    }
    text.push_str("@enduml\n");
    text
}

fn name(lane: LaneId) -> String {
    match lane {
        LaneId::Node(node) => format!("n{node}"),
        LaneId::Client(client) => format!("c{client}"),
    }
}

fn escaped_lines(text: &str) -> String {
    let lines = wrapped(text, NOTE);
    let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    lines.join("\\n")
}

/// The text with a character code for each character that PlantUML could take for syntax: marks of
/// its text style where two meet, and those of its preprocessor everywhere.
pub(super) fn escaped(text: &str) -> String {
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
