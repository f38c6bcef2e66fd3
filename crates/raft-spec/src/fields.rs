//! The members of the JSON object of a line.

use raft_core::{Membership, NodeId};
use serde_json::Value as Json;
use tla_checker::ast::Value;

use crate::values;

/// A member that is missing or has another form: its name and what is expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct BadField(pub(crate) String);

/// An object of a line.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Json);

impl<'a> Fields<'a> {
    pub(crate) fn get(self, name: &str) -> Option<&'a Json> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn wanted<T>(self, name: &str, what: &str, found: Option<T>) -> Result<T, BadField> {
        found.ok_or_else(|| BadField(format!("`{name}` must be {what}")))
    }

    pub(crate) fn whole(self, name: &str) -> Result<u64, BadField> {
        self.wanted(name, "a whole number", self.get(name).and_then(Json::as_u64))
    }

    pub(crate) fn number(self, name: &str) -> Result<Value, BadField> {
        self.whole(name).map(values::number)
    }

    pub(crate) fn node(self, name: &str) -> Result<NodeId, BadField> {
        self.whole(name).map(NodeId)
    }

    pub(crate) fn vote(self, name: &str) -> Result<Value, BadField> {
        let node = self.get(name).map(|_| self.node(name)).transpose()?;
        Ok(values::vote(node))
    }

    pub(crate) fn text(self, name: &str) -> Result<&'a str, BadField> {
        self.wanted(name, "a text", self.get(name).and_then(Json::as_str))
    }

    pub(crate) fn flag(self, name: &str) -> Result<bool, BadField> {
        self.wanted(name, "true or false", self.get(name).and_then(Json::as_bool))
    }

    pub(crate) fn list(self, name: &str) -> Result<&'a [Json], BadField> {
        let list = self.get(name).and_then(Json::as_array);
        self.wanted(name, "a list", list.map(Vec::as_slice))
    }

    pub(crate) fn object(self, name: &str) -> Result<Self, BadField> {
        self.wanted(name, "an object", self.get(name).map(Fields))
    }

    pub(crate) fn nodes(self, name: &str) -> Result<Vec<NodeId>, BadField> {
        let numbers = self.list(name)?.iter().map(Json::as_u64);
        let nodes = numbers.map(|number| number.map(NodeId)).collect();
        self.wanted(name, "a list of nodes", nodes)
    }

    /// A membership, without what others need to reach its members.
    pub(crate) fn membership(self, name: &str) -> Result<Value, BadField> {
        let inner = self.object(name)?;
        let all = Membership::new(inner.nodes("voters")?)
            .with_outgoing(inner.nodes("outgoing")?)
            .with_learners(inner.nodes("learners")?);
        Ok(values::membership(&all))
    }

    /// An entry of a log. Two commands are the same if all that is told of them is.
    pub(crate) fn entry(self) -> Result<Value, BadField> {
        let kind = self.text("payload")?;
        let value = match kind {
            "membership" => self.membership("membership")?,
            _ => {
                let told = self.get("command").or(self.get("base64"));
                values::text(&told.map(Json::to_string).unwrap_or_default())
            }
        };
        Ok(values::record([
            ("term", self.number("term")?),
            ("kind", values::text(kind)),
            ("value", value),
        ]))
    }

    /// A list of entries, which follow each other from an index on.
    pub(crate) fn entries(self, name: &str, after: u64) -> Result<Value, BadField> {
        let mut entries = Vec::new();
        for (place, entry) in (after + 1..).zip(self.list(name)?) {
            if Fields(entry).whole("index")? != place {
                return Err(BadField(format!("`{name}` must begin with entry {}", after + 1)));
            }
            entries.push(Fields(entry).entry()?);
        }
        Ok(Value::tuple(entries))
    }
}
