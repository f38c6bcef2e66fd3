//! Calls and returns of the operations of several processes, in the order of time.

use std::collections::BTreeMap;
use std::fmt;

use crate::description::{Description, Explanation};
use crate::impossible::ImpossibleAnswer;
use crate::operation::{Answer, MapOperation};

/// The most operations of one history.
pub const MAX_OPERATIONS: usize = 1_000_000;

/// The moment of a call or a return.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EventPosition {
    /// Its position among all calls and returns of the history, from 0. Only this order counts: the
    /// checker knows no clocks.
    pub event: u32,
    /// The line of the text that says so, from 1; 0 if the history was not read from a text.
    pub line: usize,
}

/// One operation of one process, from its call to its return.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invocation {
    /// The number of the process. A process has at most one operation open at a time.
    pub process: u64,
    /// The operation with its arguments.
    pub operation: MapOperation,
    /// The moment of the call.
    pub invoked: EventPosition,
    /// The moment of the return; `None` if the history ends before it.
    pub returned: Option<EventPosition>,
    /// How the operation ended.
    pub completion: Completion,
}

impl Invocation {
    /// The event of the return that brought the answer; `None` if there was no answer.
    pub fn answered(&self) -> Option<u32> {
        match self.completion {
            Completion::Answered(_) => self.returned.map(|moment| moment.event),
            Completion::Failed | Completion::Unknown => None,
        }
    }
}

/// How an operation ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Completion {
    /// It took effect between its call and its return, with this answer. Jepsen: `:ok`.
    Answered(Answer),
    /// It did not take effect and never will. Jepsen: `:fail`.
    Failed,
    /// It may have taken effect at any time after its call, may do so later, or never. Jepsen:
    /// `:info`. It is also the completion of an operation that is still open.
    Unknown,
}

/// The object that the processes work on. It decides the state before the first operation, and how
/// operations are described.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Model {
    /// One register, without a value at first. Its operations are about one key, whatever its name:
    /// read, write, compare-and-set.
    Register,
    /// A map whose keys all hold the empty text at first, as in Porcupine's tests: get, put,
    /// append.
    Texts,
    /// A map whose keys are all absent at first.
    Map,
}

/// The operations of several processes with their calls and returns.
///
/// Build one with [`invoke`](Self::invoke) and [`conclude`](Self::conclude), called in the order of
/// time, or read one from a text with [`parse`](crate::parse).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History {
    model: Model,
    invocations: Vec<Invocation>,
    /// For each process with an open operation the index of that.
    open: BTreeMap<u64, usize>,
    events: u32,
    passed_over: usize,
}

/// A call or a return that cannot come next in a history.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HistoryError {
    /// A call of a process whose last operation is still open.
    #[error("the process still waits for {}; end that operation first", Opened(*since))]
    Busy {
        /// The call of the open operation.
        since: EventPosition,
    },
    /// A return of a process that has no open operation.
    #[error("no operation of this process is open, so none can end here")]
    Idle,
    /// An answer that the open operation cannot have.
    #[error("this is no answer to {}", Opened(*since))]
    WrongAnswer {
        /// The call of the open operation.
        since: EventPosition,
    },
    /// The history has [`MAX_OPERATIONS`] operations already.
    #[error("a history has at most {MAX_OPERATIONS} operations")]
    Full,
}

/// Names an open operation by its line, if there is one.
struct Opened(EventPosition);

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.line {
            0 => write!(f, "its operation that began with event {}", self.0.event),
            line => write!(f, "the operation of line {line}"),
        }
    }
}

impl History {
    /// A history without operations.
    pub fn new(model: Model) -> Self {
        Self { model, invocations: Vec::new(), open: BTreeMap::new(), events: 0, passed_over: 0 }
    }

    /// The object that the operations are about.
    pub fn model(&self) -> Model {
        self.model
    }

    /// The operations, in the order of their calls.
    pub fn invocations(&self) -> &[Invocation] {
        &self.invocations
    }

    /// An operation and its answer in words, such as `cas x 1 2 → swapped`. Nothing in a key or a
    /// value can steer a terminal; long ones are shortened.
    ///
    /// # Panics
    /// If `index` is not an index of [`Self::invocations`].
    pub fn describe(&self, index: usize) -> impl fmt::Display {
        Description { invocation: &self.invocations[index], model: self.model }
    }

    /// The reason why an answer is impossible, in one sentence that names the operations.
    ///
    /// # Panics
    /// If the answer is not of this history.
    pub fn explain<'a>(&'a self, answer: &'a ImpossibleAnswer) -> impl fmt::Display + 'a {
        Explanation { history: self, answer }
    }

    /// How many operations have the completion [`Completion::Unknown`].
    pub fn unanswered(&self) -> usize {
        self.invocations.iter().filter(|it| it.completion == Completion::Unknown).count()
    }

    /// How many lines or maps of the text were about no operation of a client: faults that a
    /// nemesis injects, and other lines of a log. 0 if the text was not one of Jepsen.
    pub fn passed_over(&self) -> usize {
        self.passed_over
    }

    /// Says that so many lines or maps were passed over.
    pub(crate) fn pass_over(&mut self, number: usize) {
        self.passed_over = number;
    }

    /// The open operation of a process.
    pub fn open(&self, process: u64) -> Option<&Invocation> {
        self.open.get(&process).map(|index| &self.invocations[*index])
    }

    /// Adds the call of an operation. `line` is the line of a text that says so, 0 if there is
    /// none.
    ///
    /// # Errors
    /// [`HistoryError::Busy`] or [`HistoryError::Full`].
    pub fn invoke(
        &mut self,
        process: u64,
        operation: MapOperation,
        line: usize,
    ) -> Result<(), HistoryError> {
        if let Some(open) = self.open(process) {
            return Err(HistoryError::Busy { since: open.invoked });
        }
        if self.invocations.len() >= MAX_OPERATIONS {
            return Err(HistoryError::Full);
        }
        let invoked = self.moment(line);
        self.open.insert(process, self.invocations.len());
        let completion = Completion::Unknown;
        let invocation = Invocation { process, operation, invoked, returned: None, completion };
        self.invocations.push(invocation);
        Ok(())
    }

    /// Adds the return of the open operation of a process. `line` is as in [`Self::invoke`].
    ///
    /// # Errors
    /// [`HistoryError::Idle`] or [`HistoryError::WrongAnswer`].
    pub fn conclude(
        &mut self,
        process: u64,
        completion: Completion,
        line: usize,
    ) -> Result<(), HistoryError> {
        let Some(&index) = self.open.get(&process) else { return Err(HistoryError::Idle) };
        let Invocation { operation, invoked, .. } = &self.invocations[index];
        if let Completion::Answered(answer) = &completion
            && !answer.fits(operation)
        {
            return Err(HistoryError::WrongAnswer { since: *invoked });
        }
        self.open.remove(&process);
        let returned = self.moment(line);
        let invocation = &mut self.invocations[index];
        invocation.returned = Some(returned);
        invocation.completion = completion;
        Ok(())
    }

    fn moment(&mut self, line: usize) -> EventPosition {
        let event = self.events;
        self.events += 1;
        EventPosition { event, line }
    }
}
