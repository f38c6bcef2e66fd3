//! One setting of the protocol, as a person changes it on one node.

use std::time::Duration;

use raft_core::Settings;

use crate::DelayRange;

/// One of the [`Settings`], with its new value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SettingChange {
    /// `pre_vote`
    PreVote(bool),
    /// `check_quorum`
    CheckQuorum(bool),
    /// `lease_reads`
    LeaseReads(bool),
    /// `max_clock_drift_ppm`
    MaxClockDrift {
        /// Millionths.
        ppm: u32,
    },
    /// `forward_proposals`
    ForwardProposals(bool),
    /// `heartbeat_interval`
    HeartbeatInterval(Duration),
    /// `election_timeout_min` and `election_timeout_max`
    ElectionTimeout(DelayRange),
    /// `max_batch_entries`
    MaxBatchEntries(usize),
    /// `max_batch_bytes`
    MaxBatchBytes(usize),
    /// `max_in_flight`
    MaxInFlight(usize),
    /// `max_in_flight_bytes`
    MaxInFlightBytes(usize),
    /// `max_uncommitted_bytes`
    MaxUncommittedBytes(u64),
    /// `max_pending_requests`
    MaxPendingRequests(usize),
    /// `max_command_bytes`
    MaxCommandBytes(usize),
    /// `snapshot_threshold`
    SnapshotThreshold(u64),
    /// `snapshot_threshold_bytes`
    SnapshotThresholdBytes(u64),
    /// `trailing_entries`
    TrailingEntries(u64),
    /// `snapshot_chunk_bytes`
    SnapshotChunkBytes(usize),
    /// `max_snapshot_bytes`
    MaxSnapshotBytes(u64),
}

impl SettingChange {
    /// Its name in the command language.
    pub fn word(self) -> &'static str {
        match self {
            Self::PreVote(_) => "pre-vote",
            Self::CheckQuorum(_) => "check-quorum",
            Self::LeaseReads(_) => "lease",
            Self::MaxClockDrift { .. } => "drift",
            Self::ForwardProposals(_) => "forward",
            Self::HeartbeatInterval(_) => "heartbeat",
            Self::ElectionTimeout(_) => "election",
            Self::MaxBatchEntries(_) => "batch",
            Self::MaxBatchBytes(_) => "batch-bytes",
            Self::MaxInFlight(_) => "window",
            Self::MaxInFlightBytes(_) => "window-bytes",
            Self::MaxUncommittedBytes(_) => "uncommitted",
            Self::MaxPendingRequests(_) => "pending",
            Self::MaxCommandBytes(_) => "command-bytes",
            Self::SnapshotThreshold(_) => "snapshot",
            Self::SnapshotThresholdBytes(_) => "log-bytes",
            Self::TrailingEntries(_) => "trailing",
            Self::SnapshotChunkBytes(_) => "chunk",
            Self::MaxSnapshotBytes(_) => "snapshot-bytes",
        }
    }

    /// Puts the value into the settings. It may be out of bounds: [`Settings::validate`] says so.
    pub fn apply_to(self, settings: &mut Settings) {
        match self {
            Self::PreVote(is_on) => settings.pre_vote = is_on,
            Self::CheckQuorum(is_on) => settings.check_quorum = is_on,
            Self::LeaseReads(is_on) => settings.lease_reads = is_on,
            Self::MaxClockDrift { ppm } => settings.max_clock_drift_ppm = ppm,
            Self::ForwardProposals(is_on) => settings.forward_proposals = is_on,
            Self::HeartbeatInterval(interval) => settings.heartbeat_interval = interval,
            Self::ElectionTimeout(DelayRange { min, max }) => {
                (settings.election_timeout_min, settings.election_timeout_max) = (min, max);
            }
            Self::MaxBatchEntries(most) => settings.max_batch_entries = most,
            Self::MaxBatchBytes(most) => settings.max_batch_bytes = most,
            Self::MaxInFlight(most) => settings.max_in_flight = most,
            Self::MaxInFlightBytes(most) => settings.max_in_flight_bytes = most,
            Self::MaxUncommittedBytes(most) => settings.max_uncommitted_bytes = most,
            Self::MaxPendingRequests(most) => settings.max_pending_requests = most,
            Self::MaxCommandBytes(most) => settings.max_command_bytes = most,
            Self::SnapshotThreshold(entries) => settings.snapshot_threshold = entries,
            Self::SnapshotThresholdBytes(bytes) => settings.snapshot_threshold_bytes = bytes,
            Self::TrailingEntries(most) => settings.trailing_entries = most,
            Self::SnapshotChunkBytes(most) => settings.snapshot_chunk_bytes = most,
            Self::MaxSnapshotBytes(most) => settings.max_snapshot_bytes = most,
        }
    }

    /// The settings that differ, with their values in `to`.
    pub fn between(from: &Settings, to: &Settings) -> Vec<Self> {
        let differs = |change: &Self| {
            let mut changed = from.clone();
            change.apply_to(&mut changed);
            changed != *from
        };
        Self::all(to).into_iter().filter(differs).collect()
    }

    /// Every setting, with its value. A field that is missing here does not compile.
    fn all(settings: &Settings) -> [Self; 19] {
        let Settings {
            heartbeat_interval,
            election_timeout_min: min,
            election_timeout_max: max,
            pre_vote,
            check_quorum,
            lease_reads,
            max_clock_drift_ppm,
            forward_proposals,
            max_batch_entries,
            max_batch_bytes,
            max_in_flight,
            max_in_flight_bytes,
            max_uncommitted_bytes,
            max_pending_requests,
            max_command_bytes,
            snapshot_threshold,
            snapshot_threshold_bytes,
            trailing_entries,
            snapshot_chunk_bytes,
            max_snapshot_bytes,
        } = settings.clone();
        [
            Self::PreVote(pre_vote),
            Self::CheckQuorum(check_quorum),
            Self::LeaseReads(lease_reads),
            Self::MaxClockDrift { ppm: max_clock_drift_ppm },
            Self::ForwardProposals(forward_proposals),
            Self::HeartbeatInterval(heartbeat_interval),
            Self::ElectionTimeout(DelayRange { min, max }),
            Self::MaxBatchEntries(max_batch_entries),
            Self::MaxBatchBytes(max_batch_bytes),
            Self::MaxInFlight(max_in_flight),
            Self::MaxInFlightBytes(max_in_flight_bytes),
            Self::MaxUncommittedBytes(max_uncommitted_bytes),
            Self::MaxPendingRequests(max_pending_requests),
            Self::MaxCommandBytes(max_command_bytes),
            Self::SnapshotThreshold(snapshot_threshold),
            Self::SnapshotThresholdBytes(snapshot_threshold_bytes),
            Self::TrailingEntries(trailing_entries),
            Self::SnapshotChunkBytes(snapshot_chunk_bytes),
            Self::MaxSnapshotBytes(max_snapshot_bytes),
        ]
    }
}
