//! Rules that are switched off.

use raft_sim::{Event, words};

use crate::evidence::Evidence;
use crate::explanation::Finding;
use crate::facts::rules_ever_off;

/// Says that this run does not follow all rules of Raft up to the event, if that is so.
pub(crate) fn off(run: &Evidence<'_>, event: &Event) -> Option<Finding> {
    let rules = rules_ever_off(run, event)?;
    Some(Finding::new(words! {
        "In this run a rule was switched off ({rules}): what Raft does not allow can happen here."
    }))
}
