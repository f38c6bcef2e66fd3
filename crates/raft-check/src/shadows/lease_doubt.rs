//! Why leases prove nothing for a while: a wrong clock, or servers whose settings do not fit.
//!
//! A lease rests on the voters' promise to vote for no other server for a time (dissertation
//! §6.4.1). A server keeps it only with check-quorum and leases on, and only for its own shortest
//! election timeout. So all voters must have both on, and none a shorter timeout than a leader that
//! may hold a lease.

use std::fmt;
use std::time::Duration;

use raft_core::{Instant, NodeId, Plain, Say, Settings, Speaker, print_as_said, say};
use raft_sim::units::Span;
use raft_sim::{Mention, SimNode, Words, World, words};

/// Why leases prove nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LeaseDoubt {
    /// The clock of a node is, or was a moment ago, outside of its bound.
    Clock {
        node: NodeId,
        /// The bound, in millionths.
        bound_ppm: u32,
    },
    /// A leader may hold a lease for longer than a voter keeps its promise, or could a moment ago.
    Settings(Misfit),
}

/// Two running nodes whose settings do not fit: the second breaks the leases of the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Misfit {
    holder: NodeId,
    voter: NodeId,
    fault: Fault,
    /// No lease that began until now is longer.
    longest: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    NoCheckQuorum,
    NoLeases,
    /// The shortest election timeouts: of the voter, and of the holder.
    ShorterTimeout {
        kept: Duration,
        needed: Duration,
    },
}

/// Follows the settings of the nodes that run.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct LeaseDoubts {
    /// Whether nodes ever had different settings. Else nothing has to be compared.
    are_unlike: bool,
    /// The last misfit, and the time until which its leases may last.
    last: Option<(Misfit, Instant)>,
}

impl LeaseDoubts {
    /// Nodes have started, perhaps with new settings.
    pub(crate) fn nodes_started(&mut self, world: &World) {
        let mut settings = world.nodes().map(SimNode::settings);
        let first = settings.next();
        self.are_unlike |= settings.any(|others| Some(others) != first);
    }

    /// Whether [`current`](Self::current) has to be asked after each event.
    pub(crate) fn may_change(&self) -> bool {
        self.are_unlike
    }

    /// The doubt at this moment.
    pub(crate) fn current(&mut self, world: &World) -> Option<LeaseDoubt> {
        let mut settings = world.nodes().map(SimNode::settings);
        if !settings.any(|settings| settings.lease_reads) && self.last.is_none() {
            return None;
        }
        if self.are_unlike {
            if let Some(misfit) = misfit(world) {
                self.last = Some((misfit, world.now() + misfit.longest));
            }
            self.last = self.last.filter(|(_, until)| world.now() < *until);
        }
        let wrong = world.node_ids().find(|node| world.clock_out_of_bound(*node));
        let clock = wrong.map(|node| {
            let bounds = world.nodes().map(|node| node.settings().max_clock_drift_ppm);
            LeaseDoubt::Clock { node, bound_ppm: bounds.min().unwrap_or(0) }
        });
        clock.or(self.last.map(|(misfit, _)| LeaseDoubt::Settings(misfit)))
    }
}

/// A running node with leases, and a running voter on which these cannot rest.
fn misfit(world: &World) -> Option<Misfit> {
    let running = || world.nodes().filter_map(|node| Some((node, node.core()?)));
    let votes = |id: NodeId| running().any(|(_, core)| core.membership().is_voter(id));
    let holders = || running().filter(|(node, _)| node.settings().lease_reads);
    let longest = holders().map(|(node, _)| node.settings().election_timeout_min).max()?;
    holders()
        .flat_map(|(holder, _)| running().map(move |(voter, _)| (holder, voter)))
        .filter(|(holder, voter)| holder.id() != voter.id() && votes(voter.id()))
        .find_map(|(holder, voter)| {
            let fault = fault(holder.settings(), voter.settings())?;
            Some(Misfit { holder: holder.id(), voter: voter.id(), fault, longest })
        })
}

/// Why leases of a node with settings `holder` cannot rest on a voter with settings `voter`.
fn fault(holder: &Settings, voter: &Settings) -> Option<Fault> {
    if !voter.check_quorum {
        return Some(Fault::NoCheckQuorum);
    }
    if !voter.lease_reads {
        return Some(Fault::NoLeases);
    }
    let (kept, needed) = (voter.election_timeout_min, holder.election_timeout_min);
    (kept < needed).then_some(Fault::ShorterTimeout { kept, needed })
}

impl LeaseDoubt {
    /// The doubt in fewer words.
    pub(crate) fn cause(self) -> Words {
        match self {
            Self::Clock { node, .. } => words! { "the clock of ", node, " is wrong" },
            Self::Settings(_) => Words::of(&self),
        }
    }
}

/// Without a full stop: `…: neither leases nor lease reads prove anything` may follow.
impl Say<Mention> for LeaseDoubt {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        match self {
            Self::Clock { node, bound_ppm } => {
                say!(out; "the clock of ", node, " jumped or drifts by more than {bound_ppm} ppm")
            }
            Self::Settings(Misfit { holder, voter, fault, longest: _ }) => match fault {
                Fault::NoCheckQuorum => {
                    say!(out; voter, " has check-quorum off, and ", holder, " has leases on")
                }
                Fault::NoLeases => {
                    say!(out; voter, " has leases off, and ", holder, " has leases on")
                }
                Fault::ShorterTimeout { kept, needed } => say!(
                    out; voter, " refuses votes for only ", Plain(Span(*kept)),
                    " after it heard a leader, and leases of ", holder, " rely on ",
                    Plain(Span(*needed))
                ),
            },
        }
    }
}

print_as_said!(Mention: LeaseDoubt);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_rests_only_on_voters_that_promise_as_long() {
        let holder = Settings::default();
        let fit = |change: fn(&mut Settings)| {
            let mut voter = Settings::default();
            change(&mut voter);
            fault(&holder, &voter)
        };
        assert_eq!(fit(|_| {}), None);
        assert_eq!(fit(|voter| voter.max_batch_entries = 1), None);
        assert_eq!(fit(|voter| voter.election_timeout_min = Duration::from_millis(151)), None);
        assert_eq!(fit(|voter| voter.election_timeout_max = Duration::from_secs(1)), None);
        let [kept, needed] = [149, 150].map(Duration::from_millis);
        assert_eq!(
            fit(|voter| voter.election_timeout_min = Duration::from_millis(149)),
            Some(Fault::ShorterTimeout { kept, needed })
        );
        assert_eq!(fit(|voter| voter.lease_reads = false), Some(Fault::NoLeases));
        let off = |voter: &mut Settings| (voter.lease_reads, voter.check_quorum) = (false, false);
        assert_eq!(fit(off), Some(Fault::NoCheckQuorum));
    }
}
