//! The board of rare events: in how many drawn runs each happened.

use raft_check::RareEvent;
use raft_fuzz::SeedRun;
use serde::{Deserialize, Serialize};

use crate::runs::{Seeds, plan};
use crate::{Report, Tell};

/// Count the rare events of drawn runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BoardJob {
    /// The name of a profile.
    pub profile: String,
    /// The number of voters at the start, 1 to 9; `None`: the profile decides.
    pub nodes: Option<u64>,
    /// The names of the rules that are off.
    pub rules_off: Vec<String>,
    /// The seeds of the runs.
    pub seeds: Seeds,
}

/// A row of the board.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BoardRow {
    /// The name of the event, as the condition `happened` takes it.
    pub name: &'static str,
    /// What it means, in a sentence.
    pub meaning: &'static str,
    /// The number of runs in which it happened.
    pub runs: u64,
    /// The smallest seed of these.
    pub first_seed: Option<u64>,
}

/// A row for each event, before the first run.
pub fn board_rows() -> Vec<BoardRow> {
    let row = |event: &RareEvent| BoardRow {
        name: event.name(),
        meaning: event.meaning(),
        runs: 0,
        first_seed: None,
    };
    RareEvent::ALL.iter().map(row).collect()
}

impl BoardRow {
    /// Counts a run in which it happened.
    pub fn count(&mut self, seed: u64) {
        self.runs += 1;
        self.first_seed = Some(self.first_seed.map_or(seed, |first| first.min(seed)));
    }
}

impl BoardJob {
    pub(crate) fn carry_out(&self, tell: Tell<'_>) -> Result<(), String> {
        let plan = plan(&self.profile, self.nodes, &self.rules_off)?;
        let mut steps = 0;
        for seed in self.seeds.iter() {
            tell(Report::Looking { seed, steps });
            let mut run = SeedRun::new(&raft_fuzz::Plan { seed, ..plan.clone() });
            run.play();
            steps += run.world().steps();
            let report = run.report();
            let happened = report.rare.iter().filter(|(_, count)| *count > 0);
            let events = happened.map(|(event, _)| event.name().to_owned()).collect();
            tell(Report::Rare { seed, events });
        }
        Ok(())
    }
}
