//! The forms in which a run can be written.

use std::io;

use raft_check::HistoryRecorder;
use raft_script::Session;

use crate::rust_test::write_rust_test;
use crate::transcript::write_golden;
use crate::write_trace;

/// A form of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunForm {
    /// Every event, as JSON Lines ([`write_trace`]).
    Trace,
    /// The operations of clients, in the form that `helios check` reads ([`HistoryRecorder`]).
    History,
    /// The statements with their moments ([`Session::export`]).
    Script,
    /// Each statement with what happened then, as the golden scripts of this repository are.
    Golden,
    /// A Rust test that does the same with cores, for users of `raft_core`. There is none of a run
    /// with switched-off rules, a damaged disk or snapshots in files, and of a very long one.
    Test,
}

impl RunForm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Trace, Self::History, Self::Script, Self::Golden, Self::Test];

    /// Its name, in one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::History => "history",
            Self::Script => "script",
            Self::Golden => "golden",
            Self::Test => "test",
        }
    }

    /// Its name on a button.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Trace => "Trace",
            Self::History => "Client history",
            Self::Script => "Script",
            Self::Golden => "Golden script",
            Self::Test => "Rust test",
        }
    }

    /// What is in it, in one line.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Trace => "Every event with its cause and its fields, as JSON Lines",
            Self::History => "The requests and replies of clients, for helios check",
            Self::Script => "The statements with their moments, to run again",
            Self::Golden => "Each statement with what happened then, as a test",
            Self::Test => "The same inputs for the cores, as a test in Rust",
        }
    }

    /// The form with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    /// The end of the name of its files.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Trace => "jsonl",
            Self::History | Self::Golden => "txt",
            Self::Script => "helios",
            Self::Test => "rs",
        }
    }

    /// Writes the run of a session, from its beginning to the present.
    ///
    /// # Errors
    /// Those of writing; or [`io::ErrorKind::Unsupported`], in words, if the run has no such form.
    pub fn write(self, session: &Session, out: &mut dyn io::Write) -> io::Result<()> {
        match self {
            Self::Trace => write_trace(session, out),
            Self::History => write_history(session, out),
            Self::Script => out.write_all(session.export().as_bytes()),
            Self::Golden => write_golden(session, out),
            Self::Test => write_rust_test(session, out),
        }
    }
}

fn write_history(session: &Session, out: &mut dyn io::Write) -> io::Result<()> {
    let mut history = HistoryRecorder::new(out)?;
    let mut written = Ok(());
    session.retell(&mut |event, _| {
        if written.is_ok() {
            written = history.event(event);
        }
    });
    written?;
    history.finish().map(drop)
}
