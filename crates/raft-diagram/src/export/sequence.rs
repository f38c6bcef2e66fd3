//! The formats of Mermaid and PlantUML: the same lines, in other words.

use std::fmt::{self, Write as _};

use super::Picture;
use super::rows::{ArrowEnd, Row, RowKind, rows, wrapped};
use crate::lane::LaneId;

/// The words of a format.
pub(super) struct Syntax {
    /// The lines before everything else.
    pub(super) header: &'static str,
    /// The lines after everything else.
    pub(super) footer: &'static str,
    /// Before each line.
    pub(super) indent: &'static str,
    /// The line of a lane, from its kind, its name in the other lines, and its words.
    pub(super) declared: fn(&str, &str, LaneId) -> String,
    /// An arrow, between the names of two lanes.
    pub(super) arrow: fn(ArrowEnd) -> &'static str,
    /// Before the names of the lanes of a note.
    pub(super) note: &'static str,
    /// Between these names.
    pub(super) and: &'static str,
    /// Before a label.
    pub(super) colon: &'static str,
    pub(super) fault: NoteMark,
    pub(super) alarm: NoteMark,
    /// The width of a note, in characters.
    pub(super) note_width: usize,
    /// Between the lines of a note.
    pub(super) line_break: &'static str,
    /// The text with a code for each character that could be taken for syntax.
    pub(super) escaped: fn(&str) -> String,
}

/// What makes a note across lanes stand out.
pub(super) struct NoteMark {
    /// After the names of the lanes.
    pub(super) colour: &'static str,
    /// Before the words.
    pub(super) sign: &'static str,
}

/// The picture in the words of a format.
pub(super) fn sequence(picture: &Picture<'_>, syntax: &Syntax) -> String {
    let names: Vec<String> = picture.lanes.iter().map(|lane| name(*lane)).collect();
    let mut writer = Writer { syntax, text: syntax.header.to_owned() };
    for (lane, name) in picture.lanes.iter().zip(&names) {
        let kind = match lane {
            LaneId::Node(_) => "participant",
            LaneId::Client(_) => "actor",
        };
        writer.line(format_args!("{}", (syntax.declared)(kind, name, *lane)));
    }
    // How many bars of each lane are open: each must be closed.
    let mut open = vec![0_usize; names.len()];
    for Row { at, what, .. } in rows(picture) {
        match what {
            RowKind::Arrow { from, to, end, label } => {
                let (from, to, arrow) = (&names[from], &names[to], (syntax.arrow)(end));
                let label = (syntax.escaped)(&format!("{at} {label}"));
                writer.line(format_args!("{from}{arrow}{to}{}{label}", syntax.colon));
            }
            RowKind::Point { lane, label } => {
                writer.note(&names[lane], &format!("{at} {label}"));
            }
            RowKind::Begins { lane, label, is_write } => {
                open[lane] += 1;
                writer.line(format_args!("activate {}", names[lane]));
                // A write says its name at its end.
                if !is_write {
                    writer.note(&names[lane], &format!("{at} {label}"));
                }
            }
            RowKind::Ends { lane, label, began_inside } => {
                writer.note(&names[lane], &format!("{at} {label}"));
                if began_inside {
                    open[lane] -= 1;
                    writer.close(&names[lane]);
                }
            }
            RowKind::Across { first, last, label, is_alarming } => {
                let NoteMark { colour, sign } =
                    if is_alarming { &syntax.alarm } else { &syntax.fault };
                let over = match first == last {
                    true => format!("{}{colour}", names[first]),
                    false => format!("{}{}{}{colour}", names[first], syntax.and, names[last]),
                };
                writer.note(&over, &format!("{at} {sign}{label}"));
            }
        }
    }
    for (name, open) in names.iter().zip(open) {
        (0..open).for_each(|_| writer.close(name));
    }
    writer.text.push_str(syntax.footer);
    writer.text
}

struct Writer<'a> {
    syntax: &'a Syntax,
    text: String,
}

impl Writer<'_> {
    fn line(&mut self, line: fmt::Arguments<'_>) {
        let _ = writeln!(self.text, "{}{line}", self.syntax.indent);
    }

    fn note(&mut self, over: &str, label: &str) {
        let Syntax { note, colon, note_width, line_break, escaped, .. } = self.syntax;
        let lines = wrapped(label, *note_width);
        let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
        self.line(format_args!("{note}{over}{colon}{}", lines.join(line_break)));
    }

    /// Ends the last bar of a lane that is open.
    fn close(&mut self, name: &str) {
        self.line(format_args!("deactivate {name}"));
    }
}

fn name(lane: LaneId) -> String {
    match lane {
        LaneId::Node(node) => format!("n{node}"),
        LaneId::Client(client) => format!("c{client}"),
    }
}
