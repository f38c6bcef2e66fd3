//! The fonts, colours and arrow heads of the picture. The colours are those of the page.

use std::fmt::Write as _;

/// The name of a colour, for light and for dark.
const COLOURS: [(&str, &str, &str); 34] = [
    ("bg", "#fefdfc", "#171a1e"),
    ("ink", "#1c2128", "#eeede9"),
    ("ink-2", "#4b5059", "#b4b8be"),
    ("ink-3", "#646972", "#9499a0"),
    ("line", "#888c94", "#6f757e"),
    ("name", "#dfefff", "#182b42"),
    ("notice", "#f9eac6", "#3b2e14"),
    ("notice-edge", "#cc9c42", "#9e7a31"),
    ("violation", "#bb0916", "#fd736d"),
    ("violation-soft", "#ffe9e7", "#451816"),
    ("good", "#0a693c", "#72d699"),
    ("vote", "#7541b8", "#c79ef7"),
    ("append", "#0064b9", "#66bef9"),
    ("heartbeat", "#377da2", "#7cb4cf"),
    ("snapshot", "#007560", "#66d5ba"),
    ("client", "#48691d", "#a5ce6f"),
    ("t0", "#e8e9ec", "#2b2e32"),
    ("t1", "#b5e2fd", "#0d3d51"),
    ("t2", "#fbe698", "#5e4608"),
    ("t3", "#83d7b0", "#1f6543"),
    ("t4", "#d4aeec", "#523c79"),
    ("t5", "#d2dd8f", "#2e3f06"),
    ("t6", "#8ae8e1", "#01544d"),
    ("t7", "#eba87a", "#7a4c18"),
    ("t8", "#b3c0ff", "#54508f"),
    ("t0-edge", "#8e929a", "#70757c"),
    ("t1-edge", "#247dad", "#5aa8d4"),
    ("t2-edge", "#926e10", "#cfad4e"),
    ("t3-edge", "#1f744f", "#6ecf9a"),
    ("t4-edge", "#7b46a4", "#b490e8"),
    ("t5-edge", "#66741d", "#92aa50"),
    ("t6-edge", "#00736f", "#53bfb6"),
    ("t7-edge", "#925019", "#e8a869"),
    ("t8-edge", "#5255b6", "#a6a8f5"),
];

/// The kinds of arrows, which are the names of their colours.
const ARROWS: [&str; 5] = ["vote", "append", "heartbeat", "snapshot", "client"];

/// The rules, all below the class of the picture: it may be inside of a page.
const RULES: &[(&str, &str)] = &[
    (
        "text",
        "font:11px ui-sans-serif,system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",\
         sans-serif;fill:var(--ink)",
    ),
    (".bg", "fill:var(--bg)"),
    ("rect.name", "fill:var(--name);stroke:var(--line)"),
    ("text.name", "font-weight:600;text-anchor:middle"),
    (".lane", "stroke:var(--line);stroke-width:1"),
    (".tick", "stroke:var(--t0);stroke-width:1"),
    (".time", "fill:var(--ink-3);text-anchor:end;font-variant-numeric:tabular-nums"),
    (".term", "fill:var(--ink-3);text-anchor:end;font-size:10px"),
    (".edge.paused", "fill-opacity:.35;stroke-dasharray:2 2"),
    (".edge.down", "fill:var(--bg);stroke:var(--line);stroke-dasharray:3 3"),
    (".label", "font-size:10px;fill:var(--ink-2)"),
    (".label,.on", "paint-order:stroke;stroke:var(--bg);stroke-width:3px"),
    (".on", "font-size:10px"),
    (".before", "text-anchor:end"),
    (".arrow", "fill:none;stroke-width:1.3"),
    (".arrow.gone,.arrow.open", "stroke-dasharray:5 3"),
    (".write", "fill:var(--good);fill-opacity:.45"),
    (".write.lost", "fill:none;stroke:var(--ink-3);stroke-dasharray:2 2"),
    (".operation", "fill:var(--client);fill-opacity:.35;stroke:var(--client)"),
    (".operation.open", "stroke-dasharray:4 3"),
    (".operation.contradicts", "fill:var(--violation-soft);stroke:var(--violation)"),
    ("text.contradicts", "fill:var(--violation);font-weight:700"),
    ("circle", "stroke:var(--bg);stroke-width:1;fill:var(--ink-3)"),
    ("circle.election", "fill:var(--vote)"),
    ("circle.commit", "fill:var(--good)"),
    ("circle.snapshot", "fill:var(--snapshot)"),
    ("circle.process", "fill:var(--notice-edge)"),
    ("line.fault", "stroke:var(--notice-edge);stroke-width:3"),
    ("line.repair", "stroke:var(--good);stroke-width:2;stroke-dasharray:8 4"),
    ("text.fault,text.repair", "paint-order:stroke;stroke:var(--bg);stroke-width:3px"),
    ("rect.verdict", "fill:var(--violation-soft);stroke:var(--violation)"),
    ("text.verdict", "fill:var(--violation);font-weight:600"),
];

pub(super) fn write(out: &mut String) {
    let variables = |dark: bool| {
        let colour = |(name, light, night): &(&str, &str, &str)| {
            format!("--{name}:{}", if dark { night } else { light })
        };
        COLOURS.iter().map(colour).collect::<Vec<_>>().join(";")
    };
    out.push_str("<style>\n");
    let _ = writeln!(out, ".helios-diagram{{{}}}", variables(false));
    let _ = writeln!(
        out,
        "@media (prefers-color-scheme:dark){{.helios-diagram{{{}}}}}",
        variables(true)
    );
    for (selectors, rule) in RULES {
        let scoped = |selector: &str| format!(".helios-diagram {selector}");
        let scoped: Vec<String> = selectors.split(',').map(scoped).collect();
        let _ = writeln!(out, "{}{{{rule}}}", scoped.join(","));
    }
    for term in 0..=8 {
        let _ = writeln!(
            out,
            ".helios-diagram .t{term}{{fill:var(--t{term});stroke:var(--t{term}-edge)}}"
        );
    }
    for arrow in ARROWS {
        let _ = writeln!(
            out,
            ".helios-diagram .arrow.{arrow}{{stroke:var(--{arrow})}}\
             .helios-diagram .on.{arrow},\
             .helios-diagram marker .{arrow}{{fill:var(--{arrow})}}"
        );
    }
    out.push_str("</style>\n<defs>");
    for arrow in ARROWS {
        let _ = write!(
            out,
            "<marker id=\"helios-{arrow}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" \
             markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path class=\"{arrow}\" \
             d=\"M0 0 8 4 0 8z\"/></marker>"
        );
    }
    out.push_str("</defs>\n");
}
