//! A node's state as names and values.

use raft_core::{LogPosition, NodeId};

use super::{CoreView, NodeView};
use crate::MemberRole;

impl NodeView {
    /// Its state, as names and values: names of the paper where it has one. Times, and what a
    /// leader knows of other nodes, are not among them. A node that is down has no protocol state.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("state", self.state.to_string()),
            ("starts", self.incarnation.to_string()),
            ("membership", self.member_role.in_words().to_owned()),
        ];
        facts.extend(self.core.iter().flat_map(CoreView::facts));
        facts
    }
}

impl CoreView {
    fn facts(&self) -> [(&'static str, String); 10] {
        let who = |node: Option<NodeId>| node.map_or("none".to_owned(), |node| node.to_string());
        let membership = match &self.membership {
            None => "not known yet".to_owned(),
            Some(words) if self.membership_index > self.commit_index => {
                format!("{words} (entry {}, not committed)", self.membership_index)
            }
            Some(words) => words.clone(),
        };
        [
            ("role", self.role.to_string()),
            ("current_term", self.current_term.to_string()),
            ("voted_for", who(self.voted_for)),
            ("leader", who(self.leader)),
            ("voters", membership),
            ("commit_index", self.commit_index.to_string()),
            ("last_applied", self.last_applied.to_string()),
            ("last entry", self.last_log.to_string()),
            ("on disk", self.durable_index.to_string()),
            ("snapshot", through(self.snapshot)),
        ]
    }
}

impl MemberRole {
    fn in_words(self) -> &'static str {
        match self {
            Self::Voter => "voter",
            Self::Outgoing => "outgoing",
            Self::Learner => "learner: no vote",
            Self::NonMember => "not a member",
        }
    }
}

/// What a snapshot covers.
pub fn through(snapshot: LogPosition) -> String {
    match snapshot.index.0 {
        0 => "none".to_owned(),
        _ => format!("through {snapshot}"),
    }
}
