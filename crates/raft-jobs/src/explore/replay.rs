//! A run of the explorer as a script: its steps, carried out in a session.
//!
//! In the search no time passes. In a session a little has to: a write takes as long as its disk
//! says, and a command of a client travels. So each step has a slot of 100 µs, and a command as
//! long as a message may take. All messages are held at the ends of their links, and those that
//! arrive are delivered. A disk's latency is set before each step such that the writes of the step
//! end in the slot in which the search reports them. Writes that are under way at the moment are
//! held back; before the first step, as much time passes as they would have needed.

use std::collections::BTreeMap;
use std::time::Duration;

use raft_core::{Body, Instant, Message, NodeId, Payload};
use raft_explore::Step;
use raft_script::{Condition, Session, Started, Stepped};
use raft_sim::{MessageId, MessageKind, SimNode};

/// The time of a step.
const SLOT: Duration = Duration::from_micros(100);

/// The latency of a write that the search never reports.
const NEVER: Duration = Duration::from_secs(600);

/// A run of the explorer, carried out in a session.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The script of the whole run: it begins as the one that leads to the moment.
    pub script: String,
    /// The statements after the moment.
    pub after: String,
    /// Whether it ends where it should: a property is broken, or the goal holds.
    pub is_same: bool,
}

/// Carries out the steps of a run that was found, in a session at the moment where it begins.
/// It ends where a property is broken or the goal holds.
pub fn replayed(session: Session, steps: &[Step], goal: Option<&Condition>) -> Replayed {
    let begin = (session.moment(), session.world().now());
    let mut replay = Replay::new(session, steps, goal.cloned());
    replay.hold_everything();
    replay.hold_writes();
    for (place, step) in steps.iter().enumerate() {
        replay.run_to(replay.slots[place]);
        replay.carry_out(place, step);
        if replay.is_there() {
            break;
        }
    }
    if !replay.is_there() {
        replay.run_to(replay.slots[steps.len()]);
    }
    let mut parts = replay.session.export_in_parts(&[begin]);
    let after = parts.pop().unwrap_or_default();
    Replayed { script: replay.session.export(), after, is_same: replay.is_there() }
}

struct Replay {
    session: Session,
    goal: Option<Condition>,
    /// When each step begins, and when the last one ends.
    slots: Vec<Instant>,
    /// Of each node: the steps that report writes, and its crashes.
    reports: BTreeMap<NodeId, Vec<Report>>,
    /// Writes that each node issued since its start, or since the moment before the first step.
    issued: BTreeMap<NodeId, usize>,
}

/// Writes of a node are reported.
struct Report {
    place: usize,
    /// How many since its start, or since the moment.
    through: usize,
    /// Whether it is a crash.
    is_last: bool,
}

impl Replay {
    fn new(session: Session, steps: &[Step], goal: Option<Condition>) -> Self {
        let now = session.world().now();
        let travel = session.world().setup().link_latency.max + SLOT;
        // A write can be held back, and not be hastened.
        let pending = session.world().nodes().flat_map(|node| node.disk().pending());
        let begin = pending.map(|write| write.done_at).max().unwrap_or(now).max(now);
        let mut slots = vec![begin + SLOT];
        let mut reports: BTreeMap<NodeId, Vec<Report>> = BTreeMap::new();
        for (place, step) in steps.iter().enumerate() {
            let (mut takes, mut report) = (SLOT, None);
            match step {
                Step::Proposed { .. } | Step::Read { .. } => takes = travel,
                Step::Reported { node, writes } => report = Some((*node, *writes, false)),
                Step::Crashed { node, kept, .. } => report = Some((*node, *kept, true)),
                Step::Delivered { .. }
                | Step::Lost { .. }
                | Step::TimedOut(_)
                | Step::HeartbeatDue(_)
                | Step::Forgot(_)
                | Step::Snapshot(_)
                | Step::Transfer { .. }
                | Step::Change { .. }
                | Step::Ticked => {}
            }
            if let Some((node, writes, is_last)) = report {
                let of_node = reports.entry(node).or_default();
                let before = of_node.last().filter(|last| !last.is_last);
                let through = before.map_or(0, |last| last.through) + writes;
                of_node.push(Report { place, through, is_last });
            }
            slots.push(slots[place] + takes);
        }
        let nodes = session.world().nodes();
        let issued = nodes.map(|node| (node.id(), node.disk().pending().len())).collect();
        Self { session, goal, slots, reports, issued }
    }

    /// Whether the run is where it should end.
    fn is_there(&self) -> bool {
        self.session.checks().violation().is_some()
            || self.goal.as_ref().is_some_and(|goal| self.session.holds(goal))
    }

    /// One statement, and what it brings about at once.
    fn say(&mut self, line: &str) {
        let Ok(Some(statement)) = raft_script::parse_line(line) else {
            panic!("{line:?} is a statement of the language")
        };
        // A statement that is refused leaves the run as it is; whether the violation is still there
        // is seen at the end.
        if let Ok(Started::Waiting) = self.session.start(&statement) {
            while let Stepped::Event = self.session.step() {}
        }
    }

    /// Lets everything happen that is due now.
    fn settle(&mut self) {
        let now = self.session.world().now();
        while !self.is_there() && self.session.next_step_at().is_some_and(|next| next <= now) {
            self.session.step();
        }
    }

    fn run_to(&mut self, at: Instant) {
        while !self.is_there() && self.session.next_step_at().is_some_and(|next| next < at) {
            self.session.step();
        }
        self.session.advance_clock(at);
    }

    fn hold_everything(&mut self) {
        for kind in MessageKind::ALL {
            self.say(&format!("link all hold {kind}"));
        }
    }

    /// The writes that were under way at the moment end in the slots in which the search reports
    /// them.
    fn hold_writes(&mut self) {
        let writing: Vec<NodeId> = self
            .session
            .world()
            .nodes()
            .map(SimNode::id)
            .filter(|id| self.issued[id] > 0)
            .collect();
        writing.into_iter().for_each(|node| self.stall(node, 1));
    }

    /// The oldest write of a node, its `number`th, ends in the slot in which the search reports it.
    fn stall(&mut self, node: NodeId, number: usize) {
        let (now, reports) = (self.session.world().now(), self.reports.get(&node));
        let report = reports.into_iter().flatten().find(|it| it.is_last || it.through >= number);
        let until = match report {
            // A disk that stalls holds back what is written after a crash, too.
            Some(Report { is_last: true, through, place }) if *through < number => {
                self.slots[*place] + SLOT * 3 / 4
            }
            Some(report) => self.slots[report.place] + SLOT / 4,
            None => *self.slots.last().unwrap_or(&now) + SLOT,
        };
        self.say(&format!("disk {node} stall={}us", (until - now).as_micros()));
    }

    /// So many writes of a node end in the slot of a step; those that would end with them are held
    /// back.
    fn finish(&mut self, node: NodeId, (place, writes): (usize, usize)) {
        let at = self.slots[place] + SLOT / 4;
        self.run_to(at);
        let left = self.writes_under_way(node).saturating_sub(writes);
        let is_due = |replay: &Self| replay.session.next_step_at().is_some_and(|next| next <= at);
        while !self.is_there() && self.writes_under_way(node) > left && is_due(self) {
            self.session.step();
        }
        let disk = self.session.world().node(node).map(SimNode::disk);
        let is_next_due =
            disk.and_then(|disk| disk.pending().next()).is_some_and(|write| write.done_at <= at);
        let report = self.reports[&node].iter().find(|report| report.place == place);
        let number = report.map_or(1, |report| report.through + 1);
        if is_next_due {
            self.stall(node, number);
        }
        // In the middle of the slot.
        self.run_to(self.slots[place] + SLOT / 2);
    }

    fn carry_out(&mut self, place: usize, step: &Step) {
        let (acting, now) = (acting(step), self.session.world().now());
        let request = request(place, step);
        if let Some(node) = acting {
            let arrives = request.as_deref().and_then(|line| self.arrival(node, line));
            self.set_latency(node, place, arrives.unwrap_or(now));
        }
        let before = acting.map_or(0, |node| self.writes_under_way(node));
        match step {
            Step::Delivered { from, to, message, stays } => {
                if let Some(id) = self.find(*from, *to, message) {
                    if *stays {
                        self.say(&format!("duplicate message {}", id.0));
                    }
                    self.say(&format!("deliver message {}", id.0));
                }
            }
            Step::Lost { from, to, message } => {
                if let Some(id) = self.find(*from, *to, message) {
                    self.say(&format!("drop message {}", id.0));
                }
            }
            Step::Reported { node, writes } => self.finish(*node, (place, *writes)),
            Step::Crashed { node, kept, .. } => {
                self.finish(*node, (place, *kept));
                self.say(&format!("crash {node} lose"));
                self.say(&format!("restart {node}"));
                self.issued.remove(node);
            }
            Step::TimedOut(node) => self.say(&format!("timeout {node}")),
            Step::Forgot(node) => self.say(&format!("forget {node}")),
            Step::Snapshot(node) => self.say(&format!("snapshot {node}")),
            Step::Transfer { node, to } => self.say(&format!("transfer {to} via={node}")),
            Step::Proposed { .. } | Step::Read { .. } => {
                if let Some(line) = request {
                    self.say(&line);
                    self.run_to(self.slots[place + 1]);
                }
            }
            // They need time, which does not pass in a search from a moment on.
            Step::HeartbeatDue(_) | Step::Ticked | Step::Change { .. } => {}
        }
        self.settle();
        if let Some(node) = acting.filter(|_| !matches!(step, Step::Crashed { .. })) {
            let now = self.writes_under_way(node);
            let reported = if let Step::Reported { writes, .. } = step { *writes } else { 0 };
            *self.issued.entry(node).or_default() += (now + reported).saturating_sub(before);
        }
    }

    fn writes_under_way(&self, node: NodeId) -> usize {
        self.session.world().node(node).map_or(0, |node| node.disk().pending().len())
    }

    /// When a request of a client arrives, and the node begins to write.
    fn arrival(&self, node: NodeId, line: &str) -> Option<Instant> {
        let mut trial = Self {
            session: self.session.clone(),
            goal: None,
            slots: Vec::new(),
            reports: BTreeMap::new(),
            issued: BTreeMap::new(),
        };
        let before = trial.writes_under_way(node);
        trial.say(line);
        let end = trial.session.world().now() + trial.session.world().setup().link_latency.max;
        while trial.session.next_step_at().is_some_and(|next| next <= end) {
            trial.session.step();
            if trial.writes_under_way(node) > before {
                return Some(trial.session.world().now());
            }
        }
        None
    }

    /// The next write of the node, which begins at a moment, ends in the slot in which the search
    /// reports it.
    fn set_latency(&mut self, node: NodeId, place: usize, begins: Instant) {
        let number = self.issued.get(&node).copied().unwrap_or_default() + 1;
        let reports = self.reports.get(&node).into_iter().flatten();
        // Up to the next crash.
        let mut later = reports.skip_while(|report| report.place <= place);
        let mut ends = None;
        for report in later.by_ref() {
            if report.through >= number {
                ends = Some(self.slots[report.place] + SLOT / 4);
                break;
            }
            if report.is_last {
                break;
            }
        }
        // A disk begins a write when the one before it is done.
        let pending = self.session.world().node(node).map(|node| node.disk().pending());
        let busy_until = pending.and_then(Iterator::last).map(|write| write.done_at);
        let begins = busy_until.map_or(begins, |until| until.max(begins));
        let latency = ends.map_or(NEVER, |ends| (ends - begins).max(Duration::from_micros(1)));
        let micros = latency.as_micros();
        self.say(&format!("disk {node} latency={micros}us..{micros}us"));
    }

    /// A message that is under way or held. Commands of clients are other bytes in a session.
    fn find(&self, from: NodeId, to: NodeId, message: &Message) -> Option<MessageId> {
        let wanted = without_commands(message);
        let is_it = |letter: &&raft_sim::InFlightMessage| {
            (letter.from, letter.to) == (from, to) && without_commands(&letter.message) == wanted
        };
        self.session.world().in_flight().find(is_it).map(|letter| letter.id)
    }
}

/// The request of a client in a step.
fn request(place: usize, step: &Step) -> Option<String> {
    if let Step::Proposed { node, command } = step {
        Some(format!("set x={command} via={node} client={}", 900 + command))
    } else if let Step::Read { node, .. } = step {
        Some(format!("get x via={node} read=quorum client={}", 800 + place))
    } else {
        None
    }
}

/// The node whose disk may write in a step.
fn acting(step: &Step) -> Option<NodeId> {
    match step {
        Step::Delivered { to, .. } => Some(*to),
        Step::Reported { node, .. }
        | Step::Crashed { node, .. }
        | Step::TimedOut(node)
        | Step::HeartbeatDue(node)
        | Step::Forgot(node)
        | Step::Proposed { node, .. }
        | Step::Read { node, .. }
        | Step::Snapshot(node)
        | Step::Transfer { node, .. }
        | Step::Change { node, .. } => Some(*node),
        Step::Lost { .. } | Step::Ticked => None,
    }
}

fn without_commands(message: &Message) -> Message {
    let mut message = message.clone();
    if let Body::AppendEntries(request) = &mut message.body {
        request.entries = request
            .entries
            .iter()
            .cloned()
            .map(|mut entry| {
                if let Payload::Command(command) = &mut entry.payload {
                    *command = raft_core::Bytes::default();
                }
                entry
            })
            .collect();
    }
    message
}
