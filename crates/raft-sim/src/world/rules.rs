//! Rules of Raft are switched off, and on again.

use super::World;
use crate::{ClusterEvent, EventKind, RuleAction, RuleError, Switch, Switches};

impl World {
    pub(super) fn act_on_rule(&mut self, action: RuleAction) -> Result<(), RuleError> {
        match action {
            RuleAction::Break(rule) if self.rules_off.has(rule) => Err(RuleError::IsOff(rule)),
            RuleAction::Break(rule) => {
                self.turn_rules(self.rules_off.with(rule), ClusterEvent::RuleSwitchedOff { rule });
                Ok(())
            }
            RuleAction::Mend(rule) if self.rules_off.has(rule) => {
                self.mend(Switches::from_iter([rule]));
                Ok(())
            }
            RuleAction::Mend(rule) => Err(RuleError::IsOn(rule)),
            RuleAction::MendAll if self.rules_off == Switches::NONE => Err(RuleError::AllOn),
            RuleAction::MendAll => {
                self.mend(self.rules_off);
                Ok(())
            }
        }
    }

    fn mend(&mut self, rules: Switches) {
        let still_off: Switches =
            self.rules_off.iter().filter(|rule: &Switch| !rules.has(*rule)).collect();
        self.turn_rules(still_off, ClusterEvent::RulesSwitchedOn { rules });
    }

    /// Servers that start later read `rules_off`; those that run have it from now on.
    fn turn_rules(&mut self, rules_off: Switches, event: ClusterEvent) {
        self.rules_off = rules_off;
        let turned = self.emit(EventKind::Cluster(event));
        for id in self.node_list() {
            if let Some(live) = self.node_mut(id).live_mut() {
                rules_off.turn(&mut live.core);
            }
            // A rule may decide when a timer elapses.
            self.because(turned, |world| world.note_timer(id));
        }
    }
}
