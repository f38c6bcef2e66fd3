use raft_core::NodeId;

use super::*;
use crate::{DiskContents, StatementError, parse};

fn report(text: &str) -> RunReport {
    run(&parse(text).unwrap_or_else(|error| panic!("{error}")), &mut |_| {})
}

#[test]
fn a_script_without_failure_runs_to_its_end() {
    let report =
        report("cluster nodes=3\nset x=1\nrun until idle\nexpect committed x=1\nrun until 5s");
    assert_eq!(report.failure, None);
    assert_eq!(report.at, Instant(5_000_000));
    assert!(report.events > report.steps);
}

#[test]
fn every_event_is_observed_once_and_in_order() {
    let script =
        parse("run until leader\ncrash leader 1\nset x=1\nat +1s restart all\nexpect safe\nstep 9")
            .unwrap();
    let mut numbers = Vec::new();
    let report = run(&script, &mut |event| numbers.push(event.number.get()));
    assert_eq!(numbers, (1..=report.events).collect::<Vec<_>>());
}

#[test]
fn the_first_failure_ends_the_run_and_names_its_line() {
    let report = report("# nobody leads yet\n\nexpect leader\nrun 1s");
    let failure = report.failure.expect("it fails");
    assert_eq!((failure.line, failure.statement.as_str()), (3, "expect leader"));
    assert_eq!(report.at, Instant(0));
    assert_eq!(failure.to_string(), "line 3: expect leader: expected leader, found: no node leads");
}

#[test]
fn a_cluster_that_cannot_be_is_a_failure() {
    // A server that joined in an earlier run may be down, if its disk is there.
    let text = "cluster nodes=6 down=2,7\ndisk 7 terms=1";
    assert_eq!(report(text).failure, None);
    let failure = report("cluster nodes=6 down=2,7\ndisk 6 terms=1").failure.expect("no node 7");
    assert_eq!(failure.line, 1);
    assert!(matches!(failure.error, ExecError::Statement(StatementError::Setup(_))), "{failure}");
}

#[test]
fn the_same_script_has_the_same_hash() {
    let text = "run until leader\nset x=1\nlink all loss=10%\ncrash any follower\nrun 2s";
    let other = format!("cluster nodes=5 seed=2\n{text}");
    assert_eq!(report(text).trace_hash, report(text).trace_hash);
    assert_ne!(report(text).trace_hash, report(&other).trace_hash);
}

#[test]
fn virtual_time_is_limited() {
    // One node with a slow heartbeat: little happens.
    let lines = "run 24h\n".replace("24h", "1440m").repeat(2);
    let text = format!("cluster nodes=1 election=50m..60m heartbeat=40m down=1\n{lines}");
    let failure = report(&text).failure.expect("more than a day");
    assert!(matches!(failure.error, ExecError::LimitExceeded { .. }), "{failure}");
    assert_eq!(failure.line, 3);
}

/// What is refused is left out; that it waited for its moment is not.
#[test]
fn what_is_done_leniently_has_the_same_run_without_what_was_refused() {
    let text = "run until leader\nrestart 1\nat 2s restart 1\nset x=1\nat +300ms resume 2\n\
                set x=2\n\
                at 2300ms restart 3\nat 1s set x=3\nrun 1s";
    let mut done = Vec::new();
    let mut note = |line: &SourceLine| done.push(line.statement.to_string());
    let script = parse(text).unwrap();
    let lenient = run_leniently(&script, &mut |_| {}, &mut note, 1_000_000);
    let expected =
        ["run until leader", "run until 2s", "set x=1", "run 300ms", "set x=2", "run 1s"];
    assert_eq!(done, expected);
    let again = report(&done.join("\n"));
    assert_eq!((again.failure, again.trace_hash), (None, lenient.trace_hash));
}

/// Timers of microseconds against latencies of milliseconds and more: without the limit, each of
/// these takes gigabytes before the limit on steps is reached.
#[test]
fn what_is_under_way_is_limited() {
    for text in [
        "cluster nodes=9 heartbeat=1us election=2us..2us\nrun 10s",
        "cluster nodes=9 heartbeat=1us election=60m..60m\ntimeout 1\nrun until leader\n\
         link all latency=60m\nrun 10s",
        "cluster nodes=2 heartbeat=1us election=60m..60m\ntimeout 1\nrun until leader\n\
         pause 2\nrun 10s",
    ] {
        let report = report(text);
        let failure = report.failure.expect("too much");
        assert!(matches!(failure.error, ExecError::LimitExceeded { .. }), "{text}: {failure}");
        assert!(report.steps < 2_000_000, "{text}: only after {} steps", report.steps);
    }
}

/// Node 1 has an entry of term 2, but no majority has heard of that term: node 2 leads in it too,
/// and puts another entry at the same place.
fn second_leader_of_a_term() -> String {
    let (session, _) = Session::open(&parse("cluster nodes=3\ndisk 1 terms=1,2").unwrap()).unwrap();
    // Only an image is not asked where its majority is.
    let image = DiskContents::Image(raft_storage::export(&session.world().setup().disks[&N1]));
    format!(
        "cluster nodes=3 seed=1 down=1\ndisk 1 {image}\ndisk 2 terms=1\ndisk 3 terms=1\ntimeout 2\n"
    )
}

const N1: NodeId = NodeId(1);

/// A script need not expect `safe`: a broken property ends it.
#[test]
fn a_broken_property_is_reported_at_once() {
    let report = report(&format!("{}run until leader\nrun 10s\n", second_leader_of_a_term()));
    let failure = report.failure.expect("the logs do not match");
    let ExecError::Violated(violation) = &failure.error else { panic!("{failure}") };
    assert_eq!(violation.property.name, "Log Matching");
    assert!(report.at < Instant(10_000_000));
}

/// hashicorp/raft#661. Node 2 votes for 1 in term 1, follows 3, and is about to vote for 4 in term
/// 2 when its power fails between the term and the vote. Then its disk says that it voted for 1 in
/// term 2; who does not compare logs again makes 1, which lacks what is committed, the leader.
#[cfg(feature = "bugs")]
const TORN_VOTE: &str =
    "cluster nodes=5 seed=1 paper bugs=repeated-vote-skips-log latency=10ms disk=1ms \
                         election=10s..20s heartbeat=100ms
link 1 -> 4 5 cut
link 3 -> 2 cut
timeout 1 3
run until leader 3
restore 3 -> 2
cut 3 -> 1 5
set x=1 via=3
run until committed x=1
crash 3
link 4 -> 1 5 cut
disk 2 latency=50ms
timeout 4
run 30ms
crash 2 lose
crash 4
restart 2
heal
disk 2 latency=1ms
timeout 1
run 500ms";

/// A script can plant a bug, and a checker finds what it leads to.
#[cfg(feature = "bugs")]
#[test]
fn planted_bugs_break_properties() {
    let figure_8 = "cluster nodes=5 seed=8 paper bugs=commit-old-term batch=1 down=5\n\
                    disk 1 terms=1,2 term=3\ndisk 2 terms=1,2\ndisk 3 terms=1 term=3\n\
                    disk 4 terms=1 term=3\n\
                    disk 5 terms=1,3\nlink 1 -> 2 cut\ntimeout 1\nrun until leader 1\nrun 100ms";
    let stale_read = "cluster nodes=3 seed=1 bugs=read-without-quorum\ntimeout 1\nrun 400ms\n\
                      partition 1 | others\nrun until leader among 2 3\n\
                      set x=2 via=leader client=2\n\
                      run until committed x=2\nget x read=quorum via=1\nrun 100ms";
    let ignored_flush = "cluster nodes=3 seed=1 bugs=fsync-failure-ignored\n\
                         timeout 1\nrun until leader 1\n\
                         disk 2 fsync=fail\nset x=1 via=1\nrun 100ms\nrestart all\nrun 100ms";
    for (text, property) in [
        (figure_8, "Commit Rule"),
        (stale_read, "Read Linearizability"),
        (TORN_VOTE, "Leader Completeness"),
        (ignored_flush, "Durable Promises"),
    ] {
        let failure = report(text).failure.expect(property);
        let ExecError::Violated(violation) = &failure.error else { panic!("{failure}") };
        assert_eq!(violation.property.name, property, "{failure}");
        let start = text.find("bugs=").expect("it plants a bug");
        let end = text[start..].find(char::is_whitespace).map_or(text.len(), |end| start + end);
        let without = format!("{}{}", &text[..start], &text[end..]);
        assert_eq!(report(&without).failure, None, "{property}");

        // The same while the cluster runs; and a rule that is on again in time does no harm.
        let rule = &text[start + "bugs=".len()..end];
        let opens = |line: &&str| line.starts_with("cluster") || line.contains("terms=");
        let opening: Vec<&str> = without.lines().take_while(opens).collect();
        let rest: Vec<&str> = without.lines().skip(opening.len()).collect();
        let (opening, rest) = (opening.join("\n"), rest.join("\n"));
        let broken = format!("{opening}\nbreak {rule}\n{rest}");
        let failure = report(&broken).failure.expect(property);
        let ExecError::Violated(violation) = &failure.error else { panic!("{failure}") };
        assert_eq!(violation.property.name, property, "{failure}");
        let mended = format!("{opening}\nbreak {rule}\nmend {rule}\n{rest}");
        assert_eq!(report(&mended).failure, None, "{property}");
    }
}

/// The line and the words of the failure of a run that never begins.
fn mistake(text: &str) -> (usize, String) {
    let report = report(text);
    assert!(report.session.is_none(), "{text}");
    let failure = report.failure.expect("a mistake");
    (failure.line, failure.error.to_string())
}

#[test]
fn disks_that_no_run_leads_to_are_a_mistake_of_the_script() {
    let (line, words) =
        mistake("cluster nodes=3 seed=1\ndisk 1 terms=1,1,2\n\ndisk 2 terms=1,2,2\nrun 1s");
    assert_eq!(line, 4);
    assert!(words.contains("disk of node 2"), "{words}");
    assert!(
        words.ends_with(
            "its entry 3@2 follows an entry of term 2, but one of term 1 in the log of node 1"
        ),
        "{words}"
    );
    // One leader of term 2 cannot have begun its term at two places.
    let (_, words) = mistake("cluster nodes=3\ndisk 1 terms=1,2\ndisk 3 terms=1,1,2\nrun 1s");
    assert!(
        words.ends_with("term 2 begins with its entry 3, but with entry 2 in the log of node 1"),
        "{words}"
    );
    for disks in ["disk 1 terms=1,2\ndisk 2 terms=1,3", "disk 1 terms=1,1\ndisk 2 terms=1,1,4"] {
        assert_eq!(report(&format!("cluster nodes=3\n{disks}\nrun 1s")).failure, None);
    }
}

/// A leader of the term was elected by a majority, which stored the term.
#[test]
fn an_entry_of_a_term_that_no_majority_reached_is_a_mistake_of_the_script() {
    let five = "cluster nodes=5\ndisk 1 terms=1,2\ndisk 2 terms=1,2 term=3\ndisk 5 terms=1,4,4";
    let (line, words) = mistake(&format!("{five}\ndisk 3 terms=1 term=3\ndisk 4 terms=1\nrun 1s"));
    assert_eq!(line, 4);
    assert!(
        words.ends_with(
            "its entry 3 is of term 4, so 3 of the 5 voters elected a leader in term 4 and stored \
             it (Raft §5.2), but only 1 did; add `term=4` to 2 of the disks 1, 2, 3, 4"
        ),
        "{words}"
    );
    // Learners do not vote.
    let learner = "cluster nodes=1 learners=1\ndisk 1 terms=1\ndisk 2 terms=1,2\nrun 1s";
    assert_eq!(mistake(learner).0, 3);
    // A disk that is not described gets the term.
    for disks in ["", "\ndisk 3 terms=1 term=4", "\ndisk 3 terms=1 term=5\ndisk 4 terms=1 term=4"] {
        assert_eq!(report(&format!("{five}{disks}\nrun 10ms")).failure, None, "{disks}");
    }
}

/// The same entry with another command: of two images, one was changed.
#[test]
fn images_that_contradict_each_other_are_a_mistake_of_the_script() {
    let image = |value: &str| {
        let text = format!("cluster nodes=1\nrun until leader\nset x={value}\nrun until idle");
        let session = report(&text).session.expect("a session");
        let node = session.world().nodes().next().expect("a node");
        DiskContents::Image(raft_storage::export(node.disk().durable()))
    };
    let (one, two) = (image("1"), image("2"));
    let (line, words) = mistake(&format!("cluster nodes=3\ndisk 1 {one}\ndisk 2 {two}"));
    assert_eq!(line, 3);
    assert!(words.contains("is not the one in the log of node 1"), "{words}");
}

/// A disk that stalls and clients that write on fill the memory of a leader: the run ends before
/// the memory does, with the line and the limit.
#[test]
fn the_bytes_that_a_run_holds_are_limited() {
    let value = "v".repeat(60_000);
    let mut text = "cluster nodes=3 seed=1 uncommitted=1GiB\nrun until leader\n\
                    disk others stall=60m\n"
        .to_owned();
    for client in 1..=20 {
        text.push_str(&format!("set x{client}={value} client={client}\n"));
    }
    text.push_str("run 10m\n");
    let script = parse(&text).unwrap();
    let report = run_with(
        &script,
        &mut |_| {},
        None,
        (1_000_000, Capacity { bytes: 16 << 20, ..Capacity::RUN }),
    );
    let failure = report.failure.expect("the limit");
    assert_eq!(failure.line, 24);
    let words = failure.error.to_string();
    assert!(words.contains("16MiB held by logs, disks and messages"), "{words}");
    let held = report.session.expect("a session").world().held_bytes();
    assert!((16 << 20..64 << 20).contains(&held), "{held}");
    let error = parse("cluster nodes=3 uncommitted=65536MiB").unwrap_err();
    assert_eq!(error.found, "65536MiB");
    assert!(error.message().contains("a size of at most 1GiB"), "{error}");
}

/// All entries in a snapshot are committed: a majority holds them.
#[test]
fn a_snapshot_of_what_no_majority_holds_is_a_mistake_of_the_script() {
    let (line, words) =
        mistake("cluster nodes=3\ndisk 1 terms=1\ndisk 2 terms=1,1 snapshot=2\nrun 1s");
    assert_eq!(line, 3);
    assert!(
        words.contains("entry 2 is in its snapshot") && words.contains("only 1 of 3"),
        "{words}"
    );
    let text = "cluster nodes=3\ndisk 1 terms=1,1\ndisk 2 terms=1,1 snapshot=2\nrun 1s";
    assert_eq!(report(text).failure, None);
}
