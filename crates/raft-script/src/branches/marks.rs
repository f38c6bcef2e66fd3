//! What is worth seeing on the line of a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::Vector;
use raft_core::{CommitTrace, ElectionTrace, Instant, NodeId, Term, TermTrace, Trace};
use raft_kv::ClientId;
use raft_sim::{
    ClientEvent, ClusterEvent, Event, EventKind, EventNumber, NetworkEvent, ProcessEvent,
};

use crate::journal::Moment;
use crate::session::Session;

/// The most marks of each list. Then the oldest ones go.
const MOST: usize = 20_000;
/// The longest text of an operation, in characters.
const MAX_WORDS: usize = 60;

/// Something worth seeing, and the moment after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// The moment.
    pub moment: Moment,
    /// The time.
    pub at: Instant,
    /// Its event.
    pub event: EventNumber,
    /// What it is.
    pub kind: MarkKind,
}

/// The kinds of marks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MarkKind {
    /// A node asks for votes.
    AsksForVotes {
        /// The node.
        node: NodeId,
        /// The term of the election.
        term: Term,
    },
    /// A node leads from here on.
    Leads {
        /// The node.
        node: NodeId,
        /// Its term.
        term: Term,
    },
    /// A node that led does not lead any more: it stepped down, or is down.
    LeadsNoMore(NodeId),
    /// A node is down.
    Down(NodeId),
    /// A node that was down is up again, or a node is new.
    Up(NodeId),
    /// A node is paused.
    Paused(NodeId),
    /// A node that was paused runs again.
    Resumed(NodeId),
    /// Somebody partitioned the network; in words.
    Parted(Arc<str>),
    /// The network is whole again.
    Healed,
    /// Somebody changed a link; in words.
    LinkChanged(Arc<str>),
    /// Rules were switched off or on.
    Rules {
        /// What was done, in words.
        words: Arc<str>,
        /// The names of the rules that are off from here on; empty: every rule is on.
        off: Arc<str>,
    },
    /// A property is broken for the first time.
    Broken,
}

/// An operation of a client, from its start to its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MarkedOperation {
    /// The client.
    pub client: ClientId,
    /// The operation, in words.
    pub words: Arc<str>,
    /// The event of its end; `None` while the client waits.
    pub ended_by: Option<EventNumber>,
    /// The moment after its start, and its time.
    pub begins: (Moment, Instant),
    /// The moment after its end, its time, and whether the client got an answer: it may have given
    /// up. `None` while the client waits.
    pub ends: Option<(Moment, Instant, bool)>,
}

/// Where something was seen.
#[derive(Clone, Copy)]
struct Seen {
    /// The moment after it.
    moment: Moment,
    at: Instant,
    event: EventNumber,
}

/// The marks of a branch, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    all: Vector<Mark>,
    /// When a leader committed entries.
    commits: Vector<(Moment, Instant)>,
    operations: Vector<MarkedOperation>,
    leaders: BTreeMap<NodeId, Term>,
    is_broken: bool,
}

impl Marks {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Mark> {
        self.all.iter()
    }

    pub(super) fn commits(&self) -> impl DoubleEndedIterator<Item = (Moment, Instant)> {
        self.commits.iter().copied()
    }

    pub(super) fn operations(&self) -> impl ExactSizeIterator<Item = &MarkedOperation> {
        self.operations.iter()
    }

    /// Looks at the last step or statement of a session.
    pub(super) fn observe(&mut self, session: &Session) {
        let moment = session.moment();
        for event in session.events() {
            self.see(moment, event);
            if let EventKind::Cluster(
                ClusterEvent::RuleSwitchedOff { .. } | ClusterEvent::RulesSwitchedOn { .. },
            ) = event.kind
            {
                let words = Arc::from(event.kind.to_string());
                let off = Arc::from(session.world().rules_off().to_string());
                let seen = Seen { moment, at: event.at, event: event.number };
                self.add(seen, MarkKind::Rules { words, off });
            }
        }
        if let Some(violation) = session.checks().violation().filter(|_| !self.is_broken)
            && let Some(event) = EventNumber::new(violation.event)
        {
            self.is_broken = true;
            self.add(Seen { moment, at: session.world().now(), event }, MarkKind::Broken);
        }
    }

    fn see(&mut self, moment: Moment, event: &Event) {
        let seen = Seen { moment, at: event.at, event: event.number };
        if let EventKind::Core { node, trace } = &event.kind {
            self.see_trace(seen, *node, trace);
        } else if let EventKind::Process { node, event } = &event.kind {
            self.see_process(seen, *node, event);
        } else if let EventKind::Cluster(ClusterEvent::ServerAdded { node }) = event.kind {
            self.add(seen, MarkKind::Up(node));
        } else if let EventKind::Network(change) = &event.kind {
            let words = || Arc::from(event.kind.to_string());
            let kind = match change {
                NetworkEvent::Partitioned { .. } | NetworkEvent::PartitionedOneWay { .. } => {
                    MarkKind::Parted(words())
                }
                NetworkEvent::Healed => MarkKind::Healed,
                NetworkEvent::LinkChanged { .. } | NetworkEvent::NextAwaited { .. } => {
                    MarkKind::LinkChanged(words())
                }
            };
            self.add(seen, kind);
        } else if let EventKind::Client { client, event, .. } = &event.kind {
            self.see_client(seen, *client, event);
        }
    }

    fn see_trace(&mut self, seen: Seen, node: NodeId, trace: &Trace) {
        if let Trace::Election(ElectionTrace::Started { term, .. }) = trace {
            self.add(seen, MarkKind::AsksForVotes { node, term: *term });
        } else if let Trace::Election(ElectionTrace::BecameLeader { term, .. }) = trace {
            self.leaders.insert(node, *term);
            self.add(seen, MarkKind::Leads { node, term: *term });
        } else if let Trace::Term(TermTrace::SteppedDown { .. }) = trace {
            self.leads_no_more(seen, node);
        } else if let Trace::Commit(CommitTrace::Committed { .. }) = trace {
            push(&mut self.commits, (seen.moment, seen.at));
        }
    }

    fn see_process(&mut self, seen: Seen, node: NodeId, event: &ProcessEvent) {
        match event {
            ProcessEvent::Crashed | ProcessEvent::RestartRefused { .. } => {
                self.leads_no_more(seen, node);
                self.add(seen, MarkKind::Down(node));
            }
            ProcessEvent::Restarted => self.add(seen, MarkKind::Up(node)),
            ProcessEvent::Paused => self.add(seen, MarkKind::Paused(node)),
            ProcessEvent::Resumed => self.add(seen, MarkKind::Resumed(node)),
            ProcessEvent::Started
            | ProcessEvent::ConfiguredAlone
            | ProcessEvent::Reconfigured { .. }
            | ProcessEvent::TimeoutsSet { .. }
            | ProcessEvent::Slowed { .. }
            | ProcessEvent::TimerElapsed { .. }
            | ProcessEvent::ClockChanged { .. } => {}
        }
    }

    fn see_client(&mut self, seen: Seen, client: ClientId, event: &ClientEvent) {
        let Seen { moment, at, event: number } = seen;
        let is_answered = match event {
            ClientEvent::Invoked { operation, .. } => {
                let words: String = operation.to_string().chars().take(MAX_WORDS).collect();
                let (words, begins) = (words.into(), (moment, at));
                let (ended_by, ends) = (None, None);
                let operation = MarkedOperation { client, words, ended_by, begins, ends };
                return push(&mut self.operations, operation);
            }
            ClientEvent::Answered { .. } => true,
            ClientEvent::GaveUp => false,
            ClientEvent::Asked { .. }
            | ClientEvent::Arrived { .. }
            | ClientEvent::Replied { .. }
            | ClientEvent::Redirected { .. }
            | ClientEvent::MustRetry { .. }
            | ClientEvent::TimedOut { .. } => return,
        };
        // A client has one operation at a time: its last one.
        let place = self.operations.iter().rposition(|operation| operation.client == client);
        if let Some(operation) = place.and_then(|place| self.operations.get_mut(place)) {
            operation.ends = Some((moment, at, is_answered));
            operation.ended_by = Some(number);
        }
    }

    fn leads_no_more(&mut self, seen: Seen, node: NodeId) {
        if self.leaders.remove(&node).is_some() {
            self.add(seen, MarkKind::LeadsNoMore(node));
        }
    }

    fn add(&mut self, Seen { moment, at, event }: Seen, kind: MarkKind) {
        push(&mut self.all, Mark { moment, at, event, kind });
    }

    /// Those of a branch that begins at this moment with this session.
    pub(super) fn through(&self, moment: Moment, session: &Session) -> Self {
        let all = first(&self.all, |mark| mark.moment <= moment);
        let commits = first(&self.commits, |(at, _)| *at <= moment);
        let mut operations = first(&self.operations, |operation| operation.begins.0 <= moment);
        for operation in operations.iter_mut() {
            operation.ends = operation.ends.filter(|(end, ..)| *end <= moment);
            operation.ended_by = operation.ended_by.filter(|_| operation.ends.is_some());
        }
        let is_broken = session.checks().violation().is_some();
        let mut leaders = BTreeMap::new();
        for Mark { kind, .. } in &all {
            if let MarkKind::Leads { node, term } = kind {
                leaders.insert(*node, *term);
            } else if let MarkKind::LeadsNoMore(node) = kind {
                leaders.remove(node);
            }
        }
        Self { all, commits, operations, leaders, is_broken }
    }
}

fn push<T: Clone>(list: &mut Vector<T>, one: T) {
    list.push_back(one);
    if list.len() > MOST {
        list.pop_front();
    }
}

/// The first ones of a list that is in order.
fn first<T: Clone>(list: &Vector<T>, is_before: impl Fn(&T) -> bool) -> Vector<T> {
    let count = list.iter().take_while(|one| is_before(one)).count();
    list.clone().slice(..count)
}
