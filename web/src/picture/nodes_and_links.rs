//! Nodes and links as the topology shows them: plain values, so that unchanged ones do not render
//! again.

use raft_lab::{LogIndex, MemberRole, NodeId, NodeState, NodeView, Term, View};

use crate::picture::DisplayRole;

/// A node of the topology.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct NodePicture {
    pub(crate) id: NodeId,
    pub(crate) state: NodeState,
    /// Its role in the membership.
    pub(crate) member_role: MemberRole,
    /// `None` while the node is down.
    pub(crate) role: Option<DisplayRole>,
    /// `None` while the node is down.
    pub(crate) term: Option<Term>,
    pub(crate) voted_for: Option<NodeId>,
    /// The target of its leadership transfer under way.
    pub(crate) transfer_to: Option<NodeId>,
    /// A candidate's votes, by voter: granted, refused, or no answer yet.
    pub(crate) votes: Vec<Option<bool>>,
    /// The ends of its log and of what it knows to be committed.
    pub(crate) log: Option<(LogIndex, LogIndex)>,
    /// Whether something of it changed since the earlier moment that is compared.
    pub(crate) is_changed: bool,
}

/// Both directions between two nodes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct LinkPicture {
    pub(crate) one: NodeId,
    pub(crate) other: NodeId,
    /// Whether `one` → `other` is cut.
    pub(crate) there_cut: bool,
    /// Whether `other` → `one` is cut.
    pub(crate) back_cut: bool,
    /// Whether a partition separates the ends, in one direction at least.
    pub(crate) is_parted: bool,
    /// Whether an end is down.
    pub(crate) is_idle: bool,
}

impl NodePicture {
    pub(crate) fn of(node: &NodeView) -> Self {
        let NodeView { id, state, member_role, core, .. } = node;
        let core = core.as_ref();
        Self {
            id: *id,
            state: *state,
            member_role: *member_role,
            role: core.map(|core| DisplayRole::of(core.role, *member_role)),
            term: core.map(|core| core.current_term),
            voted_for: core.and_then(|core| core.voted_for),
            transfer_to: core.and_then(|core| core.transfer_to),
            votes: core
                .map_or_else(Vec::new, |core| core.votes.iter().map(|vote| vote.granted).collect()),
            log: core.map(|core| (core.last_log.index, core.commit_index)),
            is_changed: false,
        }
    }

    /// The text for screen readers.
    pub(crate) fn label(&self) -> String {
        let id = self.id;
        if self.is_unknown() {
            return format!("Node {id}, not known");
        }
        let (Some(role), Some(term)) = (self.role, self.term) else {
            return match self.member_role_words() {
                Some(member_role) => format!("Node {id}, {}, {member_role}", self.state),
                None => format!("Node {id}, {}", self.state),
            };
        };
        let mut label = format!("Node {id}, {} in term {term}", role.words());
        if let Some(member_role) = self.member_role_words().filter(|words| *words != role.words()) {
            label.push_str(&format!(", {member_role}"));
        }
        if self.state != NodeState::Running {
            label.push_str(&format!(", {}", self.state));
        }
        if !self.votes.is_empty() {
            let votes = self.votes.iter().filter(|vote| **vote == Some(true)).count();
            label.push_str(&format!(", {votes} of {} votes", self.votes.len()));
        } else if let Some(candidate) = self.voted_for {
            label.push_str(&format!(", voted for node {candidate}"));
        }
        if let Some((last, committed)) = self.log {
            label.push_str(&format!(", log {last}, committed {committed}"));
        }
        label
    }

    /// Whether nobody can say what it does: a recorded run does not tell it.
    pub(crate) fn is_unknown(&self) -> bool {
        self.role.is_none() && self.state == NodeState::Running
    }

    /// Its role in the membership; `None` for a voter.
    pub(crate) fn member_role_words(&self) -> Option<&'static str> {
        match self.member_role {
            MemberRole::Voter => None,
            MemberRole::Outgoing => Some("outgoing"),
            MemberRole::Learner => Some("learner"),
            MemberRole::NonMember => Some("not a member"),
        }
    }
}

impl LinkPicture {
    /// Whether a partition or a cut separates nodes.
    pub(crate) fn is_any_cut(view: &View) -> bool {
        view.partition.is_some() || Self::all(view).iter().any(Self::is_cut)
    }

    /// All links of a view, one for each pair of nodes.
    pub(crate) fn all(view: &View) -> Vec<Self> {
        let ids: Vec<NodeId> = view.node_ids().collect();
        let pairs = ids
            .iter()
            .enumerate()
            .flat_map(|(place, one)| ids[place + 1..].iter().map(move |other| (*one, *other)));
        pairs.map(|(one, other)| Self::of(view, one, other)).collect()
    }

    fn of(view: &View, one: NodeId, other: NodeId) -> Self {
        let is_cut = |from, to| view.link(from, to).is_some_and(|link| link.cut);
        let is_down = |id| view.node(id).is_none_or(|node| node.is_down());
        Self {
            one,
            other,
            there_cut: is_cut(one, other),
            back_cut: is_cut(other, one),
            is_parted: is_parted(view, one, other),
            is_idle: is_down(one) || is_down(other),
        }
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.there_cut || self.back_cut
    }

    /// The text for screen readers.
    pub(crate) fn label(&self) -> String {
        let (one, other) = (self.one, self.other);
        let state = match (self.there_cut, self.back_cut) {
            (true, true) => "cut both ways".to_owned(),
            (true, false) => format!("cut from {one} to {other}"),
            (false, true) => format!("cut from {other} to {one}"),
            (false, false) if self.is_parted => "across a partition".to_owned(),
            (false, false) => "open".to_owned(),
        };
        format!("Link between node {one} and node {other}, {state}")
    }
}

/// Whether a partition separates two nodes, in one direction at least.
pub(crate) fn is_parted(view: &View, one: NodeId, other: NodeId) -> bool {
    let is_parted = |from, to| view.link(from, to).is_some_and(|link| link.parted);
    is_parted(one, other) || is_parted(other, one)
}

#[cfg(test)]
mod tests;
