//! Requests about leadership and membership.

use std::fmt;

use raft_core::MembershipChange;
use raft_sim::AdminRequest;

use super::clients::write_via;
use super::cursor::{Cursor, Hint, Parsed};
use super::{Setting, Word};
use crate::statement::{Order, Selector, Statement, write_list};

/// Requests that only a leader carries out.
pub(super) const WORDS: &[Word<Statement>] = &[
    Word {
        name: "transfer",
        brief: "transfer leadership",
        forms: &[(
            "transfer 3 [via=1]",
            "ask the leader, or the node in via=, to transfer leadership to node 3; a transfer to \
             the leader itself cancels the present one",
        )],
        parse: |cursor| {
            let to = cursor.selector()?;
            cursor.administer(AdminRequest::TransferLeadership { to })
        },
    },
    Word {
        name: "add",
        brief: "a server joins the cluster",
        forms: &[
            (
                "add 6 as learner [via=1]",
                "a server joins as a learner: it receives the log and has no vote",
            ),
            ("add 6", "a server joins as a voter, once it has caught up"),
        ],
        parse: |cursor| {
            let node = cursor.new_node()?;
            if cursor.eat(("as", "a learner")) {
                cursor.keyword(("learner", "it receives the log and has no vote"))?;
                return cursor.change(MembershipChange::AddLearner(node));
            }
            if !cursor.is_at_end() && !matches!(cursor.word(), Some("via" | "force")) {
                return Err(cursor.error("`as learner`, `force`, `via=` or the end of the line"));
            }
            cursor.change(MembershipChange::AddVoter(node))
        },
    },
    Word {
        name: "cancel",
        brief: "give up a change of the membership",
        forms: &[(
            "cancel [via=1]",
            "give up a change of the membership while its new servers catch up; they stay learners",
        )],
        parse: |cursor| cursor.administer(AdminRequest::CancelChange),
    },
    Word {
        name: "promote",
        brief: "a learner becomes a voter",
        forms: &[("promote 6", "a learner becomes a voter")],
        parse: |cursor| {
            cursor.offer_numbers(|_| true);
            let node = if cursor.is_at_end() { None } else { Some(cursor.selector()?) };
            let Some(node) = node else { return Err(cursor.error("a learner, by its number")) };
            cursor.change(MembershipChange::Promote(node))
        },
    },
    Word {
        name: "demote",
        brief: "a voter becomes a learner",
        forms: &[("demote 3", "a voter becomes a learner")],
        parse: |cursor| {
            let node = cursor.selector()?;
            cursor.change(MembershipChange::Demote(node))
        },
    },
    Word {
        name: "remove",
        brief: "a server leaves the cluster",
        forms: &[("remove 3", "a server leaves the cluster")],
        parse: |cursor| {
            let node = cursor.selector()?;
            cursor.change(MembershipChange::Remove(node))
        },
    },
    Word {
        name: "replace",
        brief: "replace one voter by another",
        forms: &[("replace 2 with 7", "replace one voter by another, in one change")],
        parse: |cursor| {
            let old = cursor.selector()?;
            cursor.keyword(("with", "the new voter"))?;
            let new = cursor.new_node()?;
            cursor.change(MembershipChange::Replace { old, new })
        },
    },
    Word {
        name: "voters",
        brief: "make exactly these servers the voters",
        forms: &[
            ("voters 1 2 7", "make exactly these servers the voters"),
            (
                "voters 1 2 7 force",
                "the same, and any other change: although too few of the new voters answer the \
                 leader to be a majority",
            ),
        ],
        parse: |cursor| {
            let voters = cursor.node_list()?;
            cursor.change(MembershipChange::SetVoters(voters))
        },
    },
];

/// After a change of the membership.
const FORCE: Hint = ("force", "although too few of the new voters were heard to be a majority");

const VIA: &[Setting<Selector>] = &[Setting {
    name: "via",
    help: "the node to ask; by default the leader",
    parse: |cursor| cursor.selector(),
}];

impl Cursor<'_> {
    fn change(&mut self, change: MembershipChange<Selector>) -> Parsed<Statement> {
        let force = self.eat(FORCE);
        self.administer(AdminRequest::ChangeMembership { change, force })
    }

    fn administer(&mut self, request: AdminRequest<Selector>) -> Parsed<Statement> {
        let via = self.maybe_setting(VIA, &[])?.map(|(_, via)| via);
        if via.is_none() && !self.is_at_end() {
            return Err(self.error("`via=` or the end of the line"));
        }
        Ok(Statement::Order(Order::Administer { request, via }))
    }
}

/// A request to a leader as text.
pub(crate) fn write_admin_request(
    f: &mut fmt::Formatter<'_>,
    request: &AdminRequest<Selector>,
    via: Option<Selector>,
) -> fmt::Result {
    match request {
        AdminRequest::TransferLeadership { to } => write!(f, "transfer {to}")?,
        AdminRequest::CancelChange => f.write_str("cancel")?,
        AdminRequest::ChangeMembership { change, force } => {
            write_change(f, change)?;
            f.write_str(if *force { " force" } else { "" })?;
        }
    }
    write_via(f, via)
}

fn write_change(f: &mut fmt::Formatter<'_>, change: &MembershipChange<Selector>) -> fmt::Result {
    match change {
        MembershipChange::AddLearner(node) => write!(f, "add {node} as learner"),
        MembershipChange::AddVoter(node) => write!(f, "add {node}"),
        MembershipChange::Promote(node) => write!(f, "promote {node}"),
        MembershipChange::Demote(node) => write!(f, "demote {node}"),
        MembershipChange::Remove(node) => write!(f, "remove {node}"),
        MembershipChange::Replace { old, new } => write!(f, "replace {old} with {new}"),
        MembershipChange::SetVoters(nodes) => {
            f.write_str("voters ")?;
            write_list(f, nodes, " ")
        }
    }
}
