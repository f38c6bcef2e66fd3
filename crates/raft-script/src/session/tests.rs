mod cluster;
mod conditions;

use std::time::Duration;

use proptest::prelude::*;
use raft_core::NodeId;
use raft_sim::{ActionError, DelayRange};

use super::*;
use crate::strategies::action;
use crate::{parse, parse_line, run};

fn statement(line: &str) -> Statement {
    parse_line(line).unwrap_or_else(|error| panic!("{error}")).expect("a statement")
}

fn session() -> Session {
    Session::new(Setup::default()).expect("the defaults are within bounds")
}

fn start(session: &mut Session, line: &str) -> Result<Started, ExecError> {
    session.start(&statement(line))
}

/// Carries out a line to its end.
fn exec(session: &mut Session, line: &str) -> Result<Reply, ExecError> {
    match start(session, line)? {
        Started::Done(reply) => Ok(reply),
        Started::Waiting => finish(session),
    }
}

fn finish(session: &mut Session) -> Result<Reply, ExecError> {
    loop {
        match session.step() {
            Stepped::Finished(result) => return result,
            Stepped::Event => {}
            Stepped::Nothing => panic!("nothing to come, but a statement waits"),
        }
    }
}

/// The hash at the end of the exported script, which must run without failure.
fn replayed(session: &Session) -> (u64, Instant, String) {
    let text = session.export();
    let script = parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let report = run(&script, &mut |_| {});
    assert_eq!(report.failure, None, "{text}");
    (report.trace_hash, report.at, text)
}

fn assert_replays(session: &Session) {
    let (hash, at, text) = replayed(session);
    assert_eq!((hash, at), (session.world().trace_hash(), session.world().now()), "{text}");
}

/// What a person may do between two moments of watching.
#[derive(Clone, Debug)]
enum Doing {
    Act(Statement),
    Steps(u8),
    /// Moves the clock only, as the page does between events; possibly right up to the next event.
    Clock(u32),
    SourceLine(&'static str),
}

fn doing() -> impl Strategy<Value = Doing> {
    let lines = prop::sample::select(vec![
        "set x=1",
        "append x y client=2",
        "crash leader",
        "restart all",
        "pause any follower",
        "resume all",
        "partition leader | others",
        "heal",
        "link all latency=10ms loss=5% duplicate=5%",
        "link all latency=0s..1ms reorder=on",
        "disk all latency=0s",
        "timeout any follower",
        "get x read=lease",
        "get x read=quorum via=any follower",
        "transfer any follower",
        "add 6",
        "add 7 as learner",
        "remove any follower",
        "replace any follower with 8",
        "snapshot all",
        "run 50ms",
        "run until leader within 2s",
        "at +20ms crash others lose",
        "expect converged within 300ms",
        "expect safe",
        "step 7",
    ]);
    prop_oneof![
        1 => action().prop_map(Doing::Act),
        4 => lines.prop_map(Doing::SourceLine),
        2 => any::<u8>().prop_map(Doing::Steps),
        2 => (0..50_000_u32).prop_map(Doing::Clock),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// DESIGN §8: the replay of an exported session has the same trace hash.
    #[test]
    fn an_exported_session_replays_to_the_same_hash(
        seed in any::<u64>(),
        nodes in 1..=5_u64,
        exact in any::<bool>(),
        doings in prop::collection::vec(doing(), 1..25),
    ) {
        // Equal delays make many things due at the same moment.
        let delay = if exact { DelayRange::millis(5, 5) } else { DelayRange::millis(1, 9) };
        let latencies = Setup { link_latency: delay, disk_latency: delay, ..Setup::default() };
        let setup = Setup { seed, nodes, ..latencies };
        let mut session = Session::new(setup).unwrap();
        for doing in doings {
            match doing {
                Doing::Act(statement) => {
                    let _ = session.start(&statement);
                }
                Doing::SourceLine(line) => {
                    let _ = exec(&mut session, line);
                }
                Doing::Steps(count) => (0..count).for_each(|_| {
                    session.step();
                }),
                Doing::Clock(micros) => {
                    let to = session.world().now() + Duration::from_micros(micros.into());
                    session.advance_clock(to);
                }
            }
        }
        prop_assert!(session.checks().violation().is_none());
        let (hash, at, text) = replayed(&session);
        prop_assert_eq!(hash, session.world().trace_hash(), "{}", text);
        prop_assert_eq!(at, session.world().now(), "{}", text);
        // Exporting the replayed session gives the same text: nothing is lost on the way.
        let script = parse(&text).unwrap();
        let again = run(&script, &mut |_| {}).session.expect("it ran").export();
        prop_assert_eq!(again, text);
    }
}

#[test]
fn waiting_ends_when_the_condition_holds_and_not_an_event_later() {
    let mut session = session();
    assert_eq!(start(&mut session, "run until leader"), Ok(Started::Waiting));
    assert!(session.goal().unwrap().to_string().starts_with("waiting until leader"));
    let mut before = session.clone();
    while session.world().leader().is_none() {
        assert_eq!(session.step(), Stepped::Event);
        if session.world().leader().is_none() {
            before = session.clone();
        }
    }
    // The very next step ends the waiting, without a step of the world.
    let (steps, now) = (session.world().steps(), session.world().now());
    assert_eq!(session.next_step_at().unwrap(), now);
    let Stepped::Finished(Ok(reply)) = session.step() else { panic!("finished") };
    assert!(reply.to_string().contains("leads in term 1"), "{reply}");
    assert_eq!((session.world().steps(), session.world().now()), (steps, now));
    assert_eq!(before.world().steps() + 1, steps);
    assert!(session.goal().is_none());
}

#[test]
fn a_run_for_a_time_ends_at_exactly_that_time() {
    let mut session = session();
    exec(&mut session, "run 1234567us").unwrap();
    assert_eq!(session.world().now(), Instant(1_234_567));
    exec(&mut session, "at +3us heal").unwrap();
    assert_eq!(session.world().now(), Instant(1_234_570));
    assert_eq!(
        exec(&mut session, "at 1s heal"),
        Err(StatementError::Past { time: Instant(1_000_000), now: Instant(1_234_570) }.into())
    );
    exec(&mut session, "run until 2s").unwrap();
    assert_eq!(session.world().now(), Instant(2_000_000));
    assert_replays(&session);
}

#[test]
fn steps_are_counted() {
    let mut session = session();
    exec(&mut session, "step 5").unwrap();
    assert_eq!(session.world().steps(), 5);
    exec(&mut session, "step").unwrap();
    assert_eq!(session.world().steps(), 6);
}

#[test]
fn a_statement_may_wait_within_at() {
    let mut session = session();
    exec(&mut session, "at 10ms run until leader").unwrap();
    assert!(session.world().leader().is_some());
    let now = session.world().now();
    exec(&mut session, "at +10ms run 5ms").unwrap();
    assert_eq!(session.world().now(), now + Duration::from_millis(15));
}

#[test]
fn what_does_not_come_in_time_is_an_error() {
    let mut session = session();
    let error = exec(&mut session, "run until committed x=1 within 1s").unwrap_err();
    assert_eq!(session.world().now(), Instant(1_000_000));
    let words = error.to_string();
    assert_eq!(words, "waited 1s for committed x=1, found: no value of x is committed");
    let error = exec(&mut session, "expect value 3 x=1").unwrap_err();
    assert_eq!(error.to_string(), "expected value 3 x=1, found: node 3 has no value of x");
}

#[test]
fn one_statement_waits_at_a_time_and_others_act_meanwhile() {
    let mut session = session();
    start(&mut session, "run until committed x=1").unwrap();
    assert!(matches!(
        start(&mut session, "run 1s"),
        Err(ExecError::Statement(StatementError::Busy { .. }))
    ));
    assert!(matches!(start(&mut session, "set x=1"), Ok(Started::Done(_))));
    finish(&mut session).unwrap();
    start(&mut session, "run 1h".replace("1h", "60m").as_str()).unwrap();
    session.cancel();
    assert!(session.goal().is_none());
    assert_replays(&session);
}

/// The condition may come to hold by what a person does, without a step of the world.
#[test]
fn an_action_can_end_the_waiting() {
    let mut session = session();
    start(&mut session, "run until state 2 crashed").unwrap();
    start(&mut session, "crash 2").unwrap();
    assert!(matches!(session.step(), Stepped::Finished(Ok(_))));
    assert_eq!(session.world().now(), Instant(0));
}

#[test]
fn a_statement_about_several_nodes_does_all_or_nothing() {
    let mut session = session();
    exec(&mut session, "crash 3").unwrap();
    let hash = session.world().trace_hash();
    let error = exec(&mut session, "crash 1 2 3").unwrap_err();
    assert!(matches!(
        error,
        ExecError::Statement(StatementError::Refused(ActionError::WrongState {
            node: NodeId(3),
            ..
        }))
    ));
    assert_eq!(session.world().trace_hash(), hash, "nothing has happened");
    assert_eq!(session.journal().len(), 1, "and nothing is in the journal");
    // `all` means those for which it makes sense.
    exec(&mut session, "crash all").unwrap();
    exec(&mut session, "restart all").unwrap();
    assert_eq!(
        exec(&mut session, "resume all").unwrap_err().to_string(),
        "node 1 is running; it must be paused for that"
    );
    assert_replays(&session);
}

#[test]
fn roles_are_those_of_the_moment() {
    let mut session = session();
    let error = exec(&mut session, "crash leader").unwrap_err();
    assert_eq!(error.to_string(), "there is no leader now");
    exec(&mut session, "run until leader").unwrap();
    let leader = session.world().leader().unwrap();
    exec(&mut session, "partition leader | others").unwrap();
    let groups = session.world().partition().unwrap().groups().to_vec();
    assert_eq!(groups[0], [leader]);
    assert_eq!(groups[1].len(), 4);
    exec(&mut session, "heal").unwrap();
    exec(&mut session, "link leader -> others cut").unwrap();
    let is_cut = |from, to| session.world().link(from, to).unwrap().cut;
    for other in session.world().node_ids().filter(|id| *id != leader) {
        assert!(is_cut(leader, other) && !is_cut(other, leader));
    }
    exec(&mut session, "crash leader").unwrap();
    assert_replays(&session);
}

#[test]
fn answers_are_remembered_in_words() {
    let mut session = session();
    exec(&mut session, "set x=7").unwrap();
    exec(&mut session, "expect pending client 1").unwrap();
    exec(&mut session, "expect answer client 1 = done within 5s").unwrap();
    exec(&mut session, "get x client=2").unwrap();
    exec(&mut session, "expect answer client 2 = value 7 within 5s").unwrap();
    exec(&mut session, "cas x 1 2").unwrap();
    exec(&mut session, "run until idle").unwrap();
    exec(&mut session, "expect answer client 1 = not swapped: the value is 7").unwrap();
    assert_replays(&session);
}

#[test]
fn a_disk_made_up_by_terms_is_what_the_node_starts_from() {
    let script = parse(
        "cluster nodes=3 down=2\ndisk 1 terms=1,1,2 vote=3\ndisk 2 terms=1,4 term=6\n\
         expect log 1 = 1,1,2\n\
         expect log 2 = 1,4\nexpect log 3 = empty\nexpect term 1 = 2\nexpect state 2 crashed",
    )
    .unwrap();
    let report = run(&script, &mut |_| {});
    assert_eq!(report.failure, None);
    let mut session = report.session.unwrap();
    let voted_for = session.world().node(NodeId(1)).unwrap().core().unwrap().voted_for();
    assert_eq!(voted_for, Some(NodeId(3)));
    exec(&mut session, "restart 2").unwrap();
    exec(&mut session, "expect term 2 = 6").unwrap();
    exec(&mut session, "expect converged within 5s").unwrap();
    exec(&mut session, "expect committed entry2=4").unwrap();
    let (.., text) = replayed(&session);
    assert!(text.contains("disk 1 terms=1,1,2 vote=3"), "as it was written: {text}");
}

/// The help's own example: of the other nodes, none may lead in a term that is over.
#[test]
fn disks_that_are_not_described_know_the_latest_term_of_a_log_made_up() {
    for seed in 1..=30 {
        let text = format!(
            "cluster nodes=5 seed={seed}\ndisk 2 terms=1,1,4\nexpect term 3 = 4\n\
             expect log 3 = empty\nexpect converged within 9s\nrun 3s\nexpect converged within 9s"
        );
        let report = run(&parse(&text).unwrap(), &mut |_| {});
        assert_eq!(report.failure, None, "{text}");
        assert_replays(&report.session.unwrap());
    }
}

/// A page that reopens after a power failure starts from records, not from a script.
#[test]
fn a_session_from_records_exports_them() {
    let mut first = session();
    exec(&mut first, "set x=1").unwrap();
    exec(&mut first, "run until committed x=1").unwrap();
    let disks = first.world().nodes().map(|node| (node.id(), node.disk().durable().clone()));
    let setup = Setup { disks: disks.collect(), run: 1, ..Setup::default() };
    let mut second = Session::new(setup).unwrap();
    exec(&mut second, "get x").unwrap();
    exec(&mut second, "expect answer client 1 = value 1 within 10s").unwrap();
    assert!(second.export().contains("disk 3 image=\""));
    assert_replays(&second);
}

#[test]
fn an_unreadable_disk_image_is_an_error() {
    let script = parse("disk 1 image=\"AAAA\"").unwrap();
    let failure = run(&script, &mut |_| {}).failure.unwrap();
    assert_eq!(failure.line, 1);
    let error = &failure.error;
    assert!(
        matches!(error, ExecError::Statement(StatementError::DiskImage { node: NodeId(1), .. })),
        "{failure}"
    );
}

/// A moment that names a step belongs to one run. In another one it must not pass silently.
#[test]
fn a_moment_of_another_run_is_refused() {
    for moment in
        ["at 100ms after 1 steps heal", "at 1s after 100000 steps heal", "at 0s after 3 steps heal"]
    {
        let mut session = session();
        exec(&mut session, "step 2").unwrap();
        let now = session.world().now();
        let error = match exec(&mut session, moment) {
            Err(error) => error,
            Ok(reply) => panic!("{moment}: {reply} at {now}"),
        };
        assert!(
            matches!(
                error,
                ExecError::Statement(StatementError::OtherRun { .. } | StatementError::Past { .. })
            ),
            "{moment}: {error}"
        );
        assert!(session.goal().is_none());
    }
}

#[test]
fn a_world_that_exists_cannot_be_described() {
    let mut session = session();
    for line in ["cluster nodes=3", "disk 1 terms=1"] {
        assert_eq!(start(&mut session, line), Err(StatementError::TooLate.into()));
    }
}

#[test]
fn nodes_that_the_cluster_does_not_have_are_refused() {
    let mut session = session();
    for line in [
        "crash 7",
        "expect role 7 follower within 1s",
        "expect leader among 1 7 within 1s",
        "run until log 7 = 1",
    ] {
        assert_eq!(
            start(&mut session, line),
            Err(ActionError::NoSuchNode(NodeId(7)).into()),
            "{line}"
        );
    }
}

#[test]
fn the_clock_never_passes_what_comes_next() {
    let mut session = session();
    start(&mut session, "run 10us").unwrap();
    session.advance_clock(Instant(5));
    assert_eq!(session.world().now(), Instant(5));
    session.advance_clock(Instant(1_000_000));
    assert_eq!(session.world().now(), Instant(10));
    assert!(matches!(session.step(), Stepped::Finished(Ok(_))));
    let next = session.next_step_at().unwrap();
    session.advance_clock(Instant(60_000_000));
    assert_eq!(session.world().now(), next);
}

#[test]
fn with_every_node_down_waiting_still_ends() {
    let mut session = session();
    exec(&mut session, "crash all").unwrap();
    assert_eq!(session.step(), Stepped::Nothing);
    exec(&mut session, "run 5s").unwrap();
    assert_eq!(session.world().now(), Instant(5_000_000));
    exec(&mut session, "step 10").unwrap();
    assert!(matches!(exec(&mut session, "run until leader"), Err(ExecError::TimedOut { .. })));
    assert_eq!(session.world().now(), Instant(65_000_000));
    assert_replays(&session);
}

#[test]
fn who_recovers_works_and_all_others_are_gone() {
    let text = "cluster nodes=5 seed=3
        run until leader
        partition 1 2 | 3 4 5
        link all loss=90% latency=400ms..500ms
        disk all latency=1s
        crash 3
        pause 4
        run 3s
        recover 3 4 5
        expect state 1 crashed
        expect state 3 running
        expect state 4 running
        set x=1
        expect answer client 1 = done within 3s
        expect complete within 3s";
    let script = parse(text).unwrap();
    let report = run(&script, &mut |_| {});
    assert_eq!(report.failure, None);
    assert_replays(&report.session.unwrap());
}
