//! Writes what the clients of a run did as a history.
//!
//! ```text
//! helios history 1
//! # Times are virtual. One line a call or a return.
//! 0.412000s 1 invoke set x=1
//! 0.415000s 2 invoke get x
//! 0.436120s 1 ok
//! 0.440000s 2 ok 1
//! 0.500000s 1 invoke cas x 1 "two words"
//! 0.512000s 3 invoke list
//! 0.530000s 3 ok x=1
//! 3.500000s 1 unknown
//! ```
//!
//! A line has a time in seconds, the number of a client, and:
//!
//! | | |
//! |---|---|
//! | `invoke` | `set KEY=VALUE`, `get KEY`, `delete KEY`, `append KEY VALUE`, `cas KEY EXPECTED VALUE`, `list [PREFIX]` |
//! | `ok` | of a set nothing; of a get the value or `absent`; of a delete `deleted` or `absent`; of a cas `swapped`, or `kept` and the value or `absent`; of an append the new length in bytes; of a list `KEY=VALUE`… and `more` if there were more |
//! | `fail` | why; it did not happen |
//! | `unknown` | why, perhaps; it may have happened, may yet happen, or not |
//!
//! Keys and values that are not plain words stand between quotes, with `\"`, `\\`, `\n`, `\t`, `\r` and
//! `\xNN`. Only the order of the lines counts; times that go back are an error. `#` begins a comment.

use std::collections::BTreeSet;
use std::fmt;
use std::io;

use raft_core::Instant;
use raft_kv::{ClientId, Error, Operation, Response, Value};
use raft_sim::{ClientEvent, Event, EventKind, ReadPolicy};

use super::words::quoted;

/// The first line, up to comments and blank lines.
pub(super) const HEADER: &str = "helios history 1";

/// Writes the history of a run while it happens. The module's source has the form.
///
/// Reads that were expressly answered from one node's store may be old; they are written as comments.
#[derive(Debug)]
pub struct HistoryWriter<W> {
    out: W,
    /// The clients whose present read may be old.
    reading_locally: BTreeSet<ClientId>,
}

impl<W: io::Write> HistoryWriter<W> {
    /// A history that begins now.
    ///
    /// # Errors
    /// What writing says.
    pub fn new(mut out: W) -> io::Result<Self> {
        writeln!(out, "{HEADER}")?;
        writeln!(out, "# Times are virtual. One line a call or a return.")?;
        Ok(Self { out, reading_locally: BTreeSet::new() })
    }

    /// Writes an event, if it is a call or a return.
    ///
    /// # Errors
    /// What writing says.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        let EventKind::Client { client, event: what, .. } = &event.kind else { return Ok(()) };
        let at = Seconds(event.at);
        match what {
            ClientEvent::Invoked { operation, read } => {
                if *read == ReadPolicy::Local {
                    self.reading_locally.insert(*client);
                }
                let comment = self.comment(*client);
                writeln!(self.out, "{comment}{at} {} invoke {}", client.0, Asked(operation))
            }
            ClientEvent::Answered { response, .. } => {
                let comment = self.comment(*client);
                self.reading_locally.remove(client);
                writeln!(self.out, "{comment}{at} {} {}", client.0, Told(response))
            }
            ClientEvent::GaveUp => {
                let comment = self.comment(*client);
                self.reading_locally.remove(client);
                writeln!(self.out, "{comment}{at} {} unknown", client.0)
            }
            ClientEvent::Asked { .. }
            | ClientEvent::Redirected { .. }
            | ClientEvent::MustRetry { .. }
            | ClientEvent::TimedOut { .. } => Ok(()),
        }
    }

    fn comment(&self, client: ClientId) -> &'static str {
        if self.reading_locally.contains(&client) { "# local: " } else { "" }
    }

    /// Ends the writing.
    ///
    /// # Errors
    /// What writing says.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

struct Seconds(Instant);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.0;
        write!(f, "{}.{:06}s", micros / 1_000_000, micros % 1_000_000)
    }
}

struct Asked<'a>(&'a Operation);

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Operation::Set { key, value } => write!(f, "set {}={}", text(key), text(value)),
            Operation::Get { key } => write!(f, "get {}", text(key)),
            Operation::Delete { key } => write!(f, "delete {}", text(key)),
            Operation::Cas { key, expect, value } => {
                write!(f, "cas {} {} {}", text(key), maybe(expect.as_ref()), text(value))
            }
            Operation::Append { key, value } => write!(f, "append {} {}", text(key), text(value)),
            Operation::List { prefix } if prefix.is_empty() => f.write_str("list"),
            Operation::List { prefix } => write!(f, "list {}", text(prefix)),
        }
    }
}

struct Told<'a>(&'a Response);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Response::Done => f.write_str("ok"),
            Response::Value(value) => write!(f, "ok {}", maybe(value.as_ref())),
            Response::Deleted { existed: true } => f.write_str("ok deleted"),
            Response::Deleted { existed: false } => f.write_str("ok absent"),
            Response::Swapped => f.write_str("ok swapped"),
            Response::NotSwapped { current } => write!(f, "ok kept {}", maybe(current.as_ref())),
            Response::Appended { length } => write!(f, "ok {length}"),
            Response::List { entries, truncated } => {
                f.write_str("ok")?;
                for (key, value) in entries {
                    write!(f, " {}={}", text(key), text(value))?;
                }
                f.write_str(if *truncated { " more" } else { "" })
            }
            // The session knows nothing of what an earlier copy of the command may have done.
            Response::Failed(
                error @ (Error::SessionExpired { .. } | Error::StaleSequence { .. }),
            ) => {
                write!(f, "unknown {error}")
            }
            Response::Failed(error) => write!(f, "fail {error}"),
        }
    }
}

fn maybe(value: Option<&Value>) -> String {
    value.map_or_else(|| "absent".to_owned(), text)
}

/// Bare if it is a plain word that means nothing else.
fn text(bytes: &impl AsRef<[u8]>) -> String {
    match bytes.as_ref() {
        word @ b"absent" => format!("\"{}\"", quoted(word, "")),
        bytes => quoted(bytes, ""),
    }
}
