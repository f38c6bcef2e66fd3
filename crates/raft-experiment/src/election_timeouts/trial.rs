//! One trial of the Raft paper's Figure 16: a leader crashes at a bad moment, and the time until
//! there is a new leader is measured.
//!
//! The set-up is the worst case of §9.3 (extended version). Some of the other servers have shorter
//! logs and cannot win. One broadcast of heartbeats starts all election timers. The leader
//! crashes at a moment drawn uniformly from the heartbeat interval after the broadcast; that
//! interval is half of the shortest election timeout. As in the paper, there is no pre-vote, no
//! check-quorum and no lease. A trial measures "the time to detect a crashed leader and replace
//! it".

use std::time::Duration;

use raft_core::{Body, ElectionTrace, Instant, Message, NodeId, RequestVoteReply, Trace};
use raft_sim::{
    Action, DelayRange, Event, EventKind, LinkChange, MessageEvent, MessageId, NetworkAction,
    NodeAction, Random, Unsynced, World,
};

use super::Conditions;
use crate::cluster::{NoStableLeader, TrialCluster};

/// The end of a trial.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TrialResult {
    /// A server was elected.
    Elected {
        /// The new leader.
        leader: NodeId,
        /// The time since the crash.
        after: Duration,
        /// Whether the leader's last heartbeats started the timer that began the election. If not,
        /// a split vote came before.
        without_split: bool,
    },
    /// No server was elected within [`CAP`].
    Capped,
}

/// The times of one election with a single candidate and without faults.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Broadcast {
    /// Until the candidate's own term and vote are durable and the first of its requests arrives.
    pub(crate) request: Duration,
    /// Until the replies of all others are back.
    pub(crate) all: Duration,
}

/// A trial ends after this virtual time without a leader.
pub(crate) const CAP: Duration = Duration::from_secs(60);

/// The most steps of the preparation. With a stable leader it takes some hundred.
const MOST_STEPS: u64 = 100_000;

/// A cluster whose leader has just sent heartbeats to all others.
pub(crate) struct Prepared {
    cluster: TrialCluster,
    leader: NodeId,
    heartbeats_at: Instant,
}

/// Runs the trial that a stream of random numbers decides. The result, and the number of steps.
///
/// # Errors
/// No leader keeps its office long enough for the preparation.
pub(crate) fn run(
    conditions: &Conditions,
    random: &mut Random,
) -> Result<(TrialResult, u64), NoStableLeader> {
    let Prepared { mut cluster, leader, heartbeats_at } = prepare(conditions, random.next())?;
    cluster.run_until(heartbeats_at + crash_offset(conditions, random), |_| {});
    let crashed_at = cluster.world.now();
    cluster.apply(NodeAction::Crash { unsynced: Unsynced::Lost }.on(leader));
    let mut restarts = Vec::new();
    while cluster.world.next_step_at().is_some_and(|next| next <= crashed_at + CAP) {
        cluster.step();
        restarts.extend(cluster.world.events().iter().filter_map(timer_restart));
        if let Some((leader, at)) = cluster.world.events().iter().find_map(election) {
            // Its own election is one restart.
            let without_split = restarts.iter().filter(|node| **node == leader).count() == 1;
            let elected = TrialResult::Elected { leader, after: at - crashed_at, without_split };
            return Ok((elected, cluster.world.steps()));
        }
    }
    Ok((TrialResult::Capped, cluster.world.steps()))
}

/// The server that started its election timer anew, for an election of its own or for a vote.
fn timer_restart(event: &Event) -> Option<NodeId> {
    let EventKind::Core { node, trace: Trace::Election(trace) } = &event.kind else { return None };
    let restarts =
        matches!(trace, ElectionTrace::Started { .. } | ElectionTrace::VoteGranted { .. });
    restarts.then_some(*node)
}

/// The time from the leader's heartbeats to its crash.
fn crash_offset(conditions: &Conditions, random: &mut Random) -> Duration {
    let interval = conditions.heartbeat_interval().as_micros() as u64;
    Duration::from_micros(random.up_to(interval.saturating_sub(1)))
}

fn election(event: &Event) -> Option<(NodeId, Instant)> {
    let EventKind::Core { node, trace } = &event.kind else { return None };
    let is_won = matches!(trace, Trace::Election(ElectionTrace::BecameLeader { .. }));
    is_won.then_some((*node, event.at))
}

/// Brings a new cluster to the moment at which its leader sends the heartbeats.
fn prepare(conditions: &Conditions, seed: u64) -> Result<Prepared, NoStableLeader> {
    let mut cluster = conditions.cluster(seed);
    // If all timeouts were equal, no server would win the first election.
    cluster.apply(NodeAction::ForceElection.on(NodeId(1)));
    while cluster.world.steps() < MOST_STEPS {
        cluster.apply(NetworkAction::Heal.into());
        let Some(leader) = await_followers(&mut cluster) else { continue };
        let others: Vec<NodeId> = cluster.world.node_ids().filter(|node| *node != leader).collect();
        let lacking: Vec<(NodeId, u32)> = others.into_iter().zip(conditions.lacks()).collect();
        if let Some(heartbeats_at) = shorten_logs(&mut cluster, leader, &lacking) {
            return Ok(Prepared { cluster, leader, heartbeats_at });
        }
    }
    Err(NoStableLeader)
}

/// Waits for a leader whose log is on all others.
fn await_followers(cluster: &mut TrialCluster) -> Option<NodeId> {
    while cluster.world.steps() < MOST_STEPS {
        cluster.step();
        let status = cluster.world.leader().and_then(|leader| cluster.status(leader));
        let Some(status) = status else { continue };
        if status.peers.iter().all(|peer| peer.match_index == status.last_log.index) {
            return Some(status.id);
        }
    }
    None
}

/// Makes the logs of survivors shorter, and waits for the leader's next heartbeats. The leader
/// appends entries, and each survivor gets all but the number that it is to lack. `None` if the
/// leader loses its office.
fn shorten_logs(
    cluster: &mut TrialCluster,
    leader: NodeId,
    lacking: &[(NodeId, u32)],
) -> Option<Instant> {
    // If the leader received their refusals, it would send them the missing entries.
    for (from, _) in lacking.iter().filter(|(_, lacks)| *lacks > 0) {
        cluster.apply(Action::Link { from: *from, to: leader, change: LinkChange::Cut });
    }
    let term = cluster.status(leader)?.current_term;
    let leads = |world: &World| {
        let mut running = world.nodes().filter_map(raft_sim::SimNode::core);
        running.all(|core| core.current_term() == term) && world.leader() == Some(leader)
    };
    let entries = lacking.iter().map(|(_, lacks)| *lacks).max().unwrap_or(0);
    for left in (1..=entries).rev() {
        let has_this = |(_, lacks): &&(NodeId, u32)| *lacks < left;
        let receivers: Vec<NodeId> =
            lacking.iter().filter(has_this).map(|(node, _)| *node).collect();
        let before = cluster.status(leader)?.last_log;
        // An entry that is never committed has no answer: each has a client of its own.
        let client = cluster.world.clients().len() as u64 + 1;
        cluster.write(client, 1);
        while leads(&cluster.world) && cluster.status(leader)?.last_log == before {
            cluster.step();
        }
        lose_entries(cluster, leader, &receivers);
        let holds = |cluster: &TrialCluster, node: &NodeId| {
            cluster.status(*node).is_some_and(|status| status.durable_index > before.index)
        };
        while leads(&cluster.world) && !receivers.iter().all(|node| holds(cluster, node)) {
            cluster.step();
        }
    }
    let heartbeats_at = cluster.status(leader)?.deadline;
    cluster.run_until(heartbeats_at, |_| {});
    leads(&cluster.world).then_some(heartbeats_at)
}

/// Drops the leader's entries that are in flight to all but these servers. Heartbeats pass.
fn lose_entries(cluster: &mut TrialCluster, leader: NodeId, receivers: &[NodeId]) {
    let carries_entries = |message: &Message| {
        matches!(&message.body, Body::AppendEntries(_)) && !message.body.is_heartbeat()
    };
    let in_flight = cluster.world.in_flight();
    let lost: Vec<MessageId> = in_flight
        .filter(|message| message.from == leader && !receivers.contains(&message.to))
        .filter(|message| carries_entries(&message.message))
        .map(|message| message.id)
        .collect();
    for id in lost {
        cluster.apply(NetworkAction::DropMessage { id }.into());
    }
}

/// Measures one election with a single candidate and without faults.
///
/// # Errors
/// The election takes longer than [`CAP`].
pub(crate) fn broadcast(conditions: &Conditions, seed: u64) -> Result<Broadcast, NoStableLeader> {
    let election_timeout = DelayRange { min: 2 * CAP, max: 2 * CAP };
    let mut cluster = Conditions { election_timeout, ..conditions.clone() }.cluster(seed);
    cluster.apply(NodeAction::ForceElection.on(NodeId(1)));
    let granted = Body::RequestVoteReply(RequestVoteReply { vote_granted: true });
    let (mut request, mut answers) = (None, 0);
    while cluster.step() && cluster.world.now() < Instant(0) + CAP {
        let after = cluster.world.now() - Instant(0);
        for event in cluster.world.events() {
            let EventKind::Message { message, event, .. } = &event.kind else { continue };
            if !matches!(event, MessageEvent::Delivered) {
                continue;
            }
            if matches!(message.body, Body::RequestVote(_)) {
                request.get_or_insert(after);
            }
            answers += u64::from(message.body == granted);
        }
        if let (Some(request), true) = (request, answers == conditions.nodes - 1) {
            return Ok(Broadcast { request, all: after });
        }
    }
    Err(NoStableLeader)
}

#[cfg(test)]
mod tests;
