//! The trace of a run, written line by line.

use std::io;

use raft_core::NodeId;
use raft_script::{Session, Statement, opening_statements};
use raft_sim::{Event, Setup};
use raft_storage::{RecordBytes, RecordKey, Records};

use crate::field::{Field, Form};
use crate::json::{JsonText, object};
use crate::kinds;

/// The name of the form, in the first line of a trace.
pub const FORM: &str = "helios-trace";

/// The version of the form that this program writes, and the only one that it reads.
pub const VERSION: u64 = 1;

/// Writes the trace of a session's run, from its beginning to the present. The run is played again:
/// no more than one event is held.
///
/// # Errors
/// Those of writing.
pub fn write_trace(session: &Session, out: &mut dyn io::Write) -> io::Result<()> {
    let mut line = String::new();
    header(session.world().setup(), &mut line);
    let mut written = write_line(&mut line, out);
    session.retell(&mut |event, statement| {
        if written.is_ok() {
            event_line(event, statement, &mut line);
            written = write_line(&mut line, out);
        }
    });
    written
}

fn write_line(line: &mut String, out: &mut dyn io::Write) -> io::Result<()> {
    line.push('\n');
    out.write_all(line.as_bytes())?;
    line.clear();
    Ok(())
}

fn header(setup: &Setup, out: &mut String) {
    object(out, |line| {
        line.text("form", FORM);
        line.field("version", &VERSION);
        line.text("program", concat!("helios ", env!("CARGO_PKG_VERSION")));
        line.field("nodes", &setup.node_ids().collect::<Vec<_>>());
        line.field("membership", &setup.bootstrap());
        line.field("seed", &setup.seed);
        let opening: Vec<_> = opening_statements(setup).into_iter().map(SetupLine).collect();
        line.field("setup", &opening);
        line.field("rules_off", &setup.bugs);
        let disks: Vec<_> = setup.disks.iter().map(|(node, disk)| FirstDisk(*node, disk)).collect();
        line.field("disks", &disks);
    });
}

fn event_line(event: &Event, statement: Option<&Statement>, out: &mut String) {
    object(out, |line| {
        line.field("event", &event.number);
        line.field("time_us", &event.at.0);
        line.text("kind", event.kind.full_name());
        match (event.cause, statement) {
            (Some(cause), _) => line.field("cause", &cause),
            (None, Some(statement)) => line.text("statement", statement),
            (None, None) => {}
        }
        kinds::write(&event.kind, line);
        line.text("text", &event.kind);
    });
}

/// A statement of the header.
struct SetupLine(Statement);

impl Field for SetupLine {
    fn form() -> Form {
        Form::Words
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.text(&self.0);
    }
}

/// A disk that is not empty at the beginning.
struct FirstDisk<'a>(NodeId, &'a Records);

impl Field for FirstDisk<'_> {
    fn form() -> Form {
        Form::Object("disk")
    }

    fn write(&self, out: &mut JsonText<'_>) {
        let records = self.1.iter().map(|(key, record)| FirstRecord(key, record));
        out.object(|disk| {
            disk.field("node", &self.0);
            disk.field("records", &records.collect::<Vec<_>>());
        });
    }
}

struct FirstRecord<'a>(RecordKey, &'a RecordBytes);

impl Field for FirstRecord<'_> {
    fn form() -> Form {
        Form::Object("change")
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.object(|change| crate::field::put(change, self.0, self.1));
    }
}
