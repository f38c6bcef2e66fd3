//! The run to a state, step by step.

use std::fmt;

use raft_core::{MembershipChange, Message, NodeId, ReadMode};

use crate::action::{Action, Kind};
use crate::engine::Explorer;
use crate::locals::{Id, Letter};
use crate::model::{Network, Time};

/// A step of a run, for people and for scripts.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// A message arrives.
    Delivered {
        /// Its sender.
        from: NodeId,
        /// Its receiver.
        to: NodeId,
        /// The message.
        message: Message,
        /// Whether a copy of it is still on its way.
        stays: bool,
    },
    /// A message is lost.
    Lost {
        /// Its sender.
        from: NodeId,
        /// Its receiver.
        to: NodeId,
        /// The message.
        message: Message,
    },
    /// The oldest writes of a server are done, and reported.
    Reported {
        /// The server.
        node: NodeId,
        /// How many.
        writes: usize,
    },
    /// The power of a server fails, and it starts again.
    Crashed {
        /// The server.
        node: NodeId,
        /// How many of the writes that were not reported are on its disk, the oldest.
        kept: usize,
        /// How many are not.
        lost: usize,
    },
    /// The election timeout of a server elapses.
    TimedOut(NodeId),
    /// A leader sends heartbeats.
    HeartbeatDue(NodeId),
    /// A server forgets that it heard a leader.
    Forgot(NodeId),
    /// A client's command arrives at a leader.
    Proposed {
        /// The leader.
        node: NodeId,
        /// The number of the command.
        command: u64,
    },
    /// A client's read arrives at a leader.
    Read {
        /// The leader.
        node: NodeId,
        /// How it reads.
        mode: ReadMode,
    },
    /// The state machine of a server takes a snapshot.
    Snapshot(NodeId),
    /// A leader is asked to hand over.
    Transfer {
        /// The leader.
        node: NodeId,
        /// The target.
        to: NodeId,
    },
    /// A leader is asked to change the membership.
    Change {
        /// The leader.
        node: NodeId,
        /// The change.
        change: MembershipChange,
    },
    /// All clocks go on.
    Ticked,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Delivered { from, to, message, stays } => {
                let copy = if *stays { ", and a copy of it stays" } else { "" };
                format!(
                    "{} of term {} from {from} arrives at {to}{copy}",
                    message.name(),
                    message.term
                )
            }
            Self::Lost { from, to, message } => {
                format!("{} of term {} from {from} to {to} is lost", message.name(), message.term)
            }
            Self::Reported { node, writes: 1 } => format!("a write of {node} is done"),
            Self::Reported { node, writes } => format!("{writes} writes of {node} are done"),
            Self::Crashed { node, kept, lost } => {
                format!(
                    "{node} crashes and starts again; {kept} unfinished writes are kept, {lost} \
                     lost"
                )
            }
            Self::TimedOut(node) => format!("the election timeout of {node} elapses"),
            Self::HeartbeatDue(node) => format!("{node} sends heartbeats"),
            Self::Forgot(node) => format!("{node} forgets its leader"),
            Self::Proposed { node, command } => format!("command {command} arrives at {node}"),
            Self::Read { node, .. } => format!("a read arrives at {node}"),
            Self::Snapshot(node) => format!("{node} takes a snapshot"),
            Self::Transfer { node, to } => format!("{node} is to hand over to {to}"),
            Self::Change { node, change } => format!("{node} is to {change}"),
            Self::Ticked => "all clocks tick".to_owned(),
        };
        f.write_str(&words)
    }
}

impl Explorer {
    /// The run to a state, and one more step.
    pub(crate) fn run_to(&mut self, number: u32, last: Action) -> Vec<Step> {
        let mut actions = vec![last];
        let mut number = number;
        while number > 0 {
            let (before, action) = self.origins.get(number);
            actions.push(action);
            number = before;
        }
        actions.reverse();
        self.describe(&actions)
    }

    /// The steps of a run from the start, in full.
    fn describe(&mut self, actions: &[Action]) -> Vec<Step> {
        let mut servers = self.start.servers;
        let mut steps = Vec::new();
        for action in actions {
            steps.push(self.described(*action, &servers));
            let place = usize::from(action.place);
            let places = if action.kind == Kind::Lose {
                0..0
            } else if action.kind == Kind::Tick {
                0..self.servers()
            } else {
                place..place + 1
            };
            for place in places {
                let action = self.of_server(*action, place);
                servers[place] = self.step(servers[place], action).next;
            }
        }
        steps
    }

    /// A tick is another one for each server.
    fn of_server(&self, action: Action, place: usize) -> Action {
        match &self.model.time {
            Time::Ticks(ticks) if action.kind == Kind::Tick => {
                Action::new(Kind::Tick, place, ticks[place] as u32)
            }
            Time::Slow | Time::Stopped | Time::Ticks(_) => action,
        }
    }

    fn described(&self, action: Action, servers: &[Id]) -> Step {
        let place = usize::from(action.place);
        let node = NodeId(place as u64 + 1);
        let number = action.argument as usize;
        let letter = || self.parts.letter(action.argument).clone();
        match action.kind {
            Kind::Deliver | Kind::DeliverCopy => {
                let Letter { from, to, message, .. } = letter();
                let stays =
                    action.kind == Kind::DeliverCopy || self.model.network == Network::Repeating;
                Step::Delivered { from, to, message, stays }
            }
            Kind::Lose => {
                let Letter { from, to, message, .. } = letter();
                Step::Lost { from, to, message }
            }
            Kind::Report => Step::Reported { node, writes: number },
            Kind::Crash => {
                let pending = self.parts.server(servers[place]).pending.len();
                Step::Crashed { node, kept: number, lost: pending - number }
            }
            Kind::Elect => Step::TimedOut(node),
            Kind::Heartbeat => Step::HeartbeatDue(node),
            Kind::Forget => Step::Forgot(node),
            Kind::Propose => Step::Proposed { node, command: number as u64 },
            Kind::Read => Step::Read { node, mode: self.model.reads },
            Kind::Snapshot => Step::Snapshot(node),
            Kind::Transfer => Step::Transfer { node, to: NodeId(number as u64 + 1) },
            Kind::Change => Step::Change { node, change: self.model.changes[number].clone() },
            Kind::Tick => Step::Ticked,
        }
    }
}
