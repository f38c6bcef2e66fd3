//! What the clients of a storm saw, written as a history, read again, and searched: a second
//! opinion on the committed log, which the checks take for the order of what happened.

use linearizability::{Format, Limits, Verdict, check, parse};
use raft_check::HistoryRecorder;

use crate::storm::Storm;

#[test]
fn what_clients_see_in_storms_is_linearizable() {
    let (mut operations, mut unanswered) = (0, 0);
    for seed in 1..=60 {
        let mut storm = Storm::new(1 + seed % 5, seed);
        storm.history = Some(HistoryRecorder::new(Vec::new()).unwrap());
        let storm = storm.run(6_000_000);
        assert_eq!(storm.checks.violation(), None, "seed={seed}");
        let text = storm.history.unwrap().finish().unwrap();
        let history = match parse(&text, None) {
            Ok(history) => history,
            Err(error) => panic!("seed={seed}: {error}"),
        };
        assert_eq!(parse(&text, Some(Format::Helios)).as_ref(), Ok(&history));
        operations += history.invocations().len();
        unanswered += history.unanswered();
        let verdict = check(&history, &mut Limits::new(1 << 28, &mut || true));
        assert!(matches!(verdict, Verdict::Linearizable { .. }), "seed={seed}: {verdict:?}");
    }
    assert!(operations > 1_000 && unanswered > 100, "{operations} {unanswered}");
}
