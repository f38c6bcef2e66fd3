//! The nemesis looks at the world, and decides which fault is injected when and where.
//!
//! Each kind of fault has a schedule with its own random stream and its own times. A repair follows
//! each fault after a drawn time, so that the cluster is never down for long.

mod clients;
mod cluster;
mod disks;
mod network;
mod process;
mod stories;
mod triggered;

use std::time::Duration;

use raft_core::{Instant, NodeId, RoleKind};
use raft_sim::{Action, NodeState, Random, SimNode, World};

use crate::fault::Fault;
use crate::plan::{CLIENTS, DrawnPlan, FIRST_FAULT, pick, whole_millis};

use self::clients::Clients;
use self::triggered::Triggered;

/// The actions that make up one fault.
#[derive(Debug, Default)]
struct Injection {
    /// At once, in this order.
    now: Vec<Action>,
    /// Each so long after the injection: repairs, and the next parts of a sequence.
    later: Vec<(Duration, Action)>,
}

/// When one kind of fault is injected.
#[derive(Clone, Debug)]
struct FaultSchedule {
    fault: Fault,
    random: Random,
    /// The mean time between two injections.
    spacing: Duration,
    next_at: Instant,
}

/// All faults and all clients of a run.
#[derive(Clone, Debug)]
pub(crate) struct Nemesis {
    schedules: Vec<FaultSchedule>,
    /// Actions that are due later, in the order in which their faults were injected.
    later: Vec<(Instant, Action)>,
    clients: Clients,
    triggered: Option<Triggered>,
    /// The longest election timeout. Faults last for parts or multiples of it.
    timeout: Duration,
}

impl Nemesis {
    pub(crate) fn new(drawn: &DrawnPlan) -> Self {
        let seed = drawn.setup.seed;
        let schedule = |fault: Fault| {
            let spacing = drawn.faults.spacing(fault)?;
            let mut random = Random::for_plan(seed, FIRST_FAULT + fault as u64);
            let next_at = Instant(0) + interval(&mut random, spacing);
            Some(FaultSchedule { fault, random, spacing, next_at })
        };
        let timed = Fault::ALL.into_iter().filter(|fault| *fault != Fault::Triggered);
        let triggered = schedule(Fault::Triggered);
        Self {
            schedules: timed.filter_map(schedule).collect(),
            triggered: triggered.map(|schedule| Triggered::new(schedule.random, schedule.spacing)),
            later: Vec::new(),
            clients: Clients::new(Random::for_plan(seed, CLIENTS), drawn.workload.clone()),
            timeout: drawn.setup.settings.election_timeout_max,
        }
    }

    /// When [`Self::act`] has something to do.
    pub(crate) fn next_at(&self) -> Instant {
        let faults = self.schedules.iter().map(|schedule| schedule.next_at);
        let later = self.later.iter().map(|(at, _)| *at);
        let armed = self.triggered.as_ref().and_then(Triggered::next_at);
        faults.chain(later).chain(armed).chain([self.clients.next_at()]).min().unwrap_or_default()
    }

    /// Looks for a trigger in the events of the last step. True if [`Self::next_at`] may now be
    /// earlier.
    pub(crate) fn observe(&mut self, world: &World) -> bool {
        self.triggered.as_mut().is_some_and(|triggered| triggered.observe(world))
    }

    /// The actions that are due now. The world may refuse some of them.
    pub(crate) fn act(&mut self, world: &World) -> Vec<Action> {
        let now = world.now();
        if let Some(due) = self.later.iter().position(|(at, _)| *at <= now) {
            return vec![self.later.remove(due).1];
        }
        if let Some(schedule) = self.schedules.iter_mut().find(|schedule| schedule.next_at <= now) {
            schedule.next_at = now + interval(&mut schedule.random, schedule.spacing);
            let targets = Targets { world, timeout: self.timeout };
            let injection = schedule.inject(&targets, &mut self.clients);
            return self.begin(injection, now);
        }
        if let Some(triggered) =
            self.triggered.as_mut().filter(|t| t.next_at().is_some_and(|at| at <= now))
        {
            let injection = triggered.inject(&Targets { world, timeout: self.timeout });
            return self.begin(injection, now);
        }
        self.clients.act(world)
    }

    fn begin(&mut self, injection: Injection, now: Instant) -> Vec<Action> {
        self.later.extend(injection.later.into_iter().map(|(after, action)| (now + after, action)));
        injection.now
    }
}

impl FaultSchedule {
    fn inject(&mut self, targets: &Targets<'_>, clients: &mut Clients) -> Injection {
        let random = &mut self.random;
        match self.fault {
            Fault::Crash => targets.crash(random),
            Fault::Pause => targets.pause(random),
            Fault::Partition => targets.partition(random),
            Fault::Link => targets.link(random),
            Fault::SlowDisk => targets.slow_disk(random),
            Fault::Election => targets.election(random),
            Fault::Transfer => targets.transfer(random),
            Fault::Membership => targets.membership(random),
            Fault::Snapshot => targets.snapshot(random),
            Fault::MessageLoss => targets.message_loss(random),
            Fault::RequestBurst => Injection::now(clients.burst(random, targets.world)),
            Fault::IsolateUncommitted => targets.isolate_uncommitted(random),
            Fault::DiskFailure => targets.disk_failure(random),
            Fault::DiskDamage => targets.disk_damage(random),
            Fault::Replay => targets.replay(random),
            Fault::Clock => targets.clock(random),
            Fault::SlowNode => targets.slow_node(random),
            Fault::LoserReturns => targets.loser_returns(random),
            Fault::StaleMember => targets.stale_member(random),
            Fault::EditedList => targets.edited_list(random),
            Fault::ClocksTogether => targets.clocks_together(random),
            Fault::ForgetfulVoter => targets.forgetful_voter(random),
            Fault::LostAcknowledgements => targets.lost_acknowledgements(random),
            Fault::DeadNewcomer => targets.dead_newcomer(random),
            Fault::TransferWaits => targets.transfer_waits(random),
            Fault::LateAnswers => targets.late_answers(random),
            Fault::LateSuccessor => targets.late_successor(random),
            // An event triggers it, and not a time.
            Fault::Triggered => Injection::default(),
        }
    }
}

/// The nodes and links that a fault can pick from.
struct Targets<'a> {
    world: &'a World,
    timeout: Duration,
}

impl Targets<'_> {
    fn ids(&self) -> Vec<NodeId> {
        self.world.node_ids().collect()
    }

    /// The nodes for which `fits` holds.
    fn nodes(&self, fits: impl Fn(&SimNode) -> bool) -> Vec<NodeId> {
        self.world.nodes().filter(|node| fits(node)).map(SimNode::id).collect()
    }

    fn running(&self) -> Vec<NodeId> {
        self.nodes(|node| node.state() == NodeState::Running)
    }

    /// The nodes that run and have a write in progress.
    fn writing(&self) -> Vec<NodeId> {
        self.nodes(|node| node.core().is_some() && node.disk().pending().len() > 0)
    }

    /// A node that believes to lead with probability 1/2, else any.
    fn leader_or_any(&self, random: &mut Random) -> Option<NodeId> {
        let leading = if random.up_to(1) == 0 { self.nodes(leads) } else { Vec::new() };
        let ids = self.ids();
        any(random, &leading).or_else(|| any(random, &ids))
    }

    /// How long a fault lasts: 0.1 to 5.9 election timeouts, at least 1 ms.
    fn fault_duration(&self, random: &mut Random) -> Duration {
        let tenths = pick(random, &[1, 3, 8, 15, 30, 50]) + random.up_to(9) as u32;
        whole_millis(self.timeout * tenths / 10).max(Duration::from_millis(1))
    }
}

/// Whether a node believes to be the leader.
pub(crate) fn leads(node: &SimNode) -> bool {
    node.core().is_some_and(|core| core.role() == RoleKind::Leader)
}

/// Whether a node's log is longer than its `commit_index`.
pub(crate) fn is_ahead(node: &SimNode) -> bool {
    node.core().is_some_and(|core| core.log().last().index > core.commit_index())
}

/// One of the nodes; `None` if there are none.
fn any(random: &mut Random, nodes: &[NodeId]) -> Option<NodeId> {
    (!nodes.is_empty()).then(|| pick(random, nodes))
}

/// A duration from 0 to `whole`, in steps of 1 %.
fn part(random: &mut Random, whole: Duration) -> Duration {
    whole * random.up_to(100) as u32 / 100
}

/// The time to the next injection: from a quarter to seven quarters of the mean, at least 1 ms.
fn interval(random: &mut Random, mean: Duration) -> Duration {
    let mean = mean.as_micros() as u64;
    whole_millis(Duration::from_micros(mean / 4 + random.up_to(mean * 3 / 2)))
        .max(Duration::from_millis(1))
}

impl Injection {
    fn now(actions: Vec<Action>) -> Self {
        Self { now: actions, later: Vec::new() }
    }

    fn one(action: Action) -> Self {
        Self::now(vec![action])
    }

    /// Several faults, each at its own time. Times are rounded down to whole milliseconds.
    fn sequence(
        now: impl IntoIterator<Item = Action>,
        later: impl IntoIterator<Item = (Duration, Action)>,
    ) -> Self {
        let later = later.into_iter().map(|(after, action)| (whole_millis(after), action));
        Self { now: now.into_iter().collect(), later: later.collect() }
    }

    /// A fault now, and its repair later.
    fn for_a_while(fault: Action, lasts: Duration, repair: Action) -> Self {
        Self { now: vec![fault], later: vec![(lasts, repair)] }
    }
}

#[cfg(test)]
mod tests {
    use raft_script::{Order, Statement, When};

    use super::*;
    use crate::{Faults, Plan, Profile, SeedRun};

    const MINUTE: Duration = Duration::from_secs(60);

    /// The actions of one minute: how many are requests of clients, and how many are others.
    fn counts(faults: Faults, seed: u64) -> (usize, usize) {
        let plan = Plan::new(Profile::Lan, seed).draw();
        let mut run = SeedRun::of(DrawnPlan { faults, fault_phase: MINUTE, ..plan });
        run.play();
        let (mut requests, mut others) = (0, 0);
        for statement in run.journal() {
            if let Statement::At { moment: When::Absolute { time, .. }, statement } = statement
                && *time < Instant(0) + MINUTE
            {
                match matches!(**statement, Statement::Order(Order::Request(_))) {
                    true => requests += 1,
                    false => others += 1,
                }
            }
        }
        (requests, others)
    }

    #[test]
    fn each_kind_is_injected_alone() {
        let mut faults = Faults::default();
        let (calm, none) = counts(faults.clone(), 1);
        assert_eq!(none, 0);
        for fault in Fault::ALL {
            let mut alone = Faults::default();
            alone.set(fault, Some(Duration::from_secs(1)));
            let (requests, others) = counts(alone, 1);
            let is_injected =
                if fault == Fault::RequestBurst { requests > 2 * calm } else { others > 1 };
            assert!(is_injected, "{fault:?}: {requests} requests, {others} others");
        }
        // Triggered faults have no schedule.
        Fault::ALL.into_iter().for_each(|fault| faults.set(fault, Some(Duration::from_secs(1))));
        let mut drawn = Plan::new(Profile::Lan, 1).draw();
        drawn.faults = faults;
        let nemesis = Nemesis::new(&drawn);
        assert!(nemesis.triggered.is_some());
        assert_eq!(nemesis.schedules.len(), Fault::ALL.len() - 1);
    }
}
