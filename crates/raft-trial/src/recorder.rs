//! What clients asked for and were answered, as a history that `helios check` reads.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use linearizability::{Answer, HistoryEvent, HistoryLine, HistoryWriter, MapOperation};
use raft_client::ClientError;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Writes a history.
#[derive(Debug)]
pub(crate) struct Recorder {
    begun: Instant,
    written: Mutex<Written>,
    /// Operations that were called.
    operations: AtomicU64,
    /// Writes that wait for their answers.
    writes: AtomicU64,
    /// Operations without an answer.
    unknown: AtomicU64,
    /// A write is answered.
    answered: Notify,
}

#[derive(Debug)]
struct Written {
    /// `None` when the history has ended.
    writer: Option<HistoryWriter<BufWriter<File>>>,
    error: Option<io::Error>,
    /// What refused operations and those without an answer were told.
    reasons: BTreeMap<String, u64>,
}

impl Recorder {
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        let writer = HistoryWriter::new(BufWriter::new(File::create(path)?))?;
        let written = Written { writer: Some(writer), error: None, reasons: BTreeMap::new() };
        let written = Mutex::new(written);
        let (operations, writes, unknown, answered) = Default::default();
        Ok(Self { begun: Instant::now(), written, operations, writes, unknown, answered })
    }

    /// Notes that a process calls an operation.
    pub(crate) fn invoke(&self, process: u64, operation: &MapOperation) {
        self.operations.fetch_add(1, Ordering::SeqCst);
        if is_write(operation) {
            self.writes.fetch_add(1, Ordering::SeqCst);
        }
        self.line(process, HistoryEvent::Invoke(operation));
    }

    /// Notes how the operation of a process ended.
    pub(crate) fn conclude(
        &self,
        process: u64,
        operation: &MapOperation,
        answer: &Result<Answer, ClientError>,
    ) {
        match answer {
            Ok(answer) => self.line(process, HistoryEvent::Ok(answer)),
            Err(error) => {
                let words = error.to_string();
                *self.written().reasons.entry(words.clone()).or_default() += 1;
                if is_done_never(error) {
                    self.line(process, HistoryEvent::Fail(&words));
                } else {
                    self.unknown.fetch_add(1, Ordering::SeqCst);
                    self.line(process, HistoryEvent::Unknown(&words));
                }
            }
        }
        if is_write(operation) {
            self.writes.fetch_sub(1, Ordering::SeqCst);
            if answer.is_ok() {
                self.answered.notify_waiters();
            }
        }
    }

    /// Returns when a write is answered, or after a time if none is.
    pub(crate) async fn next_answer(&self, longest: Duration) {
        // Whether there was one or not, the time has come.
        let _ = timeout(longest, self.answered.notified()).await;
    }

    /// How many writes wait for their answers.
    pub(crate) fn writes_under_way(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    /// How many operations were called.
    pub(crate) fn operations(&self) -> u64 {
        self.operations.load(Ordering::SeqCst)
    }

    /// How many operations have no answer, and may have taken effect.
    pub(crate) fn unknown(&self) -> u64 {
        self.unknown.load(Ordering::SeqCst)
    }

    /// Ends the history. Returns what was said instead of answers, with how often.
    pub(crate) fn finish(&self) -> io::Result<BTreeMap<String, u64>> {
        let mut written = self.written();
        if let Some(writer) = written.writer.take() {
            writer.finish()?;
        }
        match written.error.take() {
            Some(error) => Err(error),
            None => Ok(std::mem::take(&mut written.reasons)),
        }
    }

    fn line(&self, process: u64, event: HistoryEvent<'_>) {
        let mut written = self.written();
        // Taken under the lock: the times of the lines do not go back.
        let line = HistoryLine { at: self.begun.elapsed(), process, event };
        let Some(writer) = &mut written.writer else { return };
        if let Err(error) = writer.line(&line) {
            written.error.get_or_insert(error);
        }
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_write(operation: &MapOperation) -> bool {
    match operation {
        MapOperation::Write { .. }
        | MapOperation::Cas { .. }
        | MapOperation::Append { .. }
        | MapOperation::Delete { .. } => true,
        MapOperation::Read { .. } | MapOperation::List { .. } => false,
    }
}

/// Whether an operation that ended so took no effect and never will.
fn is_done_never(error: &ClientError) -> bool {
    match error {
        ClientError::Address(_) | ClientError::Refused(_) | ClientError::Compacted(_) => true,
        ClientError::Unknown(_)
        | ClientError::TimedOut { .. }
        | ClientError::SessionOver
        | ClientError::AnswerLost => false,
    }
}
