//! A recorded run that is shown, and one of its moments.

use std::cell::{Ref, RefCell};
use std::ops::Range;
use std::rc::Rc;

use raft_lab::{Recorded, RecordedRun};

/// A run that may grow while it is shown. Two are equal if they are the same memory.
#[derive(Clone)]
pub(super) struct SharedRun(Rc<RefCell<Recorded>>);

impl PartialEq for SharedRun {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl SharedRun {
    /// The run as it is now. It grows between two frames only, so nobody holds it meanwhile.
    pub(super) fn now(&self) -> Ref<'_, Recorded> {
        self.0.borrow()
    }
}

/// A run and the moments that it had when it was drawn.
#[derive(Clone, PartialEq)]
pub(super) struct Shown {
    pub(super) run: SharedRun,
    /// The number of events before the first moment that is there.
    pub(super) first: usize,
    /// The number of events before the last one.
    pub(super) last: usize,
}

impl Shown {
    /// A run that is recorded now.
    pub(super) fn of_cluster(run: Rc<RefCell<Recorded>>) -> Self {
        let (first, last) = (run.borrow().first(), run.borrow().events());
        Self { run: SharedRun(run), first, last }
    }

    /// The run of a file.
    pub(super) fn of_file(run: Rc<RecordedRun>) -> Self {
        Self::of_cluster(Rc::new(RefCell::new(Recorded::new(run))))
    }
}

/// A moment of a run. What comes after it does not change it.
#[derive(Clone, PartialEq)]
pub(super) struct Moment {
    pub(super) run: SharedRun,
    /// The number of events before it.
    pub(super) events: usize,
    /// The part of the logs that is shown.
    pub(super) log: Option<Range<u64>>,
}
