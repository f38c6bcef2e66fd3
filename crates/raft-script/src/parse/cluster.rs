//! `cluster`: how the world begins.

use raft_sim::Setup;
#[cfg(feature = "bugs")]
use raft_sim::Switch;

use super::cursor::{Cursor, Parsed};
use crate::limits::{MAX_BATCH, MAX_NODES, MAX_NUMBER};
use crate::session::without_unknown_down;
use crate::statement::Statement;

/// The settings, in the order in which an error lists them.
const SETTINGS: [&str; 24] = [
    "nodes",
    "seed",
    "paper",
    "pre-vote",
    "check-quorum",
    "lease",
    "drift",
    "forward",
    "bugs",
    "heartbeat",
    "election",
    "batch",
    "window",
    "uncommitted",
    "snapshot",
    "chunk",
    "latency",
    "shape",
    "disk",
    "disk-shape",
    "timeout",
    "patience",
    "run",
    "down",
];

/// What `paper` switches off, all together.
const BEYOND_THE_PAPER: [&str; 3] = ["pre-vote", "check-quorum", "lease"];

impl Cursor<'_> {
    pub(super) fn cluster(&mut self) -> Parsed<Statement> {
        let mut setup = Setup::default();
        let mut named: Vec<&str> = Vec::new();
        while let Some(setting) = self.word() {
            if named.contains(&setting) {
                return Err(self.error(format!("`{setting}` only once")));
            }
            let contradicts = match setting {
                "paper" => named.iter().any(|named| BEYOND_THE_PAPER.contains(named)),
                setting => BEYOND_THE_PAPER.contains(&setting) && named.contains(&"paper"),
            };
            if contradicts {
                return Err(self.error(
                    "`paper`, or `pre-vote=`, `check-quorum=` and `lease=`, which it switches off",
                ));
            }
            named.push(setting);
            self.advance();
            self.cluster_setting(setting, &mut setup)?;
        }
        self.end()?;
        without_unknown_down(&setup).validate().map_err(|error| {
            self.error_in_all(format!("settings within their bounds ({error})"))
        })?;
        Ok(Statement::Cluster(Box::new(setup)))
    }

    fn cluster_setting(&mut self, setting: &str, setup: &mut Setup) -> Parsed<()> {
        if !SETTINGS.contains(&setting) {
            return Err(self.error_before(format!("a setting: {}", SETTINGS.join(", "))));
        }
        if setting == "paper" {
            (setup.settings.pre_vote, setup.settings.check_quorum, setup.settings.lease_reads) =
                (false, false, false);
            return Ok(());
        }
        self.sign("=")?;
        match setting {
            "pre-vote" => setup.settings.pre_vote = self.switch()?,
            "check-quorum" => setup.settings.check_quorum = self.switch()?,
            "lease" => setup.settings.lease_reads = self.switch()?,
            "drift" => setup.settings.max_clock_drift_ppm = self.percent()?,
            "forward" => setup.settings.forward_proposals = self.switch()?,
            "bugs" => self.bugs(setup)?,
            "batch" => {
                setup.settings.max_batch_entries = self.number("a number", 0, MAX_BATCH)? as usize
            }
            "window" => {
                setup.settings.max_in_flight = self.number("a number", 0, MAX_BATCH)? as usize
            }
            "uncommitted" => setup.settings.max_uncommitted_bytes = self.size()?,
            "snapshot" => {
                setup.settings.snapshot_threshold = self.number("a number", 0, u64::MAX)?
            }
            "chunk" => setup.settings.snapshot_chunk_bytes = self.size()? as usize,
            setting => self.setting_of_the_world(setting, setup)?,
        }
        Ok(())
    }

    /// Nodes, time, network, disks and clients.
    fn setting_of_the_world(&mut self, setting: &str, setup: &mut Setup) -> Parsed<()> {
        match setting {
            "nodes" => setup.nodes = self.number("a number", 1, MAX_NODES)?,
            "seed" => setup.seed = self.number("a number", 0, u64::MAX)?,
            "heartbeat" => setup.settings.heartbeat_interval = self.duration()?,
            "election" => {
                let range = self.delay()?;
                (setup.settings.election_timeout_min, setup.settings.election_timeout_max) =
                    (range.min, range.max);
            }
            "latency" => setup.link_latency = self.delay()?,
            "shape" => setup.link_shape = self.shape()?,
            "disk" => setup.disk_latency = self.delay()?,
            "disk-shape" => setup.disk_shape = self.shape()?,
            "timeout" => setup.client_timeout = self.duration()?,
            "patience" => setup.client_patience = self.duration()?,
            "run" => setup.run = self.number("a number", 0, MAX_NUMBER)?,
            _ => {
                setup.down = vec![self.node()?];
                while self.eat_sign(",") {
                    setup.down.push(self.node()?);
                }
            }
        }
        Ok(())
    }

    /// Names of rules that are switched off, separated by commas.
    #[cfg(feature = "bugs")]
    fn bugs(&mut self, setup: &mut Setup) -> Parsed<()> {
        loop {
            let Some(bug) = self.word().and_then(Switch::named) else {
                let names: Vec<&str> = Switch::all().map(Switch::name).collect();
                return Err(self.error(format!("a bug: {}", names.join(", "))));
            };
            self.advance();
            setup.bugs = setup.bugs.with(bug);
            if !self.eat_sign(",") {
                return Ok(());
            }
        }
    }

    #[cfg(not(feature = "bugs"))]
    fn bugs(&mut self, _: &mut Setup) -> Parsed<()> {
        Err(self.error(
            "no `bugs=`: this build has no switches for bugs (they come with the feature `bugs`)",
        ))
    }
}
