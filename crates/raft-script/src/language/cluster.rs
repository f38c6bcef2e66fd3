//! `cluster` sets up the cluster, and `reseed` changes its seed. Each setting is one row: its name,
//! an example, its meaning, how it is read and how it is written. A setting that is written as the
//! default is left out.

use std::fmt;

use raft_sim::SettingChange::{
    self, CheckQuorum, ElectionTimeout, ForwardProposals, HeartbeatInterval, LeaseReads,
    MaxBatchBytes, MaxBatchEntries, MaxClockDriftPpm, MaxCommandBytes, MaxInFlight,
    MaxInFlightBytes, MaxPendingRequests, MaxSnapshotBytes, MaxUncommittedBytes, PreVote,
    SnapshotChunkBytes, SnapshotThreshold, SnapshotThresholdBytes, TrailingEntries,
};
use raft_sim::{DelayRange, Setup, StatePlace};

use super::Word;
use super::bounds::{BoundWords, culprit};
use super::cursor::{Cursor, Parsed};
#[cfg(not(feature = "bugs"))]
use super::rules::NO_SWITCHES;
#[cfg(feature = "bugs")]
use super::rules::rule_names;
use crate::limits::{MAX_BATCH, MAX_NODES, MAX_NUMBER, MAX_UNCOMMITTED_BYTES};
use crate::session::without_unknown_down;
use crate::statement::{Order, Statement};
use crate::units::{Delay, Percent, Size, Span};

pub(super) const WORDS: &[Word<Statement>] = &[
    Word {
        name: "cluster",
        brief: "set up the cluster",
        forms: &[(
            "cluster nodes=5 seed=8",
            "set up the cluster; only as the first statement; below: its settings and their \
             defaults",
        )],
        parse: |cursor| cursor.cluster(),
    },
    Word {
        name: "reseed",
        brief: "draw later random numbers from another seed",
        forms: &[(
            "reseed 17",
            "draw later random numbers from another seed; what was drawn before stays: messages \
             and writes under way, timers that run",
        )],
        parse: |cursor| Ok(Statement::Order(Order::Reseed(seed(cursor)?))),
    },
];

fn seed(cursor: &mut Cursor<'_>) -> Parsed<u64> {
    cursor.number("a number", 0, u64::MAX)
}

/// A setting of the cluster.
pub(crate) struct ClusterSetting {
    pub(crate) name: &'static str,
    /// A value, for the help; empty: neither help nor completion says it.
    pub(crate) example: &'static str,
    pub(crate) help: &'static str,
    reading: Reading,
    /// The value as text.
    print: fn(&Setup) -> String,
}

/// The word for a cluster without all that [`BEYOND_THE_PAPER`] switches on.
pub(crate) const PAPER: (&str, &str) =
    ("paper", "only the protocol of the paper: pre-vote, check-quorum and lease are off");

/// What `paper` switches off, all together.
const BEYOND_THE_PAPER: [&str; 3] = ["pre-vote", "check-quorum", "lease"];

/// Whether all that `paper` switches off is off.
fn is_paper(setup: &Setup) -> bool {
    let settings = &setup.settings;
    !settings.pre_vote && !settings.check_quorum && !settings.lease_reads
}

/// Whether a setting is written: `paper` says some, the default of others goes without saying.
fn is_written(setting: &ClusterSetting, setup: &Setup) -> bool {
    match setting.name {
        "nodes" | "seed" => true,
        name if BEYOND_THE_PAPER.contains(&name) && is_paper(setup) => false,
        _ => (setting.print)(setup) != (setting.print)(&Setup::default()),
    }
}

fn on_off(is_on: bool) -> String {
    if is_on { "on" } else { "off" }.to_owned()
}

/// One way to read the value of a setting, after the sign.
enum Reading {
    /// Of the whole cluster.
    Cluster(fn(&mut Cursor<'_>, &mut Setup) -> Parsed<()>),
    /// Of the protocol: each node can have its own.
    Node(fn(&mut Cursor<'_>) -> Parsed<SettingChange>),
}

impl ClusterSetting {
    /// Reads the value, after the sign.
    fn parse(&self, cursor: &mut Cursor<'_>, setup: &mut Setup) -> Parsed<()> {
        match self.reading {
            Reading::Cluster(parse) => parse(cursor, setup),
            Reading::Node(parse) => {
                parse(cursor)?.apply_to(&mut setup.settings);
                Ok(())
            }
        }
    }

    /// Reads the value for one node; `None`: nodes have no such setting of their own.
    pub(super) fn for_node(&self) -> Option<fn(&mut Cursor<'_>) -> Parsed<SettingChange>> {
        match self.reading {
            Reading::Cluster(_) => None,
            Reading::Node(parse) => Some(parse),
        }
    }
}

macro_rules! cluster_settings {
    ($list:ident; $($name:literal = $example:literal, $help:literal,
        |$cursor:ident, $setup:ident| $parse:expr, |$shown:ident| $print:expr;)*) => {
        const $list: &[ClusterSetting] = &[$(ClusterSetting {
            name: $name,
            example: $example,
            help: $help,
            reading: Reading::Cluster(|$cursor, $setup| {
                $parse;
                Ok(())
            }),
            print: |$shown| $print,
        }),*];
    };
}

macro_rules! node_settings {
    ($list:ident; $($name:literal = $example:literal, $help:literal,
        |$cursor:ident| $parse:expr, |$shown:ident| $print:expr;)*) => {
        const $list: &[ClusterSetting] = &[$(ClusterSetting {
            name: $name,
            example: $example,
            help: $help,
            reading: Reading::Node(|$cursor| Ok($parse)),
            print: |setup| {
                let $shown = &setup.settings;
                $print
            },
        }),*];
    };
}

// Every setting, in the order in which they are written.
cluster_settings! { MEMBERS;
    "nodes" = "5", "the number of voters, 1 to 9",
        |c, s| s.nodes = c.number("a number", 1, MAX_NODES)?, |s| s.nodes.to_string();
    "learners" = "0", "the number of learners, which are numbered after the voters",
        |c, s| s.learners = c.number("a number", 0, MAX_NODES)?, |s| s.learners.to_string();
    "seed" = "8", "the seed of all that is random (default 1)",
        |c, s| s.seed = seed(c)?, |s| s.seed.to_string();
}

node_settings! { PROTOCOL;
    "pre-vote" = "on", "on: servers first ask whether they could win",
        |c| PreVote(c.switch()?), |s| on_off(s.pre_vote);
    "check-quorum" = "on", "on: leaders step down without a quorum's answers",
        |c| CheckQuorum(c.switch()?), |s| on_off(s.check_quorum);
    "lease" = "on", "on: leaders hold leases; leases need check-quorum",
        |c| LeaseReads(c.switch()?), |s| on_off(s.lease_reads);
    "drift" = "5%", "how much too fast or too slow clocks may run; leases allow for it",
        |c| MaxClockDriftPpm(c.percent()?), |s| Percent(s.max_clock_drift_ppm).to_string();
    "forward" = "off", "on: followers forward commands to the leader",
        |c| ForwardProposals(c.switch()?), |s| on_off(s.forward_proposals);
    "heartbeat" = "50ms", "the time between two heartbeats of a leader",
        |c| HeartbeatInterval(c.duration()?),
        |s| Span(s.heartbeat_interval).to_string();
    "election" = "150ms..300ms", "the range of the election timeout",
        |c| ElectionTimeout(c.delay()?),
        |s| {
            let (min, max) = (s.election_timeout_min, s.election_timeout_max);
            Delay(DelayRange { min, max }).to_string()
        };
    "batch" = "100", "the largest number of entries in a message",
        |c| MaxBatchEntries(c.number("a number", 0, MAX_BATCH)? as usize),
        |s| s.max_batch_entries.to_string();
    "batch-bytes" = "1MiB", "the most bytes of entries in a message; a larger entry goes alone",
        |c| MaxBatchBytes(c.size()? as usize),
        |s| Size(s.max_batch_bytes as u64).to_string();
    "window" = "64", "the largest number of unanswered messages to a node",
        |c| MaxInFlight(c.number("a number", 0, MAX_BATCH)? as usize),
        |s| s.max_in_flight.to_string();
    "window-bytes" = "16MiB", "the most bytes of unanswered messages to a node, or of a snapshot",
        |c| MaxInFlightBytes(c.size()? as usize),
        |s| Size(s.max_in_flight_bytes as u64).to_string();
    "uncommitted" = "64MiB", "the most bytes of uncommitted entries that a leader accepts",
        |c| MaxUncommittedBytes(c.size_up_to(MAX_UNCOMMITTED_BYTES)?),
        |s| Size(s.max_uncommitted_bytes).to_string();
    "pending" = "10000", "the most requests, or messages for its disk, that wait at a node",
        |c| MaxPendingRequests(c.number("a number", 0, MAX_BATCH)? as usize),
        |s| s.max_pending_requests.to_string();
    "command-bytes" = "1MiB", "the longest command that a leader takes",
        |c| MaxCommandBytes(c.size()? as usize),
        |s| Size(s.max_command_bytes as u64).to_string();
    "snapshot" = "10000", "applied entries after which a node takes a snapshot",
        |c| SnapshotThreshold(c.number("a number", 0, u64::MAX)?),
        |s| s.snapshot_threshold.to_string();
    "log-bytes" = "64MiB", "bytes of applied entries, 64 for each and its payload, after which a \
        node takes a snapshot, if its last one is no larger",
        |c| SnapshotThresholdBytes(c.size_up_to(MAX_UNCOMMITTED_BYTES)?),
        |s| Size(s.snapshot_threshold_bytes).to_string();
    "trailing" = "0", "the most entries that a log keeps before the end of its snapshot",
        |c| TrailingEntries(c.number("a number", 0, u64::MAX)?),
        |s| s.trailing_entries.to_string();
    "chunk" = "64KiB", "the size of a snapshot's chunks",
        |c| SnapshotChunkBytes(c.size()? as usize),
        |s| Size(s.snapshot_chunk_bytes as u64).to_string();
    "snapshot-bytes" = "1GiB", "the largest snapshot that a node accepts from a leader",
        |c| MaxSnapshotBytes(c.size()?),
        |s| Size(s.max_snapshot_bytes).to_string();
}

cluster_settings! { SURROUNDINGS;
    "latency" = "5ms..15ms", "the latency of messages",
        |c, s| s.link_latency = c.delay()?, |s| Delay(s.link_latency).to_string();
    "shape" = "uniform", "the distribution of the latency",
        |c, s| s.link_shape = c.shape()?, |s| s.link_shape.to_string();
    "disk" = "1ms..4ms", "the latency of disk writes",
        |c, s| s.disk_latency = c.delay()?, |s| Delay(s.disk_latency).to_string();
    "disk-shape" = "uniform", "the distribution of the latency of disk writes",
        |c, s| s.disk_shape = c.shape()?, |s| s.disk_shape.to_string();
    "gather" = "0ms", "the longest time for which a node gathers inputs before it handles them",
        |c, s| s.driver.gather = c.duration()?, |s| Span(s.driver.gather).to_string();
    "report" = "0ms", "the longest time after which a node hears of its finished disk writes",
        |c, s| s.driver.report = c.duration()?, |s| Span(s.driver.report).to_string();
    "failing" = "0%", "how many of the snapshots that nodes ask for fail",
        |c, s| s.driver.failing_snapshots_ppm = c.percent()?,
        |s| Percent(s.driver.failing_snapshots_ppm).to_string();
    "state" = "memory", "the place of the state machine; on disk it survives a crash",
        |c, s| s.driver.state = c.state_place()?,
        |s| state_place(s.driver.state).to_owned();
    "encoding" = "alike", "own: each node encodes snapshots in its own way",
        |c, s| s.driver.own_encoding = c.encoding()?,
        |s| if s.driver.own_encoding { "own" } else { "alike" }.to_owned();
    "snapshot-files" = "off", "on: the data of snapshots is in files, beside the other disk writes",
        |c, s| s.driver.snapshot_files = c.switch()?, |s| on_off(s.driver.snapshot_files);
    "disk-files" = "off", "on: each disk is a directory of files, with the code of a real server",
        |c, s| s.driver.disk_files = c.switch()?, |s| on_off(s.driver.disk_files);
    "sessions" = "1000", "the number of clients' sessions that the stores keep",
        |c, s| s.sessions = c.number("a number", 1, 1_000)? as usize, |s| s.sessions.to_string();
    "timeout" = "1s", "how long a client waits for an answer before it asks again",
        |c, s| s.client_timeout = c.duration()?, |s| Span(s.client_timeout).to_string();
    "patience" = "30s", "how long a client waits in all before it gives up",
        |c, s| s.client_patience = c.duration()?, |s| Span(s.client_patience).to_string();
    "run" = "0", "how many runs the disks have seen",
        |c, s| s.run = c.number("a number", 0, MAX_NUMBER)?, |s| s.run.to_string();
    "down" = "2,3", "nodes that are not started (default: none)",
        |c, s| {
            s.down = vec![c.node()?];
            while c.is_sign_at(0, ",") {
                c.advance();
                s.down.push(c.node()?);
            }
        },
        |s| comma_separated(&s.down);
}

fn state_place(place: StatePlace) -> &'static str {
    match place {
        StatePlace::Memory => "memory",
        StatePlace::Disk => "disk",
    }
}

fn comma_separated<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

/// Rules that are switched off, to show their purpose.
#[cfg(feature = "bugs")]
pub(crate) const BUGS: ClusterSetting = ClusterSetting {
    name: "bugs",
    example: "stale-votes,commit-old-term",
    help: "rules that are switched off, to show their purpose (default: none)",
    reading: Reading::Cluster(|cursor, setup| {
        loop {
            let bug = cursor.word().and_then(raft_sim::Switch::named);
            let bug = bug.ok_or_else(|| cursor.error(rule_names()))?;
            cursor.advance();
            setup.bugs = setup.bugs.with(bug);
            if !cursor.is_sign_at(0, ",") {
                return Ok(());
            }
            cursor.advance();
        }
    }),
    print: |setup| comma_separated(&setup.bugs.iter().collect::<Vec<_>>()),
};

/// A build without the feature has no such setting, and says so.
#[cfg(not(feature = "bugs"))]
pub(crate) const BUGS: ClusterSetting = ClusterSetting {
    name: "bugs",
    example: "",
    help: "",
    reading: Reading::Cluster(|cursor, _| Err(cursor.error(NO_SWITCHES))),
    print: |_| String::new(),
};

/// Every setting, `bugs` among those of the protocol.
pub(crate) fn all() -> impl Iterator<Item = &'static ClusterSetting> {
    let switches = PROTOCOL.iter().position(|setting| setting.name == "heartbeat").unwrap_or(0);
    let (switches, limits) = PROTOCOL.split_at(switches);
    MEMBERS.iter().chain(switches).chain([&BUGS]).chain(limits).chain(SURROUNDINGS)
}

/// A setting of one node as text.
pub(super) fn write_change(f: &mut fmt::Formatter<'_>, change: SettingChange) -> fmt::Result {
    let mut setup = Setup::default();
    change.apply_to(&mut setup.settings);
    let print = all().find(|setting| setting.name == change.word()).map(|setting| setting.print);
    write!(f, " {}={}", change.word(), print.map(|print| print(&setup)).unwrap_or_default())
}

impl Cursor<'_> {
    fn cluster(&mut self) -> Parsed<Statement> {
        let mut setup = Setup::default();
        let mut named: Vec<&str> = Vec::new();
        loop {
            self.offer_cluster_settings(&named);
            let Some(name) = self.word() else { break };
            if named.contains(&name) {
                return Err(self.error(format!("`{name}` only once")));
            }
            let contradicts = match name {
                "paper" => named.iter().any(|named| BEYOND_THE_PAPER.contains(named)),
                name => BEYOND_THE_PAPER.contains(&name) && named.contains(&"paper"),
            };
            if contradicts {
                return Err(self.error(
                    "`paper`, or `pre-vote=`, `check-quorum=` and `lease=`, which it switches off",
                ));
            }
            named.push(name);
            self.cluster_setting(name, &mut setup)?;
        }
        self.end()?;
        without_unknown_down(&setup).validate().map_err(|error| {
            let expected = format!("settings within their bounds ({})", BoundWords(&error));
            match culprit(&error) {
                Some(word) => self.error_at_word(word, expected),
                None => self.error_in_all(expected),
            }
        })?;
        Ok(Statement::Cluster(Box::new(setup)))
    }

    fn cluster_setting(&mut self, name: &str, setup: &mut Setup) -> Parsed<()> {
        if name == PAPER.0 {
            self.advance();
            let settings = &mut setup.settings;
            settings.pre_vote = false;
            settings.check_quorum = false;
            settings.lease_reads = false;
            return Ok(());
        }
        let Some(setting) = all().find(|setting| setting.name == name) else {
            let names: Vec<&str> = all().map(|setting| setting.name).chain([PAPER.0]).collect();
            return Err(self.error(format!("a setting: {}", names.join(", "))));
        };
        self.advance();
        self.sign("=")?;
        setting.parse(self, setup)
    }

    fn offer_cluster_settings(&mut self, named: &[&str]) {
        for setting in all() {
            if setting.example.is_empty() || named.contains(&setting.name) {
                continue;
            }
            self.offer_setting(setting.name, setting.help, |cursor| {
                // There is no value yet: what it may be is noted, the error is not needed.
                let _ = setting.parse(cursor, &mut Setup::default());
            });
        }
        self.offer(PAPER.0, PAPER.1);
    }
}

/// `cluster` as text, with the settings that differ from the defaults.
pub(crate) fn write_cluster(f: &mut fmt::Formatter<'_>, setup: &Setup) -> fmt::Result {
    f.write_str("cluster")?;
    for setting in all() {
        if is_written(setting, setup) {
            write!(f, " {}={}", setting.name, (setting.print)(setup))?;
        }
        if setting.name == "seed" && is_paper(setup) {
            write!(f, " {}", PAPER.0)?;
        }
    }
    Ok(())
}
