//! Changes of the membership, and the membership that each leads to.

use alloc::vec::Vec;
use core::fmt;

use super::{Membership, sorted};
use crate::words::List;
use crate::{Bare, Bytes, ConfigError, NodeId, Say, Speaker, Thing, print_as_said, say};

/// A change of the membership that a leader is asked to make. `N` is how a member is named.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum MembershipChange<N = NodeId> {
    /// A new server receives the log and counts in no quorum.
    AddLearner(NodeId),
    /// A server becomes a voter. If it is new, it is caught up as a learner first.
    AddVoter(NodeId),
    /// A learner that has caught up becomes a voter.
    Promote(N),
    /// A voter becomes a learner.
    Demote(N),
    /// A server leaves.
    Remove(N),
    /// One voter leaves and another server takes its place, in one step: at no moment does the
    /// cluster have a voter more or less (joint consensus).
    Replace {
        /// The voter that leaves.
        old: N,
        /// The server that takes its place. If it is new, it is caught up as a learner first.
        new: NodeId,
    },
    /// Exactly these voters, whatever the cluster is now; other voters leave, learners stay (joint
    /// consensus). With the present voters and new contexts, only contexts change.
    SetVoters(Vec<NodeId>),
}

impl<N> MembershipChange<N> {
    /// The same change with its members named in another way.
    ///
    /// # Errors
    /// Whatever `name` returns.
    pub fn try_map<M, E>(
        self,
        name: impl FnOnce(N) -> Result<M, E>,
    ) -> Result<MembershipChange<M>, E> {
        Ok(match self {
            Self::AddLearner(node) => MembershipChange::AddLearner(node),
            Self::AddVoter(node) => MembershipChange::AddVoter(node),
            Self::Promote(node) => MembershipChange::Promote(name(node)?),
            Self::Demote(node) => MembershipChange::Demote(name(node)?),
            Self::Remove(node) => MembershipChange::Remove(name(node)?),
            Self::Replace { old, new } => MembershipChange::Replace { old: name(old)?, new },
            Self::SetVoters(nodes) => MembershipChange::SetVoters(nodes),
        })
    }
}

/// Why a change of the membership makes no sense for the present one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ChangeError {
    /// The server is no member.
    NotAMember(NodeId),
    /// The server is a voter already.
    AlreadyAVoter(NodeId),
    /// The server is a learner already.
    AlreadyALearner(NodeId),
    /// The server is not a learner.
    NotALearner(NodeId),
    /// The server is not a voter.
    NotAVoter(NodeId),
    /// No voter, or more than nine, would be left.
    VoterCount(usize),
    /// More than nine learners would be there.
    LearnerCount(usize),
    /// The id 0 names no server.
    NodeIdZero,
    /// The context of a server is too long ([`Membership::MAX_CONTEXT_BYTES`]).
    ContextTooLong {
        /// The server.
        node: NodeId,
        /// The bytes of its context.
        bytes: usize,
    },
    /// It would change nothing.
    NothingToDo,
}

impl Membership {
    /// The membership that a change leads to, the present one not being joint.
    ///
    /// # Errors
    /// What makes the change impossible.
    pub fn changed_by(&self, change: &MembershipChange) -> Result<Self, ChangeError> {
        self.changed_with(change, &[])
    }

    /// The same, with these contexts for members of the new membership.
    ///
    /// # Errors
    /// What makes the change impossible.
    pub fn changed_with(
        &self,
        change: &MembershipChange,
        contexts: &[(NodeId, Bytes)],
    ) -> Result<Self, ChangeError> {
        let (voters, learners) = self.sets_changed_by(change)?;
        let present = self.contexts().map(|(node, context)| (node, context.clone()));
        let all = contexts.iter().cloned().chain(present);
        let next = Self::of([sorted(voters), Vec::new(), sorted(learners)], all);
        match next.validate() {
            _ if next == *self => Err(ChangeError::NothingToDo),
            _ if next.learners().len() > Self::MAX_VOTERS => {
                Err(ChangeError::LearnerCount(next.learners().len()))
            }
            Err(ConfigError::NodeIdZero) => Err(ChangeError::NodeIdZero),
            Err(ConfigError::ContextTooLong { node, bytes }) => {
                Err(ChangeError::ContextTooLong { node, bytes })
            }
            Err(_) => Err(ChangeError::VoterCount(next.voters().len())),
            Ok(()) => match contexts.iter().find(|(node, _)| !next.contains(*node)) {
                Some((node, _)) => Err(ChangeError::NotAMember(*node)),
                None => Ok(next),
            },
        }
    }

    /// The voters and the learners.
    fn sets_changed_by(
        &self,
        change: &MembershipChange,
    ) -> Result<(Vec<NodeId>, Vec<NodeId>), ChangeError> {
        let (mut voters, mut learners) = (self.voters().to_vec(), self.learners().to_vec());
        match change {
            MembershipChange::AddLearner(node) => {
                self.must_be_new(*node)?;
                learners.push(*node);
            }
            MembershipChange::AddVoter(node) => {
                self.must_not_vote(*node)?;
                voters.push(*node);
            }
            MembershipChange::Promote(node) => {
                self.must_not_vote(*node)?;
                if !self.is_learner(*node) {
                    return Err(ChangeError::NotALearner(*node));
                }
                voters.push(*node);
            }
            MembershipChange::Demote(node) => {
                self.must_vote(*node)?;
                voters.retain(|voter| voter != node);
                learners.push(*node);
            }
            MembershipChange::Remove(node) => {
                if !self.contains(*node) {
                    return Err(ChangeError::NotAMember(*node));
                }
                voters.retain(|voter| voter != node);
                learners.retain(|learner| learner != node);
            }
            MembershipChange::Replace { old, new } => {
                self.must_vote(*old)?;
                self.must_not_vote(*new)?;
                voters.retain(|voter| voter != old);
                voters.push(*new);
            }
            MembershipChange::SetVoters(nodes) => {
                voters.clone_from(nodes);
            }
        }
        learners.retain(|learner| !voters.contains(learner));
        Ok((voters, learners))
    }

    fn must_be_new(&self, node: NodeId) -> Result<(), ChangeError> {
        self.must_not_vote(node)?;
        match self.is_learner(node) {
            true => Err(ChangeError::AlreadyALearner(node)),
            false => Ok(()),
        }
    }

    fn must_not_vote(&self, node: NodeId) -> Result<(), ChangeError> {
        match self.is_voter(node) {
            true => Err(ChangeError::AlreadyAVoter(node)),
            false => Ok(()),
        }
    }

    fn must_vote(&self, node: NodeId) -> Result<(), ChangeError> {
        match (self.is_voter(node), self.is_learner(node)) {
            (true, _) => Ok(()),
            (false, true) => Err(ChangeError::NotAVoter(node)),
            (false, false) => Err(ChangeError::NotAMember(node)),
        }
    }
}

impl<T: From<Thing>> Say<T> for MembershipChange {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::AddLearner(node) => say!(out; "add ", Bare(node), " as learner"),
            Self::AddVoter(node) => say!(out; "add ", Bare(node)),
            Self::Promote(node) => say!(out; "promote ", Bare(node)),
            Self::Demote(node) => say!(out; "demote ", Bare(node)),
            Self::Remove(node) => say!(out; "remove ", Bare(node)),
            Self::Replace { old, new } => say!(out; "replace ", Bare(old), " with ", Bare(new)),
            Self::SetVoters(nodes) => say!(out; "voters ", List(nodes, " ")),
        }
    }
}

impl<T: From<Thing>> Say<T> for ChangeError {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::NotAMember(node) => say!(out; node, " is not a member of the cluster"),
            Self::AlreadyAVoter(node) => say!(out; node, " is a voter already"),
            Self::AlreadyALearner(node) => say!(out; node, " is a learner already"),
            Self::NotALearner(node) => {
                say!(out; node, " is not a learner; add it as a learner first")
            }
            Self::NotAVoter(node) => say!(out; node, " is a learner, not a voter"),
            Self::VoterCount(count) => say!(
                out; "a cluster has 1 to ", Membership::MAX_VOTERS,
                " voters, and {count} would be left"
            ),
            Self::LearnerCount(count) => say!(
                out; "a cluster has at most ", Membership::MAX_VOTERS, " learners, not {count}"
            ),
            Self::NodeIdZero => say!(out; "node ids start at 1"),
            Self::ContextTooLong { node, bytes } => say!(
                out; "the context of ", node, " has {bytes} bytes, and at most ",
                Membership::MAX_CONTEXT_BYTES, " are possible"
            ),
            Self::NothingToDo => say!(out; "the cluster is so already"),
        }
    }
}

print_as_said!(Thing: ChangeError, MembershipChange);

impl core::error::Error for ChangeError {}
