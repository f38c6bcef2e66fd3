//! A back end for tests: it stores when the test says so.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use raft_core::NodeId;
use raft_storage::{Records, WriteBatch};

use crate::mirror::{Backend, Done, Lost};

type Transaction = (Vec<(NodeId, WriteBatch)>, Done);

#[derive(Default)]
pub(crate) struct FakeBackend {
    under_way: RefCell<VecDeque<Transaction>>,
    stored: RefCell<BTreeMap<NodeId, Records>>,
    at_once: Cell<bool>,
    transactions: Cell<usize>,
    lost: RefCell<Option<Lost>>,
    kept: RefCell<Vec<u8>>,
}

impl FakeBackend {
    /// Stores nothing before it is told to.
    pub(crate) fn slow() -> Rc<Self> {
        Rc::new(Self::default())
    }

    /// Stores at once.
    pub(crate) fn fast() -> Rc<Self> {
        let backend = Self::default();
        backend.at_once.set(true);
        Rc::new(backend)
    }

    /// A database that holds this already.
    pub(crate) fn holding(disks: &BTreeMap<NodeId, Records>) -> Rc<Self> {
        let backend = Self::default();
        backend.stored.replace(disks.clone());
        Rc::new(backend)
    }

    /// The oldest transaction is stored. False if there is none.
    pub(crate) fn complete_next(&self) -> bool {
        let Some((batches, done)) = self.under_way.borrow_mut().pop_front() else { return false };
        for (node, batch) in &batches {
            self.stored.borrow_mut().entry(*node).or_default().apply(batch);
        }
        done(Ok(()));
        true
    }

    pub(crate) fn fail_next(&self, words: &str) {
        let next = self.under_way.borrow_mut().pop_front();
        let (_, done) = next.expect("a transaction is under way");
        done(Err(words.to_owned()));
    }

    /// The database is gone, though nothing is under way.
    pub(crate) fn lose(&self, words: &str) {
        let lost = self.lost.borrow();
        lost.as_ref().expect("somebody watches")(words.to_owned());
    }

    pub(crate) fn under_way(&self) -> usize {
        self.under_way.borrow().len()
    }

    pub(crate) fn transactions(&self) -> usize {
        self.transactions.get()
    }

    /// The branches that it keeps.
    pub(crate) fn kept(&self) -> Vec<u8> {
        self.kept.borrow().clone()
    }

    /// What is there if the power fails now.
    pub(crate) fn stored(&self) -> BTreeMap<NodeId, Records> {
        self.stored.borrow().clone()
    }
}

impl Backend for FakeBackend {
    fn commit(&self, batches: Vec<(NodeId, WriteBatch)>, done: Done) {
        self.transactions.set(self.transactions.get() + 1);
        self.under_way.borrow_mut().push_back((batches, done));
        if self.at_once.get() {
            self.complete_next();
        }
    }

    fn watch(&self, lost: Lost) {
        self.lost.replace(Some(lost));
    }

    fn keep(&self, branches: Vec<u8>) {
        self.kept.replace(branches);
    }
}
