use raft_core::{Entry, HardState, LogIndex};
use raft_kv::{ClientId, Command, Operation, Sequence};
use raft_storage::Key;

use super::*;

fn command(key: &str) -> Payload {
    let operation = Operation::Set { key: key.into(), value: "1".into() };
    Payload::Command(
        Command { client: ClientId(1), sequence: Sequence(1), operation }.encode().into(),
    )
}

fn disk() -> Records {
    let entry = |index, payload| Entry { index: LogIndex(index), term: Term(3), payload };
    Records::from(&Recovered {
        hard_state: HardState { current_term: Term(4), voted_for: Some(NodeId(2)) },
        snapshot: None,
        entries: vec![entry(1, Payload::Noop), entry(2, command("x"))],
    })
}

#[test]
fn the_next_run_has_the_same_cluster_another_seed_and_the_disks() {
    let first = Setup { nodes: 3, seed: 8, down: vec![NodeId(1)], ..Setup::default() };
    let disks = vec![(NodeId(1), disk()), (NodeId(2), Records::default())];
    let second = next_run(&cluster_line(&first), disks).expect("it was just written");
    assert_eq!(second.run, 1);
    assert_ne!(second.seed, first.seed);
    assert_eq!(second.nodes, 3);
    assert_eq!(second.down, [], "power comes back to all nodes");
    assert_eq!(second.disks, BTreeMap::from([(NodeId(1), disk())]));
    let third = next_run(&cluster_line(&second), Vec::new()).expect("it was just written");
    assert_eq!(third.run, 2);
    assert_ne!(third.seed, second.seed);
}

#[test]
fn what_is_not_a_cluster_line_is_an_error_in_words() {
    for line in [&b"\xff"[..], b"", b"crash 3", b"cluster nodes=99 seed=1"] {
        assert!(next_run(line, Vec::new()).is_err(), "{line:?}");
    }
    let beyond = vec![(NodeId(7), disk())];
    assert!(next_run(&cluster_line(&Setup::default()), beyond).is_err());
}

#[test]
fn the_report_tells_what_each_disk_held() {
    let mut damaged = disk();
    damaged.remove(Key::Entry(LogIndex(2)));
    let disks = BTreeMap::from([(NodeId(1), disk()), (NodeId(2), damaged)]);
    let setup = Setup { nodes: 3, disks, ..Setup::default() };
    let report = RecoveryReport::of(&setup).expect("there is something on the disks");
    assert_eq!(report.damaged().collect::<Vec<_>>(), [NodeId(2)]);
    let words = report.to_string();
    let lines: Vec<&str> = words.lines().collect();
    assert_eq!(lines[0], "Recovered 3 nodes from the browser's storage:");
    assert_eq!(lines[1], "node 1: term 4, its vote for node 2, 2 log entries (to 2@3), 1 key");
    assert!(lines[2].starts_with("node 2: entry 2 is missing"), "{words}");
    assert_eq!(lines[3], "node 3: term 0, no log entries, 0 keys");
}

#[test]
fn a_new_lab_has_no_report() {
    assert_eq!(RecoveryReport::of(&Setup::default()), None);
}
