//! The recovery phase: a quorum recovers and has to make progress.

use std::time::Duration;

use raft_check::{complete, converged, settled};
use raft_core::{Membership, NodeId};
use raft_kv::{Operation, Response};
use raft_script::{ClientCondition, ClusterCondition, Condition, LeaderCondition, Statement};
use raft_sim::units::Span;
use raft_sim::{
    Action, AdminRequest, NetworkAction, NodeAction, NodeState, Random, ReadPolicy, Request,
    Selector, SimNode,
};

use super::{Checked, FRESH_CLIENT, Failure, SeedRun};
use crate::plan::{RECOVERY, pick};
use crate::recovery::{self, Recovery};

/// A hundred times the steps that most clusters need to make progress. A cluster that makes steps
/// without progress is stopped here, before the bound is reached.
const MAX_STEPS: u64 = 500_000;
/// The number of attempts to transfer leadership. A membership change from before the recovery may
/// have to be given up first, because its new server is down.
const TRANSFERS: u32 = 4;
/// The length of each attempt, in longest election timeouts.
const TRANSFER_TIMEOUTS: u32 = 8;

/// A question of the new client.
#[derive(Clone, Debug)]
struct Question {
    operation: Operation,
    read: ReadPolicy,
    via: Option<NodeId>,
}

impl SeedRun {
    /// A quorum recovers, answers a new client, agrees on every committed entry, elects a voter as
    /// its leader, answers reads of every kind, transfers leadership, also under load, and adds a
    /// server.
    pub(super) fn recovery_phase(&mut self) -> Checked {
        let mut random = Random::for_plan(self.drawn.setup.seed, RECOVERY);
        let avoided = self.disturb_before_recovery(&mut random)?;
        let seen = (&self.world, &self.checks);
        let chosen = recovery::choose(&mut random, seen, &self.targets, avoided);
        let Some(Recovery { nodes, bridge }) = chosen else { return Ok(()) };
        self.act_now(Action::Recover { nodes })?;
        let is_bridged = bridge.is_some();
        if let Some(groups) = bridge {
            self.act_now(NetworkAction::Partition { groups: groups.to_vec() }.into())?;
        }
        self.last_step = self.world.steps() + MAX_STEPS;
        let within = recovery::bound(&self.world);
        let write = Operation::Set { key: "progress".into(), value: "made".into() };
        let write = Question { operation: write, read: ReadPolicy::Log, via: None };
        self.answer(&write, &Response::Done, within)?;
        if is_bridged {
            self.act_now(NetworkAction::Heal.into())?;
        }
        self.expect(Condition::Cluster(ClusterCondition::Converged), within, |run| {
            converged(&run.world)
        })?;
        self.expect(Condition::Cluster(ClusterCondition::Complete), within, |run| {
            complete(&run.world, run.checks.ledger())
        })?;
        let memberships = recovery::memberships(&self.world, &self.checks, &self.targets);
        let mut voters: Vec<NodeId> =
            memberships.iter().flat_map(Membership::voters).copied().collect();
        voters.sort_unstable();
        voters.dedup();
        self.expect_leader(voters, within)?;
        let question = Operation::Get { key: "progress".into() };
        let made = Response::Value(Some("made".into()));
        let follower = self.successor(&mut random);
        for (read, via) in [
            (ReadPolicy::Log, None),
            (ReadPolicy::Quorum, None),
            (ReadPolicy::Lease, None),
            (ReadPolicy::Quorum, follower),
            (ReadPolicy::Lease, follower),
        ] {
            let question = Question { operation: question.clone(), read, via };
            self.answer(&question, &made, within)?;
        }
        self.transfer_leadership(&mut random, within)?;
        self.expect(Condition::Cluster(ClusterCondition::Settled), within, |run| {
            settled(&run.world)
        })?;
        self.transfer_under_load(&mut random)?;
        self.add_voter(&mut random, within)
    }

    /// Just before the recovery, leadership is transferred to one node, or it starts an election.
    /// That node recovers only if the others are no quorum.
    fn disturb_before_recovery(&mut self, random: &mut Random) -> Result<Option<NodeId>, Failure> {
        let nodes: Vec<NodeId> = self.world.node_ids().collect();
        let avoided = pick(random, &nodes);
        let action = match random.up_to(3) {
            0 | 1 => {
                let Some(node) = self.world.leader() else { return Ok(None) };
                AdminRequest::TransferLeadership { to: avoided }.on(node)
            }
            2 => NodeAction::ForceElection.on(avoided),
            _ => return Ok(None),
        };
        self.act_now(action)?;
        let way = self.drawn.setup.link_latency.max * pick(random, &[0, 1, 2, 4]);
        self.pass(self.world.now() + way)?;
        Ok(Some(avoided))
    }

    /// Applies an action after every step that is due.
    fn act_now(&mut self, action: Action) -> Checked {
        self.pass(self.world.now())?;
        self.act(action)
    }

    /// A new client gets this response. If its patience is over before the bound is, it asks again.
    fn answer(&mut self, question: &Question, expected: &Response, within: Duration) -> Checked {
        let words = expected.to_string();
        let answered = Condition::Client(ClientCondition::Answer { client: FRESH_CLIENT, words });
        let deadline = self.world.now() + within;
        loop {
            let Question { operation, read, via } = question.clone();
            self.fresh_answer = None;
            let via = via.map(Selector::Node);
            self.act_now(Request { client: FRESH_CLIENT, operation, via, read }.into())?;
            let left = deadline - self.world.now();
            self.expect(answered.clone(), left, |run| {
                match run.world.client(FRESH_CLIENT).is_none_or(|c| c.pending().is_some()) {
                    true => Err("a new client waits for its answer".to_owned()),
                    false => Ok(()),
                }
            })?;
            if self.fresh_answer.as_ref() == Some(expected) {
                return Ok(());
            }
            // The script waits for the last answer only.
            self.journal.pop();
        }
    }

    fn expect_leader(&mut self, nodes: Vec<NodeId>, within: Duration) -> Checked {
        self.expect(Condition::Leader(LeaderCondition::Leader(nodes.clone())), within, |run| {
            match run.world.leader() {
                Some(leader) if nodes.contains(&leader) => Ok(()),
                Some(leader) => Err(format!("node {leader} leads")),
                None => Err("no node leads".to_owned()),
            }
        })
    }

    /// The leader transfers its leadership to a voter when it is asked to. That is not demanded
    /// during a change of the membership, nor while a removed server runs, which may disturb any
    /// election (§6).
    fn transfer_leadership(&mut self, random: &mut Random, within: Duration) -> Checked {
        let Some(to) = self.successor(random) else { return Ok(()) };
        self.transfer_to(to, within)
    }

    pub(super) fn transfer_to(&mut self, to: NodeId, within: Duration) -> Checked {
        let pause = self.drawn.setup.settings.election_timeout_max * TRANSFER_TIMEOUTS;
        for _ in 1..TRANSFERS {
            let end = self.world.now() + pause;
            self.request_transfer(to)?;
            while self.world.leader() != Some(to) {
                if self.world.next_step_at().is_none_or(|next| next > end) {
                    self.world.advance_clock(end);
                    break;
                }
                self.step()?;
            }
            if self.world.leader() == Some(to) {
                break;
            }
        }
        if self.world.leader() != Some(to) {
            self.request_transfer(to)?;
        }
        self.expect_leader(vec![to], within)
    }

    fn request_transfer(&mut self, to: NodeId) -> Checked {
        self.pass(self.world.now())?;
        match self.world.leader() {
            Some(node) if node != to => self.act(AdminRequest::TransferLeadership { to }.on(node)),
            _ => Ok(()),
        }
    }

    /// A voter that runs and does not lead. `None` during a change of the membership, and while a
    /// server runs that is no member.
    pub(super) fn successor(&self, random: &mut Random) -> Option<NodeId> {
        let leader = self.world.leader()?;
        let membership: &Membership = self.world.node(leader)?.core()?.membership();
        let running = self.world.nodes().filter(|node| node.state() == NodeState::Running);
        let running: Vec<NodeId> = running.map(SimNode::id).collect();
        let votes = |node: &NodeId| membership.voters().contains(node);
        let changes = self.targets.iter().any(|(node, _)| *node == leader);
        if changes
            || membership.is_joint()
            || !running.iter().all(|node| membership.contains(*node))
        {
            return None;
        }
        let others: Vec<NodeId> =
            running.into_iter().filter(|node| *node != leader && votes(node)).collect();
        (!others.is_empty()).then(|| pick(random, &others))
    }

    /// Lets time pass until the condition holds, like `expect` in a script.
    pub(super) fn expect(
        &mut self,
        condition: Condition,
        within: Duration,
        holds: impl Fn(&Self) -> Result<(), String>,
    ) -> Checked {
        let awaited = condition.to_string();
        let began = self.world.now();
        self.journal.push(Statement::Expect { condition, within: Some(within) });
        self.progress_asked = true;
        self.ends_waiting = true;
        let mut deadline = began + within;
        loop {
            let Err(found) = holds(self) else { return Ok(()) };
            match self.world.next_step_at() {
                Some(next) if next <= deadline => self.step()?,
                _ => {
                    self.world.advance_clock(deadline);
                    let waited = Span(deadline - began);
                    let description = format!("waited {waited} for {awaited}, found: {found}");
                    return Err(Failure::no_progress(description, &self.world));
                }
            }
            if self.world.steps() > self.last_step {
                // The script waits exactly as long, so that it ends in the same state.
                self.last_step = u64::MAX;
                deadline = deadline.min(self.world.now());
                if let Some(Statement::Expect { within, .. }) = self.journal.last_mut() {
                    *within = Some(deadline - began);
                }
            }
        }
    }
}
