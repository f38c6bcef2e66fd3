//! Durable labs: their disks in IndexedDB, one tab at a time.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use gloo_timers::future::sleep;
use raft_core::NodeId;
use raft_sim::Setup;
use raft_storage::{Records, WriteBatch};
use raft_storage_idb::{
    Database, IdbError, LockError, OwnerLock, StorageReport, mark_initialized, persist_storage,
    storage_report, was_initialized,
};
use wasm_bindgen_futures::spawn_local;

use crate::mirror::{Backend, Done, Lost, every_record};
use crate::{
    CLUSTER_KEY, ConsoleKind, EARLIER_RUNS_KEY, Lab, Mirror, RUN_KEY, RecoveryReport, cluster_line,
    earlier_runs, earlier_runs_as_bytes, next_run,
};

/// A durable lab that is open.
#[derive(Debug)]
pub struct Opened {
    /// The lab; paused.
    pub lab: Lab,
    /// The contents of its disks; `None` if all were empty.
    pub recovered: Option<RecoveryReport>,
    /// Warnings in words: the browser may delete the lab, or has deleted it.
    pub warnings: Vec<String>,
}

/// Why a durable lab cannot be opened, in words. A lab in memory always can.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// Another tab has it open.
    #[error("{}", LockError::HeldElsewhere)]
    HeldElsewhere,
    /// The browser's storage cannot be used.
    #[error("{0}")]
    Storage(String),
    /// The stored lab cannot be understood. It can be wiped.
    #[error("{0}")]
    Unreadable(String),
    /// A setting is out of bounds.
    #[error("{0}")]
    Setup(String),
}

/// The page before this one may release its lock a moment after this page asks for it.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// The used share of the quota, in percent, from which a warning is shown.
const NEARLY_FULL: u64 = 80;

impl Lab {
    /// Opens the durable lab of this name: what it has stored, or a new one with this setup.
    ///
    /// Dropping the lab closes it: the writes issued by then are still stored, then the lock is
    /// released. A tab that crashes loses nothing that the page has shown.
    ///
    /// # Errors
    /// When another tab has it, the browser stores nothing for this page, or the stored lab cannot
    /// be understood. A damaged disk is no error: its node refuses to start, and the report says
    /// why.
    pub async fn open(name: &str, setup_for_new: Setup) -> Result<Opened, OpenError> {
        let lock = own(name).await?;
        let database = Database::open(name).await?;
        let disks = database.load().await?;
        let mut warnings = Vec::new();
        let stored_line = database.info(CLUSTER_KEY).await?;
        let is_new = stored_line.is_none();
        let setup = match stored_line {
            Some(line) => next_run(&line, disks).map_err(OpenError::unreadable)?,
            None if disks.is_empty() => {
                if was_initialized(name) {
                    warnings.push(EVICTED.to_owned());
                }
                setup_for_new
            }
            None => {
                return Err(OpenError::unreadable("it has disks, but no settings of a cluster"));
            }
        };
        setup.validate().map_err(|error| OpenError::Setup(error.to_string()))?;
        let earlier =
            earlier_runs(database.info(EARLIER_RUNS_KEY).await?, database.info(RUN_KEY).await?);
        // Before the first event: the next run would use the same session ids as a run that is not
        // counted.
        let infos = vec![(CLUSTER_KEY.to_owned(), cluster_line(&setup))];
        let given = if is_new { whole_disks(&setup) } else { Vec::new() };
        database.commit(given, infos).await?;
        // Without room for them, the lab opens all the same.
        let runs = vec![
            (EARLIER_RUNS_KEY.to_owned(), earlier_runs_as_bytes(&earlier)),
            (RUN_KEY.to_owned(), Vec::new()),
        ];
        if let Err(error) = database.put_apart(runs).await {
            warnings.push(format!("The browser does not keep the earlier runs: {error}."));
        }
        let (report, is_marked) = (storage_report().await, mark_initialized(name));
        warnings.extend(warnings_about(&report, is_marked));
        let recovered = if is_new { None } else { RecoveryReport::of(&setup) };
        let mirror = Mirror::new(Rc::new(IndexedDb { database, _lock: lock }));
        let mut lab =
            Self::mirrored(setup, mirror).map_err(|error| OpenError::Setup(error.to_string()))?;
        lab.set_earlier_runs(earlier);
        if !report.is_persistent {
            lab.say(ConsoleKind::Info, NOT_PERSISTENT);
            // Not awaited: some browsers ask the user.
            spawn_local(async {
                let _is_promised = persist_storage().await;
            });
        }
        Ok(Opened { lab, recovered, warnings })
    }

    /// Deletes the durable lab of this name. Drop it first if this page has it open.
    ///
    /// # Errors
    /// When another tab has it, or the browser does not delete it.
    pub async fn wipe(name: &str) -> Result<(), OpenError> {
        let _lock = own(name).await?;
        Ok(Database::wipe(name).await?)
    }
}

const EVICTED: &str = "The browser has deleted the stored lab. It may do so when disk space is \
    short, or when site data are cleared. This is a new, empty lab.";

const UNMARKED: &str = "The browser does not let the page keep a marker (a private window?). It \
    may delete this lab when the window is closed, and the next visit would not notice.";
const NOT_PERSISTENT: &str = "The browser may delete this lab when disk space is short: it has not \
    promised to keep it.";

async fn own(name: &str) -> Result<OwnerLock, OpenError> {
    for _ in 1..LOCK_TRIES {
        let lock = OwnerLock::acquire(name).await;
        if !matches!(lock, Err(LockError::HeldElsewhere)) {
            return Ok(lock?);
        }
        sleep(LOCK_PAUSE).await;
    }
    Ok(OwnerLock::acquire(name).await?)
}

/// The setup's disks, as batches that write every record.
fn whole_disks(setup: &Setup) -> Vec<(NodeId, WriteBatch)> {
    let batch = |records: &Records| WriteBatch { writes: every_record(records).collect() };
    setup.disks.iter().map(|(node, records)| (*node, batch(records))).collect()
}

fn warnings_about(report: &StorageReport, is_marked: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    if !is_marked {
        warnings.push(UNMARKED.to_owned());
    }
    if let (Some(usage), Some(quota)) = (report.usage_bytes, report.quota_bytes)
        && usage.saturating_mul(100) > quota.saturating_mul(NEARLY_FULL)
    {
        let (usage, quota) = (usage >> 20, quota >> 20);
        warnings.push(format!(
            "The storage for this site is nearly full: {usage} of {quota} MiB are in use."
        ));
    }
    warnings
}

/// A lab's database and its lock. Both are released after the last write.
struct IndexedDb {
    database: Database,
    _lock: OwnerLock,
}

impl Backend for IndexedDb {
    fn commit(&self, batches: Vec<(NodeId, WriteBatch)>, done: Done) {
        // The transaction begins here; the task only awaits its end.
        let stored = self.database.commit(batches, Vec::new());
        spawn_local(async move {
            done(stored.await.map_err(|error| error.to_string()));
        });
    }

    fn keep(&self, branches: Vec<u8>) {
        let stored = self.database.put_apart(vec![(RUN_KEY.to_owned(), branches)]);
        spawn_local(async move {
            // What was kept last is still there, and the run is kept again later.
            let _ = stored.await;
        });
    }

    fn watch(&self, lost: Lost) {
        self.database.on_lost(move |error| lost(error.to_string()));
    }
}

impl OpenError {
    fn unreadable(words: impl fmt::Display) -> Self {
        Self::Unreadable(format!("its contents cannot be understood: {words}"))
    }
}

impl From<LockError> for OpenError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::HeldElsewhere => Self::HeldElsewhere,
            LockError::Unsupported | LockError::Refused { .. } => Self::Storage(error.to_string()),
        }
    }
}

impl From<IdbError> for OpenError {
    fn from(error: IdbError) -> Self {
        let is_unreadable = matches!(error, IdbError::Foreign { .. });
        let words = error.to_string();
        if is_unreadable { Self::Unreadable(words) } else { Self::Storage(words) }
    }
}
