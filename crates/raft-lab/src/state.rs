//! The lab in plain values, for `window.helios`: numbers, strings, lists and objects.
//!
//! Keys and values are shown as text (printable UTF-8 as it is, other bytes as `\xNN`). Absent things
//! are `null`. Times are in microseconds of virtual time.

use std::collections::BTreeMap;

use raft_core::{NodeId, PeerStatus, ProgressKind, RoleKind, Status};
use raft_kv::{Key, Response, Value};
use raft_sim::{Event, Partition, SimNode, World};
use serde::Serialize;

use crate::{
    ClientAnswer, DurableState, FailedAttempt, Frame, InvariantLine, InvariantState, Members,
};

/// The lab at one moment: what `helios.state()` returns.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StateView {
    /// The virtual clock.
    pub clock_micros: u64,
    /// How many steps the world has made.
    pub steps: u64,
    /// One number for all that happened so far, in hexadecimal; the same on every target.
    pub trace_hash: String,
    /// What is going on, in words.
    pub headline: String,
    /// What the waiting statement waits for, in words.
    pub goal: Option<String>,
    /// How time passes.
    pub pacing: PacingView,
    /// Where the disks are kept.
    pub durable: DurableView,
    /// The running leader with the latest term.
    pub leader: Option<u64>,
    /// Who belongs to the cluster, as the leader goes by it.
    pub membership: MembershipView,
    /// The nodes, by ascending id.
    pub nodes: Vec<NodeView>,
    /// Every direction between two nodes.
    pub links: Vec<LinkView>,
    /// The groups of a partition; they may overlap.
    pub partition: Option<Vec<Vec<u64>>>,
    /// Whether there are two groups, and nothing gets from the second to the first.
    pub partition_is_one_way: bool,
    /// Messages under way.
    pub in_flight: Vec<MessageView>,
    /// The clients, by ascending id.
    pub clients: Vec<ClientView>,
    /// Every property that is checked.
    pub invariants: Vec<InvariantView>,
}

/// How time passes.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PacingView {
    /// Whether it does.
    pub running: bool,
    /// Virtual seconds per real second; `Infinity`: as fast as it goes.
    pub speed: f64,
    /// Whether it waits for the browser's disk.
    pub stalled_on_disk: bool,
}

/// Where the disks are kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DurableView {
    /// `scratch` or `durable`.
    pub mode: &'static str,
    /// Writes on their way to the browser's disk.
    pub unsaved: u64,
    /// Why the lab stopped, if it did.
    pub error: Option<String>,
}

/// Who belongs to the cluster.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MembershipView {
    /// Those who vote; in a joint membership, the new ones.
    pub voters: Vec<u64>,
    /// In a joint membership, the voters of the old one.
    pub outgoing: Vec<u64>,
    /// Those who receive the log and count nowhere.
    pub learners: Vec<u64>,
    /// The entry that put it in force; 0 for the first one.
    pub index: u64,
    /// Whether that entry is known to be committed.
    pub committed: bool,
}

/// One node. What a node that is down has forgotten is `null`, or empty.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NodeView {
    /// Its name.
    pub id: u64,
    /// `running`, `paused`, `crashed` or `refusing to start`.
    pub state: String,
    /// Why it refuses to start.
    pub refusal: Option<String>,
    /// What stopped it, if a write that failed did.
    pub stopped_by: Option<String>,
    /// `follower`, `pre-candidate`, `candidate` or `leader`.
    pub role: Option<String>,
    /// `voter`, `leaving`, `learner` or `non-member`.
    pub member_role: &'static str,
    /// Until when a leader's lease lasts.
    pub lease_until_micros: Option<u64>,
    /// How many millionths its clock runs too fast, or too slow if negative.
    pub clock_drift_ppm: i32,
    /// How long it takes to handle anything: zero unless it was made slow.
    pub handling_micros: u64,
    /// To whom a leader is handing over.
    pub transfer_to: Option<u64>,
    /// A leader's view of the others.
    pub peers: Vec<PeerView>,
    /// Its term.
    pub term: Option<u64>,
    /// Who got its vote in that term.
    pub voted_for: Option<u64>,
    /// Whom it believes to lead.
    pub leader: Option<u64>,
    /// The last entry of its log.
    pub last_log_index: Option<u64>,
    /// How many entries its log holds behind its snapshot.
    pub log_length: Option<u64>,
    /// The last entry it knows to be committed.
    pub commit_index: Option<u64>,
    /// The last entry it applied.
    pub last_applied: Option<u64>,
    /// Writes that its simulated disk has not finished.
    pub unfinished_writes: usize,
    /// Its copy of the store.
    pub keys: BTreeMap<String, String>,
}

/// A leader's view of another node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PeerView {
    /// The other node.
    pub id: u64,
    /// `probe`, `replicate` or `snapshot`.
    pub state: &'static str,
    /// The next entry to send to it.
    pub next_index: u64,
    /// The last entry known to be on its disk.
    pub match_index: u64,
    /// Messages with entries that it has not answered yet.
    pub in_flight: usize,
    /// Their payload bytes.
    pub in_flight_bytes: u64,
}

/// One direction between two nodes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LinkView {
    /// The sending end.
    pub from: u64,
    /// The receiving end.
    pub to: u64,
    /// Whether it is cut.
    pub cut: bool,
    /// Whether messages pass: neither cut nor partitioned.
    pub reachable: bool,
    /// The shortest time that a message takes.
    pub latency_min_micros: u64,
    /// The longest.
    pub latency_max_micros: u64,
    /// How many messages in a million are lost.
    pub loss_per_million: u32,
    /// How many in a million arrive twice.
    pub duplication_per_million: u32,
    /// Whether messages may overtake each other.
    pub reordering: bool,
    /// How latencies are spread: `uniform`, `exponential`, `long-tail`.
    pub latency_shape: &'static str,
    /// Bytes a second, if that is limited.
    pub bandwidth: Option<u64>,
    /// How many messages may wait.
    pub queue_limit: u32,
    /// Until when messages have to wait, if they do.
    pub clogged_until_micros: Option<u64>,
}

/// A message under way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MessageView {
    /// Names the message; `drop message` takes it.
    pub id: u64,
    /// The sender.
    pub from: u64,
    /// The receiver.
    pub to: u64,
    /// The paper's name for it.
    pub name: String,
    /// Its term.
    pub term: u64,
    /// When it was sent.
    pub sent_at_micros: u64,
    /// When it arrives.
    pub arrives_at_micros: u64,
}

/// A client.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ClientView {
    /// Its name.
    pub id: u64,
    /// What it waits for, in words.
    pub pending: Option<String>,
    /// The node that it asked last.
    pub target: Option<u64>,
    /// How often it asked.
    pub attempts: u32,
    /// How many operations wait behind that.
    pub queued: usize,
}

/// A property.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct InvariantView {
    /// Its name.
    pub name: &'static str,
    /// The section of the paper that it comes from.
    pub section: &'static str,
    /// What it says.
    pub meaning: &'static str,
    /// Whether it holds.
    pub holding: bool,
    /// Since when, and why, it cannot be demanded now, if that is so: then it neither holds nor is broken.
    pub suspended: Option<String>,
    /// The number of the event after which it was seen broken.
    pub event_number: Option<u64>,
    /// When.
    pub at_micros: Option<u64>,
    /// What was seen.
    pub description: Option<String>,
}

/// An event: what the function given to `helios.onEvent` gets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct EventView {
    /// Counts all events of the world from 1.
    pub number: u64,
    /// When.
    pub at_micros: u64,
    /// What kind: `sent`, `crashed`, `client_answered`, …
    pub kind: &'static str,
    /// The node that it happened to.
    pub node: Option<u64>,
    /// What happened, in words.
    pub words: String,
}

/// A client's answer: what the promise of `helios.exec` gives for an operation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AnswerView {
    /// Whether the store did what it was asked to. False: it refused, or the client gave up.
    pub ok: bool,
    /// All of it, in words.
    pub words: String,
    /// The client.
    pub client: u64,
    /// `done`, `value`, `deleted`, `swapped`, `not_swapped`, `appended`, `list`, `failed` or
    /// `gave_up`.
    pub kind: &'static str,
    /// For `value` and `not_swapped`: the key's value; `null` if it is absent.
    pub value: Option<String>,
    /// For `deleted`: whether it was there.
    pub existed: Option<bool>,
    /// For `appended`: the value's length now, in bytes.
    pub length: Option<u64>,
    /// For `list`: the keys and their values.
    pub entries: Option<BTreeMap<String, String>>,
    /// The node that answered.
    pub node: Option<u64>,
    /// How often the client asked.
    pub attempts: u32,
    /// Where it was sent elsewhere, in order.
    pub redirects: Vec<RedirectView>,
    /// How often a node did not answer in time.
    pub timeouts: usize,
    /// How long it took, in virtual time.
    pub took_micros: u64,
    /// What the answer to a read rests on: `log`, `quorum`, `lease` or `local`.
    pub read: String,
    /// Whether it may be older than what was committed before the question.
    pub may_be_stale: bool,
}

/// A node sent a client elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RedirectView {
    /// The node asked.
    pub from: u64,
    /// The leader it named; `null`: it knew none.
    pub to: Option<u64>,
}

impl From<&Frame> for StateView {
    fn from(frame: &Frame) -> Self {
        let world = &*frame.world;
        let (mode, unsaved, error) = match &frame.durable {
            DurableState::Scratch => ("scratch", 0, None),
            DurableState::Durable { unsaved, error } => ("durable", *unsaved, error.clone()),
        };
        let ids = |group: &Vec<NodeId>| group.iter().map(|id| id.0).collect();
        Self {
            clock_micros: world.now().0,
            steps: world.steps(),
            trace_hash: format!("{:016x}", world.trace_hash()),
            headline: frame.headline.clone(),
            goal: frame.goal.clone(),
            pacing: PacingView {
                running: frame.pacing.running,
                speed: frame.pacing.speed,
                stalled_on_disk: frame.pacing.stalled_on_disk,
            },
            durable: DurableView { mode, unsaved, error },
            leader: world.leader().map(|leader| leader.0),
            membership: MembershipView::from(&frame.members),
            nodes: world.nodes().map(|node| NodeView::of(node, &frame.members)).collect(),
            links: links(world),
            partition: world
                .partition()
                .map(|partition| partition.groups().iter().map(ids).collect()),
            partition_is_one_way: world.partition().is_some_and(Partition::is_one_way),
            in_flight: world.in_flight().map(MessageView::from).collect(),
            clients: world.clients().map(ClientView::from).collect(),
            invariants: frame.invariants.iter().map(InvariantView::from).collect(),
        }
    }
}

impl From<&Members> for MembershipView {
    fn from(members: &Members) -> Self {
        let Members { membership, index, is_committed } = members;
        Self {
            voters: ids(membership.voters()),
            outgoing: ids(membership.outgoing()),
            learners: ids(membership.learners()),
            index: index.0,
            committed: *is_committed,
        }
    }
}

impl From<&PeerStatus> for PeerView {
    fn from(peer: &PeerStatus) -> Self {
        Self {
            id: peer.id.0,
            state: match peer.state {
                ProgressKind::Probe => "probe",
                ProgressKind::Replicate => "replicate",
                ProgressKind::Snapshot { .. } => "snapshot",
            },
            next_index: peer.next_index.0,
            match_index: peer.match_index.0,
            in_flight: peer.in_flight,
            in_flight_bytes: peer.in_flight_bytes,
        }
    }
}

impl NodeView {
    fn of(node: &SimNode, members: &Members) -> Self {
        let core = node.core();
        let status: Option<Status> = core.map(raft_core::Node::status);
        let peers = status.iter().flat_map(|status| &status.peers).map(PeerView::from);
        let role = core.map(|core| core.role());
        let pairs = node.store().into_iter().flat_map(|store| store.iter());
        Self {
            id: node.id().0,
            state: node.state().to_string(),
            refusal: node.refusal().map(str::to_owned),
            stopped_by: node.stopped_by().map(|failure| failure.to_string()),
            role: role.as_ref().map(RoleKind::to_string),
            member_role: members.role_of(node.id()).word(),
            lease_until_micros: node.lease_until().map(|at| at.0),
            clock_drift_ppm: node.clock().drift_ppm(),
            handling_micros: node.handling().as_micros() as u64,
            transfer_to: status.as_ref().and_then(|status| status.transfer_to).map(|id| id.0),
            peers: peers.collect(),
            term: core.map(|core| core.current_term().0),
            voted_for: core.and_then(|core| core.voted_for()).map(|id| id.0),
            leader: core.and_then(|core| core.leader()).map(|id| id.0),
            last_log_index: core.map(|core| core.log().last().index.0),
            log_length: core.map(|core| core.log().len() as u64),
            commit_index: core.map(|core| core.commit_index().0),
            last_applied: core.map(|core| core.last_applied().0),
            unfinished_writes: node.disk().pending().len(),
            keys: pairs.map(text_of_pair).collect(),
        }
    }
}

fn ids(nodes: &[NodeId]) -> Vec<u64> {
    nodes.iter().map(|id| id.0).collect()
}

fn text_of_pair((key, value): (&Key, &Value)) -> (String, String) {
    (key.to_string(), value.to_string())
}

fn links(world: &World) -> Vec<LinkView> {
    let ids: Vec<NodeId> = world.node_ids().collect();
    let pairs = ids.iter().flat_map(|from| ids.iter().map(move |to| (*from, *to)));
    let view = |(from, to): (NodeId, NodeId)| {
        let link = world.link(from, to)?;
        Some(LinkView {
            from: from.0,
            to: to.0,
            cut: link.cut,
            reachable: world.is_reachable(from, to),
            latency_min_micros: link.latency.min.as_micros() as u64,
            latency_max_micros: link.latency.max.as_micros() as u64,
            loss_per_million: link.loss_per_million,
            duplication_per_million: link.duplication_per_million,
            reordering: link.reordering,
            latency_shape: link.shape.name(),
            bandwidth: link.bandwidth,
            queue_limit: link.queue_limit,
            clogged_until_micros: (link.clogged_until > world.now())
                .then_some(link.clogged_until.0),
        })
    };
    pairs.filter(|(from, to)| from != to).filter_map(view).collect()
}

impl From<&raft_sim::InFlight> for MessageView {
    fn from(message: &raft_sim::InFlight) -> Self {
        Self {
            id: message.id.0,
            from: message.from.0,
            to: message.to.0,
            name: message.message.name().to_owned(),
            term: message.message.term.0,
            sent_at_micros: message.sent_at.0,
            arrives_at_micros: message.arrives_at.0,
        }
    }
}

impl From<&raft_sim::Client> for ClientView {
    fn from(client: &raft_sim::Client) -> Self {
        let pending = client.pending();
        Self {
            id: client.id().0,
            pending: pending.map(|pending| pending.operation.to_string()),
            target: pending.map(|pending| pending.target.0),
            attempts: pending.map_or(0, |pending| pending.attempts),
            queued: client.queued(),
        }
    }
}

impl From<&InvariantLine> for InvariantView {
    fn from(line: &InvariantLine) -> Self {
        let (suspended, broken) = match &line.state {
            InvariantState::Holding => (None, None),
            InvariantState::Suspended { words } => (Some(words.clone()), None),
            InvariantState::Broken { event_number, at, description } => {
                (None, Some((*event_number, at.0, description.clone())))
            }
        };
        Self {
            name: line.name,
            section: line.section,
            meaning: line.meaning,
            holding: line.state == InvariantState::Holding,
            suspended,
            event_number: broken.as_ref().map(|(number, ..)| *number),
            at_micros: broken.as_ref().map(|(_, at, _)| *at),
            description: broken.map(|(.., description)| description),
        }
    }
}

impl From<&Event> for EventView {
    fn from(event: &Event) -> Self {
        Self {
            number: event.number,
            at_micros: event.at.0,
            kind: event.kind.name(),
            node: event.kind.node().map(|node| node.0),
            words: event.kind.to_string(),
        }
    }
}

impl From<&ClientAnswer> for AnswerView {
    fn from(answer: &ClientAnswer) -> Self {
        let response = answer.answer.as_ref().map(|(response, _)| response);
        let mut view = Self {
            ok: answer.is_ok(),
            words: answer.to_string(),
            client: answer.client.0,
            kind: "gave_up",
            value: None,
            existed: None,
            length: None,
            entries: None,
            node: answer.answer.as_ref().map(|(_, node)| node.0),
            attempts: answer.attempts,
            redirects: answer.failed_attempts.iter().filter_map(redirect).collect(),
            timeouts: answer
                .failed_attempts
                .iter()
                .filter(|failed| matches!(failed, FailedAttempt::TimedOut(_)))
                .count(),
            took_micros: (answer.ended_at - answer.invoked_at).as_micros() as u64,
            read: answer.read.to_string(),
            may_be_stale: answer.read.may_be_stale(),
        };
        if let Some(response) = response {
            view.take(response);
        }
        view
    }
}

impl AnswerView {
    fn take(&mut self, response: &Response) {
        self.kind = match response {
            Response::Done => "done",
            Response::Value(value) => {
                self.value = value.as_ref().map(Value::to_string);
                "value"
            }
            Response::Deleted { existed } => {
                self.existed = Some(*existed);
                "deleted"
            }
            Response::Swapped => "swapped",
            Response::NotSwapped { current } => {
                self.value = current.as_ref().map(Value::to_string);
                "not_swapped"
            }
            Response::Appended { length } => {
                self.length = Some(*length);
                "appended"
            }
            Response::List { entries, .. } => {
                let pairs = entries.iter().map(|(key, value)| text_of_pair((key, value)));
                self.entries = Some(pairs.collect());
                "list"
            }
            Response::Failed(_) => "failed",
        };
    }
}

fn redirect(failed: &FailedAttempt) -> Option<RedirectView> {
    let FailedAttempt::Redirected { from, to } = failed else { return None };
    Some(RedirectView { from: from.0, to: to.map(|node| node.0) })
}

#[cfg(test)]
mod tests;
