//! Rules that can be switched off. Only builds with the feature `bugs` have the switches.

use std::rc::Rc;

use raft_script::Statement;
use raft_sim::{Switch, Switches};
use serde::Serialize;

use crate::LabError;

/// A rule of Raft that can be switched off.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Rule {
    /// The name of its switch, as the command language writes it. It says what is wrong without
    /// the rule.
    pub name: &'static str,
    /// What holds while the rule is on.
    pub rule: &'static str,
    /// The section of the Raft paper or of the dissertation that has the rule, such as `§5.2` or
    /// `dissertation §9.6`; `None`: neither has it.
    pub section: Option<&'static str>,
    /// The property that nodes break without the rule.
    pub breaks: &'static str,
    /// The implementations that had the mistake.
    pub seen_in: &'static str,
    /// The shortest known script in which nodes without the rule break the property.
    pub script: String,
}

/// All rules that can be switched off, in the order of `docs/bugs.md`; none without the feature.
pub fn rules() -> Vec<Rule> {
    Switch::all().map(Rule::of).collect()
}

impl Rule {
    fn of(switch: Switch) -> Self {
        Self {
            name: switch.name(),
            rule: switch.rule(),
            section: switch.section(),
            breaks: switch.breaks(),
            seen_in: switch.seen_in(),
            script: format!("scenarios/bugs/{switch}.helios"),
        }
    }
}

/// The rules that are off at the shown moment: the same memory until that changes.
#[derive(Debug, Default)]
pub(crate) struct RulesOff {
    switches: Switches,
    rules: Rc<[Rule]>,
}

impl RulesOff {
    pub(crate) fn of(&mut self, switches: Switches) -> Rc<[Rule]> {
        if self.switches != switches {
            *self = Self { switches, rules: switches.iter().map(Rule::of).collect() };
        }
        self.rules.clone()
    }
}

/// The script with all rules on, and everything else as it is: without `bugs=`, `break` and `mend`.
///
/// # Errors
/// With the line and the place, when the text is no script.
pub fn mended(text: &str) -> Result<String, LabError> {
    let parsed = raft_script::parse(text);
    let mut script = parsed.map_err(|error| LabError::Script(error.to_string()))?;
    script.statements.retain(|line| !line.statement.switches_rules());
    for line in &mut script.statements {
        if let Statement::Cluster(setup) = &mut line.statement {
            setup.bugs = Switches::NONE;
        }
    }
    Ok(script.to_string())
}
