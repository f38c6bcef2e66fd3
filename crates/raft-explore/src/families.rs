//! Families of runs that are explored again and again: models with names.

use raft_core::{MembershipChange, NodeId, ReadMode};

use crate::model::{Bounds, Network, Scope, Time};

/// A model with a name.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The name, unique.
    pub name: &'static str,
    /// What can happen in it.
    pub about: &'static str,
    /// Whether it takes minutes and gigabytes.
    pub is_large: bool,
    model: fn() -> Scope,
}

impl Family {
    /// All families, the small ones first.
    pub const ALL: [Self; 17] = [
        Self {
            name: "election",
            about: "one election, one command",
            is_large: false,
            model: || timeless(Bounds { elections: 1, proposals: 1, ..Bounds::NONE }),
        },
        Self {
            name: "elections",
            about: "two elections",
            is_large: false,
            model: || timeless(Bounds { elections: 2, ..Bounds::NONE }),
        },
        Self {
            name: "crashes",
            about: "one election, one command, two crashes",
            is_large: false,
            model: || timeless(Bounds { elections: 1, proposals: 1, crashes: 2, ..Bounds::NONE }),
        },
        Self {
            name: "votes",
            about: "two elections, one crash",
            is_large: false,
            model: || timeless(Bounds { elections: 2, crashes: 1, ..Bounds::NONE }),
        },
        Self {
            name: "duplicates",
            about: "one election, one command, two messages that arrive twice",
            is_large: false,
            model: || {
                timeless(Bounds { elections: 1, proposals: 1, duplicates: 2, ..Bounds::NONE })
            },
        },
        Self {
            name: "repeating",
            about: "two elections, every message arrives any number of times, 13 steps",
            is_large: false,
            model: || Scope {
                network: Network::Repeating,
                ..timeless(Bounds { elections: 2, depth: 13, ..Bounds::NONE })
            },
        },
        Self {
            name: "old-entries",
            about: "two leaders left entries behind, as in Figure 8; two elections",
            is_large: false,
            model: || Scope {
                disks: vec![(vec![1, 2], 1), (vec![1, 2], 1), (vec![1, 3], 1)],
                ..timeless(Bounds { elections: 2, ..Bounds::NONE })
            },
        },
        Self {
            name: "snapshots",
            about: "one election, one command, a snapshot, a crash, a heartbeat, 17 steps",
            is_large: false,
            model: || {
                timeless(Bounds {
                    elections: 1,
                    proposals: 1,
                    snapshots: 1,
                    crashes: 1,
                    heartbeats: 1,
                    depth: 17,
                    ..Bounds::NONE
                })
            },
        },
        Self {
            name: "transfers",
            about: "one election, one command, a transfer of leadership",
            is_large: false,
            model: || timeless(Bounds { elections: 1, proposals: 1, transfers: 1, ..Bounds::NONE }),
        },
        Self {
            name: "memberships",
            about: "one election, servers that leave, lose their vote and join; two changes",
            is_large: false,
            model: || Scope {
                changes: vec![
                    MembershipChange::Remove(NodeId(3)),
                    MembershipChange::Demote(NodeId(2)),
                    MembershipChange::AddVoter(NodeId(3)),
                ],
                ..timeless(Bounds { elections: 1, changes: 2, ..Bounds::NONE })
            },
        },
        Self {
            name: "reads",
            about: "two elections, a read that asks a quorum",
            is_large: false,
            model: || timeless(Bounds { elections: 2, reads: 1, ..Bounds::NONE }),
        },
        Self {
            name: "pre-votes",
            about: "two elections with pre-votes, a server that forgets its leader",
            is_large: false,
            model: || {
                let mut model = timeless(Bounds { elections: 2, forgets: 1, ..Bounds::NONE });
                model.settings.pre_vote = true;
                model
            },
        },
        Self {
            name: "leases",
            about: "eight ticks, timeouts of three; an election, a read by lease, 14 steps",
            is_large: false,
            model: || ticking(vec![1000; 3], 14),
        },
        Self {
            name: "clocks",
            about: "the same, with clocks that drift as far as they may, 13 steps",
            is_large: false,
            model: || ticking(vec![950, 1000, 1050], 13),
        },
        Self {
            name: "replication",
            about: "two elections, one command",
            is_large: false,
            model: || timeless(Bounds { elections: 2, proposals: 1, ..Bounds::NONE }),
        },
        Self {
            name: "recovery",
            about: "two elections, one crash, one command",
            is_large: true,
            model: || timeless(Bounds { elections: 2, proposals: 1, crashes: 1, ..Bounds::NONE }),
        },
        Self {
            name: "three-elections",
            about: "three elections",
            is_large: true,
            model: || timeless(Bounds { elections: 3, ..Bounds::NONE }),
        },
    ];

    /// The family with a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.name == name)
    }

    /// What is explored.
    pub fn model(&self) -> Scope {
        (self.model)()
    }
}

fn timeless(bounds: Bounds) -> Scope {
    Scope { bounds, ..Scope::timeless(3) }
}

fn ticking(tick: Vec<u64>, depth: u16) -> Scope {
    let mut model = Scope::ticking(3, 1000, 3);
    model.time = Time::Ticks(tick);
    model.reads = ReadMode::Lease;
    model.settings.lease_reads = true;
    model.settings.check_quorum = true;
    model.bounds = Bounds { elections: 1, ticks: 8, reads: 1, depth, ..Bounds::NONE };
    model
}
