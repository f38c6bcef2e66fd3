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
            self.node_mut(id).disk.make(rules_off);
            if let Some(live) = self.node_mut(id).live_mut() {
                rules_off.turn(&mut live.replica);
            }
            // A rule may decide when a timer elapses.
            self.because(turned, |world| world.note_timer(id));
        }
    }
}

#[cfg(all(test, feature = "bugs"))]
mod bugs {
    use raft_core::{Bug, MembershipChange, NodeId};

    use super::*;
    use crate::{Action, ActionError, AdminRequest, NodeAction, Setup, Unsynced, WorldBug};

    const VOTE: Switch = Switch::Core(Bug::VoteIgnoresLog);
    const FSYNC: Switch = Switch::World(WorldBug::FsyncFailureIgnored);

    fn rule(world: &mut World, action: RuleAction) -> Result<(), ActionError> {
        world.apply(Action::Rule(action))
    }

    /// A rule off: in nodes that run, are paused, restart, and join.
    #[test]
    fn a_rule_is_off_in_every_node() {
        let mut world = World::new(Setup { nodes: 3, ..Setup::default() }).unwrap();
        world.apply(NodeAction::ForceElection.on(NodeId(1))).unwrap();
        world.run_until(raft_core::Instant(500_000));
        let crash = NodeAction::Crash { unsynced: Unsynced::Lost };
        world.apply(crash.on(NodeId(2))).unwrap();
        world.apply(NodeAction::Pause.on(NodeId(3))).unwrap();
        rule(&mut world, RuleAction::Break(VOTE)).unwrap();
        world.apply(NodeAction::Restart.on(NodeId(2))).unwrap();
        let add = AdminRequest::change_membership(MembershipChange::AddLearner(NodeId(4)));
        world.apply(add.on(NodeId(1))).unwrap();
        let keeps = |world: &World| {
            let cores = world.nodes().map(|node| node.core().expect("it is up").bugs());
            cores.map(|bugs| !bugs.has(Bug::VoteIgnoresLog)).collect::<Vec<_>>()
        };
        assert_eq!(keeps(&world), [false; 4]);
        assert!(world.setup().bugs == Switches::NONE, "the set-up is that of the beginning");
        rule(&mut world, RuleAction::Mend(VOTE)).unwrap();
        assert_eq!(keeps(&world), [true; 4]);
    }

    /// What cannot be done is refused, and changes nothing.
    #[test]
    fn only_what_is_off_is_mended() {
        let bugs = Switches::from_iter([FSYNC]);
        let mut world = World::new(Setup { bugs, ..Setup::default() }).unwrap();
        let refused = |world: &mut World, action| rule(world, action).unwrap_err().to_string();
        let hash = world.trace_hash();
        let words = refused(&mut world, RuleAction::Break(FSYNC));
        assert_eq!(words, "the rule fsync-failure-ignored is off already");
        let words = refused(&mut world, RuleAction::Mend(VOTE));
        assert_eq!(words, "the rule vote-ignores-log is on: nothing is to be mended");
        assert_eq!(world.trace_hash(), hash);

        rule(&mut world, RuleAction::Break(VOTE)).unwrap();
        assert_eq!(world.rules_off(), bugs.with(VOTE));
        rule(&mut world, RuleAction::MendAll).unwrap();
        assert_eq!(world.rules_off(), Switches::NONE);
        let said = world.events()[1].kind.to_string();
        assert_eq!(said, "the rules vote-ignores-log, fsync-failure-ignored are on again");
        let words = refused(&mut world, RuleAction::MendAll);
        assert_eq!(words, "all rules are on: nothing is to be mended");
    }
}
