//! `Config` and `RestartError`: what is refused, and in which words.

use std::collections::BTreeSet;
use std::time::Duration;

use raft_core::{
    Config, ConfigError, HardState, Instant, LogIndex, Membership, Node, NodeId, Recovered,
    RestartError, Term,
};

use crate::builders::*;

/// The message of the error that `change` makes of valid settings.
fn refusal(change: impl Fn(&mut Config)) -> String {
    let mut config = Config::new(NodeId(1), membership(3));
    assert_eq!(config.validate(), Ok(()));
    change(&mut config);
    let error = config.validate().expect_err("the settings are invalid");
    let started = Node::new(config, Recovered::default(), Instant(0));
    assert_eq!(started.err(), Some(RestartError::Config(error.clone())));
    error.to_string()
}

#[test]
fn the_defaults_are_those_of_the_paper() {
    let config = Config::new(NodeId(1), membership(3));
    assert_eq!(config.settings.heartbeat_interval, Duration::from_millis(50));
    assert_eq!(config.settings.election_timeout_min, Duration::from_millis(150));
    assert_eq!(config.settings.election_timeout_max, Duration::from_millis(300));
    assert_eq!(
        (config.settings.max_batch_entries, config.settings.snapshot_threshold),
        (100, 10_000)
    );
    assert_eq!(config.settings.trailing_entries, 5_000);
}

#[test]
fn clusters_have_one_to_nine_voters() {
    for size in 1..=9 {
        assert_eq!(Config::new(NodeId(1), membership(size)).validate(), Ok(()));
    }
    let message = refusal(|config| config.membership = membership(10));
    assert_eq!(message, "a cluster has 1 to 9 voters, and as many learners, not 10");
    let learners = |config: &mut Config| {
        config.membership = membership(3).with_learners((4..14).map(NodeId));
    };
    assert_eq!(refusal(learners), "a cluster has 1 to 9 voters, and as many learners, not 10");
    let both = |config: &mut Config| config.membership = membership(3).with_learners([NodeId(3)]);
    assert_eq!(refusal(both), "node 3 cannot be a voter and a learner at once");
}

/// A server that is to join a cluster knows nobody; it waits.
#[test]
fn a_server_may_know_no_cluster() {
    let config = Config::new(NodeId(4), Membership::empty());
    assert_eq!(config.validate(), Ok(()));
    let mut node = Node::new(config, Recovered::default(), Instant(0)).expect("valid");
    node.handle(node.deadline(), raft_core::Input::Timeout);
    assert_eq!(node.current_term(), Term(0), "it starts no election");
}

#[test]
fn node_ids_start_at_one() {
    let message = refusal(|config| config.id = NodeId(0));
    assert_eq!(message, "node ids start at 1");
    let message = refusal(|config| config.membership = Membership::new([NodeId(0), NodeId(1)]));
    assert_eq!(message, "node ids start at 1");
}

#[test]
fn durations_are_bounded() {
    let message = refusal(|config| config.settings.heartbeat_interval = Duration::ZERO);
    assert_eq!(message, "heartbeat_interval is 0ns; it must be from 1 µs to 1 h");
    let message =
        refusal(|config| config.settings.election_timeout_max = Duration::from_secs(3601));
    assert_eq!(message, "election_timeout_max is 3601s; it must be from 1 µs to 1 h");
}

/// The numbers in the messages are the last ones that are possible.
#[test]
fn bounds_are_possible_values() {
    let mut config = Config::new(NodeId(1), membership(3));
    config.settings.heartbeat_interval = Duration::from_micros(1);
    config.settings.election_timeout_max = Duration::from_secs(3600);
    config.settings.max_clock_drift_ppm = 500_000;
    config.settings.trailing_entries = 1_000_000_000;
    (config.settings.max_batch_entries, config.settings.max_in_flight) = (1, 10_000);
    assert_eq!(config.validate(), Ok(()));
    config.settings.trailing_entries = 0;
    assert_eq!(config.validate(), Ok(()));
}

#[test]
fn election_timeouts_are_in_order_and_longer_than_the_heartbeat() {
    let message =
        refusal(|config| config.settings.election_timeout_min = Duration::from_millis(301));
    assert_eq!(message, "election_timeout_min (301ms) is more than election_timeout_max (300ms)");
    let message = refusal(|config| config.settings.heartbeat_interval = Duration::from_millis(150));
    assert_eq!(
        message,
        "heartbeat_interval (150ms) must be less than election_timeout_min (150ms), or followers \
         give up on a leader that is alive"
    );
}

#[test]
fn numbers_are_bounded() {
    let message = refusal(|config| config.settings.max_batch_entries = 0);
    assert_eq!(message, "max_batch_entries is 0; it must be from 1 to 100000");
    let message = refusal(|config| config.settings.max_batch_bytes = 0);
    assert_eq!(message, "max_batch_bytes is 0; it must be from 1 to 67108864");
    let message = refusal(|config| config.settings.max_in_flight = 10_001);
    assert_eq!(message, "max_in_flight is 10001; it must be from 1 to 10000");
    let message = refusal(|config| config.settings.snapshot_threshold = 0);
    assert_eq!(message, "snapshot_threshold is 0; it must be from 1 to 18446744073709551615");
    let message = refusal(|config| config.settings.snapshot_threshold_bytes = 0);
    assert_eq!(message, "snapshot_threshold_bytes is 0; it must be from 1 to 68719476736");
    let message = refusal(|config| config.settings.max_command_bytes = (1 << 30) + 1);
    assert_eq!(message, "max_command_bytes is 1073741825; it must be from 1 to 1073741824");
    let message = refusal(|config| config.settings.max_clock_drift_ppm = 500_001);
    assert_eq!(message, "max_clock_drift_ppm is 500001; it must be from 0 to 500000");
    let message = refusal(|config| config.settings.max_in_flight_bytes = 0);
    assert_eq!(message, "max_in_flight_bytes is 0; it must be from 1 to 1073741824");
    let message = refusal(|config| config.settings.max_uncommitted_bytes = 0);
    assert_eq!(message, "max_uncommitted_bytes is 0; it must be from 1 to 68719476736");
    let message = refusal(|config| config.settings.max_pending_requests = 0);
    assert_eq!(message, "max_pending_requests is 0; it must be from 1 to 1000000");
    let message = refusal(|config| config.settings.check_quorum = false);
    assert_eq!(message, "lease_reads needs check_quorum: a lease depends on leader stickiness");
    let message = refusal(|config| config.settings.snapshot_chunk_bytes = 64 * 1024 * 1024 + 1);
    assert_eq!(message, "snapshot_chunk_bytes is 67108865; it must be from 1 to 67108864");
    let chunks = |chunk, max| {
        let mut config = config(1, 3);
        let settings = &mut config.settings;
        (settings.snapshot_chunk_bytes, settings.max_snapshot_bytes) = (chunk, max);
        config.validate().map_err(|error| error.to_string())
    };
    assert_eq!((chunks(1, (1 << 31) - 1), chunks(513, 1 << 40)), (Ok(()), Ok(())));
    let message = "snapshot_chunk_bytes is 512; it must be from 513 to 67108864";
    assert_eq!(chunks(512, 1 << 40), Err(message.to_owned()));
}

fn start(disk: Recovered) -> Result<Node, RestartError> {
    Node::new(config(1, 3), disk, Instant(0))
}

#[test]
fn a_sound_disk_is_accepted() {
    assert!(start(Recovered::default()).is_ok());
    assert!(start(disk(3, &[1, 1, 3])).is_ok());
    let entries = entries_after(5, &[2, 3]);
    let disk = Recovered { snapshot: Some(snapshot(5, 2, 3, "x")), entries, ..disk(3, &[]) };
    let node = start(disk).expect("the disk is sound");
    assert_eq!((node.log().base(), node.log().last()), (at(5, 2), at(7, 3)));
}

#[test]
fn a_missing_entry_is_refused() {
    let with_gap = Recovered { entries: vec![entry(1, 1), entry(3, 1)], ..disk(1, &[]) };
    let error = start(with_gap).err();
    let (expected, found) = (LogIndex(2), LogIndex(3));
    assert_eq!(error, Some(RestartError::EntryMissing { expected, found }));
    assert_eq!(
        error.map(|error| error.to_string()).as_deref(),
        Some("the stored log is damaged: entry 2 is missing, 3 follows")
    );
    // A gap between the snapshot and the log, and a log without its beginning.
    let behind = Recovered { snapshot: Some(snapshot(5, 1, 3, "x")), ..disk(1, &[]) };
    let gap = Recovered { entries: entries_after(6, &[1]), ..behind };
    assert!(matches!(start(gap), Err(RestartError::EntryMissing { .. })));
    let headless = Recovered { entries: entries_after(1, &[1]), ..disk(1, &[]) };
    assert!(matches!(start(headless), Err(RestartError::EntryMissing { .. })));
}

#[test]
fn terms_that_go_down_are_refused() {
    let error = start(disk(3, &[1, 3, 2])).err();
    assert_eq!(error, Some(RestartError::TermsDecrease { at: at(3, 2) }));
    let disk = Recovered {
        snapshot: Some(snapshot(5, 3, 3, "x")),
        entries: entries_after(5, &[2]),
        ..disk(3, &[])
    };
    assert_eq!(start(disk).err(), Some(RestartError::TermsDecrease { at: at(6, 2) }));
}

/// A log that is ahead of the stored term means that the term, and perhaps a vote, was lost.
#[test]
fn a_lost_term_is_refused() {
    let error = start(disk(2, &[1, 3])).expect_err("the term was lost");
    assert_eq!(error, RestartError::TermLost { current_term: Term(2), last_log: at(2, 3) });
    assert_eq!(
        error.to_string(),
        "the stored term 2 is older than the last stored entry 2@3: a term, and perhaps a vote, \
         was lost"
    );
    let with_snapshot = Recovered { snapshot: Some(snapshot(5, 3, 3, "x")), ..disk(2, &[]) };
    assert!(matches!(start(with_snapshot), Err(RestartError::TermLost { .. })));
}

#[test]
fn absurd_numbers_are_refused() {
    let hard_state = HardState { current_term: Term(u64::MAX), voted_for: None };
    let huge_term = Recovered { hard_state, ..Recovered::default() };
    assert_eq!(start(huge_term.clone()).err(), Some(RestartError::NumberTooLarge));
    for index in [u64::MAX, u64::MAX - 1, u64::MAX / 2 + 1] {
        let snapshot = Some(snapshot(index, 1, 3, "x"));
        let huge_index = Recovered { snapshot, ..disk(1, &[]) };
        assert_eq!(start(huge_index).err(), Some(RestartError::NumberTooLarge));
    }
    let entries = vec![entry(1, u64::MAX)];
    let huge_entry = Recovered { entries, ..huge_term };
    assert_eq!(start(huge_entry).err(), Some(RestartError::NumberTooLarge));
}

/// The stored membership goes before the configured one, so it is checked like it.
#[test]
fn a_stored_membership_that_makes_no_sense_is_refused() {
    for size in [0, 10] {
        let disk = Recovered { snapshot: Some(snapshot(5, 1, size, "x")), ..disk(1, &[]) };
        let error = ConfigError::VoterCount(size as usize);
        assert_eq!(start(disk).err(), Some(RestartError::Config(error)));
    }
}

/// Same inputs, same outputs: the seed decides everything that is drawn.
#[test]
fn the_same_seed_gives_the_same_run() {
    let deadlines = |seed: u64| -> Vec<Instant> {
        let mut config = config(1, 3);
        config.seed = seed;
        let mut node = Node::new(config, Recovered::default(), Instant(0)).expect("valid");
        let next = || {
            node.handle(node.deadline(), raft_core::Input::Timeout);
            node.deadline()
        };
        std::iter::repeat_with(next).take(20).collect()
    };
    assert_eq!(deadlines(7), deadlines(7));
    assert_ne!(deadlines(7), deadlines(8));
}

/// The timer that runs stays.
#[test]
fn a_new_seed_decides_what_is_drawn_from_then_on() {
    let deadlines = |seed: u64| -> Vec<Instant> {
        let mut node = start(Recovered::default()).expect("valid");
        node.reseed(seed);
        let next = || {
            let deadline = node.deadline();
            node.handle(deadline, raft_core::Input::Timeout);
            deadline
        };
        std::iter::repeat_with(next).take(20).collect()
    };
    assert_eq!(deadlines(7), deadlines(7));
    assert_eq!(deadlines(7)[0], deadlines(8)[0]);
    assert_ne!(deadlines(7)[1], deadlines(8)[1]);
}

/// What is drawn stays within the settings, and the timer that runs stays.
#[test]
fn timeouts_can_be_drawn_from_a_part_of_their_range() {
    let drawn = |min: u64, max: u64| -> BTreeSet<u64> {
        let mut node = start(Recovered::default()).expect("valid");
        let first = node.deadline();
        node.draw_timeouts_from(Duration::from_millis(min), Duration::from_millis(max));
        assert_eq!(node.deadline(), first);
        let next = || {
            let now = node.deadline();
            node.handle(now, raft_core::Input::Timeout);
            while node.poll_output().output().is_some() {}
            (node.deadline() - now).as_micros() as u64
        };
        std::iter::repeat_with(next).take(100).collect()
    };
    assert_eq!(drawn(200, 200), BTreeSet::from([200_000]));
    assert_eq!(drawn(1, 1), BTreeSet::from([150_000]));
    assert_eq!(drawn(900, 900), BTreeSet::from([300_000]));
    let some = drawn(180, 200);
    assert!(some.len() > 50 && some.iter().all(|it| (180_000..=200_000).contains(it)), "{some:?}");
}
