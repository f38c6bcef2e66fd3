use std::time::Duration;

use raft_lab::{ExecStatus, Lab, NodeId, Setup, ViewWindow};

use super::*;

const NODE: NodeId = NodeId(2);

/// A lab after these lines, whose node 2 has an entry on its disk.
fn lab(lines: &[&str]) -> Lab {
    let mut lab = Lab::scratch(Setup::default()).expect("the defaults are within bounds");
    lab.set_speed(f64::INFINITY);
    lab.set_window(ViewWindow { disk: Some(NODE), ..ViewWindow::default() });
    for line in ["run until leader", "run 500ms"].iter().chain(lines) {
        let status = lab.exec(line);
        assert!(!matches!(status, ExecStatus::Failed(_)), "{line}: {status:?}");
        while lab.pacing().running {
            lab.tick(Duration::from_millis(16), Duration::from_millis(50));
        }
    }
    lab
}

fn misdirection(lab: &Lab, record: Option<&str>) -> Option<Misdirection> {
    let details = lab.frame().view.disk.clone().expect("it was asked for");
    let names: Vec<&str> = details.rows.iter().filter_map(|row| row.name.as_deref()).collect();
    record.map(|record| Misdirection::of(record, &names, None))
}

fn actions(lab: &Lab, record: Option<&str>) -> Vec<DiskAction> {
    let view = lab.frame().view;
    let (node, details) = (view.node(NODE).expect("it is there"), view.disk.as_ref());
    let details = details.expect("it was asked for");
    let mut actions = on_disk(node, details);
    actions.extend(on_record(details, misdirection(lab, record).as_ref()));
    actions
}

fn action(lab: &Lab, name: &str) -> DiskAction {
    let found = actions(lab, None).into_iter().find(|action| action.name == name);
    found.expect("it is always there")
}

/// Each with the record that is chosen.
const SITUATIONS: [(&[&str], Option<&str>); 9] = [
    (&[], None),
    (&[], Some("term")),
    (&["disk 2 backup", "crash 2"], Some("entry 1")),
    (&["crash 2", "disk 2 wipe"], None),
    (&["disk 2 full=on", "crash 2"], None),
    (&["disk 2 fsync=broken"], None),
    (&["disk 2 latency=1s", "set x=1", "run 100ms"], Some("members-copy")),
    (&["disk 2 corrupt term", "crash 2", "restart 2"], None),
    (&["disk 2 misdirect entry 1 to entry 9"], Some("entry 9")),
];

#[test]
fn an_action_is_refused_exactly_if_the_lab_refuses_its_line() {
    for (lines, record) in SITUATIONS {
        for action in actions(&lab(lines), record) {
            if action.name == "tear" && !action.line.is_empty() {
                // A crash without a write to tear is only a crash.
                continue;
            }
            let failed = matches!(lab(lines).exec(&action.line), ExecStatus::Failed(_));
            assert_eq!(action.refusal.is_some(), failed, "{lines:?}: {action:?}");
        }
    }
}

#[test]
fn only_a_write_under_way_can_be_torn() {
    assert!(action(&lab(&[]), "tear").refusal.is_some_and(|why| why.contains("No write")));
    let writing = lab(&["disk 2 latency=1s", "set x=1", "run 100ms"]);
    assert_eq!(action(&writing, "tear").refusal, None);
    let down = lab(&["crash 2"]);
    assert!(action(&down, "tear").refusal.is_some_and(|why| why.contains("down already")));
}

#[test]
fn what_lasts_is_undone_by_the_same_button() {
    for (name, lines) in [("fill", "disk 2 full=on"), ("fail", "disk 2 fsync=fail")] {
        assert_eq!(action(&lab(&[]), name).line, lines);
        let mut broken = lab(&[lines]);
        let undo = action(&broken, name).line;
        broken.exec(&undo);
        assert_eq!(action(&broken, name).line, lines, "{undo}");
    }
}

#[test]
fn a_record_goes_to_the_next_one_unless_another_is_chosen() {
    let names = ["term", "term-copy", "entry 1"];
    let to = |record, chosen| Misdirection::of(record, &names, chosen).to;
    assert_eq!(to("term", None).as_deref(), Some("term-copy"));
    assert_eq!(to("term-copy", None).as_deref(), Some("entry 1"));
    assert_eq!(to("entry 1", None).as_deref(), Some("term"), "after the last comes the first");
    assert_eq!(to("term", Some("entry 1")).as_deref(), Some("entry 1"));
    assert_eq!(to("term", Some("term")).as_deref(), Some("term-copy"), "not to itself");
    assert_eq!(Misdirection::of("term", &["term"], None).to, None);
}
