//! The types of messages and disks as values: equality, parts, serialisation.

use raft_core::{
    Bytes, DiskTrace, Entries, Instant, Payload, PersistId, Recovered, SnapshotData, SnapshotFile,
    Trace,
};
#[cfg(feature = "serde")]
use raft_core::{Membership, NodeId};

use crate::builders::*;
use crate::server::Server;

#[test]
fn entries_are_equal_if_they_are_the_same_entries() {
    let all = Entries::from(entries(&[1, 1, 2]));
    assert_eq!(all.slice(0, 2), Entries::from(entries(&[1, 1])));
    assert_ne!(all.slice(0, 2), all);
    assert_ne!(Entries::from(entries(&[1, 2])), Entries::from(entries(&[1, 1])));
    assert_eq!(all.slice(1, 1), Entries::default());
    assert_eq!(all.slice(1, 3)[0], entry(2, 1));
}

#[test]
fn a_heartbeat_is_an_append_entries_without_entries() {
    assert!(append((3, 1), &[], 2).is_heartbeat());
    assert!(!append((3, 1), &[1], 2).is_heartbeat());
    assert!(!request_vote(3, 1).is_heartbeat());
}

/// Bytes are a string of bytes, not a list of numbers.
#[test]
#[cfg(feature = "serde")]
fn bytes_survive_serialisation() {
    let bytes = Bytes::from(&[0, 1, 255][..]);
    let stored = postcard::to_allocvec(&bytes).unwrap();
    assert_eq!(stored, [3, 0, 1, 255]);
    assert_eq!(postcard::from_bytes::<Bytes>(&stored), Ok(bytes));
}

/// Formats like JSON write bytes as numbers.
#[test]
#[cfg(feature = "serde")]
fn bytes_are_read_from_numbers() {
    use serde::de::value::{Error, SeqDeserializer};
    let read = |numbers: &[u16]| {
        let numbers = SeqDeserializer::<_, Error>::new(numbers.iter().copied());
        <Bytes as serde::Deserialize>::deserialize(numbers).ok()
    };
    assert_eq!(read(&[1, 2, 255]), Some(Bytes::from(&[1, 2, 255][..])));
    assert_eq!(read(&[256]), None);
}

#[test]
#[cfg(feature = "serde")]
fn entries_and_memberships_survive_serialisation() {
    let entries = Entries::from(entries(&[1, 1, 2]));
    let stored = postcard::to_allocvec(&entries).unwrap();
    assert_eq!(postcard::from_bytes::<Entries>(&stored), Ok(entries));
    let membership = membership(3).with_learners([NodeId(7), NodeId(5)]);
    let stored = postcard::to_allocvec(&membership).unwrap();
    assert_eq!(postcard::from_bytes::<Membership>(&stored), Ok(membership));
}

#[test]
fn the_length_of_a_payload_is_that_of_its_bytes() {
    assert_eq!((Payload::Noop.len(), Payload::Noop.is_empty()), (0, true));
    let command = Payload::Command(Bytes::from(&b"abc"[..]));
    assert_eq!((command.len(), command.is_empty()), (3, false));
}

#[test]
fn the_data_of_a_snapshot_is_empty_if_it_has_no_bytes_here_or_in_its_file() {
    for (bytes, is_empty) in [(0, true), (3, false)] {
        let here = SnapshotData::from(Bytes::from(vec![7; bytes as usize]));
        assert_eq!((here.len(), here.is_empty()), (bytes, is_empty));
        let in_file = SnapshotData::from(SnapshotFile { handle: 1, bytes, checksum: 9 });
        assert_eq!((in_file.len(), in_file.is_empty()), (bytes, is_empty));
    }
}

/// A trace of a position, and of entries that are a part of others, has no more than these.
#[test]
fn positions_and_entries_are_shown_as_what_they_are() {
    assert_eq!(format!("{:?}", at(3, 2)), "3@2");
    let all = Entries::from(entries(&[1, 1, 2]));
    assert_eq!(format!("{:?}", all.slice(1, 3)), format!("{:?}", [entry(2, 1), entry(3, 2)]));
}

#[test]
fn a_log_without_entries_is_empty() {
    let mut server = Server::of_three(Recovered::default());
    assert!(server.node.log().is_empty());
    server.receive(2, 1, append((0, 0), &[1], 0));
    assert!(!server.node.log().is_empty());
}

#[test]
fn the_traces_of_a_disk_have_words_and_no_section() {
    let dropped = Trace::from(DiskTrace::WithheldDropped { messages: 2 });
    assert_eq!(dropped.to_string(), "drops 2 messages that waited for its disk");
    let unknown = Trace::from(DiskTrace::PersistedUnknown { id: PersistId(7) });
    let words = "ignores the completion of write 7, which it did not ask for";
    assert_eq!(unknown.to_string(), words);
    assert_eq!((dropped.section(), unknown.section()), (None, None));
}

/// An assertion that fails shows them.
#[test]
fn numbers_bytes_and_members_have_a_debug_form() {
    let (position, members) = (at(3, 2), membership(2));
    let shown = [
        format!("{:?}", position.index),
        format!("{:?}", position.term),
        format!("{:?}", Instant(5)),
        format!("{:?}", members.voters()[0]),
        format!("{members:?}"),
        format!("{:?}", Bytes::from(b"x")),
    ];
    assert!(shown.iter().all(|text| !text.is_empty()), "{shown:?}");
}
