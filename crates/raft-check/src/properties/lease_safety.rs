//! Lease Safety (dissertation §6.4.1): while a leader may answer reads alone, no other node leads.
//!
//! Leases rest on clocks, and on what the voters promise. While a clock is outside of its bound, or
//! the settings of two nodes do not fit, the property is suspended.

use raft_core::{Instant, NodeId, Term};
use raft_sim::{SimNode, words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Lease Safety",
    section: "dissertation §6.4.1",
    meaning: "While a leader holds a lease, no other server leads in a later term.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct LeaseSafety;

impl Checker for LeaseSafety {
    fn leases_doubted(&mut self, cx: &mut Context<'_>) {
        match cx.shadows.lease_doubt {
            Some(doubt) => cx.table.suspend(
                &PROPERTY,
                words! { doubt, ": neither leases nor lease reads prove anything" },
            ),
            None => cx.table.lift(&PROPERTY),
        }
    }

    /// Looks at each pair of nodes that lead at once, of which this is one.
    fn node_touched(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let shadows = cx.shadows;
        let Some(term) = shadows.node(id).and_then(|node| node.leading) else { return };
        for other in &shadows.nodes {
            let Some(others) = other.leading.filter(|others| *others != term) else { continue };
            let (own, other) = ((term, id), (others, other.id));
            let (earlier, later) = (own.min(other), own.max(other));
            let seen = TwoLeaders {
                now: cx.world.now(),
                earlier: earlier.1,
                earlier_term: earlier.0,
                lease_until: cx.world.node(earlier.1).and_then(SimNode::lease_until),
                later: later.1,
                later_term: later.0,
            };
            cx.note(&PROPERTY, two_leaders(seen));
        }
    }
}

/// Two nodes lead at once, in different terms.
#[derive(Clone, Copy, Debug)]
pub struct TwoLeaders {
    /// The time now.
    pub now: Instant,
    /// The leader of the earlier term.
    pub earlier: NodeId,
    /// Its term.
    pub earlier_term: Term,
    /// The end of its lease; `None` if it has none.
    pub lease_until: Option<Instant>,
    /// The leader of the later term.
    pub later: NodeId,
    /// Its term.
    pub later_term: Term,
}

pub(crate) fn two_leaders(seen: TwoLeaders) -> Verdict {
    let TwoLeaders { now, earlier, earlier_term, lease_until, later, later_term } = seen;
    match lease_until {
        Some(until) if now < until => Err(words! {
            later, " leads in ", later_term, " while ", earlier, ", leader of ", earlier_term,
            ", holds a lease until {until}"
        }),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N3, objects};
    use super::*;

    #[test]
    fn a_leader_beside_one_that_holds_a_lease() {
        let lead = |now, lease_until: Option<u64>| {
            two_leaders(TwoLeaders {
                now: Instant(now),
                earlier: N1,
                earlier_term: Term(2),
                lease_until: lease_until.map(Instant),
                later: N3,
                later_term: Term(4),
            })
        };
        assert_eq!(lead(5_000, None), Ok(()));
        assert_eq!(lead(5_000, Some(5_000)), Ok(()));
        let words = ["node 3 leads in term 4", "node 1", "lease until 5.001ms"];
        objects(lead(5_000, Some(5_001)), &words);
    }
}
