//! The configurations of the nodes, as functions of the test.

use std::fmt::Write as _;
use std::time::Duration;

use raft_core::{Config, Membership, Settings};

use super::lines::{hexadecimal, ids, number};

/// The configurations that differ in more than the node and its seed.
#[derive(Default)]
pub(super) struct Configs {
    kinds: Vec<(Membership, Settings)>,
}

impl Configs {
    /// The call that makes a configuration.
    ///
    /// # Errors
    /// In words, if no call does.
    pub(super) fn call(&mut self, config: &Config) -> Result<String, String> {
        let Config { id, seed, .. } = config;
        let (membership, settings) = (config.membership.clone(), config.settings.clone());
        let mut plain = Config::new(*id, listed(&membership));
        (plain.seed, plain.settings) = (*seed, settings.clone());
        // The test has no use for decisions in words.
        plain.trace = config.trace;
        if config.snapshot_files {
            return Err("snapshots are in files".to_owned());
        }
        if plain != *config {
            return Err(format!("node {id} has a configuration with more than settings"));
        }
        let kind = (membership, settings);
        let known = self.kinds.iter().position(|known| *known == kind);
        let place = known.unwrap_or_else(|| {
            self.kinds.push(kind);
            self.kinds.len() - 1
        });
        Ok(format!("{}({id}, {})", name(place), hexadecimal(*seed)))
    }

    /// A function for each kind.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (place, (membership, settings)) in self.kinds.iter().enumerate() {
            let _ = write!(
                text,
                "fn {}(id: u64, seed: u64) -> Config {{\n\
                 {}    let mut config = Config::new(NodeId(id), members);\n    \
                     config.seed = seed;\n",
                name(place),
                members(membership)
            );
            for line in changed(settings).into_iter().flatten() {
                let _ = writeln!(text, "    config.settings.{line};");
            }
            text.push_str("    config\n}\n\n");
        }
        text
    }
}

/// The name of a function.
fn name(place: usize) -> String {
    match place {
        0 => "config".to_owned(),
        _ => format!("config_{}", place + 1),
    }
}

/// The voters and the learners of a membership, and nothing else of it.
fn listed(membership: &Membership) -> Membership {
    let voters = Membership::new(membership.voters().iter().copied());
    voters.with_learners(membership.learners().iter().copied())
}

fn members(membership: &Membership) -> String {
    if membership.is_empty() {
        return "    let members = Membership::empty();\n".to_owned();
    }
    let voters = ids(membership.voters());
    let voters = format!("    let members = Membership::new({voters});\n");
    match membership.learners() {
        [] => voters,
        learners => {
            format!("{voters}    let members = members.with_learners({});\n", ids(learners))
        }
    }
}

/// Names the fields of a structure without an `..`, so that a new one does not compile until it
/// is here. For each that differs from the default: an assignment.
macro_rules! changed {
    ($settings:expr, $($field:ident)*) => {{
        let Settings { $($field),* } = $settings;
        let default = Settings::default();
        vec![$(
            (*$field != default.$field)
                .then(|| format!("{} = {}", stringify!($field), $field.literal()))
        ),*]
    }};
}

/// The settings that differ from the default, as assignments.
fn changed(settings: &Settings) -> Vec<Option<String>> {
    changed!(
        settings,
        heartbeat_interval election_timeout_min election_timeout_max pre_vote check_quorum
        lease_reads max_clock_drift_ppm forward_proposals max_batch_entries max_batch_bytes
        max_in_flight max_in_flight_bytes max_uncommitted_bytes max_pending_requests
        max_command_bytes snapshot_threshold snapshot_threshold_bytes trailing_entries
        snapshot_chunk_bytes max_snapshot_bytes
    )
}

/// A value as Rust writes it.
trait Literal {
    fn literal(&self) -> String;
}

impl Literal for Duration {
    fn literal(&self) -> String {
        format!("Duration::from_micros({})", number(self.as_micros() as u64))
    }
}

impl Literal for bool {
    fn literal(&self) -> String {
        self.to_string()
    }
}

impl Literal for u32 {
    fn literal(&self) -> String {
        number(u64::from(*self))
    }
}

impl Literal for u64 {
    fn literal(&self) -> String {
        number(*self)
    }
}

impl Literal for usize {
    fn literal(&self) -> String {
        number(*self as u64)
    }
}
