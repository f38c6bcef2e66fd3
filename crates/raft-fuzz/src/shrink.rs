//! Shrinks a script that fails, by delta debugging over its statements.
//!
//! A [`Shrinker`] proposes simpler scripts. An oracle says whether a proposal still fails in the
//! same way. The shrinker repeats these passes until none of them makes the script simpler:
//!
//! | pass | proposes | file |
//! |---|---|---|
//! | statements | fewer statements, or two joined into one | `shrink/statements.rs` |
//! | cluster | fewer nodes, small seeds | `shrink/cluster.rs` |
//! | words | statements with fewer words, plain keys and values | `shrink/words.rs` |
//! | times | shorter waits, round numbers | `shrink/times.rs` |
//! | tail | one request of a client that does not give up | `shrink/tail.rs` |
//!
//! Most proposals are made by leaving out words of the text. The parser decides which of them are
//! statements, so a new statement of the language needs no code here.
//!
//! A failed demand for progress stays fair: if the script ends with an expectation that fails,
//! everything from `recover` on stays, and so does the time that each expectation waits.

mod cluster;
mod cost;
mod statements;
mod tail;
mod text;
mod times;
mod words;

use std::collections::BTreeSet;

use raft_core::Instant;
use raft_script::{Run, Script, SourceLine, Statement};

use self::cost::Cost;

/// Replays a script. If it fails in the same way, returns the statements that were carried out, or
/// just the script; else `None`.
pub type Oracle<'a> = dyn FnMut(&Script) -> Option<Script> + 'a;

/// A proposal runs on for at least so many microseconds.
const LEAST_MORE: u64 = 2_000_000;

/// Shrinks one script.
pub struct Shrinker<'a> {
    oracle: &'a mut Oracle<'a>,
    progress: &'a mut dyn FnMut(ShrinkProgress),
    max_runs: u64,
    runs: u64,
    before: usize,
    runs_on: bool,
    best: Vec<Statement>,
    /// The texts of all proposals so far.
    proposed: BTreeSet<String>,
}

/// The progress of a shrinker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShrinkProgress {
    /// The number of replays so far.
    pub runs: u64,
    /// The largest number of replays.
    pub max_runs: u64,
    /// The number of statements of the original script.
    pub before: usize,
    /// The number of statements of the shortest script so far.
    pub statements: usize,
}

/// The result of a shrinker.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The shortest script.
    pub script: Script,
    /// Its size, and the number of replays.
    pub progress: ShrinkProgress,
    /// True if no pass finds a simpler script; false if the number of replays was used up before.
    pub is_minimal: bool,
}

impl<'a> Shrinker<'a> {
    /// A shrinker that makes at most `max_runs` replays and calls `progress` after each.
    pub fn new(
        max_runs: u64,
        oracle: &'a mut Oracle<'a>,
        progress: &'a mut dyn FnMut(ShrinkProgress),
    ) -> Self {
        Self {
            oracle,
            progress,
            max_runs,
            runs: 0,
            before: 0,
            runs_on: false,
            best: Vec::new(),
            proposed: BTreeSet::new(),
        }
    }

    /// Lets proposals run for longer than the script, because without some statements the failure
    /// may come later. Only for an oracle that cuts off what follows the failure.
    #[must_use]
    pub fn running_on(self) -> Self {
        Self { runs_on: true, ..self }
    }

    /// Shrinks a script; `None` if the oracle says that it does not fail.
    pub fn shrink(mut self, script: &Script) -> Option<Shrunk> {
        self.runs = 1;
        let script = script.without_notes();
        self.before = script.statements.len();
        let effective = (self.oracle)(&script)?;
        self.best = into_statements(effective);
        self.ask_once();
        loop {
            let before = self.cost();
            self.ask_less_often();
            self.fewer_statements();
            self.simpler_cluster();
            self.simpler_words();
            self.simpler_times();
            let is_used_up = self.runs >= self.max_runs;
            if is_used_up || self.cost() == before {
                self.end_at_a_round_time();
                let progress = self.progress();
                let script = statements(self.best);
                return Some(Shrunk { script, progress, is_minimal: !is_used_up });
            }
        }
    }

    fn progress(&self) -> ShrinkProgress {
        let (runs, max_runs, before) = (self.runs, self.max_runs, self.before);
        ShrinkProgress { runs, max_runs, before, statements: self.best.len() }
    }

    fn cost(&self) -> Cost {
        Cost::of(&self.best)
    }

    /// The range of the statements that may be changed or left out.
    fn open_range(&self) -> std::ops::Range<usize> {
        let first = self.best.iter().take_while(|statement| statement.is_opening()).count();
        first..tail::protected_from(&self.best).max(first)
    }

    /// Replaces the best script by this one if it is simpler and still fails.
    fn propose(&mut self, candidate: Vec<Statement>) -> bool {
        let is_worth_it = Cost::of(&candidate) < self.cost() && tail::is_patient(&candidate);
        if self.runs >= self.max_runs || !is_worth_it {
            return false;
        }
        let candidate = if self.runs_on { running_on(candidate) } else { candidate };
        let protected = tail::protected(&candidate);
        let script = statements(candidate);
        if !self.proposed.insert(script.to_string()) {
            return false;
        }
        self.runs += 1;
        let judged = (self.oracle)(&script).map(into_statements);
        let is_taken = judged.is_some_and(|effective| self.take(effective, protected));
        let progress = self.progress();
        (self.progress)(progress);
        is_taken
    }

    fn take(&mut self, effective: Vec<Statement>, protected_before: usize) -> bool {
        // No protected statement may have been refused.
        let is_simpler =
            Cost::of(&effective) < self.cost() && tail::protected(&effective) == protected_before;
        if is_simpler {
            self.best = effective;
        }
        is_simpler
    }

    /// Replaces the best script by one that reads better, though it is not simpler, if it still
    /// fails.
    fn prefer(&mut self, candidate: Vec<Statement>) -> bool {
        if self.runs >= self.max_runs || candidate == self.best {
            return false;
        }
        self.runs += 1;
        let fails = (self.oracle)(&statements(candidate.clone())).is_some();
        if fails {
            self.best = candidate;
        }
        fails
    }

    /// Proposes the best script with another statement at one place.
    fn propose_instead(&mut self, place: usize, statement: Statement) -> bool {
        let mut candidate = self.best.clone();
        candidate[place] = statement;
        self.propose(candidate)
    }
}

/// The script with half of its time more at its end, unless it ends with an expectation.
fn running_on(mut script: Vec<Statement>) -> Vec<Statement> {
    let mut moments = script.iter().filter_map(times::moment);
    let last = moments.rfind(|moment| !moment.is_relative);
    let last = last.map_or(0, |moment| moment.found.micros);
    if matches!(script.last(), Some(Statement::Run(Run::To { .. }))) {
        script.pop();
    }
    if !matches!(script.last(), Some(Statement::Expect { .. })) {
        let time = Instant(last + (last / 2).max(LEAST_MORE));
        script.push(Statement::Run(Run::To { time, step: None }));
    }
    script
}

/// A script of these statements, one a line.
pub fn statements(statements: impl IntoIterator<Item = Statement>) -> Script {
    let numbered = (1..).zip(statements);
    Script {
        statements: numbered.map(|(number, statement)| SourceLine { number, statement }).collect(),
    }
}

/// The text as a comment of a script, in lines of up to 100 columns.
pub fn comment(text: &str) -> String {
    const WIDTH: usize = 100;
    let mut lines = String::new();
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH && line.len() > 1 {
            lines += &line;
            lines.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line += word;
    }
    lines + &line + "\n"
}

fn into_statements(script: Script) -> Vec<Statement> {
    script.statements.into_iter().map(|line| line.statement).collect()
}

#[cfg(test)]
mod tests;
