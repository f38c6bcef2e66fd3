//! The diagrams of the scripts in `diagrams` are those beside them, in every format, and the
//! diagrams of drawn runs can be exported. `UPDATE_GOLDENFILES=1` writes the files again.

use std::fs;
use std::path::Path;

use raft_core::Instant;
use raft_diagram::{
    Diagram, DiagramFilter, DiagramFormat, ExportError, ItemKind, OperationsVerdict, Selection,
};
use raft_fuzz::{Plan, Profile, SeedRun};
use raft_script::Script;
use raft_sim::{EventNumber, Words};

/// The diagram of a script's run.
fn diagram_of(script: &Script) -> Diagram {
    let mut diagram = Diagram::new();
    let report = raft_script::run(script, &mut |event| {
        diagram.observe(event).expect("the run is short enough");
    });
    if let Some(failure) = &report.failure {
        diagram.conclude(Words::from(format!("line {}: {}", failure.line, failure.error)));
    }
    diagram
}

fn diagram_of_text(text: &str) -> Diagram {
    diagram_of(&raft_script::parse(text).unwrap_or_else(|error| panic!("{error}")))
}

fn whole(diagram: &Diagram, filter: DiagramFilter) -> Selection {
    let (from, until) = (Instant(0), Instant(u64::MAX));
    let verdict = Some(diagram.judge_operations(until, &mut || true));
    Selection { from, until, filter, verdict }
}

fn suffix(format: DiagramFormat) -> &'static str {
    match format {
        DiagramFormat::Svg => "svg",
        DiagramFormat::Mermaid => "mmd",
        DiagramFormat::PlantUml => "puml",
        DiagramFormat::Text => "txt",
    }
}

fn is_as_beside(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("diagrams");
    let script = fs::read_to_string(folder.join(format!("{name}.helios"))).expect("the script");
    let diagram = diagram_of_text(&script);
    let selection = whole(&diagram, DiagramFilter::default());
    for format in DiagramFormat::ALL {
        let path = folder.join(format!("{name}.{}", suffix(format)));
        let exported = diagram.export(format, &selection).expect("it is short enough");
        if std::env::var_os("UPDATE_GOLDENFILES").is_some() {
            fs::write(&path, &exported).expect("it can be written");
        }
        let expected = fs::read_to_string(&path).expect("UPDATE_GOLDENFILES=1 writes it");
        let differs = expected.lines().zip(exported.lines()).find(|(old, new)| old != new);
        assert!(expected == exported, "{name}, {format:?}: {differs:?}");
    }
}

#[test]
fn the_diagram_of_a_partition() {
    is_as_beside("partition");
}

#[test]
fn the_diagram_of_a_lost_write() {
    is_as_beside("lost-write");
}

#[test]
fn the_lost_write_and_the_read_that_misses_it_are_marked() {
    let script = include_str!("../diagrams/lost-write.helios");
    let diagram = diagram_of_text(script);
    let verdict = diagram.judge_operations(Instant(u64::MAX), &mut || true);
    let OperationsVerdict::Contradiction(found) = verdict else { panic!("{verdict:?}") };
    let words = |event: &EventNumber| diagram.item_of(*event).expect("it").words().to_string();
    let marked: Vec<String> = found.operations.iter().map(words).collect();
    assert_eq!(marked, ["client 1: set x=1 → done", "client 2: get x → no value"]);
    let words = found.sentence.to_string();
    assert!(words.starts_with("client 2: get x → no value is impossible: "), "{words}");
}

/// The diagram of what happened for the operation of a client.
fn followed(script: &str, client: u64) -> String {
    let diagram = diagram_of_text(script);
    let is_its = |kind: &ItemKind| match kind {
        ItemKind::Operation(operation) => operation.client.0 == client,
        ItemKind::Message(_)
        | ItemKind::Exchange(_)
        | ItemKind::Write(_)
        | ItemKind::Point(_)
        | ItemKind::Fault(_) => false,
    };
    let operation = diagram.items().iter().find(|item| is_its(&item.kind)).expect("it");
    let events = diagram.operation_events(operation.began.event);
    assert!(events.is_some(), "an operation has events");
    let selection = whole(&diagram, DiagramFilter { events, ..DiagramFilter::default() });
    diagram.export(DiagramFormat::Text, &selection).expect("it is short")
}

/// One operation of three at once, with the way of its own entry: the leader is busy, so the entry
/// waits for the answer to another message.
#[test]
fn an_operation_is_followed_through_requests_entries_and_writes() {
    let text = followed(
        "cluster nodes=3 seed=1\nrun until leader\nset x=1 via=leader\n\
         set y=2 via=leader client=2\nset z=3 via=leader client=3\nrun 2s\n",
        2,
    );
    for (part, count) in [
        ("set y=2", 2),
        ("request, sent", 1),
        ("appends an entry at ", 1),
        ("AppendEntries term 1, ", 2),
        ("on disk", 3),
        ("AppendEntriesReply term 1, match ", 2),
        ("commits entr", 1),
        ("applies entr", 3),
        ("reply: done, by entry", 1),
        ("set y=2 → done", 1),
        ("set x=1", 0),
        ("RequestVote", 0),
        ("heartbeat", 0),
    ] {
        assert_eq!(text.matches(part).count(), count, "{part}: {text}");
    }
}

/// The answer to the message with its entry lets the leader send the next entry, of another client.
#[test]
fn an_operation_does_not_lead_to_the_next_one() {
    let text = followed(
        "cluster nodes=3 seed=1 batch=1 window=1\nrun until leader\nrun 100ms\n\
         set x=1 via=leader\nset y=2 via=leader client=2\nrun 2s\n",
        1,
    );
    assert_eq!(text.matches("AppendEntries term 1, 1 entry").count(), 2, "{text}");
    assert!(text.contains("set x=1 → done"), "{text}");
}

/// A read at a follower has no entry. Its answer has a chain of causes over the heartbeats.
#[test]
fn a_read_without_an_entry_is_followed_too() {
    let text = followed(
        "cluster nodes=3 seed=1\nrun until leader\nrun 100ms\nget x via=3 read=quorum\nrun 1s\n",
        1,
    );
    for part in ["request, sent", "ReadIndex term", "heartbeat, commit 1", "ReadIndexReply term"] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
    assert!(text.contains("get x → no value") && text.lines().count() < 25, "{text}");
}

/// Every item has its place: the event that began it leads to it, its cause is before it, and its
/// end is not before its beginning. Each part of the diagram can be exported, or is too large.
fn can_be_exported(name: &str, diagram: &Diagram) {
    for item in diagram.items() {
        let began = item.began.event;
        let found = diagram.item_of(began).map(|item| item.began.event);
        let ends_earlier = |found: &EventNumber| *found < began;
        assert!(found == Some(began) || found.is_some_and(|found| ends_earlier(&found)), "{name}");
        assert!(item.cause.is_none_or(|cause| cause < began), "{name}: {item:?}");
        assert!(item.ended.is_none_or(|ended| ended.event >= began), "{name}: {item:?}");
    }
    let (first, last) = diagram.event_range().expect("a run has events");
    let end = diagram.point_of(last).expect("it is the last event").at;
    let noisy = DiagramFilter { noise: true, ..DiagramFilter::default() };
    let middle = EventNumber::new(first.get().midpoint(last.get())).expect("not 0");
    let past = DiagramFilter { events: Some(diagram.past_of(last)), ..noisy.clone() };
    let future = DiagramFilter { events: Some(diagram.future_of(middle)), ..noisy.clone() };
    for filter in [DiagramFilter::default(), noisy, past, future] {
        for (from, until) in [(0, u64::MAX), (0, end.0 / 8), (end.0 / 2, end.0 / 2 + 100_000)] {
            let (from, until) = (Instant(from), Instant(until));
            let selection = Selection { from, until, filter: filter.clone(), verdict: None };
            for format in DiagramFormat::ALL {
                match diagram.export(format, &selection) {
                    Ok(text) => is_balanced(name, format, &text),
                    Err(
                        ExportError::Nothing
                        | ExportError::TooManyItems { .. }
                        | ExportError::TooLong { .. },
                    ) => {}
                }
            }
        }
    }
}

/// Every bar that is opened is closed, and none that is not open.
fn is_balanced(name: &str, format: DiagramFormat, text: &str) {
    assert!(!text.contains(['\t', '\r']), "{name}");
    let (opens, closes) = match format {
        DiagramFormat::Svg => ("<g ", "</g>"),
        DiagramFormat::Mermaid | DiagramFormat::PlantUml => ("activate ", "deactivate "),
        DiagramFormat::Text => return,
    };
    let mut open = 0_usize;
    for line in text.lines().map(str::trim_start) {
        open += usize::from(line.starts_with(opens));
        if line.contains(closes) {
            assert!(open > 0, "{name}, {format:?}: nothing to close: {line}");
            open -= 1;
        }
    }
    assert_eq!(open, 0, "{name}, {format:?}");
}

#[test]
fn the_diagram_of_any_run_can_be_exported() {
    for profile in Profile::ALL {
        for seed in 1..=4 {
            let mut run = SeedRun::new(&Plan::new(profile, seed));
            run.play();
            can_be_exported(&format!("{profile} {seed}"), &diagram_of(&run.script()));
        }
    }
}
