use std::time::Duration;

use raft_sim::Setup;

use super::MomentPicture;
use crate::Lab;

/// A lab in which something was written.
fn written(lines: &[&str]) -> Lab {
    let mut lab = Lab::scratch(Setup::default()).expect("a set-up");
    lab.set_speed(f64::INFINITY);
    for line in lines {
        lab.exec(line);
        while lab.pacing().running {
            lab.tick(Duration::from_millis(16), Duration::from_millis(8));
        }
    }
    lab
}

/// How often a text is in another one.
fn count(svg: &str, part: &str) -> usize {
    svg.matches(part).count()
}

#[test]
fn the_ring_has_each_node_each_link_and_each_message() {
    let lab = written(&["run until leader", "run 31ms", "crash 5", "cut 1 -> 2"]);
    let view = lab.frame().view;
    let svg = MomentPicture::Ring.svg(&view);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert_eq!(count(&svg, "<line "), 10);
    assert_eq!(count(&svg, "stroke-dasharray:4 5"), 1, "a link that is cut");
    assert_eq!(count(&svg, "<title>"), 1 + view.messages.len());
    assert_eq!(count(&svg, "<polygon "), 1, "the leader");
    assert!(svg.contains(">crashed</text>") || svg.contains(">down</text>"), "{svg}");
}

#[test]
fn the_logs_have_each_entry_and_no_markup_of_a_value() {
    let lab = written(&["run until leader", "set x=\"1<2&3\"", "run 1s"]);
    let view = lab.frame().view;
    let svg = MomentPicture::Logs.svg(&view);
    let entries: usize = view.logs.nodes.iter().map(|log| log.entries.len()).sum();
    assert!(entries >= 10, "{entries}");
    // One more is the background.
    assert_eq!(count(&svg, "<rect "), entries + 1);
    assert!(svg.contains("x=1&lt;2&amp;3") && !svg.contains("1<2"), "{svg}");
    assert_eq!(
        count(&svg, "✓"),
        view.logs.nodes.iter().map(|log| log.last_applied.0).sum::<u64>() as usize
    );
}
