//! The shadow of a node stays equal to its log, whether its traces tell the truth or not.

use raft_core::{Bytes, Entry, Payload, Recovered};

use super::*;
use crate::shadows::log::PrefixHash;

fn entry(index: u64, term: u64, text: &str) -> Entry {
    let payload = Payload::Command(Bytes::from(text.as_bytes()));
    Entry { index: LogIndex(index), term: Term(term), payload }
}

fn log(terms: &[u64]) -> Log {
    let mut log = Log::new(LogPosition::ORIGIN);
    for (place, term) in terms.iter().enumerate() {
        log.append(vec![entry(place as u64 + 1, *term, "x")].into());
    }
    log
}

fn shadow() -> NodeShadow {
    let disk = DiskShadow::new(&Recovered::default(), &PrefixRegistry::default(), true);
    NodeShadow::new(NodeId(1), disk)
}

/// The prefixes that the log has when it is read from its beginning.
fn prefixes(log: &Log) -> Vec<PrefixHash> {
    let mut prefix = PrefixHash::EMPTY;
    let next = |entry| {
        prefix = prefix.then(entry);
        prefix
    };
    log.iter_from(LogIndex(1)).map(next).collect()
}

fn follow(node: &mut NodeShadow, log: &Log) -> u64 {
    let change = node.follow_log(log, &PrefixRegistry::default());
    node.follow_compaction(log);
    assert_eq!(node.log.last(), log.last());
    change.kept_through.0
}

fn shadow_prefixes(node: &NodeShadow) -> Vec<PrefixHash> {
    (1..=node.log.last_index().0).filter_map(|index| node.log.get(LogIndex(index))).collect()
}

#[test]
fn only_appended_entries_are_hashed() {
    let mut node = shadow();
    assert_eq!(follow(&mut node, &log(&[1, 1])), 0);
    assert_eq!(follow(&mut node, &log(&[1, 1])), 2);
    assert_eq!(follow(&mut node, &log(&[1, 1, 2])), 2);
    assert_eq!(shadow_prefixes(&node), prefixes(&log(&[1, 1, 2])));
}

#[test]
fn a_truncation_that_no_trace_tells_of_is_found_by_the_terms() {
    let mut node = shadow();
    follow(&mut node, &log(&[1, 1, 2, 2, 2]));
    assert_eq!(follow(&mut node, &log(&[1, 1, 3])), 2);
    assert_eq!(follow(&mut node, &log(&[1, 4, 4, 4])), 1);
    assert_eq!(shadow_prefixes(&node), prefixes(&log(&[1, 4, 4, 4])));
}

#[test]
fn a_claimed_truncation_is_hashed_again_though_the_terms_agree() {
    let mut node = shadow();
    follow(&mut node, &log(&[1, 1, 1]));
    let mut other = log(&[1]);
    other.append(vec![entry(2, 1, "other")].into());
    other.append(vec![entry(3, 1, "x")].into());
    node.claims.truncated_from = Some(LogIndex(2));
    assert_eq!(follow(&mut node, &other), 1);
    assert_eq!(shadow_prefixes(&node), prefixes(&other));
}

#[test]
fn an_entry_that_changes_in_silence_is_found_after_a_while() {
    let mut node = shadow();
    follow(&mut node, &log(&[1; 10]));
    let mut other = log(&[1; 5]);
    other.append(vec![entry(6, 1, "other")].into());
    (7..=10).for_each(|index| other.append(vec![entry(index, 1, "x")].into()));
    let found = (0..12).map(|_| follow(&mut node, &other)).find(|kept| *kept < 10);
    assert_eq!(found, Some(5));
    assert_eq!(shadow_prefixes(&node), prefixes(&other));
}

#[test]
fn compaction_and_new_snapshots_are_followed() {
    let mut node = shadow();
    let mut real = log(&[1, 1, 2, 2]);
    follow(&mut node, &real);
    real.compact(LogPosition::new(LogIndex(3), Term(2)));
    assert_eq!(follow(&mut node, &real), 4);
    assert_eq!(node.log.base(), LogIndex(3));
    assert_eq!(node.log.last_prefix(), *prefixes(&log(&[1, 1, 2, 2])).last().unwrap());
    // A leader's snapshot in place of the log, one that goes further than anything here.
    assert_eq!(follow(&mut node, &Log::new(LogPosition::new(LogIndex(9), Term(4)))), 9);
    assert_eq!(node.log.base_position(), LogPosition::new(LogIndex(9), Term(4)));
}
