//! What both benchmark programs share: a load, a closed loop that puts it on a cluster, and the
//! cluster of this core in one thread ([`Cluster`]).
//!
//! Everything happens in memory and in one thread, and the clock stands still while it is measured:
//! what is left is the work of the protocol, of the driver, and of keeping logs. Nobody can skip
//! work: every server stores what it is asked to store and applies every command, and what was
//! applied is compared at the end.

mod cluster;
mod table;

use std::time::{Duration, Instant};

pub(crate) use cluster::Cluster;
pub(crate) use table::{Table, grouped};

/// How a cluster is loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Servers.
    pub(crate) nodes: usize,
    /// Proposals that wait for their outcome at any time: the loop is closed.
    pub(crate) in_flight: u64,
    /// Bytes in each command.
    pub(crate) payload: usize,
}

/// The loads that both programs measure.
pub(crate) fn loads() -> impl Iterator<Item = Load> {
    let loads = |nodes| {
        [1, 16, 64, 256].into_iter().flat_map(move |in_flight| {
            [16, 128, 1024].into_iter().map(move |payload| Load { nodes, in_flight, payload })
        })
    };
    [1, 3, 5].into_iter().flat_map(loads)
}

/// The state machine: how many commands were applied, and a number in which their order, their
/// lengths and their first bytes went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Applied {
    pub(crate) count: u64,
    checksum: u64,
}

impl Applied {
    pub(crate) fn apply(&mut self, command: &[u8]) {
        let first = command.first().copied().unwrap_or_default();
        self.count += 1;
        self.checksum =
            self.checksum.rotate_left(7) ^ ((command.len() as u64) << 8 | u64::from(first));
    }

    /// The state, as a snapshot holds it.
    pub(crate) fn encode(&self) -> [u8; 16] {
        (u128::from(self.count) << 64 | u128::from(self.checksum)).to_le_bytes()
    }
}

/// A cluster in one thread whose first server leads.
pub(crate) trait ClosedLoop {
    /// Proposes and commits this many commands; there are never more than `load.in_flight` without
    /// an outcome. The outcome is there when the leader has applied the command.
    fn commit(&mut self, load: Load, commits: u64);

    /// Lets every server learn of every commit, and says what each has applied.
    fn finish(&mut self) -> Vec<Applied>;
}

/// Writes the commands: all of one length, and the first byte counts.
#[derive(Debug, Default)]
pub(crate) struct Commands {
    bytes: Vec<u8>,
}

impl Commands {
    /// The next command. The caller copies it once, as clients hand over owned bytes.
    pub(crate) fn next(&mut self, length: usize) -> &[u8] {
        self.bytes.resize(length, 0);
        if let Some(first) = self.bytes.first_mut() {
            *first = first.wrapping_add(1);
        }
        &self.bytes
    }
}

/// How long a measurement takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length {
    Commits(u64),
    /// At least so long. What is compared should take equally long: of rounds that other programs
    /// disturb, the shorter ones would be spared more often.
    Time(Duration),
}

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) commits_per_second: f64,
    /// What every server has applied.
    pub(crate) applied: Applied,
}

/// Starts a cluster, warms it up, and measures. The clock stops when every server has applied
/// everything.
///
/// # Panics
/// If the servers have not all applied the same, or not all of it.
pub(crate) fn measure<C: ClosedLoop>(
    load: Load,
    length: Length,
    start: impl FnOnce(usize) -> C,
) -> Measured {
    let mut cluster = start(load.nodes);
    let piece = 16 * load.in_flight;
    cluster.commit(load, piece);
    let began = Instant::now();
    let mut commits = 0;
    match length {
        Length::Commits(count) => {
            cluster.commit(load, count);
            commits = count;
        }
        Length::Time(time) => {
            while commits == 0 || began.elapsed() < time {
                cluster.commit(load, piece);
                commits += piece;
            }
        }
    }
    let applied = cluster.finish();
    let elapsed = began.elapsed();
    assert_eq!(applied.len(), load.nodes);
    assert!(applied.iter().all(|each| *each == applied[0]), "servers differ: {applied:?}");
    assert_eq!(applied[0].count, piece + commits, "commands are missing, or came twice");
    Measured { commits_per_second: per_second(commits, elapsed), applied: applied[0] }
}

/// How many in a second.
pub(crate) fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}
