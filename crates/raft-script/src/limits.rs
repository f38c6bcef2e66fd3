//! The limits of a script, which is untrusted input. An error names the limit that is exceeded.

use std::time::Duration;

/// The largest script, in bytes.
pub const MAX_SCRIPT_BYTES: usize = 64 << 20;
/// The longest line, in bytes. Long enough for the largest disk image.
pub const MAX_LINE_BYTES: usize = 24 << 20;
/// The most statements in a script.
pub const MAX_STATEMENTS: usize = 100_000;
/// The most nodes that a cluster begins with.
pub const MAX_NODES: u64 = raft_core::Membership::MAX_VOTERS as u64;
/// The largest number of a node, also of one that joins later.
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
/// The most scenes of a lesson.
pub const MAX_SCENES: usize = 100;
/// The longest text in quotes of a statement of lessons, in bytes.
pub const MAX_LESSON_WORDS: usize = 600;
/// The longest run of a script, in virtual time.
pub const MAX_RUN_TIME: Duration = Duration::from_secs(24 * 3600);
/// The most steps of the world in one run of a script.
pub const MAX_RUN_STEPS: u64 = 20_000_000;
/// The most items in progress at once in one run of a script: messages, disk writes, timers of
/// clients, and inputs of paused nodes. Each takes some hundred bytes.
pub const MAX_BACKLOG: usize = 250_000;
/// The most bytes of uncommitted entries that a leader accepts in a script: 1 GiB.
pub const MAX_UNCOMMITTED_BYTES: u64 = 1 << 30;
/// The most bytes that the logs, the disks and the messages of a script's run hold together, as
/// [`World::held_bytes`](raft_sim::World::held_bytes) counts them: 1 GiB.
pub const MAX_HELD_BYTES: u64 = 1 << 30;
/// The most steps of the branches that are kept as data and computed again.
pub const MAX_KEPT_STEPS: u64 = 100_000_000;
/// The most conditions that `and` joins.
pub const MAX_CONDITIONS: usize = 8;
/// The longest wait of `run until` without `within`.
pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(60);
