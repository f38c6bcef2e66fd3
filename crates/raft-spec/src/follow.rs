//! Following a recorded run through the specification.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use raft_core::NodeId;
use raft_trace::{TraceError, TraceNode, TraceSource, TraceStep, read_trace};
use tla_checker::ast::Value;

use crate::fields::BadField;
use crate::machine::Machine;
use crate::values::{apply, items, nobody, number, of_servers, server, servers, shown, text, vote};
use crate::{SPECIFICATION, etcd, helios};

/// A recorded run that was held against the specification.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldRun {
    /// The events that were held against it.
    pub events: usize,
    /// The steps of the specification that these were.
    pub steps: usize,
    /// The first event that the specification does not allow.
    pub outside: Option<Outside>,
    /// The line from which on nothing is held against it, and the reason.
    pub until: Option<(usize, String)>,
}

/// An event that the specification does not allow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outside {
    /// The line of the file, from 1.
    pub line: usize,
    /// The event, in words.
    pub text: String,
    /// The action of the specification that the event names, with its arguments.
    pub action: String,
    /// What is false: a conjunct of the action, or what the trace says of the state.
    pub because: String,
}

/// A run that cannot be held against the specification.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SpecError {
    /// The file is malformed.
    Trace(TraceError),
    /// Traces of this form tell too little.
    TellsTooLittle(TraceSource),
    /// The specification cannot be carried out: the line at which, and what is wrong.
    Specification(usize, String),
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trace(error) => write!(f, "{error}"),
            Self::TellsTooLittle(source) => write!(
                f,
                "a trace of the form {} tells too little: traces of helios and of etcd's raft can \
                 be held against the specification",
                source.name()
            ),
            Self::Specification(line, wrong) => {
                write!(f, "line {line}: the specification cannot be carried out: {wrong}")
            }
        }
    }
}

impl std::error::Error for SpecError {}

/// Holds the text of a trace against the specification, up to the first event that it does not
/// allow.
///
/// # Errors
/// If the text is no trace, or is of a form that tells too little.
pub fn hold(text: &[u8]) -> Result<HeldRun, SpecError> {
    let run = read_trace(text, None).map_err(SpecError::Trace)?;
    match run.source {
        TraceSource::Helios => helios::hold(text, &run),
        TraceSource::EtcdRaft => etcd::hold(text, &run),
        TraceSource::ShiViz | TraceSource::Lines => Err(SpecError::TellsTooLittle(run.source)),
    }
}

/// The result for a run of which this step is the last one, with the events and the steps before.
pub(crate) fn ended(
    step: &TraceStep,
    stop: Stop,
    (events, steps): (usize, usize),
) -> Result<HeldRun, SpecError> {
    let line = step.line;
    let (outside, until) = match stop {
        Stop::Outside { action, because } => {
            (Some(Outside { line, text: step.text.clone(), action, because }), None)
        }
        Stop::Unsafe(reason) => (None, Some((line, reason))),
        Stop::Malformed(message) => return Err(SpecError::Trace(TraceError { line, message })),
        Stop::Fault(wrong) => return Err(SpecError::Specification(line, wrong)),
    };
    Ok(HeldRun { events, steps, outside, until })
}

/// Why an event is the last one.
pub(crate) enum Stop {
    /// The specification does not allow it.
    Outside {
        /// The action.
        action: String,
        /// What is false.
        because: String,
    },
    /// A fault took away what Raft rests on.
    Unsafe(String),
    /// The line has not what its kind must have.
    Malformed(String),
    /// The specification cannot be carried out.
    Fault(String),
}

impl From<BadField> for Stop {
    fn from(BadField(wrong): BadField) -> Self {
        Self::Malformed(wrong)
    }
}

/// The specification in the state that follows from the events so far.
pub(crate) struct Follow {
    machine: Machine,
    /// The steps so far.
    pub(crate) steps: usize,
    /// How many copies of each message may yet arrive.
    copies: BTreeMap<Value, usize>,
}

impl Follow {
    /// Begins with these servers, this membership and these disks.
    pub(crate) fn new(
        nodes: &BTreeSet<NodeId>,
        first: Value,
        disk: impl Fn(NodeId) -> Value,
    ) -> Result<Self, SpecError> {
        let constants = [
            ("Server", servers(nodes.iter().copied())),
            ("FirstMembership", first),
            ("Nobody", nobody()),
        ];
        let disks = of_servers(nodes.iter().map(|node| (*node, disk(*node))));
        let machine = Machine::new(SPECIFICATION, &constants, ("InitWith", disks));
        let machine = machine.map_err(|wrong| SpecError::Specification(1, wrong))?;
        Ok(Self { machine, steps: 0, copies: BTreeMap::new() })
    }

    /// Takes a step of the specification.
    pub(crate) fn act(&mut self, action: &str, arguments: &[Value]) -> Result<(), Stop> {
        self.steps += 1;
        match self.machine.step(action, arguments).map_err(Stop::Fault)? {
            Ok(()) => Ok(()),
            Err(refused) => {
                let because = if refused.definition == action {
                    format!("false: {}", refused.conjunct)
                } else {
                    format!("false, in {}: {}", refused.definition, refused.conjunct)
                };
                Err(Stop::Outside { action: called(action, arguments), because })
            }
        }
    }

    /// Whether the specification allows an action.
    pub(crate) fn may(&self, action: &str, arguments: &[Value]) -> Result<bool, Stop> {
        self.machine.may(action, arguments).map_err(Stop::Fault)
    }

    /// Whether a condition holds in the present state.
    pub(crate) fn is(&self, operator: &str, arguments: &[Value]) -> Result<bool, Stop> {
        let value = self.machine.evaluate(operator, arguments).map_err(Stop::Fault)?;
        Ok(value == Value::Bool(true))
    }

    /// What the trace says must be the value of an operator.
    pub(crate) fn claim(
        &self,
        what: &str,
        claimed: &Value,
        (operator, arguments): (&str, &[Value]),
    ) -> Result<(), Stop> {
        let value = self.machine.evaluate(operator, arguments).map_err(Stop::Fault)?;
        differs(what, claimed, &value, &called(operator, arguments))
    }

    /// The value of a variable for a server.
    pub(crate) fn of(&self, variable: &str, node: NodeId) -> Value {
        apply(self.machine.variable(variable), &server(node)).expect("it is a server")
    }

    /// A message was sent; `copies` of it may arrive.
    pub(crate) fn sent(&mut self, message: &Value, copies: usize) -> Result<(), Stop> {
        self.act("Send", std::slice::from_ref(message))?;
        *self.copies.entry(message.clone()).or_default() += copies;
        Ok(())
    }

    /// A copy of a message does not come again.
    pub(crate) fn gone(&mut self, message: &Value) -> Result<(), Stop> {
        let Some(left) = self.copies.get_mut(message) else { return Ok(()) };
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.copies.remove(message);
            self.act("Lose", std::slice::from_ref(message))?;
        }
        Ok(())
    }

    /// The state of a node, as the trace tells it, is that of the specification.
    pub(crate) fn compare(&self, node: NodeId, told: &TraceNode, logs: bool) -> Result<(), Stop> {
        self.compare_states(node, told)?;
        let (applied, variable) = (number(told.last_applied.0), "lastApplied");
        let expression = format!("{variable}[{node}]");
        differs("last applied entry", &applied, &self.of(variable, node), &expression)?;
        if logs { self.compare_logs(node, told) } else { Ok(()) }
    }

    /// Term, vote, role and commit index are those of the specification.
    pub(crate) fn compare_states(&self, node: NodeId, told: &TraceNode) -> Result<(), Stop> {
        let is = |what: &str, variable: &str, claimed: Value| {
            differs(what, &claimed, &self.of(variable, node), &format!("{variable}[{node}]"))
        };
        is("term", "currentTerm", number(told.term.0))?;
        is("vote", "votedFor", vote(told.voted_for))?;
        is("commit index", "commitIndex", number(told.commit_index.0))?;
        let role = told.role.map_or("Down".to_owned(), |role| format!("{role:?}"));
        is("role", "role", text(&role))
    }

    /// The log is that of the specification, as far as the trace tells of it.
    pub(crate) fn compare_logs(&self, node: NodeId, told: &TraceNode) -> Result<(), Stop> {
        let log = self.of("log", node);
        let entries = items(&log);
        let name = format!("log[{node}]");
        let length = number(entries.len() as u64);
        differs("end of the log", &number(told.log.last().index.0), &length, &name)?;
        for (place, entry) in (1..).zip(entries).skip(told.log.base.index.0 as usize) {
            let Some(held) = told.log.get(raft_core::LogIndex(place)) else { continue };
            let term = crate::values::member(entry, "term").expect("an entry has a term");
            differs(
                &format!("term of entry {place}"),
                &number(held.term.0),
                &term,
                &format!("{name}[{place}].term"),
            )?;
        }
        Ok(())
    }
}

/// The trace says one thing, and the specification another.
pub(crate) fn differs(
    what: &str,
    claimed: &Value,
    value: &Value,
    expression: &str,
) -> Result<(), Stop> {
    if claimed == value {
        return Ok(());
    }
    let (claimed, value) = (shown(claimed), shown(value));
    Err(Stop::Outside {
        action: expression.to_owned(),
        because: format!("the {what} is {claimed} in the trace, and {value} in the specification"),
    })
}

/// An action with its arguments, without what is long.
fn called(action: &str, arguments: &[Value]) -> String {
    let short = |argument: &Value| {
        let text = shown(argument);
        if text.chars().count() > 200 {
            let start: String = text.chars().take(200).collect();
            return format!("{start}…");
        }
        text
    };
    let arguments: Vec<String> = arguments.iter().map(short).collect();
    format!("{action}({})", arguments.join(", "))
}
