//! What a file has told of each node by a moment.

use std::collections::BTreeMap;

use raft_core::{LogIndex, NodeId};
use raft_trace::{Fact, LogFact, TraceNode};

use super::Recorded;

/// What is known of a node at a moment, in words. `None`: the file does not tell it by then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedNode {
    /// The node.
    pub id: NodeId,
    /// Its name in the file, if that is not its number.
    pub name: Option<String>,
    /// Its role, or that it is down.
    pub state: Option<String>,
    /// Its term.
    pub term: Option<String>,
    /// Its vote in its term.
    pub voted_for: Option<String>,
    /// The last entry of its log.
    pub last_log: Option<String>,
    /// Its commit index.
    pub commit_index: Option<String>,
    /// The last entry that it applied.
    pub last_applied: Option<String>,
}

/// Something that a file tells of a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    Role,
    Term,
    Vote,
    Log,
    Commit,
    Applied,
}

/// From which number of events on something is known of a node.
#[derive(Default)]
pub(super) struct Known(BTreeMap<(NodeId, Topic), usize>);

impl Known {
    /// Some facts are told of a node after so many events.
    pub(super) fn hear(&mut self, node: NodeId, facts: &[Fact], events: usize) {
        for topic in facts.iter().filter_map(topic) {
            self.0.entry((node, topic)).or_insert(events);
        }
    }

    fn has(&self, node: NodeId, topic: Topic, events: usize) -> bool {
        self.0.get(&(node, topic)).is_some_and(|since| *since <= events)
    }

    /// Whether it is known after so many events whether a node runs, and in which role.
    pub(super) fn role(&self, node: NodeId, events: usize) -> bool {
        self.has(node, Topic::Role, events)
    }

    /// Whether anybody's role is ever known.
    pub(super) fn any_role(&self) -> bool {
        self.0.keys().any(|(_, topic)| *topic == Topic::Role)
    }
}

fn topic(fact: &Fact) -> Option<Topic> {
    match fact {
        Fact::Started | Fact::Stopped | Fact::Role(_) => Some(Topic::Role),
        Fact::Term(_) | Fact::DiskState(..) => Some(Topic::Term),
        Fact::Vote(_) | Fact::Voted { .. } => Some(Topic::Vote),
        Fact::Log(
            LogFact::Entry(_) | LogFact::Unseen(_) | LogFact::Base { .. } | LogFact::Removed { .. },
        )
        | Fact::Disk(_)
        | Fact::LogLength(_) => Some(Topic::Log),
        Fact::Commit(_) => Some(Topic::Commit),
        Fact::Applied(_) | Fact::AppliedThrough(_) => Some(Topic::Applied),
        Fact::Observed
        | Fact::OutOfSight
        | Fact::Renewed
        | Fact::Unsafe(_)
        | Fact::Acknowledged { .. }
        | Fact::Sent(_)
        | Fact::Arrived(_)
        | Fact::Lost(_) => None,
    }
}

impl Recorded {
    /// What is known of each node after so many events.
    pub fn nodes_after(&self, events: usize) -> Vec<RecordedNode> {
        let state = self.state_after(events);
        state.nodes().map(|(id, node)| self.node(id, node, events)).collect()
    }

    fn node(&self, id: NodeId, node: &TraceNode, events: usize) -> RecordedNode {
        let told = |topic: Topic, words: String| self.known.has(id, topic, events).then_some(words);
        let vote = node.voted_for.map_or("nobody".to_owned(), |vote| vote.to_string());
        let state = match node.role {
            _ if !node.is_up => Some("down".to_owned()),
            Some(role) => Some(role.to_string()),
            // It runs, and is out of sight.
            None => None,
        };
        let last = match (node.log.length_only(), node.log.last()) {
            (Some(last), _) => last.to_string(),
            (None, last) if last.index == LogIndex(0) => "none".to_owned(),
            (None, last) => last.to_string(),
        };
        RecordedNode {
            id,
            name: self.name_of(id).map(str::to_owned),
            state: state.and_then(|state| told(Topic::Role, state)),
            term: told(Topic::Term, node.term.to_string()),
            voted_for: told(Topic::Vote, vote),
            last_log: told(Topic::Log, last),
            commit_index: told(Topic::Commit, node.commit_index.to_string()),
            last_applied: told(Topic::Applied, node.last_applied.to_string()),
        }
    }
}
