//! Traces: a run of Raft, or the first step that is none.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use raft_trace::{PassedOver, TraceError, TraceSource, TraceVerdict, judge, read_trace};

#[cfg(feature = "spec")]
use super::specification::Held;

/// A build without the specification holds nothing against it: `check` says so before.
#[cfg(not(feature = "spec"))]
pub(super) struct Held;

#[cfg(not(feature = "spec"))]
impl Held {
    fn of(_: &[u8]) -> Self {
        Self
    }

    fn code(&self) -> u8 {
        0
    }

    fn print(&self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// The result for one trace.
pub(super) enum TraceChecked {
    Malformed(TraceError),
    Judged {
        source: TraceSource,
        nodes: usize,
        events: usize,
        passed_over: PassedOver,
        verdict: TraceVerdict,
        took: Duration,
        held: Option<Box<Held>>,
    },
}

/// Judges a trace; if `spec`, it is held against the specification too.
pub(super) fn check(bytes: &[u8], source: TraceSource, spec: bool) -> TraceChecked {
    let began = Instant::now();
    let run = match read_trace(bytes, Some(source)) {
        Ok(run) => run,
        Err(error) => return TraceChecked::Malformed(error),
    };
    let verdict = judge(&run);
    let (nodes, events) = (run.nodes.len(), run.steps.len());
    let (passed_over, took) = (run.passed_over, began.elapsed());
    let held = spec.then(|| Box::new(Held::of(bytes)));
    TraceChecked::Judged { source, nodes, events, passed_over, verdict, took, held }
}

impl TraceChecked {
    /// The exit code that this file alone would give.
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Malformed(_) => 2,
            Self::Judged { verdict, held, .. } => {
                let held = held.as_ref().map_or(0, |held| held.code());
                if verdict.broken.is_some() { 1 } else { held }
            }
        }
    }

    pub(super) fn print(&self, file: &str, out: &mut dyn Write) -> io::Result<()> {
        let Self::Judged { source, nodes, events, passed_over, verdict, took, held } = self else {
            return self.print_malformed(file, out);
        };
        let millis = took.as_secs_f64() * 1e3;
        let size = format!("{}, {nodes} nodes, {events} events, {millis:.1} ms", source.name());
        match &verdict.broken {
            None => writeln!(out, "{file}: no contradiction to Raft ({size})")?,
            Some(broken) => {
                let (line, property) = (broken.line, broken.property);
                writeln!(out, "{file}: no run of Raft ({size})")?;
                writeln!(out, "  line {line}: {}", broken.text)?;
                writeln!(
                    out,
                    "  {} ({}) is broken: {}",
                    property.name, property.section, broken.sentence
                )?;
            }
        }
        match (passed_over.count, passed_over.first) {
            (1, Some(line)) => writeln!(out, "  passed over: line {line}, which is no event")?,
            (count, Some(first)) => {
                writeln!(
                    out,
                    "  passed over: {count} lines that are no event, first line {first}"
                )?;
            }
            (_, None) => {}
        }
        let names: Vec<&str> = verdict.judged.iter().map(|property| property.name).collect();
        if !names.is_empty() {
            writeln!(out, "  judged: {}", names.join(", "))?;
        }
        for (reason, names) in by_reason(verdict) {
            writeln!(out, "  not judged, because {reason}: {}", names.join(", "))?;
        }
        held.as_ref().map_or(Ok(()), |held| held.print(out))
    }

    fn print_malformed(&self, file: &str, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Malformed(error) => writeln!(out, "{file}: malformed: {error}"),
            Self::Judged { .. } => Ok(()),
        }
    }
}

/// The properties that could not be judged, by the reason, in the order in which they come.
pub(super) fn by_reason(verdict: &TraceVerdict) -> Vec<(&str, Vec<&'static str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for (property, reason) in &verdict.not_judged {
        match found.iter_mut().find(|(known, _)| known == reason) {
            Some((_, names)) => names.push(property.name),
            None => found.push((reason, vec![property.name])),
        }
    }
    found
}
