//! The memberships of a log (§6): a server uses the latest one in its log, committed or not.

use raft_core::{Entry, LogIndex, Membership, Payload};

/// The memberships of one log, read from its entries.
#[derive(Clone, Debug)]
pub(crate) struct Memberships {
    /// In force at the base of the log: the configured one, or a snapshot's.
    first: (LogIndex, Membership),
    /// Those of the entries after it, ascending. Nearly always none or one.
    later: Vec<(LogIndex, Membership)>,
}

impl Memberships {
    /// Those of a log without entries that starts after `base`.
    pub(crate) fn new(base: LogIndex, first: Membership) -> Self {
        Self { first: (base, first), later: Vec::new() }
    }

    /// The log has one more entry.
    pub(crate) fn append(&mut self, entry: &Entry) {
        if let Payload::Membership(membership) = &entry.payload {
            self.later.push((entry.index, membership.clone()));
        }
    }

    /// The entries after `last` are removed.
    pub(crate) fn truncate_after(&mut self, last: LogIndex) {
        while self.later.pop_if(|(index, _)| *index > last).is_some() {}
    }

    /// A snapshot replaces the entries up to `base`.
    pub(crate) fn compact(&mut self, base: LogIndex) {
        let replaced = self.later.partition_point(|(index, _)| *index <= base);
        if let Some(last) = self.later.drain(..replaced).next_back() {
            self.first = last;
        }
    }

    /// A snapshot through `base` says which one is in force there.
    pub(crate) fn begin_at(&mut self, base: LogIndex, first: Membership) {
        self.compact(base);
        self.first = (base, first);
    }

    /// The one in force in a log that ends at `index`.
    pub(crate) fn at(&self, index: LogIndex) -> &Membership {
        self.in_force_at(index).1
    }

    /// The same, with the index of its entry.
    pub(crate) fn in_force_at(&self, index: LogIndex) -> (LogIndex, &Membership) {
        let earlier = self.later.iter().rev().find(|(at, _)| *at <= index);
        let (at, membership) = earlier.unwrap_or(&self.first);
        (*at, membership)
    }

    /// The one in force, and the index of its entry.
    pub(crate) fn last(&self) -> (LogIndex, &Membership) {
        let (index, membership) = self.later.last().unwrap_or(&self.first);
        (*index, membership)
    }

    /// The one in force.
    pub(crate) fn latest(&self) -> &Membership {
        self.last().1
    }

    /// Each membership after the index `after`, with the one before it.
    pub(crate) fn steps_after(&self, after: LogIndex) -> impl Iterator<Item = MembershipStep<'_>> {
        let all = std::iter::once(&self.first).chain(&self.later);
        let steps = all.zip(&self.later).map(|((before, from), (index, to))| MembershipStep {
            before: *before,
            from,
            index: *index,
            to,
        });
        steps.filter(move |step| step.index > after)
    }
}

/// A membership that follows another in a log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MembershipStep<'a> {
    /// The index of the earlier one.
    pub(crate) before: LogIndex,
    pub(crate) from: &'a Membership,
    /// The index of the later one.
    pub(crate) index: LogIndex,
    pub(crate) to: &'a Membership,
}

#[cfg(test)]
mod tests {
    use raft_core::{NodeId, Term};

    use super::*;

    fn voters(count: u64) -> Membership {
        Membership::new((1..=count).map(NodeId))
    }

    fn entry(index: u64, count: u64) -> Entry {
        let payload = Payload::Membership(voters(count));
        Entry { index: LogIndex(index), term: Term(1), payload }
    }

    #[test]
    fn the_latest_in_the_log_is_in_force_wherever_it_ends() {
        let mut memberships = Memberships::new(LogIndex(0), voters(1));
        memberships.append(&Entry { payload: Payload::Noop, ..entry(1, 9) });
        memberships.append(&entry(3, 2));
        memberships.append(&entry(5, 3));
        let at = |memberships: &Memberships, index| memberships.at(LogIndex(index)).clone();
        assert_eq!(at(&memberships, 2), voters(1));
        assert_eq!(at(&memberships, 4), voters(2));
        assert_eq!(memberships.latest(), &voters(3));
        assert_eq!(memberships.steps_after(LogIndex(3)).count(), 1);

        memberships.compact(LogIndex(4));
        assert_eq!(at(&memberships, 4), voters(2));
        memberships.truncate_after(LogIndex(4));
        assert_eq!(memberships.latest(), &voters(2));
        assert_eq!(memberships.steps_after(LogIndex(0)).count(), 0);
    }
}
