//! Parts that no message can reach alone. The rules of the paper are tested in `tests/raft`,
//! through the public interface.

use alloc::vec::Vec;
use core::time::Duration;

use super::durability::{Durability, Needs};
use super::outgoing::OutgoingSnapshot;
use super::progress::{Progress, ProgressState};
use crate::{
    Entries, Entry, HeartbeatRound, Instant, LogIndex, NodeId, Payload, Settings, Snapshot, Term,
    Trace,
};

fn entry(index: u64) -> Entry {
    Entry { index: LogIndex(index), term: Term(1), payload: Payload::Noop }
}

/// Always `match_index < next_index`, and `match_index` never goes back (Figure 2).
#[test]
fn progress_keeps_its_order_whatever_is_reported() {
    let mut progress = Progress::new(NodeId(2), LogIndex(9), Instant(0));
    assert_eq!((progress.next_index, progress.match_index), (LogIndex(10), LogIndex(0)));
    for (reported, expected) in [(3, 3), (1, 3), (7, 7), (7, 7), (0, 7)] {
        progress.record_match(LogIndex(reported), Instant(0));
        assert_eq!(progress.match_index, LogIndex(expected));
        assert!(progress.match_index < progress.next_index);
    }
    progress.become_probe(LogIndex(2));
    assert_eq!(progress.next_index, LogIndex(8), "never before what is known to be there");
}

/// An answer covers all messages before it: their own answers may be lost.
#[test]
fn an_acknowledgement_takes_all_messages_before_it_out_of_flight() {
    let mut progress = Progress::new(NodeId(2), LogIndex(0), Instant(0));
    progress.record_match(LogIndex(0), Instant(0));
    if let ProgressState::Replicate(in_flight) = &mut progress.state {
        for last in [2, 4, 6] {
            in_flight.push(LogIndex(last), 10);
        }
        assert!(in_flight.has_room(4, 31) && !in_flight.has_room(3, 31));
        assert!(!in_flight.has_room(4, 30), "the window has bytes, too");
    }
    progress.record_match(LogIndex(5), Instant(0));
    assert_eq!((progress.status().in_flight, progress.status().in_flight_bytes), (1, 10));
    progress.record_match(LogIndex(6), Instant(0));
    assert_eq!((progress.status().in_flight, progress.status().in_flight_bytes), (0, 0));
}

/// An answer to an earlier round comes soon after a later round was sent. That is no round trip.
#[test]
fn a_round_trip_ends_with_an_answer_to_its_round() {
    let mut new = Progress::new(NodeId(2), LogIndex(0), Instant(0));
    new.note_answered(HeartbeatRound(1), Instant(70));
    assert_eq!(new.round_trip, None, "it got entries, and no heartbeat yet");
    let mut progress = Progress::new(NodeId(2), LogIndex(0), Instant(0));
    progress.note_sent(HeartbeatRound(1), Instant(0));
    progress.note_sent(HeartbeatRound(2), Instant(50));
    progress.note_answered(HeartbeatRound(1), Instant(100));
    progress.note_sent(HeartbeatRound(3), Instant(140));
    progress.note_answered(HeartbeatRound(2), Instant(150));
    assert_eq!(progress.round_trip, Some(Duration::from_micros(100)));
    progress.note_answered(HeartbeatRound(4), Instant(230));
    assert_eq!(progress.round_trip, Some(Duration::from_micros(90)), "a later one is an answer");
}

/// §5.6: a disk is slow if it needs longer for an entry than the shortest election timeout.
#[test]
fn a_disk_as_slow_as_an_election_timeout_is_not_slow() {
    let settings = Settings::default();
    for (micros, slow) in [(150_000, 0), (150_001, 150_001)] {
        let mut progress = Progress::new(NodeId(2), LogIndex(0), Instant(0));
        progress.record_match(LogIndex(0), Instant(0));
        progress.note_entries(LogIndex(1), 10, Instant(0));
        progress.record_match(LogIndex(1), Instant(micros));
        assert_eq!(progress.slow_disk(&settings), Duration::from_micros(slow));
    }
}

/// If the server was silent for longer than an election timeout, its disk need not be slow.
#[test]
fn a_silence_of_an_election_timeout_is_not_too_long() {
    let settings = Settings::default();
    for (micros, slow) in [(300_000, 300_000), (300_001, 0)] {
        let mut progress = Progress::new(NodeId(2), LogIndex(0), Instant(0));
        progress.record_match(LogIndex(0), Instant(0));
        progress.note_answered(HeartbeatRound(1), Instant(0));
        progress.note_entries(LogIndex(1), 10, Instant(0));
        progress.note_contact(settings.election_timeout_max, Instant(micros));
        progress.record_match(LogIndex(1), Instant(micros));
        assert_eq!(progress.slow_disk(&settings), Duration::from_micros(slow));
    }
}

/// An entry that was sent before a snapshot is acknowledged with it: that says nothing about the
/// disk.
#[test]
fn a_transfer_of_a_snapshot_is_no_time_of_a_disk() {
    let settings = Settings::default();
    let slow_disk = |is_snapshot: bool| {
        let mut progress = Progress::new(NodeId(2), LogIndex(0), Instant(0));
        progress.record_match(LogIndex(0), Instant(0));
        progress.note_entries(LogIndex(3), 10, Instant(0));
        if is_snapshot {
            let snapshot = Snapshot {
                last_included_index: LogIndex(5),
                last_included_term: Term(1),
                membership: crate::Membership::new([NodeId(1)]),
                data: crate::Bytes::default().into(),
            };
            progress.become_snapshot(OutgoingSnapshot::new(snapshot, &settings, None));
        }
        progress.record_match(LogIndex(5), Instant(1_000_000));
        !progress.slow_disk(&settings).is_zero()
    };
    assert_eq!([false, true].map(slow_disk), [true, false]);
}

/// Writes of one input become one request, and a truncation takes back what was about to be
/// durable.
#[test]
fn a_truncation_takes_back_what_was_about_to_be_durable() {
    let mut durability = Durability::new(LogIndex(5));
    assert_eq!(durability.log_index(), LogIndex(5));
    durability.write_truncation(LogIndex(3));
    assert_eq!(durability.log_index(), LogIndex(2));
    durability.write_entries(Entries::from_iter([entry(3)]));
    durability.write_entries(Entries::from_iter([entry(4)]));
    assert_eq!(durability.log_index(), LogIndex(2), "issued is not durable");
    assert!(durability.is_hard_state_durable(), "none was written");
    durability.write_hard_state(Term(1), None);
    assert!(!durability.is_hard_state_durable());
}

/// Without tracing an event is not even built.
#[test]
fn an_event_is_not_built_without_tracing() {
    let membership = crate::Membership::new([NodeId(1)]);
    let config = crate::Config::new(NodeId(1), membership);
    let node = crate::Node::new(config, crate::Recovered::default(), Instant(0));
    let mut node = node.expect("the settings are valid");
    node.trace(|| -> Trace { panic!("built") });
    node.flush();
    let outputs: Vec<_> = core::iter::from_fn(|| node.poll_output().output()).collect();
    assert!(outputs.is_empty(), "{outputs:?}");
    node.emit(crate::Output::SnapshotNeeded { through: LogIndex(0) }, Needs::HardState);
    assert!(node.poll_output().output().is_some());
}
