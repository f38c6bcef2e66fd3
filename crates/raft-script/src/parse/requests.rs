//! What clients ask for, and what a leader is asked for.

use raft_core::MembershipChange;
use raft_kv::{Key, Operation};
use raft_sim::{AdminRequest, ReadPolicy, Request};

use super::cursor::{Cursor, Parsed};
use crate::print::DEFAULT_CLIENT;
use crate::statement::{Order, Selector, Statement};

impl Cursor<'_> {
    /// `transfer 3`, `add 6 as learner` and the other changes of the membership, each with `via=`.
    pub(super) fn asked_of_a_leader(&mut self, word: &str) -> Parsed<Statement> {
        if word == "transfer" {
            let to = self.selector()?;
            let request = AdminRequest::TransferLeadership { to };
            return Ok(Statement::Order(Order::Administer { request, via: self.via()? }));
        }
        let change = match word {
            "add" => {
                let node = self.node()?;
                if self.eat_word("as") {
                    self.keyword("learner")?;
                    MembershipChange::AddLearner(node)
                } else if self.is_at_end() || self.word() == Some("via") {
                    MembershipChange::AddVoter(node)
                } else {
                    return Err(self.error("`as learner`, `via=` or the end of the line"));
                }
            }
            "promote" => MembershipChange::Promote(self.selector()?),
            "demote" => MembershipChange::Demote(self.selector()?),
            "remove" => MembershipChange::Remove(self.selector()?),
            "replace" => {
                let old = self.selector()?;
                self.keyword("with")?;
                MembershipChange::Replace { old, new: self.node()? }
            }
            _ => MembershipChange::SetVoters(self.node_list()?),
        };
        let request = AdminRequest::ChangeMembership(change);
        Ok(Statement::Order(Order::Administer { request, via: self.via()? }))
    }

    /// `via=2`, if it is there.
    fn via(&mut self) -> Parsed<Option<Selector>> {
        if self.is_at_end() {
            return Ok(None);
        }
        if !self.eat_word("via") {
            return Err(self.error("`via=` or the end of the line"));
        }
        self.sign("=")?;
        self.selector().map(Some)
    }

    pub(super) fn request(&mut self, word: &str) -> Parsed<Statement> {
        let operation = match word {
            "set" | "put" => {
                let (key, value) = self.key_and_value()?;
                Operation::Set { key, value }
            }
            "get" => Operation::Get { key: self.key()? },
            "delete" => Operation::Delete { key: self.key()? },
            "cas" => {
                let key = self.key()?;
                let expect = if self.eat_word("none") { None } else { Some(self.value()?) };
                Operation::Cas { key, expect, value: self.value()? }
            }
            "append" => Operation::Append { key: self.key()?, value: self.value()? },
            _ if self.is_at_end() || self.is_sign_at(1, "=") => {
                Operation::List { prefix: Key::from("") }
            }
            _ => Operation::List { prefix: self.key()? },
        };
        self.request_options(operation)
    }

    /// `via=`, `read=` and `client=`, in any order.
    fn request_options(&mut self, operation: Operation) -> Parsed<Statement> {
        let is_read = operation.is_read();
        let (mut via, mut read, mut client) = (None, None, None);
        while !self.is_at_end() {
            if via.is_none() && self.eat_word("via") {
                self.sign("=")?;
                let is_any = self.word() == Some("any") && self.word_at(1) != Some("follower");
                via = Some(if is_any {
                    self.advance();
                    None
                } else {
                    Some(self.selector()?)
                });
            } else if is_read && read.is_none() && self.eat_word("read") {
                self.sign("=")?;
                read = Some(self.read_policy()?);
            } else if client.is_none() && self.eat_word("client") {
                self.sign("=")?;
                client = Some(self.client()?);
            } else if is_read {
                return Err(self.error("`via=`, `read=`, `client=` or the end of the line"));
            } else {
                return Err(self.error("`via=`, `client=` or the end of the line"));
            }
        }
        let client = client.unwrap_or(DEFAULT_CLIENT);
        let read = read.unwrap_or(ReadPolicy::Log);
        let request = Request { operation, via: via.flatten(), read, client };
        Ok(Statement::Order(Order::Request(request)))
    }

    fn read_policy(&mut self) -> Parsed<ReadPolicy> {
        let policy = match self.word() {
            Some("log") => ReadPolicy::Log,
            Some("quorum") => ReadPolicy::Quorum,
            Some("lease") => ReadPolicy::Lease,
            Some("local") => ReadPolicy::Local,
            _ => return Err(self.error("`log`, `quorum`, `lease` or `local`")),
        };
        self.advance();
        Ok(policy)
    }
}
