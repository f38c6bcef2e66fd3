//! Why the log of a node lacks what its leader has.

use raft_core::{Bare, Body, LogIndex, NodeId, PeerStatus, ProgressKind};
use raft_sim::{
    Event, EventKind, LinkChange, MessageEvent, NetworkEvent, NodeState, ProcessEvent, SimNode,
    Words, words,
};

use super::leader::stopped;
use crate::chain::Chains;
use crate::evidence::Evidence;
use crate::explanation::{Explanation, Finding};
use crate::facts::{At, Named, Span, Took, carries, message};
use crate::missing::lacking;
use crate::question::Unanswerable;

/// A follower, as its leader sees it.
#[derive(Clone, Copy)]
struct Follower {
    node: NodeId,
    leader: NodeId,
    peer: PeerStatus,
    /// The end of the leader's log.
    last: LogIndex,
}

impl Follower {
    /// The first entry that the leader does not know to be on its disk.
    fn first_missing(&self) -> LogIndex {
        self.peer.match_index.next()
    }
}

/// Why the log of a node lacks what its leader has.
pub(super) fn not(run: &Evidence<'_>, node: NodeId) -> Result<Explanation, Unanswerable> {
    let Some(sim) = run.world.node(node) else { return Err(Unanswerable::NoSuchNode(node)) };
    let Some(leader) = run.world.leader() else {
        return super::leader::none(run);
    };
    let core = run.world.node(leader).and_then(SimNode::core);
    let Some(core) = core else { return Err(Unanswerable::NoSuchNode(leader)) };
    let status = core.status();
    let Some(peer) = status.peers.iter().find(|peer| peer.id == node).copied() else {
        let fact = match node == leader {
            true => words!("Node ", Bare(node), " leads: its own log is the one that counts."),
            false => words!("Node ", Bare(node), " is not a member, so nobody sends it entries."),
        };
        return Ok(Explanation::of(Finding::new(fact)));
    };
    let follower = Follower { node, leader, peer, last: core.log().last().index };
    if peer.match_index >= follower.last {
        let fact = words!(
            "Node ",
            Bare(node),
            " is up to date: match_index is ",
            Bare(peer.match_index),
            ", the end of the leader's log."
        );
        return Ok(Explanation::of(Finding::new(fact)));
    }
    let finding = match sim.state() {
        NodeState::Crashed | NodeState::Refused => is_down(run, follower),
        NodeState::Paused => is_paused(run, follower),
        NodeState::Running => match peer.state {
            ProgressKind::Snapshot { received, total } => {
                gets_snapshot(run, follower, received, total)
            }
            ProgressKind::Probe | ProgressKind::Replicate => lags(run, follower, sim),
        },
    };
    Ok(Explanation::of(finding))
}

/// `match_index is 1, the leader's log ends at 4`
fn numbers(follower: Follower) -> Words {
    words!(
        "match_index is ",
        Bare(follower.peer.match_index),
        ", and the leader's log ends at ",
        Bare(follower.last)
    )
}

fn is_down(run: &Evidence<'_>, follower: Follower) -> Finding {
    let node = follower.node;
    Finding::new(words!("Node ", Bare(node), " is down: ", numbers(follower)))
        .section("§5.3")
        .because_all(stopped(run, node))
        .needs(words!("`restart {node}`. The leader sends again, for as long as it leads."))
}

fn is_paused(run: &Evidence<'_>, follower: Follower) -> Finding {
    let node = follower.node;
    let arrived = arrival(run, follower, follower.first_missing());
    let waiting = match arrived {
        Some((event, message)) => {
            words!(Named(message), " reached it at ", At(event), " and waits there unhandled. ")
        }
        None => Words::default(),
    };
    Finding::new(words!("Node ", Bare(node), " is paused. ", waiting, numbers(follower)))
        .section("§5.3")
        .because_all(stopped(run, node))
        .needs(words!(
            "`resume {node}`. It then handles what waits, in order, and nothing has to be sent \
             again."
        ))
}

/// When the message with an entry was due at a follower.
fn arrival<'a>(
    run: &Evidence<'a>,
    follower: Follower,
    index: LogIndex,
) -> Option<(raft_core::Instant, &'a raft_core::Message)> {
    let sent = run.last(|event| {
        message(event, follower.leader, follower.node).is_some_and(|(message, what)| {
            matches!(what, MessageEvent::Sent { .. }) && carries(message, index)
        })
    })?;
    match &sent.kind {
        EventKind::Message { message, event: MessageEvent::Sent { arrives_at }, .. } => {
            Some((*arrives_at, message))
        }
        _ => None,
    }
}

fn gets_snapshot(run: &Evidence<'_>, follower: Follower, received: u64, total: u64) -> Finding {
    let Follower { node, leader, .. } = follower;
    let through = run
        .world
        .node(leader)
        .and_then(SimNode::core)
        .map_or(LogIndex(0), |core| core.status().snapshot.index);
    let holds = run
        .world
        .node(node)
        .and_then(SimNode::core)
        .map_or(0, |core| core.memory_usage().incoming_snapshot_bytes as u64);
    let sent = run.last(|event| {
        matches!(crate::facts::decision(event, leader), Some(raft_core::Trace::Snapshot(
            raft_core::SnapshotTrace::Sent { peer, .. }
        )) if *peer == node)
    });
    let made = run.last(|event| {
        matches!(
            crate::facts::decision(event, leader),
            Some(raft_core::Trace::Snapshot(raft_core::SnapshotTrace::Compacted { .. }))
        )
    });
    let last_piece = run
        .world
        .in_flight()
        .filter(|message| {
            message.from == leader
                && message.to == node
                && matches!(message.message.body, Body::InstallSnapshot(_))
        })
        .map(|message| message.arrives_at)
        .max();
    let mut finding = Finding::new(words!(
        "Its snapshot is still under way. The leader has dropped the entries through ",
        Bare(through),
        ", which its snapshot covers. Of the snapshot's {total} bytes {holds} have \
         arrived, and the leader knows of {received}"
    ))
    .section("§7");
    for event in [sent, made].into_iter().flatten() {
        finding =
            finding.because_all(Chains::new(*run).from(event, Words::of(&event.kind)).finish());
    }
    if let Some(slow) = slow_link(run, leader, node) {
        finding = finding.because_all(Chains::new(*run).from(slow, Words::of(&slow.kind)).finish());
    }
    match last_piece {
        Some(at) => finding.needs(words!(
            "the last bytes under way, due at ",
            At(at),
            ", must be stored; then the entries \
             after ",
            Bare(through),
            " follow."
        )),
        None => finding.needs("the rest of the snapshot must be sent and stored.".into()),
    }
}

fn slow_link<'a>(run: &Evidence<'a>, from: NodeId, to: NodeId) -> Option<&'a Event> {
    run.last(|event| match &event.kind {
        EventKind::Network(NetworkEvent::LinkChanged { from: f, to: t, change }) => {
            (*f, *t) == (from, to)
                && matches!(
                    change,
                    LinkChange::Latency(_) | LinkChange::Bandwidth(Some(_)) | LinkChange::Clog(_)
                )
        }
        _ => false,
    })
}

/// It is up, and gets entries.
fn lags(run: &Evidence<'_>, follower: Follower, sim: &SimNode) -> Finding {
    let Follower { node, leader, peer, last } = follower;
    let first = follower.first_missing();
    let handling = sim.handling();
    if !handling.is_zero() && !sim.handles_at_once(run.world.setup()) {
        return is_slow(run, follower, sim);
    }
    let window = run.world.node(leader).map_or(0, |node| node.settings().max_in_flight);
    if peer.in_flight >= window && peer.next_index <= last {
        let sent = Span(first, LogIndex(peer.next_index.0 - 1));
        let finding = Finding::new(words!(
            "The window to ",
            node,
            " is full: the messages with ",
            sent,
            " are unanswered, and \
             at most {window} may be. So ",
            peer.next_index,
            " has not been sent: next_index is ",
            Bare(peer.next_index),
            ", ",
            numbers(follower)
        ))
        .section("pipelining, dissertation §10.2.2");
        let chains = match slow_link(run, leader, node) {
            Some(slow) => Chains::new(*run).from(slow, Words::of(&slow.kind)).finish(),
            None => Vec::new(),
        };
        let due = arrival(run, follower, first);
        let finding = finding.because_all(chains);
        return match due {
            Some((at, _)) => finding.needs(words!(
                "an acknowledgement of ",
                first,
                ", which arrives at ",
                node,
                " at ",
                At(at),
                "."
            )),
            None => finding.needs("an acknowledgement.".into()),
        };
    }
    let end = run.record.iter().next_back();
    let lost = end.map(|end| lacking(run, node, first, end)).unwrap_or_default();
    if !lost.is_empty() {
        return Finding::new(words!(
            "Node ",
            Bare(node),
            " did not get ",
            first,
            ": ",
            numbers(follower)
        ))
        .section("§5.3")
        .because_all(lost)
        .needs(
            "a message with it that arrives: the leader sends again after the next answer.".into(),
        );
    }
    let said = match arrival(run, follower, first) {
        Some((at, _)) if at > run.now() => {
            words!(Span(first, last), " is under way to ", node, " and arrives at ", At(at), ". ")
        }
        Some((at, _)) => words!(
            Span(first, last),
            " reached ",
            node,
            " at ",
            At(at),
            ", and its acknowledgement has \
             not come yet. "
        ),
        None => Words::default(),
    };
    Finding::new(words!(said, numbers(follower))).section("§5.3").needs("only time.".into())
}

fn is_slow(run: &Evidence<'_>, follower: Follower, sim: &SimNode) -> Finding {
    let Follower { node, last, .. } = follower;
    let first = follower.first_missing();
    let slowed = run.last(|event| {
        matches!(&event.kind, EventKind::Process { node: of, event: ProcessEvent::Slowed { .. } }
            if *of == node)
    });
    let arrived = arrival(run, follower, last);
    let when = match arrived {
        Some((at, _)) if at <= run.now() => {
            words!(Span(first, last), " reached it, the last at ", At(at), ", but ")
        }
        _ => Words::default(),
    };
    let waiting = sim.inbox_len();
    let finding = Finding::new(words!(
        "Node ",
        Bare(node),
        " is slow. ",
        when,
        "everything that it handles takes ",
        Took(sim.handling()),
        ", and {waiting} things wait their turn. ",
        numbers(follower)
    ))
    .section("§5.3");
    let chains = slowed
        .map(|slowed| Chains::new(*run).from(slowed, Words::of(&slowed.kind)).finish())
        .unwrap_or_default();
    finding.because_all(chains).needs(words!("only time, or `slow {node} by=0s`."))
}
