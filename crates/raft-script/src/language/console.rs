//! Commands that only a console has: they look at a run, or move in it. A script has no such line.

use raft_core::Instant;
use raft_diagram::DiagramFormat;
use raft_sim::{EventNumber, Switch};

use super::cursor::{Cursor, Hint, Parsed, listed};
use super::rules::rule_names;
use super::values::{is_number, plain_number};
use super::{CONDITIONS, STATEMENTS, Word};
use crate::command::{BranchName, Breakpoint, ConsoleCommand, ConsoleInput, Destination, Drawing};
use crate::limits::{MAX_NUMBER, MAX_STEPS};

pub(crate) const CONSOLE: &[Word<ConsoleCommand>] = &[
    Word {
        name: "back",
        brief: "show the moment before",
        forms: &[("back [3]", "show the moment before (3: three steps back)")],
        parse: |cursor| match cursor.is_at_end() {
            true => Ok(ConsoleCommand::Back(1)),
            false => cursor.number("a number of steps", 1, MAX_STEPS).map(ConsoleCommand::Back),
        },
    },
    Word {
        name: "goto",
        brief: "show another moment",
        forms: &[
            ("goto 1500ms", "show the branch as it was at that time"),
            ("goto step 320", "show it after so many steps"),
            ("goto event 812", "show it after the event with that number"),
            ("goto end", "show its end, where time goes on"),
        ],
        parse: |cursor| cursor.destination().map(ConsoleCommand::Goto),
    },
    Word {
        name: "continue",
        brief: "go on with what waits",
        forms: &[("continue", "go on with the statement that waits, and with the script")],
        parse: |_| Ok(ConsoleCommand::Continue),
    },
    Word {
        name: "break",
        brief: "pause when a condition comes to hold",
        forms: &[
            ("break CONDITION", "pause when a condition comes to hold"),
            ("break violation", "pause when a property is broken; so it is at first"),
            ("break list", "the breakpoints with their numbers"),
            ("break remove 1", "remove a breakpoint; 0 is the one of: break violation"),
        ],
        parse: |cursor| cursor.breakpoint().map(ConsoleCommand::Break),
    },
    Word {
        name: "fork",
        brief: "begin a branch here",
        forms: &[("fork [trial]", "begin a branch at the shown moment; trial is its name")],
        parse: |cursor| match cursor.is_at_end() {
            true => Ok(ConsoleCommand::Fork(None)),
            false => cursor.new_branch().map(|name| ConsoleCommand::Fork(Some(name))),
        },
    },
    Word {
        name: "branches",
        brief: "list the branches",
        forms: &[("branches", "the branches, and where each begins and ends")],
        parse: |_| Ok(ConsoleCommand::Branches),
    },
    Word {
        name: "switch",
        brief: "go to another branch",
        forms: &[("switch 2, switch trial", "go to the end of a branch, by number or by name")],
        parse: |cursor| cursor.branch().map(ConsoleCommand::Switch),
    },
    Word {
        name: "diff",
        brief: "where two branches begin to differ",
        forms: &[
            ("diff", "where this branch and the one that it left begin to differ, and how now"),
            ("diff 1 trial", "the same for any two branches"),
        ],
        parse: |cursor| cursor.diff().map(ConsoleCommand::Diff),
    },
    Word {
        name: "logs",
        brief: "the ends of the logs",
        forms: &[("logs, logs 1 3", "the last entries of all logs, or of the logs of some nodes")],
        parse: |cursor| {
            cursor.offer_numbers(|_| true);
            match cursor.is_at_end() {
                true => Ok(ConsoleCommand::Logs(Vec::new())),
                false => cursor.node_list().map(ConsoleCommand::Logs),
            }
        },
    },
    Word {
        name: "diagram",
        brief: "draw a time",
        forms: &[
            ("diagram", "the sequence diagram of the last 100 ms before the shown moment"),
            (
                "diagram [svg|mermaid|plantuml|txt] [from 1s] [to 2s]",
                "the same in another format, or of another time before the shown moment; without \
                 from, of 100 ms",
            ),
        ],
        parse: |cursor| cursor.drawing().map(ConsoleCommand::Diagram),
    },
    Word {
        name: "undo",
        brief: "take the last order back",
        forms: &[("undo", "begin a branch before the last order")],
        parse: |_| Ok(ConsoleCommand::Undo),
    },
    Word {
        name: "help",
        brief: "the forms of a word",
        forms: &[("help, help run", "every form of the language, or those of a word")],
        parse: |cursor| cursor.help().map(ConsoleCommand::Help),
    },
];

fn is_statement(name: &str) -> bool {
    STATEMENTS.iter().any(|word| word.name == name)
}

impl Cursor<'_> {
    /// A line of a console.
    pub(crate) fn input(&mut self) -> Parsed<ConsoleInput> {
        // A word that is a statement too is offered as one.
        for word in CONSOLE.iter().filter(|word| !is_statement(word.name)) {
            self.offer(word.name, word.brief);
        }
        let command = CONSOLE.iter().find(|word| self.word() == Some(word.name));
        if let Some(word) = command.filter(|_| !self.breaks_a_rule()) {
            self.advance();
            return (word.parse)(self).map(ConsoleInput::Command);
        }
        if !self.word().is_some_and(is_statement) && !self.is_at_end() {
            let statements = STATEMENTS.iter().map(|word| word.name);
            let mut names: Vec<_> = statements.chain(CONSOLE.iter().map(|w| w.name)).collect();
            names.sort_unstable();
            names.dedup();
            return Err(self.error(format!("a statement or a command: {}", listed(&names, ""))));
        }
        self.statement().map(ConsoleInput::Statement)
    }

    /// Whether this is the statement `break RULE`, and not the command `break CONDITION`. No
    /// condition begins as a rule is named.
    fn breaks_a_rule(&self) -> bool {
        self.word() == Some("break")
            && self.word_at(1).is_some_and(|it| Switch::named(it).is_some())
    }

    /// An error if only a console has the word that is here.
    pub(super) fn no_console_word(&self) -> Parsed<()> {
        let mut only_here = CONSOLE.iter().filter(|word| !is_statement(word.name));
        match only_here.find(|word| self.word() == Some(word.name)) {
            None => Ok(()),
            Some(Word { name, .. }) => Err(self.error(format!(
                "a statement (`{name}` is a command of the console and of `helios debug` only)"
            ))),
        }
    }

    fn destination(&mut self) -> Parsed<Destination> {
        if self.eat(("end", "the end of the branch")) {
            return Ok(Destination::End);
        }
        if self.eat(("step", "after so many steps")) {
            return self.number("a number of steps", 0, MAX_NUMBER).map(Destination::Step);
        }
        if self.eat(("event", "after the event with that number")) {
            let number = self.number("the number of an event", 1, MAX_NUMBER)?;
            let number = EventNumber::new(number);
            return number.map(Destination::Event).ok_or_else(|| self.error_before("an event"));
        }
        self.time("a time such as `1500ms`, `step`, `event` or `end`").map(Destination::Time)
    }

    fn time(&mut self, expected: &str) -> Parsed<Instant> {
        if !self.word().is_some_and(is_number) {
            return Err(self.error(expected));
        }
        self.duration().map(|time| Instant(0) + time)
    }

    fn drawing(&mut self) -> Parsed<Drawing> {
        let named = |format: &DiagramFormat| self.eat((format.name(), "the format"));
        let format = DiagramFormat::ALL.into_iter().find(named).unwrap_or(DiagramFormat::Text);
        let from = self.time_after(("from", "its earliest time"))?;
        let to = self.time_after(("to", "its latest time"))?;
        Ok(Drawing { format, from, to })
    }

    /// A time, if this word is before it.
    fn time_after(&mut self, word: Hint) -> Parsed<Option<Instant>> {
        match self.eat(word) {
            true => self.time("a time such as `1500ms`").map(Some),
            false => Ok(None),
        }
    }

    fn breakpoint(&mut self) -> Parsed<Breakpoint> {
        if self.eat(("violation", "when a property is broken")) {
            return Ok(Breakpoint::Violation);
        }
        if self.eat(("list", "the breakpoints with their numbers")) {
            return Ok(Breakpoint::List);
        }
        if self.eat(("remove", "remove a breakpoint")) {
            let number = self.number("the number of a breakpoint", 0, u64::from(u32::MAX))?;
            return Ok(Breakpoint::Remove(number as u32));
        }
        self.offer_rules();
        let begins = |word| CONDITIONS.iter().any(|it| it.name.split(' ').next() == Some(word));
        if self.word().is_some_and(|word| !begins(word)) {
            let conditions: Vec<&str> = CONDITIONS.iter().map(|word| word.name).collect();
            let conditions = listed(&conditions, "");
            return Err(self.error(format!("a condition: {conditions}; or {}", rule_names())));
        }
        self.condition().map(Breakpoint::When)
    }

    /// The name of a branch that begins.
    fn new_branch(&mut self) -> Parsed<String> {
        match self.branch()? {
            BranchName::Name(name) => Ok(name),
            BranchName::Number(_) => Err(self.error_before("a name that is no number")),
        }
    }

    fn branch(&mut self) -> Parsed<BranchName> {
        self.offer_branches();
        let name = self.text("the number or the name of a branch")?;
        let name = String::from_utf8(name).map_err(|_| self.error_before("a name that is text"))?;
        Ok(match plain_number(&name).and_then(|number| u32::try_from(number).ok()) {
            Some(number) => BranchName::Number(number),
            None => BranchName::Name(name),
        })
    }

    fn diff(&mut self) -> Parsed<Option<(BranchName, BranchName)>> {
        if self.is_at_end() {
            self.offer_branches();
            return Ok(None);
        }
        Ok(Some((self.branch()?, self.branch()?)))
    }

    fn help(&mut self) -> Parsed<Option<String>> {
        let names = STATEMENTS.iter().map(|word| (word.name, word.brief));
        let names = names.chain(CONSOLE.iter().map(|word| (word.name, word.brief)));
        for (name, brief) in names.clone() {
            self.offer(name, brief);
        }
        if self.is_at_end() {
            return Ok(None);
        }
        let found = names.map(|(name, _)| name).find(|name| self.word() == Some(name));
        let found = found.ok_or_else(|| self.error("a word with which a command begins"))?;
        self.advance();
        Ok(Some(found.to_owned()))
    }
}

#[cfg(test)]
mod tests;
