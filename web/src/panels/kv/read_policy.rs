//! The read policies in words, and the statement that reads with one of them.

use raft_lab::{ExecResult, ReadPolicy};

/// The policies in the order in which the page offers them.
pub(crate) const READ_POLICIES: [ReadPolicy; 4] =
    [ReadPolicy::Quorum, ReadPolicy::Lease, ReadPolicy::Local, ReadPolicy::Log];

/// The policy of this name.
pub(crate) fn policy_named(name: &str) -> Option<ReadPolicy> {
    READ_POLICIES.into_iter().find(|policy| policy.to_string() == name)
}

/// What a read costs with this policy, and whether its answer can be stale.
pub(crate) fn meaning(policy: ReadPolicy) -> &'static str {
    match policy {
        ReadPolicy::Quorum => {
            "The leader first confirms with a majority that it leads. Never stale."
        }
        ReadPolicy::Lease => {
            "The leader answers at once while its lease lasts. Never stale, if clocks drift no \
             more than assumed."
        }
        ReadPolicy::Local => {
            "The node answers at once from its own store. The answer may be stale."
        }
        ReadPolicy::Log => "The read becomes a log entry, like a write. Never stale.",
    }
}

/// The statement that reads `key` with this policy at the node with the number `via`; if `via` is
/// empty, the client chooses the node.
pub(crate) fn read_line(policy: ReadPolicy, key: &str, via: &str, client: u64) -> String {
    let via = if via.is_empty() { String::new() } else { format!(" via={via}") };
    let read = if policy == ReadPolicy::Log { String::new() } else { format!(" read={policy}") };
    format!("get {}{via}{read} client={client}", key.trim())
}

/// The result of a read, without the statement that the person has just given.
pub(crate) fn result_words(result: &ExecResult) -> String {
    match result {
        ExecResult::Done(words) => words.clone(),
        ExecResult::Answered(answer) => {
            let words = answer.to_string();
            words.split_once(": ").map_or(words.clone(), |(_, rest)| rest.to_owned())
        }
        ExecResult::Failed(words) => words.lines().next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests;
