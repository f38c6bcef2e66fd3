//! One trial of the Raft paper's Figure 16: crash a leader at a bad moment and time its replacement.
//!
//! The set-up is the worst case of §9.3 (extended version). Two of the four survivors have shorter
//! logs, so that they cannot win. One broadcast of heartbeats starts all election timers together.
//! The leader crashes at a moment drawn uniformly from the heartbeat interval after it, which is half
//! of the shortest election timeout. The rules are the paper's: no pre-vote, no check-quorum, no
//! leases. A trial ends when a server wins: that is "the time to detect a crashed leader and replace
//! it".

use std::time::Duration;

use raft_core::{Body, ElectionTrace, Instant, Message, NodeId, RequestVoteReply, Trace};
use raft_kv::{ClientId, Operation};
use raft_sim::{
    Action, DelayRange, Event, EventKind, LinkChange, MessageEvent, MessageId, NetworkAction,
    NodeAction, Random, ReadPolicy, Request, Unsynced, World,
};

use super::stage::{Conditions, SERVERS, Stage};

/// What became of a trial.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// A survivor was elected.
    Elected {
        /// Which.
        leader: NodeId,
        /// How long after the crash.
        after: Duration,
    },
    /// Nobody was elected within [`CAP`] after the crash.
    Capped,
}

/// How long one election without a rival takes, in a cluster that is whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Broadcast {
    /// Until the candidate's own term and vote are on its disk, and its requests leave.
    pub(crate) own_write: Duration,
    /// Until a majority's votes are durable and their answers are back.
    pub(crate) majority: Duration,
    /// Until the votes of all four others are durable and their answers are back.
    pub(crate) all: Duration,
}

/// No leader keeps its office long enough for a trial.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "no leader stays leader long enough for a trial: the network or the disks are too slow for these \
     election timeouts; choose shorter latencies"
)]
pub(crate) struct NoStableLeader;

/// A trial without an election within this time of virtual clock ends without one.
pub(crate) const CAP: Duration = Duration::from_secs(60);

/// How many steps the preparation may take. It takes some hundred if there is a stable leader.
const MOST_STEPS: u64 = 100_000;

/// A cluster whose leader has just sent heartbeats to everybody.
pub(crate) struct Prepared {
    stage: Stage,
    leader: NodeId,
    heartbeats_at: Instant,
}

/// Runs the trial with this number: the same seed and number, the same outcome.
///
/// # Errors
/// When no leader stays in office long enough to prepare it.
pub(crate) fn run(
    conditions: &Conditions,
    seed: u64,
    number: u64,
) -> Result<Outcome, NoStableLeader> {
    let mut random = Random::for_plan(seed, number);
    let Prepared { mut stage, leader, heartbeats_at } = prepare(conditions, random.next())?;
    stage.run_until(heartbeats_at + crash_offset(conditions, &mut random));
    let crashed_at = stage.world.now();
    stage.apply(NodeAction::Crash { unsynced: Unsynced::Lost }.on(leader));
    while stage.world.next_step().is_some_and(|next| next.at <= crashed_at + CAP) {
        stage.step();
        if let Some((leader, at)) = stage.world.events().iter().find_map(election) {
            return Ok(Outcome::Elected { leader, after: at - crashed_at });
        }
    }
    Ok(Outcome::Capped)
}

/// How long after its heartbeats the leader crashes.
fn crash_offset(conditions: &Conditions, random: &mut Random) -> Duration {
    let interval = conditions.heartbeat_interval().as_micros() as u64;
    Duration::from_micros(random.up_to(interval.saturating_sub(1)))
}

fn election(event: &Event) -> Option<(NodeId, Instant)> {
    match &event.kind {
        EventKind::Core { node, trace: Trace::Election(ElectionTrace::BecameLeader { .. }) } => {
            Some((*node, event.at))
        }
        _ => None,
    }
}

/// Brings a new cluster to the moment at which its leader sends the heartbeats.
fn prepare(conditions: &Conditions, seed: u64) -> Result<Prepared, NoStableLeader> {
    let mut stage = Stage::new(conditions, seed);
    // Without randomness in the timeouts nobody would ever win the first election.
    stage.apply(NodeAction::ForceElection.on(NodeId(1)));
    while stage.world.steps() < MOST_STEPS {
        stage.apply(NetworkAction::Heal.into());
        let Some(leader) = await_followers(&mut stage) else { continue };
        let others: Vec<NodeId> = stage.world.node_ids().filter(|node| *node != leader).collect();
        if let Some(heartbeats_at) = shorten_logs(&mut stage, leader, &others) {
            return Ok(Prepared { stage, leader, heartbeats_at });
        }
    }
    Err(NoStableLeader)
}

/// Waits for a leader whose log all others hold.
fn await_followers(stage: &mut Stage) -> Option<NodeId> {
    while stage.world.steps() < MOST_STEPS {
        stage.step();
        let status = stage.world.leader().and_then(|leader| stage.status(leader));
        let Some(status) = status else { continue };
        if status.peers.iter().all(|peer| peer.match_index == status.last_log.index) {
            return Some(status.id);
        }
    }
    None
}

/// Lets the leader append two entries, of which the first two survivors get both, the third one gets
/// the first and the last one none, and waits for the leader's next heartbeats. `None` if it loses its office before.
fn shorten_logs(stage: &mut Stage, leader: NodeId, survivors: &[NodeId]) -> Option<Instant> {
    let &[first, second, behind, last] = survivors else { return None };
    // What they refuse must not reach the leader, or it would bring them up to date.
    for from in [behind, last] {
        stage.apply(Action::Link { from, to: leader, change: LinkChange::Cut });
    }
    let term = stage.status(leader)?.current_term;
    let leads = |world: &World| {
        let mut running = world.nodes().filter_map(raft_sim::SimNode::core);
        running.all(|core| core.current_term() == term) && world.leader() == Some(leader)
    };
    for receivers in [&[first, second, behind][..], &[first, second]] {
        let before = stage.status(leader)?.last_log;
        request_entry(stage, leader);
        while leads(&stage.world) && stage.status(leader)?.last_log == before {
            stage.step();
        }
        lose_entries(stage, leader, receivers);
        let holds = |stage: &Stage, node: &NodeId| {
            stage.status(*node).is_some_and(|status| status.durable_index > before.index)
        };
        while leads(&stage.world) && !receivers.iter().all(|node| holds(stage, node)) {
            stage.step();
        }
    }
    let heartbeats_at = stage.status(leader)?.deadline;
    stage.run_until(heartbeats_at);
    leads(&stage.world).then_some(heartbeats_at)
}

/// A client, another one each time, asks the leader for an entry.
fn request_entry(stage: &mut Stage, leader: NodeId) {
    let client = ClientId(stage.world.clients().len() as u64 + 1);
    stage.apply(
        Request {
            client,
            operation: Operation::Set { key: "x".into(), value: "1".into() },
            via: Some(leader),
            read: ReadPolicy::Log,
        }
        .into(),
    );
}

/// Loses the leader's entries on their way to all but these servers; heartbeats pass.
fn lose_entries(stage: &mut Stage, leader: NodeId, receivers: &[NodeId]) {
    let carries_entries = |message: &Message| match &message.body {
        Body::AppendEntries(request) => !request.is_heartbeat(),
        _ => false,
    };
    let in_flight = stage.world.in_flight();
    let lost: Vec<MessageId> = in_flight
        .filter(|message| message.from == leader && !receivers.contains(&message.to))
        .filter(|message| carries_entries(&message.message))
        .map(|message| message.id)
        .collect();
    for id in lost {
        stage.apply(NetworkAction::DropMessage { id }.into());
    }
}

/// Times one election without a rival in a cluster that is whole.
///
/// # Errors
/// When it takes longer than [`CAP`].
pub(crate) fn broadcast(conditions: &Conditions, seed: u64) -> Result<Broadcast, NoStableLeader> {
    let election_timeout = DelayRange { min: 2 * CAP, max: 2 * CAP };
    let mut stage = Stage::new(&Conditions { election_timeout, ..conditions.clone() }, seed);
    stage.apply(NodeAction::ForceElection.on(NodeId(1)));
    let granted = Body::RequestVoteReply(RequestVoteReply { vote_granted: true });
    let (mut own_write, mut majority, mut answers) = (None, None, 0);
    while stage.step() && stage.world.now() < Instant(0) + CAP {
        let after = stage.world.now() - Instant(0);
        for event in stage.world.events() {
            match &event.kind {
                EventKind::Message { message, event, .. } => match event {
                    MessageEvent::Sent { .. } if matches!(message.body, Body::RequestVote(_)) => {
                        own_write = Some(after);
                    }
                    MessageEvent::Delivered if message.body == granted => answers += 1,
                    MessageEvent::Sent { .. }
                    | MessageEvent::Delivered
                    | MessageEvent::Dropped { .. }
                    | MessageEvent::Replayed { .. } => {}
                },
                EventKind::Core {
                    trace: Trace::Election(ElectionTrace::BecameLeader { .. }),
                    ..
                } => majority = Some(after),
                EventKind::Core { .. }
                | EventKind::StateMachine { .. }
                | EventKind::Disk { .. }
                | EventKind::Process { .. }
                | EventKind::Network(_)
                | EventKind::Client { .. }
                | EventKind::Cluster(_) => {}
            }
        }
        if let (Some(own_write), Some(majority), true) =
            (own_write, majority, answers == SERVERS - 1)
        {
            return Ok(Broadcast { own_write, majority, all: after });
        }
    }
    Err(NoStableLeader)
}

#[cfg(test)]
mod tests;
