//! Small words that events and errors share.

use raft_core::NodeId;

/// Node numbers with spaces between them.
pub(crate) fn join(nodes: &[NodeId]) -> String {
    nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" ")
}

/// The word, with an `s` unless the count is 1.
pub(crate) fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}
