//! The members of JSON objects, with errors that name them.

use std::collections::BTreeMap;

use raft_core::{LogIndex, LogPosition, NodeId, Term};
use serde_json::{Map, Value};

use super::{TraceError, bounded, error};

/// An object of a line.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    pub(super) line: usize,
    members: &'a Map<String, Value>,
}

/// The object of a line.
pub(super) fn parse(line: usize, text: &str) -> Result<Value, TraceError> {
    let value: Result<Value, _> = serde_json::from_str(text);
    match value {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(error(line, "expected a JSON object, found another value")),
        Err(wrong) => {
            let column = wrong.column();
            Err(error(line, format!("column {column}: this is not JSON, or is cut short")))
        }
    }
}

impl<'a> Object<'a> {
    pub(super) fn of(line: usize, value: &'a Value, what: &str) -> Result<Self, TraceError> {
        match value.as_object() {
            Some(members) => Ok(Self { line, members }),
            None => Err(error(line, format!("`{what}` must be an object"))),
        }
    }

    pub(super) fn get(self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn wrong(self, name: &str, expected: &str) -> TraceError {
        match self.get(name) {
            Some(_) => error(self.line, format!("`{name}` must be {expected}")),
            None => error(self.line, format!("`{name}` is missing: {expected} is expected")),
        }
    }

    pub(super) fn number(self, name: &str) -> Result<u64, TraceError> {
        let number = self.get(name).and_then(Value::as_u64);
        bounded(self.line, name, number.ok_or_else(|| self.wrong(name, "a whole number"))?)
    }

    pub(super) fn text(self, name: &str) -> Result<&'a str, TraceError> {
        self.get(name).and_then(Value::as_str).ok_or_else(|| self.wrong(name, "a text"))
    }

    pub(super) fn flag(self, name: &str) -> Result<bool, TraceError> {
        self.get(name).and_then(Value::as_bool).ok_or_else(|| self.wrong(name, "true or false"))
    }

    pub(super) fn list(self, name: &str) -> Result<&'a [Value], TraceError> {
        let list = self.get(name).and_then(Value::as_array);
        list.map(Vec::as_slice).ok_or_else(|| self.wrong(name, "a list"))
    }

    pub(super) fn object(self, name: &str) -> Result<Self, TraceError> {
        match self.get(name) {
            Some(value) => Self::of(self.line, value, name),
            None => Err(self.wrong(name, "an object")),
        }
    }

    /// A number that is written as a text.
    pub(super) fn number_in_text(self, name: &str) -> Result<u64, TraceError> {
        let number =
            self.text(name)?.parse().map_err(|_| self.wrong(name, "a number in a text"))?;
        bounded(self.line, name, number)
    }

    pub(super) fn term(self, name: &str) -> Result<Term, TraceError> {
        self.number(name).map(Term)
    }

    pub(super) fn index(self, name: &str) -> Result<LogIndex, TraceError> {
        self.number(name).map(LogIndex)
    }

    pub(super) fn node(self, name: &str) -> Result<NodeId, TraceError> {
        self.number(name).map(NodeId)
    }

    pub(super) fn node_or_none(self, name: &str) -> Result<Option<NodeId>, TraceError> {
        self.get(name).map(|_| self.node(name)).transpose()
    }

    pub(super) fn position(self, name: &str) -> Result<LogPosition, TraceError> {
        let position = self.object(name)?;
        Ok(LogPosition::new(position.index("index")?, position.term("term")?))
    }

    /// A list of numbers.
    pub(super) fn numbers(self, name: &str) -> Result<Vec<u64>, TraceError> {
        let number = |value: &Value| value.as_u64().filter(|number| *number < super::MAX_NUMBER);
        let numbers = self.list(name)?.iter().map(number);
        numbers.collect::<Option<Vec<u64>>>().ok_or_else(|| self.wrong(name, "a list of numbers"))
    }
}

impl Object<'_> {
    /// All members, which are numbers, one for each node at most.
    pub(super) fn all_numbers(self) -> Result<BTreeMap<String, u64>, TraceError> {
        if self.members.len() > super::MAX_NODES {
            return Err(error(self.line, format!("more than {} members", super::MAX_NODES)));
        }
        let number = |name: &String| Ok((name.clone(), self.number(name)?));
        self.members.keys().map(number).collect()
    }
}
