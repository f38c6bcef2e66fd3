use raft_core::Payload;

use super::*;

const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);

fn entry(index: u64, term: u64, command: &str) -> Entry {
    let payload = Payload::Command(command.as_bytes().to_vec().into());
    Entry { index: LogIndex(index), term: Term(term), payload }
}

fn origin(kept: u64) -> (LogPosition, LogIndex) {
    (LogPosition::ORIGIN, LogIndex(kept))
}

fn broken(checks: &RecordedChecks) -> &'static str {
    checks.violation().map_or("none", |violation| violation.property.name)
}

fn with(tell: impl FnOnce(&mut RecordedChecks)) -> &'static str {
    let mut checks = RecordedChecks::new();
    let log = [entry(1, 1, "a"), entry(2, 1, "b")];
    for node in [N1, N2] {
        checks.log_changed(node, None, origin(0), log.iter());
    }
    checks.commits(N1, Term(1), LogIndex(2), |index| log.get(index.0 as usize - 1));
    assert_eq!(broken(&checks), "none");
    tell(&mut checks);
    broken(&checks)
}

#[test]
fn each_contradiction_has_its_property() {
    let two_leaders = |checks: &mut RecordedChecks| {
        checks.leads(N1, Term(2));
        checks.leads(N2, Term(2));
    };
    assert_eq!(with(two_leaders), "Election Safety");
    let two_votes = |checks: &mut RecordedChecks| {
        checks.votes(N1, Term(2), N1);
        checks.votes(N1, Term(2), N2);
    };
    assert_eq!(with(two_votes), "Vote Durability");
    let term_back = |checks: &mut RecordedChecks| {
        checks.state(N1, RecordedState { term: Term(3), ..RecordedState::default() });
        checks.state(N1, RecordedState { term: Term(2), ..RecordedState::default() });
    };
    assert_eq!(with(term_back), "Monotonic State");
    let leader_truncates = |checks: &mut RecordedChecks| {
        checks.log_changed(N1, Some(Term(1)), origin(1), [].iter());
    };
    assert_eq!(with(leader_truncates), "Leader Append-Only");
    let other_entry = |checks: &mut RecordedChecks| {
        checks.log_changed(N2, None, origin(1), [entry(2, 1, "c")].iter());
    };
    assert_eq!(with(other_entry), "Log Matching");
    let leads_without = |checks: &mut RecordedChecks| {
        checks.log_changed(N2, None, origin(1), [entry(2, 2, "c")].iter());
        checks.elected(N2, Term(2));
    };
    assert_eq!(with(leads_without), "Leader Completeness");
    let commits_another = |checks: &mut RecordedChecks| {
        checks.log_changed(N2, None, origin(1), [entry(2, 2, "c")].iter());
        checks.commits(N2, Term(2), LogIndex(2), |_| None);
    };
    assert_eq!(with(commits_another), "Commit Rule");
    let commits_nothing = |checks: &mut RecordedChecks| {
        checks.commits(N2, Term(2), LogIndex(3), |_| None);
    };
    assert_eq!(with(commits_nothing), "Commit Rule");
    let applies_another = |checks: &mut RecordedChecks| {
        checks.applies(N2, &entry(1, 1, "a"), Term(1), Some(LogIndex(2)));
        checks.applies(N2, &entry(2, 2, "c"), Term(2), Some(LogIndex(2)));
    };
    assert_eq!(with(applies_another), "State Machine Safety");
    let says_too_much =
        |checks: &mut RecordedChecks| checks.acknowledges(N2, N1, LogIndex(3), None);
    assert_eq!(with(says_too_much), "Durable Promises");
}

#[test]
fn what_is_right_breaks_nothing() {
    let all = |checks: &mut RecordedChecks| {
        checks.leads(N1, Term(1));
        checks.votes(N2, Term(1), N1);
        checks.applies(N2, &entry(1, 1, "a"), Term(1), Some(LogIndex(2)));
        checks.acknowledges(N2, N1, LogIndex(2), None);
        checks.commits(N2, Term(1), LogIndex(2), |_| None);
        checks.elected(N2, Term(2));
        checks.log_changed(N2, Some(Term(2)), origin(2), [entry(3, 2, "d")].iter());
        checks.commits_of_length(N1, LogIndex(2), LogIndex(2));
        checks.started(N1, RecordedState::default());
    };
    assert_eq!(with(all), "none");
}

#[test]
fn logs_that_begin_at_different_places_are_compared_after_the_latest_of_them() {
    let all: Vec<Entry> = (1..=5).map(|index| entry(index, 1, "a")).collect();
    let position = |index| LogPosition::new(LogIndex(index), Term(1));
    let mut checks = RecordedChecks::new();
    checks.leads(N1, Term(1));
    checks.begins_anew(LogIndex(3));
    checks.log_changed(N1, None, (position(3), LogIndex(3)), all[3..].iter());
    // A log that is told from its beginning on, and reaches the others later.
    checks.log_changed(N2, None, origin(0), all[..2].iter());
    checks.log_changed(N2, None, origin(2), all[2..].iter());
    assert_eq!(broken(&checks), "none");
    assert_eq!([1, 3, 4, 6].map(|index| checks.knows(position(index))), [true, true, true, false]);
    let mut two_leaders = checks.clone();
    two_leaders.leads(N2, Term(1));
    assert_eq!(broken(&two_leaders), "Election Safety", "leaders are remembered");
    checks.log_changed(N2, None, origin(4), [entry(5, 1, "b")].iter());
    assert_eq!(broken(&checks), "Log Matching");
}

#[test]
fn after_a_suspension_nothing_is_judged() {
    let suspended = |checks: &mut RecordedChecks| {
        checks.suspend_all(&Words::of("a disk was wiped"));
        checks.acknowledges(N2, N1, LogIndex(3), None);
    };
    assert_eq!(with(suspended), "none");
}
