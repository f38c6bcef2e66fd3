//! What a node measures, for Prometheus.
//!
//! Names end as etcd's do where both measure the same: `helios_server_has_leader`,
//! `helios_disk_wal_fsync_duration_seconds`. What only grows ends in `_total`, and nothing else
//! does.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use raft_core::{RoleKind, Status};

use crate::Published;

/// The counters, gauges and histograms of a node. Cloning is cheap, and clones count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    of: Arc<Measured>,
    wal_fsync: Histogram,
    snapshot_save: Histogram,
}

/// A peer.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(crate) struct ToPeer {
    pub(crate) to: u64,
}

/// Why something was refused.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(crate) struct Why {
    pub(crate) reason: &'static str,
}

/// How a peer is sent entries.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct LagLabels {
    to: u64,
    /// `replicate`, `probe` or `snapshot`.
    why: &'static str,
}

#[derive(Debug, Default)]
struct Measured {
    has_leader: Gauge,
    is_leader: Gauge,
    is_learner: Gauge,
    term: Gauge,
    leader_changes: Counter,
    commit_index: Gauge,
    applied_index: Gauge,
    proposals_pending: Gauge,
    proposals_failed: Family<Why, Counter>,
    entries_applied: Counter,
    bytes_cut: Counter,
    disk_full: Gauge,
    peer_sent_bytes: Family<ToPeer, Counter>,
    peer_dropped: Family<ToPeer, Counter>,
    peer_connected: Family<ToPeer, Gauge>,
    frames_refused: Family<Why, Counter>,
    peer_lag: Family<LagLabels, Gauge>,
    keys: Gauge,
    revision: Gauge,
    compacted_revision: Gauge,
    store_bytes: Gauge,
    leases: Gauge,
    sessions: Gauge,
    certificate_expires: Gauge<f64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            of: Arc::default(),
            // From 64 µs to about 4 s.
            wal_fsync: Histogram::new(exponential_buckets(0.000_064, 2.0, 17)),
            // From 1 ms to about 2 minutes.
            snapshot_save: Histogram::new(exponential_buckets(0.001, 2.0, 17)),
        }
    }
}

impl Metrics {
    /// Everything, as text in the format of OpenMetrics. `status` is the state of the core.
    pub fn text(&self, published: &Published, status: Option<&Status>) -> String {
        self.look(published, status);
        let mut registry = Registry::with_prefix("helios");
        self.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry)
            .expect("a string takes any text");
        text
    }

    pub(crate) fn fsync(&self, took: Duration) {
        self.wal_fsync.observe(took.as_secs_f64());
    }

    pub(crate) fn snapshot_saved(&self, took: Duration) {
        self.snapshot_save.observe(took.as_secs_f64());
    }

    pub(crate) fn cut_off(&self, bytes: u64) {
        self.of.bytes_cut.inc_by(bytes);
    }

    pub(crate) fn disk_is_full(&self, is_full: bool) {
        self.of.disk_full.set(i64::from(is_full));
    }

    pub(crate) fn applied(&self, entries: u64) {
        self.of.entries_applied.inc_by(entries);
    }

    pub(crate) fn leader_changed(&self) {
        self.of.leader_changes.inc();
    }

    pub(crate) fn proposal_began(&self) {
        self.of.proposals_pending.inc();
    }

    pub(crate) fn proposal_ended(&self, failed: Option<&'static str>) {
        self.of.proposals_pending.dec();
        if let Some(reason) = failed {
            self.of.proposals_failed.get_or_create(&Why { reason }).inc();
        }
    }

    pub(crate) fn sent(&self, to: u64, bytes: u64) {
        self.of.peer_sent_bytes.get_or_create(&ToPeer { to }).inc_by(bytes);
    }

    pub(crate) fn dropped(&self, to: u64, messages: u64) {
        self.of.peer_dropped.get_or_create(&ToPeer { to }).inc_by(messages);
    }

    pub(crate) fn connected(&self, to: u64, is_connected: bool) {
        self.of.peer_connected.get_or_create(&ToPeer { to }).set(i64::from(is_connected));
    }

    pub(crate) fn is_disk_full(&self) -> bool {
        self.of.disk_full.get() == 1
    }

    pub(crate) fn is_connected(&self, to: u64) -> bool {
        self.of.peer_connected.get(&ToPeer { to }).is_some_and(|gauge| gauge.get() == 1)
    }

    pub(crate) fn refused(&self, reason: &'static str) {
        self.of.frames_refused.get_or_create(&Why { reason }).inc();
    }

    pub(crate) fn certificate_expires(&self, seconds: i64) {
        self.of.certificate_expires.set(seconds as f64);
    }

    /// Takes what is looked at rather than counted.
    fn look(&self, published: &Published, status: Option<&Status>) {
        let (of, store) = (&*self.of, &published.store);
        let gauge = |gauge: &Gauge, value: u64| {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        gauge(&of.has_leader, u64::from(published.leader.is_some()));
        gauge(&of.is_leader, u64::from(published.role == RoleKind::Leader));
        gauge(&of.term, published.term.0);
        gauge(&of.commit_index, published.commit_index.0);
        gauge(&of.applied_index, published.applied.0);
        gauge(&of.keys, store.len() as u64);
        gauge(&of.store_bytes, store.size().total);
        gauge(&of.leases, store.leases().count() as u64);
        gauge(&of.sessions, store.sessions() as u64);
        of.revision.set(store.revision());
        of.compacted_revision.set(store.compacted_revision());
        of.peer_lag.clear();
        let Some(status) = status else { return };
        gauge(&of.is_learner, u64::from(published.membership.is_learner(status.id)));
        for peer in &status.peers {
            let why = match peer.state {
                raft_core::ProgressKind::Probe => "probe",
                raft_core::ProgressKind::Replicate => "replicate",
                raft_core::ProgressKind::Snapshot { .. } => "snapshot",
            };
            let lag = status.last_log.index.0.saturating_sub(peer.match_index.0);
            gauge(&of.peer_lag.get_or_create(&LagLabels { to: peer.id.0, why }), lag);
        }
    }

    fn register(&self, registry: &mut Registry) {
        let of = &*self.of;
        let server = registry.sub_registry_with_prefix("server");
        let mut gauge = |name: &str, help: &str, gauge: &Gauge| {
            server.register(name, help, gauge.clone());
        };
        gauge("has_leader", "1 if a leader is known", &of.has_leader);
        gauge("is_leader", "1 if this node leads", &of.is_leader);
        gauge("is_learner", "1 if this node is a learner", &of.is_learner);
        gauge("term", "The term", &of.term);
        gauge("commit_index", "The last entry known to be committed", &of.commit_index);
        gauge("applied_index", "The last entry applied", &of.applied_index);
        gauge("proposals_pending", "Requests that wait for their answer", &of.proposals_pending);
        server.register(
            "leader_changes_seen",
            "How often another leader was seen",
            of.leader_changes.clone(),
        );
        server.register(
            "proposals_failed",
            "Requests that were not carried out, by reason",
            of.proposals_failed.clone(),
        );
        server.register("entries_applied", "Entries applied", of.entries_applied.clone());
        server.register_with_unit(
            "certificate_expires_timestamp",
            "When the certificate of this node expires, since 1970",
            Unit::Seconds,
            of.certificate_expires.clone(),
        );
        self.register_disk(registry);
        self.register_network(registry);
        let mvcc = registry.sub_registry_with_prefix("mvcc");
        let mut gauge = |name: &str, help: &str, gauge: &Gauge| {
            mvcc.register(name, help, gauge.clone());
        };
        gauge("keys", "Keys", &of.keys);
        gauge("current_revision", "The revision", &of.revision);
        gauge(
            "compact_revision",
            "The revision up to which the past is gone",
            &of.compacted_revision,
        );
        gauge("db_size_in_bytes", "The bytes of keys, values and their past", &of.store_bytes);
        gauge("leases", "Leases", &of.leases);
        gauge("sessions", "Sessions of clients", &of.sessions);
    }

    fn register_disk(&self, registry: &mut Registry) {
        let of = &*self.of;
        let disk = registry.sub_registry_with_prefix("disk");
        for (name, help, histogram) in [
            ("wal_fsync_duration", "The time of a flush of the log", &self.wal_fsync),
            ("snapshot_save_duration", "The time to store a snapshot", &self.snapshot_save),
        ] {
            disk.register_with_unit(name, help, Unit::Seconds, histogram.clone());
        }
        disk.register_with_unit(
            "recovery_cut",
            "What was cut off from the end of the log at starts, because it was torn",
            Unit::Bytes,
            of.bytes_cut.clone(),
        );
        disk.register("full", "1 while writes wait for room on the disk", of.disk_full.clone());
    }

    fn register_network(&self, registry: &mut Registry) {
        let of = &*self.of;
        let network = registry.sub_registry_with_prefix("network");
        network.register_with_unit(
            "peer_sent",
            "Sent to each peer",
            Unit::Bytes,
            of.peer_sent_bytes.clone(),
        );
        network.register(
            "peer_dropped_messages",
            "Messages to each peer that were dropped because too many waited",
            of.peer_dropped.clone(),
        );
        network.register(
            "peer_connected",
            "1 if the stream to a peer is open",
            of.peer_connected.clone(),
        );
        network.register(
            "frames_refused",
            "Frames of peers that were refused, by reason",
            of.frames_refused.clone(),
        );
        network.register(
            "peer_lag_entries",
            "Entries that a peer lacks, and how it is sent them; only a leader knows",
            of.peer_lag.clone(),
        );
    }
}
