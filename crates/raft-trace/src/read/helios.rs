//! The trace of this program.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use raft_core::{Entry, LogIndex, LogPosition, Membership, NodeId, Payload, RoleKind};
use raft_kv::{ClientId, Command, Operation, Sequence};
use serde_json::Value;

use super::value::{Object, parse};
use super::{Draft, Nodes, TraceError, check_length, error, numbered};
use crate::model::{Fact, LogFact, RecordedRun, TraceMessage, TraceSource, TraceStep};
use crate::{FORM, VERSION};

/// Reads the trace of this program line by line, while it is being written.
///
/// It keeps the numbers of the nodes and of the next event, and no event.
#[derive(Clone, Default)]
pub struct TraceReader {
    /// The number of lines so far.
    lines: usize,
    nodes: Nodes,
    /// The number of the next event; `None` before a header.
    next: Option<u64>,
}

/// What a line of a trace is.
#[derive(Clone, PartialEq, Debug)]
pub enum TraceLine {
    /// Neither a header nor an event: it is blank, or before the first header.
    Other,
    /// A header: a run begins. It has no steps yet, and the nodes of the header.
    Header(Box<RecordedRun>),
    /// The next event.
    Step(TraceStep),
}

impl TraceReader {
    /// A reader before the first line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the next line.
    ///
    /// # Errors
    /// What is wrong with the line: it is longer than 64 MiB, no line of the form, or not the next
    /// one; or there are more than 100 nodes. What comes after such a line cannot be read.
    pub fn read(&mut self, line: &str) -> Result<TraceLine, TraceError> {
        self.lines += 1;
        check_length(self.lines, line.len())?;
        if line.trim().is_empty() {
            return Ok(TraceLine::Other);
        }
        self.read_numbered(self.lines, line)
    }

    /// Reads a line that is not blank and not too long.
    fn read_numbered(&mut self, line: usize, text: &str) -> Result<TraceLine, TraceError> {
        if self.next.is_none() && !text.trim_start().starts_with('{') {
            return Ok(TraceLine::Other);
        }
        let value = parse(line, text)?;
        let object = Object::of(line, &value, "line")?;
        match (object.get("form").is_some(), self.next) {
            (true, _) => Ok(TraceLine::Header(Box::new(self.header(object)?))),
            (false, None) => Ok(TraceLine::Other),
            (false, Some(next)) => Ok(TraceLine::Step(self.event(object, next)?)),
        }
    }

    fn header(&mut self, header: Object<'_>) -> Result<RecordedRun, TraceError> {
        if header.text("form")? != FORM {
            return Err(error(header.line, format!("`form` must be `{FORM}`")));
        }
        let version = header.number("version")?;
        if version != VERSION {
            return Err(error(
                header.line,
                format!("the form has version {version}, and this program reads version {VERSION}"),
            ));
        }
        let mut run = RecordedRun::new(TraceSource::Helios);
        self.nodes = Nodes::default();
        for node in header.numbers("nodes")? {
            self.nodes.add(header.line, node)?;
        }
        let has_membership = header.get("membership").is_some();
        run.membership =
            has_membership.then(|| membership(header.object("membership")?)).transpose()?;
        for disk in header.list("disks")? {
            let disk = Object::of(header.line, disk, "disks")?;
            let mut facts = Vec::new();
            for record in disk.list("records")? {
                change(Object::of(header.line, record, "records")?, Place::Disk, &mut facts)?;
            }
            let node = self.nodes.add(header.line, disk.number("node")?)?;
            run.first.push((node, facts));
        }
        run.nodes = self.nodes.0.iter().copied().collect();
        self.next = Some(1);
        Ok(run)
    }

    fn event(&mut self, event: Object<'_>, next: u64) -> Result<TraceStep, TraceError> {
        let kind = event.text("kind")?;
        let mut facts = Vec::new();
        facts_of(kind, event, &mut facts)?;
        let node = match kind {
            "sent" | "dropped" | "held" | "released" | "replayed" => event.node_or_none("from")?,
            "delivered" => event.node_or_none("to")?,
            _ => event.node_or_none("node")?,
        };
        if let Some(node) = node {
            self.nodes.add(event.line, node.0)?;
        }
        let number = event.number("event")?;
        if number != next {
            return Err(error(
                event.line,
                format!("the event has the number {number}, and {next} is next: lines are missing"),
            ));
        }
        self.next = Some(next + 1);
        Ok(TraceStep {
            line: event.line,
            number,
            at_us: Some(event.number("time_us")?),
            node,
            kind: kind.to_owned(),
            cause: event.get("cause").map(|_| event.number("cause")).transpose()?,
            text: event.text("text")?.to_owned(),
            facts,
        })
    }
}

/// Reads a file, which has one run.
pub(super) fn read(text: &[u8], draft: &mut Draft) -> Result<(), TraceError> {
    let mut reader = TraceReader::new();
    for line in numbered(text) {
        let (line, text) = line?;
        let had_header = reader.next.is_some();
        match reader.read_numbered(line, text)? {
            TraceLine::Other => draft.pass_over(line),
            TraceLine::Header(_) if had_header => {
                let message = "another run begins here: give each run a file of its own";
                return Err(error(line, message));
            }
            TraceLine::Header(run) => {
                draft.run = RecordedRun { passed_over: draft.run.passed_over, ..*run };
            }
            TraceLine::Step(step) => draft.push(step)?,
        }
    }
    draft.nodes = reader.nodes;
    Ok(())
}

fn membership(object: Object<'_>) -> Result<Membership, TraceError> {
    let nodes = |name: &str| {
        let numbers = object.numbers(name)?;
        // A membership of more is refused by what judges it, and would make sorting slow.
        match numbers.len() <= super::MAX_NODES {
            true => Ok(numbers.into_iter().map(NodeId)),
            false => Err(error(object.line, format!("`{name}` has too many nodes"))),
        }
    };
    let (voters, outgoing, learners) = (nodes("voters")?, nodes("outgoing")?, nodes("learners")?);
    let mut all = Membership::new(voters).with_outgoing(outgoing).with_learners(learners);
    let contexts = object.list("contexts")?.iter().take(super::MAX_NODES);
    for context in contexts {
        let context = Object::of(object.line, context, "contexts")?;
        all = all.with_context(context.node("node")?, base64(context)?);
    }
    Ok(all)
}

/// What a kind of event says of its node. Other kinds say nothing of the states.
fn facts_of(kind: &str, event: Object<'_>, facts: &mut Vec<Fact>) -> Result<(), TraceError> {
    match kind {
        "started" | "restarted" => facts.push(Fact::Started),
        "crashed" | "restart_refused" => facts.push(Fact::Stopped),
        "write_failed" if !event.flag("is_ignored")? => facts.push(Fact::Stopped),
        "server_added" => facts.push(Fact::Renewed),
        "observed" => observed(event, facts)?,
        "out_of_sight" => facts.push(Fact::OutOfSight),
        "configured_alone" => {
            facts.push(Fact::Unsafe("a node was told that it is the only member".into()));
        }
        "server_started" => {
            facts.push(Fact::Term(event.term("term")?));
            facts.push(Fact::Vote(event.node_or_none("voted_for")?));
            facts.push(Fact::Role(RoleKind::Follower));
            facts.push(Fact::Commit(event.index("commit_index")?));
        }
        "reopened" => facts.push(Fact::AppliedThrough(event.index("applied")?)),
        "restored" => {
            facts.push(Fact::AppliedThrough(event.position("snapshot")?.index));
        }
        "snapshot_installed" => {
            let through = event.position("last_included")?.index;
            facts.extend([Fact::Commit(through), Fact::AppliedThrough(through)]);
        }
        "term_advanced" => {
            facts.push(Fact::Term(event.term("to")?));
            facts.push(Fact::Role(RoleKind::Follower));
        }
        "stepped_down" => facts.push(Fact::Role(RoleKind::Follower)),
        "pre_vote_started" => facts.push(Fact::Role(RoleKind::PreCandidate)),
        "election_started" => {
            facts.push(Fact::Term(event.term("term")?));
            facts.push(Fact::Role(RoleKind::Candidate));
        }
        "became_leader" => facts.push(Fact::Role(RoleKind::Leader)),
        "committed" | "commit_learned" => facts.push(Fact::Commit(event.index("to")?)),
        "applied" => {
            for value in event.list("entries")? {
                let entry = entry(Object::of(event.line, value, "entries")?)?;
                facts.push(Fact::Applied(entry));
            }
        }
        "write_issued" => changes(event, "batch", Place::Both, facts)?,
        "write_torn" => changes(event, "landed", Place::Disk, facts)?,
        "writes_lost" => changes(event, "undo", Place::Disk, facts)?,
        "disk_renewed" | "disk_damaged" => {
            if kind == "disk_damaged" {
                facts.push(Fact::Unsafe("a disk was damaged or wiped".into()));
            }
            changes(event, "batch", Place::Disk, facts)?;
        }
        "sent" => {
            facts.push(Fact::Sent(message(event)?));
            said(event, facts)?;
        }
        // A copy promises nothing anew.
        "replayed" => facts.push(Fact::Sent(message(event)?)),
        "delivered" => facts.push(Fact::Arrived(event.number("id")?)),
        "dropped" => facts.push(Fact::Lost(event.number("id")?)),
        _ => {}
    }
    Ok(())
}

/// The state of a server of a real cluster. Its entries are from its memory, and on its disk too as
/// far as one can tell.
fn observed(event: Object<'_>, facts: &mut Vec<Fact>) -> Result<(), TraceError> {
    let (term, vote) = (event.term("term")?, event.node_or_none("voted_for")?);
    let (log_start, snapshot) = (event.position("log_start")?, event.position("snapshot")?);
    facts.extend([Fact::Observed, Fact::Term(term), Fact::Vote(vote)]);
    facts.push(Fact::DiskState(term, vote));
    facts.push(Fact::Log(LogFact::Base { log_start, snapshot }));
    facts.push(Fact::Log(LogFact::Unseen(log_start)));
    for value in event.list("entries")? {
        let entry = entry(Object::of(event.line, value, "entries")?)?;
        facts.push(Fact::Log(LogFact::Entry(entry)));
    }
    facts.push(Fact::Commit(event.index("commit_index")?));
    facts.push(Fact::AppliedThrough(event.index("last_applied")?));
    facts.push(Fact::Role(match event.text("role")? {
        "follower" => RoleKind::Follower,
        "pre_candidate" => RoleKind::PreCandidate,
        "candidate" => RoleKind::Candidate,
        "leader" => RoleKind::Leader,
        other => return Err(error(event.line, format!("`role` is {other:?}, which is no role"))),
    }));
    Ok(())
}

fn message(event: Object<'_>) -> Result<TraceMessage, TraceError> {
    let message = event.object("message")?;
    let name = message.text("type")?;
    let agrees = match name {
        "RequestVoteReply" | "PreVoteReply" => Some(message.flag("vote_granted")?),
        "AppendEntriesReply" => Some(message.text("result")? != "failure"),
        "ReadIndexReply" | "ForwardReply" => Some(message.get("refused").is_none()),
        _ => None,
    };
    let entries = message.get("entries").map(|_| message.list("entries")).transpose()?;
    Ok(TraceMessage {
        id: event.number("id")?,
        to: event.node("to")?,
        name: name.to_owned(),
        term: Some(message.term("term")?),
        entries: entries.map(<[_]>::len),
        agrees,
    })
}

/// What a message promises.
fn said(event: Object<'_>, facts: &mut Vec<Fact>) -> Result<(), TraceError> {
    let (from, to) = (event.node("from")?, event.node("to")?);
    let message = event.object("message")?;
    match message.text("type")? {
        "RequestVote" => {
            facts.push(Fact::Voted { term: message.term("term")?, candidate: from });
        }
        "RequestVoteReply" if message.flag("vote_granted")? => {
            facts.push(Fact::Voted { term: message.term("term")?, candidate: to });
        }
        "AppendEntriesReply" | "InstallSnapshotReply" if message.get("match_index").is_some() => {
            facts.push(Fact::Acknowledged {
                leader: to,
                term: message.term("term")?,
                match_index: message.index("match_index")?,
            });
        }
        _ => {}
    }
    Ok(())
}

/// What a change is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The disk, and the memory.
    Both,
    /// The disk alone.
    Disk,
}

fn changes(
    event: Object<'_>,
    name: &str,
    place: Place,
    facts: &mut Vec<Fact>,
) -> Result<(), TraceError> {
    for value in event.list(name)? {
        change(Object::of(event.line, value, name)?, place, facts)?;
    }
    Ok(())
}

fn change(change: Object<'_>, place: Place, facts: &mut Vec<Fact>) -> Result<(), TraceError> {
    let mut log = |fact: LogFact| {
        facts.push(if place == Place::Both { Fact::Log(fact) } else { Fact::Disk(fact) });
    };
    match change.text("do")? {
        "delete_entries" => {
            let from = change.index("from")?;
            let through = change.get("through").map(|_| change.index("through")).transpose()?;
            log(LogFact::Removed { from, through: through.unwrap_or(LogIndex(u64::MAX)) });
        }
        "delete" => match change.get("index") {
            Some(_) => {
                let index = change.index("index")?;
                log(LogFact::Removed { from: index, through: index });
            }
            None if change.text("record")? == "mark of the snapshot" => {
                log(LogFact::Base {
                    log_start: LogPosition::ORIGIN,
                    snapshot: LogPosition::ORIGIN,
                });
            }
            None if change.text("record")? == "term and vote" => {
                facts.push(Fact::DiskState(raft_core::Term(0), None));
            }
            None => {}
        },
        "put" if change.get("entry").is_some() => {
            log(LogFact::Entry(entry(change.object("entry")?)?))
        }
        "put" if change.get("log_start").is_some() => log(LogFact::Base {
            log_start: change.position("log_start")?,
            snapshot: change.position("last_included")?,
        }),
        "put" if change.get("term").is_some() => {
            let (term, vote) = (change.term("term")?, change.node_or_none("voted_for")?);
            if place == Place::Both {
                facts.push(Fact::Term(term));
                facts.push(Fact::Vote(vote));
            }
            facts.push(Fact::DiskState(term, vote));
        }
        _ => {}
    }
    Ok(())
}

fn entry(object: Object<'_>) -> Result<Entry, TraceError> {
    let payload = match object.text("payload")? {
        "noop" => Payload::Noop,
        "membership" => Payload::Membership(membership(object.object("membership")?)?),
        "command" => Payload::Command(command(object)?.into()),
        other => {
            let message = format!("`payload` must be noop, command or membership, not {other:?}");
            return Err(error(object.line, message));
        }
    };
    Ok(Entry { index: object.index("index")?, term: object.term("term")?, payload })
}

fn base64(object: Object<'_>) -> Result<Vec<u8>, TraceError> {
    let bytes = STANDARD.decode(object.text("base64")?);
    bytes.map_err(|_| error(object.line, "`base64` must be base64"))
}

/// The bytes of a command.
fn command(object: Object<'_>) -> Result<Vec<u8>, TraceError> {
    if object.get("base64").is_some() {
        return base64(object);
    }
    let command = object.object("command")?;
    let operation = operation(command.object("operation")?)?;
    let client = ClientId(command.number("client")?);
    let sequence = Sequence(command.number("sequence")?);
    Ok(Command { client, sequence, operation }.encode())
}

fn operation(object: Object<'_>) -> Result<Operation, TraceError> {
    let (key, value) = (object.text("key")?.into(), object.get("value").and_then(Value::as_str));
    let value = value.map(raft_kv::Value::from);
    let needed = || value.clone().ok_or_else(|| error(object.line, "`value` is missing"));
    Ok(match object.text("do")? {
        "set" => Operation::Set { key, value: needed()? },
        "get" => Operation::Get { key },
        "delete" => Operation::Delete { key },
        "cas" => {
            let expect = object.get("expect").and_then(Value::as_str);
            Operation::Cas { key, expect: expect.map(raft_kv::Value::from), value: needed()? }
        }
        "append" => Operation::Append { key, value: needed()? },
        "list" => Operation::List { prefix: key },
        other => {
            return Err(error(object.line, format!("`do` is {other:?}, which is no operation")));
        }
    })
}
