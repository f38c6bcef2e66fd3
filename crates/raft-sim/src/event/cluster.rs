//! What happens to the cluster: its servers, its members, its leader.

use std::fmt;
use std::hash::Hash;

use raft_core::{List, NodeId, Outcome, Say, Speaker, say};

use super::outcome::{OutcomeWords, add_outcome};
use crate::Mention;
use crate::fingerprint::Fingerprint;
use crate::words::Subject;
use crate::{AdminRequest, Load, Switch, Switches};

/// What happens to the cluster: its servers, its members, its leader.
#[derive(Clone, Debug)]
pub enum ClusterEvent {
    /// A server with an empty disk is there: it is to join the cluster.
    ServerAdded {
        /// The server.
        node: NodeId,
    },
    /// A request about leadership or membership is over.
    Administered {
        /// Counts these requests from 1, in the order in which they were made.
        number: u64,
        /// The node that was asked.
        node: NodeId,
        /// The request. Apart, because it would make every event larger.
        request: Box<AdminRequest>,
        /// The node's reply.
        outcome: Outcome,
    },
    /// Clients begin to write at a steady rate.
    LoadStarted {
        /// The rate, the time, the clients and the size.
        load: Load,
    },
    /// Links, disks and these nodes work again as at the beginning; all other nodes crash.
    Recovered {
        /// The nodes that work again.
        nodes: Vec<NodeId>,
    },
    /// All later random numbers are drawn from another seed.
    Reseeded {
        /// The seed.
        seed: u64,
    },
    /// A rule is off from now on, in every node.
    RuleSwitchedOff {
        /// The rule.
        rule: Switch,
    },
    /// Rules are on again, in every node.
    RulesSwitchedOn {
        /// The rules; at least one.
        rules: Switches,
    },
}

impl ClusterEvent {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::ServerAdded { .. } => "server_added",
            Self::Administered { .. } => "administered",
            Self::LoadStarted { .. } => "load_started",
            Self::Recovered { .. } => "recovered",
            Self::RuleSwitchedOff { .. } => "rule_switched_off",
            Self::RulesSwitchedOn { .. } => "rules_switched_on",
            Self::Reseeded { .. } => "reseeded",
        }
    }

    pub(super) fn node(&self) -> Option<NodeId> {
        match self {
            Self::ServerAdded { node } | Self::Administered { node, .. } => Some(*node),
            Self::LoadStarted { .. }
            | Self::Recovered { .. }
            | Self::Reseeded { .. }
            | Self::RuleSwitchedOff { .. }
            | Self::RulesSwitchedOn { .. } => None,
        }
    }

    pub(super) fn add_to(&self, hash: &mut Fingerprint) {
        match self {
            Self::ServerAdded { node } => (28, node).hash(hash),
            // The number says no more than the order of the requests.
            Self::Administered { number: _, node, request, outcome } => {
                (27, node, request).hash(hash);
                add_outcome(hash, *outcome);
            }
            Self::LoadStarted { load } => (133, load).hash(hash),
            Self::Recovered { nodes } => (60, nodes).hash(hash),
            // By name: a new switch may come between two others.
            Self::RuleSwitchedOff { rule } => (144, rule.name()).hash(hash),
            Self::RulesSwitchedOn { rules } => {
                (145, rules.iter().map(Switch::name).collect::<Vec<_>>()).hash(hash);
            }
            Self::Reseeded { seed } => (146, seed).hash(hash),
        }
    }
}

impl Say<Mention> for ClusterEvent {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        match self {
            Self::ServerAdded { node } => {
                say!(out; Subject(*node), "starts with an empty disk and no known peers")
            }
            Self::Administered { node, request, outcome, .. } => {
                if let (
                    AdminRequest::ChangeMembership { change, .. },
                    Outcome::Committed(position),
                ) = (&**request, outcome)
                {
                    return say!(
                        out; Subject(*node), "finishes the membership change (", change, "), by ",
                        position
                    );
                }
                say!(out; Subject(*node), "was asked to ", &**request, ": ", OutcomeWords(outcome))
            }
            Self::LoadStarted { load } => say!(out; "a load begins: ", load),
            Self::Recovered { nodes } => {
                let (noun, verb) =
                    if nodes.len() == 1 { ("node", "works") } else { ("nodes", "work") };
                say!(out; "{noun} ", List(nodes, " "), " {verb} again, all other nodes lose power")
            }
            Self::RuleSwitchedOff { rule } => {
                say!(out; "the rule {rule}")?;
                if let Some(section) = rule.section() {
                    let mention = Mention::Section(section.to_owned());
                    out.name(mention, format_args!(" ({section})"))?;
                }
                say!(out; " is off: ", rule.rule())
            }
            Self::RulesSwitchedOn { rules } => match rules.iter().count() {
                1 => say!(out; "the rule {rules} is on again"),
                _ => say!(out; "the rules {rules} are on again"),
            },
            Self::Reseeded { seed } => say!(out; "later random numbers are those of seed {seed}"),
        }
    }
}

impl Say<Mention> for AdminRequest {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        match self {
            Self::TransferLeadership { to } => say!(out; "transfer leadership to ", to),
            Self::CancelChange => say!(out; "cancel the change of the membership"),
            Self::ChangeMembership { change, force } => {
                let forced = if *force { " force" } else { "" };
                say!(out; "change the membership (", change, "{forced})")
            }
        }
    }
}
