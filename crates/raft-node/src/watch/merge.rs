//! The moments of all nodes in one order, in which no cause comes after its effect.
//!
//! Clocks of machines differ, so times alone do not order: a message arrives after it was sent,
//! whatever the clocks say. A moment waits a little for earlier ones of other nodes, and for the
//! moments that sent what arrives in it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use raft_core::NodeId;
use raft_trace::out_of_sight_members;

use crate::peers::proto::{Line, Moment};

/// A moment waits so long for earlier ones of other nodes.
const HOLD: Duration = Duration::from_millis(100);

/// A moment waits so long for the moment that sent what arrives in it.
const PATIENCE: Duration = Duration::from_millis(600);

/// A message that did not arrive for so long is lost.
const LOST: Duration = Duration::from_secs(3);

/// The most moments that wait of one node, and the most messages under way.
const MOST_WAITING: usize = 10_000;
const MOST_UNDER_WAY: usize = 20_000;

/// A line of the merged trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Merged {
    /// Its number, from 1.
    pub(super) number: u64,
    /// In microseconds since the first one.
    pub(super) time_us: u64,
    /// The node that tells it.
    pub(super) node: NodeId,
    /// The number of the line that caused it.
    pub(super) cause: Option<u64>,
    pub(super) members: String,
    /// Whether it tells the whole state of its node.
    pub(super) is_state: bool,
}

/// Merges moments.
#[derive(Debug, Default)]
pub(super) struct Merge {
    nodes: BTreeMap<NodeId, VecDeque<Waiting>>,
    /// The nodes of which moments were dropped, and that have not told their state since.
    dropped: BTreeSet<NodeId>,
    under_way: BTreeMap<u64, Sent>,
    /// The messages under way, in the order in which they were sent.
    order: VecDeque<u64>,
    /// The number of the last message, by which the trace names it.
    last_message: u64,
    /// The time of the first moment.
    began_us: Option<u64>,
    last_us: u64,
    lines: u64,
}

#[derive(Debug)]
struct Waiting {
    since: Instant,
    moment: Moment,
}

/// A message under way.
#[derive(Debug)]
struct Sent {
    /// The number of the line that tells of it.
    number: u64,
    /// Its number in the trace.
    message: u64,
    since: Instant,
    members: String,
}

impl Merge {
    /// A node did something. Returns whether too much waits of it: then all of that is dropped, and
    /// nothing is taken of it until it tells its state.
    pub(super) fn take(&mut self, node: NodeId, moment: Moment, now: Instant) -> bool {
        if moment.lines.iter().any(|line| line.is_state) {
            self.dropped.remove(&node);
        }
        if self.dropped.contains(&node) {
            return false;
        }
        let waiting = self.nodes.entry(node).or_default();
        waiting.push_back(Waiting { since: now, moment });
        let is_too_much = waiting.len() > MOST_WAITING;
        if is_too_much {
            waiting.clear();
            self.dropped.insert(node);
        }
        is_too_much
    }

    /// The time of the last line.
    pub(super) fn last_us(&self) -> u64 {
        self.last_us
    }

    /// A node does not tell anything any more.
    pub(super) fn lose_sight(&mut self, node: NodeId, reason: &str, now: Instant) {
        let line = Line { members: out_of_sight_members(node, reason), ..Line::default() };
        // By the clock of nobody: right after what the node told.
        let last = self.nodes.get(&node).and_then(|waiting| waiting.back());
        let time_us = last.map_or(0, |waiting| waiting.moment.time_us + 1);
        let moment = Moment { time_us, lines: vec![line] };
        self.nodes.entry(node).or_default().push_back(Waiting { since: now, moment });
    }

    /// The lines that are due, in order.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Merged> {
        let mut lines = Vec::new();
        while let Some(node) = self.next(now) {
            let waiting = self.nodes.get_mut(&node).and_then(VecDeque::pop_front);
            if let Some(Waiting { moment, .. }) = waiting {
                self.write(node, moment, now, &mut lines);
            }
        }
        self.give_up(now, &mut lines);
        lines
    }

    /// The node whose next moment comes next, if one is due.
    fn next(&self, now: Instant) -> Option<NodeId> {
        let heads = self.nodes.iter().filter_map(|(node, waiting)| Some((*node, waiting.front()?)));
        let due = heads.filter(|(_, head)| {
            let waited = now.saturating_duration_since(head.since);
            waited >= PATIENCE || (waited >= HOLD && self.has_causes(&head.moment))
        });
        due.min_by_key(|(_, head)| head.moment.time_us).map(|(node, _)| node)
    }

    /// Whether all messages that arrive in a moment were sent in moments before.
    fn has_causes(&self, moment: &Moment) -> bool {
        let mut arrived = moment.lines.iter().filter(|line| line.message > 0 && !line.is_sent);
        arrived.all(|line| self.under_way.contains_key(&line.message))
    }

    fn write(&mut self, node: NodeId, moment: Moment, now: Instant, out: &mut Vec<Merged>) {
        let time_us = self.time(moment.time_us);
        let before = self.lines;
        for line in moment.lines {
            self.lines += 1;
            let in_moment = (line.cause > 0).then(|| before + u64::from(line.cause));
            let mut cause = in_moment.filter(|cause| *cause < self.lines);
            let (number, is_state) = (self.lines, line.is_state);
            let members = match line.message {
                0 => line.members,
                _ if line.is_sent => self.send(line, now),
                id => {
                    let sent = self.under_way.remove(&id);
                    cause = sent.as_ref().map(|sent| sent.number).or(cause);
                    let message = sent.map_or_else(|| self.next_message(), |sent| sent.message);
                    renamed(&line.members, id, message)
                }
            };
            out.push(Merged { number, time_us, node, cause, members, is_state });
        }
    }

    fn next_message(&mut self) -> u64 {
        self.last_message += 1;
        self.last_message
    }

    /// Notes a message, and returns the members of its line.
    fn send(&mut self, line: Line, now: Instant) -> String {
        let message = self.next_message();
        let members = renamed(&line.members, line.message, message);
        let sent = Sent { number: self.lines, message, since: now, members: members.clone() };
        self.under_way.insert(line.message, sent);
        self.order.push_back(line.message);
        if self.order.len() > MOST_UNDER_WAY
            && let Some(oldest) = self.order.pop_front()
        {
            self.under_way.remove(&oldest);
        }
        members
    }

    /// Tells that messages are lost which did not arrive for long.
    fn give_up(&mut self, now: Instant, out: &mut Vec<Merged>) {
        while let Some(oldest) = self.order.front() {
            let Some(sent) = self.under_way.get(oldest) else {
                self.order.pop_front();
                continue;
            };
            if now.saturating_duration_since(sent.since) < LOST {
                return;
            }
            let lost = self.under_way.remove(oldest).and_then(|sent| {
                let (node, members) = lost_members(&sent.members)?;
                Some((node, members, sent.number))
            });
            self.order.pop_front();
            if let Some((node, members, number)) = lost {
                self.lines += 1;
                let (time_us, cause) = (self.time(0), Some(number));
                let number = self.lines;
                out.push(Merged { number, time_us, node, cause, members, is_state: false });
            }
        }
    }

    /// The time of a moment in the trace. Every moment has its own, and none is before the last.
    fn time(&mut self, node_us: u64) -> u64 {
        let began = *self.began_us.get_or_insert(node_us);
        self.last_us = node_us.saturating_sub(began).max(self.last_us + 1);
        self.last_us
    }
}

/// The members of a message's line, with another number for the message.
fn renamed(members: &str, from: u64, to: u64) -> String {
    let members = members.replacen(&format!("\"id\":{from},"), &format!("\"id\":{to},"), 1);
    members.replace(&format!("message {from}"), &format!("message {to}"))
}

/// The members of the line of a lost message, and its sender, from those of the line that sent it.
fn lost_members(sent: &str) -> Option<(NodeId, String)> {
    use serde_json::Value;

    let mut line: Value = serde_json::from_str(&format!("{{{sent}}}")).ok()?;
    let members = line.as_object_mut()?;
    let from = members.get("from")?.as_u64()?;
    let to = members.get("to")?.as_u64()?;
    let name = members.get("message")?.get("type")?.as_str()?.to_owned();
    let sent_at = members.remove("arrives_at")?;
    members.insert("kind".to_owned(), "dropped".into());
    members.insert("sent_at".to_owned(), sent_at.clone());
    members.insert("arrives_at".to_owned(), sent_at);
    members.insert("reason".to_owned(), "lost".into());
    let text = format!("{name} from node {from} to node {to} was not seen to arrive");
    members.insert("text".to_owned(), text.into());
    let mut text = line.to_string();
    text.pop();
    text.remove(0);
    Some((NodeId(from), text))
}

#[cfg(test)]
mod tests;
