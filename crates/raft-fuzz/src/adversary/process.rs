//! Crashes, pauses, early elections.

use raft_sim::{Action, NodeState, Random, Unsynced};

use super::{Deeds, Look, any, leads};
use crate::plan::pick;

impl Look<'_> {
    /// Best is a node with a write under way, or the leader; sometimes two at once. It starts again
    /// after a while.
    pub(super) fn crash(&self, random: &mut Random) -> Deeds {
        let mut deeds = Deeds::default();
        let count = pick(random, &[1, 1, 1, 2, 3]);
        for _ in 0..count {
            let up = self.nodes(|node| node.core().is_some());
            let wanted = match random.up_to(5) {
                0..=2 => self.writing(),
                3 => self.nodes(leads),
                _ => Vec::new(),
            };
            let Some(node) = any(random, &wanted).or_else(|| any(random, &up)) else { continue };
            let unsynced =
                pick(random, &[Unsynced::Drawn, Unsynced::Drawn, Unsynced::Lost, Unsynced::Kept]);
            deeds.now.push(Action::Crash { node, unsynced });
            deeds.later.push((self.while_broken(random), Action::Restart { node }));
        }
        deeds
    }

    /// A leader that sleeps is the most interesting one.
    pub(super) fn pause(&self, random: &mut Random) -> Deeds {
        let leading = self.nodes(|node| leads(node) && node.state() == NodeState::Running);
        let wanted = if random.up_to(1) == 0 { leading } else { Vec::new() };
        let running = self.running();
        let Some(node) = any(random, &wanted).or_else(|| any(random, &running)) else {
            return Deeds::default();
        };
        let (pause, resume) = (Action::Pause { node }, Action::Resume { node });
        Deeds::for_a_while(pause, self.while_broken(random), resume)
    }

    /// Several nodes at once make a split vote.
    pub(super) fn election(&self, random: &mut Random) -> Deeds {
        let count = pick(random, &[1, 2, 3, 6]);
        let forgets = random.up_to(2) == 0;
        let running = self.running();
        let nodes = (0..count).filter_map(|_| any(random, &running));
        let action = |node| {
            if forgets { Action::ForgetLeader { node } } else { Action::ForceElection { node } }
        };
        Deeds::now(nodes.map(action).collect())
    }
}
