//! The answer to a question, as values.

use std::fmt;

use raft_core::{Instant, Plain, Say, Speaker, say};
use raft_sim::{EventNumber, Mention, Words, words};
use serde::Serialize;

/// Why something happened, or did not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Explanation {
    /// At least one; the one that decides first.
    pub findings: Vec<Finding>,
}

/// One reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// The guard that decided, its numbers, and the section of the Raft paper or of the
    /// dissertation that has the rule, as whole sentences.
    pub words: Words,
    /// Each goes from an effect back to a statement, a timer or a fault. The first one is the
    /// immediate cause; without each of the others it would not have happened either.
    pub chains: Vec<Vec<Cause>>,
    /// What would have to happen. Only of what did not happen.
    pub needs: Option<Words>,
}

/// A link of a chain of causes: because of it, the one before it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Cause {
    /// What happened.
    pub words: Words,
    /// Its time.
    pub at: Instant,
    /// Its event.
    pub event: Option<EventNumber>,
    /// The number of steps of the world after it.
    pub step: u64,
    /// The line of the journal, if it is a statement.
    pub line: Option<usize>,
}

impl Explanation {
    /// The most links of a chain. Of a longer one, the middle is left out.
    pub const LONGEST_CHAIN: usize = 12;

    pub(crate) fn of(finding: Finding) -> Self {
        Self { findings: vec![finding] }
    }

    /// Puts words before those of the first finding.
    pub(crate) fn begin(&mut self, words: Words) {
        if let Some(first) = self.findings.first_mut() {
            first.words = words!(words, first.words);
        }
    }

    /// With one more finding, the last one, if there is one.
    pub(crate) fn with(mut self, last: Option<Finding>) -> Self {
        self.findings.extend(last);
        self
    }

    /// Its lines, for a console: each reason, its causes below it, and what it needs.
    pub fn lines(&self) -> Vec<Words> {
        let mut lines = Vec::new();
        for finding in &self.findings {
            finding.add_lines(&mut lines);
        }
        lines
    }
}

impl Finding {
    pub(crate) fn new(words: Words) -> Self {
        Self { words, chains: Vec::new(), needs: None }
    }

    /// Ends the words with the section of the rule.
    pub(crate) fn section(self, section: &'static str) -> Self {
        Self { words: words!(self.words, Section(section)), ..self }
    }

    pub(crate) fn needs(self, needs: Words) -> Self {
        Self { needs: Some(needs), ..self }
    }

    /// Adds a chain, unless it is a part of another one.
    pub(crate) fn because(mut self, chain: Vec<Cause>) -> Self {
        let is_same = |one: &Cause, other: &Cause| {
            one.event == other.event && (one.event.is_some() || one.words == other.words)
        };
        let is_part = |other: &Vec<Cause>| {
            chain.iter().all(|link| other.iter().any(|known| is_same(known, link)))
        };
        if !chain.is_empty() && !self.chains.iter().any(is_part) {
            self.chains.push(chain);
        }
        self
    }

    pub(crate) fn because_all(self, chains: Vec<Vec<Cause>>) -> Self {
        chains.into_iter().fold(self, Self::because)
    }

    fn add_lines(&self, lines: &mut Vec<Words>) {
        lines.push(self.words.clone());
        for chain in &self.chains {
            for (place, link) in chain.iter().enumerate() {
                let begin = if place == 0 { "  because " } else { "       <- " };
                lines.push(words!("{begin}", link));
            }
        }
        if let Some(needs) = &self.needs {
            lines.push(words!("  needs: ", needs));
        }
    }
}

/// The section of a rule, in parentheses at the end of a sentence.
struct Section(&'static str);

impl Say<Mention> for Section {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        out.name(Mention::Section(self.0.to_owned()), format_args!(" ({})", self.0))
    }
}

/// The number of an event, as `why` takes it.
struct Number(EventNumber);

impl Say<Mention> for Number {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        out.name(Mention::Event(self.0), format_args!("#{}", self.0))
    }
}

impl Say<Mention> for Cause {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        self.words.say(out)?;
        match self.event {
            Some(event) => say!(
                out; " (", Plain(self.at), ", ", Number(event), ")"
            ),
            None => say!(out; " (", Plain(self.at), ")"),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, line) in self.lines().iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            line.fmt(f)?;
        }
        Ok(())
    }
}
