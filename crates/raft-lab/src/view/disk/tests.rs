use std::time::Duration;

use raft_core::{Instant, NodeId};
use raft_script::record_name;
use raft_storage::RecordKey;

use super::*;
use crate::{ExecStatus, Lab, ViewWindow};

const NODE: NodeId = NodeId(3);

fn finish(lab: &mut Lab) {
    while lab.pacing().running {
        lab.tick(Duration::from_millis(16), Duration::from_millis(50));
    }
}

fn run(lab: &mut Lab, line: &str) {
    let status = lab.exec(line);
    assert!(!matches!(status, ExecStatus::Failed(_)), "{line}: {status:?}");
    finish(lab);
}

/// The lab at the end of a script, with a look at the disk of a node.
fn at_the_end_of(script: &str, node: NodeId) -> Lab {
    let mut lab = Lab::run_script(script).expect("the script is right");
    finish(&mut lab);
    lab.set_speed(f64::INFINITY);
    lab.set_window(ViewWindow { disk: Some(node), ..ViewWindow::default() });
    lab
}

/// Node 3 leads three nodes in term 1, with all on disk, and its disk is looked at.
fn lab() -> Lab {
    let line = "cluster nodes=3 seed=4 paper latency=10ms disk=2ms heartbeat=100ms election=1s..2s";
    at_the_end_of(&format!("{line}\ntimeout 3\nrun until leader 3\nrun 50ms"), NODE)
}

fn disk(lab: &Lab) -> Rc<DiskDetails> {
    lab.frame().view.disk.clone().expect("it was asked for")
}

fn row(lab: &Lab, title: &str) -> RecordView {
    let found = disk(lab).rows.iter().find(|row| row.title == title).cloned();
    found.unwrap_or_else(|| panic!("no row {title} in {:#?}", disk(lab).rows))
}

fn standing(lab: &Lab, title: &str) -> Standing {
    row(lab, title).standing
}

fn results(lab: &Lab) -> Vec<WriteResult> {
    disk(lab).writes.iter().map(|write| write.result).collect()
}

#[test]
fn nobody_reads_a_disk_that_nobody_asked_for() {
    let mut lab = lab();
    assert_eq!(disk(&lab).node, NODE);
    lab.set_window(ViewWindow { disk: Some(NodeId(9)), ..ViewWindow::default() });
    assert_eq!(lab.frame().view.disk, None, "there is no such node");
    lab.set_window(ViewWindow::default());
    assert_eq!(lab.frame().view.disk, None);
}

#[test]
fn a_record_on_disk_is_as_in_memory() {
    let lab = lab();
    let term = row(&lab, "term and vote");
    assert_eq!(term.name.as_deref(), Some("term"));
    assert_eq!(term.on_disk.as_deref(), Some("term 1, vote for node 3"));
    assert_eq!(term.in_memory, term.on_disk);
    assert_eq!((term.standing, term.damage), (Standing::Same, None));
    assert_eq!(row(&lab, "copy of term and vote").on_disk, term.on_disk);
    assert_eq!(standing(&lab, "copy of term and vote"), Standing::Witness);
    let entry = row(&lab, "entry 1");
    assert_eq!(entry.on_disk.as_deref(), Some("term 1: no-op"));
    assert_eq!((entry.standing, &entry.in_memory), (Standing::Same, &entry.on_disk));
    let end = row(&lab, "end of the log");
    assert_eq!(end.in_memory.as_deref(), Some("entry 1 of term 1"));
    assert!(end.on_disk.is_some_and(|words| words.starts_with("entry 1 of term 1; committed")));
    assert_eq!(end.standing, Standing::Same);
    let records = lab.session().world().node(NODE).expect("it is there").disk().durable();
    for (key, record) in records.iter() {
        let row = row(&lab, &key.to_string());
        assert_eq!((row.bytes, row.name), (Some(record.len()), record_name(key)));
    }
    assert_eq!(disk(&lab).records, records.len());
}

#[test]
fn what_no_record_has_is_in_memory_only() {
    let mut lab = lab();
    let commit = row(&lab, "commit index");
    assert_eq!((commit.in_memory.as_deref(), commit.on_disk), (Some("entry 1"), None));
    assert_eq!(commit.standing, Standing::Volatile);
    assert_eq!(row(&lab, "role").in_memory.as_deref(), Some("leader"));
    run(&mut lab, "crash 3");
    let rows = &disk(&lab).rows;
    assert!(rows.iter().all(|row| row.in_memory.is_none() && row.standing == Standing::Down));
    assert!(rows.iter().all(|row| row.group != RecordGroup::MemoryOnly));
}

#[test]
fn a_state_machine_on_the_disk_keeps_what_was_applied() {
    let script = "cluster nodes=1 seed=1 state=disk\nrun until leader\nset x=1\nset x=2\nrun 1s";
    let lab = at_the_end_of(script, NodeId(1));
    let applied = row(&lab, "last applied");
    assert!(applied.on_disk.is_some_and(|words| words.ends_with(", with the state machine")));
    assert!(matches!(applied.standing, Standing::Same | Standing::Older));
}

#[test]
fn what_a_crash_would_lose_is_marked() {
    let mut lab = lab();
    run(&mut lab, "disk 3 latency=200ms");
    run(&mut lab, "set x=1 via=3");
    run(&mut lab, "run 25ms");
    let entry = row(&lab, "entry 2");
    assert_eq!((entry.on_disk, entry.bytes, entry.name), (None, None, None));
    assert_eq!(entry.in_memory.as_deref(), Some("term 1: x=1"));
    assert_eq!(entry.standing, Standing::NotYet);
    assert_eq!(standing(&lab, "end of the log"), Standing::Older);
    let last = disk(&lab).writes.last().cloned().expect("it is under way");
    assert_eq!((entry.writing, last.result), (Some(last.id), WriteResult::UnderWay));
    assert_eq!(last.words, "entry 2");
    assert_eq!(last.ends_at - last.issued_at, Duration::from_millis(200));
    run(&mut lab, "run 200ms");
    assert_eq!((standing(&lab, "entry 2"), row(&lab, "entry 2").writing), (Standing::Same, None));
    assert_eq!(disk(&lab).writes.last().map(|last| last.result), Some(WriteResult::Durable));
}

#[test]
fn a_vote_that_is_not_on_disk_yet_is_marked() {
    let mut lab = lab();
    run(&mut lab, "disk 3 latency=200ms");
    run(&mut lab, "timeout 1");
    run(&mut lab, "run 25ms");
    let term = row(&lab, "term and vote");
    assert_eq!(term.on_disk.as_deref(), Some("term 1, vote for node 3"));
    assert_eq!(term.in_memory.as_deref(), Some("term 2, vote for node 1"));
    assert_eq!(term.standing, Standing::Older);
    assert!(term.writing.is_some());
}

#[test]
fn an_entry_that_memory_dropped_is_still_on_disk() {
    let mut lab = lab();
    for line in ["partition 3 | others", "set x=old via=3", "run 100ms", "timeout 1"] {
        run(&mut lab, line);
    }
    for line in ["run until leader 1", "run 100ms", "disk 3 latency=500ms", "heal"] {
        run(&mut lab, line);
    }
    run(&mut lab, "run until not role 3 leader");
    // The answer that the logs differ waits until the term is on the disk.
    run(&mut lab, "run 700ms");
    let entry = row(&lab, "entry 2");
    assert_eq!(entry.on_disk.as_deref(), Some("term 1: x=old"));
    assert_eq!(entry.in_memory.as_deref(), Some("term 2: no-op"));
    assert_eq!(entry.standing, Standing::Older);
    assert!(disk(&lab).writes.iter().any(|write| write.words.contains("no entries from 2 on")));
}

#[test]
fn recovery_says_which_record_is_damaged() {
    let mut lab = lab();
    let recovery = disk(&lab).recovery.clone().expect("it is short");
    assert!(recovery.is_sound);
    assert!(recovery.words.to_string().starts_with("starts in term 1, having voted for node 3"));
    run(&mut lab, "disk 3 corrupt entry 1");
    let entry = row(&lab, "entry 1");
    assert_eq!((entry.standing, &entry.on_disk), (Standing::Damaged, &None));
    assert_eq!(entry.in_memory.as_deref(), Some("term 1: no-op"), "the node does not know yet");
    assert!(entry.damage.is_some_and(|damage| damage.to_string().contains("checksum")));
    assert_eq!(standing(&lab, "term and vote"), Standing::Same);
    let recovery = disk(&lab).recovery.clone().expect("it is short");
    assert!(!recovery.is_sound);
    assert!(recovery.words.to_string().starts_with("entry 1 is damaged"), "{}", recovery.words);
    let started = disk(&lab).last_start.clone().expect("it started");
    assert_eq!(started.at, Instant(0));
    assert!(started.words.to_string().contains("starts in term 0"), "{}", started.words);

    run(&mut lab, "crash 3");
    run(&mut lab, "run 10ms");
    run(&mut lab, "restart 3");
    let refused = disk(&lab).last_start.clone().expect("it refused");
    assert_eq!(refused.at, lab.session().world().now());
    assert!(refused.words.to_string().starts_with("node 3 refuses to start: entry 1 is damaged"));
    assert_eq!(standing(&lab, "entry 1"), Standing::Damaged);
}

#[test]
fn a_record_that_should_be_there_has_a_row() {
    let mut lab = lab();
    run(&mut lab, "disk 3 misdirect term to entry 7");
    let term = row(&lab, "term and vote");
    assert_eq!((term.on_disk, term.bytes, term.name), (None, None, None));
    assert_eq!(term.standing, Standing::Damaged);
    assert!(term.damage.is_some_and(|damage| damage.to_string().starts_with("is missing")));
    assert_eq!(standing(&lab, "entry 7"), Standing::Damaged, "it is another record");
}

#[test]
fn the_end_of_each_write_is_told() {
    let slow = |lab: &mut Lab| {
        run(lab, "disk 3 latency=200ms");
        run(lab, "set x=1 via=3");
        run(lab, "run 25ms");
        run(lab, "set y=1 via=3 client=2");
        run(lab, "run 25ms");
    };
    let ends = |lines: &[&str]| {
        let mut lab = lab();
        slow(&mut lab);
        lines.iter().for_each(|line| run(&mut lab, line));
        let results = results(&lab);
        [results[results.len() - 2], results[results.len() - 1]]
    };
    use WriteResult::{Durable, Failed, Lost, Torn, UnderWay};
    assert_eq!(ends(&[]), [UnderWay, UnderWay]);
    assert_eq!(ends(&["run 200ms"]), [Durable, UnderWay]);
    assert_eq!(ends(&["crash 3 lose"]), [Lost, Lost]);
    assert_eq!(ends(&["crash 3 keep"]), [Durable, Durable]);
    assert_eq!(ends(&["crash 3 tear"]), [Torn, Lost]);
    assert_eq!(ends(&["disk 3 fsync=fail", "run 200ms"]), [Failed, Lost]);
    let after =
        ends(&["crash 3 lose", "restart 3", "disk 3 latency=1ms", "run 2s", "crash 3 lose"]);
    assert!(after.iter().all(|end| *end == Durable), "what ended before a crash has ended");
}

#[test]
fn a_write_that_fails_says_why() {
    let mut lab = lab();
    run(&mut lab, "disk 3 full=on");
    run(&mut lab, "disk 3 latency=200ms");
    run(&mut lab, "set x=1 via=3");
    run(&mut lab, "run 25ms");
    let last = disk(&lab).writes.last().cloned().expect("it is under way");
    assert_eq!((last.result, last.failure.as_deref()), (WriteResult::UnderWay, FULL));
    run(&mut lab, "run 200ms");
    let last = disk(&lab).writes.last().cloned().expect("it has failed");
    assert_eq!((last.result, last.failure.as_deref()), (WriteResult::Failed, FULL));
}

const FULL: Option<&str> = Some("the disk is full");

#[test]
fn a_moment_of_the_past_has_its_own_disk_and_writes() {
    let mut lab = lab();
    run(&mut lab, "disk 3 latency=200ms");
    run(&mut lab, "set x=1 via=3");
    run(&mut lab, "run 25ms");
    let (steps, then) = (lab.session().moment().steps, disk(&lab));
    run(&mut lab, "run 2s");
    assert_ne!(disk(&lab).rows, then.rows);
    lab.show(steps);
    lab.finish_seeking();
    assert_eq!(disk(&lab).rows, then.rows);
    assert_eq!(disk(&lab).writes, then.writes);
    assert_eq!(disk(&lab).last_start, then.last_start);
}

#[test]
fn a_backup_is_counted_until_another_one() {
    let mut lab = lab();
    assert_eq!(disk(&lab).backup, None);
    let records = disk(&lab).records;
    run(&mut lab, "disk 3 backup");
    run(&mut lab, "set x=1 via=3");
    run(&mut lab, "run 100ms");
    assert_eq!((disk(&lab).backup, disk(&lab).records), (Some(records), records + 1));
}

#[test]
fn the_last_entries_and_writes_of_a_long_run_are_there() {
    let mut lab = lab();
    assert!(!disk(&lab).has_earlier_entries);
    for number in 0..100 {
        run(&mut lab, &format!("set x={number} via=3"));
        run(&mut lab, "run until idle");
    }
    let entries = disk(&lab).rows.iter().filter(|row| row.title.starts_with("entry ")).count();
    assert_eq!((entries, disk(&lab).has_earlier_entries), (60, true));
    let titles: Vec<String> = disk(&lab).rows.iter().map(|row| row.title.clone()).collect();
    let newest = titles.iter().position(|title| *title == "entry 101").expect("it is there");
    assert_eq!(titles[newest + 1], "entry 100");
    assert_eq!(disk(&lab).writes.len(), MAX_WRITES);
    run(&mut lab, "disk 3 corrupt entry 2");
    assert_eq!(standing(&lab, "entry 2"), Standing::Damaged, "what recovery names has a row");
}

#[test]
fn a_snapshot_is_compared_with_that_in_memory() {
    let mut lab = lab();
    run(&mut lab, "set x=1 via=3");
    run(&mut lab, "run 200ms");
    run(&mut lab, "disk 3 latency=200ms");
    run(&mut lab, "snapshot 3");
    assert!(matches!(standing(&lab, "snapshot"), Standing::NotYet));
    assert_eq!(row(&lab, "snapshot").in_memory.as_deref(), Some("through entry 2 of term 1"));
    run(&mut lab, "run 300ms");
    assert_eq!(standing(&lab, "snapshot"), Standing::Same);
    let mark = row(&lab, "mark of the snapshot").on_disk.expect("it is there");
    assert!(mark.starts_with("through entry 2 of term 1; the log starts after entry "), "{mark}");
    assert_eq!(standing(&lab, "end of the log"), Standing::Same);
}

#[test]
fn a_wiped_disk_has_its_note_only() {
    let mut lab = lab();
    run(&mut lab, "crash 3");
    run(&mut lab, "disk 3 wipe");
    let rows = &disk(&lab).rows;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].name.as_deref(), rows[0].group), (None, RecordGroup::FirstStart));
    assert!(rows[0].damage.is_some() && record_name(RecordKey::InUse).is_none());
}

/// The end of the log on disk may be before the snapshot that replaced the log (§7).
#[test]
fn a_snapshot_from_the_leader_may_end_after_the_log() {
    let script = "cluster nodes=3 seed=11 paper latency=10ms disk=2ms snapshot=5\n\
                  timeout 1\nrun until leader 1\nrun 200ms\ncrash 3\n\
                  set a=1 via=1\nrun until idle\nset b=1 via=1\nrun until idle\n\
                  set c=1 via=1\nrun until idle\nset d=1 via=1\nrun until idle\n\
                  set e=1 via=1\nrun until idle\nset f=1 via=1\nrun until idle\nrun 200ms\n\
                  restart 3\nrun until traced snapshot_installed at 3\nrun 3ms\n";
    let lab = at_the_end_of(script, NodeId(3));
    assert!(matches!(standing(&lab, "snapshot"), Standing::Same), "{:?}", row(&lab, "snapshot"));
    assert_eq!(standing(&lab, "end of the log"), Standing::Same);
}
