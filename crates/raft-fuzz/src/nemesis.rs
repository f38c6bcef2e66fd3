//! Who makes the trouble: looks at the world, and decides what goes wrong next.
//!
//! Each kind of trouble is a schedule with its own stream and its own times. What breaks is repaired
//! after a drawn while, so that the cluster never lies dead for long.

mod clients;
mod cluster;
mod disks;
mod network;
mod process;
mod triggered;

use std::time::Duration;

use raft_core::{Instant, NodeId, RoleKind};
use raft_sim::{Action, NodeState, Random, SimNode, World};

use crate::fault::Fault;
use crate::plan::{CLIENTS, DrawnPlan, FIRST_FAULT, pick, whole_millis};

use self::clients::Clients;
use self::triggered::Triggered;

/// What is to be done: now, and as a repair later.
#[derive(Debug, Default)]
struct Injection {
    now: Vec<Action>,
    later: Vec<(Duration, Action)>,
}

/// One kind of trouble.
#[derive(Clone, Debug)]
struct FaultSchedule {
    fault: Fault,
    random: Random,
    spacing: Duration,
    next_at: Instant,
}

/// All trouble of a run.
#[derive(Clone, Debug)]
pub(crate) struct Nemesis {
    schedules: Vec<FaultSchedule>,
    /// What was broken and when it is repaired, in the order in which it was broken.
    repairs: Vec<(Instant, Action)>,
    clients: Clients,
    triggered: Option<Triggered>,
    /// The longest election timeout: how long faults last is counted in it.
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
            repairs: Vec::new(),
            clients: Clients::new(Random::for_plan(seed, CLIENTS), drawn.workload.clone()),
            timeout: drawn.setup.election_timeout_max,
        }
    }

    /// When it does something next.
    pub(crate) fn next_at(&self) -> Instant {
        let faults = self.schedules.iter().map(|schedule| schedule.next_at);
        let repairs = self.repairs.iter().map(|(at, _)| *at);
        let armed = self.triggered.as_ref().and_then(Triggered::next_at);
        faults.chain(repairs).chain(armed).chain([self.clients.next_at()]).min().unwrap_or_default()
    }

    /// Looks for the right moment in what just happened. True if it has something to do sooner than
    /// it said.
    pub(crate) fn hear(&mut self, world: &World) -> bool {
        self.triggered.as_mut().is_some_and(|triggered| triggered.hear(world))
    }

    /// What it does now. Some of that may not be possible.
    pub(crate) fn act(&mut self, world: &World) -> Vec<Action> {
        let now = world.now();
        if let Some(due) = self.repairs.iter().position(|(at, _)| *at <= now) {
            return vec![self.repairs.remove(due).1];
        }
        if let Some(schedule) = self.schedules.iter_mut().find(|schedule| schedule.next_at <= now) {
            schedule.next_at = now + interval(&mut schedule.random, schedule.spacing);
            let targets = Targets { world, timeout: self.timeout };
            let injection = schedule.inject(&targets, &mut self.clients);
            return self.begin(injection, now);
        }
        if let Some(triggered) =
            self.triggered.as_mut().filter(|a| a.next_at().is_some_and(|at| at <= now))
        {
            let injection = triggered.inject(&Targets { world, timeout: self.timeout });
            return self.begin(injection, now);
        }
        self.clients.act(world)
    }

    fn begin(&mut self, injection: Injection, now: Instant) -> Vec<Action> {
        self.repairs
            .extend(injection.later.into_iter().map(|(after, action)| (now + after, action)));
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
            Fault::Disk => targets.disk(random),
            Fault::Election => targets.election(random),
            Fault::Transfer => targets.transfer(random),
            Fault::Membership => targets.membership(random),
            Fault::Snapshot => targets.snapshot(random),
            Fault::Message => targets.message(random),
            Fault::RequestBurst => Injection::now(clients.burst(random, targets.world)),
            Fault::IsolateUncommitted => targets.isolate_uncommitted(random),
            Fault::DiskFailure => targets.disk_failure(random),
            Fault::DiskDamage => targets.disk_damage(random),
            Fault::Replay => targets.replay(random),
            Fault::Clock => targets.clock(random),
            Fault::Slow => targets.slow(random),
            Fault::LoserReturns => targets.loser_returns(random),
            Fault::StaleMember => targets.stale_member(random),
            // Has no times of its own.
            Fault::Triggered => Injection::default(),
        }
    }
}

/// The world in the nemesis's eyes.
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

    /// The nodes whose disks are at work.
    fn writing(&self) -> Vec<NodeId> {
        self.nodes(|node| node.core().is_some() && node.disk().pending().len() > 0)
    }

    /// The leader as often as all others together.
    fn leader_or_any(&self, random: &mut Random) -> Option<NodeId> {
        let leading = if random.up_to(1) == 0 { self.nodes(leads) } else { Vec::new() };
        let ids = self.ids();
        any(random, &leading).or_else(|| any(random, &ids))
    }

    /// How long something stays broken: a part of a timeout, or some of them.
    fn fault_duration(&self, random: &mut Random) -> Duration {
        let tenths = pick(random, &[1, 3, 8, 15, 30, 50]) + random.up_to(9) as u32;
        whole_millis(self.timeout * tenths / 10).max(Duration::from_millis(1))
    }
}

/// Whether a node believes to lead.
pub(crate) fn leads(node: &SimNode) -> bool {
    node.core().is_some_and(|core| core.role() == RoleKind::Leader)
}

/// Whether a node's log holds entries that it does not know to be committed.
pub(crate) fn is_ahead(node: &SimNode) -> bool {
    node.core().is_some_and(|core| core.log().last().index > core.commit_index())
}

/// One of them, if there is one.
fn any(random: &mut Random, nodes: &[NodeId]) -> Option<NodeId> {
    (!nodes.is_empty()).then(|| pick(random, nodes))
}

/// A part of a time: what takes that long may be over after it, or not.
fn part(random: &mut Random, whole: Duration) -> Duration {
    whole * random.up_to(100) as u32 / 100
}

/// A time until something happens again: from a quarter of the mean to seven quarters.
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

    /// One thing after the other.
    fn sequence(
        now: impl IntoIterator<Item = Action>,
        later: impl IntoIterator<Item = (Duration, Action)>,
    ) -> Self {
        let later = later.into_iter().map(|(after, action)| (whole_millis(after), action));
        Self { now: now.into_iter().collect(), later: later.collect() }
    }

    /// Breaks something now and repairs it later.
    fn for_a_while(breaks: Action, lasts: Duration, repairs: Action) -> Self {
        Self { now: vec![breaks], later: vec![(lasts, repairs)] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Faults, Plan, Profile, SeedRun};

    const MINUTE: Duration = Duration::from_secs(60);

    /// What is done to a world in a minute: how many requests of clients are made, and how much else.
    fn injection(faults: Faults, seed: u64) -> (usize, usize) {
        let plan = Plan::new(Profile::Lan, seed).draw();
        let mut run = SeedRun::of(DrawnPlan { faults, fault_phase: MINUTE, ..plan });
        run.play();
        let done = run.world().journal().filter(|entry| entry.at < Instant(0) + MINUTE);
        let is_request = |action: &Action| matches!(action, Action::Request(_));
        let (requests, others): (Vec<_>, Vec<_>) =
            done.partition(|entry| is_request(&entry.action));
        (requests.len(), others.len())
    }

    #[test]
    fn each_kind_strikes_whatever_others_there_are() {
        let mut faults = Faults::default();
        let (calm, none) = injection(faults.clone(), 1);
        assert_eq!(none, 0);
        for fault in Fault::ALL {
            let mut alone = Faults::default();
            alone.set(fault, Some(Duration::from_secs(1)));
            let (requests, others) = injection(alone, 1);
            let strikes =
                if fault == Fault::RequestBurst { requests > 2 * calm } else { others > 1 };
            assert!(strikes, "{fault:?}: {requests} requests, {others} others");
        }
        // An triggered has no times of its own, and is told apart from the others.
        Fault::ALL.into_iter().for_each(|fault| faults.set(fault, Some(Duration::from_secs(1))));
        let mut drawn = Plan::new(Profile::Lan, 1).draw();
        drawn.faults = faults;
        let nemesis = Nemesis::new(&drawn);
        assert!(nemesis.triggered.is_some());
        assert_eq!(nemesis.schedules.len(), Fault::ALL.len() - 1);
    }
}
