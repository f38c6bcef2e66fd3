//! Rules that can be switched off. Only builds with the feature `bugs` have the switches.

use std::fmt::Write as _;
use std::rc::Rc;

use raft_check::PROGRESS;
use raft_script::{Session, Statement};
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
    /// Whether there is a [`challenge`]: not where nodes only stop making progress.
    pub has_challenge: bool,
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
            has_challenge: switch.breaks() != PROGRESS.name,
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

/// A challenge, as a lesson: to break something without this rule, in few statements. `text` is the
/// shortest known script that does.
///
/// # Errors
/// With the line and the place, when the text is no script with a cluster.
pub fn challenge(rule: &Rule, text: &str) -> Result<String, LabError> {
    let script = raft_script::parse(text).map_err(|error| LabError::Script(error.to_string()))?;
    let (_, rest) = Session::open(&script).map_err(|error| LabError::Script(error.to_string()))?;
    let is_note = |statement: &&Statement| statement.is_note();
    let opening = script.statements[..script.statements.len() - rest.len()].iter();
    let opening = opening.map(|line| &line.statement).filter(|it| !is_note(it));
    let way = rest.iter().map(|line| &line.statement).filter(|it| !is_note(it));
    let needed = way.clone().filter(|statement| statement.acts()).count();
    let statements = if needed == 1 { "statement" } else { "statements" };
    let mut lesson: String = opening.map(|statement| format!("{statement}\n")).collect();
    let _ = write!(
        lesson,
        "lesson \"Challenge: {name}\"\n\
         scene \"Break it\"\n\
         # This cluster has a rule switched off: {rule}\n#\n\
         # Make the property {breaks} fail, with as few statements as you can; a click is one, \
         too. The shortest known run needs {needed} {statements}. Waiting is free.\n\
         goal \"A property is broken.\" if broken\n",
        name = rule.name,
        rule = rule.rule,
        breaks = rule.breaks,
    );
    lesson.extend(way.map(|statement| format!("solve {statement}\n")));
    Ok(lesson)
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
