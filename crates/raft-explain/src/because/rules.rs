//! Rules that are switched off.

use raft_sim::words;

use crate::evidence::Evidence;
use crate::explanation::Finding;
use crate::facts::rules_off;

/// Says that this run does not follow all rules of Raft, if that is so.
pub(crate) fn off(run: &Evidence<'_>) -> Option<Finding> {
    let rules = rules_off(run)?;
    Some(Finding::new(words! {
        "In this run a rule is switched off ({rules}): what Raft does not allow can happen here."
    }))
}
