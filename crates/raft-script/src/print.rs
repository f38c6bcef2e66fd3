//! Statements as text: the inverse of the parser.

mod conditions;
mod disks;
mod links;

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use raft_core::{Instant, MembershipChange};
use raft_kv::{ClientId, Operation};
use raft_sim::{AdminRequest, DiskAction, NetworkAction, ReadPolicy, Request, Setup};

use self::disks::{Changed, Damaged};
use self::links::write_link;
use crate::language::{
    PAPER, READ_POLICIES, cluster_settings, is_paper, is_written, name_of, write_node_action,
};
use crate::statement::{DiskContents, Moment, Nodes, Order, Run, Script, Selector, Statement};
use crate::units::{Span, Terms, Text};

/// The client that acts when a statement names none.
pub(crate) const DEFAULT_CLIENT: ClientId = ClientId(1);

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.statements.iter().try_for_each(|line| writeln!(f, "{}", line.statement))
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note(text) => f.write_str(text),
            Self::Cluster(setup) => write_cluster(f, setup),
            Self::DiskContents { node, contents } => write!(f, "disk {node} {contents}"),
            Self::Run(run) => run.fmt(f),
            Self::Step(1) => f.write_str("step"),
            Self::Step(count) => write!(f, "step {count}"),
            Self::At { moment, statement } => write!(f, "at {moment} {statement}"),
            Self::Order(order) => order.fmt(f),
            Self::Expect { condition, within } => {
                write!(f, "expect {condition}")?;
                write_within(f, *within)
            }
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::For(duration) => write!(f, "run {}", Span(*duration)),
            Self::To { time, step } => {
                let moment = Moment::Absolute { time: *time, step: *step };
                write!(f, "run until {moment}")
            }
            Self::Until { condition, within } => {
                write!(f, "run until {condition}")?;
                write_within(f, *within)
            }
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node { nodes, action } => write_node_action(f, nodes, *action),
            Self::Disk { nodes, action: DiskAction::Change(change) } => {
                write!(f, "disk {nodes} {}", Changed(change))
            }
            Self::Disk { nodes, action: DiskAction::Damage(damage) } => {
                write!(f, "disk {nodes} {}", Damaged(damage))
            }
            Self::Link { ends, changes } => write_link(f, ends, changes),
            Self::Network(action) => write_network_action(f, action),
            Self::Administer { request, via } => {
                match request {
                    AdminRequest::TransferLeadership { to } => write!(f, "transfer {to}")?,
                    AdminRequest::ChangeMembership(change) => write_change(f, change)?,
                }
                write_via(f, *via)
            }
            Self::Recover(nodes) => write!(f, "recover {nodes}"),
            Self::Request(Request { operation, via, read, client }) => {
                write_operation(f, operation)?;
                write_via(f, *via)?;
                if *read != ReadPolicy::Log {
                    write!(f, " read={}", name_of(READ_POLICIES, read))?;
                }
                if *client == DEFAULT_CLIENT { Ok(()) } else { write!(f, " client={client}") }
            }
        }
    }
}

fn write_network_action(
    f: &mut fmt::Formatter<'_>,
    action: &NetworkAction<Selector, Nodes>,
) -> fmt::Result {
    match action {
        NetworkAction::Partition { groups } => {
            f.write_str("partition ")?;
            write_list(f, groups, " | ")
        }
        NetworkAction::PartitionOneWay { heard, unheard } => {
            write!(f, "partition {heard} -> {unheard}")
        }
        NetworkAction::Heal => f.write_str("heal"),
        NetworkAction::DropMessage { id } => write!(f, "drop message {id}"),
        NetworkAction::Replay { from, to, back: 1 } => write!(f, "replay {from} -> {to}"),
        NetworkAction::Replay { from, to, back } => write!(f, "replay {from} -> {to} back={back}"),
    }
}

fn write_change(f: &mut fmt::Formatter<'_>, change: &MembershipChange<Selector>) -> fmt::Result {
    match change {
        MembershipChange::AddLearner(node) => write!(f, "add {node} as learner"),
        MembershipChange::AddVoter(node) => write!(f, "add {node}"),
        MembershipChange::Promote(node) => write!(f, "promote {node}"),
        MembershipChange::Demote(node) => write!(f, "demote {node}"),
        MembershipChange::Remove(node) => write!(f, "remove {node}"),
        MembershipChange::Replace { old, new } => write!(f, "replace {old} with {new}"),
        MembershipChange::SetVoters(nodes) => {
            f.write_str("voters ")?;
            write_list(f, nodes, " ")
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absolute { time, step: None } => write!(f, "{}", at(*time)),
            Self::Absolute { time, step: Some(step) } => {
                write!(f, "{} after {step} steps", at(*time))
            }
            Self::Relative(duration) => write!(f, "+{}", Span(*duration)),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => node.fmt(f),
            Self::Leader => f.write_str("leader"),
            Self::AnyFollower => f.write_str("any follower"),
        }
    }
}

impl fmt::Display for Nodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::These(selectors) => write_list(f, selectors, " "),
            Self::All => f.write_str("all"),
            Self::Others => f.write_str("others"),
        }
    }
}

impl fmt::Display for DiskContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log { terms, term, vote } => {
                write!(f, "terms={}", Terms(terms))?;
                if let Some(term) = term {
                    write!(f, " term={term}")?;
                }
                if let Some(vote) = vote {
                    write!(f, " vote={vote}")?;
                }
                Ok(())
            }
            Self::Image(bytes) => write!(f, "image=\"{}\"", STANDARD.encode(bytes)),
        }
    }
}

/// What differs from the defaults.
fn write_cluster(f: &mut fmt::Formatter<'_>, setup: &Setup) -> fmt::Result {
    f.write_str("cluster")?;
    for setting in cluster_settings() {
        if is_written(setting, setup) {
            write!(f, " {}={}", setting.name, (setting.print)(setup))?;
        }
        if setting.name == "seed" && is_paper(setup) {
            write!(f, " {}", PAPER.0)?;
        }
    }
    Ok(())
}

fn write_operation(f: &mut fmt::Formatter<'_>, operation: &Operation) -> fmt::Result {
    match operation {
        Operation::Set { key, value } => write!(f, "set {}={}", Text::of(key), Text::of(value)),
        Operation::Get { key } => write!(f, "get {}", Text::of(key)),
        Operation::Delete { key } => write!(f, "delete {}", Text::of(key)),
        Operation::Cas { key, expect, value } => {
            write!(f, "cas {} ", Text::of(key))?;
            match expect {
                Some(expect) if expect.as_bytes() == b"none" => f.write_str("\"none\"")?,
                Some(expect) => write!(f, "{}", Text::of(expect))?,
                None => f.write_str("none")?,
            }
            write!(f, " {}", Text::of(value))
        }
        Operation::Append { key, value } => {
            write!(f, "append {} {}", Text::of(key), Text::of(value))
        }
        Operation::List { prefix } if prefix.is_empty() => f.write_str("list"),
        Operation::List { prefix } => write!(f, "list {}", Text::of(prefix)),
    }
}

fn write_via(f: &mut fmt::Formatter<'_>, via: Option<Selector>) -> fmt::Result {
    via.map_or(Ok(()), |via| write!(f, " via={via}"))
}

fn write_within(f: &mut fmt::Formatter<'_>, within: Option<Duration>) -> fmt::Result {
    within.map_or(Ok(()), |within| write!(f, " within {}", Span(within)))
}

pub(crate) fn write_list<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    separator: &str,
) -> fmt::Result {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            f.write_str(separator)?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

fn at(time: Instant) -> Span {
    Span(Duration::from_micros(time.0))
}
