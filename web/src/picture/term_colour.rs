//! Which colour a term has. The colours themselves are in `styles/tokens.css`.

use raft_core::Term;

/// Colours before they repeat. Neighbouring terms are far apart on the colour wheel; none is red,
/// which only violations are.
pub(crate) const TERM_COLOURS: u64 = 8;

/// The class that gives an element the colours of a term; term 0, before the first election, has none.
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
