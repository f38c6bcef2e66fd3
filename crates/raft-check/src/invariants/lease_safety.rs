//! Lease Safety (dissertation §6.4.1): while a leader may answer reads by itself, nobody else leads.

use raft_core::{Instant, NodeId, Term};

use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Lease Safety",
    section: "dissertation §6.4.1",
    meaning: "While a leader holds a lease, no other server leads in a later term.",
};

/// Two nodes lead at once, in different terms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TwoLeaders {
    pub(crate) now: Instant,
    /// The one of the earlier term.
    pub(crate) earlier: NodeId,
    pub(crate) earlier_term: Term,
    /// Until when its lease lasts, if it has one.
    pub(crate) lease_until: Option<Instant>,
    pub(crate) later: NodeId,
    pub(crate) later_term: Term,
}

pub(crate) fn two_leaders(seen: TwoLeaders) -> Verdict {
    let TwoLeaders { now, earlier, earlier_term, lease_until, later, later_term } = seen;
    match lease_until {
        Some(until) if now < until => Err(format!(
            "node {later} leads in term {later_term} while node {earlier}, leader of term \
             {earlier_term}, holds a lease until {until}"
        )),
        _ => Ok(()),
    }
}
