//! The decisions that a seed makes before the run begins: the set-up of the cluster, the faults and
//! how often each is injected, and the requests of clients.

use std::time::Duration;

use raft_core::{NodeId, Settings};
use raft_sim::{DelayRange, Driver, LatencyShape, Random, ReadPolicy, Setup, StatePlace};

use crate::fault::{Fault, Faults};
use crate::profile::Profile;

/// The input of a run. Equal plans have equal runs on every target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Which faults there are.
    pub profile: Profile,
    /// The seed of every random number of the run.
    pub seed: u64,
    /// The number of voters at the start, 1 to 9; `None`: the profile decides.
    pub nodes: Option<u64>,
    /// The rules that are switched off.
    #[cfg(feature = "bugs")]
    pub bugs: raft_sim::Switches,
}

/// A plan with everything drawn that needs no world.
#[derive(Clone, PartialEq, Debug)]
pub struct DrawnPlan {
    /// The initial world.
    pub setup: Setup,
    /// How often each kind of fault is injected.
    pub faults: Faults,
    /// The requests of clients.
    pub workload: Workload,
    /// The length of the fault phase, 5 s to 40 s; in quiet runs 45 longest election timeouts.
    pub fault_phase: Duration,
}

/// The requests of clients.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Workload {
    /// The mean time between two operations.
    pub spacing: Duration,
    /// The number of clients, 1 to 90. Each has one operation in progress at a time.
    pub clients: u64,
    /// The number of keys.
    pub keys: u64,
    /// The share of reads among the operations, in percent.
    pub reads_percent: u64,
    /// One of so many values has 100 bytes, and one of 50 of those is as large as `largest_value`;
    /// the others are a few letters. `None`: all are.
    pub large_values: Option<u64>,
    /// The length of the largest values, in bytes.
    pub largest_value: usize,
    /// The policies of reads, at least one. A repeated one is drawn more often.
    pub policies: Vec<ReadPolicy>,
}

/// The random streams of this file. Those of faults begin at [`FIRST_FAULT`].
const SETUP: u64 = 1;
const RULES: u64 = 2;
const SIZES: u64 = 3;
const STRENGTH: u64 = 4;
const WORKLOAD: u64 = 5;
const SHAPE: u64 = 6;
const BYTES: u64 = 7;
const DRIVER: u64 = 8;
const QUIET: u64 = 9;
const UNLIKE: u64 = 10;
const DISKS: u64 = 11;
/// The stream of the first kind of fault; the others follow.
pub(crate) const FIRST_FAULT: u64 = 100;
/// The stream of the clients' operations.
pub(crate) const CLIENTS: u64 = 50;
/// The stream of the recovery phase.
pub(crate) const RECOVERY: u64 = 51;

impl Plan {
    /// A plan with all rules on.
    pub fn new(profile: Profile, seed: u64) -> Self {
        Self {
            profile,
            seed,
            nodes: None,
            #[cfg(feature = "bugs")]
            bugs: raft_sim::Switches::NONE,
        }
    }

    /// Draws the cluster, the faults and the workload.
    pub fn draw(&self) -> DrawnPlan {
        let setup = self.setup();
        let longest = setup.settings.election_timeout_max;
        let faults = self.faults(longest);
        let mut workload = self.workload(longest);
        // In small pieces, a snapshot of large values would take the whole run.
        let is_in_small_pieces = smallest_piece(&setup) < 10_000;
        workload.largest_value = if is_in_small_pieces { 500 } else { 60_000 };
        let mut random = Random::for_plan(self.seed, STRENGTH);
        let timeouts = 15 + random.up_to(25) as u32;
        let fault_phase =
            (longest * timeouts).clamp(Duration::from_secs(5), Duration::from_secs(40));
        let (faults, fault_phase) = match self.is_long_and_quiet(&faults) {
            true => (faults.rarer_but(Fault::DeadNewcomer, 12), longest * 45),
            false => (faults, fault_phase),
        };
        DrawnPlan { setup, faults, workload, fault_phase: whole_millis(fault_phase) }
    }

    /// A third of the runs with dead newcomers: their leader has to lead for more than 20 election
    /// timeouts, and other faults would depose it.
    fn is_long_and_quiet(&self, faults: &Faults) -> bool {
        let mut random = Random::for_plan(self.seed, QUIET);
        self.profile == Profile::Swarm
            && faults.spacing(Fault::DeadNewcomer).is_some()
            && random.up_to(2) == 0
    }

    fn setup(&self) -> Setup {
        let mut random = Random::for_plan(self.seed, SETUP);
        let drawn = pick(&mut random, &[3, 5, 3, 5, 4, 5, 2, 7, 3, 5, 1, 3, 5, 6, 9, 5]);
        let is_drawn = matches!(self.profile, Profile::Hostile | Profile::Swarm);
        let nodes = self.nodes.unwrap_or(if is_drawn { drawn } else { 5 });
        let setup = Setup {
            nodes,
            seed: self.seed,
            #[cfg(feature = "bugs")]
            bugs: self.bugs,
            ..Setup::default()
        };
        match self.profile {
            Profile::Calm => setup,
            Profile::Lan => Setup {
                link_latency: DelayRange::millis(1, 3),
                disk_latency: DelayRange::millis(1, 4),
                ..setup
            },
            Profile::Wan => Setup {
                link_latency: DelayRange::millis(20, 120),
                link_shape: LatencyShape::Exponential,
                disk_latency: DelayRange::millis(1, 10),
                client_timeout: Duration::from_secs(2),
                settings: Settings {
                    heartbeat_interval: Duration::from_millis(250),
                    election_timeout_min: Duration::from_millis(1_000),
                    election_timeout_max: Duration::from_millis(2_000),
                    ..setup.settings
                },
                ..setup
            },
            Profile::Hostile | Profile::Swarm => {
                let link_shape = pick(&mut Random::for_plan(self.seed, SHAPE), &LatencyShape::ALL);
                let setup = timers(&mut random, Setup { link_shape, ..setup });
                let setup = self.byte_limits(self.sizes(self.rules(setup)));
                self.unlike(self.disks(self.driver(setup)))
            }
        }
    }

    /// The rules of the paper alone, or with some or all additions of the dissertation.
    fn rules(&self, setup: Setup) -> Setup {
        let mut random = Random::for_plan(self.seed, RULES);
        let (pre_vote, check_quorum, lease_reads) = match random.up_to(9) {
            0 | 1 => (false, false, false),
            2 => (true, false, false),
            3 => (false, true, false),
            4 => (false, true, true),
            5 => (true, true, false),
            _ => (true, true, true),
        };
        let max_clock_drift_ppm = pick(&mut random, &[0, 50_000, 50_000, 200_000]);
        let forward_proposals = random.up_to(3) == 0;
        Setup {
            settings: Settings {
                pre_vote,
                check_quorum,
                lease_reads,
                max_clock_drift_ppm,
                forward_proposals,
                ..setup.settings
            },
            ..setup
        }
    }

    /// The limits of messages and of uncommitted entries, and the snapshot threshold.
    fn sizes(&self, setup: Setup) -> Setup {
        let mut random = Random::for_plan(self.seed, SIZES);
        let max_batch_entries = pick(&mut random, &[1, 2, 5, 100, 100]);
        let max_in_flight = pick(&mut random, &[1, 2, 4, 64, 64]);
        let max_uncommitted_bytes = pick(&mut random, &[300, 2_000, 64 << 20, 64 << 20]);
        let snapshot_threshold = pick(&mut random, &[3, 5, 10, 25, 100, 10_000]);
        let snapshot_chunk_bytes = pick(&mut random, &[32, 100, 65_536]);
        let trailing_entries = pick(&mut random, &[0, 0, 2, 10, 5_000]);
        Setup {
            settings: Settings {
                max_batch_entries,
                max_in_flight,
                max_uncommitted_bytes,
                snapshot_threshold,
                trailing_entries,
                snapshot_chunk_bytes,
                ..setup.settings
            },
            ..setup
        }
    }

    /// The limits in bytes of messages and windows, of requests that wait, and of sessions.
    fn byte_limits(&self, setup: Setup) -> Setup {
        let mut random = Random::for_plan(self.seed, BYTES);
        let defaults = Settings::default();
        let (batch, window) = (defaults.max_batch_bytes, defaults.max_in_flight_bytes);
        let max_batch_bytes = pick(&mut random, &[1, 40, 200, batch, batch, batch]);
        let max_in_flight_bytes = pick(&mut random, &[1, 60, 400, window, window, window]);
        // A candidate's requests for votes wait for its disk, one for each voter.
        let max_pending_requests = pick(&mut random, &[20, 50, 10_000, 10_000]);
        let sessions = pick(&mut random, &[1, 3, 1_000, 1_000, 1_000]);
        Setup {
            sessions,
            settings: Settings {
                max_batch_bytes,
                max_in_flight_bytes,
                max_pending_requests,
                ..setup.settings
            },
            ..setup
        }
    }

    /// In two of three runs the driver is as kind as it can be.
    fn driver(&self, setup: Setup) -> Setup {
        let mut random = Random::for_plan(self.seed, DRIVER);
        if random.up_to(2) > 0 {
            return setup;
        }
        // Delays that are short beside a round trip with its writes, which the timers fit.
        let link = whole_millis(setup.link_latency.max / 2);
        let disk = setup.disk_latency.max;
        let driver = Driver {
            gather: pick(&mut random, &[Duration::ZERO, Duration::from_millis(1), link]),
            report: pick(&mut random, &[Duration::ZERO, Duration::from_millis(2), disk]),
            failing_snapshots_ppm: pick(&mut random, &[0, 300_000, 900_000]),
            state: pick(&mut random, &[StatePlace::Memory, StatePlace::Disk]),
            own_encoding: random.up_to(1) == 0,
            snapshot_files: random.up_to(1) == 0,
            disk_files: false,
        };
        Setup { driver, ..setup }
    }

    /// In one of four runs, the disks are in files.
    fn disks(&self, setup: Setup) -> Setup {
        let disk_files = Random::for_plan(self.seed, DISKS).up_to(3) == 0;
        Setup { driver: Driver { disk_files, ..setup.driver }, ..setup }
    }

    /// In one of eight runs, one or two nodes have sizes and limits of their own, perhaps those of
    /// servers that join later. Every mix of these is legal; the timers, pre-vote, check-quorum and
    /// leases are the same everywhere.
    fn unlike(&self, mut setup: Setup) -> Setup {
        let mut random = Random::for_plan(self.seed, UNLIKE);
        if random.up_to(7) > 0 {
            return setup;
        }
        for _ in 0..=random.up_to(1) {
            let node = NodeId(1 + random.up_to(setup.nodes));
            let settings = own_settings(&mut random, &setup.settings);
            setup.node_settings.insert(node, settings);
        }
        setup
    }

    fn faults(&self, timeout: Duration) -> Faults {
        let mut faults = Faults::default();
        match self.profile {
            Profile::Calm => {}
            Profile::Lan => {
                faults.set(Fault::Crash, Some(timeout * 15));
                faults.set(Fault::Snapshot, Some(timeout * 20));
                faults.set(Fault::Transfer, Some(timeout * 30));
                faults.set(Fault::DiskFailure, Some(timeout * 40));
            }
            Profile::Wan => {
                faults.set(Fault::Crash, Some(timeout * 6));
                faults.set(Fault::Pause, Some(timeout * 8));
                faults.set(Fault::Partition, Some(timeout * 8));
                faults.set(Fault::Link, Some(timeout * 2));
                faults.set(Fault::Membership, Some(timeout * 6));
                faults.set(Fault::Snapshot, Some(timeout * 6));
                faults.set(Fault::Transfer, Some(timeout * 10));
                faults.set(Fault::SlowDisk, Some(timeout * 8));
                faults.set(Fault::Replay, Some(timeout * 8));
                faults.set(Fault::Clock, Some(timeout * 10));
                faults.set(Fault::SlowNode, Some(timeout * 10));
            }
            Profile::Hostile => {
                for fault in Fault::ALL {
                    let mut random = self.strength(fault);
                    let rarer = if is_rare(fault) || is_story(fault) { 5 } else { 1 };
                    faults.set(fault, Some(timeout * pick(&mut random, &[1, 2, 3]) * rarer));
                }
            }
            Profile::Swarm => {
                for fault in Fault::ALL {
                    let mut random = self.strength(fault);
                    let exists = random.chance(if is_rare(fault) || is_story(fault) {
                        250_000
                    } else {
                        600_000
                    });
                    let halves = pick(&mut random, &[1, 2, 4, 8, 16, 24]);
                    let rarer = if fault == Fault::EditedList || is_story(fault) { 4 } else { 1 };
                    faults.set(fault, exists.then_some(timeout * halves * rarer / 2));
                }
            }
        }
        faults
    }

    fn strength(&self, fault: Fault) -> Random {
        Random::for_plan(self.seed, STRENGTH + 10 + fault as u64)
    }

    fn workload(&self, timeout: Duration) -> Workload {
        let mut random = Random::for_plan(self.seed, WORKLOAD);
        let per_timeout = pick(&mut random, &[1, 2, 4, 8]);
        let clients = 1 + random.up_to(7);
        let keys = 1 + random.up_to(7);
        let reads_percent = pick(&mut random, &[0, 20, 40, 70]);
        let [log, quorum, lease, local] =
            [ReadPolicy::Log, ReadPolicy::Quorum, ReadPolicy::Lease, ReadPolicy::Local];
        let policies = match random.up_to(3) {
            0 => vec![log],
            1 => vec![quorum, quorum, quorum, log],
            2 => vec![lease, lease, lease, local],
            _ => vec![log, quorum, quorum, lease, lease, local],
        };
        let is_drawn = matches!(self.profile, Profile::Hostile | Profile::Swarm);
        let per_timeout = if is_drawn { per_timeout } else { 2 };
        let spacing = timeout / per_timeout;
        let large = pick(&mut random, &[None, None, Some(4), Some(40)]);
        let large_values = large.filter(|_| is_drawn);
        let largest_value = 0;
        Workload { spacing, clients, keys, reads_percent, large_values, largest_value, policies }
    }
}

/// Faults in fewer runs, and less often: a node with a damaged disk stays down, and nobody edits
/// lists of members all the time.
fn is_rare(fault: Fault) -> bool {
    matches!(fault, Fault::DiskDamage | Fault::EditedList)
}

/// A long sequence, which other faults disturb: in fewer runs, and less often.
fn is_story(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::ClocksTogether
            | Fault::ForgetfulVoter
            | Fault::LostAcknowledgements
            | Fault::DeadNewcomer
            | Fault::TransferWaits
            | Fault::LateAnswers
            | Fault::LateSuccessor
    )
}

/// Latencies, and timers that fit them: an election timeout is several round trips with their
/// writes, and a heartbeat interval is a part of it (§5.6).
fn timers(random: &mut Random, setup: Setup) -> Setup {
    let latency = pick(random, &[3, 10, 25, 60, 100]);
    let disk = pick(random, &[1, 4, 12, 40]);
    let round = 2 * latency + 2 * disk;
    let least = (round * (3 + random.up_to(3))).max(300) * (2 + random.up_to(4)) / 2;
    let most = least * (3 + random.up_to(3)) / 2;
    let heartbeat = least / (3 + random.up_to(2));
    let client_timeout = most * (1 + random.up_to(2));
    let patience = client_timeout * pick(random, &[3, 10, 60]);
    Setup {
        link_latency: DelayRange::millis(1 + latency / 5, latency),
        disk_latency: DelayRange::millis(1, disk),
        client_timeout: Duration::from_millis(client_timeout),
        client_patience: Duration::from_millis(patience),
        settings: Settings {
            heartbeat_interval: Duration::from_millis(heartbeat),
            election_timeout_min: Duration::from_millis(least),
            election_timeout_max: Duration::from_millis(most),
            ..setup.settings
        },
        ..setup
    }
}

/// Settings of one node: each that a node can have for itself is another one with probability 1/2.
fn own_settings(random: &mut Random, all: &Settings) -> Settings {
    let mut own = all.clone();
    let mut draw = |is_drawn: &mut dyn FnMut(&mut Random)| {
        if random.up_to(1) == 0 {
            is_drawn(random);
        }
    };
    draw(&mut |random| own.max_batch_entries = pick(random, &[1, 2, 100]));
    draw(&mut |random| own.max_batch_bytes = pick(random, &[1, 200, 1 << 20]));
    draw(&mut |random| own.max_in_flight = pick(random, &[1, 2, 64]));
    draw(&mut |random| own.max_in_flight_bytes = pick(random, &[1, 400, 8 << 20]));
    draw(&mut |random| own.max_uncommitted_bytes = pick(random, &[300, 64 << 20]));
    draw(&mut |random| own.max_pending_requests = pick(random, &[20, 10_000]));
    draw(&mut |random| own.snapshot_threshold = pick(random, &[3, 10, 100, 10_000]));
    draw(&mut |random| own.trailing_entries = pick(random, &[0, 2, 5_000]));
    draw(&mut |random| own.snapshot_chunk_bytes = pick(random, &[32, 100, 65_536]));
    draw(&mut |_| own.forward_proposals ^= true);
    // A larger bound makes a shorter lease.
    draw(&mut |_| own.max_clock_drift_ppm = own.max_clock_drift_ppm.max(200_000));
    own
}

/// The length of the smallest pieces of snapshots in the cluster, in bytes.
pub(crate) fn smallest_piece(setup: &Setup) -> usize {
    let all = setup.node_settings.values().chain([&setup.settings]);
    all.map(|settings| settings.snapshot_chunk_bytes).min().unwrap_or(1)
}

/// One of the choices, of which there is at least one.
pub(crate) fn pick<T: Clone>(random: &mut Random, choices: &[T]) -> T {
    choices[random.up_to(choices.len() as u64 - 1) as usize].clone()
}

/// Puts the list in a random order.
pub(crate) fn shuffle<T>(random: &mut Random, list: &mut [T]) {
    for last in (1..list.len()).rev() {
        list.swap(last, random.up_to(last as u64) as usize);
    }
}

/// The nodes in ascending order, as scripts list them.
pub(crate) fn sorted(nodes: &[NodeId]) -> Vec<NodeId> {
    let mut nodes = nodes.to_vec();
    nodes.sort_unstable();
    nodes
}

/// Rounded down to milliseconds, which are easier to read in scripts.
pub(crate) fn whole_millis(duration: Duration) -> Duration {
    Duration::from_millis(duration.as_millis() as u64)
}
