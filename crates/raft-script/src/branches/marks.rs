//! What is worth seeing on the line of a run.

use std::collections::BTreeMap;

use imbl::Vector;
use raft_core::{ElectionTrace, NodeId, Term, TermTrace, Trace};
use raft_sim::{ClusterEvent, Event, EventKind, ProcessEvent};

use crate::journal::Moment;
use crate::session::Session;

/// The most marks of a branch. Then the oldest ones go.
const MOST: usize = 20_000;

/// Something worth seeing, and the moment after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// The moment.
    pub moment: Moment,
    /// What it is.
    pub kind: MarkKind,
}

/// The kinds of marks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkKind {
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
    /// Somebody changed the network.
    Network,
    /// A property is broken for the first time.
    Broken,
}

/// The marks of a branch, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    all: Vector<Mark>,
    leaders: BTreeMap<NodeId, Term>,
    is_broken: bool,
}

impl Marks {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Mark> {
        self.all.iter()
    }

    /// Looks at the last step or statement of a session.
    pub(super) fn observe(&mut self, session: &Session) {
        let moment = session.moment();
        for event in session.events() {
            self.see(moment, event);
        }
        if !self.is_broken && session.checks().violation().is_some() {
            self.is_broken = true;
            self.add(moment, MarkKind::Broken);
        }
    }

    fn see(&mut self, moment: Moment, event: &Event) {
        if let EventKind::Core { node, trace } = &event.kind {
            if let Trace::Election(ElectionTrace::BecameLeader { term, .. }) = trace {
                self.leaders.insert(*node, *term);
                self.add(moment, MarkKind::Leads { node: *node, term: *term });
            } else if let Trace::Term(TermTrace::SteppedDown { .. }) = trace {
                self.leads_no_more(moment, *node);
            }
        } else if let EventKind::Process { node, event } = &event.kind {
            if let ProcessEvent::Crashed | ProcessEvent::RestartRefused { .. } = event {
                self.leads_no_more(moment, *node);
                self.add(moment, MarkKind::Down(*node));
            } else if let ProcessEvent::Restarted = event {
                self.add(moment, MarkKind::Up(*node));
            }
        } else if let EventKind::Cluster(ClusterEvent::ServerAdded { node }) = event.kind {
            self.add(moment, MarkKind::Up(node));
        } else if let EventKind::Network(_) = event.kind {
            self.add(moment, MarkKind::Network);
        }
    }

    fn leads_no_more(&mut self, moment: Moment, node: NodeId) {
        if self.leaders.remove(&node).is_some() {
            self.add(moment, MarkKind::LeadsNoMore(node));
        }
    }

    fn add(&mut self, moment: Moment, kind: MarkKind) {
        self.all.push_back(Mark { moment, kind });
        if self.all.len() > MOST {
            self.all.pop_front();
        }
    }

    /// Those of a branch that begins at this moment with this session.
    pub(super) fn through(&self, moment: Moment, session: &Session) -> Self {
        let before = self.all.iter().take_while(|mark| mark.moment <= moment).count();
        let all = self.all.clone().slice(..before);
        let is_broken = session.checks().violation().is_some();
        let mut leaders = BTreeMap::new();
        for Mark { kind, .. } in &all {
            if let MarkKind::Leads { node, term } = kind {
                leaders.insert(*node, *term);
            } else if let MarkKind::LeadsNoMore(node) = kind {
                leaders.remove(node);
            }
        }
        Self { all, leaders, is_broken }
    }
}
