//! Reading files with recorded runs. What comes in is bounded and checked.

mod etcd;
mod helios;
mod lines;
mod shiviz;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use raft_core::NodeId;

pub use self::helios::{TraceLine, TraceReader};
use crate::model::{RecordedRun, TraceSource, TraceStep};

/// The most bytes of a file.
pub const MAX_TRACE_BYTES: usize = 256 << 20;
/// The most bytes of a line. The first line of a trace has the disks of the beginning.
const MAX_LINE_BYTES: usize = 64 << 20;
/// The most events.
const MAX_EVENTS: usize = 1_000_000;
/// The most nodes.
const MAX_NODES: usize = 100;
/// Numbers of nodes, terms and places in the log are below this.
const MAX_NUMBER: u64 = 1 << 53;

/// A file that is no recorded run: the place, what is wrong there, and what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceError {
    /// The line, from 1.
    pub line: usize,
    /// What was expected and what was found, in one sentence.
    pub message: String,
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for TraceError {}

/// The form of a text with a recorded run, by the first line that is in one of them; `None` if none
/// of its beginning is.
pub fn trace_source(text: &[u8]) -> Option<TraceSource> {
    let text = without_mark(text);
    let text = std::str::from_utf8(&text[..valid_prefix(text)]).ok()?;
    text.lines().filter(|line| !is_comment(line)).find_map(|line| source_of(line.trim()))
}

/// The form in which a line is. A long JSON line may be cut, so it is not parsed.
fn source_of(line: &str) -> Option<TraceSource> {
    if line.starts_with('{') {
        let compact: String = line.split_whitespace().collect();
        let is_ours = compact.contains("\"form\":\"helios-trace\"");
        let is_etcd = compact.contains("\"event\":{") && compact.contains("\"nid\":");
        return match (is_ours, is_etcd) {
            (true, _) => Some(TraceSource::Helios),
            (false, true) => Some(TraceSource::EtcdRaft),
            (false, false) => None,
        };
    }
    if shiviz::tells_form(line) {
        return Some(TraceSource::ShiViz);
    }
    lines::is_line(line).then_some(TraceSource::Lines)
}

/// Without the mark with which some programs begin UTF-8.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text)
}

/// How much of the beginning is UTF-8, of at most some thousand bytes.
fn valid_prefix(text: &[u8]) -> usize {
    const LONGEST: usize = 1 << 16;
    let part = &text[..text.len().min(LONGEST)];
    std::str::from_utf8(part).map_or_else(|error| error.valid_up_to(), str::len)
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Reads a recorded run. Without a source, its [beginning decides](trace_source).
///
/// # Errors
/// The first mistake, with its line; also if there is more than a stated maximum: 256 MiB, 64 MiB a
/// line, 1,000,000 events, 100 nodes.
pub fn read_trace(text: &[u8], source: Option<TraceSource>) -> Result<RecordedRun, TraceError> {
    if text.len() > MAX_TRACE_BYTES {
        let most = MAX_TRACE_BYTES >> 20;
        return Err(error(1, format!("the file has more than {most} MiB: take a part of it")));
    }
    let text = without_mark(text);
    let source = source.or_else(|| trace_source(text)).ok_or_else(|| {
        error(
            1,
            "expected a trace: the header of helios-trace, a log for ShiViz, a state trace of \
             etcd's raft, or lines such as `000000 S1 T1 LEADER`; docs/trace.md describes them",
        )
    })?;
    let mut draft = Draft::new(source);
    match source {
        TraceSource::Helios => helios::read(text, &mut draft),
        TraceSource::ShiViz => shiviz::read(text, &mut draft),
        TraceSource::EtcdRaft => etcd::read(text, &mut draft),
        TraceSource::Lines => lines::read(text, &mut draft),
    }?;
    draft.finish()
}

fn error(line: usize, message: impl Into<String>) -> TraceError {
    TraceError { line, message: message.into() }
}

/// The lines with their numbers, without those that are blank. Each is UTF-8 and not too long.
fn numbered(text: &[u8]) -> impl Iterator<Item = Result<(usize, &str), TraceError>> {
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    lines.filter_map(|(place, line)| {
        let number = place + 1;
        if let Err(too_long) = check_length(number, line.len()) {
            return Some(Err(too_long));
        }
        match std::str::from_utf8(line) {
            Ok(line) if line.trim().is_empty() => None,
            Ok(line) => Some(Ok((number, line.trim_end_matches('\r')))),
            Err(wrong) => {
                let byte = wrong.valid_up_to() + 1;
                Some(Err(error(number, format!("byte {byte} is not UTF-8: save it as UTF-8"))))
            }
        }
    })
}

fn check_length(line: usize, bytes: usize) -> Result<(), TraceError> {
    if bytes > MAX_LINE_BYTES {
        let most = MAX_LINE_BYTES >> 20;
        return Err(error(line, format!("the line has more than {most} MiB")));
    }
    Ok(())
}

/// The nodes that a record names.
#[derive(Clone, Default)]
struct Nodes(BTreeSet<NodeId>);

impl Nodes {
    /// A node is there.
    fn add(&mut self, line: usize, number: u64) -> Result<NodeId, TraceError> {
        let node = NodeId(bounded(line, "a node", number)?);
        self.0.insert(node);
        if self.0.len() > MAX_NODES {
            return Err(error(line, format!("there are more than {MAX_NODES} nodes")));
        }
        Ok(node)
    }
}

/// A run that is being read.
struct Draft {
    run: RecordedRun,
    nodes: Nodes,
    /// Names of nodes that are no numbers, with the numbers that they got.
    names: BTreeMap<String, NodeId>,
}

impl Draft {
    fn new(source: TraceSource) -> Self {
        Self { run: RecordedRun::new(source), nodes: Nodes::default(), names: BTreeMap::new() }
    }

    /// Adds an event.
    fn push(&mut self, step: TraceStep) -> Result<(), TraceError> {
        if self.run.steps.len() == MAX_EVENTS {
            let message =
                format!("there are more than {MAX_EVENTS} events: take a part of the file");
            return Err(error(step.line, message));
        }
        self.run.steps.push(step);
        Ok(())
    }

    /// A line is no event.
    fn pass_over(&mut self, line: usize) {
        self.run.passed_over.count += 1;
        self.run.passed_over.first.get_or_insert(line);
    }

    /// A node is there.
    fn node(&mut self, line: usize, number: u64) -> Result<NodeId, TraceError> {
        self.nodes.add(line, number)
    }

    /// A node with a name: the first one is node 1.
    fn named(&mut self, line: usize, name: &str) -> Result<NodeId, TraceError> {
        if let Some(node) = self.names.get(name) {
            return Ok(*node);
        }
        let node = self.node(line, self.names.len() as u64 + 1)?;
        self.names.insert(name.to_owned(), node);
        Ok(node)
    }

    fn finish(mut self) -> Result<RecordedRun, TraceError> {
        if self.run.steps.is_empty() {
            return Err(error(1, "there is no event in the file"));
        }
        self.run.nodes = self.nodes.0.into_iter().collect();
        let mut names: Vec<(NodeId, String)> =
            self.names.into_iter().map(|(name, node)| (node, name)).collect();
        names.sort_unstable();
        self.run.names = names.into_iter().map(|(_, name)| name).collect();
        Ok(self.run)
    }
}

/// A number that may be counted further without an overflow.
fn bounded(line: usize, what: &str, number: u64) -> Result<u64, TraceError> {
    match number < MAX_NUMBER {
        true => Ok(number),
        false => Err(error(line, format!("{what} has the number {number}; 2^53 is too large"))),
    }
}

#[cfg(test)]
mod tests;
