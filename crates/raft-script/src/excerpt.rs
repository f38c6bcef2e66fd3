//! A place in a text from outside, shown so that nothing in it can steer a terminal.

use std::fmt;

/// How much of a long line is shown on either side of the place.
const MARGIN: usize = 60;

/// The part of a line around a place, to be shown with a caret under the place.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Excerpt {
    source: String,
    /// How many characters of `source` stand before the place.
    caret: usize,
    /// How many characters the place covers.
    width: usize,
}

impl Excerpt {
    /// The text around the bytes `start..end` of a line.
    ///
    /// # Panics
    /// If the two are not the bounds of characters.
    pub fn new(line: &str, (start, end): (usize, usize)) -> Self {
        let before = line[..start].chars().count();
        let width = line[start..end].chars().count();
        let skipped = before.saturating_sub(MARGIN);
        let shown = (before - skipped) + width.min(MARGIN) + MARGIN;
        let source = line.chars().skip(skipped).take(shown).map(visible).collect();
        Self { source, caret: before - skipped, width: width.clamp(1, MARGIN) }
    }

    /// Three lines below an error, the first of which names the line; nothing for an empty excerpt.
    pub fn below(&self, line: usize) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            if self.source.is_empty() {
                return Ok(());
            }
            let number = line.to_string();
            let blank = " ".repeat(number.len());
            // Repeating the tabs keeps the caret under its place whatever a tab's width is.
            let before = self.source.chars().take(self.caret);
            let indent: String = before.map(|c| if c == '\t' { c } else { ' ' }).collect();
            let (source, caret) = (self.source.trim_end(), "^".repeat(self.width));
            write!(f, "\n{blank} |\n{number} | {source}\n{blank} | {indent}{caret}")
        })
    }
}

/// What a terminal can print in the width of one character. Tabs stay: the caret's line repeats
/// them.
pub fn visible(c: char) -> char {
    if c != '\t' && c != ' ' && is_invisible(c) { '\u{fffd}' } else { c }
}

/// Whether a character cannot be seen, or turns the direction of the text around it.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{feff}' | '\u{200b}'..='\u{200f}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}
