//! What the answer to a read may rest on, in words.

use raft_lab::ExecResult;

/// How a key is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Policy {
    Quorum,
    Lease,
    Local,
    Log,
}

impl Policy {
    /// In the order in which they are offered.
    pub(crate) const ALL: [Self; 4] = [Self::Quorum, Self::Lease, Self::Local, Self::Log];

    /// In the language.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Quorum => "quorum",
            Self::Lease => "lease",
            Self::Local => "local",
            Self::Log => "log",
        }
    }

    /// The one of this name.
    pub(crate) fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|policy| policy.name() == name).unwrap_or(Self::Quorum)
    }

    /// What it costs, and what it gives.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Quorum => "The leader first asks a majority whether it still leads. Never stale.",
            Self::Lease => {
                "The leader answers at once while its lease lasts, which trusts clocks. Never stale."
            }
            Self::Local => "The node answers from its own copy, at once. The answer may be stale.",
            Self::Log => "The read becomes an entry of the log, like a write. Never stale.",
        }
    }

    /// The line that reads `key` at the node with the number `via`; empty: at any.
    pub(crate) fn line(self, key: &str, via: &str, client: u64) -> String {
        let via = if via.is_empty() { String::new() } else { format!(" via={via}") };
        let read = if self == Self::Log { String::new() } else { format!(" read={}", self.name()) };
        format!("get {}{via}{read} client={client}", key.trim())
    }
}

/// What came of a read, without what the person has just said.
pub(crate) fn told(result: &ExecResult) -> String {
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
