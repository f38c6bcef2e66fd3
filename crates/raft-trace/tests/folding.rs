//! The states that are rebuilt from a trace alone are those of the cores, after every step.

use std::fs;
use std::path::{Path, PathBuf};

use raft_core::LogIndex;
use raft_script::{Session, Started, Stepped};
use raft_sim::NodeState;
use raft_trace::{RecordedRun, TraceSource, TraceState, judge, read_trace, write_trace};

fn scripts() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = fs::read_dir(here.join("../../scenarios")).expect("a folder").flatten();
    let files = folder.map(|file| file.path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|end| end == "helios")).collect();
    files.sort();
    let mut some: Vec<_> = files.into_iter().step_by(3).collect();
    some.push(here.join("tests/sample.helios"));
    some
}

fn recorded(session: &Session) -> RecordedRun {
    let mut text = Vec::new();
    write_trace(session, &mut text).expect("memory takes everything");
    read_trace(&text, None).expect("it is a trace")
}

#[test]
fn states_are_rebuilt_after_every_step() {
    let mut found = Vec::new();
    for file in scripts() {
        let text = fs::read_to_string(&file).expect("it can be read");
        let script = raft_script::parse(&text).expect("a script");
        let report = raft_script::run(&script, &mut |_| {});
        let Some(end) = report.session else { continue };
        let run = recorded(&end);
        assert_eq!(run.source, TraceSource::Helios);
        let verdict = judge(&run);
        let is_unsafe = end.checks().violation().is_some() || text.contains("bugs=");
        if !is_unsafe && let Some(broken) = verdict.broken {
            found.push((file.clone(), broken.line, broken.sentence.to_string()));
        }
        follow(&file, &script, &run);
    }
    assert!(found.is_empty(), "what is right is called wrong: {found:#?}");
}

/// Runs the script step by step, and compares.
fn follow(file: &Path, script: &raft_script::Script, run: &RecordedRun) {
    let (mut session, lines) = Session::open(script).expect("it could be opened before");
    let mut state = TraceState::beginning(run);
    let mut taken = 0;
    let mut compare = |session: &Session| {
        let count = session.world().event_count() as usize;
        run.steps.iter().take(count).skip(taken).for_each(|step| state.take(step));
        taken = count.min(run.steps.len());
        compare_all(file, session, &state);
    };
    compare(&session);
    for line in lines {
        let mut waits = match session.start(&line.statement) {
            Ok(Started::Waiting) => true,
            Ok(Started::Done(_)) | Err(_) => false,
        };
        compare(&session);
        while waits && session.checks().violation().is_none() {
            waits = matches!(session.step(), Stepped::Event);
            compare(&session);
        }
    }
}

fn compare_all(file: &Path, session: &Session, state: &TraceState) {
    let world = session.world();
    for node in world.nodes() {
        let id = node.id();
        let Some(seen) = state.node(id) else { panic!("{}: no node {id}", file.display()) };
        let at = format!("{} at event {}: node {id}", file.display(), world.event_count());
        let Some(core) = node.core() else {
            assert!(!seen.is_up, "{at} is down");
            continue;
        };
        assert!(matches!(node.state(), NodeState::Running | NodeState::Paused), "{at}");
        assert!(seen.is_up, "{at} is up");
        assert_eq!(seen.role, Some(core.role()), "{at}");
        assert_eq!(seen.term, core.current_term(), "{at}");
        assert_eq!(seen.voted_for, core.voted_for(), "{at}");
        assert_eq!(seen.commit_index, core.commit_index(), "{at}");
        assert_eq!(seen.last_applied, core.last_applied(), "{at}");
        assert_eq!(seen.log.base, core.log().base(), "{at}");
        assert_eq!(seen.log.last(), core.log().last(), "{at}");
        assert!(
            seen.log.entries_from(LogIndex(0)).eq(core.log().iter_from(core.log().first_index())),
            "{at}"
        );
    }
    let (under_way, expected) = (state.under_way().len(), world.in_flight().count());
    assert_eq!(under_way, expected, "{}: at event {}", file.display(), world.event_count());
}

/// What a planted bug breaks in the world, it breaks in the trace too, if a trace can show it.
#[cfg(feature = "bugs")]
#[test]
fn a_broken_property_is_seen_in_the_trace_alone() {
    use raft_check::RecordedChecks;

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/bugs");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").flatten().map(|file| file.path()).collect();
    files.sort();
    let (mut seen, mut unseen) = (Vec::new(), Vec::new());
    for file in files {
        let text = fs::read_to_string(&file).expect("it can be read");
        let Ok(script) = raft_script::parse(&text) else { continue };
        let Some(session) = raft_script::run(&script, &mut |_| {}).session else { continue };
        let Some(violation) = session.checks().violation() else { continue };
        let name = violation.property.name;
        if RecordedChecks::PROPERTIES.iter().any(|property| property.name == name) {
            let broken = judge(&recorded(&session)).broken;
            let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let list = if broken.is_some() { &mut seen } else { &mut unseen };
            list.push(format!("{stem}: {name}"));
        }
    }
    // The others show on disks only, or in what a core does not tell.
    assert!(seen.len() >= 6, "{seen:#?}\n{unseen:#?}");
}
