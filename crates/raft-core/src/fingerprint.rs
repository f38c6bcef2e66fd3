//! Fingerprints: what of a value makes a difference to what happens later.
//!
//! A program that looks at all that can happen must know when it has been at the same place before.
//! [`Node::fingerprint`] tells a hasher everything on which the later behaviour of a node depends,
//! and nothing else: two nodes with equal fingerprints answer the same inputs with the same
//! outputs, for as long as inputs come.
//!
//! Each type takes itself apart by an exhaustive pattern, so that a new field does not compile
//! until somebody decides about it.
//!
//! - The log counts by its entries, not by the segments in which they are stored.
//! - Numbers of writes count relative to the last durable one.
//! - Moments count as the time that has passed since, up to the longest time that a rule compares
//!   with it; or not at all, by [`Lens::with_time`].
//! - The random numbers count only if the election timeouts of the settings differ.
//! - Servers have the names that [`Lens::name`] gives them, so that states that differ only by the
//!   numbers of servers can be found equal. Names inside of a [`Refusal`](crate::Refusal) stay.

use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::time::Duration;

use crate::{
    AppendEntries, Body, Bytes, Entry, HardState, InstallSnapshot, Instant, Membership, Message,
    Node, NodeId, Payload, Persist, PersistId, ReadIndexReply, Recovered, Snapshot, SnapshotWrite,
};

/// How a fingerprint is taken.
#[derive(Clone, Copy)]
pub struct Lens<'a> {
    /// Whether the time counts that has passed since earlier moments. Without it, nodes are the
    /// same only for a driver under which so little time passes that no timeout elapses, and with
    /// snapshots that are smaller than one piece.
    pub with_time: bool,
    /// The name of a server: a permutation.
    pub name: &'a dyn Fn(NodeId) -> NodeId,
}

impl Lens<'_> {
    /// Every server has its own name, and no time counts.
    pub const TIMELESS: Lens<'static> = Lens { with_time: false, name: &core::convert::identity };

    /// Every server has its own name, and time counts.
    pub const TIMED: Lens<'static> = Lens { with_time: true, ..Lens::TIMELESS };
}

impl fmt::Debug for Lens<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lens").field("with_time", &self.with_time).finish_non_exhaustive()
    }
}

/// A value that takes itself apart for a fingerprint.
pub(crate) trait Fingerprint {
    /// Tells `out` what counts.
    fn print(&self, out: &mut Prints<'_>);
}

/// Where a fingerprint goes, and what it is relative to.
pub(crate) struct Prints<'a> {
    hasher: &'a mut dyn Hasher,
    lens: Lens<'a>,
    /// The moment of the node's last input.
    now: Instant,
    /// The last durable write of the node.
    durable: PersistId,
}

impl<'a> Prints<'a> {
    pub(crate) fn new(hasher: &'a mut dyn Hasher, lens: Lens<'a>) -> Self {
        Self { hasher, lens, now: Instant(0), durable: PersistId(0) }
    }

    /// The same, for a node at a moment, with its last durable write.
    pub(crate) fn at(&mut self, now: Instant, durable: PersistId) -> Prints<'_> {
        Prints { hasher: &mut *self.hasher, lens: self.lens, now, durable }
    }

    pub(crate) fn with_time(&self) -> bool {
        self.lens.with_time
    }

    /// A value without servers, moments and writes in it.
    pub(crate) fn plain(&mut self, value: &impl Hash) {
        value.hash(&mut self.hasher);
    }

    /// The name of a server.
    pub(crate) fn name_of(&self, node: NodeId) -> NodeId {
        (self.lens.name)(node)
    }

    pub(crate) fn name(&mut self, node: NodeId) {
        self.name_of(node).hash(&mut self.hasher);
    }

    pub(crate) fn named(&mut self, node: Option<NodeId>) {
        node.map(self.lens.name).hash(&mut self.hasher);
    }

    /// What is known of several servers, in the order of their names.
    pub(crate) fn by_name<'v, V: 'v + ?Sized>(
        &mut self,
        values: impl IntoIterator<Item = (NodeId, &'v V)>,
        mut each: impl FnMut(&mut Self, &V),
    ) {
        let name = self.lens.name;
        let mut values: Vec<(NodeId, &V)> =
            values.into_iter().map(|(node, value)| (name(node), value)).collect();
        values.sort_by_key(|(node, _)| *node);
        self.plain(&values.len());
        for (node, value) in values {
            self.plain(&node);
            each(self, value);
        }
    }

    /// The time since a moment. At `limit` and above, all times are the same to every rule.
    pub(crate) fn since(&mut self, moment: Option<Instant>, limit: Duration) {
        if self.with_time() {
            let passed = moment.map(|moment| (self.now - moment).min(limit));
            passed.hash(&mut self.hasher);
        } else {
            moment.is_some().hash(&mut self.hasher);
        }
    }

    /// The time until a moment; zero if it is past.
    pub(crate) fn until(&mut self, moment: Instant) {
        let left = moment - self.now;
        self.duration(left);
    }

    pub(crate) fn duration(&mut self, duration: Duration) {
        if self.with_time() {
            duration.hash(&mut self.hasher);
        }
    }

    /// A write, by its place after the last durable one. All durable ones are the same.
    pub(crate) fn write(&mut self, id: PersistId) {
        id.0.saturating_sub(self.durable.0).hash(&mut self.hasher);
    }

    pub(crate) fn option<T: Fingerprint>(&mut self, value: Option<&T>) {
        value.is_some().hash(&mut self.hasher);
        if let Some(value) = value {
            value.print(self);
        }
    }

    pub(crate) fn list<'v, T: Fingerprint + 'v>(
        &mut self,
        values: impl ExactSizeIterator<Item = &'v T>,
    ) {
        values.len().hash(&mut self.hasher);
        for value in values {
            value.print(self);
        }
    }
}

impl Message {
    /// Tells the hasher what the message says. Equal messages have equal fingerprints.
    pub fn fingerprint(&self, hasher: &mut dyn Hasher, lens: Lens<'_>) {
        self.print(&mut Prints::new(hasher, lens));
    }
}

impl Recovered {
    /// Tells the hasher what is on the disk.
    pub fn fingerprint(&self, hasher: &mut dyn Hasher, lens: Lens<'_>) {
        self.print(&mut Prints::new(hasher, lens));
    }
}

impl Persist {
    /// Tells the hasher what is to be written. The number of the write does not count: the order of
    /// the writes that are not durable is the driver's.
    pub fn fingerprint(&self, hasher: &mut dyn Hasher, lens: Lens<'_>) {
        self.print(&mut Prints::new(hasher, lens));
    }
}

impl Node {
    /// Tells the hasher everything on which the later behaviour of this node depends: if two nodes
    /// have equal fingerprints, they answer the same inputs, each as long after its last one, with
    /// the same outputs. The exceptions are the order of messages for different servers, and a
    /// driver's own numbers: those of its writes, which count from the last durable one, and the
    /// times that its clock shows.
    ///
    /// # Panics
    /// If outputs wait for a drain.
    pub fn fingerprint(&self, hasher: &mut dyn Hasher, lens: Lens<'_>) {
        self.print(&mut Prints::new(hasher, lens));
    }
}

impl Fingerprint for Membership {
    fn print(&self, out: &mut Prints<'_>) {
        for set in [self.voters(), self.outgoing(), self.learners()] {
            out.by_name(set.iter().map(|node| (*node, &())), |_, ()| {});
        }
        out.by_name(self.contexts(), |out, context: &Bytes| out.plain(context));
    }
}

impl Fingerprint for Entry {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { index, term, payload } = self;
        out.plain(&(index, term, core::mem::discriminant(payload)));
        match payload {
            Payload::Noop => {}
            Payload::Command(command) => out.plain(command),
            Payload::Membership(membership) => membership.print(out),
        }
    }
}

impl Fingerprint for HardState {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { current_term, voted_for } = self;
        out.plain(current_term);
        out.named(*voted_for);
    }
}

impl Fingerprint for Snapshot {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { last_included_index, last_included_term, membership, data } = self;
        out.plain(&(last_included_index, last_included_term, data));
        membership.print(out);
    }
}

impl Fingerprint for Recovered {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { bootstrap, hard_state, snapshot, log_start, entries, commit_index, applied } =
            self;
        out.option(bootstrap.as_ref());
        hard_state.print(out);
        out.option(snapshot.as_ref());
        out.plain(&(log_start, commit_index, applied));
        out.list(entries.iter());
    }
}

impl Fingerprint for Persist {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { id: _, bootstrap, hard_state, snapshot, truncate_from, entries, commit_index } =
            self;
        out.option(bootstrap.as_deref());
        out.option(hard_state.as_ref());
        out.option(snapshot.as_deref());
        out.plain(&(truncate_from, commit_index));
        out.list(entries.iter());
    }
}

impl Fingerprint for SnapshotWrite {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { snapshot, log_start } = self;
        snapshot.print(out);
        out.plain(log_start);
    }
}

impl Fingerprint for Message {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { term, body } = self;
        out.plain(&(term, core::mem::discriminant(body)));
        match body {
            Body::AppendEntries(request) => request.print(out),
            Body::InstallSnapshot(request) => request.print(out),
            Body::PreVote(request) => out.plain(request),
            Body::RequestVote(request) => out.plain(request),
            Body::PreVoteReply(reply) | Body::RequestVoteReply(reply) => out.plain(reply),
            Body::AppendEntriesReply(reply) => out.plain(reply),
            Body::InstallSnapshotReply(reply) => out.plain(reply),
            Body::TimeoutNow => {}
            Body::ReadIndex(request) => out.plain(request),
            Body::ReadIndexReply(ReadIndexReply { id, result }) => out.plain(&(id, result)),
            Body::Forward(request) => out.plain(request),
            Body::ForwardReply(reply) => out.plain(reply),
        }
    }
}

impl Fingerprint for AppendEntries {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { prev_log_index, prev_log_term, entries, leader_commit, round } = self;
        out.plain(&(prev_log_index, prev_log_term, leader_commit, round));
        out.list(entries.iter());
    }
}

impl Fingerprint for InstallSnapshot {
    fn print(&self, out: &mut Prints<'_>) {
        let Self {
            last_included_index,
            last_included_term,
            membership,
            offset,
            data,
            done,
            number,
            round,
        } = self;
        out.plain(&(last_included_index, last_included_term, offset, data, done, number, round));
        membership.print(out);
    }
}
