//! The rows that a long list must render.

use std::ops::Range;

/// The rows rendered above and below the visible ones, so that scrolling shows no gap.
const OVERSCAN: usize = 6;

/// The rows to render, of `total` rows of `row_height`, when `height` pixels are visible from
/// `scroll_top` on.
pub(crate) fn visible_rows(
    total: usize,
    row_height: f64,
    scroll_top: f64,
    height: f64,
) -> Range<usize> {
    let first = (scroll_top.max(0.0) / row_height).floor() as usize;
    let count = (height.max(0.0) / row_height).ceil() as usize + 1;
    // The list may have become shorter since it was scrolled.
    let first = first.min(total.saturating_sub(count));
    first.saturating_sub(OVERSCAN)..(first + count + OVERSCAN).min(total)
}

/// Whether the list is scrolled to its end, within a row: then it follows added rows.
pub(crate) fn is_at_end(scroll_top: f64, height: f64, content: f64, row_height: f64) -> bool {
    scroll_top + height >= content - row_height
}

#[cfg(test)]
mod tests;
