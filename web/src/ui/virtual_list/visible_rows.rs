//! The arithmetic of a long list of which only the visible rows exist.

use std::ops::Range;

/// Rows that exist above and below what is visible, so that scrolling shows no gap.
const OVERSCAN: usize = 6;

/// The rows that must exist, of `total` rows of `row_height`, when `height` pixels are visible from
/// `scroll_top` on.
pub(crate) fn visible_rows(
    total: usize,
    row_height: f64,
    scroll_top: f64,
    height: f64,
) -> Range<usize> {
    let first = (scroll_top.max(0.0) / row_height).floor() as usize;
    let count = (height.max(0.0) / row_height).ceil() as usize + 1;
    // Rows may have gone since the list was scrolled.
    let first = first.min(total.saturating_sub(count));
    first.saturating_sub(OVERSCAN)..(first + count + OVERSCAN).min(total)
}

/// Whether the list is scrolled to its end, give or take a row: then it follows what is added.
pub(crate) fn is_at_end(scroll_top: f64, height: f64, content: f64, row_height: f64) -> bool {
    scroll_top + height >= content - row_height
}

#[cfg(test)]
mod tests;
