//! Who makes the trouble: looks at the world, and decides what goes wrong next.
//!
//! Each kind of trouble is a source with its own stream and its own times. What breaks is repaired
//! after a drawn while, so that the cluster never lies dead for long.

mod ambush;
mod clients;
mod cluster;
mod disks;
mod network;
mod process;

use std::time::Duration;

use raft_core::{Instant, NodeId, RoleKind};
use raft_sim::{Action, NodeState, Random, SimNode, World};

use crate::fault::Fault;
use crate::plan::{CLIENTS, FIRST_FAULT, Scene, pick, whole_millis};

use self::ambush::Ambush;
use self::clients::Clients;

/// What is to be done: now, and as a repair later.
#[derive(Debug, Default)]
struct Deeds {
    now: Vec<Action>,
    later: Vec<(Duration, Action)>,
}

/// One kind of trouble.
#[derive(Clone, Debug)]
struct Source {
    fault: Fault,
    random: Random,
    spacing: Duration,
    next_at: Instant,
}

/// All trouble of a run.
#[derive(Clone, Debug)]
pub(crate) struct Adversary {
    sources: Vec<Source>,
    /// What was broken and when it is repaired, in the order in which it was broken.
    repairs: Vec<(Instant, Action)>,
    clients: Clients,
    ambush: Option<Ambush>,
    /// The longest election timeout: how long faults last is counted in it.
    timeout: Duration,
}

impl Adversary {
    pub(crate) fn new(scene: &Scene) -> Self {
        let seed = scene.setup.seed;
        let source = |fault: Fault| {
            let spacing = scene.faults.spacing(fault)?;
            let mut random = Random::for_plan(seed, FIRST_FAULT + fault as u64);
            let next_at = Instant(0) + interval(&mut random, spacing);
            Some(Source { fault, random, spacing, next_at })
        };
        let timed = Fault::ALL.into_iter().filter(|fault| *fault != Fault::Ambush);
        let ambush = source(Fault::Ambush);
        Self {
            sources: timed.filter_map(source).collect(),
            ambush: ambush.map(|source| Ambush::new(source.random, source.spacing)),
            repairs: Vec::new(),
            clients: Clients::new(Random::for_plan(seed, CLIENTS), scene.workload.clone()),
            timeout: scene.setup.election_timeout_max,
        }
    }

    /// When it does something next.
    pub(crate) fn next_at(&self) -> Instant {
        let faults = self.sources.iter().map(|source| source.next_at);
        let repairs = self.repairs.iter().map(|(at, _)| *at);
        let trap = self.ambush.as_ref().and_then(Ambush::next_at);
        faults.chain(repairs).chain(trap).chain([self.clients.next_at()]).min().unwrap_or_default()
    }

    /// Looks for the right moment in what just happened. True if it has something to do sooner than
    /// it said.
    pub(crate) fn hear(&mut self, world: &World) -> bool {
        self.ambush.as_mut().is_some_and(|ambush| ambush.hear(world))
    }

    /// What it does now. Some of that may not be possible.
    pub(crate) fn act(&mut self, world: &World) -> Vec<Action> {
        let now = world.now();
        if let Some(due) = self.repairs.iter().position(|(at, _)| *at <= now) {
            return vec![self.repairs.remove(due).1];
        }
        if let Some(source) = self.sources.iter_mut().find(|source| source.next_at <= now) {
            source.next_at = now + interval(&mut source.random, source.spacing);
            let look = Look { world, timeout: self.timeout };
            let deeds = source.strike(&look, &mut self.clients);
            return self.begin(deeds, now);
        }
        if let Some(ambush) =
            self.ambush.as_mut().filter(|a| a.next_at().is_some_and(|at| at <= now))
        {
            let deeds = ambush.spring(&Look { world, timeout: self.timeout });
            return self.begin(deeds, now);
        }
        self.clients.act(world)
    }

    fn begin(&mut self, deeds: Deeds, now: Instant) -> Vec<Action> {
        self.repairs.extend(deeds.later.into_iter().map(|(after, action)| (now + after, action)));
        deeds.now
    }
}

impl Source {
    fn strike(&mut self, look: &Look<'_>, clients: &mut Clients) -> Deeds {
        let random = &mut self.random;
        match self.fault {
            Fault::Crash => look.crash(random),
            Fault::Pause => look.pause(random),
            Fault::Partition => look.partition(random),
            Fault::Link => look.link(random),
            Fault::Disk => look.disk(random),
            Fault::Election => look.election(random),
            Fault::Transfer => look.transfer(random),
            Fault::Membership => look.membership(random),
            Fault::Snapshot => look.snapshot(random),
            Fault::Message => look.message(random),
            Fault::Storm => Deeds::now(clients.storm(random, look.world)),
            Fault::Strand => look.strand(random),
            Fault::DiskFailure => look.disk_failure(random),
            Fault::DiskDamage => look.disk_damage(random),
            Fault::Replay => look.replay(random),
            Fault::Clock => look.clock(random),
            Fault::Slow => look.slow(random),
            Fault::Comeback => look.comeback(random),
            Fault::Unaware => look.unaware(random),
            // Has no times of its own.
            Fault::Ambush => Deeds::default(),
        }
    }
}

/// The world in the adversary's eyes.
struct Look<'a> {
    world: &'a World,
    timeout: Duration,
}

impl Look<'_> {
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
    fn while_broken(&self, random: &mut Random) -> Duration {
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

impl Deeds {
    fn now(actions: Vec<Action>) -> Self {
        Self { now: actions, later: Vec::new() }
    }

    fn one(action: Action) -> Self {
        Self::now(vec![action])
    }

    /// One thing after the other.
    fn story(
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
    fn deeds(faults: Faults, seed: u64) -> (usize, usize) {
        let plan = Plan::new(Profile::Lan, seed).scene();
        let mut run = SeedRun::of(Scene { faults, chaos: MINUTE, ..plan });
        run.play();
        let done = run.world().journal().filter(|entry| entry.at < Instant(0) + MINUTE);
        let is_request = |action: &Action| matches!(action, Action::Request { .. });
        let (requests, others): (Vec<_>, Vec<_>) =
            done.partition(|entry| is_request(&entry.action));
        (requests.len(), others.len())
    }

    #[test]
    fn each_kind_strikes_whatever_others_there_are() {
        let mut faults = Faults::default();
        let (calm, none) = deeds(faults.clone(), 1);
        assert_eq!(none, 0);
        for fault in Fault::ALL {
            let mut alone = Faults::default();
            alone.set(fault, Some(Duration::from_secs(1)));
            let (requests, others) = deeds(alone, 1);
            let strikes = if fault == Fault::Storm { requests > 2 * calm } else { others > 1 };
            assert!(strikes, "{fault:?}: {requests} requests, {others} others");
        }
        // An ambush has no times of its own, and is told apart from the others.
        Fault::ALL.into_iter().for_each(|fault| faults.set(fault, Some(Duration::from_secs(1))));
        let mut scene = Plan::new(Profile::Lan, 1).scene();
        scene.faults = faults;
        let adversary = Adversary::new(&scene);
        assert!(adversary.ambush.is_some());
        assert_eq!(adversary.sources.len(), Fault::ALL.len() - 1);
    }
}
