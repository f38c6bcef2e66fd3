//! Rules that a script switches off. Only builds with the feature `bugs` have the switches.

use std::rc::Rc;

use raft_sim::Setup;
use serde::Serialize;

use crate::LabError;

/// A rule that no node of the lab keeps.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RuleOff {
    /// The name of the switch, as the command language writes it.
    pub name: &'static str,
    /// The property that nodes break without the rule.
    pub breaks: &'static str,
    /// The implementations that had the mistake.
    pub seen_in: &'static str,
}

/// The rules that are off in a world with this set-up.
#[cfg(feature = "bugs")]
pub(crate) fn rules_off(setup: &Setup) -> Rc<[RuleOff]> {
    let off = setup.bugs.iter().map(|switch| RuleOff {
        name: switch.name(),
        breaks: switch.breaks(),
        seen_in: switch.seen_in(),
    });
    off.collect()
}

/// Without switches, every rule holds.
#[cfg(not(feature = "bugs"))]
pub(crate) fn rules_off(_setup: &Setup) -> Rc<[RuleOff]> {
    Rc::new([])
}

/// The script with all rules on, and everything else as it is.
///
/// # Errors
/// With the line and the place, when the text is no script.
pub fn mended(text: &str) -> Result<String, LabError> {
    let script = raft_script::parse(text).map_err(|error| LabError::Script(error.to_string()))?;
    #[cfg(feature = "bugs")]
    let script = {
        let mut script = script;
        for line in &mut script.statements {
            if let raft_script::Statement::Cluster(setup) = &mut line.statement {
                setup.bugs = raft_sim::Switches::NONE;
            }
        }
        script
    };
    Ok(script.to_string())
}
