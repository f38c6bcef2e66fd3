//! Election Budget (§5.2, §9.3): when all faults are over, few elections fail.
//!
//! Counted are the elections that one server starts, after its pre-votes if there are any, from the
//! end of the faults until an entry is committed. Election timeouts are drawn from a range that is
//! at least half as wide as the shortest of them, and that lasts several round trips. Let a server
//! be *eligible* if a quorum would vote for it.
//!
//! - A timeout is at most twice as long as another, so between two elections of one server every
//!   eligible server times out, or votes for a candidate that is eligible or a voter itself.
//! - The first eligible candidate loses only if another candidate's timeout is within a message and
//!   a write of its own. That has a probability of less than 1/2.
//!
//! So of two elections of one server, the second is necessary with a probability of at most 1/2,
//! and 64 with a probability below 2⁻³¹, less than 1e-9. With pre-vote, servers that are not
//! eligible start no elections, and each election follows pre-votes of a quorum: 32 suffice (2⁻³¹).
//!
//! Nothing is demanded if another fault comes first, if too few servers run to be a quorum, or
//! while a server runs that has no vote: one that was removed may disturb every election (§6). Nor
//! is it if the timeouts are not as random as that.

use std::collections::BTreeMap;

use raft_core::{ElectionTrace, LogIndex, Membership, NodeId, Trace};
use raft_sim::{NodeState, Setup, SimNode, words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Election Budget",
    section: "§5.2, §9.3",
    meaning: "After the end of all faults no server starts more than 64 elections, or 32 with \
              pre-vote, before an entry is committed.",
};

const BUDGET: u32 = 64;
const BUDGET_WITH_PRE_VOTE: u32 = 32;

#[derive(Clone, Default, Debug)]
pub(crate) struct ElectionBudget {
    phase: Phase,
}

/// Boxed, so that a clone before the end of the faults is cheap.
#[derive(Clone, Default, Debug)]
enum Phase {
    /// Faults may strike at any moment, or an entry was committed since the last ones.
    #[default]
    Idle,
    /// The faults end in this step.
    Recovers,
    /// The faults are over: how many elections each server started.
    Counts(BTreeMap<NodeId, u32>),
}

impl Checker for ElectionBudget {
    fn recovered(&mut self, _: &mut Context<'_>) {
        self.phase = Phase::Recovers;
    }

    fn disturbed(&mut self, _: &mut Context<'_>) {
        if let Phase::Counts(_) = self.phase {
            self.phase = Phase::Idle;
        }
    }

    fn step_ended(&mut self, _: &mut Context<'_>) {
        if let Phase::Recovers = self.phase {
            self.phase = Phase::Counts(BTreeMap::default());
        }
    }

    fn ledger_extended(&mut self, _: LogIndex, _: &mut Context<'_>) {
        self.phase = Phase::Idle;
    }

    fn traced(&mut self, node: NodeId, trace: &Trace, cx: &mut Context<'_>) {
        let Phase::Counts(counts) = &mut self.phase else { return };
        if !matches!(trace, Trace::Election(ElectionTrace::Started { .. })) {
            return;
        }
        let elections = counts.entry(node).or_default();
        *elections += 1;
        let has_pre_vote = cx.world.setup().settings.pre_vote;
        let budget = if has_pre_vote { BUDGET_WITH_PRE_VOTE } else { BUDGET };
        let seen = Elections { node, elections: *elections, budget };
        if seen.elections > budget && has_fair_elections(cx) {
            cx.note(&PROPERTY, counted(seen));
        }
    }
}

/// Whether the servers that run have votes and are a quorum, in the committed membership and in
/// that of each of them, and the timeouts are random enough.
fn has_fair_elections(cx: &Context<'_>) -> bool {
    let runs = |node: &&SimNode| node.state() == NodeState::Running;
    let running: Vec<&SimNode> = cx.world.nodes().filter(runs).collect();
    let is_running = |id: NodeId| running.iter().any(|node| node.id() == id);
    let committed = cx.shadows.committed.last().1;
    let cores = running.iter().filter_map(|node| node.core());
    let in_force = cores.map(raft_core::Node::membership);
    let is_fair = |membership: &Membership| {
        membership.is_quorum(is_running)
            && running.iter().all(|node| membership.is_voter(node.id()))
    };
    in_force.chain([committed]).all(is_fair) && is_random(cx.world.setup())
}

/// Whether the range of timeouts is half as wide as the shortest one, and lasts several round
/// trips with their writes.
fn is_random(setup: &Setup) -> bool {
    let settings = &setup.settings;
    let width = settings.election_timeout_max - settings.election_timeout_min;
    let driver = setup.driver.gather + setup.driver.report;
    let arrives = setup.link_latency.max + setup.disk_latency.max + driver;
    width * 2 >= settings.election_timeout_min && width >= arrives * 4
}

/// The elections that a server started since the end of the faults.
#[derive(Clone, Copy, Debug)]
struct Elections {
    node: NodeId,
    elections: u32,
    budget: u32,
}

fn counted(Elections { node, elections, budget }: Elections) -> Verdict {
    if elections <= budget {
        return Ok(());
    }
    Err(words! {
        node, " starts its ", elections, "th election since all faults ended, and no entry was \
         committed meanwhile; {budget} are more than enough"
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, objects};
    use super::*;

    #[test]
    fn an_election_too_many() {
        let count = |elections| counted(Elections { node: N1, elections, budget: 32 });
        assert_eq!(count(32), Ok(()));
        objects(count(33), &["node 1", "its 33th election", "32 are more than enough"]);
    }
}
