//! True Alarms: a core raises an alarm only about a server that broke a rule.

use raft_core::{IgnoredMessage, NodeId, Trace};
use raft_sim::{words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "True Alarms",
    section: "§5.2, §5.4.3",
    meaning: "While no disk forgets what it held, no server sends a message that no correct \
              server sends: as a second leader of a term, against committed entries, without an \
              entry that it acknowledged.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct TrueAlarms;

impl Checker for TrueAlarms {
    fn traced(&mut self, node: NodeId, trace: &Trace, cx: &mut Context<'_>) {
        let Trace::Ignored(ignored) = trace else { return };
        if ignored.reason.is_alarming() {
            cx.note(&PROPERTY, is_false_alarm(node, ignored));
        }
    }
}

/// An older disk, the one cause that is no server's mistake, suspends all properties.
fn is_false_alarm(node: NodeId, ignored: &IgnoredMessage) -> Verdict {
    Err(words! { node, " ", ignored })
}

#[cfg(test)]
mod tests {
    use raft_core::IgnoreReason;

    use super::super::testing::{N1, N2, N3, objects};
    use super::*;

    #[test]
    fn an_alarm_without_a_cause() {
        let reason = IgnoreReason::SecondLeader { leader: N2 };
        let ignored = IgnoredMessage { from: N3, message: "AppendEntries", reason };
        objects(is_false_alarm(N1, &ignored), &["node 1", "node 3", "node 2 leads this term"]);
    }
}
