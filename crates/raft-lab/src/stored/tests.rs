use raft_core::{Entry, HardState, LogIndex, Settings};
use raft_kv::{ClientId, Command, Operation, Sequence};
use raft_storage::RecordKey;

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
        entries: vec![entry(1, Payload::Noop), entry(2, command("x"))],
        ..Recovered::default()
    })
}

#[test]
fn the_next_run_has_the_same_cluster_another_seed_and_the_disks() {
    let mut first = Setup { nodes: 3, seed: 8, down: vec![NodeId(1)], ..Setup::default() };
    let own = Settings { max_batch_entries: 1, ..first.settings.clone() };
    first.node_settings.insert(NodeId(2), own);
    let disks = vec![(NodeId(1), disk()), (NodeId(2), Records::default())];
    let second = next_run(&cluster_line(&first), disks).expect("it was just written");
    assert_eq!(second.run, 1);
    assert_ne!(second.seed, first.seed);
    assert_eq!(second.nodes, 3);
    assert_eq!(second.down, [], "power comes back to all nodes");
    assert_eq!(second.disks, BTreeMap::from([(NodeId(1), disk())]));
    let third = next_run(&cluster_line(&second), Vec::new()).expect("it was just written");
    assert_eq!(third.run, 2);
    assert_eq!(third.node_settings, first.node_settings);
    assert_ne!(third.seed, second.seed);
}

#[test]
fn what_is_not_a_cluster_line_is_an_error_in_words() {
    for line in [&b"\xff"[..], b"", b"crash 3", b"cluster nodes=99 seed=1"] {
        assert!(next_run(line, Vec::new()).is_err(), "{line:?}");
    }
    let beyond = vec![(NodeId(19), disk())];
    assert!(next_run(&cluster_line(&Setup::default()), beyond).is_err());
}

#[test]
fn the_report_tells_what_each_disk_held() {
    let mut damaged = disk();
    damaged.remove(RecordKey::Entry(LogIndex(2)));
    let disks = BTreeMap::from([(NodeId(1), disk()), (NodeId(2), damaged)]);
    let setup = Setup { nodes: 3, disks, ..Setup::default() };
    let report = RecoveryReport::of(&setup).expect("there is something on the disks");
    assert_eq!(report.damaged().collect::<Vec<_>>(), [NodeId(2)]);
    let words = report.to_string();
    let lines: Vec<&str> = words.lines().collect();
    assert_eq!(lines[0], "Recovered 3 nodes from the browser's storage:");
    assert_eq!(lines[1], "node 1: term 4, voted for node 2, 2 log entries (to 2@3), 1 key");
    assert!(lines[2].starts_with("node 2: entry 2 is missing"), "{words}");
    assert_eq!(lines[3], "node 3: term 0, no log entries, 0 keys");
}

#[test]
fn a_new_lab_has_no_report() {
    assert_eq!(RecoveryReport::of(&Setup::default()), None);
}

/// A disk whose log says that node 6 is a learner.
fn disk_with_learner() -> Records {
    let voters = Membership::new((1..=5).map(NodeId));
    let payload = Payload::Membership(voters.with_learners([NodeId(6)]));
    let entry = Entry { index: LogIndex(1), term: Term(3), payload };
    let hard_state = HardState { current_term: Term(3), voted_for: None };
    Records::from(&Recovered { hard_state, entries: vec![entry], ..Recovered::default() })
}

#[test]
fn servers_that_joined_are_there_again_with_or_without_records() {
    let line = cluster_line(&Setup::default());
    let with_records = vec![(NodeId(1), disk_with_learner()), (NodeId(6), disk())];
    let setup = next_run(&line, with_records).expect("it was just written");
    assert_eq!(setup.node_ids().collect::<Vec<_>>(), (1..=6).map(NodeId).collect::<Vec<_>>());
    let without = vec![(NodeId(1), disk_with_learner())];
    let setup = next_run(&line, without).expect("it was just written");
    assert_eq!(setup.node_ids().count(), 6);
    assert_eq!(setup.disks[&NodeId(6)], Records::default());
    let report = RecoveryReport::of(&setup).expect("there is something on the disks").to_string();
    assert!(report.ends_with("node 6: term 0, no log entries, 0 keys"), "{report}");
}

#[test]
fn a_lab_of_another_version_is_refused_as_a_whole_and_says_why() {
    let with_version = |version: u8| {
        let mut records = disk();
        let all: Vec<_> = records.iter().map(|(key, record)| (key, record.to_vec())).collect();
        for (key, mut record) in all {
            record[0] = version;
            records.put(key, record.into());
        }
        records
    };
    let line = cluster_line(&Setup::default());
    let old = vec![(NodeId(1), with_version(1)), (NodeId(2), with_version(1))];
    let words = next_run(&line, old).expect_err("nobody can read it");
    assert!(words.contains("earlier version") && words.contains("wipe it"), "{words}");
    let readable = vec![(NodeId(1), with_version(OLDEST_VERSION))];
    assert!(next_run(&line, readable).is_ok(), "each node reads its own disk, or says why not");
    let new = vec![(NodeId(1), with_version(99))];
    let words = next_run(&line, new).expect_err("nobody can read it");
    assert!(words.contains("later version") && words.contains("reload"), "{words}");
    // One disk among good ones is damaged; the others go on without it.
    let mixed = vec![(NodeId(1), with_version(99)), (NodeId(2), disk())];
    let setup = next_run(&line, mixed).expect("node 2 is sound");
    let report = RecoveryReport::of(&setup).expect("there is something on the disks");
    assert_eq!(report.damaged().collect::<Vec<_>>(), [NodeId(1)]);
}

#[test]
fn the_oldest_of_many_earlier_runs_go() {
    let mut kept = None;
    for run in 1..=12_u8 {
        let runs = earlier_runs(kept, Some(vec![run]));
        kept = Some(earlier_runs_as_bytes(&runs));
    }
    let runs = earlier_runs(kept.clone(), Some(Vec::new()));
    assert_eq!(runs, (5..=12).map(|run| vec![run]).collect::<Vec<_>>(), "an empty one is none");
    let large = vec![1; 9 << 20];
    let runs = earlier_runs(kept, Some(large.clone()));
    assert_eq!(runs.len(), 8);
    let runs = earlier_runs(Some(earlier_runs_as_bytes(&runs)), Some(large.clone()));
    assert_eq!(runs, std::slice::from_ref(&large), "two large ones are too many bytes");
    let too_large = vec![1; (16 << 20) + 1];
    let runs =
        earlier_runs(Some(earlier_runs_as_bytes(std::slice::from_ref(&large))), Some(too_large));
    assert_eq!(runs, [large], "what is too large takes the place of none");
    assert_eq!(earlier_runs(Some(vec![255; 9]), None), Vec::<Vec<u8>>::new(), "damage");
}
