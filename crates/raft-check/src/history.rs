//! The history of a run: what its clients asked for and what they were told, for a search for an
//! order that knows nothing of the committed log.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use linearizability::{
    Answer, Bytes, Completion, HistoryEvent, HistoryLine, HistoryWriter, MapOperation,
};
use raft_kv::{ClientId, Error, Key, Operation, Response, Value};
use raft_sim::{ClientEvent, Event, EventKind, ReadPolicy};

/// Writes the history of a run while it happens, in the format [`linearizability::Format::Helios`].
///
/// A read with [`ReadPolicy::Local`] may be stale. It is written as a comment.
#[derive(Debug)]
pub struct HistoryRecorder<W> {
    writer: HistoryWriter<W>,
    /// The clients whose open operation is a local read.
    reading_locally: BTreeSet<ClientId>,
}

impl<W: io::Write> HistoryRecorder<W> {
    /// Begins a history.
    ///
    /// # Errors
    /// Those of writing to `out`.
    pub fn new(out: W) -> io::Result<Self> {
        let mut writer = HistoryWriter::new(out)?;
        writer.comment("Times are virtual. One line a call or a return.")?;
        Ok(Self { writer, reading_locally: BTreeSet::new() })
    }

    /// Writes an event if it is the call or the return of an operation of a client.
    ///
    /// # Errors
    /// Those of writing.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        let EventKind::Client { client, event: what, .. } = &event.kind else { return Ok(()) };
        match what {
            ClientEvent::Invoked { operation, read } => {
                if *read == ReadPolicy::Local {
                    self.reading_locally.insert(*client);
                }
                self.write(event, *client, HistoryEvent::Invoke(&operation_of(operation)))
            }
            ClientEvent::Answered { response, .. } => {
                let why = response_error(response);
                let completion = completion_of(response);
                let written = match &completion {
                    Completion::Answered(answer) => HistoryEvent::Ok(answer),
                    Completion::Failed => HistoryEvent::Fail(&why),
                    Completion::Unknown => HistoryEvent::Unknown(&why),
                };
                self.write(event, *client, written)?;
                self.reading_locally.remove(client);
                Ok(())
            }
            ClientEvent::GaveUp => {
                self.write(event, *client, HistoryEvent::Unknown(""))?;
                self.reading_locally.remove(client);
                Ok(())
            }
            ClientEvent::Asked { .. }
            | ClientEvent::Arrived { .. }
            | ClientEvent::Replied { .. }
            | ClientEvent::Redirected { .. }
            | ClientEvent::MustRetry { .. }
            | ClientEvent::TimedOut { .. } => Ok(()),
        }
    }

    fn write(
        &mut self,
        event: &Event,
        client: ClientId,
        written: HistoryEvent<'_>,
    ) -> io::Result<()> {
        let at = Duration::from_micros(event.at.0);
        let line = HistoryLine { at, process: client.0, event: written };
        if self.reading_locally.contains(&client) {
            self.writer.comment(format_args!("local: {line}"))
        } else {
            self.writer.line(&line)
        }
    }

    /// Ends the history.
    ///
    /// # Errors
    /// Those of writing what is still in a buffer.
    pub fn finish(self) -> io::Result<W> {
        self.writer.finish()
    }
}

/// The reason of a refusal, in words; empty for an answer.
fn response_error(response: &Response) -> String {
    match response {
        Response::Failed(error) => error.to_string(),
        Response::Done
        | Response::Value(_)
        | Response::Deleted { .. }
        | Response::Swapped
        | Response::NotSwapped { .. }
        | Response::Appended { .. }
        | Response::List { .. } => String::new(),
    }
}

/// How the operation with this response ended, for a search for an order.
pub fn completion_of(response: &Response) -> Completion {
    match answer_of(response) {
        Ok(answer) => Completion::Answered(answer),
        // The session does not know whether an earlier copy of the command took effect.
        Err(Error::SessionExpired { .. } | Error::StaleSequence { .. }) => Completion::Unknown,
        Err(_) => Completion::Failed,
    }
}

/// The operation, for a search for an order.
pub fn operation_of(operation: &Operation) -> MapOperation {
    match operation {
        Operation::Set { key: k, value } => {
            MapOperation::Write { key: key(k), value: bytes(value) }
        }
        Operation::Get { key: k } => MapOperation::Read { key: key(k) },
        Operation::Delete { key: k } => MapOperation::Delete { key: key(k) },
        Operation::Cas { key: k, expect, value } => MapOperation::Cas {
            key: key(k),
            expect: expect.as_ref().map(bytes),
            value: bytes(value),
        },
        Operation::Append { key: k, value } => {
            MapOperation::Append { key: key(k), value: bytes(value) }
        }
        Operation::List { prefix } => MapOperation::List { prefix: key(prefix) },
    }
}

fn answer_of(response: &Response) -> Result<Answer, &Error> {
    Ok(match response {
        Response::Done => Answer::Done,
        Response::Value(value) => Answer::Value(value.as_ref().map(bytes)),
        Response::Deleted { existed } => Answer::Deleted { existed: *existed },
        Response::Swapped => Answer::Swapped,
        Response::NotSwapped { current } => {
            Answer::NotSwapped { current: Some(current.as_ref().map(bytes)) }
        }
        Response::Appended { length } => Answer::Appended { length: *length },
        Response::List { entries, truncated } => Answer::List {
            entries: entries.iter().map(|(k, value)| (key(k), bytes(value))).collect(),
            truncated: *truncated,
        },
        Response::Failed(error) => return Err(error),
    })
}

fn key(key: &Key) -> Bytes {
    key.as_bytes().into()
}

fn bytes(value: &Value) -> Bytes {
    value.as_bytes().into()
}
