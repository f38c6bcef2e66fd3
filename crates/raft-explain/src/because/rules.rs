//! Rules that are switched off.

use raft_sim::{ClusterEvent, Event, EventKind, words};

use crate::evidence::Evidence;
use crate::explanation::Finding;
use crate::facts::rules_ever_off;

/// Says that this run does not follow all rules of Raft up to the event, if that is so, and what
/// switched a rule off last.
pub(crate) fn off(run: &Evidence<'_>, event: &Event) -> Option<Finding> {
    let rules = rules_ever_off(run, event)?;
    let finding = Finding::new(words! {
        "In this run a rule was switched off ({rules}): what Raft does not allow can happen here."
    });
    let switched_off = run.last_before(event.number, |event| {
        matches!(event.kind, EventKind::Cluster(ClusterEvent::RuleSwitchedOff { .. }))
    });
    Some(finding.because_all(run.led_by(switched_off)))
}
