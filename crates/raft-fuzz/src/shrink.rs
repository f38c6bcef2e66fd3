//! Makes a script that fails as short as it can be, by delta debugging over its statements.
//!
//! A [`Shrinker`] knows nothing of what is wrong: it proposes scripts that are simpler, and an
//! oracle says whether one still fails in the same way. It repeats its passes until none makes
//! anything simpler:
//!
//! | pass | proposes | file |
//! |---|---|---|
//! | statements | fewer of them: halves, quarters, …, single ones, pairs; neighbours made one | `shrink/statements.rs` |
//! | cluster | fewer nodes, small seeds | `shrink/cluster.rs` |
//! | words | statements without some of their words, plain keys and values | `shrink/words.rs` |
//! | times | less waiting, round numbers | `shrink/times.rs` |
//! | tail | a question asked once, by a client that does not give up | `shrink/tail.rs` |
//!
//! Most proposals are made of the text, word by word, and the parser says which are statements: so
//! whatever the language has to say is made simpler without a rule of its own.
//!
//! A claim that the cluster is alive stays fair: when a script ends with an expectation that fails,
//! its `recover` and all that follows stay, and so does the time that each expectation waits.

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
use crate::play::is_opening;

/// Says whether a script fails in the way that is looked at. If so, returns the script as it was
/// carried out, without what is refused and what comes after the failure; or simply the script.
pub type Oracle<'a> = dyn FnMut(&Script) -> Option<Script> + 'a;

/// So much longer a proposal runs at least, in microseconds.
const LEAST_MORE: u64 = 2_000_000;

/// Makes one script short.
pub struct Shrinker<'a> {
    oracle: &'a mut Oracle<'a>,
    progress: &'a mut dyn FnMut(ShrinkProgress),
    max_runs: u64,
    runs: u64,
    before: usize,
    runs_on: bool,
    best: Vec<Statement>,
    /// The text of what was proposed already.
    proposed: BTreeSet<String>,
}

/// How far a shrinker has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShrinkProgress {
    /// How many scripts were run.
    pub runs: u64,
    /// How many may be.
    pub max_runs: u64,
    /// How many statements the script had at first.
    pub before: usize,
    /// How many it has.
    pub statements: usize,
}

/// What a shrinker made.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The script.
    pub script: Script,
    /// How many statements it had at first, and how many scripts were run.
    pub progress: ShrinkProgress,
    /// Whether nothing simpler fails, as far as the passes can tell; else the runs were used up.
    pub is_minimal: bool,
}

impl<'a> Shrinker<'a> {
    /// A shrinker that runs at most so many scripts.
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

    /// Lets proposals run on for a while behind their end: without what was left out, what goes
    /// wrong may do so later. Only for an oracle that cuts off what comes after the failure.
    #[must_use]
    pub fn running_on(self) -> Self {
        Self { runs_on: true, ..self }
    }

    /// Makes a script short; `None` if the oracle says that it does not fail.
    pub fn shrink(mut self, script: &Script) -> Option<Shrunk> {
        self.runs = 1;
        self.before = script.statements.len();
        let effective = (self.oracle)(script)?;
        self.best = into_statements(effective);
        self.ask_once();
        loop {
            let before = self.cost();
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

    /// The first statement that may be changed or left out, and the one behind the last.
    fn open_range(&self) -> std::ops::Range<usize> {
        let first = self.best.iter().take_while(|statement| is_opening(statement)).count();
        first..tail::protected_from(&self.best).max(first)
    }

    /// Takes a script in place of the best one if it is simpler and still fails.
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
        // What is protected may not be refused either.
        let is_simpler =
            Cost::of(&effective) < self.cost() && tail::protected(&effective) == protected_before;
        if is_simpler {
            self.best = effective;
        }
        is_simpler
    }

    /// Takes a script that costs no less but reads better, if it still fails, just as it is.
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

    /// Proposes another statement in one place.
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

/// A text as the comment of a script, in lines that fit a page.
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
