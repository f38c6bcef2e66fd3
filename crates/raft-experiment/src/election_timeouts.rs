//! The time without a leader after a crash: Figure 16 of the Raft paper.

mod expected;
mod paper;
mod trial;

use std::time::Duration;

use raft_core::Settings;
use raft_script::ValueKind;
use raft_sim::{DelayRange, Random, Setup};

use self::trial::{Broadcast, CAP, TrialResult};
use crate::cluster::{NoStableLeader, TrialCluster};
use crate::dial::{Case, Dial};
use crate::dials::{DISK, ELECTION, LATENCY, NODES, by_default};
use crate::disk_latency::DiskLatency;
use crate::experiment::{Description, Drawn, Quantity, Ratio, fits};
use crate::trials::{NotMeasured, TrialOutcome};

/// "The servers in each trial had different log lengths, so some candidates were not eligible"
/// (§9.3). With five servers and three short logs, the two shortest cannot win.
const SHORT_LOGS: Dial = Dial {
    name: "short-logs",
    meaning: "so many of the other servers lack entries at the crash, at most all but one",
    default: "3",
    kind: ValueKind::Number { least: 0, most: 8 },
};

const SHORTER: Dial = Dial {
    name: "shorter",
    meaning: "stepwise: the short logs lack 1, 2, 3 and so on entries; alike: they lack one each",
    default: "stepwise",
    kind: ValueKind::Word(&["stepwise", "alike"]),
};

const VOTE_WRITES: Dial = Dial {
    name: "vote-writes",
    meaning: "the number of disk writes that store a vote for another server; LogCabin's is 2",
    default: "1",
    kind: ValueKind::Number { least: 1, most: 4 },
};

/// The ranges of the paper's figure. The first six vary the randomness, the others the scale.
const RANGES: &str = "150ms,150ms..151ms,150ms..155ms,150ms..175ms,150ms..200ms,150ms..300ms,\
                      12ms..24ms,25ms..50ms,50ms..100ms,100ms..200ms";

pub(crate) const DESCRIPTION: Description = Description {
    name: "election-timeouts",
    title: "Time without a leader after a crash (Raft paper, Figure 16)",
    method: "All election timers start with the leader's last heartbeats. The leader crashes at a \
             random moment of the heartbeat interval after them, which is half of the shortest \
             election timeout. The logs of the others differ in length, so that some cannot win. \
             As in the paper, there is no pre-vote and no check-quorum. A trial is without a split \
             vote if one of the timers that the heartbeats started leads to a leader. The expected \
             share is computed from the timeouts, links and disks, without running Raft.",
    dials: &[
        by_default(&ELECTION, RANGES),
        by_default(&LATENCY, "100us..300us"),
        by_default(&DISK, "500us..5ms"),
        NODES,
        SHORT_LOGS,
        SHORTER,
        VOTE_WRITES,
    ],
    trials: 1000,
    quantity: Quantity {
        name: "time without a leader",
        unit: "ms",
        per_unit: 1000,
        decimals: 1,
        cap: CAP.as_micros() as u64,
    },
    ratios: &[
        Ratio { name: "no split", unit: "%", of: 1, per: 0, times: 100.0 },
        Ratio { name: "expected", unit: "%", of: 3, per: 2, times: 100.0 },
        Ratio { name: "request", unit: "ms", of: 5, per: 0, times: 0.001 },
        Ratio { name: "broadcast", unit: "ms", of: 6, per: 0, times: 0.001 },
        Ratio { name: "no leader", unit: "%", of: 4, per: 0, times: 100.0 },
    ],
    headings: &["paper", "paper says"],
    words: paper::words,
    drawn: Drawn::Cumulative { is_logarithmic: true },
    check: fits,
    run,
    notes: NOTES,
};

/// What a reader has to know beside the paper's figures.
const NOTES: &[&str] = &[
    "Without a split vote: one of the timers that the leader's last heartbeats started leads to a \
     leader. The paper's shares are read off its figure, as the height at which a curve is flat \
     before the second timeouts. For 10,000 trials, both ways to count differ by at most 0.2 %.",
    "Which logs are shorter moves these shares by six points, at the same broadcast time. The \
     paper says only that the lengths differ. For 150 to 175 and 150 to 200 ms it has 84 and 93 %; \
     the dials short-logs=3 give 82 and 92 %, 2 gives 77 and 88 %, and 1 gives 82 and 94 %.",
    "For 150 to 155 ms nearly all requests cross. Then the distribution of disk times decides, \
     which the paper does not give.",
];

/// The number of elections of the model for each trial of the core.
const DRAWS: u64 = 20;

/// What a case says of the cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Conditions {
    nodes: u64,
    /// Election timeouts are drawn from it, uniformly.
    election_timeout: DelayRange,
    /// How long a message takes, drawn uniformly.
    link_latency: DelayRange,
    /// How long it takes until a write is durable.
    disk_latency: DiskLatency,
    short_logs: u64,
    /// Whether the short logs have the same length.
    is_alike: bool,
    vote_writes: u64,
    /// The rules that are switched off; tests have some.
    bugs: raft_sim::Switches,
}

fn run(case: &Case, seed: u64, number: u64) -> Result<TrialOutcome, NotMeasured> {
    let conditions = Conditions::of(case);
    measure(&conditions, seed, number)
        .map_err(|why| NotMeasured { case: String::new(), why: why.to_string() })
}

fn measure(
    conditions: &Conditions,
    seed: u64,
    number: u64,
) -> Result<TrialOutcome, NoStableLeader> {
    let mut random = Random::for_plan(seed, number);
    let (result, steps) = trial::run(conditions, &mut random)?;
    let broadcast = trial::broadcast(conditions, random.next())?;
    let expected = (0..DRAWS).filter(|_| expected::is_decided(conditions, &mut random)).count();
    let (after, without_split, is_capped) = match result {
        TrialResult::Elected { after, without_split, .. } => (after, without_split, false),
        TrialResult::Capped => (CAP, false, true),
    };
    let micros = |time: Duration| time.as_micros() as u64;
    let Broadcast { request, all } = broadcast;
    let counts = vec![
        1,
        u64::from(without_split),
        DRAWS,
        expected as u64,
        u64::from(is_capped),
        micros(request),
        micros(all),
    ];
    Ok(TrialOutcome { values: vec![micros(after)], counts, steps })
}

impl Conditions {
    fn of(case: &Case) -> Self {
        Self {
            nodes: case.number(&NODES),
            election_timeout: case.delay(&ELECTION),
            link_latency: case.delay(&LATENCY),
            disk_latency: case.delay(&DISK).into(),
            short_logs: case.number(&SHORT_LOGS),
            is_alike: case.is_word(&SHORTER, "alike"),
            vote_writes: case.number(&VOTE_WRITES),
            bugs: raft_sim::Switches::NONE,
        }
    }

    /// The number of entries that each survivor of the crash lacks, those with the longest log
    /// first.
    fn lacks(&self) -> impl Iterator<Item = u32> + use<> {
        let survivors = self.nodes - 1;
        let full = survivors - self.short_logs.min(survivors - 1);
        let is_alike = self.is_alike;
        (0..survivors).map(move |place| match (place + 1).saturating_sub(full) as u32 {
            0 => 0,
            _ if is_alike => 1,
            steps => steps,
        })
    }

    /// Half of the shortest election timeout, as in the paper.
    fn heartbeat_interval(&self) -> Duration {
        self.election_timeout.min / 2
    }

    fn cluster(&self, seed: u64) -> TrialCluster {
        let disk = self.disk_latency;
        TrialCluster::new(self.setup(seed), |_| disk).with_vote_writes(self.vote_writes)
    }

    fn setup(&self, seed: u64) -> Setup {
        Setup {
            nodes: self.nodes,
            seed,
            link_latency: self.link_latency,
            // An entry that is never committed has no reply.
            client_patience: Duration::from_secs(1),
            bugs: self.bugs,
            settings: Settings {
                heartbeat_interval: self.heartbeat_interval(),
                election_timeout_min: self.election_timeout.min,
                election_timeout_max: self.election_timeout.max,
                pre_vote: false,
                check_quorum: false,
                lease_reads: false,
                ..Settings::default()
            },
            ..Setup::default()
        }
    }
}

#[cfg(test)]
mod tests;
