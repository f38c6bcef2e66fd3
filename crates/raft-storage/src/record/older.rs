//! The contents of records of older versions. Up to version 4 members had no contexts, and up to
//! version 5 the data of each snapshot was in its record.

use raft_core::{Bytes, LogIndex, NodeId, Term};
use serde::{Deserialize, Serialize};

/// The last version without contexts.
const LAST_VERSION: u8 = 4;

/// The last version without files.
const LAST_WITHOUT_FILES: u8 = 5;

/// Whether the data of a snapshot may be in a file.
pub(super) fn has_files(record: &[u8]) -> bool {
    record.first().is_none_or(|version| *version > LAST_WITHOUT_FILES)
}

/// Whether the members in a record have contexts.
pub(super) fn has_contexts(record: &[u8]) -> bool {
    record.first().is_none_or(|version| *version > LAST_VERSION)
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Membership {
    pub(crate) voters: Vec<NodeId>,
    pub(crate) outgoing: Vec<NodeId>,
    pub(crate) learners: Vec<NodeId>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Snapshot<M> {
    pub(crate) last_included_index: LogIndex,
    pub(crate) last_included_term: Term,
    pub(crate) membership: M,
    pub(crate) data: Bytes,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) index: LogIndex,
    pub(crate) term: Term,
    pub(crate) payload: Payload,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Payload {
    Noop,
    Command(Bytes),
    Membership(Membership),
}

impl From<Membership> for raft_core::Membership {
    fn from(Membership { voters, outgoing, learners }: Membership) -> Self {
        Self::new(voters).with_outgoing(outgoing).with_learners(learners)
    }
}

impl<M: Into<raft_core::Membership>> From<Snapshot<M>> for raft_core::Snapshot {
    fn from(older: Snapshot<M>) -> Self {
        let Snapshot { last_included_index, last_included_term, membership, data } = older;
        let membership = membership.into();
        Self { last_included_index, last_included_term, membership, data: data.into() }
    }
}

impl From<Entry> for raft_core::Entry {
    fn from(Entry { index, term, payload }: Entry) -> Self {
        let payload = match payload {
            Payload::Noop => raft_core::Payload::Noop,
            Payload::Command(command) => raft_core::Payload::Command(command),
            Payload::Membership(members) => raft_core::Payload::Membership(members.into()),
        };
        Self { index, term, payload }
    }
}
