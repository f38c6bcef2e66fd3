//! Bugs of a start.

use crate::node::{Node, Recovered};
use crate::{Bug, Bugs, Config, LifecycleTrace, LogIndex};

/// [`Bug::VoteForgotten`], [`Bug::MembershipFromConfig`], [`Bug::AppliedAgain`]
pub(in crate::node) fn recover(config: &Config, mut recovered: Recovered) -> Recovered {
    if config.bugs.has(Bug::VoteForgotten) {
        recovered.hard_state.voted_for = None;
    }
    if config.bugs.has(Bug::MembershipFromConfig) {
        recovered.bootstrap = None;
    }
    if config.bugs.has(Bug::AppliedAgain) {
        recovered.applied = LogIndex(0);
    }
    recovered
}

/// [`Bug::RestartForgetsLease`]
pub(in crate::node) fn distrust_leases(node: &mut Node) -> Option<()> {
    node.has(Bug::RestartForgetsLease).then_some(())
}

/// [`Bug::TrailingAppliedAgain`]
pub(in crate::node) fn applied_at_start(node: &Node, applied: LogIndex) -> Option<LogIndex> {
    node.has(Bug::TrailingAppliedAgain).then(|| node.log.base().index.max(applied))
}

/// A server with planted bugs says so.
pub(in crate::node) fn announce(node: &mut Node) {
    let bugs = node.config.bugs;
    if bugs != Bugs::NONE {
        node.trace(|| LifecycleTrace::RulesSwitchedOff { bugs });
    }
}
