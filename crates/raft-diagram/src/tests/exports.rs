//! Exports: bounds, clipping and escapes. Whole texts are in `tests/diagrams`.

use proptest::prelude::*;
use raft_sim::Words;

use super::*;
use crate::{DiagramFilter, DiagramFormat, ExportError, Selection};

fn selection(from: u64, until: u64) -> Selection {
    let (from, until) = (Instant(from * 1000), Instant(until * 1000));
    Selection { from, until, filter: DiagramFilter::default(), verdict: None }
}

fn exported(story: &Story, format: DiagramFormat, from: u64, until: u64) -> String {
    story.diagram.export(format, &selection(from, until)).expect("it can be exported")
}

#[test]
fn nothing_to_draw_is_an_error() {
    let mut story = Story::default();
    story.process(0, 1, ProcessEvent::Started);
    for format in DiagramFormat::ALL {
        let nothing = story.diagram.export(format, &selection(5, 9));
        assert_eq!(nothing, Err(ExportError::Nothing));
    }
}

#[test]
fn too_much_to_draw_is_an_error_that_says_what_to_do() {
    for format in DiagramFormat::ALL {
        let mut story = Story::default();
        let most = format.most_items();
        for _ in 0..most {
            story.process(0, 1, ProcessEvent::Resumed);
        }
        let all = selection(0, u64::MAX / 1000);
        let fits = story.diagram.export(format, &all);
        let is_too_long = matches!(fits, Err(ExportError::TooLong { .. }));
        assert!(fits.is_ok() || is_too_long, "{most} items are allowed");
        story.process(0, 1, ProcessEvent::Resumed);
        let error = story.diagram.export(format, &all).unwrap_err();
        assert_eq!(error, ExportError::TooManyItems { items: most + 1, most });
        assert!(error.to_string().contains("choose a shorter time"), "{error}");
    }
}

#[test]
fn a_text_that_mermaid_would_refuse_is_an_error() {
    let mut story = Story::default();
    let value = "v".repeat(60_000);
    story.invokes(1, set("x", &value));
    let error = story.diagram.export(DiagramFormat::Mermaid, &selection(0, 9)).unwrap_err();
    assert!(matches!(error, ExportError::TooLong { most: 50_000, .. }), "{error}");
    assert!(story.diagram.export(DiagramFormat::Text, &selection(0, 9)).is_ok());
}

#[test]
fn what_lasts_longer_than_the_time_is_cut() {
    let mut story = Story::default();
    let write = story.write(1);
    story.sent(0, 1, heartbeat(0));
    story.process(0, 2, ProcessEvent::Resumed);
    story.disk(write, DiskEvent::WriteDurable { id: PersistId(1) });
    story.delivered(2, 1);
    let begun = exported(&story, DiagramFormat::Mermaid, 0, 3);
    assert!(begun.contains("activate n1\n") && begun.ends_with("deactivate n1\n"), "{begun}");
    assert!(begun.contains("n1--)n2: 2.000ms") && begun.contains("under way"), "{begun}");
    let ended = exported(&story, DiagramFormat::Mermaid, 4, 9);
    assert!(!ended.contains("activate"), "it began before: {ended}");
    assert!(ended.contains("write 1 on disk") && ended.contains("n1->>n2: 5.000ms"), "{ended}");
}

#[test]
fn a_lost_message_ends_in_the_air() {
    let mut story = Story::default();
    story.sent(0, 1, heartbeat(0));
    story.dropped(0, 1, DropReason::Lost);
    let mermaid = exported(&story, DiagramFormat::Mermaid, 0, 9);
    assert!(mermaid.contains("n1-xn2: 2.000ms") && mermaid.contains("packet loss"), "{mermaid}");
    let plantuml = exported(&story, DiagramFormat::PlantUml, 0, 9);
    assert!(plantuml.contains("n1 ->x n2 : 2.000ms"), "{plantuml}");
    let text = exported(&story, DiagramFormat::Text, 0, 9);
    assert!(text.contains("│─────✗     │"), "{text}");
    let svg = exported(&story, DiagramFormat::Svg, 0, 9);
    assert!(svg.contains("gone") && !svg.contains("marker-end"), "{svg}");
}

#[test]
fn the_end_of_a_run_is_drawn_where_it_was() {
    let mut story = Story::default();
    story.process(0, 1, ProcessEvent::Started);
    story.process(0, 1, ProcessEvent::Crashed);
    story.diagram.conclude(Words::from("line 3: it failed"));
    for format in DiagramFormat::ALL {
        assert!(exported(&story, format, 0, 9).contains("it failed"), "{format:?}");
        assert!(!exported(&story, format, 0, 1).contains("it failed"), "{format:?}");
    }
}

/// Lines that Mermaid reads: a keyword or an arrow first, and no syntax in the text after a colon.
fn is_mermaid(text: &str) -> Result<(), String> {
    let mut open = 0_usize;
    for (place, line) in text.lines().enumerate() {
        let wrong = || Err(format!("line {place}: {line}"));
        let line = line.trim_start();
        let (head, label) = line.split_once(": ").unwrap_or((line, ""));
        let is_head = head == "sequenceDiagram" && place == 0
            || ["participant ", "actor ", "Note over ", "activate ", "deactivate "]
                .iter()
                .any(|keyword| head.starts_with(keyword))
            || ["->>", "-x", "--)"].iter().any(|arrow| head.contains(arrow));
        open += usize::from(head.starts_with("activate "));
        if head.starts_with("deactivate ") {
            open = open.checked_sub(1).ok_or_else(|| format!("line {place} closes nothing"))?;
        }
        let without_breaks = label.replace("<br/>", " ");
        let mut rest = without_breaks.as_str();
        while let Some((before, code)) = rest.split_once('#') {
            let code = code.split_once(';').filter(|(c, _)| c.parse::<u32>().is_ok());
            let (Some((_, after)), false) = (code, has_syntax(before)) else { return wrong() };
            rest = after;
        }
        if !is_head || has_syntax(rest) {
            return wrong();
        }
    }
    if open == 0 { Ok(()) } else { Err(format!("{open} bars stay open")) }
}

fn has_syntax(text: &str) -> bool {
    text.contains([';', '#', ':', '<', '>', '%', '{', '}', '"'])
}

proptest! {
    #[test]
    fn no_text_breaks_a_format(key in "\\PC{1,40}", value in "[\\PC\n\t;#:%<>~!'\"/-]{1,60}") {
        let mut story = Story::default();
        let operation = Operation::Set {
            key: key.as_bytes().into(),
            value: value.as_bytes().into(),
        };
        let invoked = story.invokes(1, operation);
        story.answers(1, invoked, found(Some("x")));
        story.diagram.conclude(Words::from(value));
        is_mermaid(&exported(&story, DiagramFormat::Mermaid, 0, 9)).map_err(TestCaseError::fail)?;
        let plantuml = exported(&story, DiagramFormat::PlantUml, 0, 9);
        let labels = plantuml.lines().filter_map(|line| line.split_once(" : "));
        for (_, label) in labels {
            let plain = label.replace("<U+", "").replace("\\n", "");
            let syntax = ['%', '!', '$', '<', '~', '\\', '\'', '"', '#'];
            prop_assert!(!plain.contains(syntax), "{label}");
            prop_assert!(!plain.contains("--") && !plain.contains("//") && !plain.contains("__"));
        }
        let svg = exported(&story, DiagramFormat::Svg, 0, 9);
        prop_assert!(svg.lines().all(|line| !line.contains(['\t', '\r'])));
        let body = svg.split_once("</style>").unwrap().1;
        prop_assert_eq!(body.matches('<').count(), body.matches('>').count());
        let text = exported(&story, DiagramFormat::Text, 0, 9);
        prop_assert_eq!(text.lines().count(), 4, "a line break in a value adds no line");
    }
}
