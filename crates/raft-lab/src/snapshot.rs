//! Pictures of one moment as SVG: the ring of nodes with the messages between them, and the logs.
//! They need no page: each has its own colours, for light and for dark.

mod logs;
mod ring;

use std::fmt::Write as _;

use raft_core::Term;
use raft_diagram::svg_style;

use crate::View;

/// A picture of a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MomentPicture {
    /// The nodes on a ring, the messages between them.
    Ring,
    /// The logs: a row for each index, a column for each node.
    Logs,
}

impl MomentPicture {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Ring, Self::Logs];

    /// Its name, in one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::Logs => "logs",
        }
    }

    /// The picture as SVG. Nothing in a key or a value can be taken for markup.
    pub fn svg(self, view: &View) -> String {
        match self {
            Self::Ring => ring::svg(view),
            Self::Logs => logs::svg(view),
        }
    }
}

/// The beginning of a picture of this size, with its name for those who do not see it.
fn open((width, height): (f64, f64), name: &str) -> String {
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"helios-diagram\" width=\"{width:.0}\" \
         height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n<title>{}\
         </title>\n",
        escaped(name)
    );
    out.push_str(&svg_style());
    let _ = writeln!(out, "<rect class=\"bg\" width=\"{width:.0}\" height=\"{height:.0}\"/>");
    out
}

/// A text. `style` is CSS.
fn text(out: &mut String, (x, y): (f64, f64), style: &str, words: &str) {
    let words = escaped(words);
    let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" style=\"{style}\">{words}</text>");
}

/// The class of a term's colour: eight colours in turn, and one for "no term".
fn colour(term: Term) -> String {
    match term.0 {
        0 => "t0".to_owned(),
        term => format!("t{}", (term - 1) % 8 + 1),
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // XML has no place for others.
            c if c.is_control() => safe.push(char::REPLACEMENT_CHARACTER),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests;
