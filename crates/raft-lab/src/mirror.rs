//! The durable mirror: a copy of every simulated disk in the browser's database.
//!
//! A write goes to the back end when the node issues it. The simulated completion of that write may
//! happen only after the back end has stored it; until then [`Mirror::allows`] returns false, and
//! virtual time stands still. The order of events therefore never depends on the browser's speed,
//! and the database holds every write that a node has acknowledged.
//!
//! One transaction is under way at a time; all writes issued meanwhile go into the next one (group
//! commit). The database therefore always holds a prefix of the issued writes: no transaction
//! follows a failed one. A failure is final.
//!
//! A simulated crash keeps or loses unfinished writes, and a node that restarts reads its disk
//! without a further write. After a crash, no event happens before the back end has stored every
//! write issued up to the crash, including those that undo lost writes. Damage to a simulated disk
//! is applied to the database in the same way.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use raft_core::{NodeId, PersistId};
use raft_sim::{DiskEvent, EventKind, NextStep, ProcessEvent};
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
    records.iter().map(|(key, record)| Write::Put { key: *key, record: record.clone() })
}

/// The writes of one cluster on their way to a back end.
pub struct Mirror {
    writes: Rc<RefCell<WriteQueue>>,
    /// Per node: the writes since its last start that its simulated disk has not finished, in
    /// order.
    unfinished: BTreeMap<NodeId, VecDeque<Unfinished>>,
    /// No event may happen before every batch up to this one is stored.
    barrier: BatchNumber,
}

/// A write that its simulated disk has not finished.
struct Unfinished {
    id: PersistId,
    batch: Arc<WriteBatch>,
    /// Its batch; the last one if it was issued again.
    place: BatchNumber,
}

/// Counts batches in the order of issue, from 1; 0 is before the first.
type BatchNumber = u64;

/// The writes that are not stored yet. A transaction under way shares it with the mirror, and keeps
/// it alive when the mirror is dropped.
struct WriteQueue {
    backend: Rc<dyn Backend>,
    queue: Vec<(NodeId, Arc<WriteBatch>)>,
    /// The last batch issued.
    issued: BatchNumber,
    /// The last batch in the database.
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
        Self { writes, unfinished: BTreeMap::new(), barrier: 0 }
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
                let unfinished = self.unfinished.remove(node).unwrap_or_default();
                if let Some(last) = unfinished.back() {
                    self.barrier = self.barrier.max(last.place);
                }
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
                let place = self.writes.borrow_mut().push(node, batch.clone());
                let unfinished = Unfinished { id: *id, batch: batch.clone(), place };
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
        self.barrier = writes.push(node, change.clone());
        for write in self.unfinished.entry(node).or_default() {
            write.place = writes.push(node, write.batch.clone());
            self.barrier = write.place;
        }
    }

    /// Replaces the disks by those of another branch. No event may happen before all of them are
    /// stored; one transaction stores them.
    pub(crate) fn replace(&mut self, disks: Vec<WholeDisk>) {
        self.unfinished.clear();
        let mut writes = self.writes.borrow_mut();
        for WholeDisk { node, batch, pending } in disks {
            self.barrier = writes.push(node, batch);
            for (id, batch) in pending {
                self.barrier = writes.push(node, batch.clone());
                let unfinished = Unfinished { id, batch, place: self.barrier };
                self.unfinished.entry(node).or_default().push_back(unfinished);
            }
        }
    }

    /// Has the back end keep the branches of the lab.
    pub(crate) fn keep(&self, branches: Vec<u8>) {
        let backend = self.writes.borrow().backend.clone();
        backend.keep(branches);
    }

    /// Whether this event may happen now.
    ///
    /// # Panics
    /// If it completes a write that was never issued.
    pub fn allows(&self, next: &NextStep) -> bool {
        let writes = self.writes.borrow();
        if writes.failure.is_some() || writes.stored < self.barrier {
            return false;
        }
        let Some((node, id)) = next.completes_write else { return true };
        let first = self.unfinished.get(&node).and_then(VecDeque::front);
        let first = first
            .filter(|first| first.id == id)
            .expect("a disk finishes the writes that were issued, in order");
        writes.stored >= first.place
    }

    /// Sends the issued writes to the back end, now or when the transaction under way is over.
    pub fn flush(&self) {
        start(&self.writes);
    }

    /// The number of batches that the back end has not stored yet.
    pub fn unsaved(&self) -> u64 {
        let writes = self.writes.borrow();
        writes.issued - writes.stored
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
    fn push(&mut self, node: NodeId, batch: Arc<WriteBatch>) -> BatchNumber {
        self.issued += 1;
        self.queue.push((node, batch));
        self.issued
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
