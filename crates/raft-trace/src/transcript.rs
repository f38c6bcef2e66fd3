//! Transcripts: statements, and what happens after each, as people read it.

mod events;
mod tables;

use std::fmt::Write as _;
use std::io;

use raft_script::{Run, Script, Session, SourceLine, Started, Statement, Stepped};

use self::events::EventPrinter;

/// Carries out statements and prints what happens: the events, and the states of the nodes. A line
/// about a change of role or term shows it, for example `[leader@1 → follower@2]`.
///
/// Golden scripts are transcripts. An error is in words.
#[derive(Default)]
pub struct Transcript {
    /// The statements that set up the world. It starts with the first other one.
    opening: Script,
    session: Option<Session>,
    printer: EventPrinter,
}

impl Transcript {
    /// Prints the events of these topics only, and faults: `core` (of it `elections`, `changes` and
    /// `snapshots`), `heartbeats`, `timers`, `messages`, `disks`, `clients`. At the beginning,
    /// `core` and `clients`.
    pub fn show(&mut self, topics: Vec<String>) {
        self.printer.shown = topics;
    }

    /// The session, which the first call begins.
    ///
    /// # Errors
    /// If the opening statements make no world.
    pub fn session(&mut self) -> Result<&mut Session, String> {
        if self.session.is_none() {
            let (session, _) = Session::open(&self.opening).map_err(|error| error.to_string())?;
            // The state before the first event.
            self.printer.changes(session.world());
            self.session = Some(session);
        }
        self.session.as_mut().ok_or_else(|| "there is no session".to_owned())
    }

    /// The table with this name; `None` if there is none: `nodes`, `progress`, `logs`, `stores`,
    /// `suspended`.
    pub fn table(&mut self, name: &str) -> Option<Result<String, String>> {
        let table: fn(&Session) -> String = match name {
            "nodes" => |session| tables::nodes(session.world()),
            "progress" => |session| tables::progress(session.world()),
            "logs" => |session| tables::logs(session.world()),
            "stores" => |session| tables::stores(session.world()),
            "suspended" => tables::suspended,
            _ => return None,
        };
        Some(self.session().map(|session| table(session)))
    }

    /// Carries out a line of the language and prints the events until its end.
    ///
    /// # Errors
    /// If the line is no statement, or cannot be carried out, or its expectation does not hold.
    pub fn statement(&mut self, text: &str) -> Result<String, String> {
        let statement = raft_script::parse_line(text).map_err(|error| error.to_string())?;
        let statement = statement.ok_or("an empty line")?;
        if statement.is_opening() && self.session.is_none() {
            self.opening.statements.push(SourceLine { number: 1, statement });
            return Ok(String::new());
        }
        self.session()?;
        let Self { session: Some(session), printer, .. } = self else {
            return Err("there is no session".to_owned());
        };
        let mut output = String::new();
        let started = session.start(&statement);
        printer.print(&mut output, session);
        let mut finished = match started {
            // The events are the reply.
            Ok(Started::Done(_)) => return Ok(output),
            Ok(Started::Waiting) => None,
            Err(error) => Some(Err(error)),
        };
        while finished.is_none() {
            finished = match session.step() {
                Stepped::Finished(result) => Some(result),
                Stepped::Event => None,
                Stepped::Nothing => return Err("nothing will ever happen again".to_owned()),
            };
            printer.print(&mut output, session);
        }
        let _ = match finished {
            // Also when transcripts are written anew: what a script expects has to hold.
            Some(Err(error)) => return Err(format!("{output}{text}: {error}")),
            // The end of a wait is no news.
            Some(Ok(_))
                if matches!(statement, Statement::Run(Run::For(_)) | Statement::At { .. }) =>
            {
                Ok(())
            }
            Some(Ok(reply)) => writeln!(output, "{reply}"),
            None => Ok(()),
        };
        Ok(output)
    }
}

/// Writes the run of a session as a golden script: each statement with its events, and the states
/// at the end.
pub(crate) fn write_golden(session: &Session, out: &mut dyn io::Write) -> io::Result<()> {
    let mut transcript = Transcript::default();
    // A file ends without a blank line.
    let mut is_after_block = false;
    for line in session.export().lines() {
        if std::mem::take(&mut is_after_block) {
            writeln!(out)?;
        }
        if line.trim().is_empty() || line.starts_with('#') {
            writeln!(out, "{line}")?;
            continue;
        }
        let output = transcript.statement(line).map_err(io::Error::other)?;
        write_block(&format!("> {line}"), &output, out)?;
        is_after_block = true;
    }
    let broken = transcript.session().map_err(io::Error::other)?.checks().violation().cloned();
    for table in ["nodes", "logs", "stores"] {
        let output = transcript.table(table).unwrap_or_else(|| Ok(String::new()));
        writeln!(out)?;
        write_block(table, &output.map_err(io::Error::other)?, out)?;
    }
    match broken {
        Some(violation) => {
            writeln!(out)?;
            write_block("broken", &violation.description.to_string(), out)
        }
        None => Ok(()),
    }
}

fn write_block(command: &str, output: &str, out: &mut dyn io::Write) -> io::Result<()> {
    let output = if output.is_empty() { "ok" } else { output.trim_end_matches('\n') };
    writeln!(out, "{command}\n---\n{output}")
}
