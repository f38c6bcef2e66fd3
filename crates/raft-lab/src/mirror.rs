//! The durable mirror: a copy of every simulated disk in the browser's database.
//!
//! The changes of all disks go to the back end in one order: that in which they happened. One
//! transaction is under way at a time, and the next one has all changes since (group commit). No
//! transaction follows a failed one: a failure is final. The database therefore always holds the
//! disks of one moment of the run, as a loss of all power at that moment would leave them if every
//! write that was under way then were kept.
//!
//! The mirror holds nothing up. Its lab lets no time pass and shows nothing new while the database
//! is behind, so the database's moment is never before the one that a person sees.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use raft_core::{NodeId, PersistId};
use raft_sim::{DiskEvent, EventKind, ProcessEvent};
use raft_storage::{Records, Write, WriteBatch};

/// A back end calls it when a transaction is over; the error is in words.
pub type Done = Box<dyn FnOnce(Result<(), String>)>;
/// A back end calls it when it can store nothing more; with the reason in words.
pub type Lost = Box<dyn Fn(String)>;
/// Called whenever a transaction is over.
pub type Wake = Rc<dyn Fn()>;

/// A database for the disks of a cluster.
pub trait Backend {
    /// Begins one transaction with all of these batches, in order. Calls `done` once: when all are
    /// on stable storage, or when none will be.
    fn commit(&self, batches: Vec<(NodeId, WriteBatch)>, done: Done);

    /// Calls `lost` when the back end can store nothing more while no transaction is under way.
    /// Back ends that cannot detect this may ignore it.
    fn watch(&self, lost: Lost) {
        drop(lost);
    }

    /// Keeps the branches of the lab as data, for the next opening, in place of those that it kept
    /// before, in the order of the transactions. A failure is one of the database.
    fn keep(&self, branches: Vec<u8>) {
        drop(branches);
    }
}

/// Everything on a node's disk.
pub(crate) struct WholeDisk {
    pub(crate) node: NodeId,
    /// Erases the disk and puts its durable records.
    pub(crate) batch: Arc<WriteBatch>,
    /// The unfinished writes, in order.
    pub(crate) pending: Vec<(PersistId, Arc<WriteBatch>)>,
}

/// The writes that put every record of a disk.
pub(crate) fn every_record(records: &Records) -> impl Iterator<Item = Write> {
    records.iter().map(|(key, record)| Write::Put { key, record: record.clone() })
}

/// The writes of one cluster on their way to a back end.
pub struct Mirror {
    writes: Rc<RefCell<WriteQueue>>,
    /// Per node: the writes that its simulated disk has not finished, in order. Damage is done to
    /// the disk before them.
    unfinished: BTreeMap<NodeId, VecDeque<Unfinished>>,
}

/// A write that its simulated disk has not finished.
struct Unfinished {
    id: PersistId,
    batch: Arc<WriteBatch>,
}

/// Counts the changes of the disks in their order, from 1; 0 is before the first.
pub(crate) type BatchNumber = u64;

/// The writes that are not stored yet. A transaction under way shares it with the mirror, and keeps
/// it alive when the mirror is dropped.
struct WriteQueue {
    backend: Rc<dyn Backend>,
    queue: Vec<(NodeId, Arc<WriteBatch>)>,
    /// The last change so far.
    issued: BatchNumber,
    /// The last change in the database.
    stored: BatchNumber,
    is_busy: bool,
    failure: Option<Rc<str>>,
    wake: Option<Wake>,
}

impl Mirror {
    /// The mirror of a cluster whose disks hold what the back end holds.
    pub fn new(backend: Rc<dyn Backend>) -> Self {
        let writes = WriteQueue {
            backend,
            queue: Vec::new(),
            issued: 0,
            stored: 0,
            is_busy: false,
            failure: None,
            wake: None,
        };
        let backend = writes.backend.clone();
        let writes = Rc::new(RefCell::new(writes));
        // Weak: the queue owns the back end, which owns this callback.
        let watched = Rc::downgrade(&writes);
        backend.watch(Box::new(move |words| {
            if let Some(writes) = watched.upgrade() {
                writes.borrow_mut().fail(words);
                wake(&writes);
            }
        }));
        Self { writes, unfinished: BTreeMap::new() }
    }

    /// Calls `wake` when a transaction is over: time may pass again.
    pub fn on_progress(&mut self, wake: Option<Wake>) {
        self.writes.borrow_mut().wake = wake;
    }

    /// Takes an event of the world into account. To be called with every event, in order.
    pub fn observe(&mut self, kind: &EventKind) {
        match kind {
            EventKind::Disk { node, event } => self.observe_disk(*node, event),
            EventKind::Process { node, event: ProcessEvent::Crashed } => {
                self.unfinished.remove(node);
            }
            EventKind::Core { .. }
            | EventKind::StateMachine { .. }
            | EventKind::Process { .. }
            | EventKind::Message { .. }
            | EventKind::Network(_)
            | EventKind::Client { .. }
            | EventKind::Cluster(_)
            | EventKind::Acted { .. } => {}
        }
    }

    fn observe_disk(&mut self, node: NodeId, event: &DiskEvent) {
        match event {
            DiskEvent::WriteIssued { id, batch } => {
                self.writes.borrow_mut().push(node, batch.clone());
                let unfinished = Unfinished { id: *id, batch: batch.clone() };
                self.unfinished.entry(node).or_default().push_back(unfinished);
            }
            DiskEvent::WriteDurable { id } => {
                let finished = self.unfinished.entry(node).or_default().pop_front();
                assert!(
                    finished.is_some_and(|first| first.id == *id),
                    "node {node} finished write {} out of order",
                    id.0
                );
            }
            DiskEvent::WriteFailed { id, .. } => {
                self.unfinished.entry(node).or_default().retain(|write| write.id != *id);
            }
            DiskEvent::WritesLost { undo: change, .. }
            | DiskEvent::Damaged { batch: change, .. }
            | DiskEvent::Renewed { batch: change }
            | DiskEvent::FilesChanged { batch: change } => self.overwrite(node, change),
            DiskEvent::WriteTorn { .. } | DiskEvent::Changed { .. } => {}
        }
    }

    /// Changes a node's records in the database without a write of the node. The node's unfinished
    /// writes reach the simulated disk after the change, so they are stored again after it.
    fn overwrite(&mut self, node: NodeId, change: &Arc<WriteBatch>) {
        let mut writes = self.writes.borrow_mut();
        writes.push(node, change.clone());
        for write in self.unfinished.get(&node).into_iter().flatten() {
            writes.push(node, write.batch.clone());
        }
    }

    /// Replaces the disks by those of another branch; one transaction stores them.
    pub(crate) fn replace(&mut self, disks: Vec<WholeDisk>) {
        self.unfinished.clear();
        let mut writes = self.writes.borrow_mut();
        for WholeDisk { node, batch, pending } in disks {
            writes.push(node, batch);
            for (id, batch) in pending {
                writes.push(node, batch.clone());
                self.unfinished.entry(node).or_default().push_back(Unfinished { id, batch });
            }
        }
    }

    /// Has the back end keep the branches of the lab.
    pub(crate) fn keep(&self, branches: Vec<u8>) {
        let backend = self.writes.borrow().backend.clone();
        backend.keep(branches);
    }

    /// Sends the changes to the back end, now or when the transaction under way is over.
    pub fn flush(&self) {
        start(&self.writes);
    }

    /// The number of changes that the back end has not stored yet.
    pub fn unsaved(&self) -> u64 {
        let writes = self.writes.borrow();
        writes.issued - writes.stored
    }

    /// The last change so far.
    pub(crate) fn issued(&self) -> BatchNumber {
        self.writes.borrow().issued
    }

    /// The last change that the back end has stored, and all before it.
    pub(crate) fn stored(&self) -> BatchNumber {
        self.writes.borrow().stored
    }

    /// Why nothing is stored any more; `None` while writes are stored.
    pub fn failure(&self) -> Option<Rc<str>> {
        self.writes.borrow().failure.clone()
    }
}

impl fmt::Debug for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let writes = self.writes.borrow();
        f.debug_struct("Mirror")
            .field("issued", &writes.issued)
            .field("stored", &writes.stored)
            .field("failure", &writes.failure)
            .finish_non_exhaustive()
    }
}

impl WriteQueue {
    fn push(&mut self, node: NodeId, batch: Arc<WriteBatch>) {
        self.issued += 1;
        self.queue.push((node, batch));
    }

    /// The first failure is final.
    fn fail(&mut self, words: String) {
        self.failure.get_or_insert_with(|| words.into());
        self.queue.clear();
    }
}

/// Begins the next transaction, unless the queue is empty or a transaction is under way.
fn start(writes: &Rc<RefCell<WriteQueue>>) {
    let (backend, batches, through) = {
        let mut writes = writes.borrow_mut();
        if writes.is_busy || writes.queue.is_empty() || writes.failure.is_some() {
            return;
        }
        writes.is_busy = true;
        let queue = std::mem::take(&mut writes.queue);
        let batches = queue.into_iter().map(|(node, batch)| (node, Arc::unwrap_or_clone(batch)));
        (writes.backend.clone(), batches.collect(), writes.issued)
    };
    // Nothing is borrowed here: the back end may call back at once.
    let shared = writes.clone();
    backend.commit(batches, Box::new(move |result| finish(&shared, through, result)));
}

fn finish(writes: &Rc<RefCell<WriteQueue>>, through: BatchNumber, result: Result<(), String>) {
    {
        let mut writes = writes.borrow_mut();
        writes.is_busy = false;
        match result {
            Ok(()) => writes.stored = through,
            Err(error) => writes.fail(error),
        }
    }
    start(writes);
    wake(writes);
}

fn wake(writes: &Rc<RefCell<WriteQueue>>) {
    let wake = writes.borrow().wake.clone();
    if let Some(wake) = wake {
        wake();
    }
}

#[cfg(test)]
mod tests;
