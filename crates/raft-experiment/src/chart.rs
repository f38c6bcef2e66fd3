//! Charts of curves: one model, drawn as SVG and as text.
//!
//! The SVG is made here and not by a library. Measured for a page as a wasm module that draws one
//! line chart, beyond one that draws nothing (`opt-level = "z"`, fat LTO, without `wasm-opt`):
//! `plotters` 0.3.7 with only its SVG backend has 720 KB (177 KB gzip), `poloto` 19.1.2 has 63 KB
//! (19 KB gzip). The page's whole module has some 880 KB gzip. `plotters` writes its colours as
//! RGB attributes, so a chart cannot follow the colours of the page, and it measures text with
//! fonts that a browser does not use. `poloto` can be styled with CSS, but it has no logarithmic
//! axis, on which the paper's figure is drawn. Neither gives a chart a name for screen readers, or
//! tells curves apart without colour. `charming` needs a JavaScript library, ECharts. Axis, curves
//! and legend are the few hundred lines below.

mod axis;
mod svg;
mod text;

use serde::{Deserialize, Serialize};

pub use self::axis::ChartAxis;

/// A chart: curves over two axes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Chart {
    /// Its name, in words.
    pub title: String,
    /// The horizontal axis.
    pub x: ChartAxis,
    /// The vertical axis.
    pub y: ChartAxis,
    /// The curves, at most [`MAX_CURVES`](Self::MAX_CURVES).
    pub curves: Vec<ChartCurve>,
}

/// One curve of a chart.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ChartCurve {
    /// Its name in the legend.
    pub name: String,
    /// Its points, by ascending `x`.
    pub points: Vec<(f64, f64)>,
    /// Whether it goes from point to point in steps, and not in straight lines.
    pub is_stepped: bool,
}

impl Chart {
    /// The most curves that a chart tells apart.
    pub const MAX_CURVES: usize = 6;

    /// The chart as an SVG picture, for a page or a file. Its colours are CSS variables,
    /// `--chart-1` to `--chart-6` and `--ink`, with values that are legible on light and on dark.
    /// It has no style element and no script. Curves also differ in their dashes.
    pub fn svg(&self) -> String {
        svg::draw(self)
    }

    /// Charts in one SVG picture, below each other.
    pub fn svg_of_all(charts: &[Self]) -> String {
        svg::draw_all(charts)
    }

    /// The chart as lines of text, at most 80 columns wide. Each curve is a letter.
    pub fn text(&self, colour: bool) -> String {
        text::draw(self, colour)
    }
}

impl ChartCurve {
    /// The height at `x`; `None` outside of its points.
    pub(crate) fn height_at(&self, x: f64) -> Option<f64> {
        let place = self.points.partition_point(|(own, _)| *own <= x);
        let (before, height) = *self.points.get(place.checked_sub(1)?)?;
        let Some((after, next)) = self.points.get(place).copied() else {
            return (self.is_stepped || before >= x).then_some(height);
        };
        match self.is_stepped {
            true => Some(height),
            false => Some(height + (next - height) * (x - before) / (after - before)),
        }
    }
}

#[cfg(test)]
mod tests;
