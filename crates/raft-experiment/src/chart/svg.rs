//! A chart as SVG. Only presentation attributes are used: a page with a strict content security
//! policy shows them, and a file has no style that could leak into a page.

use std::fmt::Write as _;

use super::axis::number;
use super::{Chart, ChartCurve};

const WIDTH: usize = 640;
/// The room of the curves: left, top, right, bottom.
const LEFT: f64 = 76.0;
const TOP: f64 = 34.0;
const RIGHT: f64 = 612.0;
const BOTTOM: f64 = 300.0;
/// The height of a line of the legend, and the width of one of its three columns.
const LEGEND_LINE: usize = 20;
const LEGEND_COLUMNS: usize = 3;

/// Colours with a contrast of at least 3 on white and on the page's dark ground, unless the page
/// gives others.
const COLOURS: [&str; Chart::MAX_CURVES] =
    ["#3b82c4", "#c2571a", "#2f9068", "#a45fc0", "#8a7a1f", "#7d7f86"];
/// The dashes of the curves, so that colours alone do not tell them apart.
const DASHES: [&str; Chart::MAX_CURVES] = ["none", "7 3", "2 3", "9 3 2 3", "4 2", "14 4"];

pub(super) fn draw_all(charts: &[Chart]) -> String {
    let [chart] = charts else {
        let total: usize = charts.iter().map(height).sum();
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {total}\" \
             width=\"{WIDTH}\" height=\"{total}\">\n"
        );
        let mut y = 0;
        for chart in charts {
            let _ = write!(out, "<g transform=\"translate(0 {y})\">\n{}</g>\n", draw(chart));
            y += height(chart);
        }
        return out + "</svg>\n";
    };
    draw(chart)
}

fn height(chart: &Chart) -> usize {
    BOTTOM as usize + 52 + chart.curves.len().div_ceil(LEGEND_COLUMNS) * LEGEND_LINE
}

pub(super) fn draw(chart: &Chart) -> String {
    let height = height(chart);
    let title = escaped(&chart.title);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"helios-chart\" \
         viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\" \
         aria-label=\"{title}\" color=\"var(--ink, #767c85)\" fill=\"currentColor\" \
         font-family=\"ui-sans-serif,system-ui,sans-serif\" font-size=\"12\">\n\
         <title>{title}</title>\n<desc>{}</desc>\n",
        escaped(&description(chart))
    );
    let _ = writeln!(
        out,
        "<text x=\"{LEFT}\" y=\"18\" font-size=\"13\" font-weight=\"600\">{title}</text>"
    );
    draw_axes(chart, &mut out);
    for (place, curve) in chart.curves.iter().enumerate() {
        draw_curve(chart, curve, place, &mut out);
    }
    draw_legend(chart, &mut out);
    out.push_str("</svg>\n");
    out
}

/// The chart in words, for readers that do not see it.
fn description(chart: &Chart) -> String {
    let names: Vec<&str> = chart.curves.iter().map(|curve| curve.name.as_str()).collect();
    format!("{} against {}; curves: {}", chart.y.title(), chart.x.title(), names.join(", "))
}

fn x_of(chart: &Chart, value: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * chart.x.place(value)
}

fn y_of(chart: &Chart, value: f64) -> f64 {
    BOTTOM - (BOTTOM - TOP) * chart.y.place(value)
}

fn draw_axes(chart: &Chart, out: &mut String) {
    for tick in chart.y.ticks(5) {
        let (y, text_y, left, text) =
            (y_of(chart, tick), y_of(chart, tick) + 4.0, LEFT - 8.0, number(tick));
        let _ = writeln!(
            out,
            "<path d=\"M{LEFT} {y:.1}H{RIGHT}\" stroke=\"currentColor\" stroke-opacity=\".2\"/>\
             <text x=\"{left}\" y=\"{text_y:.1}\" text-anchor=\"end\">{text}</text>"
        );
    }
    for tick in chart.x.ticks(10) {
        let (x, text_y, text) = (x_of(chart, tick), BOTTOM + 17.0, number(tick));
        let _ = writeln!(
            out,
            "<path d=\"M{x:.1} {TOP}V{BOTTOM}\" stroke=\"currentColor\" stroke-opacity=\".12\"/>\
             <text x=\"{x:.1}\" y=\"{text_y}\" text-anchor=\"middle\">{text}</text>"
        );
    }
    let (middle, below) = ((LEFT + RIGHT) / 2.0, BOTTOM + 36.0);
    let (x, y) = (escaped(&chart.x.title()), escaped(&chart.y.title()));
    let half = (TOP + BOTTOM) / 2.0;
    let _ = writeln!(
        out,
        "<path d=\"M{LEFT} {TOP}V{BOTTOM}H{RIGHT}\" fill=\"none\" stroke=\"currentColor\"/>\n\
         <text x=\"{middle}\" y=\"{below}\" text-anchor=\"middle\">{x}</text>\n\
         <text transform=\"translate(16 {half}) rotate(-90)\" text-anchor=\"middle\">{y}</text>"
    );
}

fn draw_curve(chart: &Chart, curve: &ChartCurve, place: usize, out: &mut String) {
    let mut path = String::new();
    for (place, (x, y)) in curve.points.iter().enumerate() {
        let (x, y) = (x_of(chart, *x), y_of(chart, *y));
        let _ = match (place, curve.is_stepped) {
            (0, _) => write!(path, "M{x:.1} {y:.1}"),
            (_, true) => write!(path, "H{x:.1}V{y:.1}"),
            (_, false) => write!(path, "L{x:.1} {y:.1}"),
        };
    }
    if curve.is_stepped && !path.is_empty() {
        let _ = write!(path, "H{RIGHT}");
    }
    let (stroke, name) = (stroke(place), escaped(&curve.name));
    let _ = writeln!(out, "<path d=\"{path}\" fill=\"none\" {stroke}><title>{name}</title></path>");
    if !curve.is_stepped {
        let colour = colour(place);
        for (x, y) in &curve.points {
            let (x, y) = (x_of(chart, *x), y_of(chart, *y));
            let _ =
                writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
        }
    }
}

fn draw_legend(chart: &Chart, out: &mut String) {
    let width = (RIGHT as usize - LEFT as usize) / LEGEND_COLUMNS;
    for (place, curve) in chart.curves.iter().enumerate() {
        let x = LEFT as usize + width * (place % LEGEND_COLUMNS);
        let y = BOTTOM as usize + 56 + LEGEND_LINE * (place / LEGEND_COLUMNS);
        let (line, text, text_y, stroke) = (x + 26, x + 32, y + 4, stroke(place));
        let name = escaped(&curve.name);
        let _ = writeln!(
            out,
            "<path d=\"M{x} {y}H{line}\" {stroke}/><text x=\"{text}\" y=\"{text_y}\">{name}</text>"
        );
    }
}

fn stroke(place: usize) -> String {
    let (colour, dashes) = (colour(place), DASHES[place % DASHES.len()]);
    format!("stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"")
}

fn colour(place: usize) -> String {
    let place = place % COLOURS.len();
    format!("var(--chart-{}, {})", place + 1, COLOURS[place])
}

/// The text as XML.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Characters that XML does not allow.
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}
