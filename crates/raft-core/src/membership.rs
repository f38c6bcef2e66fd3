//! The members of a cluster, and the one definition of a majority (§6, dissertation chapter 4).

mod change;
mod tally;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};

pub use self::change::{ChangeError, MembershipChange};
pub use self::tally::{Tally, VoterSet};

use crate::words::List;
use crate::{Bare, Bytes, ConfigError, NodeId, Say, Speaker, Thing, print_as_said, say};

/// The servers of a cluster. Cloning it is cheap.
///
/// - *Voters* elect and commit.
/// - While the cluster moves from one set of voters to another (joint consensus, §6), the
///   *outgoing* voters count too: every decision needs a majority of each set.
/// - *Learners* receive the log and count nowhere (dissertation §4.2.1). A learner that is still an
///   outgoing voter votes until the move is over.
///
/// Each member may have a *context*, such as its address: bytes that the node never looks at. It is
/// in force with the membership.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "Sets", into = "Sets"))]
pub struct Membership {
    sets: Arc<Sets>,
}

/// Each in ascending order without duplicates.
#[derive(Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Sets {
    voters: Vec<NodeId>,
    outgoing: Vec<NodeId>,
    learners: Vec<NodeId>,
    /// Of members only, and none of them is empty.
    contexts: Vec<(NodeId, Bytes)>,
}

/// Equal memberships have the same servers: their hash is that of the servers.
impl Hash for Sets {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.voters, &self.outgoing, &self.learners).hash(state);
    }
}

impl Membership {
    /// The most voters that a cluster may have, and the most learners.
    pub const MAX_VOTERS: usize = 9;

    /// The most members of a cluster in the middle of a change: voters, outgoing voters, learners.
    pub(crate) const MAX_MEMBERS: usize = 3 * Self::MAX_VOTERS;

    /// The most bytes of one member's context. Each message with a piece of a snapshot carries the
    /// membership.
    pub const MAX_CONTEXT_BYTES: usize = 256;

    /// A cluster of these voters; their order does not matter and repetitions count once.
    pub fn new(voters: impl IntoIterator<Item = NodeId>) -> Self {
        Self::of([sorted(voters), Vec::new(), Vec::new()], [])
    }

    /// No servers: the membership that a server knows before it joins a cluster. The server waits
    /// for a leader.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The same voters, with these learners instead of the present ones.
    #[must_use]
    pub fn with_learners(&self, learners: impl IntoIterator<Item = NodeId>) -> Self {
        let Sets { voters, outgoing, contexts, .. } = Sets::clone(&self.sets);
        Self::of([voters, outgoing, sorted(learners)], contexts)
    }

    /// The joint membership in which these voters are outgoing (§6's C-old,new).
    #[must_use]
    pub fn with_outgoing(&self, outgoing: impl IntoIterator<Item = NodeId>) -> Self {
        let Sets { voters, learners, contexts, .. } = Sets::clone(&self.sets);
        Self::of([voters, sorted(outgoing), learners], contexts)
    }

    /// The same servers; this one has this context instead of its present one. An empty context is
    /// none, and a server that is no member gets none.
    #[must_use]
    pub fn with_context(&self, node: NodeId, context: impl Into<Bytes>) -> Self {
        self.with_contexts([(node, context.into())])
    }

    /// The same servers; these have these contexts instead of their present ones.
    #[must_use]
    pub(crate) fn with_contexts(&self, new: impl IntoIterator<Item = (NodeId, Bytes)>) -> Self {
        let Sets { voters, outgoing, learners, contexts } = Sets::clone(&self.sets);
        Self::of([voters, outgoing, learners], new.into_iter().chain(contexts))
    }

    /// A step of a change, which is made of servers of `present` and of `target`: each has the
    /// context that `target` gives it. A server that is on its way out keeps its own.
    #[must_use]
    pub(crate) fn with_contexts_between(&self, present: &Self, target: &Self) -> Self {
        let Sets { voters, outgoing, learners, .. } = Sets::clone(&self.sets);
        let leaving = present.contexts().filter(|(node, _)| !target.contains(*node));
        let all = target.contexts().chain(leaving);
        let all = all.map(|(node, context)| (node, context.clone()));
        Self::of([voters, outgoing, learners], all)
    }

    /// Voters, outgoing voters and learners, in ascending order. Of two contexts of a member the
    /// first counts.
    fn of(
        [voters, outgoing, learners]: [Vec<NodeId>; 3],
        contexts: impl IntoIterator<Item = (NodeId, Bytes)>,
    ) -> Self {
        let mut sets = Sets { voters, outgoing, learners, contexts: Vec::new() };
        let mut contexts: Vec<(NodeId, Bytes)> =
            contexts.into_iter().filter(|(node, _)| sets.contains(*node)).collect();
        contexts.sort_by_key(|(node, _)| *node);
        contexts.dedup_by_key(|(node, _)| *node);
        contexts.retain(|(_, context)| !context.is_empty());
        sets.contexts = contexts;
        Self { sets: Arc::new(sets) }
    }

    /// Checks that there are 1 to 9 voters, at most 9 outgoing voters and 9 learners, that no
    /// learner is a voter, that ids start at 1, and that no context is too long.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let Sets { voters, outgoing, learners, contexts } = &*self.sets;
        if voters.is_empty() {
            return Err(ConfigError::VoterCount(0));
        }
        for set in [voters, outgoing, learners] {
            if set.len() > Self::MAX_VOTERS {
                return Err(ConfigError::VoterCount(set.len()));
            }
            if set.first() == Some(&NodeId(0)) {
                return Err(ConfigError::NodeIdZero);
            }
        }
        if let Some(learner) = learners.iter().find(|node| voters.binary_search(node).is_ok()) {
            return Err(ConfigError::VoterAndLearner(*learner));
        }
        match contexts.iter().find(|(_, context)| context.len() > Self::MAX_CONTEXT_BYTES) {
            Some((node, context)) => {
                Err(ConfigError::ContextTooLong { node: *node, bytes: context.len() })
            }
            None => Ok(()),
        }
    }

    /// The servers whose votes and acknowledgements count; in a joint membership, the new ones.
    pub fn voters(&self) -> &[NodeId] {
        &self.sets.voters
    }

    /// In a joint membership, the voters of the old one; else empty.
    pub fn outgoing(&self) -> &[NodeId] {
        &self.sets.outgoing
    }

    /// The servers that receive the log and count nowhere.
    pub fn learners(&self) -> &[NodeId] {
        &self.sets.learners
    }

    /// The context of a member: the bytes that came with the change that added it, or a later one.
    /// `None` if it has none, and for a server that is no member.
    pub fn context(&self, node: NodeId) -> Option<&Bytes> {
        let place = self.sets.contexts.binary_search_by_key(&node, |(member, _)| *member).ok()?;
        Some(&self.sets.contexts[place].1)
    }

    /// The members that have a context, in ascending order.
    pub fn contexts(&self) -> impl Iterator<Item = (NodeId, &Bytes)> {
        self.sets.contexts.iter().map(|(node, context)| (*node, context))
    }

    /// Whether both have the same servers in the same roles, whatever their contexts.
    pub fn has_same_servers_as(&self, other: &Self) -> bool {
        let servers = |of: &Sets| (of.voters.clone(), of.outgoing.clone(), of.learners.clone());
        servers(&self.sets) == servers(&other.sets)
    }

    /// Whether decisions need a majority of the outgoing voters as well as of the voters (§6).
    pub fn is_joint(&self) -> bool {
        !self.sets.outgoing.is_empty()
    }

    /// Whether there are no voters: see [`Membership::empty`].
    pub fn is_empty(&self) -> bool {
        self.sets.voters.is_empty()
    }

    /// Whether `node` may vote, among the voters or the outgoing ones.
    pub fn is_voter(&self, node: NodeId) -> bool {
        self.sets.voters.binary_search(&node).is_ok()
            || self.sets.outgoing.binary_search(&node).is_ok()
    }

    /// Whether `node` is a learner.
    pub fn is_learner(&self, node: NodeId) -> bool {
        self.sets.learners.binary_search(&node).is_ok()
    }

    /// Whether `node` belongs to the cluster in any way.
    pub fn contains(&self, node: NodeId) -> bool {
        self.sets.contains(node)
    }

    /// All servers, in ascending order.
    pub fn members(&self) -> Vec<NodeId> {
        let Sets { voters, outgoing, learners, .. } = &*self.sets;
        sorted(voters.iter().chain(outgoing).chain(learners).copied())
    }

    /// How many make a majority of the voters, the outgoing ones aside: more than half.
    pub fn majority(&self) -> usize {
        majority(self.voters())
    }

    /// Raft §5.2, §6: whether the servers for which `is_in` says yes are a majority of the voters;
    /// in a joint membership, of each of the two sets. Without voters there is no quorum.
    pub fn is_quorum(&self, is_in: impl Fn(NodeId) -> bool) -> bool {
        let has_majority =
            |set: &[NodeId]| set.iter().filter(|node| is_in(**node)).count() >= majority(set);
        !self.is_empty() && self.majorities().all(has_majority)
    }

    /// How many voters for which `is_in` says yes there are, and how many make a majority; in a
    /// joint membership, in the set of voters that lacks more.
    pub fn tally(&self, is_in: impl Fn(NodeId) -> bool) -> Tally {
        let tally = |voters: &[NodeId], set| {
            let count = voters.iter().filter(|node| is_in(**node)).count();
            Tally { count, needed: majority(voters), set }
        };
        if self.is_empty() {
            return Tally::default();
        }
        if self.outgoing().is_empty() {
            return tally(self.voters(), VoterSet::All);
        }
        let outgoing = tally(self.outgoing(), VoterSet::Outgoing);
        let voters = tally(self.voters(), VoterSet::Incoming);
        if voters.lacks() >= outgoing.lacks() { voters } else { outgoing }
    }

    /// Raft §5.3, §6: the highest number that a quorum has reached, given how far each server is.
    pub fn reached_by_quorum<T: Ord + Copy + Default>(&self, reached: impl Fn(NodeId) -> T) -> T {
        let reached_by = |set: &[NodeId]| {
            // Descending, by insertion: the one at place `majority` is reached by a majority.
            let mut numbers = [T::default(); Self::MAX_VOTERS];
            for (count, node) in set.iter().enumerate() {
                let number = reached(*node);
                let mut place = count;
                while place > 0 && numbers[place - 1] < number {
                    numbers[place] = numbers[place - 1];
                    place -= 1;
                }
                numbers[place] = number;
            }
            numbers[majority(set) - 1]
        };
        self.majorities().map(reached_by).min().unwrap_or_default()
    }

    /// The sets of which each decision needs a majority.
    fn majorities(&self) -> impl Iterator<Item = &[NodeId]> {
        [self.voters(), self.outgoing()].into_iter().filter(|set| !set.is_empty())
    }

    /// Whether every quorum of this membership meets every quorum of `next`: then the cluster can
    /// move from one to the other without the joint step. True if at most one voter comes or goes
    /// (dissertation §4.1).
    pub fn overlaps(&self, next: &Self) -> bool {
        let missing = |from: &Self, of: &Self| {
            from.voters().iter().filter(|node| !of.voters().contains(node)).count()
        };
        missing(self, next) + missing(next, self) <= 1
    }

    /// The membership after the joint step: without the outgoing voters (§6's C-new).
    #[must_use]
    pub fn without_outgoing(&self) -> Self {
        self.with_outgoing([])
    }
}

/// How many make a majority of `set`.
fn majority(set: &[NodeId]) -> usize {
    set.len() / 2 + 1
}

fn sorted(nodes: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
    let mut nodes: Vec<NodeId> = nodes.into_iter().collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

impl Sets {
    fn contains(&self, node: NodeId) -> bool {
        let mut sets = [&self.voters, &self.outgoing, &self.learners].into_iter();
        sets.any(|set| set.binary_search(&node).is_ok())
    }
}

impl From<Sets> for Membership {
    /// Sorts the sets: stored or received ones need not be in order.
    fn from(sets: Sets) -> Self {
        let Sets { voters, outgoing, learners, contexts } = sets;
        Self::of([sorted(voters), sorted(outgoing), sorted(learners)], contexts)
    }
}

impl From<Membership> for Sets {
    fn from(membership: Membership) -> Self {
        (*membership.sets).clone()
    }
}

/// `1 2 3`, `1 2 3 + learners 4`, or `1 2 3 → 1 2 4` in the joint step.
impl<T: From<Thing>> Say<T> for Membership {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        if self.is_joint() {
            say!(out; List(self.outgoing(), " "), " → ")?;
        }
        say!(out; List(self.voters(), " "))?;
        match self.learners() {
            [] => Ok(()),
            [learner] => say!(out; " + learner ", Bare(learner)),
            learners => say!(out; " + learners ", List(learners, " ")),
        }
    }
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Membership({self}")?;
        for (node, context) in self.contexts() {
            write!(f, "; {node}: {context:?}")?;
        }
        f.write_str(")")
    }
}

print_as_said!(Thing: Membership);

#[cfg(test)]
mod tests;
