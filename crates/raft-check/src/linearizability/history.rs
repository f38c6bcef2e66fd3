//! What clients asked for, what they were told, and when.

use std::fmt;

use raft_kv::{Key, Operation, Value};

use super::words::InWords;

/// The most operations of one history.
pub const MAX_OPERATIONS: usize = 1_000_000;

/// A moment in a history.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Moment {
    /// Its place among all calls and returns of the history, from 0: what happened first has the
    /// smaller one, and nothing else about time counts.
    pub event: u32,
    /// The line of the text that told of it, from 1; 0 if there was no text.
    pub line: usize,
}

/// One operation of one process, from its call to its return.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invocation {
    /// Who asked. A process does one thing at a time.
    pub process: u64,
    /// What for.
    pub operation: Operation,
    /// When.
    pub invoked: Moment,
    /// When it was over; `None` if that was never heard.
    pub returned: Option<Moment>,
    /// What became of it.
    pub outcome: Outcome,
}

impl Invocation {
    /// The event that was its answer; `None` if it failed or nobody knows.
    pub fn answered(&self) -> Option<u32> {
        match self.outcome {
            Outcome::Answered(_) => self.returned.map(|moment| moment.event),
            Outcome::Failed | Outcome::Unknown => None,
        }
    }
}

/// What became of an operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It happened between its call and its return, with this answer.
    Answered(Answer),
    /// It did not happen and never will.
    Failed,
    /// It may have happened at any time after its call, may yet happen, or not.
    Unknown,
}

/// What a process was told of an operation that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// That it happened, and no more.
    Done,
    /// The value read; `None`: the key is absent.
    Value(Option<Value>),
    /// Whether there was something to delete.
    Deleted {
        /// Whether the key was there before.
        existed: bool,
    },
    /// The value was the expected one and has been replaced.
    Swapped,
    /// The value was another one, and has not been replaced.
    NotSwapped {
        /// The value that it was, if that was told; inside, `None` is an absent key.
        current: Option<Option<Value>>,
    },
    /// The bytes are at the end of the value.
    Appended {
        /// The value's length after it, in bytes.
        length: u64,
    },
    /// Keys with their values, in order.
    List {
        /// The first of them.
        entries: Vec<(Key, Value)>,
        /// Whether there were more.
        truncated: bool,
    },
}

impl Answer {
    /// Whether this can be the answer to `operation`.
    pub fn fits(&self, operation: &Operation) -> bool {
        match operation {
            Operation::Set { .. } => matches!(self, Self::Done),
            Operation::Get { .. } => matches!(self, Self::Value(_)),
            Operation::Delete { .. } => matches!(self, Self::Done | Self::Deleted { .. }),
            Operation::Cas { .. } => matches!(self, Self::Swapped | Self::NotSwapped { .. }),
            Operation::Append { .. } => matches!(self, Self::Done | Self::Appended { .. }),
            Operation::List { .. } => matches!(self, Self::List { .. }),
        }
    }
}

/// What the processes work on, which decides how their operations are called and what is there before
/// the first of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// One register, with no value at first: read, write, compare-and-set.
    Register,
    /// Keys of text, all empty at first: get, put, append.
    Texts,
    /// The store of this repository: keys that are absent at first.
    Store,
}

/// A history: all operations, in the order of their calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History {
    subject: Subject,
    invocations: Vec<Invocation>,
    /// Which operation each process waits for.
    open: std::collections::BTreeMap<u64, usize>,
    events: u32,
}

/// Why something cannot be added to a history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HistoryError {
    /// The process has not heard of its last operation yet.
    Busy {
        /// Where that one began.
        since: Moment,
    },
    /// The process waits for nothing.
    Idle,
    /// No such answer can be given to what the process asked for.
    WrongAnswer {
        /// Where the operation began.
        since: Moment,
    },
    /// There are [`MAX_OPERATIONS`] already.
    Full,
}

impl History {
    /// A history in which nothing has happened yet.
    pub fn new(subject: Subject) -> Self {
        Self { subject, invocations: Vec::new(), open: Default::default(), events: 0 }
    }

    /// What the operations work on.
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// The operations, in the order of their calls.
    pub fn invocations(&self) -> &[Invocation] {
        &self.invocations
    }

    /// An operation with what became of it, in words.
    pub fn in_words(&self, place: usize) -> InWords<'_> {
        InWords { invocation: &self.invocations[place], subject: self.subject }
    }

    /// How many operations nobody answered.
    pub fn unanswered(&self) -> usize {
        self.invocations.iter().filter(|it| it.outcome == Outcome::Unknown).count()
    }

    /// What a process waits for.
    pub fn open(&self, process: u64) -> Option<&Invocation> {
        self.open.get(&process).map(|place| &self.invocations[*place])
    }

    /// A process asks for something. `line` is where the text says so, 0 if there is none.
    ///
    /// # Errors
    /// [`HistoryError::Busy`] or [`HistoryError::Full`].
    pub fn invoke(
        &mut self,
        process: u64,
        operation: Operation,
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
        let outcome = Outcome::Unknown;
        self.invocations.push(Invocation { process, operation, invoked, returned: None, outcome });
        Ok(())
    }

    /// A process hears what became of what it asked for.
    ///
    /// # Errors
    /// [`HistoryError::Idle`] or [`HistoryError::WrongAnswer`].
    pub fn conclude(
        &mut self,
        process: u64,
        outcome: Outcome,
        line: usize,
    ) -> Result<(), HistoryError> {
        let Some(&place) = self.open.get(&process) else { return Err(HistoryError::Idle) };
        let Invocation { operation, invoked, .. } = &self.invocations[place];
        if let Outcome::Answered(answer) = &outcome
            && !answer.fits(operation)
        {
            return Err(HistoryError::WrongAnswer { since: *invoked });
        }
        self.open.remove(&process);
        let returned = self.moment(line);
        let invocation = &mut self.invocations[place];
        invocation.returned = Some(returned);
        invocation.outcome = outcome;
        Ok(())
    }

    fn moment(&mut self, line: usize) -> Moment {
        let event = self.events;
        self.events += 1;
        Moment { event, line }
    }
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { since } => write!(
                f,
                "the process still waits for the operation of line {}; it can begin one only after \
                 the other is over",
                since.line
            ),
            Self::Idle => f.write_str("the process waits for nothing that could end here"),
            Self::WrongAnswer { since } => {
                write!(f, "this is no answer to the operation of line {}", since.line)
            }
            Self::Full => write!(f, "a history may have {MAX_OPERATIONS} operations at most"),
        }
    }
}

impl std::error::Error for HistoryError {}
