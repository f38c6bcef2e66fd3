//! Rules that are switched off, to show their purpose, and on again.

use std::fmt;

use raft_sim::{RuleAction, Switch};

use super::cursor::{Cursor, Parsed};
use super::{Choice, Word, name_of};
use crate::statement::{Order, Statement};

pub(super) const WORDS: &[Word<Statement>] = &[
    Word {
        name: "break",
        brief: "switch a rule off; in a console also a breakpoint",
        forms: &[(
            "break vote-ignores-log",
            "switch a rule off in all nodes, also in those that start or join later; in builds \
             with the feature bugs",
        )],
        parse: |cursor| {
            let rule = cursor.rule(BREAKPOINTS)?;
            Ok(Statement::Order(Order::Rule(RuleAction::Break(rule))))
        },
    },
    Word {
        name: "mend",
        brief: "switch a rule on again",
        forms: &[
            ("mend vote-ignores-log", "switch a rule on again that break or bugs= switched off"),
            ("mend all", "switch all rules on again"),
        ],
        parse: |cursor| {
            let action = match cursor.maybe_choice(ALL) {
                Some(_) if Switch::all().len() == 0 => return Err(cursor.error_before(NO_SWITCHES)),
                Some(all) => all,
                None => RuleAction::Mend(cursor.rule("")?),
            };
            Ok(Statement::Order(Order::Rule(action)))
        },
    },
];

const ALL: &[Choice<RuleAction>] =
    &[Choice { name: "all", help: "all rules", value: RuleAction::MendAll }];

/// The error of a build without the feature, whatever switches a rule.
pub(super) const NO_SWITCHES: &str =
    "no rule: this build has no switches for bugs (they come with the feature `bugs`)";

/// The error of `break` says what else it can be.
const BREAKPOINTS: &str =
    "; `break CONDITION`, a breakpoint, is a command of the console and of `helios debug` only";

impl Cursor<'_> {
    /// The name of a rule that can be switched off.
    fn rule(&mut self, note: &str) -> Parsed<Switch> {
        self.offer_rules();
        let Some(rule) = self.word().and_then(Switch::named) else {
            return Err(self.error(rule_names() + note));
        };
        self.advance();
        Ok(rule)
    }

    /// Notes the names of the rules.
    pub(super) fn offer_rules(&mut self) {
        Switch::all().for_each(|rule| self.offer(rule.name(), rule.rule()));
    }
}

/// What the name of a rule can be.
pub(super) fn rule_names() -> String {
    let names: Vec<&str> = Switch::all().map(Switch::name).collect();
    if names.is_empty() { NO_SWITCHES.to_owned() } else { format!("a rule: {}", names.join(", ")) }
}

/// What is done to rules as text.
pub(crate) fn write_rule_action(f: &mut fmt::Formatter<'_>, action: RuleAction) -> fmt::Result {
    match action {
        RuleAction::Break(rule) => write!(f, "break {rule}"),
        RuleAction::Mend(rule) => write!(f, "mend {rule}"),
        RuleAction::MendAll => write!(f, "mend {}", name_of(ALL, &action)),
    }
}
