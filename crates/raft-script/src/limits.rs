//! A script is untrusted input. These are its limits; each is enforced with an error that names it.

use std::time::Duration;

/// The largest script, in bytes.
pub const MAX_SCRIPT_BYTES: usize = 64 << 20;
/// The longest line, in bytes. Long enough for the largest disk image.
pub const MAX_LINE_BYTES: usize = 24 << 20;
/// The most statements in a script.
pub const MAX_STATEMENTS: usize = 100_000;
/// The most nodes that a cluster begins with.
pub const MAX_NODES: u64 = raft_core::Membership::MAX_VOTERS as u64;
/// The largest number of a node, joined later or not.
pub const MAX_NODE_NUMBER: u64 = raft_sim::MAX_NODES;
/// The most entries of one message.
pub const MAX_BATCH: u64 = 1_000_000;
/// The longest duration in a script.
pub const MAX_DURATION: Duration = Duration::from_secs(24 * 3600);
/// The most entries that `disk … terms=` puts on a disk and `expect log` compares.
pub const MAX_LOG_TERMS: usize = 10_000;
/// The largest term or index that a script may name.
pub const MAX_NUMBER: u64 = 1 << 40;
/// The most steps of one `step`.
pub const MAX_STEPS: u64 = 1_000_000;
/// How much virtual time one run of a script may take.
pub const MAX_RUN_TIME: Duration = Duration::from_secs(24 * 3600);
/// How many steps the world may make in one run of a script.
pub const MAX_RUN_STEPS: u64 = 20_000_000;
/// How much may be under way at once in one run of a script: messages, disk writes, timers of
/// clients, and what waits for paused nodes. Each takes some hundred bytes.
pub const MAX_BACKLOG: usize = 250_000;
/// How long `run until` waits when the script does not say.
pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(60);
