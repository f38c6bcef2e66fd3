//! The colour class of a term. The colours are in `styles/tokens.css`.

use raft_lab::Term;

/// The number of colours before they repeat. Consecutive terms are far apart on the colour wheel;
/// red is for violations only.
pub(crate) const TERM_COLOURS: u64 = 8;

/// The class that gives an element a term's colours; term 0, before the first election, has none.
pub(crate) fn term_class(term: Term) -> &'static str {
    const CLASSES: [&str; TERM_COLOURS as usize] =
        ["term-1", "term-2", "term-3", "term-4", "term-5", "term-6", "term-7", "term-8"];
    match term.0.checked_sub(1) {
        None => "term-0",
        Some(place) => CLASSES[(place % TERM_COLOURS) as usize],
    }
}

#[cfg(test)]
mod tests;
