//! One setting of the protocol, as a person changes it on one node.

use std::time::Duration;

use raft_core::Settings;

use crate::DelayRange;

/// Everything about a setting is in its row: the variant and its value, the word of the command
/// language, and the field of [`Settings`].
macro_rules! setting_changes {
    ($($variant:ident($value:ty): $word:literal => $field:ident,)+) => {
        /// One of the [`Settings`], with its new value.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum SettingChange {
            /// `election_timeout_min` and `election_timeout_max`
            ElectionTimeout(DelayRange),
            $(#[doc = concat!("`", stringify!($field), "`")] $variant($value),)+
        }

        impl SettingChange {
            /// Its name in the command language.
            pub fn word(self) -> &'static str {
                match self {
                    Self::ElectionTimeout(_) => "election",
                    $(Self::$variant(_) => $word,)+
                }
            }

            /// Puts the value into the settings. It may be out of bounds:
            /// [`Settings::validate`] says so.
            pub fn apply_to(self, settings: &mut Settings) {
                match self {
                    Self::ElectionTimeout(DelayRange { min, max }) => {
                        settings.election_timeout_min = min;
                        settings.election_timeout_max = max;
                    }
                    $(Self::$variant(value) => settings.$field = value,)+
                }
            }

            /// Every setting, with its value. A field without a row does not compile.
            fn all(settings: &Settings) -> Vec<Self> {
                let Settings {
                    election_timeout_min: min,
                    election_timeout_max: max,
                    $($field,)+
                } = settings.clone();
                vec![
                    Self::ElectionTimeout(DelayRange { min, max }),
                    $(Self::$variant($field),)+
                ]
            }
        }
    };
}

setting_changes! {
    PreVote(bool): "pre-vote" => pre_vote,
    CheckQuorum(bool): "check-quorum" => check_quorum,
    LeaseReads(bool): "lease" => lease_reads,
    MaxClockDriftPpm(u32): "drift" => max_clock_drift_ppm,
    ForwardProposals(bool): "forward" => forward_proposals,
    HeartbeatInterval(Duration): "heartbeat" => heartbeat_interval,
    MaxBatchEntries(usize): "batch" => max_batch_entries,
    MaxBatchBytes(usize): "batch-bytes" => max_batch_bytes,
    MaxInFlight(usize): "window" => max_in_flight,
    MaxInFlightBytes(usize): "window-bytes" => max_in_flight_bytes,
    MaxUncommittedBytes(u64): "uncommitted" => max_uncommitted_bytes,
    MaxPendingRequests(usize): "pending" => max_pending_requests,
    MaxCommandBytes(usize): "command-bytes" => max_command_bytes,
    SnapshotThreshold(u64): "snapshot" => snapshot_threshold,
    SnapshotThresholdBytes(u64): "log-bytes" => snapshot_threshold_bytes,
    TrailingEntries(u64): "trailing" => trailing_entries,
    SnapshotChunkBytes(usize): "chunk" => snapshot_chunk_bytes,
    MaxSnapshotBytes(u64): "snapshot-bytes" => max_snapshot_bytes,
}

impl SettingChange {
    /// The settings that differ, with their values in `to`.
    pub fn between(from: &Settings, to: &Settings) -> Vec<Self> {
        let differs = |change: &Self| {
            let mut changed = from.clone();
            change.apply_to(&mut changed);
            changed != *from
        };
        Self::all(to).into_iter().filter(differs).collect()
    }
}
