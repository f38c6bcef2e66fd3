use std::time::Duration;

use raft_sim::Setup;

use super::*;
use crate::{ExecStatus, Lab, ViewWindow};

fn lab() -> Lab {
    Lab::scratch(Setup::default()).expect("the defaults are within their bounds")
}

fn changes(lab: &Lab) -> Rc<ChangesView> {
    lab.frame().lab.changes.clone().expect("the moment before is known")
}

/// Carries out a line, up to its end.
fn finish(lab: &mut Lab, line: &str) {
    let status = lab.exec(line);
    assert!(!matches!(status, ExecStatus::Failed(_)), "{status:?}");
    lab.set_speed(f64::INFINITY);
    while lab.pacing().running {
        lab.tick(Duration::from_millis(16), Duration::from_millis(50));
    }
}

fn words(changes: &ChangesView, node: u64) -> Vec<String> {
    let words = changes.of(NodeId(node)).map(NodeChanges::in_words).unwrap_or_default();
    words.iter().map(Words::to_string).collect()
}

/// The step in which an election timeout elapses changes role, term and vote of one node.
#[test]
fn a_step_changes_what_its_events_say() {
    let mut lab = lab();
    finish(&mut lab, "run until leader");
    let candidate = lab.frame().view.leader.expect("somebody leads");
    while lab
        .frame()
        .view
        .node(candidate)
        .and_then(|n| n.core.as_ref())
        .expect("it runs")
        .current_term
        .0
        > 0
    {
        lab.step_back();
    }
    lab.step();
    let changes = changes(&lab);
    assert!(!changes.is_pinned && changes.nodes.len() == 1, "{changes:?}");
    let term =
        changes.of(candidate).and_then(|node| node.fact("current_term")).expect("it changed");
    assert_eq!((term.before.as_deref(), term.now.as_deref()), (Some("0"), Some("1")));
    let words = words(&changes, candidate.0).join(", ");
    assert!(words.contains("current_term 0 → 1, voted_for none → "), "{words}");
}

/// A moment has the same changes whether the run just reached it, or it is looked at later.
#[test]
fn changes_are_of_the_moment() {
    let mut lab = lab();
    let mut seen = BTreeMap::new();
    let lines =
        ["run until leader", "set x=1", "step 30", "crash leader", "restart all", "step 60"];
    for line in lines {
        lab.exec(line);
        lab.set_running(false);
        loop {
            let moment = lab.session().moment();
            if let Some(changes) = &lab.frame().lab.changes {
                seen.insert(moment, changes.clone());
            }
            if lab.session().goal().is_none() {
                break;
            }
            lab.step();
        }
    }
    assert!(seen.len() > 100, "{}", seen.len());
    assert!(seen.values().filter(|changes| !changes.nodes.is_empty()).count() > 30);
    let end = lab.session().moment();
    while let Some(moment) = lab.session().journal().before(lab.shown_session().moment()) {
        lab.step_back();
        assert_eq!(lab.shown_session().moment(), moment);
        let Some(earlier) = lab.session().journal().before(moment) else { break };
        let changes = changes(&lab);
        assert_eq!(changes.since_steps, earlier.steps);
        if let Some(seen) = seen.get(&moment) {
            assert_eq!(*seen, changes, "{moment:?}");
        }
    }
    lab.return_to_live();
    assert_eq!(changes(&lab), seen[&end]);
}

#[test]
fn while_time_passes_changes_are_told_since_a_pinned_moment_only() {
    let mut lab = lab();
    finish(&mut lab, "run until leader");
    lab.set_running(true);
    assert_eq!(lab.frame().lab.changes, None);
    lab.set_running(false);
    lab.pin();
    assert_eq!(changes(&lab).nodes.len(), 0);
    let pinned = lab.frame().view.now;
    finish(&mut lab, "set x=1");
    finish(&mut lab, "run 1s");
    lab.set_running(true);
    let since = changes(&lab);
    assert!(since.is_pinned && since.since == pinned);
    for node in &*lab.frame().view.nodes {
        let words = words(&since, node.id.0).join(", ");
        assert!(words.contains("entry 2 appended: x=1") && words.contains("x is 1"), "{words}");
    }
    lab.unpin();
    assert_eq!(lab.frame().lab.changes, None);
}

/// An entry that no majority has is replaced by that of another leader.
#[test]
fn a_removed_entry_is_told() {
    let mut lab = lab();
    finish(&mut lab, "run until leader");
    finish(&mut lab, "run 200ms");
    let leader = lab.frame().view.leader.expect("somebody leads");
    finish(&mut lab, &format!("partition {leader} | others"));
    lab.exec(&format!("set lost=1 via={leader}"));
    finish(&mut lab, "run 2s");
    lab.pin();
    finish(&mut lab, "heal");
    finish(&mut lab, "run 2s");
    let words = words(&changes(&lab), leader.0).join(", ");
    assert!(words.contains("entry 2 replaced: no-op"), "{words}");
    let entry = lab.frame().view.logs.nodes[0].entry(LogIndex(2)).cloned().expect("it is there");
    let mention = Some(Mention::Entry(LogPosition::new(entry.index, entry.term)));
    let told = changes(&lab).in_words();
    assert!(told.parts().iter().any(|part| part.mention == mention), "{told:?}");
}

/// What scrolls out of the window is not removed, nor is what a snapshot covers.
#[test]
fn entries_outside_of_the_window_are_not_told() {
    let mut lab = lab();
    finish(&mut lab, "run until leader");
    finish(&mut lab, "run 200ms");
    lab.pin();
    finish(&mut lab, "load 200/s for=10s");
    finish(&mut lab, "run 11s");
    assert!(lab.frame().view.logs.first.0 > 50, "{:?}", lab.frame().view.logs.last);
    let is_removed = |lab: &Lab| {
        let changes = changes(lab);
        let mut entries = changes.nodes.iter().flat_map(|node| &node.entries);
        entries.any(|entry| entry.now.is_none())
    };
    assert!(!is_removed(&lab));
    lab.pin();
    finish(&mut lab, "snapshot all");
    finish(&mut lab, "run 1s");
    let covered = lab.frame().view.logs.nodes.iter().all(|log| log.snapshot.index.0 > 100);
    assert!(covered && !is_removed(&lab));
    lab.set_window(ViewWindow { keys: 3..5, ..ViewWindow::default() });
    assert!(changes(&lab).nodes.iter().all(|node| node.values.is_empty()));
}
